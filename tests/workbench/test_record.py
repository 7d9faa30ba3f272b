"""The record of all readings and its pages: what stands there is what comes out when it is computed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import dmkit as dm
from dmkit.workbench.material.staging import SERVER_ID
from dmkit.workbench.readings.areas import AREAS, switches_in
from dmkit.workbench.readings.covering import covering_array, smallest, together
from dmkit.workbench.readings.meeting import CLASSES
from dmkit.workbench.readings.page import ladders, met_of, side_by_side
from dmkit.workbench.readings.ranking import RECORD, corrigendum, recorded
from dmkit.workbench.readings.recording import TOGETHER, record_some, together_frame
from dmkit.workbench.readings.switches import shown, switch_of, switches
from dmkit.workbench.readings.table import COLUMNS
from dmkit.workbench.readings.wording import WORDING

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs"))
pytestmark = [pytest.mark.unsound("readings break rules"), pytest.mark.slow]
CELLS = [name for name in COLUMNS if name not in ("switch", "rival")]
ANEW = ("TreeRules.keep_implicit", "TreeRules.creator_acl", "Rules.late_alert", "Rules.missing_size", "Dm2Rules.access")


def test_every_switch_and_rival_stands_in_the_record() -> None:
    frame = recorded()
    wanted = {(switch.name, shown(rival)) for switch in switches() for rival in switch.rivals}
    stands = set(zip(frame["switch"], frame["rival"], strict=True))
    assert wanted == stands, "docs/make_readings.py computes it whole"
    assert len(stands) == len(frame)


@pytest.mark.parametrize("name", ANEW)
def test_the_record_is_what_comes_out(name: str) -> None:
    computed = dm.readings(name)
    known = recorded().set_index(["switch", "rival"])
    for row in computed.to_dict("records"):
        stands = known.loc[(row["switch"], row["rival"])]
        assert {cell: row[cell] for cell in CELLS} == {cell: stands[cell] for cell in CELLS}, row["switch"]


def test_some_switches_are_put_into_the_record_where_they_belong(tmp_path: Path) -> None:
    whole = RECORD.read_text(encoding="utf-8")
    lines = whole.splitlines(keepends=True)
    (tmp_path / RECORD.name).write_text("".join(line for line in lines if not line.startswith("Dm2Rules.packages,")))
    record_some(["Dm2Rules.packages"], tmp_path)
    assert (tmp_path / RECORD.name).read_text(encoding="utf-8") == whole
    record_some(["Dm2Rules.packages"], tmp_path)
    assert (tmp_path / RECORD.name).read_text(encoding="utf-8") == whole


@pytest.mark.nightly
def test_all_of_the_record_is_what_comes_out() -> None:
    computed = dm.readings().set_index(["switch", "rival"])[CELLS]
    known = recorded().set_index(["switch", "rival"])[CELLS]
    assert computed.to_dict("index") == known.to_dict("index")


@pytest.mark.nightly
def test_what_breaks_only_together_is_what_comes_out() -> None:
    computed = together_frame(processes=2)
    assert computed.to_csv(index=False, lineterminator="\n") == TOGETHER.read_text(encoding="utf-8")


def test_no_cell_of_the_pages_is_written_by_hand() -> None:
    import make_readings

    text = make_readings.AMBIGUITIES.read_text(encoding="utf-8")
    assert text == make_readings.with_classes(text), "docs/make_readings.py --pages"
    assert make_readings.PAGE.read_text(encoding="utf-8") == make_readings.page(), "docs/make_readings.py --pages"


@pytest.mark.parametrize("slug", ["rights"])
def test_ladders_are_those_of_fresh_runs(slug: str) -> None:
    import make_readings

    area = next(area for area in AREAS if area.slug == slug)
    assert (make_readings.LADDERS / f"{slug}.md").read_text(encoding="utf-8") == make_readings.area_page(area)


@pytest.mark.nightly
def test_all_pages_are_those_of_fresh_runs() -> None:
    import make_readings

    for path, text in make_readings.pages().items():
        assert path.read_text(encoding="utf-8") == text, path.name


def test_every_switch_is_on_one_page_of_ladders_and_each_rival_there() -> None:
    import make_readings

    assert sorted(switch.name for area in AREAS for switch in switches_in(area)) == sorted(s.name for s in switches())
    assert {path.stem for path in make_readings.LADDERS.glob("*.md")} == {area.slug for area in AREAS}
    for area in AREAS:
        text = (make_readings.LADDERS / f"{area.slug}.md").read_text(encoding="utf-8")
        assert len(text) < 80_000
        part = recorded()[recorded()["switch"].isin([switch.name for switch in switches_in(area)])]
        for row in part.to_dict("records"):
            assert f"\n## {row['switch']}\n" in text and f"\n### {row['default']} or {row['rival']}\n" in text
    assert len(make_readings.PAGE.read_text(encoding="utf-8")) < 60_000


def test_each_class_of_the_page_of_ambiguities_is_one_of_the_five() -> None:
    import make_readings

    known = make_readings.classes()
    assert set(known.values()) <= set(CLASSES)
    assert make_readings.class_of("`Rules.late_alert`", known) == known["Rules.late_alert"]
    assert make_readings.class_of("fixed: `Rules.late_alert`", known) == "-"
    assert make_readings.class_of("`dmkit.tree.uri.UriLimits.count_root`", known) == known["UriLimits.count_root"]


def test_a_silent_divergence_is_shown_with_what_is_left_behind() -> None:
    text = ladders("TreeRules.keep_implicit").text
    assert ">" not in text.replace("->", ""), "no message differs"
    assert "left behind: server on nodes" in text
    met = met_of("TreeRules.query_first", "yes", "T29")
    assert sum(line.startswith("> ") for line in side_by_side(met.worst).splitlines()) == 1


# -- the ranking


def test_the_ranking_is_by_class_then_stake_and_every_sentence_has_a_wording() -> None:
    frame = corrigendum(recorded(), 20)
    order = [CLASSES.index(kind) for kind in frame["class"]]
    assert len(frame) == 20 and order == sorted(order) and frame["class"][0] == "silent divergence"
    open_ = [switch for switch in switches() if switch.open]
    assert {switch.name for switch in open_} <= set(WORDING), "each open sentence has a proposal"
    assert set(WORDING) <= {switch.name for switch in switches()}
    assert all(switch_of(name).open for name in frame["switch"])
    assert all("conversations" in reason for reason in frame["reason"])


# -- pairs


def test_a_covering_array_has_every_pair_and_few_rows() -> None:
    factors = {n: tuple(range(2 + n % 2)) for n in range(12)}
    rows = covering_array(factors)
    for a in factors:
        for b in factors:
            if a < b:
                assert {(row[a], row[b]) for row in rows} == {(x, y) for x in factors[a] for y in factors[b]}
    assert len(rows) <= 20 < 2**6


@pytest.mark.parametrize("guilty", [{3}, {3, 17}, {0, 9, 31}])
def test_what_is_left_is_what_it_takes(guilty: set[int]) -> None:
    assert set(smallest(range(32), lambda chosen: guilty <= set(chosen))) == guilty


def test_two_readings_that_break_only_together_are_found() -> None:
    """No large objects on the device, and pieces of 700 octets from the server: each alone is harmless here."""
    chosen = [switch_of("Rules.large_objects"), switch_of("Rules.chunk")]
    [case] = dm.workbench.cases("object")
    found = together(chosen, [case], set())
    names = {frozenset((f.side, f.name) for f, _ in one.readings) for one in found}
    assert frozenset({("device", "Rules.large_objects"), ("server", "Rules.chunk")}) in names
    assert all(len(one.readings) == 2 and one.why for one in found) and SERVER_ID


def test_the_page_of_pairs_is_made_from_the_record() -> None:
    import make_readings

    text = make_readings.PAGE.read_text(encoding="utf-8")
    known = TOGETHER.read_text(encoding="utf-8").splitlines()
    assert known[0] == "conversation,readings,why" and "## Only together" in text


def command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dmkit", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_the_command_shows_ladders_the_record_and_the_ranking() -> None:
    for words, what in (
        (["readings", "TreeRules.keep_implicit"], "silent divergence"),
        (["readings", "TreeRules.keep_implicit", "--ladder"], "left behind"),
        (["readings", "--rank", "3"], "| 3 |"),
        (["readings", "TreeRules.query_first", "--anew", "--case", "T29"], "visible"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "dmkit", *words], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert what in done.stdout
    wrong = subprocess.run(
        [sys.executable, "-m", "dmkit", "readings", "Rules.lat"], cwd=ROOT, capture_output=True, text=True
    )
    assert wrong.returncode == 2 and "no switch is called" in wrong.stderr and "Traceback" not in wrong.stderr
