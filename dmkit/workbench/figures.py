"""Figures of the workbench: what becomes of readings, conversation by conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dmkit.lab.plots.drawing import COLOURS, HATCHES, Drawing, finished, new_axes
from dmkit.words.asked import asked
from dmkit.words.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["plot_readings"]

_KINDS: Final = {"silent": "silent divergence", "breaks": "breaks", "visible": "visible"}


@asked
def plot_readings(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """In which share of its conversations a switch diverges silently, breaks or shows; a bar each, the rivals' worst.

    ``frame`` is that of ``readings`` or ``recorded``; ConfigError for one without rows.

    >>> import dmkit as dm
    >>> plot_readings(dm.workbench.recorded().head(3)).get_xlabel()
    'share of conversations, %'
    """
    if not len(frame):
        raise ConfigError("there is no reading to draw; the frame has no row")
    shares = frame.assign(**{name: 100 * frame[name] / frame["conversations"].clip(lower=1) for name in _KINDS})
    shares = shares.groupby("switch", sort=False)[list(_KINDS)].max()
    axes = new_axes(ax, height=1.2 + 0.28 * len(shares))
    left = [0.0] * len(shares)
    for at, (name, label) in enumerate(_KINDS.items()):
        values = shares[name].tolist()
        axes.barh(range(len(shares)), values, left=left, color=COLOURS[(1, 4, 0)[at]], hatch=HATCHES[(0, 1, 2)[at]],
                  edgecolor="white", label=label)  # fmt: skip
        left = [a + b for a, b in zip(left, values, strict=True)]
    axes.set_yticks(range(len(shares)), list(shares.index))
    axes.invert_yaxis()
    axes.legend(frameon=False, fontsize=9)
    finished(axes, "What two readings of a sentence do to conversations", "share of conversations, %", "")
    axes.grid(True, axis="x", alpha=0.3)
    if isinstance(axes, Drawing):
        worst = ", ".join(f"{name} {row.silent:.1f} % silent, {row.breaks:.1f} % broken, {row.visible:.1f} % visible"
                          for name, row in shares.head(5).iterrows())  # fmt: skip
        axes.told = f"Bars of the share of conversations by what becomes of them. {worst}."
    return axes
