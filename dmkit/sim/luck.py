"""Luck by number: a draw depends on its key (seed, purpose, device, turn, message) and on nothing else.

No stream is consumed, so one more attempt, another tape or a further device changes no other draw: two plans with the
same seed meet the same luck wherever they do the same thing.  A draw is a hash of its key (two rounds of Stafford's
thirteenth mixer, as in SplitMix64); arrays, plain numbers and compiled code give the same bits.

>>> luck = Luck(7)
>>> bool(luck.uniform("loss", 5)[3] == luck.one(luck.key("loss"), 3)), luck.one(luck.key("work"), 3) == 0.5
(True, False)
"""

from __future__ import annotations

import math
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from dmkit.sim.arrays import Floats
from dmkit.words.records import dataclass

__all__ = ["Luck", "minus_log", "minus_logs", "mix", "unit"]

MASK: Final = (1 << 64) - 1
DEVICE: Final = 0x9E3779B97F4A7C15
TURN: Final = 0xD1B54A32D192ED03
MESSAGE: Final = 0x8CB92BA72F3D8DD7
FIRST: Final = 0xBF58476D1CE4E5B9
SECOND: Final = 0x94D049BB133111EB
"""Odd constants: the golden ratio of SplitMix64, two of its kin, the multipliers of the mixer.  [Steele et al. 2014]"""
UNIT: Final = 2.0**-53
LN2: Final = 0.6931471805599453
HALF_ROOT: Final = 0.7071067811865476
TERMS: Final = tuple(1.0 / (2 * n + 1) for n in range(12, 0, -1))
"""Of the series of artanh: with |s| <= 0.172 twelve of them reach the last bit but one."""


def mix(z: int) -> int:
    """One round of the mixer on a number of 64 bits."""
    z = ((z ^ (z >> 30)) * FIRST) & MASK
    z = ((z ^ (z >> 27)) * SECOND) & MASK
    return z ^ (z >> 31)


def unit(key: int, device: int, turn: int, message: int) -> float:
    """The draw of a key, from [0, 1)."""
    z = mix((key + device * DEVICE) & MASK)
    return (mix((z + turn * TURN + message * MESSAGE) & MASK) >> 11) * UNIT


def _mixes(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(FIRST)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(SECOND)
    return z ^ (z >> np.uint64(31))


def minus_log(x: float) -> float:
    """``-log(x)`` for x in (0, 1], by additions and multiplications only: the same bits on every machine.

    >>> abs(minus_log(0.3) + math.log(0.3)) < 1e-15
    True
    """
    part, power = math.frexp(x)
    if part < HALF_ROOT:
        part, power = part * 2.0, power - 1
    s = (part - 1.0) / (part + 1.0)
    square, series = s * s, 0.0
    for term in TERMS:
        series = (series + term) * square
    return -(power * LN2 + 2.0 * s * (1.0 + series))


def minus_logs(x: Floats) -> Floats:
    """As ``minus_log``, for an array."""
    part, power = np.frexp(x)
    low = part < HALF_ROOT
    part, power = np.where(low, part * 2.0, part), power - low
    s = (part - 1.0) / (part + 1.0)
    square, series = s * s, np.zeros_like(s)
    for term in TERMS:
        series = (series + term) * square
    result: Floats = -(power * LN2 + 2.0 * s * (1.0 + series))
    return result


@dataclass(frozen=True, slots=True)
class Luck:
    """All draws of one seed.  ``first`` is the number of device 0, for a fleet that is played in parts."""

    seed: int
    first: int = 0

    def key(self, purpose: str) -> int:
        """The start of the draws for ``purpose``; device 0 of a part is included."""
        start = mix((mix(int(self.seed) & MASK) + crc32(purpose.encode()) * TURN) & MASK)
        return (start + int(self.first) * DEVICE) & MASK

    def one(self, key: int, device: int, turn: int = 0, message: int = 0) -> float:
        """One draw from [0, 1)."""
        return unit(key, device, turn, message)

    def uniform(self, purpose: str, devices: int, turn: int = 0, messages: int | None = None) -> Floats:
        """Draws of all devices, shape ``(devices,)``, or ``(devices, messages)`` for messages from 0."""
        return self.of(purpose, np.arange(devices, dtype=np.uint64), turn, messages)

    def of(
        self,
        purpose: str,
        devices: NDArray[np.uint64],
        turn: int | NDArray[np.uint64] = 0,
        messages: int | None = None,
    ) -> Floats:
        """As ``uniform``, for the devices with these numbers, each at a turn of its own if need be."""
        with np.errstate(over="ignore"):
            z = _mixes(devices * np.uint64(DEVICE) + np.uint64(self.key(purpose)))
            z = z + (np.uint64((turn * TURN) & MASK) if isinstance(turn, int) else turn * np.uint64(TURN))
            if messages is not None:
                z = z[:, None] + np.arange(messages, dtype=np.uint64) * np.uint64(MESSAGE)
            z = _mixes(z)
        result: Floats = (z >> np.uint64(11)).astype(np.float64) * UNIT
        return result
