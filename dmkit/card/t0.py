"""How long a session with a card takes: characters over T=0, one line, one direction at a time.  [ISO 7816-3 §6 to §11]

A character takes 12 elementary time units (etu) and the guard time that the card asks for; where the direction turns,
16.  An etu is F/D periods of the clock: 372/1 behind a reset, what both agree on (PPS) afterwards.  A command is five
octets; the card answers with a procedure byte before data travel, and with two octets of status behind them.

>>> contact = ContactTiming()
>>> round(contact.etu * 1e6, 2), round(contact.octets_per_second)
(114.46, 728)
>>> whole = seconds([(bytes.fromhex("00B0000002"), bytes.fromhex("62029000"))], contact)
>>> whole.commands, whole.characters, round(whole.seconds, 4)
(1, 10, 0.0147)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Annotated, Final

from dmkit.card.apdu import CommandApdu
from dmkit.words.asked import asked
from dmkit.words.checked import checked
from dmkit.words.errors import CodecError
from dmkit.words.ranges import Count, Range, Seconds

__all__ = ["CLOCK", "DI", "FI", "CardSeconds", "ContactTiming", "atr_timing", "seconds", "start_seconds", "to_tpdus"]

CLOCK: Final = 3.25e6
"""Clock of a phone, 13/4 MHz: what a SIM of 2003 asks for to run its algorithm.  [Rankl 2004]"""

FI: Final[Mapping[int, int]] = MappingProxyType({
    0: 372, 1: 372, 2: 558, 3: 744, 4: 1116, 5: 1488, 6: 1860, 9: 512, 10: 768, 11: 1024, 12: 1536, 13: 2048,
})  # fmt: skip
"""High half of TA1 -> F, periods of the clock in an etu when D is 1.  [ISO 7816-3 table 7]"""
DI: Final[Mapping[int, int]] = MappingProxyType({1: 1, 2: 2, 3: 4, 4: 8, 5: 16, 6: 32, 7: 64, 8: 12, 9: 20})
"""Low half of TA1 -> D, by which the etu is divided.  [ISO 7816-3 table 8]"""

_CHARACTER, _TURN = 12, 16
"""etu from one character to the next of the same direction, and of the other.  [ISO 7816-3 §7.2, §10.2; EMV book 1]"""
_WAITING: Final = 960
_HEADER, _SW = 5, 2
_PPS: Final = 4
"""Characters of a request for other F and D, and of the answer: PPSS, PPS0, PPS1, PCK.  [ISO 7816-3 §9.2]"""
_FROM_THE_HEADER: Final = frozenset({0x67, 0x6B, 0x6D, 0x6E})
"""First octets of a status that a card can give when it has seen the header alone, before any data."""


@checked
@dataclass(frozen=True, slots=True)
class ContactTiming:
    """What one side of the contacts and the other agreed on.

    >>> ContactTiming(fi=512, di=32).etu < ContactTiming().etu
    True
    """

    clock: Annotated[float, Range("number", 1e6, 20e6)] = CLOCK
    """Hz."""
    fi: Count = 372
    """F: periods of the clock in an etu when D is 1."""
    di: Count = 1
    """D."""
    guard: Annotated[int, Range("number", 0, 255, whole=True)] = 0
    """N of TC1: further etu between characters from the terminal; 255 means none."""
    wi: Annotated[int, Range("number", 1, 255, whole=True)] = 10
    """WI of TC2: how long a card may be silent."""
    thinking: Seconds = 0.0
    """Seconds that the card works on each command, before its first answering character; the line alone takes 0."""

    @property
    def etu(self) -> float:
        """Seconds of one bit."""
        return self.fi / (self.di * self.clock)

    @property
    def octets_per_second(self) -> float:
        """At most, in one direction."""
        return 1 / (_CHARACTER * self.etu)

    @property
    def waiting(self) -> float:
        """Work waiting time: seconds after which a silent card counts as dead; a NULL (60) begins it anew."""
        return _WAITING * self.wi * self.fi / self.clock

    @property
    def nulls(self) -> int:
        """NULL procedure bytes that the card has to send while it thinks about one command."""
        return max(0, int(-(-self.thinking // self.waiting)) - 1)


@dataclass(frozen=True, slots=True)
class CardSeconds:
    """What a session took: commands as they travel (GET RESPONSE is one), characters both ways, seconds."""

    commands: int
    characters: int
    seconds: float

    def __add__(self, other: CardSeconds) -> CardSeconds:
        return CardSeconds(
            self.commands + other.commands, self.characters + other.characters, self.seconds + other.seconds
        )


@asked
def atr_timing(atr: bytes, clock: float = CLOCK) -> ContactTiming:
    """What an answer to reset offers: F and D of TA1, N of TC1, WI of TC2.  CodecError when it is none.

    >>> offered = atr_timing(bytes.fromhex("3B9D96801F878031E073FE211365646D6B6974E7"))
    >>> offered.fi, offered.di
    (512, 32)
    >>> atr_timing(bytes.fromhex("3B020202")).di
    1
    """
    if len(atr) < 2 or atr[0] not in (0x3B, 0x3F):
        raise CodecError(f"{atr.hex() or 'nothing'} is no answer to reset: the first octet is 3B or 3F")
    at, level, bits, found = 1, 0, atr[1], dict[str, int]()
    while level == 0 or bits:
        level += 1
        for letter, bit in zip("ABCD", (0x10, 0x20, 0x40, 0x80), strict=True):
            if not bits & bit:
                continue
            at += 1
            if at >= len(atr):
                raise CodecError(f"the answer to reset ends before its T{letter}{level}", offset=at)
            found[f"{letter}{level}"] = atr[at]
        bits = found.get(f"D{level}", 0) & 0xF0
    speed = found.get("A1", 0x11)
    if speed >> 4 not in FI or speed & 0xF not in DI:
        raise CodecError(f"TA1 {speed:02X} names F and D that are reserved", offset=2)
    return ContactTiming(clock, FI[speed >> 4], DI[speed & 0xF], found.get("C1", 0), found.get("C2", 10) or 10)


@asked
def to_tpdus(apdu: bytes, answer: bytes) -> tuple[tuple[bytes, bytes], ...]:
    """A command and its answer as they travel over T=0.  CodecError for a command that T=0 has no form for.

    >>> [(one.hex(), other.hex()) for one, other in to_tpdus(b"\\0\\xa4\\0\\4\\2\\x3f\\0\\0", b"b\\0\\x90\\0")]
    [('00a40004023f00', '6102'), ('00c0000002', '62009000')]
    """
    command = CommandApdu.parse(apdu)
    if len(command.data) > 255 or (command.le or 0) > 256:
        raise CodecError("T=0 has no commands or answers above 255 and 256 octets")
    head = bytes([command.cla, command.ins, command.p1, command.p2])
    data, word = answer[:-2], answer[-2:]
    if not command.data:
        return ((head + bytes([(command.le or 0) % 256]), answer),)
    sent = head + bytes([len(command.data)]) + command.data
    if not data:
        return ((sent, word),)
    old = command.cla == 0xA0
    waits = bytes([0x9F if old else 0x61, len(data) % 256])
    response = bytes([0xA0 if old else command.cla & 0x4F, 0xC0, 0, 0, len(data) % 256])
    return ((sent, waits), (response, answer))


def _one(command: bytes, answer: bytes, contact: ContactTiming) -> CardSeconds:
    """One command as it travels: header; procedure byte and data where there are any; status."""
    incoming = len(command) - _HEADER if len(answer) == _SW else 0
    if incoming and answer[0] in _FROM_THE_HEADER:
        incoming = 0
    outgoing = len(answer) - _SW
    ours, theirs, turns = _HEADER + incoming, outgoing + _SW + bool(incoming or outgoing), 2
    if incoming:
        turns += 2
    theirs += contact.nulls
    guard = 0 if contact.guard == 255 else contact.guard
    units = (ours + theirs) * _CHARACTER + ours * guard + turns * (_TURN - _CHARACTER)
    return CardSeconds(1, ours + theirs, units * contact.etu + contact.thinking)


def seconds(exchanges: Iterable[tuple[bytes, bytes]], contact: ContactTiming) -> CardSeconds:
    """How long commands and answers take; those that T=0 splits (an answer behind data) are split."""
    whole = CardSeconds(0, 0, 0.0)
    for apdu, answer in exchanges:
        for command, received in to_tpdus(apdu, answer):
            whole += _one(command, received, contact)
    return whole


def start_seconds(
    atr: bytes, *, clock: float = CLOCK, silence: int = 400, faster: bool = True
) -> tuple[CardSeconds, ContactTiming]:
    """From the end of reset until commands may be sent, and the timing from then on.

    ``silence`` is how many periods of the clock the card lets pass first, 400 to 40,000.  The answer to reset travels
    at 372/1; with ``faster`` the terminal asks for what TA1 offers, in four characters each way.  [ISO 7816-3 §8.1, §9]
    """
    slow, offered = ContactTiming(clock), atr_timing(atr, clock)
    characters, units = len(atr), len(atr) * _CHARACTER
    agreed = replace(offered, fi=slow.fi, di=slow.di)
    if faster and (offered.fi, offered.di) != (slow.fi, slow.di):
        characters, units = characters + 2 * _PPS, units + 2 * _PPS * _CHARACTER + 2 * (_TURN - _CHARACTER)
        agreed = offered
    return CardSeconds(0, characters, silence / clock + units * slow.etu), agreed
