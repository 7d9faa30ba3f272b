"""The handshake of DTLS 1.2 with a pre-shared key, octet by octet, from stated parameters.  [RFC 6347, RFC 4279]

Six flights: a hello, the server's cookie, the hello with it; the server's hello; key, change and finish of the device;
change and finish of the server.  Each message has a record header of 13 octets and a header of its own of 12.

>>> flights = DtlsFlights(identity=24)
>>> [(message.sender, message.name, message.octets) for message in flights.messages][:2]
[('device', 'ClientHello', 77), ('server', 'HelloVerifyRequest', 44)]
>>> flights.up, flights.down, flights.trips, flights.record(28)
(288, 210, 3, 57)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dmkit.words.checked import checked
from dmkit.words.ranges import Natural

__all__ = ["HEADER", "HELLO", "RECORD", "DtlsFlights", "HandshakeMessage"]

RECORD: Final = 13
"""Type, version, epoch, number, length.  [RFC 6347 §4.1]"""
HEADER: Final = 12
"""Kind, length, number of the message, and place and length of a piece.  [RFC 6347 §4.2.2]"""
_FINISHED: Final = 12
"""Octets that are compared at the end.  [RFC 5246 §7.4.9]"""
HELLO: Final = 2 + 32
"""Version and random octets."""


@dataclass(frozen=True, slots=True)
class HandshakeMessage:
    """A message of the handshake in its record: who sends it, its name, octets."""

    sender: str
    name: str
    octets: int


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class DtlsFlights:
    """The parameters of a handshake; the defaults are what tinydtls was seen to send, with a cookie of 16 octets."""

    identity: Natural = 24
    """Octets of the identity of the device: its endpoint name, here."""
    hint: Natural = 0
    """Octets of the server's hint; 0: there is no ServerKeyExchange."""
    cookie: Natural = 16
    """Octets of the cookie that the server wants to see again."""
    suites: Natural = 3
    """Cipher suites that the device offers, with those that are signals only."""
    client_extensions: Natural = 6
    """Octets of the device's extensions, with their length; 0: there are none."""
    server_extensions: Natural = 11
    """Octets of the server's."""
    session: Natural = 0
    """Octets of a session identifier that the server gives."""
    ticket: Natural = 0
    """Octets of a ticket for the next time; 0: the server gives none."""
    nonce: Natural = 8
    """Octets of the nonce that each protected record carries: AES in CCM or GCM.  [RFC 6655 §3, RFC 5288 §3]"""
    tag: Natural = 8
    """Octets of the tag of a protected record: 8 for CCM_8, 16 for CCM and GCM."""

    def record(self, size: int) -> int:
        """Octets of a protected record with ``size`` octets in it."""
        return RECORD + self.nonce + size + self.tag

    @property
    def messages(self) -> tuple[HandshakeMessage, ...]:
        """Every message, in order."""
        hello = HELLO + 1 + 1 + 2 + 2 * self.suites + 2 + self.client_extensions
        exchange = [("server", "ServerKeyExchange", 2 + self.hint)] if self.hint else []
        ticket = [("server", "NewSessionTicket", 4 + 2 + self.ticket)] if self.ticket else []
        change, finished = 1, self.record(HEADER + _FINISHED)
        clear = [
            ("device", "ClientHello", hello),
            ("server", "HelloVerifyRequest", 2 + 1 + self.cookie),
            ("device", "ClientHello", hello + self.cookie),
            ("server", "ServerHello", HELLO + 1 + self.session + 2 + 1 + self.server_extensions),
            *exchange,
            ("server", "ServerHelloDone", 0),
            ("device", "ClientKeyExchange", 2 + self.identity),
        ]
        return (
            *(HandshakeMessage(sender, name, RECORD + HEADER + size) for sender, name, size in clear),
            HandshakeMessage("device", "ChangeCipherSpec", RECORD + change),
            HandshakeMessage("device", "Finished", finished),
            *(HandshakeMessage(sender, name, RECORD + HEADER + size) for sender, name, size in ticket),
            HandshakeMessage("server", "ChangeCipherSpec", RECORD + change),
            HandshakeMessage("server", "Finished", finished),
        )

    def octets(self, sender: str) -> int:
        """Octets that ``device`` or ``server`` sends."""
        return sum(message.octets for message in self.messages if message.sender == sender)

    def count(self, sender: str) -> int:
        """Messages of ``device`` or ``server``, each a datagram of its own where they are not put together."""
        return sum(message.sender == sender for message in self.messages)

    @property
    def up(self) -> int:
        """Octets from the device."""
        return self.octets("device")

    @property
    def down(self) -> int:
        """Octets to the device."""
        return self.octets("server")

    @property
    def trips(self) -> int:
        """Round trips: cookie, hello, finish."""
        return 3
