"""State machines drawn from their table."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from dmkit.session.states import SessionState
from dmkit.views.look import GREY, escape
from dmkit.words.asked import asked

__all__ = ["states_html", "states_mermaid", "states_text"]

StateTable = Mapping[str, Mapping[SessionState, Mapping[StrEnum, SessionState]]]


@asked
def states_mermaid(table: StateTable, role: str) -> str:
    """The machine of ``role`` as a Mermaid state diagram; arrows between the same states share one label.

    >>> from dmkit.session.states import TRANSITIONS
    >>> states_mermaid(TRANSITIONS, "client").splitlines()[0]
    'stateDiagram-v2'
    """
    rows = [
        "stateDiagram-v2",
        f"  accTitle: States of a {role}",
        f"  accDescr: What moves a {role} from state to state in a session",
        "  direction LR",
        "  [*] --> IDLE",
    ]
    arrows: dict[tuple[str, str], list[str]] = {}
    for state, moves in table[role].items():
        for move, after in moves.items():
            arrows.setdefault((state.value, after.value), []).append(move.value)
    rows += [f"  {a} --> {b}: {', '.join(moves)}" for (a, b), moves in arrows.items()]
    rows += [f"  {state.value} --> [*]" for state in table[role] if state.is_over]
    return "\n".join(rows) + "\n"


@asked
def states_html(table: StateTable, role: str) -> str:
    """The same as a table: a row per state, a column per move; an empty cell is a move that is refused.

    >>> from dmkit.session.states import TRANSITIONS
    >>> "<table" in states_html(TRANSITIONS, "client")
    True
    """
    moves = list(dict.fromkeys(move for row in table[role].values() for move in row))
    left = "text-align:left"
    head = "".join(f'<th scope="col" style="{left}">{escape(move.value)}</th>' for move in moves)
    rows = "".join(
        f'<tr><th scope="row" style="{left}" title="{escape(state.meaning)}">{escape(state.value)}</th>'
        + "".join(f'<td style="{left}">{escape(row[move].value) if move in row else ""}</td>' for move in moves)
        + "</tr>"
        for state, row in table[role].items()
    )
    caption = f'<caption style="color:{GREY}">States of a {escape(role)}: what follows from each move</caption>'
    return f"<table>{caption}<thead><tr><th></th>{head}</tr></thead><tbody>{rows}</tbody></table>"


@asked
def states_text(table: StateTable, role: str) -> str:
    """The same, a line per state.

    >>> from dmkit.session.states import TRANSITIONS
    >>> print(states_text(TRANSITIONS, "client").splitlines()[0])
    IDLE     start -> SENT
    """
    rows = []
    for state, moves in table[role].items():
        text = ", ".join(f"{move.value} -> {after.value}" for move, after in moves.items())
        rows.append(f"{state.value:<8} {text or '(over)'}")
    return "\n".join(rows)
