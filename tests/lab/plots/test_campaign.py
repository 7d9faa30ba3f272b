"""Figures of campaigns: they show what the frames say, with titles, units and intervals."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest

from dmkit.lab.plots import plot
from dmkit.lab.plots.drawing import describe, figure_svg
from dmkit.lab.runs.experiment import sweep
from dmkit.lab.studies import campaign
from dmkit.sim.arrivals import Spread
from dmkit.sim.campaign import Campaign, Servers
from dmkit.sim.net import Cells
from dmkit.words.errors import ConfigError

PLAN = Campaign(
    devices=200, arrivals=Spread(10.0), servers=Servers(count=2, service=0.05), cells=Cells(count=9), record=True
)


@pytest.fixture(scope="module")
def curves() -> pd.DataFrame:
    measure = partial(campaign.completion, until=12.0, points=25)
    return sweep(PLAN, {"servers.count": [1, 2]}, seeds=[1, 2, 3], measure=measure, progress=False)


@pytest.fixture(scope="module")
def runs() -> pd.DataFrame:
    return sweep(PLAN, {"servers.count": [1, 2, 4]}, seeds=[1, 2, 3], progress=False)


def test_completion_draws_the_mean_of_the_seeds(curves):
    axes = plot.completion(curves, by="servers.count")
    lines = axes.get_lines()
    assert len(lines) == 2 and len(axes.collections) == 2
    expected = curves[curves["servers.count"] == 1].groupby("t")["share"].mean().to_numpy() * 100
    assert np.allclose(lines[0].get_ydata(), expected)
    assert "3 runs" in describe(axes) and "devices done, %" in describe(axes)
    assert figure_svg(axes.figure) == figure_svg(plot.completion(curves, by="servers.count").figure)


@pytest.mark.parametrize("y", ["busy", "queue"])
def test_load_has_a_line_per_group(y):
    frame = sweep(
        PLAN, {"servers.count": [1, 2]}, seeds=[1], measure=partial(campaign.load, until=12.0), progress=False
    )
    assert len(plot.load(frame, y, by="servers.count").get_lines()) == 2


def test_the_cell_map_labels_every_cell():
    frame = sweep(PLAN, seeds=[1], measure=campaign.cells, progress=False)
    axes = plot.cell_map(frame)
    assert len(axes.texts) == 9
    assert axes.texts[0].get_text() == f"{frame['t95'][0]:,.0f}"


def test_energy_bars_are_means(runs):
    axes = plot.energy(runs, by="servers.count")
    heights = [bar.get_height() for bar in axes.patches]
    assert np.allclose(heights, runs.groupby("servers.count")["energy"].mean())


def test_the_front_names_those_that_nothing_beats():
    frame = pd.DataFrame(
        {
            "name": ["a", "b", "c", "d"],
            "t95": [1.0, 2.0, 3.0, np.inf],
            "energy": [3.0, 1.0, 2.0, 0.0],
            "seed": 1,
            "error": "",
        }
    )
    axes = plot.pareto(frame, "t95", "energy", by="name")
    bold = [text.get_text() for text in axes.texts if text.get_weight() == "bold"]
    assert bold == ["a", "b"] and len(axes.texts) == 3
    with pytest.raises(ConfigError, match="finite"):
        plot.pareto(frame[frame["name"] == "d"], "t95", "energy", by="name")


def test_a_figure_says_what_it_lacks(runs):
    with pytest.raises(ConfigError, match="column 't'"):
        plot.completion(runs)


def test_one_run_has_no_band(curves):
    one = replace(PLAN, record=False)
    frame = sweep(one, seeds=[1], measure=campaign.completion, progress=False)
    assert len(plot.completion(frame).get_lines()) == 1
