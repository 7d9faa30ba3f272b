"""Three engines, one line: equal to the last bit; and laws of queues."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.sim.queueing import backlog_peak, blocked, waits, waits_partitioned, waits_simpy, waits_single
from dmkit.sim.streams import Streams, on_grid
from dmkit.words.errors import ConfigError


def _line(seed: int, n: int, rate: float):
    streams = Streams(seed)
    arrivals = on_grid(np.cumsum(streams.exponential("arrivals", (n,), 1 / rate)))
    return arrivals, on_grid(streams.exponential("service", (n,)))


@pytest.mark.parametrize("servers", [1, 3, 10])
def test_processes_and_the_flat_loop_agree_to_the_last_bit(servers):
    arrivals, services = _line(servers, 5000, 0.9 * servers)
    assert np.array_equal(waits(arrivals, services, servers), waits_simpy(arrivals, services, servers))


def test_vectors_and_the_flat_loop_agree_to_the_last_bit():
    arrivals, services = _line(5, 20_000, 0.95)
    assert np.array_equal(waits(arrivals, services, 1), waits_single(arrivals, services))


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20)), min_size=1, max_size=40), st.integers(1, 4))
def test_the_line_against_a_clock_that_ticks(customers, servers):
    """A naive model: at each tick servers are freed, then taken in the order of arrival."""
    customers.sort(key=lambda one: one[0])
    arrivals = np.array([float(a) for a, _ in customers])
    services = np.array([float(s) for _, s in customers])
    busy: list[float] = []
    queue = list(range(len(customers)))
    starts: dict[int, float] = {}
    tick = 0.0
    while queue:
        busy = [end for end in busy if end > tick]
        while queue and arrivals[queue[0]] <= tick and len(busy) < servers:
            n = queue.pop(0)
            starts[n] = tick
            if services[n] > 0:
                busy.append(tick + services[n])
        tick += 1
    expected = np.array([starts[n] for n in range(len(customers))]) - arrivals
    assert np.array_equal(waits(arrivals, services, servers), expected)


def test_pooled_servers_never_wait_longer_on_average_than_partitioned_ones():
    for seed in range(5):
        arrivals, services = _line(seed, 20_000, 3.4)
        assert waits(arrivals, services, 4).mean() < waits_partitioned(arrivals, services, 4).mean()


def test_little_s_law():
    arrivals, services = _line(3, 50_000, 4.0)
    waited = waits(arrivals, services, 5)
    ends = arrivals + waited
    times = np.concatenate([arrivals, ends])
    step = np.concatenate([np.ones(len(arrivals)), -np.ones(len(ends))])
    order = np.argsort(times, kind="stable")
    length = np.cumsum(step[order])[:-1] @ np.diff(times[order])
    assert length == pytest.approx(waited.sum())


def test_nobody_is_lost_while_a_server_is_free():
    arrivals = np.array([0.0, 0.0, 0.0, 5.0])
    assert blocked(arrivals, np.full(4, 5.0), 2).tolist() == [False, False, True, False]


def test_backlog_counts_those_that_wait():
    arrivals = np.zeros(4)
    assert backlog_peak(arrivals, arrivals + waits(arrivals, np.ones(4), 1)) == 3


@pytest.mark.parametrize(
    ("arrivals", "services", "servers", "says"),
    [
        ([1.0, 0.0], [1.0, 1.0], 1, "sorted"),
        ([0.0], [1.0, 1.0], 1, "one arrival and one service"),
        ([0.0], [1.0], 0, "server"),
    ],
)
def test_bad_lines_are_refused(arrivals, services, servers, says):
    with pytest.raises(ConfigError, match=says):
        waits(np.array(arrivals), np.array(services), servers)
