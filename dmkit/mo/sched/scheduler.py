"""The scheduler of a device: schedules in its tree, and what becomes of them while time goes by.

It has no clock and no dice.  Whoever holds the device says what time it is and what the device notices; the scheduler
says when it next has something to do, and tells what happened.  [scheduling sheet §2 to §6]

    while (due := scheduler.next_due()) is not None and due <= until:
        happened += scheduler.advance(due)

Times are seconds since 1970.  The world's clock never jumps; the device's clock is ``offset`` ahead of it.

It is made of parts, each with fields of its own: a ``Calendar`` of what is due, ``Dues`` of components, ``Conditions``
that are watched, ``Execution`` of what runs, ``Reports`` to servers, ``Turns`` of components, and the ``Register`` of
schedules in the tree.  ``memory`` is all of it as one value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple
from datetime import tzinfo
from typing import Any

from dmkit.mo.sched.calendar import SAMPLES, Calendar, Dues
from dmkit.mo.sched.clock import ScheduleClock, ScheduleJournal
from dmkit.mo.sched.conditions import Conditions, SchedulerHost
from dmkit.mo.sched.events import Happening, ScheduleReport, Signal, What
from dmkit.mo.sched.execution import ScheduleExecution
from dmkit.mo.sched.memory import NEVER, ComponentMemory, Draw, Live, SchedulerMemory, drawn
from dmkit.mo.sched.noticing import Noticing
from dmkit.mo.sched.read import read
from dmkit.mo.sched.register import Register
from dmkit.mo.sched.reports import Reports
from dmkit.mo.sched.states import TRANSITIONS, ComponentMove, ScheduleState
from dmkit.mo.sched.time import UTC
from dmkit.mo.sched.turns import Turns
from dmkit.mo.sched.values import ReportCode, SchedRules, ScheduleContext
from dmkit.tree.context import Call, Handler
from dmkit.tree.node import Node
from dmkit.tree.policy import at_time
from dmkit.tree.tree import Tree
from dmkit.tree.uri import parse
from dmkit.words.codes import StatusCode
from dmkit.words.errors import CommandFailed, ConfigError, LocalProtocolError
from dmkit.words.model import Alert, Command
from dmkit.words.outcome import Outcome

__all__ = ["Scheduler", "SchedulerHost"]

_CONTROLS = {
    "Start": ComponentMove.START,
    "Stop": ComponentMove.STOP,
    "Suspend": ComponentMove.SUSPEND,
    "Resume": ComponentMove.RESUME,
}


class Scheduler:
    """Keeps the schedules below ``root`` of its ``host``.

    ``local`` is the device's zone, ``draw`` the chance of Jitter, ``now`` the time at which its life begins.
    """

    def __init__(
        self, host: SchedulerHost, *, root: str = "./Sched", rules: SchedRules | None = None, local: tzinfo = UTC,
        draw: Draw | None = None, now: float = 0.0,
    ) -> None:  # fmt: skip
        self.host, self.root, self.rules, self.draw = host, root, rules or SchedRules(), draw or drawn(0)
        self.clock = clock = ScheduleClock(now, local=local)
        self.journal = journal = ScheduleJournal(clock)
        self.calendar = Calendar(clock, self.rules)
        self.dues = Dues(clock, self.rules, self.draw)
        self.conditions = Conditions(host, root, clock, self.calendar, self.dues, self.rules)
        self._reports = Reports(clock, journal, self.rules, self.draw)
        self.turns = Turns(
            clock, journal, self.calendar, self.dues, self.conditions, self._reports, self.rules
        )  # fmt: skip
        self.register = Register(
            host, root, clock, journal, self.calendar, self.dues, self.conditions, self._reports, self.turns,
            self.rules, read=self.read,
        )  # fmt: skip
        self.execution = ScheduleExecution(
            host, clock, journal, self.calendar, self.dues, self.conditions, self._reports, self.rules,
            dirty=self.register.dirty, over=self.turns.over, follows=self.turns.follows,
            before_task=self.register.write, finished=self._finished,
        )  # fmt: skip
        self.turns.execution = self.register.execution = self.execution
        self.noticing = Noticing(
            host, clock, journal, self.calendar, self.dues, self.conditions, self.execution, self.turns, self.register,
            self._reports, self.rules, drain=self._drain,
        )  # fmt: skip
        self._inside = False
        """Time is passing, or a signal is heeded: commands are those of tasks."""
        self._steps = False
        """An entry of the calendar is done."""
        self._wishes: list[tuple[str, ComponentMove, str]] = []

    # -- what others read

    @property
    def now(self) -> float:
        """The world's time."""
        return self.clock.now

    @property
    def offset(self) -> float:
        """Seconds by which the device's clock is ahead of the world's."""
        return self.clock.offset

    @property
    def local(self) -> tzinfo:
        """The device's zone."""
        return self.clock.local

    @property
    def is_on(self) -> bool:
        """Whether the device has power."""
        return self.clock.is_on

    @property
    def is_busy(self) -> bool:
        """True while commands are those of tasks."""
        return self._inside

    @property
    def lives(self) -> dict[str, Live]:
        """The schedules by URI."""
        return self.register.lives

    @property
    def outbox(self) -> list[ScheduleReport]:
        """Reports that no server has answered yet."""
        return self._reports.outbox

    @property
    def wishes(self) -> tuple[Any, ...]:
        """What control nodes were told since the last change was noticed: schedule, move, by whom."""
        return tuple(self._wishes)

    @wishes.setter
    def wishes(self, wishes: tuple[Any, ...]) -> None:
        self._wishes = list(wishes)

    def state(self, uri: str) -> ScheduleState:
        """State of a schedule, or of a component of it."""
        for live in self.lives.values():
            if live.uri == uri:
                return self.register.overall(live)
            for part in live.parts:
                if part.component.uri == uri:
                    return part.state
        return ScheduleState.ABSENT

    # -- memory

    def memory(self) -> SchedulerMemory:
        """All that it remembers besides the tree, as one value."""
        self.register.flush()
        reports = self._reports
        return SchedulerMemory(
            (*astuple(self.clock)[:2], self.clock.local, *astuple(self.clock)[3:]),
            tuple(SchedulerMemory.of_live(live) for live in (*self.lives.values(), *self.register.leaving)),
            tuple(reports.outbox),
            tuple((server, *pair) for server, pair in reports.quiet.items()),
            tuple(reports.lost.items()),
            self.register.count,
            self.register.accounts or frozenset(),
            frozenset(reports.gone),
        )

    def remember(self, memory: SchedulerMemory) -> None:
        """Go on from ``memory``: what was remembered till now is forgotten."""
        for name, value in zip(ScheduleClock.__slots__, memory.clock, strict=True):
            setattr(self.clock, name, value)
        lives = [SchedulerMemory.to_live(kept) for kept in memory.lives]
        register, reports = self.register, self._reports
        for live in list(register.lives.values()):
            self.conditions.forget(live)
        register.lives.clear()
        register.lives.update({live.uri: live for live in lives if not live.gone})
        register.leaving = [live for live in lives if live.gone]
        register.fresh = {live.uri: live for live in lives if live.fresh and not live.gone}
        register.count, register.accounts = memory.count, memory.accounts or None
        reports.outbox = list(memory.outbox)
        reports.quiet = {server: (until, failed) for server, until, failed in memory.quiet}
        reports.lost, reports.gone = dict(memory.lost), set(memory.gone)
        reports.restart()
        self.calendar.clear()
        for live in lives:
            self.conditions.watch(live)
            self.calendar.enter_span(live)
            for part in live.parts:
                self.calendar.enter(part)
        register.restart()

    # -- control

    def control(self) -> dict[str, Handler]:
        """Handlers of the control nodes.  [scheduling sheet §2 R7; P2b for the four of them]"""
        base = f"{self.root}/*/Operations"
        return {f"{base}/{name}": self._handler(move) for name, move in _CONTROLS.items()}

    def _handler(self, move: ComponentMove) -> Handler:
        """Exec of a control node: checked here, done when the commands of the message are."""

        def run(tree: Tree, call: Call) -> tuple[Tree, Outcome]:
            uri = call.uri.rpartition("/Operations/")[0]
            why = self._refusal(tree, uri, move, call.by)
            if why is not None:
                return tree, Outcome(why.status, why=why.reason)
            self._wishes.append((uri, move, call.by))
            return tree, Outcome(StatusCode.OK)

        return run

    def _refusal(self, tree: Tree, uri: str, move: ComponentMove, by: str) -> CommandFailed | None:
        """Why a control node does nothing now."""
        live = self.lives.get(uri)
        if live is None or live.context is None:
            if move is not ComponentMove.START:
                return CommandFailed(StatusCode.COMMAND_FAILED, f"{uri}: is not installed yet", at=uri)
            try:
                self.read(tree, uri, live.owner if live is not None else by)
            except CommandFailed as failure:
                return failure
            return None
        state = self.register.overall(live)
        for _, wish, _ in [wish for wish in self._wishes if wish[0] == uri]:
            state = TRANSITIONS[state].get(wish, state)
        if move not in TRANSITIONS[state]:
            why = f"{uri}: in state {state.meaning} {move.value!r} is not allowed"
            return CommandFailed(StatusCode.COMMAND_FAILED, why, at=uri)
        return None

    def read(self, tree: Tree, uri: str, owner: str) -> ScheduleContext:
        """The schedule at ``uri`` as one of ``owner``; CommandFailed says what is wrong with it."""
        return read(
            tree, uri, owner, rules=self.rules, local=self.clock.local,
            policy=at_time(self.host.policy, self.clock.now), tree_rules=self.host.tree_rules,
            runs=lambda target: self.conditions.live_value(parse(target).path) is not None,
        )  # fmt: skip

    def veto(self, before: Tree, after: Tree, command: Command, by: str) -> CommandFailed | None:
        """What the device has against a change by ``command`` of server ``by``, before it is kept."""
        return self.register.veto(before, after, command, by)

    def noticed(self, by: str, now: float) -> None:
        """The tree may have changed, by commands of server ``by``: schedules come, change and go."""
        if not self._inside:
            self.clock.now = max(self.clock.now, now)
        self.register.check_accounts()
        self.register.noticed(by, inside=self._inside)
        wishes, self._wishes = self._wishes, []
        for uri, move, _ in wishes:
            live = self.lives.get(uri)
            if live is not None and live.context is not None:
                self._obey(live, move)
        if not self._inside:
            self.register.write()
        self.conditions.look(strictly=self._steps)

    def _obey(self, live: Live, move: ComponentMove) -> None:
        """A control node was executed."""
        if live is self.execution.acting and move in (ComponentMove.STOP, ComponentMove.SUSPEND):
            live.wish = move
            self.turns.wished(live)
        elif move is ComponentMove.START:
            live.consent = True
            self.turns.start(live)
        elif move is ComponentMove.STOP:
            self.turns.stop(live)
        elif move is ComponentMove.SUSPEND:
            self.turns.hold(live, "by hand")
        else:
            live.insists = True
            self.turns.release(live, "resumed by hand")
            self.journal.say(What.RESUMED, live.uri)

    def _finished(self, part: ComponentMemory, code: ReportCode) -> None:
        """A run is through: what waits for its result, and what it has installed, begins."""
        if part.live.gone:
            self.calendar.drop(part)
            self.register.leaving = [live for live in self.register.leaving if live is not part.live]
        else:
            self.turns.finished(part, code)
        self.register.begin(by_task=True)

    def session_over(self, now: float) -> None:
        """A session has ended: what it installed begins, what is not valid has failed."""
        self.catch_up(now)
        self.register.begin()
        self._until(self.clock.now, included=True)
        self.register.write()

    def place(self, nodes: Mapping[str, Node], by: str, now: float) -> None:
        """Schedules of server ``by`` come without a session, by name: checked as its commands are, then they begin.

        All of them or none; CommandFailed says what is wrong.
        """
        self.catch_up(now)
        self.register.place(nodes, by)
        self.noticed(by, now)
        self.session_over(now)

    # -- reports

    def callers(self) -> tuple[str, ...]:
        """Servers for which a session is to be opened now."""
        return self._reports.callers()

    def reports(self, server: str) -> tuple[Alert, ...]:
        """Alerts for ``server``, those that could have waited too; they stay until ``reported``."""
        return self._reports.for_server(server)

    def reported(self, alert: Alert) -> None:
        """A server has answered ``alert``."""
        self._reports.reported(alert)

    def tried(self, server: str, retry: float | None = None) -> None:
        """A session with ``server`` failed: its reports are sent again after ``retry`` seconds, or as the rules say."""
        self._reports.tried(server, retry)

    # -- time

    def next_due(self) -> float | None:
        """When ``advance`` next has something to do; None: only a signal or a session can change anything."""
        self.conditions.look(strictly=False)
        if not self.clock.is_on:
            return None
        at = min(self.calendar.peek(), self._reports.next())
        return None if at == NEVER else max(at, self.clock.now)

    def advance(self, now: float, signals: Iterable[Signal] = ()) -> tuple[Happening, ...]:
        """Let the time be ``now`` and the device notice ``signals``: what happened since, in order.

        What is due before ``now`` happens first, then the signals, then what is due at ``now``.
        LocalProtocolError when ``now`` is before the last time, ConfigError for a signal without the value it needs.
        """
        self.take(now, signals)
        return self.journal.take()

    def take(self, now: float, signals: Iterable[Signal] = ()) -> None:
        """As ``advance``; what happened is told by the next one."""
        if now < self.clock.now:
            raise LocalProtocolError(f"the time is {self.clock.now:g} already; {now:g} is before it")
        self.catch_up(now)
        before, self._inside = self._inside, True
        try:
            for signal in signals:
                try:
                    self.noticing.notice(signal)
                except (ValueError, TypeError):
                    raise ConfigError(f"signal {signal.kind.value!r}: {signal.value!r} is no number") from None
                self.conditions.look(strictly=False)
        finally:
            self._inside = before
        self._until(now, included=True)
        self.register.write()

    def write_again(self) -> None:
        """Somebody looked at the tree while commands were carried out on an earlier one."""
        self.register.write_again()

    def catch_up(self, now: float) -> None:
        """Let everything happen that is due before ``now``; it is told by the next ``advance``."""
        if self._inside or now < self.clock.now:
            return
        self.conditions.look(strictly=False)
        self._until(now, included=False)
        self.clock.now = now

    def one(self, before: float) -> bool:
        """Let the first thing happen that is due before ``before``; false when there is none."""
        if self._inside or not self.clock.is_on or self.calendar.peek() >= before:
            return False
        self._step()
        return True

    def _until(self, limit: float, *, included: bool) -> None:
        clock, peek = self.clock, self.calendar.peek
        while clock.is_on:
            at = peek()
            if at > limit or (at == limit and not included):
                return
            self._step()

    def _drain(self) -> None:
        """Let what is due at this moment happen before the next signal counts."""
        self._until(self.clock.now, included=True)

    def _step(self) -> None:
        """The first entry of the calendar."""
        entry = self.calendar.pop()
        at, phase, what = entry[0], entry[1], entry[6]
        if at > self.clock.now:
            self.clock.now = at
        before, self._inside, self._steps = (self._inside, self._steps), True, True
        try:
            if isinstance(what, Live):
                self.turns.span(what)
            elif phase == SAMPLES:
                self.noticing.sample(what)
            else:
                self.noticing.wake(what)
            self.register.write()
        finally:
            self._inside, self._steps = before
        if self.host.stored is not self.conditions.tree:
            self.conditions.look(strictly=True)
