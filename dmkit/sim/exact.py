"""A campaign in which every message is real: each device is a Device, the servers share one Server, octets travel.

The world is that of ``processes``: same draws, same desk, same slots.  What differs is inside a session: messages are
as long as they are, a request is processed when its work is done even if nobody waits any more, and an outage makes the
server forget its sessions.  With one cohort and no broken session the finish times equal those of ``tape``; a session
that follows a broken one may be longer (a nonce has to be renewed), which no tape knows.

Work and loss of exchange k are the draws of message k, as in the other engines.
"""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING, Any

from dmkit.device.agenda import next_report
from dmkit.device.device import Device
from dmkit.server import jobs
from dmkit.server.server import Server
from dmkit.session.rules import Rules, usual_rules
from dmkit.sim.book import DONE, NO_ANSWER, REFUSAL, REFUSED, Book, Precedence
from dmkit.sim.collector import resting_collector
from dmkit.sim.processes import Desk, Devices, Environment, ProcessWait
from dmkit.sim.tape import EXAMPLE_TAPE, Tape, equip, join, tape_of
from dmkit.tree.node import Node
from dmkit.views.transcript import Transcript
from dmkit.wire.codec import WBXML
from dmkit.words.errors import ConfigError, JobError

if TYPE_CHECKING:
    from dmkit.session.events import Step
    from dmkit.sim.campaign import Campaign
    from dmkit.sim.draws import Draws
    from dmkit.sim.run import Run
    from dmkit.words.model import Packet

__all__ = ["MOST", "run_exact"]

MOST = 50_000
"""Devices that fit into memory with a tree and an account each."""


def run_exact(plan: Campaign, draws: Draws) -> Run:
    """Play ``plan`` with real engines.

    ``Run.log`` holds the ``devices``, the ``server``, and by device the ``tapes`` of sessions that came to their end;
    when the plan records, their transcripts too: ``talks``.
    ConfigError for a plan that replays a tape of its own, or has more than ``MOST`` devices.
    """
    if plan.tape is not None and plan.tape != EXAMPLE_TAPE:
        raise ConfigError("exact runs a job, not a tape: leave Campaign.tape out and give Campaign.job")
    if plan.again is not None:
        raise ConfigError("exact cannot play Campaign.again: its server has one job for each device; use tape or fleet")
    if any(one.tape is not None for one in plan.classes):
        raise ConfigError("exact runs a job, not a tape: leave DeviceClass.tape out")
    if plan.devices > MOST:
        raise ConfigError(f"exact plays up to {MOST} devices, not {plan.devices}; use tape or fleet")
    book = Book(plan, draws)
    env = Environment()
    with resting_collector(settled=True):
        world = _Exact(env, book)
        env.process(world.spawn())
        env.play()
    return book.run(
        "exact", {"devices": world.devices, "server": world.server, "tapes": world.tapes, "talks": world.talks}
    )


