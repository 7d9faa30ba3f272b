"""A DM server without passwords: it knows its devices by the keys that GBA gives it.  PROPOSAL [TS 33.222]

The device's name is its B-TID and its password base64(Ks_NAF); the server asks the bootstrapping server for the key of
a name that it sees for the first time.  A key whose lifetime is over is met with 401, and the device bootstraps again.

>>> account_of(NafKey("abc@bsf", "dm.example", bytes(32), 100.0), "srv", "https://dm.example/dm").client.name
'abc@bsf'
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from dmkit.auth import Account, Scheme
from dmkit.card.aka.gba import UA, NafKey
from dmkit.card.aka.gba_exchange import KeyRefusal
from dmkit.server.server import Open, Server
from dmkit.session.events import Step
from dmkit.session.rules import Rules
from dmkit.words.kept import keep
from dmkit.words.model import Header, Packet

__all__ = ["NafServer", "Zn", "account_of"]


class Zn(Protocol):
    """Who gives a service its keys: `dmkit.card.aka.gba_exchange.Bsf`."""

    def key(self, transaction: str, fqdn: str, protocol: bytes, now: float) -> NafKey | KeyRefusal:
        """The key of ``fqdn`` in a bootstrapping run, or why there is none."""


def account_of(key: NafKey, server_id: str, address: str, scheme: str | Scheme | None = "md5") -> Account:
    """The DM account that a service's key makes, the same at both ends; no secret was provisioned."""
    return Account(server_id, address, key.client(scheme), key.server(server_id))


class NafServer(Server):
    """A DM server whose accounts come from GBA.

    ``fqdn`` is the host name in the keys, ``zn`` the bootstrapping server; ``asked`` counts the questions to it,
    ``keys`` holds the key of each device, ``refused`` the reasons why one got none.
    """

    def __init__(
        self,
        fqdn: str,
        server_id: str,
        address: str,
        zn: Zn,
        *,
        nonces: Callable[[str], Iterator[bytes]],
        rules: Rules | None = None,
        protocol: bytes = UA["dm"],
    ) -> None:
        super().__init__({}, nonces=nonces, rules=rules, first_nonces="as given")
        self.fqdn = fqdn
        self.server_id = server_id
        self.url = address
        self.zn = zn
        self.protocol = protocol
        self.keys: dict[str, NafKey] = {}
        self.refused: list[tuple[str, str]] = []
        self.asked = 0
        self._now = 0.0

    @property
    def address(self) -> str:
        """Where packets for this server go."""
        return self.url

    def receive(self, packet: Packet, now: float = 0.0) -> Step:
        """Take one packet of any device, as ``Server.receive``; ``now`` says which keys are still good."""
        self._now = now
        return super().receive(packet, now)

    def _begin(self, header: Header) -> Open:
        self._admit(header)
        return super()._begin(header)

    def _admit(self, header: Header) -> None:
        """See to it that the device has the account that its name stands for, or none."""
        device, name = header.source, header.source_name or ""
        known = self.keys.get(device)
        if known is not None and known.b_tid == name and self._now < known.expires:
            return
        self.keys.pop(device, None)
        self.accounts.pop(device, None)
        if "@" not in name:
            keep(self.refused, (device, "the device gave no B-TID as its name"), self.max_results)
            return
        self.asked += 1
        key = self.zn.key(name, self.fqdn, self.protocol, self._now)
        if isinstance(key, KeyRefusal):
            keep(self.refused, (device, key.why), self.max_results)
            return
        self.keys[device] = key
        self.accounts[device] = account_of(key, self.server_id, self.url)
