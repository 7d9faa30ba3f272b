"""Published results: every row passes with ten seeds; the machinery says no when it must."""

from __future__ import annotations

import os
from pathlib import Path

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


# -- several processes

FEW = ["V05", "V11", "V13", "V14", "V17", "V33"]


def _check(row, run):
    return ValidationCheck(row, "made up", (Figure("devices", 1.0, 0.0),), run, False, "R+", "somebody")


def _children():
    """Processes that this one has started, but for the helper of loky that ends with it."""
    found = set()
    for name in Path(f"/proc/{os.getpid()}/task").glob("*/children"):
        found |= set(name.read_text().split())
    lines = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in found}
    return {pid for pid, line in lines.items() if b"resource_tracker" not in line}


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads /proc")
def test_two_processes_find_what_one_finds_and_are_gone_after():
    before = _children()
    here, there = (validate(FEW, seeds=[1, 2], workers=workers) for workers in (1, 2))
    assert here.equals(there) and here.attrs == there.attrs and here["value"].tolist() == there["value"].tolist()
    assert _children() <= before


@pytest.mark.parametrize("workers", [1, 2])
def test_what_a_check_raises_is_told_with_its_row(monkeypatch, workers):
    from dmkit.lab import validation

    def fails(seeds):
        raise ZeroDivisionError("no devices")

    checks = (_check("V11", lambda seeds: {"devices": [1.0]}), _check("V12", fails))
    monkeypatch.setattr(validation, "CHECKS", checks)
    with pytest.raises(ZeroDivisionError, match="no devices") as caught:
        validate(workers=workers)
    assert caught.value.__notes__ == ["in validation row V12, made up"]


def test_a_process_that_is_killed_is_told_with_what_was_left(monkeypatch):
    from dmkit.lab import validation

    checks = tuple(_check(row, lambda seeds: os._exit(3)) for row in ("V11", "V12"))
    monkeypatch.setattr(validation, "CHECKS", checks)
    with pytest.raises(ConfigError, match="before these rows came to an end: V11, V12"):
        validate(workers=2)


@pytest.mark.parametrize("workers", [0, -1, 2.0, True, "2", 257, float("nan")])
def test_a_number_of_processes_that_is_none_is_refused(workers):
    with pytest.raises(ConfigError, match="workers"):
        validate(["V11"], workers=workers)


def test_one_process_for_a_few_rows_one_a_core_for_all(monkeypatch):
    from dmkit.lab.validation import playing

    monkeypatch.setattr(playing.os, "sched_getaffinity", lambda pid: {0, 1, 2}, raising=False)
    assert [playing.workers_for(checks) for checks in (CHECKS[:5], CHECKS)] == [1, 3]
    monkeypatch.setattr(playing, "find_spec", lambda name: None)
    assert playing.workers_for(CHECKS) == 1
