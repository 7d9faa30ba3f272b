"""What a server remembers of a device between jobs, and what a provisioning job says in the end.

A ``DeviceRecord`` is a value that can be written as JSON: which services are meant to work there, digests of secrets
that were written, and the journal of the job under way or of the last one.  Whoever has it can go on or undo.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import field
from hashlib import sha256
from typing import Final, TypeAlias, TypeVar

import msgspec

from dmkit.services.node_was import NodeWas
from dmkit.services.plan import ServicePlan
from dmkit.session.work import Wait
from dmkit.words.asked import asked
from dmkit.words.errors import ConfigError
from dmkit.words.model import Command
from dmkit.words.outcome import Outcome
from dmkit.words.records import dataclass

__all__ = [
    "END_STATES",
    "NOT_HERE",
    "DeviceRecord",
    "JournalEntry",
    "Provisioned",
    "Saying",
    "ServiceJournal",
    "digest",
]

_T = TypeVar("_T")
Saying: TypeAlias = Generator[Sequence[Command] | Wait, Sequence[Outcome], _T]
"""Part of a job: says commands, hears outcomes, and gives a result."""

END_STATES = {
    "done": "every wish is fulfilled, which a last look at the device confirms",
    "waiting": "every wish is set up, and a fact that nobody can set keeps one from working",
    "part done": "some wishes are fulfilled; what served only the others is as it was",
    "undone": "no wish is fulfilled, and everything that was touched is as it was",
    "no plan": "there is no way; nothing was touched",
    "busy": "something on the device is in progress and has not come to an end; nothing was touched",
    "stranded": "some leaves could not be put back as they were; which, and why, is said",
}
"""State in which a job ends -> what is so then."""
NOT_HERE = "nothing of that journal is on this device"
"""What is said to who wants to undo there."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One line: ``what`` happened ("read", "did", "failed", "undid", "again", "waits"), and the rest of the story."""

    what: str
    text: str

    def __str__(self) -> str:
        return f"{self.what}: {self.text}"


