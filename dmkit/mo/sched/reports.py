"""What servers hear of schedules: the outbox, and the log of each schedule.  [scheduling sheet §3 Report and Log, §6]

A report stays in the outbox until its server has answered.  A session that fails is tried again after a while; a full
outbox loses reports, and says how many.  [LwM2M object 10264 for window and retries; P8 claim 1]
"""

from __future__ import annotations

from collections.abc import Sequence

from dmkit.mo.sched import commands
from dmkit.mo.sched.clock import ScheduleClock, ScheduleJournal
from dmkit.mo.sched.events import ScheduleReport, What
from dmkit.mo.sched.memory import NEVER, ComponentMemory, Draw, Live, ScheduledRun
from dmkit.mo.sched.states import ScheduleState
from dmkit.mo.sched.values import ReportCode, SchedRules, ScheduleContext, When
from dmkit.words.counts import many
from dmkit.words.model import Alert, Item

__all__ = ["Reports"]

_GOOD = (ReportCode.OK, ReportCode.OK_LATE)


class Reports:
    """The outbox of a device and the logs of its schedules."""

    def __init__(self, clock: ScheduleClock, journal: ScheduleJournal, rules: SchedRules, draw: Draw) -> None:
        self.clock, self.journal, self.rules, self.draw = clock, journal, rules, draw
        self.outbox: list[ScheduleReport] = []
        self.quiet: dict[str, tuple[float, int]] = {}
        """Server -> until when no session is tried, and how many have failed."""
        self.lost: dict[str, int] = {}
        """Server -> reports for it that the outbox had no room for."""
        self.gone: set[str] = set()
        """Servers whose accounts were removed."""
        self._next: float | None = NEVER
        self._batched: dict[str, int] = {}
        """Server -> so many batched reports wait for it at most."""

    # -- what goes in

    def note(self, part: ComponentMemory, code: ReportCode, data: str = "") -> None:
        """An entry of the log; the oldest goes."""
        live = part.live
        live.entries += 1
        live.log[str(live.entries)] = (self.clock.shown, part.component.name, code, data)
        live.log.pop(str(live.entries - self.rules.max_log), None)
        live.log_changed = True
        if code >= ReportCode.CLIENT_ERROR:
            live.failures += 1
            live.last_failure, live.last_failed = int(code), self.clock.shown
        elif code in _GOOD:
            live.triggers += 1

    def report(
        self, part: ComponentMemory, code: ReportCode, more: Sequence[Item] = (), run: ScheduledRun | None = None
    ) -> None:
        """Tell the server, unless Gating leaves that out; by Report/Rule, what of the run's commands it wants."""
        context = part.live.context
        if context is None:
            return
        if context.report_rules and run is not None:
            results = commands.collected(context, run.results)
            if not results:
                return
            more = (*results, *(item for item in more if item not in results))
        elif not context.lets_report(code):
            return
        self.journal.say(What.REPORTED, part.component.uri, None, code)
        alert = commands.report(context, part.component, code, self.rules.alert_type, self.clock.shown, more)
        self.post(part.live, alert)

    def state(self, live: Live, state: ScheduleState) -> None:
        """Tell the server the state of a schedule, where Report/State asks for it.  [P9]"""
        context = live.context
        if context is None or not context.report_state or live.told is state:
            return
        live.told = state
        self.post(live, commands.state_report(context, state, self.rules.alert_type, self.clock.shown))

    def post(self, live: Live, alert: Alert) -> None:
        """Put an alert into the outbox."""
        context = live.context
        assert context is not None
        if context.reports_to in self.gone and context.reports_to != context.owner:  # an owner's schedules rest
            why = f"one for {context.reports_to}, whose account is gone"
            self.journal.say(What.LOST, live.uri, None, ReportCode.FULL, why)
            return
        now, due = self.clock.now, self.clock.now
        if context.when is When.NEXT_SESSION:
            due = NEVER
        elif context.when is When.BATCHED:
            due = now + self.rules.batch_seconds
        if context.report_window and due < NEVER:
            due += int(self.draw(f"{live.uri}/Report", now) * (context.report_window + 1))
        self.put(
            ScheduleReport(now, context.reports_to, alert, due, context.report_retries, context.report_retry), live.uri
        )
        if context.when is When.BATCHED:
            self._gather(context)

    def put(self, report: ScheduleReport, uri: str) -> None:
        """The same for a report that is made already; when there is no room, one is lost, and that is told."""
        most = max(1, self.rules.max_outbox)
        if len(self.outbox) >= most:
            newest = self.rules.overflow == "newest"
            lost = report if newest else self.outbox[0]
            self.lost[lost.server] = self.lost.get(lost.server, 0) + 1
            self.journal.say(
                What.LOST, uri, None, ReportCode.FULL, f"more than {most} wait; one for {lost.server} is lost"
            )
            if newest:
                return
            self.outbox = self.outbox[1:]
        self.outbox.append(report)
        if self._next is not None and self.clock.now < report.due < self._next:
            self._next = report.due

    def _gather(self, context: ScheduleContext) -> None:
        """Batched reports that are enough for a session go now."""
        now, server = self.clock.now, context.reports_to
        self._batched[server] = known = self._batched.get(server, len(self.outbox)) + 1
        if known < self.rules.batch:
            return
        batched = [r for r in self.outbox if now < r.due < NEVER and r.server == server]
        self._batched[server] = len(batched)
        if len(batched) >= self.rules.batch:
            self._batched[server] = 0
            self.outbox = [r._replace(due=now) if r in batched else r for r in self.outbox]
            self._next = None

    # -- what goes out

    def callers(self) -> tuple[str, ...]:
        """Servers for which a session is to be opened now."""
        if not self.clock.is_on or not self.outbox:
            return ()
        now = self.clock.now
        found = dict.fromkeys(r.server for r in self.outbox if r.due <= now)
        return tuple(server for server in found if self.quiet.get(server, (-NEVER, 0))[0] <= now)

    def next(self) -> float:
        """When a report comes due, or a session is tried again."""
        now = self.clock.now
        if self._next is None or self._next <= now:
            times = [r.due for r in self.outbox if now < r.due]
            servers = {r.server for r in self.outbox if r.due < NEVER}
            times += [until for server, (until, _) in self.quiet.items() if until > now and server in servers]
            self._next = min(times, default=NEVER)
        return self._next

    def for_server(self, server: str) -> tuple[Alert, ...]:
        """Alerts for ``server``, those that could have waited too; they stay until ``reported``."""
        found = tuple(r.alert for r in self.outbox if r.server == server)
        lost = self.lost.get(server, 0)
        return (*found, commands.lost(self.rules.alert_type, lost)) if lost else found

    def reported(self, alert: Alert) -> None:
        """A server has answered ``alert``."""
        answered = [r for r in self.outbox if r.alert == alert]
        self.outbox = [r for r in self.outbox if r.alert != alert]
        for report in answered:
            self.quiet.pop(report.server, None)
        for server, count in list(self.lost.items()):
            if alert == commands.lost(self.rules.alert_type, count):
                del self.lost[server]
        self._next = None

    def tried(self, server: str, retry: float | None = None) -> None:
        """A session with ``server`` came to nothing: it is tried again after a while, until Retries are used up."""
        now = self.clock.now
        mine = [r for r in self.outbox if r.server == server and r.due <= now]
        if not mine:
            return
        failed = self.quiet.get(server, (0.0, 0))[1] + 1
        given_up = [r for r in mine if r.retries is not None and failed > r.retries]
        for report in given_up:
            source = report.alert.items[0].source if report.alert.items else None
            self.journal.say(
                What.UNSENT, source or "", why=f"{many(failed, 'session')} failed; it waits for the next one"
            )
        self.outbox = [r._replace(due=NEVER) if r in given_up else r for r in self.outbox]
        own = [r.retry for r in mine if r.retry is not None]
        wait = retry if retry is not None else min(own, default=float(self.rules.report_retry))
        self.quiet[server] = (now + max(1.0, wait), failed)
        self._next = None

    def drop(self, server: str, uri: str) -> None:
        """Nobody is left who could take reports for ``server``."""
        self.gone.add(server)
        count = sum(r.server == server for r in self.outbox)
        if count:
            self.outbox = [r for r in self.outbox if r.server != server]
            self.journal.say(What.LOST, uri, None, ReportCode.FULL, f"{count} for {server}, whose account is gone")
        self.lost.pop(server, None)
        self._next = None

    def restart(self) -> None:
        """Look anew for what comes due."""
        self._next = None
        self._batched.clear()
