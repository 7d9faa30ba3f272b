"""Costs of guessing, nonces that repeat, and devices that fall out of step."""

from __future__ import annotations

from random import Random

import pytest

from dmkit.attack.choices import Choices
from dmkit.attack.designs import DESIGNS
from dmkit.attack.freshness import after_loss, first_repeats, lost_in_step, same_birthday
from dmkit.attack.guessing import PINS, RATES, SPACES, WORK, guessed, mean_time, rate_of, share_guessed, times
from dmkit.attack.path import cut
from dmkit.attack.stage import Stage
from dmkit.auth import SCHEMES
from dmkit.sim.theory import birthday, in_step
from dmkit.words.errors import ConfigError

pytestmark = pytest.mark.unsound("messages are lost on purpose")


def test_every_scheme_has_its_work_factor():
    assert set(SCHEMES) <= set(WORK)
    assert all(work.algorithm in RATES and work.basis for work in WORK.values())
    assert rate_of("basic") == float("inf")
    assert rate_of("mac") == pytest.approx(rate_of("md5") * 2 / 3)
    assert rate_of("hmac-sha256-stretched") < rate_of("hmac-sha256") / 9_999
    assert not any("HMAC has" in work.basis for work in WORK.values())


def test_table_of_times():
    rows = times(("md5",), ("8 printable", "128 bits"), machines=10)
    assert [row["space"] for row in rows] == ["8 printable", "128 bits"]
    assert rows[0]["all_seconds"] == pytest.approx(95**8 / 15.43e10)
    assert rows[0]["mean_seconds"] == mean_time(SPACES["8 printable"], rate_of("md5", 10))


def test_pins():
    assert sum(PINS.values()) == pytest.approx(26.832)
    assert share_guessed(10_000) == pytest.approx(1.0) and share_guessed(0) == 0
    assert share_guessed(3, chosen="chance") == 3e-4
    assert guessed(100_000, 3) == pytest.approx(18_610, abs=400)
    assert guessed(100_000, 3, chosen="chance") < 60


@pytest.mark.parametrize(
    "call",
    [
        lambda: rate_of("magic"),
        lambda: share_guessed(-1),
        lambda: share_guessed(1, chosen="dice"),
        lambda: first_repeats(64, 1),
        lambda: mean_time(10, 0),
    ],
)
def test_bad_input_is_refused(call):
    with pytest.raises(ConfigError):
        call()


def test_birthdays():
    assert same_birthday(23, 365) == pytest.approx(0.507297, abs=1e-6)
    assert same_birthday(300, 2**16) == pytest.approx(birthday(300, 16), abs=2e-3)
    assert same_birthday(3, 2) == 1.0
    share = float((first_repeats(12, 2_000, seed=4) <= 75).mean())
    assert share == pytest.approx(same_birthday(75, 2**12), abs=0.03)


def test_what_a_lost_nonce_does_comes_from_the_engines():
    assert after_loss(resync=False).works is False
    helped = after_loss(resync=True)
    assert helped.works and helped.extra_round_trips == 1


def test_the_model_of_devices_out_of_step_agrees_with_real_sessions():
    loss, sessions, devices = 0.25, 3, 120
    rng, well = Random(24), 0
    for _ in range(devices):
        stage = Stage(DESIGNS["mac, no second challenge"])
        for _ in range(sessions):
            stage.session(Choices((0, 0, 0, 1) if rng.random() < loss else ()), cut)
        stage.session(Choices())
        well += stage.wanted[-1]
    # the first session has no earlier one to lose its nonce: p counts for each of the three before the last
    assert well / devices == pytest.approx(in_step(loss, sessions), abs=0.12)
    assert lost_in_step(20_000, sessions, loss)[0] == pytest.approx(in_step(loss, sessions), abs=0.01)
