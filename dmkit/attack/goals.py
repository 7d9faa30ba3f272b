"""What attackers want, as predicates: each looks at what was said, at trees, and at the truth about what was wanted.

A goal gives the ``Breach`` it finds, or None.  Secrets count as learned only when they are really derived from what
the attacker saw: decoded, or found by guessing with the digest at hand.
"""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final, TypeAlias

from dmkit.attack.designs import GUEST, SERVER_ID
from dmkit.attack.stage import CHANGES, KEY, Stage, did, message_of
from dmkit.auth import SCHEMES, Credential, algorithm_of, by_type, covered, decode_b64
from dmkit.auth.mac import HEADER, parse_header
from dmkit.session.events import ChunkReceived, Executed, Resent
from dmkit.words.counts import many
from dmkit.words.model import Status
from dmkit.words.records import dataclass

__all__ = [
    "ENOUGH_MESSAGES",
    "ENOUGH_OCTETS",
    "WORDS",
    "AttackGoal",
    "Breach",
    "account_planted",
    "beyond_rights",
    "denied",
    "foreign_command",
    "impersonated",
    "led_away",
    "locked_out",
    "package_swapped",
    "password_decoded",
    "password_guessed",
    "swamped_memory",
    "twice",
    "unasked_session",
    "value_read",
    "worn_out",
]


@dataclass(frozen=True, slots=True)
class Breach:
    """What the attacker got: a sentence, and the number of the message with which it had it (0: none was needed)."""

    what: str
    at: int = 0


AttackGoal: TypeAlias = Callable[[Stage], Breach | None]

WORDS: Final = (
    "123456",
    "password",
    "12345678",
    "qwerty",
    "abc123",
    "letmein",
    "monkey",
    "dragon",
    "admin",
    "welcome",
    "client",
    "server",
    "secret",
    "0000",
    "1234",
    "operator",
    "clientpw",
    "srvpw",
    "manage",
    "oma-dm",
    "syncml",
    "device",
)
"""A small dictionary; a real one only costs more (``dmkit.attack.guessing``)."""

ENOUGH_MESSAGES: Final = 12
"""More messages than this from the device in one session are a success of somebody who wants to wear it out."""
ENOUGH_OCTETS: Final = 262_144
"""More octets than this kept for one unfinished object are a success of somebody who wants the memory."""


# -- what was done to the device


def _executed(stage: Stage) -> Iterator[tuple[int, tuple[str, str, str]]]:
    """Changes that the device carried out well: number of the message, and what was done."""
    number = 0
    for talk in stage.talks:
        for step in talk.steps:
            number += step.party == "client" and step.received is not None
            for event in step.events:
                if isinstance(event, Executed) and event.outcome.ok:
                    for command in (event.command, *getattr(event.command, "commands", ())):
                        if command.verb in CHANGES:
                            yield number, did(command)


def foreign_command(stage: Stage) -> Breach | None:
    """A command was executed that no legitimate server issued."""
    for number, what in _executed(stage):
        if not stage.issued[what]:
            return Breach(f"{what[0]} {what[1]} was executed, and the server never wanted it", number)
    return None


def twice(stage: Stage) -> Breach | None:
    """A command was executed more often than the server issued it."""
    count: Counter[tuple[str, str, str]] = Counter()
    for number, what in _executed(stage):
        count[what] += 1
        if 0 < stage.issued[what] < count[what]:
            return Breach(f"{what[0]} {what[1]} was issued {stage.issued[what]}x and executed {count[what]}x", number)
    return None


def beyond_rights(stage: Stage) -> Breach | None:
    """A server changed or read what it is not for."""
    grabbed = stage.memory.notes.get("grabbed")
    return Breach(f"{GUEST}, meant for ./APN, got at {grabbed}") if grabbed else None


def account_planted(stage: Stage) -> Breach | None:
    """The device has an account of a server that nobody legitimate gave it."""
    for account in stage.device.accounts:
        if account.server_id not in (SERVER_ID, GUEST) or "evil.example" in account.address:
            return Breach(f"the device has an account of {account.server_id} at {account.address}")
    return None


def package_swapped(stage: Stage) -> Breach | None:
    """Software was installed that the maker did not make, or that is older than what was there."""
    return Breach(stage.rogue_installed) if stage.rogue_installed else None


def unasked_session(stage: Stage) -> Breach | None:
    """The device set out for a session that its server had not asked for."""
    if len(stage.opened) <= stage.asked_for:
        return None
    return Breach(f"{many(len(stage.opened), 'session')} begun, {stage.asked_for} asked for", stage.asked_for + 1)


def led_away(stage: Stage) -> Breach | None:
    """The device sent a message of a session to another host."""
    for number, (_, packet) in enumerate(stage.memory.air, 1):
        if "evil.example" in packet.to:
            return Breach(f"a message went to {packet.to}", number)
    return None


# -- who is taken for whom


def impersonated(stage: Stage) -> Breach | None:
    """The server took somebody else for the device and gave it the job."""
    for talk in stage.memory.talks:
        for line in talk:
            message = line.message if line.sender == "server" else None
            if message is not None and any(command.verb in CHANGES for command in message.commands):
                return Breach("the server let the attacker in and gave it the device's job", line.number)
    return None


