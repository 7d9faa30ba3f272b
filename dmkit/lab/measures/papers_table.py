r"""Tables for a paper: LaTeX with means and half widths in one cell, rounded by their error.

>>> import pandas as pd
>>> frame = pd.DataFrame({"servers": [1, 2], "n": [5, 5], "t95": [1234.5, 310.2], "± t95": [61.7, 4.03]})
>>> print(latex(frame, caption="Until 95 % were done", label="tab:servers"))
\begin{table}
\caption{Until 95 \% were done}
\label{tab:servers}
\begin{tabular}{rrr}
\hline
servers & n & t95 \\
\hline
1 & 5 & $1234 \pm 62$ \\
2 & 5 & $310.2 \pm 4.0$ \\
\hline
\end{tabular}
\end{table}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite, isnan
from typing import TYPE_CHECKING, Any, Final

from dmkit.lab.measures.tables import head_of
from dmkit.lab.runs.digits import to_error
from dmkit.words.asked import asked
from dmkit.words.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["escaped", "latex", "with_error"]

_SPECIAL: Final = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "±": r"$\pm$",
        "Δ": r"$\Delta$",
        "\N{INFINITY}": r"$\infty$",
        **{letter: "\\" + letter for letter in "&%$#_{}"},
    }
)


@asked
def latex(
    frame: pd.DataFrame, columns: Sequence[str] | None = None, *, caption: str = "", label: str = "", digits: int = 4
) -> str:
    """``frame`` as a ``table`` of LaTeX that needs no package; a column ``± x`` goes into the cells of ``x``.

    ``columns`` are those to show, by default all; heads bear the units that the frame states.  Numbers without an error
    have ``digits`` significant digits.  ConfigError for a column that is not there.

    >>> import pandas as pd
    >>> print(latex(pd.DataFrame({"design": ["plain"], "share": [0.5], "± share": [0.01]})).splitlines()[5])
    plain & $0.500 \\pm 0.010$ \\\\
    """
    names = list(columns) if columns is not None else [str(name) for name in frame.columns]
    absent = [name for name in names if name not in frame.columns]
    if absent:
        raise ConfigError(f"the table has no column {absent[0]!r}; there are {', '.join(map(str, frame.columns))}")
    shown = [name for name in names if not name.startswith("± ")]
    rows = [[_cell(row, name, digits) for name in shown] for row in frame.to_dict("records")]
    sides = ["l" if any(isinstance(value, str) for value in frame[name]) else "r" for name in shown]
    head = [r"\begin{table}"]
    head += [rf"\caption{{{escaped(caption)}}}"] if caption else []
    head += [rf"\label{{{label}}}"] if label else []
    head += [rf"\begin{{tabular}}{{{''.join(sides)}}}", r"\hline"]
    head += [_row([escaped(head_of(name, frame.attrs)) for name in shown]), r"\hline"]
    return "\n".join([*head, *map(_row, rows), r"\hline", r"\end{tabular}", r"\end{table}"])


def with_error(mean: float, half: float) -> str:
    r"""A mean and its half width in math mode: the error with two significant digits, the mean to the same place.

    >>> with_error(1703.4, 121.0), with_error(0.66667, 0.0), with_error(2.5, float("nan"))
    ('$1700 \\pm 120$', '$0.6667$', '$2.5$')
    """
    if not isfinite(mean):
        return _number(mean, 4)
    pair = to_error(mean, half)
    return rf"${pair[0]} \pm {pair[1]}$" if pair else f"${_number(mean, 4)}$"


def escaped(text: str) -> str:
    r"""Text whose letters mean themselves in LaTeX.

    >>> print(escaped("50 % of c_1 & c_2"))
    50 \% of c\_1 \& c\_2
    """
    return text.translate(_SPECIAL)


def _row(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"


def _cell(row: Mapping[Any, Any], name: str, digits: int) -> str:
    value, half = row[name], row.get(f"± {name}")
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        if half is not None and isinstance(half, int | float):
            return with_error(float(value), float(half))
        return _number(value, digits)
    return "--" if value is None else escaped(str(value))


def _number(value: float, digits: int) -> str:
    if isnan(value):
        return "--"
    if not isfinite(value):
        return r"$\infty$" if value > 0 else r"$-\infty$"
    text = f"{value:.{digits}g}"
    return f"{value:.0f}" if "e" in text and 1 <= abs(value) < 1e15 else text
