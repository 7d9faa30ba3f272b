"""What an attacker knows, and what it can say with that: packets put together from what it heard, and nothing else.

No formula is undone here.  A proof of another is one that was heard, or made with a password that was heard
(``Known.proofs``); it is offered where it fits.  Where several wrong proofs would come to the same refusal, one stands
for all: that is what keeps the number of packets finite.  [DMSEC §5.3, §5.4]

>>> composed(b"N", b"body")[:2]
b'N:'
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from functools import lru_cache
from hashlib import md5
from typing import Final

import msgspec
from msgspec.structs import replace as changed

from dmkit import notify
from dmkit.attack.designs import SERVER_ID
from dmkit.attack.stage import NAME, message_of
from dmkit.auth import SCHEMES, Credential, algorithm_of, covered, decode_b64
from dmkit.auth.basic import BASIC
from dmkit.auth.mac import HEADER, parse_header, print_header
from dmkit.session.packages import header_status
from dmkit.session.proofs import Verifier, challenge
from dmkit.wire.codec import codec_for
from dmkit.words.codes import StatusCode, Verb
from dmkit.words.model import Alert, Command, Cred, Header, Item, Message, Meta, Packet, Replace, Results, Status
from dmkit.words.records import repr_in_order

__all__ = ["EVIL", "OWN_NONCE", "TRIGGER", "AttackerKnowledge", "basic_secret", "challenges", "composed", "proofs_for",
           "proofs_in",
           "replaced", "trigger_of", "with_proof"]  # fmt: skip

EVIL: Final = "evil.example"
"""What attackers write."""
OWN_NONCE: Final = b"a nonce of Eve's"
TRIGGER: Final = 0x0666
"""SessionID of the package 0 that an attacker would send."""
WRONG: Final = b64encode(bytes(16)).decode()
"""The proof that stands for all that do not fit."""


class AttackerKnowledge(msgspec.Struct, frozen=True, cache_hash=True):
    """What was heard: packets that can be said again, nonces, proofs with the nonce of each, passwords in the clear."""

    packets: frozenset[Packet] = frozenset()
    nonces: frozenset[bytes] = frozenset()
    proofs: frozenset[tuple[str, bytes]] = frozenset()
    words: frozenset[str] = frozenset()

    __repr__ = repr_in_order

    def with_(self, packet: Packet, nonce: bytes, *, keep: bool) -> AttackerKnowledge:
        """After one more packet, whose proof was made with ``nonce``; ``keep`` the packet itself, too."""
        nonces, proofs = proofs_in(packet)
        packets = self.packets | {packet} if keep else self.packets
        new = {(text, nonce) for text in proofs - {text for text, _ in self.proofs}}
        word = _word_in(packet)
        return AttackerKnowledge(
            packets, self.nonces | nonces, self.proofs | new, self.words | {word} if word else self.words
        )

    @property
    def texts(self) -> list[str]:
        """The proofs as they are written, each once."""
        return sorted({text for text, _ in self.proofs})


_ALGORITHMS: Final = frozenset(algorithm_of(scheme) for scheme in SCHEMES.values())


@lru_cache(maxsize=1 << 16)
def proofs_in(packet: Packet) -> tuple[frozenset[bytes], frozenset[str]]:
    """Nonces and proofs in one packet."""
    message = message_of(packet)
    if message is None:
        return frozenset(), frozenset()
    proofs, nonces = set(), set()
    if message.header.cred is not None:
        proofs.add(message.header.cred.data.strip())
    text = packet.headers.get(HEADER)
    mac = parse_header(text, _ALGORITHMS) if text is not None else None
    if mac is not None:
        proofs.add(mac.mac)
    for command in message.commands:
        if isinstance(command, Status) and command.chal is not None and command.chal.next_nonce:
            nonces.add(decode_b64(command.chal.next_nonce) or b"")
    return frozenset(nonces), frozenset(proofs)


@lru_cache(maxsize=1 << 16)
def _word_in(packet: Packet) -> str:
    """The password in the credentials of ``packet``, where these are basic; empty when there is none."""
    message = message_of(packet)
    cred = message.header.cred if message is not None else None
    if cred is None or cred.meta is None or cred.meta.type != str(BASIC.type):
        return ""
    return (decode_b64(cred.data) or b"").partition(b":")[2].decode(errors="replace")


def basic_secret(packet: Packet, secrets: Iterable[str]) -> str | None:
    """Whose password stands in the credentials of ``packet``, decoded; None when none does."""
    message = message_of(packet)
    cred = message.header.cred if message is not None else None
    name, colon, word = ((decode_b64(cred.data) if cred is not None else None) or b"").partition(b":")
    return name.decode(errors="replace") if colon and word.decode(errors="replace") in set(secrets) else None


def composed(nonce: bytes, octets: bytes) -> bytes:
    """The nonce under which an md5 proof is the MAC of ``octets``, or the digest of package 0.  [DMSEC §5.4.2]"""
    return nonce + b":" + b64encode(md5(octets, usedforsecurity=False).digest())


@lru_cache(maxsize=4)
def trigger_of(digest: str) -> tuple[bytes, bytes]:
    """The attacker's own package 0: its octets without a digest that is right, and what the digest must cover."""
    octets = notify.encode(notify.Trigger(SERVER_ID, TRIGGER), Credential(SERVER_ID, "?"), b"", digest=digest)
    return octets, notify.decode(octets, digest=digest).covered


