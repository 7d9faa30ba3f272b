"""The first flight of a TLS server of our own, by the machine's TLS library in memory: what a tester is tried on.

>>> from dmkit.probe.tls import client_hello, read_flight
>>> shown = read_flight(first_flight(client_hello("usual", "dm.example.com", bytes(32))))
>>> shown.certificates, shown.asks, shown.complete
(1, True, True)
>>> read_flight(first_flight(client_hello("weak", "dm.example.com", bytes(32)))).version
0
"""

from __future__ import annotations

import datetime
import ssl
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from dmkit.probe.tls import certificates, handshake, server_hello

__all__ = ["first_flight", "first_flight_of", "without_asking"]


@cache
def _certificate() -> tuple[bytes, bytes]:
    """A certificate that its owner has signed, and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.x509.oid import NameOID

    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "dm.example.com")])
    begin = datetime.datetime(2020, 1, 1)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, begin, begin.replace(year=2100))
    return (
        made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )


@cache
def _context(asks: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    certificate, key = _certificate()
    with TemporaryDirectory() as folder:
        place = Path(folder) / "both.pem"
        place.write_bytes(certificate + key)
        context.load_cert_chain(place)
        if asks:
            context.load_verify_locations(place)
            context.verify_mode = ssl.CERT_OPTIONAL
    return context


def _flight(hello: bytes, asks: bool) -> bytes:
    received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = _context(asks).wrap_bio(received, sent, server_side=True)
    received.write(hello)
    with suppress(ssl.SSLError):  # it wants more, or has refused; either way it has said what it says
        server.do_handshake()
    return sent.read()


def first_flight(hello: bytes) -> bytes:
    """What a server of today says that asks for client certificates."""
    return _flight(hello, True)


def without_asking(hello: bytes) -> bytes:
    """What one says that does not."""
    return _flight(hello, False)


def first_flight_of(suite: int, version: int = 0x0303, *, proved: bool = True) -> bytes:
    """The flight of a server that takes this suite, whatever was offered; ``proved`` False: without a certificate."""
    shown = ((11, certificates(b"a certificate")),) if proved else ()
    return handshake((2, server_hello(suite, version)), *shown, (13, b""), (14, b""))
