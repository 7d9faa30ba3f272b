"""Questions of scheduling: each design runs, and the answers that the models are known to give come out."""

from __future__ import annotations

import numpy as np
import pytest

import dmkit as dm
from dmkit.lab.boards.campaign import COVERAGE, PEOPLE, WINDOWS, chosen, dashboard, outlook
from dmkit.lab.studies.rollout_designs import (
    MEASURES,
    POLICIES_COMPARED,
    TRIGGERS,
    RolloutDesign,
    compare,
    completion,
    fleet_of,
    readable,
    runs,
    triggered,
)
from dmkit.sim.backoff import POLICIES
from dmkit.words.errors import ConfigError
from tests.sim.test_campaign import assert_equal

DESIGNS = [(question, name) for question, rows in POLICIES_COMPARED.items() for name in rows]
SMALL = 400


@pytest.fixture(scope="module")
def tables():
    return {question: compare(question, [1, 2], devices=SMALL) for question in POLICIES_COMPARED}


@pytest.mark.parametrize(("question", "name"), DESIGNS)
def test_both_engines_play_every_design_alike(question, name):
    plan = RolloutDesign(question, name, 150).plan
    assert_equal(plan.run(1), plan.with_fidelity("tape").run(1))


def test_a_design_is_the_row_of_the_table_at_its_size():
    for question, name in DESIGNS:
        assert RolloutDesign(question, name).plan == POLICIES_COMPARED[question][name]


def test_every_question_gives_a_table_with_intervals(tables):
    for question, table in tables.items():
        assert list(table.index) == list(POLICIES_COMPARED[question])
        assert {*MEASURES, *(f"± {name}" for name in MEASURES)} <= set(table.columns)
        assert (table["n"] == 2).all() and table.attrs["seeds"] == [1, 2]
        assert readable(table).shape == (len(table), len(MEASURES))


def test_spreading_the_triggers_spares_the_servers_and_a_schedule_needs_no_message(tables):
    table = tables["triggers"]
    assert table.loc["all at once", "peak_queue"] > 10 * table.loc["spread over 1 h", "peak_queue"]
    assert table.loc["schedule on the device", "short_messages"] == 0
    assert table.loc["polling every 6 h", "t50"] > table.loc["schedule on the device", "t50"]


def test_a_schedule_without_jitter_is_a_herd(tables):
    table = tables["device or server"]
    assert table.loc["device: no jitter", "wasted"] > 0.2 > table.loc["device: jitter of 1 h", "wasted"]


def test_backoff_decides_whether_a_herd_is_ever_served(tables):
    table = tables["backoff"]
    assert table.loc["none", "t50"] == "not reached by 50.0 %" and table.loc["none", "failed"] == SMALL
    assert table.loc["full, told Retry-After", "wasted"] == 0
    assert table.loc["full, told Retry-After", "t50"] < table.loc["full", "t50"] < np.inf
    assert readable(table).loc["none", "t50, min"] == "not reached by 50.0 %"
    assert "inf" not in readable(table).to_string() and "nan" not in readable(table, differences=True).to_string()


def test_the_night_wakes_people_and_a_window_makes_a_herd(tables):
    table = tables["night"]
    assert table.loc["in the night", "annoyance"] > table.loc["by day", "annoyance"] > 1
    assert table.loc["in the night, nobody asked", "annoyance"] == 0
    assert table.loc["at 18 h, for the night", "peak_queue"] > 5 * table.loc["in the night", "peak_queue"]


def test_resuming_saves_octets_and_an_outage_costs_those_who_do_not_retry(tables):
    download, outage, cells = tables["download"], tables["outage"], tables["cells"]
    assert download.loc["resumed", "megabytes"] < 0.9 * download.loc["from the start", "megabytes"]
    assert outage.loc["20 min, full jitter", "failed"] < 0.1 * outage.loc["20 min, no retry", "failed"]
    assert cells.loc["3 at the same time", "t50"] > cells.loc["50 at the same time", "t50"]


def test_curves_of_a_question_for_a_figure():
    frame = completion("triggers", [1, 2], devices=SMALL, until=3600.0)
    axes = dm.plot.completion(frame, by="name")
    assert {text.get_text() for text in axes.get_legend().get_texts()} == set(TRIGGERS)


def test_two_workers_give_the_same_table():
    one, two = (runs("device or server", [1, 2], devices=SMALL, on=on) for on in (None, 2))
    assert one.equals(two)


def test_the_board_follows_its_knobs():
    board = dashboard(devices=300)
    first = board.picture.value
    board.controls["trigger"].value = "all at once"
    assert board.picture.value != first and "trigger='all at once'" in repr(board)
    board.controls["servers"].value = 32
    assert "32 servers" in board.picture.value
    bundle = board._repr_mimebundle_()
    assert bundle["text/plain"].startswith("Explorer(") and "<img" in bundle["text/html"]


def test_every_choice_of_the_board_can_be_played():
    for name in ("window", "coverage", "people"):
        for value in {"window": WINDOWS, "coverage": COVERAGE, "people": PEOPLE}[name]:
            assert "devices done" in outlook(**{name: value}, devices=100).text
    for law in TRIGGERS:
        assert chosen(trigger=law, devices=100).arrivals == triggered(fleet_of(100), law).arrivals
    for policy in POLICIES:
        assert chosen(retry=policy).retry.policy == policy


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: RolloutDesign("luck", "x"), "question is 'luck'"),
        (lambda: RolloutDesign("backoff", "x"), "design 'x'"),
        (lambda: compare("luck"), "question 'luck'"),
        (lambda: triggered(fleet_of(10), "soon"), "trigger 'soon'"),
        (lambda: chosen(window="noon"), "window is 'noon'"),
    ],
)
def test_what_is_not_there_is_named(call, says):
    with pytest.raises(ConfigError, match=says):
        call()


@pytest.mark.parametrize("devices", [1, 7, 60, 99])
def test_a_small_fleet_has_a_design_for_every_question(devices):
    """A hundredth of its devices is no download server; one is."""
    for question, designs in POLICIES_COMPARED.items():
        for name in designs:
            assert RolloutDesign(question, name, devices=devices).plan.devices == devices
