"""What came last, as a value: so many things and so much of them are kept, and of more the oldest are forgotten.

An engine that is a value tells what came of its work, for as long as it runs.  ``Kept`` is a tuple to whoever reads it;
one more thing costs the same however many are kept, and what strangers send never fills the memory.

>>> kept = Kept(most=3)
>>> for number in range(5):
...     kept = kept.put(number)
>>> kept, kept[-1], len(kept), kept == (2, 3, 4), kept.forgotten
((2, 3, 4), 4, 3, True, 2)
>>> Kept(["a" * 10, "b" * 10], room=15, weight=len)    # heavy things leave room for fewer
('bbbbbbbbbb',)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar, overload

__all__ = ["MOST_KEPT", "ROOM_KEPT", "Kept", "keep"]

_T = TypeVar("_T")

MOST_KEPT: Final = 100_000
"""Things that are kept where nobody says otherwise."""
ROOM_KEPT: Final = 1 << 24
"""What they may weigh together, in octets where nobody says otherwise."""

_SPARE: Final = 64
"""Things forgotten that may lie about, beside as many again as are kept; nor may they weigh more than there is room."""


def _nothing(item: object) -> int:
    return 0


class Kept(Sequence[_T]):
    """The last things of many, oldest first: at most ``most``, and at most ``room`` of what ``weight`` says of each.

    What came last is kept however heavy it is.  All that follow from one another share their things in one dict, by the
    number of each; whoever puts another thing behind an old value has a copy.
    """

    __slots__ = ("_first", "_heavy", "_next", "_things", "_weighs", "most", "room", "weight")

    def __init__(
        self,
        given: Iterable[_T] = (),
        *,
        most: int = MOST_KEPT,
        room: int = ROOM_KEPT,
        weight: Callable[[Any], int] = _nothing,
    ) -> None:
        self.most, self.room, self.weight = most, room, weight
        self._things: dict[int, tuple[_T, int]] = {}
        self._first = self._next = self._heavy = self._weighs = 0
        for item in given:
            self._be(self.put(item))

    @property
    def forgotten(self) -> int:
        """How many older ones there were."""
        return self._first

    def put(self, item: _T) -> Kept[_T]:
        """The same with ``item`` behind the others, and without the oldest where that is too much."""
        made: Kept[_T] = Kept.__new__(Kept)
        made.most, made.room, made.weight = self.most, self.room, self.weight
        things, first, at = self._things, self._first, self._next
        entry = item, self.weight(item)
        heavy, weighs = self._heavy + entry[1], self._weighs + entry[1]
        if at == first:  # an empty one is the default of many, which have nothing in common
            things, weighs = {at: entry}, heavy
        elif (
            things.setdefault(at, entry) is not entry
            or len(things) > 2 * (at - first) + _SPARE
            or weighs - heavy > self.room
        ):
            things, weighs = {**{number: things[number] for number in range(first, at)}, at: entry}, heavy
        while at >= first + self.most or (heavy > self.room and first < at):
            heavy -= things[first][1]
            first += 1
        made._things, made._first, made._next, made._heavy, made._weighs = things, first, at + 1, heavy, weighs
        return made

    def _be(self, other: Kept[_T]) -> None:
        """Have the things of ``other``."""
        self._things, self._first, self._next = other._things, other._first, other._next
        self._heavy, self._weighs = other._heavy, other._weighs

    def __len__(self) -> int:
        return self._next - self._first

    @overload
    def __getitem__(self, at: int) -> _T: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[_T, ...]: ...
    def __getitem__(self, at: int | slice) -> _T | tuple[_T, ...]:
        found = range(self._first, self._next)[at]
        return self._things[found][0] if isinstance(found, int) else tuple(self._things[one][0] for one in found)

    def __iter__(self) -> Iterator[_T]:
        return (self._things[at][0] for at in range(self._first, self._next))

    def __reversed__(self) -> Iterator[_T]:
        return (self._things[at][0] for at in range(self._next - 1, self._first - 1, -1))

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Kept | tuple) and len(self) == len(other) and all(map(_alike, self, other))

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (tuple(self), self._first, self.most, self.room, self.weight)


def keep(list_: list[_T], item: _T, most: int) -> None:
    """Put ``item`` behind a list that changes: the last ``most`` stay there, and never more than twice as many.

    >>> numbers = [1, 2, 3, 4]
    >>> keep(numbers, 5, 2)
    >>> numbers
    [4, 5]
    """
    list_.append(item)
    if len(list_) > 2 * most:
        del list_[: len(list_) - most]


def _alike(one: object, other: object) -> bool:
    return one is other or one == other


def _restored(given: tuple[Any, ...], first: int, most: int, room: int, weight: Callable[[Any], int]) -> Kept[Any]:
    made: Kept[Any] = Kept(given, most=most, room=room, weight=weight)
    made._things = {first + at: entry for at, entry in made._things.items()}
    made._first, made._next = first, first + made._next
    return made
