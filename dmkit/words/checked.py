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
from functools import cache, wraps
from inspect import get_annotations
from typing import Any, Final, TypeVar, cast, get_type_hints

from dmkit.words.errors import ConfigError, DmError
from dmkit.words.field_docs import Doc
from dmkit.words.kinds import Kind, Names, Rows, Size, classes_of, kind_of, listed, nearest, spelled

__all__ = [
    "CHECKED",
    "Kind",
    "Names",
    "Rows",
    "Size",
    "check",
    "checked",
    "copier",
    "hint_of",
    "kinds_of",
    "like",
    "listed",
    "nearest",
    "shown",
]

_T = TypeVar("_T")

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
        if name in self.scope or hasattr(builtins, name) or name.startswith("__"):
            raise KeyError(name)  # pytest asks frames for ``__tracebackhide__``
        return Any


_KINDS: Final[dict[type, Mapping[str, Kind]]] = {}


def kinds_of(cls: type) -> Mapping[str, Kind]:
    """What each field of a checked class takes, by its name.

    >>> from dmkit.words.ranges import UNITS, Range
    >>> kinds_of(Range)["whole"].text
    'True or False'
    """
    if cls not in _KINDS:
        _KINDS[cls] = types.MappingProxyType({name: _kind(cls, name) for name in _names(cls)})
    return _KINDS[cls]


@cache
def _kind(cls: type, name: str) -> Kind:
    """What one field takes: annotations are read for the fields that are asked."""
    hint, scope = _hint(cls, name)
    read = get_type_hints(types.SimpleNamespace(__annotations__={name: hint}), scope, _Unknown(scope), True)
    return kind_of(read[name])


def _hint(cls: type, name: str) -> tuple[Any, dict[str, Any]]:
    """The annotation of a field as it is written, and the names that it may use."""
    scope = _SCOPES.get(cls) or vars(sys.modules[cls.__module__])
    return next(own[name] for base in cls.__mro__ if name in (own := get_annotations(base))), scope


@cache
def _classes(cls: type, name: str) -> tuple[type, ...]:
    """Of which classes a value of the field is surely right."""
    return classes_of(*_hint(cls, name))


def _holds(cls: type, name: str, value: object) -> bool:
    return isinstance(value, _classes(cls, name)) or _kind(cls, name).holds(value)


def hint_of(text: str, scope: dict[str, Any]) -> Any:
    """An annotation as it is written, among the names of ``scope``; one that only a type checker knows is anything.

    >>> hint_of("tuple[int, ...]", {}), hint_of("Unheard", {})
    (tuple[int, ...], typing.Any)
    """
    try:
        return eval(text, scope, _Unknown(scope))
    except TypeError:  # a class that only its stubs make generic
        return eval(text.partition("[")[0], scope, _Unknown(scope))


def _names(cls: type) -> tuple[str, ...]:
    struct: tuple[str, ...] | None = getattr(cls, "__struct_fields__", None)
    return struct if struct is not None else tuple(entry.name for entry in fields(cls) if entry.init)


def check(value: object) -> None:
    """Ask every field of ``value`` whether it holds what its annotation says; ConfigError for the first that does not.

    >>> from dmkit.words.ranges import Range
    >>> check(Range("time", 0.0, 5.0))
    """
    for name, kind in kinds_of(type(value)).items():
        if not kind.holds(getattr(value, name)):
            raise ConfigError(_sentence(value))


def like(value: _T, **changes: object) -> _T:
    """A copy of a frozen value with slots; nothing is asked of ``changes``, so they are right by their making.

    >>> from dmkit.words.ranges import Range
    >>> like(Range("time", 0.0, 5.0), low=1.0).low
    1.0
    """
    cls: Any = value.__class__
    made: _T = copier(cls, *changes)(value, **changes)
    return made


@cache
def copier(cls: type, *names: str) -> Callable[..., Any]:
    """``like`` for these ``names``, as a function written for ``cls``: of a value and, in their order, what is new."""
    slots: tuple[str, ...] = cls.__slots__  # type: ignore[attr-defined]
    scope: dict[str, Any] = {f"_s{at}": cls.__dict__[name].__set__ for at, name in enumerate(slots)}
    scope |= {"_new": object.__new__, "_cls": cls}
    lines = [f"    _s{at}(_made, {name if name in names else f'_value.{name}'})" for at, name in enumerate(slots)]
    body = "\n".join(["    _made = _new(_cls)", *lines, "    return _made"])
    exec(f"def copy({', '.join(('_value', *names))}):\n{body}", scope)
    return cast(Callable[..., Any], scope["copy"])


