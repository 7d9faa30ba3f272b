"""Benchmarks: each compares dmkit with a peer in the same run, because the machine's speed drifts."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import nan
from statistics import median
from time import process_time

__all__ = ["Row", "absent", "middle", "pair", "rested", "spent", "turned", "within"]


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison: ``ours`` and ``peer`` in ``unit``, ``ratio`` = ours / peer (below 1: we are faster).

    ``wanted``: the greatest ratio that is asked for.  ``limit``: the peer is no measurement, but what is asked for in
    that unit.  ``turns``: the ratio, or with ``limit`` the value, of each turn.  ``work``: ours once more, to be
    profiled; ``top``: that profile where the row has made it itself.  ``error``: why nothing was measured.
    """

    name: str
    ours: float
    peer: float
    ratio: float
    unit: str = "us"
    wanted: float | None = None
    limit: bool = False
    turns: tuple[float, ...] = ()
    work: Callable[[], object] | None = None
    top: tuple[str, ...] = ()
    error: str = ""


def spent(work: Callable[[], object]) -> float:
    """Processor time of a call, in seconds."""
    start = process_time()
    work()
    return process_time() - start


@contextmanager
def rested() -> Iterator[None]:
    """What stands already is not looked through by the collector: neither side pays for what the other keeps."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def pair(
    name: str, ours: Callable[[], object], peer: Callable[[], object], *, rounds: int = 60, calls: int = 50,
    wanted: float | None = None,
) -> Row:  # fmt: skip
    """Two functions in turns, in processor time; the best of many short rounds counts, in microseconds a call."""

    def each(work: Callable[[], object]) -> Callable[[], float]:
        return lambda: spent(lambda: [work() for _ in range(calls)]) / calls * 1e6

    return turned(name, each(ours), each(peer), many=rounds, wanted=wanted, unit="us", work=ours)


def turned(
    name: str, ours: Callable[[], float], peer: Callable[[], float], *, many: int = 3, wanted: float | None = None,
    unit: str = "s", work: Callable[[], object] | None = None,
) -> Row:  # fmt: skip
    """Two functions that say how long they took, turn by turn; the best of each counts."""
    with rested():
        taken = [(ours(), peer()) for _ in range(many)]
    best, other = (min(column) for column in zip(*taken, strict=True))
    each = tuple(a / b for a, b in taken if b)
    return Row(name, best, other, best / other, unit, wanted, turns=each, work=work)


def within(
    name: str, values: float | list[float], most: float | None, unit: str = "s", *,
    work: Callable[[], object] | None = None, top: tuple[str, ...] = (),
) -> Row:  # fmt: skip
    """A value beside what is asked for in its unit, or beside nothing; of several turns the best."""
    each = values if isinstance(values, list) else [values]
    best, limit = min(each), nan if most is None else most
    wanted = None if most is None else 1.0
    return Row(name, best, limit, best / limit, unit, wanted, True, tuple(each), work, top)


def absent(why: str) -> Row:
    """A row that says why it is not measured."""
    return Row(why, nan, nan, nan, "", error=why)


def middle(turns: tuple[float, ...]) -> tuple[float, float, float]:
    """The middle of some turns, and the quarters below and above which the others lie.

    >>> middle((1.0, 2.0, 3.0, 4.0, 50.0))
    (3.0, 2.0, 4.0)
    """
    ordered = sorted(turns)
    quarter = len(ordered) // 4
    return median(ordered), ordered[quarter], ordered[-1 - quarter]
