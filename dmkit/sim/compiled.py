"""The compiled loop from outside: for which plans, when it pays, and its result.

Needs numba (``pip install 'dmkit[fast]'``); without it the loops in Python play, and for plans with functions of one's
own.  The results are the same, bit by bit.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dmkit.sim.book import FATE_COUNT, TAKEN, Terms, run_of
from dmkit.sim.compiled_values import setting_of, state_of
from dmkit.sim.draws import NEVER
from dmkit.sim.fleet_plain import is_plain
from dmkit.sim.rates import too_late

if TYPE_CHECKING:
    from collections.abc import Callable

    from dmkit.sim.campaign import Campaign
    from dmkit.sim.draws import Draws
    from dmkit.sim.run import Run

__all__ = ["can", "note", "pays", "run_compiled"]

_WORTH: Final = 2_000_000
"""Messages of a plan, with those that loops in Python have played before it, from which the compiled loop pays although
it has to be compiled first: it takes as long as to play them in Python."""
_WORTH_LOADING: Final = 40_000
"""Messages that loops in Python have played from which it pays to load kept code, which takes half a second."""
_played = 0
"""Messages that loops in Python have played in this process and the compiled loop could have."""


@cache
def _numba() -> bool:
    try:
        return find_spec("numba") is not None
    except (ImportError, ValueError):
        return False


def can(plan: Campaign) -> bool:
    """Whether the compiled loop plays ``plan``: numba is there, no part is a Python function."""
    own = callable(plan.retry.policy) or any(callable(pool.law) for pool in plan.desks)
    return not own and _numba()


@cache
def _loop() -> Any:
    """The module of the compiled loop; code kept from an earlier version that can no longer be read is thrown away.

    numba looks whether what it has kept is of today only after it has read the index, which names classes of ours.
    """
    from dmkit.sim import compiled_loop as loop

    for door in loop.DOORS:
        kept: Any = getattr(door, "_cache", None)
        try:
            kept._cache_file._load_index()
        except (AttributeError, ImportError, EOFError, UnpicklingError):
            if hasattr(kept, "flush"):
                kept.flush()
    return loop


@cache
def _is_kept() -> bool:
    """Whether all doors have code on disk that this machine made."""
    made = [key[1] == door.targetctx.codegen().magic_tuple() for door in _loop().DOORS for key in _kept(door)]
    return len(made) >= len(_loop().DOORS) and all(made)


def _kept(door: Any) -> Any:
    try:
        return door._cache._cache_file._load_index()
    except AttributeError:
        return ()


def pays(plan: Campaign) -> bool:
    """Whether ``plan`` is large enough; where code is kept, many small plans are as good as a large one."""
    messages = _played + plan.devices * _rounds(plan) * max(len(tape.trips) for _, tape in plan.kinds)
    return messages >= _WORTH or (messages >= _WORTH_LOADING and _is_kept())


def _rounds(plan: Campaign) -> float:
    """How often a device does the job, at most: a round takes its thinking and its session."""
    if plan.again is None:
        return 1.0
    sessions = [
        link.setup_seconds + sum(link.up_seconds(t.up) + link.down_seconds(t.down) + t.think for t in tape.trips)
        for link, tape in plan.kinds
    ]
    crowd = plan.devices * min(pool.service for pool in plan.desks) / sum(pool.count for pool in plan.desks)
    return 1.0 + plan.again.until / max(plan.again.think + min(sessions), crowd, 1e-6)


def note(run: Run) -> None:
    """The loop in Python played this."""
    global _played
    _played += sum(run.fates)


def run_compiled(plan: Campaign, draws: Draws) -> Run:
    """Play ``plan``, which must be one that ``can`` be."""
    import numba  # type: ignore[import-untyped,unused-ignore]

    at = _loop().state
    terms = tuple(Terms.of(link, tape) for link, tape in plan.kinds)
    plain = is_plain(plan)
    state = _state_at_the_end(plan, draws, setting_of(plan, draws, terms, at), _play_plain if plain else _play)
    c, n = state.c, plan.devices
    if c[at.LATE]:
        raise too_late()

    def column(name: str) -> Any:
        values = (state.dev if name in at.DEVICE.names else state.more)[name]
        return np.broadcast_to(values, (n,)) if len(values) < n else values.astype(np.int64, copy=False)

    names = ("attempts", "refusals", "waited", "octets_up", "octets_down", "connected", "card")
    more = ("prompts", "wakings", "postponed", "rounds", "took")
    requests = offers = None
    if plan.record:
        kept, told = state.kept[: c[at.KEPT]], state.offers[: c[at.OFFERED]]
        requests, offers = _ordered(kept), _with_taken(kept, told) if plain else _ordered(told)
    return run_of(
        plan,
        draws,
        terms,
        engine="fleet",
        loop=f"numba {numba.__version__}",
        finished=column("finished"),
        outcome=state.dev["outcome"],
        columns={name: column(name) for name in (*names, *more)},
        counts=(int(c[at.WASTED]), int(c[at.SERVED]), int(c[at.PEAK]), int(c[at.BUSY])),
        fates=c[at.FATES : at.FATES + FATE_COUNT].tolist(),
        requests=requests,
        offers=offers,
    )


def _state_at_the_end(
    plan: Campaign, draws: Draws, setting: dict[str, Any], play: Callable[[Draws, Any, Any], None]
) -> Any:
    """A run is over; where it records more than there was room for, it is played again."""
    loop, plain = _loop(), play is _play_plain
    at = loop.state
    messages = plan.devices * max(len(tape.trips) for _, tape in plan.kinds)
    rooms = (
        (messages * 5 // 4 + 64, plan.devices // 8 + 64 if plain else messages * 3 // 2 + 64) if plan.record else (0, 0)
    )
    while True:
        arrays = {
            name: np.empty((room, 3), dtype=np.int64) for name, room in zip(("kept", "offers"), rooms, strict=True)
        }
        state = loop.LoopState(**state_of(plan, draws, at, plain=plain) | arrays)
        play(draws, loop.LoopPlan(**setting), state)
        needed = int(state.c[at.KEPT]), int(state.c[at.OFFERED])
        if state.c[at.LATE] or not plan.record or (needed[0] <= rooms[0] and needed[1] <= rooms[1]):
            return state
        rooms = max(rooms[0], needed[0]), max(rooms[1], needed[1])


def _play(draws: Draws, setting: Any, state: Any) -> None:
    """The general loop: devices in the order in which they begin."""
    loop = _loop()
    reached = np.flatnonzero(draws.begin != NEVER)
    when = draws.begin[reached]
    order = np.argsort(when, kind="stable")
    spans = [
        (time, kind, pool)
        for pool, spans in enumerate(draws.outages)
        for span in spans
        for time, kind in zip(span, (loop.state.DOWN, loop.state.UP), strict=True)
    ]
    loop.play(setting, state, reached[order], when[order], np.array(spans, dtype=np.int64).reshape(-1, 3))


def _play_plain(draws: Draws, setting: Any, state: Any) -> None:
    """The plain loop: first messages in the order in which they come."""
    loop = _loop()
    reached = np.flatnonzero(draws.begin != NEVER)
    arrives = loop.first_plain(setting, state, reached, draws.begin[reached])
    order = np.argsort(arrives, kind="stable")
    order = order[np.searchsorted(arrives[order], 0) :]
    loop.play_plain(setting, state, reached[order], arrives[order])


def _ordered(rows: Any) -> Any:
    """Rows in order of their columns; where they are in that of the first, only those that are alike there move."""
    first = np.diff(rows[:, 0])
    if (first < 0).any():
        return rows[np.lexsort(rows.T[::-1])]
    same = np.flatnonzero(first == 0)
    if len(same):
        alike = np.union1d(same, same + 1)
        rows[alike] = rows[alike[np.lexsort(rows[alike].T[::-1])]]
    return rows


def _with_taken(kept: Any, lost: Any) -> Any:
    """Of the plain loop: messages that were taken and messages that were lost, in order: time, fate, pool."""
    rows = np.zeros((len(kept) + len(lost), 3), dtype=np.int64)
    rows[: len(kept), 0], rows[: len(kept), 1] = kept[:, 0], TAKEN
    rows[len(kept) :] = lost
    return rows[np.argsort(rows[:, 0], kind="stable")]  # of one moment, those taken stand first
