"""Who is who during one session: one side proves itself, the other checks.

Each direction has a ``Prover`` at one end and a ``Verifier`` at the other; client and server
both own one of each.  [DMPRO §9, DMSEC §5.3, §5.4]
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Final, Literal, Self, TypeAlias

import msgspec
from msgspec.structs import replace as changed

from dmkit.auth import (
    SCHEMES,
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
from dmkit.words.structs import like_a_dataclass

__all__ = [
    "ACCEPTED",
    "CHALLENGED",
    "HOPELESS",
    "TAKEN",
    "OwnStanding",
    "ProofVerdict",
    "Prover",
    "ShownProof",
    "Verifier",
    "challenge",
]

_CHALLENGES: Final = frozenset({StatusCode.UNAUTHORIZED, StatusCode.CREDENTIALS_MISSING})
_OK: Final = StatusCode.OK
_PROVED: Final = StatusCode.AUTHENTICATED
_WELL: Final = frozenset({_OK, _PROVED})


def challenge(scheme: Scheme, nonce: bytes | None) -> Meta:
    """The Meta of a Chal; the nonce travels in base64.  [DMSEC §5.3.3]"""
    text = None if nonce is None else b2a_base64(nonce, newline=False).decode()
    return Meta(format="b64", type=str(scheme.type), next_nonce=text)


class OwnStanding(Enum):
    """What a Status on our own header means for us."""

    ACCEPTED = "accepted"
    CHALLENGED = "challenged"
    HOPELESS = "hopeless"


ACCEPTED: Final = OwnStanding.ACCEPTED
CHALLENGED: Final = OwnStanding.CHALLENGED
HOPELESS: Final = OwnStanding.HOPELESS
"""The same by themselves: to look one up in its class takes fifteen times as long."""


def _floor_of(downgrade: str, required: Scheme | None, credential: Credential | None) -> int | None:
    """The weakest proof a side gives, as a place in STRENGTH; None for no floor (``Rules.downgrade``)."""
    if downgrade == "floor":
        return strength(required)
    if downgrade == "sticky" and credential is not None and credential.scheme is not None:
        return strength(scheme_of(credential.scheme))
    return None


class Prover(msgspec.Struct, frozen=True, cache_hash=True):
    """Proves one side to its peer: a value; what changes it gives the prover that follows.

    ``scheme`` is in use now (None: say nothing), ``able`` what we can use when asked, ``nonce`` goes into the next
    proof, ``pending`` is a nonce to keep for later sessions once the peer is known to be genuine.
    """

    credential: Credential | None
    scheme: Scheme | None
    able: tuple[Scheme, ...] = ()
    mac_once: bool = False
    nonce: bytes = b""
    pending: bytes | None = None
    accepted: bool = False
    lasting: bool = False
    why: str = ""
    floor: int | None = None
    channel: bytes = b""
    established: Scheme | None = None
    proved: bool = False
    held: bool = False
    refused: int = 0
    asked: int = 0

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
        made = cls(credential, scheme, able, rules.mac_once, nonce, floor=floor, channel=rules.channel)
        weak = floor is not None and scheme is not None and made._too_weak(scheme)
        return changed(made, scheme=None) if weak else made

    def __repr__(self) -> str:
        return f"Prover({self.credential!r}, {self.scheme!r}, accepted={self.accepted})"

    def dress(self, header: Header) -> tuple[Self, Header]:
        """``header`` with user name and credentials where the next message needs them."""
        scheme, credential = self.scheme, self.credential
        if scheme is None or credential is None or self.lasting:
            return self._speaks(proved=False) if self.proved or self.held else self, header
        after = self._speaks(proved=True)
        if scheme.in_transport:
            return after, changed(header, source_name=credential.name)
        cred = Cred(scheme.prove(credential, self.nonce, b""), Meta(format="b64", type=str(scheme.type)))
        name = credential.name if scheme.uses_nonce else None
        return after, changed(header, source_name=name, cred=cred)

    def silent(self) -> Self:
        """Says its next header without a proof: whoever it is for has proved nothing."""
        return changed(self, proved=False, held=self.scheme is not None and not self.lasting)

    def _speaks(self, *, proved: bool) -> Self:
        return self if self.proved is proved and not self.held else changed(self, proved=proved, held=False)

    def headers(self, body: bytes) -> Mapping[str, str]:
        """Transport headers that go with ``body``: the MAC, when it is in use."""
        scheme, credential = self.scheme, self.credential
        if scheme is None or credential is None or not scheme.in_transport or self.held:
            return {}
        proof = scheme.prove(credential, self.nonce, covered(scheme, self.channel, body))
        return {HEADER: print_header(credential.name, proof, algorithm_of(scheme))}

    def answered(self, status: Status) -> tuple[Self, OwnStanding]:
        """Take in the peer's answer to our last header."""
        code, chal = status.code, status.chal
        if chal is None and self.lasting and self.accepted and not self.proved and not self.held and code in _WELL:
            return self, ACCEPTED  # as it stood
        offered = decode_b64(chal.next_nonce) if chal is not None and chal.next_nonce else None
        if code in _CHALLENGES:
            return self._challenged(status, offered)
        if self.held:  # it says nothing of a proof that was not shown; the next message has it
            return changed(self, held=False), ACCEPTED
        if code not in _WELL:
            return self._hopeless(f"the peer answered our header with {code!r}")
        mac = self.proved and self.scheme is not None and self.scheme.in_transport
        if mac and not self.mac_once and (code != _OK or offered is None):
            return self._hopeless("with the MAC every header is answered by 200 and a NextNonce")
        lasts = code == _PROVED or not self.proved
        renewed = offered is not None and (code == _OK or mac)
        after = changed(
            self,
            accepted=True,
            lasting=not mac if lasts else self.lasting,
            established=self.scheme if self.proved else self.established,
            pending=self.pending if offered is None else offered,
            nonce=offered if renewed else self.nonce,
        )
        return after, ACCEPTED

    def unanswered(self) -> tuple[Self, OwnStanding]:
        """The peer did not answer our header: it stands as it stood, once accepted."""
        if self.accepted or self.scheme is None:
            return changed(self, accepted=True), ACCEPTED
        return changed(self, why="the server did not answer our header"), HOPELESS

    def kept(self) -> Self:
        """The pending nonce has been kept by whoever holds the account."""
        return self if self.pending is None else changed(self, pending=None)

    def _challenged(self, status: Status, offered: bytes | None) -> tuple[Self, OwnStanding]:
        self = changed(
            self,
            accepted=False,
            lasting=False,
            refused=self.refused + self.proved,
            asked=self.asked + (not self.proved),
        )
        if self.refused > 1 or self.asked > 1:
            return self._hopeless("the peer refused again what it had asked for")
        scheme = by_type(status.chal.type, self.able) if status.chal is not None else None
        if status.chal is None:
            return self._hopeless(f"{status.code!r} came without a challenge")
        if scheme is None or self.credential is None:
            return self._hopeless(f"the peer asks for {status.chal.type}, which we cannot do")
        if self._too_weak(scheme):
            return self._hopeless(f"the peer asks for {status.chal.type}, which is weaker than our floor")
        if self.established is not None and scheme is not self.established:
            return self._hopeless("the peer wants to change the authentication type in mid-session")
        nonce = self.nonce if status.chal.next_nonce is None else offered or b""
        return changed(self, scheme=scheme, nonce=nonce), CHALLENGED

    def _too_weak(self, scheme: Scheme) -> bool:
        """True below the floor: somebody on the path may want the weaker proof.  Schemes of one's own never are."""
        rank = strength(scheme)
        return self.floor is not None and rank is not None and rank < self.floor

    def _hopeless(self, why: str) -> tuple[Self, OwnStanding]:
        return changed(self, accepted=False, lasting=False, scheme=None, why=why), HOPELESS


