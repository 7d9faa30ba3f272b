"""What is told of a trace: messages, Statuses, what became of each command, and a whole session."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from dmkit.windows.alerts import Declared
from dmkit.words.codes import StatusCode

__all__ = ["BAD", "FATES", "Fate", "Lint", "Told", "TraceMessage", "TraceStatus", "Why"]

Fate: TypeAlias = Literal[
    "done", "had it", "under way", "failed", "there already", "owned", "rolled back", "not executed", "no answer",
    "pending", "not asked", "said", "not undone",
]  # fmt: skip
"""What became of a command.  "had it": done, and the value was there before; "owned": a declared configuration owns the
setting; "not asked": no answer was wanted; "not undone": it was done, its Atomic failed, and it stayed; "said": an
alert or a report of the device, which is no order."""

FATES: Final[tuple[Fate, ...]] = get_args(Fate)
"""All of them, in the order in which they are counted."""

BAD: Final[frozenset[str]] = frozenset({"failed", "there already", "owned", "no answer", "not undone"})


@dataclass(frozen=True, slots=True)
class TraceMessage:
    """One message of a trace: its number there, who sent it (client or server), its octets and their type."""

    number: int
    sender: str
    body: bytes
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class TraceStatus:
    """A Status: in which message, about which address, and what Windows put beside it (``msft:originalerror``)."""

    line: int
    code: StatusCode
    original: str = ""
    target: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """One Item of a command, or a container: what was asked, what came back, what that means.

    ``depth`` counts the containers around it; ``guilty`` marks the part for which an Atomic failed; ``quoted`` are
    texts of the wire that stand in ``causes``.
    """

    line: int
    label: str
    sender: str
    verb: str
    uri: str
    fate: Fate
    depth: int = 0
    value: str | None = None
    format: str | None = None
    answers: tuple[TraceStatus, ...] = ()
    results: tuple[tuple[str, str], ...] = ()
    guilty: bool = False
    causes: tuple[str, ...] = ()
    look: str = ""
    quoted: tuple[str, ...] = ()

    @property
    def answer(self) -> str:
        """The Statuses in words."""
        codes = dict.fromkeys(answer.code for answer in self.answers)
        return ", ".join(f"{code.value} {code.phrase}" for code in codes) or "no answer"


Lint: TypeAlias = Callable[[Told], Iterable[str]]
"""Says what is wrong with a command, in sentences."""


@dataclass(frozen=True, slots=True)
class Why:
    """A session: every command, what could not be read, which settings a declared configuration owns, its documents."""

    told: tuple[Told, ...]
    unreadable: tuple[tuple[int, str, str], ...] = ()
    owned: tuple[str, ...] = ()
    documents: tuple[Declared, ...] = ()

    @property
    def counts(self) -> Mapping[str, int]:
        """Fate -> how many commands of the server, containers left out."""
        orders = [t for t in self.told if t.sender == "server" and t.verb not in ("Atomic", "Sequence")]
        return {fate: n for fate in FATES if (n := sum(t.fate == fate for t in orders))}

    @property
    def ok(self) -> bool:
        """Whether nothing went wrong."""
        return not self.unreadable and not any(told.fate in BAD for told in self.told)
