"""Accounts: with what the two sides of a DM relation prove themselves.

An account joins one device and one server.  It holds two credentials: ``client``, with which
the device proves itself, and ``server``, with which the server does (None when the
transport, TLS say, vouches for it).  Each has a nonce of its own.  [DMSEC §5.1, DMSTDOBJ §5.3.1]
"""

from __future__ import annotations

from binascii import b2a_base64
from dataclasses import field
from typing import Final

from dmkit.auth.digests import md5
from dmkit.auth.scheme import SchemeChoice
from dmkit.words.checked import checked, copier
from dmkit.words.records import dataclass

__all__ = ["DEFAULT_NONCE", "Account", "Credential"]

DEFAULT_NONCE: Final = bytes(4)
"""The nonce of a resynchronisation after package 0: four zero octets (docs/ambiguities.md).  [DMNOTI §5]"""


@checked
@dataclass(frozen=True, slots=True)
class Credential:
    """A name, a secret and the nonce in force.

    ``scheme`` None waits to be asked.
    An authenticator may hold ``digest``, base64 of MD5(name ":" secret), instead of the secret; basic then fails.

    >>> Credential("client", "clientpw")
    Credential(name='client', scheme=None)
    >>> Credential("Bruce2", "OhBehave").ha1
    b'PtEdr8lBQ45IbT1bZIkrOQ=='
    """

    name: str
    """Who it is: the user name, or the Server Identifier."""
    secret: str | None = field(default=None, repr=False)
    """The password; None where only ``digest`` is known."""
    nonce: bytes = field(default=b"", repr=False)
    """What the next proof with it must cover."""
    scheme: SchemeChoice | None = None
    """What its holder uses unasked: a row of SCHEMES by name (``register`` adds yours), or a Scheme."""
    digest: bytes | None = field(default=None, repr=False)

    @property
    def ha1(self) -> bytes:
        """Base64 of MD5(name ":" secret), all that MD5 and MAC need.  [DMSEC §5.3.2]"""
        if self.digest is not None:
            return self.digest
        digest = md5(f"{self.name}:{self.secret or ''}".encode()).digest()
        return b2a_base64(digest, newline=False)

    def with_nonce(self, nonce: bytes) -> Credential:
        """The same credential with another nonce."""
        if type(nonce) is not bytes:
            return Credential(self.name, self.secret, nonce, self.scheme, self.digest)
        made: Credential = copier(Credential, "nonce")(self, nonce)
        return made


@checked
@dataclass(frozen=True, slots=True)
class Account:
    """One device's relation to one server.

    ``server_id`` is the Server Identifier of access control lists, ``address`` the URI that the first message goes
    to.  ``client`` None: the device need not prove itself at DM level; ``server`` None: nor the server.

    >>> Account("srv", "https://dm.example.com/dm").client is None
    True
    """

    server_id: str
    address: str
    client: Credential | None = None
    server: Credential | None = None

    def __hash__(self) -> int:  # of values that are remembered by the thousand, most differ in nonces and nothing else
        client, server = self.client, self.server
        return hash((self.server_id, client and client.nonce, server and server.nonce))

    def with_nonces(self, client: bytes | None = None, server: bytes | None = None) -> Account:
        """The same account with nonces replaced where given."""
        ours, theirs = self.client, self.server
        if client is not None and ours is not None:
            ours = ours.with_nonce(client)
        if server is not None and theirs is not None:
            theirs = theirs.with_nonce(server)
        made: Account = copier(Account, "client", "server")(self, ours, theirs)
        return made

    def resynchronised(self) -> Account:
        """Both nonces set to the default one, as after a package 0 that only the default nonce explains."""
        return self.with_nonces(DEFAULT_NONCE, DEFAULT_NONCE)
