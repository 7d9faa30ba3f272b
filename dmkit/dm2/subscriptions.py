"""What SUB asks for: a PUT for each subscribed address below which something has changed.  [dm20 sheet §6]

>>> from dmkit.dm2.objects import Objects, node_of
>>> before = Objects.of({"urn:x:mo:s:1.0": {"1": node_of({"a": "old"})}})
>>> after = Objects.of({"urn:x:mo:s:1.0": {"1": node_of({"a": "new"})}})
>>> client = Client("IMEI:1", after.granted("server"), subscriptions=(("urn:x:mo:s:1.0//a", "https://repo.example/a"),))
>>> [(call.method, call.uri, call.body) for call in due(client, before)]
[('PUT', 'https://repo.example/a', b'[{"ClientURI":"urn:x:mo:s:1.0//a","MOData":{"a":"new"}}]')]
"""

from __future__ import annotations

from dmkit.dm2.address import Address, Unresolved, resolve
from dmkit.dm2.client import Client
from dmkit.dm2.documents import MOS, Serialised, write_mos
from dmkit.dm2.exchange import HttpCall
from dmkit.dm2.objects import InstanceRight, Objects, data_of
from dmkit.words.asked import asked

__all__ = ["due"]


@asked
def due(client: Client, before: Objects) -> tuple[HttpCall, ...]:
    """The calls for what has changed since ``before``, in the order of the subscriptions; what is gone is put empty."""
    calls = []
    for address, uri in client.subscriptions:
        now = _data(client, client.objects, address)
        if now is not None and now != _data(client, before, address):
            target = uri.replace("[DevID]", client.device_id)
            calls.append(HttpCall("PUT", target, (("content-type", MOS),), write_mos(now)))
    return tuple(calls)


def _data(client: Client, objects: Objects, uri: str) -> tuple[Serialised, ...] | None:
    """What stands there that the server may read now; None where something does, and it may read none of it."""
    address = Address.parse(uri)
    try:
        places = resolve(address, objects.instances)
    except Unresolved:
        return (Serialised.of(uri, {}),)
    if client.rules.access != "open":
        places = tuple(p for p in places if client.objects.may(client.server, p.instance, InstanceRight.READ))
        if not places:
            return None
    found = []
    for place in places:
        data = data_of(objects.shown(place))
        named = data if isinstance(data, dict) else {place.path[-1]: data}
        found.append(Serialised.of(uri if address.is_plain else place.uri, named))
    return tuple(found)
