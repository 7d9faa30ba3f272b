"""A configuration checks itself when it is made: the annotations of its fields are the declaration.

``@checked`` stands above ``@dataclass``.  Types, Literals, the rows of a table (``Names``) and the range of a number
(``ranges.Range``) are asked of every field, whoever makes the value: a call, ``replace``, a TOML file.  What is wrong
is one sentence with the field, its value, what is allowed, and the nearest name.

>>> from dataclasses import dataclass, replace
>>> from typing import Annotated, Literal
>>> from dmkit.words.ranges import Count
>>> @checked
... @dataclass(frozen=True, slots=True, kw_only=True)
... class Knobs:
...     mode: Literal["allow", "sticky", "floor"] = "allow"
...     tries: Count = 2
>>> Knobs(mode="flor")
Traceback (most recent call last):
...
dmkit.words.errors.ConfigError: Knobs.mode is 'flor'; it must be 'allow', 'sticky' or 'floor'; nearest: 'floor'
>>> replace(Knobs(), tries=0)
Traceback (most recent call last):
...
dmkit.words.errors.ConfigError: Knobs.tries is 0; it must be a whole number from 1 upwards

A number is never NaN, True is no number, a text is no tuple of texts.  NumPy's numbers are numbers.
"""

from __future__ import annotations

import builtins
import sys
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from functools import wraps
from operator import attrgetter
from typing import Any, Final, TypeAlias, TypeVar, get_type_hints

from dmkit.words.errors import ConfigError, DmError
from dmkit.words.field_docs import Doc
from dmkit.words.kinds import Kind, Names, Rows, Size, kind_of, listed, nearest

__all__ = ["CHECKED", "Kind", "Names", "Rows", "Size", "check", "checked", "kinds_of", "listed", "nearest"]

T = TypeVar("T")

CHECKED: Final[list[type]] = []
"""Every class that checks itself, in the order in which they were defined."""

_SCOPES: Final[dict[type, dict[str, Any]]] = {}
"""Class -> the names that its annotations may use."""


class _Unknown(dict[str, Any]):
    """Names that only a type checker knows, inside of a signature say, stand for anything."""

    def __init__(self, scope: dict[str, Any]) -> None:
        super().__init__()
        self.scope = scope

    def __missing__(self, name: str) -> Any:
        if name in self.scope or hasattr(builtins, name):
            raise KeyError(name)
        return Any


_KINDS: Final[dict[type, Mapping[str, Kind]]] = {}


def kinds_of(cls: type) -> Mapping[str, Kind]:
    """What each field of a checked class takes, by its name.

    >>> from dmkit.words.ranges import UNITS, Range
    >>> kinds_of(Range)["whole"].text
    'True or False'
    """
    if cls not in _KINDS:
        scope = _SCOPES.get(cls) or vars(sys.modules[cls.__module__])
        hints = get_type_hints(cls, scope, _Unknown(scope), include_extras=True)
        _KINDS[cls] = types.MappingProxyType({name: kind_of(hints[name]) for name in _names(cls)})
    return _KINDS[cls]


def _names(cls: type) -> tuple[str, ...]:
    struct: tuple[str, ...] | None = getattr(cls, "__struct_fields__", None)
    return struct if struct is not None else tuple(entry.name for entry in fields(cls) if entry.init)


_Plan: TypeAlias = tuple[Callable[[Any], tuple[Any, ...]], tuple[tuple[Any, Callable[[Any], bool]], ...]]
_PLANS: Final[dict[type, _Plan]] = {}
"""Class -> how its fields are read, and for each the default and the question."""


def _plan(cls: type) -> _Plan:
    kinds = kinds_of(cls)
    names = tuple(kinds)
    first = {entry.name: entry.default for entry in fields(cls)} if hasattr(cls, "__dataclass_fields__") else {}
    get: Callable[[Any], tuple[Any, ...]]
    if len(names) > 1:
        get = attrgetter(*names)
    else:
        get = lambda value: tuple(getattr(value, name) for name in names)  # noqa: E731  # as attrgetter of several
    _PLANS[cls] = get, tuple((first.get(name, MISSING), kind.holds) for name, kind in kinds.items())
    return _PLANS[cls]


def check(value: object) -> None:
    """Ask every field of ``value`` whether it holds what its annotation says; ConfigError for the first that does not.

    What is the default itself was looked at when the class was written (a test does), and costs one comparison.
    """
    cls: type[Any] = type(value)
    get, plan = _PLANS.get(cls) or _plan(cls)
    for present, (default, good) in zip(get(value), plan, strict=True):
        if present is not default and not good(present):
            raise ConfigError(_sentence(value))


def _sentence(value: object) -> str:
    cls: type[Any] = type(value)
    for name, kind in kinds_of(cls).items():
        present = getattr(value, name)
        if not kind.holds(present):
            return f"{cls.__name__}.{name} is {_shown(cls, name, present)}; it must be {kind.text}{kind.near(present)}"
    raise AssertionError(f"{cls.__name__} holds after all")


def _shown(cls: type, name: str, present: object) -> str:
    """A value in a sentence: short, and a secret only by its type."""
    field: Field[Any] | None = getattr(cls, "__dataclass_fields__", {}).get(name)
    if field is not None and not field.repr:
        return f"of type {type(present).__name__}"
    try:
        text = repr(present)
    except Exception:  # a foreign object may not be able to show itself; its type says enough
        text = f"a {type(present).__name__}"
    return text if len(text) <= 120 else f"{text[:100]}... (a {type(present).__name__})"


def _allowed(cls: type) -> dict[str, str]:
    return {name: kind.text for name, kind in kinds_of(cls).items()}


def checked(cls: type[T]) -> type[T]:
    """Class decorator, above ``@dataclass``: values check themselves; a field that is not there has a nearest name.

    What belongs to several fields at once stays in ``__post_init__``; where that fails, a field that is wrong by
    itself is named first.
    """
    made = cls.__init__
    names = _names(cls)

    @wraps(made)
    def __init__(self: Any, *args: Any, **values: Any) -> None:  # noqa: N807
        try:
            made(self, *args, **values)
        except (TypeError, ValueError, ArithmeticError, AttributeError, LookupError, DmError):
            unknown = [name for name in values if name not in names]
            if unknown:
                near = nearest(unknown[0], names)
                raise ConfigError(
                    f"{cls.__name__} has no field {unknown[0]!r}; it has {listed(names, 'and')}{near}"
                ) from None
            if all(_is_set(self, name) for name in names):
                check(self)
            raise
        if args or values:
            check(self)

    cls.__init__ = __init__  # type: ignore[method-assign]
    if hasattr(cls, "__dataclass_fields__"):
        cls.__doc__ = Doc(cls.__doc__ or "", _allowed)  # type: ignore[assignment]  # text for whoever asks
    CHECKED.append(cls)
    _SCOPES[cls] = sys._getframe(1).f_globals
    return cls


def _is_set(value: object, name: str) -> bool:
    try:
        object.__getattribute__(value, name)
    except AttributeError:
        return False
    return True
