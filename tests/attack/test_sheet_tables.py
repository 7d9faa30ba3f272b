"""Rates, work and limits as the sheet lists them, written off by hand.  [validation sheet B2, security sheet]"""

from __future__ import annotations

import pytest

from dmkit.attack.goals import ENOUGH_MESSAGES, ENOUGH_OCTETS
from dmkit.attack.guessing import RATES, SPACES, WORK
from dmkit.attack.judging import ENOUGH
from dmkit.attack.powers import EVERYTHING, PATH, POWERS

MILLIONS = {
    ("MD5", 0): 52_490, ("MD5(MD5(p))", 2600): 15_430, ("HMAC-MD5, key = password", 50): 8_020,
    ("HMAC-MD5, key = salt", 60): 15_890, ("SHA-1", 100): 20_470, ("HMAC-SHA1, key = password", 150): 4_689,
    ("SHA-256", 1400): 8_677, ("HMAC-SHA256, key = password", 1450): 1_708, ("HMAC-SHA512, key = password", 1750): 503,
    ("DES known plaintext", 14000): 51_170, ("bcrypt cost 5", 3200): 0.0562,
}  # fmt: skip
"""Algorithm and mode -> millions of guesses a second."""
COMPRESSIONS = {"md5": 2, "mac": 3, "md5-apart": 2, "mac-apart": 3}
"""Of MD5 for a guess, where MD5(MD5(p)) has two."""


def test_rates():
    assert {(rate.algorithm, rate.mode) for rate in RATES.values()} == set(MILLIONS)
    for rate in RATES.values():
        assert rate.per_second == pytest.approx(MILLIONS[rate.algorithm, rate.mode] * 1e6)


def test_work():
    assert {name: WORK[name].factor * 2 for name in COMPRESSIONS} == COMPRESSIONS
    assert {WORK[name].algorithm for name in COMPRESSIONS} == {"MD5(MD5(p))"}
    assert WORK["basic"].factor == 0 and WORK["hmac-sha256-stretched"].factor == 10_000
    assert {WORK[name].algorithm for name in WORK if "sha256" in name} == {"HMAC-SHA256, key = password"}
    assert {name: WORK[name].algorithm for name in ("mac-rfc2104", "bootstrap PIN", "DES card key")} == {
        "mac-rfc2104": "HMAC-MD5, key = password", "bootstrap PIN": "HMAC-SHA1, key = password",
        "DES card key": "DES known plaintext"}  # fmt: skip


def test_spaces():
    assert list(SPACES.values()) == [10**4, 36**8, 62**8, 95**8, 10**10, 2**56, 2**128]


def test_limits_are_one():
    assert ENOUGH == ENOUGH_MESSAGES == 12 and ENOUGH_OCTETS == 256 * 1024


def test_who_can_do_what():
    """Ten powers on the path; all that is explored, bar a server that has been taken over."""
    explored = {name for name, power in POWERS.items() if power.explored}
    assert explored == {*PATH, "parallel", "crash", "sms", "own server"} and len(PATH) == 10
    assert set(EVERYTHING) == explored - {"own server"}
