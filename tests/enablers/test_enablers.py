"""Enablers against capabilities: what is found is found by running, and changes when a rule does."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import import_module
from itertools import combinations
from pathlib import Path

import pytest

import dmkit as dm
from dmkit import enablers
from dmkit.cli import main
from dmkit.cli.conformance import read_rows
from dmkit.enablers import ENABLERS, PROFILES, SCENARIOS, SPEC, cell, evaluate, matrix, overall, profile, smallest
from dmkit.enablers.change import assess
from dmkit.enablers.finding import named
from dmkit.enablers.tables import grid_markdown, losses_markdown, matrix_markdown
from dmkit.mo.capabilities import CAPABILITIES
from dmkit.tree.execute import execute
from dmkit.words.outcome import Outcome

pytestmark = pytest.mark.unsound("one scenario cuts the link; the rest is looked at below")


@pytest.fixture(scope="module")
def table() -> enablers.Matrix:
    return matrix()


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_works_with_everything(name: str) -> None:
    finding = evaluate(SCENARIOS[name], SPEC)
    assert finding.verdict == "works" and finding.fault is None and finding.sessions, str(finding)
    assert str(finding) == "works"


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_is_the_same_each_time(name: str) -> None:
    first, again = (evaluate(SCENARIOS[name], profile("DM 1.2, musts only")) for _ in range(2))
    assert first == again and str(first) == str(again)
    assert [repr(talk) for talk in first.sessions] == [repr(talk) for talk in again.sessions]


@pytest.mark.parametrize("name", [name for name in SCENARIOS if name != "settings: services that depend"])
def test_its_sessions_keep_the_rules_of_sessions(name: str) -> None:
    for made in (SPEC, profile("DM 1.2, musts only"), profile("DM 1.2", ["Exec"]), profile("DM 1.2", ["Sequence"])):
        for talk in evaluate(SCENARIOS[name], made).sessions:
            dm.session.assert_sound(talk)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_says_what_it_is_about(name: str) -> None:
    scenario = SCENARIOS[name]
    assert scenario.wants.endswith(".") and "§" in scenario.source


def test_the_matrix_has_every_cell(table: enablers.Matrix) -> None:
    assert set(table.cells) == {(e, c) for e in ENABLERS for c in CAPABILITIES}
    assert set(table.with_all.values()) == {"works"}
    assert {table[key].symbol for key in table.cells} == {"●", "○", "·"}


def test_every_capability_matters_to_someone(table: enablers.Matrix) -> None:
    for name in CAPABILITIES:
        assert any(table[enabler, name].need != "not needed" for enabler in ENABLERS), name


def test_what_firmware_needs(table: enablers.Matrix) -> None:
    """FUMO §6: Exec must be there; everything else has a way around."""
    assert table.needs("firmware") == ("Exec",)
    assert table.needs("wake-up") == ("notification",)
    assert ("client-initiated session", "notification") in table.either["firmware"]


@pytest.mark.parametrize(("name", "enabler"), [
    ("fumo", "firmware"), ("scomo", "software"), ("lawmo", "lock"), ("dcmo", "device"), ("diagmon", "diagnosis"),
    ("trap", "trap"), ("sched", "schedule"),
])  # fmt: skip
def test_what_an_object_cannot_do_without_is_named_beside_it(name: str, enabler: str, table: enablers.Matrix) -> None:
    from dmkit.mo import OBJECTS

    assert set(table.needs(enabler)) <= {c.name for c in OBJECTS[name].uses}


def test_what_else_is_mandatory(table: enablers.Matrix) -> None:
    assert {name: table.needs(name) for name in ENABLERS if table.needs(name)} == {
        "bootstrap": ("bootstrap push",), "user": ("UI alert",), "wake-up": ("notification",), "firmware": ("Exec",),
        "software": ("Exec",), "lock": ("Exec",), "device": ("Exec",), "diagnosis": ("Exec",),
    }  # fmt: skip


@pytest.mark.parametrize(("scenario", "without", "fault", "lost"), [
    ("firmware: combined", "Exec", ("C2", "Exec ./FUMO/DownloadAndUpdate", 406), "the device runs 2.1"),
    ("firmware: combined", "asynchronous alert", ("S1", "Alert 1226", 415), "the result is reported"),
    ("firmware: direct delivery", "large object", ("S1", "Replace ./FUMO/Update/PkgData", None),
     "the device runs 2.1"),
    ("settings: services that depend", "Atomic", ("C2", "Atomic", 406), "nothing is left half configured"),
    ("settings: connectivity", "implicit Add", ("C2", "Add ./NAP/office/Name", 404), "values alone need be sent"),
    ("inventory: a branch", "listing", ("C2", "Get ./DevDetail?list=StructData", 406), "one command reads all of it"),
    ("software: direct delivery", "large object", ("S3", "Add ./SCOMO/Inventory/Delivered/App/Data", None),
     "Install is done"),
    ("lock: wipe", "Exec", ("C2", "Exec ./LAWMO/Operations/Wipe", 406), "Wipe is done"),
    ("trap: tells a server", "asynchronous alert", ("S1", "Alert 1226", 415), "the server is told at once"),
    ("schedule: every night", "TNDS", ("C2", "Add ./Sched/A", 415), "one command brings the whole schedule"),
    ("user: a choice", "UI alert", ("C2", "Alert 1103", 406), "what the user chose is set"),
])  # fmt: skip
def test_where_it_goes_wrong(scenario: str, without: str, fault: tuple[str, str, int | None], lost: str) -> None:
    finding = evaluate(SCENARIOS[scenario], profile("DM 1.2", [without]))
    assert finding.fault is not None
    assert (finding.fault.message, finding.fault.command, finding.fault.status) == fault
    assert lost in finding.lost
    talk = finding.talk
    assert talk is not None and finding.fault.message in {line.label for line in talk}


def test_a_no_inside_a_sequence_that_was_split_is_heeded() -> None:
    """hs20 and libdmclient take no Sequence: the server asks first, and goes on only when the user said Yes."""
    finding = evaluate(SCENARIOS["firmware: with consent"], profile("hs20"))
    assert finding.verdict == "works" and not finding.lost


def test_a_changed_rule_changes_the_matrix(table: enablers.Matrix) -> None:
    """Messages of 64 KiB carry the package and the log in one piece."""
    roomy = SPEC.ruled({"max_message": 65536})
    for name in ("firmware", "inventory"):
        assert table[name, "large object"].need == "optional"
        assert cell(name, CAPABILITIES["large object"], roomy).need == "not needed"
    stops = SPEC.ruled({"tree.sequence_stops": True})
    consent = SCENARIOS["firmware: with consent"]
    assert "a No of the user is heeded" in evaluate(consent, SPEC.without(CAPABILITIES["UI alert"])).lost
    assert "a No of the user is heeded" not in evaluate(consent, stops.without(CAPABILITIES["UI alert"])).lost


PAGE = Path(__file__).parents[2] / "docs" / "enablers.md"


def test_the_page_has_the_matrix_that_is_found(table: enablers.Matrix) -> None:
    page = PAGE.read_text(encoding="utf-8")
    for part in (matrix_markdown(table), losses_markdown(table), losses_markdown(table, "optional")):
        assert part in page, "run: dmkit enablers --markdown"


@pytest.mark.parametrize("name", ["no Exec", "nobody there", "windows"])
def test_the_page_has_the_profiles_that_are_found(name: str) -> None:
    row = grid_markdown({name: assess(PROFILES[name])}).splitlines()[-1]
    assert row in PAGE.read_text(encoding="utf-8"), "run: dmkit enablers --profiles"


# -- profiles and changes


@pytest.mark.parametrize("name", PROFILES)
def test_what_a_profile_lacks_can_be_added(name: str) -> None:
    made = PROFILES[name]
    assert made.added(*made.lacks).lacks == ()
    assert made.without(*CAPABILITIES.values()).lacks == tuple(CAPABILITIES.values())


def test_the_specification_lacks_nothing() -> None:
    assert SPEC.lacks == () and smallest("firmware", SPEC)[0].add == ()


@pytest.mark.parametrize("enabler", ["bootstrap", "firmware", "lock", "settings", "trap", "user"])
def test_the_smallest_change_is_the_smallest(enabler: str) -> None:
    """Against every subset, for a profile that lacks eight capabilities."""
    names = ["Exec", "asynchronous alert", "UI alert", "notification", "Atomic", "TNDS", "Copy", "bootstrap push"]
    poor = profile("DM 1.2", names)
    for want, good in (("works", {"works"}), ("degraded", {"works", "degraded"})):
        found = {tuple(c.name for c in change.add) for change in smallest(enabler, poor, want)}  # type: ignore[arg-type]
        size = len(next(iter(found)))
        smaller = [s for n in range(size) for s in combinations(names, n)][-12:]
        for chosen in smaller:
            added = poor.added(*(CAPABILITIES[c] for c in chosen))
            assert overall(enablers.find(enabler, added)) not in good, (chosen, found)
        for chosen in found:
            assert overall(enablers.find(enabler, poor.added(*(CAPABILITIES[c] for c in chosen)))) in good


def test_nothing_is_the_smallest_change_of_what_works() -> None:
    [firmware] = assess(profile("no alerts"), ["firmware"])
    assert firmware.verdict == "degraded" and str(firmware.works[0]) == "asynchronous alert"
    assert str(firmware.some[0]) == "nothing"


def test_a_rule_that_stands_in_the_way_is_found() -> None:
    """AOSP's reading of a document's top node: no capability is missing, and yet no schedule comes as one."""
    [change] = smallest("schedule", PROFILES["aosp"])
    assert change.add == () and change.rules == ("tree.tnds_own_name",)
    assert str(change) == "rule tree.tnds_own_name"


def test_what_nothing_mends_is_said() -> None:
    """A server that ends every session after one message meets nobody, whatever the device has."""
    deaf = replace(profile("no Exec"), server=replace(SPEC.server, versions=(("1.1", "DM/1.1"),)))
    [change] = smallest("firmware", deaf)
    assert str(change) == "Exec + rule versions"
    scenario = replace(SCENARIOS["firmware: combined"], play=_hopeless)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_module("dmkit.enablers.matrix"), "ENABLERS", {"firmware": (scenario,)})
        assert smallest("firmware", profile("no Exec")) == ()


def _hopeless(made: enablers.EnablerProfile) -> enablers.Play:
    """Nothing comes of it."""
    stage = enablers.Play(made)
    stage.goal("the moon is reached", False)
    return stage


def test_levels_are_those_of_the_conformance_list() -> None:
    levels = {row.id: row.client for row in read_rows()}
    for capability in CAPABILITIES.values():
        if capability.name == "UI alert":  # P-17 obliges those who ask nobody to say so
            continue
        assert levels[capability.row] == capability.level, capability.name


def test_names_that_are_wrong_are_named() -> None:
    with pytest.raises(dm.ConfigError, match=r"there are DM 1\.2"):
        profile("DM 9")
    with pytest.raises(dm.ConfigError, match="there are Exec"):
        profile("DM 1.2", ["Exek"])


# -- switches for studies


def test_a_device_may_have_no_sequence() -> None:
    tree = dm.Tree.of({"./A": "1"}, acl={".": "Get=*&Replace=*"})
    done = execute(tree, (dm.Sequence.of(dm.Replace.of("./A", "2")),), by="s", rules=dm.TreeRules(sequence=False))
    assert [int(o.status or 0) for o in (*done.outcomes, *done.outcomes[0].parts)] == [406, 215]
    assert done.tree.get("./A").text == "1"


def test_a_device_may_have_no_listings() -> None:
    tree = dm.Tree.of({"./A/x": "1"}, acl={".": "Get=*"})
    for kind, status in (("Struct", 406), ("StructData", 406), ("TNDS", 200)):
        done = execute(tree, (dm.Get.of(f"./A?list={kind}"),), by="s", rules=dm.TreeRules(listings=False))
        assert done.outcomes[0].status == status


def test_a_device_may_forget_correlators() -> None:
    heard = []

    def run(tree: dm.Tree, call: object) -> tuple[dm.Tree, Outcome]:
        heard.append(call.correlator)  # type: ignore[attr-defined]
        return tree, Outcome(dm.StatusCode.OK)

    tree = dm.Tree.of({"./A": "1"}, acl={".": "Exec=*"})
    for keeps in (True, False):
        execute(
            tree,
            (dm.Exec.of("./A", correlator="c"),),
            by="s",
            handlers={"./A": run},
            rules=dm.TreeRules(correlator=keeps),
        )
    assert heard == ["c", None]


def test_commands_are_named_in_a_word_or_two() -> None:
    assert named(dm.Sequence.of(dm.Get.of("./A"))) == "Sequence" and named(None, "Put") == "Put"


# -- the command


def test_the_command_prints_the_matrix(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, table: enablers.Matrix
) -> None:
    monkeypatch.setattr(enablers, "matrix", lambda base: table)
    assert main(["enablers"]) == 0
    assert capsys.readouterr().out == f"{table}\n"


def test_the_command_as_json(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    two = {name: ENABLERS[name] for name in ("settings", "firmware")}
    monkeypatch.setattr("dmkit.enablers.change.ENABLERS", two)
    assert main(["enablers", "--json", "--profile", "no Exec"]) == 1
    said = json.loads(capsys.readouterr().out)
    [firmware] = [e for e in said["enablers"] if e["name"] == "firmware"]
    assert firmware["verdict"] == "fails" and firmware["enabled by"] == [["Exec"]]
    assert firmware["lost"]["combined"]["status"] == 406


def test_the_command_on_a_profile(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["enablers", "--profile", "no wake-up", "--with", "notification"]) == 0
    assert "lacks: nothing" in capsys.readouterr().out
    assert main(["enablers", "--without", "Copy", "--markdown"]) == 0
    assert "| settings | degraded |" in capsys.readouterr().out


def test_the_command_on_a_cell(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["enablers", "--cell", "firmware", "Exec"]) == 0
    out = capsys.readouterr().out
    assert "mandatory" in out and "Exec 406" in out
    assert main(["enablers", "--cell", "inventory", "large object", "--rule", "max_message=65536"]) == 0
    assert "not needed" in capsys.readouterr().out


@pytest.mark.parametrize(("words", "says"), [
    (["--profile", "nobody"], "is not known; there are DM 1.2"),
    (["--cell", "fuel", "Exec"], "enabler 'fuel' is not known"),
    (["--cell", "firmware", "Exek"], "capability 'Exek' is not known"),
    (["--rule", "max_message"], "a field of Rules and a value like 16384"),
    (["--rule", "tree.nonsense=1"], "TreeRules has no field 'nonsense'"),
    (["--rule", "retries=many"], "a value like 2"),
])  # fmt: skip
def test_what_the_command_refuses(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["enablers", *words]) == 2
    assert says in capsys.readouterr().err
