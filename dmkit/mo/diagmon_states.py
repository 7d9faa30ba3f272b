"""DiagMon as tables: states of a function and of a trap, what happens to them, result codes, types of alerts.

Types of alerts are registered; states, their numbers and result codes are our own.  [enablers sheet §3]
"""

from __future__ import annotations

from typing import Final

from dmkit.ddf.spec import Basis
from dmkit.mo.machine import Machine, ObjectEvent, ObjectMove, ObjectState, codes

__all__ = [
    "ALERTS",
    "FUNCTION",
    "MACHINES",
    "RESULTS",
    "TRAP",
    "FunctionEvent",
    "FunctionState",
    "TrapEvent",
    "TrapState",
]


class FunctionState(ObjectState):
    """The leaf Status.  PROPOSAL"""

    IDLE = 10, "Idle"
    RUNNING = 20, "Running", True
    LIMIT = 30, "Stopped by a limit", False, True


class FunctionEvent(ObjectEvent):
    """What happens to a function."""

    START = "Exec Start", "server"
    STOP = "Exec Stop", "server"
    TRIGGERED = "a trap starts it", "device"
    LIMIT = "limit reached", "device"
    DONE = "what it was started for is done", "device"


class TrapState(ObjectState):
    """Whether a trap is watched, and whether its condition holds.  PROPOSAL"""

    OFF = 10, "Not watched"
    INACTIVE = 20, "Watched, inactive"
    ACTIVE = 30, "Watched, active"


class TrapEvent(ObjectEvent):
    """What happens to a trap."""

    ENABLED = "Enabled set", "server"
    DISABLED = "Enabled cleared", "server"
    RISES = "condition holds", "device"
    FALLS = "condition ends", "device"


_F, _FE, _T, _TE = FunctionState, FunctionEvent, TrapState, TrapEvent


def _m(to: ObjectState) -> ObjectMove:
    return ObjectMove(to, (), Basis.PROPOSAL, "enablers sheet §3")


FUNCTION: Final = Machine(
    "diagmon", _F.IDLE, FunctionEvent,
    {
        _F.IDLE: {_FE.START: _m(_F.RUNNING), _FE.TRIGGERED: _m(_F.RUNNING)},
        _F.RUNNING: {_FE.STOP: _m(_F.IDLE), _FE.LIMIT: _m(_F.LIMIT),
                     _FE.DONE: _m(_F.IDLE)},
        _F.LIMIT: {_FE.START: _m(_F.RUNNING), _FE.TRIGGERED: _m(_F.RUNNING)},
    },
    {_F.IDLE: (0, 0), _F.RUNNING: (1, 0), _F.LIMIT: (2, 0)},
)  # fmt: skip
TRAP: Final = Machine(
    "trap", _T.OFF, TrapEvent,
    {
        _T.OFF: {_TE.ENABLED: _m(_T.INACTIVE), _TE.DISABLED: _m(_T.OFF)},
        _T.INACTIVE: {_TE.ENABLED: _m(_T.INACTIVE), _TE.DISABLED: _m(_T.OFF), _TE.RISES: _m(_T.ACTIVE)},
        _T.ACTIVE: {_TE.ENABLED: _m(_T.ACTIVE), _TE.DISABLED: _m(_T.OFF), _TE.FALLS: _m(_T.INACTIVE)},
    },
    {_T.OFF: (0, 0), _T.INACTIVE: (1, 0), _T.ACTIVE: (2, 0)},
)  # fmt: skip
MACHINES: Final = (FUNCTION, TRAP)
RESULTS: Final = codes(
    """
    1200 success
    1400 client error
    1401 user refused
    1402 not supported
    1403 memory full
    1404 stopped by a limit
    """,
    Basis.PROPOSAL,
    "enablers sheet §3",
)
_ROOT: Final = "urn:oma:at:diagmon:1.0"
ALERTS: Final = tuple(f"{_ROOT}:{what}" for what in ("OperationComplete", "CollectedSimpleDataReport",
                                                     "TrapNotification", "TrapInactiveNotification",
                                                     "TrapDeregistered"))  # fmt: skip
