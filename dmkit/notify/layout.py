"""The octets of package 0: the layout bit by bit, the digest before it, writing, reading and showing.  [DMNOTI §6.2]"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import IntEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

from dmkit.auth import Credential
from dmkit.auth.md5 import APART
from dmkit.words.asked import asked
from dmkit.words.checked import checked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError
from dmkit.words.ranges import Range
from dmkit.words.records import dataclass

if TYPE_CHECKING:
    from dmkit.wire.explain import Explanation

__all__ = [
    "DIGESTS",
    "FIELDS",
    "FIXED",
    "DigestScheme",
    "Field",
    "Initiator",
    "Notification",
    "Trigger",
    "UiMode",
    "decode",
    "digest_of",
    "encode",
    "explain",
]


class Field(NamedTuple):
    """One row of the layout: bits of the fixed part after the digest, and what they may hold.

    >>> FIELDS[0].name, FIELDS[0].bits
    ('version', 10)
    """

    name: str
    bits: int
    means: str
    section: str


FIELDS: Final = (
    Field("version", 10, "ten times the version; a DM 1.2 notification says 1.1", "DMNOTI §6.2.6"),
    Field("ui", 2, "what the user is to notice", "DMNOTI §6.2.7"),
    Field("initiator", 1, "who wanted the session: 0 the client's user, 1 the server", "DMNOTI §6.2.8"),
    Field("future", 27, "zero when sent, ignored when received", "DMNOTI §6.2"),
    Field("session", 16, "the SessionID, 1 to FFFF", "DMNOTI §6.2.10"),
    Field("length", 8, "octets of the server identifier that follows", "DMNOTI §6.2"),
)
"""The fixed part of a trigger, most significant bit first; server identifier and vendor octets follow it."""

FIXED: Final = sum(field.bits for field in FIELDS) // 8
"""Octets of the fixed part."""


class UiMode(IntEnum):
    """What the user is to notice.  [DMNOTI §6.2.7]"""

    NOT_SPECIFIED = 0
    BACKGROUND = 1
    INFORMATIVE = 2
    USER_INTERACTION = 3

    def __str__(self) -> str:
        return self.name.lower().replace("_", " ")


class Initiator(IntEnum):
    """Who wanted the session; it changes nothing in it.  [DMNOTI §6.2.8]"""

    CLIENT = 0
    SERVER = 1

    def __str__(self) -> str:
        return self.name.lower()


@checked
@dataclass(frozen=True, slots=True)
class Trigger:
    """What a notification says.  ``session`` is the number, ``vendor`` octets at the end, free of meaning here."""

    server_id: str
    """Who wakes the device."""
    session: Annotated[int, Range("number", 0, 0xFFFF, whole=True)]
    """SessionID of the session to open, 16 bits."""
    ui: UiMode = UiMode.NOT_SPECIFIED
    """How the user takes part."""
    initiator: Initiator = Initiator.SERVER
    """Whether server or user asked for it."""
    version: Annotated[int, Range("number", 0, 1023, whole=True)] = 11
    """Ten bits: 11 is DM 1.2."""
    future: Annotated[int, Range("number", 0, 2**27 - 1, whole=True)] = 0
    """27 bits that mean nothing yet."""
    vendor: bytes = b""

    @property
    def session_text(self) -> str:
        """The SessionID of the session to open: hexadecimal, upper case, no leading zero.  [DMNOTI §6.2.10]

        >>> Trigger("s", 0x1F).session_text
        '1F'
        """
        return f"{self.session:X}"

    @property
    def octets(self) -> bytes:
        """The trigger without its digest; CodecError when a field does not fit."""
        name = self.server_id.encode("utf-8", "surrogateescape")
        values = {
            "version": self.version,
            "ui": self.ui,
            "initiator": self.initiator,
            "future": self.future,
            "session": self.session,
            "length": len(name),
        }
        packed = 0
        for field in FIELDS:
            value = values[field.name]
            if not 0 <= value < 1 << field.bits:
                raise CodecError(f"{field.name} {value} does not fit {many(field.bits, 'bit')}")
            packed = packed << field.bits | value
        return packed.to_bytes(FIXED, "big") + name + self.vendor


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification as received: its digest, the octets the digest covers, and what they say.

    >>> credential = Credential("com.mgmtsrv", "srvpw")
    >>> decode(encode(Trigger("com.mgmtsrv", 7), credential, b"nonce")).trigger.session
    7
    """

    digest: bytes
    covered: bytes
    trigger: Trigger


# -- digest


@dataclass(frozen=True, slots=True)
class DigestScheme:
    """A way to prove that a notification is the server's.

    ``compute(ha1, secret, nonce, trigger)`` gives ``size`` octets; ``basis`` is the specification, or PROPOSAL.

    >>> DIGESTS["md5"].size
    16
    """

    name: str
    size: int
    compute: Callable[[bytes, bytes, bytes, bytes], bytes]
    basis: str


def _md5(ha1: bytes, secret: bytes, nonce: bytes, trigger: bytes) -> bytes:
    inner = b64encode(hashlib.md5(trigger, usedforsecurity=False).digest())
    return hashlib.md5(ha1 + b":" + nonce + b":" + inner, usedforsecurity=False).digest()


def _md5_apart(ha1: bytes, secret: bytes, nonce: bytes, trigger: bytes) -> bytes:
    return _md5(APART["package 0"] + ha1, secret, nonce, trigger)


