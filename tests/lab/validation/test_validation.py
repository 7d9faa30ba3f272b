"""Published results: every row passes with ten seeds; the machinery says no when it must."""

from __future__ import annotations

import pytest

from dmkit.lab.validation import CHECKS, COLUMNS, validate
from dmkit.lab.validation.check import Check, Figure
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

    wrong = Check(
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
