"""Firmware images: a model, a version and octets that are whole or not, and packages with one inside.  PROPOSAL

>>> image = Image("T1", "2.1")
>>> read_image(image.octets()) == image, read_image(image.octets()[:-1])
(True, None)
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

import msgspec

from dmkit.auth.signed import PrivateKey, sign
from dmkit.words.checked import checked
from dmkit.words.ranges import Octets

__all__ = ["BLOCKS", "Image", "number", "package", "read_image"]

BLOCKS: Final = 4
"""Blocks of a slot."""
_MAGIC: Final = b"DMFW"


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    model: str
    version: str
    works: bool
    sha256: str


@checked
@dataclass(frozen=True, slots=True)
class Image:
    """One firmware: for which model, which version, whether it ``works`` (passes its test after a start)."""

    model: str
    """For which it is."""
    version: str
    """What FwV shows when it runs."""
    works: bool = True
    size: Octets = 4096
    """Octets of the image."""

    def octets(self) -> bytes:
        """The image as it stands in memory; its content follows from its name."""
        seed = f"{self.model} {self.version}".encode()
        body = b"".join(hashlib.sha256(seed + n.to_bytes(4)).digest() for n in range(-(-self.size // 32)))[: self.size]
        head = msgspec.json.encode(_Head(self.model, self.version, self.works, hashlib.sha256(body).hexdigest()))
        return _MAGIC + len(head).to_bytes(2) + head + body

    def blocks(self, count: int = BLOCKS) -> tuple[bytes, ...]:
        """The same in ``count`` blocks."""
        octets = self.octets()
        each = -(-len(octets) // count)
        return tuple(octets[at : at + each] for at in range(0, each * count, each))


def number(version: str) -> int:
    """A version as a number that rises with it; what is no digit separates.

    >>> number("1.0.3") < number("1.2") < number("2.1")
    True
    """
    digits = "".join(c if "0" <= c <= "9" else " " for c in version).split()[:3]
    return sum(min(int(d[:6]), 999) * 1000 ** (2 - at) for at, d in enumerate(digits))


def package(image: Image, key: PrivateKey | None = None, chain: tuple[object, ...] = ()) -> bytes:
    """The image as a package: a hash of it, and with a ``key`` the maker's signature and certificates."""
    return sign(image.octets(), image.model, number(image.version), key, chain)  # type: ignore[arg-type]


def read_image(octets: bytes) -> Image | None:
    """The image in ``octets``; None when it is not whole."""
    size = int.from_bytes(octets[4:6])
    if octets[:4] != _MAGIC or len(octets) < 6 + size:
        return None
    try:
        head = msgspec.json.decode(octets[6 : 6 + size], type=_Head)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    body = octets[6 + size :]
    if hashlib.sha256(body).hexdigest() != head.sha256:
        return None
    return Image(head.model, head.version, head.works, len(body))