# -- packets


def numbered(commands: Iterable[Command]) -> tuple[Command, ...]:
    """``commands`` with CmdIDs from 1 on."""
    return tuple(changed(command, cmd_id=str(n)) for n, command in enumerate(commands, 1))


def replaced(packet: Packet, message: Message, *, strip: bool) -> Packet:
    """``packet`` with other content; what stands beside it stays, or with ``strip`` goes, credentials too."""
    if strip:
        message = changed(message, header=changed(message.header, cred=None))
    body = codec_for(packet.media_type, packet.body).encode(message)
    return Packet(packet.to, body, packet.media_type, {} if strip else packet.headers)


_LENGTHS: Final = {name: 44 if "sha256" in name else 24 for name in SCHEMES}
"""Characters of a proof in base64, by scheme; that of basic has no fixed length."""


_ONE_PROOF: Final = frozenset(SCHEMES) - {BASIC.name}
"""Schemes of ours in which credential, nonce and body have one proof, which honest sides write in one way."""


def proofs_for(verifier: Verifier, known: AttackerKnowledge, body: bytes) -> Iterator[tuple[str, str]]:
    """Scheme and text of known proofs that ``verifier`` would take beside ``body``.

    What fits is found by asking the verifier's own check: as trying all would find it.  Who has heard the password
    itself makes a proof of the kind that is wanted, under each nonce that it has heard.
    """
    credential = verifier.credential
    if credential is None or verifier.scheme is None:
        return
    if credential.secret in known.words:
        octets = covered(verifier.scheme, verifier.channel, body)
        for nonce in verifier.expected if verifier.scheme.uses_nonce else (b"",):
            if nonce in known.nonces or not nonce:
                yield verifier.scheme.name, verifier.scheme.prove(credential, nonce, octets)
        return
    texts = known.texts
    for scheme in SCHEMES.values():
        fitting = [text for text in texts if scheme is BASIC or len(text) == _LENGTHS[scheme.name]]
        if not fitting:
            continue
        octets = covered(scheme, verifier.channel, body)
        if scheme.name in _ONE_PROOF:  # as asking its check of each would find
            right = {scheme.prove(credential, nonce, octets) for nonce in verifier.expected}
            yield from ((scheme.name, text) for text in fitting if text in right)
            continue
        for text in fitting:
            if any(scheme.check(text, credential, nonce, octets) for nonce in verifier.expected):
                yield scheme.name, text


