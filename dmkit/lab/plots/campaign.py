"""Figures of campaigns: how it went on, what the servers had to do, where, at what cost; and what to choose.

Each takes a frame of ``sweep`` with the measure it names, and gives Axes.  Means come with their 95 % band.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from matplotlib.axes import Axes

from dmkit.lab.plots.drawing import COLOURS, HATCHES, MARKERS, finished, new_axes
from dmkit.lab.plots.labels import name_points
from dmkit.lab.runs.stats import mean_interval
from dmkit.views.look import STROKE
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["cell_map", "completion", "energy", "load", "pareto"]

_HOUR: Final = 3600.0
_LINES: Final = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)))
_NAMES: Final = {
    "t50": "time until half of the devices were done, s",
    "t95": "time until 95 % of the devices were done, s",
    "t99": "time until 99 % of the devices were done, s",
    "failed": "devices that gave up",
    "peak_queue": "most requests waiting",
    "server_hours": "server hours of work",
    "megabytes": "megabytes sent and received",
    "energy": "energy of a device, J",
    "mean_wait": "mean wait in the queue, s",
    "attempts": "attempts of a device",
}


def _has(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """The rows without error; ConfigError when a column is missing."""
    for name in columns:
        if name not in frame.columns:
            raise ConfigError(f"the figure needs a column {name!r}; the table has {', '.join(map(str, frame.columns))}")
    return frame[frame["error"] == ""] if "error" in frame else frame


def _groups(frame: pd.DataFrame, by: str | None) -> Iterator[tuple[str, pd.DataFrame]]:
    if by is None:
        yield "", frame
    else:
        for key, part in frame.groupby(by, sort=False):
            yield key if isinstance(key, str) else f"{by} {key!s}", part


def _unit(longest: float) -> tuple[float, str]:
    """Divisor and name of the unit that suits a time axis in seconds."""
    return (_HOUR, "h") if longest > 3 * _HOUR else (60.0, "min") if longest > 600 else (1.0, "s")


def _band(part: pd.DataFrame, y: str) -> tuple[Any, Any, Any, Any]:
    """Time, mean and interval of ``y`` over the seeds."""
    rows = [(t, mean_interval(list(group[y]))) for t, group in part.groupby("t")]
    at = np.array([t for t, _ in rows])
    mean = np.array([interval.mean for _, interval in rows])
    half = np.array([interval.half if np.isfinite(interval.half) else 0.0 for _, interval in rows])
    return at, mean, mean - half, mean + half


@asked
def completion(frame: pd.DataFrame, by: str | None = None, *, ax: Axes | None = None) -> Axes:
    """Share of the devices done against time, a line per value of ``by``, with the band over the seeds.

    ``frame``: a sweep with ``campaign.completion`` and a fixed ``until``.

    >>> import dmkit as dm
    >>> from dmkit.lab.studies.campaign import completion as measured
    >>> frame = dm.sweep(dm.Campaign(devices=20), seeds=(1,), measure=measured)
    >>> completion(frame).get_xlabel()
    'time, min'
    """
    data = _has(frame, "t", "share", *([by] if by else []))
    axes = new_axes(ax)
    divisor, unit = _unit(float(data["t"].max()))
    for at, (label, part) in enumerate(_groups(data, by)):
        t, mean, low, high = _band(part, "share")
        axes.plot(t / divisor, 100 * mean, color=COLOURS[at % 6], ls=_LINES[at % 6], lw=1.8, label=label or "done")
        axes.fill_between(t / divisor, 100 * low, 100 * high, color=COLOURS[at % 6], alpha=0.2, lw=0)
    axes.set_ylim(0, 102)
    axes.set_xlim(left=0)
    axes.legend(frameon=False, fontsize=9, loc="lower right")
    seeds = data["seed"].nunique() if "seed" in data else 1
    return finished(
        axes, f"Devices done (mean and 95 % band of {many(seeds, 'run')})", f"time, {unit}", "devices done, %"
    )


@asked
def load(frame: pd.DataFrame, y: str = "busy", by: str | None = None, *, ax: Axes | None = None) -> Axes:
    """Servers at work (``busy``) or requests waiting (``queue``) against time.  ``frame``: with ``campaign.load``.

    >>> import dmkit as dm
    >>> from dmkit.lab.studies.campaign import load as measured
    >>> load(dm.sweep(dm.Campaign(devices=20, record=True), measure=measured)).get_ylabel()
    'servers at work'
    """
    data = _has(frame, "t", y, *([by] if by else []))
    axes = new_axes(ax)
    divisor, unit = _unit(float(data["t"].max()))
    for at, (label, part) in enumerate(_groups(data, by)):
        t, mean, low, high = _band(part, y)
        axes.plot(t / divisor, mean, color=COLOURS[at % 6], ls=_LINES[at % 6], lw=1.5, label=label or y)
        axes.fill_between(t / divisor, low, high, color=COLOURS[at % 6], alpha=0.2, lw=0)
    axes.set_ylim(bottom=0)
    axes.set_xlim(left=0)
    axes.legend(frameon=False, fontsize=9, loc="upper right")
    what = {"busy": "servers at work", "queue": "requests waiting"}[y]
    return finished(axes, f"Load of the servers: {what}", f"time, {unit}", what)


@asked
def cell_map(frame: pd.DataFrame, value: str = "t95", *, ax: Axes | None = None) -> Axes:
    """One square per cell, shaded by ``value`` and labelled.  ``frame``: with ``campaign.cells``.

    >>> import dmkit as dm
    >>> from dmkit.lab.studies.campaign import cells as measured
    >>> from dmkit.sim.net import Cells
    >>> frame = dm.sweep(dm.Campaign(devices=20, cells=Cells(count=4)), measure=measured)
    >>> len(cell_map(frame).texts)
    4
    """
    data = _has(frame, "cell", value)
    means = data.groupby("cell")[value].mean()
    side = int(np.ceil(np.sqrt(len(means))))
    filled = np.full(side * side, np.nan)
    filled[: len(means)] = means.to_numpy()
    grid = filled.reshape(side, side)
    axes = new_axes(ax, 5.0, 4.2)
    shown = np.where(np.isfinite(grid), grid, np.nan)
    image = axes.imshow(shown, cmap="cividis")
    middle = float(np.nanmean(shown)) if np.isfinite(shown).any() else 0.0
    for (row, column), number in np.ndenumerate(grid):
        if row * side + column < len(means):
            text = f"{number:,.0f}" if np.isfinite(number) else "never"
            dark = np.isfinite(number) and number < middle
            axes.text(column, row, text, ha="center", va="center", fontsize=8, color="white" if dark else "black")
    axes.set_xticks([])
    axes.set_yticks([])
    bar = axes.figure.colorbar(image, ax=axes)
    bar.set_label(_NAMES.get(value, value))
    finished(axes, f"Cells: {_NAMES.get(value, value)}", "cells in order of their number", "")
    axes.grid(False)
    return axes


@asked
def energy(frame: pd.DataFrame, by: str, *, ax: Axes | None = None) -> Axes:
    """Energy of a device, a bar per value of ``by`` with its interval.  ``frame``: a sweep of campaigns.

    >>> import dmkit as dm
    >>> frame = dm.sweep(dm.Campaign(devices=20), {"devices": [10, 20]})
    >>> energy(frame, "devices").get_ylabel()
    'energy, J'
    """
    data = _has(frame, "energy", by)
    axes = new_axes(ax)
    for at, (label, part) in enumerate(_groups(data, by)):
        interval = mean_interval(list(part["energy"]))
        error = interval.half if np.isfinite(interval.half) else 0.0
        axes.bar(
            at,
            interval.mean,
            0.7,
            yerr=error,
            capsize=4,
            color=COLOURS[at % 6],
            hatch=HATCHES[at % 6],
            edgecolor="white",
            label=label,
        )
    axes.set_xticks(range(data[by].nunique()), [label for label, _ in _groups(data, by)])
    return finished(axes, "Energy of a device's radio (mean and 95 % interval)", by, "energy, J")


@asked
def pareto(
    frame: pd.DataFrame,
    x: str,
    y: str,
    by: str,
    *,
    yscale: Literal["linear", "log", "symlog"] = "linear",
    ax: Axes | None = None,
) -> Axes:
    """Means of ``x`` against ``y``, both better when smaller; those that no other beats are joined and named in bold.

    ``frame``: a sweep; ``by``: the column that names a design; ``yscale``: of the axis that goes up, and never below 0
    where it is logarithmic ("symlog" has room for 0).

    >>> import dmkit as dm
    >>> frame = dm.sweep(dm.Campaign(devices=20), {"servers.count": [1, 2]})
    >>> pareto(frame, "t50", "energy", "servers.count").get_xlabel()
    'time until half of the devices were done, s'
    """
    data = _has(frame, x, y, by)
    points = [
        (str(key), mean_interval(list(part[x])), mean_interval(list(part[y])))
        for key, part in data.groupby(by, sort=False)
        if np.isfinite(part[[x, y]].to_numpy(dtype=float)).all()
    ]
    if not points:
        raise ConfigError(f"no design has finite values of {x} and {y} in every run")
    best = sorted(
        (p for p in points if not any(_beats(q, p) for q in points)), key=lambda point: (point[1].mean, point[2].mean)
    )
    axes = new_axes(ax)
    axes.plot([p[1].mean for p in best], [p[2].mean for p in best], color=STROKE.grey, lw=1.2, label="not beaten")
    for at, point in enumerate(points):
        _, a, b = point
        halves = [half if np.isfinite(half) else 0.0 for half in (a.half, b.half)]
        axes.errorbar(
            a.mean, b.mean, xerr=halves[0], yerr=halves[1], fmt=MARKERS[at % 6], color=COLOURS[at % 6], ms=7, lw=1
        )
    axes.margins(0.15)
    if yscale != "linear":
        axes.set_yscale(yscale)
        axes.set_ylim(bottom=-0.6 if yscale == "symlog" else None)
    axes.legend(frameon=False, fontsize=9)
    finished(axes, "What no other design beats (means and 95 % intervals)", _NAMES.get(x, x), _NAMES.get(y, y))
    spots = [(a.mean, b.mean) for _, a, b in points]
    name_points(axes, spots, [name for name, _, _ in points], bold=[point in best for point in points])
    return axes


def _beats(a: tuple[str, Any, Any], b: tuple[str, Any, Any]) -> bool:
    """True when ``a`` is nowhere worse than ``b`` and somewhere better."""
    pairs = [(a[1].mean, b[1].mean), (a[2].mean, b[2].mean)]
    return all(p <= q for p, q in pairs) and any(p < q for p, q in pairs)
