"""The client of LwM2M: a CoAP server for management, a CoAP client for bootstrap and registration.  [lwm2m sheet §2]

A value, without socket, clock or dice: ``handle`` maps a request to a client and a response.

>>> store = Store.of(STANDARD, {"/3/0/0": "Open Mobile Alliance", "/1/0/0": 1, "/1/0/1": 300})
>>> client = Client("urn:imei:493005100592800", store)
>>> request = Message.request("GET", "/3/0/0", accept=0, mid=1, token=b"ab")
>>> client.handle(request, 1)[1].payload
b'Open Mobile Alliance'
>>> client.handle(Message.request("GET", "/3/0/99"), 1)[1].code
'4.04'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntFlag
from typing import Final, TypeAlias

from dmkit.lwm2m.coap import Block, Message, encode
from dmkit.lwm2m.entries import Entry
from dmkit.lwm2m.formats import FORMATS, LINK_FORMAT, ContentFormat
from dmkit.lwm2m.links import Link, write_links
from dmkit.lwm2m.owners import settle
from dmkit.lwm2m.path import Path
from dmkit.lwm2m.rules import DEFAULT, LwM2mRules
from dmkit.lwm2m.store import STANDARD, Store
from dmkit.lwm2m.values import Value
from dmkit.words.errors import CodecError

__all__ = ["BOOTSTRAP", "STANDARD", "Behaviour", "Client", "Observation", "Right"]

BOOTSTRAP: Final = 65535
"""The bootstrap server, as a Short Server ID that no other server can have."""


class Right(IntFlag):
    """What a server may do with an instance: the bits of resource 2 of the access control object."""

    READ = 1
    WRITE = 2
    EXECUTE = 4
    DELETE = 8
    CREATE = 16


Behaviour: TypeAlias = Callable[[Store, Path, str], "tuple[Store, str]"]
"""What happens behind a write or an execute: store, address, arguments -> store, code (empty: as usual)."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What a server observes: token, address, format, count of notifications, what was told last and when."""

    server: int
    token: bytes
    path: Path
    accept: int | None = None
    count: int = 0
    told: bytes = b""
    at: float = 0.0