# -- what was learned


def password_decoded(stage: Stage) -> Breach | None:
    """A password follows from one message, without guessing."""
    words = {word.encode() for word in stage.secret_words.values()}
    for number, (_, packet) in enumerate(stage.memory.air, 1):
        message = message_of(packet)
        cred = message.header.cred if message is not None else None
        if cred is None:
            continue
        name, colon, word = (decode_b64(cred.data) or b"").partition(b":")
        if colon and word in words:
            return Breach(f"the password of {name.decode(errors='replace')} stands in the credentials", number)
    return None


@lru_cache(maxsize=1024)
def _guess(name: str, word: str) -> Credential:
    """A credential with a guessed password, hashed once."""
    return Credential(name, word, digest=Credential(name, word).ha1)


@lru_cache(maxsize=4096)
def _right(scheme: str, name: str, word: str, proof: str, nonce: bytes, body: bytes) -> bool:
    return SCHEMES[scheme].check(proof, _guess(name, word), nonce, body)


def _proofs(stage: Stage) -> Iterator[tuple[int, str, str, str, bytes]]:
    """Every proof by digest that was seen: message, scheme, name, proof, and the octets it covers."""
    for number, (_, packet) in enumerate(stage.memory.air, 1):
        message = message_of(packet)
        if message is None:
            continue
        text = packet.headers.get(HEADER)
        algorithms = {algorithm_of(s) for s in SCHEMES.values() if s.in_transport}
        mac = parse_header(text, algorithms) if text is not None else None
        if mac is not None:
            for scheme in SCHEMES.values():
                if scheme.in_transport and algorithm_of(scheme) == mac.algorithm:
                    yield number, scheme.name, mac.username, mac.mac, covered(scheme, b"", packet.body)
        cred = message.header.cred
        named = by_type(cred.meta.type if cred.meta else None, tuple(SCHEMES.values())) if cred is not None else None
        if cred is not None and named is not None and named.uses_nonce:
            yield number, named.name, message.header.source_name or "", cred.data, b""


def _nonces(stage: Stage) -> list[bytes]:
    seen = [b"", bytes(4)]
    for _, packet in stage.memory.air:
        message = message_of(packet)
        for command in message.commands if message is not None else ():
            if isinstance(command, Status) and command.chal is not None and command.chal.next_nonce:
                seen.append(decode_b64(command.chal.next_nonce) or b"")
    return list(dict.fromkeys(seen))


def password_guessed(stage: Stage) -> Breach | None:
    """A password is found by trying WORDS against digests that were seen.  Counts the guesses."""
    nonces = _nonces(stage)
    stage.memory.guesses = 0
    for number, scheme, name, proof, body in _proofs(stage):
        if "stretched" in scheme:
            continue
        for word in WORDS:
            for nonce in nonces:
                stage.memory.guesses += 1
                if _right(scheme, name, word, proof, nonce, body):
                    return Breach(
                        f"the password of {name} is {word!r}, after {many(stage.memory.guesses, 'guess')}", number
                    )
    return None


def value_read(stage: Stage) -> Breach | None:
    """The value that the server wrote to ./APN/Key was read on the way."""
    sought = [text.encode() for text in stage.secrets]
    sought += [b64encode(text) for text in sought]
    for number, (_, packet) in enumerate(stage.memory.air, 1):
        if any(text in packet.body for text in sought):
            return Breach(f"the value of {KEY} stands in message {number}", number)
    return None


# -- what no longer works


def denied(stage: Stage) -> Breach | None:
    """A session with the attacker on the path ended without its job done."""
    for number, done in enumerate(stage.wanted, 1):
        if not done:
            return Breach(f"the job of session {number} was not done in it")
    return None


def locked_out(stage: Stage) -> Breach | None:
    """With nobody on the path any more, server and device cannot work together: a person has to help."""
    why = stage.memory.notes.get("unreachable")
    return Breach(str(why)) if why else None


def worn_out(stage: Stage) -> Breach | None:
    """The device sent more messages in a session than honest work ever needs (ENOUGH_MESSAGES); resent ones count."""
    for talk in stage.talks:
        sent = sum(step.party == "client" and step.reply is not None for step in talk.steps)
        resent = sum(isinstance(event, Resent) for event in talk.events)
        if sent > ENOUGH_MESSAGES:
            return Breach(f"the device sent {many(sent, 'message')} in one session, {resent} of them again", sent)
    return None


def swamped_memory(stage: Stage) -> Breach | None:
    """The device kept more octets of an unfinished object than ENOUGH_OCTETS."""
    number = 0
    for talk in (*stage.talks, *stage.memory.talks):
        for step in talk.steps:
            number += step.received is not None
            for event in step.events:
                if isinstance(event, ChunkReceived) and step.party == "client" and event.got > ENOUGH_OCTETS:
                    return Breach(f"the device keeps {many(event.got, 'octet')} of an object without end", number)
    return None
