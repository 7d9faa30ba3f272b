"""What is wrong in a conversation: how its messages are written, and how the two sides behave.

A capture has both kinds.  Deviations are found in one message alone [interop sheet], broken rules only by following the
conversation [``dmkit.session.oracle``].  Neither knows secrets, or what was meant.

>>> import dmkit as dm
>>> device = dm.Device.example()
>>> faults(dm.converse(device, dm.Server.example(device)))
nothing found
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from dmkit.session.oracle.check import check, messages_of
from dmkit.session.oracle.invariants import INVARIANTS
from dmkit.views.look import INK, Look, escape, themed
from dmkit.words.asked import asked

if TYPE_CHECKING:
    from dmkit.views.transcript import Transcript

__all__ = ["FaultList", "TraceFault", "faults"]

FaultKind: TypeAlias = Literal["unreadable", "written", "behaviour"]
_KINDS: Final = {
    "unreadable": "cannot be read",
    "written": "how it is written",
    "behaviour": "how the sides behave",
}
_CELL: Final = "text-align:left;padding:2px 10px 2px 0;vertical-align:top"


@dataclass(frozen=True, slots=True)
class TraceFault:
    """One place: the line of the transcript, whose message it is, what was found, the rule and its source."""

    line: int
    sender: str
    kind: FaultKind
    found: str
    rule: str
    source: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.sender}: {self.found} (rule: {self.rule}) [{self.source}]"


@dataclass(frozen=True, slots=True)
class FaultList:
    """Faults in the order of the lines; a table where it is shown."""

    faults: tuple[TraceFault, ...]

    def __len__(self) -> int:
        return len(self.faults)

    def __iter__(self) -> Iterator[TraceFault]:
        return iter(self.faults)

    def __getitem__(self, at: int) -> TraceFault:
        return self.faults[at]

    def __repr__(self) -> str:
        return "\n".join(map(str, self.faults)) or "nothing found"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return Look(repr(self), themed(_html(self)))._repr_mimebundle_()

    def rows(self) -> list[dict[str, Any]]:
        """One dict per fault, ready for ``pandas.DataFrame``."""
        return [
            {"line": f.line, "sender": f.sender, "kind": f.kind, "found": f.found, "rule": f.rule, "source": f.source}
            for f in self.faults
        ]


@asked
def faults(talk: Transcript, *, complete: bool = True, ignore: Collection[str] = ()) -> FaultList:
    """Everything that a reader finds wrong in ``talk``.

    ``complete`` False: the capture was cut off, so missing answers at its end are no fault.  ``ignore``: ids of rules
    of behaviour (``I1`` to ``I14``) that do not matter here.

    >>> from dmkit.transport.trace import read_trace
    >>> faults(read_trace("data/lessons/faulty.pcap"))[0].found
    'format-case at SyncML/SyncBody/Replace/Item/Meta/Format: CHR'
    """
    found = [*_unreadable(talk), *_written(talk), *_behaviour(talk, complete, ignore)]
    return FaultList(tuple(sorted(found, key=lambda fault: fault.line)))


def _unreadable(talk: Transcript) -> Iterator[TraceFault]:
    for line in talk:
        if line.message is None:
            yield TraceFault(
                line.number,
                line.sender,
                "unreadable",
                line.note or line.summary,
                "a message can be read",
                "DMREPPRO §5",
            )


def _written(talk: Transcript) -> Iterator[TraceFault]:
    senders = {line.number: line.sender for line in talk}
    for number, deviation in talk.deviations:
        yield TraceFault(number, senders[number], "written", str(deviation), deviation.kind.rule, "interop sheet")


def _behaviour(talk: Transcript, complete: bool, ignore: Collection[str]) -> Iterator[TraceFault]:
    sent = messages_of(talk)
    numbers = {id(line.message): line.number for line in talk}
    for violation in check(sent, complete=complete, ignore=ignore):
        row = INVARIANTS[violation.id]
        message = sent[violation.number - 1].message
        number = numbers.get(id(message), violation.number)
        yield TraceFault(number, violation.by, "behaviour", violation.sentence, row.sentence, row.source)


def _html(found: FaultList) -> str:
    if not found.faults:
        return "<p>Nothing found.</p>"
    wide = {"found": ";min-width:13em", "rule": ";min-width:13em"}
    names = ("line", "whose", "kind", "found", "rule", "source")
    head = "".join(f'<th scope="col" style="{_CELL}{wide.get(name, "")}">{name}</th>' for name in names)
    rows = "".join(
        "<tr>"
        + "".join(
            f'<td style="{_CELL};color:{INK}">{escape(text)}</td>'
            for text in (f.line, f.sender, _KINDS[f.kind], f.found, f.rule, f.source)
        )
        + "</tr>"
        for f in found
    )
    return (
        '<div style="overflow:auto"><table style="border-collapse:collapse"><caption style="text-align:left">'
        f"What is wrong: {len(found)}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
