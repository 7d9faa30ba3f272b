"""Trials of the security matrix, with real octets; and the walk through every interleaving of a session."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

import dmkit as dm
from bench import Row
from dmkit.attack.explorer import explore
from dmkit.attack.powers import PATH, Attacker
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


STATES = 5000.0


def states_per_second(limit: int = 20_000) -> float:
    """States a second on one core: the six-message md5 session, whoever stands between, two deeds."""
    job = dm.jobs.put("./APN/Name", "internet")
    found = explore("md5 per session", Attacker.of(*PATH, budget=2), stop=False, limit=limit, job=job)
    return found.states / found.seconds


MATRIX = 20.0


def matrix_seconds(on: int = 2) -> float:
    """Seconds of the matrix at lesson size, all attackers of the explorer against 15 designs, on two cores."""
    from dmkit.lab.studies import exploring, security

    start = perf_counter()
    frame = exploring.walks(security.SOME_DESIGNS, on=on, progress=False)
    assert frame["complete"].all() and len(frame) == len(exploring.ATTACKERS) * len(security.SOME_DESIGNS)
    return perf_counter() - start


def rows() -> Iterator[Row]:
    rate = per_second()
    name = "trials of the security matrix per second and core (two sessions each)"
    yield Row(name, rate, TARGET, rate / TARGET, "1/s")
    rate = states_per_second()
    name = "states of the explorer per second and core (six messages, md5, all powers on the path, two deeds)"
    yield Row(name, rate, STATES, rate / STATES, "1/s")
    seconds = matrix_seconds()
    name = "powers x designs at lesson size (9 attackers, 15 designs, each walked to its end), two cores"
    yield Row(name, seconds, MATRIX, MATRIX / seconds, "s")
