"""The card asks the terminal: TERMINAL PROFILE, FETCH, TERMINAL RESPONSE, and the proactive command REFRESH.

A command that waits shows in the status word 91xx of what goes well.  [TS 102 221 §7.4.2; TS 102 223 §6.4.7]

>>> refresh(FILES_CHANGED, [(0x7F50, 0x6431)]).hex()
'd0128103010101820281829207013f007f506431'
>>> read_refresh(refresh(FILES_CHANGED, [(0x7F50, 0x6431)]))
(1, ((32592, 25649),))
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

from dmkit.card.apdu import CommandRefused
from dmkit.card.files import MF
from dmkit.card.memory import CURRENT_ADF, FilePath
from dmkit.card.tlv import Tlv, read_all, tlv
from dmkit.card.turn import ApduHandler, CardTurn, Handled
from dmkit.words.asked import asked
from dmkit.words.errors import CodecError

__all__ = ["FILES_CHANGED", "HANDLERS", "REFRESH_MODES", "read_refresh", "refresh"]

REFRESH_MODES: Final[dict[int, str]] = {  # [TS 102 223 §8.6]
    0: "begin anew, all files may have changed",
    1: "these files have changed",
    2: "begin anew, these files have changed",
    3: "begin anew",
    4: "reset the card",
    5: "reset the application",
    6: "reset the session",
}
"""Command qualifier of REFRESH -> what the terminal is asked to do."""

FILES_CHANGED: Final = 1
_REFRESH: Final = 0x01


@asked
def refresh(mode: int, paths: Iterable[FilePath] = ()) -> bytes:
    """The proactive command REFRESH; ``paths`` are the files that have changed."""
    listed = [b"".join(fid.to_bytes(2, "big") for fid in (MF.fid, *path)) for path in paths]
    files = [Tlv(0x92, bytes([len(listed)]) + b"".join(listed))] if listed else []
    return tlv(0xD0, Tlv(0x81, bytes([1, _REFRESH, mode])), Tlv(0x82, b"\x81\x82"), *files).encode()


@asked
def read_refresh(command: bytes) -> tuple[int, tuple[FilePath, ...]] | None:
    """Mode and changed files of a REFRESH, None for another proactive command.  CodecError when it is neither."""
    [whole] = read_all(command)[:1] or [Tlv(0)]
    if whole.tag != 0xD0:
        raise CodecError(f"a proactive command has tag D0, not {whole.tag:02X}")
    parts = {part.tag & 0x7F: part.value for part in whole.parts}
    details = parts.get(0x01, b"")
    if len(details) != 3:
        raise CodecError("a proactive command has command details of three octets")
    if details[1] != _REFRESH:
        return None
    return details[2], _paths(parts.get(0x12, b""))


def _paths(value: bytes) -> tuple[FilePath, ...]:
    """A path begins with 3F00, which no other file is called, or with 7FFF, the current application.

    >>> [[f"{fid:04X}" for fid in path] for path in _paths(bytes.fromhex("03 7FFF6431 3F002FE2 3F007FFF6432"))]
    [['7FFF', '6431'], ['2FE2'], ['7FFF', '6432']]
    """
    fids = [int.from_bytes(value[at : at + 2], "big") for at in range(1, len(value) - 1, 2)]
    starts = [at for at, fid in enumerate(fids) if fid == MF.fid or (fid == CURRENT_ADF and not _is_mf(fids, at - 1))]
    starts = sorted({0, *starts}) if fids else []
    return tuple(tuple(fids[a + _is_mf(fids, a) : b]) for a, b in pairwise([*starts, len(fids)]))


def _is_mf(fids: Sequence[int], at: int) -> bool:
    return at >= 0 and fids[at] == MF.fid


def _no_parameters(turn: CardTurn) -> None:
    if turn.command.p1 or turn.command.p2:
        raise CommandRefused(0x6A86)


def _profile(turn: CardTurn) -> Handled:
    _no_parameters(turn)
    if not turn.command.data:
        raise CommandRefused(0x6700)
    return turn.done(state=turn.state.with_session(profile=turn.command.data))


def _capability(turn: CardTurn) -> Handled:
    _no_parameters(turn)
    try:
        [whole] = read_all(turn.command.data)
    except (CodecError, ValueError):
        raise CommandRefused(0x6A80) from None
    if whole.tag != 0xA9:
        raise CommandRefused(0x6A80)
    return turn.done()


def _fetch(turn: CardTurn) -> Handled:
    _no_parameters(turn)
    session, le = turn.state.session, turn.command.le
    if not session.waiting or session.fetched:
        raise CommandRefused(0x6985)
    first, *rest = session.waiting
    if le is None or turn.command.data:
        raise CommandRefused(0x6700)
    if le % 256 != len(first) % 256:
        raise CommandRefused(0x6C00 | len(first) % 256)
    return turn.done(first, state=turn.state.with_session(waiting=tuple(rest), fetched=first))


def _response(turn: CardTurn) -> Handled:
    """The terminal did, or did not do, what was fetched."""
    _no_parameters(turn)
    if not turn.state.session.fetched:
        raise CommandRefused(0x6985)
    try:
        tags = {part.tag & 0x7F for part in read_all(turn.command.data)}
    except CodecError:
        raise CommandRefused(0x6A80) from None
    if not {0x01, 0x03} <= tags:  # command details and result
        raise CommandRefused(0x6A80)
    return turn.done(state=turn.state.with_session(fetched=b""))


HANDLERS: Final[dict[int, ApduHandler]] = {0x10: _profile, 0xAA: _capability, 0x12: _fetch, 0x14: _response}
