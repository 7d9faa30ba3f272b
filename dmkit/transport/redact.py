"""Taking secrets out of packets before they are written down: same size, same shape, stars where a secret was.

What a packet alone does not tell, a ``Redactor`` knows from those before it: which Get unaddressed Results answer,
which question a text answers, and that a large object is still on its way.

>>> from dmkit.words.model import Replace
>>> Redactor().hidden(Replace.of("./DMAcc/1/AppAuth/2/AAuthSecret", "srvpw")).items[0].data
'*****'
"""

from __future__ import annotations

import html
import os
import re
from base64 import b64decode
from binascii import Error
from collections import OrderedDict
from typing import Final, TypeVar
from urllib.parse import unquote

import msgspec

from dmkit.wire.codec import codec_for
from dmkit.words.asked import asked
from dmkit.words.codes import AlertCode, Verb
from dmkit.words.errors import CodecError
from dmkit.words.model import (
    Alert,
    Atomic,
    Command,
    Data,
    Element,
    Get,
    Header,
    Item,
    Message,
    Packet,
    Results,
    Sequence,
    Status,
    Unknown,
    flatten,
)

__all__ = ["TOKEN_MARK", "Redactor", "private", "redact", "untold"]

TOKEN_MARK: Final = "~"
"""Begins the last segment of a RespURI that belongs to one session: who has it may speak in that session."""

_TOKEN: Final = re.compile(r"/~[A-Za-z0-9_-]{16,}")
_SECRET_NAMES: Final = re.compile(r"AAuth(?:Secret|Data)", re.I)
_SECRET_OCTETS: Final = re.compile(rb"AAuth(?:Secret|Data)", re.I)
_SECRET_LAST: Final = re.compile(r"/AAuth(?:Secret|Data)\Z", re.I)
_PROVISIONING: Final = re.compile(rb"[\x00-\x03]\x0b")
_NAMING: Final = frozenset({"NodeName", "Path"})
_BASE64: Final = re.compile(r"[A-Za-z0-9+/\s]{12,}+={0,2}\s*\Z")
_MAC: Final = re.compile(r'(\bmac\s*=\s*)("?)(?:(?<=")[^"]*|[^",\s]+)("?)', re.I)
_CREDENTIALS: Final = frozenset({"authorization", "proxy-authorization", "authentication-info", "cookie", "set-cookie"})
"""Headers of HTTP that prove somebody: of their values only the name of the scheme is told."""
_SCHEME: Final = re.compile(r"\s*(?:(Basic|Digest|Bearer)\s)?.*", re.I | re.S)
_Kept = TypeVar("_Kept")
_DEEP: Final = 3
_KEPT: Final = 1000
_CHOSEN: Final = frozenset({AlertCode.CONFIRM, AlertCode.SINGLE_CHOICE, AlertCode.MULTIPLE_CHOICE, AlertCode.DISPLAY})


@asked
def private(file: str, flags: int) -> int:
    """Opener of files that values of a device's tree go into: readable for their owner only, when they are new."""
    return os.open(file, flags, 0o600)


@asked
def redact(packet: Packet) -> Packet | None:
    """``packet`` by itself without secrets and of the same size; see ``Redactor.packet``."""
    return Redactor().packet(packet)


def _told(name: str, value: str) -> str:
    """The value of a header without what proves its sender.

    >>> _told("x-syncml-hmac", 'username="u", mac="abc="'), _told("Authorization", "Basic dTpw")
    ('username="u", mac="***"', 'Basic ***')
    """
    if name.strip().lower() in _CREDENTIALS:
        scheme = _SCHEME.match(value)
        return f"{scheme[1]} ***" if scheme and scheme[1] else "***"
    return _MAC.sub(r"\1\2***\3", value)


class _Session:
    """What was asked in one session, by message and command, and which sides have an object under way."""

    __slots__ = ("asked", "open", "questions")

    def __init__(self) -> None:
        self.asked: dict[tuple[str, str], tuple[str, ...]] = {}
        self.questions: dict[tuple[str, str], AlertCode] = {}
        self.open: set[str] = set()


