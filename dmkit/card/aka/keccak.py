"""Keccak-f[1600], the permutation under SHA-3 and TUAK.  [FIPS 202 §3]

hashlib has the sponges only; this is the bare permutation, for what needs it more than once on the same state.

>>> import hashlib
>>> block = bytearray(200); block[0], block[135] = 0x1F, 0x80             # the padded empty message of SHAKE256
>>> permute(bytes(block))[:136] == hashlib.shake_256(b"").digest(136)
True
"""

from __future__ import annotations

from typing import Final

from dmkit.card.aka.functions import sized

__all__ = ["permute"]

_MASK: Final = (1 << 64) - 1


def _round_constants() -> tuple[int, ...]:
    """Iota's constants: bit 2**j - 1 of round i is output 7 i + j of a shift register.  [FIPS 202 §3.2.5]"""
    register, bits = 1, []
    for _ in range(7 * 24):
        bits.append(register & 1)
        register = register << 1 ^ (register >> 7) * 0x171
    return tuple(sum(bits[7 * i + j] << (2**j - 1) for j in range(7)) for i in range(24))


def _turns() -> tuple[tuple[int, int, int], ...]:
    """Rho and pi as moves: (lane from, bits to the left, lane to), lane = x + 5 y.  [FIPS 202 §3.2.2, §3.2.3]"""
    moves, (x, y) = [(0, 0, 0)], (1, 0)
    for t in range(24):
        moves.append((x + 5 * y, (t + 1) * (t + 2) // 2 % 64, y + 5 * ((2 * x + 3 * y) % 5)))
        x, y = y, (2 * x + 3 * y) % 5
    return tuple(moves)


_ROUNDS: Final = _round_constants()
_MOVES: Final = _turns()


def permute(state: bytes) -> bytes:
    """The state of 200 octets after 24 rounds; lanes are little-endian.  Raises ConfigError for another size."""
    sized("Keccak state", state, 200)
    lanes = [int.from_bytes(state[at : at + 8], "little") for at in range(0, 200, 8)]
    for constant in _ROUNDS:
        c0, c1, c2, c3, c4 = (lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] for x in range(5))
        theta = (
            c4 ^ (c1 << 1 | c1 >> 63) & _MASK,
            c0 ^ (c2 << 1 | c2 >> 63) & _MASK,
            c1 ^ (c3 << 1 | c3 >> 63) & _MASK,
            c2 ^ (c4 << 1 | c4 >> 63) & _MASK,
            c3 ^ (c0 << 1 | c0 >> 63) & _MASK,
        ) * 5
        turned = [0] * 25
        for source, bits, target in _MOVES:
            lane = lanes[source] ^ theta[source]
            turned[target] = (lane << bits | lane >> (64 - bits)) & _MASK
        for row in range(0, 25, 5):
            a, b, c, d, e = turned[row : row + 5]
            lanes[row : row + 5] = a ^ ~b & c, b ^ ~c & d, c ^ ~d & e, d ^ ~e & a, e ^ ~a & b
        lanes[0] ^= constant
    return b"".join(lane.to_bytes(8, "little") for lane in lanes)
