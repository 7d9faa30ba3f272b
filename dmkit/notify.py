"""Package 0: the notification with which a server wakes a device.

The layout, bit by bit, is the FIELDS table; ``verify`` is the receiver's procedure, ``NotifyRules`` its choices.
[DMNOTI §6]

>>> octets = encode(Trigger("com.mgmtsrv.manage", 0x1234, ui=UiMode.BACKGROUND, initiator=Initiator.CLIENT),
...                 Credential("com.mgmtsrv.manage", "srvpw"), bytes(range(16, 32)))
>>> octets[:16].hex()
'f1e45361e2a0682e7ea7bba2353ca4cd'
>>> decode(octets).trigger.session_text
'1234'
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from dmkit.auth import DEFAULT_NONCE, Account, Credential
from dmkit.errors import CodecError

if TYPE_CHECKING:
    from dmkit.wire.explain import Explanation

__all__ = [
    "DIGESTS",
    "FIELDS",
    "NONCES",
    "PROFILES",
    "VERSIONS",
    "DigestScheme",
    "Field",
    "Initiator",
    "Memory",
    "Notification",
    "NotifyRules",
    "Trigger",
    "UiMode",
    "Verdict",
    "decode",
    "encode",
    "explain",
    "verify",
]


class Field(NamedTuple):
    """One row of the layout: bits of the fixed part after the digest, and what they may hold."""

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

_FIXED: Final = sum(field.bits for field in FIELDS) // 8
VERSIONS: Final = frozenset({10, 11, 12})
"""Versions a receiver takes; 11 is what DM 1.2 sends."""


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


@dataclass(frozen=True, slots=True)
class Trigger:
    """What a notification says.  ``session`` is the number, ``vendor`` octets at the end, free of meaning here."""

    server_id: str
    session: int
    ui: UiMode = UiMode.NOT_SPECIFIED
    initiator: Initiator = Initiator.SERVER
    version: int = 11
    future: int = 0
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
        values = {"version": self.version, "ui": self.ui, "initiator": self.initiator, "future": self.future,
                  "session": self.session, "length": len(name)}
        packed = 0
        for field in FIELDS:
            value = values[field.name]
            if not 0 <= value < 1 << field.bits:
                raise CodecError(f"{field.name} {value} does not fit {field.bits} bits")
            packed = packed << field.bits | value
        return packed.to_bytes(_FIXED, "big") + name + self.vendor


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification as received: its digest, the octets the digest covers, and what they say."""

    digest: bytes
    covered: bytes
    trigger: Trigger


# -- digest


@dataclass(frozen=True, slots=True)
class DigestScheme:
    """A way to prove that a notification is the server's.

    ``compute(ha1, secret, nonce, trigger)`` gives ``size`` octets; ``basis`` is the specification, or PROPOSAL.
    """

    name: str
    size: int
    compute: Callable[[bytes, bytes, bytes, bytes], bytes]
    basis: str


def _md5(ha1: bytes, secret: bytes, nonce: bytes, trigger: bytes) -> bytes:
    inner = b64encode(hashlib.md5(trigger, usedforsecurity=False).digest())
    return hashlib.md5(ha1 + b":" + nonce + b":" + inner, usedforsecurity=False).digest()


def _hmac_sha256(ha1: bytes, secret: bytes, nonce: bytes, trigger: bytes) -> bytes:
    return hmac.new(secret, bytes((len(nonce),)) + nonce + trigger, hashlib.sha256).digest()


DIGESTS: Final[Mapping[str, DigestScheme]] = MappingProxyType({
    scheme.name: scheme
    for scheme in (
        DigestScheme("md5", 16, _md5, "DMNOTI §6.2.2"),
        DigestScheme("hmac-sha256", 32, _hmac_sha256, "PROPOSAL"),
        DigestScheme("hmac-sha256-128", 16, lambda *a: _hmac_sha256(*a)[:16], "PROPOSAL: fits the present layout"),
    )
})
"""Digest schemes by name.  The proposals key HMAC with the secret itself, over length of nonce, nonce, trigger."""


def _digest(scheme: DigestScheme, server_id: str, credential: Credential, nonce: bytes, covered: bytes) -> bytes:
    """The digest; its name is the server identifier, whatever name the credential has.  [DMNOTI §6.2.2]"""
    named = credential if credential.secret is None else replace(credential, name=server_id)
    return scheme.compute(named.ha1, (credential.secret or "").encode(), nonce, covered)


# -- write and read


def encode(
    trigger: Trigger, credential: Credential, nonce: bytes, *, digest: str = "md5", identity: str | None = None
) -> bytes:
    """The octets of package 0, proved with the server's ``credential`` and ``nonce``.

    ``nonce`` is the one the client gave the server last.  ``identity`` replaces the server identifier in the
    digest, as one real client wants it.  CodecError when a field does not fit its bits, or the session is 0.
    """
    if not trigger.session:
        raise CodecError("session 0 is not allowed; 1 to FFFF are")
    if not trigger.server_id:
        raise CodecError("an empty server identifier names nobody")
    covered = trigger.octets
    return _digest(DIGESTS[digest], identity or trigger.server_id, credential, nonce, covered) + covered


