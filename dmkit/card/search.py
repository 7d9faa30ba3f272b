"""SEARCH RECORD, and SEEK as a SIM has it: which records of the current file hold some octets.

P2 says which search: *simple* (4 forward, 5 backward from the record in P1), or *enhanced* (6), whose data begin with
two octets, the search indication: where in a record the search starts, and from which record it goes which way.  The
sheet has the instruction only; two other implementations have the rest alike, and are UNSURE where they do not.
[TS 102 221 §11.1.7; TS 51.011 §8.9, §9.2.9]

>>> SearchIndication.read(bytes([0x0C, 0x2C]))
SearchIndication(forward=True, beside=False, after=44, offset=0)
>>> SearchIndication.read(bytes([0x06, 0x02])).matches(b"abcabc", b"cab")
True
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from dmkit.card.access import READ
from dmkit.card.apdu import CommandRefused
from dmkit.card.data import by_sfi, usable
from dmkit.card.turn import ApduHandler, CardTurn, Handled
from dmkit.words.checked import checked
from dmkit.words.ranges import Octet
from dmkit.words.records import dataclass

__all__ = ["HANDLERS", "MODES", "SEEK_MODES", "SearchIndication", "seek"]

FORWARD, BACKWARD, ENHANCED, PROPRIETARY = 4, 5, 6, 7
MODES: Final = {FORWARD: "forward", BACKWARD: "backward", ENHANCED: "enhanced", PROPRIETARY: "of the maker"}
"""Low bits of P2 -> which search."""

SEEK_MODES: Final = {0: "forward from the first", 1: "backward from the last", 2: "forward from the next",
                     3: "backward from the one before"}  # fmt: skip
"""Low half of P2 of SEEK -> where it begins and which way it goes; bit 5 asks for the number of the record."""


@checked
@dataclass(frozen=True, slots=True)
class SearchIndication:
    """How an enhanced search goes: ``forward`` or backward, from the record in P1 or the one ``beside`` it; in a record
    from ``offset`` on, or behind the first octet ``after``."""

    forward: bool = True
    beside: bool = False
    after: Octet | None = None
    offset: Octet = 0

    @classmethod
    def read(cls, octets: bytes) -> SearchIndication:
        """The two octets.  Refused with 6A80 when reserved bits are set, or the one is not that says how to go."""
        way, where = octets
        if way & 0xF0 or not way & 0x04:
            raise CommandRefused(0x6A80)
        by_value = bool(way & 0x08)
        return cls(not way & 0x01, bool(way & 0x02), where if by_value else None, 0 if by_value else where)

    def matches(self, record: bytes, pattern: bytes) -> bool:
        """Whether the record holds the pattern behind the place where the search starts in it."""
        start = self.offset if self.after is None else record.find(self.after) + 1
        return (self.after is None or start > 0) and pattern in record[start:]


def _search(turn: CardTurn) -> Handled:
    """The numbers of the records that hold the octets, in the order of the search; the first of them is current."""
    command = turn.command
    how, sfi = command.p2 & 0x07, command.p2 >> 3
    if how not in MODES or sfi == 0x1F:
        raise CommandRefused(0x6A86)
    if how == PROPRIETARY:
        raise CommandRefused(0x6A81)
    if len(command.data) < (3 if how == ENHANCED else 1):
        raise CommandRefused(0x6700)
    if how == ENHANCED:
        way, pattern = SearchIndication.read(command.data[:2]), command.data[2:]
    else:
        way, pattern = SearchIndication(how == FORWARD), command.data
    if sfi:
        turn = by_sfi(turn, sfi)
    _, stored = usable(turn, READ, transparent=False)
    count = len(stored.content)
    at = command.p1 or turn.channel.record
    if way.beside:
        first = (at + 1 if way.forward else at - 1) if at else 1 if way.forward else count
    else:
        first = at
    if (not at and not way.beside) or at > count:
        raise CommandRefused(0x6A83)
    order = range(first, count + 1) if way.forward else range(first, 0, -1)
    found = [number for number in order if way.matches(stored.content[number - 1], pattern)]
    if not found:
        raise CommandRefused(0x6282)
    return turn.at(replace(turn.channel, record=found[0]), bytes(found))


def seek(turn: CardTurn) -> Handled:
    """SEEK of a SIM: the first record of a linear file that begins with the pattern; its number if bit 5 asks for it.

    UNSURE (memory): only P1 00, patterns of 1 to 16 octets, and no search in cyclic files.
    """
    command = turn.command
    how = command.p2 & 0x0F
    if command.p1 or command.p2 & 0xE0 or how not in SEEK_MODES:
        raise CommandRefused(0x6A86)
    if not 1 <= len(command.data) <= 16:
        raise CommandRefused(0x6700)
    _, stored = usable(turn, READ, transparent=False)
    if stored.row.structure != "linear":
        raise CommandRefused(0x6981)
    count, at = len(stored.content), turn.channel.record
    first = {0: 1, 1: count, 2: at + 1, 3: at - 1 if at else count}[how]
    order = range(first, count + 1) if how in (0, 2) else range(first, 0, -1)
    found = next((number for number in order if stored.content[number - 1].startswith(command.data)), None)
    if found is None:
        raise CommandRefused(0x6282)
    return turn.at(replace(turn.channel, record=found), bytes([found]) if command.p2 & 0x10 else b"")


HANDLERS: Final[dict[int, ApduHandler]] = {0xA2: _search}
