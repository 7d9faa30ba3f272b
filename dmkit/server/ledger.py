"""The ledger of a server: what was done with whom and how it ended, for whoever has a right to hear of it.

Entries are made from the steps of a server (``Ledger.take``): each session, command, question, alert and fault
becomes one, with subscriber, device, time, and whether it succeeded.  Subscribers are told what concerns them: an
authority the devices and kinds that it delegated, customer care the errors, the outside all that is published.  The
form is JSON with fixed members.  [RD §6: R-061, R-070, R-071, R-075, R-095, R-163, R-172; PROPOSAL, DM 1.2 has no
interface between a server and the outside]

>>> ledger = Ledger().subscribed(LedgerSubscriber("care", kinds=frozenset({"fault"})))
>>> ledger, told = ledger.add(LedgerEntry(1, "fault", "IMEI:1", "", 5.0, "updating", "500", False))
>>> [(name, entry.kind) for name, entry in told]
[('care', 'fault')]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from dmkit.session.events import AlertReceived, Ended, JobDone, JobFailed, Learned, Step
from dmkit.words.asked import asked
from dmkit.words.codes import AlertCode
from dmkit.words.errors import CodecError, ConfigError
from dmkit.words.model import Alert, Command, Get
from dmkit.words.records import dataclass

if TYPE_CHECKING:
    from dmkit.server.server import Server
    from dmkit.session.work import DeviceInfo, Job, Talk

__all__ = [
    "BASIS",
    "KINDS",
    "Ledger",
    "LedgerEntry",
    "LedgerSubscriber",
    "OutsideRequest",
    "entries_of",
    "poll",
    "read_entry",
    "triggered",
]

BASIS: Final = "PROPOSAL: JSON records with fixed members; DM 1.2 describes no interface to the outside"
KINDS: Final = ("session", "command", "confirmation", "update", "report", "fault")
"""Kinds of entries."""
_QUESTIONS: Final = frozenset(
    {AlertCode.CONFIRM, AlertCode.TEXT_INPUT, AlertCode.SINGLE_CHOICE, AlertCode.MULTIPLE_CHOICE}
)
_UPDATES: Final = ("fumo", "scomo")
LedgerKind = Literal["session", "command", "confirmation", "update", "report", "fault"]


class LedgerEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One transaction: its number, kind, device, subscriber, time in seconds, what it was, its result, whether good.

    >>> LedgerEntry(1, "session", "IMEI:1", "sub-7", 0.0, "session", "done", True).number
    1
    """

    number: int
    kind: LedgerKind
    device: str
    subscriber: str
    at: float
    what: str
    result: str
    good: bool

    def print(self) -> bytes:
        """As it is published."""
        return msgspec.json.encode(self)


@asked
def read_entry(octets: bytes) -> LedgerEntry:
    """A published entry; CodecError when it is none.

    >>> read_entry(LedgerEntry(1, "fault", "IMEI:1", "", 0.0, "x", "y", False).print()).kind
    'fault'
    """
    try:
        return msgspec.json.decode(octets, type=LedgerEntry)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise CodecError(f"this is no entry of a ledger: {error}") from None


@dataclass(frozen=True, slots=True)
class LedgerSubscriber:
    """Who is told: entries of these kinds, of these devices; ``failures_only`` leaves out what succeeded.

    ``devices`` None is every device, which only the operator himself should have.
    """

    name: str
    kinds: frozenset[str] = frozenset(KINDS)
    devices: frozenset[str] | None = None
    failures_only: bool = False

    def __post_init__(self) -> None:
        unknown = sorted(self.kinds - set(KINDS))
        if unknown:
            raise ConfigError(f"{self.name} asks for entries of kind {unknown[0]!r}; there are {', '.join(KINDS)}")

    def wants(self, entry: LedgerEntry) -> bool:
        """Whether this one is told of ``entry``."""
        concerns = self.devices is None or entry.device in self.devices
        return concerns and entry.kind in self.kinds and not (self.failures_only and entry.good)