def decode(octets: bytes, *, digest: str = "md5") -> Notification:
    """Read package 0; nothing is checked but the layout.  CodecError when the octets end too early."""
    size = DIGESTS[digest].size
    covered = octets[size:]
    if len(covered) < _FIXED:
        raise CodecError(f"{len(octets)} octets; a notification has {size + _FIXED} and a server identifier",
                         offset=len(octets))
    left, packed = _FIXED * 8, int.from_bytes(covered[:_FIXED], "big")
    values: dict[str, int] = {}
    for field in FIELDS:
        left -= field.bits
        values[field.name] = packed >> left & (1 << field.bits) - 1
    end = _FIXED + values.pop("length")
    if end > len(covered):
        raise CodecError(f"the server identifier has {end - _FIXED} octets, {len(covered) - _FIXED} are there",
                         offset=len(octets))
    # An identifier that is not UTF-8 matches no account, and is written again as it came.
    name = covered[_FIXED:end].decode("utf-8", "surrogateescape")
    trigger = Trigger(name, values["session"], UiMode(values["ui"]), Initiator(values["initiator"]),
                      values["version"], values["future"], covered[end:])
    return Notification(octets[:size], covered, trigger)


# -- verify

NONCES: Final[Mapping[str, tuple[Callable[[bytes], bytes], str]]] = MappingProxyType({
    "stored": (lambda nonce: nonce, "the last NextNonce that the client sent, as octets"),
    "stored as base64": (lambda nonce: b64encode(nonce), "IMPL: the base64 text of the nonce, not decoded"),
    "four zero octets": (lambda nonce: DEFAULT_NONCE, "the default nonce read as octets; UNSURE"),
    "ASCII 0x00000000": (lambda nonce: b"0x00000000", "IMPL: the default nonce as the text of the specification"),
    "ASCII 00000000": (lambda nonce: b"00000000", "the default nonce as eight digits; UNSURE"),
    "empty": (lambda nonce: b"", "no nonce at all; UNSURE"),
})
"""Name -> how the nonce comes from the stored one, and who does so.  All but the first two resynchronise."""

