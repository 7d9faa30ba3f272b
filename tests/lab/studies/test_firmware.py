"""The power-loss lab: every moment, the figure, the widget; and machines drawn from their tables."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

import dmkit as dm
from dmkit.lab.studies.firmware import losses, moments, plot_losses, power_explorer, take_power
from dmkit.mo import OBJECTS
from dmkit.views.statechart import statechart, statechart_svg

MACHINES = [machine for row in OBJECTS.values() for machine in row.machines if machine.spots]


def test_protected_devices_survive_and_say_what_is_true() -> None:
    frame = losses()
    safe = frame[frame["kind"] != "unprotected"]
    assert safe["starts"].all() and (safe["ends"] == "2.1").all() and (safe["result"] == "200").all()
    assert (frame["kind"] == "unprotected").sum() > frame[frame["kind"] == "unprotected"]["starts"].sum() > 0
    assert frame.attrs["version"] == dm.__version__
    assert len(safe) == 2 * sum(len(moments(kind)) for kind in ("two slots", "in place"))  # type: ignore[arg-type]


def test_a_bad_image_is_told_at_every_moment() -> None:
    frame = losses(("two slots", "in place"), works=False)
    assert set(frame["result"]) == {"410"} and set(frame["state"]) == {80} and frame["starts"].all()


def test_the_figure_has_units_and_a_legend() -> None:
    axes = plot_losses(losses())
    assert axes.get_title(loc="left") and "step" in axes.get_xlabel() and axes.get_legend() is not None
    assert [t.get_text() for t in axes.get_yticklabels()] == ["two slots", "in place", "unprotected"]


def test_the_widget_shows_what_the_function_says() -> None:
    widget = power_explorer(moment=6)
    loss = take_power("two slots", 6)
    assert loss.step == "write 2" and "middle of: write 2" in widget.shown.value and "unreadable" in widget.shown.value
    before = widget.shown.value
    widget.torn.value = False
    assert widget.shown.value != before
    widget.works.value = False
    assert "410" in widget.shown.value
    widget.moment.value = 99
    assert widget.moment.value == max(widget.lengths.values()) - 1
    bundle = widget._repr_mimebundle_()
    assert "two slots: power goes" in bundle["text/plain"] and "<table>" in bundle["text/html"]


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_a_drawing_has_every_state_and_every_direct_move(machine: dm.mo.Machine) -> None:
    root = ElementTree.fromstring(statechart_svg(machine))
    said = " ".join(" ".join(element.text or "" for element in root.iter()).split())
    for state, moves in machine.table.items():
        assert str(int(state)) in said and state.meaning in said
        for event, move in moves.items():
            assert move.via or move.to is state or event.value in said
    text = statechart(machine).text
    assert all(str(state) in text for state in machine.table) and repr(statechart(machine)) == text
