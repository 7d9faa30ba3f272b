"""What the runs of a sweep have in common travels once, not with each of them: traces, tables, jobs, the measure.

A sweep makes its plans by changing fields, so what was not changed is the same object in all of them.  Those objects
are frozen together; a run is frozen with their numbers in their place.

>>> trace = tuple(range(1000))
>>> shared, runs = frozen_apart([("a", trace), ("b", trace)])
>>> len(shared) > 1000 > 10 * max(len(run) for run in runs)
True
>>> [thawed(run, shared)[1] == trace for run in runs]
[True, True]
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import cloudpickle

__all__ = ["frozen_apart", "thawed"]

_SMALL: Final = (int, float, str, bytes, bool, type(None), type)
_kept: dict[bytes, list[Any]] = {}
"""What this process has thawed last, by its digest."""


def _reached(value: Any, found: dict[int, Any]) -> dict[int, Any]:
    """The object and its fields, by identity; entries of a tuple belong to it."""
    if not isinstance(value, _SMALL) and id(value) not in found:
        found[id(value)] = value
        for below in _below(value):
            _reached(below, found)
    return found


def _below(value: Any) -> Iterator[Any]:
    if is_dataclass(value) and not isinstance(value, type):
        return (getattr(value, field.name) for field in fields(value))
    return iter(value) if isinstance(value, tuple) and len(value) < 10 else iter(())


class _Apart(cloudpickle.Pickler):  # type: ignore[misc]
    def __init__(self, file: io.BytesIO, places: dict[int, int]) -> None:
        super().__init__(file)
        self.places = places

    def persistent_id(self, value: Any) -> int | None:
        """The place of a shared object."""
        return self.places.get(id(value))


class _Together(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, shared: list[Any]) -> None:
        super().__init__(file)
        self.shared = shared

    def persistent_load(self, place: int) -> Any:
        """The shared object at a place."""
        return self.shared[place]


def frozen_apart(tasks: Sequence[Any]) -> tuple[bytes, list[bytes]]:
    """What all of ``tasks`` have in common, and each of them without it."""
    common = _reached(tasks[0], {})
    for task in tasks[1:]:
        mine = _reached(task, {})
        common = {place: value for place, value in common.items() if place in mine}
    shared = list(common.values())
    places = {place: number for number, place in enumerate(common)}
    frozen = []
    for task in tasks:
        file = io.BytesIO()
        _Apart(file, places).dump(task)
        frozen.append(file.getvalue())
    return cloudpickle.dumps(shared), frozen


def thawed(task: bytes, shared: bytes | str) -> Any:
    """One of the tasks again; ``shared`` is what they have in common, or the file in which that is."""
    if isinstance(shared, str):
        shared = Path(shared).read_bytes()
    digest = sha256(shared).digest()
    if digest not in _kept:
        _kept.clear()
        _kept[digest] = pickle.loads(shared)
    return _Together(io.BytesIO(task), _kept[digest]).load()
