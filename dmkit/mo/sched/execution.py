"""Executions: gate, user, tasks with the owner's rights, retries, and what becomes of a missed one.

[scheduling sheet §3 Task and UI, §4, §5.1]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dmkit.mo.sched import commands as work
from dmkit.mo.sched.calendar import Calendar, Dues
from dmkit.mo.sched.clock import ScheduleClock, ScheduleJournal
from dmkit.mo.sched.conditions import Conditions, SchedulerHost
from dmkit.mo.sched.events import What
from dmkit.mo.sched.memory import ComponentMemory, DueTime, Live, Postponed, ScheduledRun
from dmkit.mo.sched.reports import Reports
from dmkit.mo.sched.states import TRANSITIONS, ComponentMove, ScheduleState, step
from dmkit.mo.sched.values import Missed, ReportCode, SchedRules, Task, Ui
from dmkit.tree.policy import open_policy
from dmkit.words.codes import StatusCode
from dmkit.words.model import Alert, Item, Meta

__all__ = ["ScheduleExecution"]

_UNDONE: Final = (StatusCode.ROLLED_BACK, StatusCode.NOT_EXECUTED)
_ASK_AGAIN: Final = 60.0
"""Seconds after which a closed gate is asked again, with the rule "waits"."""


class ScheduleExecution:
    """From a condition that holds to a report.

    ``over(part, code)`` is told when a component has ended (``follows`` is its successor, if any), ``before_task()``
    when the tree must be up to date, ``finished(part, code)`` when a run is through.
    """

    def __init__(
        self, host: SchedulerHost, clock: ScheduleClock, journal: ScheduleJournal, calendar: Calendar, dues: Dues,
        conditions: Conditions,
        reports: Reports, rules: SchedRules, *, dirty: Callable[[ComponentMemory], None],
        over: Callable[[ComponentMemory, ReportCode], object],
        follows: Callable[[ComponentMemory, ReportCode], ComponentMemory | None], before_task: Callable[[], None],
        finished: Callable[[ComponentMemory, ReportCode], None],
    ) -> None:  # fmt: skip
        self.host, self.clock, self.journal, self.calendar, self.dues = host, clock, journal, calendar, dues
        self.conditions, self.reports, self.rules = conditions, reports, rules
        self.dirty, self.over, self.follows = dirty, over, follows
        self.before_task, self.finished = before_task, finished
        self.acting: Live | None = None
        """The schedule whose commands are carried out."""

    def move(self, part: ComponentMemory, move: ComponentMove) -> None:
        """One step of a component; its next entry in the calendar follows."""
        before = part.state
        part.state = TRANSITIONS[before].get(move) or step(before, move)
        self.dirty(part)
        if (
            part.state is ScheduleState.ACTIVE
            and before not in (ScheduleState.ACTIVE, ScheduleState.REPORTING)
            and part.watches
        ):
            self.conditions.resume(part)
        self.calendar.enter(part)

    def rest(self, part: ComponentMemory) -> None:
        """Forget what was under way."""
        part.run = part.cut = None
        part.postponed = []
        part.latched = set()
        part.missed_trap = part.held_trap = part.fires = False

    # -- what was missed

    def missed(
        self, part: ComponentMemory, dues: tuple[DueTime, DueTime] | None, why: str, *, cut: bool = False,
        jumped: bool = False,
    ) -> None:  # fmt: skip
        """Apply MissedRule, once, for the last of ``dues``; ``jumped``: the clock was set over them.

        Those that the clock jumped over are not settled: when it is put right they lie ahead.  [scheduling sheet §5.1]
        """
        context = part.live.context
        assert context is not None
        due = dues[1] if dues is not None else None
        if not cut:
            self.journal.say(What.MISSED, part.component.uri, due.due if due else None, why=why)
        if dues is not None and not jumped:
            part.lay_aside(dues[0].key, dues[1].key, dues[0].follows)
        if context.missed is Missed.CANCEL:
            if jumped and self.rules.skipped_again == "gone":
                self.dues.settle(part, due)
            if cut:
                self._end(part, ReportCode.INTERRUPTED, (ComponentMove.CANCEL, ComponentMove.CANCEL_LAST))
            else:
                self.drop(
                    part,
                    due,
                    ReportCode.EXPIRED,
                    What.CANCELLED,
                    why,
                    (ComponentMove.CANCEL, ComponentMove.CANCEL_LAST),
                )
            return
        if context.tell_missed and not cut:
            self.journal.say(What.TOLD, part.component.uri, due.due if due else None, ReportCode.MISSED)
            self.reports.report(part, ReportCode.MISSED)
        self.dues.settle(part, due)
        if context.missed is Missed.AT_ONCE:
            self.fire(part, due, late=True)
        else:
            at = self.clock.now + context.missed_delay
            self.put_off(part, Postponed(at, due, late=True, jumped=jumped))

    def made_up(self, part: ComponentMemory, dues: tuple[DueTime, DueTime], *, jumped: bool) -> bool:
        """Whether a due time that is not missed comes at once, and so makes up for the missed ones before it.

        ``jumped``: the clock was set over them; when it is put right they lie ahead, and nothing has made up for them.
        """
        if part.next is None or part.next.at > self.clock.shown:
            return False
        self.journal.say(What.MISSED, part.component.uri, dues[1].due, why="the next one is due at once")
        if self.rules.skipped_again == "gone":
            part.settle(dues[0].key, dues[1].key, dues[0].follows)
        elif not jumped:
            part.lay_aside(dues[0].key, dues[1].key, dues[0].follows)
        return True

    def put_off(self, part: ComponentMemory, entry: Postponed) -> None:
        """A run will take place later."""
        part.postponed.append(entry)
        why = f"by {entry.at - self.clock.now:g} s"
        self.journal.say(
            What.PUT_OFF, part.component.uri, entry.due.due if entry.due else None, ReportCode.RESCHEDULED, why
        )
        self.reports.note(part, ReportCode.RESCHEDULED)
        self.reports.report(part, ReportCode.RESCHEDULED)
        self.move(part, ComponentMove.PUT_OFF)

    def withdraw(self, part: ComponentMemory) -> None:
        """Runs that make up for due times which lie ahead again, as the clock now has it."""
        shown = self.clock.shown
        for entry in [e for e in part.postponed if e.late and e.due is not None and e.due.due > shown]:
            part.postponed.remove(entry)
            assert entry.due is not None
            part.unsettle(entry.due.key)
            self.journal.say(What.WITHDRAWN, part.component.uri, entry.due.due, ReportCode.RESCHEDULED, "due again")
            self.reports.note(part, ReportCode.RESCHEDULED, "due again")
            self.reports.report(part, ReportCode.RESCHEDULED)

    def drop(
        self,
        part: ComponentMemory,
        due: DueTime | None,
        code: ReportCode,
        what: What,
        why: str,
        moves: tuple[ComponentMove, ComponentMove],
    ) -> None:
        """An execution will not take place."""
        self._idle(part, due)
        self.journal.say(what, part.component.uri, due.due if due else None, code, why)
        self.reports.note(part, code, why)
        self.reports.report(part, code)
        self._end(part, code, moves)

    def _idle(self, part: ComponentMemory, due: DueTime | None) -> None:
        """A due time that is settled has not run."""
        if due is not None and part.is_settled(due.key):
            part.never_ran(due.key)

    def _end(self, part: ComponentMemory, code: ReportCode, moves: tuple[ComponentMove, ComponentMove]) -> None:
        stays = self.dues.again(part) and not (
            moves[0] is ComponentMove.CANCEL and self.rules.missed_cancel == "inactive"
        )
        self.move(part, moves[0] if stays else moves[1])
        if not stays:
            self.rest(part)
            part.over = True
            self.over(part, code)

    def interrupt(self, part: ComponentMemory, run: ScheduledRun, why: str) -> None:
        """Say what became of a run that goes no further: which commands were done, which was in hand."""
        done = ", ".join(f"{target} {status}" for _, target, status in run.results) or "nothing was done"
        hand = f"; {run.tasks[0].target} had begun" if run.tasks and not run.waits else ""
        told = f"{why}: {done}{hand}"
        self.journal.say(
            What.INTERRUPTED, part.component.uri, run.due.due if run.due else None, ReportCode.INTERRUPTED, told
        )
        self.reports.note(part, ReportCode.INTERRUPTED, told)
        text = Item(source=part.component.uri, meta=Meta(format="chr", type="text/plain"), data=told)
        self.reports.report(part, ReportCode.INTERRUPTED, [text])

    # -- from a condition to a run

    def consider(self, part: ComponentMemory, due: DueTime | None) -> None:
        """A family of conditions came true: run, wait for the others, or be held by the gate."""
        if not self.conditions.all_true(part):
            self.dues.settle(part, due)
            return
        part.latched = set()
        self.fire(part, due, late=False)

    def fire(
        self, part: ComponentMemory, due: DueTime | None, *, late: bool, asked: bool = False, waited: bool = False
    ) -> None:
        """The conditions hold: ask the gate and the user, then run."""
        self.dues.settle(part, due)
        valid = self.dues.is_valid(part)
        uri = self.conditions.unreadable(part) if valid else ""
        if uri:
            why = f"{part.live.owner} may not read {uri}"
            self.drop(
                part, due, ReportCode.NO_RIGHTS, What.FAILED, why, (ComponentMove.CANCEL, ComponentMove.CANCEL_LAST)
            )
            return
        if not valid or not self.conditions.is_open(part):
            self._held(part, due, late, waited, "the gate is closed" if valid else "outside its validity")
            return
        delay, seconds, why = (0, 0.0, "") if asked else self._ask(part, due)
        if delay is None:
            self.drop(
                part, due, ReportCode.CANCELLED, What.DECLINED, why, (ComponentMove.REFUSED, ComponentMove.REFUSED_LAST)
            )
            return
        if delay > 0:
            self.put_off(part, Postponed(self.clock.now + delay, due, late, asked=True))
            return
        rest = part.cut.tasks if part.cut is not None and self.rules.rerun == "rest" else None
        part.cut = None
        if due is not None:
            part.ran(due.key)
        tasks = list(part.component.tasks) if rest is None else list(rest)
        part.run = ScheduledRun(due, late, tasks, self.clock.now + seconds, self.clock.now)
        part.quiet = self.clock.now + self.rules.trap_hold_off
        self.move(part, ComponentMove.RUN_LATE if late or part.state is ScheduleState.SUSPENDED else ComponentMove.FIRE)
        self.work(part)

    def _held(self, part: ComponentMemory, due: DueTime | None, late: bool, waited: bool, why: str) -> None:
        """Nothing runs; with the rule "waits" the gate is asked again, for the last due time only."""
        waits = self.rules.gate == "waits" and why == "the gate is closed"
        if not (waits and waited):
            self.journal.say(What.SUPPRESSED, part.component.uri, due.due if due else None, why=why)
        if not waits:
            self._idle(part, due)
        else:  # one waits, the latest; each was said to be suppressed when it came
            for entry in part.postponed:
                if entry.waits and entry.due is not due:
                    self._idle(part, entry.due)
            part.postponed = [entry for entry in part.postponed if not entry.waits]
            part.postponed.append(Postponed(self.clock.now + _ASK_AGAIN, due, late, waits=True))
        if part.state is ScheduleState.SUSPENDED:
            self.move(part, ComponentMove.RESUME)
        if not self.dues.again(part) and not part.takes_turns:
            self.move(part, ComponentMove.CANCEL_LAST)
            self.rest(part)
            part.over = True
            self.over(part, ReportCode.EXPIRED)
        else:
            self.calendar.enter(part)

    def _ask(self, part: ComponentMemory, due: DueTime | None) -> tuple[int | None, float, str]:
        """What the user says: seconds to wait (None: no), how long that took, and why not."""
        component = part.component
        if component.ui is Ui.SILENT:
            return 0, 0.0, ""
        if component.ui is Ui.INFORM:
            self.host.user(work.notice(component))
            return 0, 0.0, ""
        choices = self.rules.postpone if component.ui is Ui.CHOOSE else (0,)
        if component.deadline and due is not None:
            latest = due.due + component.deadline - self.clock.shown
            choices = tuple(choice for choice in choices if choice == 0 or choice <= latest) or (0,)
        outcome = self.host.user(work.question(component, choices))
        if component.max_wait and outcome.seconds > component.max_wait:
            return None, outcome.seconds, f"no answer within {component.max_wait} s"
        return work.chosen_delay(outcome, choices), max(outcome.seconds, 0.0), "the user"

    # -- a run

    def work(self, part: ComponentMemory) -> None:
        """Go on with a run as far as it goes without waiting; what takes no time is over at once."""
        run = part.run
        while (
            run is not None and part.run is run and part.state is ScheduleState.RUNNING and run.until <= self.clock.now
        ):
            if run.waits:
                run.waits = False
                self._begin(part, run)
            else:
                self._ended(part, run)
        if part.state is ScheduleState.RUNNING:
            self.calendar.enter(part)

    def _begin(self, part: ComponentMemory, run: ScheduledRun) -> None:
        """Begin the next task, or all of them inside Atomic."""
        if not run.tasks:
            self._finish(part, run, ComponentMove.DONE)
            return
        tasks = run.tasks if part.component.atomic else run.tasks[:1]
        seconds = self._carry_out(part, run, tasks)
        limit = max(task.timeout for task in tasks) if seconds else 0
        if limit and seconds > limit:
            run.code, seconds = ReportCode.TIMED_OUT, float(limit)
        run.until = self.clock.now + seconds

    def _carry_out(self, part: ComponentMemory, run: ScheduledRun, tasks: list[Task]) -> float:
        """Do ``tasks`` with the owner's rights: what came of it goes into ``run``; the seconds that it takes."""
        owner = part.live.owner
        if self.conditions.looks_inward:
            self.before_task()
        run.code, run.why = ReportCode.OK, ""
        commands = work.commands_of(tasks, part.component.atomic, self.rules.alert_type)
        if isinstance(commands[0], Alert):
            self.reports.post(part.live, commands[0])
            run.results.append((tasks[0].name, tasks[0].target, 200))
            return 0.0
        policy = open_policy if self.rules.rights == "install" else None
        before, self.acting = self.acting, part.live
        try:
            outcome = self.host.execute(commands, owner, self.clock.now, policy=policy).outcomes[0]
        finally:
            self.acting = before
        for task, value in zip(tasks, outcome.parts or (outcome,) * len(tasks), strict=False):
            run.results.append((task.name, task.target, int(value.status or 0)))
        if outcome.ok:
            run.items.extend(outcome.results)
            return outcome.seconds
        worst = next((inner for inner in outcome.parts if not inner.ok and inner.status not in _UNDONE), outcome)
        status = worst.status.value if worst.status is not None else 0
        run.code = ReportCode.NO_RIGHTS if worst.status == StatusCode.PERMISSION_DENIED else ReportCode.TASK_FAILED
        run.why = worst.why or str(worst)
        run.status = Item(source=tasks[0].target, meta=Meta(format="int", type="text/plain"), data=str(status))
        return outcome.seconds

    def _ended(self, part: ComponentMemory, run: ScheduledRun) -> None:
        """The task in hand is over, well or not."""
        tasks = run.tasks if part.component.atomic else run.tasks[:1]
        if run.code is ReportCode.OK:
            run.tasks, run.tries, run.waits = run.tasks[len(tasks) :], 0, True
        elif run.tries < tasks[0].retry:
            run.tries += 1
            run.until, run.waits = self.clock.now + tasks[0].retry_delay, True
        else:
            self._finish(part, run, ComponentMove.ERROR)

    def _finish(self, part: ComponentMemory, run: ScheduledRun, move: ComponentMove) -> None:
        """A run is over: log, report, and what comes next."""
        failed = move is ComponentMove.ERROR
        code = run.code if failed else ReportCode.OK_LATE if run.late else ReportCode.OK
        due = run.due.due if run.due else None
        self.journal.say(What.FAILED if failed else What.RAN, part.component.uri, due, code, run.why)
        part.run = None
        self.move(part, move)
        found = " ".join(item.text for item in run.items)
        more = [*run.items, *([run.status] if failed and run.status is not None else [])]
        self.reports.note(part, code, run.why if failed else found)
        self.reports.report(part, code, more, run)
        if part.live.gone:
            self.finished(part, code)
            return
        if self.dues.again(part):
            self.move(part, ComponentMove.REPORTED)
            busy = self.dues.missed(part)
            jumped, part.jumped = part.jumped, False
            trap, part.missed_trap = part.missed_trap, False
            if busy is not None and self.made_up(part, busy, jumped=jumped):
                busy = None
            if busy or trap:
                self.missed(part, busy, "clock set" if jumped else "still running", jumped=jumped)
        elif self.follows(part, code) is not None:
            self.move(part, ComponentMove.REPORTED_NEXT)
            self.over(part, code)
        else:
            self.move(part, ComponentMove.REPORTED_LAST)
            part.over = True
            self.journal.say(What.FINISHED, part.component.uri)
        self.finished(part, code)
