"""State machines of management objects as tables: state, event, move.

A pair without a move is refused; which status the refusal has depends on who caused the event.  Code looks moves up
here; drawings, documentation and the test of every pair are made from the same table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final, Self

from dmkit.ddf.spec import Basis
from dmkit.words.codes import StatusCode
from dmkit.words.records import dataclass

__all__ = ["Machine", "MoveRefused", "ObjectEvent", "ObjectMove", "ObjectState", "ResultCode", "codes"]


class ObjectState(IntEnum):
    """A state with its number in the tree, what it ``meaning``s, and whether work is under way in it (``busy``)."""

    meaning: str
    busy: bool
    final: bool

    def __new__(cls, value: int, meaning: str = "", busy: bool = False, final: bool = False) -> Self:
        """Make the member for ``value``."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.meaning, member.busy, member.final = meaning, busy, final
        return member

    @property
    def is_over(self) -> bool:
        """True for a state in which one thing has come to its end."""
        return self.final

    def __str__(self) -> str:
        return f"{self.value} {self.meaning}"


class ObjectEvent(StrEnum):
    """What happens to an object; ``by`` says who causes it: a command of the "server", or the "device" itself.

    >>> from dmkit.mo.fumo import FumoEvent
    >>> sorted({event.by for event in FumoEvent})
    ['device', 'server']
    """

    by: str

    def __new__(cls, value: str, by: str = "device") -> Self:
        """Make the member for ``value``."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.by = by
        return member


@dataclass(frozen=True, slots=True)
class ObjectMove:
    """Where an event leads: ``to``, through the states ``via``; where that is written, and on what it rests.

    >>> from dmkit.mo.lawmo import MACHINE
    >>> next(iter(next(iter(MACHINE.table.values())).values())).to.name
    'LOCKED'
    """

    to: ObjectState
    via: tuple[ObjectState, ...] = ()
    basis: Basis = Basis.ESTABLISHED
    source: str = ""

    def __bool__(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class MoveRefused:
    """No move: the status to answer (None: nobody asked, the event is passed over) and why.  False in a test.

    >>> bool(MoveRefused(None, "the battery is flat"))
    False
    """

    status: StatusCode | None
    why: str

    def __bool__(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine: ``table`` of moves, the ``first`` state, and the ``spots`` (column, row) of states in a drawing.

    >>> from dmkit.mo.lawmo import MACHINE
    >>> MACHINE.name, MACHINE.first.name
    ('lawmo', 'UNLOCKED')
    """

    name: str
    first: ObjectState
    events: type[ObjectEvent]
    table: Mapping[ObjectState, Mapping[ObjectEvent, ObjectMove]]
    spots: Mapping[ObjectState, tuple[int, int]] = field(default_factory=lambda: MappingProxyType({}))

    def move(
        self, state: ObjectState, event: ObjectEvent, *, busy: int = 403, wrong: int = 405
    ) -> ObjectMove | MoveRefused:
        """The move for ``event`` in ``state``, or the refusal: ``busy`` while work is under way, else ``wrong``."""
        found = self.table[state].get(event)
        if found is not None:
            return found
        if event.by != "server":
            return MoveRefused(None, f"{event.value} does not happen in state {state}")
        if state.busy:
            return MoveRefused(StatusCode(busy), f"{event.value}: the object is in state {state} and goes on with that")
        possible = ", ".join(sorted(e.value for e in self.table[state] if e.by == "server")) or "nothing"
        return MoveRefused(StatusCode(wrong), f"{event.value}: not in state {state}; possible there: {possible}")

    def pairs(self) -> Iterator[tuple[ObjectState, ObjectEvent, ObjectMove | MoveRefused]]:
        """Every state with every event."""
        for state in self.table:
            for event in self.events:
                yield state, event, self.move(state, event)

    @property
    def transitions(self) -> Mapping[str, Mapping[ObjectState, Mapping[ObjectEvent, ObjectState]]]:
        """The table in the shape of ``session.states.TRANSITIONS``, with the name of the machine as the role."""
        return {self.name: {s: {e: m.to for e, m in moves.items()} for s, moves in self.table.items()}}

    def bases(self) -> dict[Basis, int]:
        """How many moves rest on what."""
        found = [move.basis for moves in self.table.values() for move in moves.values()]
        return {basis: found.count(basis) for basis in Basis if basis in found}


@dataclass(frozen=True, slots=True)
class ResultCode:
    """A result code: number, words, and on what it rests.

    >>> from dmkit.mo import OBJECTS
    >>> OBJECTS["fumo"].results[200].phrase
    'success'
    """

    number: int
    phrase: str
    basis: Basis = Basis.ESTABLISHED
    source: str = ""

    @property
    def is_success(self) -> bool:
        """True for the 2xx of its space (200 to 299, or 1200 to 1299)."""
        return self.number % 1000 // 100 == 2

    def __str__(self) -> str:
        return f"{self.number} {self.phrase}"


_LINE: Final = " "


def codes(text: str, basis: Basis, source: str) -> Mapping[int, ResultCode]:
    """A table of codes from lines "number phrase"; ``proposal`` and such as a last word in brackets marks one code.

    >>> table = codes("200 success\\n499 our own [proposal]", Basis.ESTABLISHED, "FUMO §6.2.4")
    >>> str(table[200]), table[499].basis.value, table[499].is_success
    ('200 success', 'proposal', False)
    """
    found: dict[int, ResultCode] = {}
    for line in text.strip().splitlines():
        number, _, phrase = line.strip().partition(_LINE)
        mark = next((b for b in Basis if phrase.endswith(f" [{b.value}]")), None)
        own = phrase.removesuffix(f" [{mark.value}]") if mark else phrase
        found[int(number)] = ResultCode(int(number), own, mark or basis, source)
    return MappingProxyType(found)
