"""The receiver of package 0: find the account, check the digest, look for a replay.

``verify`` is the procedure, ``NotifyRules`` its choices, ``ReplayMemory`` what has woken the device lately.  [DMNOTI
§6.2]
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Annotated, Final, Literal

from dmkit.auth import DEFAULT_NONCE, Account, Credential
from dmkit.notify.layout import DIGESTS, Notification, decode, digest_of
from dmkit.words.asked import asked
from dmkit.words.checked import Names, checked
from dmkit.words.errors import CodecError
from dmkit.words.late import late_rows
from dmkit.words.ranges import Count, Natural, Range, Seconds
from dmkit.words.records import dataclass

__all__ = ["NONCES", "PROFILES", "VERSIONS", "NotificationVerdict", "NotifyRules", "ReplayMemory", "verify"]

VERSIONS: Final = frozenset({10, 11, 12})
"""Versions a receiver takes; 11 is what DM 1.2 sends."""
NONCES: Final[Mapping[str, tuple[Callable[[bytes], bytes], str]]] = MappingProxyType(
    {
        "stored": (lambda nonce: nonce, "the last NextNonce that the client sent, as octets"),
        "stored as base64": (lambda nonce: b64encode(nonce), "IMPL: the base64 text of the nonce, not decoded"),
        "four zero octets": (lambda nonce: DEFAULT_NONCE, "the default nonce read as octets; UNSURE"),
        "ASCII 0x00000000": (lambda nonce: b"0x00000000", "IMPL: the default nonce as the text of the specification"),
        "ASCII 00000000": (lambda nonce: b"00000000", "the default nonce as eight digits; UNSURE"),
        "empty": (lambda nonce: b"", "no nonce at all; UNSURE"),
    }
)
"""Name -> how the nonce comes from the stored one, and who does so.  All but the first two resynchronise."""

_CURRENT: Final = frozenset({"stored", "stored as base64"})


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyRules:
    """The choices of a receiver of notifications.

    >>> NotifyRules(nonces=("stored",)).nonces
    ('stored',)
    """

    nonces: tuple[Annotated[str, Names(lambda: NONCES)], ...] = ("stored", "four zero octets")
    """Rows of NONCES that are tried in order; one outside the stored nonce asks for a resynchronisation.  UNSURE
    [DMNOTI §5]"""
    versions: frozenset[Annotated[int, Range("number", 0, 1023, whole=True)]] | None = VERSIONS
    """Versions taken; None does not look.  [DMNOTI §6.2.6]"""
    max_server_id: Natural = 255
    """Longest server identifier in octets; one real client takes 23."""
    max_trigger: Natural | None = None
    """Longest trigger in octets; one real client counts it in one octet."""
    identity: Literal["server identifier", "account name"] = "server identifier"
    """What is hashed with the password; the second is what one real client does."""
    digest: Annotated[str, Names(lambda: DIGESTS)] = "md5"
    """Row of DIGESTS; those of SHA-256 are a PROPOSAL."""
    swapped_session: bool = False
    """The SessionID comes with its octets exchanged: 3412 for 1234, as one real client reads it."""
    replay: Literal["session", "octets", "take"] = "session"
    """A SessionID, or the same octets, seen before wake nobody; ``take`` forgets.  UNSURE [DMNOTI §6.2.10]"""
    remember: Literal["number", "time"] = "number"
    """What is forgotten first: the oldest of more than ``room``, or all that is older than ``lasts``, however many.  By
    number whoever makes a server wake the device often enough can say an old one again.  PROPOSAL [DMNOTI §6.2.10]"""
    room: Count = 64
    """How many wakes are remembered by number."""
    lasts: Seconds = 2_592_000.0
    """How long a wake is remembered by time, in seconds; 30 days."""


_SPEC: Final = NotifyRules()
PROFILES: Final[Mapping[str, NotifyRules]] = late_rows(
    lambda: {
        "spec": _SPEC,
        "no resynchronisation": replace(_SPEC, nonces=("stored",)),
        "libdmclient": replace(
            _SPEC,
            nonces=("stored", "ASCII 0x00000000"),
            versions=frozenset({11}),
            identity="account name",
            swapped_session=True,
            replay="take",
        ),
        "aosp": replace(
            _SPEC,
            nonces=("stored", "stored as base64", "four zero octets"),
            versions=None,
            max_server_id=23,
            max_trigger=255,
            replay="take",
        ),
    }
)
"""How real clients read notifications, by name; ``spec`` is the default."""


@dataclass(frozen=True, slots=True)
class ReplayMemory:
    """What has woken the device lately: the state of replay detection, a value like any other.

    An entry is server, SessionID, digest, and when; ``NotifyRules.remember`` says which go.

    >>> ReplayMemory().seen
    ()
    """

    seen: tuple[tuple[str, int, bytes, float], ...] = ()

    def knows(self, notification: Notification, by: Literal["session", "octets", "take"]) -> bool:
        """True when a notification like this one is remembered."""
        found = (notification.trigger.server_id, notification.trigger.session)
        if by == "take":
            return False
        return any(entry[:2] == found and (by == "session" or entry[2] == notification.digest) for entry in self.seen)

    def with_(self, notification: Notification, now: float = 0.0, rules: NotifyRules = _SPEC) -> ReplayMemory:
        """The memory after ``notification`` at ``now``, in seconds."""
        entry = (notification.trigger.server_id, notification.trigger.session, notification.digest, now)
        if rules.remember == "time":
            return ReplayMemory((*(old for old in self.seen if now - old[3] <= rules.lasts), entry))
        return ReplayMemory((*self.seen, entry)[-rules.room :])


@dataclass(frozen=True, slots=True)
class NotificationVerdict:
    """Whether a notification is to be acted on, and why; true when it is.

    ``account`` is the one it belongs to, with default nonces when ``resync``; ``nonce`` names the row of NONCES.

    >>> verify(b"too short", ()).why
    '9 octets; a notification has 24 and a server identifier (octet 9)'
    """

    ok: bool
    why: str
    notification: Notification | None = None
    account: Account | None = None
    nonce: str = ""
    memory: ReplayMemory = ReplayMemory()

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


_NOTHING: Final = ReplayMemory()


@asked
def verify(
    octets: bytes,
    accounts: Iterable[Account],
    memory: ReplayMemory = _NOTHING,
    rules: NotifyRules = _SPEC,
    now: float = 0.0,
) -> NotificationVerdict:
    """The receiver's procedure: read, find the account, check the digest, look for a replay.

    Nothing is raised, whatever the octets; what is not taken says why.  ``now`` is the time of remembering, in seconds.
    [DMNOTI §6.2]

    >>> from dmkit.auth import Credential
    >>> from dmkit.notify.layout import Trigger, encode
    >>> own = Credential("com.mgmtsrv", "srvpw", b"nonce")
    >>> account = Account("com.mgmtsrv", "https://dm.example.com", server=own)
    >>> octets = encode(Trigger("com.mgmtsrv", 7), own, b"nonce")
    >>> first = verify(octets, [account])
    >>> first.ok, verify(octets, [account], first.memory).ok       # the second time it is a replay
    (True, False)
    """

    def no(why: str, seen: Notification | None = None) -> NotificationVerdict:
        return NotificationVerdict(False, why, seen, memory=memory)

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
    return NotificationVerdict(
        True,
        f"the digest is right with nonce: {nonce}",
        notification,
        account,
        nonce,
        memory.with_(notification, now, rules),
    )


def _which(notification: Notification, identity: str, credential: Credential, rules: NotifyRules) -> str | None:
    """The first row of NONCES with which the digest comes out right."""
    scheme = DIGESTS[rules.digest]
    for name in rules.nonces:
        right = digest_of(scheme, identity, credential, NONCES[name][0](credential.nonce), notification.covered)
        if hmac.compare_digest(right, notification.digest):
            return name
    return None
