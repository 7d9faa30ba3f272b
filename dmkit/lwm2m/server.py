"""The server of LwM2M: a CoAP server for registration, a CoAP client for management.  A value.  [lwm2m sheet §2, §7]

>>> from dmkit.lwm2m.client import Client
>>> from dmkit.lwm2m.store import STANDARD, Store
>>> client = Client("urn:imei:1", Store.of(STANDARD, {"/1/0/0": 1, "/1/0/1": 300, "/3/0/0": "Example"}))
>>> server, response = Server().handle(client.register(1), now=0.0)
>>> response.code, response.location, server.find("urn:imei:1").lifetime
('2.01', '/rd/1', 300.0)
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

from dmkit.lwm2m.coap import Message
from dmkit.lwm2m.formats import LINK_FORMAT
from dmkit.lwm2m.links import ResourceLink, read_links
from dmkit.lwm2m.path import Path
from dmkit.words.errors import CodecError
from dmkit.words.tables import Queue, Table

__all__ = ["VERSIONS", "Job", "Registration", "Server", "Talk"]

VERSIONS: Final = ("1.0", "1.1", "1.2")
"""Versions of clients that may register; another is answered 4.12 (UNSURE)."""

Talk: TypeAlias = Generator[Message, Message, object]
Job: TypeAlias = Callable[["Registration"], Talk]
"""Gets a registration and becomes a conversation: yields a request, is sent its response; what it returns counts.

