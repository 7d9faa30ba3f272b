"""A year of a device with 50 schedules: a plain loop and the same under SimPy; with real sessions for a month."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import process_time

from bench import Row
from dmkit.server.server import Server
from dmkit.sim.schedule import DAY, START, calls, example, life, run, simulate

YEAR = 365


def _timed(work: Callable[[], object]) -> tuple[object, float]:
    start = process_time()
    return work(), process_time() - start


def rows() -> Iterator[Row]:
    notices = life(YEAR)
    happened, ours = _timed(lambda: run(example(50), START + YEAR * DAY, notices))
    again, peer = _timed(lambda: simulate(example(50), START + YEAR * DAY, notices))
    assert happened == again and ours < 10, f"{ours:.1f} s of processor time; a year must take less than 10"
    yield Row("50 schedules, a year: a plain loop / under SimPy, the same log", ours, peer, ours / peer, "s")
    device, month = example(50), life(30)
    server = Server.example(device)
    _, talking = _timed(lambda: run(device, START + 30 * DAY, month, call=calls(server)))
    _, silent = _timed(lambda: run(example(50), START + 30 * DAY, month))
    yield Row(
        "50 schedules, a month: with a session for each report / without sessions",
        talking,
        silent,
        talking / silent,
        "s",
    )
