"""Curves of a run against counting by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dmkit.lab.studies import campaign
from dmkit.sim.arrivals import Spread
from dmkit.sim.campaign import Campaign, Servers
from dmkit.sim.net import Cells
from dmkit.words.errors import ConfigError

PLAN = Campaign(
    devices=300, arrivals=Spread(10.0), servers=Servers(count=2, service=0.05), cells=Cells(count=4), record=True
)


def test_completion_counts_devices():
    run = PLAN.run(1)
    for row in campaign.completion(run, points=20):
        assert row["share"] == (run.seconds() <= row["t"] + 1e-9).mean()
    assert campaign.completion(run)[-1]["share"] == 1.0


def test_load_adds_up_to_the_work_and_the_waiting():
    run = PLAN.run(1)
    rows = campaign.load(run, points=50)
    width = rows[1]["t"] - rows[0]["t"]
    assert sum(row["busy"] for row in rows) * width == pytest.approx(run.busy, rel=1e-6)
    assert sum(row["queue"] for row in rows) * width == pytest.approx(run.waited.sum() / 1e6, rel=1e-6)
    assert max(row["busy"] for row in rows) <= 2 + 1e-9


def test_cells_add_up_to_the_whole():
    run = PLAN.run(1)
    rows = campaign.cells(run)
    assert sum(row["devices"] for row in rows) == 300
    assert np.average([r["energy"] for r in rows], weights=[r["devices"] for r in rows]) == pytest.approx(
        run.energy().mean()
    )


def test_what_was_not_recorded_is_asked_for():
    with pytest.raises(ConfigError, match="record=True"):
        campaign.load(replace(PLAN, record=False).run(1))
    with pytest.raises(ConfigError, match="two points"):
        campaign.completion(PLAN.run(1), points=1)


def test_times_out_of_order_come_to_the_same():
    draw = np.random.default_rng(1)
    edges = np.linspace(0.0, 9.0, 31)
    for times in (draw.random(200) * 10, np.sort(draw.random(200) * 10), np.zeros(0), np.full(5, 3.0)):
        by_hand = [np.minimum(times, edge).sum() for edge in edges]
        np.testing.assert_allclose(campaign._integral(times, edges), by_hand, rtol=1e-12)
