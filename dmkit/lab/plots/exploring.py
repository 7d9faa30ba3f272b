"""The figure of a walk: attackers by designs; orange is a breach, blue was walked to its end, grey was cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from dmkit.lab.plots.drawing import COLOURS, Drawing, finished, new_axes
from dmkit.views.look import GROUND, PAINT, STROKE

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LOOKS", "plot_walks"]

_GREY: Final = STROKE.grey
LOOKS: Final = {
    "breached": (PAINT.orange, "square,pad=0.3", GROUND.white),
    "safe": (GROUND.blue, "round,pad=0.3", PAINT.ink),
    "open": (GROUND.white, "sawtooth,pad=0.3", _GREY),
}
"""Verdict -> colour of the box, its shape, colour of the number in it."""


def plot_walks(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Attackers across, designs down; a number is that of the states visited, in a square where a goal was reached."""
    attackers, designs = list(dict.fromkeys(frame["attacker"])), list(dict.fromkeys(frame["design"]))
    axes = new_axes(ax, 0.95 * len(attackers) + 3.0, 0.36 * len(designs) + 2.2)
    for row in frame.itertuples():
        fill, shape, ink = LOOKS[str(row.verdict)]
        axes.annotate(
            f"{row.states}",
            (attackers.index(str(row.attacker)), designs.index(str(row.design))),
            ha="center",
            va="center",
            fontsize=8,
            color=ink,
            weight="bold" if row.verdict == "breached" else "normal",
            bbox={"boxstyle": shape, "fc": fill, "ec": COLOURS[0] if row.verdict == "safe" else fill, "lw": 0.8},
        )
    axes.set_xticks(range(len(attackers)), attackers, rotation=25, ha="left", fontsize=9)
    axes.xaxis.tick_top()
    axes.set_yticks(range(len(designs)), designs, fontsize=9)
    axes.set_xlim(-0.6, len(attackers) - 0.4)
    axes.set_ylim(len(designs) - 0.4, -0.6)
    axes.tick_params(length=0)
    keys = [
        Line2D([], [], marker="s", color=PAINT.orange, ls="", ms=11, label="breached; states visited"),
        Line2D([], [], marker="o", mfc=GROUND.blue, mec=COLOURS[0], ls="", ms=11, label="safe: all states visited"),
        Line2D([], [], marker="d", mfc=GROUND.white, mec=_GREY, ls="", ms=9, label="open: cut off before the end"),
    ]
    axes.legend(handles=keys, frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(-0.02, -0.02), ncols=3)
    finished(axes, "Attackers against designs: every interleaving within the budget", "", "")
    axes.grid(False)
    axes.spines[["left", "bottom"]].set_visible(False)
    if isinstance(axes, Drawing):
        fallen = frame[frame["verdict"] == "breached"]
        falls = (f"{d} falls to {', '.join(fallen[fallen['design'] == d]['attacker']) or 'nobody'}" for d in designs)
        axes.told = f"Attackers against designs. {'; '.join(falls)}."
    return axes
