"""The loop of ``fleet`` again, compiled: the same events in the same order, arrays for lists.  Needs numba.

Read ``fleet`` first; functions here have the names of its methods.  ``LoopPlan`` is the plan, ``LoopState`` what
changes; events lie in a heap of two arrays, time and kind packed in one number, the device in the other.  What is in a
queue or shares a pool lies in slots, and a heap of slots for each pool says who is next.
"""

# mypy: ignore-errors
# numba infers the types of what follows; a namedtuple of arrays has no types that mypy could use

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit  # type: ignore[import-untyped,unused-ignore]

from dmkit.sim.book import DONE, DOWNLOAD_BROKE, LOST, NO_ANSWER, OVER_BUDGET, REFUSAL, REFUSED
from dmkit.sim.clock import DAY
from dmkit.sim.draws import TURNS
from dmkit.sim.luck import DEVICE, FIRST, HALF_ROOT, LN2, MESSAGE, SECOND, TERMS, TURN, UNIT
from dmkit.sim.rates import LONGEST
from dmkit.sim.sharing import SCALE

__all__ = ["LoopPlan", "LoopState", "play", "play_plain"]

FREE, UP, DOWN, SENT, ANSWER, TIMEOUT, BEGIN, DONE_ = range(8)
SESSION, ENDING, CONNECTING, LOADING, TOLD, PASSED = 0, 1, 2, 3, 8, 16
SIZE, FIRSTS, RETRIES, SERVED, BUSY, WASTED, PEAK, ROOM, GATE, SLOTS, HEAD, TAIL, LATE, FATES = range(14)
"""Places of the counters; fates begin at the last.  LATE is 1 when the run goes on for longer than is counted."""
TAKEN, TURNED_AWAY, LOST_ON_THE_WAY, NO_SERVER, CUT_OFF, HELD_UP = (FATES + n for n in range(6))
U30, U27, U31, U11 = (np.uint64(n) for n in (30, 27, 31, 11))
M1, M2, D1, T1, K1 = (np.uint64(n) for n in (FIRST, SECOND, DEVICE, TURN, MESSAGE))
SERIES: Final = TERMS
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
    """Of the plain loop, where the plan records: when each request came, was begun, was done."""
    losses: Any
    """And when each message that was lost had been sent."""
    c: Any


def _jit(**options: Any) -> Any:
    """For what only reads and writes arrays: it makes none, so nothing has to count references."""
    return njit(error_model="numpy", nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True, **options)


def _door() -> Any:
    return njit(cache=True, error_model="numpy", nogil=True)


@_jit()
def mixed(z):
    z = (z ^ (z >> U30)) * M1
    z = (z ^ (z >> U27)) * M2
    return z ^ (z >> U31)


@_jit()
def unit(key, device, turn, message):
    z = mixed(key + np.uint64(device) * D1)
    return np.float64(np.int64(mixed(z + np.uint64(turn) * T1 + np.uint64(message) * K1) >> U11)) * UNIT


@_jit()
def minus_log(x):
    part, power = math.frexp(x)
    if part < HALF_ROOT:
        part, power = part * 2.0, power - 1
    s = (part - 1.0) / (part + 1.0)
    square, series = s * s, 0.0
    for term in SERIES:
        series = (series + term) * square
    return -(power * LN2 + 2.0 * s * (1.0 + series))


@_jit()
def whole(x):
    return np.int64(np.rint(x))


# -- heaps


@_jit()
def push(c, ht, hd, when, kind, d):
    if when > LONGEST:
        c[LATE] = 1
    key = when << 3 | kind
    i = c[SIZE]
    c[SIZE] = i + 1
    while i > 0:
        p = (i - 1) >> 1
        if ht[p] < key or (ht[p] == key and hd[p] <= d):
            break
        ht[i], hd[i] = ht[p], hd[p]
        i = p
    ht[i], hd[i] = key, d


@_jit()
def drop_top(c, ht, hd):
    m = c[SIZE] - 1
    c[SIZE] = m
    key, d = ht[m], hd[m]
    i = 0
    while True:
        child = 2 * i + 1
        if child >= m:
            break
        other = child + 1
        if other < m and (ht[other] < ht[child] or (ht[other] == ht[child] and hd[other] < hd[child])):
            child = other
        if key < ht[child] or (key == ht[child] and d <= hd[child]):
            break
        ht[i], hd[i] = ht[child], hd[child]
        i = child
    ht[i], hd[i] = key, d


@_jit()
def before(slots, a, b):
    if slots[a, 0] != slots[b, 0]:
        return slots[a, 0] < slots[b, 0]
    if slots[a, 1] != slots[b, 1]:
        return slots[a, 1] < slots[b, 1]
    return slots[a, 2] < slots[b, 2]


