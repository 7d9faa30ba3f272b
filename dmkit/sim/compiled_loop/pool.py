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
    s.deadline[d] = -1
    s.stage[d] |= TOLD
    push(s.c, ht, hd, now + x.refusal[s.klass[d]], ANSWER, d)


@inner()
def takes(x, s, pool, now):
    """Whether the token bucket of the pool has a token; if so it is taken."""
    if x.interval[pool]:
        if now < s.full[pool] - x.slack[pool]:
            return False
        s.full[pool] = max(s.full[pool], now) + x.interval[pool]
    return True


@inner()
def started(x, s, ht, hd, ends, who, works, pool, now, d, k, asked, work, latest):
    """Begin the work; whether the device will have the answer in time."""
    c = s.c
    over = now + work
    if over > LONGEST or c[BUSY] > BIG:
        c[LATE] = 1
    begin_work(ends[pool], who[pool], works[pool], s.working[pool], over, d, work)
    s.working[pool] += 1
    s.waited[d] += now - asked
    note_request(s, asked, now, over)
    c[SERVED] += 1
    c[BUSY] += work
    if over > latest:
        c[WASTED] += 1
        return False
    kind = s.klass[d]
    arrives = over + x.down[kind, k]
    if x.outages == 0 and not (x.ends_shared and k + 1 == x.trips[kind]):
        answered(x, s, ht, hd, arrives, d, k)
    else:
        s.expects[d] = arrives
        push(c, ht, hd, arrives, ANSWER, d)
    return True


@inner()
def pass_inside(x, s, pool, now):
    """Sharing: how far all have come since the last time."""
    inside = s.waiting[pool]
    if inside:
        rate = SCALE if inside <= x.count[pool] else x.count[pool] * SCALE // inside
        s.inside[pool] += (now - s.last[pool]) * rate
    s.last[pool] = now


@inner()
def next_out(x, s, pool, heap, slots):
    """Sharing: when the first of those inside is done."""
    inside = s.waiting[pool]
    rate = SCALE if inside <= x.count[pool] else x.count[pool] * SCALE // inside
    need = max(0, slots[heap[0], 1] - s.inside[pool])
    return s.last[pool] - (-need // rate)


@inner()
def count_from_zero(s, pool, heap, slots):
    """Keep the time inside small enough for 64 bits."""
    if s.inside[pool] > BIG:
        for i in range(s.waiting[pool]):
            slots[heap[i], 1] -= s.inside[pool]
        s.inside[pool] = 0
