"""AKA through the contacts of a card: an Authenticator for whoever holds a card instead of a key.

>>> from dmkit.card.aka.aka import AuthenticationCentre, Subscriber, UsimAuthenticator
>>> from dmkit.card.card import Usim
>>> from dmkit.card.aka.milenage import Milenage
>>> from dmkit.card.turn import Services
>>> functions = Milenage(bytes(16), bytes(16))
>>> card = Usim.example(services=Services(UsimAuthenticator(functions)))
>>> sent = AuthenticationCentre({"1": Subscriber(functions)}, iter([b"R" * 16])).vector("1")
>>> CardAuthenticator(card).run(sent.rand, sent.autn).res == sent.xres
True
"""

from __future__ import annotations

from typing import Protocol

from dmkit.card import terminal
from dmkit.card.aka.aka import AkaResult, MacFailure, Resync, Vector
from dmkit.card.apdu import CommandApdu, CommandRefused
from dmkit.card.files import USIM_BEGIN
from dmkit.words.counts import many
from dmkit.words.errors import CodecError, RemoteProtocolError
from dmkit.words.records import dataclass

__all__ = ["CardAuthenticator"]

_MAC_FAILURE = 0x9862


class _Card(Protocol):
    def transmit(self, apdu: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class CardAuthenticator:
    """Runs AUTHENTICATE in the 3G context of a card's USIM; PIN1, where it is on, must have been shown."""

    card: _Card

    def run(self, rand: bytes, autn: bytes) -> AkaResult:
        """Answer a challenge.  CodecError for strings of a wrong size, RemoteProtocolError when the card cannot, or
        answers with something else than RES, CK and IK or AUTS."""
        if len(rand) != 16 or len(autn) != 16:
            raise CodecError(f"RAND and AUTN have 16 octets each, not {len(rand)} and {len(autn)}")
        try:
            return terminal.run(self.card, _authenticate(rand, autn))
        except CommandRefused as refused:
            if refused.sw == _MAC_FAILURE:
                return MacFailure()
            raise RemoteProtocolError(f"the card does not authenticate: {refused}") from None
        except CodecError as error:
            raise RemoteProtocolError(f"the card does not answer a challenge as it should: {error}") from None


def _authenticate(rand: bytes, autn: bytes) -> terminal.ApduProcedure[AkaResult]:
    """Any USIM will do: behind the first octets, its AID is the maker's.  [TS 101 220 annex E]"""
    yield from terminal.send(CommandApdu(0x00, 0xA4, 0x04, 0x04, USIM_BEGIN, 256))
    data = bytes([16]) + rand + bytes([16]) + autn
    reply = yield from terminal.send(CommandApdu(0x00, 0x88, 0x00, 0x81, data, 256))
    return _result(reply.data)


def _result(data: bytes) -> AkaResult:
    """RES, CK and IK behind DB, AUTS behind DC.  CodecError for anything else.  [TS 31.102 §7.1.2.1]"""
    tag, fields = data[:1], _fields(data[1:])
    sizes = list(map(len, fields))
    if tag == b"\xdc" and sizes == [14]:
        return Resync(fields[0])
    if tag == b"\xdb" and len(fields) >= 3 and 4 <= sizes[0] <= 16 and sizes[1:3] == [16, 16]:
        return Vector(*fields[:3])
    raise CodecError(f"{data[:40].hex() or 'nothing'} is neither RES, CK and IK nor AUTS")


def _fields(data: bytes) -> list[bytes]:
    fields, at = list[bytes](), 0
    while at < len(data):
        fields.append(data[at + 1 : at + 1 + data[at]])
        at += 1 + data[at]
    if at != len(data):
        raise CodecError(f"a length leads {many(at - len(data), 'octet')} behind the end of {data[:40].hex()}")
    return fields
