"""The stage on which a scenario plays: a device, a server, the time, and the ways there are to meet.

Whoever wants to talk uses what the profile has.  A server that cannot wake the device waits until it calls; a device
that may not call keeps its reports until it is woken.  Nothing of that is decided by a scenario.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final

from dmkit.device.device import Device, User, no_user
from dmkit.device.reaction import Reaction
from dmkit.enablers.finding import Fault, ScenarioFinding, ScenarioVerdict, faults
from dmkit.enablers.profile import EnablerProfile
from dmkit.server.server import Server
from dmkit.session.alerts import alert_type
from dmkit.session.client import ClientSession
from dmkit.session.work import Job
from dmkit.transport.loop import Tap, converse, honest
from dmkit.transport.push import deliver, wake
from dmkit.views.transcript import Transcript
from dmkit.words.asked import asked
from dmkit.words.codes import StatusCode, Verb
from dmkit.words.model import Alert
from dmkit.words.question import person

__all__ = ["CALLS", "SOON", "DeviceReport", "Play"]

CALLS: Final = 86_400.0
"""Seconds after which a device calls its server by itself: once a day.  PROPOSAL"""
SOON: Final = 60.0
"""Seconds within which what is urgent must happen.  PROPOSAL"""

DeviceReport = tuple[str, str, "str | None", float]
"""A report that the server understood: last word of its type, data, correlator, when."""


class Play:
    """``device`` and ``server`` under the rules of ``profile``; ``user`` answers questions where the profile has one.

    A scenario says what must come true with ``goal``, and what else it was promised with ``promise``.

    >>> from dmkit.enablers.profile import PROFILES
    >>> Play(PROFILES["DM 1.2"]).device.address
    'IMEI:493005100592800'
    """

    @asked
    def __init__(
        self,
        profile: EnablerProfile,
        *,
        user: Callable[[Any], Any] = lambda question: True,
        device: Device | None = None,
        now: float = 0.0,
    ) -> None:
        self.profile = profile
        self.user: User = no_user if "user" in profile.absent else person(user)
        self.device = device or Device.example(rules=profile.device, user=self.user)
        self.server = Server.example(self.device, rules=profile.server) if self.device.accounts else None
        self.now = self.began = now
        self.sessions: list[Transcript] = []
        self.reports: list[DeviceReport] = []
        self._numbers = 0x100
        self._lost: list[tuple[bool, str]] = []
        self._notes: list[Fault] = []
        self._aside: list[Fault] = []
        self._besides: list[Transcript] = []

    # -- what is asked of a scenario

    def goal(self, what: str, reached: object) -> None:
        """Without this the enabler is of no use."""
        if not reached:
            self._lost.append((True, what))

    def promise(self, what: str, kept: object) -> None:
        """Without this it is of less use."""
        if not kept:
            self._lost.append((False, what))

    def add(self, other: Play) -> None:
        """Show the sessions of another stage of the same scenario behind those of this one.

        What is refused there is expected, and is told only when nothing else was refused.
        """
        self._aside += [replace(fault, session=fault.session + len(self.sessions)) for fault in other._refused]
        self._besides += other.sessions

    def finding(self) -> ScenarioFinding:
        """What came of it."""
        lost = tuple(dict.fromkeys(what for _, what in sorted(self._lost, key=lambda entry: not entry[0])))
        verdict: ScenarioVerdict = "fails" if any(fatal for fatal, _ in self._lost) else "degraded" if lost else "works"
        refused = [*self._refused, *self._aside]
        sessions = (*self.sessions, *self._besides)
        return ScenarioFinding(verdict, lost, refused[0] if lost and refused else None, self.now - self.began, sessions)

    @property
    def _refused(self) -> list[Fault]:
        """What went wrong, what was said in a session first."""
        return [*faults(self.sessions), *self._notes]

    # -- meeting

    @property
    def may_wake(self) -> bool:
        """True when package 0 reaches the device."""
        return "notification" not in self.profile.absent

    @property
    def may_call(self) -> bool:
        """True when the device may begin a session."""
        return "client session" not in self.profile.absent

    def manage(self, job: Job, *, tap: Tap = honest) -> Any:
        """Let the server do ``job`` as soon as it meets the device; its result, None when nothing came of it."""
        assert self.server is not None
        before = self.now
        session = self._met()
        self.promise("the server need not wait", self.now - before < SOON)
        if session is None:
            return None
        return self._talk(session, job, tap)

    def live(self, seconds: float) -> None:
        """Let time pass: the device lives, and calls when it has something to report and may."""
        end = self.now + seconds
        while (due := self._next(end)) is not None:
            self.now = due
            self.device.live(due)
            self.call()
        self.device.live(end)
        self.now = end
        self.call()

    def call(self, job: Job | None = None) -> Any:
        """The device calls when it may and has something to report, or is expected to (``job``: what awaits it)."""
        if not self.device.is_on or not self.device.accounts or not self.may_call:
            return None
        return self._talk(self.device.connect(), job) if job is not None or self._waits() else None

    def react(self, reaction: Reaction) -> None:
        """Note what became of a push."""
        if not reaction:
            self._note(f"the push is ignored: {reaction.why}")

    def listen(self) -> None:
        """The server asks whether there is news, where the device has kept its reports to itself."""
        if not self.may_call and self._waits():
            self.promise("the device reports by itself", False)
            self._note("the device keeps its report until it is woken")
            self.manage(_nothing)

    def _met(self) -> ClientSession | None:
        assert self.server is not None
        if self.may_wake:
            self._numbers += 1
            reaction = deliver(self.device, wake(self.server, self.device.address, self._numbers), self.now)
            if reaction.session is not None:
                return reaction.session
            self._note(f"package 0 is ignored: {reaction.why}")
        if not self.may_call:
            self._note("no session: nothing wakes the device, and it does not call")
            return None
        self._note("no session until the device calls by itself")
        self.now += CALLS
        self.device.live(self.now)
        return self.device.connect()

    def _talk(self, session: ClientSession, job: Job | None = None, tap: Tap = honest) -> Any:
        assert self.server is not None
        before, known = len(self.server.alerts), len(self.server.results)
        self.sessions.append(converse(session, self.server, job=job, tap=tap, now=self.now))
        for _, event in self.server.alerts[before:]:
            if event.status == StatusCode.OK:
                self.reports += [_report(event.alert, at, self.now) for at in range(len(event.alert.items))]
        done = self.server.results[known:]
        return done[0].result if done and done[0].done else None

    def _note(self, why: str) -> None:
        """Something stood in the way before the next session."""
        self._notes.append(Fault(len(self.sessions) + 1, "", "", None, why))

    def _next(self, end: float) -> float | None:
        """When the device next does something by itself, or would report; None when not before ``end``."""
        times = [entry.at for entry in self.device.agenda]
        own = self.device.scheduler.next_due() if self.device.scheduler is not None else None
        due = min((at for at in (*times, own) if at is not None and at > self.now), default=None)
        return due if due is not None and due <= end else None

    def _waits(self) -> bool:
        return bool(self.device.reports(self.device.accounts[0].server_id, self.now))

    def reported(self, kind: str, correlator: str | None, good: Iterable[str], look: Job) -> None:
        """Work that an Exec has begun is over: the server is told, or finds out by ``look``, a job that gives True.

        ``good`` are the result codes of success.
        """
        self.listen()
        report = self.told(kind)
        if report is None:
            self.promise("the result is reported", False)
            self.goal("the server can find out", self.manage(look) is True)
            return
        self.promise("the result is good", report[1] in good)
        if correlator is not None:
            self.promise("the report says which Exec it answers", report[2] == correlator)

    # -- looking

    def told(self, kind: str) -> DeviceReport | None:
        """The last report whose type ends in ``kind``; None when the server understood none."""
        return next((report for report in reversed(self.reports) if report[0] == kind), None)

    def value(self, uri: str) -> str:
        """The text that stands in the device at ``uri``; empty without a node."""
        return next((node.text for at, node in self.device.tree.walk() if at == uri), "")

    def guarded(self, uri: str, verb: Verb = Verb.EXEC) -> bool:
        """True when another server may not do ``verb`` at ``uri``."""
        return not self.profile.device.policy(self.device.tree, "guest.example", verb, uri)


def _nothing(device: object) -> Any:
    yield from ()


def _report(alert: Alert, at: int, now: float) -> DeviceReport:
    item = alert.items[at]
    kind = (alert_type(item) or "").replace(":", ".").rpartition(".")[2]
    return kind, item.text, alert.correlator, now
