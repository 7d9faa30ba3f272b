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
from hashlib import sha256
from types import MappingProxyType
from typing import Final, Protocol, Self

import msgspec

from dmkit.auth import DEFAULT_NONCE
from dmkit.words.arguments import whole
from dmkit.words.records import dataclass

__all__ = ["NONCES", "Counted", "NoncePolicy", "Nonces", "Source", "counted_nonces"]

NonceMaker = Callable[[bytes, Iterator[bytes], float], bytes]


@dataclass(frozen=True, slots=True)
class NoncePolicy:
    """How nonces are made.

    ``make`` gets the nonce in force, the stream of fresh ones and the time.  ``per_message``: md5 is proved anew in
    each message (200 instead of 212); a MAC always is.  ``challenge``, unless None, is what every 401 and 407 carries.
    ``basis`` says who does it so.

    >>> NONCES["message"].per_message
    True
    """

    name: str
    make: NonceMaker
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


# -- where fresh ones come from


class Source(Protocol):
    """Fresh nonces as a value: ``draw`` gives one, and the source of those that follow."""

    def draw(self) -> tuple[bytes, Source]:
        """The next nonce, and what is left."""


class Counted(msgspec.Struct, frozen=True):
    """Nonces of a seed and a number: the same in every run, and never twice.  Not for real use.

    >>> nonce, rest = Counted("server").draw()
    >>> len(nonce), rest, Counted("server", 64).draw()[0][:4] == nonce[:4]
    (16, Counted(seed='server', length=16, number=2), True)
    """

    seed: str
    length: int = 16
    number: int = 1

    def draw(self) -> tuple[bytes, Counted]:
        """The nonce of this number: SHA-256 of seed and number, and of its blocks where one digest is too short."""
        text = f"{self.seed} {self.number}"
        octets = sha256(text.encode()).digest()
        if self.length <= 32:
            return octets[: self.length], Counted(self.seed, self.length, self.number + 1)
        block = 1
        while len(octets) < self.length:
            octets += sha256(f"{text} {block}".encode()).digest()
            block += 1
        return octets[: self.length], Counted(self.seed, self.length, self.number + 1)


class _Stream:
    """Nonces of an iterator as a value: each place in the stream remembers what it gave and what follows.

    A place is equal to itself only, and forgotten with the last value that stands there.
    """

    __slots__ = ("_drawn", "_source")

    def __init__(self, source: Iterator[bytes]) -> None:
        self._source = source
        self._drawn: tuple[bytes, _Stream] | None = None

    def draw(self) -> tuple[bytes, _Stream]:
        if self._drawn is None:
            self._drawn = next(self._source), _Stream(self._source)
        return self._drawn


class Nonces:
    """An iterator over a source, which is its ``value``: several sessions of one device draw from the same.

    >>> nonces = Nonces.of(Counted("device", 2))
    >>> before, first = nonces.value, next(nonces)
    >>> nonces.value = before
    >>> next(nonces) == first
    True
    """

    __slots__ = ("value",)

    def __init__(self, value: Source) -> None:
        self.value = value

    @classmethod
    def of(cls, nonces: Iterator[bytes] | Source) -> Self:
        """``nonces`` themselves when they are such an iterator already, else one over them."""
        if isinstance(nonces, cls):
            return nonces
        return cls(_Stream(nonces) if isinstance(nonces, Iterator) else nonces)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        nonce, self.value = self.value.draw()
        return nonce


def counted_nonces(name: str, length: int = 16) -> Iterator[bytes]:
    """Nonces for lessons and tests: different every time, the same in every run.  Not for real use.

    >>> nonces = counted_nonces("server")
    >>> len(next(nonces)), next(nonces) == next(nonces)
    (16, False)

    ConfigError for a ``length`` that is no number of octets from 1 to 65,536.
    """
    return Nonces(Counted(name, whole("length", length, 1, 65_536)))
