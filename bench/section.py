"""``python -m bench.section NAME``: the rows of a section in a process of their own, a line of JSON each.

What an earlier section has imported or keeps is no cost of this one, and if it falls over, the table goes on.
"""

from __future__ import annotations

import cProfile
import json
import math
import sys
from importlib import import_module
from time import process_time
from typing import Any

from bench import Row, middle
from bench.goals import SECTIONS
from bench.probe.clock import COSTS

__all__ = ["entry", "main", "profiled"]


SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6}


def profiled(row: Row, many: int = 5, seconds: float = 1.0) -> list[str]:
    """The functions in which most of the time of ours goes, with their share of it; none where it has no profile."""
    if row.work is None:
        return list(row.top)
    profiler, costs, until = cProfile.Profile(process_time), dict[str, Any](), process_time() + seconds
    exec(COSTS, costs)
    while True:
        profiler.enable()
        row.work()
        profiler.disable()
        if process_time() > until:
            return costs["dearest"](profiler, many)  # type: ignore[no-any-return]


def entry(row: Row) -> dict[str, Any]:
    """A row as the results keep it: a ratio has no unit.

    >>> from bench import within
    >>> kept = entry(within("a year", [3.0, 2.0, 4.0], 5.0))
    >>> kept["now"], kept["unit"], kept["wanted"], kept["middle"], kept["turns"]
    (2.0, 's', 5.0, 3.0, 3)
    """
    centre, low, high = middle(row.turns) if row.turns else (None, None, None)
    value, unit, wanted = (row.ours, row.unit, row.wanted and row.peer) if row.limit else (row.ratio, "", row.wanted)
    return {"row": row.name, "what": row.name, "unit": unit, "wanted": wanted,
            "now": value if math.isfinite(value) else None, "middle": centre,
            "spread": None if low is None else [low, high], "turns": len(row.turns), "before": None, "against": "",
            "seconds": row.ours * SECONDS[row.unit] if row.unit in SECONDS else None, "top": profiled(row),
            "error": row.error}  # fmt: skip


def main(name: str) -> int:
    section = SECTIONS[name]
    for row in getattr(import_module(f"bench.{section.module}"), section.function)():
        print(json.dumps(entry(row)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
