"""A change of the specification, and what its report says: each part on a change whose effect is known beforehand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import dmkit as dm
from dmkit.words.errors import ConfigError
from dmkit.workbench.whatif.change import SpecChange
from dmkit.workbench.whatif.change_file import change_of, read
from dmkit.workbench.whatif.keys import PART_NAMES
from dmkit.workbench.whatif.report import PARTS, whatif

pytestmark = [pytest.mark.unsound("changes break rules"), pytest.mark.slow]
CHANGES = Path(__file__).parents[2] / "data" / "changes"


def part(change: object, name: str, base: object = "spec"):
    report = whatif(base, change, quick=True, parts=[name])  # type: ignore[arg-type]
    [made] = report.parts
    return made


def test_nothing_changes_nothing() -> None:
    report = whatif("spec", {}, quick=True, parts=["goldens", "interop", "readings", "pages", "fleet", "attacks"])
    assert report.changed == () and len(report.unchanged) == 6


def test_the_words_of_the_help_are_those_of_the_report() -> None:
    assert tuple(PARTS) == PART_NAMES


# -- the parts


def test_golden_sessions_that_differ_show_where_they_part() -> None:
    made = part({"abort_final": False, "auth": "mac", "server_auth": "mac"}, "goldens")
    rows = {row["session"]: row for row in made.rows}
    assert "W02" in rows and rows["W02"]["from message"] == 2 and rows["W02"]["trips"] == "3 -> 5"
    assert any(line.startswith("> S1") for text in made.details.values() for line in text.splitlines())
    assert len(made.rows) + made.same == 24


def test_other_sessions_show_what_no_golden_reaches() -> None:
    made = part({"tree.sequence_stops": True}, "others")
    assert "sequence" in {row["session"] for row in made.rows}
    assert part({"tree.sequence_stops": True}, "goldens").rows == []


def test_readings_say_what_happens_when_the_other_side_is_not_changed() -> None:
    [row] = part({"tree.keep_implicit": True}, "readings").rows
    assert row["what"] == "another reading" and row["when sides differ"].startswith("silent divergence")
    [row] = part({"tree.max_title": 77}, "readings").rows
    assert row["what"] == "departs from the text" and (row["before"], row["after"]) == ("255", "77")
    settled = part(SpecChange("x", settles=("TreeRules.keep_implicit",)), "readings").rows
    assert [row["what"] for row in settled] == ["settled"]


def test_conformance_rows_turn_with_the_probe_cases() -> None:
    assert part({"resp_uri": None}, "conformance").rows == []
    made = part(SpecChange("no Status", server={"versions": (("1.1", "DM/1.1"),)}), "conformance")
    assert made.rows and {row["who"] for row in made.rows} == {"server"}
    assert all(row["before"] != row["after"] and row["source"] for row in made.rows)


def test_interop_tells_which_peer_loses_what() -> None:
    made = part(SpecChange("no Add", device={"tree.implicit_add": False}), "interop")
    assert {row["job"] for row in made.rows} == {"put"} and all(row["lost"] != "-" for row in made.rows)
    assert {row["peer"].partition(" ")[2] for row in made.rows} == {"(server)"}, "only the device is another"


def test_rights_that_are_won_and_lost_now_and_ever() -> None:
    made = part({"policy": dm.rights.RIVALS["open"]}, "rights")
    won = {(row["who"], row["where"]) for row in made.rows if row["what"] == "may" and row["why"] == "won"}
    assert ("org.guest", "./Vendor/Acme/Secret/Key") in won and not [r for r in made.rows if r["why"] == "lost"]
    assert part({"auth": "mac"}, "rights").note.startswith("neither policy")


def test_attacks_that_a_change_opens_and_closes() -> None:
    rows = {row["attacker"]: row for row in part({"auth": "basic", "server_auth": "basic"}, "attacks").rows}
    assert rows["listener"]["before"].startswith("safe") and rows["listener"]["after"].startswith("breached")
    back = {
        row["attacker"]: row for row in part(dm.Rules(), "attacks", dm.Rules(auth="basic", server_auth="basic")).rows
    }
    assert back == {}, "rules that are the specification change nothing of the base"


def test_enablers_that_need_what_is_gone() -> None:
    made = part(SpecChange("no Exec", device={"tree.exec": False}), "enablers")
    assert made.rows and {row["after"] for row in made.rows} <= {"fails", "degraded"}


def test_the_fleet_has_the_same_luck_on_both_sides() -> None:
    made = part({"auth": "basic", "server_auth": "none"}, "fleet")
    told = {row["measure"].partition(" ")[0]: row["difference"] for row in made.rows}
    assert told["megabytes"].startswith("-") and told["energy"].startswith("-")
    assert part({"tree.sequence_stops": True}, "fleet").rows == []
    dead = part(SpecChange("no version", server={"versions": (("9", "DM/9"),)}), "fleet")
    assert dead.rows[0]["measure"] == "no session"


def test_pages_are_those_that_the_fields_name() -> None:
    rows = {row["section"]: row for row in part({"tree.sequence_stops": True, "late_alert": "keep"}, "pages").rows}
    assert rows["DMREPPRO §6.6.14"]["because of"] == "TreeRules.sequence_stops"
    assert rows["DMPRO §8.7"]["document"] == "OMA-TS-DM_Protocol-V1_2_1"


# -- kinds of changes, from files


def test_each_example_is_read() -> None:
    kinds = {path.stem: read(path) for path in sorted(CHANGES.glob("*.toml"))}
    assert set(kinds) == {"merged-rights", "sequences-stop", "where-are-you"}
    assert kinds["merged-rights"].both["policy"] is dm.rights.RIVALS["merge with parent"]
    assert kinds["sequences-stop"].both == {"tree.sequence_stops": True}
    assert kinds["where-are-you"].alert == 1300 and set(kinds["where-are-you"].handlers) == {"./Where"}


def test_an_alert_with_behaviour_and_a_handler_are_used_in_sessions_of_their_own() -> None:
    rows = {row["session"]: row for row in part(CHANGES / "where-are-you.toml", "itself").rows}
    assert rows["alert 1300 of the device"]["before"].endswith("Alert 406")
    assert rows["alert 1300 of the device"]["after"] != rows["alert 1300 of the device"]["before"]
    assert rows["Exec of ./Where"]["after"] == "Exec ./Where: 200"


@pytest.mark.parametrize(
    ("text", "touched"),
    [
        ('scheme = "hmac-sha256"', {"Rules.auth", "Rules.server_auth"}),
        ('profile = "hs20"', {"Rules.lenient", "Rules.large_objects"}),
        ("[rules]\nclient_schemes = ['basic']", {"Rules.client_schemes"}),
        ("[device.tree]\ncounted = ['value']", {"TreeRules.counted"}),
        ("[alert]\ncode = 1300\nanswer = 200", {"Rules.alerts"}),
    ],
)
def test_other_kinds(tmp_path: Path, text: str, touched: set[str]) -> None:
    (tmp_path / "a.toml").write_text(text, encoding="utf-8")
    change = read(tmp_path / "a.toml")
    assert touched <= set(change.touched)
    change.rules("device", dm.Rules()), change.rules("server", dm.Rules())


def test_descriptions_are_compared(tmp_path: Path) -> None:
    data = Path(__file__).parents[2] / "data" / "ddf"
    (tmp_path / "a.toml").write_text(
        f'[ddf]\nbefore = "{data}/wifi.xml"\nafter = "{data}/mail.xml"\n', encoding="utf-8"
    )
    made = part(tmp_path / "a.toml", "rights")
    assert made.rows and any(row["what"].startswith("description") for row in made.rows)
    assert part(tmp_path / "a.toml", "goldens").note == "nothing that is said in a session is touched"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("rulez = 1", "rulez is not known.*nearest: 'rules'"),
        ("[rules]\nauht = 'mac'", "no field 'auht'; nearest: 'auth'"),
        ("[rules.tree]\ncopi = true", "no field 'copi'; nearest: 'copy'"),
        ("[rules]\ndowngrade = 'flor'", "nearest: 'floor'"),
        ("policy = 'opne'", "nearest: 'open'"),
        ("scheme = 'md6'", "nearest: 'md5"),
        ("profile = 'asop'", "nearest: 'aosp'"),
        ("[alert]\ncode = 'x'\nanswer = 200", "alert.code is 'x'"),
        ("[alert]\ncode = 1300", "either answer, a status, or do"),
        ("[alert]\ncode = 1300\nanswer = 'yes'", "must be a status code"),
        ("[alert]\ncode = 1300\ndo = 'gone.py:f'", "must be file.py:name"),
        ("[handler]\nuri = './X'", "handler needs uri and do"),
        ("[handler]\nuri = './X'\ndo = 'bad.py:f'", "bad.py fails when it is run: ZeroDivisionError"),
        ("[handler]\nuri = './X'\ndo = 'good.py:ff'", "good.py has no 'ff'"),
        ("[ddf]\nbefore = 'a.xml'", "ddf needs before and after"),
        ("rules = 3", "must be a table"),
        ("a = [", "is no TOML"),
        ("name = 1\nprofile = 'hs20'", "name is 1; it must be text"),
        ("name = 'x'", "it changes nothing; one of rules"),
        ("settles = ['TreeRules.sequence_stop']", "no switch of the rules; nearest: 'TreeRules.sequence_stops'"),
        ("settles = 'TreeRules.copy'", "settles is 'TreeRules.copy'; it must be a list of texts"),
        ("sections = 'DMPRO'\nprofile = 'hs20'", "sections is 'DMPRO'; it must be a list of texts"),
        ("[alert]\ncode = 1300\nanswer = 9", "alert.answer is 9; it must be a status code"),
        ("[handler]\nuri = './a//b'\ndo = 'good.py:f'", "handler.uri is './a//b'"),
    ],
)
def test_what_cannot_stand_in_a_file_is_said_in_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "bad.py").write_text("1 / 0", encoding="utf-8")
    (tmp_path / "good.py").write_text("def f(): ...", encoding="utf-8")
    (tmp_path / "a.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=sentence):
        read(tmp_path / "a.toml")


def test_what_is_no_change_no_base_and_no_part() -> None:
    with pytest.raises(ConfigError, match="a change is a file"):
        change_of(7)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="profile 'x' is not known"):
        whatif("x", {})
    with pytest.raises(ConfigError, match=r"no part 'golden'.*nearest: 'goldens'"):
        whatif("spec", {}, parts=["golden"])


# -- the report


def test_what_changed_stands_first_and_the_rest_is_named(tmp_path: Path) -> None:
    report = whatif("spec", CHANGES / "where-are-you.toml", quick=True, parts=["goldens", "itself", "pages"])
    text = report.markdown()
    assert (
        text.index("## The change itself") < text.index("## Nothing changed in") and "- Golden conversations:" in text
    )
    for name in ("r.md", "r.html", "r.json"):
        report.save(tmp_path / name)
    data = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert (
        data["made from"]["size"] == "quick" and data["made from"]["file"] == read(CHANGES / "where-are-you.toml").mark
    )
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>") and "<script" not in page and "Exec of ./Where" in page
    with pytest.raises(ConfigError, match=r"a report is \.md, \.html or \.json"):
        report.save(tmp_path / "r.pdf")


def test_the_same_file_gives_the_same_report() -> None:
    parts = ["itself", "goldens", "interop", "pages", "readings"]
    one, other = (whatif("spec", CHANGES / "where-are-you.toml", quick=True, parts=parts) for _ in range(2))
    assert one.json() == other.json()


def test_progress_is_told() -> None:
    told: list[tuple[int, int, str]] = []
    whatif("spec", {}, quick=True, parts=["pages", "goldens"], progress=lambda *said: told.append(said))
    assert told == [(0, 2, "pages"), (1, 2, "goldens")]


def test_a_function_of_a_change_that_fails_is_named(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text("def asked(*given, **named):\n    return 1 / 0\n")
    file = tmp_path / "change.toml"
    file.write_text("[handler]\nuri = './Count'\ndo = 'own.py:asked'\n")
    [handler] = read(file).handlers.values()
    with pytest.raises(ConfigError, match=r"change.toml: own.py:asked failed: ZeroDivisionError: division by zero"):
        handler(None)  # type: ignore[call-arg]


def test_a_scheme_is_shown_by_its_name() -> None:
    from dmkit.auth import SCHEMES
    from dmkit.workbench.readings.switches import shown

    assert [shown(scheme) for scheme in SCHEMES.values()] == list(SCHEMES)
