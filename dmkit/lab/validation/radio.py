"""Radio: random access of TR 37.868, shared channels, and the population of a sector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from dmkit.lab.validation.check import CheckFunction, Figure, Outcomes, ValidationCheck, exact, relative, runs
from dmkit.sim import theory
from dmkit.sim.radio import ArrivalLaw, Beta, Uniform, random_access, sector_devices
from dmkit.sim.streams import Streams
from dmkit.sim.traffic import MIX
from dmkit.words.counts import many

__all__ = ["CHECKS"]


def _rach(devices: int, arrivals: ArrivalLaw) -> CheckFunction:
    def run(seeds: Sequence[int]) -> Outcomes:
        rows = [access.row() for access in random_access(devices, arrivals, seeds=seeds)]
        return {
            "success, %": [100 * row["success"] for row in rows],
            "collision of preambles, %": [100 * row["collision_rao"] for row in rows],
            "mean transmissions": [row["tries"] for row in rows],
            "mean delay, ms": [1000 * row["delay"] for row in rows],
            "collision of a device, %": [100 * row["collision_device"] for row in rows],
        }

    return run


def _rach_check(row: str, model: int, devices: int, collision: float, tries: float, delay: float) -> ValidationCheck:
    first = model == 1
    figures = (
        Figure("success, %", 100.0, 0.001 if first else 0.1),
        Figure("collision of preambles, %", collision, 0.02)
        if first
        else relative("collision of preambles, %", collision, 0.2),
        relative("mean transmissions", tries, 0.02 if first else 0.03),
        relative("mean delay, ms", delay, 0.06 if first else 0.08),
    )
    law = Uniform() if first else Beta()
    what = f"random access, traffic model {model}, {many(devices, 'device')}"
    return ValidationCheck(row, what, figures, _rach(devices, law), True, "R+", "3GPP TR 37.868 §6.4.1")


_ONE_SHOT: Final = {20: (0.0770, 0.0708), 25: (0.2484, 0.2380), 30: (0.5846, 0.5752), 40: (0.9998, 0.998)}


def _one_shot(seeds: Sequence[int]) -> Outcomes:
    return {f"success on {n} channels": [theory.one_shot_aloha(100, n).success] for n in _ONE_SHOT}


def _one_shot_runs(seeds: Sequence[int], runs: int = 2000, devices: int = 100) -> Outcomes:
    def one(seed: int, channels: int) -> float:
        rng = Streams(seed).generator(f"channels {channels}")
        left = np.ones((runs, devices), dtype=np.bool_)
        base = np.arange(runs)[:, None] * channels
        for _ in range(10):
            chosen = base + rng.integers(0, channels, (runs, devices))
            load = np.bincount(chosen[left], minlength=runs * channels)
            left &= load[chosen] != 1
        return 1 - float(left.mean())

    return {f"success on {n} channels": [one(seed, n) for seed in seeds] for n in _ONE_SHOT}


def _aloha(seeds: Sequence[int], slots: int = 400_000) -> Outcomes:
    def one(seed: int) -> float:
        rng = Streams(seed).generator("slots")
        return max(float((rng.poisson(load, slots) == 1).mean()) for load in (0.8, 0.9, 1.0, 1.1, 1.2))

    return {"largest throughput over loads 0.8 to 1.2": [one(seed) for seed in seeds]}


def _sector(seeds: Sequence[int]) -> Outcomes:
    return {"devices": [float(int(sector_devices()))]}


def _reports(seeds: Sequence[int]) -> Outcomes:
    devices = int(sector_devices())
    return {"reports a second": [len(MIX.times(devices, 86400.0, seed=seed)) / 86400 for seed in seeds]}


CHECKS: Final[tuple[ValidationCheck, ...]] = (
    _rach_check("V06", 1, 5_000, 0.01, 1.43, 25.60),
    _rach_check("V06", 1, 10_000, 0.03, 1.45, 26.05),
    _rach_check("V06", 1, 30_000, 0.22, 1.50, 27.35),
    _rach_check("V07", 2, 5_000, 0.45, 1.56, 29.06),
    _rach_check("V07", 2, 10_000, 1.98, 1.77, 34.65),
    runs(
        "V08",
        "two definitions of collision, model 2, 10000 devices",
        (Figure("collision of a device, %", 23.5, 2.5), relative("collision of preambles, %", 1.98, 0.2)),
        _rach(10_000, Beta()),
        "S, C",
        "Cheng et al. 2012",
    ),
    exact(
        "V09",
        "one-shot ALOHA, recursion",
        tuple(Figure(f"success on {n} channels", a, 1e-3) for n, (a, _) in _ONE_SHOT.items()),
        _one_shot,
        "S2",
        "Wei et al. 2012",
    ),
    runs(
        "V09",
        "one-shot ALOHA, runs",
        tuple(Figure(f"success on {n} channels", b, 0.015) for n, (_, b) in _ONE_SHOT.items()),
        _one_shot_runs,
        "S2",
        "Wei et al. 2012",
    ),
    runs(
        "V10",
        "slotted ALOHA",
        (relative("largest throughput over loads 0.8 to 1.2", 0.3679, 0.01),),
        _aloha,
        "R",
        "Abramson 1970, Roberts 1975",
    ),
    exact("V11", "sector", (Figure("devices", 52_547, 0.0),), _sector, "R+", "3GPP TR 45.820 Annex E"),
    runs(
        "V28",
        "reports of a sector",
        (relative("reports a second", 6.81, 0.01),),
        _reports,
        "C",
        "3GPP TR 45.820 Annex E",
    ),
)
