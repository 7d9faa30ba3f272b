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

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from dmkit.lwm2m import bootstrapping, observing, reading, writing
from dmkit.lwm2m.blocks import Unfinished
from dmkit.lwm2m.coap import Message, encode
from dmkit.lwm2m.formats import LINK_FORMAT
from dmkit.lwm2m.links import ResourceLink, write_links
from dmkit.lwm2m.path import Path
from dmkit.lwm2m.rights import BOOTSTRAP, AccessRight, Observation, RequestRefused
from dmkit.lwm2m.rules import DEFAULT, LwM2mRules
from dmkit.lwm2m.store import STANDARD, Store
from dmkit.lwm2m.values import Value
from dmkit.words.errors import CodecError

__all__ = ["BOOTSTRAP", "STANDARD", "AccessRight", "Client", "ExecBehaviour", "Observation"]

ExecBehaviour: TypeAlias = Callable[[Store, Path, str], "tuple[Store, str]"]
"""What happens behind a write or an execute: store, address, arguments -> store, code (empty: as usual)."""


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
    behaviours: Mapping[tuple[int, int], ExecBehaviour] | None = None
    locations: tuple[tuple[int, str], ...] = ()
    observations: tuple[Observation, ...] = ()
    attributes: tuple[tuple[tuple[int, Path, str], float], ...] = ()
    pieces: tuple[Unfinished, ...] = ()
    bootstrapping: bool = False

    # -- registration [lwm2m sheet §2, §4]

    def links(self) -> str:
        """The objects and instances, as a registration lists them; object 0 is nobody's business."""
        found = [ResourceLink("/", (("rt", "oma.lwm2m"), ("ct", str(self.rules.default_format))))]
        for number, definition in sorted(self.store.definitions.items()):
            if number == 0:
                continue
            instances = self.store.instances(number)
            versioned = definition.version != "1.0"
            if (versioned or not instances) and (instances or definition.mandatory):
                found.append(ResourceLink(f"/{number}", (("ver", definition.version),) if versioned else ()))
            found += [ResourceLink(str(instance)) for instance in instances]
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
        """With the place that the server gave; unchanged when it refused.

        A registration that is new knows of no observation: those of the one before are over (UNSURE).
        """
        if response.code != "2.01" or not response.location:
            return self
        others = tuple(pair for pair in self.locations if pair[0] != server)
        kept = tuple(seen for seen in self.observations if seen.server != server)
        return replace(self, locations=(*others, (server, response.location)), observations=kept)

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

    def listens(self, now: float, sent: float) -> bool:
        """Whether it is awake at ``now`` when it last said something at ``sent``: always, without queue mode."""
        return not self.queue or now - sent <= self.rules.awake

    # -- rights

    def servers(self) -> tuple[int, ...]:
        """Short Server IDs of the account list."""
        found = (self.store.values.get(instance / 0) for instance in self.store.instances(1))
        return tuple(number for number in found if isinstance(number, int))

    def rights(self, server: int, instance: Path) -> AccessRight:
        """What a server may do with an instance, by the access control objects.  [lwm2m sheet §5, object 2]"""
        everything = AccessRight(31)
        if server == BOOTSTRAP:
            return everything if self.bootstrapping else AccessRight(0)
        if not self.store.instances(2):
            alone = len(self.servers()) <= 1 and self.rules.alone == "everything"
            return everything if alone else AccessRight(0)
        if instance.object == 2:
            owner = self.store.values.get(instance / 3)
            return everything if owner == server else AccessRight.READ
        for control in self.store.instances(2):
            of = (self.store.values.get(control / 0), self.store.values.get(control / 1))
            if of != (instance.object, instance.instance):
                continue
            own = self.store.values.get(control / 2 / server)
            default = self.store.values.get(control / 2 / 0)
            if self.store.values.get(control / 3) == server and own is None:
                return everything
            return AccessRight(int(own if own is not None else default or 0) & 31)  # type: ignore[arg-type]
        return AccessRight(0)

    def handle(self, request: Message, server: int, now: float = 0.0) -> tuple[Client, Message]:
        """Do what a server asks; ``server`` is who it proved to be (BOOTSTRAP for the bootstrap server)."""
        try:
            if request.refusal:
                raise RequestRefused(request.refusal)
            return self._handle(request, server, now)
        except RequestRefused as refused:
            return self, request.response(refused.code)
        except CodecError as error:
            return self, request.response("4.00", error.reason.encode()[:200])

    def _handle(self, request: Message, server: int, now: float) -> tuple[Client, Message]:
        if server == BOOTSTRAP and request.uri_path == "/bs" and request.method == "POST":
            return bootstrapping.finish(self, request)
        path = Path.parse(request.uri_path)
        if path.object == 0 and server != BOOTSTRAP:
            raise RequestRefused("4.01")
        reading.precondition(self, request, path, server)
        act = _METHODS.get(request.method)
        if act is None:
            raise RequestRefused("4.05")
        return act(self, request, path, server, now)

    # reading

    def with_value(self, path: Path, value: Value) -> Client:
        """With a value that the device itself has changed (a sensor, a battery)."""
        return replace(self, store=self.store.set(path, value))

    def notifications(self, now: float) -> tuple[Client, tuple[tuple[int, Message], ...]]:
        """What is due by ``now``, with its server: a change behind pmin, or nothing for pmax."""
        return observing.notifications(self, now)

    def reset(self, server: int, token: bytes) -> Client:
        """Without the observation that a server answered with RST."""
        kept = tuple(o for o in self.observations if (o.server, o.token) != (server, token))
        return replace(self, observations=kept)

    def size(self, message: Message) -> int:
        """Octets of a message on the wire, UDP payload."""
        return len(encode(message))


_Act: TypeAlias = Callable[[Client, Message, Path, int, float], "tuple[Client, Message]"]
_METHODS: Final[Mapping[str, _Act]] = {
    "GET": reading.get,
    "PUT": writing.put,
    "POST": writing.post,
    "DELETE": writing.delete,
    "FETCH": reading.fetch,
    "iPATCH": writing.ipatch,
}
"""Method -> what the client does."""
