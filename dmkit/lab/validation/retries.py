"""Retries: jitter, CoAP, throttling and budgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from dmkit.lab.validation.check import OURS, Figure, Outcomes, ValidationCheck, claim, exact, relative, runs
from dmkit.sim.backoff import COAP, POLICIES, adaptive_throttling, contention, layered_attempts, retry_load

__all__ = ["CHECKS"]

_JITTER: Final[
    Mapping[int, Mapping[str, tuple[float, float]]]
] = {  # clients: policy: (write calls, completion in ms), reference run of the plan
    10: {
        "none": (51.2, 383),
        "exponential": (51.1, 3573),
        "decorrelated": (37.6, 435),
        "equal": (42.4, 718),
        "full": (39.0, 457),
    },
    50: {
        "none": (690, 1138),
        "exponential": (626, 36360),
        "decorrelated": (375, 2229),
        "equal": (348, 4348),
        "full": (333, 2930),
    },
    100: {
        "none": (2416, 2023),
        "exponential": (1857, 63760),
        "decorrelated": (1003, 4587),
        "equal": (813, 6593),
        "full": (796, 4871),
    },
}
_ORDERS: Final = ("full", "equal", "decorrelated", "exponential", "none")
_REFERENCE: Final = f"{OURS}: a reference run of the clients that Brooker 2015 describes"
_RUNS: Final = 20
"""Runs of each cell for each seed."""


def _jitter(seeds: Sequence[int]) -> Outcomes:
    outcomes: dict[str, list[float]] = {}
    means: dict[tuple[int, str, int], float] = {}
    for clients in _JITTER:
        for name in POLICIES:
            for k, seed in enumerate(seeds):
                runs = [contention(clients, name, seed=seed * 1000 + run) for run in range(_RUNS)]
                calls, time = (float(np.mean([getattr(run, what) for run in runs])) for what in ("calls", "completion"))
                outcomes.setdefault(f"{clients} clients, {name}, calls", []).append(calls)
                outcomes.setdefault(f"{clients} clients, {name}, ms", []).append(time)
                means[clients, name, k] = calls
    for clients in (50, 100):
        ordered = [
            all(means[clients, a, k] < means[clients, b, k] for a, b in pairwise(_ORDERS)) for k in range(len(seeds))
        ]
        outcomes[f"{clients} clients, calls in the order {' < '.join(_ORDERS)}"] = [float(value) for value in ordered]
    for name in ("full", "equal"):
        share = [means[100, name, k] / means[100, "exponential", k] for k in range(len(seeds))]
        outcomes[f"{name} jitter takes less than half the calls"] = [float(value < 0.5) for value in share]
    growth = [np.log(means[100, "none", k] / means[50, "none", k]) / np.log(2) for k in range(len(seeds))]
    outcomes["calls without backoff grow with the power"] = [float(value) for value in growth]
    return outcomes


def _jitter_figures() -> tuple[Figure, ...]:
    cells = []
    for clients, row in _JITTER.items():
        for name, (calls, time) in row.items():
            for what, value, share in (("calls", calls, 0.03), ("ms", time, 0.10)):
                cells.append(Figure(f"{clients} clients, {name}, {what}", value, value * share, _REFERENCE, "C"))
    orders = [claim(f"{clients} clients, calls in the order {' < '.join(_ORDERS)}") for clients in (50, 100)]
    halves = [claim(f"{name} jitter takes less than half the calls") for name in ("full", "equal")]
    return (*cells, *orders, *halves, Figure("calls without backoff grow with the power", 2.0, 0.25))


def _coap(seeds: Sequence[int]) -> Outcomes:
    return {"transmit span, s": [COAP.sends(1.0)[-1]], "transmit wait, s": [COAP.gives_up(1.0)]}


def _throttle(seeds: Sequence[int]) -> Outcomes:
    return {
        "requests a second, demand 1000, capacity 200, k 2": [
            adaptive_throttling(1000, 200, seed=seed) for seed in seeds
        ],
        "load in a total failure, three attempts": [retry_load(1000, 1.0, seed=seed) for seed in seeds],
        "the same with a budget of 10 %": [retry_load(1000, 1.0, budget=0.1, seed=seed) for seed in seeds],
        "database attempts through three layers of four": [layered_attempts(3, 4, seed=seed) for seed in seeds],
    }


CHECKS: Final[tuple[ValidationCheck, ...]] = (
    runs("V12", "optimistic writes", _jitter_figures(), _jitter, "S, R+", "Brooker 2015"),
    exact(
        "V13",
        "CoAP retransmission",
        (Figure("transmit span, s", 45.0, 0.0), Figure("transmit wait, s", 93.0, 0.0)),
        _coap,
        "S",
        "RFC 7252 §4.8",
    ),
    runs(
        "V14",
        "throttling and retries",
        (
            relative("requests a second, demand 1000, capacity 200, k 2", 400.0, 0.05),
            relative("load in a total failure, three attempts", 3.0, 0.05),
            relative("the same with a budget of 10 %", 1.1, 0.05),
            Figure("database attempts through three layers of four", 64.0, 0.0),
        ),
        _throttle,
        "S2, R",
        "Beyer et al. 2016",
    ),
)
