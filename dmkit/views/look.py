"""A look at something: text for a terminal, HTML for a notebook; and every colour that pages and pictures use.

Text on a page takes the ink of the theme around it, a hue is mixed into that ink: so it is legible on light and dark.
A picture does not see the theme and stands on white ground of its own, with hues that are dark enough for it.
``contrast`` is the measure of both.  [WCAG 2.2 §1.4.3: 4.5 to 1 for text]
"""

from __future__ import annotations

import re
from typing import Final

from dmkit.words.asked import asked
from dmkit.words.records import dataclass

__all__ = [
    "BLUE",
    "GREEN",
    "GREY",
    "GROUND",
    "HUES",
    "INK",
    "INK_OF_PAGES",
    "MONO",
    "ORANGE",
    "PAINT",
    "PAPER",
    "RED",
    "STROKE",
    "THEMES",
    "YELLOW",
    "Ground",
    "Look",
    "Paint",
    "Stroke",
    "contrast",
    "escape",
    "mixed",
    "picture",
    "themed",
]

HUES: Final = {
    "blue": "#0072B2",
    "orange": "#D55E00",
    "green": "#009E73",
    "red": "#CC3311",
    "yellow": "#E69F00",
    "grey": "#7f8b96",
}
"""Okabe and Ito's palette, told apart by people with any colour vision: of borders, tints and lines, never of text."""

SHARE: Final = 55
"""Per cent of a hue in coloured text; the rest is the ink of the theme."""

# of JupyterLab, the book theme and furo, in this order
_INK: Final = "var(--jp-content-font-color1,var(--pst-color-text-base,var(--color-foreground-primary,#1b1b1b)))"
_PAPER: Final = "var(--jp-layout-color0,var(--pst-color-background,var(--color-background-primary,#fff)))"

INK, PAPER = "var(--dm-ink)", "var(--dm-paper)"
BLUE, ORANGE, GREEN, RED, YELLOW, GREY = (
    f"var(--dm-{name})" for name in ("blue", "orange", "green", "red", "yellow", "grey")
)
MONO: Final = "var(--jp-code-font-family,ui-monospace,monospace)"
"""Letters of one width, also where a page resets them, as Voilà does."""

_VARIABLES: Final = f"--dm-ink:{_INK};--dm-paper:{_PAPER};" + "".join(
    f"--dm-{name}:color-mix(in srgb,{hue} {SHARE}%,var(--dm-ink));" for name, hue in HUES.items()
)

THEMES: Final = {
    "JupyterLab, light": ("#212121", "#ffffff"),
    "JupyterLab, dark": ("#ffffff", "#111111"),
    "book, light": ("#222832", "#ffffff"),
    "book, dark": ("#ced6dd", "#14181e"),
    "furo, light": ("#000000", "#ffffff"),
    "furo, dark": ("#cfd0d0", "#131416"),
    "no theme": ("#1b1b1b", "#ffffff"),
}
"""Ink and paper of the pages that show our output, as their style sheets give them; black at 87 per cent is #212121."""


@dataclass(frozen=True, slots=True)
class Paint:
    """Colours of text and lines in a picture that brings its own white ground.

    >>> contrast(Paint().orange, "#ffffff") >= 4.5
    True
    """

    blue: str = "#00629B"
    orange: str = "#AD4C00"
    green: str = "#00734F"
    red: str = "#B82A0C"
    grey: str = "#5a6570"
    brown: str = "#8a3b00"
    pine: str = "#00573f"
    ink: str = "#1b1f24"


@dataclass(frozen=True, slots=True)
class Ground:
    """Pale grounds of cells, boxes and bars in a picture or a table: ``PAINT.ink`` is legible on each.

    >>> contrast(PAINT.ink, Ground().amber) >= 4.5
    True
    """

    white: str = "#ffffff"
    blue: str = "#dcebf5"
    sky: str = "#cfe3f4"
    mist: str = "#eef4fb"
    orange: str = "#f2d7c4"
    sand: str = "#f3dfc0"
    amber: str = "#f8e3c0"
    green: str = "#cfe8df"
    red: str = "#f6cfcf"
    rose: str = "#f2d4cb"
    grey: str = "#f4f5f7"
    silver: str = "#e5e5e5"
    mint: str = "#d8f0de"
    lime: str = "#eef4c8"
    coral: str = "#f6c9c2"
    ash: str = "#e8e8e8"
    cream: str = "#fbe9c6"


