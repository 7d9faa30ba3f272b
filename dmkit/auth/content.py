"""Content trust of the specification: values signed by who made them, enciphered for who reads them.

What a server passes on need not be the server's: the object in Data is signed, enciphered, or first one and then the
other.  The algorithms are those of the appendix, RSA with SHA-1, AES-128-CBC, RSA 1.5; SHA-256 is there as a rival.
They show what was specified; ``dmkit.auth.sealed`` shows what one would specify today.  [DMSEC appendix]
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import field
from hashlib import new as digest_of
from types import MappingProxyType
from typing import Any, Final, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from lxml import etree

from dmkit.auth.scheme import decode_b64
from dmkit.wire.markup import parse, read_xml, write_xml
from dmkit.words.asked import asked
from dmkit.words.checked import checked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError, ConfigError
from dmkit.words.model import Element, Item, Meta
from dmkit.words.records import dataclass

__all__ = ["BASIS", "XENC", "ContentCheck", "ContentKey", "decrypt", "encrypt", "sign", "verify"]

BASIS: Final = "DMSEC appendix, informative (UNSURE); its printed examples are malformed, the W3C schemas are followed"
XENC: Final = "application/xenc+xml"
DSIG: Final = "http://www.w3.org/2000/09/xmldsig#"
ENC: Final = "http://www.w3.org/2001/04/xmlenc#"
C14N: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"

_HASHES: Final = MappingProxyType(
    {
        "sha1": (hashes.SHA1, f"{DSIG}sha1", f"{DSIG}rsa-sha1"),
        "sha256": (hashes.SHA256, f"{ENC}sha256", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"),
    }
)
_AES_128: Final = f"{ENC}aes128-cbc"
_RSA_1_5: Final = f"{ENC}rsa-1_5"
_SPLIT: Final = b"</Signature>"


@dataclass(frozen=True, slots=True)
class ContentCheck:
    """Whether a known signer made ``content``, the very octets that were signed; else ``why`` not."""

    ok: bool
    content: bytes = field(default=b"", repr=False)
    why: str = ""

    def __bool__(self) -> bool:
        return self.ok


def _canonical(node: Any) -> bytes:
    text: bytes = etree.tostring(node, method="c14n", exclusive=True, with_comments=False, with_tail=False)
    return text


def _b64(data: bytes) -> str:
    return b64encode(data).decode()


# -- signatures


@asked
def sign(
    content: bytes,
    key: RSAPrivateKey,
    *,
    form: Literal["detached", "enveloping"] = "enveloping",
    hash: Literal["sha1", "sha256"] = "sha1",
) -> bytes:
    """``content``, one XML element, with a signature: in front of it (detached), or around it.

    The result of "detached" is two elements in a row, for Data that is text; the other is one.  White space between
    elements goes, as it does when Data is read.  Raises CodecError when ``content`` is no XML.
    """
    algorithm, digest_uri, signature_uri = _HASHES[hash]
    element = read_xml(content)[0]
    if form == "enveloping":
        element = Element("Object", DSIG, (element,), (("Id", "object"),))
    covered = _canonical(parse(write_xml(element))[0])
    where = "" if form == "detached" else ' URI="#object"'
    info = (
        f'<SignedInfo xmlns="{DSIG}"><CanonicalizationMethod Algorithm="{C14N}"></CanonicalizationMethod>'
        f'<SignatureMethod Algorithm="{signature_uri}"></SignatureMethod><Reference{where}><Transforms>'
        f'<Transform Algorithm="{C14N}"></Transform></Transforms><DigestMethod Algorithm="{digest_uri}"></DigestMethod>'
        f"<DigestValue>{_b64(digest_of(hash, covered).digest())}</DigestValue></Reference></SignedInfo>"
    )
    value = _b64(key.sign(_canonical(parse(info.encode())[0]), PKCS1v15(), algorithm()))
    head = f'<Signature xmlns="{DSIG}">{info}<SignatureValue>{value}</SignatureValue>'.encode()
    return head + _SPLIT + covered if form == "detached" else head + covered + _SPLIT


@asked
def verify(octets: bytes, signers: Sequence[RSAPublicKey], *, weak: bool = True) -> ContentCheck:
    """Whether one of ``signers`` signed the content; ``weak`` false refuses SHA-1.  CodecError: not signed content."""
    head, split, behind = octets.partition(_SPLIT)
    if not split or b"<Object" in head:
        head, behind = octets, b""
    root = parse(head + split if behind else octets)[0]
    if root.tag != f"{{{DSIG}}}Signature":
        raise CodecError("signed content begins with a Signature")
    info, value = root.find(f"{{{DSIG}}}SignedInfo"), root.findtext(f"{{{DSIG}}}SignatureValue", "")
    references = [] if info is None else info.findall(f"{{{DSIG}}}Reference")
    if info is None or len(references) != 1:
        raise CodecError("a signature has SignedInfo with one Reference")
    signature, digest = decode_b64(value), decode_b64(references[0].findtext(f"{{{DSIG}}}DigestValue", ""))
    name = next((name for name, row in _HASHES.items() if row[2] == _algorithm(info, "SignatureMethod")), "")
    if not name or _algorithm(references[0], "DigestMethod") != _HASHES[name][1] or signature is None or digest is None:
        raise CodecError("signature and digest are RSA with SHA-1 or SHA-256, in base64")
    transforms = [node.get("Algorithm") for node in references[0].iter(f"{{{DSIG}}}Transform")]
    if _algorithm(info, "CanonicalizationMethod") != C14N or transforms != [C14N]:
        raise CodecError("the only transform is exclusive canonicalisation")
    content, covered = _content(root, references[0].get("URI"), behind)
    if name == "sha1" and not weak:
        return ContentCheck(False, why="SHA-1 is not taken here")
    if digest_of(name, covered).digest() != digest:
        return ContentCheck(False, why="the content is not the one that was signed")
    if not any(_right(key, signature, _canonical(info), _HASHES[name][0]()) for key in signers):
        return ContentCheck(False, why="none of the known signers made the signature")
    return ContentCheck(True, content)


def _content(root: Any, uri: str | None, behind: bytes) -> tuple[bytes, bytes]:
    """The content, and what of it the digest covers."""
    objects = root.findall(f"{{{DSIG}}}Object")
    if uri is None and not objects and behind:
        content = _canonical(parse(behind)[0])
        return content, content
    if uri != "#object" or len(objects) != 1 or behind or objects[0].get("Id") != "object" or len(objects[0]) != 1:
        raise CodecError("the content stands behind the Signature, or alone in an Object that the Reference names")
    return _canonical(objects[0][0]), _canonical(objects[0])


def _algorithm(node: Any, name: str) -> str:
    found = node.find(f"{{{DSIG}}}{name}")
    return "" if found is None else str(found.get("Algorithm", ""))


def _right(key: RSAPublicKey, signature: bytes, info: bytes, algorithm: hashes.HashAlgorithm) -> bool:
    try:
        key.verify(signature, info, PKCS1v15(), algorithm)
    except InvalidSignature:
        return False
    return True


# -- encryption


@asked
def encrypt(content: bytes, key: RSAPublicKey, entropy: bytes) -> bytes:
    """An EncryptedData element around ``content``.

    ``entropy`` is all the chance in it: 32 octets, and one for each octet of the RSA key.
    """
    numbers = key.public_numbers()
    size = (numbers.n.bit_length() + 7) // 8
    if len(entropy) < 32 + size:
        raise ConfigError(f"entropy of {many(len(entropy), 'octet')}: {32 + size} are needed")
    aes, iv, filling = entropy[:16], entropy[16:32], bytes(octet or 1 for octet in entropy[32 : 32 + size - 19])
    wrapped = pow(int.from_bytes(b"\0\2" + filling + b"\0" + aes), numbers.e, numbers.n).to_bytes(size)
    pad = 16 - len(content) % 16
    cipher = Cipher(AES(aes), modes.CBC(iv)).encryptor()
    body = iv + cipher.update(content + bytes(pad - 1) + bytes([pad]))
    return (
        f'<EncryptedData xmlns="{ENC}"><EncryptionMethod Algorithm="{_AES_128}"></EncryptionMethod>'
        f'<KeyInfo xmlns="{DSIG}"><EncryptedKey xmlns="{ENC}"><EncryptionMethod Algorithm="{_RSA_1_5}">'
        f"</EncryptionMethod><CipherData><CipherValue>{_b64(wrapped)}</CipherValue></CipherData></EncryptedKey>"
        f"</KeyInfo><CipherData><CipherValue>{_b64(body)}</CipherValue></CipherData></EncryptedData>"
    ).encode()


@asked
def decrypt(octets: bytes, key: RSAPrivateKey) -> bytes:
    """The content of an EncryptedData element.  CodecError when it is none, or not for this key."""
    root = parse(octets)[0]
    wrapped, body = (
        decode_b64(root.findtext(path, "").strip())
        for path in (
            f"{{{DSIG}}}KeyInfo/{{{ENC}}}EncryptedKey/{{{ENC}}}CipherData/{{{ENC}}}CipherValue",
            f"{{{ENC}}}CipherData/{{{ENC}}}CipherValue",
        )
    )
    methods = [node.get("Algorithm") for node in root.iter(f"{{{ENC}}}EncryptionMethod")]
    if root.tag != f"{{{ENC}}}EncryptedData" or methods != [_AES_128, _RSA_1_5] or not wrapped or not body:
        raise CodecError("enciphered content is EncryptedData with AES-128-CBC, its key in EncryptedKey with RSA 1.5")
    try:
        aes = key.decrypt(wrapped, PKCS1v15())
        plain = Cipher(AES(aes), modes.CBC(body[:16])).decryptor().update(body[16:])
    except ValueError:
        raise CodecError("the content is not enciphered for this key") from None
    if len(aes) != 16 or len(body) % 16 or not plain or not 1 <= plain[-1] <= 16:
        raise CodecError("the content is not enciphered for this key")
    return plain[: -plain[-1]]


# -- in a device


@checked
@dataclass(frozen=True, slots=True)
class ContentKey:
    """What a device opens content with, as ``Device(seal_key=...)``: its key, and the signers that it believes.

    ``demand`` lists the parts of the tree whose values must be signed.  A signed value is kept without its signature.
    """

    private: RSAPrivateKey | None = field(default=None, repr=False)
    """The key that opens enciphered content; None: there is none."""
    signers: tuple[RSAPublicKey, ...] = field(default=(), repr=False)
    """Public keys whose signatures are believed; none: signatures are not looked at."""
    demand: tuple[str, ...] = ()
    weak: bool = True
    """Whether SHA-1 in signatures is still taken."""

    def open(self, item: Item, default: Meta | None = None) -> Item | str:
        """The Item with its content plain and checked, or a sentence why it is refused."""
        text = (item.meta.type if item.meta else None) or (default.type if default else None) or ""
        enciphered = text.partition(";")[0].strip().lower() == XENC
        try:
            data = _octets(item)
            if enciphered:
                if self.private is None:
                    return f"{item.target}: this device has no key to decipher content with"
                data = decrypt(data, self.private)
            if self.signers and _is_signed(data):
                verified = verify(data, self.signers, weak=self.weak)
                if not verified:
                    return f"{item.target}: {verified.why}"
                data = verified.content
            elif any(_within(item.target or "", root) for root in self.demand):
                return f"{item.target}: its value must be signed"
            elif not enciphered:
                return item
            return _plain(item, data)
        except CodecError as error:
            return f"{item.target}: {error.reason}"


def _is_signed(data: bytes) -> bool:
    return data.startswith(b"<Signature") and DSIG.encode() in data[:200]


def _within(target: str, root: str) -> bool:
    place = "./" + target.removeprefix("./")
    return place == root or place.startswith(f"{root}/")


def _octets(item: Item) -> bytes:
    if isinstance(item.data, Element):
        return write_xml(item.data)
    return item.data if isinstance(item.data, bytes) else item.text.encode()


def _plain(item: Item, content: bytes) -> Item:
    """The Item with ``content`` for data: mark-up when it is some, else text."""
    try:
        data: Element | str = read_xml(content)[0]
        meta = Meta(format="xml", type="application/xml")
    except CodecError:
        data, meta = content.decode("utf-8", "replace"), Meta(format="chr", type="text/plain")
    return Item(item.target, item.source, meta, data)
