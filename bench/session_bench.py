"""Complete exact sessions: six messages, MD5 both ways, WBXML, both engines and both trees, in one process."""

from __future__ import annotations

import cProfile
import pstats
from collections.abc import Iterator
from time import perf_counter

import dmkit as dm
from bench import Row

JOB = dm.jobs.put("./APN/Name", "internet")
TARGET = 500.0


def session() -> dm.Transcript:
    """Add, 418, Replace: six messages."""
    device = dm.Device.example(codec=dm.WBXML)
    talk = list(dm.steps(device, dm.Server.example(device), job=JOB))
    assert sum(step.reply is not None for step in talk) == 6
    assert device.tree.get("./APN/Name").value == "internet"
    return talk


def per_second(seconds: float = 2.0) -> float:
    session()
    count, start = 0, perf_counter()
    while perf_counter() - start < seconds:
        session()
        count += 1
    return count / (perf_counter() - start)


def profile(rows: int = 12) -> list[str]:
    """Where the time goes: share of own time per function."""
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(200):
        session()
    profiler.disable()
    stats = pstats.Stats(profiler).stats  # type: ignore[attr-defined]
    total = sum(entry[2] for entry in stats.values())
    best = sorted(stats.items(), key=lambda entry: -entry[1][2])[:rows]
    return [f"{100 * entry[2] / total:5.1f} %  {where[2]}  ({where[0].rpartition('/')[2]})" for where, entry in best]


def rows() -> Iterator[Row]:
    rate = per_second()
    yield Row(
        "exact sessions per second and core (6 messages, MD5 both ways, WBXML)", rate, TARGET, rate / TARGET, "1/s"
    )
    print("\nwhere the time of a session goes:", *profile(), sep="\n  ")
