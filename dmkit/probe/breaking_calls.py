"""How a client is broken in what it does before a session: pushes, bootstrap, reports.  The rows are in ``broken``."""

from __future__ import annotations

from collections.abc import Callable

from dmkit.auth import Account
from dmkit.device.device import Device
from dmkit.device.waking import NOTIFICATIONS
from dmkit.probe.breaking import more
from dmkit.probe.breaking_builds import Altering
from dmkit.probe.case import ProbeCase
from dmkit.probe.drive import Caller, Speaks
from dmkit.probe.own import OwnDevice, account, phone_for
from dmkit.probe.peer import Peer
from dmkit.session.client import ClientSession
from dmkit.tree.tree import Tree
from dmkit.wire.wsp import WspPush
from dmkit.words.codes import StatusCode
from dmkit.words.model import Message, Status

__all__ = [
    "AfterBootstrap",
    "Credulous",
    "Forgetful",
    "Renaming",
    "answering",
    "as_if_woken",
    "credulous",
    "without_rights",
]


class Credulous(OwnDevice):
    """A device that calls for every push, whatever the push is worth."""

    def __init__(self, phone: Device, known: Account) -> None:
        super().__init__(phone)
        self.known = known

    def push(self, message: WspPush, now: float) -> Speaks | None:
        """A session, also where the push is to be ignored."""
        return super().push(message, now) or self.phone.connect(self.known, triggered=True)


class Renaming(OwnDevice):
    """A device that gives sessions names of its own, also where package 0 says one."""

    def push(self, message: WspPush, now: float) -> Speaks | None:
        """A session under another SessionID."""
        session = self.phone.push(message, now).session
        if session is None or message.content_type not in NOTIFICATIONS:
            return session
        return self.phone.connect(session.account, session_id="1", triggered=True)


class AfterBootstrap(OwnDevice):
    """A device in which ``change`` makes something else of the session that follows a bootstrap."""

    def __init__(self, phone: Device, change: Callable[[Device, ClientSession], Speaks]) -> None:
        super().__init__(phone)
        self.change = change

    def push(self, message: WspPush, now: float) -> Speaks | None:
        """A session; another one when it follows a bootstrap."""
        session = self.phone.push(message, now).session
        if session is None or message.content_type in NOTIFICATIONS:
            return session
        return self.change(self.phone, session)


def as_if_woken(phone: Device, session: ClientSession) -> Speaks:
    """It says that a server wanted the session."""
    return phone.connect(session.account, triggered=True)


def without_rights(phone: Device, session: ClientSession) -> Speaks:
    """The new server may do nothing."""
    phone.tree = Tree.of({uri: node for uri, node in phone.tree.walk() if uri != "."}, acl={".": "Get=nobody"})
    return phone.connect(session.account)


def answering(phone: Device, session: ClientSession) -> Speaks:
    """Package 1 has a Status for the bootstrap message."""
    done = Status(StatusCode(200), "1", "1", "Add", cmd_id="0")

    def alter(message: Message, to: Message | None) -> Message:
        return more(done)(message) if message.header.msg_id == "1" else message

    phone.codec = Altering(phone.codec, alter)
    return phone.connect(session.account)


class Forgetful(OwnDevice):
    """A device that never tells what became of an Exec."""

    def __call__(self, now: float) -> Speaks:
        """A session without the reports that wait."""
        self.phone.live(now)
        self.phone.agenda.clear()
        return self.phone.connect()


def credulous(case: ProbeCase, peer: Peer) -> Caller:
    """A device that does not verify what it is pushed, and knows whoever pushes."""
    return Credulous(phone_for(case, peer), account(peer))
