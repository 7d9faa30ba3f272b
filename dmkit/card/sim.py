"""Class A0: the same files as a SIM of the second generation shows them.  [TS 51.011 §8, §9]

What differs is a table: which parameters a command may have, what SELECT answers, and the status words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from dmkit.card import access
from dmkit.card.apdu import CommandApdu, CommandRefused
from dmkit.card.authenticate import run_gsm
from dmkit.card.files import MF, RID_3GPP
from dmkit.card.memory import CardMemory, FilePath, UsimState
from dmkit.card.search import seek
from dmkit.card.select import step
from dmkit.card.turn import ApduHandler, CardTurn, Handled

__all__ = ["STATUS_WORDS", "describe", "perform"]

STATUS_WORDS: Final[dict[int, int]] = {
    0x6282: 0x9404, 0x6283: 0x9000, 0x6982: 0x9804, 0x6983: 0x9840, 0x6984: 0x9808, 0x6985: 0x9810, 0x6986: 0x9400,
    0x6981: 0x9408, 0x6A82: 0x9404, 0x6A83: 0x9402, 0x6A86: 0x6B00, 0x6A88: 0x9802, 0x6A80: 0x6F00, 0x6A87: 0x6700,
    0x6881: 0x6E00, 0x6A81: 0x6F00, 0x9864: 0x6F00,
}  # fmt: skip
"""Status word of a UICC -> what a SIM says instead; others are the same.  63Cx is 9804, and 9840 at the last try; 6Cxx
is 67xx."""

_CHV: Final = {0x01: 0x01, 0x02: 0x81}
_CHV_UNBLOCK: Final = {0x00: 0x01, 0x02: 0x81}
_INSTRUCTIONS: Final = {
    0xB0, 0xD6, 0xB2, 0xDC, 0x32, 0x20, 0x24, 0x26, 0x28, 0x2C, 0x04, 0x44, 0x10, 0xC2, 0x12, 0x14,
}  # fmt: skip


def perform(turn: CardTurn, handlers: Mapping[int, ApduHandler]) -> Handled:
    """Carry out a command of class A0 with the handlers of the other class."""
    try:
        answer = _own(turn) or _common(turn, handlers)
    except CommandRefused as refused:
        raise CommandRefused(_word(refused.sw)) from None
    return replace(answer, sw=_word(answer.sw))


def _word(sw: int) -> int:
    if sw & 0xFFF0 == 0x63C0:
        return 0x9804 if sw & 0xF else 0x9840
    if sw & 0xFF00 == 0x6C00:  # the right length stands behind 67 here [TS 51.011 §9.4.6]
        return 0x6700 | sw & 0xFF
    return STATUS_WORDS.get(sw, sw)


def _common(turn: CardTurn, handlers: Mapping[int, ApduHandler]) -> Handled:
    command = turn.command
    if command.ins not in _INSTRUCTIONS:
        raise CommandRefused(0x6D00)
    if command.ins in (0x20, 0x24, 0x26, 0x28, 0x2C):
        if not command.data:
            raise CommandRefused(0x6700)
        known = _CHV_UNBLOCK if command.ins == 0x2C else _CHV
        if command.p2 not in known:
            raise CommandRefused(0x6A86)
        command = replace(command, p2=known[command.p2])
    elif _has_sfi(command):
        raise CommandRefused(0x6A86)
    return handlers[command.ins](replace(turn, command=command))


def _has_sfi(command: CommandApdu) -> bool:
    """A short file identifier, which a SIM does not know."""
    binary, record = command.ins in (0xB0, 0xD6), command.ins in (0xB2, 0xDC)
    return (binary and command.p1 >= 0x80) or (record and command.p2 > 0x07)


def _own(turn: CardTurn) -> Handled | None:
    """Commands that are done in another way here."""
    command, state = turn.command, turn.state
    if command.ins == 0xA4:
        return _select(turn)
    if command.ins == 0xF2:
        return turn.done(_cut(describe(state, turn.channel.directory), command.le))
    if command.ins == 0xC0:
        return _get_response(turn)
    if command.ins == 0x88:
        if turn.services.authenticator is None:
            raise CommandRefused(0x6985)
        if GSM_FID not in turn.channel.directory:
            raise CommandRefused(0x6985)
        if not state.verified(0x01):
            raise CommandRefused(0x6982)
        return turn.done(b"".join(run_gsm(turn.services.authenticator, command.data)))
    if command.ins == 0xA2:
        return seek(turn)
    if command.ins == 0xFA:  # SLEEP
        return turn.done()
    return None


GSM_FID: Final = 0x7F20


def _select(turn: CardTurn) -> Handled:
    command, memory = turn.command, turn.state.memory
    if command.p1 or command.p2:
        raise CommandRefused(0x6A86)
    if len(command.data) != 2:
        raise CommandRefused(0x6700)
    path = step(memory, turn.channel.directory, int.from_bytes(command.data, "big"))
    if path and memory.directories.get(path[:1], MF).aid.startswith(RID_3GPP):  # a SIM has no such application
        raise CommandRefused(0x6A82)
    is_file = path in memory.files
    moved = replace(turn.channel, directory=path[:-1] if is_file else path, file=path if is_file else None, record=0)
    return turn.at(moved, describe(turn.state, path))


def _get_response(turn: CardTurn) -> Handled:
    waiting, le = turn.state.session.pending, turn.command.le
    if not waiting:
        raise CommandRefused(0x6F00)
    if le is None or (le > len(waiting) and le != 256):
        raise CommandRefused(0x6700)
    return turn.done(waiting[:le])  # may be asked for again


def _cut(data: bytes, le: int | None) -> bytes:
    return data if le is None else data[:le]


# -- what SELECT answers


def describe(state: UsimState, path: FilePath) -> bytes:
    """The response to SELECT: 22 octets for a directory, 15 for a file.  [TS 51.011 §9.2.1]"""
    memory = state.memory
    fid = (path[-1] if path else MF.fid).to_bytes(2, "big")
    if path in memory.files:
        return _file(memory, path, fid)
    below = [p for p in (*memory.directories, *memory.files) if p[:-1] == path and p]
    shown = [p for p in below if not memory.directories.get(p, MF).aid.startswith(RID_3GPP)]
    directories = [p for p in shown if p in memory.directories]
    first = memory.keys.get(0x01)
    characteristics = 0x13 if first is None or first.enabled else 0x93
    states = b"".join(_key_state(memory, reference) for reference in (0x01, 0x81))
    return b"".join((
        bytes(2), b"\x7f\xff", fid, b"\x01" if not path else b"\x02", bytes(5), b"\x0a",
        bytes([characteristics, len(directories), len(shown) - len(directories), 4, 0]), states,
    ))  # fmt: skip


def _key_state(memory: CardMemory, reference: int) -> bytes:
    key = memory.keys.get(reference)
    return bytes(2) if key is None else bytes([0x80 | key.tries, 0x80 | key.puk_tries])


def _file(memory: CardMemory, path: FilePath, fid: bytes) -> bytes:
    stored = memory.files[path]
    size = min(sum(map(len, stored.content)), 0xFFFF).to_bytes(2, "big")  # there is no room to say more
    rules = memory.rule_of(path)
    read, update = (_nibble(rules, mode) for mode in (access.READ, access.UPDATE))
    grow, activate = _nibble(rules, access.INCREASE), _nibble(rules, access.ACTIVATE)
    conditions = bytes([read << 4 | update, grow << 4 | 0xF, activate << 4 | activate])
    structure = {"transparent": 0, "linear": 1, "cyclic": 3}[stored.row.structure]
    record = bytes([stored.row.size]) if stored.row.records else b"\0"
    can_grow = b"\x40" if stored.row.structure == "cyclic" else b"\0"
    status = b"\x01" if stored.active else b"\0"
    return bytes(2) + size + fid + b"\x04" + can_grow + conditions + status + b"\x02" + bytes([structure]) + record


def _nibble(rules: bytes, mode: int | str) -> int:
    """Access condition: 0 always, 1 CHV1, 2 CHV2, 4 administrative, F never."""
    for nibble, shown in ((0, ()), (1, (0x01,)), (2, (0x01, 0x81)), (4, (0x0A,))):
        if access.may(rules, mode, shown.__contains__):
            return nibble
    return 0xF
