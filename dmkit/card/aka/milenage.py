"""Milenage: the example set of authentication functions, built on AES-128.  [TS 35.206]

All five outputs come from one block: ``TEMP = E(RAND xor OPc)``, then OUTi = E(rot(TEMP xor OPc, ri) xor ci) xor OPc;
OUT1 takes SQN and AMF in.  The rotations and constants are the table ROUNDS.

>>> card = Milenage.from_op(bytes.fromhex("465b5ce8b199b49faa5f0a2ee238a6bc"),
...                         bytes.fromhex("cdc202d5123e20f62b6d676ac72cb318"))
>>> card.f2345(bytes.fromhex("23553cbe9637a89d218ae64dae47bf35")).res.hex()
'a54211d5e3ba50bf'
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import field
from functools import lru_cache
from typing import Annotated, Final, TypeAlias

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from dmkit.card.aka.functions import Keys, sized
from dmkit.words.asked import asked
from dmkit.words.checked import checked
from dmkit.words.errors import ConfigError
from dmkit.words.ranges import Range
from dmkit.words.records import dataclass

__all__ = ["ROUNDS", "Milenage", "aes_block", "opc_of"]

ROUNDS: Final = {1: (64, 0), 2: (0, 1), 3: (32, 2), 4: (64, 4), 5: (96, 8)}
"""OUT number -> (left rotation in bits, constant xored into the last octet).  [TS 35.206 §4.1]"""

_Turn: TypeAlias = Annotated[int, Range("number", 0, 127, whole=True)]
_Constant: TypeAlias = Annotated[int, Range("number", 0, (1 << 128) - 1, whole=True)]
Rounds: TypeAlias = tuple[tuple[_Turn, _Constant], ...]
_STANDARD: Final[Rounds] = tuple(ROUNDS.values())
_C2345: Final = int.from_bytes(b"".join(ROUNDS[i][1].to_bytes(16) for i in (2, 3, 4, 5)))
_FOUR: Final = sum(1 << (128 * lane) for lane in range(4))
_SEQ: Final = (1 << 64) | 1
_SEQ_1: Final = _SEQ << 384


@asked
@lru_cache(maxsize=4096)
def aes_block(key: bytes) -> Callable[[bytes], bytes]:
    """AES in ECB mode under ``key``, kept ready: blocks in, blocks out, no state between calls.

    >>> aes_block(bytes(16))(bytes(16)).hex()
    '66e94bd4ef8a2c3b884cfa59ca342b2e'
    """
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update


def opc_of(key: bytes, op: bytes) -> bytes:
    """OPc, the operator's constant bound to one card: ``OP xor E(OP)``.  [TS 35.206 §4.1]"""
    return (int.from_bytes(op) ^ int.from_bytes(aes_block(key)(op))).to_bytes(16)


