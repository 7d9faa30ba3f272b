"""Who is who during one session: one side proves itself, the other checks.

Each direction has a ``Prover`` at one end and a ``Verifier`` at the other; client and server
both own one of each.  [DMPRO §9, DMSEC §5.3, §5.4]
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Literal, Self

import msgspec

from dmkit.auth import (
    SCHEMES,
    STRENGTH,
    Credential,
    Scheme,
    algorithm_of,
    by_type,
    covered,
    decode_b64,
    scheme_of,
    strength,
)
from dmkit.auth.mac import HEADER, parse_header, print_header
from dmkit.auth.scheme import same
from dmkit.session.nonces import NONCES, NoncePolicy
from dmkit.session.rules import Rules
from dmkit.words.codes import StatusCode
from dmkit.words.model import Cred, Header, Meta, Status

__all__ = ["Heard", "Prover", "Verdict", "Verifier", "challenge"]

_ALGORITHMS: Final = frozenset(algorithm_of(scheme) for scheme in SCHEMES.values() if scheme.in_transport)
_CHALLENGES: Final = frozenset({StatusCode.UNAUTHORIZED, StatusCode.CREDENTIALS_MISSING})


def challenge(scheme: Scheme, nonce: bytes | None) -> Meta:
    """The Meta of a Chal; the nonce travels in base64.  [DMSEC §5.3.3]"""
    text = None if nonce is None else b64encode(nonce).decode()
    return Meta(format="b64", type=scheme.type.value, next_nonce=text)


class Heard(Enum):
    """What a Status on our own header means for us."""

    ACCEPTED = "accepted"
    CHALLENGED = "challenged"
    HOPELESS = "hopeless"


def _floor_of(downgrade: str, required: Scheme | None, credential: Credential | None) -> int | None:
    """The weakest proof a side gives, as a place in STRENGTH; None for no floor (``Rules.downgrade``)."""
    if downgrade == "floor":
        return strength(required)
    if downgrade == "sticky" and credential is not None and credential.scheme is not None:
        return STRENGTH.get(credential.scheme)
    return None


@dataclass(slots=True)
class Prover:
    """Proves one side to its peer.

    ``scheme`` is in use now (None: say nothing), ``able`` what we can use when asked, ``nonce`` goes into the next
    proof, ``pending`` is a nonce to keep for later sessions once the peer is known to be genuine.
    """

    credential: Credential | None
    scheme: Scheme | None
    able: tuple[Scheme, ...] = ()
    lenient: bool = False
    nonce: bytes = b""
    pending: bytes | None = None
    accepted: bool = False
    lasting: bool = False
    why: str = ""
    floor: int | None = None
    channel: bytes = field(default=b"", repr=False)
    _established: Scheme | None = None
    _proved: bool = False
    _refused: int = 0
    _asked: int = 0

    @classmethod
    def of(
        cls,
        credential: Credential | None,
        scheme: Scheme | None,
        able: tuple[Scheme, ...],
        required: Scheme | None,
        rules: Rules,
    ) -> Self:
        """The prover of a side that plays by ``rules``; ``required`` is the scheme they ask of it."""
        nonce = credential.nonce if credential is not None else b""
        floor = _floor_of(rules.downgrade, required, credential)
        return cls(credential, scheme, able, rules.lenient, nonce, floor=floor, channel=rules.channel)

    def __post_init__(self) -> None:
        if self.scheme is not None and self._too_weak(self.scheme):
            self.scheme = None

    def dress(self, header: Header) -> Header:
        """``header`` with user name and credentials where the next message needs them."""
        scheme, credential = self.scheme, self.credential
        if scheme is None or credential is None or self.lasting:
            self._proved = False
            return header
        self._proved = True
        if scheme.in_transport:
            return msgspec.structs.replace(header, source_name=credential.name)
        cred = Cred(scheme.prove(credential, self.nonce, b""), Meta(format="b64", type=scheme.type.value))
        name = credential.name if scheme.uses_nonce else None
        return msgspec.structs.replace(header, source_name=name, cred=cred)

    def headers(self, body: bytes) -> Mapping[str, str]:
        """Transport headers that go with ``body``: the MAC, when it is in use."""
        scheme, credential = self.scheme, self.credential
        if scheme is None or credential is None or not scheme.in_transport:
            return {}
        proof = scheme.prove(credential, self.nonce, covered(scheme, self.channel, body))
        return {HEADER: print_header(credential.name, proof, algorithm_of(scheme))}

    def heard(self, status: Status) -> Heard:
        """Take in the peer's answer to our last header."""
        code, chal = status.code, status.chal
        offered = decode_b64(chal.next_nonce) if chal is not None and chal.next_nonce else None
        if code in _CHALLENGES:
            return self._challenged(status, offered)
        if code not in (StatusCode.OK, StatusCode.AUTHENTICATED):
            return self._hopeless(f"the peer answered our header with {code!r}")
        mac = self._proved and self.scheme is not None and self.scheme.in_transport
        if mac and not self.lenient and (code != StatusCode.OK or offered is None):
            return self._hopeless("with the MAC every header is answered by 200 and a NextNonce")
        self.accepted = True
        if code == StatusCode.AUTHENTICATED or not self._proved:
            self.lasting = not mac
        if self._proved:
            self._established = self.scheme
        if offered is not None:
            self.pending = offered
            if code == StatusCode.OK or mac:
                self.nonce = offered
        return Heard.ACCEPTED

    def _challenged(self, status: Status, offered: bytes | None) -> Heard:
        self.accepted = self.lasting = False
        self._refused += self._proved
        self._asked += not self._proved
        if self._refused > 1 or self._asked > 1:
            return self._hopeless("the peer refused again what it had asked for")
        scheme = by_type(status.chal.type, self.able) if status.chal is not None else None
        if status.chal is None:
            return self._hopeless(f"{status.code!r} came without a challenge")
        if scheme is None or self.credential is None:
            return self._hopeless(f"the peer asks for {status.chal.type}, which we cannot do")
        if self._too_weak(scheme):
            return self._hopeless(f"the peer asks for {status.chal.type}, which is weaker than our floor")
        if self._established is not None and scheme is not self._established:
            return self._hopeless("the peer wants to change the authentication type in mid-session")
        self.scheme = scheme
        if status.chal.next_nonce is not None:
            self.nonce = offered or b""
        return Heard.CHALLENGED

    def _too_weak(self, scheme: Scheme) -> bool:
        """True below the floor: somebody on the path may want the weaker proof.  Schemes of one's own never are."""
        rank = strength(scheme)
        return self.floor is not None and rank is not None and rank < self.floor

    def _hopeless(self, why: str) -> Heard:
        self.accepted = self.lasting = False
        self.scheme, self.why = None, why
        return Heard.HOPELESS


