"""What passes between two peers over UDP, counted: a relay on the loopback, and records of DTLS in what it saw.

>>> hello = bytes.fromhex("16fefd0000000000000002000c0e0000000002000000000000")
>>> dtls_records(hello)
(DtlsRecord(kind='ServerHelloDone', epoch=0, octets=25),)
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final

from dmkit.lwm2m.handshake import HEADER, HELLO, RECORD, DtlsFlights
from dmkit.words.errors import CodecError
from dmkit.words.records import dataclass

__all__ = ["DtlsRecord", "Relay", "RelayedDatagram", "dtls_records", "flights_of"]

_KINDS: Final = {20: "ChangeCipherSpec", 21: "Alert", 22: "Handshake", 23: "ApplicationData"}
_MESSAGES: Final = {
    1: "ClientHello", 2: "ServerHello", 3: "HelloVerifyRequest", 4: "NewSessionTicket", 12: "ServerKeyExchange",
    14: "ServerHelloDone", 16: "ClientKeyExchange",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RelayedDatagram:
    """What one side sent: ``device`` (who called the relay) or ``server``, and the octets."""

    sender: str
    octets: bytes


@dataclass(frozen=True, slots=True)
class DtlsRecord:
    """One record: what it is, its epoch (from 1 on it is protected), octets with its header."""

    kind: str
    epoch: int
    octets: int


def dtls_records(octets: bytes) -> tuple[DtlsRecord, ...]:
    """The records of a datagram, a handshake message by its name while it can be read.  CodecError."""
    found, at = [], 0
    while at < len(octets):
        size = int.from_bytes(octets[at + 11 : at + RECORD], "big")
        if at + RECORD > len(octets) or octets[at] not in _KINDS or at + RECORD + size > len(octets):
            raise CodecError("no record of DTLS", offset=at)
        epoch, kind = int.from_bytes(octets[at + 3 : at + 5], "big"), _KINDS[octets[at]]
        if kind == "Handshake":
            kind = _MESSAGES.get(octets[at + RECORD], kind) if not epoch and size else "Finished"
        found.append(DtlsRecord(kind, epoch, RECORD + size))
        at += RECORD + size
    return tuple(found)


def flights_of(datagrams: Iterable[RelayedDatagram], *, tag: int = 8) -> DtlsFlights:
    """The parameters of a handshake that was seen; CodecError where it is not whole."""
    bodies: dict[str, bytes] = {}
    for datagram in datagrams:
        at = 0
        for record in dtls_records(datagram.octets):
            if record.epoch == 0:
                bodies[record.kind] = datagram.octets[at + RECORD + HEADER : at + record.octets]
            at += record.octets
    try:
        client, server = bodies["ClientHello"], bodies["ServerHello"]
        at = HELLO + 1 + client[HELLO]
        cookie = client[at]
        at += 1 + cookie
        suites = int.from_bytes(client[at : at + 2], "big") // 2
        at += 2 + 2 * suites
        at += 1 + client[at]
        return DtlsFlights(
            identity=len(bodies["ClientKeyExchange"]) - 2, hint=max(len(bodies.get("ServerKeyExchange", b"")) - 2, 0),
            cookie=cookie, suites=suites, client_extensions=len(client) - at, session=server[HELLO],
            server_extensions=len(server) - HELLO - 1 - server[HELLO] - 3,
            ticket=max(len(bodies.get("NewSessionTicket", b"")) - 6, 0), tag=tag,
        )  # fmt: skip
    except (KeyError, IndexError):
        raise CodecError(f"no whole handshake with a key: {', '.join(bodies) or 'nothing'} was seen") from None


class Relay:
    """A UDP port that passes on to ``host:port`` what one peer sends, and back; ``seen`` is what passed, in order."""

    def __init__(self, host: str, port: int) -> None:
        self.to = (host, port)
        self.seen: list[RelayedDatagram] = []
        self.port = 0
        self._near: Any = None
        self._far: Any = None

    async def open(self) -> int:
        """Listen on the loopback; the port."""
        loop = asyncio.get_running_loop()
        self._far, _ = await loop.create_datagram_endpoint(lambda: _Ear(self, "server"), remote_addr=self.to)
        self._near, _ = await loop.create_datagram_endpoint(lambda: _Ear(self, "device"), local_addr=("127.0.0.1", 0))
        self.port = int(self._near.get_extra_info("sockname")[1])
        return self.port

    async def close(self) -> None:
        """Stop."""
        for transport in (self._near, self._far):
            if transport is not None:
                transport.close()
        await asyncio.sleep(0)

    def octets(self, sender: str) -> int:
        """Octets that ``device`` or ``server`` sent, UDP payload."""
        return sum(len(datagram.octets) for datagram in self.seen if datagram.sender == sender)


class _Ear(asyncio.DatagramProtocol):
    """One side of a relay."""

    def __init__(self, relay: Relay, hears: str) -> None:
        self.relay, self.hears = relay, hears
        self.peer: Any = None

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """Note it, and pass it on."""
        self.relay.seen.append(RelayedDatagram(self.hears, data))
        if self.hears == "device":
            self.peer = addr
            self.relay._far.sendto(data)
        else:
            near = self.relay._near
            near.sendto(data, near.get_protocol().peer)

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there yet, or any more: what was sent is lost, as on the air."""
