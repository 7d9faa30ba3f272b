"""A campaign as SimPy processes: the model to read.  A device is a process; servers are a desk; cells are slots.

Events at the same microsecond happen in the order of ``Kind`` and then of device number, as in ``fleet``; so both
engines agree to the last microsecond.  Devices are spawned on arrival: a million sleeping processes cost memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from functools import partial
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

import simpy
from simpy.events import PENDING

from dmkit.sim.book import (
    CUT_OFF,
    DONE,
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
from dmkit.sim.collector import resting_collector
from dmkit.sim.rates import LONGEST, too_late
from dmkit.sim.sharing import Sharing

if TYPE_CHECKING:
    from dmkit.sim.campaign import Campaign
    from dmkit.sim.draws import Draws
    from dmkit.sim.run import Run

__all__ = ["Desk", "Devices", "Environment", "ProcessWait", "Slots", "run_tape"]

ProcessWait = Generator[Any, Any, Any]


class _At(simpy.Event):
    """An event at ``when`` microseconds; what became ready at once (priority 1) goes before it."""

    def __init__(self, env: Environment, when: int, kind: Precedence, device: int) -> None:
        self.env, self.callbacks, self._ok, self._value = env, [], True, None
        heappush(env._queue, (when, 2 + (kind << 40) + device, next(env._eid), self))  # type: ignore[misc]


class Environment(simpy.Environment):
    """An environment that counts whole microseconds and whose events at one time have an order of their own."""

    _now: int  # nothing else is scheduled

    def __init__(self) -> None:
        super().__init__()
        self.at: Callable[[int, Precedence, int], Any] = partial(_At, self)
        """Makes an event at a time, of a kind, for a device."""

    @property
    def now(self) -> int:
        """Microseconds since the campaign began."""
        return self._now

    def play(self) -> None:
        """As ``run``, until nothing is left to happen: the same steps without a call for each."""
        queue = self._queue
        while queue:
            self._now, _, _, event = heappop(queue)  # type: ignore[assignment]
            callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]
            for callback in callbacks:
                callback(event)
            if not event._ok:  # a process has failed
                raise event._value


def _tell(event: Any, value: object) -> None:
    """As ``event.succeed(value)``, at once and not behind what else is ready: who waits only goes on to wait again."""
    event._ok, event._value = True, value
    callbacks, event.callbacks = event.callbacks, None
    for callback in callbacks:
        callback(event)


class Slots:
    """A number of places, first come, first served."""

    def __init__(self, env: Environment, count: int | None) -> None:
        self.env, self.free = env, count
        self.queue: deque[Any] = deque()

    def take(self) -> Any:
        """An event that comes when there is a place."""
        event = self.env.event()
        if self.free is None:
            event.succeed()
        elif self.free:
            self.free -= 1
            event.succeed()
        else:
            self.queue.append(event)
        return event

    def give(self) -> None:
        """A place becomes free."""
        if self.free is None:
            return
        if self.queue:
            self.queue.popleft().succeed()
        else:
            self.free += 1


class Desk:
    """One pool: workers behind one queue; O(log n) however deep the queue."""

    def __init__(self, env: Environment, book: Book, number: int = 0) -> None:
        self.env, self.book, self.number = env, book, number
        self.servers = book.plan.desks[number]
        self.free = self.servers.count
        self.queue: list[tuple[int, int, int, _Request]] = []
        self.working: set[_Request] = set()
        self.held: set[int] = set()
        self.inside = Sharing(self.servers.count) if self.servers.discipline == "sharing" else None
        self.bucket = Bucket(self.servers.rate) if self.servers.rate is not None else None
        self.limited = self.bucket is not None or (self.servers.sessions, self.servers.queue) != (None, None)
        self.up = True
        self.sign = -1 if self.servers.discipline == "lifo" else 1
        self.outages = book.draws.outages[number]
        for start, end in self.outages:
            env.process(self._outage(start, end))

    def ask(
        self, device: int, work: int, latest: int, wait: int | None = None, *, first: bool, done: Any = None
    ) -> Any:
        """An event whose value is when the work is done, 0 when the answer would come too late; None when there is no
        room for the request.

        ``latest``: when it must be done for the device still to be there; ``wait``: when the device gives up, by
        default then; ``first``: it opens a session.  ``done()`` is called when the work is done, be it too late.
        """
        env, book = self.env, self.book
        now = env._now
        request = _Request(env, device, now, work, latest, latest if wait is None else wait, done)
        if not self.up:
            book.offer(now, NO_SERVER, self.number)
            request.patience(env)
            return request
        if self.limited and self._full(device, first):
            book.offer(now, TURNED_AWAY, self.number)
            return None
        book.fates[TAKEN] += 1
        if book.offers is not None:
            book.offers.append((now, TAKEN, self.number))
        if self.inside is not None:
            request.patience(env)
            self.inside.enter(now, work, request)
            book.peak = max(book.peak, len(self.inside) - self.servers.count)
            self._look()
        elif self.free:
            if self.outages or now + work > latest:
                request.patience(env)
            self._start(request, now)
        else:
            request.patience(env)
            heappush(self.queue, (book.rank[device], self.sign * now, device if self.sign > 0 else -device, request))
            book.peak = max(book.peak, len(self.queue))
        return request

    def _full(self, device: int, first: bool) -> bool:
        if self.bucket is not None and not self.bucket.takes(self.env.now):
            return True
        room, limit = self.servers.sessions, self.servers.queue
        if first and room is not None:
            if len(self.held) >= room:
                return True
            self.held.add(device)
        if limit is None:
            return False
        if self.inside is not None:
            return len(self.inside) >= self.servers.count + limit
        return not self.free and len(self.queue) >= limit

    def _start(self, request: _Request, now: int) -> None:
        self.free -= 1
        if self.outages:
            self.working.add(request)
        book = self.book
        book.waited[request.device] += now - request.asked
        if book.requests is not None:
            book.start(request.asked, now, request.work)
        over = now + request.work
        if over > LONGEST:
            raise too_late()
        done = self.env.at(over, Precedence.FREE, request.device)
        done.callbacks.append(partial(self._end, request))

    def _end(self, request: _Request, _: Any) -> None:
        if self.outages:
            if request not in self.working:
                return  # lost in an outage
            self.working.remove(request)
        self.free += 1
        now = self.env._now
        if self.queue:
            self._start(heappop(self.queue)[3], now)
        self._done(request, now)

    def _done(self, request: _Request, now: int) -> None:
        late = now > request.latest
        self.book.serve(request.work, late)
        if request.done is not None:
            request.done()
        if not late:
            _tell(request, now)

    def _look(self) -> None:
        """With sharing: look again when the next will be done."""
        assert self.inside is not None
        due = self.inside.due()
        if due >= 0:
            self.env.at(due, Precedence.FREE, self.number).callbacks.append(lambda _: self._leave())

    def _leave(self) -> None:
        assert self.inside is not None
        now = self.env.now
        gone = self.inside.leave(now)
        for request in gone:
            self.book.waited[request.device] += max(0, now - request.asked - request.work)
            if self.book.requests is not None:
                self.book.requests.append((request.asked, request.asked, now))
            self._done(request, now)
        if gone:
            self._look()

    def _outage(self, start: int, end: int) -> Generator[Any, Any, None]:
        yield self.env.at(start, Precedence.DOWN, self.number)
        self.up = False
        inside = self.inside.clear(self.env.now) if self.inside is not None else ()
        for _ in range(len(self.working) + len(self.queue) + len(inside)):
            self.book.offer(self.env.now, CUT_OFF, self.number)
        self.working.clear()
        self.held.clear()
        self.queue.clear()
        self.free = self.servers.count
        yield self.env.at(end, Precedence.UP, self.number)
        self.up = True


class _Request(simpy.Event):
    """A message at the servers, and the event for which its device waits."""

    def __init__(self, env: Environment, device: int, asked: int, work: int, latest: int, wait: int, done: Any) -> None:
        self.env, self.callbacks, self._value = env, [], PENDING
        self.device, self.asked, self.work = device, asked, work
        self.latest, self.wait, self.done = latest, wait, done

    def patience(self, env: Environment) -> None:
        """The device will give up, unless the answer comes first: it may not come in time."""

        def enough(_: Any) -> None:
            if self._value is PENDING:
                _tell(self, 0)

        env.at(self.wait, Precedence.TIMEOUT, self.device).callbacks.append(enough)


def run_tape(plan: Campaign, draws: Draws) -> Run:
    """Play ``plan`` with the tape of its session."""
    book = Book(plan, draws)
    env = Environment()
    world = Devices(env, book)
    env.process(world.spawn())
    with resting_collector(settled=True):
        env.play()
    return book.run("tape")


class Devices:
    """What devices do, and what they share."""

    def __init__(self, env: Environment, book: Book) -> None:
        self.env, self.book, self.plan, self.draws = env, book, book.plan, book.draws
        self.desks = [Desk(env, book, number) for number in range(len(self.plan.desks))]
        limits = self.plan.cells.limits or (None,) * self.plan.cells.count
        self.cells = [Slots(env, limit) for limit in limits]
        servers = self.plan.download.servers if self.plan.download is not None else None
        self.downloads = Slots(env, servers)
        table = self.draws.works
        self.works = None if table is None else table.reshape(-1).data
        self.most = 0 if table is None else table.shape[1]

    def spawn(self) -> Generator[Any, Any, None]:
        """Start each device when its first attempt is due."""
        for when, device in self.book.first_attempts():
            yield self.env.at(when, Precedence.BEGIN, device)
            self.env.process(self.device(device))

    def device(self, d: int) -> ProcessWait:
        """One device: attempt after attempt, and in a closed population round after round.

        An attempt is session and download, or the download alone when the session was done before.
        """
        book, env, draws, download = self.book, self.env, self.draws, self.plan.download
        cell, setup = self.cells[draws.cell[d]], book.terms[book.klass[d]].setup
        attempt = 0
        while True:
            book.begin(d, attempt, env._now)
            if cell.free is not None:
                yield cell.take()
            connected = env._now
            start = connected + book.access(d, attempt) + setup
            outcome, told = DONE, 0.0
            if not book.session_done[d]:
                desk = self.desks[draws.pool(d, attempt)]
                outcome, told = yield from self.session(d, attempt, start, desk)
                desk.held.discard(d)
                book.session_done[d] = outcome == DONE
            elif download is not None:
                yield env.at(start, Precedence.DONE, d)
            if outcome == DONE and download is not None:
                outcome, told = yield from self.download(d, attempt)
            book.connected[d] += env._now - connected
            cell.give()
            when = None
            if outcome == DONE:
                book.finish(d, env._now)
            else:
                when = book.fail(d, attempt, outcome, env.now, told)
                attempt += 1
            if when is None:
                when, attempt = book.again(d, env._now), 0
                if when is None:
                    return
            yield env.at(when, Precedence.BEGIN, d)

    def sending(self, d: int, start: int, up: int, lost: int, latest: int, desk: Desk) -> ProcessWait:
        """Until a message that is sent at ``start`` the first time is at the servers; whether it gets there.

        ``lost``: how often it is lost before.  When that is more often than it is sent, or the gateway holds it up
        too long, the device gives up: the value is why, and None when it got there.
        """
        env, book, terms = self.env, self.book, self.book.terms[self.book.klass[d]]
        times = min(lost, terms.resends + 1)
        if times:
            book.lose(start, times, terms.timeout, desk.number)
        if lost > terms.resends:
            yield env.at(start + times * terms.timeout, Precedence.TIMEOUT, d)
            return LOST
        sent = start + lost * terms.timeout
        yield env.at(sent + up, Precedence.SENT, d)
        if book.gateway is not None:
            at = book.gateway.leaves(env.now, latest)
            if at is None:
                book.offer(env.now, HELD_UP, desk.number)
                yield env.at(sent + terms.timeout, Precedence.TIMEOUT, d)
                return NO_ANSWER
            if at > env.now:
                yield env.at(at, Precedence.SENT, d)
        return None

    def session(self, d: int, a: int, start: int, desk: Desk) -> ProcessWait:
        """The exchanges of the tape, the first message sent at ``start``."""
        env, book, draws = self.env, self.book, self.draws
        at, sent, got, gateway = env.at, book.octets_up, book.octets_down, book.gateway is not None
        terms, turn = book.terms[book.klass[d]], book.turn(d, a)
        works, last = self.works if turn == 0 else None, terms.trips[-1]
        for k, trip in enumerate(terms.trips):
            lost = draws.lost(d, turn, k, terms.chances) if terms.chances else 0
            sent[d] += trip.up_octets * min(lost + 1, terms.resends + 1)
            deadline = start + (lost + 1) * terms.timeout
            if lost or gateway:
                why = yield from self.sending(d, start, trip.up, lost, deadline - trip.down, desk)
                if why is not None:
                    return why, 0.0
            else:
                yield at(start + trip.up, Precedence.SENT, d)
            work = works[d * self.most + k] if works is not None else draws.work(d, turn, k, desk.servers)
            answer = desk.ask(d, work, deadline - trip.down, deadline, first=k == 0)
            if answer is None:
                yield env.at(env.now + terms.refusal, Precedence.ANSWER, d)
                book.octets_down[d] += REFUSAL
                return REFUSED, desk.servers.retry_after
            start = yield answer
            if not start:
                return NO_ANSWER, 0.0
            start += trip.down
            got[d] += trip.down_octets
            if trip is last:  # of the others nobody else knows when the device has them
                yield at(start, Precedence.ANSWER, d)
            start += trip.think
        if start > env._now:
            yield env.at(start, Precedence.DONE, d)
        return DONE, 0.0

    def download(self, d: int, a: int) -> ProcessWait:
        """What is left of the package, or the part until it breaks off."""
        yield self.downloads.take()
        part, breaks = self.book.part(d, a)
        yield self.env.at(self.env.now + self.book.load(d, part), Precedence.DONE, d)
        self.book.loaded(d, part, breaks)
        self.downloads.give()
        return (DOWNLOAD_BROKE if breaks else DONE), 0.0
