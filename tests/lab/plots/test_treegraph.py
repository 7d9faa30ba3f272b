"""Trees as graphs and drawings: what is drawn, that nothing overlaps at 200 nodes, and the same octets each time."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

import dmkit as dm
from dmkit.lab.plots.drawing import describe, figure_svg

DATA = Path(__file__).resolve().parents[3] / "data" / "ddf"
WIFI = dm.ddf.load(DATA / "wifi.xml")


def many():
    """A tree of 200 nodes."""
    values = {f"./WiFi/net{n}/SSID": f"cafe {n}" for n in range(35)}
    values |= {f"./WiFi/net{n}/EAP/Identity": f"user{n}@example.com" for n in range(35)}
    tree = dm.Tree.of(WIFI, values)
    assert 200 <= sum(1 for _ in tree.walk()) <= 240
    return tree


def test_a_description_is_a_graph():
    graph = dm.plot.tree_graph(WIFI)
    assert len(graph) == WIFI.count().nodes and graph.number_of_edges() == len(graph) - 1
    assert graph.nodes["./WiFi/*"] == {"label": "<Network>", "kind": "placeholder", "about": "*", "basis": "proposal"}
    assert graph.nodes["./WiFi/*/SSID"] == {"label": "SSID", "kind": "leaf", "about": "1 chr", "basis": "established"}


def test_a_tree_is_a_graph_with_the_basis_of_its_description():
    tree = dm.Tree.of(WIFI, {"./WiFi/Home/SSID": "cafe", "./WiFi/Home/EAP/Certificate": b"\0"})
    graph = dm.plot.tree_graph(tree, spec=WIFI)
    assert graph.nodes["./WiFi/Home/SSID"]["basis"] == "established"
    assert graph.nodes["./WiFi/Home/EAP/Certificate"]["about"] == "(bin)"
    assert graph.nodes["."]["basis"] == "" and set(graph) == {uri for uri, _ in tree.walk()}
    assert {data["basis"] for _, data in dm.plot.tree_graph(tree).nodes(data=True)} == {""}


@pytest.mark.parametrize("rows", [None, 30, 5])
def test_nothing_overlaps_in_a_drawing_of_200_nodes(rows):
    axes = dm.plot.plot_tree(dm.plot.tree_graph(many(), spec=WIFI), rows=rows)
    figure = axes.figure
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = [text.get_window_extent(renderer) for text in axes.texts if text.get_text().strip()]
    whole = figure.bbox
    assert all(box.x0 >= 0 and box.x1 <= whole.width + 1 and box.y0 >= 0 and box.y1 <= whole.height for box in boxes)
    boxes.sort(key=lambda box: (round(box.y0 + box.y1), box.x0))
    for one, two in pairwise(boxes):
        if abs((one.y0 + one.y1) - (two.y0 + two.y1)) < 4:
            assert one.x1 <= two.x0 + 3  # what follows a name begins with a blank
    if rows is None:
        assert whole.width / figure.dpi < 13 and whole.height / figure.dpi < 16


def test_it_tells_what_is_drawn_and_is_drawn_the_same_each_time():
    axes = dm.plot.plot_tree(dm.plot.tree_graph(WIFI))
    assert describe(axes) == (
        "A tree of 16 nodes: 4 interior, 11 leaf, 1 placeholder. Basis: 2 established, 14 proposal."
    )
    assert figure_svg(axes.figure) == figure_svg(dm.plot.plot_tree(dm.plot.tree_graph(WIFI)).figure)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "interior node",
        "leaf",
        "name given at run time",
        "E established",
        "P proposal",
    ]


def test_long_names_are_cut_and_other_axes_are_taken():
    with mpl.rc_context():
        axes = dm.plot.plot_tree(dm.plot.tree_graph(dm.Tree.of({f"./{'A' * 90}": "v" * 90})))
        assert max(len(text.get_text()) for text in axes.texts) <= 30
        other = mpl.figure.Figure().subplots()
        assert dm.plot.plot_tree(dm.plot.tree_graph(WIFI), ax=other) is other
