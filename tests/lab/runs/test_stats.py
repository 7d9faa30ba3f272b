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


@pytest.mark.nightly
def test_intervals_of_campaigns_cover_what_is_known_in_a_thousand_replications():
    """Share done, its differences under common luck and without, times of devices: what theory says is in 93 to 97 %.

    A session of two messages, none sent again, is done with chance (1 - loss)^2; with servers enough for all, times are
    those of the arrivals.
    """
    assert all(930 <= count <= 970 for count in campaign_coverage(1000).values())


def test_intervals_of_campaigns_cover_what_is_known():
    assert all(count >= 16 for count in campaign_coverage(20).values())


def campaign_coverage(replications: int) -> dict[str, int]:
    """How often the interval of each kind held what is known; ten runs of a campaign a replication."""
    from dataclasses import replace

    from dmkit.sim.arrivals import Spread
    from dmkit.sim.campaign import Campaign, Retry, Servers
    from dmkit.sim.net import LINKS

    link = replace(LINKS["lte"], loss=0.1, resends=0)
    servers = Servers(count=200, service=0.0, law="constant")
    plan = Campaign(devices=150, link=link, servers=servers, arrivals=Spread(100.0), retry=Retry(attempts=1))
    worse = replace(plan, link=replace(link, loss=0.2))
    sure = replace(plan, link=replace(link, loss=0.0))
    late = sure.run(1)
    fixed = float(np.min(late.finished - late.triggered)) / 1e6  # after its trigger each takes as long
    held = dict.fromkeys(("mean", "proportion", "quantile", "paired", "unpaired"), 0)
    for number in range(replications):
        seeds = range(20 * number, 20 * number + 10)
        good = [plan.run(seed) for seed in seeds]
        shares = [float(run.done.mean()) for run in good]
        bad = [float(worse.run(seed).done.mean()) for seed in seeds]
        apart = [float(worse.run(seed + 10).done.mean()) for seed in seeds]
        held["mean"] += mean_interval(shares).holds(0.81)
        held["proportion"] += proportion_interval(int(good[0].done.sum()), plan.devices).holds(0.81)
        low, high = stats.quantile_interval(sure.run(seeds[0]).seconds(), 0.9)
        held["quantile"] += low <= 90.0 + fixed <= high
        held["paired"] += paired(shares, bad).holds(0.64 - 0.81)
        held["unpaired"] += stats.unpaired(shares, apart).holds(0.64 - 0.81)
    return held


@pytest.mark.parametrize(("n", "share"), [(150, 0.9), (200, 0.9), (60, 0.5), (500, 0.95), (1000, 0.99), (40, 0.8)])
def test_an_interval_of_a_quantile_holds_its_level_and_little_more(n, share):
    """Of the sorted values ``low`` and ``high``, by the binomial law itself."""
    from scipy.stats import binom

    low, high = stats.quantile_interval(range(n), share)
    held = binom.cdf(high, n, share) - binom.cdf(low, n, share)
    assert 0.95 <= held < 0.97
