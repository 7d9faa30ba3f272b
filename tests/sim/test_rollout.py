"""Staged rollouts: what the rules promise, they keep; a stop spares devices; the last device counts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dmkit.lab.runs.experiment import sweep
from dmkit.sim import theory
from dmkit.sim.arrivals import Spread
from dmkit.sim.campaign import Campaign, Servers
from dmkit.sim.net import LINKS
from dmkit.sim.rollout import COLUMNS, RULES, Rollout, promise
from dmkit.words.errors import ConfigError

QUICK = Campaign(devices=3000, arrivals=Spread(600.0), servers=Servers(count=8), link=replace(LINKS["lte"], loss=0.0))
PLAN = Rollout(campaign=QUICK, stages=(0.1, 0.4, 1.0), notice=60.0)


def test_a_good_package_reaches_everybody():
    for rule in RULES:
        run = replace(PLAN, rule=rule, defect=0.0).run(1)
        assert not run.stopped and run.bricked == 0 and run.summary()["updated"] == 3000
        assert not np.isnan(run.finished).any()
        assert run.stages[-1].ends == run.finished.max()


def test_a_bad_one_is_stopped_by_every_rule_that_looks():
    for rule in RULES:
        run = replace(PLAN, rule=rule, defect=0.2).run(1)
        assert run.stopped == (rule != "never")
        if run.stopped:
            assert run.bricked < 100 and run.summary()["spared"] > 2000
            assert np.nanmax(run.finished) <= run.stages[-1].ends
            assert run.bricked == int((run.broken & ~np.isnan(run.finished)).sum())


def test_the_first_broken_device_stops_the_strict_rule_when_it_is_noticed():
    run = replace(PLAN, rule="no failure", defect=0.01).run(2)
    first = np.nanmin(np.where(run.broken, run.finished, np.nan))
    assert run.stages[-1].ends == pytest.approx(first + PLAN.notice) and run.stages[-1].known_broken == 1


def test_rules_meet_the_same_luck():
    broken = [replace(PLAN, rule=rule, defect=0.05).run(3).broken for rule in RULES]
    assert all((one == broken[0]).all() for one in broken)


def test_the_sequential_rule_keeps_its_error_rates_and_repeated_looks_do_not():
    """Against Wald's bound: alpha at `tolerated`, beta at `intolerable`, within sampling error of 150 runs."""
    quiet = replace(QUICK, devices=4000)

    def stopped(rule, defect):
        plan = Rollout(
            campaign=quiet, stages=(1.0,), notice=0.0, rule=rule, defect=defect, tolerated=0.02, intolerable=0.05
        )
        broken = np.random.default_rng(1).random((400, 4000)) < defect
        heard = np.arange(1, 4001)
        hits = 0
        for row in broken:
            stop, enough = RULES[rule](plan, heard, np.cumsum(row))
            first = [int(np.argmax(x)) if x.any() else 9999 for x in (stop, enough)]
            hits += first[0] < first[1]
        return hits / 400

    assert stopped("sequential", 0.02) < 0.05 + 0.02
    assert stopped("sequential", 0.05) > 0.95 - 0.02
    assert stopped("wilson", 0.02) > 0.10


def test_the_promise_is_the_rule_of_three_and_grows_with_failures():
    for n in (30, 100, 300, 1000):
        assert promise(n, 0) == pytest.approx(theory.bound_after_no_failures(n))
    assert promise(100, 0) < promise(100, 1) < promise(100, 5) and promise(5, 5) == 1.0


def test_stages_follow_each_other_and_add_up():
    run = replace(PLAN, rule="wilson", watch=100.0).run(1)
    frame = run.frame()
    assert list(frame.columns) == list(COLUMNS) and frame["devices"].tolist() == [300, 900, 1800]
    assert (frame["begins"].to_numpy()[1:] == frame["ends"].to_numpy()[:-1]).all()
    assert frame["ends"].iloc[0] > 0.9 * 600 + 60 + 100
    assert frame["bound"].is_monotonic_decreasing and frame["verdict"].tolist() == ["go on", "go on", "done"]


def test_a_good_package_may_be_found_good_early():
    run = replace(PLAN, rule="sequential", defect=0.0, stages=(0.3, 0.5, 1.0)).run(1)
    assert [row.verdict for row in run.stages] == ["all at once", "done"] and run.stages[1].devices == 2100
    assert run.summary()["seconds"] < replace(PLAN, rule="wilson", stages=(0.3, 0.5, 1.0)).run(1).summary()["seconds"]


def test_a_rollout_can_be_swept():
    frame = sweep(PLAN, over={"rule": list(RULES), "defect": [0.0, 0.1]}, seeds=[1, 2], progress=False)
    assert len(frame) == 16 and (frame["error"] == "").all()
    assert frame.loc[frame["defect"] == 0, "bricked"].sum() == 0


def test_devices_that_gave_up_do_not_hold_the_rollout_up():
    run = replace(PLAN, campaign=replace(QUICK, link=replace(LINKS["lte"], loss=0.6)), rule="wilson").run(1)
    assert run.stages[-1].verdict == "done" and 0 < run.summary()["spared"] < 3000


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"rule": "hope"}, "hope"),
        ({"stages": ()}, "at least 1 of them"),
        ({"stages": (0.5, 0.4, 1.0)}, "growing shares"),
        ({"stages": (0.5,)}, "end with 1"),
        ({"defect": 2.0}, "defect is 2.0; it must be a number from 0 to 1"),
        ({"tolerated": 0.5, "intolerable": 0.4}, "tolerated is 0.5; it must be below intolerable"),
        ({"quorum": 0.0}, "quorum"),
        ({"notice": -1.0}, "notice is -1.0; it must be a number from 0 s upwards"),
    ],
)
def test_what_makes_no_sense_is_refused(change, says):
    with pytest.raises(ConfigError, match=says):
        replace(PLAN, **change)
