"""The life of a schedule and of its components: one table of states and events.

The states, and most rows, are the sheet's proposal (§4); that all are inactive after installation, that one becomes
active at the start, and that its end may start the next is evidence (P3); rows marked ``ours`` close gaps.

>>> step(State.ACTIVE, Move.FIRE)
<State.RUNNING: 40>
>>> step(State.FINISHED, Move.FIRE)
Traceback (most recent call last):
    ...
dmkit.words.errors.LocalProtocolError: a schedule in state Finished: 'conditions and gate hold' is not allowed; ...
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dmkit.ddf.spec import Basis
from dmkit.mo import machine
from dmkit.mo.machine import Machine
from dmkit.words.errors import LocalProtocolError

__all__ = ["MACHINE", "TRANSITIONS", "Move", "State", "overall", "step"]


class State(machine.State):
    """Value of the State leaves; ABSENT has none.  The numbers are a proposal."""

    ABSENT = 0, "Absent"
    INSTALLED = 10, "Installed"
    INACTIVE = 20, "Inactive"
    ACTIVE = 30, "Active"
    RUNNING = 40, "Running", True
    REPORTING = 50, "Reporting", True
    SUSPENDED = 60, "Suspended"
    FINISHED = 70, "Finished", False, True
    EXPIRED = 80, "Expired", False, True
    FAILED = 90, "Failed", False, True


class Move(machine.Event):
    """What happens to a component."""

    INSTALL = "added, complete and valid", "server"
    BREAK = "the session ended and it is not valid"
    CHANGE = "changed, and valid", "server"
    DELETE = "deleted", "server"
    START = "started, or its turn", "server"
    REST = "the session ended, its turn comes later"
    STOP = "stopped", "server"
    EXPIRE = "Valid/To passed"
    FIRE = "conditions and gate hold"
    REFUSED = "the user said no, due again"
    REFUSED_LAST = "the user said no, not due again"
    CANCEL = "missed, rule 0, due again"
    CANCEL_LAST = "missed, rule 0, not due again"
    RUN_LATE = "missed, rule 1"
    PUT_OFF = "missed, rule 2, or the user chose a time"
    DONE = "all tasks done"
    ERROR = "a task failed, no retry left"
    REPORTED = "report sent or gated, due again"
    REPORTED_LAST = "report sent or gated, not due again"
    REPORTED_NEXT = "report sent or gated, a successor waits"
    SUSPEND = "device off, or battery low"
    RESUME = "device back, nothing missed"
    REVIVE = "the clock was set back, due again"
    REVIVE_OVER = "the clock was set back, as before"


_ANY: Final = {
    Move.CHANGE: State.INSTALLED,
    Move.DELETE: State.ABSENT,
    Move.STOP: State.INACTIVE,
    Move.EXPIRE: State.EXPIRED,
    Move.BREAK: State.FAILED,
}

TRANSITIONS: Final[Mapping[State, Mapping[Move, State]]] = {
    State.ABSENT: {Move.INSTALL: State.INSTALLED, Move.BREAK: State.FAILED},
    State.INSTALLED: {**_ANY, Move.START: State.ACTIVE, Move.REST: State.INACTIVE},
    State.INACTIVE: {**_ANY, Move.START: State.ACTIVE, Move.REVIVE: State.ACTIVE},
    State.ACTIVE: {
        **_ANY,
        Move.FIRE: State.RUNNING,
        Move.RUN_LATE: State.RUNNING,
        Move.PUT_OFF: State.ACTIVE,
        Move.REFUSED: State.ACTIVE,
        Move.REFUSED_LAST: State.INACTIVE,
        Move.CANCEL: State.ACTIVE,
        Move.CANCEL_LAST: State.INACTIVE,
        Move.SUSPEND: State.SUSPENDED,
    },
    State.RUNNING: {
        **_ANY,
        Move.DONE: State.REPORTING,
        Move.ERROR: State.REPORTING,
        Move.SUSPEND: State.SUSPENDED,
    },
    State.REPORTING: {
        **_ANY,
        Move.REPORTED: State.ACTIVE,
        Move.REPORTED_LAST: State.FINISHED,
        Move.REPORTED_NEXT: State.INACTIVE,
    },
    State.SUSPENDED: {
        **_ANY,
        Move.RESUME: State.ACTIVE,
        Move.RUN_LATE: State.RUNNING,
        Move.PUT_OFF: State.ACTIVE,
        Move.REFUSED: State.ACTIVE,
        Move.REFUSED_LAST: State.INACTIVE,
        Move.CANCEL: State.ACTIVE,
        Move.CANCEL_LAST: State.INACTIVE,
    },
    State.FINISHED: {**_ANY, Move.REVIVE: State.ACTIVE},
    State.EXPIRED: {
        **{m: s for m, s in _ANY.items() if m is not Move.EXPIRE},
        Move.REVIVE: State.ACTIVE,
        Move.REVIVE_OVER: State.FINISHED,
    },
    State.FAILED: {m: s for m, s in _ANY.items() if m is not Move.EXPIRE},
}
"""State -> what may happen -> the state after it; what is not here is refused."""

_OURS: Final = frozenset({
    (State.SUSPENDED, Move.RESUME), (State.SUSPENDED, Move.CANCEL), (State.SUSPENDED, Move.REFUSED),
    (State.SUSPENDED, Move.REFUSED_LAST), (State.ACTIVE, Move.RUN_LATE), (State.ACTIVE, Move.PUT_OFF),
    (State.ACTIVE, Move.CANCEL), (State.ACTIVE, Move.CANCEL_LAST), (State.ABSENT, Move.BREAK),
    *((state, move) for state in State if state for move in (Move.CHANGE, Move.DELETE, Move.BREAK)),
    (State.INACTIVE, Move.REVIVE), (State.FINISHED, Move.REVIVE), (State.EXPIRED, Move.REVIVE),
    (State.EXPIRED, Move.REVIVE_OVER),
})  # fmt: skip
"""Pairs that the sheet does not have; the others are its rows."""

_EVIDENCE: Final = frozenset({
    (State.INSTALLED, Move.REST), (State.INSTALLED, Move.START), (State.INACTIVE, Move.START),
    (State.REPORTING, Move.REPORTED_NEXT), (State.SUSPENDED, Move.RUN_LATE), (State.SUSPENDED, Move.PUT_OFF),
    (State.SUSPENDED, Move.CANCEL_LAST),
})  # fmt: skip
"""Pairs whose idea patents attest (P3, P5)."""


def _to(state: State, move: Move, after: State) -> machine.Move:
    if (state, move) in _OURS:
        return machine.Move(after, basis=Basis.PROPOSAL, source="ours: a gap in scheduling sheet §4")
    basis = Basis.EVIDENCE if (state, move) in _EVIDENCE else Basis.PROPOSAL
    return machine.Move(after, basis=basis, source="scheduling sheet §4")


MACHINE: Final = Machine(
    "schedule",
    State.ABSENT,
    Move,
    {state: {move: _to(state, move, after) for move, after in moves.items()} for state, moves in TRANSITIONS.items()},
    spots={
        State.ABSENT: (0, 0), State.INSTALLED: (1, 0), State.INACTIVE: (2, 0), State.ACTIVE: (2, 1),
        State.RUNNING: (1, 2), State.REPORTING: (2, 3), State.SUSPENDED: (0, 1), State.FINISHED: (3, 3),
        State.EXPIRED: (3, 1), State.FAILED: (3, 0),
    },
)  # fmt: skip
"""The same table as every object has it, with where each move comes from."""

_FIRST: Final = (
    State.RUNNING, State.REPORTING, State.SUSPENDED, State.ACTIVE, State.INSTALLED, State.FAILED, State.INACTIVE,
    State.EXPIRED, State.FINISHED,
)  # fmt: skip


def step(state: State, move: Move) -> State:
    """The next state; LocalProtocolError when the table has no such move."""
    after = TRANSITIONS[state].get(move)
    if after is None:
        allowed = ", ".join(repr(m.value) for m in TRANSITIONS[state]) or "nothing"
        raise LocalProtocolError(
            f"a schedule in state {state.meaning}: {move.value!r} is not allowed; allowed: {allowed}"
        )
    return after


def overall(states: list[State]) -> State:
    """State of a schedule from those of its components: the liveliest one; Finished only when one is left finished
    and none waits.

    >>> overall([State.INACTIVE, State.RUNNING]), overall([State.FINISHED, State.FINISHED])
    (<State.RUNNING: 40>, <State.FINISHED: 70>)
    """
    if State.FINISHED in states and set(states) <= {State.FINISHED, State.INACTIVE}:
        return State.FINISHED
    return next((state for state in _FIRST if state in states), State.INACTIVE)