class _Refused(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Client:
    """A client: its name, what it holds, where it is registered, who observes what, and pieces of what is coming.

    ``behaviours`` maps (object, resource) to what happens there.  ``locations`` maps a Short Server ID to the path
    that its registration has.  ``attributes`` are what Write-Attributes has set: (server, address, name) -> seconds.
    """

    endpoint: str
    store: Store
    rules: LwM2mRules = DEFAULT
    version: str = "1.1"
    queue: bool = False
    behaviours: Mapping[tuple[int, int], Behaviour] | None = None
    locations: tuple[tuple[int, str], ...] = ()
    observations: tuple[Observation, ...] = ()
    attributes: tuple[tuple[tuple[int, Path, str], float], ...] = ()
    pieces: tuple[tuple[int, Path, bytes], ...] = ()
    bootstrapping: bool = False

    # -- registration [lwm2m sheet §2, §4]

    def links(self) -> str:
        """The objects and instances, as a registration lists them; object 0 is nobody's business."""
        found = [Link("/", (("rt", "oma.lwm2m"), ("ct", str(self.rules.default_format))))]
        for number, definition in sorted(self.store.definitions.items()):
            if number == 0:
                continue
            instances = self.store.instances(number)
            versioned = definition.version != "1.0"
            if (versioned or not instances) and (instances or definition.mandatory):
                found.append(Link(f"/{number}", (("ver", definition.version),) if versioned else ()))
            found += [Link(str(instance)) for instance in instances]
        return write_links(found)

    def register(self, server: int) -> Message:
        """The request that registers with a server of the account list."""
        query = [f"lwm2m={self.version}", f"ep={self.endpoint}", "b=U", f"lt={self.lifetime(server)}"]
        query += ["Q"] if self.queue else []
        return Message.request("POST", "/rd", self.links().encode(), query=query, format=LINK_FORMAT)

    def lifetime(self, server: int) -> int:
        """Seconds that a registration lasts, from the server's account; a day when it says nothing."""
        for instance in self.store.instances(1):
            if self.store.values.get(instance / 0) == server:
                found = self.store.values.get(instance / 1)
                return found if isinstance(found, int) else 86_400
        return 86_400

    def registered(self, server: int, response: Message) -> Client:
        """With the place that the server gave; unchanged when it refused."""
        if response.code != "2.01" or not response.location:
            return self
        others = tuple(pair for pair in self.locations if pair[0] != server)
        return replace(self, locations=(*others, (server, response.location)))

    def update(self, server: int, *, objects: bool = False) -> Message | None:
        """The request that renews a registration, with the list of objects when it has changed; None without one."""
        location = dict(self.locations).get(server)
        if location is None:
            return None
        payload = self.links().encode() if objects else b""
        return Message.request("POST", location, payload, format=LINK_FORMAT if objects else None)

    def updated(self, server: int, response: Message) -> Client:
        """Without the registration when the server has forgotten it: register again.  [E]"""
        if response.code != "4.04":
            return self
        return replace(self, locations=tuple(pair for pair in self.locations if pair[0] != server))

    def deregister(self, server: int) -> Message | None:
        """The request that ends a registration; None without one."""
        location = dict(self.locations).get(server)
        return None if location is None else Message.request("DELETE", location)

    def bootstrap(self) -> tuple[Client, Message]:
        """The request that asks the bootstrap server; until it says that it has finished, it may do what it likes."""
        query = [f"ep={self.endpoint}", f"pct={self.rules.default_format}"]
        return replace(self, bootstrapping=True), Message.request("POST", "/bs", query=query)

    def listens(self, now: float, said: float) -> bool:
        """Whether it is awake at ``now`` when it last said something at ``said``: always, without queue mode."""
        return not self.queue or now - said <= self.rules.awake

    # -- rights

    def servers(self) -> tuple[int, ...]:
        """Short Server IDs of the account list."""
        found = (self.store.values.get(instance / 0) for instance in self.store.instances(1))
        return tuple(number for number in found if isinstance(number, int))

    def rights(self, server: int, instance: Path) -> Right:
        """What a server may do with an instance, by the access control objects.  [lwm2m sheet §5, object 2]"""
        everything = Right(31)
        if server == BOOTSTRAP:
            return everything if self.bootstrapping else Right(0)
        if not self.store.instances(2):
            alone = len(self.servers()) <= 1 and self.rules.alone == "everything"
            return everything if alone else Right(0)
        if instance.object == 2:
            owner = self.store.values.get(instance / 3)
            return everything if owner == server else Right.READ
        for control in self.store.instances(2):
            of = (self.store.values.get(control / 0), self.store.values.get(control / 1))
            if of != (instance.object, instance.instance):
                continue
            own = self.store.values.get(control / 2 / server)
            default = self.store.values.get(control / 2 / 0)
            if self.store.values.get(control / 3) == server and own is None:
                return everything
            return Right(int(own if own is not None else default or 0) & 31)  # type: ignore[arg-type]
        return Right(0)

    def _need(self, server: int, path: Path, right: Right) -> None:
        for instance in [path] if len(path) > 1 else self.store.instances(path.object or 0):
            if right not in self.rights(server, Path.of(instance.ids[:2])):
                raise _Refused("4.01")

    # -- requests

    def handle(self, request: Message, server: int, now: float = 0.0) -> tuple[Client, Message]:
        """Do what a server asks; ``server`` is who it proved to be (BOOTSTRAP for the bootstrap server)."""
        try:
            if request.unknown_critical:
                raise _Refused("4.02")
            return self._handle(request, server, now)
        except _Refused as refused:
            return self, request.response(refused.code)
        except CodecError as error:
            return self, request.response("4.00", error.reason.encode()[:200])

    def _handle(self, request: Message, server: int, now: float) -> tuple[Client, Message]:
        if server == BOOTSTRAP and request.uri_path == "/bs" and request.method == "POST":
            store = settle(self.store, self.servers(), self.rules.owner_gone)
            return replace(self, bootstrapping=False, store=store), request.response("2.04")
        if request.all_of("If-Match") or request.all_of("If-None-Match"):
            raise _Refused("4.12")  # no resource here has an entity tag that could match
        path = Path.parse(request.uri_path)
        if path.object == 0 and server != BOOTSTRAP:
            raise _Refused("4.01")
        act = _METHODS.get(request.method)
        if act is None:
            raise _Refused("4.05")
        return act(self, request, path, server, now)

    # reading

    def _get(self, request: Message, path: Path, server: int, now: float) -> tuple[Client, Message]:
        if request.uint("Accept") == LINK_FORMAT:
            return self, self._discover(request, path, server)
        if not len(path):
            raise _Refused("4.05")
        self._exists(path)
        self._need(server, path, Right.READ)
        self._readable(path)
        row = self._format(request.uint("Accept"), path)
        payload = self._payload(path, row)
        client, observe = self, None
        if request.observe == 0:
            seen = Observation(server, request.token, path, request.uint("Accept"), 0, payload, now)
            kept = tuple(o for o in self.observations if (o.server, o.token) != (server, request.token))
            client, observe = replace(self, observations=(*kept, seen)), 0
        elif request.observe == 1:
            kept = tuple(o for o in self.observations if (o.server, o.path) != (server, path))
            client = replace(self, observations=kept)
        return client, self._blocked(request, payload, row.number, observe)

    def _blocked(self, request: Message, payload: bytes, number: int, observe: int | None = None) -> Message:
        """The payload, or the block of it that was asked for.  [RFC 7959]"""
        wanted = request.all_of("Block2")
        size: int = self.rules.block
        at = 0
        if wanted:
            block = Block.of(wanted[0])
            size, at = min(block.size, size), block.number * block.size
        if len(payload) <= size and not at:
            return request.response("2.05", payload, format=number, observe=observe)
        if at >= len(payload):
            raise _Refused("4.00")
        piece = payload[at : at + size]
        block2 = Block(at // size, at + size < len(payload), size)
        return request.response("2.05", piece, format=number, observe=observe, block2=block2)

    def _exists(self, path: Path) -> None:
        definition = self.store.definitions.get(path.object) if path.object is not None else None
        if definition is None or (len(path) == 1 and not self.store.instances(definition.id)):
            raise _Refused("4.04")
        if len(path) > 1 and Path.of(path.ids[:2]) not in self.store.present:
            raise _Refused("4.04")
        if len(path) > 2 and self.store.resource(path) is None:
            raise _Refused("4.04")

    def _readable(self, path: Path) -> None:
        if len(path) > 2:
            resource = self.store.resource(path)
            if resource is None or not resource.allows("R"):
                raise _Refused("4.05")
            if not self.store.holds(path):
                raise _Refused("4.04")

    def _format(self, accept: int | None, path: Path) -> ContentFormat:
        number = accept
        if number is None:
            leaf = self.store.resource(path) if len(path) >= 3 else None
            number = 0 if leaf is not None and not leaf.multiple else self.rules.default_format
        row = FORMATS.get(number)
        if row is None or number not in self.rules.formats:
            raise _Refused("4.06")
        return row

    def _payload(self, path: Path, row: ContentFormat) -> bytes:
        """What is at and below an address and may be read."""
        entries = [
            Entry(at, value)
            for at, value in self.store.get(path).items()
            if (resource := self.store.resource(at)) is not None and resource.allows("R")
        ]
        try:
            return row.write(entries, path, self.store.type_of)
        except CodecError:
            raise _Refused("4.06") from None

    def _discover(self, request: Message, path: Path, server: int) -> Message:
        """What is there, without values: everybody may ask, of everything but object 0."""
        if len(path) not in (1, 2, 3):
            raise _Refused("4.05")
        self._exists(path)
        links = [Link(str(path), self._attributes_of(path, server))]
        if len(path) == 1:
            definition = self.store.definitions[path.ids[0]]
            version = () if definition.version == "1.0" else (("ver", definition.version),)
            links = [Link(str(path), (*version, *self._attributes_of(path, server)))]
        for instance in self.store.instances(path.ids[0]) if len(path) == 1 else ([path] if len(path) == 2 else []):
            if len(path) == 1:
                links.append(Link(str(instance), self._attributes_of(instance, server)))
            resources = self.store.definitions[path.ids[0]].resources
            held = {at.resource for at in self.store.get(instance)}
            links += [
                Link(str(instance / r.id), self._attributes_of(instance / r.id, server))
                for r in resources.values()
                if r.id in held or r.operations == "E"
            ]
        payload = write_links(links).encode()
        return self._blocked(request, payload, LINK_FORMAT)

    def _attributes_of(self, path: Path, server: int) -> tuple[tuple[str, str], ...]:
        return tuple((name, f"{value:g}") for (who, at, name), value in self.attributes if (who, at) == (server, path))

    # writing

    def _put(self, request: Message, path: Path, server: int, now: float) -> tuple[Client, Message]:
        if request.queries and not request.payload:
            return self._write_attributes(request, path, server)
        if server == BOOTSTRAP:
            return self._bootstrap_write(request, path)
        return self._write(request, path, server, replacing=True)

    def _post(self, request: Message, path: Path, server: int, now: float) -> tuple[Client, Message]:
        """POST means Create, partial update or Execute, by the depth of the address.  [lwm2m sheet §2]"""
        if len(path) == 1:
            return self._create(request, path, server)
        if len(path) == 2:
            return self._write(request, path, server, replacing=False)
        if len(path) == 3:
            resource = self.store.resource(path)
            if resource is not None and resource.allows("E"):
                return self._execute(request, path, server)
            if resource is not None and resource.multiple:
                return self._write(request, path, server, replacing=False)
        self._exists(path)
        raise _Refused("4.05")

    def _body(self, request: Message, path: Path, server: int) -> tuple[Client, bytes | None, Block | None]:
        """The whole payload, or None while blocks of it are missing.  [RFC 7959 §2.5]"""
        given = request.all_of("Block1")
        if not given:
            return self, request.payload, None
        block = Block.of(given[0])
        before = next((data for who, at, data in self.pieces if (who, at) == (server, path)), b"")
        others = tuple(piece for piece in self.pieces if piece[:2] != (server, path))
        if block.number == 0:
            before = b""
        elif len(before) != block.number * block.size:
            raise _Refused("4.08")
        whole = before + request.payload
        if block.more:
            if len(request.payload) != block.size:
                raise _Refused("4.00")
            return replace(self, pieces=(*others, (server, path, whole))), None, block
        return replace(self, pieces=others), whole, block

    def _entries(self, body: bytes, request: Message, path: Path) -> tuple[Entry, ...]:
        number = request.format if request.format is not None else 0
        row = FORMATS.get(number)
        if row is None or number not in self.rules.formats:
            raise _Refused("4.15")
        return row.read(body, path, self.store.type_of)

    def _write(self, request: Message, path: Path, server: int, *, replacing: bool) -> tuple[Client, Message]:
        if len(path) < 2:
            raise _Refused("4.05")
        self._exists(path)
        self._need(server, path, Right.WRITE)
        client, body, block = self._body(request, path, server)
        if body is None:
            return client, request.response("2.31", block1=block)
        entries = client._entries(body, request, path)
        store = client.store
        for entry in entries:
            resource = store.resource(entry.path)
            if resource is None:
                raise _Refused("4.04")
            if not resource.allows("W"):
                raise _Refused("4.05")
        if replacing:
            writable = [at for at in store.get(path) if (r := store.resource(at)) is not None and r.allows("W")]
            kept = {entry.path for entry in entries}
            for at in writable:
                if at not in kept:
                    store = store.delete(at) if len(at) == 4 or len(path) == 2 else store
        client, code = client._apply(store, entries, server)
        return client, request.response(code, block1=block)

    def _apply(self, store: Store, entries: Sequence[Entry], server: int) -> tuple[Client, str]:
        """Write the values, then let those that have a behaviour act."""
        pairs: list[tuple[Path, Value]] = [(e.path, e.value) for e in entries if e.value is not None]
        store, code = store.put_all(pairs), "2.04"
        for path, value in pairs:
            act = (self.behaviours or {}).get((path.ids[0], path.ids[2]))
            if act is not None:
                store, other = act(store, path, value if isinstance(value, str) else "")
                code = other or code
        return replace(self, store=store), code

    def _execute(self, request: Message, path: Path, server: int) -> tuple[Client, Message]:
        self._exists(path)
        self._need(server, path, Right.EXECUTE)
        act = (self.behaviours or {}).get((path.ids[0], path.ids[2]))
        if act is None:
            return self, request.response("2.04")
        store, code = act(self.store, path, request.payload.decode("utf-8", "replace"))
        return replace(self, store=store), request.response(code or "2.04")

    def _create(self, request: Message, path: Path, server: int) -> tuple[Client, Message]:
        definition = self.store.definitions.get(path.ids[0])
        if definition is None:
            raise _Refused("4.04")
        taken = {instance.ids[1] for instance in self.store.instances(definition.id)}
        if not definition.multiple and taken:
            raise _Refused("4.05")
        if server != BOOTSTRAP and self.store.instances(2) and not self._may_create(server, definition.id):
            raise _Refused("4.01")
        free = next(number for number in range(len(taken) + 1) if number not in taken)
        entries = self._entries(request.payload, request, path) if request.payload else ()
        named = {entry.path.ids[1] for entry in entries if len(entry.path) > 1}
        if len(named) > 1 or named & taken:
            raise _Refused("4.00")
        instance = path / next(iter(named), free)
        store = self.store.create(instance)
        client, _ = replace(self, store=store)._apply(store, entries, server)
        return client._owned(instance, server), request.response("2.01", location=str(instance))

    def _may_create(self, server: int, object_id: int) -> bool:
        """The right to create is of the object: an access control instance for it with instance 65535."""
        for control in self.store.instances(2):
            if (self.store.values.get(control / 0), self.store.values.get(control / 1)) == (object_id, 65535):
                own = self.store.values.get(control / 2 / server, self.store.values.get(control / 2 / 0, 0))
                return isinstance(own, int) and Right.CREATE in Right(own & 31)
        return False

    def _owned(self, instance: Path, server: int) -> Client:
        """With an access control instance for what a server has made, where there are several servers."""
        if server == BOOTSTRAP or 2 not in self.store.definitions or len(self.servers()) < 2 or instance.object == 2:
            return self
        taken = {control.ids[1] for control in self.store.instances(2)}
        control = Path(2, next(number for number in range(len(taken) + 1) if number not in taken))
        given: list[tuple[Path, Value]] = [
            (control / 0, instance.ids[0]),
            (control / 1, instance.ids[1]),
            (control / 2 / server, 15),
            (control / 3, server),
        ]
        return replace(self, store=self.store.put_all(given))

    def _delete(self, request: Message, path: Path, server: int, now: float) -> tuple[Client, Message]:
        if server == BOOTSTRAP:
            if not self.bootstrapping:
                raise _Refused("4.01")
            return replace(self, store=self.store.delete(path)), request.response("2.02")
        if len(path) != 2 or path.object == 3:
            raise _Refused("4.05")
        self._exists(path)
        self._need(server, path, Right.DELETE)
        store = self.store.delete(path)
        for control in store.instances(2):
            if (store.values.get(control / 0), store.values.get(control / 1)) == path.ids:
                store = store.delete(control)
        kept = tuple(o for o in self.observations if not path.covers(o.path))
        return replace(self, store=store, observations=kept), request.response("2.02")

    def _bootstrap_write(self, request: Message, path: Path) -> tuple[Client, Message]:
        if not self.bootstrapping:
            raise _Refused("4.01")
        entries = self._entries(request.payload, request, path)
        store = self.store.delete(path) if len(path) == 2 else self.store
        store = store.create(Path.of(path.ids[:2])) if len(path) >= 2 else store
        store = store.put_all([(entry.path, entry.value) for entry in entries if entry.value is not None])
        return replace(self, store=store), request.response("2.04")

    def _write_attributes(self, request: Message, path: Path, server: int) -> tuple[Client, Message]:
        self._exists(path)
        self._need(server, path, Right.READ)
        kept = dict(self.attributes)
        for name, text in request.queries:
            if name not in ("pmin", "pmax", "gt", "lt", "st"):
                raise _Refused("4.00")
            try:
                value = float(text)
            except ValueError:
                raise _Refused("4.00") from None
            if not value == value or abs(value) == float("inf") or (name in ("pmin", "pmax") and value < 0):
                raise _Refused("4.00")
            kept[server, path, name] = value
        return replace(self, attributes=tuple(kept.items())), request.response("2.04")

    # composite operations, 1.1

    def _fetch(self, request: Message, path: Path, server: int, now: float) -> tuple[Client, Message]:
        if len(path):
            raise _Refused("4.05")
        asked = self._entries(request.payload, request, path)
        row = self._format(request.uint("Accept"), path)
        if row.single or row.number == 11542:
            raise _Refused("4.06")
        found: list[Entry] = []
        for entry in asked:
            instances = [entry.path] if len(entry.path) > 1 else self.store.instances(entry.path.object or 0)
            for at in instances:
                if at.object == 0 or Right.READ not in self.rights(server, Path.of(at.ids[:2])):
                    continue
                found += [
                    Entry(leaf, value)
                    for leaf, value in self.store.get(at).items()
                    if (resource := self.store.resource(leaf)) is not None and resource.allows("R")
                ]
        return self, self._blocked(request, row.write(found, path, self.store.type_of), row.number)

    def _ipatch(self, request: Message, path: Path, server: int, now: float) -> tuple[Client, Message]:
        """Write-Composite: all or nothing."""
        if len(path):
            raise _Refused("4.05")
        entries = self._entries(request.payload, request, path)
        for entry in entries:
            if entry.path.object == 0:
                raise _Refused("4.01")
            self._exists(entry.path)
            self._need(server, entry.path, Right.WRITE)
            resource = self.store.resource(entry.path)
            if resource is None or not resource.allows("W"):
                raise _Refused("4.05")
        client, code = self._apply(self.store, entries, server)
        return client, request.response(code)

    # -- notifications [RFC 7641]

    def with_value(self, path: Path, value: Value) -> Client:
        """With a value that the device itself has changed (a sensor, a battery)."""
        return replace(self, store=self.store.set(path, value))

    def notifications(self, now: float) -> tuple[Client, tuple[tuple[int, Message], ...]]:
        """What is due by ``now``, with its server: a change behind pmin, or nothing for pmax."""
        told: list[tuple[int, Message]] = []
        kept: list[Observation] = []
        periods = dict(self.attributes)
        for seen in self.observations:
            row = self._format(seen.accept, seen.path)
            payload = self._payload(seen.path, row)
            least = self._period(periods, seen, "pmin")
            most = self._period(periods, seen, "pmax")
            changed = payload != seen.told and now - seen.at >= (least or 0.0)
            if changed or (most is not None and now - seen.at >= most > 0):
                seen = replace(seen, count=seen.count + 1, told=payload, at=now)
                request = Message("NON", "0.01", 0, seen.token)
                told.append((seen.server, request.response("2.05", payload, format=row.number, observe=seen.count)))
            kept.append(seen)
        return replace(self, observations=tuple(kept)), tuple(told)

    def _period(self, periods: Mapping[tuple[int, Path, str], float], seen: Observation, name: str) -> float | None:
        """The nearest of the attribute on the address or above it, then the server's default."""
        for length in range(len(seen.path), 0, -1):
            found = periods.get((seen.server, Path.of(seen.path.ids[:length]), name))
            if found is not None:
                return found
        for instance in self.store.instances(1):
            if self.store.values.get(instance / 0) == seen.server:
                value = self.store.values.get(instance / (2 if name == "pmin" else 3))
                return float(value) if isinstance(value, int) else None
        return None

    def reset(self, server: int, token: bytes) -> Client:
        """Without the observation that a server answered with RST."""
        kept = tuple(o for o in self.observations if (o.server, o.token) != (server, token))
        return replace(self, observations=kept)

    def size(self, message: Message) -> int:
        """Octets of a message on the wire, UDP payload."""
        return len(encode(message))


_Act: TypeAlias = Callable[[Client, Message, Path, int, float], "tuple[Client, Message]"]
_METHODS: Final[Mapping[str, _Act]] = {
    "GET": Client._get,
    "PUT": Client._put,
    "POST": Client._post,
    "DELETE": Client._delete,
    "FETCH": Client._fetch,
    "iPATCH": Client._ipatch,
}
"""Method -> what the client does."""
