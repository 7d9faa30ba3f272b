"""SenML as JSON (110) and as CBOR (112): a list of records, each a name and a value.  [RFC 8428, lwm2m sheet §3]

One table of labels serves both.  Names are addresses; ``bn`` stands in front of ``n``.

>>> entry = Entry(Path(3, 0, 0), "Anjay")
>>> to_json([entry])
b'[{"bn":"/3/0/0","vs":"Anjay"}]'
>>> to_cbor([entry]).hex()
'81a221662f332f302f300365416e6a6179'
>>> from_json(b'[{"bn":"/3/0/","n":"9","v":95},{"n":"16","vs":"U"}]')[1].path
Path('/3/0/16')
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from dmkit.lwm2m import cborlib
from dmkit.lwm2m.entries import Entry, TypeOf
from dmkit.lwm2m.path import Path
from dmkit.lwm2m.values import ObjectLink, Type, Value, check
from dmkit.words.errors import CodecError

__all__ = ["LABELS", "from_cbor", "from_json", "to_cbor", "to_json"]

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

_NAMES: Final = {label: name for name, label in LABELS.items()}
_VALUES: Final = ("v", "vs", "vb", "vd", "vlo")
_KNOWN: Final = LABELS.keys()
_VALUE_SET: Final = frozenset(_VALUES)
_LINK: Final = re.compile(r"([0-9]{1,5}):([0-9]{1,5})")
MAX_VERSION: Final = 10


# -- writing


def _records(entries: Iterable[Entry], *, json_: bool) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = []
    base = ""
    all_entries = tuple(entries)
    names = [str(entry.path) for entry in all_entries]
    prefix = _common(names)
    for entry, whole in zip(all_entries, names, strict=True):
        record: dict[str, Any] = {}
        if not records and prefix:
            record["bn"] = base = prefix
        name = whole[len(base) :]
        if name:
            record["n"] = name
        if entry.time is not None:
            record["t"] = entry.time
        if entry.value is not None:
            field, value = _field(entry.value, json_=json_)
            record[field] = value
        records.append(record)
    return records


def _common(names: list[str]) -> str:
    """What all names begin with, up to a slash; a single name whole."""
    if len(names) < 2:
        return names[0] if names else ""
    low, high = min(names), max(names)
    same = next((i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), min(len(low), len(high)))
    return low[: low.rfind("/", 0, same) + 1]


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


def to_json(entries: Iterable[Entry]) -> bytes:
    """The entries as content format 110."""
    return json.dumps(_records(entries, json_=True), separators=(",", ":"), ensure_ascii=False).encode()


def to_cbor(entries: Iterable[Entry]) -> bytes:
    """The entries as content format 112."""
    return cborlib.dumps([{LABELS[k]: v for k, v in r.items()} for r in _records(entries, json_=False)])


# -- reading


def from_json(data: bytes, type_of: TypeOf | None = None) -> tuple[Entry, ...]:
    """The entries of a document; with ``type_of`` each value is checked.  CodecError when it is none."""
    try:
        document = json.loads(data.decode(), object_pairs_hook=_unique, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise CodecError("JSON that is no UTF-8", offset=error.start) from None
    except json.JSONDecodeError as error:
        raise CodecError(f"no JSON: {error.msg}", offset=error.pos) from None
    except (RecursionError, ValueError) as error:
        raise CodecError(f"no JSON that can be read: {error or 'too deep'}") from None
    return _entries(document, type_of, json_=True)


def from_cbor(data: bytes, type_of: TypeOf | None = None) -> tuple[Entry, ...]:
    """The entries of a document; with ``type_of`` each value is checked.  CodecError when it is none."""
    document = cborlib.loads(data)
    if not isinstance(document, list):
        raise CodecError(f"SenML is a list of records, this is {_kind(document)}")
    named = []
    for record in document:
        if not isinstance(record, dict):
            raise CodecError(f"a record of SenML is a map, this is {_kind(record)}")
        named.append({_name(label): value for label, value in record.items()})
    return _entries(named, type_of, json_=False)


def _name(label: object) -> object:
    """The name of a label of CBOR; what is no label stays what it is."""
    kind = type(label)
    if kind is int or kind is str:
        return _NAMES.get(label, str(label))  # type: ignore[call-overload]
    return label


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field stands twice in a record")
    return found


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no number of JSON")


def _kind(value: object) -> str:
    return {dict: "a map", list: "a list", str: "a text", bytes: "octets", type(None): "null"}.get(
        type(value), f"a {type(value).__name__}"
    )


def _entries(document: object, type_of: TypeOf | None, *, json_: bool) -> tuple[Entry, ...]:
    if not isinstance(document, list):
        raise CodecError(f"SenML is a list of records, this is {_kind(document)}")
    base_name, base_time = "", 0.0
    found = []
    for record in document:
        if not isinstance(record, dict):
            raise CodecError(f"a record of SenML is a map, this is {_kind(record)}")
        if not record.keys() <= _KNOWN:
            must = [name for name in record if name not in LABELS and str(name).endswith("_")]
            if must:
                raise CodecError(f"field {must[0]!r:.40} must be understood, and is not known [RFC 8428 §4.4]")
        if "bver" in record and not _at_most(record["bver"], MAX_VERSION):
            raise CodecError(f"SenML version {record['bver']!r:.20}; versions up to {MAX_VERSION} are known")
        if "bn" in record:
            base_name = _text(record, "bn", base_name)
        if "bt" in record:
            base_time = _number(record, "bt", base_time)
        path = Path.parse(base_name + _text(record, "n", "") or "/")
        time = base_time + _number(record, "t", 0.0) if ("t" in record or base_time) else None
        found.append(Entry(path, _value(record, path, type_of, json_=json_), time))
    return tuple(found)


def _at_most(value: object, limit: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value <= limit


def _text(record: Mapping[str, Any], field: str, default: str) -> str:
    value = record.get(field, default)
    if not isinstance(value, str):
        raise CodecError(f"{field} is {_kind(value)}; a text is wanted")
    return value


def _number(record: Mapping[str, Any], field: str, default: float) -> float:
    value = record.get(field, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise CodecError(f"{field} is {_kind(value)}; a finite number is wanted")
    try:
        return float(value)
    except OverflowError:
        raise CodecError(f"{field} is too large a number") from None


def _value(record: Mapping[str, Any], path: Path, type_of: TypeOf | None, *, json_: bool) -> Value | None:
    given = record.keys() & _VALUE_SET
    if len(given) > 1:
        first, second = [name for name in _VALUES if name in given][:2]
        raise CodecError(f"{path}: {first} and {second} in one record; one value may stand there")
    if not given:
        return None
    [field] = given
    value = _READ[field](record[field], json_)
    wanted = type_of(path) if type_of else None
    if wanted is None:
        return value
    if wanted is Type.FLOAT and isinstance(value, int) and not isinstance(value, bool):
        return check(wanted, value)
    if wanted in (Type.INTEGER, Type.UNSIGNED, Type.TIME) and isinstance(value, float) and value.is_integer():
        return check(wanted, int(value))
    try:
        return check(wanted, value)
    except CodecError as error:
        raise CodecError(f"{path}: {error.reason}") from None


def _v(value: object, json_: bool) -> Value:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise CodecError(f"v is {_kind(value)}; a number is wanted")
    if isinstance(value, float) and not math.isfinite(value):
        raise CodecError("v is no finite number")
    return value


def _vs(value: object, json_: bool) -> Value:
    if not isinstance(value, str):
        raise CodecError(f"vs is {_kind(value)}; a text is wanted")
    return value


def _vb(value: object, json_: bool) -> Value:
    if not isinstance(value, bool):
        raise CodecError(f"vb is {_kind(value)}; true or false is wanted")
    return value


def _vd(value: object, json_: bool) -> Value:
    if not json_:
        if not isinstance(value, bytes):
            raise CodecError(f"vd is {_kind(value)}; octets are wanted")
        return value
    if not isinstance(value, str):
        raise CodecError(f"vd is {_kind(value)}; base64url is wanted")
    try:
        text = value.encode("ascii").rstrip(b"=")
        if not re.fullmatch(rb"[A-Za-z0-9_-]*", text):
            raise binascii.Error("a character that is none of base64url")
        return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    except (binascii.Error, UnicodeEncodeError) as error:
        raise CodecError(f"vd {value[:20]!r} is no base64url: {error}") from None


def _vlo(value: object, json_: bool) -> Value:
    found = _LINK.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise CodecError(f"vlo {value!r:.30} is no link to an object; two numbers with a colon are")
    return ObjectLink(int(found[1]), int(found[2]))


_READ: Final = {"v": _v, "vs": _vs, "vb": _vb, "vd": _vd, "vlo": _vlo}
