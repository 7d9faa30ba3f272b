"""Closed forms against their published values, against each other, and refusals."""

from __future__ import annotations

import inspect
import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.sim import theory
from dmkit.words.errors import ConfigError


@pytest.mark.parametrize(
    ("c", "a", "value"), [(2, 1.0, 1 / 3), (10, 8.0, 0.409180), (55, 50.0, 0.384547), (100, 90.0, 0.21694)]
)
def test_erlang_c(c, a, value):
    assert theory.erlang_c(c, a) == pytest.approx(value, abs=1e-6)


@given(st.integers(1, 60), st.floats(0.01, 100))
def test_erlang_b_is_the_normalised_poisson_sum(c, a):
    terms = [math.exp(k * math.log(a) - a - math.lgamma(k + 1)) for k in range(c + 1)]
    assert theory.erlang_b(c, a) == pytest.approx(terms[-1] / sum(terms), rel=1e-9)


@given(st.integers(1, 100), st.floats(0.001, 0.9))
def test_offered_load_reads_erlang_b_backwards(c, blocking):
    assert theory.erlang_b(c, theory.offered_load(c, blocking)) == pytest.approx(blocking, rel=1e-9)


def test_constant_service_waits_half_as_long_on_one_server():
    assert theory.mdc_wait(1, 0.8) == pytest.approx(theory.mg1_wait(0.8, scv=0.0), rel=1e-12)
    assert theory.mg1_wait(0.8) == pytest.approx(theory.mmc_wait(1, 0.8), rel=1e-12)


def _chain(c: int, a: float, top: int = 400) -> float:
    """M/D/c by the Markov chain itself, as a matrix."""
    import numpy as np
    from scipy.stats import poisson

    step = np.zeros((top, top))
    for n in range(top):
        left = max(n - c, 0)
        step[n, left:] = poisson.pmf(np.arange(top - left), a)
    step[:, -1] += 1 - step.sum(axis=1)
    system = np.vstack([step.T - np.eye(top), np.ones(top)])
    law = np.linalg.lstsq(system, np.append(np.zeros(top), 1.0), rcond=None)[0]
    return float((np.maximum(np.arange(top) - c, 0) * law).sum() / a)


@pytest.mark.parametrize(("c", "a"), [(2, 1.6), (5, 4.0), (3, 1.0), (10, 9.0)])
def test_exact_wait_of_mdc_equals_its_chain(c, a):
    assert theory.mdc_wait(c, a) == pytest.approx(_chain(c, a), rel=1e-7)


def test_kingman_is_above_and_allen_cunneen_below_for_constant_service():
    assert theory.kingman_bound(0.8, scv_service=0.0) > theory.mdc_wait(1, 0.8)
    assert theory.allen_cunneen_wait(2, 1.6, scv_service=0.0) == pytest.approx(0.888889, abs=1e-6)


def test_halfin_whitt_is_approached_from_above():
    waits = [theory.erlang_c(round(a + math.sqrt(a)), a) for a in (100.0, 400.0, 10_000.0)]
    assert waits == sorted(waits, reverse=True)
    assert waits[-1] == pytest.approx(theory.halfin_whitt(1.0), rel=0.01)


@pytest.mark.parametrize(("n", "bound"), [(30, 0.0950), (100, 0.02951), (300, 0.009936), (1000, 0.002991)])
def test_rule_of_three_both_ways(n, bound):
    assert theory.bound_after_no_failures(n) == pytest.approx(bound, abs=5e-5)
    assert theory.sample_for_bound(theory.bound_after_no_failures(n)) in (n, n + 1)


def test_birthday_and_its_half():
    assert theory.birthday_half(32) == pytest.approx(77_163, abs=1)
    assert theory.birthday(round(theory.birthday_half(64)), 64) == pytest.approx(0.5, abs=1e-6)


def test_bass_peaks_where_it_says():
    peak = theory.bass_peak()
    rate = [theory.bass(peak + d + 0.01) - theory.bass(peak + d) for d in (-0.5, -0.005, 0.5)]
    assert rate[1] > max(rate[0], rate[2])


@pytest.mark.parametrize(
    "call",
    [
        lambda: theory.erlang_c(2, 2.0),
        lambda: theory.mdc_wait(0, 0.5),
        lambda: theory.offered_load(3, 1.0),
        lambda: theory.fluid_herd(1, 1.0, 0.0),
        lambda: theory.mg1_wait(1.0),
    ],
)
def test_what_never_settles_is_refused(call):
    with pytest.raises(ConfigError, match=r"\d"):
        call()


ODD = [float("nan"), float("inf"), -float("inf"), -1, 0, 0.5, 3, 1e308, 10**400, "3", None, True]


@pytest.mark.parametrize("name", [name for name in theory.__all__ if name[0].islower()])
def test_a_formula_gives_a_number_or_says_in_a_sentence_why_not(name):
    function = getattr(theory, name)
    needed = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty]
    refused = 0
    for values in itertools.product(ODD, repeat=len(needed)):
        try:
            found = function(*values)
        except ConfigError as error:
            assert "\n" not in str(error) and len(str(error)) < 200
            refused += 1
        else:
            assert not isinstance(found, float) or math.isfinite(found), values
    assert refused or not needed


def test_numbers_of_numpy_are_numbers():
    assert theory.mmc_wait(np.int64(10), np.float64(8.0)) == theory.mmc_wait(10, 8.0)
