"""A campaign as SimPy processes: the model to read.  A device is a process; servers are a desk; cells are slots.

Events at the same microsecond happen in the order of ``Kind`` and then of device number, as in ``fleet``; so both
engines agree to the last microsecond.  Devices are spawned on arrival: a million sleeping processes cost memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

import simpy
from simpy.events import EventPriority

from dmkit.sim.book import DONE, DOWNLOAD_BROKE, LOST, NO_ANSWER, REFUSAL, REFUSED, Book, Kind
from dmkit.sim.draws import NEVER

if TYPE_CHECKING:
    from dmkit.sim.campaign import Campaign
    from dmkit.sim.draws import Draws
    from dmkit.sim.run import Run

__all__ = ["Desk", "Devices", "Slots", "Wait", "World", "run_tape"]

Wait = Generator[Any, Any, Any]


class World(simpy.Environment):
    """An environment that counts whole microseconds and whose events at one time have an order of their own."""

    @property
    def now(self) -> int:
        """Microseconds since the campaign began."""
        return self._now  # type: ignore[return-value]  # nothing else is scheduled

    def at(self, when: int, kind: Kind, device: int) -> Any:
        """An event at ``when`` microseconds; what became ready at once (priority 1) goes before it."""
        event = simpy.Event(self)
        event._ok, event._value = True, None
        self.schedule(event, priority=EventPriority(2 + (kind << 24) + device), delay=when - self.now)
        return event


class Slots:
    """A number of places, first come, first served."""

    def __init__(self, env: World, count: int | None) -> None:
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
    """The servers: workers behind one queue, urgent requests first; O(log n) however deep the queue."""

    def __init__(self, env: World, book: Book) -> None:
        self.env, self.book, self.plan = env, book, book.plan
        self.free = self.plan.servers.count
        self.queue: list[tuple[bool, int, int, int, int, Any]] = []
        self.working: set[Any] = set()
        self.held: set[int] = set()
        self.up = True
        for start, end in self.plan.servers.outages:
            env.process(self._outage(round(start * 1e6), round(end * 1e6)))

    def ask(self, device: int, work: int, latest: int, *, first: bool) -> Any:
        """An event that comes when the request is done, maybe never; None when there is no room for it.

        ``latest``: when it must be done for the device still to be there; ``first``: it opens a session.
        """
        answer = self.env.event()
        if not self.up:
            return answer
        room = self.plan.servers.sessions
        if first and room is not None:
            if len(self.held) >= room:
                return None
            self.held.add(device)
        if self.free:
            self._start(device, self.env.now, work, latest, answer)
            return answer
        limit = self.plan.servers.queue
        if limit is not None and len(self.queue) >= limit:
            return None
        heappush(self.queue, (not self.book.urgent[device], self.env.now, device, work, latest, answer))
        self.book.peak = max(self.book.peak, len(self.queue))
        return answer

    def _start(self, device: int, asked: int, work: int, latest: int, answer: Any) -> None:
        self.free -= 1
        self.working.add(answer)
        self.book.waited[device] += self.env.now - asked
        self.book.start(asked, self.env.now, work)
        done = self.env.at(self.env.now + work, Kind.FREE, device)
        done.callbacks.append(lambda _: self._end(work, latest, answer))

    def _end(self, work: int, latest: int, answer: Any) -> None:
        if answer not in self.working:
            return  # lost in an outage
        self.working.remove(answer)
        self.book.serve(work, late=self.env.now > latest)
        self.free += 1
        answer.succeed()
        if self.queue:
            _, asked, device, work, latest, answer = heappop(self.queue)
            self._start(device, asked, work, latest, answer)

    def _outage(self, start: int, end: int) -> Generator[Any, Any, None]:
        yield self.env.at(start, Kind.DOWN, 0)
        self.up = False
        self.working.clear()
        self.held.clear()
        self.queue.clear()
        self.free = self.plan.servers.count
        yield self.env.at(end, Kind.UP, 0)
        self.up = True


def run_tape(plan: Campaign, draws: Draws) -> Run:
    """Play ``plan`` with the tape of its session."""
    book = Book(plan, draws)
    env = World()
    world = Devices(env, book)
    env.process(world.spawn())
    env.run()
    return book.run("tape")


class Devices:
    """What devices do, and what they share."""

    def __init__(self, env: World, book: Book) -> None:
        self.env, self.book, self.plan, self.draws = env, book, book.plan, book.draws
        self.desk = Desk(env, book)
        self.cells = [Slots(env, self.plan.cells.limit) for _ in range(self.plan.cells.count)]
        servers = self.plan.download.servers if self.plan.download is not None else None
        self.downloads = Slots(env, servers)

    def spawn(self) -> Generator[Any, Any, None]:
        """Start each device when its first attempt is due."""
        for when, device in self.book.first_attempts():
            yield self.env.at(when, Kind.BEGIN, device)
            self.env.process(self.device(device))

    def device(self, d: int) -> Wait:
        """One device from its first attempt to its last."""
        book, env = self.book, self.env
        assert self.draws.reached[d] != NEVER
        for attempt in range(self.plan.retry.attempts):
            book.begin(d, attempt, env.now)
            cell = self.cells[self.draws.cell[d]]
            yield cell.take()
            connected = env.now
            outcome, told = yield from self.attempt(d, attempt)
            book.connected[d] += env.now - connected
            cell.give()
            if outcome == DONE:
                book.finish(d, env.now)
                return
            when = book.fail(d, attempt, outcome, env.now, told)
            if when is None:
                return
            yield env.at(when, Kind.BEGIN, d)

    def attempt(self, d: int, a: int) -> Wait:
        """Session and download, or the download alone when the session was done before: how it ended, Retry-After."""
        start = self.env.now + int(self.draws.access[d, a]) + self.book.setup
        if not self.book.session_done[d]:
            outcome, told = yield from self.session(d, a, start)
            self.desk.held.discard(d)
            if outcome != DONE:
                return outcome, told
            self.book.session_done[d] = 1
        elif self.plan.download is not None:
            yield self.env.at(start, Kind.DONE, d)
        if self.plan.download is None:
            return DONE, 0.0
        return (yield from self.download(d, a))

    def session(self, d: int, a: int, start: int) -> Wait:
        """The exchanges of the tape, the first message sent at ``start``."""
        env, book = self.env, self.book
        for k, trip in enumerate(book.trips):
            lost = int(self.draws.losses[d, a, k])
            book.octets_up[d] += trip.up_octets * min(lost + 1, book.resends + 1)
            if lost > book.resends:
                yield env.at(start + (book.resends + 1) * book.timeout, Kind.TIMEOUT, d)
                return LOST, 0.0
            deadline = start + (lost + 1) * book.timeout
            yield env.at(deadline - book.timeout + trip.up, Kind.SENT, d)
            answer = self.desk.ask(d, int(self.draws.service[d, a, k]), deadline - trip.down, first=k == 0)
            if answer is None:
                yield env.at(env.now + book.refusal, Kind.ANSWER, d)
                book.octets_down[d] += REFUSAL
                return REFUSED, self.plan.servers.retry_after
            late = env.at(deadline, Kind.TIMEOUT, d)
            yield answer | late
            if not answer.triggered or env.now + trip.down > deadline:
                if not late.processed:
                    yield late
                return NO_ANSWER, 0.0
            yield env.at(env.now + trip.down, Kind.ANSWER, d)
            book.octets_down[d] += trip.down_octets
            start = env.now + trip.think
        if start > env.now:
            yield env.at(start, Kind.DONE, d)
        return DONE, 0.0

    def download(self, d: int, a: int) -> Wait:
        """What is left of the package, or the part until it breaks off."""
        yield self.downloads.take()
        part, breaks = self.book.part(d, a)
        yield self.env.at(self.env.now + self.book.load(part), Kind.DONE, d)
        self.book.loaded(d, part, breaks)
        self.downloads.give()
        return (DOWNLOAD_BROKE if breaks else DONE), 0.0
