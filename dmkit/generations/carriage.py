"""What surrounds a body on its way: framing, transport, security.  Parameters, each with its source.

Octets are split by cause: *body* is what the protocol itself writes, *framing* the headers of HTTP or CoAP, *transport*
those of TCP or UDP and IP, *security* records and the handshake of TLS or DTLS.

>>> http_request("https://dm.example.com/dm", "application/vnd.syncml.dm+xml", 1017)
249
>>> TCP.octets(1500), UDP.octets(41)
(80, 28)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from dmkit.lwm2m.handshake import DtlsFlights
from dmkit.words.asked import asked
from dmkit.words.checked import checked
from dmkit.words.ranges import Count, Natural

__all__ = ["DTLS_PSK", "FLIGHTS", "NOTHING", "SECURITIES", "TCP", "TLS_1_2", "TLS_1_3", "UDP", "Security", "Transport",
           "http_answer", "http_request"]  # fmt: skip


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """Headers of packets: octets of each, and how much one carries; ``opening`` octets before the first."""

    header: Natural
    """Octets before each piece: transport and IP, version 4 without options."""
    piece: Count
    """Octets that one packet carries."""
    opening_up: Natural = 0
    """Octets of the device before the first message: TCP's SYN and ACK."""
    opening_down: Natural = 0
    """Octets of the server before the first message."""
    source: str = ""
    """Where the figures come from."""

    def octets(self, size: int) -> int:
        """Headers for ``size`` octets; acknowledgements without data are left out."""
        return self.header * max(1, -(-size // self.piece))


TCP: Final = Transport(header=40, piece=1460, opening_up=80, opening_down=40, source="RFC 9293 §3.1, RFC 791 §3.1")
UDP: Final = Transport(header=28, piece=1472, source="RFC 768, RFC 791 §3.1")


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """A secure channel: octets around each record, and of its handshake; ``trips`` of the handshake."""

    record: Natural = 0
    """Octets around each record: header, nonce, tag."""
    most: Count = 16384
    """Octets that one record carries."""
    up: Natural = 0
    """Octets of the handshake from the device."""
    down: Natural = 0
    """Octets of the handshake to the device."""
    trips: Natural = 0
    """Round trips of the handshake."""
    up_packets: Natural = 0
    """Packets of the handshake from the device, whose headers are counted; 0: they are among its octets."""
    down_packets: Natural = 0
    """Packets of the handshake to the device, likewise."""
    basis: str = "proposal"
    """What the figures rest on."""

    def octets(self, size: int) -> int:
        """What surrounds ``size`` octets."""
        return self.record * max(1, -(-size // self.most)) if self.record else 0


NOTHING: Final = Security(basis="established")
TLS_1_2: Final = Security(record=29, up=500, down=3500, trips=2, basis="RFC 5246, AES-GCM; octets: sim.net.SETUPS")
TLS_1_3: Final = Security(record=22, up=500, down=3500, trips=1, basis="RFC 8446, AES-GCM; octets: sim.net.SETUPS")
FLIGHTS: Final = DtlsFlights()
"""The handshake that a client of LwM2M has, computed; a test holds it against one of real peers."""
DTLS_PSK: Final = Security(
    record=FLIGHTS.record(0), most=1024, up=FLIGHTS.up, down=FLIGHTS.down, trips=FLIGHTS.trips,
    up_packets=FLIGHTS.count("device"), down_packets=FLIGHTS.count("server"),
    basis="RFC 6347, RFC 4279, RFC 6655 (CCM_8): computed, and measured of tinydtls",
)  # fmt: skip

SECURITIES: Final[Mapping[str, tuple[Security, Security]]] = MappingProxyType(
    {
        "none": (NOTHING, NOTHING),
        "tls 1.2, dtls 1.2 psk": (TLS_1_2, DTLS_PSK),
        "tls 1.3, dtls 1.2 psk": (TLS_1_3, DTLS_PSK),
    }
)
"""Name -> what HTTP goes through, and what CoAP goes through."""


@asked
def http_request(uri: str, media_type: str, size: int, *, more: tuple[tuple[str, str], ...] = ()) -> int:
    """Octets of the head of a POST as dmkit's own client sends it: the text is built and counted."""
    host, _, path = uri.partition("://")[2].partition("/")
    lines = [f"POST /{path} HTTP/1.1", f"Host: {host}", f"Content-Type: {media_type}"]
    lines += (
        ["Accept: application/vnd.syncml.dm+xml, application/vnd.syncml.dm+wbxml"] if "syncml" in media_type else []
    )
    lines += ["Accept-Charset: utf-8", "Cache-Control: no-store", "User-Agent: dmkit", f"Content-Length: {size}"]
    lines += [f"{name}: {value}" for name, value in more]
    return len("\r\n".join([*lines, "", ""]).encode())


def http_answer(status: int, media_type: str, size: int) -> int:
    """Octets of the head of an answer as dmkit's own server sends it."""
    lines = [f"HTTP/1.1 {status} OK"]
    lines += [f"Content-Type: {media_type}", "Cache-Control: private, no-store"] if media_type else []
    lines += [f"Content-Length: {size}", "Date: Sun, 29 Nov 2026 12:00:00 GMT", "Server: dmkit"]
    return len("\r\n".join([*lines, "", ""]).encode())