@_jit()
def enqueue(heap, size, slots, slot):
    i = size
    while i > 0:
        p = (i - 1) >> 1
        if not before(slots, slot, heap[p]):
            break
        heap[i] = heap[p]
        i = p
    heap[i] = slot


@_jit()
def dequeue(heap, size, slots):
    """The first slot; ``size`` counts it still."""
    top, m = heap[0], size - 1
    slot = heap[m]
    i = 0
    while True:
        child = 2 * i + 1
        if child >= m:
            break
        if child + 1 < m and before(slots, heap[child + 1], heap[child]):
            child += 1
        if not before(slots, heap[child], slot):
            break
        heap[i] = heap[child]
        i = child
    heap[i] = slot
    return top


@_jit()
def begin_work(ends, who, works, size, over, d, work):
    i = size
    while i > 0:
        p = (i - 1) >> 1
        if ends[p] < over or (ends[p] == over and who[p] <= d):
            break
        ends[i], who[i], works[i] = ends[p], who[p], works[p]
        i = p
    ends[i], who[i], works[i] = over, d, work


@_jit()
def sweep(ends, who, works, size, now):
    while size and ends[0] <= now:
        m = size - 1
        over, d, work = ends[m], who[m], works[m]
        i = 0
        while True:
            child = 2 * i + 1
            if child >= m:
                break
            other = child + 1
            if other < m and (ends[other] < ends[child] or (ends[other] == ends[child] and who[other] < who[child])):
                child = other
            if over < ends[child] or (over == ends[child] and d <= who[child]):
                break
            ends[i], who[i], works[i] = ends[child], who[child], works[child]
            i = child
        ends[i], who[i], works[i] = over, d, work
        size = m
    return size


# -- draws


@_jit()
def work_of(x, s, d, turn, k, pool):
    factor = x.factor[s.klass[d]]
    if x.law[pool] == 1:
        return whole(factor * x.service[pool])
    chance = unit(x.keys[0], d, turn, k)
    if x.law[pool] == 0:
        return whole(factor * x.service[pool] * minus_log(1.0 - chance))
    return whole(factor * x.traces[x.trace_at[pool] + np.int64(chance * x.trace_len[pool])])


@_jit()
def lost_of(x, kind, d, turn, k):
    if x.chances[kind, 0] == 0.0:
        return 0
    draw = unit(x.keys[1], d, turn, k)
    times, most = 0, x.resends[kind] + 1
    while times < most and draw < x.chances[kind, times]:
        times += 1
    return times


@_jit()
def card_of(x, d, turn):
    if x.resync and unit(x.keys[3], d, turn, 0) < x.resync:
        return x.card[1]
    return x.card[0]


@_jit()
def access_of(x, d, turn):
    n = len(x.access)
    delay = x.access[0] if n == 1 else x.access[np.int64(unit(x.keys[2], d, turn, 0) * n)]
    return delay + card_of(x, d, turn)


@_jit()
def share_of(x, d, turn):
    if not x.breaks:
        return 1.0
    chance = unit(x.keys[5], d, turn, 0)
    return chance / x.breaks if chance < x.breaks else 1.0


@_jit()
def sleep_of(x, s, d, turn, attempt, told):
    draw = unit(x.keys[4], d, turn, 0)
    power = x.powers[min(attempt + 1, len(x.powers) - 1)]
    if x.policy == 0:
        pause = 0.0
    elif x.policy == 1:
        pause = power
    elif x.policy == 2:
        half = power / 2
        pause = half + draw * half
    elif x.policy == 3:
        pause = draw * power
    elif x.policy == 4:
        last = s.previous[d]
        if last == 0.0:
            last = x.base
        pause = min(x.cap, x.base + draw * (3 * last - x.base))
    else:
        pause = x.table[min(attempt + 1, len(x.table)) - 1]
    return max(pause, told) if x.heed else pause


# -- time of day and states of devices


@_jit()
def waiting(x, zone, time, start, end):
    at, stop = x.zone_at[zone], x.zone_at[zone + 1]
    while at + 1 < stop and x.zone_when[at + 1] <= time:
        at += 1
    now = time
    while True:
        local = (now + x.zone_offset[at]) % DAY
        inside = start <= local < end if start < end else local >= start or local < end
        due = now if inside else now + (start - local) % DAY
        if at + 1 == stop or due < x.zone_when[at + 1]:
            return due - time
        at += 1
        now = x.zone_when[at]


