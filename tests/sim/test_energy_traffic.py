"""Batteries, reports, uptake and cells."""

from __future__ import annotations

import numpy as np
import pytest

from dmkit.sim.energy import YEAR, Battery, Meter, report_energy
from dmkit.sim.traffic import MIX, ReportMix, coverage_level, diurnal, paced, report_sizes
from dmkit.words.errors import ConfigError


def test_lifetime_and_report_energy_are_inverse():
    joule = report_energy(Battery(5.0), 18.1 * YEAR, 86400, 0.015e-3)
    assert joule == pytest.approx(1.427, abs=0.001)
    assert Battery(5.0).years(sleep=0.015e-3, events={joule: 1 / 86400}) == pytest.approx(18.1)


def test_the_predictions_of_the_sheet():
    years = Battery(5.0).years
    assert years(sleep=0.015e-3, events={2.308: 1 / 86400}) == pytest.approx(13.7, abs=0.05)
    assert years(sleep=0.015e-3, events={1.427: 1 / 7200}) == pytest.approx(2.68, abs=0.01)


def test_self_discharge_shortens_a_long_life_most():
    assert Battery(5.0, 0.01).years(sleep=0.015e-3) == pytest.approx(1 / (1 / 38.026 + 0.01), rel=1e-3)


def test_a_meter_adds_by_cause_and_refuses_gain():
    meter = Meter.new()
    meter.spend("radio", 0.5, 4.0)
    meter.add("radio", 1.0)
    meter.add("card", 0.25)
    assert meter.used == {"radio": 3.0, "card": 0.25} and meter.total == 3.25
    with pytest.raises(ConfigError, match="gain"):
        meter.add("radio", -1)


def test_each_device_reports_at_its_own_interval():
    times = ReportMix({100.0: 1.0}).times(7, 1000.0, seed=3)
    assert len(times) == 70 and (np.diff(times) >= 0).all()
    assert len(MIX.times(10_000, 86400.0, seed=1)) / 10_000 == pytest.approx(MIX.per_day, rel=0.03)


def test_report_sizes_stay_within_their_bounds():
    sizes = report_sizes(10_000, seed=1)
    assert sizes.min() >= 20 and sizes.max() == 200


def test_days_have_a_peak_and_weekends_less():
    week = diurnal(np.arange(168.0))
    assert week[:24].argmax() == 20 or 12 <= week[:24].argmax() <= 20
    assert week[130] == pytest.approx(0.9 * week[10])


def test_a_paced_campaign_never_exceeds_a_limit_and_refuses_unknown_cells():
    rng = np.random.default_rng(1)
    cells = rng.integers(-1, 3, 300)
    levels = [coverage_level(rsrp=int(a), sinr=int(b)) for a, b in rng.integers(0, 3, (300, 2))]
    levels[:20] = [None] * 20
    plan = paced(cells, levels, rng.random(300) * 60)
    assert plan.refused.sum() == (cells < 0).sum() and np.isnan(plan.start[plan.refused]).all()
    limits = {0: 50, 1: 10, 2: 1, None: 10}
    for cell in range(3):
        for level, limit in limits.items():
            chosen = [k for k in range(300) if cells[k] == cell and levels[k] == level]
            for k in chosen:
                at_once = sum(plan.start[j] <= plan.start[k] < plan.end[j] for j in chosen)
                assert at_once <= limit


def test_bad_mixes_and_levels_are_refused():
    with pytest.raises(ConfigError, match="add to 1"):
        ReportMix({60.0: 0.5})
    with pytest.raises(ConfigError, match="level 7"):
        paced(np.zeros(1, dtype=np.int64), [7], np.ones(1))
    with pytest.raises(ConfigError, match="watt_hours"):
        Battery(0)
