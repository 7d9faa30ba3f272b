"""Children of a node, by name: values, so that a change gives another one and shares what it can.

Few children are their names, a dict to their places that all who have the same names share, and themselves in a tuple:
another child in a place is another tuple.  Many are a ``Wide``: a
trie over the hash of the name, of which a change copies one path, so 10,000 Adds under one parent take n log n and not
n squared steps.  Both keep the order in which names came, and their hash once it is known.

>>> one = children_of({"A": 1, "B": 2})
>>> dict(with_child(one, "C", 3)), dict(without_child(one, "A")), len(one)
({'A': 1, 'B': 2, 'C': 3}, {'B': 2}, 2)
>>> many = children_of({str(n): n for n in range(100)})
>>> type(many).__name__, list(with_child(many, "7", 0).values())[5:9], hash(many) == hash(with_child(many, "7", 7))
('Wide', [5, 6, 0, 8], True)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Generic, TypeVar

import msgspec

__all__ = ["Children", "Wide", "alike", "children_of", "hash_of", "with_child", "without_child"]

_T = TypeVar("_T")


FEW: Final = 64
"""Children up to which a dict is copied as a whole: then a copy costs less than a path of the trie."""
_FULL: Final = 16
_FAN: Final = 5
_MASK: Final = (1 << _FAN) - 1


class Children(msgspec.Struct, Generic[_T], frozen=True, eq=False, gc=False):
    """A few children: ``at`` has the place of each name in ``all``, in order; neither is ever changed."""

    at: Mapping[str, int] = {}
    all: tuple[_T, ...] = ()
    _hash: int | None = None

    @classmethod
    def of(cls, children: Mapping[str, _T]) -> Children[_T]:
        """Those of a mapping."""
        return cls({name: at for at, name in enumerate(children)}, tuple(children.values()))

    def __getitem__(self, name: str) -> _T:
        return self.all[self.at[name]]

    def get(self, name: str, default: Any = None) -> Any:
        """The child called ``name``."""
        at = self.at.get(name)
        return default if at is None else self.all[at]

    def __contains__(self, name: object) -> bool:
        return name in self.at

    def __len__(self) -> int:
        return len(self.all)

    def __iter__(self) -> Iterator[str]:
        return iter(self.at)

    def keys(self) -> Any:
        """The names, in order."""
        return self.at.keys()

    def items(self) -> Any:
        """Names and children, in order."""
        return dict(zip(self.at, self.all, strict=True)).items()

    def values(self) -> tuple[_T, ...]:
        """The children, in order."""
        return self.all

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if isinstance(other, Children) and self.at is other.at:
            return bool(self.all == other.all)
        return isinstance(other, Mapping) and len(self) == len(other) and dict(self.items()) == dict(other.items())

    def __hash__(self) -> int:
        known = self._hash
        if known is None:
            known = hash(frozenset(zip(self.at, self.all, strict=True)))
            msgspec.structs.force_setattr(self, "_hash", known)
        return known

    def __repr__(self) -> str:
        return repr(dict(self.items()))

    def _never(self, *args: object, **named: object) -> Any:
        raise TypeError("children of a node do not change; Tree.set and its like give another tree")

    __setitem__ = __delitem__ = clear = pop = popitem = setdefault = update = __ior__ = _never

    def __reduce__(self) -> tuple[Any, ...]:
        return children_of, (dict(self.items()),)


Mapping.register(Children)


_Leaf = dict[str, tuple[int, Any]]
_Trie = Any  # a _Leaf, or 32 of these


class Wide(Mapping[str, _T]):
    """Many children: name to child, in the order in which the names came."""

    __slots__ = ("_hash", "_last", "_size", "_sorted", "_trie")

    def __init__(self, trie: _Trie, size: int, last: int) -> None:
        self._trie, self._size, self._last = trie, size, last

    def __getitem__(self, name: str) -> _T:
        found: _T = _leaf(self._trie, name)[name][1]
        return found

    def get(self, name: str, default: Any = None) -> Any:
        """The child called ``name``."""
        found = _leaf(self._trie, name).get(name)
        return default if found is None else found[1]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in _leaf(self._trie, name)

    def __len__(self) -> int:
        return self._size

    def _in_order(self) -> dict[str, _T]:
        try:
            return self._sorted
        except AttributeError:
            found = sorted(_entries(self._trie), key=lambda entry: entry[1][0])
            self._sorted: dict[str, _T] = {name: child for name, (_, child) in found}
            return self._sorted

    def __iter__(self) -> Iterator[str]:
        return iter(self._in_order())

    def items(self) -> Any:
        """Names and children, in order."""
        return self._in_order().items()

    def values(self) -> Any:
        """The children, in order."""
        return self._in_order().values()

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Mapping) and len(self) == len(other) and dict(self.items()) == other)

    def __hash__(self) -> int:
        try:
            return self._hash
        except AttributeError:
            self._hash: int = hash(frozenset(self.items()))
            return self._hash

    def __repr__(self) -> str:
        return repr(dict(self.items()))

    def __reduce__(self) -> tuple[Any, ...]:  # hashes of names differ in another process
        return children_of, (dict(self.items()),)

    def with_child(self, name: str, child: _T) -> Wide[_T]:
        """The same with ``child`` as ``name``, in its old place or behind the others."""
        old = _leaf(self._trie, name).get(name)
        at = self._last + 1 if old is None else old[0]
        trie = _put(self._trie, name, _hash(name), 0, (at, child))
        return Wide(trie, self._size + (old is None), self._last + (old is None))

    def without_child(self, name: str) -> Wide[_T]:
        """The same without ``name``, which is there."""
        return Wide(_cut(self._trie, name, _hash(name)), self._size - 1, self._last)


def _hash(name: str) -> int:
    """Names that differ in case only lie together, so that ``alike`` finds them without looking at all."""
    return hash(name.casefold())


def _leaf(trie: _Trie, name: str) -> _Leaf:
    rest = _hash(name)
    while trie.__class__ is tuple:
        trie = trie[rest & _MASK]
        rest >>= _FAN
    leaf: _Leaf = trie
    return leaf


def _put(trie: _Trie, name: str, rest: int, depth: int, entry: tuple[int, Any]) -> _Trie:
    if trie.__class__ is tuple:
        at = rest & _MASK
        return (*trie[:at], _put(trie[at], name, rest >> _FAN, depth + 1, entry), *trie[at + 1 :])
    leaf = {**trie, name: entry}
    if len(leaf) <= _FULL or depth > 60 // _FAN:
        return leaf
    parts: list[_Leaf] = [{} for _ in range(_MASK + 1)]
    for key, value in leaf.items():
        parts[(_hash(key) >> depth * _FAN) & _MASK][key] = value
    return tuple(parts)


def _cut(trie: _Trie, name: str, rest: int) -> _Trie:
    if trie.__class__ is tuple:
        at = rest & _MASK
        return (*trie[:at], _cut(trie[at], name, rest >> _FAN), *trie[at + 1 :])
    return {key: value for key, value in trie.items() if key != name}


def _entries(trie: _Trie) -> Iterator[tuple[str, tuple[int, Any]]]:
    if trie.__class__ is tuple:
        for part in trie:
            yield from _entries(part)
    else:
        yield from trie.items()


# -- what trees use -----------------------------------------------------------------------------------


def children_of(children: Mapping[str, _T]) -> Mapping[str, _T]:
    """``children`` as a node holds them."""
    given: Any = children
    if given.__class__ is Children or given.__class__ is Wide:
        return children
    if len(children) <= FEW:
        few: Any = Children.of(children)
        return few  # type: ignore[no-any-return]
    trie: _Trie = {}
    for at, (name, child) in enumerate(children.items()):
        trie = _put(trie, name, _hash(name), 0, (at, child))
    return Wide(trie, len(children), len(children))


def with_child(children: Mapping[str, _T], name: str, child: _T) -> Mapping[str, _T]:
    """``children`` with ``child`` as ``name``."""
    given: Any = children
    if given.__class__ is Children:
        at = given.at.get(name)
        if at is not None:
            every = list(given.all)
            every[at] = child
            given = Children(given.at, tuple(every))
        elif len(given.all) < FEW:
            given = Children({**given.at, name: len(given.all)}, (*given.all, child))
        else:
            given = children_of({**given, name: child})
    elif given.__class__ is Wide:
        given = given.with_child(name, child)
    else:
        given = children_of({**given, name: child})
    return given  # type: ignore[no-any-return]


def without_child(children: Mapping[str, _T], name: str) -> Mapping[str, _T]:
    """``children`` without ``name``, whether it is there or not."""
    if name not in children:
        return children
    if children.__class__ is Wide:
        return children.without_child(name)
    return children_of({other: child for other, child in children.items() if other != name})


def alike(children: Mapping[str, Any], name: str) -> Iterator[str]:
    """Names among ``children`` that are ``name`` or differ from it in case only, in no particular order."""
    folded = name.casefold()
    near = _leaf(children._trie, name) if isinstance(children, Wide) else children
    return (other for other in near if other.casefold() == folded)


def hash_of(children: Mapping[str, Any]) -> int:
    """A hash that agrees with equality, whatever mapping it is."""
    if isinstance(children, Children | Wide):
        return hash(children)
    return hash(frozenset(children.items()))
