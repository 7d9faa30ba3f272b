"""What all figures share: colours that everybody can tell apart, axes that show themselves, the same octets each time.

Colours are Okabe and Ito's and never speak alone: bars have patterns, lines have markers.
"""

from __future__ import annotations

import io
from collections import OrderedDict
from typing import TYPE_CHECKING, Final, cast

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from dmkit.views.look import Look, picture
from dmkit.words.asked import asked

if TYPE_CHECKING:
    from matplotlib.axis import Axis

__all__ = [
    "COLOURS",
    "HATCHES",
    "MARKERS",
    "Drawing",
    "describe",
    "figure_pdf",
    "figure_svg",
    "finished",
    "new_axes",
    "quick_svg",
]

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
        look = self._look(figure_svg(cast("Figure", self.figure)))
        return {"text/plain": look.text, "text/html": look.html}

    def redrawn(self) -> Look:
        """The same for a board, which draws it again and again: half of the time goes into where the axes stand."""
        return self._look(quick_svg(cast("Figure", self.figure)))

    def _look(self, svg: str) -> Look:
        text = describe(self)
        return Look(text, f'<figure style="margin:0">{picture(svg, text)}</figure>')


@asked
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


@asked
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


_PLACES: Final[OrderedDict[tuple[object, ...], list[tuple[Bbox, int]]]] = OrderedDict()
"""Shape of a figure -> where its axes stood when that was measured, and the longest label of the ticks beside each."""
_LETTER: Final = 6.1
"""Points that a letter of such a label takes."""


def quick_svg(figure: Figure) -> str:
    """As ``figure_svg``, but axes stand where they stood in the first figure of this shape; nothing is measured anew.

    A shape is the size of the figure, which titles and labels there are, their lines, and what a legend says.

    >>> figures = [new_axes(None).figure for _ in range(3)]
    >>> quick_svg(figures[0]) == quick_svg(figures[1]) == figure_svg(figures[2])
    True
    """
    if figure.get_layout_engine() is None:
        return figure_svg(figure)
    shape = (*figure.get_size_inches(), *(part for axes in figure.axes for part in _shape(axes)))
    letters = [_longest(axes.yaxis) for axes in figure.axes]
    if shape not in _PLACES:
        drawn = figure_svg(figure)
        _PLACES[shape] = [(axes.get_position(), n) for axes, n in zip(figure.axes, letters, strict=True)]
        if len(_PLACES) > 64:
            _PLACES.popitem(last=False)
        return drawn
    figure.set_layout_engine(None)  # "none" would leave one that has it drawn twice
    for axes, n, (spot, known) in zip(figure.axes, letters, _PLACES[shape], strict=True):
        moved = (n - known) * _LETTER / 72 / figure.get_figwidth()
        axes.set_position(Bbox([[spot.x0 + moved, spot.y0], [spot.x1, spot.y1]]))
    return figure_svg(figure)


def _shape(axes: Axes) -> tuple[object, ...]:
    texts = (axes.get_title(loc="left"), axes.get_xlabel(), axes.get_ylabel())
    legend = axes.get_legend()
    legend_texts = tuple(text.get_text() for text in legend.get_texts()) if legend is not None else ()
    return (*(text.count("\n") if text else -1 for text in texts), axes.yaxis.get_scale(), legend_texts)


def _longest(axis: Axis) -> int:
    """Letters of the longest label at a tick."""
    texts = axis.get_major_formatter().format_ticks(list(axis.get_majorticklocs()))
    return max((len(line) for text in texts for line in text.split("\n")), default=0)


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
