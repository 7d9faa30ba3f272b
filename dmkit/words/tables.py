"""Tables and queues that are values: a change gives another one, shares nearly all with it, and costs no look at all.

An engine is a value, and what it holds for thousands of peers changes with each message.  A tuple of them is looked
through and copied each time; a ``Table`` copies one path of a trie, a ``Queue`` one side of a leftist heap.

>>> table = Table({"a": 1, "b": 2}).put("a", 3).without("b").put("c", 4)
>>> table["a"], "b" in table, list(table), table == {"c": 4, "a": 3}
(3, False, ['a', 'c'], True)
>>> queue = Queue([(5.0, "late"), (2.0, "early")]).put(3.0, "between")
>>> queue.first, [item for _, item in queue.rest]
((2.0, 'early'), ['between', 'late'])
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter
from typing import Any, Generic, TypeVar

from dmkit.words.trie import Trie, cut, entries, leaf, put

__all__ = ["Queue", "Table"]

_K = TypeVar("_K")
_V = TypeVar("_V")


class Table(Mapping[_K, _V]):
    """Key to value, in the order in which keys came; each change costs a path, whatever the size."""

    __slots__ = ("_last", "_size", "_trie")

    def __init__(self, given: Mapping[_K, _V] | None = None) -> None:
        self._trie: Trie = {}
        self._size = self._last = 0
        for key, value in (given or {}).items():
            self._trie = put(self._trie, key, hash, (self._last, value))
            self._size = self._last = self._last + 1

    def __getitem__(self, key: _K) -> _V:
        found: _V = leaf(self._trie, hash(key))[key][1]
        return found

    def put(self, key: _K, value: _V) -> Table[_K, _V]:
        """The same with ``value`` for ``key``, in its old place or behind the others."""
        old = leaf(self._trie, hash(key)).get(key)
        entry = (self._last if old is None else old[0], value)
        new = old is None
        return _made(put(self._trie, key, hash, entry), self._size + new, self._last + new)

    def without(self, key: _K) -> Table[_K, _V]:
        """The same without ``key``; itself when there is none."""
        if key not in leaf(self._trie, hash(key)):
            return self
        return _made(cut(self._trie, key, hash), self._size - 1, self._last)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[_K]:
        return iter([key for key, _ in sorted(entries(self._trie), key=_place)])

    def values(self) -> Any:
        """The values, in order."""
        return [entry[1] for _, entry in sorted(entries(self._trie), key=_place)]

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Mapping) and len(self) == len(other) and dict(self.items()) == other)

    def __hash__(self) -> int:
        return hash(frozenset(self.items()))

    def __repr__(self) -> str:
        return f"Table({dict(zip(self, self.values(), strict=True))!r})"

    def __reduce__(self) -> tuple[Any, ...]:  # hashes of texts differ in another process
        return Table, (dict(zip(self, self.values(), strict=True)),)


def _made(trie: Trie, size: int, last: int) -> Table[Any, Any]:
    made: Table[Any, Any] = Table.__new__(Table)
    made._trie, made._size, made._last = trie, size, last
    return made


def _place(entry: tuple[Any, tuple[int, Any]]) -> int:
    return entry[1][0]


_Heap = Any  # None, or (rank, when, item, left, right): neither side has an earlier ``when``


class Queue(Generic[_V]):
    """Items in the order of a number, which may be a time; of one number in no certain order."""

    __slots__ = ("_heap", "_size")

    def __init__(self, given: Iterable[tuple[float, _V]] = ()) -> None:
        self._heap: _Heap = None
        self._size = 0
        for when, item in given:
            self._heap = _merged(self._heap, (1, when, item, None, None))
            self._size += 1

    @property
    def first(self) -> tuple[float, _V] | None:
        """The first number with its item; None of an empty queue."""
        return None if self._heap is None else self._heap[1:3]

    @property
    def rest(self) -> Queue[_V]:
        """The same without the first; itself when it is empty."""
        return self if self._heap is None else _queue(_merged(self._heap[3], self._heap[4]), self._size - 1)

    def put(self, when: float, item: _V) -> Queue[_V]:
        """The same with one more item."""
        return _queue(_merged(self._heap, (1, when, item, None, None)), self._size + 1)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[tuple[float, _V]]:
        found, left = [], [self._heap]
        while left:
            node = left.pop()
            if node is not None:
                found.append(node[1:3])
                left += node[3:]
        return iter(sorted(found, key=itemgetter(0)))

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Queue) and len(self) == len(other) and list(self) == list(other))

    def __hash__(self) -> int:
        return hash(frozenset(self))

    def __repr__(self) -> str:
        return f"Queue({list(self)!r})"

    def __reduce__(self) -> tuple[Any, ...]:  # a heap may be as deep as it is long
        return Queue, (list(self),)


def _queue(heap: _Heap, size: int) -> Queue[Any]:
    made: Queue[Any] = Queue.__new__(Queue)
    made._heap, made._size = heap, size
    return made


def _merged(one: _Heap, other: _Heap) -> _Heap:
    """Both in one; the right side of a heap is short, and only right sides are walked."""
    if one is None or other is None:
        return one or other
    if other[1] < one[1]:
        one, other = other, one
    _, when, item, left, right = one
    right = _merged(right, other)
    if left is None or left[0] < right[0]:
        left, right = right, left
    return (1 if right is None else right[0] + 1, when, item, left, right)
