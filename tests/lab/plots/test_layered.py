"""The layout: boxes do not touch, edges run around them, and few of them cross."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from dmkit.lab.plots.layered import layered

HEIGHT = 0.44


@st.composite
def graphs(draw):
    boxes = {
        f"n{n}": (draw(st.sampled_from((0.8, 1.2, 2.4))), draw(st.integers(0, 4)))
        for n in range(draw(st.integers(1, 12)))
    }
    pairs = [(a, b) for a, b in combinations(boxes, 2)]
    return boxes, draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []


@given(graphs())
def test_edges_run_around_boxes_and_boxes_do_not_touch(graph):
    boxes, edges = graph
    placed = layered(boxes, edges)
    around = {n: (x - boxes[n][0] / 2, x + boxes[n][0] / 2, y - HEIGHT / 2, y + HEIGHT / 2)
              for n, (x, y) in placed.places.items()}  # fmt: skip
    for (one, first), (other, second) in combinations(around.items(), 2):
        beside = first[2] == second[2] and first[0] < second[1] and second[0] < first[1]
        assert not beside, (one, other)
    assert all(left >= 0 and right <= placed.width for left, right, _, _ in around.values())
    for edge, route in placed.routes.items():
        assert len(route) % 2 == 0
        for (x, y), (to_x, to_y) in pairwise(route):
            for name, (left, right, low, high) in around.items():
                if name not in edge and min(y, to_y) < high and max(y, to_y) > low:
                    assert max(x, to_x) <= left or min(x, to_x) >= right, (edge, name)


def test_a_ladder_has_no_crossings():
    boxes = {f"{side}{row}": (1.0, row) for row in range(4) for side in "ba"}
    edges = [(f"{side}{row + 1}", f"{side}{row}") for row in range(3) for side in "ab"]
    assert layered(boxes, edges).crossings == 0