def _sentence(value: object) -> str:
    cls: type[Any] = type(value)
    for name, kind in kinds_of(cls).items():
        present = getattr(value, name)
        if not kind.holds(present):
            return f"{cls.__name__}.{name} is {shown(cls, name, present)}; it must be {kind.text}{kind.near(present)}"
    raise AssertionError(f"{cls.__name__} holds after all")


def shown(cls: type, name: str, present: object) -> str:
    """A value of a field in a sentence: short, and a secret only by its type.

    >>> from dmkit.words.question import Options
    >>> shown(Options, "max_length", 10**5000)
    'of type int, too large to print'
    """
    field: Field[Any] | None = getattr(cls, "__dataclass_fields__", {}).get(name)
    if field is not None and not field.repr:
        return f"of type {type(present).__name__}"
    return spelled(present, 120)


def _allowed(cls: type) -> dict[str, str]:
    return {name: kind.text for name, kind in kinds_of(cls).items()}


_OWN: Final = (TypeError, ValueError, ArithmeticError, AttributeError, LookupError, DmError)
"""What a ``__post_init__`` may raise because of a field that is wrong by itself."""


_PLAIN: Final = 80
"""So many fields of a class are filled in before an ``__init__`` is written for it, which takes as long: most classes
have no more in a first session."""


def checked(cls: type[_T]) -> type[_T]:
    """Class decorator, above ``@dataclass``: values check themselves; a field that is not there has a nearest name.

    What belongs to several fields at once stays in ``__post_init__``; where that fails, a field that is wrong by
    itself is named first.
    """
    made = cls.__init__
    compiled: bool | None = None
    written: Callable[..., None] | None = None
    filled = 0

    @wraps(made)
    def __init__(self: Any, *args: Any, **values: Any) -> None:  # noqa: N807
        nonlocal compiled, filled, written
        early = filled < _PLAIN
        if early:
            filled += len(getattr(cls, "__dataclass_fields__", ())) or 1
            if not args and not values:  # defaults were looked at when the class was written
                made(self)
                return
        if compiled is None:  # every field is one that is given: no InitVar, none made inside
            compiled = len(getattr(cls, "__dataclass_fields__", {})) == len(_names(cls)) > 0
        if compiled:
            if early and _filled(cls, made, self, args, values):
                return
            if written is None:
                written = _compiled(cls, made)
                if cls.__dict__["__init__"] is __init__:  # else somebody has put another in its place, who calls this
                    cls.__init__ = written  # type: ignore[method-assign]
            written(self, *args, **values)
            return
        try:
            made(self, *args, **values)
        except _OWN:
            names = _names(cls)
            _known(cls, values, names)
            _by_name(cls, args)
            if all(_is_set(self, name) for name in names):
                check(self)
            raise
        if args or values:
            check(self)

    cls.__init__ = __init__  # type: ignore[method-assign]
    if "__struct_fields__" not in cls.__dict__:
        cls.__doc__ = Doc(cls.__doc__ or "", _allowed)  # type: ignore[assignment]  # text for whoever asks
    CHECKED.append(cls)
    _SCOPES[cls] = sys._getframe(1).f_globals
    return cls


def _known(cls: type, values: Mapping[str, object], names: tuple[str, ...]) -> None:
    unknown = next((name for name in values if name not in names), None)
    if unknown is not None:
        near = nearest(unknown, names)
        raise ConfigError(f"{cls.__name__} has no field {unknown!r}; it has {listed(names, 'and')}{near}") from None


def _by_name(cls: type, args: tuple[object, ...]) -> None:
    """ConfigError for the first value that has no name and needs one; Structs say that themselves."""
    every = getattr(cls, "__dataclass_fields__", {}).values()
    nameless = [entry.name for entry in every if entry.init and not entry.kw_only]
    if every and len(args) > len(nameless):
        first = next((entry.name for entry in every if entry.init and entry.kw_only), "")
        without = listed(nameless, "and") or "no field"
        by_name = f", the others by their names, such as {cls.__name__}({first}=...)" if first else ""
        raise ConfigError(f"{cls.__name__} takes {without} without a name{by_name}; {len(args)} came without") from None


