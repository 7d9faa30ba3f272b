"""Is a message that somebody made by hand of the types that it says?  Asked where it is used, not where it is made.

Structs are made by the million by readers that know what they make, so making one asks nothing.  A job, an encoder and
whoever else takes a value from a user asks here.

>>> from dmkit.words.model import Get, Item
>>> struct_fault(Get.of("./DevInfo/Man"))
''
>>> struct_fault(Get((Item(target="./A"), Item(source=5))))
'Get: Item.source is 5; it must be a text or None'
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import msgspec
from msgspec.structs import astuple

from dmkit.words.checked import kinds_of
from dmkit.words.kinds import Kind

__all__ = ["struct_fault"]

_HIDDEN: Final = frozenset({"data", "next_nonce"})
"""Fields whose content may be a secret: of what type it is says enough."""


def struct_fault(value: msgspec.Struct) -> str:
    """The first field of ``value`` or of what is in it that holds what it must not, as a sentence; empty when sound."""
    if _is_usual(value):
        return ""
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        place, struct = waiting.pop()
        cls: Any = type(struct)
        for name, holds, default in _questions(cls):
            present = getattr(struct, name)
            if present is default:
                continue
            if not holds(present):
                kind = kinds_of(cls)[name]
                wanted = f"it must be {kind.text}{_made(kind, present)}"
                return f"{place}{cls.__name__}.{name} is {_shown(name, present)}; {wanted}"
            if isinstance(present, msgspec.Struct):
                waiting.append((f"{place}{cls.__name__}: ", present))
            elif type(present) is tuple:
                inside = f"{place}{cls.__name__}: "
                waiting += [(inside, entry) for entry in reversed(present) if isinstance(entry, msgspec.Struct)]
        _learn(struct)
    return ""


_MANY: Final = 64
"""So many shapes of one class are known by the types of their fields."""


@cache
def _shapes(cls: Any) -> dict[tuple[type, ...], tuple[tuple[int, Any, frozenset[type] | None], ...]]:
    """Types of fields that were found sound together -> which fields must be looked at all the same, and how.

    Of a tuple of structs these are the classes that its entries may have, each of which is looked at in its turn.
    """
    return {}


def _is_usual(value: Any) -> bool:
    """True when ``value`` is sound at first sight: all in it has fields of types that were found sound before."""
    waiting = [value]
    while waiting:
        struct = waiting.pop()
        values = astuple(struct)
        inner = _shapes(struct.__class__).get(tuple(map(type, values)))
        if inner is None:
            return False
        for at, holds, structs in inner:
            present = values[at]
            if structs is not None and structs.issuperset(map(type, present)):
                waiting += present
                continue
            if holds is not None and not holds(present):
                return False
            if present.__class__ is tuple:
                waiting += [entry for entry in present if isinstance(entry, msgspec.Struct)]
            elif isinstance(present, msgspec.Struct):
                waiting.append(present)
    return True


def _is_struct(kind: type) -> bool:
    return issubclass(kind, msgspec.Struct)


def _learn(struct: Any) -> None:
    """Remember the types of the fields of ``struct``, which is sound, and what they do not say of it."""
    shapes = _shapes(struct.__class__)
    if len(shapes) < _MANY:
        values = astuple(struct)
        inner: list[tuple[int, Any, frozenset[type] | None]] = []
        for at, (value, kind) in enumerate(zip(values, kinds_of(struct.__class__).values(), strict=True)):
            if value.__class__ is tuple and kind.entries_by_type and all(map(_is_struct, kind.parts)):
                inner.append((at, kind.holds, frozenset(kind.parts)))
            elif not kind.by_type or value.__class__ is tuple:
                inner.append((at, kind.holds, None))
            elif isinstance(value, msgspec.Struct):
                inner.append((at, None, None))
        shapes[tuple(map(type, values))] = tuple(inner)


@cache
def _questions(cls: Any) -> tuple[tuple[str, Any, object], ...]:
    """What is asked of each field, and the default that is right by its making."""
    names, defaults = cls.__struct_fields__, cls.__struct_defaults__
    known = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True))
    return tuple((name, kind.holds, known.get(name, msgspec.NODEFAULT)) for name, kind in kinds_of(cls).items())


def _made(kind: Kind, present: object) -> str:
    """How a bare number becomes the word of a registry, which knows more of itself than the number."""
    numbers = [part for part in kind.parts if issubclass(part, int)]
    if not numbers or not isinstance(present, int) or isinstance(present, bool):
        return ""
    return f": {numbers[0].__name__}({present})"


def _shown(name: str, present: object) -> str:
    if name in _HIDDEN:
        return f"of type {type(present).__name__}"
    if isinstance(present, tuple):
        strange = next((entry for entry in present if not isinstance(entry, msgspec.Struct)), None)
        return f"a tuple with {_short(strange)}" if strange is not None else _short(present)
    return _short(present)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:40]}... (of type {type(value).__name__})"
