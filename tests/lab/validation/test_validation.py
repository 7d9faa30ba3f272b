"""Published results: every row passes with ten seeds; the machinery says no when it must."""

from __future__ import annotations

import pytest

from dmkit.lab.validation import CHECKS, COLUMNS, validate
from dmkit.lab.validation.check import Figure, ValidationCheck
from dmkit.words.errors import ConfigError

ROWS = [*dict.fromkeys(check.id for check in CHECKS)]


def test_every_row_of_the_plan_is_there():
    assert [f"V{n:02}" for n in range(1, 34)] == ROWS


@pytest.mark.unsound("rows about security lose messages on purpose")
@pytest.mark.parametrize("row", ROWS)
def test_published_results_are_reproduced(row):
    frame = validate([row])
    assert list(frame.columns) == list(COLUMNS)
    assert (frame.loc[frame["half"] > 0, "seeds"] >= 10).all()
    failed = frame[~frame["passed"]]
    assert failed.empty, failed[["what", "published", "value", "half", "tolerance"]].to_string()


def test_a_wrong_model_does_not_pass(monkeypatch):
    import dmkit.lab.validation as validation

    wrong = ValidationCheck(
        "V11", "sector", (Figure("devices", 52_547, 0.0),), lambda seeds: {"devices": [52_548.0]}, False, "R+", ""
    )
    monkeypatch.setattr(validation, "CHECKS", (wrong,))
    assert not validate()["passed"].any()


def test_frames_carry_version_seeds_and_units():
    frame = validate(["V17"], seeds=[3, 4])
    assert frame.attrs["parameters"] == {"seeds": [3, 4]} and frame.attrs["units"] == COLUMNS
    assert frame.equals(validate(["V17"], seeds=[3, 4]))


def test_an_unknown_row_is_refused_by_name():
    with pytest.raises(ConfigError, match="V99"):
        validate(["V99"])


def test_an_order_must_hold_in_every_seed(monkeypatch):
    """A claim is no mean: one seed in which it fails is one too many, and the value says in how many it holds."""
    from dmkit.lab import validation
    from dmkit.lab.validation.check import claim, runs

    def seen(values):
        check = runs("V12", "x", (claim("a < b"),), lambda seeds: {"a < b": values}, "S", "somebody")
        monkeypatch.setattr(validation, "CHECKS", (check,))
        [row] = validate(["V12"], seeds=range(10)).to_dict("records")
        return row["passed"], row["value"], row["half"]

    assert seen([1.0] * 10) == (True, 1.0, 0.0)
    assert seen([1.0] * 9 + [0.0]) == (False, 0.9, 0.0)


def test_figures_of_our_own_say_so():
    """V12's cells, V15's length and V26's table stand nowhere else; what somebody printed names who did."""
    frame = validate(["V12", "V15", "V26"], seeds=[1, 2])
    own = frame[frame["source"].str.startswith("our own")]
    assert set(own["id"]) == {"V12", "V15", "V26"} and set(own["evidence"]) == {"C"}
    rest = frame.drop(own.index)
    assert set(rest["id"]) == {"V12", "V15"} and not rest["what"].str.contains("ms|makespan").any()
