"""What secured packets compute with: DES in its three forms, AES, and checks by CRC.  [TS 102 225 §5.1.2, §5.1.3]

The low half of KIc and KID names the algorithm: a row of CIPHERS or of CRCS.  IVs are zero, padding is zeros; the
packet counts them.

>>> CIPHERS[5].name, CIPHERS[2].block
('3DES, two keys, CBC', 16)
>>> CRCS[1].check(bytes([1, 2, 3, 4, 5])).hex(), CRCS[5].check(bytes([1, 2, 3, 4, 5])).hex()
('22ec', '470b99f4')
"""

from __future__ import annotations

from binascii import crc32
from collections.abc import Callable
from dataclasses import field
from types import MappingProxyType
from typing import Annotated, Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from dmkit.words.checked import Size, checked
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError
from dmkit.words.records import dataclass

__all__ = ["CIPHERS", "CRCS", "Algorithm", "Crc", "OtaKeys", "padded"]


def padded(data: bytes, block: int) -> bytes:
    """``data`` with zeros up to a multiple of ``block``."""
    return data + bytes(-len(data) % block)


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A block cipher in CBC mode and the checksum that goes with it; ``sizes`` are those of its keys in octets."""

    name: str
    block: int
    sizes: tuple[int, ...]
    make: Callable[[bytes], BlockCipherAlgorithm] = field(repr=False)
    cmac: bool = False
    legacy: bool = True

    def encrypt(self, key: bytes, data: bytes) -> bytes:
        """``data``, whole blocks, enciphered with an IV of zeros."""
        return Cipher(self._keyed(key), modes.CBC(bytes(self.block))).encryptor().update(data)

    def decrypt(self, key: bytes, data: bytes) -> bytes:
        """The reverse of ``encrypt``."""
        return Cipher(self._keyed(key), modes.CBC(bytes(self.block))).decryptor().update(data)

    def checksum(self, key: bytes, data: bytes, size: int = 8) -> bytes:
        """The cryptographic checksum CC: AES-CMAC, else the last block of DES in CBC mode."""
        if self.cmac:
            mac = CMAC(self._keyed(key))
            mac.update(data)
            return mac.finalize()[:size]
        return self.encrypt(key, padded(data, self.block))[-self.block :][:size]

    def _keyed(self, key: bytes) -> BlockCipherAlgorithm:
        if len(key) not in self.sizes:
            raise ConfigError(
                f"{self.name}: a key of {many(len(key), 'octet')}; it needs {' or '.join(map(str, self.sizes))}"
            )
        return self.make(key)


# DES is 3DES with three equal keys
CIPHERS: Final = MappingProxyType(
    {
        1: Algorithm("DES, CBC", 8, (8,), lambda key: TripleDES(key * 3)),
        5: Algorithm("3DES, two keys, CBC", 8, (16,), lambda key: TripleDES(key + key[:8])),
        9: Algorithm("3DES, three keys, CBC", 8, (24,), TripleDES),
        2: Algorithm("AES, CBC and CMAC", 16, (16, 24, 32), AES, cmac=True, legacy=False),
    }
)
"""Low half of KIc or KID -> algorithm."""


@dataclass(frozen=True, slots=True)
class Crc:
    """A redundancy check; it keeps errors out and nobody else.  Sizes as the standard's examples have them (UNSURE)."""

    name: str
    size: int
    check: Callable[[bytes], bytes] = field(repr=False)


def _crc16(data: bytes) -> bytes:
    value = 0xFFFF
    for octet in data:
        value ^= octet
        for _ in range(8):
            value = value >> 1 ^ (0x8408 if value & 1 else 0)
    return (value ^ 0xFFFF).to_bytes(2)


CRCS: Final = MappingProxyType(
    {
        1: Crc("CRC 16", 2, _crc16),
        5: Crc("CRC 32", 4, lambda data: crc32(data).to_bytes(4)),
    }
)
"""Low half of KID of a packet with a redundancy check -> which."""


@checked
@dataclass(frozen=True, slots=True)
class OtaKeys:
    """One key set of a card: ``kic`` enciphers, ``kid`` checks."""

    kic: Annotated[bytes, Size(0, 32)] = field(repr=False)
    kid: Annotated[bytes, Size(0, 32)] = field(repr=False)
