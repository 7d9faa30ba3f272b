"""A campaign as one loop: a heap of whole numbers, state in lists.  The oracle of the compiled loop, and its stand-in.

What happens is what ``processes`` describes, to the last microsecond.  An entry of the heap is time, kind and device
packed into one number, so the heap compares integers.  Two things are known early and need no event: with a free
server the end of the work is known on arrival, and without outages so is the next message of the device.
"""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from dmkit.sim.book import (
    CUT_OFF,
    DOWNLOAD_BROKE,
    HELD_UP,
    LOST,
    NO_ANSWER,
    NO_SERVER,
    REFUSAL,
    REFUSED,
    TAKEN,
    TURNED_AWAY,
    Book,
    Bucket,
    Precedence,
)
from dmkit.sim.fleet_plain import is_plain, play_plain
from dmkit.sim.rates import LONGEST, too_late
from dmkit.sim.sharing import Sharing

if TYPE_CHECKING:
    from dmkit.sim.campaign import Campaign
    from dmkit.sim.draws import Draws
    from dmkit.sim.run import Run

__all__ = ["run_fleet", "run_python"]

_SESSION, _ENDING, _CONNECTING, _LOADING = range(4)
_TOLD, _PASSED = 8, 16
"""Bits of a stage: the answer on its way is a refusal; the message has passed the gateway."""


def run_fleet(plan: Campaign, draws: Draws) -> Run:
    """Play ``plan``, compiled where that can be done and is worth it."""
    from dmkit.sim import compiled

    if not compiled.can(plan):
        return run_python(plan, draws)
    if compiled.pays(plan):
        return compiled.run_compiled(plan, draws)
    run = run_python(plan, draws)
    compiled.note(run)
    return run


def run_python(plan: Campaign, draws: Draws) -> Run:
    """Play ``plan`` in plain Python."""
    book = Book(plan, draws)
    if is_plain(plan):
        play_plain(book)
    else:
        _Loop(book).run()
    return book.run("fleet")


class _Pool:
    """One pool of servers.  ``busy``: ends of work and devices, packed; ``works``: what they do, only with outages."""

    __slots__ = (
        "bucket",
        "busy",
        "count",
        "down",
        "held",
        "inside",
        "limit",
        "queue",
        "room",
        "sign",
        "waking",
        "works",
    )

    def __init__(self, loop: _Loop, number: int) -> None:
        servers = loop.plan.desks[number]
        self.count, self.limit, self.room = servers.count, servers.queue, servers.sessions
        self.sign = -1 if servers.discipline == "lifo" else 1
        self.inside = Sharing(servers.count) if servers.discipline == "sharing" else None
        self.bucket = Bucket(servers.rate) if servers.rate is not None else None
        self.queue: list[tuple[int, int, int, int, int, int, int]] = []
        self.busy: list[int] = []
        self.works: dict[int, int] = {}
        self.held: set[int] = set()
        self.down = self.waking = False

    def sweep(self, now: int, device_bits: int) -> None:
        """Workers whose work is over are free."""
        busy, works = self.busy, self.works
        while busy and busy[0] >> device_bits <= now:
            entry = heappop(busy)
            if works:
                works.pop(entry, None)