def _algorithms(required: Scheme) -> frozenset[str]:
    """What a MAC header may name."""
    return frozenset(algorithm_of(s) for s in (required, *SCHEMES.values()) if s.in_transport)


def _by_algorithm(algorithm: str, required: Scheme) -> Scheme | None:
    """The scheme that a MAC header means: the required one when it fits, else the first row that does."""
    among = (required, *SCHEMES.values())
    return next((s for s in among if s.in_transport and algorithm_of(s) == algorithm), None)


@like_a_dataclass
class ProofVerdict(msgspec.Struct, frozen=True):
    """What a header is worth: its ``status``, a challenge where there must be one, and whether to go on."""

    ok: bool
    status: StatusCode
    chal: Meta | None = None
    give_up: bool = False
    why: str = ""


class ShownProof(msgspec.Struct, frozen=True):
    """What a message shows by itself, before anything follows from it.

    ``scheme`` is that of a good proof; else ``why`` says what is wrong with it, and both are empty when there is none.
    ``fatal``: the peer was told already.
    """

    scheme: Scheme | None = None
    why: str = ""
    fatal: bool = False


_NOTHING: Final = ShownProof()
TAKEN: Final = ProofVerdict(True, _OK)
"""The verdict on a message of a peer whose proof lasts."""

Fresh: TypeAlias = Callable[[bytes], bytes]
"""Makes the nonce that follows the one in force."""


