"""What an authentication algorithm offers: f1, f1*, f2 to f5 and f5*, whoever computes them.  [TS 33.102 §6.3]

>>> to_c2(bytes.fromhex("a54211d5e3ba50bf")).hex()
'46f8416a'
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError

__all__ = ["Functions", "Keys", "from_c4", "from_c5", "sized", "to_c2", "to_c3", "xor"]


class Keys(NamedTuple):
    """What a card and its home network derive from one RAND: f2, f3, f4 and f5."""

    res: bytes
    ck: bytes
    ik: bytes
    ak: bytes

    def __repr__(self) -> str:
        return f"Keys(res={self.res.hex()}, ck, ik and ak hidden)"


class Functions(Protocol):
    """One subscriber's set of functions, its key inside.

    RAND has 16 octets, SQN is a number below 2**48, AMF has 2 octets.
    """

    def f1(self, rand: bytes, sqn: int, amf: bytes) -> bytes:
        """MAC-A."""

    def f1_star(self, rand: bytes, sqn: int, amf: bytes) -> bytes:
        """MAC-S."""

    def f2345(self, rand: bytes) -> Keys:
        """RES, CK, IK and AK."""

    def f5_star(self, rand: bytes) -> bytes:
        """AK*."""


def sized(name: str, value: bytes, *sizes: int) -> bytes:
    """``value``, when it has one of the sizes in octets; else ConfigError says what would be right."""
    if len(value) not in sizes:
        raise ConfigError(f"{name} has {many(len(value), 'octet')}; it needs {' or '.join(map(str, sizes))}")
    return value


@asked
def xor(a: bytes, b: bytes) -> bytes:
    """Exclusive or of two strings of one length.

    >>> xor(b"ab", b"  ")
    b'AB'
    """
    return (int.from_bytes(a) ^ int.from_bytes(b)).to_bytes(len(a))


def to_c2(res: bytes) -> bytes:
    """SRES from RES: its four parts of four octets (missing ones zero) xored.  [TS 33.102 §6.8.1.2]"""
    parts = res.ljust(16, b"\0")
    return xor(xor(parts[:4], parts[4:8]), xor(parts[8:12], parts[12:16]))


def to_c3(ck: bytes, ik: bytes) -> bytes:
    """Kc, the 2G key, from CK and IK.  [TS 33.102 §6.8.1.2]"""
    both = xor(sized("CK for a 2G key", ck, 16), sized("IK for a 2G key", ik, 16))
    return xor(both[:8], both[8:])


def from_c4(kc: bytes) -> bytes:
    """CK from Kc, for a 2G subscriber in a 3G network.  [TS 33.102 §6.8.2.3]"""
    return kc + kc


def from_c5(kc: bytes) -> bytes:
    """IK from Kc, for a 2G subscriber in a 3G network.  [TS 33.102 §6.8.2.3]"""
    outer = xor(kc[:4], kc[4:])
    return outer + kc + outer
