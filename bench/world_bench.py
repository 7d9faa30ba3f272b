"""Campaigns of a million devices beside a simulator that others wrote, in one run; equality of the engines printed."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from math import nan
from time import perf_counter, process_time

import numpy as np

from bench import Row, turned, within
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


def _load_kept(name: str, plan: Campaign) -> Row:
    """What the compiled loop costs a new process whose code another has compiled and kept."""
    code = f"from bench.world_bench import loading; loading({name!r})"
    took = [float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)
            for _ in range(3)]  # fmt: skip
    return within(f"compiled loop, {name}: kept code loaded, first plan played", took[1:], 1.0)


def loading(name: str) -> None:
    """Print the processor time in which this process loads the loop and plays its first plan."""
    plan = SMALL[name]
    print(_cpu(run_compiled, plan, Draws.of(plan, 1)))


SMALL = {
    "plain": replace(FIFO, devices=1000, arrivals=Spread(2.0)),
    "general": replace(RICH, devices=1000, arrivals=Spread(2.0)),
}


def compiled_rows() -> Iterator[Row]:
    """The compiled loop beside the loops in Python and a bare heap; first the cost of loading it."""
    if not can(FIFO):
        return
    for name, plan in SMALL.items():
        yield _load_kept(name, plan)
        run_compiled(plan, Draws.of(plan, 1))
    part = replace(FIFO, devices=200_000, arrivals=Spread(400.0))
    rich = replace(RICH, devices=100_000, arrivals=Spread(200.0))

    def seconds(play: Callable[..., object], plan: Campaign) -> Callable[[], float]:
        return lambda: _cpu(lambda: play(plan, Draws.of(plan, 1)))

    yield turned("2e5 devices x 6 messages, FIFO: compiled / loop in Python",
                 seconds(run_compiled, part), seconds(run_python, part), wanted=1 / 7)  # fmt: skip
    yield turned("2e5 devices x 6 messages, FIFO: compiled / a bare heapq loop",
                 seconds(run_compiled, part), lambda: _heapq(part), wanted=1 / 4)  # fmt: skip
    yield turned("1e5 devices, rich campaign: compiled / loop in Python",
                 seconds(run_compiled, rich), seconds(run_python, rich), wanted=1 / 8,
                 work=lambda: run_compiled(rich, Draws.of(rich, 1)))  # fmt: skip
    yield from growth_rows()
    yield from sweep_rows()
    yield from board_rows()


def sweep_rows() -> Iterator[Row]:
    """A sweep in one process, in two, and on a Dask cluster of two: time on the clock, so only on an idle machine."""
    from dmkit.lab.measures.measure import local_cluster
    from dmkit.lab.runs.experiment import sweep

    plan = replace(RICH, devices=100_000, arrivals=Spread(200.0))  # compiled, half a second each

    def seconds(on: object) -> Callable[[], float]:
        def took() -> float:
            start = perf_counter()
            sweep(plan, seeds=range(1, 9), on=on, progress=False)
            return perf_counter() - start

        return took

    seconds(None)()
    seconds(2)()  # workers are there, and have read their modules
    yield turned("sweep of 8 runs: two processes / one, by the clock", seconds(2), seconds(None), wanted=1 / 1.8)
    if find_spec("distributed") is None:
        return
    cluster = local_cluster(workers=2)
    seconds(cluster)()
    yield turned("sweep of 8 runs: Dask with two workers / one process, by the clock", seconds(cluster), seconds(None),
                 wanted=1 / 1.6)  # fmt: skip
    cluster.close()


def board_rows() -> Iterator[Row]:
    """A redraw of the board of notebook 18, simulation and figure."""
    from dmkit.lab.boards.campaign import outlook

    outlook(servers=4, devices=10_000)
    for count in (10_000, 100_000):
        took = [1e3 * _cpu(lambda count=count, n=n: outlook(servers=n, devices=count)) for n in (5, 6, 7)]
        yield within(f"a redraw of the board with {count:,} devices", took, 150.0, "ms",
                     work=partial(outlook, servers=8, devices=count))  # fmt: skip


def growth_rows() -> Iterator[Row]:
    """From 1e4 to 1e7 with the load kept the same: time, memory, exponent; what is told of 1e7 and of 1e8."""
    from bench.results import exponent
    from dmkit.lab.studies.growth import extrapolated, growth

    def sized(plan: Campaign, count: int) -> Campaign:
        return replace(plan, devices=count, servers=replace(plan.servers, service=20_000 / count * 0.02))

    found = growth(FIFO, (10_000, 100_000, 1_000_000, 10_000_000), sized=sized)
    seconds = [float(took) for took in found["seconds"]]
    yield within("1e6 devices x 6 messages, FIFO, compiled", seconds[2], 15.0)
    yield within("1e7 devices x 6 messages, FIFO, compiled", seconds[3], 20.0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    yield within("memory of the process with 1e7 devices", peak, 3.0, "GB")
    said = float(extrapolated(found[:-1], [10_000_000])["seconds"].iloc[-1])
    yield Row("1e7 devices: measured / told from 1e4 to 1e6", seconds[3], said, seconds[3] / said, "s")
    slope = exponent([(row["devices"], row["seconds"]) for _, row in found[1:].iterrows()])
    yield Row("time from 1e5 to 1e7 devices: exponent (1 is linear)", slope, 1.0, slope, "")
    told = extrapolated(found, [100_000_000]).iloc[-1]
    three = tuple(float(told[name]) for name in ("low", "seconds", "high"))
    yield Row(
        "1e8 devices, told and not run; turns: by its own error", three[1], nan, nan, "s", limit=True, turns=three
    )


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
    fleet = _seconds(replace(FIFO, devices=100_000, arrivals=Spread(200.0)))
    yield Row("1e5 devices, fleet and SimPy processes", fleet, tape, fleet / tape, "s")
    engines = _seconds(Campaign(devices=10_000, arrivals=Spread(100.0), fidelity="exact"))
    processes_took = _seconds(Campaign(devices=10_000, arrivals=Spread(100.0), fidelity="tape"))
    yield Row("1e4 devices, exact engines and SimPy processes", engines, processes_took, engines / processes_took, "s")
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
