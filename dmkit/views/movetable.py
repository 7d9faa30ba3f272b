"""A machine with many moves as a table: from each state of the left to each state above, by which events.

Where a drawing would have more arrows than can be followed, ``statechart`` shows this instead.

>>> from dmkit.mo.lawmo import MACHINE
>>> moves_svg(MACHINE).count("<rect") > len(MACHINE.table)
True
"""

from __future__ import annotations

from textwrap import wrap
from typing import Final

from dmkit.mo.machine import Machine, ObjectState
from dmkit.views.look import GROUND, PAINT, STROKE, escape

__all__ = ["moves_svg"]

_WIDTH, _HEAD, _LINE, _LETTERS = 112, 150, 13, 17
"""Pixels: a column, the column of states, a line; letters in a line of a cell."""
_INKS: Final = {"server": (PAINT.blue, "bold"), "device": (PAINT.orange, "normal")}


def moves_svg(machine: Machine) -> str:
    """Every move from one state straight to another as a row of text in their cell; of the server bold and blue.

    As in a drawing, moves that pass other states and those that stay where they are are left out.
    """
    reached = {move.to for moves in machine.table.values() for move in moves.values() if not move.via}
    states = list(machine.table)
    targets = [state for state in states if state in reached]
    width, top = _HEAD + _WIDTH * len(targets), 52
    parts = [_head(_HEAD + _WIDTH * n, 8, _WIDTH, state, "middle") for n, state in enumerate(targets)]
    for n, state in enumerate(states):
        cells = [_cell(machine, state, target) for target in targets]
        height = max(2, *map(len, cells)) * _LINE + 9
        ground = GROUND.mist if n % 2 == 0 else "#ffffff"
        parts.append(f'<rect x="0" y="{top}" width="{width}" height="{height}" fill="{ground}"/>')
        parts.append(_head(0, top, _HEAD, state, "start"))
        for column, lines in enumerate(cells):
            x = _HEAD + _WIDTH * column + 5
            parts += [_text(x, top + 15 + _LINE * row, line, by) for row, (line, by) in enumerate(lines)]
        top += height
    parts += [f'<line x1="{x}" y1="8" x2="{x}" y2="{top}" stroke="{STROKE.pale}"/>'
              for x in range(_HEAD, width, _WIDTH)]  # fmt: skip
    parts += [
        _text(8, top + 22, "a command of the server", "server"),
        _text(190, top + 22, "the device by itself", "device"),
    ]
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top + 36}" width="{width}" role="img" '
            f'font-family="sans-serif" font-size="11" fill="{PAINT.ink}"><title>Moves of {escape(machine.name)}: '
            f'from the state on the left to the state above</title><rect width="{width}" height="{top + 36}" '
            f'fill="#fff"/>{"".join(parts)}</svg>')  # fmt: skip


def _cell(machine: Machine, start: ObjectState, end: ObjectState) -> list[tuple[str, str]]:
    moves = machine.table[start].items()
    found = [event for event, move in moves if move.to is end and move.to is not start and not move.via]
    return [(line, event.by) for event in found for line in wrap(event.value, _LETTERS, subsequent_indent="\u2007")]


def _head(x: int, y: int, width: int, state: ObjectState, anchor: str) -> str:
    at = x + width / 2 if anchor == "middle" else x + 8
    return (f'<text x="{at:g}" y="{y + 15}" text-anchor="{anchor}" font-weight="bold">{int(state)}</text>'
            f'<text x="{at:g}" y="{y + 29}" text-anchor="{anchor}">{escape(state.meaning)}</text>')  # fmt: skip


def _text(x: int, y: int, line: str, by: str) -> str:
    colour, weight = _INKS[by]
    return f'<text x="{x}" y="{y}" font-size="10.5" font-weight="{weight}" fill="{colour}">{escape(line)}</text>'
