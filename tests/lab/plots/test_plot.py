"""Plots: labelled, with units, the same every time, and readable without colours and without eyes."""

from __future__ import annotations

import sys

import pytest
from matplotlib.figure import Figure

import dmkit as dm
from dmkit.lab.measures import measure
from dmkit.lab.plots import plot


@pytest.fixture(scope="module")
def cost():
    return measure.package_cost((100, 3_000), (1_024, 4_096))


@pytest.fixture(scope="module")
def sizes():
    device = dm.Device.example()
    return measure.message_sizes(dm.converse(device, dm.Server.example(device)))


@pytest.fixture(params=["sizes", "package_cost"])
def drawn(request, sizes, cost):
    return {"sizes": lambda: plot.sizes(sizes), "package_cost": lambda: plot.package_cost(cost)}[request.param]


def test_axes_are_labelled(drawn):
    axes = drawn()
    assert axes.get_title(loc="left")
    assert "octets" in axes.get_xlabel() + axes.get_ylabel()


def test_the_same_frame_gives_the_same_octets(drawn):
    assert plot.figure_svg(drawn().figure) == plot.figure_svg(drawn().figure)


def test_a_notebook_shows_an_image_with_a_description(drawn):
    bundle = drawn()._repr_mimebundle_()
    assert bundle["text/plain"] == plot.describe(drawn())
    assert "<img " in bundle["text/html"] and 'alt="' in bundle["text/html"]
    assert "<script" not in bundle["text/html"]


def test_bars_have_the_heights_of_the_frame(sizes):
    heights = [[bar.get_height() for bar in group] for group in plot.sizes(sizes).containers]
    assert heights == [list(sizes[form]) for form in measure.FORMS]


@pytest.mark.parametrize("column", ["messages", "round_trips", "pieces", "octets", "overhead"])
def test_a_line_for_each_limit_goes_through_its_rows(cost, column):
    axes = plot.package_cost(cost, column)
    for line, (_, rows) in zip(axes.lines, cost.groupby("max_message"), strict=True):
        assert list(line.get_ydata()) == list(rows[column])
    assert len({line.get_marker() for line in axes.lines}) == len({line.get_color() for line in axes.lines}) == 2


def test_given_axes_are_drawn_on(cost):
    mine = Figure().subplots()
    assert plot.package_cost(cost, ax=mine) is mine


def test_pyplot_is_not_needed(drawn):
    loaded = "matplotlib.pyplot" in sys.modules
    drawn()._repr_mimebundle_()
    assert ("matplotlib.pyplot" in sys.modules) == loaded
