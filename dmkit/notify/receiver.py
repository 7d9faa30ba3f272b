"""The receiver of package 0: find the account, check the digest, look for a replay.

``verify`` is the procedure, ``NotifyRules`` its choices, ``ReplayMemory`` what has woken the device lately.  [DMNOTI
§6.2]
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from dmkit.auth import Account, Credential
from dmkit.notify.layout import DIGESTS, Notification, decode, digest_of
from dmkit.notify.rules import NONCES, USUAL, NotifyRules, ReplayMemory
from dmkit.words.asked import asked
from dmkit.words.errors import CodecError
from dmkit.words.records import dataclass

__all__ = ["NotificationVerdict", "verify"]

_CURRENT: Final = frozenset({"stored", "stored as base64"})


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
    rules: NotifyRules = USUAL,
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
