"""A client that is woken: what it makes of package 0, and what it drops.  A value, without clock.  [dm20 sheet §3]

Dropped are octets that are none, servers without an account or without credentials for notifications, wrong digests,
numbers that came before, and time stamps that are too old.

>>> from dmkit.dm2.notification import encode
>>> listener = Listener({"srv": Waking(b"secret", b"data")})
>>> octets = encode(Notification("srv", notification_id=7, timestamp=1000), secret=b"secret", data=b"data")
>>> listener, heard = listener.receive(octets, now=1001.0)
>>> heard.number, heard.why
(7, '')
>>> listener.receive(octets, now=1002.0)[1].why
'number 7 of srv came before'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from dmkit.dm2.notification import Notification, decode, verify
from dmkit.words.checked import checked
from dmkit.words.errors import CodecError
from dmkit.words.ranges import Natural, Seconds

__all__ = ["Listener", "ReceivedNotification", "Waking", "credentials"]

_KEPT: Final = 1000


@dataclass(frozen=True, slots=True)
class Waking:
    """Credentials of a server for notifications: secret and authentication data."""

    secret: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class ReceivedNotification:
    """What came of octets: the notification when it is genuine, else why it was dropped."""

    notification: Notification | None
    why: str = ""

    @property
    def number(self) -> int | None:
        """The number that the alert of package 1 carries."""
        return self.notification.notification_id if self.notification else None


@checked
@dataclass(frozen=True, slots=True)
class Listener:
    """Who may wake this client, and what was heard: (server, number) of the last thousand, and the newest time stamp.

    ``late`` is how many seconds old a time stamp may be; one that is older than the newest heard is dropped too.  A
    notification without a time stamp is judged by its number alone, one without either can be said again (UNSURE).
    """

    accounts: Mapping[str, Waking | None] = field(default_factory=dict)
    """Server -> what its notifications are proved with; None: it has no credentials for them."""
    late: Seconds = 3600.0
    seen: tuple[tuple[str, Natural], ...] = ()
    """Server and number of what came, the last thousand."""
    newest: Mapping[str, Natural] = field(default_factory=dict)
    """Server -> its newest time stamp."""

    def receive(self, octets: bytes, now: float) -> tuple[Listener, ReceivedNotification]:
        """The listener afterwards, and what was heard; nothing raises."""
        try:
            notification = decode(octets)
        except CodecError as error:
            return self, ReceivedNotification(None, f"no notification: {error.reason}")
        server = notification.server_id
        if server not in self.accounts:
            return self, ReceivedNotification(None, f"{server[:60]!r} has no account here")
        waking = self.accounts[server]
        if waking is None:
            return self, ReceivedNotification(None, f"the account of {server} has no credentials for notifications")
        if not verify(octets, secret=waking.secret, data=waking.data):
            return self, ReceivedNotification(None, f"the digest is not that of {server}")
        number, stamp = notification.notification_id, notification.timestamp
        if number is not None and (server, number) in self.seen:
            return self, ReceivedNotification(None, f"number {number} of {server} came before")
        if stamp is not None and stamp < now - self.late:
            return self, ReceivedNotification(None, f"{now - stamp:.0f} s old; {self.late:g} are allowed")
        if stamp is not None and stamp < self.newest.get(server, 0):
            return self, ReceivedNotification(None, f"older than what {server} said last")
        seen = (*self.seen, (server, number))[-_KEPT:] if number is not None else self.seen
        newest = self.newest if stamp is None else MappingProxyType({**self.newest, server: stamp})
        return replace(self, seen=seen, newest=newest), ReceivedNotification(notification)


_PLACES: Final = (
    (("Auth", "Noti"), "Secret", "Data"),
    (("Credentials", "Noti"), "AuthSecret", "AuthData"),
    (("AuthNoti",), "AuthSecret", "AuthData"),
    (("AuthNoti",), "Secret", "Data"),
)


def credentials(account: Mapping[str, Any]) -> Waking | None:
    """The credentials in the data of a DMAcc 1.2 instance, wherever of three places; None when there are none.

    CONFLICT: the notes print ``Auth/Noti``, ``Credentials/Noti`` and ``AuthNoti``; the first is written, all are read.

    >>> credentials({"Credentials": {"Noti": {"AuthSecret": "s", "AuthData": "d"}}})
    Waking(secret=b's', data=b'd')
    """
    for path, secret, data in _PLACES:
        node: Any = account
        for name in path:
            node = node.get(name) if isinstance(node, Mapping) else None
        if isinstance(node, Mapping) and isinstance(node.get(secret), str):
            return Waking(node[secret].encode(), str(node.get(data, "")).encode())
    return None
