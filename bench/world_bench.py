"""Campaigns of a million devices beside a simulator that others wrote, in one run; equality of the engines printed."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from dataclasses import replace
from time import process_time

import numpy as np

from bench import Row
from dmkit.sim.arrivals import AtOnce, Spread
from dmkit.sim.campaign import Campaign, Retry, Servers
from dmkit.sim.net import LINKS
from dmkit.sim.tape import Tape, Trip

THREE = Tape((Trip(364, 441), Trip(345, 221), Trip(238, 184)), "six messages")
FIFO = Campaign(
    devices=1_000_000,
    tape=THREE,
    servers=Servers(count=40, service=0.02, law="constant"),
    arrivals=Spread(2000.0),
    retry=Retry(attempts=1),
)
RICH = replace(
    FIFO,
    link=replace(LINKS["lte"], loss=0.02),
    servers=Servers(count=60, service=0.02, urgent=0.1, outages=((500.0, 700.0),), queue=20_000),
    retry=Retry(attempts=3),
)


def _seconds(plan: Campaign) -> float:
    start = process_time()
    plan.run(1)
    return process_time() - start


def _ciw(devices: int) -> float:
    """The same queue in ciw: three visits, constant work, 40 servers."""
    import ciw

    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(devices / 2000.0)],
        service_distributions=[ciw.dists.Deterministic(0.02)],
        number_of_servers=[40],
        routing=[[2 / 3]],
    )
    ciw.seed(1)
    start = process_time()
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(2000.0)
    seconds = process_time() - start
    return seconds / max(1, len(simulation.get_all_records())) * 3


def rows() -> Iterator[Row]:
    """Seconds of processor time; the limits of the issue stand as peers where there is no other simulator."""
    small = replace(FIFO, devices=20_000, arrivals=Spread(40.0))
    for name, plan in {"fifo": small, "rich": replace(RICH, devices=20_000, arrivals=Spread(40.0))}.items():
        loop, processes = plan.run(1), plan.with_fidelity("tape").run(1)
        same = int(np.sum(loop.finished == processes.finished))
        yield Row(
            f"{name}: devices with equal finish time, loop (ours) and SimPy (peer count)",
            same,
            20_000,
            same / 20_000,
            "",
        )
    fifo = _seconds(FIFO)
    yield Row("1e6 devices x 6 messages, fleet, FIFO (peer: 15 s allowed)", fifo, 15.0, fifo / 15.0, "s")
    ours, ciw = fifo / FIFO.devices * 1e6, _ciw(20_000) * 1e6
    yield Row("a device of that queue, fleet and ciw", ours, ciw, ours / ciw, "us")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    yield Row("memory so far (peer: 1 GB allowed)", peak, 1.0, peak, "GB")
    rich = _seconds(RICH)
    yield Row(
        "1e6 devices, loss, retry, priority, outage, full queue (peer: 35 s allowed)", rich, 35.0, rich / 35.0, "s"
    )
    tape = _seconds(replace(FIFO, devices=100_000, arrivals=Spread(200.0), fidelity="tape"))
    loop = _seconds(replace(FIFO, devices=100_000, arrivals=Spread(200.0)))
    yield Row("1e5 devices, fleet and SimPy processes", loop, tape, loop / tape, "s")
    exact = _seconds(Campaign(devices=10_000, arrivals=Spread(100.0), fidelity="exact"))
    tape = _seconds(Campaign(devices=10_000, arrivals=Spread(100.0), fidelity="tape"))
    yield Row("1e4 devices, exact engines and SimPy processes", exact, tape, exact / tape, "s")
    burst = replace(
        FIFO,
        devices=20_000,
        arrivals=AtOnce(),
        servers=Servers(count=2, urgent=0.2),
        link=replace(LINKS["lte"], timeout=9e4),
    )
    for fidelity in ("fleet", "tape"):
        single = _seconds(replace(burst, fidelity=fidelity))
        double = _seconds(replace(burst, fidelity=fidelity, devices=40_000))
        yield Row(
            f"burst of 40 000 and of 20 000 with priorities, {fidelity} (2.5 allowed)",
            double,
            single,
            double / single,
            "s",
        )