def with_proof(
    to: str, message: Message, verifier: Verifier | None, known: AttackerKnowledge, codec: object
) -> Iterator[tuple[Packet, str]]:
    """``message`` as packets: without a proof, under a wrong one, and under each known one that fits."""
    encode, media = codec.encode, codec.media_type  # type: ignore[attr-defined]
    yield Packet(to, encode(message), media), ""
    if verifier is None or not verifier.needs_proof:
        return
    scheme, name = verifier.scheme, verifier.credential.name if verifier.credential is not None else ""
    assert scheme is not None
    named = changed(message, header=changed(message.header, source_name=name))
    if scheme.in_transport:
        body = encode(named)
        yield Packet(to, body, media, {HEADER: print_header(name, WRONG, algorithm_of(scheme))}), "a wrong proof"
        for which, text in proofs_for(verifier, known, body):
            if SCHEMES[which].in_transport:
                header = {HEADER: print_header(name, text, algorithm_of(SCHEMES[which]))}
                yield Packet(to, body, media, header), _told(verifier, known, f"a heard proof as {which}")
        return
    meta = Meta(format="b64", type=str(scheme.type))
    wrong = changed(named, header=changed(named.header, cred=Cred(WRONG, meta)))
    yield Packet(to, encode(wrong), media), "a wrong proof"
    for which, text in proofs_for(verifier, known, b""):
        if not SCHEMES[which].in_transport:
            cred = Cred(text, Meta(format="b64", type=str(SCHEMES[which].type)))
            message = changed(named, header=changed(named.header, cred=cred))
            yield Packet(to, encode(message), media), _told(verifier, known, f"a heard {which}")


def _told(verifier: Verifier, known: AttackerKnowledge, otherwise: str) -> str:
    credential = verifier.credential
    made = credential is not None and credential.secret in known.words
    return "a proof made with the password" if made else otherwise


# -- what to say


def challenges(types: Iterable[str], nonces: Iterable[tuple[bytes, str]]) -> Iterator[tuple[Meta, str]]:
    """Challenges: each type of proof under each nonce; basic has none."""
    for name in types:
        scheme = SCHEMES[name]
        if not scheme.uses_nonce:
            yield challenge(scheme, None), f"asks for {name}"
            continue
        for nonce, what in nonces:
            yield challenge(scheme, nonce), f"asks for {name} over {what}"


def to_device(header: Header, msg_id: int, status: Status | None, *commands: Command, **more: object) -> Message:
    """What a server would say after a message with ``header``."""
    head = Header(header.session_id, str(msg_id), header.source, header.target, **more)  # type: ignore[arg-type]
    return Message(head, numbered([*([status] if status is not None else []), *commands]), final=True)


def answers(header: Header, chals: Iterable[tuple[Meta, str]], accept: Meta | None) -> Iterator[tuple[Status, str]]:
    """Statuses for a header: accepted (with a nonce where MACs want one), or challenged."""
    code = StatusCode.AUTHENTICATED if accept is None else StatusCode.OK
    yield header_status(header, code, accept), "accepts"
    for chal, what in chals:
        yield header_status(header, StatusCode.UNAUTHORIZED, chal), what


def wishes() -> Iterator[tuple[tuple[Command, ...], str]]:
    """What an attacker wants of a device: nothing, its own value, or one message more."""
    yield (Replace.of(NAME, EVIL),), f"Replace {NAME}"
    yield (Alert.of(1222),), "Alert 1222"


def well_done(sent: Message) -> tuple[Command, ...]:
    """A Status 200 for each command of a server's message, and a value for each that was asked for."""
    answers: list[Command] = []
    for command in sent.commands:
        if isinstance(command, Status | Results):
            continue
        answers.append(Status(StatusCode.OK, sent.header.msg_id, command.cmd_id, command.verb.value))
        if command.verb is Verb.GET:
            items = tuple(Item(source=i.target, data=EVIL) for i in getattr(command, "items", ()))
            answers.append(Results(items, msg_ref=sent.header.msg_id, cmd_ref=command.cmd_id))
    return tuple(answers)
