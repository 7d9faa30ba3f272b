"""The loop of ``fleet``, compiled: one event after the other, until nothing is left to happen."""

# mypy: ignore-errors
# numba infers the types of what follows; a namedtuple of arrays has no types that mypy could use

from __future__ import annotations

import numpy as np

from dmkit.sim.book import REFUSAL, REFUSED
from dmkit.sim.compiled_loop.device import answered, begin, done, fail, pool_of
from dmkit.sim.compiled_loop.draws import work_of
from dmkit.sim.compiled_loop.heaps import dequeue, drop_top, enqueue, push, sweep
from dmkit.sim.compiled_loop.pool import count_from_zero, next_out, pass_inside, refuse, started, takes
from dmkit.sim.compiled_loop.records import note_offer, note_request
from dmkit.sim.compiled_loop.state import (
    ANSWER,
    BEGIN,
    BUSY,
    CUT_OFF,
    DONE_,
    DOWN,
    FREE,
    GATE,
    HELD_UP,
    LATE,
    NO_SERVER,
    PASSED,
    PEAK,
    SENT,
    SERVED,
    SIZE,
    SLOTS,
    TAKEN,
    TIMEOUT,
    TOLD,
    WASTED,
    door,
)
from dmkit.sim.draws import TURNS
from dmkit.sim.sharing import SCALE


