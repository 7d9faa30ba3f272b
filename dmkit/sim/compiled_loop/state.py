"""What the compiled loop knows and keeps: the plan in numbers, the arrays of a run, the places of its counters.

Functions are compiled in two ways: a ``door`` is called from Python and its code is kept on disk, what is ``inner``
is only called by compiled code.
"""

# mypy: ignore-errors
# numba infers the types of what follows; a namedtuple of arrays has no types that mypy could use

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit  # type: ignore[import-untyped,unused-ignore]

FREE, UP, DOWN, SENT, ANSWER, TIMEOUT, BEGIN, DONE_ = range(8)
SESSION, ENDING, CONNECTING, LOADING, TOLD, PASSED = 0, 1, 2, 3, 8, 16
SIZE, FIRSTS, RETRIES, SERVED, BUSY, WASTED, PEAK, ROOM = range(8)
GATE, SLOTS, HEAD, TAIL, LATE, KEPT, OFFERED, FATES = range(8, 16)
"""Places of the counters; fates begin at the last.  LATE is 1 when the run goes on for longer than is counted."""
TAKEN, TURNED_AWAY, LOST_ON_THE_WAY, NO_SERVER, CUT_OFF, HELD_UP = (FATES + n for n in range(6))
BIG: Final = 1 << 61


def _fields(**letters: str) -> list[tuple[str, str]]:
    """Names by the letter of their type."""
    return [(name, letter) for letter, names in letters.items() for name in names.split()]


def _row(fields: list[tuple[str, str]]) -> np.dtype[Any]:
    return np.dtype(fields, align=True)


OWN: Final = _row(
    _fields(
        i8="fail_over gate_interval gate_slack card card_again policy attempts heed download octets resume window_start"
        " window_end night_start night_end prompt prompt_again lives again think_law cells rooms outages ends_shared",
        f8="resync base cap budget breaks ready think_mean until",
    )
)
"""What a plan has once."""
KIND: Final = _row(_fields(i8="trips setup timeout refusal resends", f8="half bits factor"))
EXCHANGE: Final = _row(_fields(i8="up down think up_octets down_octets"))
POOL: Final = _row(
    _fields(i8="count law trace_at trace_len discipline limit room interval slack", f8="service retry_after")
)
SHIFT: Final = _row(_fields(i8="when offset"))
CONDITION: Final = _row(_fields(f8="mean at_next", i8="even person"))

_OFTEN: Final = _fields(
    i8="deadline expects since waited octets_up octets_down",
    i4="trip attempt round",
    i1="stage reason klass session_done",
)
_SELDOM: Final = _fields(
    i8="began finished took connected attempts rank", f8="previous", i4="rounds", i2="home", i1="outcome unused"
)
DEVICE: Final = _row(_OFTEN + _SELDOM)
"""A device: 64 octets that nearly every event needs and 64 of the others, so an event asks memory for few lines."""
MORE: Final = _row(_fields(i8="left number end card prompts wakings postponed refusals epoch_of next held", i1="state"))
"""Of a device, what few plans need."""
AT_WORK: Final = _row(_fields(i8="is_down waking full holding epoch inside last entered working waiting"))
CELL: Final = _row(_fields(i8="free head tail"))


class LoopPlan(NamedTuple):
    """The plan in numbers: few arrays of rows, since each array costs numba eight arguments in every call."""

    own: Any
    """One row, ``OWN``."""
    kinds: Any
    """By class of devices."""
    exchanges: Any
    """By class and number."""
    chances: Any
    """By class: that a message is lost once, twice, ..."""
    pools: Any
    traces: Any
    keys: Any
    access: Any
    powers: Any
    table: Any
    zone_at: Any
    """By zone: where its ``shifts`` begin."""
    shifts: Any
    conditions: Any


class LoopState(NamedTuple):
    """What changes: rows by device, by pool, by cell; ``c`` are the counters."""

    dev: Any
    more: Any
    zone: Any
    cell: Any
    pools: Any
    cells: Any
    kept: Any
    """Where the plan records: when each request came, was begun, was done.  What there is no room for is counted."""
    offers: Any
    """And what was sent: when, its fate, the pool; of the plain loop only what was lost, the rest is in ``kept``."""
    c: Any


def inner(**options: Any) -> Any:
    """For what only reads and writes arrays: it makes none, so nothing has to count references."""
    return njit(error_model="numpy", nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True, **options)


def door() -> Any:
    """For what is called from Python: its code is kept on disk."""
    return njit(cache=True, error_model="numpy", nogil=True)
