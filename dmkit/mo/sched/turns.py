"""Components become active, rest and end; power goes and comes, the clock is set.  [scheduling sheet §4, §5.1]

A due time is settled by its name, and what lies ahead of a clock that was set back is due again: a wrong clock that is
put right leaves no trace but what really ran.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo

from dmkit.mo.sched import commands as work
from dmkit.mo.sched.calendar import Calendar, Dues
from dmkit.mo.sched.clock import ClockReading, ScheduleClock, ScheduleJournal
from dmkit.mo.sched.conditions import Conditions
from dmkit.mo.sched.events import What
from dmkit.mo.sched.execution import ScheduleExecution
from dmkit.mo.sched.memory import ComponentMemory, Live, Postponed
from dmkit.mo.sched.reports import Reports
from dmkit.mo.sched.states import ComponentMove, ScheduleState
from dmkit.mo.sched.time import wall_of
from dmkit.mo.sched.values import Missed, ReportCode, SchedRules
from dmkit.words.codes import StatusCode

__all__ = ["Turns"]

_LIVELY = (ScheduleState.ACTIVE, ScheduleState.RUNNING)
_GOOD = (ReportCode.OK, ReportCode.OK_LATE)
_REST = (ScheduleState.INSTALLED, ScheduleState.INACTIVE)


class Turns:
    """Whose turn it is, and who waits."""

    def __init__(
        self, clock: ScheduleClock, journal: ScheduleJournal, calendar: Calendar, dues: Dues, conditions: Conditions,
        reports: Reports,
        rules: SchedRules,
    ) -> None:  # fmt: skip
        self.clock, self.journal, self.calendar, self.dues = clock, journal, calendar, dues
        self.conditions, self.reports, self.rules = conditions, reports, rules
        self.execution: ScheduleExecution
        self._off: tuple[float, float, tzinfo] | None = None
        """Offset, wall and zone when the device went off."""

    # -- begin

    def start(self, live: Live, begins: ClockReading | None = None) -> None:
        """The parts whose turn it is become active; those with a later turn rest.

        ``begins``: it was their turn when the device was off, so they are as if suspended since then.
        """
        context = live.context
        assert context is not None
        live.fresh = False
        if context.valid_to is not None and self.clock.shown >= context.valid_to:
            self.expire(live)
            return
        if not self._agreed(live):
            return
        startable = [part for part in live.parts if part.state in _REST]
        orders = [part.component.order for part in startable if part.component.order is not None]
        first = min(orders, default=None)
        waits = context.valid_from is not None and self.clock.shown < context.valid_from
        for part in startable:
            if waits or (part.component.order is not None and part.component.order != first):
                if part.state is ScheduleState.INSTALLED:
                    self.execution.move(part, ComponentMove.REST)
                part.awaits = waits
            else:
                self.arm(part, begins)
                if begins is not None and part.state is ScheduleState.ACTIVE:
                    self._suspend(part, "power off", begins)
        if not waits and startable:
            self.journal.say(What.STARTED, live.uri)

    def _agreed(self, live: Live) -> bool:
        """Whether the user agrees to the installation, where a component asks for that.  [P7 claim 4]"""
        context = live.context
        assert context is not None
        if live.consent and any(part.component.on_install for part in live.parts):
            outcome = self.execution.host.user(work.consent(context))
            live.consent = outcome.status == StatusCode.OK
            if not live.consent:
                self.journal.say(What.DECLINED, live.uri, None, ReportCode.CANCELLED, "the user, at installation")
                for part in live.parts:
                    self.reports.report(part, ReportCode.CANCELLED)
                    self.execution.move(part, ComponentMove.STOP)
        return live.consent

    def arm(self, part: ComponentMemory, begins: ClockReading | None = None) -> None:
        """One part becomes active: due times from now, or from ``begins``, on; sampling from now on."""
        self.execution.rest(part)
        part.awaits = part.over = False
        part.since = part.before = None
        begins = begins or self.clock.reading
        if part.component.time is not None:
            part.begun = self.dues.key(part, begins.shown, begins.wall)
            self.dues.point(part, part.begun)
            while part.next is not None and part.next.due < begins.shown:  # the second of two equal hours
                self.dues.take(part)
        self.conditions.arm(part)
        self.execution.move(part, ComponentMove.START)
        if not self.dues.again(part) and not part.takes_turns:
            self.journal.say(
                What.CANCELLED, part.component.uri, None, ReportCode.EXPIRED, "all its due times lie behind"
            )
            self.reports.report(part, ReportCode.EXPIRED)
            self.execution.move(part, ComponentMove.CANCEL_LAST)
            part.over = True
            self.over(part, ReportCode.EXPIRED)
        elif self.clock.is_low and not part.live.insists:
            self._suspend(part, "battery low", begins)

    def follows(self, part: ComponentMemory, code: ReportCode) -> ComponentMemory | None:
        """The component whose turn comes when ``part`` has ended with ``code``."""
        order, rule = part.component.order, self.rules.successor
        if order is None or (rule == "success" and code not in _GOOD):
            return None
        if rule == "not cancelled" and code in (ReportCode.CANCELLED, ReportCode.EXPIRED):
            return None
        later = [
            other for other in part.live.parts
            if other.component.order is not None and other.component.order > order
            and other.state is ScheduleState.INACTIVE
            and not other.over
        ]  # fmt: skip
        return min(later, key=lambda other: (other.component.order or 0, other.index), default=None)

    def over(self, part: ComponentMemory, code: ReportCode) -> bool:
        """The next in order becomes active; False when there is none."""
        following = self.follows(part, code)
        if following is None:
            return False
        self.arm(following)
        self.journal.say(What.STARTED, following.component.uri, why=f"{part.component.name} is over")
        return True

    def finished(self, part: ComponentMemory, code: ReportCode) -> None:
        """Components whose condition is the result of ``part`` are due.  [P10]"""
        self.wished(part.live)
        for other in part.live.parts:
            for wish in other.component.results:
                fits = code in _GOOD if wish.code is None else code == wish.code
                if wish.component == part.component.name and fits and other.state is ScheduleState.ACTIVE:
                    other.latched.add("result")
                    self.execution.consider(other, None)
                    self.calendar.enter(other)

    def wished(self, live: Live) -> None:
        """What a run told its own schedule is done when the run is over: its other tasks are not lost."""
        if live.wish is not None and not any(part.state is ScheduleState.RUNNING for part in live.parts):
            wish, live.wish = live.wish, None
            if wish is ComponentMove.STOP:
                self.stop(live)
            else:
                self.hold(live, "by hand")

    # -- end

    def stop(self, live: Live) -> None:
        """By hand: everything rests, what was under way is told."""
        live.fresh, live.wish = False, None
        for part in live.parts:
            self.cut_short(part, "stopped")
            self.execution.rest(part)
            part.awaits = part.over = False
            part.held = ""
            self.execution.move(part, ComponentMove.STOP)
        self.journal.say(What.STOPPED, live.uri)
        self.span(live)

    def cut_short(self, part: ComponentMemory, why: str) -> None:
        """Tell of a run that is under way, or that was cut off and not yet told, and of those put off."""
        run = part.run or part.cut
        if run is not None:
            self.execution.interrupt(part, run, why)
        for entry in part.postponed:
            due = entry.due.due if entry.due else None
            self.journal.say(What.CANCELLED, part.component.uri, due, ReportCode.EXPIRED, why)
            self.reports.note(part, ReportCode.EXPIRED, why)
            self.reports.report(part, ReportCode.EXPIRED)
        self._unsettle(part, part.postponed)
        part.run = part.cut = None
        part.postponed = []

    def _unsettle(self, part: ComponentMemory, entries: Iterable[Postponed]) -> None:
        """Runs that come to nothing: of due times over which the clock was set, and of others."""
        for entry in entries:
            if entry.due is None:
                continue
            if entry.jumped and self.rules.skipped_again != "gone":
                part.unsettle(entry.due.key)
            else:
                part.never_ran(entry.due.key)

    def expire(self, live: Live) -> None:
        """Validity is over."""
        stated = False
        for part in live.parts:
            if part.state in (ScheduleState.EXPIRED, ScheduleState.FAILED):
                continue
            part.before = ScheduleState.FINISHED if part.state is ScheduleState.FINISHED else part.state
            self.cut_short(part, "its time is over")
            self.execution.rest(part)
            self.execution.move(part, ComponentMove.EXPIRE)
            stated = True
        if stated:
            self.journal.say(What.EXPIRED, live.uri)

    def span(self, live: Live, *, booted: bool = False) -> None:
        """Validity begins or ends; ``booted``: the device was off until now, and a part may have to be resumed."""
        context, shown = live.context, self.clock.shown
        if context is None or live.fresh:
            return
        trusted = self.clock.is_trusted or self.rules.untrusted == "runs"
        if context.valid_to is not None and shown >= context.valid_to:
            if trusted:
                self.expire(live)
            return
        waiting = any(part.awaits and part.state is ScheduleState.INACTIVE for part in live.parts)
        if waiting and (context.valid_from is None or shown >= context.valid_from):
            self.start(live, self._begun_while_off(context.valid_from) if booted else None)

    def _begun_while_off(self, begins: float | None) -> ClockReading | None:
        """The clock at ``begins``, when the device was off; None where its clock was set meanwhile: nobody knows."""
        clock = self.clock
        if begins is None or self._off is None or (clock.offset, clock.local) != (self._off[0], self._off[2]):
            return None
        wall, then = wall_of(begins, clock.local), clock.now - (clock.shown - begins)
        return ClockReading(shown=begins, wall=wall, offset=clock.offset, local=clock.local, now=then)

    # -- power

    def _suspend(self, part: ComponentMemory, why: str, now: ClockReading | None = None) -> None:
        if part.state is ScheduleState.RUNNING:
            part.cut, part.run = part.run, None
            if part.cut is not None:
                due = part.cut.due.due if part.cut.due else None
                self.journal.say(What.CUT, part.component.uri, due, why=why)
        part.since = now or self.clock.reading
        self.execution.move(part, ComponentMove.SUSPEND)

    def suspend_all(self, parts: Iterable[ComponentMemory], why: str) -> None:
        """Power goes, or the battery is low."""
        if why == "power off":
            self._off = (self.clock.offset, self.clock.wall, self.clock.local)
        now = self.clock.reading
        for part in parts:
            if part.state in _LIVELY and not (part.live.insists and why == "battery low"):
                self._suspend(part, why, now)

    def hold(self, live: Live, why: str) -> None:
        """Suspend one schedule: by hand, by the user, or because its account is gone."""
        for part in live.parts:
            if part.state in _LIVELY:
                self._suspend(part, why)
            part.held = why
        self.journal.say(What.SUSPENDED, live.uri, why=why)

    def release(self, live: Live, why: str) -> None:
        """The contrary of ``hold``."""
        for part in live.parts:
            part.held = ""
            if self.clock.is_on:
                self.resume(part, why)

    def resume_all(self, parts: Iterable[ComponentMemory], why: str) -> None:
        """Power is back, or the battery is no longer low."""
        booted = why == "power off"
        for part in parts:
            if part.held or (self.clock.is_low and booted and not part.live.insists):
                if booted:
                    self.conditions.resume(part, booted=True)
                continue
            self.resume(part, why, booted=booted)

    def resume(self, part: ComponentMemory, why: str, *, booted: bool = False) -> None:
        """A suspended part comes back; what it has missed follows its rule."""
        if part.state is not ScheduleState.SUSPENDED or part.held:
            return
        self.conditions.resume(part, booted=booted)
        since, part.since = part.since, None
        missed, jumped = None, since is not None and self.clock.was_set(since)
        ahead = part.component.time is None or (part.next is not None and part.next.at > self.clock.shown)
        if ahead and not (jumped or part.postponed or part.cut is not None or part.missed_trap):
            self.execution.move(part, ComponentMove.RESUME)  # the pause has touched nothing of it
            self.wished(part.live)
            return
        if since is not None and part.component.time is not None:
            key, here = self.dues.key(part, since.shown, since.wall), self.dues.here(part)
            if jumped:
                self.dues.set_back(part, key + self.clock.now - since.now, here)
            if jumped or part.next is None or part.next.at <= self.clock.shown:  # else it still lies ahead
                offset = self._off[0] if self._off is not None and booted else self.clock.offset
                self.dues.point(part, min(key, here))
                missed = self.dues.missed(part, self.rules.tolerance if self.clock.offset != offset else 0.0)
        self.execution.withdraw(part)
        late = [entry for entry in part.postponed if entry.at < self.clock.now]
        part.postponed = [entry for entry in part.postponed if entry.at >= self.clock.now]
        self._unsettle(part, late)
        trap, part.missed_trap = part.missed_trap, False
        cut = part.cut
        if cut is not None:
            self.execution.interrupt(part, cut, why)
            part.cut = cut if self._reruns(part) and self.rules.rerun == "rest" else None
        if missed is None and late:
            last = max((e.due for e in late if e.due is not None), default=None)
            missed = (last, last) if last is not None else None
            jumped = jumped or any(entry.jumped for entry in late)
        if missed is not None and self.execution.made_up(part, missed, jumped=jumped):
            missed = None
        if missed or late or trap:
            self.execution.missed(part, missed, why, jumped=jumped)
        elif cut is not None:
            self.execution.missed(part, (cut.due, cut.due) if cut.due else None, why, cut=not self._reruns(part))
        else:
            self.execution.move(part, ComponentMove.RESUME)
        self.wished(part.live)

    def _reruns(self, part: ComponentMemory) -> bool:
        return part.live.context is not None and part.live.context.missed is not Missed.CANCEL

    # -- the clock

    def clock_changed(
        self, parts: Iterable[ComponentMemory], lives: Iterable[Live], before: tuple[float, float, tzinfo]
    ) -> None:
        """The device's clock or zone is another: due times jumped over are missed, one that ran does not come again.

        ``before`` is what clock and wall showed, and the zone.
        """
        self.calendar.clear()
        for live in lives:
            self.calendar.enter_span(live)
            self.revive(live)
            self.span(live)
        moved = before[2] != self.clock.local
        why = "another zone" if moved else "clock set"
        for part in parts:
            if part.component.time is not None and not part.live.gone:
                self._retime(part, before, moved, why)
            self.calendar.enter(part)

    def _retime(self, part: ComponentMemory, before: tuple[float, float, tzinfo], moved: bool, why: str) -> None:
        was, here = self.dues.key(part, before[0], before[1]), self.dues.here(part)
        self.dues.set_back(part, was, here)
        if part.state is ScheduleState.RUNNING:
            part.jumped = part.jumped or here > was
            if here < was:
                self.execution.withdraw(part)
            if here < was or moved:
                self.dues.point(part, min(was, here))
        elif part.state is ScheduleState.ACTIVE:
            if here < was:
                self.execution.withdraw(part)
                self.dues.point(part, here)
                while part.next is not None and part.next.due < self.clock.shown and moved:
                    self.dues.take(part)
            elif moved:
                self.dues.point(part, was)
            missed = self.dues.missed(part, float(self.rules.tolerance))
            if missed is not None and not self.execution.made_up(part, missed, jumped=True):
                self.execution.missed(part, missed, why, jumped=True)
        elif part.over and here < was and part.state in (ScheduleState.FINISHED, ScheduleState.INACTIVE):
            self._revive(part, here)

    def _revive(self, part: ComponentMemory, here: float) -> None:
        """A component that ended for want of due times has some again."""
        self.dues.point(part, here)
        order = part.component.order
        begun = order is not None and any(
            other.component.order is not None and other.component.order > order and other.state not in _REST
            for other in part.live.parts
        )
        if part.next is None or begun:
            part.next, part.cursor = None, None
            return
        part.over = False
        self.execution.move(part, ComponentMove.REVIVE)
        self.journal.say(What.REVIVED, part.component.uri, part.next.due, why="the clock was set back")

    def revive(self, live: Live) -> None:
        """A schedule that expired by a wrong clock is valid again.  [rule ``expired``]"""
        context, shown = live.context, self.clock.shown
        if self.rules.expired == "final" or context is None or context.valid_to is None or shown >= context.valid_to:
            return
        for part in live.parts:
            if part.state is not ScheduleState.EXPIRED or part.before is None:
                continue
            before, part.before = part.before, None
            if before in (*_REST, ScheduleState.FINISHED) and not part.awaits:
                self.execution.move(
                    part, ComponentMove.REVIVE_OVER if before is ScheduleState.FINISHED else ComponentMove.STOP
                )
            else:
                waits = context.valid_from is not None and shown < context.valid_from
                self.execution.move(part, ComponentMove.STOP)
                part.awaits = waits
                if not waits:
                    self.arm(part)
            self.journal.say(What.REVIVED, part.component.uri, why="the clock was set back")

    def foresee(self, parts: Iterable[ComponentMemory], why: str) -> None:
        """Power or coverage will be lost: what will be missed within the look-ahead is treated now.  [P5b example 1]"""
        limit = self.clock.shown + self.rules.look_ahead
        for part in parts:
            due, context = part.next, part.live.context
            if part.state is not ScheduleState.ACTIVE or due is None or due.at > limit or context is None:
                continue
            self.journal.say(What.FORESEEN, part.component.uri, due.due, why=why)
            if context.missed is Missed.AT_ONCE:
                self.dues.take(part)
                self.execution.fire(part, due, late=False)
                self.calendar.enter(part)
            elif context.missed is Missed.LATER:
                self.reports.note(part, ReportCode.RESCHEDULED, why)
                self.reports.report(part, ReportCode.RESCHEDULED)
