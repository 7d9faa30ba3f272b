"""What guessing costs: rates of a machine, work of each proof, sizes of secrets, PINs that people choose.

A rate is measured for some algorithm; a proof is put down to the one it is closest to.  Nothing here proves anything
about the proofs: the MAC of DM 1.2 is no HMAC and none of HMAC's theorems speaks of it.  [validation sheet B2, B4]

>>> round(exhaust(36**8, RATES["HMAC-MD5, key = password"].per_second))         # seconds; the sheet has 351.7
352
>>> round(share_guessed(3), 4)
0.1861
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final

from dmkit.sim.streams import Streams
from dmkit.words.asked import asked
from dmkit.words.checked import checked
from dmkit.words.errors import ConfigError
from dmkit.words.ranges import Money, Natural, Range
from dmkit.words.records import dataclass

__all__ = [
    "PINS",
    "RATES",
    "SPACES",
    "WORK",
    "GuessCost",
    "GuessRate",
    "exhaust",
    "guessed",
    "mean_time",
    "rate_of",
    "share_guessed",
    "times",
]  # fmt: skip


@checked
@dataclass(frozen=True, slots=True)
class GuessRate:
    """Guesses a second of one machine at one algorithm; ``mode`` is its number in hashcat."""

    algorithm: str
    """Name of the algorithm."""
    mode: Natural
    per_second: Annotated[float, Range("number", 0, above=True)]
    """Guesses a second."""
    source: str = "hashcat 6.1.1, one AMD RX 6800 XT, May 2021 [S]"
    """Who measured."""


RATES: Final[Mapping[str, GuessRate]] = MappingProxyType(
    {
        rate.algorithm: rate
        for rate in (
            GuessRate("MD5", 0, 52.49e9),
            GuessRate("MD5(MD5(p))", 2600, 15.43e9),
            GuessRate("HMAC-MD5, key = password", 50, 8.020e9),
            GuessRate("HMAC-MD5, key = salt", 60, 15.89e9),
            GuessRate("SHA-1", 100, 20.47e9),
            GuessRate("HMAC-SHA1, key = password", 150, 4.689e9),
            GuessRate("SHA-256", 1400, 8.677e9),
            GuessRate("HMAC-SHA256, key = password", 1450, 1.708e9),
            GuessRate("HMAC-SHA512, key = password", 1750, 0.503e9),
            GuessRate("DES known plaintext", 14000, 51.17e9),
            GuessRate("bcrypt cost 5", 3200, 5.62e4),
        )
    }
)
"""Published rates by algorithm.  Kernels are tuned and salts short: real attacks are somewhat slower."""


@checked
@dataclass(frozen=True, slots=True)
class GuessCost:
    """What one guess at a proof costs: as much as ``factor`` guesses at ``algorithm``; ``basis`` says why."""

    proof: str
    """What is guessed at."""
    algorithm: str
    factor: Money
    basis: str


WORK: Final[Mapping[str, GuessCost]] = MappingProxyType(
    {
        work.proof: work
        for work in (
            GuessCost("basic", "MD5", 0.0, "nothing to guess: the password stands there"),
            GuessCost(
                "md5", "MD5(MD5(p))", 1.0, "two compressions: 41 octets with a nonce of 16 [validation sheet B2]"
            ),
            GuessCost(
                "mac", "MD5(MD5(p))", 1.5, "three compressions: the hash of the body is made once [validation sheet B2]"
            ),
            GuessCost("mac-rfc2104", "HMAC-MD5, key = password", 1.25, "PROPOSAL: HMAC-MD5 and one MD5 for HA1"),
            GuessCost("md5-apart", "MD5(MD5(p))", 1.0, "PROPOSAL: as md5; the word fits into the same compressions"),
            GuessCost("mac-apart", "MD5(MD5(p))", 1.5, "PROPOSAL: as mac; the word fits into the same compressions"),
            GuessCost("sha256", "HMAC-SHA256, key = password", 1.0, "PROPOSAL: MD5 for HA1 is small beside it"),
            GuessCost("hmac-sha256", "HMAC-SHA256, key = password", 1.0, "PROPOSAL: as sha256; a long body costs more"),
            GuessCost("hmac-sha256-bound", "HMAC-SHA256, key = password", 1.0, "PROPOSAL: as hmac-sha256"),
            GuessCost(
                "hmac-sha256-stretched", "HMAC-SHA256, key = password", 10_000.0, "PROPOSAL: 10 000 rounds of PBKDF2"
            ),
            GuessCost("bootstrap PIN", "HMAC-SHA1, key = password", 1.0, "key = PIN or IMSI [validation sheet B2]"),
            GuessCost("DES card key", "DES known plaintext", 1.0, "an answer signed by the key [Nohl 2013]"),
        )
    }
)
"""Work of one guess, by what is guessed at."""

SPACES: Final[Mapping[str, int]] = MappingProxyType(
    {
        "4 digits": 10**4,
        "8 of a-z, 0-9": 36**8,
        "8 of A-Z, a-z, 0-9": 62**8,
        "8 printable": 95**8,
        "subscriber part of an IMSI (10 digits)": 10**10,
        "DES key (56 bits)": 2**56,
        "128 bits": 2**128,
    }
)
"""How many secrets there are of a kind."""

PINS: Final[Mapping[str, float]] = MappingProxyType(
    {
        "1234": 10.713,
        "1111": 6.016,
        "0000": 1.881,
        "1212": 1.197,
        "7777": 0.745,
        "1004": 0.616,
        "2000": 0.613,
        "4444": 0.526,
        "2222": 0.516,
        "6969": 0.512,
        "9999": 0.451,
        "3333": 0.419,
        "5555": 0.395,
        "6666": 0.391,
        "1122": 0.366,
        "1313": 0.304,
        "8888": 0.303,
        "4321": 0.293,
        "2001": 0.290,
        "1010": 0.285,
    }
)
"""The PINs that people choose most, in per cent of 3.4 million; others share the rest.  [Berry 2012, R+]"""


@asked
def exhaust(space: float, per_second: float) -> float:
    """Seconds to try all of ``space`` secrets."""
    if per_second <= 0:
        raise ConfigError(f"a rate is above 0, not {per_second}")
    return space / per_second


@asked
def mean_time(space: float, per_second: float) -> float:
    """Seconds until the right one is found on average, when all are as likely: half of them are tried."""
    return exhaust(space, per_second) / 2


@asked
def rate_of(proof: str, machines: int = 1) -> float:
    """Guesses a second at a row of WORK on so many machines; infinite where there is nothing to guess."""
    if proof not in WORK:
        raise ConfigError(f"no work factor for {proof!r}; there are {', '.join(WORK)}")
    work = WORK[proof]
    return float("inf") if work.factor == 0 else machines * RATES[work.algorithm].per_second / work.factor


@asked
def times(
    proofs: tuple[str, ...] | None = None, spaces: tuple[str, ...] | None = None, machines: int = 1
) -> list[dict[str, object]]:
    """Seconds to try all secrets of each space, and on average, for each proof: rows for a table."""
    return [
        {
            "proof": proof,
            "space": name,
            "secrets": float(SPACES[name]),
            "rate": rate_of(proof, machines),
            "all_seconds": exhaust(SPACES[name], rate_of(proof, machines)),
            "mean_seconds": mean_time(SPACES[name], rate_of(proof, machines)),
            "basis": WORK[proof].basis,
        }
        for proof in proofs or tuple(WORK)
        for name in spaces or tuple(SPACES)
    ]


@asked
def share_guessed(tries: int, *, chosen: str = "people", digits: int = 4) -> float:
    """Share of PINs found within ``tries`` in the best order; ``chosen`` by "people", or by "chance".

    >>> share_guessed(3, chosen="chance")
    0.0003
    """
    if tries < 0 or chosen not in ("people", "chance"):
        raise ConfigError(f"tries are not negative and PINs are chosen by people or chance: {tries}, {chosen!r}")
    if chosen == "chance":
        return min(1.0, tries / float(10**digits))
    known = list(PINS.values())
    rest = 100 - sum(known)
    return min(1.0, (sum(known[:tries]) + rest * max(0, tries - len(known)) / (10**4 - len(known))) / 100)


@asked
def guessed(devices: int, tries: int, *, seed: int = 1, chosen: str = "people") -> int:
    """How many of so many devices give in to a thief who tries the likeliest PINs until the card blocks."""
    draws = Streams(seed).uniform("PIN of a device", (devices,))
    if chosen == "chance":
        return int((draws * 10**4 < tries).sum())
    # the draw picks a PIN from the best known to the least: it is tried when its turn comes within the tries
    return int((draws < share_guessed(tries)).sum())
