"""What is known of a peer before it is probed, and what is learned from case to case.

>>> Peer("server", "http://127.0.0.1:8080/dm").device(3)
'IMEI:004999010640000'
>>> Peer("server", "http://127.0.0.1:8080/dm", device_id="IMEI:00499901064{n:04}").device(3)
'IMEI:004999010640003'
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from dmkit.auth import Credential
from dmkit.bootstrap.security import imsi_octets
from dmkit.words.checked import checked
from dmkit.words.errors import CodecError, ConfigError

__all__ = ["LEVELS", "Peer", "PeerNonces"]

LEVELS = {
    "read": "nothing on the peer changes but its sessions and nonces",
    "write": "nodes below the node that was named are added, changed and deleted",
    "destructive": "commands that a wrong peer would carry out elsewhere in its tree, or that start something",
}
"""What a case may do to a peer -> in a sentence."""


@checked
@dataclass(frozen=True, slots=True)
class Peer:
    """Who is probed, and what it may be asked.

    ``side`` is what the peer is, ``encoding`` what it is spoken to in.  ``user`` and ``password`` are the device's.
    ``destructive`` lets a case delete and execute.  ``address`` is where a server takes messages; for a client, what
    it calls.
    A case whose scheme of proof, encoding or option stands in ``lacks`` is not run: the peer has declared it.
    """

    side: Literal["server", "client"]
    address: str
    device_id: str = "IMEI:004999010640000"
    """The device that is played; ``{n}`` is the number of the case, for servers that know any device."""
    user: str = "client"
    password: str = field(default="clientpw", repr=False)
    server_id: str = "dmkit"
    """The Server Identifier; the name under which a server proves itself."""
    server_password: str = field(default="", repr=False)
    """Empty: the transport vouches for the server."""
    auth: str = "md5"
    """How the device proves itself where a case does not say: none, basic, md5 or mac."""
    server_auth: str = "md5"
    """How the server proves itself, likewise."""
    encoding: Literal["xml", "wbxml"] = "xml"
    below: str | None = None
    """The only node below which anything is written; None: nothing is."""
    destructive: bool = False
    lacks: tuple[str, ...] = ()
    """Options that the peer declares it has not: ``wbxml``, ``mac``, ``Atomic``, ``Copy`` ..."""

    other_device: str = ""
    """Another device that the server knows, with another account; ``{n}`` as above."""
    other_user: str = ""
    """Its name; empty: that of the first."""
    other_password: str = field(default="", repr=False)
    """Its secret; empty: that of the first."""
    takes_pushes: bool = False
    """Whether there is a way to hand a push to the client."""
    forgets: bool = False
    """Whether the client keeps no nonce from one session to the next."""
    imsi: str = ""
    """The identity that the client shares with its network; it protects bootstrap documents."""
    pin: str = ""
    """The PIN that the client's user was told; it protects bootstrap documents, too."""
    firmware: str | None = None
    """The client's firmware update object, ``./FUMO/Main`` say; None: it has none that is known."""

    def __post_init__(self) -> None:
        try:
            place = urlsplit(self.address)
            wrong = place.scheme not in ("http", "https") or not place.hostname or (place.port or 1) < 1
        except ValueError:
            wrong = True
        if wrong:
            raise ConfigError(f"{self.address!r} is no address of http or https")
        for name, node, such in (("below", self.below, "./Vendor/Probe"), ("firmware", self.firmware, "./FUMO/Main")):
            if node is not None and (not node.startswith("./") or len(node) < 4 or "?" in node):
                raise ConfigError(f"{name} is {node!r}; it must be a node such as {such!r}")
        if self.imsi:
            try:
                imsi_octets(self.imsi)
            except CodecError as error:
                raise ConfigError(f"imsi: {error}") from None

    def device(self, number: int) -> str:
        """The address of the device in the case of this number."""
        return _counted(self.device_id, number)

    def other(self, number: int) -> str:
        """The address of the other device in the case of this number."""
        return _counted(self.other_device, number)

    def may(self, level: str) -> bool:
        """Whether cases of this level may be run.

        >>> Peer("client", "http://127.0.0.1/dm").may("write")
        False
        """
        return level == "read" or (level == "write" and self.below is not None) or (
            level == "destructive" and self.destructive and self.below is not None
        )  # fmt: skip

    @property
    def client(self) -> Credential:
        """With what the device proves itself."""
        return Credential(self.user, self.password)

    @property
    def server(self) -> Credential | None:
        """With what the server does; None where nothing is known of it."""
        return Credential(self.server_id, self.server_password) if self.server_password else None


def _counted(address: str, number: int) -> str:
    return address.replace("{n:04}", f"{number:04}").replace("{n}", str(number))


@dataclass(frozen=True, slots=True)
class PeerNonces:
    """What outlives a session: the nonces in force, as both sides should know them.

    ``client`` is the nonce for the device's next proof, ``server`` for that of the server.
    """

    client: bytes = b""
    server: bytes = b""
    info: tuple[tuple[str, str], ...] = ()
