"""What a provisioning job remembers of a device between its beginnings, and what it says in the end."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from dmkit.services.plan import ServicePlan
from dmkit.session.work import Wait
from dmkit.words.model import Command, Item
from dmkit.words.outcome import Outcome

__all__ = ["JournalEntry", "Provisioned", "Saying", "ServiceJournal"]

_T = TypeVar("_T")
Saying: TypeAlias = Generator[Sequence[Command] | Wait, Sequence[Outcome], _T]
"""Part of a job: says commands, hears outcomes, and gives a result."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One line: ``what`` happened ("read", "did", "failed", "undid", "again", "waits"), and the rest of the story."""

    what: str
    text: str

    def __str__(self) -> str:
        return f"{self.what}: {self.text}"


@dataclass(slots=True)
class ServiceJournal:
    """Kept per device, so that a job that begins again knows how things were before it touched them.

    ``original`` and ``kept`` are the values and the services that worked at first.  ``before`` is the Item that a node
    had, None for one that was not there; ``there`` are interior nodes that existed, of those ``looked`` for, ``made``
    those made since.  ``avoid`` are services that could not be set up, ``unremoved`` those that could not be removed,
    with the reason.  ``written`` are leaves that the device confirms and does not show.  ``waits`` is software that the
    device has begun to install.  ``touched`` are leaves that may have been changed, in order.
    """

    begun: bool = False
    original: dict[str, str | None] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    before: dict[str, Item | None] = field(default_factory=dict)
    versions: dict[str, str | None] = field(default_factory=dict)
    there: set[str] = field(default_factory=set)
    looked: set[str] = field(default_factory=set)
    made: set[str] = field(default_factory=set)
    avoid: dict[str, str] = field(default_factory=dict)
    unremoved: dict[str, str] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)
    waits: set[str] = field(default_factory=set)
    undoing: bool = False
    touched: list[str] = field(default_factory=list)
    plan: ServicePlan | None = None
    entries: list[JournalEntry] = field(default_factory=list)

    def note(self, what: str, text: str) -> None:
        """Add a line."""
        self.entries.append(JournalEntry(what, text))

    def touch(self, uris: Iterable[str]) -> None:
        """Remember that these leaves may have been changed."""
        self.touched += [uri for uri in dict.fromkeys(uris) if uri not in self.touched]


@dataclass(frozen=True, slots=True, repr=False)
class Provisioned:
    """What became of a provisioning job; true when all wishes are fulfilled.

    ``state``: "done"; "part done" (some wishes; what served only the others was undone); "failed" (everything is as
    before); "no plan" (there was no way, nothing was touched); "stranded" (something could not be put back).
    ``works`` are the services that work now, ``broken`` those of before that do not and should.
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

    def __bool__(self) -> bool:
        return self.state == "done"

    def lines(self) -> Iterator[str]:
        """The story, line by line."""
        yield from (str(entry) for entry in self.entries)
        yield f"{self.state}: {', '.join(self.works) or 'nothing'} works"
        yield from (f"- {reason}" for reason in self.reasons)

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        return "\n".join(self.lines())
