"""Enablers as frames, figures and a board to play on."""

from __future__ import annotations

import pytest

import dmkit as dm
from dmkit.enablers import SPEC, matrix
from dmkit.lab.boards.enablers import findings_html
from dmkit.lab.plots.drawing import figure_svg

pytestmark = pytest.mark.unsound("one scenario cuts the link")
SOME = ["settings", "firmware"]


@pytest.fixture(scope="module")
def small() -> dm.enablers.Matrix:
    return matrix(SPEC, SOME, ["Exec", "large object", "Copy"])


def test_the_frame_is_the_matrix(small: dm.enablers.Matrix) -> None:
    frame = dm.measure.needs(small)
    assert frame.loc["firmware"].to_dict() == {"Exec": "mandatory", "large object": "optional", "Copy": "not needed"}
    assert frame.attrs["base"] == "DM 1.2" and frame.attrs["sources"]["Exec"] == "DMREPPRO §6.6.6"


def test_losses_are_rows(small: dm.enablers.Matrix) -> None:
    frame = dm.measure.losses(small)
    row = frame[(frame["without"] == "Exec") & (frame["scenario"] == "combined")].iloc[0]
    assert (row["verdict"], row["session"], row["message"], row["status"]) == ("fails", 1, "C2", 406)
    assert set(frame["enabler"]) == set(SOME)


def test_the_figure_is_the_same_octets_each_time_and_says_what_it_shows(small: dm.enablers.Matrix) -> None:
    first, again = (dm.plot.capabilities(dm.measure.needs(small)) for _ in range(2))
    assert figure_svg(first.figure) == figure_svg(again.figure)
    assert "firmware: Exec mandatory" in dm.plot.describe(first)
    svg = figure_svg(first.figure)
    assert all(sign in svg for sign in ("●", "○", "·"))


def test_profiles_as_a_frame_and_a_figure() -> None:
    frame = dm.measure.profile_frame([dm.enablers.PROFILES[name] for name in ("no Exec", "nobody there")])
    assert frame.loc["no Exec", "lock"] == "fails" and frame.loc["nobody there", "firmware"] == "degraded"
    assert "no Exec: firmware" in dm.plot.describe(dm.plot.profiles(frame))
    assert frame.attrs["lacks"]["no Exec"] == ["Exec"]


def test_what_to_add_as_a_frame() -> None:
    frame = dm.measure.assessment_frame(dm.enablers.profile("no Exec"))
    assert tuple(frame.loc["lock"]) == ("fails", "Exec", "Exec", True)
    assert tuple(frame.loc["settings"]) == ("works", "-", "-", True)


def test_switches_change_the_enablers_and_the_ladder() -> None:
    board = dm.boards.enabler_explorer("no Exec", enabler="firmware", scenario="combined")
    assert "fails: firmware" in repr(board) and board.finding.verdict == "fails"
    assert "Exec 406" in board.ladder.value and 'role="status"' in board.shown.value
    board.switches["Exec"].value = True
    assert board.finding.verdict == "works" and "without nothing" in repr(board)
    board.switches["correlator"].value = False
    assert board.finding.lost == ("the report says which Exec it answers",)
    board.profile.value = "never calls"
    assert not board.switches["client-initiated session"].value and board.switches["correlator"].value
    board.switches["notification"].value = False
    assert board.finding.talk is None and "There was no session" in board.ladder.value
    board.enabler.value = "lock"
    assert board.scenario.options == ("a lost phone", "wipe")


def test_a_page_without_a_kernel_shows_the_table() -> None:
    board = dm.boards.enabler_explorer("DM 1.2", enabler="user")
    bundle = board._repr_mimebundle_()
    assert "<table" in bundle["text/html"] and bundle["text/plain"] == repr(board)
    assert "<b>" not in findings_html({}, ("<b>",))