@_jit()
def due_of(x, s, d, when):
    put_off = False
    for _ in range(1000):
        if x.lives:
            number, end, state = s.number[d], s.end[d], s.state[d]
            while end < when:
                number += 1
                chance = unit(x.keys[7], d, number, 1)
                if state != -1 and x.ready > 0:
                    state = -1
                    end += max(whole(x.ready * minus_log(1.0 - chance)), 1)
                else:
                    pick = unit(x.keys[7], d, number, 0)
                    state = 0
                    while state < len(x.at_next) - 1 and pick >= x.at_next[state]:
                        state += 1
                    mean = x.means[state]
                    end += max(whole(mean if x.even[state] else mean * minus_log(1.0 - chance)), 1)
            s.number[d], s.end[d], s.state[d] = number, end, state
            if state >= 0:
                when = end
                if x.persons[state]:
                    put_off = True
        if x.window[0] == x.window[1]:
            break
        wait = waiting(x, s.zone[d], when, x.window[0], x.window[1])
        when += wait
        if wait == 0 or not x.lives:
            break
    if put_off:
        s.postponed[d] += 1
    return when


# -- a device


@_jit()
def pool_of(x, s, d):
    return (s.home[d] + s.attempt[d]) % len(x.count) if x.fail_over else np.int64(s.home[d])


@_jit()
def let_go(x, s, d):
    """The servers need not remember its session any more."""
    if len(s.held):
        pool = pool_of(x, s, d)
        if s.held[d] == pool + 1 and s.epoch_of[d] == s.epoch[pool]:
            s.holding[pool] -= 1
        s.held[d] = 0


@_jit()
def note_begin(x, s, d, now):
    attempt = s.attempt[d]
    if x.night[2] and (attempt == 0 or x.night[3]):
        s.prompts[d] += 1
        if waiting(x, s.zone[d], now, x.night[0], x.night[1]) == 0:
            s.wakings[d] += 1
    s.attempts[d] += 1
    if x.card[0] or x.card[1]:
        s.card[d] += card_of(x, d, s.round[d] * TURNS + attempt)
    if attempt == 0:
        s.c[FIRSTS] += 1
        s.began[d] = now


@_jit()
def send(x, s, ht, hd, start, d, k):
    kind = s.klass[d]
    lost = lost_of(x, kind, d, s.round[d] * TURNS + s.attempt[d], k)
    resends, timeout = x.resends[kind], x.timeout[kind]
    if lost:
        s.c[LOST_ON_THE_WAY] += lost
        if lost > resends:
            s.octets_up[d] += x.up_octets[kind, k] * (resends + 1)
            s.reason[d] = LOST
            s.deadline[d] = start + (resends + 1) * timeout
            push(s.c, ht, hd, s.deadline[d], TIMEOUT, d)
            return
    s.octets_up[d] += x.up_octets[kind, k] * (lost + 1)
    s.reason[d] = NO_ANSWER
    sent = start + lost * timeout
    s.deadline[d] = sent + timeout
    push(s.c, ht, hd, sent + x.up[kind, k], SENT, d)


@_jit()
def connect(x, s, ht, hd, now, d):
    s.since[d] = now
    start = now + access_of(x, d, s.round[d] * TURNS + s.attempt[d]) + x.setup[s.klass[d]]
    if s.session_done[d]:
        s.stage[d] = CONNECTING
        push(s.c, ht, hd, start, DONE_, d)
    else:
        s.trip[d] = 0
        s.stage[d] = SESSION
        send(x, s, ht, hd, start, d, 0)


@_jit()
def begin(x, s, ht, hd, now, d):
    note_begin(x, s, d, now)
    if len(x.cells):
        cell = s.cell[d]
        if s.cell_free[cell] == 0:
            s.next[d] = -1
            if s.cell_head[cell] < 0:
                s.cell_head[cell] = d
            else:
                s.next[s.cell_tail[cell]] = d
            s.cell_tail[cell] = d
            return
        if s.cell_free[cell] > 0:
            s.cell_free[cell] -= 1
    connect(x, s, ht, hd, now, d)


@_jit()
def leave(x, s, ht, hd, now, d):
    s.connected[d] += now - s.since[d]
    if len(x.cells):
        cell = s.cell[d]
        first = s.cell_head[cell]
        if first >= 0:
            s.cell_head[cell] = s.next[first]
            connect(x, s, ht, hd, now, first)
        elif s.cell_free[cell] >= 0:
            s.cell_free[cell] += 1


