"""A cell is a difference from its base, losses are named as losses, and the smallest change is proved to be it."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest

from dmkit.enablers import (
    ENABLERS,
    PROFILES,
    SCENARIOS,
    SPEC,
    assess,
    cell,
    evaluate,
    find,
    matrix,
    overall,
    profile,
    smallest,
)
from dmkit.enablers.change import CapabilityChange
from dmkit.enablers.finding import ScenarioFinding
from dmkit.enablers.tables import assessment_data, changes, matrix_data, matrix_markdown, matrix_text
from dmkit.lab.studies.capabilities import assessment_frame, losses, needs
from dmkit.mo.capabilities import CAPABILITIES

pytestmark = pytest.mark.unsound("one scenario cuts the link")

OF_SPEC = matrix()
LARGE, ATOMIC, COPY = CAPABILITIES["large object"], CAPABILITIES["Atomic"], CAPABILITIES["Copy"]

NIGHTLY = pytest.mark.nightly
AT_3000 = {("settings", "large object"): "optional", ("settings", "Atomic"): "not needed",
           ("schedule", "large object"): "optional"}  # fmt: skip
LARGE_IDLE = {(enabler, "large object"): "not needed" for enabler in ("inventory", "firmware", "software")}
RULES = [
    ({"max_message": 3000}, {"settings"}, AT_3000),
    pytest.param({"max_message": 2999}, {"settings"}, AT_3000, marks=NIGHTLY),
    pytest.param({"max_message": 3001}, {"settings"}, AT_3000, marks=NIGHTLY),
    pytest.param({"max_message": 4000}, set(), {}, marks=NIGHTLY),
    pytest.param({"messages": 3}, {"firmware", "software"},
                 {("firmware", "large object"): "not needed", ("software", "large object"): "not needed",
                  ("software", "listing"): "not needed", ("diagnosis", "listing"): "mandatory"}, marks=NIGHTLY),
    pytest.param({"max_message": 65_536}, set(), LARGE_IDLE, marks=NIGHTLY),
    ({"max_object": 2000}, {"inventory", "firmware", "software"},
     LARGE_IDLE | {("software", "listing"): "not needed"}),
    pytest.param({"tree.max_value": 60}, {"firmware", "software"},
                 {("firmware", "large object"): "not needed", ("software", "large object"): "not needed"},
                 marks=NIGHTLY),
    ({"tree.copy": False}, {"settings"}, {(e, "Copy"): "nothing to lose" for e in ENABLERS}),
    ({"tree.sequence_stops": True}, set(), {}),
    pytest.param({"retries": 0}, set(), {}, marks=NIGHTLY),
    pytest.param({"tree.delete_asks_all": True}, set(), {}, marks=NIGHTLY),
]  # fmt: skip
"""Rules, the enablers that lose something under them in any case, and the cells that they decide."""


@pytest.mark.parametrize(("rules", "less", "cells"), RULES, ids=lambda value: str(sorted(value))[:60])
def test_a_rule_changes_the_cells_that_it_decides_and_no_others(rules, less, cells) -> None:
    found = matrix(SPEC.ruled(rules))
    assert {name for name, verdict in found.with_all.items() if verdict != "works"} == less
    changed = {key: found[key].need for key in found.cells if found[key].need != OF_SPEC[key].need}
    assert changed == cells


def test_no_row_is_lost_where_a_rule_fails_something_everywhere() -> None:
    """Without Copy settings lose a promise in every cell; only what else is lost counts."""
    base = SPEC.without(COPY)
    for name in CAPABILITIES:
        found, spec = cell("settings", CAPABILITIES[name], base), OF_SPEC["settings", name]
        if name != "Copy":
            assert found.need == spec.need
            assert {s: f.lost for s, f in found.lost.items()} == {s: f.lost for s, f in spec.lost.items()}


def test_where_nothing_is_left_nothing_can_be_lost() -> None:
    found = matrix(profile("no Exec"), ["lock", "trap"])
    assert {found["lock", name].need for name in CAPABILITIES} == {"nothing to lose"}
    assert found["trap", "Exec"].need == "nothing to lose" and found["trap", "asynchronous alert"].need != "not needed"
    assert not found["lock", "notification"].lost and found.either["lock"] == ()
    assert "– nothing to lose" in matrix_text(found) and "– nothing to lose" in matrix_markdown(found)
    assert "– nothing to lose" not in matrix_text(OF_SPEC)
    assert matrix_data(found)["enablers"][0]["needs"]["Exec"]["need"] == "nothing to lose"
    assert set(needs(found).loc["lock"]) == {"nothing to lose"}


def test_frames_of_nothing_lost_have_their_columns() -> None:
    frame = losses(matrix(enablers=["lock"], capabilities=["Copy"]))
    assert len(frame) == 0 and list(frame.columns) == list(losses(OF_SPEC).columns)


def test_losses_are_named_as_losses() -> None:
    for name in SCENARIOS:
        finding = evaluate(SCENARIOS[name], profile("DM 1.2, musts only"))
        assert finding.lost == () or str(finding).startswith(f"{finding.verdict}, lost: {finding.lost[0]}")
    assert "firmware without Exec: mandatory\ndirect delivery fails, lost: the device runs 2.1" in str(
        OF_SPEC["firmware", "Exec"]
    )


def test_a_finding_beyond_another() -> None:
    works, less, fails = (ScenarioFinding(v, lost) for v, lost in (("works", ()), ("degraded", ("a",)),
                                                                   ("fails", ("g", "a"))))  # fmt: skip
    assert [str(f.beyond(works)) for f in (works, less, fails)] == ["works", "degraded, lost: a", "fails, lost: g; a"]
    assert [str(f.beyond(less)) for f in (works, less, fails)] == ["works", "works", "fails, lost: g"]
    assert {f.beyond(fails).verdict for f in (works, less, fails)} == {"works"}


# -- the smallest change


@pytest.mark.parametrize(("enabler", "name"), [
    ("settings", "libdmclient"), ("firmware", "windows"), ("schedule", "aosp"), ("lock", "no Exec"),
    ("firmware", "hs20"), ("user", "DM 1.2, musts and shoulds"),
])  # fmt: skip
def test_what_is_called_proved_is_the_smallest_of_all_sets(enabler: str, name: str) -> None:
    made = PROFILES[name]
    found = smallest(enabler, made)
    assert found and all(change.proved for change in found)
    if found[0].rules:  # capabilities do not suffice, whichever
        assert overall(find(enabler, made.added(*made.lacks))) != "works"
        return
    size = len(found[0].add)
    good = {n: [{each.name for each in chosen} for chosen in combinations(made.lacks, n)
                if overall(find(enabler, made.added(*chosen))) == "works"] for n in range(size + 1)}  # fmt: skip
    assert not any(good[n] for n in range(size)), good
    assert good[size] == [{each.name for each in change.add} for change in found]


@pytest.mark.parametrize(("enabler", "off", "rules"), [
    ("settings", ["TNDS", "Copy"], {"max_message": 3000}),
    ("inventory", ["listing"], {"max_object": 2000}),
    ("lock", ["Exec", "notification"], {"messages": 3}),
    ("firmware", ["Sequence", "large object", "UI alert"], {"heed_max_message": False}),  # which, heeded, is worse
    pytest.param("software", ["listing", "correlator"], {"max_object": 2000, "tree.max_value": 60}, marks=NIGHTLY),
    pytest.param("schedule", ["TNDS", "Atomic", "Exec"], {"max_message": 3000}, marks=NIGHTLY),
])  # fmt: skip
@pytest.mark.parametrize("tries", [1, 100])
def test_with_rules_too_the_smallest_is_that_of_every_set(enabler: str, off: list, rules: dict, tries: int) -> None:
    """Every set of what is off and of rules is put back by hand; capabilities alone come first."""
    good = []
    for size in range(len(off) + len(rules) + 1):
        for chosen in combinations([*off, *rules], size):
            less = profile("DM 1.2", [n for n in off if n not in chosen], (),
                           {n: value for n, value in rules.items() if n not in chosen})  # fmt: skip
            if {evaluate(scenario, less).verdict for scenario in ENABLERS[enabler]} == {"works"}:
                good.append(set(chosen))
    good = [chosen for chosen in good if not chosen & set(rules)] or good
    least = [chosen for chosen in good if len(chosen) == min(map(len, good))]
    found = smallest(enabler, profile("DM 1.2", off, (), rules), tries=tries)
    names = [{*(each.name for each in change.add), *change.rules} for change in found]
    assert len(names) == len(least) and all(chosen in names for chosen in least)
    assert {change.proved for change in found} == {tries == 100 or len(names[0]) <= 1}


def test_what_is_not_proved_says_so() -> None:
    poor = profile("DM 1.2", ["Exec", "notification", "Copy", "TNDS", "Atomic", "UI alert"])
    [few] = smallest("lock", poor, tries=1)
    assert not few.proved and changes((few,)) == "Exec + notification (not every smaller set was tried)"
    [every] = smallest("lock", poor)
    assert few == every and every.proved and changes((every,)) == "Exec + notification"
    assert changes((CapabilityChange((COPY,)),)) == "Copy"
    for tries, proved in ((1, False), (100, True)):
        data = assessment_data(poor, assess(poor, ["lock"], tries=tries))
        assert data["enablers"][0]["every smaller set was tried"] is proved
        assert list(assessment_frame(poor, ["lock"], tries=tries)["proved"]) == [proved]


def test_a_capability_that_makes_it_worse_does_not_hide_the_smallest_change() -> None:
    """The assumption of the quick search does not hold for a world in which one capability stands in another's way."""
    from dmkit.enablers.change import _assumed, _fewest

    moves = (LARGE, ATOMIC, COPY)

    def reached(chosen: object) -> bool:
        return [each.name for each in chosen] in (["large object"], ["Atomic", "Copy"],  # type: ignore[attr-defined]
                                                  ["large object", "Atomic", "Copy"])  # fmt: skip

    assert _assumed(moves, reached) != [(LARGE,)]
    assert _fewest(moves, reached, 100) == ([(LARGE,)], True)
    assert _fewest(moves, reached, 1)[1] is False


def test_a_cell_by_itself_is_that_of_the_matrix() -> None:
    for base in (SPEC, SPEC.ruled({"max_message": 3000})):
        whole = matrix(base, ["settings"], ["large object", "Exec"])
        for name in ("large object", "Exec"):
            alone = cell("settings", CAPABILITIES[name], base)
            assert (alone.need, str(alone)) == (whole["settings", name].need, str(whole["settings", name]))
            assert replace(alone, there=False).need == "nothing to lose"
