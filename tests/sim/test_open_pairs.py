"""Two open parts in one plan: device by device the same on each engine, or refused by name in one sentence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dmkit.sim.arrivals import AtOnce, Spread, Trace
from dmkit.sim.campaign import Campaign, Retry, Servers
from dmkit.sim.compiled import can, run_compiled
from dmkit.sim.draws import Draws
from dmkit.sim.fleet import run_python
from dmkit.sim.net import LINKS, PUSH, Cells
from dmkit.sim.parts import Again, DeviceClass, Outages
from dmkit.sim.polls import FLEET, QueueMode, RolloutRate
from dmkit.sim.rates import Rate
from dmkit.words.errors import ConfigError
from tests.sim.test_campaign import assert_equal

N = 200
BUSY = Campaign(
    devices=N,
    arrivals=Spread(20.0),
    servers=Servers(count=2, service=0.2, queue=12, retry_after=5.0),
    link=replace(LINKS["lte"], loss=0.2, timeout=4.0),
    retry=Retry(base=2, cap=20, attempts=4),
    record=True,
)
"""Messages are lost, queues are full, devices come again: what parts share is at work."""


def at_servers(plan, **changed):
    """``plan`` with the fields of its servers, or of each of its pools, changed."""
    if plan.pools:
        return replace(plan, pools=tuple(replace(pool, **changed) for pool in plan.pools))
    return replace(plan, servers=replace(plan.servers, **changed))


def waves(devices, streams):
    return np.arange(devices) % 3 * 20.0 + streams.uniform("waves", (devices,))


def half_of_the_step(failures, draw, previous, base, cap):
    return min(cap, base * 2.0**failures) * (0.5 + draw / 2)


def heavy_tailed(draw):
    return 0.1 * (1.0 - draw) ** (-1 / 2.5)


def joule(run):
    return run.connected / 1e6 * 3.0 + run.attempts * 0.2


def in_pools(plan):
    east = replace(plan.servers, count=1, region="east", share=2.0, outages=((10.0, 30.0),))
    return replace(plan, servers=Servers(), pools=(east, replace(plan.servers, region="west")), fail_over=True)


PHONES = DeviceClass(name="phone", share=0.7, priority=1), DeviceClass(name="router", share=0.3, work=3.0)
MIXED = DeviceClass(name="lte", share=0.5), DeviceClass(name="meter", share=0.5, link=LINKS["nb-iot"])
PARTS = {
    "arrivals of one's own": lambda plan: replace(plan, arrivals=waves),
    "trace": lambda plan: replace(plan, arrivals=Trace(tuple(0.1 * n for n in range(N)))),
    "back-off of one's own": lambda plan: replace(plan, retry=replace(plan.retry, policy=half_of_the_step)),
    "steps": lambda plan: replace(plan, retry=replace(plan.retry, policy=(5.0, 15.0))),
    "work of one's own": lambda plan: at_servers(plan, law=heavy_tailed),
    "work measured": lambda plan: at_servers(plan, law=(0.08, 0.1, 0.1, 0.9)),
    "lifo": lambda plan: at_servers(plan, discipline="lifo"),
    "sharing": lambda plan: at_servers(plan, discipline="sharing"),
    "rate": lambda plan: at_servers(plan, rate=Rate(per_second=4.0, burst=20)),
    "gateway": lambda plan: replace(plan, gateway=Rate(per_second=20.0, burst=5)),
    "push": lambda plan: replace(plan, arrivals=AtOnce(), push=replace(PUSH["good"], rate=Rate(per_second=5.0))),
    "classes": lambda plan: at_servers(replace(plan, classes=PHONES), urgent=0.1),
    "mixed links": lambda plan: replace(plan, classes=MIXED),
    "pools": in_pools,
    "outages": lambda plan: replace(plan, outages=Outages(every=15.0, lasting=5.0, reach=0.8, until=100.0)),
    "cells": lambda plan: replace(plan, cells=Cells(count=3, limit=(1, 5, None), map=tuple(n % 3 for n in range(N)))),
    "again": lambda plan: replace(plan, again=Again(think=5.0, until=60.0)),
    "measures": lambda plan: replace(plan, energy=joule, money=lambda run: run.octets_up / 1e6 * 0.35),
    "poll": lambda plan: replace(plan, arrivals=FLEET),
    "queue mode": lambda plan: replace(plan, arrivals=QueueMode(update=600.0)),
    "roll-out": lambda plan: replace(plan, arrivals=RolloutRate(base=500, factor=2.0, things=100, most=1000)),
}

EQUAL = [
    ("arrivals of one's own", "classes"),
    ("arrivals of one's own", "again"),
    ("trace", "gateway"),
    ("back-off of one's own", "rate"),
    ("back-off of one's own", "work of one's own"),
    ("steps", "outages"),
    ("work of one's own", "sharing"),
    ("work of one's own", "again"),
    ("work measured", "lifo"),
    ("lifo", "classes"),
    ("sharing", "again"),
    ("sharing", "mixed links"),
    ("rate", "push"),
    ("rate", "again"),
    ("gateway", "mixed links"),
    ("gateway", "outages"),
    ("push", "cells"),
    ("push", "again"),
    ("classes", "again"),
    ("pools", "sharing"),
    ("pools", "rate"),
    ("pools", "classes"),
    ("pools", "outages"),
    ("pools", "again"),
    ("outages", "again"),
    ("cells", "mixed links"),
    ("cells", "again"),
    ("measures", "pools"),
    ("poll", "pools"),
    ("queue mode", "sharing"),
    ("roll-out", "cells"),
]
"""Equal, since no engine has a part of its own that another lacks: 31 of 210 pairs, all of which were tried."""


@pytest.mark.parametrize(("one", "other"), EQUAL, ids=[" and ".join(pair) for pair in EQUAL])
def test_two_parts_together_are_the_same_on_each_engine(one, other):
    plan = PARTS[other](PARTS[one](BUSY))
    loop, tape = run_python(plan, Draws.of(plan, 1)), plan.with_fidelity("tape").run(1)
    assert loop.done.any() and loop.attempts.max() > 1, "somebody is done, and somebody came again"
    assert_equal(loop, tape)
    assert loop.summary() == tape.summary() and loop.frame().equals(tape.frame())
    if can(plan):
        assert_equal(loop, run_compiled(plan, Draws.of(plan, 1)))


def test_each_part_is_in_some_pair_and_does_something_there():
    assert {part for pair in EQUAL for part in pair} == set(PARTS)
    plain = BUSY.run(1).summary()
    same = {name for name, part in PARTS.items() if part(BUSY).run(1).summary() == plain}
    assert not same


REFUSED = {
    "pools and servers": (
        lambda: replace(in_pools(BUSY), servers=Servers(discipline="lifo")),
        "Campaign takes servers or pools, not both",
    ),
    "sharing and classes of long work": (
        lambda: at_servers(
            replace(BUSY, classes=(replace(PHONES[0], work=1e6), PHONES[1])), discipline="sharing", service=50.0
        ),
        "'sharing' takes work of up to 30000 s, not 2000000000.0 s",
    ),
    "mixed links and a tape that one of them is too slow for": (
        lambda: replace(BUSY, classes=(MIXED[0], replace(MIXED[1], link=replace(LINKS["nb-iot"], timeout=0.5)))),
        "Link.timeout is 0.5 s, but one exchange takes",
    ),
    "a trace and other devices": (
        lambda: replace(PARTS["trace"](BUSY), devices=N + 1).run(1),
        "Trace has 200 times for 201 devices",
    ),
    "a map of cells and other devices": (
        lambda: replace(PARTS["cells"](BUSY), devices=N + 1).run(1),
        "Cells.map has 200 devices, the campaign 201",
    ),
    "again on exact, with pools": (
        lambda: PARTS["again"](in_pools(BUSY)).with_fidelity("exact").run(1),
        "exact cannot play Campaign.again",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_go_together_is_refused_by_name(name):
    make, says = REFUSED[name]
    with pytest.raises(ConfigError) as caught:
        make()
    assert says in str(caught.value) and "\n" not in str(caught.value)
