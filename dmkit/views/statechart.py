"""State machines of management objects, drawn from their tables.

>>> from dmkit.mo.lawmo import MACHINE
>>> print(statechart(MACHINE).text.splitlines()[1])
10 Fully locked      Exec FullyLock -> 10, Exec PartiallyLock -> 20, Exec FactoryReset -> 30, Exec Wipe -> 10, \
Exec UnLock -> 30
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot
from typing import Final

from dmkit.mo.machine import Machine, ObjectState
from dmkit.views.look import GROUND, PAINT, Look, escape, picture
from dmkit.views.placing import Box, placed
from dmkit.words.asked import asked

__all__ = ["statechart", "statechart_svg"]

_BOX: Final = (176, 44)
_STEP: Final = (344, 128)
_EDGE: Final = 24
_Arrow = tuple[ObjectState, ObjectState, str]


@asked
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
    lines = [_Line.of(machine, arrow, arrows) for arrow in arrows]
    parts = [line.svg() for line in lines]
    parts += [_state(machine, state) for state in machine.table]
    parts += _labels(lines, [_frame(machine, state) for state in machine.table], (0.0, 0.0, width, height - 30.0))
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


def _frame(machine: Machine, state: ObjectState) -> Box:
    x, y = _middle(machine, state)
    return x - _BOX[0] / 2, y - _BOX[1] / 2, x + _BOX[0] / 2, y + _BOX[1] / 2


@dataclass(frozen=True, slots=True)
class _Line:
    """An arrow between two states, and the events beside it; ``share`` is where its label would stand best."""

    begin: tuple[float, float]
    end: tuple[float, float]
    by: str
    events: tuple[str, ...]
    share: float

    @classmethod
    def of(cls, machine: Machine, arrow: _Arrow, arrows: list[_Arrow]) -> _Line:
        """The line of ``arrow``, shifted where another joins the same two states."""
        start, end, by = arrow
        (x1, y1), (x2, y2) = _middle(machine, start), _middle(machine, end)
        length = hypot(x2 - x1, y2 - y1) or 1.0
        beside = [other for other in arrows if {other[0], other[1]} == {start, end}]
        shift = (
            0.0
            if len(beside) == 1
            else (beside.index(arrow) - (len(beside) - 1) / 2) * (26 if len(beside) == 2 else 17)
        )
        side = -1 if start > end else 1
        nx, ny = -side * (y2 - y1) / length, side * (x2 - x1) / length
        x1, y1, x2, y2 = x1 + nx * shift, y1 + ny * shift, x2 + nx * shift, y2 + ny * shift
        found = tuple(e.value for e, m in machine.table[start].items() if m.to is end and not m.via and e.by == by)
        share = 0.5 if len(beside) == 1 and (abs(y2 - y1) < 1 or abs(x2 - x1) < 1) else 0.4
        if abs(y2 - y1) > 1.5 * _STEP[1]:
            share = 0.2  # beside its own state, clear of those it passes
        if abs(x2 - x1) < 1 and len(beside) > 1:
            share = (0.3, 0.7)[beside.index(arrow) % 2]
        return cls(
            _border(_middle(machine, start), (x1, y1), (x2, y2)),
            _border(_middle(machine, end), (x2, y2), (x1, y1)),
            by,
            found,
            share,
        )

    def svg(self) -> str:
        """The arrow itself."""
        (x1, y1), (x2, y2) = self.begin, self.end
        colour, style, head = _INKS[self.by]
        return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="1.6"'
                f'{style} marker-end="url(#{head})"/>')  # fmt: skip

    def places(self) -> list[tuple[float, float]]:
        """Where the middle of its label may stand: along the line, then beside it."""
        (x1, y1), (x2, y2) = self.begin, self.end
        width, height = self.extent
        shares = (self.share, 0.5, 0.35, 0.65, 0.25, 0.75, 0.15, 0.85)
        on = [(x1 + (x2 - x1) * at, y1 + (y2 - y1) * at) for at in shares]
        beside = [(x + dx, y + dy) for x, y in on for dx, dy in (
            (0, -height / 2 - 4), (0, height / 2 + 4), (width / 2 + 4, 0), (-width / 2 - 4, 0))]  # fmt: skip
        return on + beside

    @property
    def extent(self) -> tuple[float, float]:
        """Width and height of the label."""
        return 5.6 * max(map(len, self.events)), 13.0 * len(self.events)


_INKS: Final = {"server": (PAINT.blue, "", "s"), "device": (PAINT.orange, ' stroke-dasharray="6 4"', "d")}


def _labels(lines: Sequence[_Line], states: Sequence[Box], within: Box) -> list[str]:
    """The events of every arrow, none over a state or over others; heads of arrows stay free, too."""
    heads = [(x - 9.0, y - 6.0, x + 9.0, y + 6.0) for x, y in (line.end for line in lines)]
    boxes = []
    for line in lines:
        width, height = line.extent
        boxes.append([(x - width / 2, y - height / 2, x + width / 2, y + height / 2) for x, y in line.places()])
    found = placed(boxes, [*states, *heads], within)
    return [_label(line, boxes[n][at]) for n, (line, at) in enumerate(zip(lines, found, strict=True))]


def _label(line: _Line, box: Box) -> str:
    x, top = (box[0] + box[2]) / 2, box[1] + 9.5
    rows = ((top + 13 * n, escape(event)) for n, event in enumerate(line.events))
    text = "".join(f'<tspan x="{x:.1f}" y="{y:.1f}">{row}</tspan>' for y, row in rows)
    return (f'<text text-anchor="middle" font-size="10.5" fill="{_INKS[line.by][0]}" stroke="#fff" stroke-width="4" '
            f'paint-order="stroke">{text}</text>')  # fmt: skip


def _border(middle: tuple[float, float], begin: tuple[float, float], end: tuple[float, float]) -> tuple[float, float]:
    """Where the line from ``begin``, inside the box around ``middle``, to ``end`` leaves that box."""
    shares = []
    for at, half in ((0, _BOX[0] / 2 + 3), (1, _BOX[1] / 2 + 3)):
        way = end[at] - begin[at]
        if way:
            shares.append((middle[at] + (half if way > 0 else -half) - begin[at]) / way)
    share = min(shares, default=0.0)
    return begin[0] + (end[0] - begin[0]) * share, begin[1] + (end[1] - begin[1]) * share
