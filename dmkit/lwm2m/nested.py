"""LwM2M CBOR, content format 11544 (LwM2M 1.2): a map from addresses to values, nested as the writer likes.

A key is a number, one step down, or a list of numbers, several.  What was measured of a peer, and is written here, is
one map of indefinite length with a whole address to each value.  [lwm2m sheet §3; basis: evidence]

>>> to_nested([Entry(Path(3, 0, 0), "Anjay")]).hex()
'bf8303000065416e6a6179ff'
>>> from_nested(bytes.fromhex("a103a100a1006141"))
(Entry(path=Path('/3/0/0'), value='A', time=None),)
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from dmkit.lwm2m import cborlib
from dmkit.lwm2m.entries import Entry, TypeOf
from dmkit.lwm2m.path import Path, known
from dmkit.lwm2m.values import ObjectLink, Type, Value, check, from_text
from dmkit.words.asked import asked
from dmkit.words.errors import CodecError

__all__ = ["from_nested", "to_nested"]


@asked
def to_nested(entries: Iterable[Entry]) -> bytes:
    """The octets; CodecError for an entry without a value, and for an address that stands twice."""
    written: dict[Any, Any] = {}
    every = tuple(entries)
    for entry in every:
        value = entry.value
        if type(value) is not str:
            value = _plain(entry)
        written[entry.path] = value
    if len(written) != len(every):
        raise CodecError("an address stands twice")
    pairs = cborlib.dumps({tuple(path): value for path, value in written.items()})
    return b"\xbf" + pairs[_head(len(every)) :] + b"\xff"


def _head(count: int) -> int:
    """How many octets the head of a map of so many pairs takes, which an indefinite length stands in for."""
    return 1 if count < 24 else 2 if count < 1 << 8 else 3 if count < 1 << 16 else 5


def _plain(entry: Entry) -> Value:
    value = entry.value
    if value is None:
        raise CodecError(f"{entry.path}: LwM2M CBOR has no place for an address without a value")
    if isinstance(value, float) and not math.isfinite(value):
        raise CodecError(f"{entry.path}: {value} is no finite number")
    return str(value) if isinstance(value, ObjectLink) else value


@asked
def from_nested(data: bytes, type_of: TypeOf | None = None) -> tuple[Entry, ...]:
    """The entries of a document, in its order; with ``type_of`` each value is checked.  CodecError when it is none."""
    document = cborlib.loads(data)
    if not isinstance(document, dict):
        raise CodecError("LwM2M CBOR is a map of addresses")
    found: list[Entry] = []
    careful = cborlib.odd_keys(data)
    if _read(document, (), type_of, found, careful=careful) and len({entry.path for entry in found}) != len(found):
        raise CodecError("an address stands twice")
    return tuple(found)


def _read(
    document: dict[Any, Any], above: tuple[int, ...], type_of: TypeOf | None, found: list[Entry], *, careful: bool
) -> bool:
    """Add what the map holds; whether addresses may have been written in several ways, so that two are one."""
    add, several = found.append, bool(above)
    for key, value in document.items():
        if type(key) is not tuple or careful or not key:
            several = several or type(key) is not tuple
            key = _steps(key)
        path = known((*above, *key)) if above else known(key)
        kind = type(value)
        if kind is str and type_of is None:
            add(Entry(path, value))
        elif kind is dict:
            _read(value, path, type_of, found, careful=careful)
            several = True
        else:
            add(Entry(path, _value(path, value, type_of)))
    return several


def _steps(key: Any) -> tuple[int, ...]:
    steps = tuple(key) if isinstance(key, (tuple, list)) else (key,)
    if not steps or any(type(step) is not int for step in steps):
        raise CodecError(f"key {key!r:.40} of LwM2M CBOR; a number or a list of numbers is wanted")
    return steps


def _value(path: Path, value: object, type_of: TypeOf | None) -> Value:
    if not isinstance(value, (bool, int, float, str, bytes)):
        kind = {type(None): "null", list: "a list", tuple: "a list"}.get(type(value), "what CBOR has besides")
        raise CodecError(f"{path}: a value is wanted, not {kind}")
    if isinstance(value, float) and not math.isfinite(value):
        raise CodecError(f"{path}: {value} is no finite number")
    wanted = type_of(path) if type_of else None
    if wanted is None:
        return value
    if wanted is Type.OBJLNK and isinstance(value, str):
        return from_text(wanted, value)
    try:
        return check(wanted, value)
    except CodecError as error:
        raise CodecError(f"{path}: {error.reason}") from None
