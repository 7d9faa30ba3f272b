"""Pictures of ways of bootstrap: exposure against what it costs, and seconds part by part.

>>> from dmkit.lab.studies.media import compare
>>> plot_pareto(compare(["factory", "USIM"]))._repr_mimebundle_()["text/plain"][:41]
'Exposure against money per million phones'
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from matplotlib.axes import Axes

from dmkit.lab.plots.drawing import COLOURS, MARKERS, Drawing, finished, new_axes
from dmkit.lab.studies.media_parameters import AXES, axis_values
from dmkit.lab.studies.media_runs import play
from dmkit.lab.studies.media_seconds import MediumWorld, seconds
from dmkit.lab.studies.media_ways import WAYS
from dmkit.views.look import PAINT, STROKE

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["plot_pareto", "plot_seconds"]


def plot_pareto(frame: pd.DataFrame, x: str = "cost", *, ax: Axes | None = None) -> Axes:
    """Exposure against one of AXES; ways that nothing beats in both are joined, and named in bold."""
    axes = new_axes(ax, 9.0, 4.2)
    names, values = frame["way"].tolist(), axis_values(frame, x)
    spots = list(zip(values, frame["exposure"].tolist(), strict=True))
    best = {a for a in spots if not any(b[0] <= a[0] and b[1] <= a[1] and b != a for b in spots)}
    line = sorted(best)
    axes.step([a[0] for a in line], [a[1] for a in line], where="post", color=STROKE.grey, lw=1.2,
              label="nothing is both less exposed and less here")  # fmt: skip
    for number, (name, spot) in enumerate(zip(names, spots, strict=True)):
        chosen = spot in best
        axes.plot(*spot, MARKERS[1 if chosen else 0], color=COLOURS[2 if chosen else 0], ms=9 if chosen else 6)
        axes.text(1.02, 1 - number / 10, f"{number + 1}  {name}", transform=axes.transAxes, fontsize=9, va="top",
                  weight="bold" if chosen else "normal")  # fmt: skip
    for numbers in _neighbours(spots):
        where = spots[numbers[0]]
        axes.annotate(", ".join(str(n + 1) for n in sorted(numbers)), where, xytext=(7, 5), textcoords="offset points",
                      fontsize=9, weight="bold" if any(spots[n] in best for n in numbers) else "normal")  # fmt: skip
    axes.margins(0.12)
    axes.set_ylim(-0.05, max(0.2, max(b for _, b in spots) * 1.25))
    axes.legend(frameon=False, fontsize=9, loc="upper right")
    finished(axes, "What a way of bootstrap leaves open, and for how much", AXES[x], "exposure: share of threats")
    if isinstance(axes, Drawing):
        told = (f"{name}: exposure {spot[1]:.2f} at {spot[0]:g}" for name, spot in zip(names, spots, strict=True)
                if spot in best)  # fmt: skip
        axes.told = f"Exposure against {AXES[x]}. Not beaten: {'. '.join(told)}."
    return axes


def _neighbours(spots: list[tuple[float, float]]) -> list[list[int]]:
    """Numbers of spots that lie so near that they share a label."""
    width = max(1e-9, max(a for a, _ in spots) - min(a for a, _ in spots)) * 0.03
    found: list[list[int]] = []
    for number in sorted(range(len(spots)), key=lambda n: (spots[n][1], spots[n][0])):
        last = spots[found[-1][-1]] if found else (float("-inf"), float("-inf"))
        if spots[number][1] == last[1] and spots[number][0] - last[0] < width:
            found[-1].append(number)
        else:
            found.append([number])
    return found


_PARTS: Final = (("quick", "card, a quick one"), ("slow", "card, a slow one"), ("registration", "network"),
                 ("messages", "short messages"), ("download", "download"), ("session", "session"))  # fmt: skip


def plot_seconds(
    ways: Iterable[str] | None = None, world: MediumWorld | None = None, *, ax: Axes | None = None
) -> Axes:
    """A lane for each way: a mark for each part that takes time, a bar from a quick to a slow card for the whole."""
    chosen = list(WAYS if ways is None else ways)
    axes = new_axes(ax, 9.0, 1.7 + 0.34 * len(chosen))
    parts = {name: seconds(play(name), world) for name in chosen}
    for at, name in enumerate(chosen):
        took = parts[name]
        axes.axhline(at, color=STROKE.faint, lw=0.8, zorder=0.5)
        axes.plot([took.fewest, took.most], [at, at], color=PAINT.ink, lw=5, solid_capstyle="butt", alpha=0.75,
                  label="the whole, quick to slow card" if at == 0 else None)  # fmt: skip
    for number, (part, label) in enumerate(_PARTS):
        marks = [(float(getattr(parts[name], part)), at) for at, name in enumerate(chosen)]
        marks = [mark for mark in marks if mark[0] > 0]
        if marks:
            axes.plot(*zip(*marks, strict=True), MARKERS[number], color=COLOURS[number], ms=7, lw=0, label=label)
    axes.set_yticks(range(len(chosen)), chosen, fontsize=9)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.legend(frameon=False, fontsize=8.5, ncols=4, loc="upper center", bbox_to_anchor=(0.42, -0.16))
    finished(axes, "From power-on to the end of the first session", "seconds, on a scale of powers of ten", "")
    axes.grid(True, axis="x", alpha=0.3)
    axes.grid(False, axis="y")
    if isinstance(axes, Drawing):
        told = (f"{name}: {parts[name].fewest:.1f} to {parts[name].most:.1f} s" for name in chosen)
        axes.told = f"Seconds from power-on to the end of the first session. {'; '.join(told)}."
    return axes
