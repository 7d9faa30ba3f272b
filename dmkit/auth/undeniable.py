"""A session that nobody can deny: each side signs every message, over all that was said before.

MD5, MAC and basic prove a side to its peer and to nobody else: both know the secret, so either could have made the
proof [DMSEC §5.3].  Here every packet carries, in a transport header, an Ed25519 signature over a chain: the hash of
all octets of both sides so far, its own among them.  Whoever signs a message so signs what it had heard, too; a third
person who holds the packets and both public keys can judge (``verify``).  What cannot be proved is that the last
message arrived: its receiver signs nothing behind it.  [RD §6, R-006; PROPOSAL]

>>> from dmkit.words.model import Packet
>>> device, server = SigningSide.of("device", bytes(32)), SigningSide.of("server", bytes([1] * 32))
>>> packet, device = device.send(Packet("https://dm.example.com/dm", b"hello", "text/plain"))
>>> received, server = server.receive(packet, "device", device.public)
>>> received
''
"""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError
from dmkit.words.model import Packet

__all__ = ["BASIS", "HEADER", "SigningSide", "UndeniableVerdict", "verify"]

BASIS: Final = "PROPOSAL: Ed25519 over a chain of SHA-256; DM 1.2 asks for it and its proofs cannot give it"
HEADER: Final = "x-dm-testimony"


@dataclass(frozen=True, slots=True)
class SigningSide:
    """One side of a session that signs: its name, its key, and the chain so far.  A value; each step gives the next."""

    name: str
    key: Ed25519PrivateKey = field(repr=False)
    chain: bytes = bytes(32)

    @classmethod
    def of(cls, name: str, seed: bytes) -> SigningSide:
        """A witness whose key comes from 32 octets of chance."""
        if len(seed) != 32:
            raise ConfigError(f"the seed of {name} has {many(len(seed), 'octet')}; 32 of chance are needed")
        return cls(name, Ed25519PrivateKey.from_private_bytes(seed))

    @property
    def public(self) -> bytes:
        """The key that others need."""
        return self.key.public_key().public_bytes_raw()

    def send(self, packet: Packet) -> tuple[Packet, SigningSide]:
        """The packet with its testimony."""
        after = _link(self.chain, self.name, packet.body)
        headers = {**packet.headers, HEADER: b64encode(self.key.sign(after)).decode()}
        return msgspec.structs.replace(packet, headers=headers), replace(self, chain=after)

    def receive(self, packet: Packet, sender: str, public: bytes) -> tuple[str, SigningSide]:
        """Why a packet of ``sender`` proves nothing (empty when it does), and the witness behind it."""
        after = _link(self.chain, sender, packet.body)
        why = _wrong(packet, after, public)
        return (why, self) if why else ("", replace(self, chain=after))


@dataclass(frozen=True, slots=True)
class UndeniableVerdict:
    """What a judge finds: how many messages each side cannot deny to have sent, and to have had; ``why`` no more."""

    sent: Mapping[str, int]
    received: Mapping[str, int]
    why: str = ""


@asked
def verify(packets: Iterable[tuple[str, Packet]], keys: Mapping[str, bytes]) -> UndeniableVerdict:
    """What packets prove to somebody who was not there; ``keys`` are the public keys, by name of the side.

    A side has certainly had what stands before a message that it signed.  Judging stops at the first packet that does
    not fit: one that was altered, left out, put in another place or made by another.
    """
    chain = bytes(32)
    sent = dict.fromkeys(keys, 0)
    received = dict.fromkeys(keys, 0)
    for number, (sender, packet) in enumerate(packets, 1):
        public = keys.get(sender)
        if public is None:
            return UndeniableVerdict(sent, received, f"message {number}: the key of {sender} is not known")
        after = _link(chain, sender, packet.body)
        why = _wrong(packet, after, public)
        if why:
            return UndeniableVerdict(sent, received, f"message {number}: {why}")
        chain = after
        sent[sender] += 1
        received[sender] = sum(count for name, count in sent.items() if name != sender)
    return UndeniableVerdict(sent, received)


def _link(chain: bytes, sender: str, body: bytes) -> bytes:
    return hashlib.sha256(chain + len(sender).to_bytes(2) + sender.encode() + hashlib.sha256(body).digest()).digest()


def _wrong(packet: Packet, after: bytes, public: bytes) -> str:
    text = packet.headers.get(HEADER)
    if text is None:
        return "it has no testimony"
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(b64decode(text, validate=True), after)
    except (InvalidSignature, ValueError):
        return "its testimony is not that of its sender over what was said before"
    return ""
