"""What can happen in a session, as small values: a step lists its events in order.

Events tell a reader, a log or a simulation what an engine did; engines never wait for an
answer to one.  ``seconds`` is time that the world would take (a person reads a question,
a download runs); drivers honour it, engines do not.

>>> print(ChunkReceived("./Vendor/Note", 561, 3000))
./Vendor/Note: 561 of 3000 octets have come
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from dmkit.words.codes import StatusCode
from dmkit.words.deviations import Deviation
from dmkit.words.model import Alert, Command, Packet
from dmkit.words.outcome import Later, Outcome
from dmkit.words.structs import like_a_dataclass

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


@like_a_dataclass
class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all events; ``seconds`` is the time the world would take for it, ``says`` the sentence it prints."""

    says: ClassVar[str] = ""
    unseen: ClassVar[frozenset[str]] = frozenset()
    """Fields that ``repr`` leaves out."""
    seconds: float = 0.0

    def __repr__(self) -> str:
        names = ("seconds", *(name for name in self.__struct_fields__ if name not in self.unseen))
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in dict.fromkeys(names))})"

    def __str__(self) -> str:
        return self.says.format(self) if self.says else type(self).__name__


class Moved(Event, frozen=True):
    """The state machine took a step."""

    says: ClassVar[str] = "{0.before} -> {0.after} ({0.on})"
    before: str
    on: str
    after: str


class Challenged(Event, frozen=True):
    """``by`` ("client" or "server") asked the other to prove itself with ``scheme``."""

    says: ClassVar[str] = "{0.by} asks the other side for a proof: {0.scheme}, Status {0.status}"
    by: str
    scheme: str
    status: StatusCode


class Authenticated(Event, frozen=True):
    """``by`` accepted the other side's proof; ``lasting`` when it holds until the session ends."""

    by: str
    scheme: str
    lasting: bool

    def __str__(self) -> str:
        return f"{self.by} accepts the proof: {self.scheme}, for {'the session' if self.lasting else 'this message'}"


class Refused(Event, frozen=True):
    """``by`` did not accept what the other side said, for the reason ``why``."""

    says: ClassVar[str] = "{0.by} refuses: {0.why}"
    by: str
    why: str
    status: StatusCode | None = None


class Loosened(Event, frozen=True):
    """The rules let pass what the specification does not."""

    says: ClassVar[str] = "let pass by the rules: {0.why}"
    why: str


class NonceStored(Event, frozen=True):
    """A nonce came into force: ``which`` is "client" (the client proves itself with it) or "server"."""

    says: ClassVar[str] = "a new nonce is kept for the next proof of the {0.which}"
    which: str


class Executed(Event, frozen=True):
    """The device carried out, or refused, one command of the server."""

    command: Command
    outcome: Outcome

    def __str__(self) -> str:
        return f"{_name(self.command)}: {self.outcome.explained}"


class AlertReceived(Event, frozen=True):
    """An alert of the other side, and the status it got."""

    says: ClassVar[str] = "Alert {0.alert.code.value} {0.alert.code.phrase}, answered by {0.status}"
    alert: Alert
    status: StatusCode


class Scheduled(Event, frozen=True):
    """Work goes on after the session; ``later`` says when it reports."""

    says: ClassVar[str] = "will be reported in {0.later.seconds:g} s: {0.later.type}"
    later: Later


class ChunkSent(Event, frozen=True):
    """A piece of a large object left: ``sent`` of ``size`` octets so far."""

    says: ClassVar[str] = "{0.uri}: {0.sent} of {0.size} octets have left"
    uri: str
    sent: int
    size: int


class ChunkReceived(Event, frozen=True):
    """A piece of a large object came: ``got`` of ``size`` octets so far (``size`` None: not announced)."""

    says: ClassVar[str] = "{0.uri}: {0.got} of {0.size} octets have come"
    uri: str
    got: int
    size: int | None


class Discarded(Event, frozen=True):
    """A half-received object or an unfinished command was dropped."""

    says: ClassVar[str] = "{0.what} is dropped: {0.why}"
    what: str
    why: str


class Learned(Event, frozen=True):
    """One side learned what became of a command that it sent."""

    outcome: Outcome

    def __str__(self) -> str:
        return f"answer to {_name(self.outcome.command)}: {self.outcome.explained}"


class JobStarted(Event, frozen=True):
    """A job began to talk to the device."""

    says: ClassVar[str] = "job {0.job} begins"
    job: str


class JobDone(Event, frozen=True):
    """A job ended and gave ``result``."""

    says: ClassVar[str] = "job {0.job} is done: {0.result}"
    job: str
    result: object = None


class JobFailed(Event, frozen=True, eq=False):
    """A job did not end well: its code raised, or the session ended under it."""

    says: ClassVar[str] = "job {0.job} failed: {0.why}"
    job: str
    why: str
    own: bool = False
    """By its own doing: it raised, is no generator, or yielded what is no command."""
    error: Exception | None = None
    """What it raised; it does not count in comparisons."""

    unseen: ClassVar[frozenset[str]] = frozenset({"error"})

    def _counted(self) -> tuple[object, ...]:
        return self.seconds, self.job, self.why, self.own

    def __eq__(self, other: object) -> bool:
        return other.__class__ is self.__class__ and self._counted() == other._counted()

    def __ne__(self, other: object) -> bool:  # a struct has one of its own
        return not self == other

    def __hash__(self) -> int:
        return hash(self._counted())


class JobWaits(Event, frozen=True):
    """A job waits for a report of the device; the next one may speak."""

    says: ClassVar[str] = "job {0.job} waits for a report"
    job: str


class JobResumed(Event, frozen=True):
    """A job that waited goes on; ``reported`` when it was told something."""

    job: str
    reported: bool

    def __str__(self) -> str:
        return f"job {self.job} goes on: {'its report has come' if self.reported else 'no report has come, it looks'}"


class Repeated(Event, frozen=True):
    """A message came again and was answered from memory, without taking a step twice."""

    says: ClassVar[str] = "message {0.msg_id} came again and is answered from memory"
    msg_id: str


class Resent(Event, frozen=True):
    """No answer came, so the same octets left again."""

    says: ClassVar[str] = "no answer to message {0.msg_id}: sent again, attempt {0.attempt}"
    msg_id: str
    attempt: int


class Unreadable(Event, frozen=True):
    """Octets came that are no message, or a message that does not belong here."""

    says: ClassVar[str] = "not taken: {0.why}"
    why: str


class Deviated(Event, frozen=True):
    """The other side left the specification in a way that the rules let pass."""

    says: ClassVar[str] = "deviation: {0.deviation}"
    deviation: Deviation


class Aborted(Event, frozen=True):
    """``by`` ended the session before its time."""

    by: str
    why: str = ""

    def __str__(self) -> str:
        return f"{self.by} ends the session{': ' if self.why else ''}{self.why}"


class Ended(Event, frozen=True):
    """The session is over; ``well`` when it went to its regular end."""

    well: bool
    why: str = ""

    def __str__(self) -> str:
        return f"the session is over{', as it should be' if self.well else ''}{': ' if self.why else ''}{self.why}"


@like_a_dataclass
class Step(msgspec.Struct, frozen=True):
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
        return sum([event.seconds for event in self.events])