def _hmac_sha256(ha1: bytes, secret: bytes, nonce: bytes, trigger: bytes) -> bytes:
    return hmac.new(secret, bytes((len(nonce),)) + nonce + trigger, hashlib.sha256).digest()


DIGESTS: Final[Mapping[str, DigestScheme]] = MappingProxyType(
    {
        scheme.name: scheme
        for scheme in (
            DigestScheme("md5", 16, _md5, "DMNOTI §6.2.2"),
            DigestScheme("md5-apart", 16, _md5_apart, "PROPOSAL: with a word in front, so that no md5 proof is one"),
            DigestScheme("hmac-sha256", 32, _hmac_sha256, "PROPOSAL"),
            DigestScheme("hmac-sha256-128", 16, lambda *a: _hmac_sha256(*a)[:16], "PROPOSAL: fits the present layout"),
        )
    }
)
"""Digest schemes by name.  Those with SHA-256 key HMAC with the secret itself, over length of nonce, nonce, trigger."""


def digest_of(scheme: DigestScheme, server_id: str, credential: Credential, nonce: bytes, covered: bytes) -> bytes:
    """The digest; its name is the server identifier, whatever name the credential has.  [DMNOTI §6.2.2]"""
    named = credential if credential.secret is None else replace(credential, name=server_id)
    return scheme.compute(named.ha1, (credential.secret or "").encode(), nonce, covered)


# -- write and read


@asked
def encode(
    trigger: Trigger, credential: Credential, nonce: bytes, *, digest: str = "md5", identity: str | None = None
) -> bytes:
    """The octets of package 0, proved with the server's ``credential`` and ``nonce``.

    ``nonce`` is the one the client gave the server last.  ``identity`` replaces the server identifier in the
    digest, as one real client wants it.  CodecError when a field does not fit its bits, or the session is 0.

    >>> len(encode(Trigger("com.mgmtsrv", 7), Credential("com.mgmtsrv", "srvpw"), b"nonce"))
    35
    """
    if not trigger.session:
        raise CodecError("session 0 is not allowed; 1 to FFFF are")
    if not trigger.server_id:
        raise CodecError("an empty server identifier names nobody")
    covered = trigger.octets
    return digest_of(DIGESTS[digest], identity or trigger.server_id, credential, nonce, covered) + covered


@asked
def decode(octets: bytes, *, digest: str = "md5") -> Notification:
    """Read package 0; nothing is checked but the layout.  CodecError when the octets end too early.

    >>> decode(encode(Trigger("com.mgmtsrv", 7), Credential("com.mgmtsrv", "srvpw"), b"nonce")).trigger.server_id
    'com.mgmtsrv'
    """
    size = DIGESTS[digest].size
    covered = octets[size:]
    if len(covered) < FIXED:
        raise CodecError(
            f"{many(len(octets), 'octet')}; a notification has {size + FIXED} and a server identifier",
            offset=len(octets),
        )
    left, packed = FIXED * 8, int.from_bytes(covered[:FIXED], "big")
    values: dict[str, int] = {}
    for field in FIELDS:
        left -= field.bits
        values[field.name] = packed >> left & (1 << field.bits) - 1
    end = FIXED + values.pop("length")
    if end > len(covered):
        raise CodecError(
            f"the server identifier has {many(end - FIXED, 'octet')}, {len(covered) - FIXED} are there",
            offset=len(octets),
        )
    # An identifier that is not UTF-8 matches no account, and is written again as it came.
    name = covered[FIXED:end].decode("utf-8", "surrogateescape")
    trigger = Trigger(
        name,
        values["session"],
        UiMode(values["ui"]),
        Initiator(values["initiator"]),
        values["version"],
        values["future"],
        covered[end:],
    )
    return Notification(octets[:size], covered, trigger)


# -- show


@asked
def explain(octets: bytes, *, digest: str = "md5", base: int = 0, depth: int = 0) -> Explanation:
    """Octets of package 0 as rows; whole octets that hold several fields share a row.  Never raises.

    >>> octets = encode(Trigger("com.mgmtsrv", 7), Credential("com.mgmtsrv", "srvpw"), b"nonce")
    >>> len(explain(octets).rows)
    5
    """
    from dmkit.wire.explain import Explanation, OctetRow

    size = DIGESTS[digest].size
    try:
        trigger = decode(octets, digest=digest).trigger
    except CodecError as error:
        return Explanation((OctetRow(base, octets, f"error: {error.reason}", depth),))
    name = len(trigger.octets) - FIXED - len(trigger.vendor)
    flags = f"version {trigger.version / 10:.1f}, ui: {trigger.ui}, initiator: {trigger.initiator}"
    pieces = [
        (size, f"digest ({digest})"),
        (5, flags + (f", future bits {trigger.future:027b}" if trigger.future else ", 27 zero bits")),
        (2, f"SessionID {trigger.session_text}"),
        (1, f"server identifier of {many(name, 'octet')}"),
        (name, f"server identifier {trigger.server_id!r}"),
        (len(trigger.vendor), "vendor octets"),
    ]
    rows, at = [], 0
    for length, meaning in pieces:
        if length:
            rows.append(OctetRow(base + at, octets[at : at + length], meaning, depth))
            at += length
    return Explanation(tuple(rows))
