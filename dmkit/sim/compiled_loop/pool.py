"""A pool of servers in the compiled loop: refusing, beginning work, and sharing."""

# mypy: ignore-errors
# numba infers the types of what follows; a namedtuple of arrays has no types that mypy could use

from __future__ import annotations

from dmkit.sim.compiled_loop.device import answered, pool_of
from dmkit.sim.compiled_loop.heaps import begin_work, push
from dmkit.sim.compiled_loop.records import note_offer, note_request
from dmkit.sim.compiled_loop.state import ANSWER, BIG, BUSY, LATE, SERVED, TOLD, TURNED_AWAY, WASTED, inner
from dmkit.sim.rates import LONGEST
from dmkit.sim.sharing import SCALE


@inner()
def refuse(x, s, ht, hd, now, d):
    """No room: an answer with Retry-After."""
    note_offer(s, now, TURNED_AWAY, pool_of(x, s, d))
    s.dev[d].deadline = -1
    s.dev[d].stage |= TOLD
    push(s.c, ht, hd, now + x.kinds[s.dev[d].klass].refusal, ANSWER, d)


@inner()
def takes(x, s, pool, now):
    """Whether the token bucket of the pool has a token; if so it is taken."""
    if x.pools[pool].interval:
        if now < s.pools[pool].full - x.pools[pool].slack:
            return False
        s.pools[pool].full = max(s.pools[pool].full, now) + x.pools[pool].interval
    return True


@inner()
def started(x, s, ht, hd, ends, who, works, pool, now, d, k, asked, work, latest):
    """Begin the work; whether the device will have the answer in time."""
    c = s.c
    over = now + work
    if over > LONGEST or c[BUSY] > BIG:
        c[LATE] = 1
    begin_work(ends[pool], who[pool], works[pool], s.pools[pool].working, over, d, work)
    s.pools[pool].working += 1
    s.dev[d].waited += now - asked
    note_request(s, asked, now, over)
    c[SERVED] += 1
    c[BUSY] += work
    if over > latest:
        c[WASTED] += 1
        return False
    kind = s.dev[d].klass
    arrives = over + x.exchanges[kind, k].down
    if x.own[0].outages == 0 and not (x.own[0].ends_shared and k + 1 == x.kinds[kind].trips):
        answered(x, s, ht, hd, arrives, d, k)
    else:
        s.dev[d].expects = arrives
        push(c, ht, hd, arrives, ANSWER, d)
    return True


@inner()
def pass_inside(x, s, pool, now):
    """Sharing: how far all have come since the last time."""
    inside = s.pools[pool].waiting
    if inside:
        rate = SCALE if inside <= x.pools[pool].count else x.pools[pool].count * SCALE // inside
        s.pools[pool].inside += (now - s.pools[pool].last) * rate
    s.pools[pool].last = now


@inner()
def next_out(x, s, pool, heap, slots):
    """Sharing: when the first of those inside is done."""
    inside = s.pools[pool].waiting
    rate = SCALE if inside <= x.pools[pool].count else x.pools[pool].count * SCALE // inside
    need = max(0, slots[heap[0], 1] - s.pools[pool].inside)
    return s.pools[pool].last - (-need // rate)


@inner()
def count_from_zero(s, pool, heap, slots):
    """Keep the time inside small enough for 64 bits."""
    if s.pools[pool].inside > BIG:
        for i in range(s.pools[pool].waiting):
            slots[heap[i], 1] -= s.pools[pool].inside
        s.pools[pool].inside = 0
