"""AUTHENTICATE in its contexts, and GET CHALLENGE.  [TS 31.102 §7.1; sheet aka §5]

The secret key is not in a file: `dmkit.card.aka.aka` keeps it, and no command reads it.
"""

from __future__ import annotations

from typing import Final

from dmkit.card.aka.aka import AkaResult as AkaAnswer
from dmkit.card.aka.aka import MacFailure, Resync
from dmkit.card.apdu import CommandRefused
from dmkit.card.codings import SERVICES
from dmkit.card.files import USIM_BEGIN
from dmkit.card.memory import UsimState
from dmkit.card.turn import AkaAuthenticator, ApduHandler, CardTurn, Handled
from dmkit.words.errors import CodecError, LocalProtocolError

__all__ = ["HANDLERS", "fields_of", "has_service", "run_gsm"]

GSM, UMTS, GBA = 0x80, 0x81, 0x84
_GSM_ACCESS: Final = 27


def fields_of(data: bytes, count: int) -> list[bytes]:
    """Exactly ``count`` fields, each behind its length in one octet.  Refused with 6A80 when they are not."""
    fields, at = [], 0
    while at < len(data):
        end = at + 1 + data[at]
        if end > len(data):
            raise CommandRefused(0x6A80)
        fields.append(data[at + 1 : end])
        at = end
    if len(fields) != count:
        raise CommandRefused(0x6A80)
    return fields


def _joined(*fields: bytes) -> bytes:
    return b"".join(bytes([len(field)]) + field for field in fields)


def has_service(state: UsimState, number: int) -> bool:
    """Whether EF.UST says that the service is available."""
    path = next((path for path, stored in state.memory.files.items() if stored.row.name == "EF.UST"), None)
    return path is not None and number in SERVICES.decode(state.memory.files[path].content[0])


def _authenticate(turn: CardTurn) -> Handled:
    command, memory, application = turn.command, turn.state.memory, turn.channel.application
    if command.p1:
        raise CommandRefused(0x6A86)
    if application is None or not memory.directories[application].aid.startswith(USIM_BEGIN):
        raise CommandRefused(0x6985)
    if command.p2 not in _CONTEXTS:
        raise CommandRefused(0x6A86)
    if not command.data:
        raise CommandRefused(0x6700)
    if not turn.state.verified(0x01):
        raise CommandRefused(0x6982)
    return turn.done(_CONTEXTS[command.p2](turn))


def _authenticator(turn: CardTurn) -> AkaAuthenticator:
    if turn.services.authenticator is None:
        raise CommandRefused(0x6985)
    return turn.services.authenticator


def _response(answer: AkaAnswer, *, kc: bool = False) -> bytes:
    if isinstance(answer, MacFailure):
        raise CommandRefused(0x9862)
    if isinstance(answer, Resync):
        return b"\xdc" + _joined(answer.auts)
    if not answer.ck:  # GBA: the keys stay here
        return b"\xdb" + _joined(answer.res)
    return b"\xdb" + _joined(answer.res, answer.ck, answer.ik, *([answer.kc] if kc else []))


def _umts(turn: CardTurn) -> bytes:
    authenticator = _authenticator(turn)
    rand, autn = _challenge(turn.command.data)
    return _response(authenticator.run(rand, autn), kc=has_service(turn.state, _GSM_ACCESS))


def _challenge(data: bytes) -> tuple[bytes, bytes]:
    rand, autn = fields_of(data, 2)
    if len(rand) != 16 or len(autn) != 16:
        raise CommandRefused(0x6A80)
    return rand, autn


def _gsm(turn: CardTurn) -> bytes:
    authenticator = _authenticator(turn)
    [rand] = fields_of(turn.command.data, 1)
    return _joined(*run_gsm(authenticator, rand))


def run_gsm(authenticator: AkaAuthenticator, rand: bytes) -> tuple[bytes, bytes]:
    """SRES and Kc.  Refused with 6A80 when RAND has not 16 octets."""
    if len(rand) != 16:
        raise CommandRefused(0x6A80)
    triplet = authenticator.run_gsm(rand)
    return triplet.sres, triplet.kc


def _gba(turn: CardTurn) -> bytes:
    """DD: bootstrap, only RES leaves the card.  DE: the key of a service, from its NAF_Id and the private identity."""
    gba, data = turn.services.gba, turn.command.data
    if gba is None:
        raise CommandRefused(0x9864)
    if data[0] == 0xDD:
        rand, autn = _challenge(data[1:])
        return _response(gba.bootstrap(rand, autn))
    if data[0] == 0xDE:
        naf, impi = fields_of(data[1:], 2)
        try:
            return b"\xdb" + _joined(gba.derive(naf, impi.decode()))
        except (UnicodeDecodeError, CodecError):
            raise CommandRefused(0x6A80) from None
        except LocalProtocolError:
            raise CommandRefused(0x6985) from None
    raise CommandRefused(0x6A80)


_CONTEXTS: Final = {GSM: _gsm, UMTS: _umts, GBA: _gba}


def _get_challenge(turn: CardTurn) -> Handled:
    command, source = turn.command, turn.services.challenges
    if command.p1 or command.p2:
        raise CommandRefused(0x6A86)
    if command.data or command.le is None:
        raise CommandRefused(0x6700)
    if source is None:
        raise CommandRefused(0x6D00)
    octets = b""
    size = 8 if command.le >= 256 else command.le
    while len(octets) < size:
        piece = next(source, b"")
        if not piece:  # no more chance where it comes from
            raise CommandRefused(0x6F00)
        octets += piece
    return turn.done(octets[:size])


HANDLERS: Final[dict[int, ApduHandler]] = {0x88: _authenticate, 0x84: _get_challenge}
