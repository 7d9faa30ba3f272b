"""The worked study: its verdicts are found by running, and the page shows them as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

import dmkit as dm
from dmkit.rights.study import SCENARIOS, WORLDS, study, study_markdown, try_out

PAGE = Path(__file__).resolve().parents[2] / "docs" / "who-may.md"
VERDICTS = {name: {scenario.name: found[name].verdict for scenario, found in study()} for name in WORLDS}


@pytest.mark.parametrize("asks", ["lock-out", "escalation"])
def test_the_page_shows_what_the_study_says(asks):
    shown = PAGE.read_text(encoding="utf-8").partition(f"<!-- computed: {asks} -->\n")[2].partition("\n<!-- end -->")[0]
    assert shown == study_markdown(asks)


@pytest.mark.spec("T-05")
def test_the_leaf_rule_locks_out_a_server_with_add_only():
    assert VERDICTS["DM 1.2"]["adds a leaf, Add only"] == "locked out"
    assert VERDICTS["DM 1.2"]["adds an interior node, Add only"] == "owns it"
    for engine in ("AOSP-DM", "libdmclient"):
        assert VERDICTS[engine]["adds a leaf, Add only"] == "owns it"


@pytest.mark.spec("T-10")
def test_a_chain_of_new_parents_belongs_to_who_made_it():
    assert VERDICTS["DM 1.2"]["adds a leaf and its parents, Add only"] == "owns it"


def test_replace_above_escalates_and_replace_on_a_leaf_does_not():
    for name, verdicts in VERDICTS.items():
        assert verdicts["has Replace on an interior node"] == "escalates", name
        assert verdicts["has Replace on a leaf only"] == "holds", name
        assert verdicts["has Add on a parent only"] == "holds", name


def test_asking_every_node_below_stops_a_delete_that_escalates():
    row = "the same, and a node below grants it nothing"
    assert VERDICTS["DM 1.2"][row] == "escalates"
    assert VERDICTS["AOSP-DM"][row] == "holds"


def test_a_denial_keeps_one_right_out_of_reach():
    scenario = next(s for s in SCENARIOS if "!s" in s.name)
    assert [try_out(scenario, WORLDS[name]).letters[3] for name in ("DM 1.2", "deny entries")] == ["g", "·"]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_an_escalation_has_a_script_that_proves_it(scenario):
    for name, world in WORLDS.items():
        found = try_out(scenario, world)
        tree = dm.Tree.of(scenario.values, acl=scenario.lists)
        for command in scenario.does:
            tree = world.play(tree, "s", command)
        for verb, letter in zip(("Add", "Delete", "Exec", "Get", "Replace"), found.letters, strict=True):
            reach = dm.rights.ever(tree, "s", verb, scenario.at, world=world)
            assert bool(reach) == (letter != "·"), (name, verb)
            assert not reach or ((len(reach.script) == 0) == letter.isupper() and reach.proves(tree, world))


def test_the_frame_is_the_study():
    frame = dm.measure.acl_study()
    assert frame.shape == (len(SCENARIOS), len(WORLDS))
    assert frame.loc[("lock-out", "adds a leaf, Add only"), "DM 1.2"] == "locked out A····"
    assert len(dm.measure.acl_study("escalation")) == sum(s.asks == "escalation" for s in SCENARIOS)
    mine = dm.measure.acl_study("lock-out", {"open": dm.rights.Assumptions(policy=dm.rights.RIVALS["open"])})
    assert set(mine["open"]) == {"owns it ADEGR"}
