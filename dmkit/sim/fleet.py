"""A campaign as one loop: a heap of whole numbers, state in lists; for a million devices and more.

What happens is what ``processes`` describes, to the last microsecond.  An entry of the heap is time, kind and device
packed into one number, so the heap compares integers.  Two things are known early and need no event: with a free
server the end of the work is known on arrival, and without outages so is the next message of the device.
"""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

from dmkit.sim.book import DOWNLOAD_BROKE, LOST, NO_ANSWER, REFUSAL, REFUSED, Book, Kind
from dmkit.sim.fleet_plain import is_plain, play_plain
from dmkit.words.errors import ConfigError

if TYPE_CHECKING:
    from dmkit.sim.campaign import Campaign
    from dmkit.sim.draws import Draws
    from dmkit.sim.run import Run

__all__ = ["run_fleet"]

_DEVICE: Final = 24
_TIME: Final = _DEVICE + 3
_MASK: Final = (1 << _DEVICE) - 1
_SESSION, _ENDING, _CONNECTING, _LOADING = range(4)


def run_fleet(plan: Campaign, draws: Draws) -> Run:
    """Play ``plan``.  ConfigError above 16 million devices."""
    if plan.devices > _MASK:
        raise ConfigError(f"fleet plays up to {_MASK} devices, not {plan.devices}; run several campaigns")
    book = Book(plan, draws)
    if is_plain(plan):
        play_plain(book)
    else:
        _Loop(book).run()
    return book.run("fleet")


