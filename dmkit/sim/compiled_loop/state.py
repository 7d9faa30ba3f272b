"""What the compiled loop knows and keeps: the plan in numbers, the arrays of a run, the places of its counters.

Functions are compiled in two ways: a ``door`` is called from Python and its code is kept on disk, what is ``inner``
is only called by compiled code.
"""

# mypy: ignore-errors
# numba infers the types of what follows; a namedtuple of arrays has no types that mypy could use

from __future__ import annotations

from typing import Any, Final, NamedTuple

from numba import njit  # type: ignore[import-untyped,unused-ignore]

FREE, UP, DOWN, SENT, ANSWER, TIMEOUT, BEGIN, DONE_ = range(8)
SESSION, ENDING, CONNECTING, LOADING, TOLD, PASSED = 0, 1, 2, 3, 8, 16
SIZE, FIRSTS, RETRIES, SERVED, BUSY, WASTED, PEAK, ROOM = range(8)
GATE, SLOTS, HEAD, TAIL, LATE, KEPT, OFFERED, FATES = range(8, 16)
"""Places of the counters; fates begin at the last.  LATE is 1 when the run goes on for longer than is counted."""
TAKEN, TURNED_AWAY, LOST_ON_THE_WAY, NO_SERVER, CUT_OFF, HELD_UP = (FATES + n for n in range(6))
BIG: Final = 1 << 61


class LoopPlan(NamedTuple):
    """The plan in numbers; arrays by class of devices, by pool, by zone, by condition."""

    up: Any
    down: Any
    think: Any
    up_octets: Any
    down_octets: Any
    trips: Any
    setup: Any
    timeout: Any
    refusal: Any
    resends: Any
    chances: Any
    half: Any
    bits: Any
    factor: Any
    count: Any
    service: Any
    law: Any
    trace_at: Any
    trace_len: Any
    traces: Any
    discipline: Any
    limit: Any
    room: Any
    interval: Any
    slack: Any
    retry_after: Any
    fail_over: int
    gate_interval: int
    gate_slack: int
    keys: Any
    access: Any
    card: Any
    resync: float
    policy: int
    powers: Any
    table: Any
    base: float
    cap: float
    attempts: int
    budget: float
    heed: int
    download: int
    octets: int
    breaks: float
    resume: int
    window: Any
    night: Any
    zone_at: Any
    zone_when: Any
    zone_offset: Any
    lives: int
    ready: float
    means: Any
    even: Any
    at_next: Any
    persons: Any
    again: int
    think_mean: float
    think_law: int
    until: float
    cells: Any
    outages: int
    ends_shared: int


class LoopState(NamedTuple):
    """By device, and last by pool; ``c`` are the counters."""

    klass: Any
    rank: Any
    home: Any
    zone: Any
    cell: Any
    attempt: Any
    trip: Any
    round: Any
    stage: Any
    reason: Any
    deadline: Any
    expects: Any
    since: Any
    began: Any
    previous: Any
    left: Any
    session_done: Any
    number: Any
    end: Any
    state: Any
    held: Any
    epoch_of: Any
    next: Any
    finished: Any
    outcome: Any
    attempts: Any
    refusals: Any
    waited: Any
    octets_up: Any
    octets_down: Any
    connected: Any
    card: Any
    prompts: Any
    wakings: Any
    postponed: Any
    rounds: Any
    took: Any
    is_down: Any
    waking: Any
    full: Any
    holding: Any
    epoch: Any
    inside: Any
    last: Any
    entered: Any
    working: Any
    waiting: Any
    cell_free: Any
    cell_head: Any
    cell_tail: Any
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
