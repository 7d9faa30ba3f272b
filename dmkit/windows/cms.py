"""Signed messages (PKCS#7) as far as renewal needs them: written by cryptography, read and verified here.

>>> from dmkit.windows.enrol_server import EnrolmentServer
>>> authority = EnrolmentServer.example()
>>> read = read_signed(sign(b"renew me", authority.authority, authority.key))
>>> read.content, read.certificate == authority.authority, read.is_good
(b'renew me', True, True)
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs7

from dmkit.card.tlv import Tlv, oid_text, read_all
from dmkit.words.asked import asked
from dmkit.words.errors import CodecError

__all__ = ["SignedMessage", "read_signed", "sign"]

_SET, _ATTRIBUTES = 0x31, 0xA0
_DIGEST: Final = "1.2.840.113549.1.9.4"
_HASHES: Final[Mapping[str, hashes.HashAlgorithm]] = MappingProxyType(
    {
        "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
        "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
        "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
    }
)


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """What was signed, the certificate of who signed it, and whether the signature is good."""

    content: bytes
    certificate: x509.Certificate
    is_good: bool


@asked
def sign(content: bytes, certificate: x509.Certificate, key: rsa.RSAPrivateKey) -> bytes:
    """``content`` within a PKCS#7 message, signed by ``key``."""
    made = pkcs7.PKCS7SignatureBuilder().set_data(content).add_signer(certificate, key, hashes.SHA256())
    return made.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])


@asked
def read_signed(octets: bytes) -> SignedMessage:
    """The message in ``octets``, with one signer; CodecError when it is none."""
    try:
        certificates = pkcs7.load_der_pkcs7_certificates(octets)
        signed = read_all(octets)[0].parts[1].parts[0].parts
        content = signed[2].parts[1].parts[0].value
        [signer] = signed[-1].parts
        return _verified(content, certificates, signer.parts)
    except (CodecError, ValueError, IndexError, KeyError, TypeError, UnsupportedAlgorithm) as error:
        raise CodecError(f"no signed message (PKCS#7): {str(error)[:100]}") from None


def _verified(content: bytes, certificates: Sequence[x509.Certificate], signer: Sequence[Tlv]) -> SignedMessage:
    """The signature is of the content, or of attributes that hold its digest."""
    kind = _HASHES[oid_text(signer[2].parts[0].value)]
    attributes = signer[3] if signer[3].tag == _ATTRIBUTES else None
    signature = signer[4 if attributes is None else 5].value
    over = content if attributes is None else Tlv(_SET, attributes.value).encode()
    digest = hashlib.new(kind.name, content).digest()
    fits = attributes is None or any(
        oid_text(each.parts[0].value) == _DIGEST and each.parts[1].parts[0].value == digest for each in attributes.parts
    )
    for certificate in certificates:
        public = certificate.public_key()
        if not isinstance(public, rsa.RSAPublicKey):
            continue
        try:
            public.verify(signature, over, padding.PKCS1v15(), kind)
        except InvalidSignature:
            continue
        return SignedMessage(content, certificate, fits)
    return SignedMessage(content, certificates[0], False)
