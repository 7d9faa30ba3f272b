"""A look at something: text for a terminal, HTML for a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

__all__ = ["BLUE", "GREEN", "GREY", "INK", "ORANGE", "RED", "Look", "escape", "picture"]

# Okabe and Ito's palette: told apart by people with any colour vision
BLUE, ORANGE, GREEN, RED, GREY, INK = "#0072B2", "#D55E00", "#009E73", "#CC3311", "#5f6b76", "#1b1f24"


def escape(text: object) -> str:
    """Text made safe for HTML and SVG.

    >>> escape('<b> & "c"')
    '&lt;b&gt; &amp; &quot;c&quot;'
    """
    return str(text).translate(_SAFE)


def picture(svg: str, alt: str) -> str:
    """A drawing as an image with its description: drawn also where a page that is not trusted loses inline SVG.

    >>> picture("<svg/>", 'a "b"')
    '<img src="data:image/svg+xml,%3Csvg/%3E" alt="a &quot;b&quot;" style="max-width:100%">'
    """
    source = quote(svg, safe="/:=,;()!*@?$ ").replace(" ", "%20")
    return f'<img src="data:image/svg+xml,{source}" alt="{escape(alt)}" style="max-width:100%">'


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
        return {"text/plain": self.text, "text/html": self.html}
