"""Readings that meet: the classes are those of their definitions, on cases whose end one can work out by hand."""

from __future__ import annotations

import dataclasses

import pytest

import dmkit as dm
from dmkit.words.errors import ConfigError
from dmkit.workbench.readings.cases import KINDS, cases, play
from dmkit.workbench.readings.dm2 import CASES
from dmkit.workbench.readings.meeting import CLASSES, applies, meet
from dmkit.workbench.readings.observed import FACETS, content
from dmkit.workbench.readings.switches import DECLARED, OWNERS, applied, switch_of, switches
from dmkit.workbench.readings.watched import ReadingRuns, watched_play

pytestmark = [pytest.mark.unsound("readings break rules"), pytest.mark.slow]  # so do paths that alter messages


def met(name: str, case: str, rival: object = None):
    switch = switch_of(name)
    return meet(switch, switch.rivals[0] if rival is None else rival, cases(case)[0])


def test_every_field_of_the_rules_is_a_switch_with_a_rival() -> None:
    names = {switch.name for switch in switches()}
    assert names == {f"{owner}.{f.name}" for owner, cls in OWNERS.items() for f in dataclasses.fields(cls)}
    for switch in switches():
        assert switch.rivals and switch.default not in switch.rivals, switch.name
        assert switch.text or switch.owner == "UriLimits", switch.name
    assert set(DECLARED) <= names


def test_every_case_can_be_played_and_comes_out_the_same_twice() -> None:
    for case in cases("golden", "job", "path", "loss"):
        assert play(case) == play(case), case.name
    assert {case.kind for case in cases()} == set(KINDS)


@pytest.mark.parametrize("name", ["Rules.late_alert", "TreeRules.atomic"])
def test_what_is_not_played_would_have_come_out_the_same(name: str) -> None:
    """A run is known from another where no side reads the switch; here all four pairs are played all the same."""
    switch = switch_of(name)
    saved = 0
    for case in [case for case in cases()[::31] if applies(switch, case)]:
        runs = ReadingRuns(case)
        for device in (switch.default, switch.rivals[0]):
            for server in (switch.default, switch.rivals[0]):
                own, theirs = applied(case.device, switch, device), applied(case.server, switch, server)
                found = runs.run((("device", switch, device), ("server", switch, server)))
                assert found.seen == play(case, own, theirs), case.name
        saved += 3 - runs.played
    assert saved > 0


def test_rules_that_are_watched_play_as_the_ones_they_stand_for() -> None:
    for case in cases()[::31]:
        run = watched_play(case, case.device, case.server)
        assert run.seen == play(case) and "Rules.auth" in run.device


# -- each class, on a conversation that shows why


def test_a_parent_that_stays_after_a_failed_add_is_silent_divergence() -> None:
    one = met("TreeRules.keep_implicit", "T129")
    assert one.kind == "silent divergence" and one.worst.noticed == () and not one.worst.hint
    assert "nodes" in one.worst.facets and one.worst.parts == 0, "not one message differs"
    assert one.worst.run.wire == one.worst.expected.wire
    assert one.worst.run.device["nodes"].keys() != one.worst.expected.device["nodes"].keys()


def test_another_list_for_what_is_made_is_silent_divergence_about_rights() -> None:
    one = met("TreeRules.creator_acl", "T99")
    assert one.kind == "silent divergence" and one.worst.facets[0] == "rights"


def test_commands_done_backwards_are_silent_divergence_about_values() -> None:
    one = met("Rules.order", "W23")
    assert one.kind == "silent divergence" and one.worst.facets == ("values",)


def test_a_copy_that_is_refused_where_the_server_counts_on_it_breaks() -> None:
    one = met("TreeRules.copy_creates", "copy")
    assert one.kind == "breaks" and "Copy" in one.worst.why and one.worst.noticed == ("server",)
    assert (one.worst.device, one.worst.server) == (False, True), "the device refuses what the server expects"


def test_a_scheme_that_the_device_will_not_go_down_to_breaks() -> None:
    one = met("Rules.downgrade", "W22", "floor")
    assert one.kind == "breaks" and "weaker than our floor" in one.worst.why


