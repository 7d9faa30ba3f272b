"""What a device lives through while a campaign runs: off, out of coverage, in a call, and ready in between.

A process in time for each device, the same for every plan with the same seed.  Periods follow each other: one of a
condition, one of being ready, and so on.  At the beginning it has been going on for ever: a device is in condition j
with probability ``share`` j.  With ``m`` the mean lengths, the next condition is j with a probability in proportion to
share/m, and the device is ready in between for ``(1 - sum of shares) / sum(share/m)`` on average (exponential).
When the shares add up to 1 it is ready only at the moments at which one condition gives way to the next.

>>> from dmkit.sim.people import Condition
>>> life = Lives((Condition("off", 0.05, 14400.0),), Luck(1))
>>> round(life.ready / 3600)
76
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dmkit.sim.arrays import Ints
from dmkit.sim.luck import Luck, minus_log, minus_logs
from dmkit.sim.people import Condition
from dmkit.sim.rates import LONGEST
from dmkit.words.errors import ConfigError

__all__ = ["Lives"]

READY: Final = -1


def _whole(length: float) -> int:
    """A length in microseconds: at least one, and at most what engines count, after which nobody asks."""
    return max(round(min(length, float(LONGEST))), 1)


class Lives:
    """The laws of the periods.  A period is its number, its end in microseconds, and its condition (-1: ready)."""

    def __init__(self, conditions: Sequence[Condition], luck: Luck) -> None:
        self.luck, self.key = luck, luck.key("condition")
        shares = np.array([c.share if c.mean > 0 else 0.0 for c in conditions], dtype=np.float64)
        if shares.sum() > 1 + 1e-9:
            raise ConfigError("the shares of the conditions add up to more than 1")
        means = np.array([(2.0 if c.even else 1.0) * c.mean for c in conditions], dtype=np.float64)
        rates = np.divide(shares, means, out=np.zeros_like(shares), where=means > 0)
        self.even = np.array([c.even for c in conditions], dtype=np.bool_)
        self.means = means * 1e6
        self.at_first = np.cumsum(shares)
        self.at_next = np.cumsum(rates / rates.sum()) if rates.sum() else rates
        left = 1.0 - float(shares.sum())
        self.ready = 0.0 if left < 1e-9 or not rates.sum() else left / float(rates.sum())
        """Mean seconds between two conditions."""
        self.any = bool(rates.sum())

    def begin(self, devices: int) -> tuple[Ints, Ints, NDArray[np.int8]]:
        """The periods in which all devices are at time 0: numbers, ends, conditions."""
        number = np.zeros(devices, dtype=np.int64)
        pick, chance = self.luck.uniform("condition", devices, 0, 2).T
        state = np.searchsorted(self.at_first, pick, side="right")
        state = np.where(state < len(self.at_first), state, READY if self.ready else len(self.at_first) - 1)
        return number, self._lengths(state, chance, first=True), state.astype(np.int8)

    def _lengths(self, state: Ints, chance: NDArray[np.float64], *, first: bool) -> Ints:
        even = self.even[state] & (state != READY)
        mean = np.where(state == READY, self.ready * 1e6, self.means[state])
        length = np.where(even, mean * (chance if first else 1.0), mean * minus_logs(1.0 - chance))
        result: Ints = np.clip(np.rint(length), 1.0, float(LONGEST)).astype(np.int64)
        return result

    def after(self, device: int, number: int, end: int, state: int) -> tuple[int, int, int]:
        """The period after one."""
        number += 1
        chance = self.luck.one(self.key, device, number, 1)
        if state != READY and self.ready:
            return number, end + _whole(self.ready * 1e6 * minus_log(1.0 - chance)), READY
        state = min(
            int(np.searchsorted(self.at_next, self.luck.one(self.key, device, number, 0), side="right")),
            len(self.at_next) - 1,
        )
        mean = float(self.means[state])
        return number, end + _whole(mean if self.even[state] else mean * minus_log(1.0 - chance)), state

    def afters(self, who: Ints, number: Ints, end: Ints, state: NDArray[np.int8]) -> None:
        """The periods after those of the devices ``who``, in place."""
        number[who] += 1
        pick, chance = self.luck.of("condition", who.astype(np.uint64), number[who].astype(np.uint64), 2).T
        chosen = np.minimum(np.searchsorted(self.at_next, pick, side="right"), len(self.at_next) - 1)
        into = np.where((state[who] != READY) & (self.ready > 0), READY, chosen)
        end[who] += self._lengths(into, chance, first=False)
        state[who] = into
