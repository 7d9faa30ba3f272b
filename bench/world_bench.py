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
from dmkit.sim.compiled import can, run_compiled
from dmkit.sim.draws import Draws
from dmkit.sim.fleet import run_python
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


def _cpu(play: object, *given: object) -> float:
    start = process_time()
    play(*given)  # type: ignore[operator]
    return process_time() - start


def _heapq(plan: Campaign) -> float:
    """The same queue as a bare loop over a heap: arrivals, constant work, three exchanges; nothing is counted."""
    from heapq import heapify, heappop, heappush, heapreplace

    link, trips, work = plan.link, plan.recorded.trips, round(plan.servers.service * 1e6)
    ways = [(round(link.up_seconds(t.up) * 1e6), round(link.down_seconds(t.down) * 1e6)) for t in trips]
    times = np.sort(Draws.of(plan, 1).begin).tolist()
    start = process_time()
    free = [0] * plan.servers.count
    heapify(free)
    heap = [(when + ways[0][0], d, 0) for d, when in enumerate(times)]
    finished = [0] * plan.devices
    while heap:
        now, d, k = heappop(heap)
        over = max(now, free[0]) + work
        heapreplace(free, over)
        if k + 1 < len(ways):
            heappush(heap, (over + ways[k][1] + ways[k + 1][0], d, k + 1))
        else:
            finished[d] = over + ways[k][1]
    return process_time() - start


def _simpy(plan: Campaign) -> float:
    """The same queue in bare SimPy: a process a device, spawned on arrival, a Resource as the servers."""
    import simpy

    link, trips, work = plan.link, plan.recorded.trips, round(plan.servers.service * 1e6)
    ways = [(round(link.up_seconds(t.up) * 1e6), round(link.down_seconds(t.down) * 1e6)) for t in trips]
    times = np.sort(Draws.of(plan, 1).begin).tolist()
    env = simpy.Environment()
    desk = simpy.Resource(env, plan.servers.count)

    def device() -> Iterator[object]:
        for up, down in ways:
            yield env.timeout(up)
            with desk.request() as turn:
                yield turn
                yield env.timeout(work)
            yield env.timeout(down)

    def source() -> Iterator[object]:
        for when in times:
            yield env.timeout(when - env.now)
            env.process(device())

    env.process(source())
    return _cpu(env.run)


def compiled_rows() -> Iterator[Row]:
    """The compiled loop beside the loops in Python, a bare heap and SimPy; first the cost of loading it."""
    if not can(FIFO):
        return
    small = replace(FIFO, devices=1000, arrivals=Spread(2.0))
    warm = replace(RICH, devices=1000, arrivals=Spread(2.0))
    for name, plan in (("plain", small), ("general", warm)):
        seconds = _cpu(run_compiled, plan, Draws.of(plan, 1))
        yield Row(f"compiled loop, {name}: loading it, compiled before (1 s allowed)", seconds, 1.0, seconds, "s")
    part = replace(FIFO, devices=200_000, arrivals=Spread(400.0))
    ours = _cpu(lambda: run_compiled(part, Draws.of(part, 1)))
    python = _cpu(lambda: run_python(part, Draws.of(part, 1)))
    yield Row("2e5 devices x 6 messages, FIFO: compiled and Python loop", ours, python, ours / python, "s")
    heap = _heapq(part)
    yield Row("2e5 devices x 6 messages, FIFO: compiled and a bare heapq loop", ours, heap, ours / heap, "s")
    rich = replace(RICH, devices=100_000, arrivals=Spread(200.0))
    ours = _cpu(lambda: run_compiled(rich, Draws.of(rich, 1)))
    python = _cpu(lambda: run_python(rich, Draws.of(rich, 1)))
    yield Row("1e5 devices, rich campaign: compiled and Python loop", ours, python, ours / python, "s")
    sure = replace(LINKS["lte"], loss=0.0)  # the bare model knows no loss either
    tape = replace(FIFO, devices=20_000, arrivals=Spread(40.0), link=sure, fidelity="tape")
    ours, bare = _seconds(tape), _simpy(tape)
    yield Row("2e4 devices, tape and bare SimPy (1.3 wanted)", ours, bare, ours / bare, "s")


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
    yield from compiled_rows()
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
