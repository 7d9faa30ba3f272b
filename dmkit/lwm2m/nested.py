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
from collections.abc import Iterable, Iterator
from typing import Any

from dmkit.lwm2m import cborlib
from dmkit.lwm2m.entries import Entry, TypeOf
from dmkit.lwm2m.path import Path
from dmkit.lwm2m.values import ObjectLink, Type, Value, check, from_text
from dmkit.words.errors import CodecError

__all__ = ["from_nested", "to_nested"]


def to_nested(entries: Iterable[Entry]) -> bytes:
    """The octets; CodecError for an entry without a value, and for an address that stands twice."""
    pieces, seen = [], set()
    for entry in entries:
        if entry.value is None:
            raise CodecError(f"{entry.path}: LwM2M CBOR has no place for an address without a value")
        if entry.path in seen:
            raise CodecError(f"{entry.path} stands twice")
        seen.add(entry.path)
        value = entry.value
        if isinstance(value, float) and not math.isfinite(value):
            raise CodecError(f"{entry.path}: {value} is no finite number")
        pieces.append(cborlib.dumps(list(entry.path.ids)))
        pieces.append(cborlib.dumps(str(value) if isinstance(value, ObjectLink) else value))
    return b"\xbf" + b"".join(pieces) + b"\xff"


def from_nested(data: bytes, type_of: TypeOf | None = None) -> tuple[Entry, ...]:
    """The entries of a document, in its order; with ``type_of`` each value is checked.  CodecError when it is none."""
    document = cborlib.loads(data)
    if not isinstance(document, dict):
        raise CodecError("LwM2M CBOR is a map of addresses")
    found = tuple(_entries(document, (), type_of))
    if len({entry.path for entry in found}) != len(found):
        raise CodecError("an address stands twice")
    return found


def _entries(document: dict[Any, Any], above: tuple[int, ...], type_of: TypeOf | None) -> Iterator[Entry]:
    for key, value in document.items():
        steps = tuple(key) if isinstance(key, (tuple, list)) else (key,)
        if not steps or any(isinstance(step, bool) or not isinstance(step, int) for step in steps):
            raise CodecError(f"key {key!r:.40} of LwM2M CBOR; a number or a list of numbers is wanted")
        path = Path.of((*above, *steps))
        if isinstance(value, dict):
            yield from _entries(value, path.ids, type_of)
        else:
            yield Entry(path, _value(path, value, type_of))


def _value(path: Path, value: object, type_of: TypeOf | None) -> Value:
    if value is None or isinstance(value, (list, tuple)):
        raise CodecError(f"{path}: a value is wanted, not {'null' if value is None else 'a list'}")
    if isinstance(value, float) and not math.isfinite(value):
        raise CodecError(f"{path}: {value} is no finite number")
    assert isinstance(value, (bool, int, float, str, bytes))  # cborlib lets nothing else pass
    wanted = type_of(path) if type_of else None
    if wanted is None:
        return value
    if wanted is Type.OBJLNK and isinstance(value, str):
        return from_text(wanted, value)
    try:
        return check(wanted, value)
    except CodecError as error:
        raise CodecError(f"{path}: {error.reason}") from None
