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
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from dmkit.lwm2m.coap import Message
from dmkit.lwm2m.formats import LINK_FORMAT
from dmkit.lwm2m.links import ResourceLink, read_links
from dmkit.lwm2m.path import Path
from dmkit.words.errors import CodecError

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


@dataclass(frozen=True, slots=True)
class Server:
    """Who is registered, and the number that the next registration gets."""

    registrations: tuple[Registration, ...] = ()
    next: int = 1

    def find(self, endpoint: str) -> Registration | None:
        """The registration of a client."""
        return next((r for r in self.registrations if r.endpoint == endpoint), None)

    def alive(self, now: float) -> Server:
        """Without registrations whose time is over."""
        return replace(self, registrations=tuple(r for r in self.registrations if now < r.until))

    def handle(self, request: Message, now: float = 0.0) -> tuple[Server, Message]:
        """Register, update, de-register; anything else is not here."""
        server = self.alive(now)
        if request.refusal:
            return server, request.response(request.refusal)
        try:
            path = request.uri_path
            known = next((r for r in server.registrations if r.location == path), None)
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
                kept = tuple(r for r in server.registrations if r is not known)
                return replace(server, registrations=kept), request.response("2.02")
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
        )
        others = tuple(r for r in self.registrations if r.endpoint != endpoint)
        server = replace(self, registrations=(*others, made), next=self.next + 1)
        return server, request.response("2.01", location=made.location)

    def _update(self, known: Registration, request: Message, now: float) -> tuple[Server, Message]:
        told = dict(request.queries)
        lifetime = _seconds(told["lt"]) if "lt" in told else known.lifetime
        links = read_links(_text(request.payload)) if request.payload else known.links
        changed = replace(known, updated=now, lifetime=lifetime, links=links, binding=told.get("b", known.binding))
        kept = tuple(changed if r is known else r for r in self.registrations)
        return replace(self, registrations=kept), request.response("2.04")


def _text(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError as error:
        raise CodecError("links that are no UTF-8", offset=error.start) from None


def _seconds(text: str) -> float:
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise CodecError(f"lt={text[:20]!r}; whole seconds are right")
    return float(text)
