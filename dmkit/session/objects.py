"""Large objects: cut into pieces on the way out, joined on the way in.  [DMPRO §7]

>>> sending = Sending(Replace.of("./Note", "0123456789"))
>>> first = sending.piece(6); last = sending.left(6).piece(4)
>>> first.items[0].meta.size, first.items[0].more_data, last.items[0].more_data
(10, True, False)
>>> coming = Incoming.of(first, first.items[0])
>>> coming.add(first.items[0]).add(last.items[0]).whole().text
'0123456789'
"""

from __future__ import annotations

from typing import Final, TypeAlias, cast

import msgspec

from dmkit.words.codes import Format, Verb
from dmkit.words.model import Add, Alert, Command, Data, Item, Meta, Replace, Results

__all__ = ["Chunkable", "Incoming", "Sending", "counted", "exceeds", "length"]

Chunkable: TypeAlias = Add | Replace | Results | Alert
"""Commands whose Items may leave in pieces; not inside Atomic or Sequence.  [DMPRO §6.1]"""


def length(data: Data | None) -> int:
    """Octets of ``data`` as carried; inline mark-up counts as its text."""
    if data is None:
        return 0
    return len(data.encode()) if isinstance(data, str) else len(data) if isinstance(data, bytes) else len(data.text)


def counted(octets: int, meta: Meta | None, how: str = "carried") -> int:
    """What ``octets`` as carried weigh against MaxObjSize: base64 is a third lighter when ``how`` is "decoded".

    >>> counted(2392, Meta(format="b64")), counted(2392, Meta(format="b64"), "decoded")
    (2392, 1794)
    """
    base64 = how == "decoded" and meta is not None and Format.of(meta.format) is Format.B64
    return octets * 3 // 4 if base64 else octets


def exceeds(item: Item, meta: Meta | None, limit: int | None, *, how: str = "carried", announced: int = 0) -> bool:
    """True when the data of ``item``, or what its Size has ``announced``, is above ``limit``.  [DMPRO §7]"""
    return limit is not None and counted(max(announced, length(item.data)), meta, how) > limit


class Sending(msgspec.Struct, frozen=True, cache_hash=True):
    """A large object on its way out, a value: ``command`` has the one Item whose data leaves in pieces.

    ``at`` counts the units (characters or octets) that have left, ``sent`` the octets; ``size`` is the octets of the
    whole object as carried: the Meta Size of the first piece.  [DMTND §7.7.4]
    """

    command: Chunkable
    at: int = 0
    restarts: int = 0
    sent: int = 0
    size: int = -1

    def __post_init__(self) -> None:
        if self.size < 0:  # counted once: an object in n pieces is asked for it n times
            msgspec.structs.force_setattr(self, "size", length(self.data))

    @property
    def data(self) -> str | bytes:
        """All of the data, as carried."""
        data = self.command.items[0].data
        assert isinstance(data, str | bytes)
        return data

    @property
    def uri(self) -> str:
        """What the object is called."""
        item = self.command.items[0]
        return item.target or item.source or ""

    @property
    def rest(self) -> int:
        """Units that have not left."""
        return len(self.data) - self.at

    def piece(self, units: int) -> Chunkable:
        """The next ``units``: Size on the first piece, MoreData on all but the last.  [DMPRO §7]"""
        item = self.command.items[0]
        meta = item.meta
        if self.at == 0:
            meta = msgspec.structs.replace(meta or Meta(), size=self.size)
        more = units < self.rest
        data = self.data[self.at : self.at + units]
        piece = msgspec.structs.replace(item, data=data, meta=meta, more_data=more)
        return msgspec.structs.replace(self.command, items=(piece,))

    def left(self, units: int) -> Sending:
        """The object after a piece of ``units`` has left."""
        sent = self.sent + length(self.data[self.at : self.at + units])
        return Sending(self.command, self.at + units, self.restarts, sent, self.size)

    def restart(self) -> Sending:
        """The object, to begin again from its first piece."""
        return Sending(self.command, 0, self.restarts + 1, 0, self.size)


_BLOCK: Final = 256
"""So many pieces are kept beside one another: one more is put behind a few, not behind all before it."""


class Incoming(msgspec.Struct, frozen=True, cache_hash=True):
    """A large object on its way in, a value; ``pieces`` are those that came, by blocks."""

    verb: Verb
    uri: str
    size: int | None
    meta: Meta | None
    item: Item
    pieces: tuple[tuple[str | bytes, ...], ...] = ()
    got: int = 0

    @classmethod
    def of(cls, command: Chunkable, item: Item) -> Incoming:
        """Begin with the first piece; ``add`` takes its data."""
        meta = item.meta
        size = meta.size if meta is not None else None
        return cls(command.verb, item.target or item.source or "", size, meta, item)

    def continues(self, command: Command, item: Item) -> bool:
        """True when ``item`` of ``command`` is the next piece of this object; its address may be left out."""
        uri = item.target or item.source or ""
        return command.verb is self.verb and uri in ("", self.uri)

    def add(self, item: Item) -> Incoming:
        """The object with the data of one more piece."""
        data = item.data if isinstance(item.data, str | bytes) else item.text
        full, last = self.pieces[:-1], self.pieces[-1] if self.pieces else ()
        pieces = (*full, (*last, data)) if len(last) < _BLOCK else (*full, last, (data,))
        return msgspec.structs.replace(self, pieces=pieces, got=self.got + length(data))

    def whole(self) -> Item:
        """The object, joined as carried; cuts need not respect characters.  [DMPRO §7]"""
        data: str | bytes
        pieces = [piece for block in self.pieces for piece in block]
        if all(isinstance(piece, str) for piece in pieces):
            data = "".join(cast("list[str]", pieces))
        else:
            data = b"".join([piece.encode() if isinstance(piece, str) else piece for piece in pieces])
            if Format.of(self.meta.format if self.meta else None) is not Format.BIN:
                data = data.decode("utf-8", "surrogateescape")
        meta = msgspec.structs.replace(self.meta, size=None) if self.meta is not None else None
        return msgspec.structs.replace(self.item, data=data, meta=None if meta == Meta() else meta, more_data=False)