class _Loop:
    """The loop.  What happens most often stands in ``run`` itself: a call for each event costs time."""

    def __init__(self, book: Book) -> None:
        self.book, self.plan, self.draws = book, book.plan, book.draws
        n = self.plan.devices
        self.heap: list[int] = []
        self.attempt, self.trip = [0] * n, bytearray(n)
        self.deadline, self.expects = [-1] * n, [-1] * n
        self.reason, self.stage = bytearray(n), bytearray(n)
        self.since = [0] * n
        self.cell_free = [self.plan.cells.limit] * self.plan.cells.count
        self.cell_queue: list[deque[int]] = [deque() for _ in range(self.plan.cells.count)]
        self.pool = self.plan.download.servers if self.plan.download is not None else None
        self.pool_queue: deque[int] = deque()
        self.held: set[int] = set()
        self.service = self.draws.service.reshape(-1).data
        self.losses = self.draws.losses.reshape(-1).data
        self.access = self.draws.access.reshape(-1).data

    def push(self, when: int, kind: int, device: int) -> None:
        heappush(self.heap, when << _TIME | kind << _DEVICE | device)

    def run(self) -> None:
        """Until nothing is left to happen."""
        book, heap = self.book, self.heap
        trips, servers = book.trips, self.plan.servers
        exchanges, attempts = len(trips), self.plan.retry.attempts
        service, urgent = self.service, book.urgent
        downs = [t.down for t in trips]
        count, limit = servers.count, servers.queue
        expects, deadline, attempt, trip = self.expects, self.deadline, self.attempt, self.trip
        waited = book.waited
        queue: list[tuple[bool, int, int, int, int, int]] = []
        busy: list[int] = []  # end of work and device, packed
        waking, down = False, False
        recorded = book.requests
        chained = not servers.outages
        room, held = servers.sessions, self.held
        slots = self.plan.cells.limit is not None or self.plan.download is not None or room is not None
        works: dict[int, int] = {}  # only with outages: work of what is being done, by its entry in busy
        for start, end in servers.outages:
            self.push(round(start * 1e6), Kind.DOWN, 0)
            self.push(round(end * 1e6), Kind.UP, 0)
        source = book.first_attempts()
        upcoming = next(source, None)
        due = -1 if upcoming is None else upcoming[0] << _TIME | Kind.BEGIN << _DEVICE | upcoming[1]

        def started(now: int, d: int, k: int, asked: int, work: int, latest: int) -> bool:
            """Begin the work; whether the device will have the answer in time."""
            over = now + work
            entry = over << _DEVICE | d
            heappush(busy, entry)
            waited[d] += now - asked
            if recorded is not None:
                recorded.append((asked, now, over))
            book.served += 1
            book.busy += work
            if not chained:
                works[entry] = work
            if over > latest:
                book.wasted += 1
                return False
            arrives = over + downs[k]
            if chained and not (slots and k + 1 == exchanges):
                self.answered(arrives, d, k)
            else:
                expects[d] = arrives
                heappush(heap, arrives << _TIME | Kind.ANSWER << _DEVICE | d)
            return True

        while True:
            if due >= 0 and (not heap or due < heap[0]):
                key = due
                upcoming = next(source, None)
                due = -1 if upcoming is None else upcoming[0] << _TIME | Kind.BEGIN << _DEVICE | upcoming[1]
            elif heap:
                key = heappop(heap)
            else:
                return
            now, kind, d = key >> _TIME, key >> _DEVICE & 7, key & _MASK
            if kind == Kind.SENT:
                k = trip[d]
                if down:
                    self.push(deadline[d], Kind.TIMEOUT, d)
                    continue
                while busy and busy[0] >> _DEVICE <= now:
                    entry = heappop(busy)
                    if not chained:
                        works.pop(entry, None)
                work = service[(d * attempts + attempt[d]) * exchanges + k]
                latest = deadline[d] - downs[k]
                if room is not None and k == 0:
                    if len(held) >= room:
                        self.refuse(now, d)
                        continue
                    held.add(d)
                if len(busy) < count and not queue:
                    limited = deadline[d]
                    if not started(now, d, k, now, work, latest):
                        self.push(limited, Kind.TIMEOUT, d)
                elif limit is not None and len(queue) >= limit:
                    self.refuse(now, d)
                else:
                    heappush(queue, (not urgent[d], now, d, work, latest, k))
                    if len(queue) > book.peak:
                        book.peak = len(queue)
                    heappush(heap, deadline[d] << _TIME | Kind.TIMEOUT << _DEVICE | d)
                    if not waking:
                        waking = True
                        heappush(heap, (busy[0] >> _DEVICE) << _TIME)
            elif kind == Kind.FREE:
                waking = False
                while busy and busy[0] >> _DEVICE <= now:
                    entry = heappop(busy)
                    if not chained:
                        works.pop(entry, None)
                while queue and len(busy) < count:
                    _, asked, d, work, latest, k = heappop(queue)
                    started(now, d, k, asked, work, latest)
                if queue:
                    waking = True
                    heappush(heap, (busy[0] >> _DEVICE) << _TIME)
            elif kind == Kind.ANSWER:
                if self.stage[d] & 8:
                    self.stage[d] &= 7
                    book.octets_down[d] += REFUSAL
                    self.fail(now, d, REFUSED, servers.retry_after)
                elif expects[d] == now:
                    self.answered(now, d, trip[d])
            elif kind == Kind.TIMEOUT:
                if deadline[d] == now:
                    deadline[d] = expects[d] = -1
                    self.fail(now, d, self.reason[d], 0.0)
            elif kind == Kind.BEGIN:
                self.begin(now, d)
            elif kind == Kind.DONE:
                self.done(now, d)
            elif kind == Kind.DOWN:
                down, waking = True, False
                queue.clear()
                for entry in busy:
                    if entry >> _DEVICE <= now or entry not in works:
                        continue
                    d, over = entry & _MASK, entry >> _DEVICE
                    book.served -= 1
                    book.busy -= works[entry]
                    if expects[d] >= 0 and expects[d] - downs[trip[d]] == over:
                        expects[d] = -1
                        self.push(deadline[d], Kind.TIMEOUT, d)
                    else:
                        book.wasted -= 1
                busy.clear()
                works.clear()
                held.clear()
            else:
                down = False

    # -- a device

    def refuse(self, now: int, d: int) -> None:
        """No room: an answer with Retry-After."""
        self.deadline[d] = -1
        self.stage[d] |= 8
        self.push(now + self.book.refusal, Kind.ANSWER, d)

    def begin(self, now: int, d: int) -> None:
        """An attempt begins: first a place in the cell."""
        self.book.begin(d, self.attempt[d], now)
        if self.plan.cells.limit is not None:
            cell = int(self.draws.cell[d])
            if not self.cell_free[cell]:
                self.cell_queue[cell].append(d)
                return
            self.cell_free[cell] -= 1  # type: ignore[operator]  # a limit was set
        self.connect(now, d)

    def connect(self, now: int, d: int) -> None:
        """Onto the network, then the session, or the download when the session was done before."""
        self.since[d] = now
        start = now + self.access[d * self.plan.retry.attempts + self.attempt[d]] + self.book.setup
        if self.book.session_done[d]:
            self.stage[d] = _CONNECTING
            self.push(start, Kind.DONE, d)
        else:
            self.trip[d] = 0
            self.stage[d] = _SESSION
            self.send(start, d, 0)

    def send(self, start: int, d: int, k: int) -> None:
        """The message of exchange ``k``, as often as it takes."""
        book = self.book
        index = (d * self.plan.retry.attempts + self.attempt[d]) * len(book.trips) + k
        lost = self.losses[index]
        times = book.trips[k]
        if lost > book.resends:
            book.octets_up[d] += times.up_octets * (book.resends + 1)
            self.reason[d] = LOST
            self.deadline[d] = start + (book.resends + 1) * book.timeout
            self.push(self.deadline[d], Kind.TIMEOUT, d)
            return
        book.octets_up[d] += times.up_octets * (lost + 1)
        self.reason[d] = NO_ANSWER
        sent = start + lost * book.timeout
        self.deadline[d] = sent + book.timeout
        heappush(self.heap, sent + times.up << _TIME | Kind.SENT << _DEVICE | d)

    def answered(self, now: int, d: int, k: int) -> None:
        """The answer of exchange ``k`` arrives at ``now``."""
        book = self.book
        times = book.trips[k]
        self.expects[d] = self.deadline[d] = -1
        book.octets_down[d] += times.down_octets
        if k + 1 < len(book.trips):
            self.trip[d] = k + 1
            self.send(now + times.think, d, k + 1)
        elif times.think:
            self.stage[d] = _ENDING
            self.push(now + times.think, Kind.DONE, d)
        else:
            self.session_over(now, d)

    def done(self, now: int, d: int) -> None:
        """A session, a connection or a download has come to its end."""
        if self.stage[d] == _ENDING:
            self.session_over(now, d)
        elif self.stage[d] == _CONNECTING:
            self.download(now, d)
        else:
            part, broke = self.book.part(d, self.attempt[d])
            self.book.loaded(d, part, broke)
            if self.pool is not None:
                if self.pool_queue:
                    self.load(now, self.pool_queue.popleft())
                else:
                    self.pool += 1
            if broke:
                self.fail(now, d, DOWNLOAD_BROKE, 0.0)
            else:
                self.finish(now, d)

    def session_over(self, now: int, d: int) -> None:
        self.book.session_done[d] = 1
        self.held.discard(d)
        if self.plan.download is None:
            self.finish(now, d)
        else:
            self.download(now, d)

    def download(self, now: int, d: int) -> None:
        """A place at the download servers, then the load."""
        if self.pool is not None:
            if not self.pool:
                self.pool_queue.append(d)
                return
            self.pool -= 1
        self.load(now, d)

    def load(self, now: int, d: int) -> None:
        self.stage[d] = _LOADING
        part, _ = self.book.part(d, self.attempt[d])
        self.push(now + self.book.load(part), Kind.DONE, d)

    def leave(self, now: int, d: int) -> None:
        """Off the network; the place in the cell goes to the next."""
        self.book.connected[d] += now - self.since[d]
        if self.plan.cells.limit is None:
            return
        cell = int(self.draws.cell[d])
        if self.cell_queue[cell]:
            self.connect(now, self.cell_queue[cell].popleft())
        else:
            self.cell_free[cell] += 1  # type: ignore[operator]  # a limit was set

    def finish(self, now: int, d: int) -> None:
        self.leave(now, d)
        self.book.finish(d, now)

    def fail(self, now: int, d: int, why: int, told: float) -> None:
        """The attempt has failed; when there is another, it is due."""
        self.held.discard(d)
        self.leave(now, d)
        when = self.book.fail(d, self.attempt[d], why, now, told)
        if when is not None:
            self.attempt[d] += 1
            self.push(when, Kind.BEGIN, d)
