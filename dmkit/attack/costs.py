"""What security costs those who are honest: octets, round trips, hashing, the card, and calls when nonces get lost.

Everything is counted from real sessions of a design, so it is the same on every machine.  How often a hash is run
through follows from lengths: one compression per 64 octets, padding included.

>>> from dmkit.attack.designs import DESIGNS
>>> honest(DESIGNS["mac"]).hashes > honest(DESIGNS["md5 per session"]).hashes
True
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from dmkit.attack.choices import Choices
from dmkit.attack.designs import Design
from dmkit.attack.path import cut
from dmkit.attack.stage import Stage
from dmkit.auth import SCHEMES, algorithm_of, by_type
from dmkit.auth.mac import HEADER, parse_header
from dmkit.sim.net import SETUPS
from dmkit.sim.theory import in_step
from dmkit.views.transcript import Line
from dmkit.words.asked import asked
from dmkit.words.records import dataclass

__all__ = ["COLUMNS", "COMPRESSIONS", "Costs", "honest"]

_TLS: Final = SETUPS["tls 1.2"]
_KEYS: Final = {"plain": 0.0, "unchecked": 1.0, "tls": 2.0}
"""Public-key operations of a handshake on the device: the agreement, and the certificate where it is looked at."""
SESSIONS: Final = 4
"""Sessions that a design's costs are averaged over: what is done once, as GBA's bootstrapping, counts a quarter."""
LOSS: Final = 0.01
"""Share of sessions whose last message is lost, for the calls."""


def _blocks(octets: int) -> int:
    """Compressions of MD5 or SHA-256 over so many octets."""
    return (octets + 9 + 63) // 64


COMPRESSIONS: Final[Mapping[str, Callable[[int], int]]] = MappingProxyType(
    {
        "basic": lambda body: 0,
        "md5": lambda body: 2,
        "md5-apart": lambda body: 2,
        "sha256": lambda body: 1 + 4,
        "mac": lambda body: 1 + _blocks(body) + 2,
        "mac-apart": lambda body: 1 + _blocks(body) + 2,
        "mac-rfc2104": lambda body: 1 + 3 + _blocks(body),
        "hmac-sha256": lambda body: 1 + 3 + _blocks(body + 18),
        "hmac-sha256-bound": lambda body: 1 + 3 + _blocks(body + 48),
        "hmac-sha256-stretched": lambda body: 1 + 3 + _blocks(body + 18) + 20_000,
    }
)
"""Compressions of one proof over a body of so many octets; checking one costs the same.  Counted from the formulas."""


@dataclass(frozen=True, slots=True)
class Costs:
    """A design's price, a session.  ``octets`` include TLS handshakes, ``round_trips`` too.

    ``hashes`` are compressions on the device, ``public_key`` its operations with public keys (TLS, seals, packages),
    ``card_apdus`` commands that its card carries out.  ``calls``: per cent of the devices that are out of step after
    100 sessions of which one in a hundred loses its last message, so that a person must help.
    """

    octets: float
    round_trips: float
    hashes: float
    public_key: float
    card_apdus: float
    calls: float


COLUMNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "design": "name of the design",
        "octets": "octets a session, TLS handshake and bootstrapping included",
        "round_trips": "round trips a session, likewise",
        "hashes": "compressions of MD5 or SHA-256 on the device, a session",
        "public_key": "public-key operations on the device, a session",
        "card_apdus": "commands to the card, a session",
        "calls": "% of devices out of step after 100 sessions, 1 % of which lose the last message",
    }
)


def _proofs(line: Line) -> Iterator[int]:
    """Compressions for each proof in a message."""
    message = line.message
    text = line.packet.headers.get(HEADER)
    algorithms = {algorithm_of(scheme) for scheme in SCHEMES.values()}
    mac = parse_header(text, algorithms) if text is not None else None
    if mac is not None:
        name = next(n for n, s in SCHEMES.items() if s.in_transport and algorithm_of(s) == mac.algorithm)
        yield COMPRESSIONS[name](line.size)
    cred = message.header.cred if message is not None else None
    scheme = by_type(cred.meta.type if cred.meta else None, tuple(SCHEMES.values())) if cred is not None else None
    if scheme is not None:
        yield COMPRESSIONS[scheme.name](0)


def _works_after_loss(design: Design) -> bool:
    """Whether the session after one whose last message was lost for good gets its job done."""
    stage = Stage(design)
    honest_talk = stage.session(Choices())
    stage.session(Choices((0,) * (len(honest_talk) - 1) + (1,)), cut)
    stage.session(Choices())
    return stage.wanted[-1]


@asked
def honest(design: Design) -> Costs:
    """Play SESSIONS honest sessions and count."""
    stage = Stage(design)
    for _ in range(SESSIONS):
        stage.session(Choices())
    world = design.world
    tls = world.path != "plain"
    octets = sum(talk.size["both"] for talk in stage.talks) + stage.ub_octets
    trips = sum(talk.round_trips for talk in stage.talks) + stage.ub_messages // 2
    hashes = sum(count for talk in stage.talks for line in talk for count in _proofs(line))
    works = _works_after_loss(design)
    return Costs(
        octets / SESSIONS + tls * (_TLS.up + _TLS.down),
        trips / SESSIONS + tls * (_TLS.trips - 1),
        hashes / SESSIONS,
        _KEYS[world.path] + world.sealed * 1.0 + (world.package == "signed") * 2.0 / SESSIONS,
        stage.card_apdus / SESSIONS,
        0.0 if works else 100 * (1 - in_step(LOSS, 100)),
    )
