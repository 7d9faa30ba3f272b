"""Schedules on the device: a year of 50, many installed, a rule that is ten years old; SimPy and sessions beside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import process_time

from bench import Row, within
from dmkit.mo.sched.build import commands, component
from dmkit.mo.sched.values import SchedRules
from dmkit.schedule import make, place
from dmkit.server.server import Server
from dmkit.sim.schedule import DAY, OWNER, START, calls, example, install, life, phone, run, simulate

YEAR = 365
MANY = 2000


def _timed(work: Callable[[], object]) -> tuple[object, float]:
    start = process_time()
    return work(), process_time() - start


def _installed(count: int) -> float:
    """Seconds for ``count`` schedules in one session, read, checked, kept and begun."""
    device = phone(SchedRules(max_contexts=count))
    daily = component(1, "Replace ./Vendor/Acme/Poll 60", base="20251201T030000Z", recur="FREQ=DAILY")
    every = [commands(f"./Sched/S{number}", daily)[0] for number in range(count)]
    start = process_time()
    for command in every:
        device.execute((command,), OWNER, START)
    device.session_over(START)
    return process_time() - start


def _placed(count: int) -> float:
    """Seconds for ``count`` schedules put into a device at once."""
    device = phone(SchedRules(max_contexts=count))
    runs = ["Replace ./Vendor/Acme/Poll 60"]
    plans = [make(f"S{n}", runs, base="20251201T030000Z", recur="FREQ=DAILY") for n in range(count)]
    start = process_time()
    place(device, *plans, by=OWNER)
    return process_time() - start


def rows() -> Iterator[Row]:
    notices = life(YEAR)
    happened, ours = _timed(lambda: run(example(50), START + YEAR * DAY, notices))
    again, peer = _timed(lambda: simulate(example(50), START + YEAR * DAY, notices))
    assert happened == again and ours < 10, f"{ours:.1f} s of processor time; a year must take less than 10"
    yield Row("50 schedules, a year: a plain loop / under SimPy, the same log", ours, peer, ours / peer, "s",
              work=lambda: run(example(50), START + 30 * DAY, life(30)))  # fmt: skip
    yield within("10,000 schedules placed without a session", [_placed(10_000) for _ in range(2)], 3.0,
                 work=lambda: _placed(2000))  # fmt: skip
    yield within("10,000 schedules, each by a command of its own", [_installed(10_000) for _ in range(2)], 3.0,
                 work=lambda: _installed(2000))  # fmt: skip
    few, many = _installed(MANY // 4), _installed(MANY)
    yield Row(
        f"{MANY:,} schedules installed / four times {MANY // 4}: 1 is linear", many, 4 * few, many / (4 * few), "s"
    )
    minutely = component(1, "Replace ./Vendor/Acme/Poll 60", base="20150101T000000Z", recur="FREQ=MINUTELY")
    daily = component(1, "Replace ./Vendor/Acme/Poll 60", base="20251201T000000Z", recur="FREQ=DAILY")
    _, old = _timed(lambda: install(phone(), "A", minutely))
    _, young = _timed(lambda: install(phone(), "A", daily))
    yield Row("a schedule installed: every minute since 2015 / every day since now", old, young, old / young, "s")
    yield within("a schedule of every minute since 2015 installed", 1e3 * old, 50.0, "ms")
    device, month = example(50), life(30)
    server = Server.example(device)
    _, talking = _timed(lambda: run(device, START + 30 * DAY, month, call=calls(server)))
    _, silent = _timed(lambda: run(example(50), START + 30 * DAY, month))
    yield Row("50 schedules, a month: with a session for each report / without sessions", talking, silent,
              talking / silent, "s")  # fmt: skip
