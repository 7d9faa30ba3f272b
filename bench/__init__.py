"""Benchmarks: each compares dmkit with a peer in the same run, because the machine's speed drifts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

__all__ = ["Row", "pair"]


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison: ``ours`` and ``peer`` in ``unit``, ``ratio`` = ours / peer (below 1: we are faster)."""

    name: str
    ours: float
    peer: float
    ratio: float
    unit: str = "us"


def pair(
    name: str, ours: Callable[[], object], peer: Callable[[], object], *, rounds: int = 60, calls: int = 50
) -> Row:
    """Time two functions in turns; the best of many short rounds of each counts, in microseconds a call."""
    best = [float("inf"), float("inf")]
    for _ in range(rounds):
        for which, function in enumerate((ours, peer)):
            start = perf_counter()
            for _ in range(calls):
                function()
            best[which] = min(best[which], (perf_counter() - start) / calls * 1e6)
    return Row(name, best[0], best[1], best[0] / best[1])
