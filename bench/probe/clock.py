"""The clock: rows against their peers, where their time goes, growth, and inputs that were slow once."""

from __future__ import annotations

import cProfile
import gc
import json
import os
from itertools import pairwise
from time import process_time
from typing import Any

from . import growing
from .names import Work
from .work import GROWTH, ROWS, output

__all__ = ["COSTS", "grow", "once_slow", "timed", "top"]

INF = float("inf")


def best(work: Work, calls: int, rounds: int) -> float:
    found = INF
    for _ in range(rounds):
        start = process_time()
        for _ in range(calls):
            work()
        found = min(found, (process_time() - start) / calls)
    return found


def timed(name: str) -> dict[str, float | None]:
    """One turn: the best of three rounds of ours and of the peer, in seconds a call; one round where it takes a second.

    ``spent`` is all processor time that went into it, that of other processes too.
    """
    begun = _spent()
    if name not in _MADE:
        _MADE[name] = ROWS[name]()
    ours, peer, calls = _MADE[name]
    found: list[float] = [INF, INF]
    gc.collect()
    gc.freeze()  # what stands already is not looked through: neither side pays for what the other keeps
    for turn in range(3):
        for which, work in enumerate((ours, peer)):
            if work is None:
                continue
            start = process_time()
            if calls == 0:
                found[which] = min(found[which], float(work()))  # type: ignore[arg-type]
                continue
            for _ in range(calls):
                work()
            found[which] = min(found[which], (process_time() - start) / calls)
        if _spent() - begun > turn + 1:
            break
    gc.unfreeze()
    return {"ours": found[0], "peer": None if peer is None else found[1], "spent": _spent() - begun}


def _spent() -> float:
    return sum(os.times()[:4])


_MADE: dict[str, tuple[Work, Work | None, int]] = {}


def top(name: str, many: int = 5, seconds: float = 3.0) -> list[str]:
    """The functions in which most of the time of a row goes, with their share of it."""
    if name == "first-converse":
        return json.loads(output(_PROFILED.format(COSTS, many)))  # type: ignore[no-any-return]
    work = ROWS[name]()[0]
    profiler = cProfile.Profile(process_time)  # what others do on the machine is no cost
    until = process_time() + seconds
    while True:
        profiler.enable()
        work()
        profiler.disable()
        if process_time() > until:
            break
    costs: dict[str, Any] = {}
    exec(COSTS, costs)
    return costs["dearest"](profiler, many)  # type: ignore[no-any-return]


COSTS = r"""
import os, pstats, re
def told(file, name):
    name = re.sub(" at 0x[0-9a-f]+", "", name)
    name = re.sub(r"^<built-in method (?:builtins[.])?(.+)>$", r"\1", name)
    name = re.sub(r"^<method '(.+)' of '(.+)' objects>$", r"\2.\1", name)
    return name if file == "~" else f"{name} ({os.path.basename(file)})"
def dearest(profiler, many):
    stats = pstats.Stats(profiler).stats
    total = sum(entry[2] for entry in stats.values())
    dear = sorted(stats.items(), key=lambda entry: -entry[1][2])[:many]
    return [f"{100 * entry[2] / total:.0f} % {told(file, name)}" for (file, _, name), entry in dear]
"""
_PROFILED = """
import cProfile, json, time
profiler = cProfile.Profile(time.process_time)
profiler.enable()
import dmkit as dm
dm.converse(dm.Device.example(), dm.Server.example())
profiler.disable()
{}
print(json.dumps(dearest(profiler, {})))
"""


SIZES = (100, 200, 400, 800)


def grow(what: str) -> list[tuple[int, float]]:
    """Seconds of processor time at each size: the best of three, and of nine where others seem to have disturbed it."""
    points = [(n, _least(GROWTH[what](n))) for n in SIZES]
    for _ in range(2):
        if all(after[1] < 2.2 * before[1] for before, after in pairwise(points)):
            break
        points = [(n, min(seconds, _least(GROWTH[what](n)))) for n, seconds in points]
    return points


def _least(work: Work, seconds: float = 0.01, rounds: int = 3) -> float:
    """The best of some rounds, each so many calls that the clock can tell them; what stands is not collected."""
    work()  # whatever loads on first use
    calls, took = 1, 0.0
    gc.collect()
    gc.freeze()
    try:
        while (took := best(work, calls, 1)) * calls < seconds:
            calls = max(2 * calls, min(int(seconds / took) if took else 0, 1000))
        return min(took, best(work, calls, rounds - 1))
    finally:
        gc.unfreeze()


def once_slow(name: str) -> list[float]:
    """Seconds at n and at 2n of an input that an earlier release took long over; the second is left out after 20 s."""
    made, n = growing.ONCE_SLOW[name]
    found: list[float] = []
    for size in (n, 2 * n):
        work = made(size)
        took = best(work, 1, 1)
        found.append(min(took, _least(work)) if took < 1 else took)
        if took > 20:
            break
    return found
