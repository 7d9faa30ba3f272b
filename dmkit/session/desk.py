"""The server's desk: which job speaks, and what became of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from dmkit.model import Command
from dmkit.outcome import Outcome
from dmkit.session.events import Event, JobDone, JobFailed, JobStarted, Learned
from dmkit.session.work import DeviceInfo, Job, Talk, Work

__all__ = ["Desk"]


class Desk:
    """Lets jobs speak one after the other.

    ``work`` may be a deque that its owner goes on filling; a job leaves it when it begins.  A job that raises is
    reported and the next one speaks.
    """

    def __init__(self, work: Iterable[Work], say: Callable[[Event], None]) -> None:
        self.work = work if isinstance(work, deque) else deque(work)
        self._say = say
        self.name = ""
        self._talk: Talk | None = None
        self.job: Job | None = None

    @property
    def busy(self) -> bool:
        """True while a job has begun and not ended."""
        return self._talk is not None

    def next(self, device: DeviceInfo, outcomes: Sequence[Outcome] | None) -> Sequence[Command] | None:
        """The next commands, after telling the job in hand its ``outcomes``; None when no job has any."""
        for outcome in outcomes or ():
            self._say(Learned(outcome))
        while True:
            if self._talk is None:
                if not self.work:
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
                return commands
            outcomes = ()

    def _resume(self, outcomes: Sequence[Outcome] | None) -> Sequence[Command] | None:
        assert self._talk is not None
        try:
            return tuple(next(self._talk) if outcomes is None else self._talk.send(tuple(outcomes)))
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
