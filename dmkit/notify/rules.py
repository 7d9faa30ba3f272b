"""The choices of a receiver of package 0, and what has woken the device lately: two values.

Every session has the choices among its rules, and every device a memory; what reads a notification loads with the
first one that comes (``dmkit.notify.receiver``).  [DMNOTI §5, §6.2]
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final, Literal

from dmkit.auth import DEFAULT_NONCE
from dmkit.words.checked import Names, checked
from dmkit.words.late import late_rows
from dmkit.words.ranges import Count, Natural, Range, Seconds
from dmkit.words.records import dataclass

if TYPE_CHECKING:
    from dmkit.notify.layout import Notification

__all__ = ["NONCES", "PROFILES", "USUAL", "VERSIONS", "NotifyRules", "ReplayMemory"]

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


def _digests() -> Iterable[str]:
    from dmkit.notify.layout import DIGESTS

    return DIGESTS


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
    digest: Annotated[str, Names(_digests)] = "md5"
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


USUAL: Final = NotifyRules()
"""What a receiver does that has no rules of its own."""
PROFILES: Final[Mapping[str, NotifyRules]] = late_rows(
    lambda: {
        "spec": USUAL,
        "no resynchronisation": replace(USUAL, nonces=("stored",)),
        "libdmclient": replace(
            USUAL,
            nonces=("stored", "ASCII 0x00000000"),
            versions=frozenset({11}),
            identity="account name",
            swapped_session=True,
            replay="take",
        ),
        "aosp": replace(
            USUAL,
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

    def with_(self, notification: Notification, now: float = 0.0, rules: NotifyRules = USUAL) -> ReplayMemory:
        """The memory after ``notification`` at ``now``, in seconds."""
        entry = (notification.trigger.server_id, notification.trigger.session, notification.digest, now)
        if rules.remember == "time":
            return ReplayMemory((*(old for old in self.seen if now - old[3] <= rules.lasts), entry))
        return ReplayMemory((*self.seen, entry)[-rules.room :])