class _Exact(Devices):
    """The devices and their server."""

    def __init__(self, env: Environment, book: Book) -> None:
        super().__init__(env, book)
        plan = self.plan
        rules = plan.rules or usual_rules()  # one value for all: to make one looks at a hundred fields
        self.devices = [_device(n, plan, rules) for n in range(plan.devices)]
        self.server = Server.example(*self.devices, rules=plan.rules)
        self.server.attempts = plan.retry.attempts + 1
        self.server.max_sessions = plan.devices + 1
        job = plan.job or jobs.read("./DevDetail/FwV")
        for device in self.devices:
            self.server.enqueue(device.address, job)
        self.tapes: dict[int, Any] = {}
        self.talks: dict[int, Transcript] = {}
        self.numbers = {device.address: n for n, device in enumerate(self.devices)}
        self.results_seen = 0
        self.accomplished: set[int] = set()
        for number, outages in enumerate(book.draws.outages):
            for start, _ in outages:
                env.process(self._forget(start, number))

    def _forget(self, when: int, pool: int) -> Generator[Any, Any, None]:
        yield self.env.at(when, Precedence.DOWN, len(self.desks) + pool)
        self.server.expire(self._seconds(), 0.0)

    def _seconds(self) -> float:
        return self.env._now / 1e6

    def _done(self, d: int) -> bool:
        """Whether the server holds a good result of the device's job."""
        for result in self.server.results[self.results_seen :]:
            if result.own:
                raise JobError(f"job {result.job!r} failed: {result.why}")
            if result.done:
                self.accomplished.add(self.numbers[result.device])
        self.results_seen = len(self.server.results)
        return d in self.accomplished

    def session(self, d: int, a: int, start: int, desk: Desk) -> ProcessWait:
        """Real sessions, the first message of the first sent at ``start``.

        A job that waits for a report goes on in another session, which the device begins when it has something to
        report; between the two it holds no slot of its cell.
        """
        env, device, cell = self.env, self.devices[d], self.cells[self.draws.cell[d]]
        steps: list[Step] = []
        tape: Tape | None = None
        waited = 0.0
        while True:
            own: list[Step] = []
            outcome, told = yield from self._session(d, a, start, desk, own, len(steps) // 2)
            steps.extend(own)
            if outcome != DONE:
                return outcome, told
            tape = tape_of(own) if tape is None else join(tape, tape_of(own), waited)
            if self._done(d):
                break
            due = next_report(device)
            if due is None:
                return NO_ANSWER, 0.0
            waited = max(due - self._seconds(), 0.0)
            desk.held.discard(d)
            cell.give()
            yield env.at(env.now + round(waited * 1e6), Precedence.BEGIN, d)
            yield cell.take()
            self.book.connected[d] -= round(waited * 1e6)
            start = env.now + self.book.terms[self.book.klass[d]].setup
        self.tapes[d] = tape
        if self.plan.record:
            self.talks[d] = Transcript.of(steps)
        return DONE, 0.0

    def _session(self, d: int, a: int, start: int, desk: Desk, steps: list[Step], before: int) -> ProcessWait:
        """One session; ``before`` exchanges came in those before it."""
        env, book, draws = self.env, self.book, self.draws
        terms, turn = book.terms[book.klass[d]], book.turn(d, a)
        works = self.works if turn == 0 else None
        session = self.devices[d].connect()
        step = session.start(start / 1e6)
        steps.append(step)
        k = before
        while step.reply is not None:
            packet = step.reply
            octets = len(packet.body)
            lost = draws.lost(d, turn, k, terms.chances)
            book.octets_up[d] += octets * min(lost + 1, terms.resends + 1)
            deadline = start + (lost + 1) * terms.timeout
            latest = deadline - terms.trips[min(k, len(terms.trips) - 1)].down
            up = max(1, round(terms.link.up_seconds(octets) * 1e6))
            if lost or book.gateway is not None:
                why = yield from self.sending(d, start, up, lost, latest, desk)
                if why is not None:
                    return why, 0.0
            else:
                yield env.at(start + up, Precedence.SENT, d)
            replies: list[Step] = []
            drawn = works is not None and k < self.most
            answer = desk.ask(
                d,
                works[d * self.most + k] if drawn else draws.work(d, turn, k, desk.servers),  # type: ignore[index]
                latest,
                deadline,
                first=k == before,
                done=partial(self._process, packet, replies),
            )
            if answer is None:
                yield env.at(env._now + terms.refusal, Precedence.ANSWER, d)
                book.octets_down[d] += REFUSAL
                return REFUSED, desk.servers.retry_after
            if not (yield answer):
                return NO_ANSWER, 0.0
            reply = replies[0].reply
            down = max(1, round(terms.link.down_seconds(len(reply.body)) * 1e6)) if reply is not None else 0
            if reply is None or env._now + down > deadline:
                yield env.at(deadline, Precedence.TIMEOUT, d)
                return NO_ANSWER, 0.0
            yield env.at(env._now + down, Precedence.ANSWER, d)
            book.octets_down[d] += len(reply.body)
            steps.append(replies[0])
            step = session.receive(reply, self._seconds())
            steps.append(step)
            start = env._now + round(step.seconds * 1e6)
            k += 1
        if start > env._now:
            yield env.at(start, Precedence.DONE, d)
        return DONE, 0.0

    def _process(self, packet: Packet, replies: list[Step]) -> None:
        replies.append(self.server.receive(packet, self._seconds()))


def _device(n: int, plan: Campaign, rules: Rules) -> Device:
    device = Device.example(rules=rules, codec=WBXML)
    device.tree = device.tree.put("./DevInfo/DevId", Node(value=f"IMEI:{490_000_000_000_000 + n}"))
    equip(device, plan.job)
    return device