def test_another_refusal_is_visible_and_nothing_is_wrong() -> None:
    one = met("TreeRules.query_first", "T29")
    assert one.kind == "visible" and not one.worst.facets and one.worst.noticed == ("server",)


def test_a_status_that_both_take_for_good_is_visible_to_nobody_who_acts() -> None:
    one = met("Rules.transport_status", "nobody proves anything")
    assert one.kind == "visible" and one.worst.noticed == () and one.worst.hint


def test_what_no_conversation_reaches_is_not_called_harmless() -> None:
    assert met("Rules.large_objects", "nothing").kind == "not shown"


def test_both_on_one_reading_never_disagree() -> None:
    for name, case in (("TreeRules.keep_implicit", "T129"), ("Rules.order", "W23"), ("TreeRules.copy_creates", "copy")):
        for pair in met(name, case).pairs[:2]:
            assert pair.kind == "harmless" and not pair.wrong and pair.device == pair.server


def test_a_case_says_nothing_of_what_it_sets_itself() -> None:
    assert not applies(switch_of("Rules.large_objects"), cases("refused piece")[0])
    assert applies(switch_of("Rules.large_objects"), cases("long write")[0])


def test_losses_are_among_the_conversations_and_repair_themselves() -> None:
    one = met("Rules.retries", "lost 2")
    crossed = next(pair for pair in one.pairs[2:] if pair.device == 0)
    assert crossed.run.ended["device 1"] == "no answer came" and crossed.noticed == ("server",)
    assert crossed.kind == "visible", "a device without retries ends so whatever its server thinks of retries"


def test_nonces_and_numbers_are_not_what_somebody_hears() -> None:
    status = dm.Status(cmd_id="2", msg_ref="1", cmd_ref="1", cmd="Get", code=dm.StatusCode.OK)
    other = dm.Status(cmd_id="9", msg_ref="4", cmd_ref="7", cmd="Get", code=dm.StatusCode.OK)
    assert content(status) == content(other)


# -- DM 2.0


def test_readings_of_dm_2_meet_too() -> None:
    frame = dm.readings("Dm2Rules.*").set_index(["switch", "rival"])
    assert frame.loc[("Dm2Rules.unknown_command", "skip"), "class"] == "breaks"
    assert frame.loc[("Dm2Rules.access", "open"), "class"] == "breaks"
    assert (frame["conversations"] == len(CASES)).all() and "not shown" not in set(frame["class"])


# -- the frame


def test_the_frame_has_provenance_and_one_row_for_each_rival() -> None:
    told = []
    frame = dm.readings("TreeRules.atomic", "Rules.late_alert", cases=["job"],
                        progress=lambda n, of, name: told.append((n, of, name)))  # fmt: skip
    assert frame["rival"].tolist() == ["keep", "best effort", "unsupported", "unsupported, one status"]
    assert told == [(n, 4, name) for n, name in enumerate(frame["switch"])]
    assert frame.attrs["measure"] == "readings" and frame.attrs["version"] and frame.attrs["parameters"]["cases"]
    assert set(frame["class"]) <= set(CLASSES)
    assert frame.set_index("rival").loc["unsupported", "peers"] == "hs20 (device)"
    kinds = frame[["silent", "breaks", "visible", "harmless"]].sum(axis=1)
    assert (kinds <= frame["conversations"]).all() and (kinds > 0).all()
    for wrong in frame["wrong"]:
        assert not wrong or set(wrong.split(", ")) <= set(FACETS)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: dm.readings("Rules.late"), "no switch is called 'Rules.late'.*nearest: 'Rules.late"),
        (lambda: dm.readings("TreeRules.copies"), "nearest: 'TreeRules.cop"),
        (lambda: dm.readings("Rules.order", cases=["golde"]), "no case is called 'golde'"),
        (lambda: dm.readings("Rules.order", cases="golden"), "must be a list"),
    ],
)
def test_bad_names_get_a_sentence(call, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        call()
