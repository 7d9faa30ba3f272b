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

from dataclasses import dataclass
from typing import Protocol

from dmkit.card import terminal
from dmkit.card.aka.aka import AkaResult, MacFailure, Resync, Vector
from dmkit.card.apdu import CommandApdu, CommandRefused
from dmkit.card.authenticate import fields_of
from dmkit.card.files import AID_USIM
from dmkit.words.errors import CodecError, RemoteProtocolError

__all__ = ["CardAuthenticator"]

_MAC_FAILURE = 0x9862


class _Card(Protocol):
    def transmit(self, apdu: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class CardAuthenticator:
    """Runs AUTHENTICATE in the 3G context of a card's USIM; PIN1, where it is on, must have been shown."""

    card: _Card

    def run(self, rand: bytes, autn: bytes) -> AkaResult:
        """Answer a challenge.  CodecError for strings of a wrong size, RemoteProtocolError when the card cannot."""
        if len(rand) != 16 or len(autn) != 16:
            raise CodecError(f"RAND and AUTN have 16 octets each, not {len(rand)} and {len(autn)}")
        try:
            return terminal.run(self.card, _authenticate(rand, autn))
        except CommandRefused as refused:
            if refused.sw == _MAC_FAILURE:
                return MacFailure()
            raise RemoteProtocolError(f"the card does not authenticate: {refused}") from None


def _authenticate(rand: bytes, autn: bytes) -> terminal.ApduProcedure[AkaResult]:
    yield from terminal.select_aid(AID_USIM)
    data = bytes([16]) + rand + bytes([16]) + autn
    reply = yield from terminal.send(CommandApdu(0x00, 0x88, 0x00, 0x81, data, 256))
    tag, rest = reply.data[:1], reply.data[1:]
    if tag == b"\xdc":
        return Resync(*fields_of(rest, 1))
    if tag != b"\xdb":
        raise CommandRefused(0x6F00)
    count, at = 0, 0
    while at < len(rest):
        count, at = count + 1, at + 1 + rest[at]
    res, ck, ik, *_ = [*fields_of(rest, count), b"", b"", b""]
    return Vector(res, ck, ik)
