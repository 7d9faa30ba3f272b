"""JSON of LwM2M 1.0, content format 11543: a base name and a list of elements.  SenML took its place in 1.1.

Two forms were measured of peers: the base is the whole address of a single value (36 octets for "Anjay"), or its
parent (58 octets for a value of twenty characters).  Reading takes both.  [lwm2m sheet §3; basis: evidence]

>>> entry = Entry(Path(3, 0, 0), "Anjay")
>>> to_old_json([entry])
b'{"bn":"/3/0/0","e":[{"sv":"Anjay"}]}'
>>> to_old_json([entry], parent=True)
b'{"bn":"/3/0/","e":[{"n":"0","sv":"Anjay"}]}'
>>> from_old_json(to_old_json([entry])) == from_old_json(to_old_json([entry], parent=True)) == (entry,)
True
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from dmkit.lwm2m.entries import Entry, TypeOf
from dmkit.lwm2m.path import Path, parsed
from dmkit.lwm2m.record_values import carefully, finite, kind_of, link
from dmkit.lwm2m.senml import common
from dmkit.lwm2m.values import ObjectLink, Type, Value, check
from dmkit.words.asked import asked
from dmkit.words.errors import CodecError

__all__ = ["from_old_json", "to_old_json"]

_ENCODE: Final = msgspec.json.Encoder()
_DECODE: Final = msgspec.json.Decoder()
_VALUES: Final = ("v", "sv", "bv", "ov")
"""A number; a text, or octets as base64; a truth value; a link to an object."""


@asked
def to_old_json(entries: Iterable[Entry], *, parent: bool = False) -> bytes:
    """The document; ``parent`` keeps the name of a single value out of the base.  CodecError for an odd number."""
    every = tuple(entries)
    names = [str(entry.path) for entry in every]
    base = names[0][: names[0].rfind("/") + 1] if parent and len(names) == 1 else common(names)
    elements = []
    for entry, name in zip(every, names, strict=True):
        element: dict[str, Any] = {"n": name[len(base) :]} if len(name) > len(base) else {}
        if entry.time is not None:
            element["t"] = entry.time
        elements.append(element | _written(entry.value))
    try:
        return _ENCODE.encode(({"bn": base} if base else {}) | {"e": elements})
    except (ValueError, OverflowError) as error:
        raise CodecError(f"JSON has no form for a value: {error}"[:200]) from None


def _written(value: Value | None) -> dict[str, Any]:
    match value:
        case None:
            return {}
        case bool():
            return {"bv": value}
        case str():
            return {"sv": value}
        case bytes():
            return {"sv": base64.b64encode(value).decode()}
        case ObjectLink():
            return {"ov": str(value)}
    return {"v": finite(value)}


@asked
def from_old_json(data: bytes, type_of: TypeOf | None = None) -> tuple[Entry, ...]:
    """The entries of a document.  ``type_of`` tells octets from texts, which are written alike.  CodecError."""
    try:
        document = _DECODE.decode(data)
    except (ValueError, RecursionError) as error:
        carefully(data)
        raise CodecError(f"no JSON that can be read: {error}"[:200]) from None
    if not isinstance(document, dict) or not isinstance(document.get("e"), list):
        raise CodecError(f"JSON of LwM2M 1.0 is a map with a list 'e', this is {kind_of(document)}")
    base = document.get("bn", "")
    if not isinstance(base, str):
        raise CodecError(f"bn is {kind_of(base)}; a text is wanted")
    base_time = finite(document.get("bt", 0))
    quotes, found = _quotes(document), []
    for element in document["e"]:
        if type_of is None and type(element) is dict and len(element) == 2 and not base_time:  # a name and a text
            name, text = element.get("n"), element.get("sv")
            if type(name) is str and type(text) is str:
                quotes += 8
                found.append(Entry(parsed(base + name or "/"), text))
                continue
        found.append(_entry(element, base, base_time, type_of))
        quotes += _quotes(element)
    if data.count(b'"') != quotes or b"\\" in data:  # a quote that nobody has read: a field stands twice, perhaps
        carefully(data)
    return tuple(found)


def _quotes(pairs: dict[str, Any]) -> int:
    return sum(4 if type(value) is str else 2 for value in pairs.values())


def _entry(element: object, base: str, base_time: float, type_of: TypeOf | None) -> Entry:
    if not isinstance(element, dict):
        raise CodecError(f"an element of JSON is a map, this is {kind_of(element)}")
    name = element.get("n", "")
    if not isinstance(name, str):
        raise CodecError(f"n is {kind_of(name)}; a text is wanted")
    path = parsed(base + name or "/")
    given = [field for field in _VALUES if field in element]
    if len(given) > 1:
        raise CodecError(f"{path}: {given[0]} and {given[1]} in one element; one value may stand there")
    timed = "t" in element or base_time
    time = base_time + finite(element.get("t", 0)) if timed else None
    wanted = type_of(path) if type_of else None
    return Entry(path, _read(path, given[0], element[given[0]], wanted) if given else None, time)


def _read(path: Path, field: str, value: object, wanted: Type | None) -> Value:
    read: Value
    if field == "v":
        read = finite(value)
        if isinstance(read, float) and read.is_integer() and wanted in (Type.INTEGER, Type.UNSIGNED, Type.TIME):
            read = int(read)
    elif field == "ov":
        read = link("ov", value)
    elif not isinstance(value, bool if field == "bv" else str):
        right = "true or false" if field == "bv" else "a text"
        raise CodecError(f"{path}: {field} is {kind_of(value)}; {right} is wanted")
    else:
        read = value
    if wanted is Type.OPAQUE and isinstance(read, str):
        try:
            return base64.b64decode(read.encode("ascii"), validate=True)
        except (binascii.Error, UnicodeEncodeError) as error:
            raise CodecError(f"{path}: octets that are no base64: {error}") from None
    try:
        return check(wanted, read) if wanted is not None else read
    except CodecError as error:
        raise CodecError(f"{path}: {error.reason}") from None
