"""Labels: none over another while there is room, the same places each time."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dmkit as dm
from dmkit.lab.plots.drawing import new_axes
from dmkit.lab.plots.labels import name_points
from dmkit.views.placing import overlap, placed
from dmkit.views.statechart import _arrows, _frame, _labels, _Line, statechart_svg

boxes = st.builds(lambda x, y, w, h: (x, y, x + w, y + h), *[st.integers(0, 20)] * 2, *[st.integers(1, 6)] * 2)
MACHINES = [machine for row in dm.mo.OBJECTS.values() for machine in row.machines]


@given(st.lists(st.lists(boxes, min_size=1, max_size=5), max_size=6), st.lists(boxes, max_size=4))
def test_a_free_place_is_taken_when_there_is_one(candidates, taken):
    there = list(taken)
    for options, at in zip(candidates, placed(candidates, taken), strict=True):
        cost = [sum(overlap(box, other) for other in there) for box in options]
        assert cost[at] == min(cost) and at == cost.index(min(cost))
        there.append(options[at])


@given(boxes, boxes)
def test_overlap_is_an_area(one, other):
    shared = overlap(one, other)
    assert shared == overlap(other, one) and 0 <= shared <= overlap(one, one)


@pytest.mark.parametrize("count", [2, 5, 9])
def test_names_of_points_that_lie_together_are_apart(count):
    axes = new_axes(None)
    spots = [(1 + 0.001 * n, 1 + 0.002 * n) for n in range(count)]
    axes.plot(*zip(*spots, strict=True), "o")
    axes.set_xlim(0, 2)
    axes.set_ylim(0, 2)
    found = name_points(axes, spots, [f"design number {n}" for n in range(count)])
    assert all(not overlap(a, b) for n, a in enumerate(found) for b in found[:n])
    frame = axes.get_window_extent()
    assert all(frame.x0 <= a[0] and a[2] <= frame.x1 and frame.y0 <= a[1] and a[3] <= frame.y1 for a in found)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_events_of_a_machine_lie_over_no_state(machine):
    arrows = _arrows(machine)
    lines = [_Line.of(machine, arrow, arrows) for arrow in arrows]
    states = [_frame(machine, state) for state in machine.table]
    drawn = _labels(lines, states, (0.0, 0.0, 1e4, 1e4))
    assert sum(len(line.events) for line in lines) == sum(text.count("<tspan") for text in drawn)
    assert statechart_svg(machine) == statechart_svg(machine)
    for line in lines:
        for x, y in (line.begin, line.end):
            near = [abs(x - (a + c) / 2) <= (c - a) / 2 + 4 and abs(y - (b + d) / 2) <= (d - b) / 2 + 4
                    for a, b, c, d in states]  # fmt: skip
            assert any(near), "an arrow begins and ends at a state"


def test_lock_has_no_arrow_through_a_state():
    svg = statechart_svg(dm.mo.OBJECTS["lawmo"].machines[0])
    rows = {float(y) for y in re.findall(r'<rect x="[\d.]+" y="([\d.]+)"', svg)}
    assert len(rows) == 2
