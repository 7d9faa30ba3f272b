"""Letters between servers: each proves who wrote it, nobody on the way can read or alter it, and none counts twice.

DM 1.2 has no protocol between servers; its requirements ask that servers check each other and that data between them
stays whole and confidential [RD §6, R-013, R-031, R-041].  This is a proposal for that: a letter is sealed for its
receiver (X25519, HKDF, AES-GCM), names sender, receiver, number and kind, and is signed by its sender (Ed25519).

>>> a, b = Office.of("a.example", bytes(32)), Office.of("b.example", bytes([1] * 32))
>>> octets = a.write(b.card, "greeting", b"good morning", number=1, entropy=bytes([2] * 32))
>>> opened = b.open(octets, {"a.example": a.card})
>>> opened.body, b.open(octets, {"a.example": a.card}, after={"a.example": 1}).why
(b'good morning', 'letter 1 of a.example came before')
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from dmkit.words.counts import many
from dmkit.words.errors import CodecError, ConfigError

__all__ = ["BASIS", "Office", "OpenedLetter", "ServerKeys"]

BASIS: Final = "PROPOSAL: Ed25519 over X25519, HKDF-SHA-256 and AES-128-GCM; DM 1.2 names no protocol between servers"
_NOTHING: Final[Mapping[str, int]] = MappingProxyType({})


class _Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sender: str
    receiver: str
    kind: str
    number: int
    key: bytes
    sealed: bytes


@dataclass(frozen=True, slots=True)
class ServerKeys:
    """What others know of a server: its name and its two public keys."""

    name: str
    signing: bytes
    sealing: bytes


@dataclass(frozen=True, slots=True)
class OpenedLetter:
    """A letter that was taken, or ``why`` it was not (then all else is empty)."""

    sender: str = ""
    kind: str = ""
    number: int = 0
    body: bytes = b""
    why: str = ""

    def __bool__(self) -> bool:
        return not self.why


@dataclass(frozen=True, slots=True)
class Office:
    """A server that writes and opens letters; both keys are secrets."""

    name: str
    signing: Ed25519PrivateKey = field(repr=False)
    sealing: X25519PrivateKey = field(repr=False)

    @classmethod
    def of(cls, name: str, seed: bytes) -> Office:
        """The office of ``name`` whose keys come from 32 octets of chance; ConfigError for fewer."""
        if len(seed) < 32:
            raise ConfigError(f"the seed of {name} has {many(len(seed), 'octet')}; 32 of chance are needed")
        one, two = (hashlib.sha256(use + seed).digest() for use in (b"sign", b"seal"))
        return cls(name, Ed25519PrivateKey.from_private_bytes(one), X25519PrivateKey.from_private_bytes(two))

    @property
    def card(self) -> ServerKeys:
        """What this server shows to others."""
        return ServerKeys(self.name, self.signing.public_key().public_bytes_raw(),
                    self.sealing.public_key().public_bytes_raw())  # fmt: skip

    def write(self, to: ServerKeys, kind: str, body: bytes, *, number: int, entropy: bytes) -> bytes:
        """A letter as octets.  ``number`` rises with each letter to that server; ``entropy`` is 32 octets of chance."""
        once = X25519PrivateKey.from_private_bytes(hashlib.sha256(b"once" + entropy).digest())
        secret = once.exchange(X25519PublicKey.from_public_bytes(to.sealing))
        head = f"{self.name}\n{to.name}\n{kind}\n{number}".encode()
        sealed = _cipher(secret, head).encrypt(bytes(12), body, head)
        envelope = _Envelope(self.name, to.name, kind, number, once.public_key().public_bytes_raw(), sealed)
        text = msgspec.json.encode(envelope)
        return text + b"\n" + base64.b64encode(self.signing.sign(text))

    def open(self, octets: bytes, known: Mapping[str, ServerKeys], after: Mapping[str, int] = _NOTHING) -> OpenedLetter:
        """Read a letter of one of ``known``; ``after`` has the number of the last letter taken from each.

        CodecError for octets that are no letter; a letter that proves nothing, is for another, is altered or came
        before is answered by ``why``.
        """
        text, _, signature = octets.rpartition(b"\n")
        try:
            envelope = msgspec.json.decode(text, type=_Envelope)
            proof = base64.b64decode(signature, validate=True)
            if base64.b64encode(proof) != signature:
                raise ValueError("its signature is not base64 as it is written")
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise CodecError(f"this is no letter: {error}") from None
        card = known.get(envelope.sender)
        if card is None:
            return OpenedLetter(why=f"{envelope.sender} is not known here")
        try:
            Ed25519PublicKey.from_public_bytes(card.signing).verify(proof, text)
        except InvalidSignature:
            return OpenedLetter(why=f"the signature is not that of {envelope.sender}")
        if envelope.receiver != self.name:
            return OpenedLetter(why=f"the letter is for {envelope.receiver}")
        if envelope.number <= after.get(envelope.sender, 0):
            return OpenedLetter(why=f"letter {envelope.number} of {envelope.sender} came before")
        head = f"{envelope.sender}\n{envelope.receiver}\n{envelope.kind}\n{envelope.number}".encode()
        try:
            secret = self.sealing.exchange(X25519PublicKey.from_public_bytes(envelope.key))
            body = _cipher(secret, head).decrypt(bytes(12), envelope.sealed, head)
        except (InvalidTag, ValueError):
            return OpenedLetter(why="what is sealed cannot be opened")
        return OpenedLetter(envelope.sender, envelope.kind, envelope.number, body)


def _cipher(secret: bytes, head: bytes) -> AESGCM:
    return AESGCM(HKDF(hashes.SHA256(), 16, None, b"dmkit letter\n" + head).derive(secret))
