"""What a resource can hold: eight types, and each as text, as the octets of TLV, and as a Python value.

=============  ====================  ==========================================================
Type           in Python             as octets in TLV
=============  ====================  ==========================================================
String         str                   UTF-8
Corelnk        str                   UTF-8
Integer        int                   1, 2, 4 or 8 octets, signed
Unsigned       int                   1, 2, 4 or 8 octets
Float          float                 4 or 8 octets, IEEE 754
Boolean        bool                  1 octet, 0 or 1
Opaque         bytes                 themselves
Time           int, seconds of Unix  as Integer
Objlnk         ObjectLink            2 octets object, 2 octets instance; 65535 65535 is the link to nothing
=============  ====================  ==========================================================

[lwm2m sheet §3, §6; registry]

>>> to_text(Type.OBJLNK, ObjectLink(66, 0)), from_text(Type.BOOLEAN, "1"), to_octets(Type.INTEGER, 300).hex()
('66:0', True, '012c')
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError

__all__ = [
    "NOTHING",
    "ObjectLink",
    "Type",
    "Value",
    "check",
    "from_octets",
    "from_text",
    "guess",
    "to_octets",
    "to_text",
    "utf8",
]

NONE_ID: Final = 65535


@dataclass(frozen=True, slots=True)
class ObjectLink:
    """A link to an object instance; 65535 and 65535 link to nothing."""

    object: int
    instance: int

    def __post_init__(self) -> None:
        for number in (self.object, self.instance):
            if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= NONE_ID:
                raise CodecError(f"{number!r} in a link to an object; numbers from 0 to {NONE_ID} may stand there")

    def __str__(self) -> str:
        return f"{self.object}:{self.instance}"


NOTHING: Final = ObjectLink(NONE_ID, NONE_ID)

Value: TypeAlias = str | int | float | bool | bytes | ObjectLink


class Type(Enum):
    """Type of a resource, by the word that object files of the registry use."""

    STRING = "String"
    INTEGER = "Integer"
    UNSIGNED = "Unsigned Integer"
    FLOAT = "Float"
    BOOLEAN = "Boolean"
    OPAQUE = "Opaque"
    TIME = "Time"
    OBJLNK = "Objlnk"
    CORELNK = "Corelnk"
    NONE = ""
    """No value: what is executed."""

    def __repr__(self) -> str:
        return f"<{self.value or 'none'}>"


_PYTHON: Final[dict[Type, tuple[type, ...]]] = {
    Type.STRING: (str,),
    Type.CORELNK: (str,),
    Type.INTEGER: (int,),
    Type.TIME: (int,),
    Type.UNSIGNED: (int,),
    Type.FLOAT: (float, int),
    Type.BOOLEAN: (bool,),
    Type.OPAQUE: (bytes,),
    Type.OBJLNK: (ObjectLink,),
}
_RANGE: Final = {
    Type.INTEGER: (-(1 << 63), (1 << 63) - 1),
    Type.TIME: (-(1 << 63), (1 << 63) - 1),
    Type.UNSIGNED: (0, (1 << 64) - 1),
}
_DIGITS: Final = re.compile(r"-?(?:0|[1-9][0-9]*)")
_FLOAT: Final = re.compile(r"-?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?")


@asked
def check(type: Type, value: Value) -> Value:
    """``value`` when it is one of ``type`` (a Float given as a whole number becomes a float); CodecError when not."""
    if type is Type.NONE:
        raise CodecError(f"{value!r:.60}: this resource holds no value, it is executed")
    wanted = _PYTHON[type]
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        raise CodecError(f"{value!r:.60} is no {type.value}; a {wanted[0].__name__} is wanted")
    if type in _RANGE:
        low, high = _RANGE[type]
        if isinstance(value, int) and not low <= value <= high:
            raise CodecError(f"{value!r:.60} is no {type.value}; it lies between {low} and {high}")
    if type is Type.FLOAT and isinstance(value, int):
        return float(value)
    return value


def guess(value: Value) -> Type:
    """The type that a Python value speaks of by itself.

    >>> guess(b"x"), guess(True), guess(7)
    (<Opaque>, <Boolean>, <Integer>)
    """
    order = (Type.BOOLEAN, Type.INTEGER, Type.FLOAT, Type.STRING, Type.OPAQUE, Type.OBJLNK)
    found = next((type for type in order if isinstance(value, _PYTHON[type])), None)
    if found is None:
        raise CodecError(f"{value!r:.60} is no value of a resource")
    return found


# -- text


@asked
def to_text(type: Type, value: Value) -> str:
    """As content format 0 writes it; octets are base64."""
    value = check(type, value)
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float):
        if not math.isfinite(value):
            raise CodecError(f"{value} has no form in text; a finite number has")
        return repr(value)
    return str(value)


@asked
def from_text(type: Type, text: str) -> Value:
    """The value that is written so; CodecError when it is none of ``type``."""
    return check(type, _FROM_TEXT[type](text))


def _whole(text: str) -> Value:
    if not _DIGITS.fullmatch(text) or len(text) > 21:
        raise CodecError(f"{text[:40]!r} is no whole number")
    return int(text)


def _float(text: str) -> Value:
    if not _FLOAT.fullmatch(text) or len(text) > 400:
        raise CodecError(f"{text[:40]!r} is no number")
    return float(text)


def _boolean(text: str) -> Value:
    if text not in ("0", "1"):
        raise CodecError(f"{text[:40]!r} is no Boolean; 0 or 1 is")
    return text == "1"


def _opaque(text: str) -> Value:
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise CodecError(f"{text[:40]!r} is no base64: {error}") from None


def _link(text: str) -> Value:
    parts = text.split(":")
    if len(parts) != 2 or not all(_DIGITS.fullmatch(part) and len(part) <= 6 for part in parts):
        raise CodecError(f"{text[:40]!r} is no link to an object; two numbers with a colon are, as 3:0")
    return ObjectLink(int(parts[0]), int(parts[1]))


def _nothing(text: str) -> Value:
    raise CodecError("this resource holds no value, it is executed")


_FROM_TEXT: Final[dict[Type, Callable[[str], Value]]] = {
    Type.STRING: str,
    Type.CORELNK: str,
    Type.INTEGER: _whole,
    Type.TIME: _whole,
    Type.UNSIGNED: _whole,
    Type.FLOAT: _float,
    Type.BOOLEAN: _boolean,
    Type.OPAQUE: _opaque,
    Type.OBJLNK: _link,
    Type.NONE: _nothing,
}


# -- octets, as TLV has them


@asked
def utf8(text: str) -> bytes:
    """The octets of a text; CodecError for half a pair of surrogates, which has none."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise CodecError(f"{text[:40]!r} has no UTF-8: {error.reason}") from None


