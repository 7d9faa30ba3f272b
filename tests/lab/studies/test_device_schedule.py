"""Schedules as tables, figures and a widget."""

from __future__ import annotations

import dmkit as dm
from dmkit.lab.boards.schedule import answer
from dmkit.lab.plots.drawing import figure_svg
from dmkit.lab.studies.device_schedule import COLUMNS, DESIGNS, compare, lived, missed_rules, provenance, timeline


def test_a_week_as_a_frame_and_as_a_figure_the_same_again():
    first, again = (lived(days=5, count=6, seed=2) for _ in range(2))
    assert first.equals(again) and list(first.columns) == list(COLUMNS)
    assert first.attrs["basis"] == "proposal" and first.attrs["seed"] == 2
    axes = timeline(first)
    assert figure_svg(axes.figure) == figure_svg(timeline(again).figure)
    assert "proposal" in axes.get_title(loc="left") and "S05" in axes.told


def test_three_rules_for_one_life():
    table = missed_rules(days=4)
    counts = table.groupby(["schedule", "what"]).size().unstack(fill_value=0)
    assert counts.loc["0-cancel", "cancelled"] == counts.loc["0-cancel", "missed"] > 0
    assert counts.loc["1-at-once", "ran late"] == counts.loc["1-at-once", "missed"]
    assert counts.loc["2-later", "put off"] == counts.loc["2-later", "missed"]


def test_a_schedule_on_the_device_costs_least_and_acts_at_once():
    table = compare(4, seed=1).set_index("design")
    assert list(table.index) == list(DESIGNS)
    device, polled = table.loc["schedule on the device"], table.loc["polling every 15 min"]
    assert device.octets < polled.octets / 20 and device.energy < polled.energy / 20
    assert device.delay < 60 < polled.delay < 900 and device.actions == device.falls == polled.actions
    assert table.loc["trap and report"].messages > device.messages - 4  # four messages install the schedule, once


def test_the_widget_shows_a_week_or_what_is_wrong():
    shown = dm.boards.schedule_explorer(missed=0)
    assert shown.answer.status == 200 and "Mine:" in repr(shown)
    shown.recur.value = "FREQ=NEVER"
    assert shown.answer.status == 500 and "FREQ is one of" in shown.shown.value
    shown.recur.value, shown.threshold.value = "FREQ=WEEKLY", "./Bat/Level"
    assert shown.answer.status == 400 and "write Node Op Value" in shown.shown.value
    assert "text/html" in shown._repr_mimebundle_()


def test_answers_do_not_depend_on_each_other():
    asked = {"base": "20251201T030000Z", "recur": "FREQ=DAILY", "jitter": 3600}
    assert answer(**asked) == answer(**asked)


def test_provenance_is_counted():
    table = provenance()
    assert table.loc["evidence", "nodes"] == 52 and table.loc["proposal", "result codes"] == 13
    assert "established" not in table.index