def _filled(
    cls: type, made: Callable[..., None], value: object, args: tuple[Any, ...], values: Mapping[str, Any]
) -> bool:
    """Make ``value`` and ask what the written ``__init__`` would; False where something is wrong: that one tells it."""
    try:
        made(value, *args, **values)
    except _OWN:
        return False
    every = fields(cls)
    given = {*values, *[entry.name for entry in every if not entry.kw_only][: len(args)]}
    for entry in every:
        present = getattr(value, entry.name)
        asked = present is not entry.default if entry.default_factory is MISSING else entry.name in given
        if asked and not _holds(cls, entry.name, present):
            return False
    return True


def _compiled(cls: type, made: Callable[..., None]) -> Callable[..., None]:
    """An ``__init__`` written for ``cls``: it stores, and asks each field that is not its default itself.

    What a default is was looked at when the class was written (a test does).  Annotations are read when the first
    value that is no default comes: names in them may be defined after the class.
    """
    every = fields(cls)
    scope = _answers(cls) | {"_none": MISSING, "_own": _OWN, "_check": check}
    absent: list[str] = []
    store: list[str] = []
    ask: list[str] = []
    after = hasattr(cls, "__post_init__")
    for place, entry in enumerate(every):
        name = entry.name
        slot = getattr(cls, name, None) if isinstance(getattr(cls, name, None), types.MemberDescriptorType) else None
        scope[f"_s{place}"] = slot.__set__ if slot is not None else object.__setattr__
        scope[f"_d{place}"] = entry.default
        if entry.default_factory is not MISSING:
            scope[f"_f{place}"] = entry.default_factory
            store += [f"_m{place} = {name} is _none", f"if _m{place}: {name} = _f{place}()"]
        elif entry.default is MISSING:
            absent.append(name)
        store.append(f"_s{place}(_self, {name})" if slot is not None else f"_s{place}(_self, {name!r}, {name})")
        now = f"_self.{name}" if after else name
        given = f"not _m{place}" if entry.default_factory is not MISSING else f"{now} is not _d{place}"
        ask.append(f"if {given} and not _q[{place}]({now}): _fail(_self)")
    names = "".join(f"{entry.name}, " for entry in every if not entry.kw_only)
    lines = ["if _more: _unknown(_more)", f"if _rest: _nameless({names}*_rest)"]
    if absent:
        lines.append(f"if {' or '.join(f'{name} is _none' for name in absent)}: "
                     f"_missing({', '.join(f'{name}={name}' for name in absent)})")  # fmt: skip
    lines += store
    if after:
        lines += ["try: _self.__post_init__()", "except _own:", "    _check(_self)", "    raise"]
    lines += ask
    positional = [f"{entry.name}=_d{place}" for place, entry in enumerate(every) if not entry.kw_only]
    by_word = [f"{entry.name}=_d{place}" for place, entry in enumerate(every) if entry.kw_only]
    body = "".join(f"\n    {line}" for line in lines)
    exec(f"def __init__({', '.join(['_self', *positional, '*_rest', *by_word, '**_more'])}):{body}", scope)
    return cast(Callable[..., None], wraps(made)(scope["__init__"]))


def _answers(cls: type) -> dict[str, Any]:
    """What such an ``__init__`` calls: ``_q``, the question of each field, and how it tells what is wrong."""
    every = fields(cls)
    questions: list[Callable[[Any], bool]] = []

    def late(place: int) -> Callable[[Any], bool]:
        def ask(value: Any) -> bool:
            questions[place] = _kind(cls, every[place].name).holds
            return questions[place](value)

        return ask

    questions += map(late, range(len(every)))

    def fail(value: object) -> None:
        raise ConfigError(_sentence(value))

    def unknown(values: dict[str, object]) -> None:
        _known(cls, values, tuple(entry.name for entry in every))

    def nameless(*args: object) -> None:
        _by_name(cls, args)

    def missing(**given: object) -> None:
        absent = [repr(name) for name, value in given.items() if value is MISSING]
        word = "argument" if len(absent) == 1 else "arguments"
        raise TypeError(f"{cls.__name__}.__init__() missing {len(absent)} required {word}: {listed(absent, 'and')}")

    return {"_q": questions, "_fail": fail, "_unknown": unknown, "_missing": missing, "_nameless": nameless}


def _is_set(value: object, name: str) -> bool:
    try:
        object.__getattribute__(value, name)
    except AttributeError:
        return False
    return True
