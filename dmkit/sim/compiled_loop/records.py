"""What became of messages, counted, and kept where the plan records: requests, and what was sent towards servers."""

# mypy: ignore-errors
# numba infers the types of what follows; a namedtuple of arrays has no types that mypy could use

from __future__ import annotations

from dmkit.sim.compiled_loop.state import FATES, KEPT, LOST_ON_THE_WAY, OFFERED, inner


@inner()
def note_offer(s, now, fate, pool):
    """A message was sent towards the servers; what became of it."""
    s.c[fate] += 1
    if len(s.offers):
        at = s.c[OFFERED]
        s.c[OFFERED] = at + 1
        if at < len(s.offers):
            s.offers[at, 0], s.offers[at, 1], s.offers[at, 2] = now, fate - FATES, pool


@inner()
def note_lost(s, start, times, timeout, pool):
    """So many sendings from ``start`` on were lost."""
    if len(s.offers):
        for number in range(times):
            note_offer(s, start + number * timeout, LOST_ON_THE_WAY, pool)
    else:
        s.c[LOST_ON_THE_WAY] += times


@inner()
def note_request(s, asked, start, over):
    """A request that came at ``asked`` is worked on from ``start`` to ``over``."""
    if len(s.kept):
        at = s.c[KEPT]
        s.c[KEPT] = at + 1
        if at < len(s.kept):
            s.kept[at, 0], s.kept[at, 1], s.kept[at, 2] = asked, start, over
