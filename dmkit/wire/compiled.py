"""Readers of usual messages, made from the grammar: one regular expression a command, and one loop over the commands.

Usual is what almost every peer sends: the order of the grammar, no white space, comment or attribute but the
namespaces, no string table and nothing opaque.  At the first sign that is not as expected a reader gives up
(``Irregular``) and the strict one looks; tests over mutants hold the two together.  ``paths(fast=False)`` turns the
quick readers and writers off.  The readers are written out as source (``dmkit.wire.compiling``) when the first message
comes that is not read strictly.

>>> from dmkit.wire.codec import XML
>>> from dmkit.words.model import Get, Header, Message
>>> with paths(fast=True):
...     read_xml(XML.encode(Message(Header("1", "2", "IMEI:1", "http://s/dm"), (Get.of("./A"),)))).commands[0].cmd_id
'1'
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from dmkit.wire.content import CODES, COMMANDS, FORMATS, MODELS, Irregular
from dmkit.words import model as structs
from dmkit.words.codes import Format
from dmkit.words.errors import CodecError
from dmkit.words.late import late_pattern
from dmkit.words.model import Cred, Header, Item, Message, Meta

__all__ = ["Switch", "paths", "quickly", "read_wbxml", "read_xml", "usual"]

_MANY: Final = 256
"""How many bodies, and how many Metas, are remembered."""


class Switch:
    """Whether quick readers and writers are in use: where each message asks, a call of ``usual`` would be felt."""

    fast = True
    strictly = 4
    """So many messages more are read by the strict readers: to make quick ones costs more than these save."""


def usual() -> bool:
    """True while quick readers and writers are in use."""
    return Switch.fast


def quickly() -> bool:
    """True when the next message goes to the quick reader first: not the first few of a process."""
    if Switch.strictly:
        Switch.strictly -= 1
        return False
    return Switch.fast


@contextmanager
def paths(*, fast: bool) -> Iterator[None]:
    """Quick readers and writers on, from the first message, or off; for tests, and for the process as a whole."""
    before = Switch.fast, Switch.strictly
    Switch.fast, Switch.strictly = fast, 0
    try:
        yield
    finally:
        Switch.fast, Switch.strictly = before


class _Reader:
    """The readers of one form, made when the first message comes; each expression when it is first needed."""

    def __init__(self, form: str) -> None:
        self.form, self.is_xml = form, form == "xml"
        self.nonce = ""
        self.metas: dict[str, Meta] = {}
        self.bodies: dict[str, Any] = {}
        self.scope: dict[str, Any] = {}
        self.read: Callable[[str, bool], Message] = self._first

    def _first(self, text: str, coded: bool) -> Message:
        from dmkit.wire import compiling

        spelling = compiling.XML if self.is_xml else compiling.WBXML
        source, expressions = compiling.readers_of(spelling)
        self.nonce = spelling.nonce
        scope: dict[str, Any] = {
            "Irregular": Irregular, "Message": Message, "Header": Header, "Item": Item, "Cred": Cred,
            "new_meta": self._meta, "known_meta": self.metas.get, "bodies": self.bodies.get,
            "keep": self._keep, "plain": _plain, "FORMATS": FORMATS, "Format": Format,
        }  # fmt: skip
        scope |= {name: getattr(structs, name) for name in COMMANDS}
        scope |= {f"codes_{name}": codes for name, codes in CODES.items()}
        scope |= {f"known_{name}": codes.get for name, codes in CODES.items()}
        scope |= {f"inside_{name}": _commands_in(name) for name in COMMANDS if MODELS[name].commands is not None}
        for name, expression in expressions.items():
            scope[name] = _first_time(scope, name, expression)
        exec(compile(source, f"<readers of {self.form}>", "exec"), scope)
        self.scope, self.read = scope, scope["read"]
        return self.read(text, coded)

    def _keep(self, text: str, body: Any) -> Any:
        """Remember the commands of a short body: devices of a kind, and their servers, say the same in each session.

        The Status of the header, with addresses and a nonce, is not in it; what has a nonce does not come again.
        """
        if self.nonce in text:
            return body
        if len(self.bodies) >= _MANY:
            self.bodies.clear()
        self.bodies[text] = body
        return body

    def _meta(self, text: str) -> Meta:
        """The Meta with this content; messages repeat a handful of short ones, so those are remembered."""
        match = self.scope["scan_challenge"](text)
        if match is not None and match[1] in FORMATS and not (self.is_xml and "&" in text):
            return Meta(match[1], match[2], None, None, match[3])
        match = self.scope["scan_meta"](text)
        if match is None:
            raise Irregular
        *values, emi = _plain(match.groups()) if self.is_xml else match.groups()
        meta: Meta = MODELS["Meta"].make([*values, None if emi is None else [emi]])
        if len(text) < 128 and meta.next_nonce is None:
            if len(self.metas) >= _MANY:
                self.metas.clear()
            self.metas[text] = meta
        return meta


def _commands_in(name: str) -> frozenset[type]:
    """The structs of the commands that may stand in the container ``name``: not all that stand in a SyncBody."""
    return frozenset(getattr(structs, child) for child in MODELS[name].children if child in COMMANDS)


def _first_time(scope: dict[str, Any], name: str, expression: str) -> Callable[..., re.Match[str] | None]:
    """A search that compiles its expression when it is first used, and puts it in its own place."""

    def scan(*args: Any) -> re.Match[str] | None:
        scope[name] = re.compile(expression).match
        match: re.Match[str] | None = scope[name](*args)
        return match

    return scan


def _plain(texts: tuple[str | None, ...]) -> list[str | None]:
    """``texts`` without the five references that a usual document may have."""
    return [_unescaped(text) if text is not None and "&" in text else text for text in texts]


def _unescaped(text: str) -> str:
    for reference, sign in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&")):
        text = text.replace(reference, sign)
    return text


_XML: Final = _Reader("xml")
_WBXML: Final = _Reader("wbxml")
_CONTROLS: Final = bytes(octet for octet in range(32) if octet not in b"\t\n")
_SHOWN: Final = bytes.maketrans(_CONTROLS, bytes((127,)) * len(_CONTROLS))
"""Octets that XML allows stay as they are; ``translate`` then gives back what it was given."""
_REFERENCE: Final = late_pattern("&(?!(?:amp|lt|gt|quot|apos);)")
_HEADS: Final = frozenset(bytes((version,)) + b"\xa4\x01\x6a\x00" for version in (1, 2, 3))


def read_xml(data: bytes) -> Message:
    """The message in ``data``; Irregular when it is not in the usual form.

    The expressions spell out every tag, so a document that they match is well-formed when no sign stands in it that
    XML forbids, no ``]]>`` and no reference but the five: no parser is needed.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise Irregular from None
    if data.translate(_SHOWN) != data or ("]" in text and "]]>" in text):
        raise Irregular
    coded = "&" in text
    if coded and _REFERENCE.search(text) is not None:
        raise Irregular
    if len(text) != len(data) and ("\ufffe" in text or "\uffff" in text):
        raise Irregular
    try:
        return _XML.read(text, coded)
    except CodecError:  # a code that is no number, a Size: the strict reader finds the words
        raise Irregular from None


def read_wbxml(data: bytes) -> Message:
    """The message in ``data``; Irregular when it is not in the usual form."""
    if data[:5] not in _HEADS:
        raise Irregular
    try:
        return _WBXML.read(data[5:].decode(), False)
    except (UnicodeDecodeError, CodecError):
        raise Irregular from None
