"""What a server shows in a TLS handshake before anything is secret: version, suite, certificates, and whom it asks.

Up to TLS 1.2 the first flight of a server is readable.  So a ClientHello is sent, the flight is read, and nothing is
finished: no key is made, and no certificate of ours is needed.  [DMSEC §5.3, §5.5.1.1]

>>> shown = read_flight(handshake((2, server_hello(0x002F)), (11, certificates(b"one")), (13, b""), (14, b"")))
>>> shown.suite, shown.certificates, shown.asks, shown.complete
('RSA_WITH_AES_128_CBC_SHA', 1, True, True)
>>> read_flight(bytes.fromhex("15 0303 0002 02 28")).alert
40
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from dmkit.words.asked import asked
from dmkit.words.checked import nearest
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError

__all__ = [
    "OFFERS",
    "SUITES",
    "CipherSuite",
    "FlightReader",
    "HandshakeShown",
    "TlsOffer",
    "certificates",
    "check_offer",
    "client_hello",
    "handshake",
    "read_flight",
    "server_hello",
]

_NAMED, _USUAL, _WEAK = "named by DM", "usual", "weak"


class CipherSuite(NamedTuple):
    """A suite: its name, the bits of its key, what it counts as.  0 bits: nothing secret, or nobody proves anything."""

    name: str
    bits: int
    kind: str


SUITES: Final[Mapping[int, CipherSuite]] = {
    0xC02F: CipherSuite("ECDHE_RSA_WITH_AES_128_GCM_SHA256", 128, _USUAL),
    0xC030: CipherSuite("ECDHE_RSA_WITH_AES_256_GCM_SHA384", 256, _USUAL),
    0xC02B: CipherSuite("ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", 128, _USUAL),
    0xC02C: CipherSuite("ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", 256, _USUAL),
    0xCCA8: CipherSuite("ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", 256, _USUAL),
    0xCCA9: CipherSuite("ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", 256, _USUAL),
    0xC013: CipherSuite("ECDHE_RSA_WITH_AES_128_CBC_SHA", 128, _USUAL),
    0xC014: CipherSuite("ECDHE_RSA_WITH_AES_256_CBC_SHA", 256, _USUAL),
    0x009C: CipherSuite("RSA_WITH_AES_128_GCM_SHA256", 128, _USUAL),
    0x0035: CipherSuite("RSA_WITH_AES_256_CBC_SHA", 256, _USUAL),
    0x002F: CipherSuite("RSA_WITH_AES_128_CBC_SHA", 128, _NAMED),
    0x000A: CipherSuite("RSA_WITH_3DES_EDE_CBC_SHA", 112, _NAMED),
    0x0005: CipherSuite("RSA_WITH_RC4_128_SHA", 128, _NAMED),
    0x0001: CipherSuite("RSA_WITH_NULL_MD5", 0, _WEAK),
    0x0002: CipherSuite("RSA_WITH_NULL_SHA", 0, _WEAK),
    0x003B: CipherSuite("RSA_WITH_NULL_SHA256", 0, _WEAK),
    0x0003: CipherSuite("RSA_EXPORT_WITH_RC4_40_MD5", 40, _WEAK),
    0x0008: CipherSuite("RSA_EXPORT_WITH_DES40_CBC_SHA", 40, _WEAK),
    0x0009: CipherSuite("RSA_WITH_DES_CBC_SHA", 56, _WEAK),
    0x0034: CipherSuite("DH_anon_WITH_AES_128_CBC_SHA", 0, _WEAK),
    0xC018: CipherSuite("ECDH_anon_WITH_AES_128_CBC_SHA", 0, _WEAK),
}
"""Code -> suite, in the order in which they are offered: those of 128 bits and more that servers of today take, the
three that DM names, and those without secrecy, with short keys, or without anybody's certificate.
[DMSEC §5.5.1.1; RFC 5246 §A.5, RFC 5289 §3, RFC 7905 §2, RFC 8422 §6, RFC 5288 §3, RFC 2246 §A.5]"""


def _suites(*kinds: str) -> tuple[int, ...]:
    return tuple(code for code, suite in SUITES.items() if suite.kind in kinds)


class TlsOffer(NamedTuple):
    """What a handshake is begun with: the version, codes of suites, and what it is, in words."""

    version: int
    suites: tuple[int, ...]
    says: str


OFFERS: Final[Mapping[str, TlsOffer]] = {
    "usual": TlsOffer(0x0303, _suites(_USUAL, _NAMED), "suites of 112 bits and more, up to TLS 1.2"),
    "table": TlsOffer(0x0303, _suites(_NAMED), "the three suites that DM names, and no others"),
    "weak": TlsOffer(0x0303, _suites(_WEAK), "only suites without secrecy, with short keys or without certificates"),
    "ssl2": TlsOffer(0x0002, (), "SSL 2.0"),
}
"""The word of a case -> what we offer."""


def check_offer(offer: str) -> None:
    """ConfigError when ``offer`` is none of ``OFFERS``."""
    if offer not in OFFERS:
        raise ConfigError(f"{offer!r} is nothing that is offered; {', '.join(OFFERS)} are{nearest(offer, OFFERS)}")


@dataclass(frozen=True, slots=True)
class HandshakeShown:
    """The first flight of a server: ``asks`` whether it asks for our certificate; ``alert`` in place of a flight.

    ``octets`` is how many came at all; ``complete`` whether the flight came to its end; ``key_bits`` are those of the
    suite, 0 for one that has no row in ``SUITES``.
    """

    octets: int = 0
    version: int = 0
    suite: str = ""
    certificates: int = 0
    asks: bool = False
    complete: bool = False
    alert: int | None = None
    key_bits: int = 0

    def __str__(self) -> str:
        if self.alert is not None:
            return f"alert {self.alert}"
        if not self.version:
            return "no handshake" if not self.octets else f"{many(self.octets, 'octet')} that are no handshake"
        minor = (self.version & 0xFF) - 1
        version = "SSL 2.0" if self.version < 0x0300 else f"TLS 1.{minor}" if minor >= 0 else "SSL 3.0"
        asked = "a client certificate is asked for" if self.asks else "no client certificate is asked for"
        return f"{version}, {self.suite}, {many(self.certificates, 'certificate')}, {asked}"


# -- writing


def _sized(octets: bytes, width: int) -> bytes:
    return len(octets).to_bytes(width, "big") + octets


def _record(kind: int, octets: bytes, version: int = 0x0301) -> bytes:
    return bytes((kind,)) + version.to_bytes(2, "big") + _sized(octets, 2)


def handshake(*messages: tuple[int, bytes]) -> bytes:
    """Handshake messages, kind and body, in one record."""
    return _record(22, b"".join(bytes((kind,)) + _sized(body, 3) for kind, body in messages), 0x0303)


def server_hello(suite: int, version: int = 0x0303) -> bytes:
    """The body of a ServerHello."""
    return version.to_bytes(2, "big") + bytes(32) + b"\0" + suite.to_bytes(2, "big") + b"\0"


def certificates(*ders: bytes) -> bytes:
    """The body of a Certificate."""
    return _sized(b"".join(_sized(der, 3) for der in ders), 3)


def client_hello(offer: str, host: str, random: bytes) -> bytes:
    """A ClientHello with what ``offer`` names; ``random`` has 32 octets, ``host`` is the name we call."""
    version, suites, _ = OFFERS[offer]
    if version == 0x0002:  # SSL 2.0 has records of its own
        ciphers = bytes.fromhex("010080 0700C0")
        body = b"\1\0\2" + len(ciphers).to_bytes(2, "big") + b"\0\0\0\x10" + ciphers + random[:16]
        return (0x8000 | len(body)).to_bytes(2, "big") + body
    listed = b"".join(code.to_bytes(2, "big") for code in (*suites, 0x00FF))
    extensions = [  # signatures (ECDSA, RSA-PSS, RSA; SHA-1 last), groups (X25519, P-256, P-384, P-521), points
        (13, _sized(bytes.fromhex("0403 0503 0603 0804 0805 0806 0401 0501 0601 0203 0201"), 2)),
        (10, _sized(bytes.fromhex("001D 0017 0018 0019"), 2)),
        (11, b"\1\0"),
    ]
    if host and not host.replace(".", "").isdigit() and ":" not in host:
        extensions.insert(0, (0, _sized(b"\0" + _sized(host.encode("idna"), 2), 2)))
    tail = _sized(b"".join(kind.to_bytes(2, "big") + _sized(body, 2) for kind, body in extensions), 2)
    hello = version.to_bytes(2, "big") + random[:32] + b"\0" + _sized(listed, 2) + b"\1\0" + tail
    return _record(22, b"\1" + _sized(hello, 3))


# -- reading


def _taken(buffer: bytearray, head: int, width: int) -> Iterator[tuple[int, bytes]]:
    """What is whole in front of ``buffer``, which loses it: the first octet of each head, and the body after it.

    The last ``width`` octets of a head tell the length of its body.
    """
    while len(buffer) >= head:
        end = head + int.from_bytes(buffer[head - width : head], "big")
        if len(buffer) < end:
            return
        yield buffer[0], bytes(buffer[head:end])
        del buffer[:end]


def _hello(body: bytes) -> dict[str, object]:
    if len(body) < 38:
        return {}
    at = 35 + body[34]  # after the session identifier
    code = int.from_bytes(body[at : at + 2], "big")
    suite = SUITES.get(code, CipherSuite(f"suite {code:04X}", 0, ""))
    return {"version": int.from_bytes(body[:2], "big"), "suite": suite.name, "key_bits": suite.bits}


def _certificates(body: bytes) -> dict[str, object]:
    return {"certificates": sum(1 for _ in _taken(bytearray(body[3:]), 3, 3))}


_SHOWS: Final[Mapping[int, Callable[[bytes], dict[str, object]]]] = {
    2: _hello,
    11: _certificates,
    13: lambda body: {"asks": True},
    14: lambda body: {"complete": True},
}
"""Kind of a handshake message -> what it shows: ServerHello, Certificate, CertificateRequest, ServerHelloDone."""


class FlightReader:
    """Reads a flight as it comes, each octet once, in whatever pieces.

    >>> reader = FlightReader()
    >>> [reader.more(bytes((octet,))).alert for octet in bytes.fromhex("15 0303 0002 02 28")][-2:]
    [None, 40]
    """

    def __init__(self) -> None:
        self._first = bytearray()  # what tells SSL 2.0 from the others
        self._records, self._messages = bytearray(), bytearray()
        self._octets, self._over = 0, False
        self._found: dict[str, object] = {}

    def more(self, octets: bytes) -> HandshakeShown:
        """What is shown when ``octets`` have come too."""
        self._octets += len(octets)
        self._first += octets[: 7 - len(self._first)]
        first = self._first
        if len(first) > 6 and first[0] & 0x80 and first[2] == 4:  # ServerHello of SSL 2.0
            return HandshakeShown(self._octets, 0x0002, "a suite of SSL 2.0", complete=True)
        if not self._over:
            self._records += octets
            for kind, body in _taken(self._records, 5, 2):
                self._record(kind, body)
                if self._over:
                    break
        return HandshakeShown(octets=self._octets, **self._found)  # type: ignore[arg-type]

    def _record(self, kind: int, body: bytes) -> None:
        if kind == 21 and len(body) == 2:
            self._found["alert"] = body[1]
        elif kind == 22:
            self._messages += body
            for what, message in _taken(self._messages, 4, 3):
                if what in _SHOWS:
                    self._found |= _SHOWS[what](message)
        else:
            self._over = True


@asked
def read_flight(octets: bytes) -> HandshakeShown:
    """What these octets of a server show; more of them may show more, and anything is read.

    >>> str(read_flight(b"HTTP/1.1 400 Bad Request"))
    '24 octets that are no handshake'
    """
    return FlightReader().more(octets)
