"""Where a search has been: a state is one number to look it up by, and two to find the way back.

Four numbers of a state are packed into one, with nothing lost: no two states have the same.  What led there is the
number of the state before, and which of its moves it was; the moves are made again when somebody wants to see them.

>>> from dmkit.attack.powers import Attacker
>>> from dmkit.attack.world import StateSpace
>>> here = StateSpace("md5 per session", Attacker.of())
>>> visited = Visited(here)
>>> visited.add(here.first, 0, 0), visited.add(here.first, 0, 0), len(visited)
(True, False, 1)
"""

from __future__ import annotations

from array import array
from itertools import islice

from dmkit.attack.places import Numbering, SearchState, Transition
from dmkit.attack.world import StateSpace

__all__ = ["Visited"]

_WIDTH = 32


class Visited:
    """The states of ``space`` that a search has come to, in the order in which it did."""

    def __init__(self, space: StateSpace) -> None:
        self.space = space
        self._airs = Numbering()
        self._left: dict[int, int] = {}
        self._parents, self._moves = array("q"), array("q")

    def __len__(self) -> int:
        return len(self._parents)

    def add(self, place: SearchState, parent: int, move: int) -> bool:
        """Come to ``place`` by move number ``move`` of state number ``parent``; False when that is nothing new.

        A state that was there before, with as many deeds left or more, is not new.
        """
        phone, server, air, known, left = place
        key = ((phone << _WIDTH | server) << _WIDTH | self._airs.of(air)) << _WIDTH | known
        if self._left.get(key, -1) >= left:
            return False
        self._left[key] = left
        self._parents.append(parent)
        self._moves.append(move)
        return True

    def way(self, number: int, last: Transition) -> tuple[Transition, ...]:
        """All moves from the first state to state ``number``, and ``last``."""
        steps: list[int] = []
        while number:
            steps.append(self._moves[number])
            number = self._parents[number]
        place = self.space.plain(self.space.first)
        moves: list[Transition] = []
        for step in reversed(steps):
            move = next(islice(self.space.moves(place), step, None))
            moves.append(move)
            place = self.space.plain(move.to)
        return (*moves, last)
