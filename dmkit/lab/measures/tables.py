"""Tables to be read from the first row to the last, where a notebook would leave out the middle of a frame."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING, Final

from dmkit.views.look import GREEN, RED, Look, escape
from dmkit.words.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["listing", "whole"]

_CELL = "padding:1px 8px;text-align:"
_NUMBER: Final = re.compile(r"-?[0-9][0-9,.]*(e[-+]?[0-9]+)?|[-\N{EN DASH}\N{INFINITY}]*")


def whole(frame: pd.DataFrame, columns: Sequence[str] | None = None, *, digits: int = 5) -> Look:
    """All rows of ``frame``, numbers with ``digits`` significant digits, claims as a mark and a word.

    ConfigError for a column that is not there.

    >>> import pandas as pd
    >>> print(whole(pd.DataFrame({"n": [1, 2]})))
    n
    1
    2
    """
    names = list(columns) if columns is not None else [str(name) for name in frame.columns]
    absent = [name for name in names if name not in frame.columns]
    if absent:
        raise ConfigError(f"the table has no column {absent[0]!r}; there are {', '.join(map(str, frame.columns))}")
    rows = [[_text(value, digits) for value in row] for row in frame[names].itertuples(index=False)]
    sides = ["right" if all(map(_NUMBER.fullmatch, column)) else "left" for column in zip(*rows, strict=True)]
    sides = sides or ["left"] * len(names)
    head = "".join(
        f'<th scope="col" style="{_CELL}{side}">{escape(name)}</th>' for name, side in zip(names, sides, strict=True)
    )
    body = "".join(f"<tr>{''.join(map(_cell, row, sides))}</tr>" for row in rows)
    html = (
        '<div style="max-height:36em;overflow:auto"><table style="border-collapse:collapse">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
    widths = [max(len(row[at]) for row in [names, *rows]) for at in range(len(names))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in [names, *rows]]
    return Look("\n".join(line.rstrip() for line in lines), html)


def listing(frame: pd.DataFrame, *, most: int = 60, digits: int = 5) -> Look:
    """``frame`` as a notebook shows it: no cell cut, ``most`` rows and the count of the rest.

    Attributes (seed, version ...) stay with the frame.

    >>> import pandas as pd
    >>> print(listing(pd.DataFrame({"n": range(100)}), most=2))
    n
    0
    1
    98 more rows
    """
    import pandas as pd

    plain = isinstance(frame.index, pd.RangeIndex) and frame.index.name is None
    flat = frame if plain else frame.reset_index()
    flat = flat.rename(columns={"index": ""}) if "index" not in frame.columns else flat
    heads = [" ".join(str(p) for p in c if p != "") if isinstance(c, tuple) else str(c) for c in flat.columns]
    look = whole(flat.head(most).set_axis(heads, axis=1), digits=digits)
    left = len(flat) - most
    if left <= 0:
        return look
    rest = f"{left:,} more row{'s' * (left > 1)}"
    return Look(f"{look.text}\n{rest}", f"{look.html}<p><small>{rest}</small></p>")


def _text(value: object, digits: int) -> str:
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool):
        return "✓ yes" if value else "✗ no"
    if not isinstance(value, float):
        return "" if value is None else str(value)
    if not isfinite(value):
        return "–" if value != value else "∞" if value > 0 else "-∞"
    text = f"{value:.{digits}g}"
    return f"{value:.0f}" if "e" in text and 1 <= abs(value) < 1e15 else text


def _cell(text: str, side: str) -> str:
    colour = {"✓ yes": f";color:{GREEN}", "✗ no": f";color:{RED}"}.get(text, "")
    return f'<td style="{_CELL}{side}{colour}">{escape(text)}</td>'
