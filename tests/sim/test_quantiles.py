"""Quantiles and the zeros of M/D/c against SciPy, which is here for the tests alone; edges and refusals."""

from __future__ import annotations

import math
from itertools import product
from statistics import NormalDist

import numpy as np
import pytest
from scipy import special, stats

from dmkit.sim import theory
from dmkit.sim.quantiles import binomial_below, normal, share_bound, student
from dmkit.sim.rollout import promise
from dmkit.words.errors import ConfigError

CHANCES = (0.5, 0.6, 0.8, 0.9, 0.95, 0.975, 0.99, 0.995, 0.999)


@pytest.mark.parametrize("freedom", [1, 1.1, 1.5, 2, 2.37, 3, 4, 5, 7.7, 10, 29, 99.5, 999, 1000, 1e4, 1e6, 1e8])
def test_student(freedom):
    for chance in CHANCES:
        assert student(chance, freedom) == pytest.approx(stats.t.ppf(chance, freedom), rel=1e-9, abs=1e-15)
        assert student(1 - chance, freedom) == pytest.approx(-student(chance, freedom), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize(
    ("freedom", "printed"), [(1, 12.706), (2, 4.303), (3, 3.182), (5, 2.571), (10, 2.228), (30, 2.042), (120, 1.980)]
)
def test_student_as_every_table_prints_it(freedom, printed):
    assert round(student(0.975, freedom), 3) == printed


@pytest.mark.parametrize(("chance", "freedom"), [(0, 3), (1, 3), (-0.1, 3), (math.nan, 3), (0.9, 0.5), (0.9, math.nan)])
def test_student_has_no_other_quantiles(chance, freedom):
    with pytest.raises(ConfigError, match=r"a chance inside \(0, 1\) and at least one degree of freedom"):
        student(chance, freedom)


def test_normal():
    chances = np.concatenate([np.linspace(1e-12, 1 - 1e-12, 999), [1e-12, 0.02425, 0.97575]])
    assert normal(chances) == pytest.approx(special.ndtri(chances), rel=1e-12, abs=1e-14)
    assert normal(chances[:3]).tolist() == [NormalDist().inv_cdf(c) for c in chances[:3].tolist()]
    assert normal(np.array([])).shape == (0,)


@pytest.mark.parametrize(
    ("trials", "share"), [*product((1, 2, 10, 150, 1000, 100_000), (0.001, 0.05, 0.5, 0.9, 0.999))]
)
def test_binomial(trials, share):
    below = binomial_below(trials, share)
    assert below == pytest.approx(stats.binom.cdf(np.arange(trials + 1), trials, share), abs=1e-9)
    assert (np.diff(below) >= 0).all() and below[-1] == 1.0


@pytest.mark.parametrize("trials", [1, 2, 3, 10, 300, 5000, 2_000_000])
def test_share_bound(trials):
    for hits, level in product(sorted({0, 1, 2, trials // 100, trials // 2, trials - 1}), (0.5, 0.95, 0.999)):
        if hits < trials:
            beta = stats.beta.ppf(level, hits + 1, trials - hits)
            assert share_bound(hits, trials, level) == promise(trials, hits, level) == pytest.approx(beta, rel=1e-8)


@pytest.mark.parametrize(("servers", "of_full"), [*product((2, 3, 10, 50, 200), (0.001, 0.3, 0.8, 0.99, 0.9999))])
def test_zeros_of_the_queue_with_constant_service_are_lamberts(servers, of_full):
    """The same formula with W from SciPy."""
    load = servers * of_full
    unity = np.exp(2j * np.pi * np.arange(1, servers) / servers)
    zeros = -special.lambertw(-of_full * math.exp(-of_full) * unity) / of_full
    queue = (load**2 - servers * (servers - 1)) / (2 * (servers - load)) + float(np.sum(1 / (1 - zeros)).real)
    assert theory.mdc_wait(servers, load) == pytest.approx(max(0.0, queue) / load, rel=1e-8, abs=1e-12)
