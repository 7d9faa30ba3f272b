"""Widgets, driven without a browser: a control moves, the panes change."""

from __future__ import annotations

import pytest

import dmkit as dm
from dmkit.lab.boards.widgets import frames, stepper
from dmkit.views.look import Look, escape

JOB = ("./APN/Name", "internet")


@pytest.fixture
def pair():
    device = dm.Device.example()
    return device, dm.Server.example(device)


@pytest.fixture
def shown(pair):
    return stepper(*pair, job=dm.jobs.put(*JOB))


def test_a_frame_for_each_message(pair):
    entries = frames(*pair, job=dm.jobs.put(*JOB))
    device = dm.Device.example()
    talk = dm.converse(device, dm.Server.example(device), job=dm.jobs.put(*JOB))
    assert [e.caption.partition(",")[0] for e in entries] == [line.label for line in talk]
    assert [e.caption.partition(": ")[2] for e in entries] == [line.summary for line in talk]


def test_moving_the_number_changes_every_pane_that_differs(shown):
    shown.number.value = 5
    first, fifth = shown.entries[0], shown.entries[4]
    for name, pane in shown.panes.items():
        assert getattr(fifth, name) in pane.value
        assert getattr(first, name) not in pane.value or name == "before"
    assert escape(fifth.caption) in shown.caption.value


def test_the_tree_changes_with_the_message_that_answers_the_write(shown):
    changed = [number for number, entry in enumerate(shown.entries, 1) if "changed" in entry.after]
    assert changed == [5]  # C3 answers the Replace that follows the Add refused with 418
    shown.number.value = 5
    assert "internet.old" in shown.panes["before"].value
    assert "<del" in shown.panes["after"].value


def test_buttons_move_by_one_and_stop_at_the_ends(shown):
    assert shown.back.disabled and not shown.next.disabled
    shown.back.click()
    assert shown.number.value == 1
    for _ in range(10):
        shown.next.click()
    assert shown.number.value == len(shown.entries) == 6
    assert shown.next.disabled and not shown.back.disabled
    shown.back.click()
    assert shown.number.value == 5


def test_a_number_out_of_range_is_held_at_the_end(shown):
    shown.number.value = 99
    assert shown.number.value == 6


@pytest.mark.parametrize("name", ["message", "octets", "device tree"])
def test_one_view_is_seen_at_a_time(shown, name):
    shown.view.value = name
    assert [n for n, view in shown.views.items() if view.layout.display != "none"] == [name]


def test_controls_have_names(shown):
    assert shown.number.description == "message, 1 to 6"
    assert shown.back.tooltip and shown.next.tooltip


def test_without_kernel_the_first_message_can_be_read(shown):
    bundle = shown._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "Alert 1201" in bundle["text/plain"]
    assert "<img " in bundle["text/html"] and "SyncHdr" in bundle["text/html"]
    assert "<script" not in bundle["text/html"]


def test_the_ladder_grows(shown):
    lengths = [len(entry.ladder) for entry in shown.entries]
    assert lengths == sorted(lengths) and len(set(lengths)) == len(lengths)


def test_explore_draws_anew_with_each_control(pair):
    calls = []

    def draw(**values):
        calls.append(values)
        return Look(f"{values}", f"<b>{values['size']}</b>")

    shown = dm.explore(draw, size=(2, 9), kind=["a", "b"])
    shown.controls["size"].value = 5
    shown.controls["kind"].value = "b"
    assert calls == [{"size": 2, "kind": "a"}, {"size": 5, "kind": "a"}, {"size": 5, "kind": "b"}]
    assert "<b>5</b>" in shown.picture.value
    shown.controls["size"].value = 99
    assert shown.controls["size"].value == 9


def test_a_button_counts_until_another_control_moves():
    seen = []

    def draw(**values):
        seen.append((values["kind"], values["show"]))
        return Look(f"{values}", "<b></b>")

    shown = dm.explore(draw, kind=["a", "b"], show="Show me another")
    shown.controls["show"].click()
    shown.controls["show"].click()
    shown.controls["kind"].value = "b"
    shown.controls["show"].click()
    assert seen == [("a", 0), ("a", 1), ("a", 2), ("b", 0), ("b", 1)]
    assert shown.controls["show"].description == "Show me another"


def test_explore_with_a_plot_of_real_sessions():
    frame = dm.measure.package_cost((100, 2_000), (1_024,))
    shown = dm.explore(lambda show: dm.plot.package_cost(frame, show), show=["messages", "octets"])
    before = shown.picture.value
    shown.controls["show"].value = "octets"
    assert shown.picture.value != before
    assert "octets of all messages" in repr(shown)
    bundle = shown._repr_mimebundle_()
    assert bundle["text/plain"] == repr(shown) and "<img " in bundle["text/html"]
