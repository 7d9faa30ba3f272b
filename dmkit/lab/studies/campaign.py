"""Measures of a campaign: what a sweep keeps of each run.  A run goes in, rows of a table come out.

``completion`` and ``load`` give curves, ``cells`` a row per cell; a sweep keeps ``Run.summary`` by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dmkit.words.asked import asked
from dmkit.words.errors import ConfigError

if TYPE_CHECKING:
    from dmkit.sim.run import Run

__all__ = ["CELLS", "COMPLETION", "LOAD", "cells", "completion", "load"]

COMPLETION: Final = {"t": "s since the campaign began", "share": "devices done, of all"}
LOAD: Final = {
    "t": "s, middle of the bin",
    "busy": "servers at work, mean of the bin",
    "queue": "requests waiting, mean",
}
CELLS: Final = {
    "cell": "number",
    "devices": "in the cell",
    "done": "share",
    "t95": "s until 95 % of the cell were done",
    "energy": "J, mean of a device",
}
_POINTS: Final = 200


@asked
def completion(run: Run, until: float | None = None, points: int = _POINTS) -> list[dict[str, Any]]:
    """Share of the devices that were done, at ``points`` times up to ``until`` seconds (the last finish).

    For a band over seeds give ``until``, so that all runs have the same times.

    >>> import dmkit as dm
    >>> completion(dm.Campaign(devices=20).run(1), points=3)[-1]["share"]
    1.0
    """
    times = np.sort(run.finished[run.done]) / 1e6
    end = until if until is not None else float(times[-1]) if len(times) else 1.0
    if end <= 0 or points < 2:
        raise ConfigError(f"a curve needs until > 0 and at least two points, not {end} and {points}")
    grid = np.linspace(0.0, end, points)
    share = np.searchsorted(times, grid, side="right") / len(run.finished)
    return [{"t": float(t), "share": float(s)} for t, s in zip(grid, share, strict=True)]


@asked
def load(run: Run, until: float | None = None, points: int = _POINTS) -> list[dict[str, Any]]:
    """Servers at work and requests waiting, as means over bins; ConfigError unless the plan said ``record=True``.

    >>> import dmkit as dm
    >>> len(load(dm.Campaign(devices=20, record=True).run(1), points=5))
    5
    """
    if run.requests is None:
        raise ConfigError("the run kept no requests; give the Campaign record=True")
    asked, begun, over = (run.requests[:, column] / 1e6 for column in range(3))
    end = until if until is not None else float(over.max(initial=1.0))
    edges = np.linspace(0.0, end, points + 1)
    width = edges[1] - edges[0]
    waiting, working, done = (_integral(times, edges) for times in (asked, begun, over))
    queue, busy = np.diff(working - waiting) / width, np.diff(done - working) / width
    middle = (edges[:-1] + edges[1:]) / 2
    return [{"t": float(t), "busy": float(b), "queue": float(q)} for t, b, q in zip(middle, busy, queue, strict=True)]


def _integral(times: Any, edges: Any) -> Any:
    """Sum of min(time, edge) at each edge; of two such sums the difference is what intervals have had of time.

    Requests are kept in the order in which they came, and in one first-come queue are begun in it, too.
    """
    ordered = times if (times[1:] >= times[:-1]).all() else np.sort(times)
    sums = np.concatenate([[0.0], np.cumsum(ordered)])
    below = np.searchsorted(ordered, edges, side="right")
    return sums[below] + (len(ordered) - below) * edges


@asked
def cells(run: Run) -> list[dict[str, Any]]:
    """How each cell fared.

    >>> import dmkit as dm
    >>> from dmkit.sim.net import Cells
    >>> len(cells(dm.Campaign(devices=20, cells=Cells(count=4)).run(1)))
    4
    """
    energy = run.energy()
    rows = []
    for cell in range(run.plan.cells.count):
        mine = run.cell == cell
        count = int(mine.sum())
        if not count:
            rows.append({"cell": cell, "devices": 0, "done": float("nan"), "t95": float("nan"), "energy": float("nan")})
            continue
        times = np.sort(run.finished[mine & run.done]) / 1e6
        need = int(np.ceil(0.95 * count))
        rows.append(
            {
                "cell": cell,
                "devices": count,
                "done": len(times) / count,
                "t95": float(times[need - 1]) if need <= len(times) else float("inf"),
                "energy": float(energy[mine].mean()),
            }
        )
    return rows
