"""Figures of studies: what designs of the specification cost, how the cost of a run grows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.axes import Axes

from dmkit.lab.plots.drawing import COLOURS, HATCHES, finished, new_axes
from dmkit.views.look import GROUND, STROKE
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["growth", "narrowing", "rules_cost", "validated"]

_COSTS: Final = {
    "round_trips": "round trips of a session",
    "octets": "octets of a session",
    "delay": "delay of a session, s",
    "energy": "energy of a session, J",
}


@asked
def rules_cost(frame: pd.DataFrame, y: str = "octets", *, ax: Axes | None = None) -> Axes:
    """Cost of a session by design, a bar per link; ``y``: round_trips, octets, delay, energy.

    ``frame``: of ``measure.rules_cost``.

    >>> import dmkit as dm
    >>> frame = dm.measure.rules_cost({"plain": dm.Rules()}, links=["lte"])
    >>> rules_cost(frame).get_ylabel()
    ''
    """
    if y not in _COSTS:
        raise ConfigError(f"cost {y!r} is not known; there are {', '.join(_COSTS)}")
    good = frame[frame["error"] == ""]
    values = good.assign(octets=good["octets_up"] + good["octets_down"]).pivot(index="design", columns="link", values=y)
    values = values.loc[list(dict.fromkeys(good["design"])), list(dict.fromkeys(good["link"]))]
    axes = new_axes(ax)
    if y in ("octets", "round_trips"):  # the same on every link
        values = values.iloc[:, :1].set_axis(["every link"], axis="columns")
    width = 0.8 / len(values.columns)
    for at, link in enumerate(values.columns):
        place = np.arange(len(values)) + (at - (len(values.columns) - 1) / 2) * width
        axes.barh(
            place,
            values[link],
            width * 0.95,
            color=COLOURS[at % 6],
            hatch=HATCHES[at % 6],
            edgecolor="white",
            label=link,
        )
    axes.set_yticks(range(len(values)), list(values.index))
    axes.invert_yaxis()
    axes.legend(frameon=False, fontsize=9)
    finished(axes, f"What each design costs: {_COSTS[y]}", _COSTS[y], "")
    axes.grid(True, axis="x", alpha=0.3)
    return axes


@asked
def narrowing(frame: pd.DataFrame, *, wanted: float | None = None, ax: Axes | None = None) -> Axes:
    """How the half width of an interval shrinks with the number of runs, beside one over the square root.

    ``frame``: of ``measure.narrowing``; ``wanted``: a half width to reach, as a line.

    >>> import dmkit as dm
    >>> narrowing(dm.measure.narrowing([10.0, 12.0, 11.0])).get_xscale()
    'log'
    """
    axes = new_axes(ax)
    last = frame.iloc[-1]
    axes.plot(frame["n"], frame["half"], "o-", color=COLOURS[0], ms=4, label="half width of the runs so far")
    law = float(last["half"]) * np.sqrt(float(last["n"]) / frame["n"])
    axes.plot(frame["n"], law, "--", color=STROKE.grey, lw=1.2, label="one over the square root of the runs")
    if wanted is not None:
        axes.axhline(wanted, color=COLOURS[1], ls=":", lw=1.6, label=f"wanted: {wanted:g}")
    for scale, axis in ((axes.set_xscale, axes.xaxis), (axes.set_yscale, axes.yaxis)):
        scale("log", subs=(2, 5))
        axis.set_major_formatter(lambda value, _: f"{value:g}")
        axis.set_minor_formatter(lambda value, _: f"{value:g}")
    axes.legend(frameon=False, fontsize=9)
    return finished(axes, "What one more run buys", "runs", "half width of the 95 % interval")


@asked
def growth(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Seconds of a run against devices, both logarithmic; what was not measured is hollow.

    ``frame``: of ``measure.growth`` or ``measure.extrapolated``.

    >>> import dmkit as dm
    >>> growth(dm.measure.growth(dm.Campaign(devices=10), (10, 20))).get_xscale()
    'log'
    """
    axes = new_axes(ax)
    axes.plot(frame["devices"], frame["seconds"], color=COLOURS[0], lw=1.2, ls="--", label="_")
    for measured, label in ((True, "measured"), (False, "carried on")):
        part = frame[frame["measured"] == measured]
        if len(part):
            axes.plot(
                part["devices"],
                part["seconds"],
                "o" if measured else "s",
                color=COLOURS[0] if measured else COLOURS[1],
                mfc=COLOURS[0] if measured else "white",
                label=label,
            )
    told = frame[~frame["measured"]]
    if "low" in told and told["low"].notna().any():
        axes.vlines(told["devices"], told["low"], told["high"], color=COLOURS[1], lw=1.5, label="_")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.legend(frameon=False, fontsize=9)
    return finished(axes, "What a run costs", "devices", "processor time, s")


@asked
def validated(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Published against computed: a row for each study, a dot for each of its figures, and the band in which it passes.

    A dot says how far the value is from the published one, as a share of what it may be off (half width of its interval
    and tolerance together).  ``frame``: of ``dm.validate``.

    >>> import dmkit as dm
    >>> validated(dm.validate(["V01"], seeds=[1])).get_xlabel()
    'difference to the published value, as a share of what is allowed'
    """
    groups = list(dict.fromkeys(frame["id"]))
    axes = new_axes(ax, 8.4, 1.3 + 0.27 * len(groups))
    allowed = (frame["half"] + frame["tolerance"]).clip(lower=1e-12)
    off = ((frame["value"] - frame["published"]) / allowed).clip(-1.4, 1.4)
    axes.axvspan(-1, 1, color=GROUND.blue, zorder=0)
    axes.axvline(0, color=STROKE.grey, lw=1, zorder=1)
    rows = frame["id"].map({name: at for at, name in enumerate(groups)})
    for passed, marker, colour in ((True, "o", COLOURS[0]), (False, "X", COLOURS[1])):
        chosen = frame["passed"] == passed
        if chosen.any():
            label = "passes" if passed else "fails"
            axes.plot(off[chosen], rows[chosen], marker, color=colour, ms=5, alpha=0.75, ls="", label=label)
    first = frame.groupby("id", sort=False)["what"].first()
    names = [f"{name}  {str(first[name]).partition(':')[0]} ({(frame['id'] == name).sum()})" for name in groups]
    axes.set_yticks(range(len(groups)), names, fontsize=8.5)
    axes.set_ylim(len(groups) - 0.4, -0.6)
    axes.set_xlim(-1.5, 1.5)
    axes.legend(frameon=False, fontsize=9, loc="lower right")
    title = f"{many(len(frame), 'figure')} of others, {int(frame['passed'].sum())} met"
    return finished(axes, title, "difference to the published value, as a share of what is allowed", "")
