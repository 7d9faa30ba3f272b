"""Sealed values: a node's value enciphered for one device and one place in its tree.  PROPOSAL

The text of the value is enciphered by AES-256-GCM under a key agreed by X25519; device, URI, format, type and serial
are what it is tied to, so a server or proxy that passes it on can neither read it nor put it elsewhere.  The serial
must rise: an old value cannot be put back.  Anybody may seal: who may write is the access control list's business.

>>> key = SealKey(bytes(range(32)), "IMEI:1")
>>> item = seal("s3cret", "./WiFi/Key", key.public, "IMEI:1", serial=1, entropy=b"E" * 32)
>>> item.meta.type
'application/vnd.dmkit.sealed; format=chr; type=text/plain; serial=1'
>>> key.open(item).text
's3cret'
>>> key.open(seal("old", "./WiFi/Key", key.public, "IMEI:1", serial=1, entropy=b"F" * 32))
'./WiFi/Key: serial 1 is not above 1'
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import field
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from dmkit.auth.scheme import decode_b64
from dmkit.tree.uri import join, parse
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import CommandFailed, ConfigError
from dmkit.words.model import Item, Meta
from dmkit.words.records import dataclass

__all__ = ["BASIS", "SEALED", "Opener", "SealKey", "is_sealed", "seal"]

BASIS: Final = "PROPOSAL: X25519, HKDF-SHA-256, AES-256-GCM; DMSEC's own appendix has XML-ENC (dmkit.auth.content)"
SEALED: Final = "application/vnd.dmkit.sealed"
"""Media type of a sealed value; its parameters say what is inside."""

_TYPE: Final = re.compile(rf"{re.escape(SEALED)}; format=([^;]*); type=([^;]*); serial=(\d{{1,18}})\Z")
_KEY_SIZE: Final = 32
_NONCE: Final = bytes(12)  # each key enciphers one value


def _derive(secret: bytes, sender: bytes, device: bytes) -> AESGCM:
    return AESGCM(HKDF(hashes.SHA256(), 32, sender + device, b"dmkit sealed value").derive(secret))


def _tied(device: str, uri: str, type: str) -> bytes:
    return "\0".join((device, join(parse(uri).path), type)).encode()


def is_sealed(item: Item, default: Meta | None = None) -> bool:
    """Whether an Item carries a sealed value."""
    type = (item.meta.type if item.meta else None) or (default.type if default else None) or ""
    return type.partition(";")[0].strip().lower() == SEALED


@asked
def seal(
    text: str,
    uri: str,
    public: bytes,
    device: str,
    *,
    serial: int,
    entropy: bytes,
    format: str = "chr",
    type: str = "text/plain",
) -> Item:
    """The Item that carries ``text`` to the node ``uri`` of ``device`` and to nobody else.

    ``public`` is the device's key, ``entropy`` 32 octets of chance that are used once, ``serial`` higher each time.
    """
    if len(entropy) != _KEY_SIZE or len(public) != _KEY_SIZE:
        raise ConfigError(f"entropy of {many(len(entropy), 'octet')}, key of {len(public)}: each has {_KEY_SIZE}")
    ephemeral = X25519PrivateKey.from_private_bytes(entropy)
    sender = ephemeral.public_key().public_bytes_raw()
    sentence = f"{SEALED}; format={format}; type={type}; serial={serial}"
    if not _TYPE.match(sentence):
        raise ConfigError(f"format {format!r}, type {type!r}, serial {serial}: no parameters of a media type")
    box = _derive(ephemeral.exchange(X25519PublicKey.from_public_bytes(public)), sender, public)
    octets = sender + box.encrypt(_NONCE, text.encode(), _tied(device, uri, sentence))
    return Item(target=uri, meta=Meta(format="b64", type=sentence), data=b64encode(octets).decode())


class Opener(Protocol):
    """What a device opens sealed or signed values with: a SealKey, or `dmkit.auth.content.ContentKey`."""

    def open(self, item: Item, default: Meta | None = None) -> Item | str:
        """The Item as if it had come plain, or a sentence why it is refused."""


@dataclass(slots=True)
class SealKey:
    """A device's private key; ``serials`` is the highest serial opened for each node.

    ``only`` lists the parts of the tree whose values the device takes sealed or not at all.
    """

    private: bytes = field(repr=False)
    device: str
    only: tuple[str, ...] = ()
    serials: dict[str, int] = field(default_factory=dict)

    @property
    def public(self) -> bytes:
        """The key to seal for, 32 octets."""
        return X25519PrivateKey.from_private_bytes(self.private).public_key().public_bytes_raw()

    def open(self, item: Item, default: Meta | None = None) -> Item | str:
        """The Item as if it had come plain, or a sentence why it is refused.  Plain ones pass where they may."""
        try:
            uri = join(parse(item.target or "").path)
        except CommandFailed:
            return item
        if not is_sealed(item, default):
            within = any(uri == root or uri.startswith(f"{root}/") for root in _clean(self.only))
            return f"{uri}: its value is taken sealed only" if within and item.data else item
        sentence = (item.meta.type if item.meta else None) or (default.type if default else None) or ""
        match, octets = _TYPE.match(sentence), decode_b64(item.text)
        if match is None or octets is None or len(octets) < _KEY_SIZE + 16:
            return f"{uri}: no sealed value"
        sender, serial = octets[:_KEY_SIZE], int(match[3])
        if serial <= self.serials.get(uri, -1):
            return f"{uri}: serial {serial} is not above {self.serials[uri]}"
        try:
            key = X25519PrivateKey.from_private_bytes(self.private)
            box = _derive(key.exchange(X25519PublicKey.from_public_bytes(sender)), sender, self.public)
            text = box.decrypt(_NONCE, octets[_KEY_SIZE:], _tied(self.device, uri, sentence)).decode()
        except (InvalidTag, ValueError):
            return f"{uri}: the value is not sealed for this device and this node"
        self.serials[uri] = serial
        return Item(item.target, item.source, Meta(format=match[1], type=match[2]), text)


def _clean(roots: Iterable[str]) -> list[str]:
    return [join(parse(root).path) for root in roots]
