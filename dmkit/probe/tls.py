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

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from dmkit.words.checked import nearest
from dmkit.words.errors import ConfigError

__all__ = [
    "OFFERS",
    "TABLE",
    "HandshakeShown",
    "certificates",
    "check_offer",
    "client_hello",
    "handshake",
    "key_bits",
    "read_flight",
    "server_hello",
]

TABLE: Final[Mapping[int, str]] = {
    0x002F: "RSA_WITH_AES_128_CBC_SHA",
    0x000A: "RSA_WITH_3DES_EDE_CBC_SHA",
    0x0005: "RSA_WITH_RC4_128_SHA",
}
"""Suites that DM names.  [DMSEC §5.5.1.1]"""
_USUAL: Final[Mapping[int, str]] = {
    0xC02F: "ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    0xC030: "ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    0xC02B: "ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    0xC02C: "ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    0xCCA8: "ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    0xCCA9: "ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    0xC013: "ECDHE_RSA_WITH_AES_128_CBC_SHA",
    0xC014: "ECDHE_RSA_WITH_AES_256_CBC_SHA",
    0x009C: "RSA_WITH_AES_128_GCM_SHA256",
    0x0035: "RSA_WITH_AES_256_CBC_SHA",
}
"""Suites of keys of 128 bits and more that servers of today take."""
_WEAK: Final[Mapping[int, str]] = {
    0x0001: "RSA_WITH_NULL_MD5",
    0x0002: "RSA_WITH_NULL_SHA",
    0x003B: "RSA_WITH_NULL_SHA256",
    0x0003: "RSA_EXPORT_WITH_RC4_40_MD5",
    0x0008: "RSA_EXPORT_WITH_DES40_CBC_SHA",
    0x0009: "RSA_WITH_DES_CBC_SHA",
    0x0034: "DH_anon_WITH_AES_128_CBC_SHA",
    0xC018: "ECDH_anon_WITH_AES_128_CBC_SHA",
}
"""Suites without secrecy, with short keys, or without anybody's certificate."""
_NAMES: Final = {**TABLE, **_USUAL, **_WEAK}

OFFERS: Final[Mapping[str, tuple[int, Mapping[int, str], str]]] = {
    "usual": (0x0303, {**_USUAL, **TABLE}, "suites of 128 bits and more, up to TLS 1.2"),
    "table": (0x0303, TABLE, "the three suites that DM names, and no others"),
    "weak": (0x0303, _WEAK, "only suites without secrecy, with short keys or without certificates"),
    "ssl2": (0x0002, {}, "SSL 2.0"),
}
"""What we offer -> version, suites, and what it is, in words."""


def check_offer(offer: str) -> None:
    """ConfigError when ``offer`` is none of ``OFFERS``."""
    if offer not in OFFERS:
        raise ConfigError(f"{offer!r} is nothing that is offered; {', '.join(OFFERS)} are{nearest(offer, OFFERS)}")


@dataclass(frozen=True, slots=True)
class HandshakeShown:
    """The first flight of a server: ``asks`` whether it asks for our certificate; ``alert`` in place of a flight.

    ``octets`` is how many came at all; ``complete`` whether the flight came to its end.
    """

    octets: int = 0
    version: int = 0
    suite: str = ""
    certificates: int = 0
    asks: bool = False
    complete: bool = False
    alert: int | None = None

    def __str__(self) -> str:
        if self.alert is not None:
            return f"alert {self.alert}"
        if not self.version:
            return "no handshake" if not self.octets else f"{self.octets} octets that are no handshake"
        minor = (self.version & 0xFF) - 1
        version = "SSL 2.0" if self.version < 0x0300 else f"TLS 1.{minor}" if minor >= 0 else "SSL 3.0"
        asked = "a client certificate is asked for" if self.asks else "no client certificate is asked for"
        return f"{version}, {self.suite}, {self.certificates} certificates, {asked}"


def key_bits(suite: str) -> int:
    """The length of the key of a suite; 0 where nothing is secret or nobody proves anything."""
    if not suite or "NULL" in suite or "anon" in suite:
        return 0
    lengths = {"EXPORT": 40, "WITH_DES": 56, "3DES": 112, "256": 256, "CHACHA20": 256, "128": 128}
    return next((bits for word, bits in lengths.items() if word in suite.replace("SHA256", "")), 0)


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
    extensions = [
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


def _records(octets: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while len(octets) >= at + 5:
        length = int.from_bytes(octets[at + 3 : at + 5], "big")
        if len(octets) < at + 5 + length:
            return
        yield octets[at], octets[at + 5 : at + 5 + length]
        at += 5 + length


def _messages(octets: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while len(octets) >= at + 4:
        length = int.from_bytes(octets[at + 1 : at + 4], "big")
        if len(octets) < at + 4 + length:
            return
        yield octets[at], octets[at + 4 : at + 4 + length]
        at += 4 + length


def _count(body: bytes) -> int:
    at, many = 3, 0
    while len(body) >= at + 3:
        at += 3 + int.from_bytes(body[at : at + 3], "big")
        many += 1
    return many


def read_flight(octets: bytes) -> HandshakeShown:
    """What these octets of a server show; more of them may show more, and anything is read.

    >>> str(read_flight(b"HTTP/1.1 400 Bad Request"))
    '24 octets that are no handshake'
    """
    if len(octets) > 6 and octets[0] & 0x80 and octets[2] == 4:  # ServerHello of SSL 2.0
        return HandshakeShown(len(octets), 0x0002, "a suite of SSL 2.0", complete=True)
    messages, alert = b"", None
    for kind, body in _records(octets):
        if kind == 21 and len(body) == 2:
            alert = body[1]
        elif kind == 22:
            messages += body
        else:
            break
    found: dict[str, object] = {"octets": len(octets), "alert": alert}
    for kind, body in _messages(messages):
        if kind == 2 and len(body) >= 38:
            at = 35 + body[34]
            code = int.from_bytes(body[at : at + 2], "big")
            found |= {"version": int.from_bytes(body[:2], "big"), "suite": _NAMES.get(code, f"suite {code:04X}")}
        elif kind == 11:
            found["certificates"] = _count(body)
        elif kind == 13:
            found["asks"] = True
        elif kind == 14:
            found["complete"] = True
    return HandshakeShown(**found)  # type: ignore[arg-type]
