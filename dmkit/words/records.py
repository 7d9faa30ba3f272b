"""Frozen dataclasses whose methods are not written out, and whose ``__init__`` is when values are made often.

A dataclass writes and compiles six methods as its module loads: half a millisecond and more each, for a hundred classes
of which a session needs forty.  This ``dataclass`` takes the same arguments and gives the same class.  Its fields are
looked at when somebody makes a value, asks for them, or looks at its signature; ``==``, ``hash`` and ``repr`` are
functions over the names of the fields; ``__init__`` is compiled when the sixteenth value is made,
the first ones are filled in.

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
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, FrozenInstanceError
from inspect import get_annotations
from operator import attrgetter
from reprlib import recursive_repr
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from dmkit.words.errors import ConfigError

__all__ = ["dataclass", "in_order", "repr_in_order"]

_WRITTEN_AT = 16
"""The value for which ``__init__`` is compiled."""

_USUAL = frozenset({"frozen", "slots", "kw_only", "eq", "repr"})
_OWN = frozenset({"__init__", "__setattr__", "__delattr__", "__getstate__", "__setstate__"})
_ASKED = ("__dataclass_fields__", "__dataclass_params__", "__match_args__", "__signature__")
_MADE = (
    *("__repr__", "__eq__", "__hash__", "__setattr__", "__delattr__", "__match_args__"),
    *("__dataclass_fields__", "__dataclass_params__", "__getstate__", "__setstate__", "__replace__"),
)


class _Late:
    """Stands for an attribute of a class that is not there yet: whoever asks has it made."""

    def __init__(self, name: str, make: Callable[[], None]) -> None:
        self.name, self.make = name, make

    def __get__(self, value: object, owner: type) -> Any:
        self.make()
        return getattr(owner, self.name, None)


def _late(plain: type, options: dict[str, Any]) -> type:
    """The class.  One that makes its values itself, or orders them, is left to ``dataclasses``.

    Copies and pickles make values without ``__init__``; frozen ones with slots all pass ``__setstate__``, so only they
    can wait to the first value with all that is theirs.
    """
    own = _declared(plain)
    if own is None or not (_USUAL.issuperset(options) and _OWN.isdisjoint(vars(plain))):
        shown = options.get("repr", True) and "__repr__" not in vars(plain)
        left: type = dataclasses.dataclass(**options)(plain)
        if shown:
            left.__repr__ = _shown(tuple(entry.name for entry in dataclasses.fields(left) if entry.repr))  # type: ignore[assignment]
        return left
    cls = _slotted(plain, own) if options.get("slots") else plain
    late = options.get("frozen") and options.get("slots")
    known = False
    count = 0

    def know() -> None:
        nonlocal known
        if known:
            return
        known = True
        for name, stub in stubs.items():
            if name not in ("__init__", "__signature__") and cls.__dict__[name] is stub:
                delattr(cls, name)  # else somebody stands before it already, and calls it
        for name, value in _parts(plain, cls, own, options).items():
            if name in _MADE and name not in cls.__dict__:
                setattr(cls, name, value)

    def write() -> None:
        know()
        if not hasattr(init, "__wrapped__"):
            init.__wrapped__ = _init(cls)  # type: ignore[attr-defined]
            if cls.__dict__["__init__"] is init:
                cls.__init__ = init.__wrapped__  # type: ignore[misc]

    def sign() -> None:
        write()
        if cls.__dict__.get("__signature__") is stubs["__signature__"]:
            del cls.__signature__  # type: ignore[attr-defined]

    def init(self: Any, *args: Any, **values: Any) -> None:
        nonlocal count
        know()
        count += 1
        if count >= _WRITTEN_AT or not _filled(cls, self, args, values):
            write()
            init.__wrapped__(self, *args, **values)  # type: ignore[attr-defined]

    def setstate(self: Any, state: Any) -> None:
        know()
        _set_state(self, state)

    init.__name__ = init.__qualname__ = "__init__"
    stubs: dict[str, Any] = {name: _Late(name, sign if name == "__signature__" else know) for name in _ASKED}
    stubs |= {"__init__": init} | ({"__setstate__": setstate} if late else {})
    for name, stub in stubs.items():
        setattr(cls, name, stub)
    if not late:
        know()
    return cls


_FIELD: Any = dataclasses._FIELD  # type: ignore[attr-defined]
_FACTORY: Any = dataclasses._HAS_DEFAULT_FACTORY  # type: ignore[attr-defined]
_set_state: Callable[[Any, Any], None] = dataclasses._dataclass_setstate  # type: ignore[attr-defined]


def _parts(plain: type, cls: type, own: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """What a dataclass has besides ``__init__``, of ``cls``, which is ``plain`` with slots."""
    frozen = bool(options.get("frozen"))
    bases: list[Any] = [base for base in cls.__mro__[-1:0:-1] if hasattr(base, "__dataclass_fields__")]
    if any(base.__dataclass_params__.frozen != frozen for base in bases):
        raise TypeError("a frozen dataclass inherits from frozen ones only, and another from others")
    mine = _own_fields(plain, own, bool(options.get("kw_only")))
    fields: dict[str, Field[Any]] = {}
    for base in bases:
        fields |= base.__dataclass_fields__
    fields |= mine
    params = _params(options)
    every = _real(fields)
    names = tuple(entry.name for entry in every)
    parts = {name: vars(_Bare)[name] for name in ("__replace__",) if name in vars(_Bare)} | {
        "__dataclass_fields__": fields,
        "__dataclass_params__": params,
        "__match_args__": tuple(entry.name for entry in every if entry.init and not entry.kw_only),
    }
    if params.repr:
        parts["__repr__"] = _shown(tuple(entry.name for entry in every if entry.repr))
    if frozen:
        parts |= {"__setattr__": _frozen(cls, "assign to", names), "__delattr__": _frozen(cls, "delete", names)}
    if frozen and cls is not plain:
        parts |= {"__getstate__": dataclasses._dataclass_getstate, "__setstate__": _set_state}  # type: ignore[attr-defined]
    if cls is plain:
        _defaults(plain, mine)
    if params.eq:
        parts["__eq__"] = _equal(_values(tuple(entry.name for entry in every if entry.compare)))
        counted = (entry for entry in every if (entry.compare if entry.hash is None else entry.hash))
        if cls.__dict__.get("__hash__", MISSING) is None and "__eq__" in cls.__dict__:
            del cls.__hash__  # not said, only taken away by the own __eq__
        parts["__hash__"] = _hashed(_values(tuple(entry.name for entry in counted))) if frozen else None
    return parts


@dataclasses.dataclass(init=False, repr=False, eq=False)
class _Bare:
    """What ``dataclasses`` gives to a class without fields."""


def _params(options: Mapping[str, Any]) -> Any:
    """What a dataclass was asked to have."""
    known: Any = _Bare.__dataclass_params__  # type: ignore[attr-defined]
    params: Any = object.__new__(type(known))
    for name in type(known).__slots__:
        setattr(params, name, getattr(known, name))
    params.init, params.frozen = True, bool(options.get("frozen"))
    params.eq, params.repr = options.get("eq", True), options.get("repr", True)
    return params


def _own_fields(plain: type, own: Mapping[str, Any], kw_only: bool) -> dict[str, Field[Any]]:
    """The fields that ``plain`` itself declares.  ValueError for a default that all values would share and change."""
    found: dict[str, Field[Any]] = {}
    for name, type_ in own.items():
        default = plain.__dict__.get(name, MISSING)
        entry: Any = default if isinstance(default, Field) else dataclasses.field(default=default)
        if entry.default.__class__.__hash__ is None:
            raise ValueError(
                f"mutable default {type(entry.default)} for field {name} is not allowed: use default_factory"
            )
        entry.name, entry.type, entry._field_type = name, type_, _FIELD
        if entry.kw_only is MISSING:
            entry.kw_only = kw_only
        found[name] = entry
    return found


def _defaults(plain: type, fields: Mapping[str, Field[Any]]) -> None:
    """A class without slots has the defaults of its fields as attributes."""
    for name, entry in fields.items():
        if isinstance(plain.__dict__.get(name), Field):
            if entry.default is MISSING:
                delattr(plain, name)
            else:
                setattr(plain, name, entry.default)


def _real(fields: Mapping[str, Field[Any]]) -> list[Field[Any]]:
    return [entry for entry in fields.values() if entry._field_type is _FIELD]  # type: ignore[attr-defined]


def _values(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """A function that gives the values of these fields as a tuple."""
    if not names:
        return lambda value: ()
    get: Any = attrgetter(*names)
    return get if len(names) > 1 else lambda value: (get(value),)


def _equal(values: Callable[[Any], tuple[Any, ...]]) -> Callable[[Any, object], Any]:
    def __eq__(self: Any, other: object) -> Any:  # noqa: N807
        if other.__class__ is self.__class__:
            try:
                return values(self) == values(other)
            except RecursionError:
                raise ConfigError(f"a {self.__class__.__name__} that holds itself cannot be compared") from None
        return NotImplemented

    return __eq__


def _hashed(values: Callable[[Any], tuple[Any, ...]]) -> Callable[[Any], int]:
    def __hash__(self: Any) -> int:  # noqa: N807
        return hash(values(self))

    return __hash__


def in_order(value: object) -> str:
    """``repr``, with the entries of a set in the order of their texts: the same in each process.

    >>> in_order((frozenset({"b", "a"}), set(), {"held": [{"d", "c"}]}))
    "(frozenset({'a', 'b'}), set(), {'held': [{'c', 'd'}]})"
    """
    write = _WRITERS.get(value.__class__)
    return write(value) if write and value else repr(value)


def _entries(values: Any) -> str:
    return ", ".join(map(in_order, values))


def _sorted(values: Any) -> str:
    return ", ".join(sorted(map(in_order, values)))


def _pairs(values: Any) -> str:
    return ", ".join(f"{in_order(key)}: {in_order(value)}" for key, value in values.items())


_WRITERS: dict[type, Callable[[Any], str]] = {
    tuple: recursive_repr("(...)")(lambda values: f"({_entries(values)}{',' if len(values) == 1 else ''})"),
    list: recursive_repr("[...]")(lambda values: f"[{_entries(values)}]"),
    set: lambda values: f"{{{_sorted(values)}}}",
    frozenset: lambda values: f"frozenset({{{_sorted(values)}}})",
    dict: recursive_repr("{...}")(lambda values: f"{{{_pairs(values)}}}"),
    MappingProxyType: recursive_repr("mappingproxy({...})")(lambda values: f"mappingproxy({{{_pairs(values)}}})"),
}
"""What can hold sets, when there is something in it -> how it is written; what holds itself is dots, as in Python."""


@recursive_repr()
def repr_in_order(value: Any) -> str:
    """A ``__repr__`` for structs and named tuples that hold sets; dataclasses have theirs from ``dataclass``.

    >>> from typing import NamedTuple
    >>> class Taken(NamedTuple):
    ...     names: frozenset[str]
    ...     def __repr__(self):
    ...         return repr_in_order(self)
    >>> Taken(frozenset({"b", "a"}))
    Taken(names=frozenset({'a', 'b'}))
    """
    cls = value.__class__
    names: tuple[str, ...] = getattr(cls, "__struct_fields__", None) or cls._fields
    return f"{cls.__qualname__}({', '.join(f'{name}={in_order(getattr(value, name))}' for name in names)})"


def _shown(names: tuple[str, ...]) -> Callable[[Any], str]:
    @recursive_repr()
    def __repr__(self: Any) -> str:  # noqa: N807
        return (
            f"{self.__class__.__qualname__}({', '.join(f'{name}={in_order(getattr(self, name))}' for name in names)})"
        )

    return __repr__


def _frozen(cls: type, what: str, names: tuple[str, ...]) -> Callable[..., None]:
    name_of = "__setattr__" if what == "assign to" else "__delattr__"

    def refuse(self: Any, name: str, *value: Any) -> None:
        if type(self) is cls or name in names:
            raise FrozenInstanceError(f"cannot {what} field {name!r}")
        getattr(super(cls, self), name_of)(name, *value)

    refuse.__name__ = refuse.__qualname__ = name_of
    return refuse


def _filled(cls: Any, value: Any, args: tuple[Any, ...], values: dict[str, Any]) -> bool:
    """Give a new ``value`` the fields of ``cls``; False, and nothing is done, for arguments that do not fit."""
    names = cls.__match_args__
    if len(args) > len(names) or any(name in values for name in names[: len(args)]):
        return False
    given = dict(zip(names, args, strict=False)) | values
    filled: list[tuple[str, Any]] = []
    for entry in _real(cls.__dataclass_fields__):
        if entry.init and entry.name in given:
            filled.append((entry.name, given.pop(entry.name)))
        elif entry.default_factory is not MISSING:
            filled.append((entry.name, entry.default_factory()))
        elif entry.default is not MISSING:
            filled.append((entry.name, entry.default))
        elif entry.init:
            return False
    if given:
        return False
    for name, content in filled:
        object.__setattr__(value, name, content)
    if hasattr(cls, "__post_init__"):
        value.__post_init__()
    return True


def _init(cls: Any) -> Callable[..., None]:
    """``__init__`` of ``cls``, compiled."""
    scope: dict[str, Any] = {"_none": _FACTORY, "_set": object.__setattr__}
    lines: list[str] = []
    usual: list[str] = []
    by_word: list[str] = []
    types: dict[str, Any] = {}
    frozen = cls.__dataclass_params__.frozen
    for place, entry in enumerate(_real(cls.__dataclass_fields__)):
        name, value = entry.name, entry.name
        default = ""
        if entry.default_factory is not MISSING:
            scope[f"_f{place}"], default = entry.default_factory, "=_none"
            value = f"_f{place}() if {name} is _none else {name}" if entry.init else f"_f{place}()"
        elif entry.default is not MISSING:
            scope[f"_d{place}"], default = entry.default, f"=_d{place}"
            value = name if entry.init else f"_d{place}"
        elif not entry.init:
            continue
        lines.append(f"_set(_self, {name!r}, {value})" if frozen else f"_self.{name} = {value}")
        if entry.init:
            types[name] = entry.type
            (by_word if entry.kw_only else usual).append(f"{name}{default}")
    if hasattr(cls, "__post_init__"):
        lines.append("_self.__post_init__()")
    star = ["*", *by_word] if by_word else []
    body = "".join(f"\n    {line}" for line in lines or ["pass"])
    exec(f"def __init__({', '.join(['_self', *usual, *star])}):{body}", scope)
    made: Callable[..., None] = scope["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    made.__annotations__ = types | {"return": None}
    return made


def _slotted(plain: type, own: Mapping[str, Any]) -> type:
    """``plain`` with a slot for each of its own fields, as ``dataclasses`` makes it: a class anew."""
    inherited = {name for base in plain.__mro__[1:-1] for name in _slots_of(base)}
    content = {name: value for name, value in plain.__dict__.items() if name not in own}
    content["__slots__"] = tuple(name for name in own if name not in inherited)
    content.pop("__dict__", None)
    content.pop("__weakref__", None)
    cls = type(plain)(plain.__name__, plain.__bases__, content)
    cls.__qualname__ = plain.__qualname__
    return cls


def _slots_of(base: type) -> tuple[str, ...]:
    slots = base.__dict__.get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


_MARKS = ("ClassVar", "InitVar", "KW_ONLY")
_MARKED = (*_MARKS, *(f"{place}.{mark}" for place in ("typing", "dataclasses") for mark in _MARKS))


def _declared(plain: type) -> dict[str, Any] | None:
    """What ``plain`` itself declares as fields, with their types; None when ``dataclasses`` is to decide."""
    found = {}
    for name, given in get_annotations(plain).items():
        text = given if given.__class__ is str else getattr(given, "__qualname__", None) or repr(given)
        if not text.startswith(_MARKED):
            found[name] = given
        elif "ClassVar" not in text:
            return None
    return found


if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls=None, /, **options):
        """As ``dataclasses.dataclass``; the methods are written when they are needed."""
        if cls is None:
            return lambda cls: _late(cls, dict(options))
        return _late(cls, dict(options))
