"""Quantiles of Student's, the normal, the binomial and the beta law, by numpy and the standard library alone.

Four laws are all that intervals of this library ask for; SciPy, which has them too, is a seventh of the environment
of ``make lab`` and a second of each import.  The tests hold every function here against SciPy's.

>>> round(student(0.975, 9), 6), round(student(0.975, 1e9), 6)
(2.262157, 1.959964)
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmkit.words.errors import ConfigError

__all__ = ["binomial_below", "normal", "share_bound", "student"]

_NORMAL = NormalDist()
_STEPS = 100
"""More than any solution here takes: Newton's method comes from one side in both."""


def normal(chances: NDArray[np.float64]) -> NDArray[np.float64]:
    """The standard normal quantile of each of ``chances``, which lie inside (0, 1).

    >>> normal(np.array([0.5, 0.975])).round(6).tolist()
    [0.0, 1.959964]
    """
    return np.fromiter(map(_NORMAL.inv_cdf, chances.tolist()), float, len(chances))


@lru_cache(maxsize=1)
def _gauss() -> tuple[NDArray[Any], NDArray[Any]]:
    """Places in (0, 1) and weights of Gauss and Legendre's rule."""
    places, weights = np.polynomial.legendre.leggauss(96)
    return (places + 1) / 2, weights / 2


def _gamma_ratio(freedom: float) -> float:
    """Gamma((freedom + 1) / 2) / Gamma(freedom / 2); by its series where two large logarithms would cancel."""
    if freedom < 1000:
        return math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2))
    return math.sqrt(freedom / 2) * (1 - 1 / (4 * freedom) + 1 / (32 * freedom**2) + 5 / (128 * freedom**3))


@lru_cache(maxsize=4096)
def student(chance: float, freedom: float) -> float:
    """Student's quantile for ``chance`` with ``freedom`` degrees, which need not be whole but are 1 at least.

    With t = sqrt(freedom) tan(a) the law's density becomes a power of the cosine, which is smooth up to the angle
    wanted: a quadrature gives what lies below, Newton's method the angle.  ConfigError outside (0, 1) and below 1.

    >>> round(student(0.975, 1), 4), student(0.5, 3), student(0.025, 7) == -student(0.975, 7)
    (12.7062, 0.0, True)
    """
    if not (0 < chance < 1 and freedom >= 1):
        raise ConfigError(f"a chance inside (0, 1) and at least one degree of freedom, not {chance} and {freedom}")
    if chance < 0.5:
        return -student(1 - chance, freedom)
    places, weights = _gauss()
    scale = _gamma_ratio(freedom) / math.sqrt(math.pi)
    angle, power = 0.0, (freedom - 1) / 2
    for _ in range(_STEPS):
        below = scale * angle * float(weights @ np.exp(power * np.log1p(-(np.sin(angle * places) ** 2))))
        step = (chance - 0.5 - below) / (scale * math.exp(power * math.log1p(-(math.sin(angle) ** 2))))
        angle += step
        if abs(step) <= 1e-14 * angle:
            break
    return math.sqrt(freedom) * math.tan(angle)


def binomial_below(trials: int, share: float) -> NDArray[np.float64]:
    """P(hits <= k) for k = 0 ... ``trials``, each trial a hit with ``share``, inside (0, 1).

    >>> binomial_below(2, 0.5).tolist()
    [0.25, 0.75, 1.0]
    """
    hits = np.arange(trials)
    logs = np.concatenate([[0.0], np.cumsum(np.log((trials - hits) / (hits + 1) * (share / (1 - share))))])
    below = np.cumsum(np.exp(logs - logs.max()))
    return np.asarray(below / below[-1])


def share_bound(hits: int, trials: int, level: float) -> float:
    """The share with which ``hits`` of ``trials``, or fewer, have the chance 1 - ``level``.  [Clopper and Pearson 1934]

    That is a quantile of the beta law; its logarithm is concave, so Newton's method comes from one side.

    >>> round(share_bound(0, 300, 0.95), 6) == round(1 - 0.05 ** (1 / 300), 6)
    True
    """
    numbers = np.arange(hits, max(0, hits - 40 * math.isqrt(hits) - 40) - 1, -1)  # the rest is below 1e-300
    first = math.lgamma(trials + 1) - math.lgamma(hits + 1) - math.lgamma(trials - hits + 1)
    ways = first + np.concatenate([[0.0], np.cumsum(np.log(numbers[:-1] / (trials - numbers[:-1] + 1)))])
    share = (hits + 0.5) / (trials + 1)
    for _ in range(_STEPS):
        logs = ways + numbers * math.log(share) + (trials - numbers) * math.log1p(-share)
        top = float(logs.max())
        total = float(np.exp(logs - top).sum())
        fall = (trials - hits) / (1 - share) * math.exp(float(logs[0]) - top) / total
        step = min((top + math.log(total) - math.log(1 - level)) / fall, (1 - share) / 2)
        share += step
        if abs(step) <= 1e-12 * share:
            break
    return share
