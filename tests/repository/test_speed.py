"""docs/speed.md and its picture are what the kept runs of ``make bench`` give."""

from __future__ import annotations

import json
import re
import runpy
from copy import deepcopy
from pathlib import Path

import pytest
from lxml import etree

from bench.goals import ROWS, SECTIONS

ROOT = Path(__file__).resolve().parents[2]
MAKE = runpy.run_path(str(ROOT / "docs" / "make_speed.py"))
PAGE = (ROOT / "docs" / "speed.md").read_text(encoding="utf-8")
RUNS = MAKE["runs"]()
REMEDY = "run: python docs/make_speed.py"


def test_the_page_has_the_figures_of_the_kept_runs():
    assert MAKE["page"](PAGE, RUNS) == PAGE, REMEDY


def test_the_picture_is_of_the_run_of_the_page_and_tells_what_it_shows():
    kept = (ROOT / "docs" / "speed" / "growth.svg").read_text(encoding="utf-8")
    assert kept == MAKE["picture"](RUNS[0]), REMEDY
    words = " ".join(etree.fromstring(kept.encode()).itertext())
    assert "processor time" in words and all(kind in words for kind in MAKE["MAIN_GROWTH"])
    assert re.search(r"!\[[^\]]{60,}\]\(speed/growth\.svg\)", PAGE), "who does not see it is told what it shows"


def test_a_kept_run_is_whole_and_names_no_machine():
    assert RUNS
    for run in RUNS:
        assert MAKE["why_not"](run) == ""
        assert {"version", "commit", "python", "machine", "cores", "libraries", "peers"} <= set(run["made"])
        assert run["began"]["at"] < run["ended"]["at"]
        assert len({row["what"] for row in run["rows"]}) == len(run["rows"])
        assert not re.search(r"/(?:home|root|tmp|work|usr|Users)\b|[A-Z]:\\\\", json.dumps(run))


def test_no_prose_of_the_page_speaks_of_a_load_or_of_before():
    prose = re.sub(r"<!-- (\S+) -->.*?<!-- end of \1 -->", "", PAGE, flags=re.S)
    assert not re.search(r"at load \d|same hour|this morning|NOT MET|\bidle\)", prose)


def test_what_is_not_met_leads_to_a_heading():
    headings = {re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-")
                for line in PAGE.splitlines() if line.startswith("#")}  # fmt: skip
    assert set(MAKE["WHY"].values()) <= headings
    named, parts = ({row[key] for row in RUNS[0]["rows"]} for key in ("row", "part"))
    whole = parts >= {section.part for section in SECTIONS.values()}
    assert {goal.name for goal in ROWS} >= {name for name in MAKE["WHY"] if " " not in name}
    assert not whole or {*MAKE["WHY"], *(row for _, row, _ in MAKE["RATES"]), *(goal.name for goal in ROWS)} <= named


def changed(**of):
    """The newest run with other values in its first row."""
    run = deepcopy(RUNS[0])
    run["rows"][0] |= of
    return run


def test_a_row_says_not_met_not_measured_or_met():
    name = RUNS[0]["rows"][0]["what"]
    slow, gone = changed(now=9.99, wanted=1.25), changed(now=None, error="libwbxml2 is not installed")
    assert f"| {name} | 2.79 | 1.25 | 9.99 |" in MAKE["rows_of"](changed(now=9.99, wanted=1.25, before=2.79), "main")
    assert "**NOT MET**" in MAKE["rows_of"](slow, "main")
    assert f"- {name}: 9.99, wanted 1.25" in MAKE["late"](slow)
    assert f"not measured: {name} (libwbxml2 is not installed)" in MAKE["late"](gone)
    assert "not measured: libwbxml2 is not installed" in MAKE["rows_of"](gone, "main")


def test_growth_beyond_the_goal_is_told():
    run = deepcopy(RUNS[0])
    run["growth"][0]["exponent"] = 1.72
    assert f"growth with {run['growth'][0]['what']}: exponent 1.72, wanted 1.15" in MAKE["late"](run)
    assert "| 1.72 |" in MAKE["exponents"](run)


def test_runs_stand_side_by_side():
    other = changed(now=7.77, wanted=1.25)
    other["began"]["at"] = "2026-12-24T10:00:00+00:00"
    table = MAKE["history"]([other, RUNS[0]]).splitlines()
    assert "2026-12-24" in table[0] and RUNS[0]["began"]["at"][:10] in table[0]
    assert "| **7.77** |" in table[2]


@pytest.mark.parametrize("change, why", [
    ({"ended": None}, "it was stopped before its end"),
    ({"parameters": {"rows": ["session"], "all": False}}, "it holds chosen rows only"),
])  # fmt: skip
def test_only_a_whole_run_is_taken(tmp_path, monkeypatch, change, why):
    place = tmp_path / "results.json"
    monkeypatch.setitem(MAKE["take"].__globals__, "ROOT", tmp_path)
    with pytest.raises(SystemExit, match=r"results.json is not there: run `make bench ALL=1`"):
        MAKE["take"](place)
    place.write_text(json.dumps(RUNS[0] | change))
    with pytest.raises(SystemExit, match=why):
        MAKE["take"](place)


@pytest.mark.parametrize("text", ["", "{}", "[]", "5", json.dumps(RUNS[0])[:1000]])
def test_a_file_that_is_of_no_run_is_not_taken(tmp_path, monkeypatch, text):
    place = tmp_path / "results.json"
    monkeypatch.setitem(MAKE["take"].__globals__, "ROOT", tmp_path)
    place.write_text(text)
    with pytest.raises(SystemExit, match=r"results.json cannot be kept: it is not the file of a run; run `make"):
        MAKE["take"](place)


def test_a_run_is_kept_as_that_of_its_day_and_what_is_quick_replaces_no_whole_one(tmp_path, monkeypatch):
    place = tmp_path / "results.json"
    monkeypatch.setitem(MAKE["take"].__globals__, "RUNS", tmp_path / "speed")
    place.write_text(json.dumps(RUNS[0]))
    assert MAKE["take"](place).name == RUNS[0]["began"]["at"][:10] + ".json"
    quick = RUNS[0] | {"rows": [row for row in RUNS[0]["rows"] if row["part"] == "main"]}
    place.write_text(json.dumps(quick))
    with pytest.raises(SystemExit, match="has more parts than results"):
        MAKE["take"](place)
    later = quick | {"began": quick["began"] | {"at": "2999-01-01T10:00:00+00:00"}}
    place.write_text(json.dumps(later))
    assert MAKE["take"](place).name == "2999-01-01.json"
    assert MAKE["runs"]() == [RUNS[0], later]
