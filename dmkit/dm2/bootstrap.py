"""From nothing to an account: what a bootstrap server leaves on a device, and clients of accounts.  [dm20 sheet §8]

The form on the wire is a PROPOSAL: package 1 goes by HTTPS to the address that the factory or a card has, the answer
lets the device fetch an account (DMAcc 1.2), and ends.  The device then says BootstrapComplete to the new server.

>>> from dmkit.dm2.objects import Objects, node_of
>>> data = {"SrvID": "srv", "SrvURI": "https://dm.example/dm", "Name": "Operator", "Perm": {"1": {"MOID": "urn:x"}}}
>>> objects = Objects.of({DMACC: {"1": node_of(data)}})
>>> accounts(objects)
(ServerAccount(server='srv', uri='https://dm.example/dm', name='Operator', moids=('urn:x',), waking=None),)
>>> completed(Client("IMEI:1", objects)).server
'srv'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from dmkit.dm2.client import AT, Client
from dmkit.dm2.documents import GenericAlert
from dmkit.dm2.listening import Waking, credentials
from dmkit.dm2.objects import Objects, data_of
from dmkit.words.asked import asked

__all__ = ["COMPLETE", "DMACC", "ServerAccount", "accounts", "blank", "completed"]

DMACC: Final = "urn:oma:mo:oma-dm-dmacc:1.2"
COMPLETE: Final = GenericAlert(AT + "BootstrapComplete")
"""What the first session with a new server carries."""


@dataclass(frozen=True, slots=True)
class ServerAccount:
    """An account as the device reads it: ``moids`` are the objects its server may touch, ``waking`` how it wakes."""

    server: str
    uri: str
    name: str = ""
    moids: tuple[str, ...] = ()
    waking: Waking | None = None


@asked
def accounts(objects: Objects) -> tuple[ServerAccount, ...]:
    """The accounts on a device; one without SrvID or SrvURI is none.

    CONFLICT: the list of objects is read from ``Perm`` and from ``Permissions``; the first is written.
    """
    found = []
    for instance in objects.of_object(DMACC):
        data = data_of(instance.root)
        if not isinstance(data, Mapping) or not (data.get("SrvID") and data.get("SrvURI")):
            continue
        listed = data.get("Perm") or data.get("Permissions") or {}
        rows = listed.values() if isinstance(listed, Mapping) else ()
        moids = tuple(str(row["MOID"]) for row in rows if isinstance(row, Mapping) and row.get("MOID"))
        found.append(
            ServerAccount(str(data["SrvID"]), str(data["SrvURI"]), str(data.get("Name", "")), moids, credentials(data))
        )
    return tuple(found)


def blank(device_id: str, uri: str) -> Client:
    """A client that knows nobody but the bootstrap server at ``uri``.

    >>> blank("IMEI:1", "https://boot.example/dm").objects.instances
    ()
    """
    return Client(device_id, Objects(), server="bootstrap", uri=uri)


@asked
def completed(client: Client, server: str = "") -> Client:
    """The client of a new account, the last one unless ``server`` names another; unchanged when there is none.

    The account grants nothing on what is there already: rights stay as they are, and the server keeps to its list.
    """
    known = [account for account in accounts(client.objects) if server in ("", account.server)]
    if not known:
        return client
    account = known[-1]
    return replace(client, server=account.server, uri=account.uri, moids=account.moids or None)
