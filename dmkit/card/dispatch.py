"""A command's way: class and channel, handler, status word.  One function of a state; the card only keeps the state.

An answer that does not fit the command waits for GET RESPONSE, as over T=0: a command with data and without Le gets
61xx.  With Le the data come at once; when Le is too small, the first of them, and 61xx for the others (READ, SELECT and
STATUS, which change nothing, say 6Cxx instead and are sent again).  [TS 102 221 §7.3.1]
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from dmkit.card import authenticate, data, pins, search, select, sim, toolkit
from dmkit.card.apdu import INSTRUCTIONS, CommandApdu, CommandRefused, channel_of
from dmkit.card.memory import UsimState
from dmkit.card.ota import remote
from dmkit.card.turn import ApduHandler, CardTurn, Handled, Services
from dmkit.words.errors import CodecError

__all__ = ["HANDLERS", "perform"]

HANDLERS: Final[dict[int, ApduHandler]] = {
    **select.HANDLERS,
    **data.HANDLERS,
    **search.HANDLERS,
    **pins.HANDLERS,
    **authenticate.HANDLERS,
    **toolkit.HANDLERS,
    **remote.HANDLERS,
}
"""INS -> what carries it out.  A new command is a row in one of these modules, and one in INSTRUCTIONS."""

_GET_RESPONSE: Final = 0xC0


def perform(state: UsimState, apdu: bytes, services: Services) -> Handled:
    """What the card answers, and its state from then on.  Never raises for any octets."""
    try:
        command = CommandApdu.parse(apdu)
    except CodecError:
        return Handled(state, sw=0x6700)
    try:
        return _carry_out(state, command, services)
    except CommandRefused as refused:
        return Handled(state, sw=refused.sw)


def _carry_out(state: UsimState, command: CommandApdu, services: Services) -> Handled:
    number = channel_of(command.cla)
    if command.cla == 0xA0:
        if 0xA0 not in services.classes:
            raise CommandRefused(0x6E00)
        answer = sim.perform(CardTurn(state, command, 0, services, perform), HANDLERS)
        return _delivered(answer, command, more=0x9F00)
    if number is None or 0x00 not in services.classes:
        raise CommandRefused(0x6E00)
    row = INSTRUCTIONS.get(command.ins)
    if row is None:
        raise CommandRefused(0x6D00)
    if bool(command.cla & 0x80) != row.proprietary:
        raise CommandRefused(0x6E00)
    if number not in state.session.channels:
        raise CommandRefused(0x6881)
    if command.ins == _GET_RESPONSE:
        return _signalled(_get_response(state, command))
    return _delivered(HANDLERS[command.ins](CardTurn(state, command, number, services, perform)), command, more=0x6100)


def _get_response(state: UsimState, command: CommandApdu) -> Handled:
    waiting, le = state.session.pending, command.le
    if command.p1 or command.p2:
        raise CommandRefused(0x6A86)
    if not waiting:
        raise CommandRefused(0x6985)
    if le is None or command.data:
        raise CommandRefused(0x6700)
    if le > len(waiting) and le != 256:
        raise CommandRefused(0x6C00 | len(waiting) % 256)
    rest = waiting[le:]
    return Handled(state.with_session(pending=rest), waiting[:le], 0x6100 | len(rest) % 256 if rest else 0x9000)


def _delivered(answer: Handled, command: CommandApdu, *, more: int) -> Handled:
    """The answer as it travels: data at once, or a word that says how many octets wait."""
    state = answer.state
    if answer.data and command.le is None and answer.sw in (0x9000, 0x6283):
        waiting = state.with_session(pending=answer.data)
        return Handled(waiting, b"", more | min(len(answer.data), 255 if more == 0x9F00 else 256) % 256)
    if command.le is not None and len(answer.data) > command.le and answer.sw == 0x9000:
        return _cut(answer, command.le, more)
    if state.session.pending and answer.sw == 0x9000 and command.ins != _GET_RESPONSE:
        answer = replace(answer, state=state.with_session(pending=b""))
    return _signalled(answer)


def _cut(answer: Handled, le: int, more: int) -> Handled:
    """The first ``le`` octets; the others wait.  The command was carried out, and is not to be sent again for them.

    In class A0 all of it waits, since GET RESPONSE begins at the first octet there.
    """
    begin, rest = answer.data[:le], answer.data[le:]
    waiting = answer.state.with_session(pending=answer.data if more == 0x9F00 else rest)
    cut = replace(answer, state=waiting, data=begin)
    return _signalled(cut) if more == 0x9F00 else replace(cut, sw=more | (len(rest) if len(rest) < 256 else 0))


def _signalled(answer: Handled) -> Handled:
    """91xx in place of 9000 while a proactive command waits."""
    session = answer.state.session
    if answer.sw == 0x9000 and session.waiting and not session.fetched:
        return replace(answer, sw=0x9100 | len(session.waiting[0]) % 256)
    return answer
