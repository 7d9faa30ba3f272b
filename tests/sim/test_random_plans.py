"""Engines agree on whatever plan, device by device, to the microsecond: 2,000 plans here, 100,000 at night."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dmkit.sim.arrivals import Spread
from dmkit.sim.campaign import Campaign, Servers
from dmkit.sim.compiled import can, run_compiled
from dmkit.sim.draws import Draws
from dmkit.sim.fleet import run_python
from dmkit.sim.net import LINKS
from dmkit.sim.processes import run_tape
from tests.sim.random_plans import random_plan
from tests.sim.test_campaign import assert_equal


def _same(a, b, number):
    try:
        assert_equal(a, b)
        assert a.fates == b.fates
        for one, other in ((a.requests, b.requests), (a.offers, b.offers)):
            assert one is other is None or np.array_equal(one, other)
    except AssertionError as error:
        raise AssertionError(f"plan {number}, {a.loop} and {b.loop}: {error}") from None


def _agree(numbers):
    for number in numbers:
        plan = replace(random_plan(number), record=number % 3 == 0)
        draws = Draws.of(plan, 1)
        loop, processes = run_python(plan, draws), run_tape(plan, Draws.of(plan, 1))
        if can(plan):
            _same(run_compiled(plan, Draws.of(plan, 1)), loop, number)
        try:
            assert_equal(loop, processes)
            assert loop.fates == processes.fates
            assert np.array_equal(loop.offers, processes.offers) or loop.offers is processes.offers is None
        except AssertionError as error:
            raise AssertionError(f"plan {number}: {error}") from None


@pytest.mark.parametrize("part", range(20))
def test_two_thousand_random_plans_come_to_the_same_end_in_every_engine(part):
    """rtt 0, empty messages, no work: what falls on one microsecond has one order."""
    _agree(range(part * 100, part * 100 + 100))


@pytest.mark.nightly
@pytest.mark.parametrize("part", range(100))
def test_a_hundred_thousand_random_plans(part):
    _agree(range(10_000 + part * 1000, 10_000 + part * 1000 + 1000))


@pytest.mark.parametrize("loss", [0.0, 0.03, 0.6])
def test_the_compiled_loop_records_what_the_loop_in_python_does(loss):
    """Requests and offers, also where far more is lost than there was room for."""
    pytest.importorskip("numba")
    link = replace(LINKS["lte"], loss=loss)
    plan = Campaign(devices=400, arrivals=Spread(5.0), servers=Servers(count=1), link=link, record=True)
    assert can(plan)
    draws = Draws.of(plan, 3)
    ours, theirs = run_compiled(plan, draws), run_python(plan, Draws.of(plan, 3))
    assert (ours.requests == theirs.requests).all() and (ours.offers == theirs.offers).all()
    assert ours.fates == theirs.fates and (ours.finished == theirs.finished).all()


@pytest.mark.parametrize("more", [{"urgent": 0.5}, {"discipline": "sharing"}, {"outages": ((1.0, 4.0),), "queue": 3}])
def test_the_compiled_loop_records_where_devices_meet_in_more_than_one_queue(more):
    """In the first run there is room for far fewer sendings than there are; it is played again, with room."""
    pytest.importorskip("numba")
    servers = replace(Servers(count=1, service=0.2), **more)
    link = replace(LINKS["lte"], loss=0.85, resends=8)
    plan = Campaign(devices=60, arrivals=Spread(5.0), servers=servers, link=link, record=True)
    ours, theirs = run_compiled(plan, Draws.of(plan, 3)), run_python(plan, Draws.of(plan, 3))
    _same(ours, theirs, 0)
    assert len(ours.offers) == sum(ours.fates) > 60 * 3 * 3 // 2 + 64


@pytest.mark.parametrize("part", range(2))
def test_what_was_offered_adds_up(part):
    """What was taken is served or cut off; refused messages and refusals are the same; tables and counts agree."""
    for number in range(part * 40, part * 40 + 40):
        plan = replace(random_plan(number), record=True)
        run = run_python(plan, Draws.of(plan, 1))
        taken, turned_away, _, _, cut_off, _ = run.fates
        table = run.summary()
        assert taken == run.served + cut_off, number
        assert turned_away == run.refusals.sum() == table["refused"], number
        assert np.bincount(run.offers[:, 1], minlength=6).tolist() == list(run.fates), number
        assert table["offered"] == sum(run.fates) - cut_off == run.served + table["refused"] + table["lost"], number
        assert run.wasted <= run.served and (run.rounds <= run.attempts).all(), number
        assert min(run.waited.min(), run.connected.min()) >= 0, number
        if plan.again is None:
            assert ((run.finished >= 0) == (run.outcome == 0)).all(), number
