"""Signed packages: what is installed was made by whom, and nobody put an older one in its place.  PROPOSAL

A package is a header (name, version, size, SHA-256) signed by the maker, the maker's certificates, and the content.
``check`` looks at hash, signature, chain, validity and version before a single octet is installed.

>>> checked = check(b"not a package", Trust())
>>> bool(checked), checked.why
(False, 'a package begins with DMPK')
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import field
from datetime import UTC, datetime
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from dmkit.words.asked import asked
from dmkit.words.checked import checked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError, ConfigError
from dmkit.words.ranges import Range
from dmkit.words.records import dataclass

__all__ = ["BASIS", "About", "PackageCheck", "SignedPackage", "Trust", "check", "decode", "encode", "sign"]

BASIS: Final = "PROPOSAL: signature over a header with SHA-256; X.509 of RFC 5280, code signing, rising versions"
MAGIC: Final = b"DMPK"
PrivateKey = ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The header of a package, JSON on the wire: ``size`` in octets, ``sha256`` in hexadecimal."""

    name: str
    version: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class SignedPackage:
    """A package as it travels.  ``header`` is the signed octets; ``chain`` goes from the signer upward, in DER."""

    header: bytes
    signature: bytes
    chain: tuple[bytes, ...]
    content: bytes = field(repr=False)


@checked
@dataclass(frozen=True, slots=True)
class Trust:
    """What a device goes by: ``roots`` in DER, the version that is ``installed``, the time ``now``, how strict it is.

    ``demand``: "signed", "hash" (the header need not be signed: only accidents are noticed), or "any".
    """

    roots: tuple[bytes, ...] = ()
    installed: Annotated[int, Range("number", -1, whole=True)] = 0
    """The version that a package has to be above; -1 where nothing is installed, so that version 0 may come."""
    now: Annotated[float, Range("time")] = 0.0
    demand: Literal["signed", "hash", "any"] = "signed"


@dataclass(frozen=True, slots=True)
class PackageCheck:
    """The answer, true when the content may be installed; ``why`` not, and ``signer`` as the certificate names it."""

    ok: bool
    content: bytes = field(default=b"", repr=False)
    name: str = ""
    version: int = 0
    signer: str = ""
    why: str = ""

    def __bool__(self) -> bool:
        return self.ok


@asked
def sign(
    content: bytes, name: str, version: int, key: PrivateKey | None, chain: Sequence[x509.Certificate] = ()
) -> bytes:
    """A package in octets; with ``key`` None it has a header and no signature."""
    header = msgspec.json.encode(About(name, version, len(content), hashlib.sha256(content).hexdigest()))
    signature = b"" if key is None else _sign(key, header)
    certificates = tuple(certificate.public_bytes(Encoding.DER) for certificate in chain)
    return encode(SignedPackage(header, signature, certificates, content))


@asked
def encode(package: SignedPackage) -> bytes:
    """The octets: DMPK, then header, signature and certificates with their lengths, then the content."""
    parts = (package.header, package.signature, *package.chain)
    if len(parts) > 18 or any(len(part) >= 1 << 16 for part in parts):
        raise ConfigError("a package has at most 16 certificates, and no part before the content of 64 KiB or more")
    front = b"".join(len(part).to_bytes(2) + part for part in parts)
    return MAGIC + bytes([len(parts)]) + front + package.content


@asked
def decode(octets: bytes) -> SignedPackage:
    """Read a package.  CodecError when the octets are none; nothing is checked yet."""
    if octets[:4] != MAGIC:
        raise CodecError("a package begins with DMPK", offset=0)
    parts, at = [], 5
    count = octets[4] if len(octets) > 4 else 0
    if not 2 <= count <= 18:
        raise CodecError(f"{many(count, 'part')} before the content: there are 2 to 18", offset=4)
    for _ in range(count):
        size = int.from_bytes(octets[at : at + 2])
        part = octets[at + 2 : at + 2 + size]
        if len(octets) < at + 2 or len(part) < size:
            raise CodecError("the package ends within its header", offset=len(octets))
        parts.append(part)
        at += 2 + size
    return SignedPackage(parts[0], parts[1], tuple(parts[2:]), octets[at:])


