"""What a bootstrap server may do, while it was asked to: write and delete anything, and say that it has finished.

Its own account and the device object stay, whatever is deleted (V: clients in the open keep them too).  It has finished
well when there is an account to register with; without one the client answers 4.06 and goes on waiting (V).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dmkit.lwm2m.blocks import whole_body
from dmkit.lwm2m.coap import Message
from dmkit.lwm2m.owners import forgotten, settle
from dmkit.lwm2m.path import Path
from dmkit.lwm2m.reading import entries_of
from dmkit.lwm2m.rights import BOOTSTRAP, RequestRefused
from dmkit.words.asked import asked

if TYPE_CHECKING:
    from dmkit.lwm2m.client import Client

__all__ = ["delete", "finish", "write"]


def _asked_for(me: Client) -> None:
    """Refused 4.01 when nobody asked for a bootstrap."""
    if not me.bootstrapping:
        raise RequestRefused("4.01")


@asked
def write(me: Client, request: Message, path: Path) -> tuple[Client, Message]:
    """Bootstrap-Write: an instance anew, or values of one, as they come."""
    _asked_for(me)
    if not len(path):
        raise RequestRefused("4.05")
    if path.object not in me.store.definitions:
        raise RequestRefused("4.04")
    me, body, block = whole_body(me, request, path, BOOTSTRAP)
    if body is None:
        return me, request.response("2.31", block1=block)
    entries = entries_of(me, body, request, path)
    store = me.store.delete(path) if len(path) == 2 else me.store
    store = store.create(Path.of(path.ids[:2])) if len(path) >= 2 else store
    store = store.put_all([(entry.path, entry.value) for entry in entries if entry.value is not None])
    return replace(me, store=store), request.response("2.04", block1=block)


@asked
def delete(me: Client, request: Message, path: Path) -> tuple[Client, Message]:
    """Bootstrap-Delete: an instance, an object, or with ``/`` all that may go."""
    _asked_for(me)
    if len(path) > 2:
        raise RequestRefused("4.05")
    kept = {at for at in me.store.present if at.object == 3 or (at.object == 0 and me.store.values.get(at / 1) is True)}
    if path in kept or path == Path(3):
        raise RequestRefused("4.05")
    gone = tuple(at for at in sorted(me.store.present) if path.covers(at) and at not in kept)
    store = me.store
    for at in gone:
        store = store.delete(at)
    return forgotten(replace(me, store=store), gone), request.response("2.02")


@asked
def finish(me: Client, request: Message) -> tuple[Client, Message]:
    """Bootstrap-Finish: instances of owners who are gone are settled, and what gone servers had is forgotten."""
    _asked_for(me)
    servers = me.servers()
    if not servers:
        raise RequestRefused("4.06")
    return (
        replace(
            me,
            bootstrapping=False,
            store=settle(me.store, servers, me.rules.owner_gone),
            locations=tuple(pair for pair in me.locations if pair[0] in servers),
            observations=tuple(seen for seen in me.observations if seen.server in servers),
            attributes=tuple(row for row in me.attributes if row[0][0] in servers),
        ),
        request.response("2.04"),
    )
