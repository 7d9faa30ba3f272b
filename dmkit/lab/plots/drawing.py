"""What all figures share: colours that everybody can tell apart, axes that show themselves, the same octets each time.

Colours are Okabe and Ito's and never speak alone: bars have patterns, lines have markers.
"""

from __future__ import annotations

import io
from typing import Final, cast

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dmkit.views.look import picture

__all__ = ["COLOURS", "HATCHES", "MARKERS", "Drawing", "describe", "figure_pdf", "figure_svg", "finished", "new_axes"]

COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito's colours, the darker ones first."""
HATCHES: Final = ("", "///", "xx", "..", "\\\\\\", "++")
MARKERS: Final = ("o", "s", "^", "D", "v", "P")


class Drawing(Axes):
    """Axes that a notebook shows by themselves: as an image with a description, without pyplot's global state.

    ``told`` is that description where the labels do not tell enough.
    """

    told = ""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        text = describe(self)
        svg = figure_svg(cast("Figure", self.figure))
        return {"text/plain": text, "text/html": f'<figure style="margin:0">{picture(svg, text)}</figure>'}


def describe(axes: Axes) -> str:
    """What a plot shows, in a sentence, for those who do not see it.

    >>> import dmkit as dm
    >>> describe(dm.plot.sizes(dm.measure.message_sizes([])))
    'The same messages in three forms. Up: octets. Across: message. Drawn: XML, WBXML, WBXML with string table.'
    """
    if isinstance(axes, Drawing) and axes.told:
        return axes.told
    names = ", ".join(axes.get_legend_handles_labels()[1])
    told = {"Up": axes.get_ylabel(), "Across": axes.get_xlabel(), "Drawn": names}
    return " ".join([f"{axes.get_title(loc='left')}.", *(f"{what}: {text}." for what, text in told.items() if text)])


def new_axes(ax: Axes | None, width: float = 7.2, height: float = 3.6) -> Axes:
    """``ax``, or new axes on a figure that pyplot does not keep."""
    if ax is not None:
        return ax
    return Figure(figsize=(width, height), layout="constrained").subplots(subplot_kw={"axes_class": Drawing})


def finished(ax: Axes, title: str, x: str, y: str) -> Axes:
    """Title, units, a grid behind, no frame."""
    ax.set_title(title, loc="left", fontsize=11)
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.grid(True, axis="y", alpha=0.3)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def figure_svg(figure: Figure) -> str:
    """A figure as SVG, the same octets for the same figure: fixed ids, no date.

    >>> from matplotlib.figure import Figure
    >>> figure_svg(Figure(figsize=(2, 1))) == figure_svg(Figure(figsize=(2, 1)))
    True
    """
    out = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "dmkit", "svg.fonttype": "none"}):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def figure_pdf(figure: Figure) -> bytes:
    """A figure as PDF, for a paper: the same octets for the same figure, letters as letters (TrueType), no date.

    >>> from matplotlib.figure import Figure
    >>> figure_pdf(Figure(figsize=(2, 1))) == figure_pdf(Figure(figsize=(2, 1)))
    True
    """
    out = io.BytesIO()
    with mpl.rc_context({"pdf.fonttype": 42}):
        figure.savefig(out, format="pdf", metadata={"CreationDate": None, "Creator": None, "Producer": None})
    return out.getvalue()
