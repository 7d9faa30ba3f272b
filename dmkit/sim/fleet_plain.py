"""The loop of ``fleet`` for plans in which devices meet only in one first-come queue: about half the time.

Then the only event that has to wait for its turn is a message that reaches the servers: the start of its work is known
on arrival, and everything until the device's next message follows from the device's own draws.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush, heapreplace
from typing import TYPE_CHECKING, Final

import numpy as np

from dmkit.sim.book import LOST, NO_ANSWER, Book
from dmkit.sim.queueing import backlog_peak

if TYPE_CHECKING:
    from dmkit.sim.campaign import Campaign

__all__ = ["is_plain", "play_plain"]

_DEVICE: Final = 24
_MASK: Final = (1 << _DEVICE) - 1


def is_plain(plan: Campaign) -> bool:
    """True when devices meet in the queue of the servers and nowhere else."""
    servers = plan.servers
    return (
        not servers.outages
        and servers.urgent == 0
        and servers.queue is None
        and servers.sessions is None
        and plan.cells.limit is None
        and plan.download is None
        and plan.retry.budget is None
    )


def play_plain(book: Book) -> None:
    """Play the plan of ``book``, which must be plain."""
    draws, trips, timeout, resends = book.draws, book.trips, book.timeout, book.resends
    n, tries, exchanges = book.plan.devices, book.plan.retry.attempts, len(trips)
    service, losses = draws.service.reshape(-1).data, draws.losses.reshape(-1).data
    access = draws.access.reshape(-1).data
    ups, downs, thinks = ([getattr(t, name) for t in trips] for name in ("up", "down", "think"))
    octets_up, octets_down = [t.up_octets for t in trips], [t.down_octets for t in trips]
    sent_octets, got_octets, waited = book.octets_up, book.octets_down, book.waited
    attempt, trip, since = [0] * n, bytearray(n), [0] * n
    busy = [0] * book.plan.servers.count
    heapify(busy)
    heap: list[int] = []
    queued: list[int] = []
    starts: list[int] = []
    served = work_done = wasted = 0
    recorded = book.requests

    def send(start: int, d: int, k: int) -> None:
        """Push the arrival of message ``k``, or begin anew after it was lost too often."""
        while True:
            lost = losses[(d * tries + attempt[d]) * exchanges + k]
            if lost <= resends:
                sent_octets[d] += octets_up[k] * (lost + 1)
                trip[d] = k
                heappush(heap, (start + lost * timeout + ups[k]) << _DEVICE | d)
                return
            sent_octets[d] += octets_up[k] * (resends + 1)
            again = fail(start + (resends + 1) * timeout, d, LOST)
            if again is None:
                return
            start, k = again, 0

    def fail(now: int, d: int, why: int) -> int | None:
        """The attempt ends at ``now``; when the first message of the next is sent, None when there is none."""
        book.connected[d] += now - since[d]
        when = book.fail(d, attempt[d], why, now, 0.0)
        if when is None:
            return None
        attempt[d] += 1
        book.begin(d, attempt[d], when)
        since[d] = when
        return when + access[d * tries + attempt[d]] + book.setup

    for when, d in book.first_attempts():
        book.begin(d, 0, when)
        since[d] = when
        send(when + access[d * tries] + book.setup, d, 0)
    source = sorted(heap)
    source.reverse()
    heap.clear()
    while source or heap:
        key = source.pop() if source and (not heap or source[-1] < heap[0]) else heappop(heap)
        now, d = key >> _DEVICE, key & _MASK
        k = trip[d]
        work = service[(d * tries + attempt[d]) * exchanges + k]
        start = busy[0]
        if start > now:
            waited[d] += start - now
            queued.append(now)
            starts.append(start)
        else:
            start = now
        over = start + work
        heapreplace(busy, over)
        if recorded is not None:
            recorded.append((now, start, over))
        served += 1
        work_done += work
        deadline = now - ups[k] + timeout
        arrives = over + downs[k]
        if arrives > deadline:
            wasted += 1
            again = fail(deadline, d, NO_ANSWER)
            if again is not None:
                send(again, d, 0)
            continue
        got_octets[d] += octets_down[k]
        arrives += thinks[k]
        if k + 1 < exchanges:
            send(arrives, d, k + 1)
        else:
            book.connected[d] += arrives - since[d]
            book.finish(d, arrives)
    book.served, book.busy, book.wasted = served, work_done, wasted
    book.peak = backlog_peak(np.array(queued, dtype=np.float64), np.array(starts, dtype=np.float64))
