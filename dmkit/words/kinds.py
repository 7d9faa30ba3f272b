"""From an annotation to what a field takes: in words, as a question, with the names among which to look.

>>> from typing import Literal
>>> kind = kind_of(Literal["allow", "floor"] | None)
>>> kind.text, kind.holds("floor"), kind.holds("flor")
("'allow' or 'floor' or None", True, False)
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from numbers import Integral, Real
from typing import Annotated, Any, Final, Literal, TypeVar, Union, get_args, get_origin

from dmkit.words.ranges import Range
from dmkit.words.records import dataclass, in_order

__all__ = ["Kind", "Names", "Rows", "Size", "classes_of", "kind_of", "listed", "nearest", "spelled"]


@dataclass(frozen=True, slots=True)
class Names:
    """The texts of a field are keys of a table, which is asked for late: ``Annotated[str, Names(lambda: LINKS)]``.

    ``more`` are texts that are allowed beside them.
    """

    table: Callable[[], Iterable[str]]
    more: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.more, *self.table())


@dataclass(frozen=True, slots=True)
class Rows:
    """Ready values of a field stand in a table; a file may give the name, and a sentence shows how to in Python."""

    title: str
    table: Callable[[], Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Size:
    """How many entries, characters or octets a field has: ``low`` to ``high``."""

    low: int = 0
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """What a field takes: in words, as a question, and the names among which a misspelt one is looked for.

    ``range`` is that of its numbers, ``rows`` the table of ready values, ``parts`` the classes that may stand there.
    ``by_type``: of two values of one type it takes both or neither; ``entries_by_type``: the same of what is in them.
    Words and names are made when they are wanted: a table may not be complete before.
    """

    words: Callable[[], str]
    holds: Callable[[Any], bool]
    names: Callable[[], tuple[str, ...]] = tuple
    range: Range | None = None
    rows: Rows | None = None
    parts: tuple[type, ...] = ()
    by_type: bool = False
    entries_by_type: bool = False

    @property
    def text(self) -> str:
        """What is allowed, in words."""
        return self.words()

    def near(self, value: object) -> str:
        """What may have been meant by ``value``, for the end of a sentence; empty where nothing is near."""
        if self.rows is not None and isinstance(value, str):
            table = self.rows.table()
            if value in table:
                return f"; {self.rows.title}[{value!r}] is one"
            return f"; {self.rows.title} has {', '.join(table)}{nearest(value, table)}"
        names = self.names()
        entries = value if isinstance(value, tuple | list | set | frozenset | Mapping) else (value,)
        texts = [entry for entry in entries if isinstance(entry, str) and entry not in names]
        return next((near for text in texts if (near := nearest(text, names))), "")


def listed(names: Iterable[object], word: str = "or") -> str:
    """Names as a sentence has them.

    >>> listed(["a", "b", "c"])
    'a, b or c'
    """
    every = [str(name) for name in names]
    return f" {word} ".join(part for part in (", ".join(every[:-1]), every[-1] if every else "") if part)


def nearest(name: object, known: Iterable[str]) -> str:
    """``"; nearest: 'floor'"`` for ``"flor"``, nothing where no name is near.

    >>> nearest("Exponential", ("exponential", "constant")), nearest("?", ("constant",))
    ("; nearest: 'exponential'", '')
    """
    from difflib import get_close_matches

    if not isinstance(name, str):
        return ""
    every = tuple(known)
    lower = {one.lower(): one for one in every}
    found = get_close_matches(name, every, n=1, cutoff=0.75)
    found = found or [lower[near] for near in get_close_matches(name.lower(), lower, n=1, cutoff=0.5)]
    return f"; nearest: {found[0]!r}" if found else ""


def spelled(value: object, longest: int = 80) -> str:
    """A value in a sentence: short, sets in order, and by its type only where it cannot show itself.

    >>> spelled("x" * 200), spelled(frozenset("ba")), spelled(10**5000)
    ("'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx... (of type str)", "frozenset({'a', 'b'})", \
'of type int, too large to print')
    """
    try:
        text = in_order(value)
    except Exception:  # a foreign object may not be able to show itself; its type says enough
        text = f"of type {type(value).__name__}{', too large to print' if isinstance(value, int) else ''}"
    return text if len(text) <= longest else f"{text[: longest - 20]}... (of type {type(value).__name__})"


# -- from an annotation to a Kind


_PLAIN: Final[Mapping[object, tuple[str, Callable[[Any], bool]]]] = {
    str: ("a text", lambda value: isinstance(value, str)),
    bytes: ("octets (bytes)", lambda value: isinstance(value, bytes)),
    bool: ("True or False", lambda value: value is True or value is False),
    type(None): ("None", lambda value: value is None),
    Any: ("anything", lambda value: True),
    object: ("anything", lambda value: True),
}


_BUILT_IN: Final = {"str": str, "bytes": bytes, "bool": bool, "None": type(None), "object": object}
_NUMBERS: Final = (int, float)


def classes_of(hint: Any, scope: Mapping[str, Any]) -> tuple[type, ...]:
    """Classes that ``hint`` names, whose objects hold without a further look; there may be more that holds.

    A number may have a range, a Protocol has parts, and a name may stand for more than a class: those are not there.

    >>> classes_of("Kind | str | None", {"Kind": Kind}) == (type(None), Kind, str), classes_of("int", {})
    (True, ())
    """
    if hint.__class__ is not str:
        return ()
    found: list[type] = [type(None)] if hint.endswith(" | None") else []
    for name in () if "[" in hint else hint.split(" | "):
        cls: Any = _BUILT_IN.get(name) or scope.get(name)
        if isinstance(cls, type) and cls not in _NUMBERS and not getattr(cls, "_is_protocol", False):
            found.append(cls)
    return tuple(dict.fromkeys(found))


def kind_of(hint: Any, marks: tuple[Any, ...] = ()) -> Kind:
    """What the annotation ``hint`` lets through; ``marks`` are what Annotated adds, for the parts that it is for."""
    origin, inside = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return kind_of(inside[0], (*marks, *hint.__metadata__))
    if origin in (Union, types.UnionType):
        return _either([kind_of(part, marks) for part in inside])
    if origin is Literal:
        return _literal(inside)
    if hint is int or hint is float:
        return _number(hint, next((mark for mark in marks if isinstance(mark, Range)), None))
    if hint is str and any(isinstance(mark, Names) for mark in marks):
        return _named(next(mark for mark in marks if isinstance(mark, Names)))
    sizes = [mark for mark in marks if isinstance(mark, Size)]
    if sizes:
        return _sized(kind_of(hint, tuple(mark for mark in marks if not isinstance(mark, Size))), sizes[0])
    if hint in _PLAIN:
        words, holds = _PLAIN[hint]
        return Kind(lambda: words, holds, by_type=True)
    if origin is tuple:
        return _tuple(inside, marks)
    if origin in _HOLDERS:
        return _holder(origin, inside, marks)
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(inside if len(inside) == 2 else (*inside, int), marks)  # a Counter names its keys only
    if origin is not None and origin.__name__ == "Callable":
        return Kind(lambda: "a function", lambda value: callable(value) and not isinstance(value, type))
    if origin is type or hint is type:
        return Kind(lambda: "a class", lambda value: isinstance(value, type))
    if isinstance(hint, TypeVar):
        return Kind(lambda: "anything", lambda value: True)
    rows = next((mark for mark in marks if isinstance(mark, Rows)), None)
    return _instance(origin or hint, rows)


def _either(kinds: list[Kind]) -> Kind:
    holds = tuple(kind.holds for kind in kinds)
    one, other, *more = (*holds, *(holds[-1:] * (2 - len(holds))))
    first = next((kind for kind in kinds if kind.range or kind.rows), kinds[0])
    return Kind(
        lambda: listed(dict.fromkeys(kind.text for kind in kinds)),
        lambda value: one(value) or other(value) or (bool(more) and any(good(value) for good in more)),
        lambda: tuple(name for kind in kinds for name in kind.names()),
        first.range,
        first.rows,
        tuple(part for kind in kinds for part in kind.parts),
        all(kind.by_type for kind in kinds),
    )


def _literal(values: tuple[Any, ...]) -> Kind:
    allowed = frozenset((type(value), value) for value in values)
    types_ = tuple({type(value) for value in values})
    return Kind(
        lambda: listed(map(repr, values)),
        lambda value: type(value) in types_ and (type(value), value) in allowed,
        lambda: tuple(value for value in values if isinstance(value, str)),
    )


def _number(hint: type, allowed: Range | None) -> Kind:
    whole = hint is int
    wanted: type = Integral if whole else Real
    words = "a whole number" if whole else "a number"
    if allowed is not None:
        words = f"{allowed}" if allowed.whole else f"{words} {allowed}"

    def holds(value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, wanted):
            return False
        number: Any = value
        return bool(number == number if allowed is None else allowed.holds(number))  # NaN is not itself

    return Kind(lambda: words, holds, range=allowed)


def _named(mark: Names) -> Kind:
    return Kind(
        lambda: f"one of {', '.join(map(repr, mark.known))}",
        lambda value: isinstance(value, str) and value in mark.known,
        lambda: mark.known,
    )


def _sized(kind: Kind, size: Size) -> Kind:
    high = size.high
    if size.low == high:
        words = f"exactly {high}"
    else:
        words = f"at least {size.low}" if high is None else f"{size.low} to {high}"

    def holds(value: Any) -> bool:
        if not kind.holds(value):
            return False
        return not hasattr(value, "__len__") or (size.low <= len(value) and (high is None or len(value) <= high))

    return Kind(lambda: f"{kind.text}, {words} of them", holds, kind.names, kind.range, kind.rows, kind.parts)


def _tuple(inside: tuple[Any, ...], marks: tuple[Any, ...]) -> Kind:
    if len(inside) == 2 and inside[1] is Ellipsis:
        return _holder(tuple, inside[:1], marks)
    parts = [kind_of(part, marks) for part in inside]
    return Kind(
        lambda: f"a tuple of {len(parts)}: {listed((part.text for part in parts), 'and')}",
        lambda value: (
            isinstance(value, tuple)
            and len(value) == len(parts)
            and all(part.holds(entry) for part, entry in zip(parts, value, strict=True))
        ),
        lambda: tuple(name for part in parts for name in part.names()),
        next((part.range for part in parts if part.range), None),
    )


_HOLDERS: Final[dict[Any, str]] = {tuple: "a tuple", frozenset: "a frozenset", list: "a list", set: "a set"}


def _holder(origin: Any, inside: tuple[Any, ...], marks: tuple[Any, ...]) -> Kind:
    entry = kind_of(inside[0], marks)
    good = entry.holds
    return Kind(
        lambda: f"{_HOLDERS[origin]}, each entry {entry.text}",
        lambda value: isinstance(value, origin) and all(map(good, value)),
        entry.names, entry.range, entry.rows, entry.parts, entries_by_type=entry.by_type,
    )  # fmt: skip


def _mapping(inside: tuple[Any, ...], marks: tuple[Any, ...]) -> Kind:
    key, entry = (kind_of(part, marks) for part in inside)
    return Kind(
        lambda: f"a mapping, each key {key.text}, each value {entry.text}",
        lambda value: (
            isinstance(value, Mapping) and all(map(key.holds, value)) and all(map(entry.holds, value.values()))
        ),
        key.names,
    )


def _instance(cls: Any, rows: Rows | None) -> Kind:
    """An object of a class, or for a Protocol one that has its parts; a class in place of its object is neither."""
    article = "an" if cls.__name__[0] in "AEIO" else "a"
    words = f"{article} {cls.__name__}"
    if issubclass(cls, Enum):
        words += f" ({listed(str(member.value) for member in cls)})" if len(cls) < 12 else ""
    if not getattr(cls, "_is_protocol", False):
        return Kind(lambda: words, lambda value: isinstance(value, cls), rows=rows, parts=(cls,), by_type=True)
    members = tuple(
        name for part in cls.__mro__[:-1] if getattr(part, "_is_protocol", False) and part.__module__ != "typing"
        for name in {*vars(part), *getattr(part, "__annotations__", {})}
        if not name.startswith("_") or name == "__call__"
    )  # fmt: skip
    return Kind(
        lambda: f"{words} (it has {listed(sorted(members), 'and')})",
        lambda value: not isinstance(value, type) and all(hasattr(value, name) for name in members),
        rows=rows,
    )
