"""A firmware campaign with real engines: two sessions a device, each updated once; its tape in the other engines."""

from __future__ import annotations

from dataclasses import replace

import pytest

import dmkit as dm
from dmkit.sim.arrivals import Spread
from dmkit.sim.campaign import Campaign, Servers
from dmkit.sim.tape import record

PLAN = Campaign(devices=40, job=dm.jobs.update_firmware("2.1"), servers=Servers(count=2, service=0.05),
                arrivals=Spread(30.0), fidelity="exact")  # fmt: skip


@pytest.mark.spec("F-02")
def test_each_device_is_updated_once() -> None:
    run = PLAN.run(seed=3)
    assert (run.finished > 0).all()
    devices, server = run.log["devices"], run.log["server"]
    assert [d.tree.get("./DevDetail/FwV").value for d in devices] == ["2.1"] * 40
    assert [r.result.result for r in server.results] == [200] * 40
    reported = [device for device, event in server.alerts if int(event.alert.code) == 1226]
    assert len(reported) == len(set(reported)) == 40


def test_the_time_of_the_update_is_in_the_campaign() -> None:
    """From the first message to the report: the steps of the installation, restart included."""
    tape = record(PLAN.job)
    think = sum(trip.think for trip in tape.trips)
    assert 120 < think < 300 and len(tape.trips) == 5
    finished = PLAN.run(seed=3).finished / 1e6
    assert finished.min() > think and finished.max() < think + 60


def test_the_tape_of_a_cohort_is_the_recorded_one() -> None:
    run = replace(PLAN, devices=5, servers=Servers(count=50, service=0.0, law="constant")).run(seed=1)
    for tape in run.log["tapes"].values():
        recorded = record(PLAN.job)
        assert [(t.up, t.down) for t in tape.trips] == [(t.up, t.down) for t in recorded.trips]
    fleet = replace(PLAN, fidelity="fleet", devices=2000).run(seed=1)
    assert (fleet.finished > 0).all()