def _by_algorithm(algorithm: str, required: Scheme) -> Scheme | None:
    """The scheme that a MAC header means: the required one when it fits, else the first row that does."""
    among = (required, *SCHEMES.values())
    return next((s for s in among if s.in_transport and algorithm_of(s) == algorithm), None)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a header is worth: its ``status``, a challenge where there must be one, and whether to go on."""

    ok: bool
    status: StatusCode
    chal: Meta | None = None
    give_up: bool = False
    why: str = ""


@dataclass(slots=True)
class Verifier:
    """Checks the peer's proofs and issues nonces.

    ``credential`` or ``scheme`` None: the transport vouches for the peer.  ``stored`` is the nonce for later
    sessions, None while there is no new one.
    """

    credential: Credential | None
    scheme: Scheme | None
    nonces: Iterator[bytes]
    policy: NoncePolicy = NONCES["session"]
    attempts: int = 2
    lenient: bool = False
    transport_status: Literal[200, 212] = 200
    accepted: bool = False
    stored: bytes | None = None
    channel: bytes = field(default=b"", repr=False)
    _now: float = 0.0
    _expected: tuple[bytes, ...] = field(default=(), repr=False)
    _used: Scheme | None = None
    _asked: Scheme | None = None
    _lasting: bool = False
    _refused: int = 0
    _missing: int = 0

    @classmethod
    def of(cls, credential: Credential | None, scheme: str | Scheme, nonces: Iterator[bytes], rules: Rules) -> Self:
        """The verifier of a side that plays by ``rules``; ``scheme`` is what they ask of the peer."""
        return cls(
            credential,
            scheme_of(scheme),
            nonces,
            NONCES[rules.nonce],
            rules.challenges,
            rules.lenient,
            rules.transport_status,
            channel=rules.channel,
        )

    def __post_init__(self) -> None:
        if self.credential is not None:
            self._expected = (self.credential.nonce,)

    @property
    def used(self) -> Scheme | None:
        """The scheme of the proof that was taken, which may be stronger than the required one; that one before."""
        return self._used or self.scheme

    @property
    def proved(self) -> bool:
        """True once the peer has given a good proof in this session."""
        return self._used is not None

    def check(self, header: Header, headers: Mapping[str, str], body: bytes, now: float = 0.0) -> Verdict:
        """Judge one message by its header, its transport headers and its octets; ``now`` serves clocked nonces."""
        self._now = now
        required, credential = self.scheme, self.credential
        if required is None or credential is None:
            self.accepted = True
            return Verdict(True, StatusCode(self.transport_status))
        cred, mac_text = header.cred, headers.get(HEADER)
        if mac_text is None and (cred is None or not cred.data.strip()):
            return self._nothing_came(required)
        if mac_text is not None:
            mac = parse_header(mac_text, _ALGORITHMS | {algorithm_of(required)})
            if mac is None or not same(mac.username, credential.name):
                return self._refuse(required, "the MAC header is incomplete or names somebody else")
            scheme = _by_algorithm(mac.algorithm, required)
            proof = mac.mac
        else:
            assert cred is not None
            scheme = by_type(cred.meta.type if cred.meta else None, (required, *SCHEMES.values()))
            proof = cred.data
        if scheme is None or not self._good_enough(scheme, required):
            wrong_again = self._asked is not None
            return self._refuse(required, "another authentication type is wanted", fatal=wrong_again)
        seen = covered(scheme, self.channel, body)
        if not any(scheme.check(proof, credential, nonce, seen) for nonce in self._expected):
            return self._refuse(required, "the proof is wrong, or made with a nonce that is not in force")
        return self._accept(scheme)

    def _good_enough(self, scheme: Scheme, required: Scheme) -> bool:
        wanted = self._used or self._asked
        if wanted is not None:
            return scheme.name == wanted.name
        if scheme.name == required.name:
            return True
        ours, theirs = strength(required), strength(scheme)
        return ours is not None and theirs is not None and theirs > ours

    def _accept(self, scheme: Scheme) -> Verdict:
        self.accepted, again, self._used = True, self._lasting, scheme
        if scheme.in_transport or (scheme.uses_nonce and self.policy.per_message):
            self.stored = self._issue()
            self._expected = (self.stored,)
            return Verdict(True, StatusCode.OK, challenge(scheme, self.stored))
        self._lasting = True
        if again or not scheme.uses_nonce:
            return Verdict(True, StatusCode.AUTHENTICATED)
        self.stored = self._issue()
        self._expected = (*self._expected, self.stored)
        return Verdict(True, StatusCode.AUTHENTICATED, challenge(scheme, self.stored))

    def _nothing_came(self, required: Scheme) -> Verdict:
        if self._lasting or (self.lenient and self.accepted and self._used is not None and self._used.in_transport):
            return Verdict(True, StatusCode.OK)
        if self._used is not None and self._used.in_transport:
            return self._refuse(required, "the MAC was in use and this message has none", fatal=True)
        self.accepted = False
        self._missing += 1
        return Verdict(
            False,
            StatusCode.CREDENTIALS_MISSING,
            self._ask(required),
            self._missing >= self.attempts,
            "no credentials came",
        )

    def _refuse(self, required: Scheme, why: str, *, fatal: bool = False) -> Verdict:
        self.accepted = self._lasting = False
        self._refused += 1
        give_up = fatal or self._refused >= self.attempts
        return Verdict(False, StatusCode.UNAUTHORIZED, self._ask(required), give_up, why)

    def _ask(self, required: Scheme) -> Meta:
        self._asked = self._used or required
        if not self._asked.uses_nonce:
            return challenge(self._asked, None)
        nonce = self.policy.challenge or self._issue()
        self._expected = (nonce,)
        return challenge(self._asked, nonce)

    def _issue(self) -> bytes:
        current = self._expected[-1] if self._expected else b""
        return self.policy.make(current, self.nonces, self._now)


NonceSource = Callable[[], Iterator[bytes]]
"""Makes the stream of nonces of one session; the only chance that an engine sees comes from here."""