class Redactor:
    """Takes secrets out of the packets of many sessions, in the order in which they pass.

    Secrets are proofs, values of AAuthSecret and AAuthData however they are addressed, whole documents that name such
    a node (escaped, in base64, or in octets), every piece of a large object, what a person typed, and the address that
    belongs to one session.  Where it cannot be known what a value is, it is a secret.  At most 1000 sessions are
    remembered, the latest.
    """

    def __init__(self) -> None:
        self._sessions: OrderedDict[tuple[str, str], _Session] = OrderedDict()

    def packet(self, packet: Packet) -> Packet | None:
        """``packet`` without secrets and of the same size; each secret becomes as many ``*``.

        None when the body cannot be read, so that nothing is known about what it holds.
        """
        headers = {name: _told(name, value) for name, value in packet.headers.items()}
        try:
            codec = codec_for(packet.media_type, packet.body)
            message = codec.decode(packet.body, lenient=True)
            safe = self._message(message)
            body = packet.body if safe == message else codec.encode(safe)
        except CodecError:
            return None
        return Packet(untold(packet.to), body, packet.media_type, headers)

    def hidden(self, command: Command) -> Command:
        """``command`` without secrets, as far as it alone tells."""
        return self._hide(command, _Session(), "")

    def _message(self, message: Message) -> Message:
        header = message.header
        session = self._session(header)
        safe = tuple(self._hide(command, session, header.source) for command in message.commands)
        for command in flatten(message.commands):
            if isinstance(command, Get):
                _keep(session.asked, (header.msg_id, command.cmd_id), tuple(i.target or "" for i in command.items))
            elif isinstance(command, Alert):
                _keep(session.questions, (header.msg_id, command.cmd_id), command.code)
        return msgspec.structs.replace(message, header=_header(header), commands=safe)

    def _session(self, header: Header) -> _Session:
        key = (header.session_id, min(header.source, header.target))
        for known in ((header.session_id, header.source), (header.session_id, header.target)):
            if known in self._sessions:
                key = known
        if key not in self._sessions:
            self._sessions[key] = _Session()
            if len(self._sessions) > _KEPT:
                self._sessions.popitem(last=False)
        self._sessions.move_to_end(key)
        return self._sessions[key]

    def _hide(self, command: Command, session: _Session, sender: str) -> Command:
        if isinstance(command, Atomic | Sequence):
            inside = tuple(self._hide(inner, session, sender) for inner in command.commands)
            return msgspec.structs.replace(command, commands=inside)
        if isinstance(command, Unknown):  # nobody knows which of it is secret
            return msgspec.structs.replace(command, content=tuple(map(_all_hidden, command.content)))
        secret = False
        address: tuple[str, ...] = ()
        if isinstance(command, Status):
            asked = session.questions.get((command.msg_ref, command.cmd_ref or ""))
            secret = command.cmd == Verb.ALERT.value and asked not in _CHOSEN
        elif isinstance(command, Results):
            named = tuple(uri for uri in (command.target_ref, command.source_ref) if uri)
            asked_for = session.asked.get((command.msg_ref or "1", command.cmd_ref or "1"), ())
            address = named or asked_for
        whole = not isinstance(command, Status | Get)
        pieces = any(item.more_data for item in command.items)
        if whole and command.items:
            if pieces or sender in session.open:
                secret = True
            (session.open.add if pieces else session.open.discard)(sender)
        items = tuple(
            _hide_item(item, address, typed=secret, results=isinstance(command, Results)) for item in command.items
        )
        replaced = command if items == command.items else msgspec.structs.replace(command, items=items)
        if isinstance(replaced, Status):
            refs = tuple(map(untold, replaced.target_refs)), tuple(map(untold, replaced.source_refs))
            if refs != (replaced.target_refs, replaced.source_refs):
                replaced = msgspec.structs.replace(replaced, target_refs=refs[0], source_refs=refs[1])
        return replaced


def _all_hidden(piece: Element | str | bytes) -> Element | str | bytes:
    """``piece`` with each text in it hidden."""
    if isinstance(piece, Element):
        attrs = tuple((name, "*" * len(value)) for name, value in piece.attrs)
        return Element(piece.name, piece.ns, tuple(map(_all_hidden, piece.children)), attrs)
    return "*" * len(piece) if isinstance(piece, str) else b"*" * len(piece)