_CURRENT: Final = frozenset({"stored", "stored as base64"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyRules:
    """The choices of a receiver of notifications."""

    nonces: tuple[str, ...] = ("stored", "four zero octets")
    """Rows of NONCES that are tried in order; one outside the stored nonce asks for a resynchronisation.  UNSURE
    [DMNOTI §5]"""
    versions: frozenset[int] | None = VERSIONS
    """Versions taken; None does not look.  [DMNOTI §6.2.6]"""
    max_server_id: int = 255
    """Longest server identifier in octets; one real client takes 23."""
    max_trigger: int | None = None
    """Longest trigger in octets; one real client counts it in one octet."""
    identity: Literal["server identifier", "account name"] = "server identifier"
    """What is hashed with the password; the second is what one real client does."""
    digest: str = "md5"
    """Row of DIGESTS; those of SHA-256 are a PROPOSAL."""
    swapped_session: bool = False
    """The SessionID comes with its octets exchanged: 3412 for 1234, as one real client reads it."""
    replay: Literal["session", "octets", "take"] = "session"
    """A SessionID, or the same octets, seen before wake nobody; ``take`` forgets.  UNSURE [DMNOTI §6.2.10]"""


_SPEC: Final = NotifyRules()
PROFILES: Final[Mapping[str, NotifyRules]] = MappingProxyType({
    "spec": _SPEC,
    "no resynchronisation": replace(_SPEC, nonces=("stored",)),
    "libdmclient": replace(_SPEC, nonces=("stored", "ASCII 0x00000000"), versions=frozenset({11}),
                           identity="account name", swapped_session=True, replay="take"),
    "aosp": replace(_SPEC, nonces=("stored", "stored as base64", "four zero octets"), versions=None,
                    max_server_id=23, max_trigger=255, replay="take"),
})
"""How real clients read notifications, by name; ``spec`` is the default."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What has woken the device lately: the state of replay detection, a value like any other.

    The oldest entry goes when there are more than ``room``.
    """

    seen: tuple[tuple[str, int, bytes], ...] = ()
    room: int = 64

    def knows(self, notification: Notification, by: Literal["session", "octets", "take"]) -> bool:
        """True when a notification like this one is remembered."""
        said = (notification.trigger.server_id, notification.trigger.session)
        if by == "take":
            return False
        return any(entry[:2] == said and (by == "session" or entry[2] == notification.digest) for entry in self.seen)

    def with_(self, notification: Notification) -> Memory:
        """The memory after ``notification``."""
        entry = (notification.trigger.server_id, notification.trigger.session, notification.digest)
        return replace(self, seen=(*self.seen, entry)[-self.room:])


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a notification is to be acted on, and why; true when it is.

    ``account`` is the one it belongs to, with default nonces when ``resync``; ``nonce`` names the row of NONCES.
    """

    ok: bool
    why: str
    notification: Notification | None = None
    account: Account | None = None
    nonce: str = ""
    memory: Memory = Memory()

    @property
    def resync(self) -> bool:
        """True when only a default nonce explains the digest.  [DMNOTI §5]"""
        return self.ok and self.nonce not in _CURRENT

    @property
    def session_id(self) -> str:
        """The SessionID of the session to open."""
        return self.notification.trigger.session_text if self.notification else ""

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        return f"{'yes' if self.ok else 'no'}: {self.why}"


def verify(
    octets: bytes, accounts: Iterable[Account], memory: Memory = Memory(), rules: NotifyRules = _SPEC
) -> Verdict:
    """The receiver's procedure: read, find the account, check the digest, look for a replay.

    Nothing is raised, whatever the octets; what is not taken says why.  [DMNOTI §6.2]
    """
    def no(why: str, seen: Notification | None = None) -> Verdict:
        return Verdict(False, why, seen, memory=memory)

    try:
        notification = decode(octets, digest=rules.digest)
    except CodecError as error:
        return no(str(error))
    if rules.swapped_session:
        low, high = notification.trigger.session & 0xFF, notification.trigger.session >> 8
        notification = replace(notification, trigger=replace(notification.trigger, session=low << 8 | high))
    trigger = notification.trigger
    name_size = len(trigger.server_id.encode("utf-8", "surrogateescape"))
    if rules.versions is not None and trigger.version not in rules.versions:
        return no(f"version {trigger.version / 10:.1f} is not spoken here", notification)
    if not 1 <= name_size <= rules.max_server_id:
        return no(f"a server identifier has 1 to {rules.max_server_id} octets, this one {name_size}", notification)
    if rules.max_trigger is not None and len(notification.covered) > rules.max_trigger:
        return no(f"a trigger has at most {rules.max_trigger} octets", notification)
    if not trigger.session:
        return no("SessionID 0 is not allowed", notification)
    account = next((a for a in accounts if a.server_id == trigger.server_id), None)
    if account is None:
        return no(f"no account of server {trigger.server_id!r}", notification)
    credential = account.server
    if credential is None:
        return no(f"the account of {trigger.server_id} has no credentials of its server", notification)
    identity = credential.name if rules.identity == "account name" else trigger.server_id
    nonce = _which(notification, identity, credential, rules)
    if nonce is None:
        return no("the digest is wrong", notification)
    if memory.knows(notification, rules.replay):
        return no(f"SessionID {trigger.session_text} has woken us before", notification)
    if nonce not in _CURRENT:
        default = NONCES[nonce][0](b"")
        account = account.with_nonces(default, default)
    return Verdict(True, f"the digest is right with nonce: {nonce}", notification, account, nonce,
                   memory.with_(notification))


def _which(notification: Notification, identity: str, credential: Credential, rules: NotifyRules) -> str | None:
    """The first row of NONCES with which the digest comes out right."""
    scheme = DIGESTS[rules.digest]
    for name in rules.nonces:
        right = _digest(scheme, identity, credential, NONCES[name][0](credential.nonce), notification.covered)
        if hmac.compare_digest(right, notification.digest):
            return name
    return None


# -- show


def explain(octets: bytes, *, digest: str = "md5", base: int = 0, depth: int = 0) -> Explanation:
    """Octets of package 0 as rows; whole octets that hold several fields share a row.  Never raises."""
    from dmkit.wire.explain import Explanation, Row

    size = DIGESTS[digest].size
    try:
        trigger = decode(octets, digest=digest).trigger
    except CodecError as error:
        return Explanation((Row(base, octets, f"error: {error.reason}", depth),))
    name = len(trigger.octets) - _FIXED - len(trigger.vendor)
    flags = f"version {trigger.version / 10:.1f}, ui: {trigger.ui}, initiator: {trigger.initiator}"
    pieces = [
        (size, f"digest ({digest})"),
        (5, flags + (f", future bits {trigger.future:027b}" if trigger.future else ", 27 zero bits")),
        (2, f"SessionID {trigger.session_text}"),
        (1, f"server identifier of {name} octets"),
        (name, f"server identifier {trigger.server_id!r}"),
        (len(trigger.vendor), "vendor octets"),
    ]
    rows, at = [], 0
    for length, meaning in pieces:
        if length:
            rows.append(Row(base + at, octets[at:at + length], meaning, depth))
            at += length
    return Explanation(tuple(rows))
