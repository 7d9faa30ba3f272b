"""What can happen before a session: a notification wakes a device, a bootstrap document is taken or refused."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from dmkit.session.events import Event

__all__ = [
    "AccountAdded",
    "AccountChanged",
    "AccountRemoved",
    "BootstrapReason",
    "Bootstrapped",
    "Ignored",
    "PartReceived",
    "ProtectionVerified",
    "PushIgnored",
    "Rejected",
    "SettingsAdded",
    "SettingsChanged",
    "Unchanged",
    "UserAsked",
    "Woken",
]


class BootstrapReason(StrEnum):
    """Why a bootstrap document, or a push, was refused.

    >>> BootstrapReason.NO_SECURITY.value
    'the document is not protected'
    """

    DISABLED = "this way to bootstrap is switched off"
    UNSUPPORTED_TYPE = "the media type is none of a bootstrap document"
    TOO_LARGE = "the document is too large"
    NO_SECURITY = "the document is not protected"
    METHOD = "the protection is not taken here"
    NO_SECRET = "the device does not have the secret"
    WRONG_MAC = "the MAC is wrong"
    WRONG_PIN = "no try with the PIN was right"
    USER = "the user does not want it"
    UNREADABLE = "the octets are no document"
    CONTENT = "the document says something senseless"
    SERVER = "the server is not authorised"
    KNOWN = "there is an account of this server"
    TREE = "the tree does not take it"


class Woken(Event, frozen=True):
    """A notification is genuine: session ``session_id`` with ``server`` is to be opened."""

    says: ClassVar[str] = "woken for session {0.session_id} with {0.server} (ui: {0.ui}; nonce: {0.nonce})"
    server: str
    session_id: str
    ui: str
    initiator: str
    nonce: str
    resync: bool = False


class PushIgnored(Event, frozen=True):
    """A push led to nothing; nobody is told, only the log."""

    says: ClassVar[str] = "{0.what} ignored: {0.why}"
    what: str
    why: str


class PartReceived(Event, frozen=True):
    """A short message is part of a longer one: what is still missing."""

    says: ClassVar[str] = "{0.why}"
    why: str


class ProtectionVerified(Event, frozen=True):
    """The protection of a bootstrap document is right: ``method``, after ``tries`` of the user (0: none was needed)."""

    says: ClassVar[str] = "{0.method} is right"
    method: str
    tries: int = 0


class UserAsked(Event, frozen=True):
    """The user was asked, and what became of it."""

    says: ClassVar[str] = "asked the user: {0.question} -- {0.answer}"
    question: str
    answer: str


class Rejected(Event, frozen=True):
    """A bootstrap document was refused as a whole; the tree is as it was."""

    says: ClassVar[str] = "refused: {0.reason}; {0.why}"
    reason: BootstrapReason
    why: str


class AccountAdded(Event, frozen=True):
    """A new account of ``server`` stands at ``uri``."""

    says: ClassVar[str] = "account of {0.server} added at {0.uri}"
    server: str
    uri: str


class AccountChanged(Event, frozen=True):
    """The account of ``server`` at ``uri`` was replaced."""

    says: ClassVar[str] = "account of {0.server} changed at {0.uri}"
    server: str
    uri: str


class AccountRemoved(Event, frozen=True):
    """The account of ``server`` at ``uri`` is gone, and its identifier from every access control list."""

    says: ClassVar[str] = "account of {0.server} removed from {0.uri}"
    server: str
    uri: str


class SettingsAdded(Event, frozen=True):
    """Other settings, of ``kind``, stand at ``uri``."""

    says: ClassVar[str] = "{0.kind} added at {0.uri}"
    kind: str
    uri: str


class SettingsChanged(Event, frozen=True):
    """Other settings, of ``kind``, at ``uri`` were replaced."""

    says: ClassVar[str] = "{0.kind} changed at {0.uri}"
    kind: str
    uri: str


class Unchanged(Event, frozen=True):
    """The document says what the tree at ``uri`` holds already."""

    says: ClassVar[str] = "{0.uri} says that already"
    uri: str


class Ignored(Event, frozen=True):
    """A part of the document was left out, the rest taken."""

    says: ClassVar[str] = "{0.what} left out: {0.why}"
    what: str
    why: str


class Bootstrapped(Event, frozen=True):
    """A bootstrap document was taken: sessions with ``servers`` should follow.  [DMBOOT §5.4.5]"""

    profile: str
    servers: tuple[str, ...]

    def __str__(self) -> str:
        return f"bootstrapped by the {self.profile.upper()} profile: {', '.join(self.servers) or 'no new account'}"