@asked
def to_octets(type: Type, value: Value) -> bytes:
    """The shortest octets of TLV that hold the value."""
    value = check(type, value)
    match value:
        case bool():
            return bytes([value])
        case str():
            return utf8(value)
        case bytes():
            return value
        case ObjectLink():
            return struct.pack(">HH", value.object, value.instance)
        case float():
            return _float_octets(value)
        case _:
            signed = type is not Type.UNSIGNED
            bits = value.bit_length() + signed if value >= 0 or not signed else (~value).bit_length() + 1
            size = next(n for n in (1, 2, 4, 8) if bits <= 8 * n)
            return value.to_bytes(size, "big", signed=signed)


def _float_octets(value: float) -> bytes:
    """Four octets when they say the same, eight otherwise."""
    try:
        short = struct.pack(">f", value)
    except OverflowError:
        return struct.pack(">d", value)
    same = struct.unpack(">f", short)[0] == value or math.isnan(value)
    return short if same else struct.pack(">d", value)


@asked
def from_octets(type: Type, data: bytes) -> Value:
    """The value of these octets of TLV; CodecError when they are none of ``type``."""
    match type:
        case Type.STRING | Type.CORELNK:
            try:
                return data.decode()
            except UnicodeDecodeError as error:
                raise CodecError(f"{type.value} that is no UTF-8", offset=error.start) from None
        case Type.OPAQUE:
            return data
        case Type.BOOLEAN:
            if data not in (b"\0", b"\1"):
                raise CodecError(f"Boolean of octets {data[:8].hex() or 'none'}; 00 or 01 is right")
            return data == b"\1"
        case Type.FLOAT:
            if len(data) not in (4, 8):
                raise CodecError(f"Float of {many(len(data), 'octet')}; 4 or 8 are right")
            number: float = struct.unpack(">f" if len(data) == 4 else ">d", data)[0]
            return number
        case Type.OBJLNK:
            if len(data) != 4:
                raise CodecError(f"Objlnk of {many(len(data), 'octet')}; 4 are right")
            return ObjectLink(*struct.unpack(">HH", data))
        case Type.NONE:
            raise CodecError("this resource holds no value, it is executed")
        case _:
            if len(data) not in (1, 2, 4, 8):
                raise CodecError(f"{type.value} of {many(len(data), 'octet')}; 1, 2, 4 or 8 are right")
            return int.from_bytes(data, "big", signed=type is not Type.UNSIGNED)
