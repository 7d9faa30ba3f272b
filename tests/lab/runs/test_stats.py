"""Intervals, pairs, replications, warm-up."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dmkit.lab.runs import stats
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


def test_intervals_cover_what_they_say_in_a_thousand_replications():
    """Mean, quantile, proportion, paired and unpaired differences: 93 to 97 % hold the true value."""
    rng = np.random.default_rng(12)
    held = dict.fromkeys(("mean", "quantile", "proportion", "paired", "unpaired"), 0)
    for _ in range(1000):
        runs = rng.gamma(20.0, size=10)
        held["mean"] += stats.mean_interval(runs).holds(20.0)
        low, high = stats.quantile_interval(rng.exponential(size=200), 0.9)
        held["quantile"] += low <= -np.log(0.1) <= high
        held["proportion"] += stats.proportion_interval(int(rng.binomial(150, 0.2)), 150).holds(0.2)
        held["paired"] += stats.paired(runs, runs * 0.9 + rng.normal(1.0, 0.5, 10)).holds(-1.0)
        held["unpaired"] += stats.unpaired(runs, rng.gamma(30.0, size=14)).holds(10.0)
    assert all(930 <= count <= 970 for count in held.values()), held


def test_pairs_are_narrower_where_luck_is_shared():
    rng = np.random.default_rng(1)
    a = rng.gamma(20.0, size=12)
    b = a + rng.normal(1.0, 0.2, 12)
    assert stats.paired(a, b).half < 0.2 * stats.unpaired(a, b).half


def test_too_few_values_are_refused():
    for call in (lambda: stats.quantile_interval([1.0] * 20, 0.99), lambda: stats.unpaired([1.0], [1.0, 2.0])):
        with pytest.raises(ConfigError):
            call()


def test_an_interval_narrows_to_that_of_all_runs():
    from dmkit.lab.runs.stats import narrowing

    values = [10.0, 12.0, 11.0, 13.0, 9.0]
    frame = narrowing(values)
    assert frame["n"].tolist() == [2, 3, 4, 5]
    assert (frame["mean"].iloc[-1], frame["half"].iloc[-1]) == (mean_interval(values).mean, mean_interval(values).half)
    with pytest.raises(ConfigError, match="at least two runs: 1"):
        narrowing(values[:1])
