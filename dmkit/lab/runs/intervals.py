"""Intervals, and that of a proportion: what a study has that needs no numpy; the others are in ``stats``.

>>> proportion_interval(0, 10)
Interval(mean=0.138766, half=0.1388, n=10, level=0.95)
"""

from __future__ import annotations

import math
from statistics import NormalDist

from dmkit.lab.runs.digits import to_error
from dmkit.words.errors import ConfigError
from dmkit.words.records import dataclass

__all__ = ["Interval", "proportion_interval"]


@dataclass(frozen=True, slots=True, repr=False)
class Interval:
    """A mean and half the width of its confidence interval; ``half`` is infinite for one value."""

    mean: float
    half: float
    n: int
    level: float = 0.95

    @property
    def low(self) -> float:
        """Lower end."""
        return self.mean - self.half

    @property
    def high(self) -> float:
        """Upper end."""
        return self.mean + self.half

    def holds(self, value: float, tolerance: float = 0.0) -> bool:
        """True when ``value`` lies in the interval, widened by ``tolerance`` on both sides."""
        return self.low - tolerance <= value <= self.high + tolerance

    def __repr__(self) -> str:
        return f"Interval(mean={self.mean:.6g}, half={self.half:.4g}, n={self.n}, level={self.level})"

    def __str__(self) -> str:
        pair = to_error(self.mean, self.half)
        return " ± ".join(pair) if pair else f"{self.mean:.5g} ± {self.half:.2g}"


def proportion_interval(hits: int, trials: int, level: float = 0.95) -> Interval:
    """Wilson's interval for a proportion, centred as he does; honest at 0 and at all."""
    if not 0 <= hits <= trials or not trials:
        raise ConfigError(f"hits lie between 0 and the trials, of which there is at least one: {hits} of {trials}")
    z = NormalDist().inv_cdf((1 + level) / 2)
    share, spread = hits / trials, z * z / trials
    centre = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / trials + spread / (4 * trials)) / (1 + spread)
    return Interval(centre, half, trials, level)
