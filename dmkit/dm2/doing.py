"""What a client does within the device: read, delete, execute, show, and remember.  [dm20 sheet §6]"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dmkit.dm2.access import DAC, SESSION, numbered
from dmkit.dm2.address import Address, AddressTarget, Instance, Unresolved, resolve
from dmkit.dm2.commands import Command
from dmkit.dm2.exchange import callable_uri
from dmkit.dm2.objects import InstanceRight, NotDone, data_of, node_of, validator
from dmkit.dm2.packages import Serialised, Status
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError

if TYPE_CHECKING:
    from dmkit.dm2.client import Client

__all__ = ["DO", "reach", "seen", "serialised"]


@asked
def reach(me: Client, uri: str, right: InstanceRight) -> tuple[AddressTarget, ...] | int:
    """Where an address leads, or the status that says why nowhere."""
    try:
        places = resolve(Address.parse(uri), seen(me))
    except CodecError:
        return 400
    except Unresolved as error:
        return 404 if error.why in ("no instance", "no node", "no match") else 400
    for place in places:
        if place.instance.moid in (DAC, SESSION):
            if right is not InstanceRight.READ:
                return 405
        elif not me.touches(place.instance.moid) or not _allowed(me, place.instance, right):
            return 403
    return places


def _allowed(me: Client, instance: Instance, right: InstanceRight) -> bool:
    return me.rules.access == "open" or me.objects.may(me.server, instance, right)


@asked
def seen(me: Client) -> tuple[Instance, ...]:
    """The instances, and two more objects that the client makes itself: who may, for the server that asks, and the
    session.  [dm20 sheet §8]"""
    own = [Instance(DAC, name, node_of(data)) for name, data in numbered(me.objects, me.server)]
    session = [Instance(SESSION, "1", node_of(dict(me.session)))] if me.session else []
    return (*me.objects.instances, *own, *session)


def one(me: Client, statuses: list[int]) -> int:
    """One status for several nodes."""
    bad = [sc for sc in statuses if sc >= 400]
    if me.rules.several == "first" or not statuses:
        return statuses[0] if statuses else 200
    if me.rules.several == "any good":
        return next((sc for sc in statuses if sc < 400), statuses[0])
    return max(bad) if bad else statuses[0]


def get(me: Client, command: Command) -> Client:
    found: list[Serialised] = []
    statuses: list[int] = []
    for uri in command.parameters:
        places = reach(me, uri, InstanceRight.READ)
        if isinstance(places, int):
            statuses.append(places)
            continue
        held = Address.parse(uri).cv
        for place in places:
            current = validator(place.instance)
            if held == current:
                statuses.append(304)
                continue
            try:
                found.append(serialised(me, place, uri, current))
                statuses.append(200)
            except NotDone as error:
                statuses.append(error.sc)
    sc = one(me, [s for s in statuses if s != 304] or statuses)
    return me.finished(Status(sc, mos=tuple(found)), f"{command}: {sc}")


def delete(me: Client, command: Command) -> Client:
    objects, statuses = me.objects, []
    for uri in command.parameters:
        places = reach(replace(me, objects=objects), uri, InstanceRight.WRITE)
        if isinstance(places, int):
            missing = places == 404 and me.rules.missing_on_delete == "200"
            statuses.append(200 if missing else places)
            continue
        for place in places:
            current = next(
                i for i in objects.instances if (i.moid, i.miid) == (place.instance.moid, place.instance.miid)
            )
            try:
                objects = objects.delete(AddressTarget(current, place.path))
                statuses.append(200)
            except NotDone as error:
                statuses.append(error.sc)
    sc = one(me, statuses)
    return replace(me, objects=objects).finished(Status(sc), f"{command}: {sc}")


def execute(me: Client, command: Command) -> Client:
    places = reach(me, command.parameters[0], InstanceRight.EXECUTE)
    if isinstance(places, int):
        return me.finished(Status(places), f"{command}: {places}")
    if len(places) > 1:
        return me.finished(Status(400), f"{command}: 400, {many(len(places), 'node')}")
    later_to = command.parameters[1] if len(command.parameters) > 1 else ""
    made = me.execute(me.objects, places[0], later_to or (me.uri if me.rules.exec_alone == "later" else ""))
    client = replace(me, objects=made.objects, later=(*me.later, *made.later))
    return client.finished(Status(made.sc), f"{command}: {made.sc}")


def show(me: Client, command: Command) -> Client:
    client = replace(me, shown=(*me.shown, command.parameters[0]))
    return client.finished(Status(200), f"{command}: 200")


def cont(me: Client, command: Command) -> Client:
    if not callable_uri(command.server_uri):
        return me.finished(Status(400), f"{command}: 400, no address of HTTP")
    client = replace(me, target=command.parameters[0])
    return client.finished(Status(200), f"{command}: 200, answers go there")


def default(me: Client, command: Command) -> Client:
    uri, moid = command.parameters
    if not callable_uri(uri):
        return me.finished(None, f"{command}: not remembered, no address of HTTP")
    kept = dict(me.defaults) | {moid: uri}
    return replace(me, defaults=tuple(kept.items())).finished(None, f"{command}: remembered")


def sub(me: Client, command: Command) -> Client:
    uri, client_uri = command.parameters
    if not callable_uri(uri):
        return me.finished(Status(400), f"{command}: 400, no address of HTTP")
    places = reach(me, client_uri, InstanceRight.READ)
    if isinstance(places, int):
        return me.finished(Status(places), f"{command}: {places}")
    kept = dict(me.subscriptions) | {client_uri: uri}
    return replace(me, subscriptions=tuple(kept.items())).finished(Status(200), f"{command}: 200")


def unsub(me: Client, command: Command) -> Client:
    kept = dict(me.subscriptions)
    found = kept.pop(command.parameters[0], None)
    sc = 404 if found is None else 200
    return replace(me, subscriptions=tuple(kept.items())).finished(Status(sc), f"{command}: {sc}")


@asked
def serialised(me: Client, place: AddressTarget, uri: str, current: str) -> Serialised:
    """The data at ``place`` under the address that was asked for, or where that has wildcards or x-names its own; the
    validator only with the root.  [dm20 sheet §8]"""
    data = data_of(me.objects.shown(place))
    if not isinstance(data, Mapping):
        data = {place.path[-1]: data}
    asked = Address.parse(uri)
    clean = str(replace(asked, cv=None)) if asked.is_plain else place.uri
    return Serialised.of(clean, data, cv="" if place.path else current)


DO: Final[Mapping[str, Callable[[Client, Command], Client]]] = {
    "GET": get,
    "DELETE": delete,
    "EXEC": execute,
    "SHOW": show,
    "CONT": cont,
    "DEFAULT": default,
    "SUB": sub,
    "UNSUB": unsub,
}
"""Command -> what the client does; HGET, HPUT and HPOST call a repository, END ends."""
