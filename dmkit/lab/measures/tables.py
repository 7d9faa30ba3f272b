"""Tables to be read from the first row to the last, where a notebook would leave out the middle of a frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dmkit.views.look import GREEN, RED, Look, escape
from dmkit.words.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["whole"]

_CELL = "padding:1px 8px;text-align:"


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
    head = "".join(f'<th scope="col" style="{_CELL}left">{escape(name)}</th>' for name in names)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    html = (
        '<div style="max-height:36em;overflow:auto"><table style="border-collapse:collapse">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
    widths = [max(len(row[at]) for row in [names, *rows]) for at in range(len(names))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in [names, *rows]]
    return Look("\n".join(line.rstrip() for line in lines), html)


def _text(value: object, digits: int) -> str:
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool):
        return "✓ yes" if value else "✗ no"
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)


def _cell(text: str) -> str:
    colour = {"✓ yes": f";color:{GREEN}", "✗ no": f";color:{RED}"}.get(text, "")
    side = "right" if text[:1].isdigit() or text[:1] == "-" else "left"
    return f'<td style="{_CELL}{side}{colour}">{escape(text)}</td>'