@_jit()
def once_more(x, s, ht, hd, now, d):
    if not x.again:
        return
    s.round[d] += 1
    think = x.think_mean
    if x.think_law == 0:
        think = x.think_mean * minus_log(1.0 - unit(x.keys[6], d, s.round[d] * TURNS, 0))
    when = now + max(1, whole(think))
    if when >= x.until:
        return
    s.session_done[d] = 0
    s.previous[d] = 0.0
    s.left[d] = x.octets
    s.attempt[d] = 0
    push(s.c, ht, hd, due_of(x, s, d, when), BEGIN, d)


@_jit()
def note_finish(s, d, now):
    s.finished[d] = now
    s.outcome[d] = DONE
    s.rounds[d] += 1
    s.took[d] += now - s.began[d]


@_jit()
def note_fail(x, s, d, why, now, told):
    """When the next attempt is due; -1 when there is none."""
    c = s.c
    s.outcome[d] = why
    if why == REFUSED:
        s.refusals[d] += 1
    attempt = s.attempt[d]
    if attempt + 1 == x.attempts:
        return np.int64(-1)
    if x.budget >= 0:
        if c[RETRIES] + 1 > x.budget * c[FIRSTS]:
            s.outcome[d] = OVER_BUDGET
            return np.int64(-1)
        c[RETRIES] += 1
    pause = sleep_of(x, s, d, s.round[d] * TURNS + attempt, attempt, told)
    s.previous[d] = pause
    return due_of(x, s, d, now + whole(pause * 1e6))


@_jit()
def fail(x, s, ht, hd, now, d, why, told):
    let_go(x, s, d)
    leave(x, s, ht, hd, now, d)
    when = note_fail(x, s, d, why, now, told)
    if when >= 0:
        s.attempt[d] += 1
        push(s.c, ht, hd, when, BEGIN, d)
    else:
        once_more(x, s, ht, hd, now, d)


@_jit()
def finish(x, s, ht, hd, now, d):
    leave(x, s, ht, hd, now, d)
    note_finish(s, d, now)
    once_more(x, s, ht, hd, now, d)


@_jit()
def part_of(x, s, d):
    return np.int64(s.left[d] * share_of(x, d, s.round[d] * TURNS + s.attempt[d]))


@_jit()
def load(x, s, ht, hd, now, d):
    s.stage[d] = LOADING
    kind = s.klass[d]
    seconds = x.half[kind] + part_of(x, s, d) * 8 / x.bits[kind]
    push(s.c, ht, hd, now + whole(seconds * 1e6), DONE_, d)


@_jit()
def session_over(x, s, ht, hd, now, d):
    s.session_done[d] = 1
    let_go(x, s, d)
    if x.download:
        download(x, s, ht, hd, now, d)
    else:
        finish(x, s, ht, hd, now, d)


@_jit()
def download(x, s, ht, hd, now, d):
    c = s.c
    if c[ROOM] == 0:
        s.next[d] = -1
        if c[HEAD] < 0:
            c[HEAD] = d
        else:
            s.next[c[TAIL]] = d
        c[TAIL] = d
        return
    if c[ROOM] > 0:
        c[ROOM] -= 1
    load(x, s, ht, hd, now, d)


@_jit()
def answered(x, s, ht, hd, now, d, k):
    kind = s.klass[d]
    s.expects[d] = s.deadline[d] = -1
    s.octets_down[d] += x.down_octets[kind, k]
    think = x.think[kind, k]
    if k + 1 < x.trips[kind]:
        s.trip[d] = k + 1
        send(x, s, ht, hd, now + think, d, k + 1)
    elif think:
        s.stage[d] = ENDING
        push(s.c, ht, hd, now + think, DONE_, d)
    else:
        session_over(x, s, ht, hd, now, d)


@_jit()
def done(x, s, ht, hd, now, d):
    c = s.c
    if s.stage[d] == ENDING:
        session_over(x, s, ht, hd, now, d)
    elif s.stage[d] == CONNECTING:
        download(x, s, ht, hd, now, d)
    else:
        part = part_of(x, s, d)
        broke = share_of(x, d, s.round[d] * TURNS + s.attempt[d]) < 1.0
        s.octets_down[d] += part
        if not broke:
            s.left[d] = 0
        elif x.resume:
            s.left[d] -= part
        if c[ROOM] >= 0:
            if c[HEAD] >= 0:
                first = c[HEAD]
                c[HEAD] = s.next[first]
                load(x, s, ht, hd, now, first)
            else:
                c[ROOM] += 1
        if broke:
            fail(x, s, ht, hd, now, d, DOWNLOAD_BROKE, 0.0)
        else:
            finish(x, s, ht, hd, now, d)


@_jit()
def refuse(x, s, ht, hd, now, d):
    s.c[TURNED_AWAY] += 1
    s.deadline[d] = -1
    s.stage[d] |= TOLD
    push(s.c, ht, hd, now + x.refusal[s.klass[d]], ANSWER, d)


