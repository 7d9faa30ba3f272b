"""What a client does for those who write: values, blocks of them, instances, execution, periods.  [lwm2m sheet §2]"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from dmkit.lwm2m import bootstrapping
from dmkit.lwm2m.blocks import whole_body
from dmkit.lwm2m.coap import Message
from dmkit.lwm2m.entries import Entry
from dmkit.lwm2m.formats import TLV
from dmkit.lwm2m.observing import write_attributes
from dmkit.lwm2m.owners import forgotten
from dmkit.lwm2m.path import Path
from dmkit.lwm2m.reading import entries_of, exists, need
from dmkit.lwm2m.rights import BOOTSTRAP, AccessRight, RequestRefused
from dmkit.lwm2m.store import Store
from dmkit.lwm2m.tlv import RecordKind
from dmkit.lwm2m.values import Value
from dmkit.words.asked import asked

if TYPE_CHECKING:
    from dmkit.lwm2m.client import Client

__all__ = ["delete", "ipatch", "post", "put"]


@asked
def put(me: Client, request: Message, path: Path, server: int, now: float) -> tuple[Client, Message]:
    """Write that replaces, Write-Attributes; of a bootstrap server anything."""
    if request.queries and not request.payload:
        return write_attributes(me, request, path, server)
    if server == BOOTSTRAP:
        return bootstrapping.write(me, request, path)
    return write(me, request, path, server, replacing=True)


@asked
def post(me: Client, request: Message, path: Path, server: int, now: float) -> tuple[Client, Message]:
    """POST means Create, partial update or Execute, by the depth of the address.  [lwm2m sheet §2]"""
    if len(path) == 1:
        return create(me, request, path, server)
    if len(path) == 2:
        return write(me, request, path, server, replacing=False)
    if len(path) == 3:
        resource = me.store.resource(path)
        if resource is not None and resource.allows("E"):
            return execute(me, request, path, server)
        if resource is not None and resource.multiple:
            return write(me, request, path, server, replacing=False)
    exists(me, path)
    raise RequestRefused("4.05")


def write(me: Client, request: Message, path: Path, server: int, *, replacing: bool) -> tuple[Client, Message]:
    if len(path) < 2:
        raise RequestRefused("4.05")
    exists(me, path)
    need(me, server, path, AccessRight.WRITE)
    client, body, block = whole_body(me, request, path, server)
    if body is None:
        return client, request.response("2.31", block1=block)
    entries = values_of(client, body, request, path)
    store = client.store
    for entry in entries:
        resource = store.resource(entry.path)
        if resource is None:
            raise RequestRefused("4.04")
        if not resource.allows("W"):
            raise RequestRefused("4.05")
    if replacing:
        writable = [at for at in store.get(path) if (r := store.resource(at)) is not None and r.allows("W")]
        kept = {entry.path for entry in entries}
        for at in writable:
            if at not in kept:
                store = store.delete(at) if len(at) == 4 or len(path) == 2 else store
    client, code = applied(client, store, entries, server)
    return client, request.response(code, block1=block)


def values_of(me: Client, body: bytes, request: Message, path: Path, *, several: bool = False) -> tuple[Entry, ...]:
    """The entries of a body that writes; Refused 4.00 where one has no value."""
    entries = entries_of(me, body, request, path, several=several)
    if any(entry.value is None for entry in entries):
        raise RequestRefused("4.00")
    return entries


def applied(me: Client, store: Store, entries: Sequence[Entry], server: int) -> tuple[Client, str]:
    """Write the values, then let those that have a behaviour act."""
    pairs: list[tuple[Path, Value]] = [(e.path, e.value) for e in entries if e.value is not None]
    store, code = store.put_all(pairs), "2.04"
    for path, value in pairs:
        act = (me.behaviours or {}).get((path.ids[0], path.ids[2]))
        if act is not None:
            store, other = act(store, path, value if isinstance(value, str) else "")
            code = other or code
    return replace(me, store=store), code


def execute(me: Client, request: Message, path: Path, server: int) -> tuple[Client, Message]:
    exists(me, path)
    need(me, server, path, AccessRight.EXECUTE)
    if request.format not in (None, 0):
        raise RequestRefused("4.15")
    me, body, block = whole_body(me, request, path, server)
    if body is None:
        return me, request.response("2.31", block1=block)
    act = (me.behaviours or {}).get((path.ids[0], path.ids[2]))
    if act is None:
        return me, request.response("2.04", block1=block)
    store, code = act(me.store, path, body.decode("utf-8", "replace"))
    return replace(me, store=store), request.response(code or "2.04", block1=block)


def create(me: Client, request: Message, path: Path, server: int) -> tuple[Client, Message]:
    definition = me.store.definitions.get(path.ids[0])
    if definition is None:
        raise RequestRefused("4.04")
    taken = {instance.ids[1] for instance in me.store.instances(definition.id)}
    if not definition.multiple and taken:
        raise RequestRefused("4.05")
    if not may_create(me, server, definition.id):
        raise RequestRefused("4.01")
    me, body, block = whole_body(me, request, path, server)
    if body is None:
        return me, request.response("2.31", block1=block)
    free = next(number for number in range(len(taken) + 1) if number not in taken)
    bare = request.format == TLV and body and body[0] >> 6 != RecordKind.INSTANCE  # resources of the one to be made
    entries = values_of(me, body, request, path / free if bare else path) if body else ()
    named = {entry.path.ids[1] for entry in entries if len(entry.path) > 1}
    if len(named) > 1 or named & taken:
        raise RequestRefused("4.00")
    instance = path / next(iter(named), free)
    store = me.store.create(instance)
    client, _ = applied(replace(me, store=store), store, entries, server)
    return owned(client, instance, server), request.response("2.01", location=str(instance), block1=block)


def may_create(me: Client, server: int, object_id: int) -> bool:
    """The right to create is of the object: an access control instance for it with instance 65535.

    Without access control, whoever is alone may do as ``LwM2mRules.alone`` says, and nobody else anything.
    """
    if server == BOOTSTRAP or not me.store.instances(2):
        return AccessRight.CREATE in me.rights(server, Path(object_id, 0))
    for control in me.store.instances(2):
        if (me.store.values.get(control / 0), me.store.values.get(control / 1)) == (object_id, 65535):
            own = me.store.values.get(control / 2 / server, me.store.values.get(control / 2 / 0, 0))
            return isinstance(own, int) and AccessRight.CREATE in AccessRight(own & 31)
    return False


def owned(me: Client, instance: Path, server: int) -> Client:
    """With an access control instance for what a server has made, where there are several servers."""
    if server == BOOTSTRAP or 2 not in me.store.definitions or len(me.servers()) < 2 or instance.object == 2:
        return me
    taken = {control.ids[1] for control in me.store.instances(2)}
    control = Path(2, next(number for number in range(len(taken) + 1) if number not in taken))
    given: list[tuple[Path, Value]] = [
        (control / 0, instance.ids[0]),
        (control / 1, instance.ids[1]),
        (control / 2 / server, 15),
        (control / 3, server),
    ]
    return replace(me, store=me.store.put_all(given))


@asked
def delete(me: Client, request: Message, path: Path, server: int, now: float) -> tuple[Client, Message]:
    """Delete an instance; of a bootstrap server anything."""
    if server == BOOTSTRAP:
        return bootstrapping.delete(me, request, path)
    if len(path) != 2 or path.object == 3:
        raise RequestRefused("4.05")
    exists(me, path)
    need(me, server, path, AccessRight.DELETE)
    store = me.store.delete(path)
    for control in store.instances(2):
        if (store.values.get(control / 0), store.values.get(control / 1)) == path.ids:
            store = store.delete(control)
    return forgotten(replace(me, store=store), (path,)), request.response("2.02")


@asked
def ipatch(me: Client, request: Message, path: Path, server: int, now: float) -> tuple[Client, Message]:
    """Write-Composite: all or nothing."""
    if len(path):
        raise RequestRefused("4.05")
    me, body, block = whole_body(me, request, path, server)
    if body is None:
        return me, request.response("2.31", block1=block)
    entries = values_of(me, body, request, path, several=True)
    for entry in entries:
        if entry.path.object == 0:
            raise RequestRefused("4.01")
        exists(me, entry.path)
        need(me, server, entry.path, AccessRight.WRITE)
        resource = me.store.resource(entry.path)
        if resource is None or not resource.allows("W"):
            raise RequestRefused("4.05")
    client, code = applied(me, me.store, entries, server)
    return client, request.response(code, block1=block)
