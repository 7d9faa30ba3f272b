"""Reading and writing files: BINARY, RECORD, INCREASE, ACTIVATE and DEACTIVATE FILE.

[TS 102 221 §11.1.3 to §11.1.6, §11.1.8, §11.1.14, §11.1.15]
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from dmkit.card.access import ACTIVATE, DEACTIVATE, INCREASE, READ, UPDATE
from dmkit.card.apdu import CommandRefused
from dmkit.card.memory import FilePath, Stored
from dmkit.card.select import step
from dmkit.card.turn import ApduHandler, CardTurn, Handled

__all__ = ["HANDLERS", "by_sfi", "usable"]

ABSOLUTE, NEXT, PREVIOUS = 4, 2, 3


def by_sfi(turn: CardTurn, sfi: int) -> CardTurn:
    """The same turn with the file of that short identifier made current.  Refused with 6A82 when there is none."""
    here = turn.channel.directory
    for path, stored in turn.state.memory.files.items():
        if path[:-1] == here and stored.row.sfi == sfi:
            moved = replace(turn.channel, file=path, record=0)
            return replace(turn, state=turn.state.with_channel(turn.number, moved))
    raise CommandRefused(0x6A82)


def usable(turn: CardTurn, mode: int | str, *, transparent: bool) -> tuple[FilePath, Stored]:
    """The current file, when it is of that structure, may be used so, and is activated."""
    path, stored = turn.current()
    if stored.is_transparent != transparent:
        raise CommandRefused(0x6981)
    turn.state.demand(path, mode)
    if not stored.active:
        raise CommandRefused(0x6985)
    return path, stored


# -- transparent files


def _binary(turn: CardTurn, mode: int) -> tuple[CardTurn, FilePath, bytes, int]:
    """The turn, the file and its octets, and the offset that P1 and P2 name."""
    p1, offset = turn.command.p1, turn.command.p2
    if p1 & 0x80:
        if p1 & 0x60 or not p1 & 0x1F or p1 & 0x1F == 0x1F:
            raise CommandRefused(0x6A86)
        turn = by_sfi(turn, p1 & 0x1F)
    else:
        offset |= p1 << 8
    path, stored = usable(turn, mode, transparent=True)
    data = stored.content[0]
    if offset >= len(data):
        raise CommandRefused(0x6B00)
    return turn, path, data, offset


def _read_binary(turn: CardTurn) -> Handled:
    turn, _, data, offset = _binary(turn, READ)
    return turn.done(data[offset : offset + _wanted(turn, len(data) - offset)])


def _wanted(turn: CardTurn, there: int) -> int:
    """How many octets are asked for.  Refused with 6Cxx when fewer are there, unless all of them are asked for."""
    le = turn.command.le
    if le is None or turn.command.data:
        raise CommandRefused(0x6700)
    if there < le < 256:
        raise CommandRefused(0x6C00 | there)
    return min(le, there)


def _update_binary(turn: CardTurn) -> Handled:
    new = turn.command.data
    if not new:
        raise CommandRefused(0x6700)
    turn, path, data, offset = _binary(turn, UPDATE)
    if offset + len(new) > len(data):
        raise CommandRefused(0x6700)
    content = data[:offset] + new + data[offset + len(new) :]
    return turn.done(state=turn.state.with_memory(turn.state.memory.with_content(path, (content,))))


# -- records


def _record(turn: CardTurn, mode: int) -> tuple[CardTurn, FilePath, Stored, int]:
    """The turn, the file, and the record that P1 and P2 name; the record pointer moves with NEXT and PREVIOUS."""
    command = turn.command
    how, sfi = command.p2 & 0x07, command.p2 >> 3
    if how not in (ABSOLUTE, NEXT, PREVIOUS) or sfi == 0x1F or (how != ABSOLUTE and command.p1):
        raise CommandRefused(0x6A86)
    if sfi:
        turn = by_sfi(turn, sfi)
    path, stored = usable(turn, mode, transparent=False)
    if stored.row.structure == "cyclic" and mode == UPDATE and how != PREVIOUS:
        raise CommandRefused(0x6A86)
    number = _number(turn, stored, how)
    if how != ABSOLUTE:
        moved = replace(turn.channel, record=number)
        turn = replace(turn, state=turn.state.with_channel(turn.number, moved))
    return turn, path, stored, number


def _number(turn: CardTurn, stored: Stored, how: int) -> int:
    count, at = len(stored.content), turn.channel.record
    if how == ABSOLUTE:
        number = turn.command.p1 or at
    elif stored.row.structure == "cyclic":
        number = at % count + 1 if how == NEXT else (at - 2) % count + 1 if at else count
    else:
        number = at + 1 if how == NEXT else at - 1 if at else count
    if not 1 <= number <= count:
        raise CommandRefused(0x6A83)
    return number


def _read_record(turn: CardTurn) -> Handled:
    turn, _, stored, number = _record(turn, READ)
    piece, le = stored.content[number - 1], turn.command.le
    if turn.command.data or le is None:
        raise CommandRefused(0x6700)
    if le != len(piece) and le < 256:
        raise CommandRefused(0x6C00 | len(piece))
    return turn.done(piece)


def _update_record(turn: CardTurn) -> Handled:
    new = turn.command.data
    turn, path, stored, number = _record(turn, UPDATE)
    if len(new) != stored.row.size:
        raise CommandRefused(0x6700)
    rows = list(stored.content)
    if stored.row.structure == "cyclic":  # the oldest is written over and becomes number 1
        rows = [new, *rows[:-1]]
        turn = replace(turn, state=turn.state.with_channel(turn.number, replace(turn.channel, record=1)))
    else:
        rows[number - 1] = new
    return turn.done(state=turn.state.with_memory(turn.state.memory.with_content(path, tuple(rows))))


def _increase(turn: CardTurn) -> Handled:
    """A new record 1: the last one and what is added.  The answer is the new value, then what was added."""
    command = turn.command
    if command.p2 or command.p1 & 0x60 or (command.p1 and not command.p1 & 0x80):
        raise CommandRefused(0x6A86)
    if command.p1:
        turn = by_sfi(turn, command.p1 & 0x1F)
    path, stored = usable(turn, INCREASE, transparent=False)
    if stored.row.structure != "cyclic":
        raise CommandRefused(0x6981)
    if not command.data or len(command.data) > stored.row.size:
        raise CommandRefused(0x6700)
    total = int.from_bytes(stored.content[0], "big") + int.from_bytes(command.data, "big")
    if total >= 1 << 8 * stored.row.size:
        raise CommandRefused(0x9850)
    new = total.to_bytes(stored.row.size, "big")
    memory = turn.state.memory.with_content(path, (new, *stored.content[:-1]))
    moved = turn.state.with_memory(memory).with_channel(turn.number, replace(turn.channel, record=1))
    return turn.done(new + command.data, state=moved)


# -- life cycle


def _life(turn: CardTurn, active: bool) -> Handled:
    command, memory = turn.command, turn.state.memory
    if command.p1 or command.p2:
        raise CommandRefused(0x6A86)
    if command.data:
        if len(command.data) != 2:
            raise CommandRefused(0x6700)
        path = step(memory, turn.channel.directory, int.from_bytes(command.data, "big"))
        if path not in memory.files:
            raise CommandRefused(0x6A82)
    else:
        path, _ = turn.current()
    turn.state.demand(path, ACTIVATE if active else DEACTIVATE)
    stored = replace(memory.files[path], active=active)
    moved = replace(turn.channel, file=path, directory=path[:-1])
    state = turn.state.with_memory(replace(memory, files={**memory.files, path: stored}))
    return turn.done(state=state.with_channel(turn.number, moved))


HANDLERS: Final[dict[int, ApduHandler]] = {
    0xB0: _read_binary,
    0xD6: _update_binary,
    0xB2: _read_record,
    0xDC: _update_record,
    0x32: _increase,
    0x04: lambda turn: _life(turn, active=False),
    0x44: lambda turn: _life(turn, active=True),
}
