"""Authentication and key agreement: the card and its home network prove themselves to each other.  [TS 33.102 §6.3]

The network sends RAND and AUTN = (SQN xor AK) AMF MAC-A.  The card checks MAC-A, then whether SQN is fresh, and answers
with keys, with AUTS (the sequence number it has) or with nothing but "wrong".

>>> from dmkit.card.aka.milenage import Milenage
>>> card = UsimAuthenticator(Milenage(bytes(16), bytes(16)))
>>> centre = AuthenticationCentre({"imsi": Subscriber(Milenage(bytes(16), bytes(16)))}, iter([b"R" * 16]))
>>> sent = centre.vector("imsi")
>>> card.run(sent.rand, sent.autn).res == sent.xres
True
>>> card.run(sent.rand, sent.autn)                # the same again: not fresh
Resync(auts=...)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import field, replace
from typing import Final, Literal, Protocol, TypeAlias

from dmkit.card.aka.functions import Functions, sized, to_c2, to_c3, xor
from dmkit.card.aka.sqn import SequenceNumber, SqnWindow
from dmkit.words.asked import asked
from dmkit.words.checked import checked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError, ConfigError, LocalProtocolError
from dmkit.words.records import dataclass

__all__ = [
    "AMF_STAR",
    "AkaResult",
    "AuthenticationCentre",
    "Authenticator",
    "Challenge",
    "MacFailure",
    "Resync",
    "ResyncResult",
    "Subscriber",
    "Triplet",
    "UsimAuthenticator",
    "Vector",
    "build_autn",
    "build_auts",
    "open_auts",
]

AMF_STAR: Final = bytes(2)
"""AMF that enters MAC-S: zero, so that it need not travel.  [TS 33.102 §6.3.3]"""


@dataclass(frozen=True, slots=True)
class Vector:
    """The card accepts: its answer and the fresh keys."""

    res: bytes
    ck: bytes = field(repr=False)
    ik: bytes = field(repr=False)

    @property
    def kc(self) -> bytes:
        """The 2G key made of CK and IK.  [TS 33.102 §6.8.1.2]"""
        return to_c3(self.ck, self.ik)

    @property
    def sres(self) -> bytes:
        """The 2G answer made of RES.  [TS 33.102 §6.8.1.2]"""
        return to_c2(self.res)


@dataclass(frozen=True, slots=True)
class Resync:
    """The challenge is genuine and not fresh: AUTS tells the network which sequence number the card has."""

    auts: bytes

    def __repr__(self) -> str:
        return f"Resync(auts={self.auts.hex()})"


@dataclass(frozen=True, slots=True)
class MacFailure:
    """The challenge does not come from the home network (status word 9862)."""


AkaResult: TypeAlias = Vector | Resync | MacFailure


@dataclass(frozen=True, slots=True)
class Triplet:
    """Answer and key of a 2G run."""

    sres: bytes
    kc: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a home network gives a serving one: the challenge, the answer to expect, the keys.  [TS 33.102 §6.3.2]"""

    rand: bytes
    autn: bytes
    xres: bytes
    ck: bytes = field(repr=False)
    ik: bytes = field(repr=False)


class Authenticator(Protocol):
    """What runs AKA on the card's side: a card, a card behind a reader, or a model of one."""

    def run(self, rand: bytes, autn: bytes) -> AkaResult:
        """Answer a challenge in the 3G context."""


def build_autn(functions: Functions, rand: bytes, sqn: int, amf: bytes) -> bytes:
    """AUTN = (SQN xor AK) AMF MAC-A, 16 octets."""
    return xor(sqn.to_bytes(6), functions.f2345(rand).ak) + amf + sized("MAC of AUTN", functions.f1(rand, sqn, amf), 8)


@asked
def build_auts(functions: Functions, rand: bytes, sqn_ms: int) -> bytes:
    """AUTS = (SQN_MS xor AK*) MAC-S, 14 octets.  AK* depends on RAND alone: that is the leak of 2019.

    >>> from dmkit.card.aka.milenage import Milenage
    >>> key = bytes(range(16))
    >>> build_auts(Milenage(key, key), bytes(16), 31).hex()
    '8711a0ec9e1637df17f80b384ee4'
    """
    mac = sized("MAC of AUTS", functions.f1_star(rand, sqn_ms, AMF_STAR), 8)
    return xor(sqn_ms.to_bytes(6), functions.f5_star(rand)) + mac


def open_auts(functions: Functions, rand: bytes, auts: bytes) -> int | None:
    """SQN_MS out of AUTS, or None when MAC-S is wrong.  Raises CodecError for a string that has not 14 octets."""
    if len(auts) != 14:
        raise CodecError(f"AUTS has 14 octets, not {len(auts)}")
    sqn_ms = int.from_bytes(xor(auts[:6], functions.f5_star(rand)))
    return sqn_ms if functions.f1_star(rand, sqn_ms, AMF_STAR) == auts[6:] else None


