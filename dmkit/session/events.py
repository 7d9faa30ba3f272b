"""What can happen in a session, as small values: a step lists its events in order.

Events tell a reader, a log or a simulation what an engine did; engines never wait for an
answer to one.  ``seconds`` is time that the world would take (a person reads a question,
a download runs); drivers honour it, engines do not.

>>> print(ChunkReceived("./Vendor/Note", 561, 3000))
./Vendor/Note: 561 of 3000 octets have come
"""

from __future__ import annotations

from dataclasses import field
from typing import ClassVar

from dmkit.words.codes import StatusCode
from dmkit.words.deviations import Deviation
from dmkit.words.model import Alert, Command, Packet
from dmkit.words.outcome import Later, Outcome
from dmkit.words.records import dataclass

__all__ = [
    "Aborted",
    "AlertReceived",
    "Authenticated",
    "Challenged",
    "ChunkReceived",
    "ChunkSent",
    "Deviated",
    "Discarded",
    "Ended",
    "Event",
    "Executed",
    "JobDone",
    "JobFailed",
    "JobResumed",
    "JobStarted",
    "JobWaits",
    "Learned",
    "Loosened",
    "Moved",
    "NonceStored",
    "Refused",
    "Repeated",
    "Resent",
    "Scheduled",
    "Step",
    "Unreadable",
]


def _name(command: Command | None) -> str:
    """A command in a word or two: what, and where."""
    if command is None:
        return "a command"
    if isinstance(command, Alert):
        return f"Alert {command.code.value}"
    where = next((i.target for i in getattr(command, "items", ()) if i.target), "")
    return f"{command.verb.value} {where}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all events; ``seconds`` is the time the world would take for it, ``says`` the sentence it prints."""

    says: ClassVar[str] = ""
    seconds: float = 0.0

    def __str__(self) -> str:
        return self.says.format(self) if self.says else type(self).__name__


@dataclass(frozen=True, slots=True)
class Moved(Event):
    """The state machine took a step."""

    says: ClassVar[str] = "{0.before} -> {0.after} ({0.on})"
    before: str
    on: str
    after: str


@dataclass(frozen=True, slots=True)
class Challenged(Event):
    """``by`` ("client" or "server") asked the other to prove itself with ``scheme``."""

    says: ClassVar[str] = "{0.by} asks the other side for a proof: {0.scheme}, Status {0.status}"
    by: str
    scheme: str
    status: StatusCode


@dataclass(frozen=True, slots=True)
class Authenticated(Event):
    """``by`` accepted the other side's proof; ``lasting`` when it holds until the session ends."""

    by: str
    scheme: str
    lasting: bool

    def __str__(self) -> str:
        return f"{self.by} accepts the proof: {self.scheme}, for {'the session' if self.lasting else 'this message'}"


@dataclass(frozen=True, slots=True)
class Refused(Event):
    """``by`` did not accept what the other side said, for the reason ``why``."""

    says: ClassVar[str] = "{0.by} refuses: {0.why}"
    by: str
    why: str
    status: StatusCode | None = None


@dataclass(frozen=True, slots=True)
class Loosened(Event):
    """The rules let pass what the specification does not."""

    says: ClassVar[str] = "let pass by the rules: {0.why}"
    why: str


@dataclass(frozen=True, slots=True)
class NonceStored(Event):
    """A nonce came into force: ``which`` is "client" (the client proves itself with it) or "server"."""

    says: ClassVar[str] = "a new nonce is kept for the next proof of the {0.which}"
    which: str


@dataclass(frozen=True, slots=True)
class Executed(Event):
    """The device carried out, or refused, one command of the server."""

    command: Command
    outcome: Outcome

    def __str__(self) -> str:
        return f"{_name(self.command)}: {self.outcome.explained}"


@dataclass(frozen=True, slots=True)
class AlertReceived(Event):
    """An alert of the other side, and the status it got."""

    says: ClassVar[str] = "Alert {0.alert.code.value} {0.alert.code.phrase}, answered by {0.status}"
    alert: Alert
    status: StatusCode


@dataclass(frozen=True, slots=True)
class Scheduled(Event):
    """Work goes on after the session; ``later`` says when it reports."""

    says: ClassVar[str] = "will be reported in {0.later.seconds:g} s: {0.later.type}"
    later: Later


