"""Tables to be read from the first row to the last, where a notebook would leave out the middle of a frame."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from dmkit.lab.runs.digits import to_error
from dmkit.sim.provenance import made_by
from dmkit.views.look import GREEN, RED, Look, escape
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["framed", "head_of", "listing", "of_texts", "whole"]

_NAME: Final = 28
"""Letters of a first column that stays in one line."""
_MANY, _SHORT = 10, 22
"""Columns of a table that is wider than a page and scrolled; letters of a text that then stays in one line."""
_MOST: Final = 60
"""Rows of a frame that a notebook shows."""
_CELL = "padding:1px 8px;text-align:"
_UNITS: Final = {unit: unit for unit in ("s", "ms", "µs", "min", "h", "days", "J", "mJ", "W", "MB", "octets", "%")} | {
    "us": "µs", "seconds": "s", "milliseconds": "ms", "microseconds": "µs", "minutes": "min", "hours": "h",
    "joules": "J", "gigabytes": "GB",
}  # fmt: skip
"""First word of what a frame says of a column -> unit that a head has room for; the frame says more in ``attrs``."""
_NUMBER: Final = re.compile(r"-?[0-9][0-9,.]*(e[-+]?[0-9]+)?|[-\N{EN DASH}\N{INFINITY}]*")


def framed(rows: list[dict[str, object]], units: Mapping[str, str], what: str, **parameters: object) -> pd.DataFrame:
    """``rows`` as the frame of measure ``what``, with what made it and the units of its columns.

    >>> framed([{"n": 1}], {"n": "messages"}, "one").attrs["units"]
    {'n': 'messages'}
    """
    import pandas as pd

    frame = pd.DataFrame(rows, columns=list(units))
    frame.attrs = {"measure": what, **made_by(), "parameters": parameters, "units": dict(units)}
    return frame


@asked
def whole(frame: pd.DataFrame, columns: Sequence[str] | None = None, *, digits: int = 5, by: str | None = None) -> Look:
    """All rows of ``frame``, numbers with ``digits`` significant digits, claims as a mark and a word.

    A column beside which ``± name`` or ``half`` stands has the digits that its error leaves certain; any other has as
    many decimals in each row, where that makes nothing up, and ``attrs["mixed"]`` does not name it as one whose rows
    are of different quantities.  Units that the frame states stand in the heads.  ``by``
    names a column whose equal values make a group with a line of its own.  ConfigError for a column that is not there.

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
    errors = _errors(names)
    settled = {*errors, *errors.values(), *frame.attrs.get("mixed", ())}
    decimals = {name: _decimals(frame[name], digits) for name in names if name not in settled}
    rows = [
        [exact[name] if name in exact else _text(value, digits, decimals.get(name))
         for name, value in zip(names, row, strict=True)]
        for row in frame[names].itertuples(index=False)
        for exact in [_exact(dict(zip(names, row, strict=True)), errors)]
    ]  # fmt: skip
    groups = list(frame[by]) if by is not None else None
    return _written([head_of(name, frame.attrs) for name in names], rows, groups)


