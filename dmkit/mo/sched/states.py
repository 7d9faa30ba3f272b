"""The life of a schedule and of its components: one table of states and events.

The states, and most rows, are the sheet's proposal (§4); that all are inactive after installation, that one becomes
active at the start, and that its end may start the next is evidence (P3); rows marked ``ours`` close gaps.

>>> step(ScheduleState.ACTIVE, ComponentMove.FIRE)
<ScheduleState.RUNNING: 40>
>>> step(ScheduleState.FINISHED, ComponentMove.FIRE)
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

__all__ = ["MACHINE", "TRANSITIONS", "ComponentMove", "ScheduleState", "overall", "step"]


class ScheduleState(machine.ObjectState):
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


class ComponentMove(machine.ObjectEvent):
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
    ComponentMove.CHANGE: ScheduleState.INSTALLED,
    ComponentMove.DELETE: ScheduleState.ABSENT,
    ComponentMove.STOP: ScheduleState.INACTIVE,
    ComponentMove.EXPIRE: ScheduleState.EXPIRED,
    ComponentMove.BREAK: ScheduleState.FAILED,
}

TRANSITIONS: Final[Mapping[ScheduleState, Mapping[ComponentMove, ScheduleState]]] = {
    ScheduleState.ABSENT: {ComponentMove.INSTALL: ScheduleState.INSTALLED, ComponentMove.BREAK: ScheduleState.FAILED},
    ScheduleState.INSTALLED: {
        **_ANY,
        ComponentMove.START: ScheduleState.ACTIVE,
        ComponentMove.REST: ScheduleState.INACTIVE,
    },
    ScheduleState.INACTIVE: {
        **_ANY,
        ComponentMove.START: ScheduleState.ACTIVE,
        ComponentMove.REVIVE: ScheduleState.ACTIVE,
    },
    ScheduleState.ACTIVE: {
        **_ANY,
        ComponentMove.FIRE: ScheduleState.RUNNING,
        ComponentMove.RUN_LATE: ScheduleState.RUNNING,
        ComponentMove.PUT_OFF: ScheduleState.ACTIVE,
        ComponentMove.REFUSED: ScheduleState.ACTIVE,
        ComponentMove.REFUSED_LAST: ScheduleState.INACTIVE,
        ComponentMove.CANCEL: ScheduleState.ACTIVE,
        ComponentMove.CANCEL_LAST: ScheduleState.INACTIVE,
        ComponentMove.SUSPEND: ScheduleState.SUSPENDED,
    },
    ScheduleState.RUNNING: {
        **_ANY,
        ComponentMove.DONE: ScheduleState.REPORTING,
        ComponentMove.ERROR: ScheduleState.REPORTING,
        ComponentMove.SUSPEND: ScheduleState.SUSPENDED,
    },
    ScheduleState.REPORTING: {
        **_ANY,
        ComponentMove.REPORTED: ScheduleState.ACTIVE,
        ComponentMove.REPORTED_LAST: ScheduleState.FINISHED,
        ComponentMove.REPORTED_NEXT: ScheduleState.INACTIVE,
    },
    ScheduleState.SUSPENDED: {
        **_ANY,
        ComponentMove.RESUME: ScheduleState.ACTIVE,
        ComponentMove.RUN_LATE: ScheduleState.RUNNING,
        ComponentMove.PUT_OFF: ScheduleState.ACTIVE,
        ComponentMove.REFUSED: ScheduleState.ACTIVE,
        ComponentMove.REFUSED_LAST: ScheduleState.INACTIVE,
        ComponentMove.CANCEL: ScheduleState.ACTIVE,
        ComponentMove.CANCEL_LAST: ScheduleState.INACTIVE,
    },
    ScheduleState.FINISHED: {**_ANY, ComponentMove.REVIVE: ScheduleState.ACTIVE},
    ScheduleState.EXPIRED: {
        **{m: s for m, s in _ANY.items() if m is not ComponentMove.EXPIRE},
        ComponentMove.REVIVE: ScheduleState.ACTIVE,
        ComponentMove.REVIVE_OVER: ScheduleState.FINISHED,
    },
    ScheduleState.FAILED: {m: s for m, s in _ANY.items() if m is not ComponentMove.EXPIRE},
}
"""State -> what may happen -> the state after it; what is not here is refused."""

_OURS: Final = frozenset({
    (ScheduleState.SUSPENDED, ComponentMove.RESUME), (ScheduleState.SUSPENDED, ComponentMove.CANCEL),
    (ScheduleState.SUSPENDED, ComponentMove.REFUSED),
    (ScheduleState.SUSPENDED, ComponentMove.REFUSED_LAST), (ScheduleState.ACTIVE, ComponentMove.RUN_LATE),
    (ScheduleState.ACTIVE, ComponentMove.PUT_OFF),
    (ScheduleState.ACTIVE, ComponentMove.CANCEL), (ScheduleState.ACTIVE, ComponentMove.CANCEL_LAST),
    (ScheduleState.ABSENT, ComponentMove.BREAK),
    *((state, move) for state in ScheduleState if state for move in (ComponentMove.CHANGE, ComponentMove.DELETE,
    ComponentMove.BREAK)),
    (ScheduleState.INACTIVE, ComponentMove.REVIVE), (ScheduleState.FINISHED, ComponentMove.REVIVE),
    (ScheduleState.EXPIRED, ComponentMove.REVIVE),
    (ScheduleState.EXPIRED, ComponentMove.REVIVE_OVER),
})  # fmt: skip
"""Pairs that the sheet does not have; the others are its rows."""

_EVIDENCE: Final = frozenset({
    (ScheduleState.INSTALLED, ComponentMove.REST), (ScheduleState.INSTALLED, ComponentMove.START),
    (ScheduleState.INACTIVE, ComponentMove.START),
    (ScheduleState.REPORTING, ComponentMove.REPORTED_NEXT), (ScheduleState.SUSPENDED, ComponentMove.RUN_LATE),
    (ScheduleState.SUSPENDED, ComponentMove.PUT_OFF),
    (ScheduleState.SUSPENDED, ComponentMove.CANCEL_LAST),
})  # fmt: skip
"""Pairs whose idea patents attest (P3, P5)."""


def _to(state: ScheduleState, move: ComponentMove, after: ScheduleState) -> machine.ObjectMove:
    if (state, move) in _OURS:
        return machine.ObjectMove(after, basis=Basis.PROPOSAL, source="ours: a gap in scheduling sheet §4")
    basis = Basis.EVIDENCE if (state, move) in _EVIDENCE else Basis.PROPOSAL
    return machine.ObjectMove(after, basis=basis, source="scheduling sheet §4")


MACHINE: Final = Machine(
    "schedule",
    ScheduleState.ABSENT,
    ComponentMove,
    {state: {move: _to(state, move, after) for move, after in moves.items()} for state, moves in TRANSITIONS.items()},
    spots={
        ScheduleState.ABSENT: (0, 0), ScheduleState.INSTALLED: (1, 0), ScheduleState.INACTIVE: (2, 0),
        ScheduleState.ACTIVE: (2, 1),
        ScheduleState.RUNNING: (1, 2), ScheduleState.REPORTING: (2, 3), ScheduleState.SUSPENDED: (0, 1),
        ScheduleState.FINISHED: (3, 3),
        ScheduleState.EXPIRED: (3, 1), ScheduleState.FAILED: (3, 0),
    },
)  # fmt: skip
"""The same table as every object has it, with where each move comes from."""

_FIRST: Final = (
    ScheduleState.RUNNING, ScheduleState.REPORTING, ScheduleState.SUSPENDED, ScheduleState.ACTIVE,
    ScheduleState.INSTALLED, ScheduleState.FAILED, ScheduleState.INACTIVE,
    ScheduleState.EXPIRED, ScheduleState.FINISHED,
)  # fmt: skip


def step(state: ScheduleState, move: ComponentMove) -> ScheduleState:
    """The next state; LocalProtocolError when the table has no such move."""
    after = TRANSITIONS[state].get(move)
    if after is None:
        allowed = ", ".join(repr(m.value) for m in TRANSITIONS[state]) or "nothing"
        raise LocalProtocolError(
            f"a schedule in state {state.meaning}: {move.value!r} is not allowed; allowed: {allowed}"
        )
    return after


def overall(states: list[ScheduleState]) -> ScheduleState:
    """State of a schedule from those of its components: the liveliest one; Finished only when one is left finished
    and none waits.

    >>> overall([ScheduleState.INACTIVE, ScheduleState.RUNNING]), overall([ScheduleState.FINISHED] * 2)
    (<ScheduleState.RUNNING: 40>, <ScheduleState.FINISHED: 70>)
    """
    if len(states) == 1 and states[0] is not ScheduleState.ABSENT:
        return states[0]
    if ScheduleState.FINISHED in states and set(states) <= {ScheduleState.FINISHED, ScheduleState.INACTIVE}:
        return ScheduleState.FINISHED
    return next((state for state in _FIRST if state in states), ScheduleState.INACTIVE)
