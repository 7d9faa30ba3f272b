"""Readings in pictures and pages: two ladders side by side with the message where they part, tables in Markdown.

>>> from dmkit.workbench.readings.cases import cases
>>> from dmkit.workbench.readings.meeting import meet
>>> from dmkit.workbench.readings.switches import switch_of
>>> met = meet(switch_of("TreeRules.query_first"), True, cases("T29")[0])
>>> "C2: Status SyncHdr 200, Get 406" in side_by_side(met.worst)
True
"""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final

from dmkit.views.look import MONO, Look, escape
from dmkit.words.asked import asked
from dmkit.workbench.readings.cases import cases
from dmkit.workbench.readings.dm2 import meet_dm2
from dmkit.workbench.readings.meeting import Meeting, Met, meet
from dmkit.workbench.readings.ranking import recorded
from dmkit.workbench.readings.switches import shown, switch_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ladders", "markdown_table", "met_of", "side_by_side"]

_WIDTH: Final = 58
_CELL: Final = "text-align:left;vertical-align:top;padding:1px 10px 1px 0"


def met_of(name: str, rival: str, case: str) -> Met:
    """The meeting that a row of the frame tells of: ``rival`` as the frame shows it."""
    switch = switch_of(name)
    value = next(value for value in switch.rivals if shown(value) == rival)
    if switch.owner == "Dm2Rules":
        return next(one for one in meet_dm2(switch, value) if one.case == case)
    return meet(switch, value, cases(case)[0])


def _lines(seen: Any) -> list[str]:
    if not isinstance(seen.talk, tuple):  # DM 2.0
        return [f"{'C' if line.receiver != 'client' else 'S'}: {text}"
                for line, text in zip(seen.talk.lines, seen.wire, strict=True)]  # fmt: skip
    return [f"{line.label}: {line.summary}" for talk in seen.talk for line in talk]


def _ends(seen: Any) -> str:
    bad = sorted({end for end in seen.ended.values() if end != "DONE"})
    return f"ends: {'; '.join(bad)}" if bad else "ends well"


def side_by_side(pair: Meeting, heads: tuple[str, str] | None = None, *, width: int = _WIDTH) -> str:
    """The run of a pair beside the run that its server expects; ``>`` marks the first message that differs.

    ``heads`` stand above the two in place of the readings; a column is ``width`` letters wide.

    Where no message differs, the last line says what state does.
    """
    lines = []
    for mark, one, other in _rows(pair, heads):
        a, b = wrap(one, width) or [""], wrap(other, width) or [""]
        for n in range(max(len(a), len(b))):
            first, second = a[n] if n < len(a) else "", b[n] if n < len(b) else ""
            lines.append(f"{mark if n == 0 else ' ':<2}{first:<{width}} | {second}".rstrip())
    return "\n".join([*lines, *wrap(_left(pair), 2 * width)])


def _left(pair: Meeting) -> str:
    return f"left behind: {', '.join(pair.wrong)} ({_difference(pair)})" if pair.wrong else ""


def _rows(pair: Meeting, heads: tuple[str, str] | None = None) -> list[tuple[str, str, str]]:
    """A mark, what stands on the left and on the right: heads, messages, ends."""
    left, right = _lines(pair.run), _lines(pair.expected)
    heads = heads or (f"device {shown(pair.device)}, server {shown(pair.server)}", f"both {shown(pair.server)}")
    rows = [("", *heads)]
    for number in range(max(len(left), len(right))):
        mark = ">" if pair.parts == number + 1 else " "
        rows.append((mark, left[number] if number < len(left) else "", right[number] if number < len(right) else ""))
    return [*rows, ("", _ends(pair.run), _ends(pair.expected))]


def _difference(pair: Meeting) -> str:
    """The first thing about which somebody is wrong, with both values."""
    for who, state, believed in (("server", pair.run.device, pair.expected.device),
                                 ("device", pair.run.server, pair.other.server)):  # fmt: skip
        for facet in state:
            mine, theirs = state[facet], believed[facet]
            if mine == theirs or f"{who} on {facet}" not in pair.wrong:
                continue
            if isinstance(mine, dict) and isinstance(theirs, dict):
                at = next(key for key in [*mine, *theirs] if mine.get(key) != theirs.get(key))
                return f"{at}: {_short(mine.get(at))}, and the {who} believes {_short(theirs.get(at))}"
            return f"{facet}: {_short(mine)}, and the {who} believes {_short(theirs)}"
    return ""


def _short(value: object) -> str:
    text = "nothing" if value is None or value == () else str(value)
    return text if len(text) < 60 else f"{text[:50]}..."


@asked
def ladders(name: str, rival: str | None = None, case: str | None = None) -> Look:
    """Both ladders of a switch: ``rival`` the first, ``case`` the one that gives the class in the record, if not said.

    >>> print(ladders("TreeRules.keep_implicit").text.splitlines()[-1][:20])
    left behind: server
    """
    rows = recorded()
    rows = rows[rows["switch"] == switch_of(name).name]
    chosen = rows.iloc[0] if rival is None else rows[rows["rival"] == rival].iloc[0]
    met = met_of(name, str(chosen["rival"]), case or str(chosen["example"]))
    head, *parts = _rows(met.worst)
    heads = "".join(f'<th scope="col" style="{_CELL}">{escape(part)}</th>' for part in head)
    body = "".join(f"<tr>{''.join(f'<td style={chr(34)}{_CELL}{chr(34)}>{escape(part)}</td>' for part in row)}</tr>"
                   for row in parts)  # fmt: skip
    table = (f'<table style="border-collapse:collapse;font-family:{MONO};font-size:90%"><thead><tr>{heads}</tr></thead>'
             f"<tbody>{body}</tbody></table>")  # fmt: skip
    left = f"<p>{escape(_left(met.worst))}</p>" if met.worst.wrong else ""
    return Look(side_by_side(met.worst), f"{table}{left}")


def markdown_table(frame: pd.DataFrame, columns: Iterable[str]) -> str:
    """A frame as a table in Markdown; bars inside of cells are escaped."""
    names = list(columns)
    rows = [names, ["---"] * len(names)]
    rows += [
        [str(row[name]).replace("|", "\\|").replace("\n", " ") for name in names] for row in frame.to_dict("records")
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
