"""Rollout: cells, canaries, uptake; and how long a battery lasts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from dmkit.lab.validation.check import OURS, Figure, Outcomes, ValidationCheck, exact, relative, runs
from dmkit.sim import theory
from dmkit.sim.energy import REPORTS, TR45820, Battery
from dmkit.sim.traffic import paced, uptake

__all__ = ["CHECKS"]


def _cells(seeds: Sequence[int]) -> Outcomes:
    outcomes: dict[str, list[float]] = {}
    devices, duration = 107, 60.0
    for level in (0, 1, 2):
        plan = paced(np.zeros(devices, dtype=np.int64), [level] * devices, np.full(devices, duration))
        starts = [float(x) for x in plan.start]
        most = max(sum(s <= t < s + duration for s in starts) for t in starts)
        outcomes[f"level {level}, most at the same time"] = [float(most)]
        outcomes[f"level {level}, makespan of {devices} jobs of 60 s"] = [plan.makespan]
    return outcomes


_PRINTED: Final = {0: 50, 1: 10, 2: 1}
"""Updates at the same time in a cell, by coverage level, as the scheduler's makers print them."""
_FORMULA: Final = f"{OURS}: jobs divided by the limit, rounded up, times the length of one"


def _cell_figures() -> tuple[Figure, ...]:
    return tuple(
        figure
        for level, limit in _PRINTED.items()
        for figure in (
            Figure(f"level {level}, most at the same time", float(limit), 0.0),
            Figure(f"level {level}, makespan of 107 jobs of 60 s", -(-107 // limit) * 60.0, 0.0, _FORMULA, "C"),
        )
    )


_RULE_OF_THREE: Final = {30: 0.0950, 100: 0.02951, 300: 0.009936, 1000: 0.002991}


def _canary(seeds: Sequence[int]) -> Outcomes:
    return {f"bound after {n} without failure": [theory.bound_after_no_failures(n)] for n in _RULE_OF_THREE}


def _patched(seeds: Sequence[int]) -> Outcomes:
    times = [uptake(100_000, 30.0, seed=seed) for seed in seeds]
    return {f"% patched after {day} days": [100 * float((t <= day).mean()) for t in times] for day in (7, 30, 90)}


def _energy(seeds: Sequence[int]) -> Outcomes:
    battery = Battery(5.0)

    def years(octets: int, interval: float) -> float:
        return battery.years(sleep=TR45820.sleep, events={REPORTS[octets]: 1 / interval})

    return {
        "asleep, years": [battery.years(sleep=TR45820.sleep)],
        "sending, hours": [battery.seconds(sleep=TR45820.transmit) / 3600],
        "200 octets every 2 h, years": [years(200, 7200.0)],
        "50 octets a day, years": [years(50, 86400.0)],
    }


CHECKS: Final[tuple[ValidationCheck, ...]] = (
    exact("V15", "updates in one cell", _cell_figures(), _cells, "S", "Huawei Cloud IoTDA, NB-IoT upgrades"),
    exact(
        "V16",
        "rule of three",
        tuple(Figure(f"bound after {n} without failure", a, 1e-4) for n, a in _RULE_OF_THREE.items()),
        _canary,
        "R, C",
        "Hanley 1983",
    ),
    runs(
        "V17",
        "half-life of 30 days",
        tuple(relative(f"% patched after {day} days", a, 0.01) for day, a in ((7, 14.9), (30, 50.0), (90, 87.5))),
        _patched,
        "S, C",
        "Qualys 2009",
    ),
    exact(
        "V19",
        "battery of 5 Wh",
        (
            relative("asleep, years", 38.0, 0.01),
            relative("sending, hours", 10.0, 0.01),
            relative("200 octets every 2 h, years", 1.7, 0.01),
            relative("50 octets a day, years", 18.1, 0.01),
        ),
        _energy,
        "S2",
        "3GPP TR 45.820 §5.4",
    ),
)
