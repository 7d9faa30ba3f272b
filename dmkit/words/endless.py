"""A value that holds itself, or is nested too deeply for what walks through it: which it is, in words.

>>> own = []
>>> own.append({"a": own})
>>> endless(own), endless([[1], [1]])
('holds itself', '')
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

__all__ = ["endless"]

_DEEP: Final = 100
"""Values in values in values: what is nested deeper may be too deep for Python's own stack."""
_MOST: Final = 100_000
"""Values that are looked at."""


def endless(value: object) -> str:
    """Why a walk through ``value`` does not come to an end; empty where it does.

    Looked at are what containers hold, and the fields of records.
    """
    above: list[Any] = []
    theirs: set[int] = set()
    waiting: list[tuple[int, Any]] = [(0, value)]
    deep = ""
    for _ in range(_MOST):
        if not waiting:
            return deep
        depth, one = waiting.pop()
        while len(above) > depth:
            theirs.remove(id(above.pop()))
        if id(one) in theirs:
            return "holds itself"
        if depth > _DEEP:
            deep = "is nested too deeply"
        above.append(one)
        theirs.add(id(one))
        waiting += ((depth + 1, inner) for inner in _inside(one))
    return deep


def _inside(value: Any) -> Iterator[Any]:
    if isinstance(value, str | bytes):
        return
    if isinstance(value, Mapping):
        yield from value.keys()
        yield from value.values()
    elif isinstance(value, list | tuple | set | frozenset):
        yield from value
    elif not isinstance(value, type):
        names: tuple[str, ...] = getattr(value, "__struct_fields__", None) or tuple(
            getattr(value, "__dataclass_fields__", ())
        )
        yield from (getattr(value, name, None) for name in names)
