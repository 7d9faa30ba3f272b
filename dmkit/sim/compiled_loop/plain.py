"""The loop of ``fleet_plain``, compiled: devices that meet in one queue, first come first served."""

# mypy: ignore-errors
# numba infers the types of what follows; a namedtuple of arrays has no types that mypy could use

from __future__ import annotations

import numpy as np

from dmkit.sim.book import DONE, LOST, NO_ANSWER
from dmkit.sim.compiled_loop.device import note_begin, note_fail
from dmkit.sim.compiled_loop.draws import access_of, lost_of, minus_log, unit, whole
from dmkit.sim.compiled_loop.heaps import drop_top, push
from dmkit.sim.compiled_loop.state import (
    BIG,
    BUSY,
    FATES,
    KEPT,
    LATE,
    LOST_ON_THE_WAY,
    OFFERED,
    PEAK,
    SERVED,
    SIZE,
    TAKEN,
    WASTED,
    door,
    inner,
)
from dmkit.sim.rates import LONGEST


@inner()
def replace_first(ends, over):
    """The server that is free first has work until ``over``."""
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


@inner()
def note_losses(s, start, times, timeout):
    """So many sendings from ``start`` on were lost; what there is no room for is only counted."""
    at = s.c[LOST_ON_THE_WAY]
    s.c[LOST_ON_THE_WAY] = at + times
    if len(s.offers):
        s.c[OFFERED] = at + times
        for number in range(times):
            if at + number < len(s.offers):
                s.offers[at + number, 0], s.offers[at + number, 1] = start + number * timeout, LOST_ON_THE_WAY - FATES
                s.offers[at + number, 2] = 0


@inner()
def send_plain(x, s, start, d, k):
    """When message ``k`` reaches the servers; the device begins anew as long as it is lost too often; -1: gave up."""
    resends, timeout = x.kinds[0].resends, x.kinds[0].timeout
    while True:
        lost = lost_of(x, 0, d, s.dev[d].attempt, k)
        if lost:
            note_losses(s, start, lost, timeout)
        if lost <= resends:
            s.dev[d].octets_up += x.exchanges[0, k].up_octets * (lost + 1)
            s.dev[d].trip = k
            return start + lost * timeout + x.exchanges[0, k].up
        s.dev[d].octets_up += x.exchanges[0, k].up_octets * (resends + 1)
        start = fail_plain(x, s, start + (resends + 1) * timeout, d, LOST)
        if start < 0:
            return start
        k = 0


@inner()
def fail_plain(x, s, now, d, why):
    """An attempt has failed: when the next one is on the network; -1: there is none."""
    s.dev[d].connected += now - s.dev[d].since
    when = note_fail(x, s, d, why, now, 0.0)
    if when > LONGEST:
        s.c[LATE] = 1
        return np.int64(-1)
    if when < 0:
        return when
    s.dev[d].attempt += 1
    note_begin(x, s, d, when)
    s.dev[d].since = when
    return when + access_of(x, d, s.dev[d].attempt) + x.kinds[0].setup


@door()
def first_plain(x, s, order, when):
    """When the first message of each device reaches the servers; -1: it gave up before."""
    arrives = np.empty(len(order), dtype=np.int64)
    simple = len(x.access) == 1 and x.own[0].card == 0 and x.own[0].card_again == 0 and x.own[0].prompt == 0
    delay, up, octets = x.access[0] + x.kinds[0].setup, x.exchanges[0, 0].up, x.exchanges[0, 0].up_octets
    chance, resends, timeout, key = x.chances[0], x.kinds[0].resends, x.kinds[0].timeout, x.keys[1]
    for i in range(len(order)):
        d = order[i]
        device = s.dev[d]
        if simple:
            device.attempts = 1
            device.began = when[i]
            start = when[i] + delay
        else:
            note_begin(x, s, d, when[i])
            start = when[i] + access_of(x, d, 0) + x.kinds[0].setup
        device.since = when[i]
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
            device.octets_up += octets * (lost + 1)
            device.trip = 0
            arrives[i] = start + lost * timeout + up
    return arrives


@door()
def play_plain(x, s, order, arrives):
    """``arrives`` in order, and whose they are in ``order``.  What happens to every message stands here, in locals."""
    c, n = s.c, len(order)
    trips, timeout, exchanges = x.kinds[0].trips, x.kinds[0].timeout, x.exchanges[0]
    chance, resends, losing, working = x.chances[0], x.kinds[0].resends, x.keys[1], x.keys[0]
    law, service = x.pools[0].law, x.kinds[0].factor * x.pools[0].service
    traces, measured = x.traces, x.pools[0].trace_len
    ends = np.zeros(x.pools[0].count, dtype=np.int64)
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
        device = s.dev[d]
        k = np.int64(device.trip)
        if law == 1:
            work = whole(service)
        elif law == 0:
            work = whole(service * minus_log(1.0 - unit(working, d, device.attempt, k)))
        else:
            work = whole(x.kinds[0].factor * traces[np.int64(unit(working, d, device.attempt, k) * measured)])
        start = ends[0]
        if start > now:
            device.waited += start - now
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
        deadline = now - exchanges[k].up + timeout
        arrival = over + exchanges[k].down
        if arrival > deadline:
            wasted += 1
            again = fail_plain(x, s, deadline, d, NO_ANSWER)
            if again >= 0:
                again = send_plain(x, s, again, d, 0)
            if again >= 0:
                push(c, ht, hd, again, 0, d)
            continue
        device.octets_down += exchanges[k].down_octets
        arrival += exchanges[k].think
        k += 1
        if k < trips:
            lost = 0
            if chance[0] != 0.0:
                draw = unit(losing, d, device.attempt, k)
                while lost <= resends and draw < chance[lost]:
                    lost += 1
            if lost > resends:
                again = send_plain(x, s, arrival, d, k)
                if again >= 0:
                    push(c, ht, hd, again, 0, d)
            else:
                if lost:
                    note_losses(s, arrival, lost, timeout)
                device.octets_up += exchanges[k].up_octets * (lost + 1)
                device.trip = k
                push(c, ht, hd, arrival + lost * timeout + exchanges[k].up, 0, d)
        else:
            device.connected += arrival - device.since
            device.finished, device.outcome = arrival, DONE
            device.rounds += 1
            device.took += arrival - device.began
    c[SERVED], c[BUSY], c[WASTED], c[PEAK], c[TAKEN] = served, done_work, wasted, peak, served
    if room:
        c[KEPT] = served