@dataclass(frozen=True)
class Ledger:
    """Entries in order, and who is told of them: a value."""

    entries: tuple[LedgerEntry, ...] = ()
    subscribers: tuple[LedgerSubscriber, ...] = ()
    owners: Mapping[str, str] = field(default_factory=dict)
    """Device -> its subscriber, who is named in each entry."""

    def subscribed(self, subscriber: LedgerSubscriber) -> Ledger:
        """The ledger that tells ``subscriber`` of what comes from now on, in place of an older one of that name."""
        others = tuple(one for one in self.subscribers if one.name != subscriber.name)
        return replace(self, subscribers=(*others, subscriber))

    def add(self, *entries: LedgerEntry) -> tuple[Ledger, list[tuple[str, LedgerEntry]]]:
        """The ledger with ``entries``, and who is told of which."""
        told = [(one.name, entry) for entry in entries for one in self.subscribers if one.wants(entry)]
        return replace(self, entries=(*self.entries, *entries)), told

    def take(self, device: str, steps: Iterable[Step], at: float) -> tuple[Ledger, list[tuple[str, LedgerEntry]]]:
        """Enter what the server noted in ``steps`` of a session with ``device`` at time ``at``."""
        first = len(self.entries) + 1
        return self.add(*entries_of(device, self.owners.get(device, ""), steps, at, first))

    def of(self, device: str, kind: str = "") -> tuple[LedgerEntry, ...]:
        """Entries of a device, of one kind if it is named."""
        return tuple(entry for entry in self.entries if entry.device == device and kind in ("", entry.kind))


def entries_of(device: str, subscriber: str, steps: Iterable[Step], at: float, first: int = 1) -> list[LedgerEntry]:
    """What the server's steps of one session become in a ledger; numbers go on from ``first``."""
    found: list[LedgerEntry] = []

    def note(kind: LedgerKind, what: str, result: str, good: bool) -> None:
        found.append(LedgerEntry(first + len(found), kind, device, subscriber, at, what, result, good))

    for event in (event for step in steps if step.party == "server" for event in step.events):
        if isinstance(event, Ended):
            note("session", "session", "done" if event.well else event.why, event.well)
        elif isinstance(event, Learned):
            outcome, command = event.outcome, event.outcome.command
            question = isinstance(command, Alert) and command.code in _QUESTIONS
            result = str(int(outcome.status)) if outcome.status is not None else "no answer"
            note("confirmation" if question else "command", _name(command), result, outcome.ok)
        elif isinstance(event, AlertReceived) and event.alert.code == AlertCode.GENERIC:
            _alert(event.alert, note)
        elif isinstance(event, JobDone | JobFailed):
            failed = isinstance(event, JobFailed)
            if failed:
                note("fault", f"job {event.job}", event.why if isinstance(event, JobFailed) else "", False)
    return found


def _alert(alert: Alert, note: Any) -> None:
    for item in alert.items:
        type_ = (item.meta.type if item.meta is not None else "") or ""
        mark = (item.meta.mark if item.meta is not None else "") or ""
        if any(f"at:{name}" in type_.lower() for name in _UPDATES):
            note("update", type_, item.text, item.text.startswith(("2", "12")))
        elif mark in ("fatal", "critical"):
            note("fault", type_, item.text, False)
        else:
            note("report", type_, item.text, True)


def _name(command: Command | None) -> str:
    if command is None:
        return "?"
    items: Any = getattr(command, "items", ())
    if isinstance(command, Alert):
        return f"Alert {int(command.code)}: {items[1].text if len(items) > 1 else items[0].text if items else ''}"
    return f"{command.verb.value} {items[0].target if items and items[0].target else ''}".strip()


@asked
def poll(*uris: str, good: Iterable[str] = ("0", "")) -> Job:
    """A job that asks for faults: reads ``uris``, and gives those whose value is none of ``good``.

    >>> poll("./DiagMon/Errors").__name__
    'job'
    """
    fine = frozenset(good)

    def job(device: DeviceInfo) -> Talk:
        outcomes = yield [Get.of(uri) for uri in uris]
        found = {}
        for uri, outcome in zip(uris, outcomes, strict=True):
            if not outcome or outcome.text not in fine:
                found[uri] = outcome.text if outcome else str(outcome)
        return found

    return job


@dataclass(frozen=True, slots=True)
class OutsideRequest:
    """Somebody outside wants something done: ``by`` a user for his own devices, or an authority for delegated ones."""

    by: str
    device: str
    job: str


@asked
def triggered(
    server: Server, trigger: OutsideRequest, jobs: Mapping[str, Job], rights: Mapping[str, frozenset[str]]
) -> str:
    """Put the job into the list of the device when ``rights`` give it to whoever asks; else the reason why not.

    ``rights`` maps who may ask to their devices.  The empty text means that it is done.

    >>> import dmkit as dm
    >>> server = dm.Server.example()
    >>> triggered(server, OutsideRequest("ann", "IMEI:1", "lock"), {}, {})
    "'ann' has no right to IMEI:1"
    """
    if trigger.device not in rights.get(trigger.by, frozenset()):
        return f"{trigger.by!r} has no right to {trigger.device}"
    if trigger.job not in jobs:
        return f"no job is called {trigger.job!r}; there are {', '.join(jobs) or 'none'}"
    if trigger.device not in server.accounts:
        return f"{trigger.device} has no account here"
    server.enqueue(trigger.device, jobs[trigger.job], f"{trigger.job} for {trigger.by}")
    return ""
