"""SELECT, STATUS, MANAGE CHANNEL: moving about among the files, and the template that describes one.

[TS 102 221 §8.4, §11.1.1, §11.1.2, §11.1.17]
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from dmkit.card.access import RECORDS
from dmkit.card.apdu import CommandRefused
from dmkit.card.files import ARR_MF, ARR_USIM, MF
from dmkit.card.memory import CURRENT_ADF, CardMemory, FilePath, LogicalChannel, UsimState
from dmkit.card.tlv import Tlv, tlv
from dmkit.card.turn import ApduHandler, CardTurn, Handled

__all__ = ["HANDLERS", "STRUCTURES", "describe", "locate", "step"]

STRUCTURES: Final[dict[str, int]] = {"transparent": 0x41, "linear": 0x42, "cyclic": 0x46}
"""First octet of the file descriptor, tag 82."""

_KEYS_SHOWN: Final = (0x01, 0x11, 0x81, 0x0A)
_DIRECTORY_RULE: Final = list(RECORDS).index("directory") + 1
_CHARACTERISTICS: Final = bytes.fromhex("800171830400007fff")  # clock may stop; memory that is free
_OCCURRENCE, _TERMINATE = 0x03, 0x40
_FIRST, _LAST, _NEXT = 0x00, 0x01, 0x02


# -- the template


def describe(memory: CardMemory, path: FilePath, tag: int = 0x62) -> bytes:
    """The file control parameters of a file or directory.  [TS 102 221 §11.1.1.4]"""
    fid = Tlv(0x83, (path[-1] if path else MF.fid).to_bytes(2, "big"))
    arr = ARR_USIM if path and (path[0], ARR_USIM) in memory.files else ARR_MF
    if path in memory.files:
        stored = memory.files[path]
        row, size = stored.row, sum(map(len, stored.content))
        records = b"" if stored.is_transparent else row.size.to_bytes(2, "big") + bytes([row.records])
        return tlv(
            tag,
            Tlv(0x82, bytes([STRUCTURES[row.structure], 0x21]) + records),
            fid,
            *_special(row.special),
            Tlv(0x8A, b"\x05" if stored.active else b"\x04"),
            Tlv(0x8B, (row.arr[0] or arr).to_bytes(2, "big") + bytes([row.rule])),
            Tlv(0x80, size.to_bytes(max(2, (size.bit_length() + 7) // 8), "big")),
            Tlv(0x88, bytes([row.sfi << 3]) if row.sfi else b""),
        ).encode()
    directory = memory.directories[path]
    return tlv(
        tag,
        Tlv(0x82, b"\x78\x21"),
        fid,
        *([Tlv(0x84, directory.aid)] if directory.aid else []),
        *_special(directory.special or (b"" if path else _CHARACTERISTICS)),
        Tlv(0x8A, b"\x05"),
        Tlv(0x8B, (directory.arr[0] or arr).to_bytes(2, "big") + bytes([directory.arr[1] or _DIRECTORY_RULE])),
        _pin_status(memory),
    ).encode()


def _special(value: bytes) -> list[Tlv]:
    return [Tlv(0xA5, value)] if value else []


def _pin_status(memory: CardMemory) -> Tlv:
    shown = [key for key in _KEYS_SHOWN if key in memory.keys]
    bits = sum(0x80 >> at for at, key in enumerate(shown) if memory.keys[key].enabled)
    return tlv(0xC6, Tlv(0x90, bytes([bits])), *(Tlv(0x83, bytes([key])) for key in shown))


# -- finding


def step(memory: CardMemory, here: FilePath, fid: int) -> FilePath:
    """Where SELECT by identifier leads from directory ``here``: below it, itself, its parent, beside it, the MF.

    Refused with 6A82 when there is no such file.  [TS 102 221 §8.4.1]
    """
    if fid == MF.fid:
        return ()
    below = (*here, fid)
    if below in memory.files or below in memory.directories:
        return below
    for up in (here, here[:-1]):
        if up and up[-1] == fid:
            return up
    beside = (*here[:-1], fid)
    if here and beside in memory.directories:
        return beside
    raise CommandRefused(0x6A82)


def locate(memory: CardMemory, start: FilePath, fids: list[int], application: FilePath | None) -> FilePath:
    """Where a path of identifiers leads from ``start``; 7FFF in front stands for the current application."""
    path = start
    for at, fid in enumerate(fids):
        if fid == CURRENT_ADF and at == 0:
            if application is None:
                raise CommandRefused(0x6A82)
            path = application
            continue
        path = (*path, fid)
        if path not in memory.directories and not (path in memory.files and at == len(fids) - 1):
            raise CommandRefused(0x6A82)
    return path


def _by_aid(memory: CardMemory, aid: bytes, occurrence: int, current: FilePath | None) -> FilePath:
    """The application whose AID begins with ``aid``: its end may be left out, but not its first five octets.

    Of several the first, the last, or the one behind or in front of the ``current`` one.  [TS 102 221 §11.1.1.2]
    """
    if not 5 <= len(aid) <= 16:
        raise CommandRefused(0x6700)
    found = [path for path, directory in memory.directories.items() if directory.aid.startswith(aid)]
    at = found.index(current) if current in found else None
    if occurrence == _FIRST:
        wanted = 0
    elif occurrence == _LAST:
        wanted = len(found) - 1
    elif occurrence == _NEXT:
        wanted = 0 if at is None else at + 1
    else:
        wanted = len(found) - 1 if at is None else at - 1
    if not 0 <= wanted < len(found):
        raise CommandRefused(0x6A82)
    return found[wanted]


def _fids(data: bytes) -> list[int]:
    if not data or len(data) % 2:
        raise CommandRefused(0x6700)
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]


def _target(turn: CardTurn) -> tuple[FilePath, FilePath | None]:
    """What SELECT means, and the application that is current then."""
    command, channel, memory = turn.command, turn.channel, turn.state.memory
    how, data = command.p1, command.data
    if how == 0x04:
        path = _by_aid(memory, data, command.p2 & _OCCURRENCE, channel.application)
        return path, path
    if how == 0x03:
        if data:
            raise CommandRefused(0x6A87)
        return channel.directory[:-1], channel.application
    fids = _fids(data) if data or how != 0x00 else [MF.fid]
    if how == 0x00:
        if len(fids) != 1:
            raise CommandRefused(0x6700)
        if fids == [CURRENT_ADF]:
            return locate(memory, (), fids, channel.application), channel.application
        path = step(memory, channel.directory, fids[0])
    elif how in (0x01, 0x02):
        path = locate(memory, channel.directory, fids[:1], None)
        if (path in memory.files) != (how == 0x02):
            raise CommandRefused(0x6A82)
    elif how == 0x08:
        path = locate(memory, (), fids[1:] if fids[0] == MF.fid else fids, channel.application)
    elif how == 0x09:
        path = locate(memory, channel.directory, fids, None)
    else:
        raise CommandRefused(0x6A86)
    return path, channel.application


def _select(turn: CardTurn) -> Handled:
    by_name = turn.command.p1 == 0x04
    wanted = turn.command.p2 & ~(_OCCURRENCE | _TERMINATE if by_name else 0)
    if wanted not in (0x00, 0x04, 0x0C):
        raise CommandRefused(0x6A86)
    path, application = _target(turn)
    memory = turn.state.memory
    if by_name and turn.command.p2 & _TERMINATE:
        return _terminated(turn, path)
    data = b"" if wanted == 0x0C else describe(memory, path, 0x62 if wanted else 0x6F)
    if path in memory.files:
        moved = LogicalChannel(path[:-1], path, application)
        return turn.at(moved, _of_length(turn, data), 0x9000 if memory.files[path].active else 0x6283)
    if memory.directories[path].aid:
        application = path
    return turn.at(LogicalChannel(path, None, application), _of_length(turn, data))


def _terminated(turn: CardTurn, path: FilePath) -> Handled:
    """The session of an application ends: nothing of it is current any more, and what was shown to it is forgotten.

    6A82 for one that is not active on this channel.  [TS 102 221 §8.3, §11.1.1.2; UNSURE (memory): the status]
    """
    if turn.channel.application != path:
        raise CommandRefused(0x6A82)
    return turn.at(LogicalChannel(), b"")


def _of_length(turn: CardTurn, data: bytes) -> bytes:
    """``data`` when Le asks for all of it; refused with 6Cxx, which says how many octets there are, otherwise."""
    le = turn.command.le
    if data and le is not None and le < 256 and le != len(data):
        raise CommandRefused(0x6C00 | len(data) % 256)
    return data


# -- STATUS, MANAGE CHANNEL


def _status(turn: CardTurn) -> Handled:
    if turn.command.p1 > 0x02:
        raise CommandRefused(0x6A86)
    memory, channel = turn.state.memory, turn.channel
    if turn.command.p2 == 0x0C:
        return turn.done()
    if turn.command.p2 == 0x01:
        if channel.application is None:
            raise CommandRefused(0x6A88)
        return turn.done(_of_length(turn, Tlv(0x84, memory.directories[channel.application].aid).encode()))
    if turn.command.p2 != 0x00:
        raise CommandRefused(0x6A86)
    return turn.done(_of_length(turn, describe(memory, channel.directory)))


def _manage_channel(turn: CardTurn) -> Handled:
    command, state, open_ = turn.command, turn.state, turn.state.session.channels
    if command.p1 == 0x00:
        free = [n for n in range(1, turn.services.channels) if n not in open_]
        number = command.p2 or next(iter(free), None)
        if number is None:
            raise CommandRefused(0x6A81)
        if number not in free:
            raise CommandRefused(0x6A86)
        # opened from the basic channel it begins at the MF, else where the opening channel is [TS 102 221 §11.1.17]
        begin = LogicalChannel() if turn.number == 0 else replace(turn.channel, record=0)
        opened = state.with_channel(number, begin)
        return turn.done(b"" if command.p2 else bytes([number]), state=opened)
    if command.p1 == 0x80:
        number = command.p2 or turn.number
        if number == 0:
            raise CommandRefused(0x6A86)
        if number not in open_:
            raise CommandRefused(0x6881)
        return turn.done(state=_closed(state, number))
    raise CommandRefused(0x6A86)


def _closed(state: UsimState, number: int) -> UsimState:
    return state.with_session(channels={n: c for n, c in state.session.channels.items() if n != number})


HANDLERS: Final[dict[int, ApduHandler]] = {0xA4: _select, 0xF2: _status, 0x70: _manage_channel}
