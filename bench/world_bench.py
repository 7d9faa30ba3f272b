"""Campaigns of a million devices beside a simulator that others wrote, in one run; equality of the engines printed."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
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


def _salabim(plan: Campaign) -> float:
    """The same queue in salabim, where that is installed: a component a device, a Resource as the servers."""
    import salabim

    salabim.yieldless(False)
    link, trips, work = plan.link, plan.recorded.trips, plan.servers.service
    ways = [(link.up_seconds(t.up), link.down_seconds(t.down)) for t in trips]
    times = np.sort(Draws.of(plan, 1).begin) / 1e6
    env = salabim.Environment(trace=False, random_seed=1)
    desk = salabim.Resource("desk", plan.servers.count, monitor=False)

    class Device(salabim.Component):  # type: ignore[misc]
        def process(self) -> Iterator[object]:
            for up, down in ways:
                yield self.hold(up)
                yield self.request(desk)
                yield self.hold(work)
                self.release(desk)
                yield self.hold(down)

    for when in times:
        Device("", at=float(when), suppress_trace=True, mode=None)
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
    if find_spec("salabim") is not None:
        few = replace(tape, devices=5_000, arrivals=Spread(10.0))
        ours, other = _seconds(few), _salabim(few)
        yield Row("5e3 devices, tape and salabim", ours, other, ours / other, "s")
    yield from growth_rows()
    yield from sweep_rows()
    yield from board_rows()


def sweep_rows() -> Iterator[Row]:
    """A sweep in one process, in two, and on a Dask cluster of two: time on the clock, so only on an idle machine."""
    from time import perf_counter

    from dmkit.lab.measures.measure import local_cluster
    from dmkit.lab.runs.experiment import sweep

    plan = replace(RICH, devices=100_000, arrivals=Spread(200.0))  # compiled, half a second each

    def seconds(on: object) -> float:
        start = perf_counter()
        sweep(plan, seeds=range(1, 9), on=on, progress=False)  # type: ignore[arg-type]
        return perf_counter() - start

    seconds(None)
    seconds(2)  # workers are there, and have read their modules
    alone, two = seconds(None), seconds(2)
    yield Row("sweep of 8 runs: one process / two (1.8 wanted)", alone, two, alone / two, "s")
    cluster = local_cluster(workers=2)
    seconds(cluster)
    dask = seconds(cluster)
    cluster.close()
    yield Row("the same: one process / Dask with two workers (1.6 wanted)", alone, dask, alone / dask, "s")


def board_rows() -> Iterator[Row]:
    """A redraw of the board of notebook 18, simulation and figure."""
    from dmkit.lab.boards.campaign import outlook

    outlook(servers=4, devices=10_000)
    for count in (10_000, 100_000):
        seconds = _cpu(lambda count=count: outlook(servers=5, devices=count))
        yield Row(f"a redraw of the board, {count} devices (0.15 s wanted)", seconds, 0.15, seconds / 0.15, "s")


def growth_rows() -> Iterator[Row]:
    """From 1e4 to 1e7 with the load kept the same: time, memory, exponent; what is told of 1e7 and of 1e8."""
    from bench.table import exponent
    from dmkit.lab.studies.growth import extrapolated, growth

    def sized(plan: Campaign, count: int) -> Campaign:
        return replace(plan, devices=count, servers=replace(plan.servers, service=20_000 / count * 0.02))

    found = growth(FIFO, (10_000, 100_000, 1_000_000, 10_000_000), sized=sized)
    ours, said = float(found["seconds"].iloc[-1]), float(extrapolated(found[:-1], [10_000_000])["seconds"].iloc[-1])
    yield Row("1e7 devices, FIFO (20 s wanted)", ours, 20.0, ours / 20.0, "s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    yield Row("memory of the process with 1e7 devices (3 GB wanted)", peak, 3.0, peak / 3.0, "GB")
    yield Row("1e7 devices: measured / told from 1e4 to 1e6", ours, said, ours / said, "s")
    slope = exponent([(row["devices"], row["seconds"]) for _, row in found[1:].iterrows()])
    yield Row("growth of time from 1e5 to 1e7: exponent (1 is linear)", slope, 1.0, slope, "")
    told = extrapolated(found, [100_000_000]).iloc[-1]
    low, high = sorted((float(told["low"]), float(told["high"])))
    yield Row(
        f"1e8 devices, told: {told['seconds']:.0f} s, from {low:.0f} to {high:.0f} by its own error",
        high,
        low,
        high / low,
        "s",
    )


MOST = {
    "2e5 devices x 6 messages, FIFO: compiled and Python loop": 1 / 7,
    "2e5 devices x 6 messages, FIFO: compiled and a bare heapq loop": 1 / 4,
    "1e5 devices, rich campaign: compiled and Python loop": 1 / 8,
    "2e4 devices, tape and bare SimPy (1.3 wanted)": 1.3,
    "sweep of 8 runs: one process / two (1.8 wanted)": -1.8,
    "the same: one process / Dask with two workers (1.6 wanted)": -1.6,
}
"""What is asked of a row; negative: at least so much.  Rows that say "wanted" or "allowed" have 1, others nothing."""


def asked() -> Iterator[tuple[Row, float | None]]:
    """The rows of ``make bench``: each with the ratio that is asked for."""
    for row in compiled_rows():
        most = MOST.get(row.name, 1.0 if "wanted" in row.name or "allowed" in row.name else None)
        yield row, most


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
