"""Plots: a frame of ``dmkit.lab.measure`` in, matplotlib Axes out.

Colours are Okabe and Ito's and never speak alone: bars have patterns, lines have markers.  The same frame gives the
same picture, octet for octet.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final, cast

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from dmkit.views.look import picture

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLOURS", "Drawing", "describe", "figure_svg", "package_cost", "sizes"]

COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito's colours, the darker ones first."""
_HATCHES: Final = ("", "///", "xx")
_MARKERS: Final = ("o", "s", "^", "D", "v", "P")
_FORMS: Final = {"xml": "XML", "wbxml": "WBXML", "wbxml_table": "WBXML with string table"}
_MEASURED: Final = {
    "messages": "messages in the session",
    "round_trips": "round trips",
    "pieces": "messages with a piece of the object",
    "octets": "octets of all messages",
    "overhead": "octets that are not the object",
}


class Drawing(Axes):
    """Axes that a notebook shows by themselves: as an image with a description, without pyplot's global state."""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        text = describe(self)
        svg = figure_svg(cast("Figure", self.figure))
        return {"text/plain": text, "text/html": f'<figure style="margin:0">{picture(svg, text)}</figure>'}


def describe(axes: Axes) -> str:
    """What a plot shows, in a sentence, for those who do not see it.

    >>> describe(sizes(__import__("dmkit").measure.message_sizes([])))
    'The same messages in three forms. Up: octets. Across: message. Drawn: XML, WBXML, WBXML with string table.'
    """
    names = ", ".join(axes.get_legend_handles_labels()[1])
    return f"{axes.get_title(loc='left')}. Up: {axes.get_ylabel()}. Across: {axes.get_xlabel()}. Drawn: {names}."


def _axes(ax: Axes | None, width: float = 7.2, height: float = 3.6) -> Axes:
    """``ax``, or new axes on a figure that pyplot does not keep."""
    if ax is not None:
        return ax
    return Figure(figsize=(width, height), layout="constrained").subplots(subplot_kw={"axes_class": Drawing})


def _finish(ax: Axes, title: str, x: str, y: str) -> Axes:
    ax.set_title(title, loc="left", fontsize=11)
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.grid(True, axis="y", alpha=0.3)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def sizes(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Octets of each message in each form, as bars side by side.  ``frame`` is of ``measure.message_sizes``."""
    axes = _axes(ax)
    width = 0.8 / len(_FORMS)
    for at, (column, label) in enumerate(_FORMS.items()):
        places = [n + (at - 1) * width for n in range(len(frame))]
        axes.bar(
            places, frame[column], width, label=label, color=COLOURS[at], hatch=_HATCHES[at], edgecolor="white", lw=0.5
        )
    axes.set_xticks(range(len(frame)), list(frame["message"]))
    axes.set_ylim(0, max([1.0, *(float(frame[column].max()) * 1.25 for column in _FORMS if len(frame))]))
    axes.legend(frameon=False, ncols=3, loc="upper left", fontsize=9)
    return _finish(axes, "The same messages in three forms", "message", "octets")


def package_cost(frame: pd.DataFrame, y: str = "messages", *, ax: Axes | None = None) -> Axes:
    """``y`` (a measured column) against the size of the object, a line per MaxMsgSize; both axes logarithmic.

    ``frame`` is of ``measure.package_cost``.
    """
    axes = _axes(ax)
    for at, (limit, rows) in enumerate(frame.groupby("max_message")):
        style: dict[str, Any] = {"color": COLOURS[at % 6], "marker": _MARKERS[at % 6], "ms": 6, "lw": 1.5}
        axes.plot(rows["size"], rows[y], label=f"{limit} octets", **style)
    axes.set_xscale("log")
    axes.set_yscale("log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axis.set_minor_formatter(NullFormatter())
    axes.legend(title="MaxMsgSize", frameon=False, fontsize=9, loc="upper left")
    return _finish(axes, f"What MaxMsgSize costs: {_MEASURED[y]}", "size of the object, octets", _MEASURED[y])


def figure_svg(figure: Figure) -> str:
    """A figure as SVG, the same octets for the same figure: fixed ids, no date."""
    out = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "dmkit", "svg.fonttype": "none"}):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()
