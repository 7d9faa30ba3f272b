"""Nonce policies: what a verifier gives out as the next nonce.  ``Rules.nonce`` names a row of NONCES.

>>> from itertools import count
>>> stream = (bytes([n]) * 16 for n in count(1))
>>> NONCES["session"].make(b"", stream, 0.0) == NONCES["reused"].make(b"kept", stream, 0.0)
False
>>> NONCES["counter"].make(bytes(15) + b"\\x05", stream, 0.0).hex()
'00000000000000000000000000000006'
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from dmkit.auth import DEFAULT_NONCE

__all__ = ["NONCES", "NoncePolicy"]

Make = Callable[[bytes, Iterator[bytes], float], bytes]


@dataclass(frozen=True, slots=True)
class NoncePolicy:
    """How nonces are made.

    ``make`` gets the nonce in force, the stream of fresh ones and the time.  ``per_message``: md5 is proved anew in
    each message (200 instead of 212); a MAC always is.  ``challenge``, unless None, is what every 401 and 407 carries.
    ``basis`` says who does it so.
    """

    name: str
    make: Make
    per_message: bool = False
    challenge: bytes | None = None
    basis: str = ""


def _fresh(current: bytes, stream: Iterator[bytes], now: float) -> bytes:
    return next(stream)


def _counted(current: bytes, stream: Iterator[bytes], now: float) -> bytes:
    return ((int.from_bytes(current[-16:]) + 1) % (1 << 128)).to_bytes(16)


def _clocked(current: bytes, stream: Iterator[bytes], now: float) -> bytes:
    return max(int(now), 0).to_bytes(8)


def _kept(current: bytes, stream: Iterator[bytes], now: float) -> bytes:
    return current or next(stream)


NONCES: Final = MappingProxyType(
    {
        policy.name: policy
        for policy in (
            NoncePolicy("session", _fresh, basis="DMSEC §5.3.3, DMPRO §9.1: a fresh one, for the next session"),
            NoncePolicy("message", _fresh, True, basis="DMPRO §9.1: Status 200 and a fresh one in every answer"),
            NoncePolicy("counter", _counted, basis="PROPOSAL: the last one plus one; never repeated, always foreseen"),
            NoncePolicy("clock", _clocked, basis="PROPOSAL: whole seconds; no state, one a second, foreseen"),
            NoncePolicy("reused", _kept, basis="seen in real servers: one nonce for ever (DMSEC §5.3.3 forbids it)"),
            NoncePolicy(
                "fixed resync",
                _fresh,
                challenge=DEFAULT_NONCE,
                basis="Windows Mobile: fresh ones, but a challenge carries the known default nonce",
            ),
        )
    }
)
"""Every policy by its name."""