@asked
def check(octets: bytes, trust: Trust) -> PackageCheck:
    """Whether a package may be installed.  Nothing is raised, whatever the octets."""
    if trust.demand == "any" and octets[:4] != MAGIC:
        return PackageCheck(True, octets)
    try:
        package = decode(octets)
        about = _about(package.header)
    except CodecError as error:
        return PackageCheck(False, why=error.reason)
    name, version = about.name, about.version

    def no(why: str, signer: str = "") -> PackageCheck:
        return PackageCheck(False, b"", name, version, signer, why)

    if trust.demand == "any":
        return PackageCheck(True, package.content, name, version)
    if len(package.content) != about.size or hashlib.sha256(package.content).hexdigest() != about.sha256:
        return no("the content is not the one that the header speaks of")
    if trust.demand == "hash":
        return PackageCheck(True, package.content, name, version)
    if not package.signature or not package.chain:
        return no("the package is not signed")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what the library only warns of: a serial number of 0, a long country
            chain = [x509.load_der_x509_certificate(der) for der in package.chain]
            roots = [x509.load_der_x509_certificate(der) for der in trust.roots]
            why = _chain(chain, roots, trust.now) or _verify(chain[0], package.signature, package.header)
            signer = chain[0].subject.rfc4514_string()
    except (*_UNREADABLE, Warning) as error:
        return no(f"a certificate cannot be read: {error}")
    if why:
        return no(why, signer)
    if version <= trust.installed:
        return no(f"version {version} is not above {trust.installed}, which is installed", signer)
    return PackageCheck(True, package.content, name, version, signer)


def _about(header: bytes) -> About:
    try:
        return msgspec.json.decode(header, type=About)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CodecError(f"the header is none: {error}") from None


def _chain(chain: list[x509.Certificate], roots: list[x509.Certificate], now: float) -> str:
    """Why the chain does not lead from a code signer to a root; empty when it does.  [RFC 5280 §6.1]"""
    when = datetime.fromtimestamp(now, UTC)
    purposes = _extension(chain[0], x509.ExtendedKeyUsage)
    if purposes is None or ExtendedKeyUsageOID.CODE_SIGNING not in purposes:
        return "the signer's certificate is not for code signing"
    for number, certificate in enumerate(chain):
        if not certificate.not_valid_before_utc <= when <= certificate.not_valid_after_utc:
            return f"the certificate of {certificate.subject.rfc4514_string()} is not valid at this time"
        issuers = [root for root in roots if root.subject == certificate.issuer]
        above = [*issuers, *chain[number + 1 : number + 2]]
        issuer = next((one for one in above if _issued(certificate, one)), None)
        if issuer is None:
            return f"nobody vouches for {certificate.subject.rfc4514_string()}"
        limits = _extension(issuer, x509.BasicConstraints)
        if limits is None or not limits.ca or (limits.path_length is not None and limits.path_length < number):
            return f"{issuer.subject.rfc4514_string()} may not issue this certificate"
        if issuer in roots:
            inside = issuer.not_valid_before_utc <= when <= issuer.not_valid_after_utc
            return "" if inside else "the root's certificate is not valid at this time"
    return "the chain leads to no root that is trusted here"


_UNREADABLE: Final = (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion, x509.DuplicateExtension)
_T = TypeVar("_T", bound=x509.ExtensionType)


def _extension(certificate: x509.Certificate, kind: type[_T]) -> _T | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _sign(key: PrivateKey, header: bytes) -> bytes:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(header)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(header, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(header, ec.ECDSA(hashes.SHA256()))


def _verify(certificate: x509.Certificate, signature: bytes, header: bytes) -> str:
    key = certificate.public_key()
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, header)
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, header, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, header, ec.ECDSA(hashes.SHA256()))
        else:
            return "the signer's key is none of Ed25519, RSA and ECDSA"
    except InvalidSignature:
        return "the signature is wrong"
    return ""
