"""What a client answers to those who read: values, lists of what is there, several places at once.  [lwm2m sheet §2]"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dmkit.lwm2m.coap import Block, Message
from dmkit.lwm2m.entries import Entry
from dmkit.lwm2m.formats import FORMATS, LINK_FORMAT, ContentFormat
from dmkit.lwm2m.links import ResourceLink, write_links
from dmkit.lwm2m.path import Path
from dmkit.lwm2m.rights import AccessRight, Observation, RequestRefused
from dmkit.words.errors import CodecError

if TYPE_CHECKING:
    from dmkit.lwm2m.client import Client

__all__ = ["exists", "fetch", "format_of", "get", "need", "payload_of"]


def get(me: Client, request: Message, path: Path, server: int, now: float) -> tuple[Client, Message]:
    """Read, Discover, Observe."""
    if request.uint("Accept") == LINK_FORMAT:
        return me, discover(me, request, path, server)
    if not len(path):
        raise RequestRefused("4.05")
    exists(me, path)
    need(me, server, path, AccessRight.READ)
    readable(me, path)
    row = format_of(me, request.uint("Accept"), path)
    payload = payload_of(me, path, row)
    client, observe = me, None
    if request.observe == 0:
        seen = Observation(server, request.token, path, request.uint("Accept"), 0, payload, now)
        kept = tuple(o for o in me.observations if (o.server, o.token) != (server, request.token))
        client, observe = replace(me, observations=(*kept, seen)), 0
    elif request.observe == 1:
        kept = tuple(o for o in me.observations if (o.server, o.path) != (server, path))
        client = replace(me, observations=kept)
    return client, blocked(me, request, payload, row.number, observe)


def blocked(me: Client, request: Message, payload: bytes, number: int, observe: int | None = None) -> Message:
    """The payload, or the block of it that was asked for.  [RFC 7959]"""
    wanted = request.all_of("Block2")
    size: int = me.rules.block
    at = 0
    if wanted:
        block = Block.of(wanted[0])
        size, at = min(block.size, size), block.number * block.size
    if len(payload) <= size and not at:
        return request.response("2.05", payload, format=number, observe=observe)
    if at >= len(payload):
        raise RequestRefused("4.00")
    piece = payload[at : at + size]
    block2 = Block(at // size, at + size < len(payload), size)
    return request.response("2.05", piece, format=number, observe=observe, block2=block2)


def exists(me: Client, path: Path) -> None:
    """Refused 4.04 where nothing is."""
    definition = me.store.definitions.get(path.object) if path.object is not None else None
    if definition is None or (len(path) == 1 and not me.store.instances(definition.id)):
        raise RequestRefused("4.04")
    if len(path) > 1 and Path.of(path.ids[:2]) not in me.store.present:
        raise RequestRefused("4.04")
    if len(path) > 2 and me.store.resource(path) is None:
        raise RequestRefused("4.04")


def readable(me: Client, path: Path) -> None:
    if len(path) > 2:
        resource = me.store.resource(path)
        if resource is None or not resource.allows("R"):
            raise RequestRefused("4.05")
        if not me.store.holds(path):
            raise RequestRefused("4.04")


def format_of(me: Client, accept: int | None, path: Path) -> ContentFormat:
    """The content format of an answer; Refused 4.06."""
    number = accept
    if number is None:
        leaf = me.store.resource(path) if len(path) >= 3 else None
        number = 0 if leaf is not None and not leaf.multiple else me.rules.default_format
    row = FORMATS.get(number)
    if row is None or number not in me.rules.formats:
        raise RequestRefused("4.06")
    return row


def payload_of(me: Client, path: Path, row: ContentFormat) -> bytes:
    """What is at and below an address and may be read."""
    entries = [
        Entry(at, value)
        for at, value in me.store.get(path).items()
        if (resource := me.store.resource(at)) is not None and resource.allows("R")
    ]
    try:
        return row.write(entries, path, me.store.type_of)
    except CodecError:
        raise RequestRefused("4.06") from None


def discover(me: Client, request: Message, path: Path, server: int) -> Message:
    """What is there, without values: everybody may ask, of everything but object 0."""
    if len(path) not in (1, 2, 3):
        raise RequestRefused("4.05")
    exists(me, path)
    links = [ResourceLink(str(path), attributes_of(me, path, server))]
    if len(path) == 1:
        definition = me.store.definitions[path.ids[0]]
        version = () if definition.version == "1.0" else (("ver", definition.version),)
        links = [ResourceLink(str(path), (*version, *attributes_of(me, path, server)))]
    for instance in me.store.instances(path.ids[0]) if len(path) == 1 else ([path] if len(path) == 2 else []):
        if len(path) == 1:
            links.append(ResourceLink(str(instance), attributes_of(me, instance, server)))
        resources = me.store.definitions[path.ids[0]].resources
        held = {at.resource for at in me.store.get(instance)}
        links += [
            ResourceLink(str(instance / r.id), attributes_of(me, instance / r.id, server))
            for r in resources.values()
            if r.id in held or r.operations == "E"
        ]
    payload = write_links(links).encode()
    return blocked(me, request, payload, LINK_FORMAT)


def attributes_of(me: Client, path: Path, server: int) -> tuple[tuple[str, str], ...]:
    return tuple((name, f"{value:g}") for (who, at, name), value in me.attributes if (who, at) == (server, path))


def fetch(me: Client, request: Message, path: Path, server: int, now: float) -> tuple[Client, Message]:
    """Read-Composite: what may be read of what was asked."""
    if len(path):
        raise RequestRefused("4.05")
    asked = entries_of(me, request.payload, request, path)
    row = format_of(me, request.uint("Accept"), path)
    if row.single or row.number == 11542:
        raise RequestRefused("4.06")
    found: list[Entry] = []
    for entry in asked:
        instances = [entry.path] if len(entry.path) > 1 else me.store.instances(entry.path.object or 0)
        for at in instances:
            if at.object == 0 or AccessRight.READ not in me.rights(server, Path.of(at.ids[:2])):
                continue
            found += [
                Entry(leaf, value)
                for leaf, value in me.store.get(at).items()
                if (resource := me.store.resource(leaf)) is not None and resource.allows("R")
            ]
    return me, blocked(me, request, row.write(found, path, me.store.type_of), row.number)


def need(me: Client, server: int, path: Path, right: AccessRight) -> None:
    """Refused 4.01 without a right on the instances."""
    for instance in [path] if len(path) > 1 else me.store.instances(path.object or 0):
        if right not in me.rights(server, Path.of(instance.ids[:2])):
            raise RequestRefused("4.01")


def entries_of(me: Client, body: bytes, request: Message, path: Path) -> tuple[Entry, ...]:
    number = request.format if request.format is not None else 0
    row = FORMATS.get(number)
    if row is None or number not in me.rules.formats:
        raise RequestRefused("4.15")
    return row.read(body, path, me.store.type_of)
