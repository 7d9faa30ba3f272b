"""The client of DM 2.0: calls out, answers in.  An engine without socket, clock or dice.

Its state is one frozen value: ``start`` and ``receive`` give a new one, and what to call next.  A call goes to the
server, or in the middle of a package to a repository, when HGET, HPUT or HPOST want it.  [dm20 sheet §2, §6]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from dmkit.dm2.access import DAC, NotAllowed, delegate
from dmkit.dm2.address import Address, Place, Unresolved, resolve
from dmkit.dm2.commands import COMMANDS, Command
from dmkit.dm2.documents import (
    INITIATION,
    MOS,
    REQUEST,
    RESPONSE,
    GenericAlert,
    Initiation,
    Instances,
    Request,
    Response,
    Serialised,
    Status,
    parse,
    read,
    read_mos,
    write,
    write_mos,
)
from dmkit.dm2.exchange import Answer, Call
from dmkit.dm2.objects import Objects, Right, data_of, node_of, validator
from dmkit.dm2.rules import DEFAULT, Dm2Rules
from dmkit.tree.node import Node
from dmkit.words.errors import CodecError

__all__ = ["AT", "Client", "ClientStep", "Executed", "Executor"]

AT: Final = "urn:oma:at:dm:2.0:"

Executor: TypeAlias = Callable[[Objects, Place, str], "Executed"]
"""What EXEC does: objects, the place, the ServerURI for a later report -> objects, status, alerts for later."""


@dataclass(frozen=True, slots=True)
class Executed:
    """What became of an EXEC: the objects after it, its status, and alerts that are to be sent in a later session."""

    objects: Objects
    sc: int = 200
    later: tuple[tuple[str, GenericAlert], ...] = ()


def nothing_to_execute(objects: Objects, place: Place, server_uri: str) -> Executed:
    """The executor of a device on which nothing can be executed."""
    return Executed(objects, 405)


@dataclass(frozen=True, slots=True)
class ClientStep:
    """``call`` is what to call next, None at the end; ``events`` are sentences of what happened, in order."""

    client: Client
    call: Call | None
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Client:
    """A client, in a session or not.

    ``server`` is the identifier of the server, ``uri`` the address of its account, ``target`` where package 3 goes
    (CONT changes it).  ``defaults`` maps a MOID to where its configuration is fetched, ``subscriptions`` a ClientURI
    to where changes go.  ``later`` are alerts for a later session, with the address that wants them.
    """

    device_id: str
    objects: Objects
    server: str = "server"
    uri: str = "https://dm.example.com/dm"
    rules: Dm2Rules = DEFAULT
    execute: Executor = nothing_to_execute
    target: str = ""
    phase: str = "idle"
    todo: tuple[Command, ...] = ()
    done: tuple[Status, ...] = ()
    ends: bool = False
    sent: int = 0
    counted: int = 0
    alerts: tuple[GenericAlert, ...] = ()
    defaults: tuple[tuple[str, str], ...] = ()
    subscriptions: tuple[tuple[str, str], ...] = ()
    shown: tuple[str, ...] = ()
    later: tuple[tuple[str, GenericAlert], ...] = ()
    _events: tuple[str, ...] = field(default=(), repr=False)

    # -- beginning

    def start(
        self, *, notification: int | None = None, mos: bool = False, alerts: tuple[GenericAlert, ...] = ()
    ) -> ClientStep:
        """Package 1: an alert that says who began, with ``mos`` a list of the objects, then ``alerts``."""
        if notification is None:
            first = GenericAlert(AT + "ClientInitiatedMgmt")
        elif self.rules.notification_member == "SourceURI":
            first = GenericAlert(AT + "ServerInitiatedMgmt", source=str(notification))
        else:
            first = GenericAlert(AT + "ServerInitiatedMgmt", data=f'{{"NotificationID":{notification}}}')
        document = Initiation(self._mos() if mos else (), (first, *alerts))
        client = replace(self, phase="asked", target=self.uri, todo=(), done=(), ends=False, sent=1, counted=0)
        return ClientStep(client, client._call(document, INITIATION), (f"package 1: {first.type.removeprefix(AT)}",))

    def _mos(self) -> tuple[Instances, ...]:
        """Every MOID; an instance only where the server has rights on it.  [dm20 sheet §4]"""
        found: dict[str, tuple[str, ...]] = {}
        for instance in self.objects.instances:
            seen = self.rules.access == "open" or any(self.objects.may(self.server, instance, right) for right in Right)
            found[instance.moid] = (*found.get(instance.moid, ()), *((instance.miid,) if seen else ()))
        return tuple(Instances(moid, miids) for moid, miids in found.items())

    def _call(self, document: Initiation | Response, media_type: str) -> Call:
        headers = (("content-type", media_type), ("accept", REQUEST), ("omadm-devid", self.device_id))
        return Call("POST", self.target, headers, write(document))

    # -- going on

    def receive(self, answer: Answer) -> ClientStep:
        """What the last call was answered: package 2, or the answer of a repository."""
        if self.phase == "asked":
            return self._package_2(answer)
        if self.phase == "repository":
            return self._from_repository(answer)
        return ClientStep(self, None, ("an answer to nothing",))

    def _over(self, event: str) -> ClientStep:
        client = replace(self, phase="idle", todo=(), done=(), alerts=(), _events=())
        return ClientStep(client, None, (*self._events, event))

    def _package_2(self, answer: Answer) -> ClientStep:
        if answer.status != 200:
            return self._over(f"HTTP {answer.status}: the session ends, and is not tried again")
        try:
            media_type = answer.header("content-type")
            if media_type.partition(";")[0].strip().lower() != REQUEST:
                raise CodecError(f"media type {media_type[:80]!r}; {REQUEST} is right")
            document = read(answer.body, media_type, strict=self.rules.strict)
        except CodecError as error:
            return self._over(f"no package 2: {error}; the session ends")
        assert isinstance(document, Request)
        if self.counted + len(document.commands) > self.rules.commands:
            return self._over(f"more than {self.rules.commands} commands; the session ends")
        ends = any(command.name == "END" for command in document.commands)
        todo = tuple(command for command in document.commands if command.name != "END")
        client = replace(
            self, todo=todo, done=(), ends=ends, counted=self.counted + len(document.commands),
            _events=tuple(f"deviation: {sentence}" for sentence in document.deviations),
        )  # fmt: skip
        return client._go_on()

    def _go_on(self) -> ClientStep:
        """Commands in order, until one has to call a repository, or all are done."""
        client = self
        while client.todo:
            command = client.todo[0]
            failed = client.rules.after_failure == "stop" and any(status.sc >= 400 for status in client.done)
            if failed:
                client = client._finished(Status(215), f"{command}: not executed, 215")
                continue
            wrong = command.wrong
            if command.name not in COMMANDS:
                if client.rules.unknown_command == "skip":
                    client = replace(
                        client, todo=client.todo[1:], _events=(*client._events, f"{command}: unknown, skipped")
                    )
                else:
                    client = client._finished(Status(501), f"{command}: unknown, 501")
            elif wrong:
                client = client._finished(Status(400), f"{wrong}: 400")
            elif command.name in ("HGET", "HPUT", "HPOST"):
                client, call = client._ask_repository(command)
                if call is not None:
                    return ClientStep(replace(client, phase="repository", _events=()), call, client._events)
            else:
                client = _DO[command.name](client, command)
        return client._answered()

    def _finished(self, status: Status | None, event: str) -> Client:
        """The first command is done, with this status; None for commands that have none."""
        done = self.done if status is None else (*self.done, status)
        return replace(self, todo=self.todo[1:], done=done, _events=(*self._events, event))

    def _answered(self) -> ClientStep:
        events = self._events
        if self.ends and self.rules.results_with_end == "lost":
            lost = f"END: {len(self.done)} statuses are not sent" if self.done else "END"
            return replace(self, _events=events)._over(lost)
        if self.sent > self.rules.packages:
            return self._over(f"{self.sent} packages sent; the session ends")
        document = Response(self.done, self.alerts)
        phase = "asked"
        client = replace(self, phase=phase, done=(), alerts=(), sent=self.sent + 1, _events=())
        return ClientStep(client, client._call(document, RESPONSE), (*events, f"package 3: {len(self.done)} statuses"))

    # -- addresses and rights

    def _places(self, uri: str, right: Right) -> tuple[Place, ...] | int:
        """Where an address leads, or the status that says why nowhere."""
        try:
            places = resolve(Address.parse(uri), self.objects.instances)
        except CodecError:
            return 400
        except Unresolved as error:
            return 404 if error.why in ("no instance", "no node", "no match") else 400
        if self.rules.access == "per instance" and not all(
            self.objects.may(self.server, place.instance, right) for place in places
        ):
            return 403
        return places

    def _one(self, statuses: list[int]) -> int:
        """One status for several nodes."""
        bad = [sc for sc in statuses if sc >= 400]
        if self.rules.several == "first" or not statuses:
            return statuses[0] if statuses else 200
        if self.rules.several == "any good":
            return next((sc for sc in statuses if sc < 400), statuses[0])
        return max(bad) if bad else statuses[0]

    # -- commands within the device

    def _get(self, command: Command) -> Client:
        found: list[Serialised] = []
        statuses: list[int] = []
        for uri in command.parameters:
            places = self._places(uri, Right.READ)
            if isinstance(places, int):
                statuses.append(places)
                continue
            held = Address.parse(uri).cv
            for place in places:
                current = validator(place.instance)
                if held == current:
                    statuses.append(304)
                    continue
                statuses.append(200)
                found.append(_serialised(place, uri if len(places) == 1 else place.uri, current))
        sc = self._one([s for s in statuses if s != 304] or statuses)
        return self._finished(Status(sc, mos=tuple(found)), f"{command}: {sc}")

    def _delete(self, command: Command) -> Client:
        objects, statuses = self.objects, []
        for uri in command.parameters:
            places = replace(self, objects=objects)._places(uri, Right.WRITE)
            if isinstance(places, int):
                missing = places == 404 and self.rules.missing_on_delete == "200"
                statuses.append(200 if missing else places)
                continue
            for place in places:
                current = next(
                    i for i in objects.instances if (i.moid, i.miid) == (place.instance.moid, place.instance.miid)
                )
                objects = objects.delete(Place(current, place.path))
            statuses.append(200)
        sc = self._one(statuses)
        return replace(self, objects=objects)._finished(Status(sc), f"{command}: {sc}")

    def _exec(self, command: Command) -> Client:
        places = self._places(command.parameters[0], Right.EXECUTE)
        if isinstance(places, int):
            return self._finished(Status(places), f"{command}: {places}")
        if len(places) > 1:
            return self._finished(Status(400), f"{command}: 400, {len(places)} nodes")
        later_to = command.parameters[1] if len(command.parameters) > 1 else ""
        made = self.execute(self.objects, places[0], later_to or (self.uri if self.rules.exec_alone == "later" else ""))
        client = replace(self, objects=made.objects, later=(*self.later, *made.later))
        return client._finished(Status(made.sc), f"{command}: {made.sc}")

    def _show(self, command: Command) -> Client:
        client = replace(self, shown=(*self.shown, command.parameters[0]))
        return client._finished(Status(200), f"{command}: 200")

    def _cont(self, command: Command) -> Client:
        client = replace(self, target=command.parameters[0])
        return client._finished(Status(200), f"{command}: 200, answers go there")

    def _default(self, command: Command) -> Client:
        uri, moid = command.parameters
        kept = dict(self.defaults) | {moid: uri}
        return replace(self, defaults=tuple(kept.items()))._finished(None, f"{command}: remembered")

    def _sub(self, command: Command) -> Client:
        uri, client_uri = command.parameters
        places = self._places(client_uri, Right.READ)
        if isinstance(places, int):
            return self._finished(Status(places), f"{command}: {places}")
        kept = dict(self.subscriptions) | {client_uri: uri}
        return replace(self, subscriptions=tuple(kept.items()))._finished(Status(200), f"{command}: 200")

    def _unsub(self, command: Command) -> Client:
        kept = dict(self.subscriptions)
        found = kept.pop(command.parameters[0], None)
        sc = 404 if found is None else 200
        return replace(self, subscriptions=tuple(kept.items()))._finished(Status(sc), f"{command}: {sc}")

    # -- commands that go to a repository

    def _ask_repository(self, command: Command) -> tuple[Client, Call | None]:
        uri = command.server_uri.replace("[DevID]", self.device_id)
        if command.name == "HGET":
            if len(command.parameters) == 2:
                wrong = self._writable(command.parameters[1])
                if wrong:
                    return self._finished(Status(wrong), f"{command}: {wrong}"), None
            return self, Call("GET", uri, (("accept", MOS),))
        mos: list[Serialised] = []
        for client_uri in command.client_uris:
            places = self._places(client_uri, Right.READ)
            if isinstance(places, int):
                return self._finished(Status(places), f"{command}: {places}"), None
            single = len(places) == 1
            mos += [_serialised(p, client_uri if single else p.uri, validator(p.instance)) for p in places]
        return self, Call(command.name[1:], uri, (("content-type", MOS),), write_mos(mos))

    def _writable(self, uri: str) -> int:
        """The status that forbids to write at ``uri``; 0 when nothing does."""
        try:
            address = Address.parse(uri)
        except CodecError:
            return 400
        if not address.is_plain or self.rules.access == "open":
            return 0
        targets = [i for i in self.objects.of_object(address.moid) if address.instance in ("", i.miid)]
        return 403 if any(not self.objects.may(self.server, i, Right.WRITE) for i in targets) else 0

    def _from_repository(self, answer: Answer) -> ClientStep:
        command = self.todo[0]
        client = replace(self, phase="asked")
        if not 200 <= answer.status < 300:
            sc = answer.status if answer.status in (404, 406, 415) else 500
            return client._finished(Status(sc), f"{command}: the repository says {answer.status}, {sc}")._go_on()
        if command.name != "HGET":
            return client._finished(Status(200), f"{command}: 200")._go_on()
        try:
            document = parse(answer.body)
            mos, noted = read_mos(answer.body, strict=self.rules.strict and isinstance(document, list))
            client, uris = client._install(command, mos)
        except CodecError as error:
            return client._finished(Status(400), f"{command}: {error}; 400")._go_on()
        except NotAllowed as error:
            return client._finished(Status(403), f"{command}: {error}; 403")._go_on()
        except Unresolved as error:
            return client._finished(Status(404), f"{command}: {error}; 404")._go_on()
        events = tuple(f"deviation: {sentence}" for sentence in noted)
        client = replace(client, _events=(*client._events, *events))
        return client._finished(Status(200, uris), f"{command}: 200")._go_on()

    def _install(self, command: Command, mos: tuple[Serialised, ...]) -> tuple[Client, tuple[str, ...]]:
        """Add or replace what came; the addresses, where the client chose them.  All of it or nothing."""
        asked = command.parameters[1] if len(command.parameters) == 2 else ""
        objects, uris = self.objects, []
        for mo in mos:
            uri = asked if asked and (len(mos) == 1 or not mo.client_uri) else mo.client_uri
            if not uri:
                raise CodecError("neither the command nor the data say where they belong")
            address = Address.parse(uri)
            data: object = mo.nodes
            if address.path and isinstance(data, dict) and set(data) == {address.path[-1]}:
                data = data[address.path[-1]]
            if address.moid == DAC and not address.path and isinstance(data, dict) and "MOID" in data:
                objects = delegate(objects, self.server, data)
                uris += [] if asked else [str(Address(DAC, str(data["MIID"]), ()))]
                continue
            own = objects.of_object(address.moid)
            fitting = [i for i in own if i.miid == address.instance] if address.instance else list(own[:1])
            if len(own) > 1 and not address.instance:
                raise Unresolved("several instances", f"{len(own)} instances of {address.moid}; the address names none")
            if not address.is_plain:
                for place in resolve(address, objects.instances):
                    objects = objects.put(place, node_of(data, place.node))
                continue
            if not fitting:
                node = node_of(_wrapped(address.path, data))
                objects, made = objects.add(address.moid, node, self.server, address.instance)
                if not asked or not address.instance:
                    uris.append(str(Address(address.moid, made.miid, address.path)))
                continue
            place = Place(fitting[0], address.path)
            old = _below(fitting[0].root, address.path)
            objects = objects.put(place, node_of(data, old))
            if not asked:
                uris.append(place.uri)
        return replace(self, objects=objects), tuple(uris)


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


def _serialised(place: Place, uri: str, current: str) -> Serialised:
    """The data at ``place`` under its address; the validator only with the root.  [dm20 sheet §8]"""
    node = place.node
    data = data_of(node)
    if not isinstance(data, Mapping):
        data = {place.path[-1]: data}
    clean = str(replace(Address.parse(uri), cv=None))
    return Serialised.of(clean, data, cv="" if place.path else current)


_DO: Final[Mapping[str, Callable[[Client, Command], Client]]] = {
    "GET": Client._get,
    "DELETE": Client._delete,
    "EXEC": Client._exec,
    "SHOW": Client._show,
    "CONT": Client._cont,
    "DEFAULT": Client._default,
    "SUB": Client._sub,
    "UNSUB": Client._unsub,
}
"""Command -> what the client does; HGET, HPUT and HPOST call a repository, END ends."""
