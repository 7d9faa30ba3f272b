"""TUAK: the second published set of authentication functions, built on Keccak.  [TS 35.231]

Every function is one Keccak run over TOPc, INSTANCE, "TUAK1.0", RAND, AMF, SQN and K, each with its octets reversed.
With one iteration that is exactly SHAKE256 of those 96 octets, so hashlib computes it; more iterations permute again.

>>> card = Tuak.from_top(b"\\xab" * 16, b"\\x55" * 32, res_size=4)
>>> card.f2345(b"\\x42" * 16).res.hex()
'657acd64'
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import shake_256
from typing import Final, Literal

from dmkit.card.aka.functions import Keys, sized
from dmkit.card.aka.keccak import permute
from dmkit.words.checked import checked
from dmkit.words.ranges import Count

__all__ = ["INSTANCE", "Tuak", "topc_of"]

INSTANCE: Final = {
    "TOPc": {0: 0x00},
    "f1": {8: 0x08, 16: 0x10, 32: 0x20},
    "f1*": {8: 0x88, 16: 0x90, 32: 0xA0},
    "f2345": {4: 0x40, 8: 0x48, 16: 0x50, 32: 0x60},
    "f5*": {0: 0xC0},
}
"""INSTANCE by function and size in octets of MAC or RES; +1 for a long K, +2 for a long IK, +4 for a long CK."""

_NAME: Final = b"TUAK1.0"[::-1]
_RATE: Final = 136


def _keccak(topc: bytes, instance: int, rand: bytes, amf: bytes, sqn: bytes, key: bytes, iterations: int) -> bytes:
    """The first 136 octets of the state after the given number of permutations.  [TS 35.231 §7]"""
    message = topc[::-1] + bytes([instance]) + _NAME + rand[::-1] + amf[::-1] + sqn[::-1] + key[::-1].ljust(32, b"\0")
    if iterations == 1:
        return shake_256(message).digest(_RATE)
    state = (message + b"\x1f").ljust(_RATE - 1, b"\0") + b"\x80" + bytes(200 - _RATE)
    for _ in range(iterations):
        state = permute(state)
    return state[:_RATE]


def topc_of(key: bytes, top: bytes, iterations: int = 1) -> bytes:
    """TOPc, the operator's constant bound to one card.  [TS 35.231 §7.1]"""
    return _keccak(top, INSTANCE["TOPc"][0] + (len(key) == 32), bytes(16), bytes(2), bytes(6), key, iterations)[31::-1]


@checked
@dataclass(frozen=True, slots=True)
class Tuak:
    """f1 to f5* of one subscriber.  K has 16 or 32 octets, TOPc 32; other sizes are the operator's choice, in octets.

    AKA of TS 33.102 uses MACs of 8 octets.  Raises ConfigError for sizes that the standard has not.
    """

    key: bytes = field(repr=False)
    """K, 16 or 32 octets."""
    topc: bytes = field(repr=False)
    """TOPc, 32 octets."""
    res_size: Literal[4, 8, 16, 32] = 8
    """Octets of RES."""
    mac_size: Literal[8, 16, 32] = 8
    """Octets of a MAC."""
    ck_size: Literal[16, 32] = 16
    """Octets of CK."""
    ik_size: Literal[16, 32] = 16
    """Octets of IK."""
    iterations: Count = 1
    """How often Keccak permutes."""

    def __post_init__(self) -> None:
        sized("TUAK: K", self.key, 16, 32)
        sized("TUAK: TOPc", self.topc, 32)

    @classmethod
    def from_top(
        cls,
        key: bytes,
        top: bytes,
        *,
        res_size: Literal[4, 8, 16, 32] = 8,
        mac_size: Literal[8, 16, 32] = 8,
        ck_size: Literal[16, 32] = 16,
        ik_size: Literal[16, 32] = 16,
        iterations: int = 1,
    ) -> Tuak:
        """From the operator's TOP instead of the card's TOPc."""
        sized("TUAK: TOP", top, 32)
        topc = topc_of(sized("TUAK: K", key, 16, 32), top, iterations)
        return cls(key, topc, res_size, mac_size, ck_size, ik_size, iterations)

    def f1(self, rand: bytes, sqn: int, amf: bytes) -> bytes:
        """MAC-A: proves the network's challenge to the card."""
        return self._mac("f1", rand, sqn, amf)

    def f1_star(self, rand: bytes, sqn: int, amf: bytes) -> bytes:
        """MAC-S: proves the card's resynchronisation request to the network."""
        return self._mac("f1*", rand, sqn, amf)

    def f2345(self, rand: bytes) -> Keys:
        """RES, CK, IK and AK."""
        instance = INSTANCE["f2345"][self.res_size] + 4 * (self.ck_size == 32) + 2 * (self.ik_size == 32)
        out = self._run(instance, rand, bytes(2), bytes(6))
        return Keys(
            out[: self.res_size][::-1],
            out[32 : 32 + self.ck_size][::-1],
            out[64 : 64 + self.ik_size][::-1],
            out[96:102][::-1],
        )

    def f5_star(self, rand: bytes) -> bytes:
        """AK*, which hides SQN in a resynchronisation request."""
        return self._run(INSTANCE["f5*"][0], rand, bytes(2), bytes(6))[96:102][::-1]

    def _mac(self, name: str, rand: bytes, sqn: int, amf: bytes) -> bytes:
        return self._run(INSTANCE[name][self.mac_size], rand, amf, sqn.to_bytes(6))[: self.mac_size][::-1]

    def _run(self, instance: int, rand: bytes, amf: bytes, sqn: bytes) -> bytes:
        return _keccak(self.topc, instance + (len(self.key) == 32), rand, amf, sqn, self.key, self.iterations)
