"""Statistics of replications: means with intervals, paired comparison, how many runs are enough, warm-up.

>>> mean_interval([1.0, 2.0, 3.0, 4.0])
Interval(mean=2.5, half=2.054, n=4, level=0.95)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dmkit.lab.runs.intervals import Interval, proportion_interval
from dmkit.sim.quantiles import binomial_below, student
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Interval",
    "mean_interval",
    "narrowing",
    "paired",
    "proportion_interval",
    "quantile_interval",
    "replications",
    "unpaired",
    "warm_up",
]


def mean_interval(values: Sequence[float], level: float = 0.95) -> Interval:
    """Student's interval for the mean of independent ``values``; ConfigError when there are none."""
    data = np.asarray(values, dtype=float)
    n = len(data)
    if not n:
        raise ConfigError("a mean needs at least one value")
    if n == 1:
        return Interval(float(data[0]), math.inf, 1, level)
    half = student((1 + level) / 2, n - 1) * float(data.std(ddof=1)) / math.sqrt(n)
    return Interval(float(data.mean()), half, n, level)


def paired(a: Sequence[float], b: Sequence[float], level: float = 0.95) -> Interval:
    """Interval of the mean of ``b - a``, run by run: with common random numbers far narrower than of two samples."""
    if len(a) != len(b):
        raise ConfigError(f"runs must come in pairs: {len(a)} and {len(b)}")
    return mean_interval([y - x for x, y in zip(a, b, strict=True)], level)


def unpaired(a: Sequence[float], b: Sequence[float], level: float = 0.95) -> Interval:
    """Interval of the difference of the means, ``b`` less ``a``, of independent runs of two designs.  [Welch 1947]"""
    x, y = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if min(len(x), len(y)) < 2:
        raise ConfigError(f"each design needs at least two runs: {len(x)} and {len(y)}")
    parts = np.array([x.var(ddof=1) / len(x), y.var(ddof=1) / len(y)])
    difference, spread = float(y.mean() - x.mean()), float(parts.sum())
    if not spread:
        return Interval(difference, 0.0, len(x) + len(y), level)
    freedom = spread**2 / float((parts**2 / [len(x) - 1, len(y) - 1]).sum())
    return Interval(difference, student((1 + level) / 2, freedom) * spread**0.5, len(x) + len(y), level)


def quantile_interval(values: Sequence[float], share: float, level: float = 0.95) -> tuple[float, float]:
    """Ends of an interval for the quantile ``share``, whatever the law: two of the sorted values.  [David 2003]

    Of the pairs that hold it with at least ``level`` the closest is taken, and of those the one with the most even
    tails.  ConfigError when there are too few values for an interval of that level.
    """
    data, n = np.sort(np.asarray(values, dtype=float)), len(values)
    if not 0 < share < 1 or not n:
        raise ConfigError(f"a quantile needs values and a share between 0 and 1: {n}, {share}")
    few = ConfigError(
        f"{many(n, 'value is', 'values are')} too few for an interval of the quantile {share} at level {level}"
    )
    chances = binomial_below(n, share)  # of the values before a place, how many are smaller
    far = (1 - level) / 1e3
    first, low, high, last = np.searchsorted(chances, [far, (1 - level) / 2, (1 + level) / 2, 1 - far]).tolist()
    if low < 1 or high >= n:
        raise few
    counts = np.arange(first, last + 1)
    below = chances[counts]
    lows = np.flatnonzero(below <= 1 - level)
    highs = np.searchsorted(below, below[lows] + level)
    pairs = [
        (high - low, abs(below[low] - (1 - below[high])), int(counts[low]), int(counts[high]))
        for low, high in zip(lows, highs, strict=True)
        if high < len(counts) and counts[high] < n
    ]
    if not pairs:
        raise few
    _, _, low, high = min(pairs)
    return float(data[low]), float(data[high])


@asked
def replications(pilot: Sequence[float], half: float, level: float = 0.95) -> int:
    """How many runs give an interval of at most ± ``half``, judged by the spread of a ``pilot`` of two runs or more.

    >>> replications([10.0, 12.0, 11.0], half=0.5)
    18
    """
    if len(pilot) < 2 or half <= 0:
        raise ConfigError(f"a pilot of at least two runs and a half width above 0 are needed: {len(pilot)}, {half}")
    spread = float(np.std(pilot, ddof=1))
    n = 2
    while student((1 + level) / 2, n - 1) * spread / math.sqrt(n) > half:
        n += max(1, n // 50)
    return n


@asked
def narrowing(values: Sequence[float], level: float = 0.95) -> pd.DataFrame:
    """The interval after the first 2, 3, ... runs: ``n``, ``mean``, ``half``; ConfigError for fewer than two values.

    >>> narrowing([10.0, 12.0, 11.0])["half"].round(2).tolist()
    [12.71, 2.48]
    """
    import pandas as pd

    if len(values) < 2:
        raise ConfigError(f"an interval needs at least two runs: {len(values)}")
    found = [mean_interval(values[:n], level) for n in range(2, len(values) + 1)]
    return pd.DataFrame({"n": [f.n for f in found], "mean": [f.mean for f in found], "half": [f.half for f in found]})


def warm_up(series: Sequence[float], batch: int = 5) -> int:
    """How many first values to leave out: the cut that makes the rest's mean most certain (MSER).  [White 1997]

    Looks at means of ``batch`` values, and never cuts more than half.

    >>> warm_up([9, 8, 9, 7, 8] + [1, 2, 1, 2, 1] * 9)
    5
    """
    data = np.asarray(series, dtype=float)
    means = data[: len(data) // batch * batch].reshape(-1, batch).mean(axis=1)
    if len(means) < 2:
        return 0
    scores = [
        float(np.sum((means[d:] - means[d:].mean()) ** 2)) / (len(means) - d) ** 2 for d in range(len(means) // 2 + 1)
    ]
    return int(np.argmin(scores)) * batch
