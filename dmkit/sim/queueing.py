"""Waiting lines: arrival times and service times in, waits out, by three engines.

``waits`` is the flat loop, ``waits_single`` one vector operation for one server, ``waits_simpy`` the same line as SimPy
processes, to read and to extend; with times ``on_grid`` they agree to the last bit.  ``blocked`` is the line without
places to wait.  First come, first served: service starts at the later of arrival and the first server to come free.

>>> import numpy as np
>>> waits(np.array([0.0, 0.0, 0.0]), np.array([2.0, 1.0, 1.0]), servers=2).tolist()
[0.0, 0.0, 1.0]
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heapreplace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmkit.sim.arrays import Floats
from dmkit.words.asked import asked
from dmkit.words.errors import ConfigError

__all__ = ["backlog_peak", "blocked", "waits", "waits_partitioned", "waits_simpy", "waits_single"]


def _check(arrivals: Floats, services: Floats, servers: int) -> None:
    if servers < 1:
        raise ConfigError(f"a line needs at least one server, not {servers}")
    if arrivals.shape != services.shape or arrivals.ndim != 1:
        raise ConfigError(f"one arrival and one service a customer: shapes {arrivals.shape} and {services.shape}")
    if len(arrivals) and float(np.min(np.diff(arrivals, prepend=arrivals[0]))) < 0:
        raise ConfigError("arrivals must be sorted, earliest first")


@asked
def waits(arrivals: Floats, services: Floats, servers: int = 1) -> Floats:
    """Wait of each customer before service, in the order of arrival; seconds, shape ``(n,)``.

    ConfigError when the arrivals are not sorted or the shapes differ.
    """
    _check(arrivals, services, servers)
    free = [0.0] * servers
    heapify(free)
    starts = np.empty(len(arrivals))
    for n, (arrival, service) in enumerate(zip(arrivals.tolist(), services.tolist(), strict=True)):
        start = free[0] if free[0] > arrival else arrival
        starts[n] = start
        heapreplace(free, start + service)
    return starts - arrivals


@asked
def waits_single(arrivals: Floats, services: Floats) -> Floats:
    """As ``waits`` with one server, in a few vector operations.  [Lindley 1952]"""
    _check(arrivals, services, 1)
    work = np.concatenate(([0.0], np.cumsum(services)[:-1]))
    slack = arrivals - work
    result: Floats = np.maximum.accumulate(slack) - slack
    return result


@asked
def waits_partitioned(arrivals: Floats, services: Floats, servers: int) -> Floats:
    """As ``waits``, but customers are dealt to servers in turn and never change the line: what pooling would save."""
    _check(arrivals, services, servers)
    result = np.empty(len(arrivals))
    for k in range(servers):
        result[k::servers] = waits(arrivals[k::servers], services[k::servers], 1)
    return result


@asked
def blocked(arrivals: Floats, services: Floats, servers: int) -> NDArray[np.bool_]:
    """Which customers find every server busy and go away; shape ``(n,)``."""
    _check(arrivals, services, servers)
    free = [0.0] * servers
    lost = np.zeros(len(arrivals), dtype=np.bool_)
    for n, (arrival, service) in enumerate(zip(arrivals.tolist(), services.tolist(), strict=True)):
        if free[0] > arrival:
            lost[n] = True
        else:
            heapreplace(free, arrival + service)
    return lost


@asked
def backlog_peak(arrivals: Floats, starts: Floats) -> int:
    """Most customers that waited at one time, for their arrivals and starts of service."""
    times = np.concatenate([arrivals, np.sort(starts)])
    steps = np.concatenate([np.ones(len(arrivals)), -np.ones(len(starts))])
    order = np.lexsort((steps, times))
    return int(np.cumsum(steps[order]).max(initial=0))


@asked
def waits_simpy(arrivals: Floats, services: Floats, servers: int = 1) -> Floats:
    """As ``waits``, by SimPy: a process a customer, spawned on arrival, a Resource as the servers."""
    import simpy

    _check(arrivals, services, servers)
    env: Any = simpy.Environment()
    desk: Any = simpy.Resource(env, capacity=servers)
    result = np.empty(len(arrivals))

    def customer(n: int, arrival: float, service: float) -> Iterator[Any]:
        with desk.request() as turn:
            yield turn
            result[n] = env.now - arrival
            yield env.timeout(service)

    def source() -> Iterator[Any]:
        for n, (arrival, service) in enumerate(zip(arrivals.tolist(), services.tolist(), strict=True)):
            yield env.timeout(arrival - env.now)
            env.process(customer(n, env.now, service))

    env.process(source())
    env.run()
    return result
