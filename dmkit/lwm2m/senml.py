"""SenML as JSON (110) and as CBOR (112): a list of records, each a name and a value.  [RFC 8428, lwm2m sheet §3]

One table of labels serves both.  Names are addresses; ``bn`` stands in front of ``n``.

>>> entry = Entry(parsed("/3/0/0"), "Anjay")
>>> to_json([entry])
b'[{"bn":"/3/0/0","vs":"Anjay"}]'
>>> to_cbor([entry]).hex()
'81a221662f332f302f300365416e6a6179'
>>> from_json(b'[{"bn":"/3/0/","n":"9","v":95},{"n":"16","vs":"U"}]')[1].path
Path('/3/0/16')
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Mapping
from os.path import commonprefix
from typing import Any, Final

import msgspec

from dmkit.lwm2m import cborlib
from dmkit.lwm2m.entries import Entry, TypeOf
from dmkit.lwm2m.path import parsed
from dmkit.lwm2m.record_values import carefully, finite, kind_of, number, read_value, typed, wrong
from dmkit.lwm2m.values import ObjectLink, Value
from dmkit.words.asked import asked
from dmkit.words.errors import CodecError

__all__ = ["LABELS", "common", "from_cbor", "from_json", "to_cbor", "to_json"]

LABELS: Final[Mapping[str, int | str]] = {
    "bver": -1,
    "bn": -2,
    "bt": -3,
    "bu": -4,
    "bv": -5,
    "bs": -6,
    "n": 0,
    "u": 1,
    "v": 2,
    "vs": 3,
    "vb": 4,
    "s": 5,
    "t": 6,
    "ut": 7,
    "vd": 8,
    "vlo": "vlo",
}
"""Field -> its label in CBOR [RFC 8428 §6]; ``vlo`` is LwM2M's own, a link to an object."""

_BY_NAME: Final[Mapping[object, str]] = {name: name for name in LABELS}
_BY_LABEL: Final[Mapping[object, str]] = {label: name for name, label in LABELS.items()}
_TYPES: Final[Mapping[str, type]] = {"vs": str, "vb": bool, "vd": bytes}
"""Field of a value -> what stands there, where that is all there is to say."""
MAX_VERSION: Final = 10

_DECODE: Final = msgspec.json.Decoder()
_ENCODE: Final = msgspec.json.Encoder()


# -- writing


@asked
def to_json(entries: Iterable[Entry]) -> bytes:
    """The entries as content format 110."""
    try:
        return _ENCODE.encode(_records(entries, _BY_NAME, json_=True))
    except (ValueError, OverflowError) as error:
        raise CodecError(f"SenML JSON has no form for a value: {error}"[:200]) from None


@asked
def to_cbor(entries: Iterable[Entry]) -> bytes:
    """The entries as content format 112."""
    return cborlib.dumps(_records(entries, LABELS, json_=False))


def _records(entries: Iterable[Entry], labels: Mapping[Any, Any], *, json_: bool) -> list[dict[Any, Any]]:
    every = tuple(entries)
    names = [str(entry.path) for entry in every]
    base = common(names)
    cut = len(base)
    n, t, vs = labels["n"], labels["t"], labels["vs"]
    records: list[dict[Any, Any]] = []
    for entry, name in zip(every, names, strict=True):
        record: dict[Any, Any] = {n: name[cut:]} if len(name) > cut else {}
        value = entry.value
        if entry.time is not None:
            record[t] = entry.time
        if type(value) is str:
            record[vs] = value
        elif value is not None:
            field, written = _field(value, json_=json_)
            record[labels[field]] = written
        records.append(record)
    if base:
        records[0] = {labels["bn"]: base} | records[0]
    return records


@asked
def common(names: list[str]) -> str:
    """What all names begin with, up to a slash; a single name whole."""
    if len(names) < 2:
        return names[0] if names else ""
    same: str = commonprefix(names)  # noqa: RUF071 (characters are wanted: cut at the slash below)
    return same[: same.rfind("/") + 1]


def _field(value: Value, *, json_: bool) -> tuple[str, Any]:
    match value:
        case bool():
            return "vb", value
        case str():
            return "vs", value
        case bytes():
            return "vd", base64.urlsafe_b64encode(value).rstrip(b"=").decode() if json_ else value
        case ObjectLink():
            return "vlo", str(value)
        case float() if not math.isfinite(value):
            raise CodecError(f"{value} has no form in SenML; a finite number has")
        case _:
            return "v", value


# -- reading


