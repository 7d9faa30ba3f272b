"""State machines of management objects, drawn from their tables.

>>> from dmkit.mo.lawmo import MACHINE
>>> print(statechart(MACHINE).text.splitlines()[1])
10 Fully locked      Exec FullyLock -> 10, Exec PartiallyLock -> 20, Exec FactoryReset -> 30, Exec Wipe -> 10, \
Exec UnLock -> 30
"""

from __future__ import annotations

from math import hypot
from typing import Final

from dmkit.mo.machine import Machine, ObjectState
from dmkit.views.look import GROUND, PAINT, Look, escape, picture

__all__ = ["statechart", "statechart_svg"]

_BOX: Final = (176, 44)
_STEP: Final = (300, 128)
_EDGE: Final = 24
_Arrow = tuple[ObjectState, ObjectState, str]


def statechart(machine: Machine) -> Look:
    """The machine as a picture with its table as text; moves that pass through other states are in the text only.

    >>> from dmkit.mo.lawmo import MACHINE
    >>> len(str(statechart(MACHINE))) > 0
    True
    """
    width = max(len(str(state)) for state in machine.table) + 1
    lines = [f"{machine.name}: {len(machine.table)} states, {len(list(machine.events))} events"]
    for state, moves in machine.table.items():
        found = (f"{e.value} -> {' -> '.join(str(int(s)) for s in (*m.via, m.to))}" for e, m in moves.items())
        lines.append(f"{state!s:<{width}} {', '.join(found) or '(nothing more)'}")
    alt = f"States of {machine.name}: " + "; ".join(lines[1:])
    return Look("\n".join(lines), picture(statechart_svg(machine), alt))


def _arrows(machine: Machine) -> list[_Arrow]:
    """One arrow per pair of states and cause: from, to, who causes it."""
    found: dict[_Arrow, None] = {}
    for state, moves in machine.table.items():
        for event, move in moves.items():
            if not move.via and move.to is not state:
                found[state, move.to, event.by] = None
    return list(found)


def statechart_svg(machine: Machine) -> str:
    """The picture: solid blue arrows for commands of the server, dashed orange ones for what the device does."""
    columns = max(column for column, _ in machine.spots.values())
    rows = max(row for _, row in machine.spots.values())
    width = columns * _STEP[0] + _BOX[0] + 2 * _EDGE
    height = rows * _STEP[1] + _BOX[1] + 2 * _EDGE + 30
    arrows = _arrows(machine)
    parts = [_arrow(machine, arrow, arrows) for arrow in arrows]
    parts += [_state(machine, state) for state in machine.table]
    base = height - 12
    key = (f'<line x1="{_EDGE}" y1="{base}" x2="{_EDGE + 40}" y2="{base}" stroke="{PAINT.blue}" stroke-width="2"/>'
           f'<text x="{_EDGE + 48}" y="{base + 4}">a command of the server</text>'
           f'<line x1="{_EDGE + 230}" y1="{base}" x2="{_EDGE + 270}" y2="{base}" stroke="{PAINT.orange}" '
           f'stroke-width="2" stroke-dasharray="6 4"/>'
           f'<text x="{_EDGE + 278}" y="{base + 4}">the device by itself</text>')  # fmt: skip
    heads = "".join(
        f'<marker id="{name}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
        f'orient="auto"><path d="M0 0 10 5 0 10z" fill="{colour}"/></marker>'
        for name, colour in (("s", PAINT.blue), ("d", PAINT.orange))
    )
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img" '
            f'font-family="sans-serif" font-size="12" fill="{PAINT.ink}">'
            f"<title>States of {escape(machine.name)}</title>"
            f'<defs>{heads}</defs><rect width="{width}" height="{height}" fill="#fff"/>'
            f"{''.join(parts)}{key}</svg>")  # fmt: skip


def _middle(machine: Machine, state: ObjectState) -> tuple[float, float]:
    column, row = machine.spots[state]
    return _EDGE + column * _STEP[0] + _BOX[0] / 2, _EDGE + row * _STEP[1] + _BOX[1] / 2


def _state(machine: Machine, state: ObjectState) -> str:
    x, y = _middle(machine, state)
    colour, line = (GROUND.mist, PAINT.blue) if state.busy else ("#fff", PAINT.grey)
    ring = 3 if state.final else 1.2
    return (f'<rect x="{x - _BOX[0] / 2}" y="{y - _BOX[1] / 2}" width="{_BOX[0]}" height="{_BOX[1]}" rx="8" '
            f'fill="{colour}" stroke="{line}" stroke-width="{ring}"/>'
            f'<text x="{x}" y="{y - 3}" text-anchor="middle" font-weight="bold">{int(state)}</text>'
            f'<text x="{x}" y="{y + 14}" text-anchor="middle" font-size="11">{escape(state.meaning)}</text>'
            )  # fmt: skip


def _arrow(machine: Machine, arrow: _Arrow, arrows: list[_Arrow]) -> str:
    start, end, by = arrow
    (x1, y1), (x2, y2) = _middle(machine, start), _middle(machine, end)
    length = hypot(x2 - x1, y2 - y1) or 1.0
    beside = [other for other in arrows if {other[0], other[1]} == {start, end}]
    shift = 0.0 if len(beside) == 1 else (beside.index(arrow) - (len(beside) - 1) / 2) * 26
    side = -1 if start > end else 1
    nx, ny = -side * (y2 - y1) / length, side * (x2 - x1) / length
    x1, y1, x2, y2 = x1 + nx * shift, y1 + ny * shift, x2 + nx * shift, y2 + ny * shift
    ax, ay = _border(x1, y1, x2, y2)
    bx, by_ = _border(x2, y2, x1, y1)
    found = [e.value for e, m in machine.table[start].items() if m.to is end and not m.via and e.by == by]
    colour, style, head = (PAINT.blue, "", "s") if by == "server" else (PAINT.orange, ' stroke-dasharray="6 4"', "d")
    share = 0.5 if len(beside) == 1 and (abs(y2 - y1) < 1 or abs(x2 - x1) < 1) else 0.4
    if abs(y2 - y1) > 1.5 * _STEP[1]:
        share = 0.2  # beside its own state, clear of those it passes
    if abs(x2 - x1) < 1 and len(beside) > 1:
        share = (0.3, 0.7)[beside.index(arrow) % 2]
    tx, ty = ax + (bx - ax) * share, ay + (by_ - ay) * share - 6.5 * (len(found) - 1) + 3
    text = "".join(f'<tspan x="{tx:.1f}" y="{ty + 13 * n:.1f}">{escape(line)}</tspan>' for n, line in enumerate(found))
    return (f'<line x1="{ax:.1f}" y1="{ay:.1f}" x2="{bx:.1f}" y2="{by_:.1f}" stroke="{colour}" stroke-width="1.6"'
            f'{style} marker-end="url(#{head})"/>'
            f'<text text-anchor="middle" font-size="10.5" fill="{colour}" stroke="#fff" stroke-width="4" '
            f'paint-order="stroke">{text}</text>')  # fmt: skip


def _border(x: float, y: float, towards_x: float, towards_y: float) -> tuple[float, float]:
    """Where the line from the middle of a box leaves it."""
    dx, dy = towards_x - x, towards_y - y
    scale = min((_BOX[0] / 2 + 3) / abs(dx) if dx else 9e9, (_BOX[1] / 2 + 3) / abs(dy) if dy else 9e9)
    return x + dx * scale, y + dy * scale
