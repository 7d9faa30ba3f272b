"""Messages of a session, written by what was written before: forms of headers stay, and bodies that came twice.

Sessions of a kind say the same in other names.  Their headers, and the Status of a header, differ in addresses,
numbers, proof and nonce only; what stands around those is kept as a format.  The rest of a message is remembered whole
when it comes for the second time, so what is said once, to one device, is not kept.  All that is remembered was written
by the codec, and what has no place here is left to it: the octets are the same (``tests/session/test_again.py``).

>>> from dmkit.words.model import Get
>>> again, header, body = MessageMemory(WBXML), Header("1", "2", "IMEI:1", "http://s/dm"), (Get.of("./A"),)
>>> [again.packed(header, body, True) is not None for _ in range(3)]
[False, True, True]
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from operator import attrgetter
from typing import Any, Final, TypeAlias, TypeVar

import msgspec
from msgspec.structs import replace as changed

from dmkit.wire.codec import WBXML, XML, Codec
from dmkit.wire.markup import escape, octets
from dmkit.wire.numbers import number
from dmkit.words.codes import SYNC_HDR, AlertCode, StatusCode
from dmkit.words.errors import CodecError
from dmkit.words.model import Alert, Atomic, Command, Header, Message, Sequence, Status

__all__ = ["MEMORIES", "MessageMemory"]

_MANY: Final = 256
_SHORT: Final = 1024
_FEW: Final = 8
"""How many headers, Statuses and bodies are remembered, and the signs and commands that one has at most."""
_DIFFER: Final = ("session_id", "msg_id", "target", "source", "source_name", "resp_uri")
"""The texts in which headers of one form differ, in the order of the grammar; the proof comes after them."""
_alike: Final = attrgetter("meta", "target_name", "no_resp", "ver_dtd", "ver_proto")
"""What headers of one form have in common, beside which of those texts there are."""
_PLACE: Final = "\ue000"
"""Stands for such a text while a form is made: a sign of private use."""
_ENDS: Final = {"wbxml": "\1\1", "xml": "</SyncBody></SyncML>"}
"""How a message without Final ends."""
_PLAIN: Final = Header("1", "1", "a", "b")
_ANCHOR: Final = Status(StatusCode.OK, "1", "0", SYNC_HDR, cmd_id="1")
_CONTAINERS: Final = frozenset({Atomic, Sequence})
_CODES: Final = {Status: StatusCode, Alert: AlertCode}
_Key: TypeAlias = tuple[tuple[Command, ...], bool, bool]
_K = TypeVar("_K")
_V = TypeVar("_V")


class _Body(msgspec.Struct, frozen=True):
    """Commands with their CmdIDs, the format that writes them to the end, and codes by class."""

    commands: tuple[Command, ...]
    form: str
    coded: tuple[tuple[int, type], ...]


class _Unusual(Exception):
    """It is not remembered: it is written as ever."""


class MessageMemory:
    """What one codec has written before: header, Status of the header, and the rest."""

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self.binary = codec.binary
        self._headers: dict[Any, tuple[str, attrgetter[tuple[str, ...]]]] = {}
        self._statuses: dict[Any, str] = {}
        self._bodies: dict[_Key, _Body] = {}
        self._once: dict[int, None] = {}
        self._head = b""
        self._anchor = ""
        self._before = 0

    def forget(self) -> None:
        """Begin anew, with nothing written before."""
        for memory in (self._headers, self._statuses, self._bodies, self._once):
            memory.clear()

    def packed(self, header: Header, commands: tuple[Command, ...], final: bool) -> tuple[Message, bytes] | None:
        """The message of ``commands``, numbered, with its octets; None when it is to be written as ever."""
        try:
            head: Any = commands[0]
            alone = head.__class__ is not Status
            key = (commands if alone else commands[1:], alone, final)
            body = self._bodies.get(key) or self._body(key)
            for at, coded in body.coded:  # what is equal need not be written alike: 200.0 is no code
                if key[0][at].code.__class__ is not coded:  # type: ignore[union-attr]
                    return None
            cred = header.cred
            like = (_alike(header), header.source_name is None, header.resp_uri is None, cred and (cred.meta,))
            form, texts_of = self._headers.get(like) or self._header(header, like)
            texts, numbers = texts_of(header), body.commands
            if not alone:
                code, chal, targets, sources = head.code, head.chal, head.target_refs, head.source_refs
                texts = (*texts, head.msg_ref, *targets, *sources)
                if chal is not None and chal.next_nonce is not None:
                    texts = (*texts, chal.next_nonce)
                    chal = changed(chal, next_nonce="")
                if head.cmd != SYNC_HDR or head.items or code.__class__ is not StatusCode:
                    return None
                kind = (code, head.cmd_ref, len(targets), len(sources), chal)
                form += self._statuses.get(kind) or self._status(head, kind)
                numbers = (changed(head, cmd_id="1"), *numbers)
            if "\0" in "".join(texts):  # it would end the text that it is in
                return None
            if self.binary:
                data = self._head + ((form + body.form) % texts).encode()
            else:
                plain = tuple([text if text.isalnum() else escape(text) for text in texts])
                data = octets((form + body.form) % plain)
        except (IndexError, TypeError, UnicodeEncodeError, CodecError, _Unusual):  # the codec finds the words
            return None
        return Message(header, numbers, final), data

    def _body(self, key: _Key) -> _Body:
        """The body of ``key``, when it comes for the second time."""
        commands, alone, final = key
        if len(commands) > _FEW:
            raise _Unusual
        found = hash(key)
        if found not in self._once:
            _kept(self._once, found, None)
            raise _Unusual
        if not _CONTAINERS.isdisjoint(map(type, commands)) or any(map(_has_number, commands)):
            raise _Unusual
        if any(map(_is_long, commands)):  # not written to see it
            raise _Unusual
        numbers = number(commands, count(1 if alone else 2))
        form = _form(self._behind(numbers, final), 0)
        coded = tuple([(at, _CODES[kind]) for at, kind in enumerate(map(type, commands)) if kind in _CODES])
        return _kept(self._bodies, key, _Body(numbers, form, coded))

    def _header(self, header: Header, like: object) -> tuple[str, attrgetter[tuple[str, ...]]]:
        """How headers like this one are written."""
        names = [name for name in _DIFFER if getattr(header, name) is not None]
        texts: dict[str, Any] = dict.fromkeys(names, _PLACE)
        if header.cred is not None:
            names.append("cred.data")
            texts["cred"] = changed(header.cred, data=_PLACE)
        self._behind((), False)
        text = self._written(changed(header, **texts), (_ANCHOR,)).removesuffix(self._anchor + _ENDS[self.codec.name])
        return _kept(self._headers, like, (_form(text, len(names)), attrgetter(*names)))

    def _status(self, head: Status, like: object) -> str:
        """How Statuses of a header like this one are written."""
        targets, sources, chal = (_PLACE,) * len(head.target_refs), (_PLACE,) * len(head.source_refs), head.chal
        places = 1 + len(targets) + len(sources)
        if chal is not None and chal.next_nonce is not None:
            chal, places = changed(chal, next_nonce=_PLACE), places + 1
        sample = changed(head, msg_ref=_PLACE, target_refs=targets, source_refs=sources, chal=chal, cmd_id="1")
        text = self._behind((sample,), False).removesuffix(_ENDS[self.codec.name])
        return _kept(self._statuses, like, _form(text, places))

    def _behind(self, commands: tuple[Command, ...], final: bool) -> str:
        """What is written for ``commands``, and to the end, behind the Status of a header."""
        if not self._anchor:
            once, twice = (self._written(_PLAIN, (_ANCHOR,) * many) for many in (1, 2))
            self._before = len(once) - len(_ENDS[self.codec.name])
            self._anchor = twice[self._before :].removesuffix(_ENDS[self.codec.name])
        return self._written(_PLAIN, (_ANCHOR, *commands), final)[self._before :]

    def _written(self, header: Header, commands: tuple[Command, ...], final: bool = False) -> str:
        """A message as text, without the octets in front that are no text."""
        data = self.codec.encode(Message(header, commands, final))
        if self.binary:
            if data[4]:  # names without a token stand in a string table in front, as mark-up in Data has them
                raise _Unusual
            self._head, data = data[:5], data[5:]
        try:
            return data.decode()
        except UnicodeDecodeError:  # octets in Data
            raise _Unusual from None


def _form(text: str, places: int) -> str:
    """``text`` as a format for so many texts."""
    parts = text.split(_PLACE)
    if len(parts) != places + 1 or len(text) > _SHORT:
        raise _Unusual
    return "%s".join([part.replace("%", "%%") for part in parts])


def _has_number(command: Command) -> bool:
    """True when there is a number in a Meta: 1, 1.0 and True are equal, and not written alike."""
    metas = (getattr(command, "meta", None), getattr(command, "chal", None), *(i.meta for i in command.items))  # type: ignore[union-attr]
    return any(
        meta is not None and (meta.size, meta.max_msg_size, meta.max_obj_size) != (None, None, None) for meta in metas
    )


def _is_long(command: Command) -> bool:
    """True when a value in it is surely too long to be remembered."""
    items = command.items  # type: ignore[union-attr]
    return any(isinstance(item.data, str | bytes) and len(item.data) > _SHORT for item in items)


def _kept(memory: dict[_K, _V], key: _K, value: _V) -> _V:
    """Remember ``value``, and forget all when that would be too many."""
    if len(memory) >= _MANY:
        memory.clear()
    memory[key] = value
    return value


MEMORIES: Final[Mapping[type, MessageMemory]] = {codec.__class__: MessageMemory(codec) for codec in (XML, WBXML)}
"""What each codec has written before, by its class; a codec of one's own has none, and sees each message."""
