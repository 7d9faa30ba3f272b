"""Trials of the security matrix: a device, a server and an attacker, two sessions, real octets."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

from bench import Row
from dmkit.attack.trial import Trial

TARGET = 100.0
CELLS = [
    (attack, design)
    for attack in ("alter a command", "replay across", "drop", "phish")
    for design in ("basic", "md5 per session", "mac", "hmac-sha256", "everything")
]


def per_second(seconds: float = 3.0) -> float:
    """Trials a second on one core, the cells in turn."""
    trials = [Trial(tap=attack, design=design) for attack, design in CELLS]
    for trial in trials:
        trial.run(0)
    count, start = 0, perf_counter()
    while perf_counter() - start < seconds:
        trials[count % len(trials)].run(count)
        count += 1
    return count / (perf_counter() - start)


def rows() -> Iterator[Row]:
    rate = per_second()
    name = "trials of the security matrix per second and core (two sessions each)"
    yield Row(name, rate, TARGET, rate / TARGET, "1/s")