@_jit()
def takes(x, s, pool, now):
    if x.interval[pool]:
        if now < s.full[pool] - x.slack[pool]:
            return False
        s.full[pool] = max(s.full[pool], now) + x.interval[pool]
    return True


@_jit()
def started(x, s, ht, hd, ends, who, works, pool, now, d, k, asked, work, latest):
    """Begin the work; whether the device will have the answer in time."""
    c = s.c
    over = now + work
    if over > LONGEST or c[BUSY] > BIG:
        c[LATE] = 1
    begin_work(ends[pool], who[pool], works[pool], s.working[pool], over, d, work)
    s.working[pool] += 1
    s.waited[d] += now - asked
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


# -- sharing


@_jit()
def pass_inside(x, s, pool, now):
    inside = s.waiting[pool]
    if inside:
        rate = SCALE if inside <= x.count[pool] else x.count[pool] * SCALE // inside
        s.inside[pool] += (now - s.last[pool]) * rate
    s.last[pool] = now


@_jit()
def next_out(x, s, pool, heap, slots):
    inside = s.waiting[pool]
    rate = SCALE if inside <= x.count[pool] else x.count[pool] * SCALE // inside
    need = max(0, slots[heap[0], 1] - s.inside[pool])
    return s.last[pool] - (-need // rate)


@_jit()
def count_from_zero(s, pool, heap, slots):
    """Keep the time inside small enough for 64 bits."""
    if s.inside[pool] > BIG:
        for i in range(s.waiting[pool]):
            slots[heap[i], 1] -= s.inside[pool]
        s.inside[pool] = 0


# -- the loop


@_door()
def play(x, s, order, when, outages):
    """Until nothing is left to happen.  ``outages``: rows of time, kind, pool."""
    c = s.c
    pools = len(x.count)
    ht = np.empty(len(outages) + 1024, dtype=np.int64)
    hd = np.empty(len(outages) + 1024, dtype=np.int64)
    most = 1
    for pool in range(pools):
        most = max(most, min(x.count[pool], len(s.klass) * 4 + 4))
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
            mine, k = s.klass[d], s.trip[d]
            latest = s.deadline[d] - x.down[mine, k]
            if x.gate_interval and not s.stage[d] & PASSED:
                at = max(now, c[GATE] - x.gate_slack)
                if at > latest:
                    c[HELD_UP] += 1
                    push(c, ht, hd, s.deadline[d], TIMEOUT, d)
                    continue
                c[GATE] = max(c[GATE], at) + x.gate_interval
                if at > now:
                    s.stage[d] |= PASSED
                    push(c, ht, hd, at, SENT, d)
                    continue
            s.stage[d] &= ~PASSED
            pool = pool_of(x, s, d)
            if s.is_down[pool]:
                c[NO_SERVER] += 1
                push(c, ht, hd, s.deadline[d], TIMEOUT, d)
                continue
            if not takes(x, s, pool, now):
                refuse(x, s, ht, hd, now, d)
                continue
            if x.room[pool] >= 0 and k == 0:
                if s.holding[pool] >= x.room[pool]:
                    refuse(x, s, ht, hd, now, d)
                    continue
                s.held[d], s.epoch_of[d] = pool + 1, s.epoch[pool]
                s.holding[pool] += 1
            turn = s.round[d] * TURNS + s.attempt[d]
            if c[SLOTS] == 0:
                grown = len(spare)
                slots = np.concatenate((slots, np.empty((grown, 8), dtype=np.int64)))
                spare = np.empty(2 * grown, dtype=np.int64)
                for i in range(grown):
                    spare[i] = 2 * grown - 1 - i
                c[SLOTS] = grown
            if s.waiting[pool] + 1 > heaps.shape[1]:
                heaps = np.concatenate((heaps, np.empty_like(heaps)), axis=1)
            if x.discipline[pool] == 2:
                inside = s.waiting[pool]
                if x.limit[pool] >= 0 and inside >= x.count[pool] + x.limit[pool]:
                    refuse(x, s, ht, hd, now, d)
                    continue
                c[TAKEN] += 1
                push(c, ht, hd, s.deadline[d], TIMEOUT, d)
                work = work_of(x, s, d, turn, k, pool)
                pass_inside(x, s, pool, now)
                count_from_zero(s, pool, heaps[pool], slots)
                s.entered[pool] += 1
                c[SLOTS] -= 1
                slot = spare[c[SLOTS]]
                slots[slot, 0], slots[slot, 1], slots[slot, 2] = 0, s.inside[pool] + work * SCALE, s.entered[pool]
                slots[slot, 3], slots[slot, 4], slots[slot, 5] = d, work, latest
                slots[slot, 6], slots[slot, 7] = k, now
                enqueue(heaps[pool], inside, slots, slot)
                s.waiting[pool] = inside + 1
                c[PEAK] = max(c[PEAK], inside + 1 - x.count[pool])
                push(c, ht, hd, next_out(x, s, pool, heaps[pool], slots), FREE, pool)
                continue
            s.working[pool] = sweep(ends[pool], who[pool], works[pool], s.working[pool], now)
            if s.working[pool] < x.count[pool] and s.waiting[pool] == 0:
                c[TAKEN] += 1
                limited = s.deadline[d]
                work = work_of(x, s, d, turn, k, pool)
                if s.working[pool] == ends.shape[1]:
                    ends = np.concatenate((ends, np.empty_like(ends)), axis=1)
                    who = np.concatenate((who, np.empty_like(who)), axis=1)
                    works = np.concatenate((works, np.empty_like(works)), axis=1)
                if not started(x, s, ht, hd, ends, who, works, pool, now, d, k, now, work, latest):
                    push(c, ht, hd, limited, TIMEOUT, d)
            elif x.limit[pool] >= 0 and s.waiting[pool] >= x.limit[pool]:
                refuse(x, s, ht, hd, now, d)
            else:
                c[TAKEN] += 1
                sign = -1 if x.discipline[pool] == 1 else 1
                c[SLOTS] -= 1
                slot = spare[c[SLOTS]]
                slots[slot, 0], slots[slot, 1], slots[slot, 2] = s.rank[d], sign * now, sign * d
                slots[slot, 3], slots[slot, 4], slots[slot, 5] = d, work_of(x, s, d, turn, k, pool), latest
                slots[slot, 6], slots[slot, 7] = k, now
                enqueue(heaps[pool], s.waiting[pool], slots, slot)
                s.waiting[pool] += 1
                c[PEAK] = max(c[PEAK], s.waiting[pool])
                push(c, ht, hd, s.deadline[d], TIMEOUT, d)
                if not s.waking[pool]:
                    s.waking[pool] = 1
                    push(c, ht, hd, ends[pool, 0], FREE, pool)
        elif kind == FREE:
            pool = d
            if x.discipline[pool] == 2:
                pass_inside(x, s, pool, now)
                gone = False
                while s.waiting[pool] and slots[heaps[pool, 0], 1] <= s.inside[pool]:
                    slot = dequeue(heaps[pool], s.waiting[pool], slots)
                    s.waiting[pool] -= 1
                    gone = True
                    d, work, latest = slots[slot, 3], slots[slot, 4], slots[slot, 5]
                    k, asked = slots[slot, 6], slots[slot, 7]
                    spare[c[SLOTS]] = slot
                    c[SLOTS] += 1
                    s.waited[d] += max(0, now - asked - work)
                    c[SERVED] += 1
                    c[BUSY] += work
                    if now > latest:
                        c[WASTED] += 1
                    else:
                        s.expects[d] = now + x.down[s.klass[d], k]
                        push(c, ht, hd, s.expects[d], ANSWER, d)
                    if c[SIZE] + most + 16 > len(ht):
                        ht = np.concatenate((ht, np.empty_like(ht)))
                        hd = np.concatenate((hd, np.empty_like(hd)))
                if gone and s.waiting[pool]:
                    push(c, ht, hd, next_out(x, s, pool, heaps[pool], slots), FREE, pool)
                continue
            s.waking[pool] = 0
            s.working[pool] = sweep(ends[pool], who[pool], works[pool], s.working[pool], now)
            while s.waiting[pool] and s.working[pool] < x.count[pool]:
                slot = dequeue(heaps[pool], s.waiting[pool], slots)
                s.waiting[pool] -= 1
                d, work, latest = slots[slot, 3], slots[slot, 4], slots[slot, 5]
                k, asked = slots[slot, 6], slots[slot, 7]
                spare[c[SLOTS]] = slot
                c[SLOTS] += 1
                if s.working[pool] == ends.shape[1]:
                    ends = np.concatenate((ends, np.empty_like(ends)), axis=1)
                    who = np.concatenate((who, np.empty_like(who)), axis=1)
                    works = np.concatenate((works, np.empty_like(works)), axis=1)
                started(x, s, ht, hd, ends, who, works, pool, now, d, k, asked, work, latest)
                if c[SIZE] + most + 16 > len(ht):
                    ht = np.concatenate((ht, np.empty_like(ht)))
                    hd = np.concatenate((hd, np.empty_like(hd)))
            if s.waiting[pool]:
                s.waking[pool] = 1
                push(c, ht, hd, ends[pool, 0], FREE, pool)
        elif kind == ANSWER:
            if s.stage[d] & TOLD:
                s.stage[d] &= ~TOLD
                s.octets_down[d] += REFUSAL
                fail(x, s, ht, hd, now, d, REFUSED, x.retry_after[pool_of(x, s, d)])
            elif s.expects[d] == now:
                answered(x, s, ht, hd, now, d, s.trip[d])
        elif kind == TIMEOUT:
            if s.deadline[d] == now:
                s.deadline[d] = s.expects[d] = -1
                fail(x, s, ht, hd, now, d, np.int64(s.reason[d]), 0.0)
        elif kind == BEGIN:
            begin(x, s, ht, hd, now, d)
        elif kind == DONE_:
            done(x, s, ht, hd, now, d)
        elif kind == DOWN:
            pool = d
            s.is_down[pool], s.waking[pool] = 1, 0
            for i in range(s.waiting[pool]):
                spare[c[SLOTS]] = heaps[pool, i]
                c[SLOTS] += 1
            c[CUT_OFF] += s.waiting[pool]
            s.waiting[pool] = 0
            s.last[pool] = now
            for i in range(s.working[pool]):
                over, d = ends[pool, i], who[pool, i]
                if over <= now:
                    continue
                c[CUT_OFF] += 1
                c[SERVED] -= 1
                c[BUSY] -= works[pool, i]
                if s.expects[d] >= 0 and s.expects[d] - x.down[s.klass[d], s.trip[d]] == over:
                    s.expects[d] = -1
                    push(c, ht, hd, s.deadline[d], TIMEOUT, d)
                else:
                    c[WASTED] -= 1
            s.working[pool] = 0
            s.holding[pool] = 0
            s.epoch[pool] += 1
        else:
            s.is_down[d] = 0


# -- the plain loop


@_jit()
def replace_first(ends, over):
    i, m = 0, len(ends)
    while True:
        child = 2 * i + 1
        if child >= m:
            break
        if child + 1 < m and ends[child + 1] < ends[child]:
            child += 1
        if ends[child] >= over:
            break
        ends[i] = ends[child]
        i = child
    ends[i] = over


@_jit()
def note_losses(s, start, times, timeout):
    """So many sendings from ``start`` on were lost; what there is no room for is only counted."""
    at = s.c[LOST_ON_THE_WAY]
    s.c[LOST_ON_THE_WAY] = at + times
    if at + times <= len(s.losses):
        for number in range(times):
            s.losses[at + number] = start + number * timeout


@_jit()
def send_plain(x, s, start, d, k):
    """When message ``k`` reaches the servers; the device begins anew as long as it is lost too often; -1: gave up."""
    resends, timeout = x.resends[0], x.timeout[0]
    while True:
        lost = lost_of(x, 0, d, s.attempt[d], k)
        if lost:
            note_losses(s, start, lost, timeout)
        if lost <= resends:
            s.octets_up[d] += x.up_octets[0, k] * (lost + 1)
            s.trip[d] = k
            return start + lost * timeout + x.up[0, k]
        s.octets_up[d] += x.up_octets[0, k] * (resends + 1)
        start = fail_plain(x, s, start + (resends + 1) * timeout, d, LOST)
        if start < 0:
            return start
        k = 0


@_jit()
def fail_plain(x, s, now, d, why):
    s.connected[d] += now - s.since[d]
    when = note_fail(x, s, d, why, now, 0.0)
    if when > LONGEST:
        s.c[LATE] = 1
        return np.int64(-1)
    if when < 0:
        return when
    s.attempt[d] += 1
    note_begin(x, s, d, when)
    s.since[d] = when
    return when + access_of(x, d, s.attempt[d]) + x.setup[0]


@_door()
def first_plain(x, s, order, when):
    """When the first message of each device reaches the servers; -1: it gave up before."""
    arrives = np.empty(len(order), dtype=np.int64)
    attempts, since, began, sent, trip = s.attempts, s.since, s.began, s.octets_up, s.trip
    simple = len(x.access) == 1 and x.card[0] == 0 and x.card[1] == 0 and x.night[2] == 0
    delay, up, octets = x.access[0] + x.setup[0], x.up[0, 0], x.up_octets[0, 0]
    chance, resends, timeout, key = x.chances[0], x.resends[0], x.timeout[0], x.keys[1]
    for i in range(len(order)):
        d = order[i]
        if simple:
            attempts[d] = 1
            began[d] = when[i]
            start = when[i] + delay
        else:
            note_begin(x, s, d, when[i])
            start = when[i] + access_of(x, d, 0) + x.setup[0]
        since[d] = when[i]
        lost = 0
        if chance[0] != 0.0:
            draw = unit(key, d, 0, 0)
            while lost <= resends and draw < chance[lost]:
                lost += 1
        if lost > resends:
            arrives[i] = send_plain(x, s, start, d, 0)
        else:
            if lost:
                note_losses(s, start, lost, timeout)
            sent[d] += octets * (lost + 1)
            trip[d] = 0
            arrives[i] = start + lost * timeout + up
    return arrives


@_door()
def play_plain(x, s, order, arrives):
    """``arrives`` in order, and whose they are in ``order``.  What happens to every message stands here, in locals."""
    c, n = s.c, len(order)
    trips, timeout = x.trips[0], x.timeout[0]
    ups, downs, thinks = x.up[0], x.down[0], x.think[0]
    ups_octets, downs_octets = x.up_octets[0], x.down_octets[0]
    attempt, trip, since, began, waited = s.attempt, s.trip, s.since, s.began, s.waited
    sent, got, connected, finished = s.octets_up, s.octets_down, s.connected, s.finished
    outcome, rounds, took = s.outcome, s.rounds, s.took
    chance, resends, losing, working = x.chances[0], x.resends[0], x.keys[1], x.keys[0]
    law, service, traces, measured = x.law[0], x.factor[0] * x.service[0], x.traces, x.trace_len[0]
    ends = np.zeros(x.count[0], dtype=np.int64)
    ht, hd = np.empty(n + 1, dtype=np.int64), np.empty(n + 1, dtype=np.int64)
    ring, head, size = np.empty(1024, dtype=np.int64), 0, 0
    served, done_work, wasted, peak = 0, 0, 0, 0
    kept, room = s.kept, len(s.kept)
    source = 0
    while source < n or c[SIZE]:
        if source < n and (
            c[SIZE] == 0 or arrives[source] << 3 < ht[0] or (arrives[source] << 3 == ht[0] and order[source] < hd[0])
        ):
            now, d = arrives[source], order[source]
            source += 1
        else:
            now, d = ht[0] >> 3, hd[0]
            drop_top(c, ht, hd)
        k = np.int64(trip[d])
        if law == 1:
            work = whole(service)
        elif law == 0:
            work = whole(service * minus_log(1.0 - unit(working, d, attempt[d], k)))
        else:
            work = whole(x.factor[0] * traces[np.int64(unit(working, d, attempt[d], k) * measured)])
        start = ends[0]
        if start > now:
            waited[d] += start - now
            while size and ring[head] <= now:
                head = head + 1 if head + 1 < len(ring) else 0
                size -= 1
            if size == len(ring):
                ring = np.concatenate((ring[head:], ring[:head], np.empty(size, dtype=np.int64)))
                head = 0
            at = head + size
            ring[at if at < len(ring) else at - len(ring)] = start
            size += 1
            peak = max(peak, size)
        else:
            start = now
        over = start + work
        if over > LONGEST or done_work > BIG or c[LATE]:
            c[LATE] = 1
            break
        replace_first(ends, over)
        if served < room:
            kept[served, 0], kept[served, 1], kept[served, 2] = now, start, over
        served += 1
        done_work += work
        deadline = now - ups[k] + timeout
        arrival = over + downs[k]
        if arrival > deadline:
            wasted += 1
            again = fail_plain(x, s, deadline, d, NO_ANSWER)
            if again >= 0:
                again = send_plain(x, s, again, d, 0)
            if again >= 0:
                push(c, ht, hd, again, 0, d)
            continue
        got[d] += downs_octets[k]
        arrival += thinks[k]
        k += 1
        if k < trips:
            lost = 0
            if chance[0] != 0.0:
                draw = unit(losing, d, attempt[d], k)
                while lost <= resends and draw < chance[lost]:
                    lost += 1
            if lost > resends:
                again = send_plain(x, s, arrival, d, k)
                if again >= 0:
                    push(c, ht, hd, again, 0, d)
            else:
                if lost:
                    note_losses(s, arrival, lost, timeout)
                sent[d] += ups_octets[k] * (lost + 1)
                trip[d] = k
                push(c, ht, hd, arrival + lost * timeout + ups[k], 0, d)
        else:
            connected[d] += arrival - since[d]
            finished[d], outcome[d] = arrival, DONE
            rounds[d] += 1
            took[d] += arrival - began[d]
    c[SERVED], c[BUSY], c[WASTED], c[PEAK], c[TAKEN] = served, done_work, wasted, peak, served
