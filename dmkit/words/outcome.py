"""What became of a command: as a handler on the device says it, and as a job on the server learns it."""

from __future__ import annotations

import msgspec

from dmkit.words.checked import checked
from dmkit.words.codes import StatusCode
from dmkit.words.model import Command, Item
from dmkit.words.ranges import Seconds
from dmkit.words.records import dataclass
from dmkit.words.structs import like_a_dataclass, nested_hash

__all__ = ["After", "Due", "Later", "Outcome"]


@checked
@dataclass(frozen=True, slots=True)
class Later:
    """Something that a device will report when time has passed: an alert, ``seconds`` from now.

    ``type`` and ``data`` become the Item of an Alert 1226, ``source`` its URI, and ``correlator``
    that of the Exec it answers; ``to`` is the server that is told, empty for the one that asked.  [DMPRO §8.7.1]

    >>> Later(60.0, "urn:oma:at:fumo:1.0:OperationComplete").seconds
    60.0
    """

    seconds: Seconds
    type: str
    data: str = ""
    source: str | None = None
    correlator: str | None = None
    format: str = "chr"
    """Format of the Item."""
    mark: str | None = None
    """Importance in the Item's Meta; None: not given."""
    to: str = ""


@checked
@dataclass(frozen=True, slots=True)
class After:
    """Something that will happen inside the device: ``event`` to the object at ``at``, ``seconds`` from now.

    ``data`` and ``correlator`` are for whoever then acts.  Nobody outside is told.

    >>> After(60.0, "./FUMO", "downloaded").event
    'downloaded'
    """

    seconds: Seconds
    at: str
    event: str
    data: str = ""
    correlator: str | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """An entry of a device's agenda: ``what``, when (``at``), on behalf of which server (``by``), and when it began.

    Whoever sets something going is told what becomes of it; so every entry carries who that was, through whatever
    follows from it and through a loss of power.

    >>> Due.of(After(5.0, "./FUMO", "begin"), "com.acme.dm", 10.0).at
    15.0
    >>> Due.of(Later(0.0, "urn:x", to="another"), "com.acme.dm", 10.0).by
    'another'
    """

    at: float
    what: After | Later
    by: str = ""
    since: float = 0.0

    @classmethod
    def of(cls, what: After | Later, by: str, now: float) -> Due:
        """The entry for what server ``by`` has set going at ``now``."""
        return cls(now + what.seconds, what, what.to or by if isinstance(what, Later) else by, now)

    def follow(self, outcome: Outcome, now: float) -> tuple[Due, ...]:
        """What follows from this at ``now``, for the same server."""
        return tuple(Due.of(what, self.by, now) for what in outcome.later)

    def again(self, now: float) -> Due:
        """The same, begun anew at ``now``."""
        return Due.of(self.what, self.by, now)


@like_a_dataclass
class Outcome(msgspec.Struct, frozen=True):
    """What became of one command, or of one of its Items.

    ``status`` None means that no answer ever came.  ``results`` are the Items of Results (a Get), ``items``
    those of the Status itself (what a user typed, the URI that failed).  ``parts`` holds the outcome
    of each Item, or of each command of a container, where they were answered one by one.
    ``later`` and ``seconds`` are said by handlers: what will follow (what is reported, what happens inside), and how
    long the work takes.

    >>> Outcome(StatusCode.OK, results=(Item(data="Acme"),)).text
    'Acme'
    >>> bool(Outcome(None)), str(Outcome(None)), str(Outcome(None, why="not sent"))
    (False, 'no answer', 'no answer: not sent')
    """

    status: StatusCode | None
    results: tuple[Item, ...] = ()
    items: tuple[Item, ...] = ()
    command: Command | None = None
    parts: tuple[Outcome, ...] = ()
    later: tuple[Later | After, ...] = ()
    seconds: float = 0.0
    why: str = ""
    __hash__ = nested_hash

    @property
    def ok(self) -> bool:
        """True when the command did what it should; never for a missing or an unknown status."""
        return self.status is not None and self.status.is_ok

    @property
    def answered(self) -> bool:
        """True when a Status came."""
        return self.status is not None

    @property
    def text(self) -> str:
        """The first result, else the first Item of the Status, as text; empty when there is neither."""
        items = self.results or self.items
        return items[0].text if items else ""

    def __bool__(self) -> bool:
        return self.ok

    @property
    def explained(self) -> str:
        """As text, with the reason of a refusal where it is known.

        >>> Outcome(StatusCode.NOT_ALLOWED, why=".: the root cannot be deleted").explained
        '405 Command not allowed: .: the root cannot be deleted'
        """
        return f"{self}: {self.why}" if self.why and self.status is not None and not self.ok else str(self)

    def __str__(self) -> str:
        if self.status is None:
            return f"no answer: {self.why}" if self.why else "no answer"
        return f"{self.status.value} {self.status.phrase}"
