"""Octets of one intent in several protocols, stacked by cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from dmkit.generations.played import CAUSES
from dmkit.lab.plots.drawing import COLOURS, HATCHES, Drawing, finished, new_axes
from dmkit.views.look import GROUND
from dmkit.words.asked import asked

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["plot_causes"]


@asked
def plot_causes(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Bars of ``dm.generations.octets``: each protocol up and down, stacked by what the octets are spent on.

    >>> import dmkit as dm
    >>> plot_causes(dm.generations.octets("read a value")).get_xlabel()
    'octets'
    """
    axes = new_axes(ax, 7.6, 0.42 * 2 * frame["generation"].nunique() + 1.4)
    names = list(dict.fromkeys(zip(frame["generation"], frame["side"], strict=True)))
    sizes = {
        (g, s, c): int(n) for g, s, c, n in frame[["generation", "side", "cause", "octets"]].itertuples(index=False)
    }
    left = [0] * len(names)
    causes = [*CAUSES, "opening"]
    for at, cause in enumerate(causes):
        widths = [sizes.get((generation, side, cause), 0) for generation, side in names]
        axes.barh(range(len(names)), widths, left=left, color=COLOURS[at], hatch=HATCHES[at], edgecolor=GROUND.white,
                  linewidth=0.4, label=cause)  # fmt: skip
        left = [a + b for a, b in zip(left, widths, strict=True)]
    for y, total in enumerate(left):
        axes.text(total, y, f" {total:,}", va="center", fontsize=8)
    axes.set_yticks(range(len(names)), [f"{generation}, {side}" for generation, side in names], fontsize=9)
    axes.invert_yaxis()
    axes.legend(frameon=False, fontsize=8, ncols=len(causes), loc="upper left", bbox_to_anchor=(0, -0.16))
    finished(axes, f"Octets by cause: {frame.attrs.get('title', 'one intent')}", "octets", "")
    axes.grid(True, axis="x", alpha=0.3)
    if isinstance(axes, Drawing):
        told = "; ".join(
            f"{generation} {side} {total:,}, of them body {sizes.get((generation, side, 'body'), 0):,}"
            for (generation, side), total in zip(names, left, strict=True)
        )
        axes.told = f"Octets by cause. {told}."
    return axes
