"""What can happen before a session: a notification wakes a device, a bootstrap document is taken or refused."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dmkit.session.events import Event

__all__ = [
    "AccountAdded",
    "AccountChanged",
    "AccountRemoved",
    "Asked",
    "Bootstrapped",
    "Ignored",
    "PartReceived",
    "PushIgnored",
    "Reason",
    "Rejected",
    "SettingsAdded",
    "SettingsChanged",
    "Unchanged",
    "Verified",
    "Woken",
]


class Reason(StrEnum):
    """Why a bootstrap document, or a push, was refused."""

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


@dataclass(frozen=True, slots=True)
class Woken(Event):
    """A notification is genuine: session ``session_id`` with ``server`` is to be opened."""

    server: str
    session_id: str
    ui: str
    initiator: str
    nonce: str
    resync: bool = False


@dataclass(frozen=True, slots=True)
class PushIgnored(Event):
    """A push led to nothing; nobody is told, only the log."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class PartReceived(Event):
    """A short message is part of a longer one: what is still missing."""

    why: str


@dataclass(frozen=True, slots=True)
class Verified(Event):
    """The protection of a bootstrap document is right: ``method``, after ``tries`` of the user (0: none was needed)."""

    method: str
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Asked(Event):
    """The user was asked, and what became of it."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Rejected(Event):
    """A bootstrap document was refused as a whole; the tree is as it was."""

    reason: Reason
    why: str


@dataclass(frozen=True, slots=True)
class AccountAdded(Event):
    """A new account of ``server`` stands at ``uri``."""

    server: str
    uri: str


@dataclass(frozen=True, slots=True)
class AccountChanged(Event):
    """The account of ``server`` at ``uri`` was replaced."""

    server: str
    uri: str


@dataclass(frozen=True, slots=True)
class AccountRemoved(Event):
    """The account of ``server`` at ``uri`` is gone, and its identifier from every access control list."""

    server: str
    uri: str


@dataclass(frozen=True, slots=True)
class SettingsAdded(Event):
    """Other settings, of ``kind``, stand at ``uri``."""

    kind: str
    uri: str


@dataclass(frozen=True, slots=True)
class SettingsChanged(Event):
    """Other settings, of ``kind``, at ``uri`` were replaced."""

    kind: str
    uri: str


@dataclass(frozen=True, slots=True)
class Unchanged(Event):
    """The document says what the tree at ``uri`` holds already."""

    uri: str


@dataclass(frozen=True, slots=True)
class Ignored(Event):
    """A part of the document was left out, the rest taken."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Bootstrapped(Event):
    """A bootstrap document was taken: sessions with ``servers`` should follow.  [DMBOOT §5.4.5]"""

    profile: str
    servers: tuple[str, ...]
