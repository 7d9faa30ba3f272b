"""ENVELOPE: a short message for the card brings a secured packet, and commands in it rewrite files.

The terminal hands over what came with TP-PID 7F and class 2.  What the packet's commands changed, the card tells the
terminal by REFRESH.  [TS 31.111 §7.1; TS 31.115 §4; sheet usim §6]
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, TypeAlias

from dmkit.card.apdu import CommandRefused, StatusWord
from dmkit.card.authenticate import has_service
from dmkit.card.memory import CardSession, FilePath, LogicalChannel, UsimState
from dmkit.card.tlv import Tlv, read_all, tlv
from dmkit.card.toolkit import FILES_CHANGED, refresh
from dmkit.card.turn import ApduHandler, CardTurn, Handled
from dmkit.words.errors import CodecError
from dmkit.words.records import dataclass

__all__ = ["HANDLERS", "Delivered", "envelope", "read_envelope", "run_in_card"]

_SMS_PP: Final = 0xD1
_DOWNLOAD_VIA_SMS: Final = 28
_PID_SIM_DOWNLOAD: Final = 0x7F
_COMMAND_HEADER: Final = 0x70


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a short message for the card carries: a piece of a secured packet, ``number`` of ``total``."""

    data: bytes
    reference: int = 0
    total: int = 1
    number: int = 1


def envelope(tpdu: bytes, *, smsc: bytes = b"") -> bytes:
    """The command data with which a terminal hands a short message (SMS-DELIVER) to the card."""
    address = [Tlv(0x86, smsc)] if smsc else []
    return tlv(_SMS_PP, Tlv(0x82, b"\x83\x81"), *address, Tlv(0x8B, tpdu)).encode()


def read_envelope(data: bytes) -> Delivered:
    """The piece of a packet in the data of ENVELOPE.  CodecError when it is no short message for the card."""
    whole = read_all(data)
    if len(whole) != 1 or whole[0].tag != _SMS_PP:
        raise CodecError("an envelope with a short message has tag D1")
    tpdu = next((part.value for part in whole[0].parts if part.tag & 0x7F == 0x0B), None)
    if tpdu is None:
        raise CodecError("the envelope has no short message in it, tag 8B")
    return _read_deliver(tpdu)


def _read_deliver(tpdu: bytes) -> Delivered:
    """SMS-DELIVER: flags, address, PID, DCS, time, user data with a header.  [TS 23.040 §9.2.2.1]"""
    if len(tpdu) < 2 or tpdu[0] & 0x03:
        raise CodecError("the short message is no SMS-DELIVER")
    after = 3 + (tpdu[1] + 1) // 2
    head, data = tpdu[after : after + 10], tpdu[after + 10 :]
    if len(head) < 10 or head[9] != len(data):
        raise CodecError("the short message ends too early, or its length is wrong")
    if head[0] != _PID_SIM_DOWNLOAD or not _is_class_2(head[1]):
        raise CodecError(f"PID {head[0]:02X}, DCS {head[1]:02X}: not for the card (7F and class 2, 8 bit)")
    if not tpdu[0] & 0x40 or not data or 1 + data[0] > len(data):
        raise CodecError("the short message has no user data header")
    return _read_header(data[1 : 1 + data[0]], data[1 + data[0] :])


def _is_class_2(dcs: int) -> bool:
    return dcs & 0xF7 == 0xF6 or dcs & 0xDF == 0x16


def _read_header(header: bytes, data: bytes) -> Delivered:
    elements, at = {}, 0
    while at < len(header):
        if at + 2 > len(header) or at + 2 + header[at + 1] > len(header):
            raise CodecError("an element of the user data header does not fit")
        elements[header[at]] = header[at + 2 : at + 2 + header[at + 1]]
        at += 2 + header[at + 1]
    place = elements.get(0x00) or elements.get(0x08)
    if place is None:
        if _COMMAND_HEADER not in elements:
            raise CodecError("the user data header does not say that a secured packet follows, element 70")
        return Delivered(data)
    if len(place) not in (3, 4) or not 1 <= place[-1] <= place[-2]:
        raise CodecError("the place of this piece of several makes no sense")
    if place[-1] == 1 and _COMMAND_HEADER not in elements:
        raise CodecError("the first piece does not say that a secured packet follows, element 70")
    return Delivered(data, int.from_bytes(place[:-2], "big"), place[-2], place[-1])


# -- running what a packet brings


def run_in_card(turn: CardTurn, apdus: list[bytes]) -> tuple[UsimState, list[bytes]]:
    """Run commands as the operator, beside what the terminal does; they stop at the first that does not go well.

    The state after them, with the terminal's session as it was; and each answer.
    """
    services = turn.services
    state = replace(turn.state, session=CardSession({0: LogicalChannel()}, services.ota_keys))
    answers = []
    for apdu in apdus:
        answer = turn.perform(state, apdu, services)
        state = answer.state
        answers.append(answer.data + StatusWord(answer.sw).octets)
        if not StatusWord(answer.sw).is_ok:
            break
    return replace(state, session=turn.state.session), answers


def changed(before: UsimState, after: UsimState) -> list[FilePath]:
    """The files whose content or life differs."""
    old = before.memory.files
    return [path for path, stored in after.memory.files.items() if stored is not old.get(path)]


def _envelope(turn: CardTurn) -> Handled:
    command, ota = turn.command, turn.services.ota
    if command.p1 or command.p2:
        raise CommandRefused(0x6A86)
    try:
        piece = read_envelope(command.data)
    except CodecError:
        raise CommandRefused(0x6A80) from None
    if ota is None or not has_service(turn.state, _DOWNLOAD_VIA_SMS):
        raise CommandRefused(0x6985)
    packet, parts = _joined(turn.state.session.parts, piece)
    if packet is None:
        return turn.done(state=turn.state.with_session(parts=parts))
    state = turn.state

    def run(apdus: list[bytes]) -> list[bytes]:
        nonlocal state
        state, answers = run_in_card(turn, apdus)
        return answers

    response = ota.receive(packet, run).response
    waiting = turn.state.session.waiting
    files = changed(turn.state, state)
    if files and turn.services.refresh:
        waiting = (*waiting, refresh(FILES_CHANGED, files))
    return turn.done(response, state=state.with_session(parts=parts, waiting=waiting))


_Parts: TypeAlias = tuple[tuple[int, int, int, bytes], ...]


def _joined(parts: _Parts, piece: Delivered) -> tuple[bytes | None, _Parts]:
    """The whole packet when this was its last missing piece, and the pieces that still wait."""
    if piece.total == 1:
        return piece.data, parts
    key = (piece.reference, piece.total)
    others = tuple(part for part in parts if part[:2] == key and part[2] != piece.number)
    mine = (*others, (*key, piece.number, piece.data))
    if len(mine) < piece.total:
        return None, mine  # pieces of another packet are given up
    return b"".join(part[3] for part in sorted(mine, key=lambda part: part[2])), ()


HANDLERS: Final[dict[int, ApduHandler]] = {0xC2: _envelope}
