"""What can happen in a session, as small values: a step lists its events in order.

Events tell a reader, a log or a simulation what an engine did; engines never wait for an
answer to one.  ``seconds`` is time that the world would take (a person reads a question,
a download runs); drivers honour it, engines do not.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from dmkit.codes import StatusCode
from dmkit.deviations import Deviation
from dmkit.model import Alert, Command, Packet
from dmkit.outcome import Later, Outcome

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
    "JobStarted",
    "Learned",
    "Moved",
    "NonceStored",
    "Refused",
    "Repeated",
    "Resent",
    "Scheduled",
    "Step",
    "Unreadable",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all events; ``seconds`` is the time the world would take for it."""

    seconds: float = 0.0

    def __str__(self) -> str:
        values = ((f.name, getattr(self, f.name)) for f in fields(self))
        said = ", ".join(f"{name} {value}" for name, value in values if value not in (0.0, "", None, ()))
        return f"{type(self).__name__}: {said}" if said else type(self).__name__


@dataclass(frozen=True, slots=True)
class Moved(Event):
    """The state machine took a step."""

    before: str
    on: str
    after: str

    def __str__(self) -> str:
        return f"{self.before} -> {self.after} ({self.on})"


@dataclass(frozen=True, slots=True)
class Challenged(Event):
    """``by`` ("client" or "server") asked the other to prove itself with ``scheme``."""

    by: str
    scheme: str
    status: StatusCode


@dataclass(frozen=True, slots=True)
class Authenticated(Event):
    """``by`` accepted the other side's proof; ``lasting`` when it holds until the session ends."""

    by: str
    scheme: str
    lasting: bool


@dataclass(frozen=True, slots=True)
class Refused(Event):
    """``by`` did not accept what the other side said, for the reason ``why``."""

    by: str
    why: str
    status: StatusCode | None = None


@dataclass(frozen=True, slots=True)
class NonceStored(Event):
    """A nonce came into force: ``which`` is "client" (the client proves itself with it) or "server"."""

    which: str


@dataclass(frozen=True, slots=True)
class Executed(Event):
    """The device carried out, or refused, one command of the server."""

    command: Command
    outcome: Outcome

    def __str__(self) -> str:
        where = next((i.target for i in getattr(self.command, "items", ()) if i.target), "")
        return f"{self.command.verb.value}{' ' + where if where else ''}: {self.outcome}"


@dataclass(frozen=True, slots=True)
class AlertReceived(Event):
    """An alert of the other side, and the status it got."""

    alert: Alert
    status: StatusCode


@dataclass(frozen=True, slots=True)
class Scheduled(Event):
    """Work goes on after the session; ``later`` says when it reports."""

    later: Later


@dataclass(frozen=True, slots=True)
class ChunkSent(Event):
    """A piece of a large object left: ``sent`` of ``size`` octets so far."""

    uri: str
    sent: int
    size: int


@dataclass(frozen=True, slots=True)
class ChunkReceived(Event):
    """A piece of a large object came: ``got`` of ``size`` octets so far (``size`` None: not announced)."""

    uri: str
    got: int
    size: int | None


@dataclass(frozen=True, slots=True)
class Discarded(Event):
    """A half-received object or an unfinished command was dropped."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Learned(Event):
    """The server learned what became of a command."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class JobStarted(Event):
    """A job began to talk to the device."""

    job: str


@dataclass(frozen=True, slots=True)
class JobDone(Event):
    """A job ended and gave ``result``."""

    job: str
    result: object = None


@dataclass(frozen=True, slots=True)
class JobFailed(Event):
    """A job did not end well: its code raised, or the session ended under it."""

    job: str
    why: str


@dataclass(frozen=True, slots=True)
class Repeated(Event):
    """A message came again and was answered from memory, without taking a step twice."""

    msg_id: str


@dataclass(frozen=True, slots=True)
class Resent(Event):
    """No answer came, so the same octets left again."""

    msg_id: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Unreadable(Event):
    """Octets came that are no message, or a message that does not belong here."""

    why: str


@dataclass(frozen=True, slots=True)
class Deviated(Event):
    """The other side left the specification in a way that the rules let pass."""

    deviation: Deviation


@dataclass(frozen=True, slots=True)
class Aborted(Event):
    """``by`` ended the session before its time."""

    by: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Ended(Event):
    """The session is over; ``well`` when it went to its regular end."""

    well: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What one turn of an engine produced.

    ``party`` is "client" or "server", ``received`` the packet that caused the turn (None for a start or an
    expiry), ``reply`` the packet to send now (None: nothing more to say), ``events`` what happened, in order.
    """

    party: str
    received: Packet | None
    reply: Packet | None
    events: tuple[Event, ...] = ()

    @property
    def seconds(self) -> float:
        """Time the world would take for this step: the sum over its events."""
        return sum(event.seconds for event in self.events)
