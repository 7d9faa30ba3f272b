"""TLV, content format 11542: nested records of type, identifier, length and value.  [lwm2m sheet §3]

The first octet: bits 7 and 6 say what it is, bit 5 that the identifier has 16 bits, bits 4 and 3 how many octets the
length takes, bits 2 to 0 are the length when it takes none.

>>> record = Record(RecordKind.RESOURCE, 0, b"Anjay")
>>> encode((record,)).hex(" ")
'c5 00 41 6e 6a 61 79'
>>> decode(bytes.fromhex("c800 14") + b"Open Mobile Alliance")[0].value
b'Open Mobile Alliance'
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from functools import lru_cache
from typing import Final, TypeAlias

import msgspec

from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError
from dmkit.words.structs import nested_hash

__all__ = ["Record", "RecordKind", "decode", "encode", "header", "resources"]


class RecordKind(IntEnum):
    """What a record is, by bits 7 and 6."""

    INSTANCE = 0
    ITEM = 1
    MULTIPLE = 2
    RESOURCE = 3

    @property
    def meaning(self) -> str:
        """In words."""
        return ("object instance", "resource instance", "multiple resource", "resource")[self]


class Record(msgspec.Struct, frozen=True):
    """One record: octets in a resource or an item, records in an instance or a multiple resource."""

    kind: RecordKind
    id: int
    value: bytes | tuple[Record, ...] = b""
    __hash__ = nested_hash


Records: TypeAlias = tuple[Record, ...]

_WITHIN: Final[dict[RecordKind | None, frozenset[RecordKind]]] = {
    None: frozenset(RecordKind),
    RecordKind.INSTANCE: frozenset({RecordKind.MULTIPLE, RecordKind.RESOURCE}),
    RecordKind.MULTIPLE: frozenset({RecordKind.ITEM}),
}
"""Which records may stand within which; None is the document, whose kind depends on the address that was asked for."""


@asked
def encode(records: Sequence[Record]) -> bytes:
    """The octets of these records, each length in its shortest form."""
    return b"".join(_record(record) for record in records)


def _record(record: Record) -> bytes:
    value = record.value if isinstance(record.value, bytes) else encode(record.value)
    return header(record.kind, record.id, len(value)) + value


@asked
@lru_cache(maxsize=1 << 12)
def header(kind: int, id: int, size: int) -> bytes:
    """What stands before a value of ``size`` octets.  CodecError when TLV cannot hold it."""
    if size < 8:
        first, length = kind << 6 | size, b""
    elif size < 256:
        first, length = kind << 6 | 8, bytes((size,))
    elif size <= 0xFFFFFF:
        octets = 2 if size < 1 << 16 else 3
        first, length = kind << 6 | octets << 3, size.to_bytes(octets, "big")
    else:
        raise CodecError(f"a record of {many(size, 'octet')}; TLV holds up to {0xFFFFFF}")
    return (bytes((first, id)) if id < 256 else bytes((first | 32, id >> 8, id & 255))) + length


@asked
def decode(data: bytes, *, strict: bool = True) -> Records:
    """The records of a document; CodecError says at which octet it is none.

    ``strict`` refuses lengths and identifiers in more octets than they need; peers may send them, so readers of what
    others wrote turn it off.
    """
    return _records(data, 0, len(data), None, strict)


def _records(data: bytes, at: int, end: int, within: RecordKind | None, strict: bool) -> Records:
    found: list[Record] = []
    while at < end:
        start, first = at, data[at]
        kind = RecordKind(first >> 6)
        if kind not in _WITHIN[within]:
            where = within.meaning if within is not None else "document"
            raise CodecError(f"{kind.meaning} in a {where}", offset=start)
        wide, octets = 1 + (first >> 5 & 1), first >> 3 & 3
        at += 1 + wide + octets
        if at > end:
            raise CodecError("a record that ends before its length", offset=start)
        id_ = int.from_bytes(data[start + 1 : start + 1 + wide], "big")
        size = int.from_bytes(data[at - octets : at], "big") if octets else first & 7
        if strict and (_padded(id_, wide) or (octets and (_padded(size, octets) or size < 8))):
            raise CodecError("an identifier or a length in more octets than it needs", offset=start)
        if strict and octets and first & 7:
            raise CodecError("a length in octets, and one in the bits beside it", offset=start)
        if id_ > 0xFFFE:
            raise CodecError("identifier 65535, which is reserved", offset=start)
        if at + size > end:
            raise CodecError(f"a record of {many(size, 'octet')} where {end - at} are left", offset=start)
        nested = kind in (RecordKind.INSTANCE, RecordKind.MULTIPLE)
        value = _records(data, at, at + size, kind, strict) if nested else data[at : at + size]
        found.append(Record(kind, id_, value))
        at += size
    return tuple(found)


@asked
def resources(data: bytes) -> list[tuple[int, bytes]] | None:
    """Identifiers and octets of a document that holds single resources only, the usual one; None for another."""
    found: list[tuple[int, bytes]] = []
    at, end = 0, len(data)
    try:
        while at < end:
            first = data[at]
            if first < 0xC0:
                return None
            if first & 32:
                id_ = data[at + 1] << 8 | data[at + 2]
                at += 3
            else:
                id_ = data[at + 1]
                at += 2
            octets = first >> 3 & 3
            if octets == 0:
                start = at
                at += first & 7
            elif octets == 1:
                start = at + 1
                at = start + data[at]
            else:
                start = at + octets
                at = start + int.from_bytes(data[at:start], "big")
            if at > end or id_ > 0xFFFE:
                return None
            found.append((id_, data[start:at]))
    except IndexError:
        return None
    return found


def _padded(number: int, octets: int) -> bool:
    """Whether a number is written in more octets than it needs."""
    return octets > 1 and number >> 8 * (octets - 1) == 0