@dataclass(frozen=True, slots=True)
class Stroke:
    """Lines in a picture that say nothing by their colour: ``pale`` and ``faint`` lie behind what is to be read.

    >>> contrast(Stroke().grey, "#ffffff") >= 3
    True
    """

    grey: str = "#5f6b76"
    pale: str = "#c3c9d0"
    faint: str = "#dddddd"
    dark: str = "#555555"
    mid: str = "#777777"
    night: str = "#444444"


INK_OF_PAGES: Final = "#1b1b1b"
"""Ink of a page that has no theme."""
PAINT: Final = Paint()
GROUND: Final = Ground()
STROKE: Final = Stroke()


@asked
def contrast(text: str, ground: str) -> float:
    """How far two colours stand apart, 1 to 21, by relative luminance.  [WCAG 2.2, contrast ratio]

    >>> round(contrast("#000000", "#ffffff"), 1), contrast("#777777", "#777777")
    (21.0, 1.0)
    """
    low, high = sorted((_luminance(text), _luminance(ground)))
    return (high + 0.05) / (low + 0.05)


@asked
def mixed(hue: str, ink: str, share: float = SHARE) -> str:
    """``share`` per cent of ``hue`` in ``ink``, as ``color-mix(in srgb, ...)`` gives it.

    >>> mixed("#ffffff", "#000000", 50)
    '#808080'
    """
    pairs = zip(_channels(hue), _channels(ink), strict=True)
    return "#" + "".join(f"{round((a * share + b * (100 - share)) / 100):02x}" for a, b in pairs)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    parts = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (c / 255 for c in _channels(colour))]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def escape(text: object) -> str:
    """Text made safe for HTML and SVG.

    >>> escape('<b> & "c"')
    '&lt;b&gt; &amp; &quot;c&quot;'
    """
    return str(text).translate(_SAFE)


@asked
def picture(svg: str, alt: str) -> str:
    """A drawing as an image with its description: drawn also where a page that is not trusted loses inline SVG.

    >>> picture("<svg/>", 'a "b"')
    '<img src="data:image/svg+xml,%3Csvg/%3E" alt="a &quot;b&quot;" style="max-width:100%">'
    """
    from urllib.parse import quote

    source = quote(svg, safe="/:=,;()!*@?$ ").replace(" ", "%20")
    return f'<img src="data:image/svg+xml,{source}" alt="{escape(alt)}" style="max-width:100%">'


@asked
def themed(html: str) -> str:
    """``html`` where the colours of this module are known; within another such part nothing is added.

    >>> themed("<p>1</p>").startswith('<div class="dmkit" style="--dm-ink:')
    True
    >>> themed(themed("<p>1</p>")) == themed("<p>1</p>")
    True
    """
    return html if html.startswith(_OPENING) else f'{_OPENING}style="{_VARIABLES}">{_no_formulas(html)}</div>'


def _no_formulas(html: str) -> str:
    """Signs of money stand alone, so that no page takes what is between two of them for a formula.

    >>> _no_formulas('<p title="$1">${a}, ${b}</p>')
    '<p title="$1"><span>$</span>{a}, <span>$</span>{b}</p>'
    """
    if "$" not in html:
        return html
    return re.sub(r">[^<]*", lambda text: text[0].replace("$", "<span>$</span>"), html)


_OPENING: Final = '<div class="dmkit" '
_UNSEEN = (*range(9), 11, 12, *range(14, 32), 127, 0xFFFE, 0xFFFF)
_SAFE = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}) | dict.fromkeys(
    _UNSEEN, "\N{REPLACEMENT CHARACTER}"
)


@dataclass(frozen=True, slots=True)
class Look:
    """What a renderer made; a notebook shows the HTML, a terminal the text.

    >>> print(Look("plain", "<b>plain</b>"))
    plain
    """

    text: str
    html: str

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": self.text, "text/html": themed(self.html)}
