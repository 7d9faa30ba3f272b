"""The server's desk: which job speaks, and what became of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from dmkit.session.events import Event, JobDone, JobFailed, JobResumed, JobStarted, JobWaits, Learned
from dmkit.session.work import DeviceInfo, Job, Talk, Wait, Waiting, Work
from dmkit.words.codes import StatusCode
from dmkit.words.model import Alert, Command
from dmkit.words.outcome import Outcome

__all__ = ["Desk"]


class Desk:
    """Lets jobs speak one after the other.

    ``work`` may be a deque that its owner goes on filling; a job leaves it when it begins.  A job that raises is
    reported and the next one speaks.

    ``waiting`` are jobs that wait for reports; like ``work`` it may be its owner's, and outlive the session.  Those
    that no report has met go on when nobody else has anything to say.
    """

    def __init__(
        self, work: Iterable[Work], say: Callable[[Event], None], waiting: list[Waiting] | None = None
    ) -> None:
        self.work = work if isinstance(work, deque) else deque(work)
        self.waiting = waiting if waiting is not None else []
        self._unmet = list(self.waiting)
        self._met: deque[tuple[Waiting, Outcome]] = deque()
        self._early: list[Alert] = []
        self._say = say
        self.name = ""
        self._talk: Talk | None = None
        self.job: Job | None = None

    @property
    def busy(self) -> bool:
        """True while a job has begun and not ended."""
        return self._talk is not None

    def heard(self, alert: Alert) -> None:
        """The device reports: whoever waits for that goes on, or whoever begins to in this very turn."""
        self._early.append(alert)
        for waiting in list(self.waiting):
            self._meet(waiting, alert)

    def _meet(self, waiting: Waiting, alert: Alert) -> None:
        item = waiting.wait.meets(alert)
        if item is not None and waiting in self.waiting:
            self.waiting.remove(waiting)
            self._unmet = [other for other in self._unmet if other is not waiting]
            self._early = [other for other in self._early if other is not alert]
            self._met.append((waiting, Outcome(StatusCode.OK, items=(item,), command=alert)))

    def _wake(self) -> Sequence[Outcome] | None:
        """Take up a job that waited: one whose report has come, or, when no other work is left, one without."""
        if not self._met and not self.work and self._unmet:
            waiting = self._unmet.pop(0)
            if waiting in self.waiting:
                self.waiting.remove(waiting)
                self._met.append((waiting, Outcome(None, why="no report came in this session")))
        if not self._met:
            return None
        waiting, outcome = self._met.popleft()
        self.name, self.job, self._talk = waiting.work.name, waiting.work.job, waiting.talk
        self._say(JobResumed(self.name, outcome.answered))
        return (outcome,)

    def next(self, device: DeviceInfo, outcomes: Sequence[Outcome] | None) -> Sequence[Command] | None:
        """The next commands, after telling the job in hand its ``outcomes``; None when no job has any."""
        for outcome in outcomes or ():
            self._say(Learned(outcome))
        while True:
            woken = self._wake() if self._talk is None else None
            if woken is not None:
                outcomes = woken
            elif self._talk is None:
                if not self.work:
                    self._early.clear()
                    return None
                work = self.work.popleft()
                self.name, self.job = work.name, work.job
                self._say(JobStarted(work.name))
                outcomes = None
                try:
                    self._talk = work.job(device)
                except Exception as error:  # a job is the user's code: whatever it raises is its own failure
                    self._fail(f"{type(error).__name__}: {error}")
                    continue
            commands = self._resume(outcomes)
            if commands:
                self._early.clear()
                return commands
            outcomes = ()

    def _resume(self, outcomes: Sequence[Outcome] | None) -> Sequence[Command] | None:
        assert self._talk is not None
        try:
            said = next(self._talk) if outcomes is None else self._talk.send(tuple(outcomes))
            if not isinstance(said, Wait):
                return tuple(said)
            assert self.job is not None
            waiting = Waiting(Work(self.name, self.job), self._talk, said)
            self.waiting.append(waiting)
            self._talk = None
            self._say(JobWaits(self.name))
            for alert in list(self._early):
                self._meet(waiting, alert)
        except StopIteration as end:
            self._say(JobDone(self.name, end.value))
            self._talk = None
        except Exception as error:  # see above
            self._fail(f"{type(error).__name__}: {error}")
        return None

    def _fail(self, why: str) -> None:
        self._say(JobFailed(self.name, why))
        self._talk = None

    def close(self, outcomes: Sequence[Outcome], why: str, *, goes_on: bool = False) -> None:
        """No more will be said.  The job in hand fails for the reason ``why``.

        With ``goes_on`` it hears its outcomes first, and may end well if it wants nothing more.
        """
        if self._talk is None:
            return
        for outcome in outcomes:
            self._say(Learned(outcome))
        if goes_on and self._resume(outcomes) is None and self._talk is None:
            return
        talk, self._talk = self._talk, None
        try:
            if talk is not None:
                talk.close()
        except RuntimeError as error:  # the job yielded again instead of ending
            why = f"{why}; {error}"
        self._say(JobFailed(self.name, why))
