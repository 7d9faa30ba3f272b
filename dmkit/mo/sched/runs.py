"""Executions: gate, user, tasks with the owner's rights, retries, and what becomes of a missed one.

[scheduling sheet §3 Task and UI, §4, §5.1]
"""

from __future__ import annotations

from typing import Final

from dmkit.mo.sched import commands as work
from dmkit.mo.sched.events import What
from dmkit.mo.sched.memory import Part, Postponed, Run
from dmkit.mo.sched.states import Move, State
from dmkit.mo.sched.turns import Turns
from dmkit.mo.sched.values import Code, Missed, Task, Ui
from dmkit.tree.policy import open_policy
from dmkit.words.codes import StatusCode
from dmkit.words.model import Alert, Item, Meta

__all__ = ["Runs"]

_UNDONE: Final = (StatusCode.ROLLED_BACK, StatusCode.NOT_EXECUTED)


class Runs(Turns):
    """From a condition that holds to a report."""

    def _missed(self, part: Part, due: float | None, why: str) -> None:
        """Apply MissedRule, once.  [scheduling sheet §5.1]"""
        context = part.live.context
        assert context is not None
        self._say(What.MISSED, part.component.uri, due, why=why)
        if context.missed is Missed.AT_ONCE:
            self._fire(part, due, late=True)
        elif context.missed is Missed.LATER:
            self._settle(part, due)
            self._put_off(part, Postponed(self.now + context.missed_delay, due, late=True))
        else:
            if not (why == "clock set" and self.rules.skipped_again == "due"):
                self._settle(part, due)
            self._drop(part, due, Code.EXPIRED, What.CANCELLED, why, (Move.CANCEL, Move.CANCEL_LAST))

    def _put_off(self, part: Part, entry: Postponed) -> None:
        part.postponed.append(entry)
        why = f"by {entry.at - self.now:g} s"
        self._say(What.PUT_OFF, part.component.uri, entry.due, Code.RESCHEDULED, why)
        self._note(part, Code.RESCHEDULED)
        self._report(part, Code.RESCHEDULED)
        self._move(part, Move.PUT_OFF)

    def _drop(self, part: Part, due: float | None, code: Code, what: What, why: str, moves: tuple[Move, Move]) -> None:
        """An execution will not take place."""
        self._say(what, part.component.uri, due, code, why)
        self._note(part, code, why)
        self._report(part, code)
        stays = self._again(part) and not (moves[0] is Move.CANCEL and self.rules.missed_cancel == "inactive")
        self._move(part, moves[0] if stays else moves[1])
        if not stays:
            self._rest(part)
            self._succeed(part)

    def _fire(self, part: Part, due: float | None, *, late: bool, asked: bool = False) -> None:
        """The conditions hold: ask the gate and the user, then run."""
        self._settle(part, due)
        closed = self._closed(part)
        if closed:
            self._say(What.SUPPRESSED, part.component.uri, due, why=closed)
            self._held(part, due)
            return
        delay, seconds = (0, 0.0) if asked else self._ask(part)
        if delay is None:
            moves = (Move.REFUSED, Move.REFUSED_LAST)
            self._drop(part, due, Code.CANCELLED, What.DECLINED, "the user", moves)
            return
        if delay > 0:
            self._put_off(part, Postponed(self.now + delay, due, late, asked=True))
            return
        tasks = list(part.component.tasks)
        part.run = Run(due, late, tasks, self.now + seconds, self.now)
        self._move(part, Move.RUN_LATE if late or part.state is State.SUSPENDED else Move.FIRE)
        self._work(part)

    def _held(self, part: Part, due: float | None) -> None:
        """The gate is closed: nothing runs; with the rule "waits" it is asked again at the next beat."""
        if self.rules.gate == "waits":
            part.postponed.append(Postponed(self.now + 60.0, due))
        if part.state is State.SUSPENDED:
            self._move(part, Move.RESUME)
        if not self._again(part) and not part.takes_turns:
            self._move(part, Move.CANCEL_LAST)
            self._rest(part)
            self._succeed(part)
        else:
            self._enter(part)

    def _closed(self, part: Part) -> str:
        """Why it may not run now; empty when it may."""
        if not self._is_valid(part):
            return "outside its validity"
        gate = part.component.gate
        if gate is None:
            return ""
        self._by = part.live.owner
        for uri in gate.nodes:
            if not self._may_read(part, uri):
                return f"{part.live.owner} may not read {uri}"
        return "" if gate.holds(self._value) else "the gate is closed"

    def _ask(self, part: Part) -> tuple[int | None, float]:
        """What the user says: seconds to wait (None: no), and how long that took."""
        component = part.component
        if component.ui is Ui.SILENT:
            return 0, 0.0
        if component.ui is Ui.INFORM:
            self.host.user(work.notice(component))
            return 0, 0.0
        choices = self.rules.postpone if component.ui is Ui.CHOOSE else (0,)
        outcome = self.host.user(work.question(component, choices))
        return work.said_later(outcome, choices if component.ui is Ui.CHOOSE else (0,)), outcome.seconds

    def _work(self, part: Part) -> None:
        """Go on with a run as far as it goes without waiting; what takes no time is over at once."""
        run = part.run
        while run is not None and part.run is run and part.state is State.RUNNING and run.until <= self.now:
            if run.waits:
                run.waits = False
                self._begin(part, run)
            else:
                self._ended(part, run)
        if part.state is State.RUNNING:
            self._enter(part)

    def _begin(self, part: Part, run: Run) -> None:
        """Begin the next task, or all of them inside Atomic."""
        if not run.tasks:
            self._finish(part, run, Move.DONE)
            return
        tasks = run.tasks if part.component.atomic else run.tasks[:1]
        seconds = self._carry_out(part, run, tasks)
        limit = max(task.timeout for task in tasks)
        if limit and seconds > limit:
            run.code, seconds = Code.TIMED_OUT, float(limit)
        run.until = self.now + seconds

    def _carry_out(self, part: Part, run: Run, tasks: list[Task]) -> float:
        """Do ``tasks`` with the owner's rights: what came of it goes into ``run``; the seconds that it takes."""
        owner = part.live.owner
        if self._inward:
            self._write()
        run.code, run.why = Code.OK, ""
        commands = work.commands_of(tasks, part.component.atomic, self.rules.alert_type)
        if isinstance(commands[0], Alert):
            self._post(part, commands[0])
            return 0.0
        policy = open_policy if self.rules.rights == "install" else None
        outcome = self.host.execute(commands, owner, self.now, policy=policy).outcomes[0]
        if outcome.ok:
            run.items.extend(outcome.results)
            return outcome.seconds
        worst = next((inner for inner in outcome.parts if not inner.ok and inner.status not in _UNDONE), outcome)
        status = worst.status.value if worst.status is not None else 0
        run.code = Code.NO_RIGHTS if worst.status == StatusCode.PERMISSION_DENIED else Code.TASK_FAILED
        run.why = worst.why or str(worst)
        run.status = Item(source=tasks[0].target, meta=Meta(format="int", type="text/plain"), data=str(status))
        return outcome.seconds

    def _ended(self, part: Part, run: Run) -> None:
        """The task in hand is over, well or not."""
        tasks = run.tasks if part.component.atomic else run.tasks[:1]
        if run.code is Code.OK:
            run.tasks, run.tries, run.waits = run.tasks[len(tasks) :], 0, True
        elif run.tries < tasks[0].retry:
            run.tries += 1
            run.until, run.waits = self.now + tasks[0].retry_delay, True
        else:
            self._finish(part, run, Move.ERROR)

    def _finish(self, part: Part, run: Run, move: Move) -> None:
        """A run is over: log, report, and what comes next."""
        code = run.code if move is Move.ERROR else Code.OK_LATE if run.late else Code.OK
        self._say(What.FAILED if move is Move.ERROR else What.RAN, part.component.uri, run.due, code, run.why)
        part.run = None
        self._move(part, move)
        found = " ".join(item.text for item in run.items)
        more = [*run.items, *([run.status] if move is Move.ERROR and run.status is not None else [])]
        self._note(part, code, run.why if move is Move.ERROR else found)
        self._report(part, code, more)
        if self._again(part):
            self._move(part, Move.REPORTED)
            busy = self._missed_dues(part)
            trap, part.missed_trap = part.missed_trap, False
            if busy or trap:
                self._missed(part, busy[-1] if busy else None, "still running")
        elif self._successor(part) is not None:
            self._move(part, Move.REPORTED_NEXT)
            self._succeed(part)
        else:
            self._move(part, Move.REPORTED_LAST)
            self._say(What.FINISHED, part.component.uri)
