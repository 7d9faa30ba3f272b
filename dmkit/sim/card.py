"""The card in a session: what its commands cost in time and energy before a device can talk.

An attempt to manage a device may need the card: to join the network (AUTHENTICATE), to read the bootstrap file or an
account (READ BINARY), to take what came over the air (ENVELOPE).  The time of a command is that of its octets on the
line, 12 bit times each [ISO 7816-3 §7, T=0], and of the card's work.

>>> CARDS["fast"].seconds < CARDS["slow"].seconds
True
>>> round(CardTiming(rate=9600, reads=4).read, 3)
0.334
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Final

from dmkit.words.checked import checked
from dmkit.words.ranges import Natural, Range, Seconds, Watts

__all__ = ["CARDS", "OCTETS", "CardTiming"]

OCTETS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "authenticate": 5 + 1 + 34 + 2 + 5 + 1 + 53 + 2,  # RAND and AUTN; GET RESPONSE with RES, CK, IK, Kc
        "read": 5 + 1 + 255 + 2,
        "envelope": 5 + 1 + 175 + 2,  # one short message of 140 octets in its TLVs
    }
)
"""Octets on the line: header, procedure byte, data both ways, status word.  [TS 31.102 §7.1.2; TS 102 221 §7, §11]"""

_BITS: Final = 12
"""Bit times of one character with its guard time."""


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class CardTiming:
    """Commands of one attempt, and what they take.  Seconds; ConfigError for what lies outside its range.

    >>> CARDS["usim"].rate if "usim" in CARDS else CardTiming(reads=2).reads
    2
    """

    rate: Annotated[float, Range("rate", 0, above=True)] = 9600.0
    """Bits a second on the line; 9600 with the default F and D at 3.57 MHz.  [ISO 7816-3 §8.1]"""
    authenticate_work: Seconds = 0.06
    """Work of the card for AUTHENTICATE, file writes of its sequence number included.  PROPOSAL"""
    read_work: Seconds = 0.005
    """PROPOSAL"""
    envelope_work: Seconds = 0.12
    """Unwrapping a secured packet and doing what it says.  PROPOSAL"""
    authenticates: Natural = 1
    """AUTHENTICATE commands of an attempt: 1 joins a network, 2 with GBA."""
    reads: Natural = 0
    """READ BINARY commands of an attempt, 255 octets each."""
    envelopes: Natural = 0
    """Short messages that the card takes in an attempt."""
    resync: Annotated[float, Range("share", 0, 1, below=True)] = 0.0
    """Probability that AUTHENTICATE answers AUTS, and all of it is done again.  [TS 33.102 §6.3.5]"""
    watt: Watts = 0.01
    """Drawn while a command runs.  PROPOSAL"""
    basis: str = "proposal"
    """What the figures rest on."""

    def _line(self, command: str) -> float:
        return OCTETS[command] * _BITS / self.rate

    @property
    def authenticate(self) -> float:
        """One AUTHENTICATE with its GET RESPONSE."""
        return self._line("authenticate") + self.authenticate_work

    @property
    def read(self) -> float:
        """One READ BINARY."""
        return self._line("read") + self.read_work

    @property
    def envelope(self) -> float:
        """One ENVELOPE."""
        return self._line("envelope") + self.envelope_work

    @property
    def seconds(self) -> float:
        """All commands of an attempt in which the card is in step with the network."""
        return self.authenticates * self.authenticate + self.reads * self.read + self.envelopes * self.envelope


CARDS: Final[Mapping[str, CardTiming]] = MappingProxyType(
    {
        "slow": CardTiming(),
        "fast": CardTiming(rate=250e3, authenticate_work=0.02, envelope_work=0.04),
        "gba": CardTiming(rate=250e3, authenticate_work=0.02, authenticates=2),
        "bootstrap from the card": CardTiming(reads=3),
        "bootstrap over the air": CardTiming(reads=3, envelopes=5),
    }
)
"""Typical cards: 9600 bit/s by default, 250 kbit/s after PPS with F = 512, D = 32 at 4 MHz; 3 reads and 5 messages
carry a bootstrap of 600 octets.  [OTA sheet §4; work is a proposal]"""
