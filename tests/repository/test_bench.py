"""What ``make bench`` keeps and prints: turns, verdicts, errors, and how far a run is to be believed."""

from __future__ import annotations

import json
import re
import signal
import sys
from pathlib import Path

import pytest

from bench import absent, middle, pair, within
from bench.goals import GROWTH, ROWS, SECTIONS
from bench.measuring import Probe, Releases, measure, other_pins, plain, section_rows
from bench.probe import growing
from bench.probe.clock import COSTS
from bench.results import trust, verdict
from bench.section import entry
from bench.table import main, number, shown

ROOT = Path(__file__).resolve().parents[2]


def test_turns_have_a_middle_and_a_spread():
    assert middle((5.0,)) == (5.0, 5.0, 5.0)
    row = entry(pair("a / b", lambda: sum(range(50)), lambda: sum(range(50)), rounds=8, calls=3, wanted=2.0))
    assert row["turns"] == 8 and row["unit"] == "" and row["spread"][0] <= row["middle"] <= row["spread"][1]
    assert len(row["top"]) > 0 and row["seconds"] > 0
    gone = entry(absent("PHP is not here"))
    assert gone["now"] is None and verdict(gone) == "not measured: PHP is not here"
    assert verdict(entry(within("memory", 2500.0, 2000.0, "octets"))) == "NOT MET"


def test_a_line_of_the_table():
    row = entry(within("a year", [3.0, 2.0, 4.0], 1.5)) | {"top": ["9 % read (xml.py)"]}
    first, second = shown(row).splitlines()
    assert re.split(r"\s{2,}", first) == ["a year", "-", "1.5", "2.00 s", "2.00 to 4.00", "NOT MET"]
    assert second == "    9 % read (xml.py)"
    assert [number(value) for value in (None, 0.003, 1234.0)] == ["-", "0.003", "1234"]


@pytest.mark.parametrize(
    "loads, word", [((0.2, 0.9, 1.1), "idle"), ((5.0, 0.9, 1.1), "idle"), ((0.2, 8.0, 1.1), "busy")]
)
def test_a_busy_machine_is_told(loads, word):
    first, middle_, last = ({"load": load} for load in loads)
    run = {"began": first, "rows": [middle_] * 4, "growth": [], "slow": [], "ended": last, "made": {"cores": 2}}
    assert f"the machine was {word} (load {loads[0]}" in trust(run)


def test_an_error_and_a_pin_are_read():
    assert plain("") == "" and plain("ImportError: /tmp/x/release/dmkit/a.py lacks b") == "ImportError: a.py lacks b"
    assert other_pins((ROOT / "constraints.txt").read_text(encoding="utf-8")) == []


def test_a_row_that_there_is_not_is_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["sesion"])
    assert ended.value.code == 2 and "no such row: sesion; rows:" in capsys.readouterr().err
    assert len(GROWTH) > 20


@pytest.mark.slow
def test_a_process_that_ends_is_an_error_of_one_row(tmp_path):
    probe = Probe(ROOT, tmp_path)
    assert "error" in probe.ask("time", "no-such-row")
    probe.process.kill()
    assert probe.ask("time", "tree-write") == {"error": "the process has ended with -9"}
    assert probe.ask("slow", "comments before an element")[0] > 0
    probe.close()


@pytest.mark.slow
def test_an_earlier_release_that_is_not_there_is_a_row_without_its_column(capsys, monkeypatch):
    monkeypatch.setattr("bench.measuring._top", lambda probe, name: [])
    with Releases("no-such-commit") as releases:
        row = measure(next(goal for goal in ROWS if goal.name == "tree-write"), releases, turns=1)
        gone = measure(next(goal for goal in ROWS if goal.name == "session"), releases, turns=1)
    assert row["now"] > 0 and row["before"] is None and row["turns"] == 1
    assert verdict(gone) == "not measured: no earlier release"
    assert "no-such-commit: no column, it is not in this clone" in capsys.readouterr().out


def test_what_was_not_measured_is_told_in_the_end(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("bench.results.PART", tmp_path / "part.json")
    monkeypatch.setattr("bench.table.ROOT", tmp_path)
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert main(["--quick", "--against", "none", "session"]) == 0
    finally:
        signal.signal(signal.SIGTERM, before)
    told = "\nnot met: none\nnot measured: exact six-message session, now / earlier\n"
    assert told in capsys.readouterr().out


def test_a_section_that_falls_over_is_a_row_that_says_so(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    (row,) = section_rows("memory", "memory")
    assert verdict(row).startswith("not measured: exit ") and row["what"] == "memory: what follows"


@pytest.mark.parametrize("file, name, told", [
    ("~", "<built-in method builtins.len>", "len"),
    ("~", "<built-in method marshal.loads>", "marshal.loads"),
    ("~", "<method 'get' of 'dict' objects>", "dict.get"),
    ("~", "<function RcParams.__getitem__ at 0x7f93bc32ee80>", "<function RcParams.__getitem__>"),
    ("/x/y/again.py", "packed", "packed (again.py)"),
])  # fmt: skip
def test_a_cost_is_told_without_addresses_and_folders(file, name, told):
    costs = {}
    exec(COSTS, costs)
    assert costs["told"](file, name) == told


@pytest.mark.slow
def test_a_whole_run_writes_one_file_and_ends_well(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("bench.measuring._top", lambda probe, name: [])
    monkeypatch.setattr("bench.results.WHOLE", tmp_path / "results.json")
    for name, value in {
        "ROOT": tmp_path, "ROWS": [goal for goal in ROWS if goal.name == "tree-write"],
        "SECTIONS": {"memory": SECTIONS["memory"]}, "GROWTH": ("size",),
    }.items():  # fmt: skip
        monkeypatch.setattr(f"bench.table.{name}", value)
    kept = "comments before an element"
    monkeypatch.setattr("bench.probe.growing.ONCE_SLOW", {kept: growing.ONCE_SLOW[kept]})
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert main(["--all", "--quick", "--against", "none"]) == 0
    finally:
        signal.signal(signal.SIGTERM, before)
    run = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert run["parameters"] == {"against": "none", "turns": 2, "all": True, "rows": []} and run["ended"]
    assert run["rows"][0]["row"] == "tree-write" and len(run["rows"]) > 3
    assert [row["what"] for row in run["growth"]] == ["size"] and [row["what"] for row in run["slow"]] == [kept]
    said = capsys.readouterr().out
    assert "\nnot measured: " not in said
    assert "\nnot met: " in said and "the machine was " in said and said.endswith("all of it: results.json\n")