@door()
def play(x, s, order, when, outages):
    """Until nothing is left to happen.  ``outages``: rows of time, kind, pool."""
    c = s.c
    pools = len(x.pools)
    ht = np.empty(len(outages) + 1024, dtype=np.int64)
    hd = np.empty(len(outages) + 1024, dtype=np.int64)
    most = 1
    for pool in range(pools):
        most = max(most, min(x.pools[pool].count, len(s.dev) * 4 + 4))
    ends = np.empty((pools, most), dtype=np.int64)
    who = np.empty((pools, most), dtype=np.int64)
    works = np.empty((pools, most), dtype=np.int64)
    heaps = np.empty((pools, 64), dtype=np.int64)
    slots = np.empty((64 * pools, 8), dtype=np.int64)  # rank, order, tie, device, work, latest, exchange, asked
    spare = np.empty(64 * pools, dtype=np.int64)
    for i in range(64 * pools):
        spare[i] = 64 * pools - 1 - i
    c[SLOTS] = 64 * pools
    for row in range(len(outages)):
        push(c, ht, hd, outages[row, 0], outages[row, 1], outages[row, 2])
    source, sources = 0, len(order)
    while (source < sources or c[SIZE]) and not c[LATE]:
        if c[SIZE] + most + 16 > len(ht):
            ht = np.concatenate((ht, np.empty(len(ht) + most, dtype=np.int64)))
            hd = np.concatenate((hd, np.empty(len(hd) + most, dtype=np.int64)))
        if source < sources:
            key = when[source] << 3 | BEGIN
            if c[SIZE] == 0 or key < ht[0] or (key == ht[0] and order[source] < hd[0]):
                d = order[source]
                source += 1
                begin(x, s, ht, hd, key >> 3, d)
                continue
        key, d = ht[0], hd[0]
        drop_top(c, ht, hd)
        now, kind = key >> 3, key & 7
        if kind == SENT:
            mine, k = s.dev[d].klass, s.dev[d].trip
            latest = s.dev[d].deadline - x.exchanges[mine, k].down
            pool = pool_of(x, s, d)
            if x.own[0].gate_interval and not s.dev[d].stage & PASSED:
                at = max(now, c[GATE] - x.own[0].gate_slack)
                if at > latest:
                    note_offer(s, now, HELD_UP, pool)
                    push(c, ht, hd, s.dev[d].deadline, TIMEOUT, d)
                    continue
                c[GATE] = max(c[GATE], at) + x.own[0].gate_interval
                if at > now:
                    s.dev[d].stage |= PASSED
                    push(c, ht, hd, at, SENT, d)
                    continue
            s.dev[d].stage &= ~PASSED
            if s.pools[pool].is_down:
                note_offer(s, now, NO_SERVER, pool)
                push(c, ht, hd, s.dev[d].deadline, TIMEOUT, d)
                continue
            if not takes(x, s, pool, now):
                refuse(x, s, ht, hd, now, d)
                continue
            if x.pools[pool].room >= 0 and k == 0:
                if s.pools[pool].holding >= x.pools[pool].room:
                    refuse(x, s, ht, hd, now, d)
                    continue
                s.more[d].held, s.more[d].epoch_of = pool + 1, s.pools[pool].epoch
                s.pools[pool].holding += 1
            turn = s.dev[d].round * TURNS + s.dev[d].attempt
            if c[SLOTS] == 0:
                grown = len(spare)
                slots = np.concatenate((slots, np.empty((grown, 8), dtype=np.int64)))
                spare = np.empty(2 * grown, dtype=np.int64)
                for i in range(grown):
                    spare[i] = 2 * grown - 1 - i
                c[SLOTS] = grown
            if s.pools[pool].waiting + 1 > heaps.shape[1]:
                heaps = np.concatenate((heaps, np.empty_like(heaps)), axis=1)
            if x.pools[pool].discipline == 2:
                inside = s.pools[pool].waiting
                if x.pools[pool].limit >= 0 and inside >= x.pools[pool].count + x.pools[pool].limit:
                    refuse(x, s, ht, hd, now, d)
                    continue
                note_offer(s, now, TAKEN, pool)
                push(c, ht, hd, s.dev[d].deadline, TIMEOUT, d)
                work = work_of(x, s, d, turn, k, pool)
                pass_inside(x, s, pool, now)
                count_from_zero(s, pool, heaps[pool], slots)
                s.pools[pool].entered += 1
                c[SLOTS] -= 1
                slot = spare[c[SLOTS]]
                slots[slot, 0], slots[slot, 1] = 0, s.pools[pool].inside + work * SCALE
                slots[slot, 2] = s.pools[pool].entered
                slots[slot, 3], slots[slot, 4], slots[slot, 5] = d, work, latest
                slots[slot, 6], slots[slot, 7] = k, now
                enqueue(heaps[pool], inside, slots, slot)
                s.pools[pool].waiting = inside + 1
                c[PEAK] = max(c[PEAK], inside + 1 - x.pools[pool].count)
                push(c, ht, hd, next_out(x, s, pool, heaps[pool], slots), FREE, pool)
                continue
            s.pools[pool].working = sweep(ends[pool], who[pool], works[pool], s.pools[pool].working, now)
            if s.pools[pool].working < x.pools[pool].count and s.pools[pool].waiting == 0:
                note_offer(s, now, TAKEN, pool)
                limited = s.dev[d].deadline
                work = work_of(x, s, d, turn, k, pool)
                if s.pools[pool].working == ends.shape[1]:
                    ends = np.concatenate((ends, np.empty_like(ends)), axis=1)
                    who = np.concatenate((who, np.empty_like(who)), axis=1)
                    works = np.concatenate((works, np.empty_like(works)), axis=1)
                if not started(x, s, ht, hd, ends, who, works, pool, now, d, k, now, work, latest):
                    push(c, ht, hd, limited, TIMEOUT, d)
            elif x.pools[pool].limit >= 0 and s.pools[pool].waiting >= x.pools[pool].limit:
                refuse(x, s, ht, hd, now, d)
            else:
                note_offer(s, now, TAKEN, pool)
                sign = -1 if x.pools[pool].discipline == 1 else 1
                c[SLOTS] -= 1
                slot = spare[c[SLOTS]]
                slots[slot, 0], slots[slot, 1], slots[slot, 2] = s.dev[d].rank, sign * now, sign * d
                slots[slot, 3], slots[slot, 4], slots[slot, 5] = d, work_of(x, s, d, turn, k, pool), latest
                slots[slot, 6], slots[slot, 7] = k, now
                enqueue(heaps[pool], s.pools[pool].waiting, slots, slot)
                s.pools[pool].waiting += 1
                c[PEAK] = max(c[PEAK], s.pools[pool].waiting)
                push(c, ht, hd, s.dev[d].deadline, TIMEOUT, d)
                if not s.pools[pool].waking:
                    s.pools[pool].waking = 1
                    push(c, ht, hd, ends[pool, 0], FREE, pool)
        elif kind == FREE:
            pool = d
            if x.pools[pool].discipline == 2:
                pass_inside(x, s, pool, now)
                gone = False
                while s.pools[pool].waiting and slots[heaps[pool, 0], 1] <= s.pools[pool].inside:
                    slot = dequeue(heaps[pool], s.pools[pool].waiting, slots)
                    s.pools[pool].waiting -= 1
                    gone = True
                    d, work, latest = slots[slot, 3], slots[slot, 4], slots[slot, 5]
                    k, asked = slots[slot, 6], slots[slot, 7]
                    spare[c[SLOTS]] = slot
                    c[SLOTS] += 1
                    s.dev[d].waited += max(0, now - asked - work)
                    note_request(s, asked, asked, now)
                    c[SERVED] += 1
                    c[BUSY] += work
                    if now > latest:
                        c[WASTED] += 1
                    else:
                        s.dev[d].expects = now + x.exchanges[s.dev[d].klass, k].down
                        push(c, ht, hd, s.dev[d].expects, ANSWER, d)
                    if c[SIZE] + most + 16 > len(ht):
                        ht = np.concatenate((ht, np.empty_like(ht)))
                        hd = np.concatenate((hd, np.empty_like(hd)))
                if gone and s.pools[pool].waiting:
                    push(c, ht, hd, next_out(x, s, pool, heaps[pool], slots), FREE, pool)
                continue
            s.pools[pool].waking = 0
            s.pools[pool].working = sweep(ends[pool], who[pool], works[pool], s.pools[pool].working, now)
            while s.pools[pool].waiting and s.pools[pool].working < x.pools[pool].count:
                slot = dequeue(heaps[pool], s.pools[pool].waiting, slots)
                s.pools[pool].waiting -= 1
                d, work, latest = slots[slot, 3], slots[slot, 4], slots[slot, 5]
                k, asked = slots[slot, 6], slots[slot, 7]
                spare[c[SLOTS]] = slot
                c[SLOTS] += 1
                if s.pools[pool].working == ends.shape[1]:
                    ends = np.concatenate((ends, np.empty_like(ends)), axis=1)
                    who = np.concatenate((who, np.empty_like(who)), axis=1)
                    works = np.concatenate((works, np.empty_like(works)), axis=1)
                started(x, s, ht, hd, ends, who, works, pool, now, d, k, asked, work, latest)
                if c[SIZE] + most + 16 > len(ht):
                    ht = np.concatenate((ht, np.empty_like(ht)))
                    hd = np.concatenate((hd, np.empty_like(hd)))
            if s.pools[pool].waiting:
                s.pools[pool].waking = 1
                push(c, ht, hd, ends[pool, 0], FREE, pool)
        elif kind == ANSWER:
            if s.dev[d].stage & TOLD:
                s.dev[d].stage &= ~TOLD
                s.dev[d].octets_down += REFUSAL
                fail(x, s, ht, hd, now, d, REFUSED, x.pools[pool_of(x, s, d)].retry_after)
            elif s.dev[d].expects == now:
                answered(x, s, ht, hd, now, d, s.dev[d].trip)
        elif kind == TIMEOUT:
            if s.dev[d].deadline == now:
                s.dev[d].deadline = s.dev[d].expects = -1
                fail(x, s, ht, hd, now, d, np.int64(s.dev[d].reason), 0.0)
        elif kind == BEGIN:
            begin(x, s, ht, hd, now, d)
        elif kind == DONE_:
            done(x, s, ht, hd, now, d)
        elif kind == DOWN:
            pool = d
            s.pools[pool].is_down, s.pools[pool].waking = 1, 0
            for i in range(s.pools[pool].waiting):
                spare[c[SLOTS]] = heaps[pool, i]
                c[SLOTS] += 1
            cut = s.pools[pool].waiting
            s.pools[pool].waiting = 0
            s.pools[pool].last = now
            for i in range(s.pools[pool].working):
                over, d = ends[pool, i], who[pool, i]
                if over <= now:
                    continue
                cut += 1
                c[SERVED] -= 1
                c[BUSY] -= works[pool, i]
                if s.dev[d].expects >= 0 and s.dev[d].expects - x.exchanges[s.dev[d].klass, s.dev[d].trip].down == over:
                    s.dev[d].expects = -1
                    push(c, ht, hd, s.dev[d].deadline, TIMEOUT, d)
                else:
                    c[WASTED] -= 1
            for _ in range(cut):
                note_offer(s, now, CUT_OFF, pool)
            s.pools[pool].working = 0
            s.pools[pool].holding = 0
            s.pools[pool].epoch += 1
        else:
            s.pools[d].is_down = 0
