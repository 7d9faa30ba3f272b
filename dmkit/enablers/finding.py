"""What came of a scenario: works, degraded or fails, and the message and status with which it went wrong.

>>> from dmkit.enablers import SCENARIOS, evaluate, profile
>>> print(evaluate(SCENARIOS["firmware: combined"], profile("no Exec")))
fails, lost: the device runs 2.1; ... | session 1, C2: Exec ./FUMO/DownloadAndUpdate -> 406 Optional feature ...
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeAlias

from dmkit.session.events import Discarded, Event, Learned
from dmkit.views.transcript import Transcript
from dmkit.words.asked import asked
from dmkit.words.codes import StatusCode
from dmkit.words.model import Alert, Command, Status, flatten
from dmkit.words.outcome import Outcome

__all__ = ["RANK", "SYMBOLS", "Fault", "NeedLevel", "ScenarioFinding", "ScenarioVerdict", "faults", "named"]

ScenarioVerdict: TypeAlias = Literal["works", "degraded", "fails"]
NeedLevel: TypeAlias = Literal["mandatory", "optional", "not needed", "nothing to lose"]
SYMBOLS: Final[Mapping[NeedLevel, str]] = {"mandatory": "●", "optional": "○", "not needed": "·", "nothing to lose": "–"}
RANK: Final[Mapping[ScenarioVerdict, int]] = {"fails": 0, "degraded": 1, "works": 2}
"""Verdicts from worst to best."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A refusal: in which session and message (``C2``) it came, of which command, with which status.

    No message: something stood in the way before that session; ``why`` says what.

    >>> str(Fault(1, "C2", "Exec ./LAWMO/Operations/FullyLock", 405))
    'session 1, C2: Exec ./LAWMO/Operations/FullyLock -> '
    """

    session: int
    message: str
    command: str
    status: int | None
    why: str = ""

    def __str__(self) -> str:
        return f"session {self.session}, {self.message}: {self.command} -> {self.why}" if self.message else self.why


@dataclass(frozen=True, slots=True)
class ScenarioFinding:
    """``lost`` names what was promised and not kept; ``fault`` is the first refusal on the way, ``None`` without one.

    ``sessions`` are the transcripts, in order; ``seconds`` is how long it took in the device's life.

    >>> ScenarioFinding("degraded", lost=("the report",)).lost
    ('the report',)
    """

    verdict: ScenarioVerdict
    lost: tuple[str, ...] = ()
    fault: Fault | None = None
    seconds: float = 0.0
    sessions: tuple[Transcript, ...] = field(default=(), repr=False, compare=False)

    @property
    def messages(self) -> int:
        """Messages of all sessions."""
        return sum(len(talk) for talk in self.sessions)

    @property
    def talk(self) -> Transcript | None:
        """The session with the fault; without one, the last session; None when there was none."""
        number = min(self.fault.session if self.fault is not None else len(self.sessions), len(self.sessions))
        return self.sessions[number - 1] if self.sessions else None

    def beyond(self, base: ScenarioFinding) -> ScenarioFinding:
        """What was lost here and not in ``base``, too: "works" where that is nothing.

        >>> less = ScenarioFinding("degraded", lost=("the report",))
        >>> str(less.beyond(ScenarioFinding("works"))), str(less.beyond(less))
        ('degraded, lost: the report', 'works')
        """
        more = tuple(what for what in self.lost if what not in base.lost)
        if not more and RANK[self.verdict] >= RANK[base.verdict]:
            return replace(self, verdict="works", lost=(), fault=None)
        return replace(self, lost=more)

    def __str__(self) -> str:
        text = f"{self.verdict}, lost: {'; '.join(self.lost)}" if self.lost else self.verdict
        return f"{text} | {self.fault}" if self.fault is not None else text


def faults(sessions: Iterable[Transcript]) -> list[Fault]:
    """Every refusal in ``sessions``, in order: commands answered by an error, what could not leave, what was dropped.

    An Atomic that failed is left out in favour of the command inside that made it fail.
    """
    found: list[Fault] = []
    for number, talk in enumerate(sessions, 1):
        sent: dict[tuple[str, str, str | None], Command] = {}
        for line in talk:
            if line.message is None:
                found.append(Fault(number, line.label, "message", None, line.summary))
                continue
            for command in flatten(line.message.commands):
                if not isinstance(command, Status):
                    sent[line.sender, line.message.header.msg_id, command.cmd_id] = command
                elif command.code.is_error and not command.is_header and command.code != StatusCode.ATOMIC_FAILED:
                    other = "server" if line.sender == "client" else "client"
                    about = named(sent.get((other, command.msg_ref, command.cmd_ref)), command.cmd)
                    found.append(Fault(number, line.label, about, int(command.code), str(Outcome(command.code))))
            found += _dropped(number, line.label, line.events)
        found += _dropped(number, "end", talk.closing)
    return found


def _dropped(session: int, message: str, events: Iterable[Event]) -> list[Fault]:
    """Commands of a job that never had an answer, and objects that were dropped."""
    found: list[Fault] = []
    for event in events:
        if isinstance(event, Discarded):
            what = f"Results to command {event.what}" if event.what.isdigit() else event.what
            found.append(Fault(session, message, what, None, event.why))
        elif isinstance(event, Learned) and event.outcome.command is not None and not event.outcome.answered:
            found.append(Fault(session, message, named(event.outcome.command), None, event.outcome.why or "no answer"))
    return found


@asked
def named(command: Command | None, verb: str = "") -> str:
    """A command in a word or two: what, and where.

    >>> from dmkit.words.model import Exec
    >>> named(Exec.of("./FUMO/Update")), named(Alert.of(1101, None, "Go on?"))
    ('Exec ./FUMO/Update', 'Alert 1101')
    """
    if command is None:
        return verb
    if isinstance(command, Alert):
        return f"Alert {command.code.value}"
    where = next((i.target or i.source for i in getattr(command, "items", ()) if i.target or i.source), "")
    return f"{command.verb.value} {where}".strip()
