"""Intervals, pairs, replications, warm-up."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dmkit.lab.runs.stats import mean_interval, paired, proportion_interval, replications, warm_up
from dmkit.words.errors import ConfigError


def test_intervals_cover_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(1)
    hits = sum(mean_interval(rng.normal(5, 2, 8).tolist()).holds(5) for _ in range(2000))
    assert hits / 2000 == pytest.approx(0.95, abs=0.015)


def test_wilson_covers_small_proportions():
    rng = np.random.default_rng(2)
    hits = sum(proportion_interval(int(rng.binomial(40, 0.05)), 40).holds(0.05) for _ in range(2000))
    assert hits / 2000 == pytest.approx(0.95, abs=0.03)
    assert proportion_interval(0, 10).low == pytest.approx(0, abs=1e-12)


def test_pairs_are_narrower_than_samples():
    rng = np.random.default_rng(3)
    luck = rng.normal(0, 10, 20)
    a, b = (luck + rng.normal(0, 0.1, 20)).tolist(), (luck + 1 + rng.normal(0, 0.1, 20)).tolist()
    both = paired(a, b)
    assert both.holds(1.0) and both.half < 0.1 < mean_interval(a).half


def test_one_value_has_no_width_to_speak_of():
    assert math.isinf(mean_interval([3.0]).half)


def test_replications_give_the_precision_asked_for():
    pilot = np.random.default_rng(4).normal(100, 5, 10).tolist()
    n = replications(pilot, 1.0)
    spread = float(np.std(pilot, ddof=1))
    assert 1.96 * spread / math.sqrt(n) <= 1.0 < 2.1 * spread / math.sqrt(max(2, n - 3))


def test_warm_up_finds_the_end_of_a_transient():
    rng = np.random.default_rng(5)
    series = np.concatenate([np.linspace(20, 1, 50), np.ones(450)]) + rng.normal(0, 0.5, 500)
    assert 30 <= warm_up(series.tolist()) <= 60
    assert warm_up([1.0]) == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda: mean_interval([]),
        lambda: paired([1], [1, 2]),
        lambda: replications([1], 1),
        lambda: proportion_interval(2, 1),
    ],
)
def test_too_little_is_refused(call):
    with pytest.raises(ConfigError):
        call()
