"""The loop of ``fleet`` for plans in which devices meet only in one first-come queue: about half the time.

Then the only event that has to wait for its turn is a message that reaches the servers: the start of its work is known
on arrival, and everything until the device's next message follows from the device's own draws.
"""

from __future__ import annotations

from collections import deque
from heapq import heapify, heappop, heappush, heapreplace
from typing import TYPE_CHECKING

from dmkit.sim.book import LOST, NO_ANSWER, TAKEN, Book
from dmkit.sim.rates import LONGEST, too_late

if TYPE_CHECKING:
    from dmkit.sim.campaign import Campaign

__all__ = ["is_plain", "play_plain"]


def is_plain(plan: Campaign) -> bool:
    """True when devices meet in the queue of the servers and nowhere else."""
    servers = plan.desks[0]
    return (
        len(plan.desks) == 1
        and not servers.outages
        and servers.urgent == 0
        and servers.discipline == "fifo"
        and servers.rate is None
        and servers.queue is None
        and servers.sessions is None
        and plan.outages is None
        and plan.gateway is None
        and not plan.classes
        and plan.again is None
        and plan.cells.limits is None
        and plan.download is None
        and plan.retry.budget is None
    )


def play_plain(book: Book) -> None:
    """Play the plan of ``book``, which must be plain."""
    draws, terms = book.draws, book.terms[0]
    servers = book.plan.desks[0]
    timeout, resends, chances, setup = terms.timeout, terms.resends, terms.chances, terms.setup
    n, exchanges = book.plan.devices, len(terms.trips)
    bits = n.bit_length()
    mask = (1 << bits) - 1
    table = None if draws.works is None else draws.works.reshape(-1).data
    ups, downs, thinks = ([getattr(t, name) for t in terms.trips] for name in ("up", "down", "think"))
    octets_up, octets_down = [t.up_octets for t in terms.trips], [t.down_octets for t in terms.trips]
    sent_octets, got_octets, waited = book.octets_up, book.octets_down, book.waited
    attempt, trip, since = [0] * n, [0] * n, [0] * n
    busy = [0] * servers.count
    heapify(busy)
    heap: list[int] = []
    waiting: deque[int] = deque()
    served = work_done = wasted = peak = 0
    recorded, offers = book.requests, book.offers

    def send(start: int, d: int, k: int) -> None:
        """Push the arrival of message ``k``, or begin anew after it was lost too often."""
        while True:
            lost = draws.lost(d, attempt[d], k, chances) if chances else 0
            if lost:
                book.lose(start, min(lost, resends + 1), timeout, 0)
            if lost <= resends:
                sent_octets[d] += octets_up[k] * (lost + 1)
                trip[d] = k
                heappush(heap, (start + lost * timeout + ups[k]) << bits | d)
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
        return when + book.access(d, attempt[d]) + setup

    for when, d in book.first_attempts():
        book.begin(d, 0, when)
        since[d] = when
        send(when + book.access(d, 0) + setup, d, 0)
    source = sorted(heap)
    source.reverse()
    heap.clear()
    while source or heap:
        key = source.pop() if source and (not heap or source[-1] < heap[0]) else heappop(heap)
        now, d = key >> bits, key & mask
        k = trip[d]
        tries = attempt[d]
        work = table[d * exchanges + k] if table is not None and not tries else draws.work(d, tries, k, servers)
        start = busy[0]
        if start > now:
            waited[d] += start - now
            while waiting and waiting[0] <= now:
                waiting.popleft()
            waiting.append(start)
            if len(waiting) > peak:
                peak = len(waiting)
        else:
            start = now
        over = start + work
        if over > LONGEST:
            raise too_late()
        heapreplace(busy, over)
        if recorded is not None:
            recorded.append((now, start, over))
        if offers is not None:
            offers.append((now, TAKEN, 0))
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
    book.served, book.busy, book.wasted, book.peak = served, work_done, wasted, peak
    book.fates[TAKEN] += served
