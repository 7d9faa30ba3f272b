"""What a device notices between sessions: signals, samples, entries of the calendar.  [scheduling sheet §5]"""

from __future__ import annotations

from collections.abc import Callable

from dmkit.mo.sched.calendar import Calendar, Dues
from dmkit.mo.sched.clock import ScheduleClock, ScheduleJournal
from dmkit.mo.sched.conditions import Conditions, SchedulerHost
from dmkit.mo.sched.events import BATTERY_LOW, EventKind, Signal, What
from dmkit.mo.sched.execution import ScheduleExecution
from dmkit.mo.sched.memory import ComponentMemory
from dmkit.mo.sched.register import Register
from dmkit.mo.sched.reports import Reports
from dmkit.mo.sched.states import ComponentMove, ScheduleState
from dmkit.mo.sched.time import zone
from dmkit.mo.sched.turns import Turns
from dmkit.mo.sched.values import ReportCode, SchedRules

__all__ = ["Noticing"]


class Noticing:
    """From a signal or an entry of the calendar to what follows from it."""

    def __init__(
        self, host: SchedulerHost, clock: ScheduleClock, journal: ScheduleJournal, calendar: Calendar, dues: Dues,
        conditions: Conditions,
        execution: ScheduleExecution, turns: Turns, register: Register, reports: Reports, rules: SchedRules, *,
        drain: Callable[[], None],
    ) -> None:  # fmt: skip
        self.host, self.clock, self.journal, self.calendar, self.dues = host, clock, journal, calendar, dues
        self.conditions, self.execution, self.turns, self.register = conditions, execution, turns, register
        self.reports, self.rules, self.drain = reports, rules, drain
        self._signals: dict[EventKind, Callable[[Signal], None]] = {
            EventKind.POWER_OFF: self._power_off, EventKind.POWER_ON: self._power_on, EventKind.CLOCK: self._clock,
            EventKind.ZONE: self._zone, EventKind.VALUE: self._value, EventKind.BATTERY: self._battery,
            EventKind.CHARGER: self._charger,
            EventKind.TRUSTED: self._trusted, EventKind.LEAVING: self._leaving, EventKind.USER_SUSPEND: self._user,
            EventKind.USER_RESUME: self._user, EventKind.USER_STOP: self._user,
        }  # fmt: skip

    def notice(self, signal: Signal) -> None:
        """One signal; ValueError or TypeError for a value that is none."""
        act = self._signals.get(signal.kind)
        if act is not None:
            act(signal)
        elif signal.kind is EventKind.TRAP:
            self.trap(str(signal.value), signal.source)
        elif signal.kind is not EventKind.ROAMING or signal.value:
            self.trap(signal.kind.trap, signal.source)

    # -- power

    def _power_off(self, signal: Signal) -> None:
        if not self.clock.is_on:
            return
        if self.rules.look_ahead:
            self.turns.foresee(self.register.parts(), "power off")
        self.journal.say(What.OFF, ".")
        self.turns.suspend_all(self.register.parts(), "power off")
        self.clock.is_on = False

    def _power_on(self, signal: Signal) -> None:
        if self.clock.is_on:
            return
        self.clock.is_on = True
        self.journal.say(What.ON, ".")
        self.reports.restart()
        self.calendar.clear()
        for live in list(self.register.lives.values()):
            self.calendar.enter_span(live)
            self.turns.revive(live)
            self.turns.span(live, booted=True)
        self.turns.resume_all(self.register.parts(), "power off")
        for part in self.register.parts():
            self.calendar.enter(part)
        self.trap(signal.kind.trap, signal.source)

    def _battery(self, signal: Signal) -> None:
        self.clock.battery = float(signal.value)
        self._power()

    def _charger(self, signal: Signal) -> None:
        begins = bool(signal.value) and not self.clock.is_charging
        self.clock.is_charging = bool(signal.value)
        self._power()
        if begins:
            self.trap(signal.kind.trap, signal.source)

    def _power(self) -> None:
        """Battery or charger changed: nothing runs on a low battery without a charger."""
        clock = self.clock
        low = clock.battery <= self.rules.battery_low and not clock.is_charging
        if low == clock.is_low:
            return
        if low:
            self.trap(BATTERY_LOW, "")
            self.drain()
            if self.rules.look_ahead:
                self.turns.foresee(self.register.parts(), "battery low")
            self.journal.say(What.LOW, ".")
            self.turns.suspend_all(self.register.parts(), "battery low")
            clock.is_low = True
        else:
            clock.is_low = False
            self.journal.say(What.CHARGED, ".")
            for live in self.register.lives.values():
                live.insists = False
            if clock.is_on:
                self.turns.resume_all(self.register.parts(), "battery low")

    def _leaving(self, signal: Signal) -> None:
        self.turns.foresee(self.register.parts(), str(signal.value) or "coverage")

    # -- the clock

    def _clock(self, signal: Signal) -> None:
        seconds = float(signal.value)
        before = (self.clock.shown, self.clock.wall, self.clock.local)
        self.clock.offset += seconds
        self.journal.say(What.CLOCK, ".", why=f"{seconds:+g} s")
        self._jumped(before)

    def _zone(self, signal: Signal) -> None:
        local = zone(str(signal.value))
        before = (self.clock.shown, self.clock.wall, self.clock.local)
        self.clock.local = local
        self.journal.say(What.CLOCK, ".", why="another zone")
        self._jumped(before)

    def _jumped(self, before: tuple[float, float, object]) -> None:
        """A device that is off looks at its clock when it is on again."""
        if self.clock.is_on and (self.clock.is_trusted or self.rules.untrusted == "runs"):
            lives = list(self.register.lives.values())
            self.turns.clock_changed(self.register.parts(), lives, before)  # type: ignore[arg-type]

    def _trusted(self, signal: Signal) -> None:
        """The clock is lost, or known again; with the rule "waits" due times wait for that."""
        trusted, before = bool(signal.value), self.clock.is_trusted
        if trusted is before:
            return
        self.journal.say(What.CLOCK, ".", why="trusted again" if trusted else "lost")
        if not trusted:
            for part in self.register.parts():
                part.since = part.since or self.clock.reading
        self.clock.is_trusted = trusted
        for part in self.register.parts():
            if trusted and part.since is not None and part.state is ScheduleState.ACTIVE:
                since, part.since = part.since, None
                was, jumped = self.dues.key(part, since.shown, since.wall), self.clock.was_set(since)
                if jumped:
                    self.dues.set_back(part, was + self.clock.now - since.now, self.dues.here(part))
                if part.component.time is not None and self.rules.untrusted == "waits":
                    self.dues.point(part, min(was, self.dues.here(part)))
                    missed = self.dues.missed(part, float(self.rules.tolerance))
                    if missed is not None and not self.execution.made_up(part, missed, jumped=jumped):
                        self.execution.missed(part, missed, "clock lost", jumped=jumped)
            self.calendar.enter(part)
        if trusted:
            for live in list(self.register.lives.values()):
                self.turns.revive(live)
                self.turns.span(live)

    # -- values, events, the user

    def _value(self, signal: Signal) -> None:
        self.host.stored = self.host.stored.set(signal.source, signal.value, now=self.clock.now)

    def _user(self, signal: Signal) -> None:
        """The user suspends, resumes or stops a schedule.  [P7 claim 5]"""
        live = self.register.lives.get(signal.source)
        if live is None or live.context is None or not self.rules.user_controls:
            return
        if signal.kind is EventKind.USER_SUSPEND:
            self.turns.hold(live, "by the user")
        elif signal.kind is EventKind.USER_RESUME:
            self.turns.release(live, "resumed by the user")
            self.journal.say(What.RESUMED, live.uri)
        else:
            for part in live.parts:
                self.reports.note(part, ReportCode.CANCELLED, "by the user")
                self.reports.report(part, ReportCode.CANCELLED)
            self.turns.stop(live)

    def trap(self, event: str, source: str) -> None:
        """An event happens: parts that wait for it are due.  What happens while the device is off is not noticed."""
        clock = self.clock
        if not clock.is_on and self.rules.trap_while_off == "unseen":
            return
        for part in self.register.parts():
            if part.state is ScheduleState.ACTIVE and self.conditions.opened(part, event):
                self.calendar.enter(part)
            hit = any(t.event == event and t.source in ("", source) for t in part.component.traps)
            if not hit or not self.dues.is_valid(part):
                continue
            if part.state is ScheduleState.ACTIVE and clock.now < part.quiet:
                part.held_trap = True
                self.calendar.enter(part)
            elif part.state is ScheduleState.ACTIVE:
                part.latched.add("trap")
                self.execution.consider(part, None)
                self.calendar.enter(part)
            elif part.state in (ScheduleState.RUNNING, ScheduleState.SUSPENDED) and not part.held:
                part.missed_trap = True

    # -- the calendar

    def wake(self, part: ComponentMemory) -> None:
        """Something is due for ``part`` now."""
        if part.state is ScheduleState.RUNNING:
            self.execution.work(part)
            return
        fires, part.fires, due = part.fires, False, None
        timed = self.clock.is_trusted or self.rules.untrusted == "runs"
        if timed and part.next is not None and part.next.at <= self.clock.shown:
            due = part.next
            self.dues.take(part)
            part.latched.add("time")
        if part.held_trap and part.quiet <= self.clock.now:
            part.held_trap, fires = False, True
            part.latched.add("trap")
        if fires or due is not None:
            self.execution.consider(part, due)
        ready = part.postponed and [entry for entry in part.postponed if entry.at <= self.clock.now]
        if part.state is ScheduleState.ACTIVE and ready:
            entry = ready[0]
            part.postponed.remove(entry)
            self.execution.fire(part, entry.due, late=entry.late, asked=entry.asked, waited=entry.waits)
        self.calendar.enter(part)

    def sample(self, part: ComponentMemory) -> None:
        """Samples of ``part`` are due."""
        blind = self.conditions.sample(part)
        if blind:
            why = f"{part.live.owner} may not read {blind}"
            moves = (ComponentMove.CANCEL, ComponentMove.CANCEL_LAST)
            self.execution.drop(part, None, ReportCode.NO_RIGHTS, What.FAILED, why, moves)
        self.calendar.enter(part)