def _keep(table: dict[tuple[str, str], _Kept], key: tuple[str, str], value: _Kept) -> None:
    """Put ``value`` into ``table``, which forgets its oldest entries."""
    table[key] = value
    if len(table) > _KEPT:
        del table[next(iter(table))]


@asked
def untold(uri: str) -> str:
    """``uri`` without the segment that belongs to one session."""
    return _TOKEN.sub(lambda found: f"/{TOKEN_MARK}" + "*" * (len(found[0]) - 2), uri)


def _header(header: Header) -> Header:
    cred = header.cred
    if cred is not None:
        cred = msgspec.structs.replace(cred, data="*" * len(cred.data))
    return msgspec.structs.replace(
        header,
        cred=cred,
        target=untold(header.target),
        source=untold(header.source),
        resp_uri=untold(header.resp_uri) if header.resp_uri is not None else None,
    )


def _names_a_secret(uri: str) -> bool:
    """True for the URI of a secret node, whatever query, slash or escape stands in it.

    >>> _names_a_secret("./DMAcc/1/AppAuth/2/AAuth%53ecret/?prop=Name"), _names_a_secret("./DMAcc/1/Name")
    (True, False)
    """
    path = unquote(uri.partition("?")[0])
    return _SECRET_LAST.search("/" + path.strip().rstrip("/")) is not None


def _holds_a_secret(data: str | bytes, depth: int = 0) -> bool:
    """True when a document that names a secret node may be in ``data``, escaped or packed."""
    if isinstance(data, str):
        text = data
        for _ in range(_DEEP):
            if _SECRET_NAMES.search(text):
                return True
            plain = html.unescape(unquote(text))
            if plain == text:
                break
            text = plain
        packed = _BASE64.match(data)
        if not packed or depth >= _DEEP:
            return False
        try:
            octets = b64decode("".join(data.split()) + "==")
        except (Error, ValueError):
            return False
        return _holds_a_secret(octets, depth + 1)
    plain_octets = data.replace(b"\0", b"")  # UTF-16 and UTF-32 too
    if _SECRET_OCTETS.search(plain_octets) or _PROVISIONING.match(data):
        return True
    try:
        return depth < _DEEP and _holds_a_secret(plain_octets.decode("ascii"), depth + 1)
    except UnicodeDecodeError:
        return False


def _hide_item(item: Item, address: tuple[str, ...], *, typed: bool, results: bool) -> Item:
    data = item.data
    if data is None:
        return item
    own = tuple(uri for uri in (item.target, item.source) if uri)
    named = (*own, *(address if results else ()))
    secret = typed or any(map(_names_a_secret, named)) or (results and not named)
    if isinstance(data, Element):
        safe: Data = _hide_element(data, secret=secret)
    else:
        secret = secret or _holds_a_secret(data)
        safe = data if not secret else "*" * len(data) if isinstance(data, str) else b"*" * len(data)
    return item if safe == data else msgspec.structs.replace(item, data=safe)


def _hide_element(element: Element, *, secret: bool = False) -> Element:
    """``element`` without the texts in it that are secret: all, or those of Values beside the name of such a node."""
    names = (c.text for c in element.children if isinstance(c, Element) and c.name in _NAMING)
    secret = secret or any(map(_holds_a_secret, names))
    children = tuple(
        _hide_element(child, secret=secret and child.name not in _NAMING)
        if isinstance(child, Element)
        else _starred(child)
        if (secret and element.name not in _NAMING) or (element.name not in _NAMING and _holds_a_secret(child))
        else child
        for child in element.children
    )
    attrs = element.attrs
    if secret or any(_holds_a_secret(value) for _, value in attrs):
        attrs = tuple((name, value if name.lower() == "name" else "*" * len(value)) for name, value in attrs)
    return msgspec.structs.replace(element, children=children, attrs=attrs)


def _starred(value: str | bytes) -> str | bytes:
    return "*" * len(value) if isinstance(value, str) else b"*" * len(value)