@dataclass(frozen=True, slots=True)
class ChunkSent(Event):
    """A piece of a large object left: ``sent`` of ``size`` octets so far."""

    says: ClassVar[str] = "{0.uri}: {0.sent} of {0.size} octets have left"
    uri: str
    sent: int
    size: int


@dataclass(frozen=True, slots=True)
class ChunkReceived(Event):
    """A piece of a large object came: ``got`` of ``size`` octets so far (``size`` None: not announced)."""

    says: ClassVar[str] = "{0.uri}: {0.got} of {0.size} octets have come"
    uri: str
    got: int
    size: int | None


@dataclass(frozen=True, slots=True)
class Discarded(Event):
    """A half-received object or an unfinished command was dropped."""

    says: ClassVar[str] = "{0.what} is dropped: {0.why}"
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Learned(Event):
    """One side learned what became of a command that it sent."""

    outcome: Outcome

    def __str__(self) -> str:
        return f"answer to {_name(self.outcome.command)}: {self.outcome.explained}"


@dataclass(frozen=True, slots=True)
class JobStarted(Event):
    """A job began to talk to the device."""

    says: ClassVar[str] = "job {0.job} begins"
    job: str


@dataclass(frozen=True, slots=True)
class JobDone(Event):
    """A job ended and gave ``result``."""

    says: ClassVar[str] = "job {0.job} is done: {0.result}"
    job: str
    result: object = None


@dataclass(frozen=True, slots=True)
class JobFailed(Event):
    """A job did not end well: its code raised, or the session ended under it."""

    says: ClassVar[str] = "job {0.job} failed: {0.why}"
    job: str
    why: str
    own: bool = False
    """By its own doing: it raised, is no generator, or yielded what is no command."""
    error: Exception | None = field(default=None, compare=False, repr=False)
    """What it raised."""


@dataclass(frozen=True, slots=True)
class JobWaits(Event):
    """A job waits for a report of the device; the next one may speak."""

    says: ClassVar[str] = "job {0.job} waits for a report"
    job: str


@dataclass(frozen=True, slots=True)
class JobResumed(Event):
    """A job that waited goes on; ``reported`` when it was told something."""

    job: str
    reported: bool

    def __str__(self) -> str:
        return f"job {self.job} goes on: {'its report has come' if self.reported else 'no report has come, it looks'}"


@dataclass(frozen=True, slots=True)
class Repeated(Event):
    """A message came again and was answered from memory, without taking a step twice."""

    says: ClassVar[str] = "message {0.msg_id} came again and is answered from memory"
    msg_id: str


@dataclass(frozen=True, slots=True)
class Resent(Event):
    """No answer came, so the same octets left again."""

    says: ClassVar[str] = "no answer to message {0.msg_id}: sent again, attempt {0.attempt}"
    msg_id: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Unreadable(Event):
    """Octets came that are no message, or a message that does not belong here."""

    says: ClassVar[str] = "not taken: {0.why}"
    why: str


@dataclass(frozen=True, slots=True)
class Deviated(Event):
    """The other side left the specification in a way that the rules let pass."""

    says: ClassVar[str] = "deviation: {0.deviation}"
    deviation: Deviation


@dataclass(frozen=True, slots=True)
class Aborted(Event):
    """``by`` ended the session before its time."""

    by: str
    why: str = ""

    def __str__(self) -> str:
        return f"{self.by} ends the session{': ' if self.why else ''}{self.why}"


@dataclass(frozen=True, slots=True)
class Ended(Event):
    """The session is over; ``well`` when it went to its regular end."""

    well: bool
    why: str = ""

    def __str__(self) -> str:
        return f"the session is over{', as it should be' if self.well else ''}{': ' if self.why else ''}{self.why}"


@dataclass(frozen=True, slots=True)
class Step:
    """What one turn of an engine produced.

    ``party`` is "client" or "server", ``received`` the packet that caused the turn (None for a start or an
    expiry), ``reply`` the packet to send now (None: nothing more to say), ``events`` what happened, in order.

    >>> import dmkit as dm
    >>> step = dm.Device.example().connect().start()
    >>> step.party, step.received is None
    ('client', True)
    """

    party: str
    received: Packet | None
    reply: Packet | None
    events: tuple[Event, ...] = ()

    @property
    def seconds(self) -> float:
        """Time the world would take for this step: the sum over its events."""
        return sum(event.seconds for event in self.events)