class Verifier(msgspec.Struct, frozen=True, cache_hash=True):
    """Checks the peer's proofs and issues nonces: a value; each check gives the verifier that follows.

    ``credential`` or ``scheme`` None: the transport vouches for the peer.  ``stored`` is the nonce for later
    sessions, None while there is no new one; ``expected`` are the nonces that a proof may have been made with.
    """

    credential: Credential | None
    scheme: Scheme | None
    policy: NoncePolicy = NONCES["session"]
    attempts: int = 2
    mac_once: bool = False
    transport_status: Literal[200, 212] = 200
    accepted: bool = False
    stored: bytes | None = None
    channel: bytes = b""
    expected: tuple[bytes, ...] = ()
    proved_by: Scheme | None = None
    asked: Scheme | None = None
    lasting: bool = False
    refused: int = 0
    missing: int = 0

    @classmethod
    def of(cls, credential: Credential | None, scheme: str | Scheme, rules: Rules) -> Self:
        """The verifier of a side that plays by ``rules``; ``scheme`` is what they ask of the peer."""
        expected = (credential.nonce,) if credential is not None else ()
        return cls(
            credential,
            scheme_of(scheme),
            NONCES[rules.nonce],
            rules.challenges,
            rules.mac_once,
            rules.transport_status,
            channel=rules.channel,
            expected=expected,
        )

    def __repr__(self) -> str:
        return f"Verifier({self.credential!r}, {self.scheme!r}, accepted={self.accepted})"

    @property
    def used(self) -> Scheme | None:
        """The scheme of the proof that was taken, which may be stronger than the required one; that one before."""
        return self.proved_by or self.scheme

    @property
    def proved(self) -> bool:
        """True once the peer has given a good proof in this session."""
        return self.proved_by is not None

    def kept(self) -> Self:
        """The nonce for later sessions has been kept by whoever holds the account."""
        return self if self.stored is None else changed(self, stored=None)

    @property
    def needs_proof(self) -> bool:
        """True when the peer has to prove itself by what it says; False when the transport vouches for it."""
        return self.scheme is not None and self.credential is not None

    def inspect(self, header: Header, headers: Mapping[str, str], body: bytes) -> ShownProof:
        """Look at the proof of one message, under the nonces in force; nothing changes by that."""
        required, credential = self.scheme, self.credential
        cred, mac_text = header.cred, headers.get(HEADER)
        if required is None or credential is None or (mac_text is None and (cred is None or not cred.data.strip())):
            return _NOTHING
        if mac_text is not None:
            mac = parse_header(mac_text, _algorithms(required))
            if mac is None or not same(mac.username, credential.name):
                return ShownProof(None, "the MAC header is incomplete or names somebody else")
            scheme = _by_algorithm(mac.algorithm, required)
            proof = mac.mac
        else:
            assert cred is not None
            named = cred.meta.type if cred.meta else None
            scheme = required if named == required.type else by_type(named, (required, *SCHEMES.values()))
            proof = cred.data
        if scheme is None or not self._good_enough(scheme, required):
            return ShownProof(None, "another authentication type is wanted", self.asked is not None)
        seen = covered(scheme, self.channel, body)
        for nonce in self.expected:
            if scheme.check(proof, credential, nonce, seen):
                return ShownProof(scheme)
        return ShownProof(None, "the proof is wrong, or made with a nonce that is not in force")

    def check(
        self,
        header: Header,
        headers: Mapping[str, str],
        body: bytes,
        nonces: Iterator[bytes],
        now: float = 0.0,
        *,
        judged: ShownProof | None = None,
    ) -> tuple[Self, ProofVerdict]:
        """Judge one message by its header, its transport headers and its octets.

        ``nonces`` are those to give out, ``now`` serves clocked ones.  ``judged`` is what ``inspect`` said of it
        a moment ago, where somebody has asked.
        """
        required = self.scheme
        if required is None or self.credential is None:
            return changed(self, accepted=True), ProofVerdict(True, StatusCode(self.transport_status))

        if judged is None and self.lasting and header.cred is None and HEADER not in headers:
            return self, TAKEN  # as almost every message but the first
        found = judged or self.inspect(header, headers, body)
        if found is _NOTHING and self.lasting:
            return self, TAKEN

        def fresh(current: bytes) -> bytes:
            return self.policy.make(current, nonces, now)

        if found.scheme is not None:
            return self._accept(found.scheme, fresh)
        if found.why:
            return self._refuse(required, found.why, fresh, fatal=found.fatal)
        return self._nothing_came(required, fresh)

    def _good_enough(self, scheme: Scheme, required: Scheme) -> bool:
        wanted = self.proved_by or self.asked
        if wanted is not None:
            return scheme.name == wanted.name
        if scheme.name == required.name:
            return True
        ours, theirs = strength(required), strength(scheme)
        return ours is not None and theirs is not None and theirs > ours

    def _accept(self, scheme: Scheme, fresh: Fresh) -> tuple[Self, ProofVerdict]:
        if scheme.in_transport or (scheme.uses_nonce and self.policy.per_message):
            nonce = self._issue(fresh)
            after = changed(self, accepted=True, proved_by=scheme, stored=nonce, expected=(nonce,))
            return after, ProofVerdict(True, _OK, challenge(scheme, nonce))
        if self.lasting or not scheme.uses_nonce:
            after = changed(self, accepted=True, proved_by=scheme, lasting=True)
            return after, ProofVerdict(True, _PROVED)
        nonce = self._issue(fresh)
        expected = (*self.expected, nonce)
        after = changed(self, accepted=True, proved_by=scheme, lasting=True, stored=nonce, expected=expected)
        return after, ProofVerdict(True, _PROVED, challenge(scheme, nonce))

    def _nothing_came(self, required: Scheme, fresh: Fresh) -> tuple[Self, ProofVerdict]:
        mac = self.proved_by is not None and self.proved_by.in_transport
        if self.lasting or (self.mac_once and self.accepted and mac):
            return self, TAKEN
        if mac:
            return self._refuse(required, "the MAC was in use and this message has none", fresh, fatal=True)
        missing = self.missing + 1
        after, ask = changed(self, accepted=False, missing=missing)._ask(required, fresh)
        why = "no credentials came"
        return after, ProofVerdict(False, StatusCode.CREDENTIALS_MISSING, ask, missing >= self.attempts, why)

    def _refuse(self, required: Scheme, why: str, fresh: Fresh, *, fatal: bool) -> tuple[Self, ProofVerdict]:
        refused = self.refused + 1
        after, ask = changed(self, accepted=False, lasting=False, refused=refused)._ask(required, fresh)
        return after, ProofVerdict(False, StatusCode.UNAUTHORIZED, ask, fatal or refused >= self.attempts, why)

    def _ask(self, required: Scheme, fresh: Fresh) -> tuple[Self, Meta]:
        asked = self.proved_by or required
        if not asked.uses_nonce:
            return changed(self, asked=asked), challenge(asked, None)
        nonce = self.policy.challenge or self._issue(fresh)
        return changed(self, asked=asked, expected=(nonce,)), challenge(asked, nonce)

    def _issue(self, fresh: Fresh) -> bytes:
        return fresh(self.expected[-1] if self.expected else b"")
