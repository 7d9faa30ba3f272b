"""Values that are made often: structs that can be used as dataclasses.

A frozen dataclass takes ten times as long to make as a struct (docs/architecture.md, "Why structs").  What
else people do with dataclasses, ``replace`` and ``fields``, goes on working.

>>> import dataclasses, msgspec
>>> @like_a_dataclass
... class Place(msgspec.Struct, frozen=True):
...     uri: str
...     depth: int = 0
>>> dataclasses.replace(Place("./A"), depth=1)
Place(uri='./A', depth=1)
"""

from __future__ import annotations

from dataclasses import make_dataclass
from functools import cache
from typing import Any, TypeVar

import msgspec
from msgspec.structs import astuple

__all__ = ["FieldsOf", "like_a_dataclass", "nested_hash"]

_StructType = TypeVar("_StructType", bound=type[msgspec.Struct])


def like_a_dataclass(struct: _StructType) -> _StructType:
    """Let ``dataclasses.replace``, ``fields`` and the like take values of ``struct``."""
    struct.__dataclass_fields__ = FieldsOf()  # type: ignore[attr-defined]
    return struct


def nested_hash(value: msgspec.Struct) -> int:
    """The hash of a struct that may hold others of its kind: as ``__hash__`` it keeps Python's count of the depth.

    msgspec's own counts nothing, and the interpreter ends where its stack does.

    >>> class Nest(msgspec.Struct, frozen=True):
    ...     inner: object = None
    ...     __hash__ = nested_hash
    >>> hash(Nest(Nest())) == hash(Nest(Nest())) != hash(Nest())
    True
    """
    return hash((value.__class__, astuple(value)))


class FieldsOf:
    """The fields of a struct as a dataclass has them, made when somebody asks; or those named, of a class that hides
    how its values are kept."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def __get__(self, value: object, owner: type[Any]) -> Any:
        return _fields_of(owner.__name__, self._names or owner.__struct_fields__)


@cache
def _fields_of(name: str, names: tuple[str, ...]) -> Any:
    """For each class of its own: one that is made from a struct has more fields than that."""
    made: Any = make_dataclass(name, [(field, object) for field in names], init=False, repr=False, eq=False)
    return made.__dataclass_fields__
