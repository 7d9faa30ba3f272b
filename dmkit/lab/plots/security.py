"""Figures about security: attack by design, and exposure against what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from dmkit.lab.plots.drawing import COLOURS, MARKERS, Drawing, finished, new_axes
from dmkit.views.look import GROUND, PAINT, STROKE
from dmkit.words.asked import asked
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import listed, nearest

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["plot_matrix", "plot_tradeoffs"]

_PRICES: Final = {
    "octets": "octets a session, handshakes included",
    "round_trips": "round trips a session, handshakes included",
    "card_apdus": "commands to the card, a session",
    "hashes": "compressions of a hash on the device, a session",
    "public_key": "public-key operations on the device, a session",
    "calls": "% of devices that need help after 100 sessions",
}


_ACROSS: Final = 18
"""Attacks that stand beside each other in letters that can be read; more stand one below the other."""


@asked
def plot_matrix(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Attack by design: orange squares are breaches, blue rings (runs of the search) safe, dotted ones cut off.

    >>> import dmkit as dm
    >>> from dmkit.lab.studies.security import matrix
    >>> type(plot_matrix(matrix(["listen"], ["basic"]))).__name__
    'Drawing'
    """
    attacks, designs = list(dict.fromkeys(frame["attack"])), list(dict.fromkeys(frame["design"]))
    upright = len(attacks) > _ACROSS > len(designs)
    columns, rows = (designs, attacks) if upright else (attacks, designs)
    axes = new_axes(ax, max(0.56 * len(columns) + 3.0, 6.0 if upright else 0.0), 0.34 * len(rows) + 2.3)
    for row in frame.itertuples():
        x, y = attacks.index(str(row.attack)), designs.index(str(row.design))
        x, y = (y, x) if upright else (x, y)
        if row.verdict == "breached":
            axes.plot([x], [y], "s", color=COLOURS[1], ms=15)
            axes.plot([x], [y], "x", color=GROUND.white, ms=7, mew=2)
        else:
            axes.annotate(
                f"{row.tried}",
                (x, y),
                ha="center",
                va="center",
                fontsize=7.5,
                color=PAINT.ink,
                bbox={
                    "boxstyle": "circle,pad=0.28",
                    "fc": GROUND.blue if row.verdict == "safe" else GROUND.white,
                    "ec": COLOURS[0] if row.verdict == "safe" else STROKE.grey,
                    "ls": "-" if row.verdict == "safe" else ":",
                    "lw": 0.8,
                },
            )
    axes.set_xticks(range(len(columns)), columns, rotation=40, ha="left", fontsize=9)
    axes.xaxis.tick_top()
    axes.set_yticks(range(len(rows)), rows, fontsize=9)
    axes.set_xlim(-0.6, len(columns) - 0.4)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.tick_params(length=0)
    keys = [
        Line2D([], [], marker="s", color=COLOURS[1], ls="", ms=11, label="breached: a run plays it again"),
        Line2D(
            [],
            [],
            marker="o",
            mfc=GROUND.blue,
            mec=COLOURS[0],
            color=GROUND.white,
            ls="",
            ms=11,
            label="safe in so many runs, all within the bound",
        ),
    ]
    axes.legend(handles=keys, frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(-0.02, -0.02),
                ncols=1 if upright else 2)  # fmt: skip
    finished(axes, "Attack by design", "", "")
    axes.grid(False)
    axes.spines[["left", "bottom"]].set_visible(False)
    if isinstance(axes, Drawing):
        fallen = frame[frame["verdict"] == "breached"]
        falls = (f"{d} falls to {', '.join(fallen[fallen['design'] == d]['attack']) or 'nothing'}" for d in designs)
        axes.told = f"Attack by design. {'; '.join(falls)}."
    return axes


@asked
def plot_tradeoffs(frame: pd.DataFrame, x: str = "octets", *, ax: Axes | None = None) -> Axes:
    """Exposure against one cost; designs that nothing beats in both are joined and named in bold.

    >>> from dmkit.lab.studies.security import matrix, tradeoffs
    >>> frame = tradeoffs(matrix(["listen"], ["basic", "basic over TLS"]))
    >>> type(plot_tradeoffs(frame)).__name__
    'Drawing'
    """
    if x not in _PRICES or x not in frame:
        there = [name for name in _PRICES if name in frame]
        raise ConfigError(f"no cost {x!r} in the table; there are {listed(there, 'and')}{nearest(str(x), there)}")
    axes = new_axes(ax, 9.6, 4.8)
    rows = frame.to_dict("records")
    spots = [(float(row[x]), float(row["exposure"])) for row in rows]
    best = {a for a in spots if not any(b[0] <= a[0] and b[1] <= a[1] and b != a for b in spots)}
    line = sorted(best)
    axes.step(
        [a[0] for a in line],
        [a[1] for a in line],
        where="post",
        color=STROKE.grey,
        lw=1.2,
        label="nothing is both cheaper and safer",
    )
    # designs that stand at nearly the same place share a mark, and show their numbers side by side
    width = max(1e-9, max(a[0] for a in spots) - min(a[0] for a in spots)) * 0.03
    places: list[list[int]] = []
    for number in sorted(range(len(spots)), key=lambda n: (spots[n][1], spots[n][0])):
        last = spots[places[-1][-1]] if places else (float("-inf"), float("-inf"))
        if spots[number][1] == last[1] and spots[number][0] - last[0] < width:
            places[-1].append(number)
        else:
            places.append([number])
    for numbers in places:
        chosen = any(spots[n] in best for n in numbers)
        at = (sum(spots[n][0] for n in numbers) / len(numbers), spots[numbers[0]][1])
        axes.plot(*at, MARKERS[1 if chosen else 0], color=COLOURS[2 if chosen else 0], ms=9 if chosen else 6, lw=0)
        axes.annotate(
            ", ".join(str(n + 1) for n in sorted(numbers)),
            at,
            xytext=(8, 4),
            textcoords="offset points",
            fontsize=9,
            weight="bold" if chosen else "normal",
        )
    for number, row in enumerate(rows):
        axes.text(
            1.02,
            1 - number / max(12, len(rows)),
            f"{number + 1}  {row['design']}",
            transform=axes.transAxes,
            fontsize=8.5,
            va="top",
            weight="bold" if spots[number] in best else "normal",
        )
    axes.margins(0.1)
    axes.set_ylim(-0.05, max(0.2, float(frame["exposure"].max()) * 1.15))
    axes.legend(frameon=False, fontsize=9, loc="upper right")
    finished(axes, "What security buys, and for how much", _PRICES[x], "exposure: share of attacks that breach")
    if isinstance(axes, Drawing):
        told = (
            f"{row['design']}: exposure {spot[1]:.2f} at {spot[0]:g}"
            for row, spot in zip(rows, spots, strict=True)
            if spot in best
        )
        axes.told = f"Exposure against {_PRICES[x]}. Not beaten: {'. '.join(told)}."
    return axes
