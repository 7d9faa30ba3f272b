"""Frozen dataclasses whose methods are written when the first value is made.

A dataclass writes and compiles six methods as its module loads: half a millisecond and more each, for a hundred classes
of which a session needs thirty.  This ``dataclass`` takes the same arguments and gives the same class; only the writing
waits until somebody makes a value, asks for its fields, or looks at its signature.

>>> @dataclass(frozen=True, slots=True)
... class Place:
...     uri: str
...     depth: int = 0
>>> "__eq__" in vars(Place)
False
>>> Place("./A"), Place("./A") == Place("./A"), "__eq__" in vars(Place)
(Place(uri='./A', depth=0), True, True)
"""

from __future__ import annotations

import dataclasses
from inspect import get_annotations
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

_MADE = (
    *(
        "__init__",
        "__repr__",
        "__eq__",
        "__lt__",
        "__le__",
        "__gt__",
        "__ge__",
        "__hash__",
        "__setattr__",
        "__delattr__",
    ),
    *("__match_args__", "__dataclass_fields__", "__dataclass_params__", "__getstate__", "__setstate__"),
)


class _Late:
    """Stands for an attribute of a class that is not written yet: whoever asks has it written."""

    def __init__(self, name: str, write: Any) -> None:
        self.name, self.write = name, write

    def __get__(self, value: object, owner: type) -> Any:
        self.write()
        return getattr(owner, self.name, None)


def _late(plain: type, options: dict[str, Any]) -> type:
    """The class; one that is not frozen with slots, or makes its values itself, is written at once.

    Copies and pickles make values without ``__init__``; frozen ones with slots all pass ``__setstate__``.
    """
    usual = options.get("frozen") and options.get("slots") and options.get("init", True)
    if not usual or "__init__" in plain.__dict__ or options.get("weakref_slot"):
        return dataclasses.dataclass(**options)(plain)
    del options["slots"]
    cls = _slotted(plain)
    written = False

    def write() -> None:
        nonlocal written
        if written:
            return
        written = True
        for name, stub in stubs.items():
            if cls.__dict__[name] is stub:  # else somebody stands before it already, and calls it
                delattr(cls, name)
        made: Any = dataclasses.dataclass(**options)(plain)
        made.__getstate__ = dataclasses._dataclass_getstate  # type: ignore[attr-defined]
        made.__setstate__ = dataclasses._dataclass_setstate  # type: ignore[attr-defined]
        init.__wrapped__ = made.__init__  # type: ignore[attr-defined]
        for name in _MADE:
            if name in plain.__dict__ and name not in cls.__dict__:
                setattr(cls, name, plain.__dict__[name])

    def init(self: Any, *args: Any, **values: Any) -> None:
        write()
        init.__wrapped__(self, *args, **values)  # type: ignore[attr-defined]

    def setstate(self: Any, state: Any) -> None:
        write()
        dataclasses._dataclass_setstate(self, state)  # type: ignore[attr-defined]

    init.__name__ = init.__qualname__ = "__init__"
    asked = ("__dataclass_fields__", "__dataclass_params__", "__match_args__", "__signature__")
    stubs: dict[str, Any] = {name: _Late(name, write) for name in asked}
    stubs |= {"__init__": init, "__setstate__": setstate}
    for name, stub in stubs.items():
        setattr(cls, name, stub)
    return cls


def _slotted(plain: type) -> type:
    """``plain`` with a slot for each of its own fields, as ``dataclasses`` makes it: a class anew."""
    inherited = {name for base in plain.__mro__[1:-1] for name in _slots_of(base)}
    names = [name for name, annotation in get_annotations(plain).items() if not _is_no_field(annotation)]
    content = {name: value for name, value in plain.__dict__.items() if name not in names}
    content["__slots__"] = tuple(name for name in names if name not in inherited)
    content.pop("__dict__", None)
    content.pop("__weakref__", None)
    cls = type(plain)(plain.__name__, plain.__bases__, content)
    cls.__qualname__ = plain.__qualname__
    return cls


def _slots_of(base: type) -> tuple[str, ...]:
    slots = base.__dict__.get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def _is_no_field(annotation: Any) -> bool:
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__qualname__", repr(annotation))
    return text.removeprefix("typing.").startswith(("ClassVar", "InitVar", "dataclasses.InitVar"))


if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls=None, /, **options):
        """As ``dataclasses.dataclass``; the methods are written when they are needed."""
        if cls is None:
            return lambda cls: _late(cls, dict(options))
        return _late(cls, dict(options))
