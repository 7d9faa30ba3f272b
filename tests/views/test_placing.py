"""Labels: none over another while there is room, the same places each time."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dmkit as dm
from dmkit.lab.plots.drawing import new_axes
from dmkit.lab.plots.labels import name_points
from dmkit.views.placing import overlap, placed
from dmkit.views.routing import Grid
from dmkit.views.statechart import _MOST, _arrows, _drawn, _frame, statechart_svg

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


DRAWN = [machine for machine in MACHINES if len(_arrows(machine)) <= _MOST]


@pytest.mark.parametrize("machine", DRAWN, ids=lambda machine: machine.name)
def test_events_of_a_machine_lie_over_no_state_and_no_other_events(machine):
    lines, labels = _drawn(machine)
    states = [_frame(machine, state) for state in machine.table]
    assert sum(len(line.events) for line in lines) == statechart_svg(machine).count("<tspan")
    taken = [*states, *labels]
    assert all(not overlap(label, other) for label in labels for other in taken if other is not label)


@pytest.mark.parametrize("machine", DRAWN, ids=lambda machine: machine.name)
def test_arrows_go_around_states_and_share_no_stretch(machine):
    lines, _ = _drawn(machine)
    states = [_frame(machine, state) for state in machine.table]
    seen = []
    for line in lines:
        for x, y in (line.points[0], line.points[-1]):
            near = [abs(x - (a + c) / 2) <= (c - a) / 2 + 1 and abs(y - (b + d) / 2) <= (d - b) / 2 + 1
                    for a, b, c, d in states]  # fmt: skip
            assert any(near), "an arrow begins and ends at a state"
        for (x1, y1), (x2, y2) in pairwise(line.points):
            assert abs(x1 - x2) < 0.01 or abs(y1 - y2) < 0.01, "up and down, or across"
            own = (min(x1, x2) - 0.5, min(y1, y2) - 0.5, max(x1, x2) + 0.5, max(y1, y2) + 0.5)
            assert all(overlap(own, (a + 2, b + 2, c - 2, d - 2)) == 0 for a, b, c, d in states)
            assert all(overlap(own, other) <= 1.01 for other in seen), "lines cross, and do not run along each other"
        seen += [(min(a, c) - 0.5, min(b, d) - 0.5, max(a, c) + 0.5, max(b, d) + 0.5)
                 for (a, b), (c, d) in pairwise(line.points)]  # fmt: skip
    assert statechart_svg(machine) == statechart_svg(machine)


@pytest.mark.parametrize("machine", [m for m in MACHINES if m not in DRAWN], ids=lambda machine: machine.name)
def test_a_machine_with_too_many_arrows_is_a_table(machine):
    svg = statechart_svg(machine)
    assert "<polyline" not in svg and 'role="img"' in svg
    right = float(re.search(r'width="([\d.]+)"', svg)[1])
    longest = max(float(x) + 6.1 * len(text) for x, text in re.findall(r'<text x="(\d+)"[^>]*>([^<]*)<', svg))
    assert longest <= right


@given(st.integers(2, 4), st.integers(1, 3), st.data())
def test_lines_between_any_boxes_keep_off_all_boxes(columns, rows, data):
    boxes = {(c, r): (60 + 150.0 * c, 60 + 110.0 * r, 140 + 150.0 * c, 100 + 110.0 * r)
             for c in range(columns) for r in range(rows)}  # fmt: skip
    grid = Grid((0.0, 0.0, 150.0 * columns + 60, 110.0 * rows + 60), boxes)
    names = st.sampled_from(sorted(boxes))
    for start, end in data.draw(st.lists(st.tuples(names, names).filter(lambda two: two[0] != two[1]), max_size=5)):
        points = grid.route(start, end)
        for (x1, y1), (x2, y2) in pairwise(points):
            own = (min(x1, x2) - 0.5, min(y1, y2) - 0.5, max(x1, x2) + 0.5, max(y1, y2) + 0.5)
            assert all(overlap(own, (a + 2, b + 2, c - 2, d - 2)) == 0 for a, b, c, d in boxes.values())


def test_lock_has_no_arrow_through_a_state():
    svg = statechart_svg(dm.mo.OBJECTS["lawmo"].machines[0])
    rows = {float(y) for y in re.findall(r'<rect x="[\d.]+" y="([\d.]+)"', svg)}
    assert len(rows) == 2
