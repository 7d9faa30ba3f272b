"""What a client does with repositories: HGET fetches and installs, HPUT and HPOST send.  [dm20 sheet §6]"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dmkit.dm2.access import DAC, NotAllowed, delegate, numbered
from dmkit.dm2.address import Address, AddressTarget, Instance, Unresolved, resolve
from dmkit.dm2.commands import Command
from dmkit.dm2.documents import MOS, Serialised, Status, parse, read_mos, write_mos
from dmkit.dm2.doing import reach, serialised
from dmkit.dm2.exchange import HttpAnswer, HttpCall, callable_uri, takes
from dmkit.dm2.objects import InstanceRight, NotDone, Objects, node_of, validator
from dmkit.tree.node import Node
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError

if TYPE_CHECKING:
    from dmkit.dm2.client import Client, ClientStep

__all__ = ["ask", "came", "taken"]


@asked
def ask(me: Client, command: Command) -> tuple[Client, HttpCall | None]:
    """The call that HGET, HPUT or HPOST makes; None when the command is refused before, and is done."""
    uri = command.server_uri.replace("[DevID]", me.device_id)
    if not callable_uri(uri):
        return me.finished(Status(400), f"{command}: 400, no address of HTTP"), None
    if command.name == "HGET":
        if len(command.parameters) == 2:
            wrong = writable(me, command.parameters[1])
            if wrong:
                return me.finished(Status(wrong), f"{command}: {wrong}"), None
        return me, HttpCall("GET", uri, (("accept", MOS),))
    mos: list[Serialised] = []
    for client_uri in command.client_uris:
        places = reach(me, client_uri, InstanceRight.READ)
        if isinstance(places, int):
            return me.finished(Status(places), f"{command}: {places}"), None
        try:
            mos += [serialised(me, p, client_uri, validator(p.instance)) for p in places]
        except NotDone as error:
            return me.finished(Status(error.sc), f"{command}: {error}; {error.sc}"), None
    return me, HttpCall(command.name[1:], uri, (("content-type", MOS),), write_mos(mos))


def writable(me: Client, uri: str) -> int:
    """The status that forbids to write at ``uri``; 0 when nothing does."""
    try:
        address = Address.parse(uri)
    except CodecError:
        return 400
    if not address.is_plain or me.rules.access == "open":
        return 0
    targets = [i for i in me.objects.of_object(address.moid) if address.instance in ("", i.miid)]
    return 403 if any(not me.objects.may(me.server, i, InstanceRight.WRITE) for i in targets) else 0


@asked
def came(me: Client, answer: HttpAnswer) -> ClientStep:
    """What the repository answered becomes data on the device, and a status; then the client goes on."""
    client, status, event = taken(replace(me, phase="asked"), answer)
    return client.finished(status, event).go_on()


@asked
def taken(me: Client, answer: HttpAnswer) -> tuple[Client, Status, str]:
    """The client with what came for its first command, the status of that command, and a sentence."""
    command = me.todo[0]
    if not 200 <= answer.status < 300:
        sc = answer.status if answer.status in (404, 406, 415, 503) else 500
        if sc == 415 and not takes(answer.header("omadm-accept"), MOS):
            sc = 406  # it says which types it takes, and none is one that a client of ours can write [dm20 sheet §2]
        return me, Status(sc), f"{command}: the repository says {answer.status}, {sc}"
    if command.name != "HGET":
        return me, Status(200), f"{command}: 200"
    try:
        document = parse(answer.body)
        mos, noted = read_mos(answer.body, strict=me.rules.strict and isinstance(document, list))
        client, uris = install(me, command, mos)
    except CodecError as error:
        return me, Status(400), f"{command}: {error}; 400"
    except NotDone as error:
        return me, Status(error.sc), f"{command}: {error}; {error.sc}"
    except NotAllowed as error:
        return me, Status(403), f"{command}: {error}; 403"
    except Unresolved as error:
        return me, Status(404), f"{command}: {error}; 404"
    events = tuple(f"deviation: {sentence}" for sentence in noted)
    return replace(client, notes=(*client.notes, *events)), Status(200, uris), f"{command}: 200"


def install(me: Client, command: Command, mos: tuple[Serialised, ...]) -> tuple[Client, tuple[str, ...]]:
    """Add or replace what came; the addresses, where the client chose them.  All of it or nothing."""
    asked = command.parameters[1] if len(command.parameters) == 2 else ""
    objects, uris = me.objects, []
    for mo in mos:
        uri = asked if asked and (len(mos) == 1 or not mo.client_uri) else mo.client_uri
        if not uri:
            raise CodecError("neither the command nor the data say where they belong")
        address = Address.parse(uri)
        data: object = mo.nodes
        if address.path and isinstance(data, dict) and set(data) == {address.path[-1]}:
            data = data[address.path[-1]]
        if address.moid == DAC and not address.path and isinstance(data, dict) and "MOID" in data:
            objects = delegate(objects, me.server, data)
            about = (data["MOID"], data["MIID"])
            where = next(n for n, entry in numbered(objects, me.server) if (entry["MOID"], entry["MIID"]) == about)
            uris += [] if asked else [str(Address(DAC, where))]
            continue
        if not me.touches(address.moid):
            raise NotAllowed(f"the account of {me.server} does not list {address.moid}")
        own = objects.of_object(address.moid)
        fitting = [i for i in own if i.miid == address.instance] if address.instance else list(own[:1])
        if len(own) > 1 and not address.instance:
            raise Unresolved(
                "several instances", f"{many(len(own), 'instance')} of {address.moid}; the address names none"
            )
        if not address.is_plain:
            for place in resolve(address, objects.instances):
                _need(me, objects, place.instance)
                objects = objects.put(_now(objects, place), node_of(data, place.node))
            continue
        if not fitting:
            node = node_of(_wrapped(address.path, data))
            objects, made = objects.add(address.moid, node, me.server, address.instance)
            if not asked or not address.instance:
                uris.append(str(Address(address.moid, made.miid, address.path)))
            continue
        place = AddressTarget(fitting[0], address.path)
        _need(me, objects, place.instance)
        old = _below(fitting[0].root, address.path)
        objects = objects.put(place, node_of(data, old))
        if not asked:
            uris.append(place.uri)
    return replace(me, objects=objects), tuple(uris)


def _need(me: Client, objects: Objects, instance: Instance) -> None:
    """NotAllowed where the server may not write; data that came name places that the command did not."""
    if me.rules.access == "per instance" and not objects.may(me.server, instance, InstanceRight.WRITE):
        raise NotAllowed(f"{me.server} may not write {instance.moid}/{instance.miid}")


def _now(objects: Objects, place: AddressTarget) -> AddressTarget:
    """The same place in the instance as it is after what was put before."""
    key = (place.instance.moid, place.instance.miid)
    return AddressTarget(next(i for i in objects.instances if (i.moid, i.miid) == key), place.path)


def _wrapped(path: tuple[str, ...], data: object) -> object:
    for name in reversed(path):
        data = {name: data}
    return data


def _below(node: Node, path: tuple[str, ...]) -> Node | None:
    """The node at ``path`` below ``node``; None where nothing stands."""
    below: Node | None = node
    for name in path:
        below = below.children.get(name) if below is not None else None
    return below
