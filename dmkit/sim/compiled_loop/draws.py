"""Draws by key, and what hangs on them alone: work, loss, access, pauses, and when a device is ready."""

# mypy: ignore-errors
# numba infers the types of what follows; a namedtuple of arrays has no types that mypy could use

from __future__ import annotations

import math
from typing import Final

import numpy as np

from dmkit.sim.clock import DAY
from dmkit.sim.compiled_loop.state import inner
from dmkit.sim.luck import DEVICE, FIRST, HALF_ROOT, LN2, MESSAGE, SECOND, TERMS, TURN, UNIT
from dmkit.sim.rates import LONGEST

U30, U27, U31, U11 = (np.uint64(n) for n in (30, 27, 31, 11))
M1, M2, D1, T1, K1 = (np.uint64(n) for n in (FIRST, SECOND, DEVICE, TURN, MESSAGE))
SERIES: Final = TERMS


@inner()
def mixed(z):
    """One round of the mixer."""
    z = (z ^ (z >> U30)) * M1
    z = (z ^ (z >> U27)) * M2
    return z ^ (z >> U31)


@inner()
def unit(key, device, turn, message):
    """The draw of a key, from [0, 1)."""
    z = mixed(key + np.uint64(device) * D1)
    return np.float64(np.int64(mixed(z + np.uint64(turn) * T1 + np.uint64(message) * K1) >> U11)) * UNIT


@inner()
def minus_log(x):
    """``-log(x)``, the same bits as in Python."""
    part, power = math.frexp(x)
    if part < HALF_ROOT:
        part, power = part * 2.0, power - 1
    s = (part - 1.0) / (part + 1.0)
    square, series = s * s, 0.0
    for term in SERIES:
        series = (series + term) * square
    return -(power * LN2 + 2.0 * s * (1.0 + series))


@inner()
def whole(x):
    """As ``round``."""
    return np.int64(np.rint(x))


@inner()
def work_of(x, s, d, turn, k, pool):
    """Microseconds of work for message ``k``."""
    factor = x.kinds[s.dev[d].klass].factor
    if x.pools[pool].law == 1:
        return whole(factor * x.pools[pool].service)
    chance = unit(x.keys[0], d, turn, k)
    if x.pools[pool].law == 0:
        return whole(factor * x.pools[pool].service * minus_log(1.0 - chance))
    return whole(factor * x.traces[x.pools[pool].trace_at + np.int64(chance * x.pools[pool].trace_len)])


@inner()
def lost_of(x, kind, d, turn, k):
    """How often message ``k`` is lost before it arrives."""
    if x.chances[kind, 0] == 0.0:
        return 0
    draw = unit(x.keys[1], d, turn, k)
    times, most = 0, x.kinds[kind].resends + 1
    while times < most and draw < x.chances[kind, times]:
        times += 1
    return times


@inner()
def card_of(x, d, turn):
    """Microseconds of the card."""
    if x.own[0].resync and unit(x.keys[3], d, turn, 0) < x.own[0].resync:
        return x.own[0].card_again
    return x.own[0].card


@inner()
def access_of(x, d, turn):
    """Microseconds until the device is on the network, its card included."""
    n = len(x.access)
    delay = x.access[0] if n == 1 else x.access[np.int64(unit(x.keys[2], d, turn, 0) * n)]
    return delay + card_of(x, d, turn)


@inner()
def share_of(x, d, turn):
    """Which part of the download comes before it breaks off; 1: it does not."""
    if not x.own[0].breaks:
        return 1.0
    chance = unit(x.keys[5], d, turn, 0)
    return chance / x.own[0].breaks if chance < x.own[0].breaks else 1.0


@inner()
def sleep_of(x, s, d, turn, attempt, told):
    """Seconds until the next attempt; ``told``: Retry-After."""
    draw = unit(x.keys[4], d, turn, 0)
    power = x.powers[min(attempt + 1, len(x.powers) - 1)]
    if x.own[0].policy == 0:
        pause = 0.0
    elif x.own[0].policy == 1:
        pause = power
    elif x.own[0].policy == 2:
        half = power / 2
        pause = half + draw * half
    elif x.own[0].policy == 3:
        pause = draw * power
    elif x.own[0].policy == 4:
        last = s.dev[d].previous
        if last == 0.0:
            last = x.own[0].base
        pause = min(x.own[0].cap, x.own[0].base + draw * (3 * last - x.own[0].base))
    else:
        pause = x.table[min(attempt + 1, len(x.table)) - 1]
    return max(pause, told) if x.own[0].heed else pause


@inner()
def waiting(x, zone, time, start, end):
    """Microseconds until the local time of day is between ``start`` and ``end``."""
    at, stop = x.zone_at[zone], x.zone_at[zone + 1]
    while at + 1 < stop and x.shifts[at + 1].when <= time:
        at += 1
    now = time
    while True:
        local = (now + x.shifts[at].offset) % DAY
        inside = start <= local < end if start < end else local >= start or local < end
        due = now if inside else now + (start - local) % DAY
        if at + 1 == stop or due < x.shifts[at + 1].when:
            return due - time
        at += 1
        now = x.shifts[at].when


@inner()
def due_of(x, s, d, when):
    """When an attempt that could begin at ``when`` does: the device is ready, and its window is open."""
    put_off = False
    for _ in range(1000):
        if x.own[0].lives:
            number, end, state = s.more[d].number, s.more[d].end, s.more[d].state
            while end < when:
                number += 1
                chance = unit(x.keys[7], d, number, 1)
                if state != -1 and x.own[0].ready > 0:
                    state = -1
                    end += max(whole(min(x.own[0].ready * minus_log(1.0 - chance), float(LONGEST))), 1)
                else:
                    pick = unit(x.keys[7], d, number, 0)
                    state = 0
                    while state < len(x.conditions) - 1 and pick >= x.conditions[state].at_next:
                        state += 1
                    mean = x.conditions[state].mean
                    length = mean if x.conditions[state].even else mean * minus_log(1.0 - chance)
                    end += max(whole(min(length, float(LONGEST))), 1)
            s.more[d].number, s.more[d].end, s.more[d].state = number, end, state
            if state >= 0:
                when = end
                if x.conditions[state].person:
                    put_off = True
        if x.own[0].window_start == x.own[0].window_end:
            break
        wait = waiting(x, s.zone[d], when, x.own[0].window_start, x.own[0].window_end)
        when += wait
        if wait == 0 or not x.own[0].lives:
            break
    if put_off:
        s.more[d].postponed += 1
    return when
