"""State machines of management objects, drawn from their tables.

>>> from dmkit.mo.lawmo import MACHINE
>>> print(statechart(MACHINE).text.splitlines()[1])
10 Fully locked      Exec FullyLock -> 10, Exec PartiallyLock -> 20, Exec FactoryReset -> 30, Exec Wipe -> 10, \
Exec UnLock -> 30
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from dmkit.mo.machine import Machine, ObjectState
from dmkit.views.look import GROUND, PAINT, Look, escape, picture
from dmkit.views.movetable import moves_svg
from dmkit.views.placing import Box, placed
from dmkit.views.routing import Grid, Point
from dmkit.words.asked import asked
from dmkit.words.counts import many

__all__ = ["statechart", "statechart_svg"]

_BOX: Final = (198, 44)
_STEP: Final = (363, 132)
_EDGE: Final = 66
_MARGIN: Final = 14
_MOST: Final = 30
_LETTER: Final = 5.4
"""Pixels: a state, from state to state, room for lines around all, ground around what is drawn, width of a letter;
and the most arrows of a drawing."""
_Arrow = tuple[ObjectState, ObjectState, str]


@asked
def statechart(machine: Machine) -> Look:
    """The machine as a picture with its table as text; moves that pass through other states are in the text only.

    >>> from dmkit.mo.lawmo import MACHINE
    >>> len(str(statechart(MACHINE))) > 0
    True
    """
    width = max(len(str(state)) for state in machine.table) + 1
    lines = [f"{machine.name}: {many(len(machine.table), 'state')}, {many(len(list(machine.events)), 'event')}"]
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


@asked
def statechart_svg(machine: Machine) -> str:
    """The picture: solid blue arrows for commands of the server, dashed orange ones for what the device does.

    More arrows than can be followed become a table of moves.
    """
    if len(_arrows(machine)) > _MOST:
        return moves_svg(machine)
    lines, labels = _drawn(machine)
    frames = [_frame(machine, state) for state in machine.table]
    seen = [*frames, *labels, *((x, y, x, y) for line in lines for x, y in line.points)]
    left, top = min(box[0] for box in seen) - _MARGIN, min(box[1] for box in seen) - _MARGIN
    width = max(max(box[2] for box in seen) + _MARGIN - left, 430)
    base = max(box[3] for box in seen) + 32
    parts = [line.svg() for line in lines]
    parts += [_state(machine, state) for state in machine.table]
    parts += [_label(line, box) for line, box in zip(lines, labels, strict=True)]
    x = left + _MARGIN
    key = (f'<line x1="{x}" y1="{base}" x2="{x + 40}" y2="{base}" stroke="{PAINT.blue}" stroke-width="2"/>'
           f'<text x="{x + 48}" y="{base + 4}">a command of the server</text>'
           f'<line x1="{x + 230}" y1="{base}" x2="{x + 270}" y2="{base}" stroke="{PAINT.orange}" '
           f'stroke-width="2" stroke-dasharray="6 4"/>'
           f'<text x="{x + 278}" y="{base + 4}">the device by itself</text>')  # fmt: skip
    heads = "".join(
        f'<marker id="{name}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
        f'orient="auto"><path d="M0 0 10 5 0 10z" fill="{colour}"/></marker>'
        for name, colour in (("s", PAINT.blue), ("d", PAINT.orange))
    )
    place = f"{left:g} {top:g} {width:g} {base + _MARGIN - top:g}"
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{place}" width="{width:g}" role="img" '
            f'font-family="sans-serif" font-size="12" fill="{PAINT.ink}">'
            f"<title>States of {escape(machine.name)}</title>"
            f'<defs>{heads}</defs><rect x="{left:g}" y="{top:g}" width="{width:g}" height="{base + _MARGIN - top:g}" '
            f'fill="#fff"/>{"".join(parts)}{key}</svg>')  # fmt: skip


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
    """An arrow between two states: its corners, who causes it, and by which events."""

    points: tuple[Point, ...]
    by: str
    events: tuple[str, ...]

    def svg(self) -> str:
        """The arrow itself."""
        colour, style, head = _INKS[self.by]
        way = " ".join(f"{x:.1f},{y:.1f}" for x, y in self.points)
        return (f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="1.6"{style} '
                f'stroke-linejoin="round" marker-end="url(#{head})"/>')  # fmt: skip

    def places(self) -> list[Box]:
        """Where its label may stand: on the longest stretch first, then on others, then beside them."""
        width, height = self.extent
        stretches = sorted(pairwise(self.points), key=lambda ends: -abs(ends[1][0] - ends[0][0]))
        stretches.sort(key=lambda ends: abs(ends[1][0] - ends[0][0]) < width + 26)  # where it has room, across
        on, beside = [], []
        for (x1, y1), (x2, y2) in stretches:
            for share in _SHARES:
                x, y = x1 + (x2 - x1) * share, y1 + (y2 - y1) * share
                on.append((x, y))
                if y1 == y2:
                    beside += [(x, y - height / 2 - 3), (x, y + height / 2 + 3)]
                else:
                    beside += [(x + width / 2 + 4, y), (x - width / 2 - 4, y)]
        return [(x - width / 2, y - height / 2, x + width / 2, y + height / 2) for x, y in on + beside]

    def stretches(self) -> list[Box]:
        """What it covers itself, and what its head does."""
        (x, y), found = self.points[-1], []
        for (x1, y1), (x2, y2) in pairwise(self.points):
            found.append((min(x1, x2) - 1.5, min(y1, y2) - 1.5, max(x1, x2) + 1.5, max(y1, y2) + 1.5))
        return [*found, (x - 9.0, y - 9.0, x + 9.0, y + 9.0)]

    @property
    def extent(self) -> tuple[float, float]:
        """Width and height of the label."""
        return _LETTER * max(map(len, self.events)) + 4, 13.0 * len(self.events) - 2


_INKS: Final = {"server": (PAINT.blue, "", "s"), "device": (PAINT.orange, ' stroke-dasharray="6 4"', "d")}
_SHARES: Final = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82)
"""Shares of a stretch at which a label may stand."""


def _drawn(machine: Machine) -> tuple[list[_Line], list[Box]]:
    """Every arrow of the machine around its states, and where its label stands: short ones first."""
    frames = {state: _frame(machine, state) for state in machine.table}
    columns, rows = (max(spot[n] for spot in machine.spots.values()) for n in (0, 1))
    within = (0.0, 0.0, columns * _STEP[0] + _BOX[0] + 2.0 * _EDGE, rows * _STEP[1] + _BOX[1] + 2.0 * _EDGE)
    grid = Grid(within, frames)
    lines = []
    for start, end, by in sorted(_arrows(machine), key=lambda arrow: _apart(machine, arrow)):
        found = tuple(e.value for e, m in machine.table[start].items() if m.to is end and not m.via and e.by == by)
        lines.append(_Line(grid.route(start, end), by, found))
    return lines, _labels(lines, list(frames.values()), within)


def _apart(machine: Machine, arrow: _Arrow) -> float:
    (x1, y1), (x2, y2) = _middle(machine, arrow[0]), _middle(machine, arrow[1])
    return abs(x1 - x2) + abs(y1 - y2)


def _labels(lines: Sequence[_Line], states: Sequence[Box], within: Box) -> list[Box]:
    """Where the events of each arrow stand: over no state, no head, no other label; no other line if possible."""
    taken = list(states)
    order = sorted(range(len(lines)), key=lambda n: -lines[n].extent[0] * lines[n].extent[1])
    at: dict[int, Box] = {}
    for n in order:
        others = [box for m, line in enumerate(lines) if m != n for box in line.stretches()]
        places = lines[n].places()
        best = places[placed([places], [*taken, *taken, *others, lines[n].stretches()[-1]], within)[0]]
        at[n] = best
        taken.append(best)
    return [at[n] for n in range(len(lines))]


def _label(line: _Line, box: Box) -> str:
    x, top = (box[0] + box[2]) / 2, box[1] + 8.5
    rows = ((top + 13 * n, escape(event)) for n, event in enumerate(line.events))
    text = "".join(f'<tspan x="{x:.1f}" y="{y:.1f}">{row}</tspan>' for y, row in rows)
    return (f'<text text-anchor="middle" font-size="10.5" fill="{_INKS[line.by][0]}" stroke="#fff" stroke-width="4" '
            f'paint-order="stroke">{text}</text>')  # fmt: skip