>>> def read_name(registration):
...     answer = yield Message.request("GET", "/3/0/0", accept=0)
...     return answer.payload.decode()
"""


@dataclass(frozen=True, slots=True)
class Registration:
    """A client that is registered: its name, place, links, and until when."""

    endpoint: str
    location: str
    links: tuple[ResourceLink, ...] = ()
    lifetime: float = 86_400.0
    version: str = "1.0"
    binding: str = "U"
    queue: bool = False
    updated: float = 0.0
    octets: int = field(default=0, repr=False, compare=False)
    """Of its name and its links as they came."""

    @property
    def until(self) -> float:
        """When it ends, unless it is renewed; a lifetime of 0 is for ever."""
        return self.updated + self.lifetime if self.lifetime else float("inf")

    @property
    def instances(self) -> tuple[Path, ...]:
        """The object instances that it listed."""
        return tuple(path for link in self.links if (path := link.path) is not None and len(path) == 2)

    def reachable(self, now: float, awake: float = 93.0) -> bool:
        """Whether it listens: always, or in queue mode for ``awake`` seconds behind what it said last."""
        return now < self.until and (not self.queue or now - self.updated <= awake)


_NONE: Final[Table[str, Any]] = Table()
_SPARE: Final = 64
"""Ends of registrations that may lie about, beside as many again as there are, before they are cleared away."""


@dataclass(frozen=True, slots=True)
class Server:
    """Who is registered, by endpoint and by location, when each registration ends, and the number of the next one.

    What one client asks costs no look through the others: each is found by a table, and what ends is first in a queue.
    """

    by_endpoint: Table[str, Registration] = _NONE
    by_location: Table[str, Registration] = _NONE
    ends: Queue[Registration] = field(default=Queue(), repr=False, compare=False)
    """May still have registrations that were renewed or are gone; they count for nothing."""
    next: int = 1
    most: int = 100_000
    """Clients that may be registered; another one is answered 5.03, as where ``room`` octets of names and links are."""
    room: int = 1 << 26
    octets: int = field(default=0, repr=False, compare=False)
    """Of all registrations together."""

    @property
    def registrations(self) -> tuple[Registration, ...]:
        """All of them, in the order in which they came."""
        return tuple(self.by_endpoint.values())

    def find(self, endpoint: str) -> Registration | None:
        """The registration of a client."""
        return self.by_endpoint.get(endpoint)

    def at(self, location: str) -> Registration | None:
        """The registration that has this location.

        >>> Server().at("/rd/1") is None
        True
        """
        return self.by_location.get(location)

    def alive(self, now: float) -> Server:
        """Without registrations whose time is over."""
        return self.passing(now)[0]

    def passing(self, now: float) -> tuple[Server, tuple[Registration, ...]]:
        """Without registrations whose time is over, and these.

        >>> Server().passing(9.0)[1]
        ()
        """
        server, ends, ended = self, self.ends, []
        while (first := ends.first) is not None and first[0] <= now:
            ends = ends.rest
            if server.by_location.get(first[1].location) == first[1]:
                server = server._without(first[1])
                ended.append(first[1])
        return (self if ends is self.ends else replace(server, ends=ends)), tuple(ended)

    def _with(self, registration: Registration) -> Server:
        ends = self.ends
        if registration.lifetime:
            ends = ends.put(registration.until, registration)
        by_location = self.by_location.put(registration.location, registration)
        if len(ends) > 2 * len(by_location) + _SPARE:
            ends = Queue((each.until, each) for each in by_location.values() if each.lifetime)
        by_endpoint = self.by_endpoint.put(registration.endpoint, registration)
        octets = self._octets_with(registration)
        return replace(self, by_endpoint=by_endpoint, by_location=by_location, ends=ends, octets=octets)

    def _octets_with(self, registration: Registration) -> int:
        old = self.by_location.get(registration.location)
        return self.octets + registration.octets - (0 if old is None else old.octets)

    def _without(self, registration: Registration) -> Server:
        return replace(
            self, by_endpoint=self.by_endpoint.without(registration.endpoint),
            by_location=self.by_location.without(registration.location), octets=self.octets - registration.octets,
        )  # fmt: skip

    def handle(self, request: Message, now: float = 0.0) -> tuple[Server, Message]:
        """Register, update, de-register; anything else is not here."""
        server = self.alive(now)
        if request.refusal:
            return server, request.response(request.refusal)
        try:
            path = request.uri_path
            known = server.at(path)
            there = known is not None or path == "/rd"
            tags = request.all_of("If-Match")  # nothing here has a tag; an empty one asks only whether it is there
            if (tags and not (there and b"" in tags)) or (there and request.all_of("If-None-Match")):
                return server, request.response("4.12")
            if request.method == "POST" and path == "/rd":
                return server._register(request, now)
            if known is None:
                return server, request.response("4.04")
            if request.method == "POST":
                return server._update(known, request, now)
            if request.method == "DELETE":
                return server._without(known), request.response("2.02")
        except CodecError as error:
            return server, request.response("4.00", error.reason.encode()[:200])
        return server, request.response("4.05")

    def _register(self, request: Message, now: float) -> tuple[Server, Message]:
        told = dict(request.queries)
        endpoint = told.get("ep", "")
        if not endpoint:
            return self, request.response("4.00", b"ep is missing")
        if request.format not in (None, LINK_FORMAT):
            return self, request.response("4.15")
        if told.get("lwm2m", "1.0") not in VERSIONS:
            return self, request.response("4.12", f"versions {', '.join(VERSIONS)} are known".encode())
        made = Registration(
            endpoint,
            f"/rd/{self.next}",
            read_links(_text(request.payload)),
            _seconds(told.get("lt", "86400")),
            told.get("lwm2m", "1.0"),
            told.get("b", "U"),
            "Q" in told or "Q" in told.get("b", ""),
            now,
            len(endpoint) + len(request.payload),
        )
        before = self.find(endpoint)
        others = self if before is None else self._without(before)
        if len(others.by_location) >= self.most or others._octets_with(made) > self.room:
            return self, request.response("5.03", b"too many clients are registered")
        return replace(others._with(made), next=self.next + 1), request.response("2.01", location=made.location)

    def _update(self, known: Registration, request: Message, now: float) -> tuple[Server, Message]:
        told = dict(request.queries)
        lifetime = _seconds(told["lt"]) if "lt" in told else known.lifetime
        links = read_links(_text(request.payload)) if request.payload else known.links
        octets = len(known.endpoint) + len(request.payload) if request.payload else known.octets
        binding = told.get("b", known.binding)
        changed = replace(known, updated=now, lifetime=lifetime, links=links, binding=binding, octets=octets)
        if octets > known.octets and self._octets_with(changed) > self.room:
            return self, request.response("5.03", b"no room for more links")
        return self._with(changed), request.response("2.04")


def _text(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError as error:
        raise CodecError("links that are no UTF-8", offset=error.start) from None


def _seconds(text: str) -> float:
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise CodecError(f"lt={text[:20]!r}; whole seconds are right")
    return float(text)