def _written(names: Sequence[str], rows: Sequence[Sequence[str]], groups: Sequence[object] | None = None) -> Look:
    """A table of texts below the heads ``names``; rows of one of ``groups`` have a line of its own above them."""
    sides = ["right" if _numeric(column) else "left" for column in zip(*rows, strict=True)]
    sides = sides or ["left"] * len(names)
    wraps = [_wrap(at, [row[at] for row in rows], len(names)) for at in range(len(names))]
    breaks = "_<wbr>" if len(names) >= _MANY else "_"
    head = "".join(
        f'<th scope="col" style="{_CELL}{side}">{escape(name).replace("_", breaks)}</th>'
        for name, side in zip(names, sides, strict=True)
    )
    widths = [max(len(row[at]) for row in [names, *rows]) for at in range(len(names))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(names, widths, strict=True))]
    body: str = ""
    before: object = ""
    for group, row in zip(groups or [""] * len(rows), rows, strict=True):
        if groups is not None and group != before:
            before = group
            lines += ["", str(group)]
            body += f'<tr><th scope="rowgroup" colspan="{len(names)}" style="{_CELL}left">{escape(group)}</th></tr>'
        body += f"<tr>{''.join(map(_cell, row, sides, wraps))}</tr>"
        lines.append("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)))
    html = (
        '<div style="max-height:36em;overflow:auto"><table style="border-collapse:collapse">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
    return Look("\n".join(line.rstrip() for line in lines), html)


def of_texts(names: Sequence[str], rows: Sequence[Sequence[str]], *, most: int = _MOST) -> Look:
    """As ``listing`` shows a frame of texts: the heads ``names``, ``most`` rows and the count of the rest.

    >>> print(of_texts(["design", "listen"], [["basic", "X"]]))
    design  listen
    basic   X
    """
    return _with_rest(_written(names, rows[:most]), len(rows) - most)


def listing(frame: pd.DataFrame, *, most: int = _MOST, digits: int = 5) -> Look:
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
    shown = flat.head(most).set_axis(heads, axis=1)
    shown.attrs = frame.attrs
    return _with_rest(whole(shown, digits=digits), len(flat) - most)


def _with_rest(look: Look, left: int) -> Look:
    """``look``, and below it how many rows are ``left``."""
    if left <= 0:
        return look
    rest = f"{many(left, 'more row', form=',')}"
    return Look(f"{look.text}\n{rest}", f"{look.html}<p><small>{rest}</small></p>")


def _errors(names: Sequence[str]) -> dict[str, str]:
    """Column -> the column of its error."""
    found = {name: f"± {name}" for name in names if f"± {name}" in names}
    return found | {before: "half" for before, name in pairwise(names) if name == "half"}


def _exact(row: Mapping[str, object], errors: Mapping[str, str]) -> dict[str, str]:
    """Cells whose digits their error settles."""
    cells: dict[str, str] = {}
    for name, error in errors.items():
        mean, half = row[name], row[error]
        if isinstance(mean, float | int) and isinstance(half, float) and (pair := to_error(mean, half)):
            cells[name], cells[error] = pair
    return cells


def head_of(name: str, attrs: Mapping[Any, Any]) -> str:
    """The head of a column: its name, and its unit where ``attrs`` of the frame state one that the name does not tell.

    >>> told = {"units": {"energy": "J, mean of a device", "delay": "seconds", "server_hours": "h of work"}}
    >>> [head_of(name, told) for name in ("energy", "± energy", "Δ delay", "server_hours", "n")]
    ['energy, J', '± energy, J', 'Δ delay, s', 'server_hours', 'n']
    """
    stated = (attrs.get(key) for key in ("units", "columns"))
    told: Mapping[str, object] = next((texts for texts in stated if isinstance(texts, Mapping)), {})
    text = told.get(name, told.get(name.removeprefix("± ").removeprefix("Δ ")))
    first = re.split(r"[ ,:;]", text, maxsplit=1)[0] if isinstance(text, str) else ""
    unit = _UNITS.get(first, "")
    return name if not unit or unit in map(_UNITS.get, re.split(r"[^\w%]+|_", name)) else f"{name}, {unit}"


def _decimals(column: pd.Series[Any], digits: int) -> int | None:
    """Decimals that each number of a column can be given: none of them then has more than ``digits`` digits."""
    if column.dtype.kind != "f":
        return None
    values = [float(value) for value in column if isfinite(value)]
    texts = [f"{value:.{digits}g}" for value in values]
    if not values or any("e" in text for text in texts):
        return None
    most = max(len(text.partition(".")[2]) for text in texts)
    return most if all(len(f"{abs(v):.{most}f}".replace(".", "").lstrip("0")) <= digits for v in values) else None


def _text(value: object, digits: int, decimals: int | None = None) -> str:
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool):
        return "✓ yes" if value else "✗ no"
    if not isinstance(value, float):
        return "" if value is None else str(value)
    if not isfinite(value):
        return "–" if value != value else "∞" if value > 0 else "-∞"
    if decimals is not None:
        return f"{value:.{decimals}f}"
    text = f"{value:.{digits}g}"
    return f"{value:.0f}" if "e" in text and 1 <= abs(value) < 1e15 else text


def _numeric(column: Sequence[str]) -> bool:
    """Numbers stand on the right, also among signs for none; signs alone are no numbers."""
    return all(map(_NUMBER.fullmatch, column)) and any(text.strip("-\N{EN DASH}") for text in column)


def _wrap(at: int, column: Sequence[str], columns: int) -> str:
    """A mean stays beside its error; where columns press each other, short texts stay whole."""
    longest = max(map(len, column), default=0)
    whole = longest <= _NAME if at == 0 else (columns >= _MANY and longest <= _SHORT)
    return ";white-space:nowrap" if whole or any(" ± " in text for text in column) else ""


def _cell(text: str, side: str, wrap: str = "") -> str:
    colour = {"✓ yes": f";color:{GREEN}", "✗ no": f";color:{RED}"}.get(text, "")
    return f'<td style="{_CELL}{side}{colour}{wrap}">{escape(text)}</td>'
