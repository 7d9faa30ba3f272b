"""Which job of a server speaks, and what became of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from dmkit.session.events import Event, JobDone, JobFailed, JobResumed, JobStarted, JobWaits, Learned
from dmkit.session.work import DeviceInfo, Job, NoJob, QueuedJob, Running, Wait, Waiting, commands_of
from dmkit.words.codes import StatusCode
from dmkit.words.model import Alert, Command, Item
from dmkit.words.outcome import Outcome

if TYPE_CHECKING:
    from dmkit.session.meeting import EarlyReports

__all__ = ["JobQueue", "QueueState"]


class QueueState(msgspec.Struct, frozen=True):
    """How the queue stands between two messages.

    ``running`` is the job in hand, ``name`` and ``job`` the last that had the word.  ``unmet`` are the jobs that waited
    when the session began and that no report has met, ``met`` those that go on next, each with what it is told,
    ``early`` the reports of this turn.
    """

    running: Running | None = None
    name: str = ""
    job: Job | None = None
    unmet: tuple[Waiting, ...] = ()
    met: tuple[tuple[Waiting, Outcome], ...] = ()
    early: tuple[Alert, ...] = ()

    @property
    def busy(self) -> bool:
        """True while a job has begun and not ended."""
        return self.running is not None


class JobQueue:
    """Lets jobs speak one after the other, for one message: begins at a ``QueueState``, ``state`` is where it ends.

    ``work`` is what remains to be done, filled by its owner at any time; a job leaves it when it begins.  A job that
    raises is reported and the next one speaks.

    ``waiting`` are jobs that wait for reports; like ``work`` it is its owner's, and outlives the session.  Those
    that no report has met go on when nobody else has anything to say.
    """

    def __init__(
        self, state: QueueState, work: deque[QueuedJob], waiting: list[Waiting], say: Callable[[Event], None]
    ) -> None:
        self.work = work
        self.waiting = waiting
        self._say = say
        self._running = state.running
        self._name = state.name
        self.job = state.job
        """The job in hand, or the last that was."""
        self._unmet = state.unmet
        self._met = state.met
        self._early = state.early
        self._unmet_at = self._met_at = 0  # behind those that had their turn: a tuple without its first is a copy
        self._reports: EarlyReports | None = None  # the early ones, once a job asks for one of them

    @property
    def state(self) -> QueueState:
        """How it stands."""
        early = self._early if self._reports is None else self._reports.left
        unmet, met = self._unmet[self._unmet_at :], self._met[self._met_at :]
        return QueueState(self._running, self._name, self.job, unmet, met, early)

    def report(self, *alerts: Alert) -> None:
        """The device reports: whoever waits for that goes on, or whoever begins to in this very turn."""
        if self._reports is not None:
            self._early, self._reports = self._reports.left, None
        if not self.waiting:
            self._early = (*self._early, *alerts)
            return
        from dmkit.session.meeting import meetings

        found = list(meetings([waiting.wait for waiting in self.waiting], alerts))
        told = {id(alert) for _, alert, _ in found}
        met = [(self.waiting[at], _reported(alert, item)) for at, alert, item in found]
        gone, ids = {at for at, _, _ in found}, {id(waiting) for waiting, _ in met}
        if found:
            self.waiting[:] = [waiting for at, waiting in enumerate(self.waiting) if at not in gone]
            self._unmet = tuple(other for other in self._unmet[self._unmet_at :] if id(other) not in ids)
            self._met = (*self._met[self._met_at :], *met)
            self._unmet_at = self._met_at = 0
        self._early = (*self._early, *(alert for alert in alerts if id(alert) not in told))

    def _meet(self, waiting: Waiting) -> bool:
        """Whether a report of this turn, which nobody waited for, is what a job begins to wait for."""
        if not self._early:
            return False
        if self._reports is None:
            from dmkit.session.meeting import EarlyReports

            self._reports = EarlyReports(self._early)
        found = self._reports.take(waiting.wait)
        if found is None:
            return False
        self._met = (*self._met, (waiting, _reported(*found)))
        return True

    def _wake(self) -> tuple[Outcome, ...] | None:
        """Take up a job that waited: one whose report has come, or, when no other work is left, one without."""
        if not self._met and not self._unmet:
            return None
        if self._met_at == len(self._met) and not self.work and self._unmet_at < len(self._unmet):
            waiting = self._unmet[self._unmet_at]
            self._unmet_at += 1
            if waiting in self.waiting:
                self.waiting.remove(waiting)
                self._met, self._met_at = ((waiting, Outcome(None, why="no report came in this session")),), 0
        if self._met_at == len(self._met):
            return None
        waiting, outcome = self._met[self._met_at]
        self._met_at += 1
        self._name, self.job, self._running = waiting.work.name, waiting.work.job, waiting.running
        self._say(JobResumed(self._name, outcome.answered))
        return (outcome,)

    def next(self, device: Callable[[], DeviceInfo], outcomes: Sequence[Outcome] | None) -> Sequence[Command] | None:
        """The next commands, after telling the job in hand its ``outcomes``; None when no job has any.

        ``device`` gives what a job that begins is told.
        """
        for outcome in outcomes or ():
            self._say(Learned(outcome))
        told = tuple(outcomes or ())
        while True:
            woken = self._wake() if self._running is None else None
            if self._running is not None:
                commands = self._resume(woken or told)
            elif self.work:
                commands = self._begin(self.work.popleft(), device())
            else:
                self._early, self._reports = (), None
                return None
            if commands:
                self._early, self._reports = (), None
                return commands
            told = ()

    def _begin(self, work: QueuedJob, device: DeviceInfo) -> Sequence[Command] | None:
        self._name, self.job = work.name, work.job
        self._say(JobStarted(work.name))
        return self._speaks(Running.begin, work, device)

    def _resume(self, outcomes: tuple[Outcome, ...]) -> Sequence[Command] | None:
        running = self._running
        assert running is not None
        return self._speaks(running.told, outcomes)

    def _speaks(
        self, talk: Callable[..., tuple[Running, Sequence[Command] | Wait]], *given: object
    ) -> Sequence[Command] | None:
        """What the job says next, which may be that it waits, ends or fails."""
        try:
            running, value = talk(*given)
            if not isinstance(value, Wait):
                commands = commands_of(value)
                self._running = running
                return commands
        except StopIteration as end:
            self._say(JobDone(self._name, end.value))
            self._running = None
            return None
        except Exception as error:  # a job is the user's code: whatever it raises is its own failure
            self._fail(error)
            return None
        waiting = Waiting(running, value)
        self._running = None
        self._say(JobWaits(self._name))
        if not self._meet(waiting):
            self.waiting.append(waiting)
        return None

    def _fail(self, error: Exception) -> None:
        self._say(
            JobFailed(
                self._name,
                str(error) if isinstance(error, NoJob) else f"{type(error).__name__}: {error}",
                own=True,
                error=error,
            )
        )
        self._running = None

    def close(self, outcomes: Sequence[Outcome], why: str, *, goes_on: bool = False) -> None:
        """No more will be said.  The job in hand fails for the reason ``why``.

        With ``goes_on`` it hears its outcomes first, and may end well if it wants nothing more.
        """
        if self._running is None:
            return
        for outcome in outcomes:
            self._say(Learned(outcome))
        if goes_on and self._resume(tuple(outcomes)) is None and self._running is None:
            return
        running, self._running = self._running, None
        try:
            if running is not None:
                running.close()
        except RuntimeError as error:  # the job yielded again instead of ending
            why = f"{why}; {error}"
        self._say(JobFailed(self._name, why))


def _reported(alert: Alert, item: Item) -> Outcome:
    return Outcome(StatusCode.OK, items=(item,), command=alert)