@dataclass(slots=True)
class ServiceJournal:
    """Of one job on one device, so that who begins again knows how things were before it touched them.

    ``want`` and ``drop`` are its wishes.  ``original`` are the values at first, ``kept`` the services that worked then,
    ``held`` those that were set up and waited for a fact, ``meant`` what had been meant to work.  ``before`` is what a
    node was, None for one that was not there; ``there`` are interior nodes that existed, of those ``looked`` for,
    ``made`` those made since.  ``avoid`` are services that could not be set up, ``unremoved`` those that could not be
    removed, with the reason; ``gave`` are digests of what the job wrote to leaves, None for one that it took away, and
    ``gave_once`` those of before, where it changed its plan;
    ``given_up`` are wishes for which what was done is put back.  ``written`` are leaves that
    the device confirms and does not show.  ``waits`` is software that the device has begun to install.  ``touched``
    are leaves that may have been changed, in order; ``refused`` what the device said to who put them back.
    ``anew`` is software to be installed once more, ``renewed`` what was; ``unrenewed`` are components, and leaves of
    secrets, that could not be made anew and stay as they are, each with the reason.  ``stale`` are leaves of secrets to
    be written anew; with ``renewal`` that is what the job is for, and wishes are not all or none.  ``secrets`` and
    ``since`` are what the record said of leaves before the job made it say something else, None for nothing.
    """

    want: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    begun: bool = False
    original: dict[str, str | None] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    meant: tuple[str, ...] = ()
    promised: tuple[str, ...] | None = None
    before: dict[str, NodeWas | None] = field(default_factory=dict)
    versions: dict[str, str | None] = field(default_factory=dict)
    there: set[str] = field(default_factory=set)
    looked: set[str] = field(default_factory=set)
    made: set[str] = field(default_factory=set)
    avoid: dict[str, str] = field(default_factory=dict)
    unremoved: dict[str, str] = field(default_factory=dict)
    given_up: set[str] = field(default_factory=set)
    written: set[str] = field(default_factory=set)
    waits: set[str] = field(default_factory=set)
    anew: tuple[str, ...] = ()
    renewed: set[str] = field(default_factory=set)
    unrenewed: dict[str, str] = field(default_factory=dict)
    stale: tuple[str, ...] = ()
    secrets: dict[str, str | None] = field(default_factory=dict)
    since: dict[str, float | None] = field(default_factory=dict)
    renewal: bool = False
    undoing: bool = False
    touched: list[str] = field(default_factory=list)
    gave: dict[str, str | None] = field(default_factory=dict)
    gave_once: dict[str, list[str | None]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    entries: list[JournalEntry] = field(default_factory=list)

    def note(self, what: str, text: str) -> None:
        """Add a line."""
        self.entries.append(JournalEntry(what, text))

    def touch(self, uris: Iterable[str]) -> None:
        """Remember that these leaves may have been changed."""
        self.touched += [uri for uri in dict.fromkeys(uris) if uri not in self.touched]

    def give(self, uri: str, value: str | None) -> None:
        """Remember that the job writes ``value`` to ``uri``, or takes it away."""
        given = None if value is None else digest(uri, value)
        if self.gave.get(uri, given) != given:
            self.gave_once.setdefault(uri, []).append(self.gave[uri])
        self.gave[uri] = given

    def task(self) -> str:
        """What the job is for, in words.

        >>> ServiceJournal(("mail", "mms"), ("web",)).task(), ServiceJournal(("mail",), renewal=True).task()
        ('set up mail, mms and drop web', 'renew mail')
        """
        does = "renew" if self.renewal else "set up"
        told = [f"{verb} {', '.join(names)}" for verb, names in ((does, self.want), ("drop", self.drop)) if names]
        return " and ".join(told) or f"{does} nothing"


@dataclass(slots=True)
class DeviceRecord:
    """What is remembered of one device.

    ``intent``: services that were set up by wish and not dropped since.  ``secrets``: digests of what was written to
    leaves that are not shown; ``since`` is when that was, and when software was installed.  ``current`` is the job
    under way, ``last`` the last that ended and left something changed; either can be undone.  ``idle`` says of the job
    that ended after ``last``, and left nothing changed, what it was for, and how it ended.  ``device`` is whose record
    it is.

    >>> record = DeviceRecord(("mail",))
    >>> DeviceRecord.read(record.write()) == record
    True
    """

    intent: tuple[str, ...] = ()
    secrets: dict[str, str] = field(default_factory=dict)
    since: dict[str, float] = field(default_factory=dict)
    current: ServiceJournal | None = None
    last: ServiceJournal | None = None
    device: str = ""
    idle: str = ""

    def of_another(self, device: str) -> str:
        """Why nothing in it is about ``device``; empty where it is.

        >>> DeviceRecord(device="IMEI:1").of_another("IMEI:2")
        'nothing of that journal is on this device: it is the journal of IMEI:1, and this is IMEI:2'
        """
        if self.device in ("", device):
            return ""
        return f"{NOT_HERE}: it is the journal of {self.device}, and this is {device}"

    def learn(self, journal: ServiceJournal, uri: str, now: float | None, secret: str | None = None) -> None:
        """A job wrote ``uri`` at ``now``, a ``secret`` whose digest is given, or it is gone; what was known is kept."""
        journal.secrets.setdefault(uri, self.secrets.get(uri))
        journal.since.setdefault(uri, self.since.get(uri))
        _put(self.since, uri, now)
        if secret is not None:
            self.secrets[uri] = secret

    def unlearn(self, journal: ServiceJournal, uris: Iterable[str]) -> None:
        """Of ``uris`` be known what was known before ``journal``: each is as it was.

        >>> record, job = DeviceRecord(since={"./Key": 0.0}), ServiceJournal()
        >>> record.learn(job, "./Key", 85.0)
        >>> record.unlearn(job, ["./Key"])
        >>> record.since
        {'./Key': 0.0}
        """
        for uri in uris:
            _put(self.secrets, uri, journal.secrets.get(uri))
            _put(self.since, uri, journal.since.get(uri))

    def write(self) -> bytes:
        """As JSON.  It holds values of the device, secrets that it showed among them: keep it as well as them."""
        return msgspec.json.encode(self)

    @classmethod
    @asked
    def read(cls, data: bytes) -> DeviceRecord:
        """From JSON; ConfigError when it is no record."""
        try:
            raw = msgspec.json.decode(data)
            if not isinstance(raw, dict) or set(raw) - _LATER != {"intent", "secrets", "current", "last"}:
                raise ConfigError("this is no journal of dmkit: it has other fields")
            return msgspec.convert(raw, cls)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise ConfigError(f"this is no journal of dmkit: {error}") from None


_LATER: Final = {"since", "device", "idle"}  # fields that records of earlier versions have not


def _put(known: dict[str, _T], uri: str, value: _T | None) -> None:
    known.pop(uri, None)
    if value is not None:
        known[uri] = value


def digest(uri: str, secret: str) -> str:
    """What is remembered of a secret that was written: enough to know it again, no more.

    >>> digest("./A", "s") == digest("./A", "s"), digest("./A", "s") == digest("./B", "s")
    (True, False)
    """
    return sha256(f"{uri}\0{secret}".encode()).hexdigest()


@dataclass(frozen=True, slots=True, repr=False)
class Provisioned:
    """What became of a provisioning job; true when all wishes are fulfilled.

    ``state`` is a word of ``END_STATES``.  ``works`` are the services that work now, ``broken`` those of before that do
    not and should, ``waits`` those that are set up and wait for a fact.  ``stranded`` are the leaves that are not as
    they were, each with the reason.

    >>> bool(Provisioned("undone", ("mail",), (), ()))
    False
    """

    state: str
    want: tuple[str, ...]
    drop: tuple[str, ...]
    works: tuple[str, ...]
    broken: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    stranded: tuple[str, ...] = ()
    plan: ServicePlan | None = None
    entries: tuple[JournalEntry, ...] = ()
    waits: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.state == "done"

    def lines(self) -> Iterator[str]:
        """The story, line by line."""
        yield from (str(entry) for entry in self.entries)
        yield f"{self.state}: {', '.join(self.works) or 'nothing'} works"
        yield from (f"- {reason}" for reason in self.reasons)
        yield from (f"- not as it was: {leaf}" for leaf in self.stranded)

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        return "\n".join(self.lines())
