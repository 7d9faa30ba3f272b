"""Policies, CoAP, budgets and throttling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.sim import backoff, theory
from dmkit.words.errors import ConfigError


@given(st.sampled_from(sorted(backoff.POLICIES)), st.integers(1, 80), st.floats(0, 0.999), st.floats(5, 2000))
def test_no_policy_sleeps_longer_than_its_cap_or_less_than_nothing(name, failures, draw, previous):
    sleep = backoff.POLICIES[name](failures, draw, previous, 5.0, 2000.0)
    assert 0 <= sleep <= 2000


def test_same_seed_same_run():
    assert backoff.contention(20, "full", seed=4) == backoff.contention(20, "full", seed=4)
    assert backoff.contention(20, "full", seed=4) != backoff.contention(20, "full", seed=5)


def test_each_client_succeeds_once():
    assert backoff.contention(1, "none", seed=1).calls == 1
    assert backoff.contention(30, lambda *_: 10_000.0, seed=1).calls >= 30


def test_coap_first_timeout_lies_between_two_and_three_seconds():
    assert backoff.COAP.sends(0.0)[1] == 2.0 and backoff.COAP.sends(1.0)[1] == 3.0


@pytest.mark.parametrize("failure", [0.1, 0.5, 0.9])
def test_attempts_follow_their_formula(failure):
    seen = backoff.layered_attempts(1, 3, failure, users=20_000, seed=2)
    assert seen == pytest.approx(theory.expected_attempts(failure, 2), rel=0.02)
    assert backoff.retry_load(2000, failure, retries=2) == pytest.approx(theory.expected_attempts(failure, 2), rel=0.02)


def test_a_client_below_the_capacity_is_not_throttled():
    assert backoff.adaptive_throttling(100, 1000) == pytest.approx(100, rel=0.03)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: backoff.contention(3, "fibonacci", seed=1), "fibonacci"),
        (lambda: backoff.contention(0, "none", seed=1), "at least one client"),
        (lambda: backoff.layered_attempts(0, 1), "at least 1"),
        (lambda: backoff.adaptive_throttling(1, 1, k=0), "k is above 0"),
    ],
)
def test_impossible_wishes_are_refused(call, says):
    with pytest.raises(ConfigError, match=says):
        call()
