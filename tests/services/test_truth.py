"""Whatever is cut, refused or changed underway: what a job says in the end is so."""

from __future__ import annotations

from random import Random

import pytest

from dmkit.services.tables import parse
from tests.services import truth


@pytest.mark.parametrize("seed", range(1, 5))
def test_no_run_ends_with_a_false_report(seed):
    ends, lies = truth.count(250, seed)
    assert lies == []
    assert {"done", "no plan", "undone", "part done", "waiting"} <= ends.keys()


@pytest.mark.parametrize(
    ("state", "change"),
    [("done", {"./S/0": "q"}), ("undone", {"./S/9": "q"}), ("waiting", {}), ("stranded", {}), ("part done", {})],
)
def test_the_judge_finds_a_false_report(state, change):
    rng = Random(3)
    catalogue = parse('[service.a]\nsettings = {"./S/0" = "x"}')
    result, start, end, flips = truth.run(rng, catalogue, {}, ["a"], [], {}) if catalogue.facts else made(catalogue)
    for uri, value in change.items():
        end = end.set(uri, value)
    false = type(result)(state, ("a",), (), result.works if not change else ())
    assert truth.lie(catalogue, {}, ["a"], [], false, start, end, flips)


def made(catalogue):
    from dmkit.services.provision import provision
    from tests.services.drive import drive, tree_of

    start = tree_of(catalogue, {})
    driven = drive(provision(["a"], catalogue=catalogue), catalogue, start)
    return driven.result, start, driven.tree, []
