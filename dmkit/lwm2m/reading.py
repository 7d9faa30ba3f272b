"""What a client answers to those who read: values, lists of what is there, several places at once.  [lwm2m sheet §2]"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from dmkit.lwm2m.blocks import blocked, tag_of, whole_body
from dmkit.lwm2m.coap import Message
from dmkit.lwm2m.entries import Entry
from dmkit.lwm2m.formats import FORMATS, LINK_FORMAT, ContentFormat
from dmkit.lwm2m.links import ResourceLink, plain_number, write_links
from dmkit.lwm2m.path import Path
from dmkit.lwm2m.rights import AccessRight, Observation, RequestRefused
from dmkit.words.asked import asked
from dmkit.words.errors import CodecError

if TYPE_CHECKING:
    from dmkit.lwm2m.client import Client

__all__ = ["composite", "entries_of", "exists", "fetch", "format_of", "get", "need", "payload_of", "precondition",
           "readable"]  # fmt: skip


@asked
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
    payload = payload_of(me, path, row, server)
    client, observe = observed(me, request, server, Observation(server, request.token, path, told=payload, at=now))
    return client, blocked(me, request, payload, row.number, observe)


def observed(me: Client, request: Message, server: int, seen: Observation) -> tuple[Client, int | None]:
    """With an observation when Observe is 0, without the one of this token when it is 1.  [RFC 7641 §3]"""
    if request.observe not in (0, 1):
        return me, None
    kept = tuple(o for o in me.observations if (o.server, o.token) != (server, request.token))
    if request.observe == 1:
        return replace(me, observations=kept), None
    value = me.store.values.get(seen.path)
    number = float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    return replace(me, observations=(*kept, replace(seen, accept=request.uint("Accept"), value=number))), 0


@asked
def exists(me: Client, path: Path) -> None:
    """Refused 4.04 where nothing is."""
    definition = me.store.definitions.get(path.object) if path.object is not None else None
    if definition is None or (len(path) == 1 and not me.store.instances(definition.id)):
        raise RequestRefused("4.04")
    if len(path) > 1 and Path.of(path.ids[:2]) not in me.store.present:
        raise RequestRefused("4.04")
    if len(path) > 2 and me.store.resource(path) is None:
        raise RequestRefused("4.04")


@asked
def readable(me: Client, path: Path) -> None:
    """Refused 4.05 what may not be read, 4.04 what has no value."""
    if len(path) > 2:
        resource = me.store.resource(path)
        if resource is None or not resource.allows("R"):
            raise RequestRefused("4.05")
        if not me.store.holds(path):
            raise RequestRefused("4.04")


@asked
def precondition(me: Client, request: Message, path: Path, server: int) -> None:
    """Refused 4.12 where If-Match or If-None-Match does not hold; who may not read matches no tag.  [RFC 7252 §5.10]"""
    tags = request.all_of("If-Match")
    there = bool(len(path)) and me.store.holds(path)
    if request.all_of("If-None-Match") and there:
        raise RequestRefused("4.12")
    if tags and not (there and (b"" in tags or set(tags) & _tags(me, path, server))):
        raise RequestRefused("4.12")


def _tags(me: Client, path: Path, server: int) -> set[bytes]:
    """The tags that a reader may have been given of what is there."""
    found = set()
    for number in me.rules.formats:
        try:
            need(me, server, path, AccessRight.READ)
            readable(me, path)
            found.add(tag_of(payload_of(me, path, format_of(me, number, path), server), number))
        except RequestRefused:
            continue
    return found


@asked
def format_of(me: Client, accept: int | None, path: Path) -> ContentFormat:
    """The content format of an answer; Refused 4.06."""
    number = accept
    if number is None:
        leaf = me.store.resource(path) if len(path) >= 3 else None
        one = leaf is not None and (not leaf.multiple or len(path) == 4)
        number = 0 if one else me.rules.default_format
    row = FORMATS.get(number)
    if row is None or number not in me.rules.formats:
        raise RequestRefused("4.06")
    return row


@asked
def payload_of(me: Client, path: Path, row: ContentFormat, server: int) -> bytes:
    """What is at and below an address and may be read; of an object, the instances that ``server`` may read."""
    entries = [entry for entry in _entries(me, path) if len(path) > 1 or _may_read(me, entry.path, server)]
    try:
        return row.write(entries, path, me.store.type_of)
    except CodecError:
        raise RequestRefused("4.06") from None


def _entries(me: Client, path: Path) -> list[Entry]:
    return [
        Entry(at, value)
        for at, value in me.store.get(path).items()
        if (resource := me.store.resource(at)) is not None and resource.allows("R")
    ]


def _may_read(me: Client, path: Path, server: int) -> bool:
    return path.object != 0 and AccessRight.READ in me.rights(server, Path.of(path.ids[:2]))


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
    """The attributes that ``server`` has set at an address, as Discover shows them."""
    return tuple((name, plain_number(value)) for (who, at, name), value in me.attributes if (who, at) == (server, path))


@asked
def fetch(me: Client, request: Message, path: Path, server: int, now: float) -> tuple[Client, Message]:
    """Read-Composite and Observe-Composite: what may be read of what was asked, nothing where nothing may."""
    if len(path):
        raise RequestRefused("4.05")
    client, body, block = whole_body(me, request, path, server)
    if body is None:
        return client, request.response("2.31", block1=block)
    asked = tuple(entry.path for entry in entries_of(me, body, request, path, several=True))
    row = format_of(me, request.uint("Accept"), path)
    if not row.addressed:
        raise RequestRefused("4.06")
    payload = composite(me, asked, server, row)
    seen = Observation(server, request.token, path, told=payload, at=now, asked=asked)
    client, observe = observed(client, request, server, seen)
    return client, blocked(me, request, payload, row.number, observe)


@asked
def composite(me: Client, asked: Sequence[Path], server: int, row: ContentFormat) -> bytes:
    """What ``server`` may read at and below these addresses, each value once."""
    found = {entry.path: entry for at in asked for entry in _entries(me, at) if _may_read(me, entry.path, server)}
    return row.write(list(found.values()), Path(), me.store.type_of)


@asked
def need(me: Client, server: int, path: Path, right: AccessRight) -> None:
    """Refused 4.01 without a right on the instance; of an object, on one instance at least.  [basis: UNSURE]"""
    instances = [path] if len(path) > 1 else me.store.instances(path.object or 0)
    if not any(right in me.rights(server, Path.of(instance.ids[:2])) for instance in instances):
        raise RequestRefused("4.01")


@asked
def entries_of(me: Client, body: bytes, request: Message, path: Path, *, several: bool = False) -> tuple[Entry, ...]:
    """The entries of a body; Refused 4.15 for a format that is not understood, or that has room for one place only
    where ``several`` may be named."""
    number = request.format if request.format is not None else 0
    row = FORMATS.get(number)
    if row is None or number not in me.rules.formats or (several and not row.addressed):
        raise RequestRefused("4.15")
    return row.read(body, path, me.store.type_of)
