"""Tag, length, value: BER-TLV as cards use it, and DER, its strict form, for PKCS#15.

One reader for both.  ``strict`` asks for DER: each length in its shortest form.  Lengths are always definite.

>>> Tlv(0x62, Tlv(0x83, bytes.fromhex("3F00")).encode()).encode().hex()
'620483023f00'
>>> read_all(bytes.fromhex("620483023f00"))
(<62 <83 3f00>>,)
>>> oid("2.23.43.7.1").encode().hex(" ")
'06 04 67 2b 07 01'
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError
from dmkit.words.records import dataclass

__all__ = ["MAX_DEPTH", "Tlv", "bit_string", "oid", "oid_text", "read", "read_all", "tlv"]

MAX_DEPTH: Final = 16


@dataclass(frozen=True, slots=True)
class Tlv:
    """One data object: ``tag`` as its octets read as a number (5F2D is 0x5F2D), ``value`` its octets."""

    tag: int
    value: bytes = b""

    @property
    def tag_octets(self) -> bytes:
        """The tag as it is written."""
        return self.tag.to_bytes((self.tag.bit_length() + 7) // 8 or 1, "big")

    @property
    def is_constructed(self) -> bool:
        """Whether the value is made of data objects."""
        return bool(self.tag_octets[0] & 0x20)

    @property
    def parts(self) -> tuple[Tlv, ...]:
        """The data objects within.  CodecError when the value is none."""
        return read_all(self.value)

    def first(self, tag: int) -> Tlv | None:
        """The first data object within that has ``tag``."""
        return next((part for part in self.parts if part.tag == tag), None)

    def encode(self) -> bytes:
        """The octets, with the length in its shortest form."""
        size = len(self.value)
        if size < 0x80:
            return self.tag_octets + bytes([size]) + self.value
        length = size.to_bytes((size.bit_length() + 7) // 8, "big")
        return self.tag_octets + bytes([0x80 | len(length)]) + length + self.value

    def __repr__(self) -> str:
        return _notation(self, MAX_DEPTH)


def _notation(one: Tlv, depth: int) -> str:
    inner = one.value.hex()
    if one.is_constructed and depth:
        with suppress(CodecError):
            inner = " ".join(_notation(part, depth - 1) for part in one.parts)
    return f"<{one.tag:02X} {inner}>" if inner else f"<{one.tag:02X}>"


@asked
def tlv(tag: int, *values: bytes | Tlv) -> Tlv:
    """A data object around octets and other data objects.

    >>> tlv(0x30, tlv(0x04, b"ab"), tlv(0x05))
    <30 <04 6162> <05>>
    """
    return Tlv(tag, b"".join(value.encode() if isinstance(value, Tlv) else value for value in values))


@asked
def read(data: bytes, at: int = 0, *, strict: bool = False) -> tuple[Tlv, int]:
    """The data object at ``at``, and where the next one begins.

    CodecError when the octets end too early, a length is indefinite or, with ``strict``, not in its shortest form.
    """
    start, size = at, len(data)
    if at >= size:
        raise CodecError("a tag was expected, the data end here", offset=at)
    at += 1
    if data[start] & 0x1F == 0x1F:
        while True:
            if at >= size or at - start > 3:
                raise CodecError("a tag of more than four octets, or one that does not end", offset=start)
            at += 1
            if not data[at - 1] & 0x80:
                break
    tag = int.from_bytes(data[start:at], "big")
    if not data[start] and strict:
        raise CodecError("tag 00 names nothing in DER", offset=start)
    length, at = _length(data, at, strict)
    if length > size - at:
        raise CodecError(f"tag {tag:02X} claims {many(length, 'octet')}, {size - at} are left", offset=at)
    return Tlv(tag, data[at : at + length]), at + length


def _length(data: bytes, at: int, strict: bool) -> tuple[int, int]:
    if at >= len(data):
        raise CodecError("a length was expected, the data end here", offset=at)
    first = data[at]
    if first < 0x80:
        return first, at + 1
    count = first & 0x7F
    if not 1 <= count <= 3:
        right = "00 to 7F, or 81, 82 or 83 and that many octets"
        raise CodecError(f"length octet {first:02X}: a length is written as {right}", offset=at)
    if at + 1 + count > len(data):
        raise CodecError("the data end inside a length", offset=at)
    length = int.from_bytes(data[at + 1 : at + 1 + count], "big")
    if strict and (length < 0x80 or length < 1 << 8 * (count - 1)):
        raise CodecError(f"length {length} is not in its shortest form, as DER asks", offset=at)
    return length, at + 1 + count


@asked
def read_all(data: bytes, *, strict: bool = False, padding: bool = False) -> tuple[Tlv, ...]:
    """Every data object of ``data``; with ``padding``, octets 00 or FF in place of a tag end it."""
    return tuple(_each(data, strict, padding))


def _each(data: bytes, strict: bool, padding: bool) -> Iterator[Tlv]:
    at = 0
    while at < len(data):
        if padding and data[at] in (0x00, 0xFF):
            return
        found, at = read(data, at, strict=strict)
        yield found


# -- values of ASN.1


@asked
def oid(text: str) -> Tlv:
    """An OBJECT IDENTIFIER from its dotted form.  ValueError when that is none."""
    arcs = [int(arc) for arc in text.split(".")]
    if len(arcs) < 2 or arcs[0] > 2 or min(arcs) < 0 or (arcs[0] < 2 and arcs[1] > 39):
        raise ValueError(f"{text!r} is no object identifier: two numbers or more, the first 0 to 2")
    return Tlv(0x06, b"".join(_base128(arc) for arc in (arcs[0] * 40 + arcs[1], *arcs[2:])))


def _base128(number: int) -> bytes:
    octets = [number & 0x7F]
    while number := number >> 7:
        octets.append(number & 0x7F | 0x80)
    return bytes(reversed(octets))


_LARGEST_ARC: Final = 80 + (1 << 128)
"""Numbers of an object identifier have up to 128 bits, as below 2.25.  [ITU-T X.667 §6.3]"""


@asked
def oid_text(value: bytes) -> str:
    """The dotted form of an OBJECT IDENTIFIER's value.

    >>> oid_text(bytes.fromhex("672B0701"))
    '2.23.43.7.1'
    """
    if not value or value[-1] & 0x80:
        raise CodecError(f"{value.hex() or 'nothing'} is no object identifier: its last octet says that more follows")
    arcs, number = [], 0
    for octet in value:
        if octet == 0x80 and not number:
            raise CodecError(f"{value.hex()} is no object identifier: a number begins with 80")
        number = number << 7 | octet & 0x7F
        if number > _LARGEST_ARC:
            raise CodecError(f"{value[:20].hex()}... is no object identifier: a number of more than 128 bits")
        if not octet & 0x80:
            arcs.append(number)
            number = 0
    top = min(arcs[0] // 40, 2)
    return ".".join(map(str, (top, arcs[0] - 40 * top, *arcs[1:])))


@asked
def bit_string(*bits: int) -> Tlv:
    """A BIT STRING of named bits: trailing zero bits are left out.

    >>> bit_string(0).encode().hex()
    '03020780'
    """
    size = max(bits, default=-1) + 1
    octets = bytearray((size + 7) // 8)
    for bit in bits:
        octets[bit // 8] |= 0x80 >> bit % 8
    return Tlv(0x03, bytes([-size % 8]) + bytes(octets))
