"""The state machine of a side of a session as a picture, drawn from its table without any other program.

What leads to the same end from every state is drawn once, from the frame around them; what leads nowhere else stands in
the box of its state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from math import hypot
from typing import Final, TypeAlias

from dmkit.session.states import SessionState
from dmkit.views.look import GROUND, PAINT, Look, escape, picture
from dmkit.views.machine import StateTable, states_text
from dmkit.views.placing import Box, placed
from dmkit.words.arguments import one_of
from dmkit.words.asked import asked

__all__ = ["state_chart"]

_Spot: TypeAlias = tuple[float, float]
_S: Final = SessionState
_SPOTS: Final[Mapping[str, Mapping[SessionState, _Spot]]] = {
    "client": {_S.IDLE: (0, 1), _S.SENT: (1, 1), _S.SRVAUTH: (2, 0), _S.RUN: (2, 2), _S.DONE: (3, 1)},
    "server": {_S.IDLE: (0, 1), _S.AUTH: (1, 0), _S.P1: (1, 2), _S.WAIT: (2, 0), _S.LOB: (2, 2), _S.DONE: (3, 1)},
}
"""Role -> column and row of each state; what is missing stands below the frame."""
_BOX: Final = (128.0, 50.0)
_STEP: Final = (236.0, 104.0)
_EDGE: Final = 26.0


@asked
def state_chart(table: StateTable, role: str) -> Look:
    """The machine of ``role``, client or server: states, what moves from one to another, and how it ends.

    >>> from dmkit.session.states import TRANSITIONS
    >>> print(state_chart(TRANSITIONS, "client").text.splitlines()[0])
    IDLE     start -> SENT
    """
    one_of("role", role, [name for name in _SPOTS if name in table])
    text = states_text(table, role)
    alt = f"States of a {role}: " + "; ".join(text.splitlines())
    return Look(text, f'<figure style="margin:0">{picture(_svg(table[role], _SPOTS[role], role), alt)}</figure>')


def _svg(
    table: Mapping[SessionState, Mapping[StrEnum, SessionState]], spots: Mapping[SessionState, _Spot], role: str
) -> str:
    live = [state for state in table if not state.is_over]
    ends = [state for state in table if state.is_over and state not in spots]
    right = max(column for column, _ in spots.values()) * _STEP[0] + _BOX[0] + 2 * _EDGE
    bottom = max(row for _, row in spots.values()) * _STEP[1] + _BOX[1] + 2 * _EDGE
    wall = max(spots[state][0] for state in live) * _STEP[0] + _BOX[0] + 1.6 * _EDGE  # the frame's right side
    boxes = {state: (_EDGE + x * _STEP[0], _EDGE + y * _STEP[1]) for state, (x, y) in spots.items()}
    boxes |= {state: (_EDGE + (n + 1) * _STEP[0], bottom + 62) for n, state in enumerate(ends)}
    arrows = list(_arrows(table, set(ends)))
    both = {(start, end) for start, end, _ in arrows}
    lines = [(_line(boxes, start, end, 9 * ((end, start) in both)), moves) for start, end, moves in arrows]
    taken = [(x, y, x + _BOX[0], y + _BOX[1]) for x, y in boxes.values()]
    labels = placed([list(_places(line, moves)) for line, moves in lines], taken, (0, 0, right, bottom))
    parts = [f'<rect x="8" y="8" width="{wall - 16}" height="{bottom - 8}" rx="12" fill="{GROUND.mist}" '
             f'stroke="{PAINT.grey}" stroke-dasharray="4 4"/>']  # fmt: skip
    for line, _ in lines:
        parts.append(_stroke(line))
    for end in ends:
        x, y = boxes[end][0] + _BOX[0] / 2, boxes[end][1]
        how = _into(table, end)
        parts += [_stroke((x, bottom, x, y - 2)), _label([how], (x + 8, bottom + 18), "start")]
    parts += [_state(state, boxes[state], _stays(table, state)) for state in boxes]
    for (line, moves), at in zip(lines, labels, strict=True):
        box = list(_places(line, moves))[at]
        parts.append(_label(moves, ((box[0] + box[2]) / 2, box[1] + 10)))
    height = bottom + 62 + _BOX[1] + 14
    head = (
        '<marker id="m" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto">'
        f'<path d="M0 0 10 5 0 10z" fill="{PAINT.blue}"/></marker>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {right} {height}" width="{right}" role="img" '
        f'font-family="system-ui, Helvetica, Arial, sans-serif" font-size="12" fill="{PAINT.ink}">'
        f"<title>States of a {escape(role)}</title><defs>{head}</defs>"
        f'<rect width="{right}" height="{height}" fill="#fff"/>{"".join(parts)}</svg>'
    )


def _arrows(
    table: Mapping[SessionState, Mapping[StrEnum, SessionState]], ends: set[SessionState]
) -> Iterator[tuple[SessionState, SessionState, list[str]]]:
    """From, to, and the moves that lead there; loops and what ends it are left out."""
    for start, moves in table.items():
        found: dict[SessionState, list[str]] = {}
        for move, end in moves.items():
            if not start.is_over and end is not start and end not in ends:
                found.setdefault(end, []).append(move.value)
        yield from ((start, end, names) for end, names in found.items())


def _stays(table: Mapping[SessionState, Mapping[StrEnum, SessionState]], state: SessionState) -> list[str]:
    return [] if state.is_over else [move.value for move, end in table[state].items() if end is state]


def _into(table: Mapping[SessionState, Mapping[StrEnum, SessionState]], end: SessionState) -> str:
    """The moves that lead to an end, and from where when that is not from everywhere."""
    live = [state for state in table if not state.is_over]
    moves = dict.fromkeys(move.value for state in live for move, to in table[state].items() if to is end)
    never = [state.value for state in live if end not in table[state].values()]
    return ", ".join(moves) + (f"; not in {', '.join(never)}" if never else "")


def _line(boxes: Mapping[SessionState, _Spot], start: SessionState, end: SessionState, aside: float) -> Box:
    """From border to border, ``aside`` of the way where there is a way back, which then has room beside it."""
    (x1, y1), (x2, y2) = ((x + _BOX[0] / 2, y + _BOX[1] / 2) for x, y in (boxes[start], boxes[end]))
    length = hypot(x2 - x1, y2 - y1)
    nx, ny = -(y2 - y1) / length * aside, (x2 - x1) / length * aside
    share = min((_BOX[n] / 2 + 2) / abs(way) for n, way in enumerate((x2 - x1, y2 - y1)) if way)
    dx, dy = (x2 - x1) * share, (y2 - y1) * share
    return x1 + dx + nx, y1 + dy + ny, x2 - dx + nx, y2 - dy + ny


def _places(line: Box, moves: Sequence[str]) -> Iterator[Box]:
    """Boxes of a label: on its line first, then beside it."""
    x1, y1, x2, y2 = line
    width, height = 6.2 * max(map(len, moves)), 14.0 * len(moves)
    for dx, dy in ((0.0, 0.0), (0.0, -height / 2 - 5), (0.0, height / 2 + 5), (width / 2 + 6, 0.0)):
        for share in (0.5, 0.36, 0.64, 0.25, 0.75):
            x, y = x1 + (x2 - x1) * share + dx, y1 + (y2 - y1) * share + dy
            yield x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _stroke(line: Box) -> str:
    x1, y1, x2, y2 = line
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{PAINT.blue}" stroke-width="1.6" '
        'marker-end="url(#m)"/>'
    )


def _label(rows: Sequence[str], spot: _Spot, anchor: str = "middle") -> str:
    x, y = spot
    text = "".join(f'<tspan x="{x:.1f}" y="{y + 14 * n:.1f}">{escape(row)}</tspan>' for n, row in enumerate(rows))
    return f'<text text-anchor="{anchor}" stroke="#fff" stroke-width="4" paint-order="stroke">{text}</text>'


def _state(state: SessionState, spot: _Spot, stays: Sequence[str]) -> str:
    x, y = spot
    middle, ring = x + _BOX[0] / 2, 2.6 if state.is_over else 1.2
    lines = [f"stays: {stays[0]}", *stays[1:]] if stays else [""]
    small = "".join(
        f'<text x="{middle}" y="{y + 27 + 10 * n}" text-anchor="middle" font-size="9.5">{escape(line)}</text>'
        for n, line in enumerate(_two(lines))
    )
    return (
        f'<rect x="{x}" y="{y}" width="{_BOX[0]}" height="{_BOX[1]}" rx="8" fill="#fff" stroke="{PAINT.ink}" '
        f'stroke-width="{ring}"/><text x="{middle}" y="{y + (15 if stays else 30)}" text-anchor="middle" '
        f'font-weight="bold">{escape(state.value)}</text>{small}'
    )


def _two(words: Sequence[str]) -> list[str]:
    """Words in lines of at most 24 letters."""
    lines = [""]
    for word in words:
        longer = f"{lines[-1]}, {word}" if lines[-1] else word
        lines = [*lines[:-1], longer] if len(longer) <= 24 else [*lines[:-1], f"{lines[-1]},", word]
    return lines