@asked
def from_json(data: bytes, type_of: TypeOf | None = None) -> tuple[Entry, ...]:
    """The entries of a document; with ``type_of`` each value is checked.  CodecError when it is none."""
    try:
        document = _DECODE.decode(data)
    except (ValueError, RecursionError) as error:  # msgspec's own errors are ValueErrors
        carefully(data)
        raise CodecError(f"no JSON that can be read: {error}"[:200]) from None
    found, quotes = _entries(document, type_of, _BY_NAME, json_=True, usual=True)
    if data.count(b'"') != quotes or b"\\" in data:  # a quote that nobody has read: a field stands twice, perhaps
        carefully(data)
    return found


@asked
def from_cbor(data: bytes, type_of: TypeOf | None = None) -> tuple[Entry, ...]:
    """The entries of a document; with ``type_of`` each value is checked.  CodecError when it is none."""
    usual = not cborlib.odd_keys(data)
    return _entries(cborlib.loads(data), type_of, _BY_LABEL, json_=False, usual=usual)[0]


def _entries(
    document: object, type_of: TypeOf | None, fields: Mapping[object, str], *, json_: bool, usual: bool
) -> tuple[tuple[Entry, ...], int]:
    """The entries, and how many quotes JSON took to say them; ``usual`` records have a short way of their own."""
    if not isinstance(document, list):
        raise CodecError(f"SenML is a list of records, this is {kind_of(document)}")
    base, base_time, base_value, quotes = "", 0.0, 0.0, 0
    n, v, vs = ("n", "v", "vs") if json_ else (LABELS["n"], LABELS["v"], LABELS["vs"])
    found: list[Entry] = []
    add = found.append
    for record in document:
        if usual and type(record) is dict and len(record) == 2:  # a name, and what needs no further look
            after: Any = record.get(n)
            given: Any = record.get(vs)
            text = type(given) is str
            if not text:
                given = record.get(v)
            if type(after) is str and (text or type(given) is int):
                quotes += 8 if text else 6
                path = parsed(base + after or "/")
                add(Entry(path, given if type_of is None else typed(type_of(path), given, path)))
                continue
        if not isinstance(record, dict):
            raise CodecError(f"a record of SenML is a map, this is {kind_of(record)}")
        name, time, value, held, timed = "", 0.0, None, "", bool(base_time)
        for label, given in record.items():
            kind = type(given)
            quotes += 4 if kind is str else 2
            field = fields.get(label, "") if type(label) is int or type(label) is str else ""
            if field == "n":
                name = given if kind is str else wrong(field, given, "a text")
            elif field in _VALUES:
                if held:
                    first, second = sorted((held, field), key=_ORDER.index)
                    raise CodecError(f"{base}{name}: {first} and {second} in one record; one value may stand there")
                held = field
                value = given if kind is _TYPES.get(field) else read_value(field, given, json_)
            elif field == "bn":
                base = given if kind is str else wrong(field, given, "a text")
            elif field == "bt":
                base_time = number(field, given)
                timed, usual = timed or bool(base_time), usual and not base_time
            elif field == "bv":
                base_value = number(field, given)
                usual = usual and not base_value
            elif field == "t":
                time, timed = number(field, given), True
            elif field == "bver":
                if kind is not int or given > MAX_VERSION:
                    raise CodecError(f"SenML version {given!r:.20}; versions up to {MAX_VERSION} are known")
            elif not field:
                _unknown(label, json_)
        path = parsed(base + name or "/")
        if base_value and held == "v":
            value = _added(value, base_value)
        if type_of is not None and value is not None:
            value = typed(type_of(path), value, path)
        add(Entry(path, value, base_time + time if timed else None))
    return tuple(found), quotes


def _added(value: Value | None, base: float) -> Value:
    """A number on top of the base value of the records.  [RFC 8428 §4.1]"""
    assert isinstance(value, (int, float))
    whole = isinstance(value, int) and base.is_integer()
    return finite(value + int(base) if whole else value + base)


_ORDER: Final = ("v", "vs", "vb", "vd", "vlo")
_VALUES: Final = frozenset(_ORDER)


def _unknown(label: object, json_: bool) -> None:
    """A field that nobody knows is passed over, unless its name says that it must not be.  [RFC 8428 §4.4]"""
    if not isinstance(label, str):
        return
    if label.endswith("_"):
        raise CodecError(f"field {label!r:.40} must be understood, and is not known [RFC 8428 §4.4]")
    if not json_ and label in LABELS:
        raise CodecError(f"label {label!r}; in CBOR it is the number {LABELS[label]} [RFC 8428 §6]")
