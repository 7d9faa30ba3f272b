"""Children of a node, by name: values, so that a change gives another one and shares what it can.

Few children are in places of the node itself, and ``Children`` shows them.  Many are a ``Wide``: a trie over the hash
of the name, of which a change copies one path, so 10,000 Adds under one parent take n log n and not n squared steps.
Both keep the order in which names came.

>>> many = Wide.of({str(n): n for n in range(100)})
>>> list(many.with_child("7", 0).values())[5:9], hash(many) == hash(many.with_child("7", 7))
([5, 6, 0, 8], True)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Generic, TypeVar

import msgspec
from msgspec.structs import astuple

from dmkit.words.trie import FAN, Trie, cut, entries, leaf, put

__all__ = ["FEW", "PLACES", "Children", "Wide", "alike", "children_of"]

_T = TypeVar("_T")


FEW: Final = 64
"""Children up to which a node is copied with all of them: then a copy costs less than a path of the trie."""
PLACES: Final = tuple(f"child{at}" for at in range(FEW))
"""Where a node has them."""


class Children(msgspec.Struct, Generic[_T], frozen=True, eq=False, gc=False):
    """The children of a node that has few, as a mapping; it is made when somebody asks."""

    of: Any

    def __getitem__(self, name: str) -> _T:
        found: _T = getattr(self.of, self.of.form.at[name])
        return found

    def get(self, name: str, default: Any = None) -> Any:
        """The child called ``name``."""
        place = self.of.form.at.get(name)
        return default if place is None else getattr(self.of, place)

    def __contains__(self, name: object) -> bool:
        return name in self.of.form.at

    def __len__(self) -> int:
        return len(self.of.form.at)

    def __iter__(self) -> Iterator[str]:
        return iter(self.of.form.at)

    def __reversed__(self) -> Iterator[str]:
        return reversed(list[str](self.of.form.at))

    def keys(self) -> Any:
        """The names, in order."""
        return self.of.form.at.keys()

    def items(self) -> Any:
        """Names and children, in order."""
        return dict(zip(self.of.form.at, astuple(self.of)[2:], strict=True)).items()

    def values(self) -> tuple[_T, ...]:
        """The children, in order."""
        return astuple(self.of)[2:]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Children) and self.of.form.at is other.of.form.at:
            return self.of is other.of or bool(self.values() == other.values())
        return isinstance(other, Mapping) and len(self) == len(other) and dict(self.items()) == dict(other.items())

    def __ne__(self, other: object) -> bool:  # a struct has one of its own
        return not self == other

    def __hash__(self) -> int:
        return hash(frozenset(zip(self.of.form.at, self.values(), strict=True)))

    def __repr__(self) -> str:
        return repr(dict(self.items()))

    def _never(self, *args: object, **named: object) -> Any:
        raise TypeError("children of a node do not change; Tree.set and its like give another tree")

    __setitem__ = __delitem__ = clear = pop = popitem = setdefault = update = __ior__ = _never

    def __reduce__(self) -> tuple[Any, ...]:
        return children_of, (dict(self.items()),)


Mapping.register(Children)


class Wide(Mapping[str, _T]):
    """Many children: name to child, in the order in which the names came; a trie from the first change on."""

    __slots__ = ("_hash", "_last", "_size", "_sorted", "_trie")

    def __init__(self, trie: Trie, size: int, last: int) -> None:
        self._trie, self._size, self._last = trie, size, last

    @classmethod
    def of(cls, children: Mapping[str, _T]) -> Wide[_T]:
        """Those of a mapping."""
        if isinstance(children, Wide):
            return children
        made: Wide[_T] = cls(None, len(children), len(children))
        made._sorted = dict(children.items())
        return made

    def near(self, name: str) -> Iterable[str]:
        """Names that lie where ``name`` would: all that differ from it in case only are among them."""
        self.leaf(name)
        found, rest = self._trie, hash(name.casefold())
        for _ in range(_FOLDED // FAN):
            if found.__class__ is not tuple:
                break
            found = found[rest & ((1 << FAN) - 1)]
            rest >>= FAN
        return (name for name, _ in entries(found))

    def leaf(self, name: str) -> dict[str, tuple[int, Any]]:
        """What lies where ``name`` does."""
        if self._trie is None:
            self._trie = {}
            for at, (other, child) in enumerate(self._sorted.items()):
                self._trie = put(self._trie, other, _hash, (at, child))
        return leaf(self._trie, _hash(name))

    def __getitem__(self, name: str) -> _T:
        found: _T = self._sorted[name] if self._trie is None else leaf(self._trie, _hash(name))[name][1]
        return found

    def get(self, name: str, default: Any = None) -> Any:
        """The child called ``name``."""
        if self._trie is None:
            return self._sorted.get(name, default)
        found = leaf(self._trie, _hash(name)).get(name)
        return default if found is None else found[1]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in (self._sorted if self._trie is None else leaf(self._trie, _hash(name)))

    def __len__(self) -> int:
        return self._size

    def _in_order(self) -> dict[str, _T]:
        try:
            return self._sorted
        except AttributeError:
            found = sorted(entries(self._trie), key=lambda entry: entry[1][0])
            self._sorted: dict[str, _T] = {name: child for name, (_, child) in found}
            return self._sorted

    def __iter__(self) -> Iterator[str]:
        return iter(self._in_order())

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._in_order())

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
        old = self.leaf(name).get(name)
        at = self._last + 1 if old is None else old[0]
        trie = put(self._trie, name, _hash, (at, child))
        return Wide(trie, self._size + (old is None), self._last + (old is None))

    def without_child(self, name: str) -> Wide[_T]:
        """The same without ``name``, which is there."""
        self.leaf(name)
        return Wide(cut(self._trie, name, _hash), self._size - 1, self._last)

    def renamed(self, name: str, other: str, child: _T) -> Wide[_T]:
        """The same with ``child`` as ``other``, a new name, where ``name`` was in the order."""
        at, _ = self.leaf(name)[name]
        trie = put(cut(self._trie, name, _hash), other, _hash, (at, child))
        return Wide(trie, self._size, self._last)


_FOLDED: Final = 60
"""Bits that names which differ in case only have in common."""


def _hash(name: str) -> int:
    """Names that differ in case only lie below one part, so that ``alike`` finds them without looking at all."""
    return hash(name.casefold()) & ((1 << _FOLDED) - 1) | hash(name) << _FOLDED


def children_of(children: Mapping[str, _T]) -> Mapping[str, _T]:
    """``children`` as a value of its own: what a pickle of them gives."""
    return Wide.of(children)


def alike(children: Mapping[str, Any], name: str) -> Iterator[str]:
    """Names among ``children`` that are ``name`` or differ from it in case only, in no particular order."""
    folded = name.casefold()
    near = children.near(name) if isinstance(children, Wide) else children
    return (other for other in near if other.casefold() == folded)