@checked
@dataclass(frozen=True, slots=True)
class Milenage:
    """f1 to f5* of one subscriber.  ``res_size`` is 4 to 8 octets of RES, an operator's choice.

    ``rounds`` are r1 to r5 (rotations in bits) with c1 to c5 (constants of 128 bits), which an operator may choose too;
    they are those of TS 35.206 unless told otherwise.  Raises ConfigError for a key or constant that has not 16 octets,
    and for rounds that do not fit.  Nothing secret is printed.
    """

    key: bytes = field(repr=False)
    """K, 16 octets."""
    opc: bytes = field(repr=False)
    """OPc, 16 octets."""
    res_size: Annotated[int, Range("octets", 4, 8, whole=True)] = 8
    rounds: Rounds = field(default=_STANDARD, repr=False)
    _block: Callable[[bytes], bytes] = field(init=False, repr=False, compare=False)
    _opc: int = field(init=False, repr=False, compare=False)
    _opc_out1: int = field(init=False, repr=False, compare=False)
    _in1234: int = field(init=False, repr=False, compare=False)
    _in2345: int = field(init=False, repr=False, compare=False)
    _out2345: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        sized("Milenage: K", self.key, 16)
        sized("Milenage: OPc", self.opc, 16)
        if len(self.rounds) != 5 or any(not (0 <= r < 128 and 0 <= c < 1 << 128) for r, c in self.rounds):
            raise ConfigError("Milenage: five rounds of a rotation from 0 to 127 bits and a constant of 128 bits")
        opc = int.from_bytes(self.opc)
        rotated = int.from_bytes(self.opc[8:] + self.opc[:8])
        for name, value in {
            "_block": aes_block(self.key),
            "_opc": opc,
            "_opc_out1": rotated,
            "_in1234": rotated << 384 | (_rotations(opc) ^ _C2345) >> 128,
            "_in2345": _rotations(opc) ^ _C2345,
            "_out2345": opc * _FOUR,
        }.items():
            object.__setattr__(self, name, value)

    @classmethod
    def from_op(cls, key: bytes, op: bytes, res_size: int = 8, rounds: Rounds = _STANDARD) -> Milenage:
        """From the operator's OP instead of the card's OPc."""
        sized("Milenage: OP", op, 16)
        return cls(key, opc_of(sized("Milenage: K", key, 16), op), res_size, rounds)

    def f1(self, rand: bytes, sqn: int, amf: bytes) -> bytes:
        """MAC-A: proves the network's challenge to the card."""
        return self._out1(self._temp(rand), sqn, amf)[:8]

    def f1_star(self, rand: bytes, sqn: int, amf: bytes) -> bytes:
        """MAC-S: proves the card's resynchronisation request to the network."""
        return self._out1(self._temp(rand), sqn, amf)[8:]

    def f2345(self, rand: bytes) -> Keys:
        """RES, CK, IK and AK."""
        return self._keys(self._out2345_of(self._temp(rand)))

    def f5_star(self, rand: bytes) -> bytes:
        """AK*, which hides SQN in a resynchronisation request."""
        return self._out2345_of(self._temp(rand))[48:54]

    def challenge(self, rand: bytes, sqn: int, amf: bytes) -> tuple[bytes, Keys]:
        """MAC-A and all keys in one pass: two calls of the cipher, five blocks."""
        temp = self._block((int.from_bytes(rand) ^ self._opc).to_bytes(16))
        if self.rounds != _STANDARD:
            return self._out1(temp, sqn, amf)[:8], self._keys(self._out2345_of(temp))
        # OUT1 to OUT4 side by side; OUT5 is for resynchronisation only
        turned = temp + temp + temp[4:] + temp[:4] + temp[8:] + temp[:8]
        blocks = int.from_bytes(turned) ^ self._in1234 ^ (sqn << 16 | int.from_bytes(amf)) * _SEQ_1
        out = (int.from_bytes(self._block(blocks.to_bytes(64))) ^ self._out2345).to_bytes(64)
        return out[:8], Keys(out[24 : 24 + self.res_size], out[32:48], out[48:], out[16:22])

    def challenges(self, requests: Iterable[tuple[bytes, int, bytes]]) -> list[tuple[bytes, Keys]]:
        """``challenge`` of many (RAND, SQN, AMF) under the same key at once: the same values, several times faster.

        The blocks of all requests stand side by side in one long integer, so that each step is one operation.
        """
        asked = list(requests)
        if not asked:
            return []
        if self.rounds != _STANDARD:
            return [self.challenge(*request) for request in asked]
        lanes = len(asked)
        every, size = _lanes(lanes), 16 * lanes
        opc = self._opc * every
        rands = int.from_bytes(b"".join(rand for rand, _, _ in asked))
        temp = int.from_bytes(self._block((rands ^ opc).to_bytes(size)))
        inputs = int.from_bytes(b"".join([(sqn.to_bytes(6) + amf) * 2 for _, sqn, amf in asked]))
        first = temp ^ inputs ^ self._opc_out1 * every
        mixed = temp ^ opc
        low = {bits: ((1 << bits) - 1) * every for bits in (32, 64)}
        blocks = first.to_bytes(size) + (mixed ^ ROUNDS[2][1] * every).to_bytes(size)
        for number in (3, 4):
            turn, constant = ROUNDS[number]
            low_part = low[turn]
            high_part = mixed & ~(low_part << (128 - turn))
            turned = (high_part << turn) | ((mixed >> (128 - turn)) & low_part)
            blocks += (turned ^ constant * every).to_bytes(size)
        out = (int.from_bytes(self._block(blocks)) ^ self._opc * _lanes(4 * lanes)).to_bytes(4 * size)
        one, two, three, four = (out[at : at + size] for at in range(0, 4 * size, size))
        keys, cut = Keys._make, 8 + self.res_size
        return [
            (
                one[at : at + 8],
                keys((two[at + 8 : at + cut], three[at : at + 16], four[at : at + 16], two[at : at + 6])),
            )
            for at in range(0, size, 16)
        ]

    def _temp(self, rand: bytes) -> bytes:
        return self._block((int.from_bytes(rand) ^ self._opc).to_bytes(16))

    def _out1(self, temp: bytes, sqn: int, amf: bytes) -> bytes:
        if self.rounds != _STANDARD:
            turn, constant = self.rounds[0]
            mixed = _turned(((sqn << 16 | int.from_bytes(amf)) * _SEQ) ^ self._opc, turn) ^ constant
            return self._out(int.from_bytes(temp) ^ mixed)
        one = int.from_bytes(temp) ^ self._opc_out1 ^ ((sqn << 16 | int.from_bytes(amf)) * _SEQ)
        return (int.from_bytes(self._block(one.to_bytes(16))) ^ self._opc).to_bytes(16)

    def _out(self, block: int) -> bytes:
        return (int.from_bytes(self._block(block.to_bytes(16))) ^ self._opc).to_bytes(16)

    def _out2345_of(self, temp: bytes) -> bytes:
        if self.rounds != _STANDARD:
            mixed = int.from_bytes(temp) ^ self._opc
            return b"".join(self._out(_turned(mixed, turn) ^ constant) for turn, constant in self.rounds[1:])
        blocks = (_rotations(int.from_bytes(temp)) ^ self._in2345).to_bytes(64)
        return (int.from_bytes(self._block(blocks)) ^ self._out2345).to_bytes(64)

    def _keys(self, out: bytes) -> Keys:
        return Keys(out[8 : 8 + self.res_size], out[16:32], out[32:48], out[:6])


def _turned(value: int, bits: int) -> int:
    """128 bits turned left."""
    return (value << bits | value >> (128 - bits)) & ((1 << 128) - 1)


def _rotations(value: int) -> int:
    """``value`` turned left by 0, 32, 64 and 96 bits, four blocks side by side: r2 to r5."""
    data = value.to_bytes(16)
    return int.from_bytes(data + data[4:] + data[:4] + data[8:] + data[:8] + data[12:] + data[:12])


@lru_cache(maxsize=64)
def _lanes(count: int) -> int:
    """A one in each of ``count`` lanes of 128 bits: times this spreads a block over all lanes."""
    return int.from_bytes((bytes(15) + b"\1") * count)