@dataclass(slots=True)
class UsimAuthenticator:
    """The card's side.  ``window`` is all that a run changes; put the old value back and the run never was."""

    functions: Functions
    window: SqnWindow = field(default_factory=SqnWindow)

    def run(self, rand: bytes, autn: bytes) -> AkaResult:
        """Answer a challenge; only an accepted one moves the window.  Raises CodecError for strings of a wrong size."""
        if len(rand) != 16 or len(autn) != 16:
            raise CodecError(f"RAND and AUTN have 16 octets each, not {len(rand)} and {len(autn)}")
        keys = self.functions.f2345(rand)
        sqn, amf = int.from_bytes(xor(autn[:6], keys.ak)), autn[6:8]
        if self.functions.f1(rand, sqn, amf) != autn[8:]:
            return MacFailure()
        moved = self.window.accept(sqn)
        if moved is None:
            return Resync(build_auts(self.functions, rand, self.window.highest))
        self.window = moved
        return Vector(keys.res, keys.ck, keys.ik)

    def run_gsm(self, rand: bytes) -> Triplet:
        """Answer a 2G challenge, which proves nothing about the network.  [TS 33.102 §6.8.1.2]"""
        if len(rand) != 16:
            raise CodecError(f"RAND has 16 octets, not {len(rand)}")
        keys = self.functions.f2345(rand)
        return Triplet(to_c2(keys.res), to_c3(keys.ck, keys.ik))


@checked
@dataclass(frozen=True, slots=True)
class Subscriber:
    """One line of the centre's book: the subscriber's functions, the sequence number last used, the AMF."""

    functions: Functions
    """The functions with the key inside: ``Milenage``, ``Tuak`` or yours."""
    sequence: SequenceNumber = field(default_factory=SequenceNumber)
    """The sequence number last used, and how the next one is made."""
    amf: bytes = b"\x80\x00"
    """Authentication management field, 2 octets; the first bit is set outside of the GSM context.  [TS 33.102]"""

    def __post_init__(self) -> None:
        if len(self.amf) != 2:
            raise ConfigError(f"AMF has {many(len(self.amf), 'octet')}; it needs 2")


ResyncResult: TypeAlias = Literal["moved", "in step", "forged", "unknown subscriber"]


class AuthenticationCentre:
    """The home network's side: makes vectors, and takes AUTS in.

    ``rands`` gives the challenges: the only chance there is.  ``subscribers`` maps IMSI to Subscriber.
    """

    def __init__(self, subscribers: Mapping[str, Subscriber], rands: Iterator[bytes]) -> None:
        self.subscribers: MutableMapping[str, Subscriber] = dict(subscribers)
        self._rands = rands

    def __repr__(self) -> str:
        return f"AuthenticationCentre({many(len(self.subscribers), 'subscriber')})"

    def vector(self, imsi: str, *, ind: int | None = None, now: float = 0.0) -> Challenge:
        """The next challenge for a subscriber; ``ind`` names the serving node's slot, ``now`` serves clocked numbers.

        Raises LocalProtocolError for an unknown subscriber.
        """
        subscriber = self._known(imsi)
        sequence = subscriber.sequence.next(ind=ind, now=now)
        self.subscribers[imsi] = replace(subscriber, sequence=sequence)
        return self.challenge(imsi, next(self._rands), sequence.sqn)

    def challenge(self, imsi: str, rand: bytes, sqn: int) -> Challenge:
        """The challenge of a RAND and SQN of your choice; changes nothing."""
        subscriber = self._known(imsi)
        functions = subscriber.functions
        keys = functions.f2345(rand)
        return Challenge(rand, build_autn(functions, rand, sqn, subscriber.amf), keys.res, keys.ck, keys.ik)

    def triplet(self, imsi: str) -> tuple[bytes, Triplet]:
        """RAND and a 2G answer and key, converted from the 3G ones.  [TS 33.102 §6.8.1.2]"""
        rand = next(self._rands)
        keys = self._known(imsi).functions.f2345(rand)
        return rand, Triplet(to_c2(keys.res), to_c3(keys.ck, keys.ik))

    def resynchronise(self, imsi: str, rand: bytes, auts: bytes) -> ResyncResult:
        """Take the card's AUTS in: "moved" when the counter went to the card's, "in step" when it need not.

        A wrong MAC-S changes nothing ("forged").  [TS 33.102 §6.3.5]
        """
        subscriber = self.subscribers.get(imsi)
        if subscriber is None:
            return "unknown subscriber"
        sqn_ms = open_auts(subscriber.functions, rand, auts)
        if sqn_ms is None:
            return "forged"
        sequence = subscriber.sequence
        if sequence.would_satisfy(sqn_ms):
            return "in step"
        self.subscribers[imsi] = replace(subscriber, sequence=sequence.at(sqn_ms))
        return "moved"

    def _known(self, imsi: str) -> Subscriber:
        if imsi not in self.subscribers:
            raise LocalProtocolError(f"no subscriber {imsi}: known are {', '.join(sorted(self.subscribers)[:5])}")
        return self.subscribers[imsi]