class _Loop:
    """The loop.  What happens most often stands in ``run`` itself: a call for each event costs time."""

    def __init__(self, book: Book) -> None:
        self.book, self.plan, self.draws = book, book.plan, book.draws
        n = self.plan.devices
        self.bits = max(n, len(self.plan.desks)).bit_length()
        self.shift = self.bits + 3
        self.heap: list[int] = []
        self.attempt, self.trip = [0] * n, [0] * n
        self.deadline, self.expects = [-1] * n, [-1] * n
        self.reason, self.stage = bytearray(n), bytearray(n)
        self.since = [0] * n
        self.pools = [_Pool(self, number) for number in range(len(self.plan.desks))]
        self.limits = self.plan.cells.limits
        self.cell_free = list(self.limits or ())
        self.cell_queue: list[deque[int]] = [deque() for _ in range(self.plan.cells.count)]
        self.cell = self.draws.cell.tolist()
        self.room = self.plan.download.servers if self.plan.download is not None else None
        self.load_queue: deque[int] = deque()
        self.outages = any(self.draws.outages)
        works = self.draws.works
        self.works = None if works is None else works.reshape(-1).data
        self.most = 0 if works is None else works.shape[1]

    def push(self, when: int, kind: int, device: int) -> None:
        heappush(self.heap, when << self.shift | kind << self.bits | device)

    def pool_of(self, d: int) -> int:
        return self.draws.pool(d, self.attempt[d]) if len(self.pools) > 1 else 0

    def work(self, d: int, k: int, pool: int) -> int:
        """Microseconds of work for the message."""
        turn = self.book.turn(d, self.attempt[d])
        if turn == 0 and self.works is not None:
            return self.works[d * self.most + k]
        return self.draws.work(d, turn, k, self.plan.desks[pool])

    def run(self) -> None:
        """Until nothing is left to happen."""
        book, heap, pools = self.book, self.heap, self.pools
        rank, klass = book.rank, book.klass
        shift, bits = self.shift, self.bits
        mask = (1 << bits) - 1
        downs = [[t.down for t in terms.trips] for terms in book.terms]
        expects, deadline, trip, stage = self.expects, self.deadline, self.trip, self.stage
        waited = book.waited
        recorded = book.requests
        chained = not self.outages
        several = len(pools) > 1
        slots = (
            self.limits is not None or self.plan.download is not None or any(pool.room is not None for pool in pools)
        )
        for number, outages in enumerate(self.draws.outages):
            for start, end in outages:
                self.push(start, Precedence.DOWN, number)
                self.push(end, Precedence.UP, number)
        source = book.first_attempts()
        upcoming = next(source, None)
        due = -1 if upcoming is None else upcoming[0] << shift | Precedence.BEGIN << bits | upcoming[1]

        def started(pool: _Pool, now: int, d: int, k: int, asked: int, work: int, latest: int) -> bool:
            """Begin the work; whether the device will have the answer in time."""
            over = now + work
            if over > LONGEST:
                raise too_late()
            entry = over << bits | d
            heappush(pool.busy, entry)
            waited[d] += now - asked
            if recorded is not None:
                recorded.append((asked, now, over))
            book.served += 1
            book.busy += work
            if not chained:
                pool.works[entry] = work
            if over > latest:
                book.wasted += 1
                return False
            mine = downs[klass[d]]
            arrives = over + mine[k]
            if chained and not (slots and k + 1 == len(mine)):
                self.answered(arrives, d, k)
            else:
                expects[d] = arrives
                self.push(arrives, Precedence.ANSWER, d)
            return True

        while True:
            if due >= 0 and (not heap or due < heap[0]):
                key = due
                upcoming = next(source, None)
                due = -1 if upcoming is None else upcoming[0] << shift | Precedence.BEGIN << bits | upcoming[1]
            elif heap:
                key = heappop(heap)
            else:
                return
            now, kind, d = key >> shift, key >> bits & 7, key & mask
            if kind == Precedence.SENT:
                k = trip[d]
                number = self.pool_of(d) if several else 0
                latest = deadline[d] - downs[klass[d]][k]
                if book.gateway is not None and not stage[d] & _PASSED:
                    at = book.gateway.leaves(now, latest)
                    if at is None:
                        book.offer(now, HELD_UP, number)
                        self.push(deadline[d], Precedence.TIMEOUT, d)
                        continue
                    if at > now:
                        stage[d] |= _PASSED
                        self.push(at, Precedence.SENT, d)
                        continue
                stage[d] &= ~_PASSED
                pool = pools[number]
                if pool.down:
                    book.offer(now, NO_SERVER, number)
                    self.push(deadline[d], Precedence.TIMEOUT, d)
                    continue
                if pool.bucket is not None and not pool.bucket.takes(now):
                    self.refuse(now, d, number)
                    continue
                if pool.room is not None and k == 0:
                    if len(pool.held) >= pool.room:
                        self.refuse(now, d, number)
                        continue
                    pool.held.add(d)
                if pool.inside is not None:
                    if pool.limit is not None and len(pool.inside) >= pool.count + pool.limit:
                        self.refuse(now, d, number)
                        continue
                    book.offer(now, TAKEN, number)
                    self.push(deadline[d], Precedence.TIMEOUT, d)
                    work = self.work(d, k, number)
                    pool.inside.enter(now, work, (d, work, now, latest, k))
                    book.peak = max(book.peak, len(pool.inside) - pool.count)
                    self.push(pool.inside.due(), Precedence.FREE, number)
                    continue
                pool.sweep(now, bits)
                if len(pool.busy) < pool.count and not pool.queue:
                    book.offer(now, TAKEN, number)
                    limited = deadline[d]
                    if not started(pool, now, d, k, now, self.work(d, k, number), latest):
                        self.push(limited, Precedence.TIMEOUT, d)
                elif pool.limit is not None and len(pool.queue) >= pool.limit:
                    self.refuse(now, d, number)
                else:
                    book.offer(now, TAKEN, number)
                    sign = pool.sign
                    heappush(pool.queue, (rank[d], sign * now, sign * d, d, self.work(d, k, number), latest, k))
                    if len(pool.queue) > book.peak:
                        book.peak = len(pool.queue)
                    self.push(deadline[d], Precedence.TIMEOUT, d)
                    if not pool.waking:
                        pool.waking = True
                        self.push(pool.busy[0] >> bits, Precedence.FREE, number)
            elif kind == Precedence.FREE:
                pool = pools[d]
                if pool.inside is not None:
                    self.shared(pool, now, d)
                    continue
                pool.waking = False
                pool.sweep(now, bits)
                while pool.queue and len(pool.busy) < pool.count:
                    _, asked, _, d, work, latest, k = heappop(pool.queue)
                    started(pool, now, d, k, abs(asked), work, latest)
                if pool.queue:
                    pool.waking = True
                    self.push(pool.busy[0] >> bits, Precedence.FREE, key & mask)
            elif kind == Precedence.ANSWER:
                if stage[d] & _TOLD:
                    stage[d] &= ~_TOLD
                    book.octets_down[d] += REFUSAL
                    self.fail(now, d, REFUSED, self.plan.desks[self.pool_of(d)].retry_after)
                elif expects[d] == now:
                    self.answered(now, d, trip[d])
            elif kind == Precedence.TIMEOUT:
                if deadline[d] == now:
                    deadline[d] = expects[d] = -1
                    self.fail(now, d, self.reason[d], 0.0)
            elif kind == Precedence.BEGIN:
                self.begin(now, d)
            elif kind == Precedence.DONE:
                self.done(now, d)
            elif kind == Precedence.DOWN:
                self.down(now, d, downs)
            else:
                pools[d].down = False

    # -- a pool

    def shared(self, pool: _Pool, now: int, number: int) -> None:
        """With sharing: those that are done, and when the next will be."""
        book = self.book
        assert pool.inside is not None
        gone = pool.inside.leave(now)
        for d, work, asked, latest, k in gone:
            book.waited[d] += max(0, now - asked - work)
            if book.requests is not None:
                book.requests.append((asked, asked, now))
            book.serve(work, late=now > latest)
            if now <= latest:
                self.expects[d] = now + book.terms[book.klass[d]].trips[k].down
                self.push(self.expects[d], Precedence.ANSWER, d)
        if gone and len(pool.inside):
            self.push(pool.inside.due(), Precedence.FREE, number)

    def down(self, now: int, number: int, downs: list[list[int]]) -> None:
        """An outage begins: what is in work or waits is lost."""
        book, pool, bits = self.book, self.pools[number], self.bits
        pool.down, pool.waking = True, False
        cut = len(pool.queue) + (len(pool.inside.clear(now)) if pool.inside is not None else 0)
        pool.queue.clear()
        for entry in pool.busy:
            if entry >> bits <= now or entry not in pool.works:
                continue
            d, over = entry & ((1 << bits) - 1), entry >> bits
            cut += 1
            book.served -= 1
            book.busy -= pool.works[entry]
            if self.expects[d] >= 0 and self.expects[d] - downs[book.klass[d]][self.trip[d]] == over:
                self.expects[d] = -1
                self.push(self.deadline[d], Precedence.TIMEOUT, d)
            else:
                book.wasted -= 1
        for _ in range(cut):
            book.offer(now, CUT_OFF, number)
        pool.busy.clear()
        pool.works.clear()
        pool.held.clear()

    def refuse(self, now: int, d: int, number: int) -> None:
        """No room: an answer with Retry-After."""
        self.book.offer(now, TURNED_AWAY, number)
        self.deadline[d] = -1
        self.stage[d] |= _TOLD
        self.push(now + self.book.terms[self.book.klass[d]].refusal, Precedence.ANSWER, d)

    # -- a device

    def begin(self, now: int, d: int) -> None:
        """An attempt begins: first a place in the cell."""
        self.book.begin(d, self.attempt[d], now)
        if self.limits is not None:
            cell = self.cell[d]
            free = self.cell_free[cell]
            if free is not None:
                if not free:
                    self.cell_queue[cell].append(d)
                    return
                self.cell_free[cell] = free - 1
        self.connect(now, d)

    def connect(self, now: int, d: int) -> None:
        """Onto the network, then the session, or the download when the session was done before."""
        self.since[d] = now
        start = now + self.book.access(d, self.attempt[d]) + self.book.terms[self.book.klass[d]].setup
        if self.book.session_done[d]:
            self.stage[d] = _CONNECTING
            self.push(start, Precedence.DONE, d)
        else:
            self.trip[d] = 0
            self.stage[d] = _SESSION
            self.send(start, d, 0)

    def send(self, start: int, d: int, k: int) -> None:
        """The message of exchange ``k``, as often as it takes."""
        book = self.book
        terms = book.terms[book.klass[d]]
        times = terms.trips[k]
        lost = self.draws.lost(d, book.turn(d, self.attempt[d]), k, terms.chances) if terms.chances else 0
        if lost:
            book.lose(start, min(lost, terms.resends + 1), terms.timeout, self.pool_of(d))
            if lost > terms.resends:
                book.octets_up[d] += times.up_octets * (terms.resends + 1)
                self.reason[d] = LOST
                self.deadline[d] = start + (terms.resends + 1) * terms.timeout
                self.push(self.deadline[d], Precedence.TIMEOUT, d)
                return
        book.octets_up[d] += times.up_octets * (lost + 1)
        self.reason[d] = NO_ANSWER
        sent = start + lost * terms.timeout
        self.deadline[d] = sent + terms.timeout
        heappush(self.heap, sent + times.up << self.shift | Precedence.SENT << self.bits | d)

    def answered(self, now: int, d: int, k: int) -> None:
        """The answer of exchange ``k`` arrives at ``now``."""
        book = self.book
        trips = book.terms[book.klass[d]].trips
        times = trips[k]
        self.expects[d] = self.deadline[d] = -1
        book.octets_down[d] += times.down_octets
        if k + 1 < len(trips):
            self.trip[d] = k + 1
            self.send(now + times.think, d, k + 1)
        elif times.think:
            self.stage[d] = _ENDING
            self.push(now + times.think, Precedence.DONE, d)
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
            if self.room is not None:
                if self.load_queue:
                    self.load(now, self.load_queue.popleft())
                else:
                    self.room += 1
            if broke:
                self.fail(now, d, DOWNLOAD_BROKE, 0.0)
            else:
                self.finish(now, d)

    def session_over(self, now: int, d: int) -> None:
        self.book.session_done[d] = 1
        self.pools[self.pool_of(d)].held.discard(d)
        if self.plan.download is None:
            self.finish(now, d)
        else:
            self.download(now, d)

    def download(self, now: int, d: int) -> None:
        """A place at the download servers, then the load."""
        if self.room is not None:
            if not self.room:
                self.load_queue.append(d)
                return
            self.room -= 1
        self.load(now, d)

    def load(self, now: int, d: int) -> None:
        self.stage[d] = _LOADING
        part, _ = self.book.part(d, self.attempt[d])
        self.push(now + self.book.load(d, part), Precedence.DONE, d)

    def leave(self, now: int, d: int) -> None:
        """Off the network; the place in the cell goes to the next."""
        self.book.connected[d] += now - self.since[d]
        if self.limits is None:
            return
        cell = self.cell[d]
        if self.cell_queue[cell]:
            self.connect(now, self.cell_queue[cell].popleft())
        elif (free := self.cell_free[cell]) is not None:
            self.cell_free[cell] = free + 1

    def finish(self, now: int, d: int) -> None:
        self.leave(now, d)
        self.book.finish(d, now)
        self.once_more(now, d)

    def fail(self, now: int, d: int, why: int, told: float) -> None:
        """The attempt has failed; when there is another, it is due."""
        self.pools[self.pool_of(d)].held.discard(d)
        self.leave(now, d)
        when = self.book.fail(d, self.attempt[d], why, now, told)
        if when is not None:
            self.attempt[d] += 1
            self.push(when, Precedence.BEGIN, d)
        else:
            self.once_more(now, d)

    def once_more(self, now: int, d: int) -> None:
        """In a closed population: the next round."""
        when = self.book.again(d, now)
        if when is not None:
            self.attempt[d] = 0
            self.push(when, Precedence.BEGIN, d)
