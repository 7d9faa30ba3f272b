"""LwM2M over real CoAP, both sides: a device and its management, in the open or through DTLS.

The engines of ``dmkit.lwm2m`` see every option of every request, and answer 4.02, 4.12 and 4.06 themselves; blocks are
theirs too.  Observations are driven both ways: ``CoapDevice.tell`` sends what is due, ``Management.watch`` hears it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import field, replace
from typing import Any, Final

import msgspec

from dmkit.lwm2m import firmware
from dmkit.lwm2m.client import Client
from dmkit.lwm2m.coap import Message
from dmkit.lwm2m.firmware import Verify
from dmkit.lwm2m.server import Job, Server
from dmkit.transport.coap_bodies import get_all, piece
from dmkit.transport.coap_endpoint import Endpoint, PreSharedKey, Silent, named_by
from dmkit.words.records import dataclass

__all__ = ["CoapDevice", "Management"]


@dataclass(slots=True)
class CoapDevice:
    """A client of LwM2M on the air.  Keeps state: ``client`` is how it stands now."""

    client: Client
    verify: Verify
    endpoint: Endpoint | None = None
    ssid: int = 1
    seen: tuple[str, ...] = ()
    key: PreSharedKey | None = None
    """What it proves itself with, towards a server at ``coaps://``."""
    observers: dict[bytes, tuple[Any, bytes]] = field(default_factory=dict)
    """The token that ``client`` knows an observation by -> who observes, and the token that was sent: two who observe
    may send the same one.  [RFC 7252 §5.3.1]"""
    _count: int = 0

    def _handle(self, request: Message, remote: Any) -> Message:
        asked = (
            request if request.observe is None else msgspec.structs.replace(request, token=self._own(request, remote))
        )
        self.client, response = self.client.handle(asked, self.ssid)
        self._keep()
        self.seen = (*self.seen, f"{request} {response.code}")
        return msgspec.structs.replace(response, token=request.token)

    def _own(self, request: Message, remote: Any) -> bytes:
        """The token of our own that stands for that of ``remote``."""
        who = remote, request.token
        known = next((token for token, other in self.observers.items() if other == who), None)
        if known is None:
            self._count += 1
            known = self._count.to_bytes(8, "big")
            self.observers[known] = who
        return known

    def _keep(self) -> None:
        """Forget who observes nothing any more."""
        if self.observers:
            live = {seen.token for seen in self.client.observations}
            self.observers = {token: who for token, who in self.observers.items() if token in live}

    async def start(self, server: str, *, host: str = "127.0.0.1") -> Message:
        """Listen, and register with the server at this address."""
        if self.key is not None:
            self.endpoint = await Endpoint.open_secure(self._handle, server, self.key)
        else:
            self.endpoint = await Endpoint.open(self._handle, host=host)
        self.endpoint.site.gone = self._forget
        response = await self.endpoint.ask(self.client.register(self.ssid), server)
        self.client = self.client.registered(self.ssid, response)
        return response

    def tell(self, now: float) -> int:
        """Send the notifications that are due by ``now``: how many observers were told."""
        assert self.endpoint is not None
        self.client, due = self.client.notifications(now)
        told = sum(self.endpoint.notify(*self.observers[message.token], message) for _, message in due)
        self._keep()
        return told

    def _forget(self, remote: Any, token: bytes) -> None:
        for own, who in self.observers.items():
            if who == (remote, token):
                self.client = self.client.reset(self.ssid, own)
        self._keep()

    async def fetch(self) -> bool:
        """Fetch the package that object 5 wants, when it wants one; whether it did."""
        uri = firmware.wanted(self.client.store)
        if not uri or self.endpoint is None:
            return False
        body = await get_all(self.endpoint, uri)
        self.client = replace(self.client, store=firmware.downloaded(self.client.store, body, self.verify))
        return True

    async def leave(self, server: str) -> Message | None:
        """De-register, and stop."""
        assert self.endpoint is not None
        request = self.client.deregister(self.ssid)
        response = await self.endpoint.ask(request, server) if request is not None else None
        await self.endpoint.close()
        return response


_SPARE: Final = 64
"""Addresses of clients that are gone which may lie about, beside as many again as there are clients."""


class Management:
    """A server of LwM2M on the air: registrations, and packages that clients may fetch.  Keeps state.

    With ``keys``, endpoint name -> key, it speaks DTLS only, and a client is who its key says: another name in a
    registration, and the registration of another, are refused 4.03 (UNSURE: identity and name are taken to be one).
    """

    def __init__(self, files: Mapping[str, bytes] | None = None, *, keys: Mapping[str, bytes] | None = None) -> None:
        self.server = Server()
        self.keys = tuple(PreSharedKey(name, key) for name, key in (keys or {}).items())
        self.files = dict(files or {})
        self.remotes: dict[str, Any] = {}
        self.endpoint: Endpoint | None = None

    def _handle(self, request: Message, remote: Any) -> Message:
        if request.method == "GET" and request.uri_path in self.files:
            return piece(request, self.files[request.uri_path])
        proved = named_by(remote)
        known = self.server.at(request.uri_path)
        if proved and proved not in (known and known.endpoint, dict(request.queries).get("ep")):
            return request.response("4.03")
        self.server, response = self.server.handle(request, asyncio.get_running_loop().time())
        if response.location and (registration := self.server.at(response.location)) is not None:
            self.remotes[registration.endpoint] = remote
            if len(self.remotes) > 2 * len(self.server.by_endpoint) + _SPARE:
                self.remotes = {name: at for name, at in self.remotes.items() if self.server.find(name) is not None}
        return response

    async def start(self, *, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen; the address."""
        self.endpoint = await Endpoint.open(self._handle, host=host, port=port, keys=self.keys)
        return self.endpoint.uri

    async def manage(self, endpoint: str, job: Job) -> object:
        """Run a job against a client that is registered; what it returns.  Silent when the client is not there."""
        registration = self.server.find(endpoint)
        if registration is None or self.endpoint is None:
            raise Silent(f"{endpoint}: not registered")
        talk = job(registration)
        try:
            request = next(talk)
            while True:
                request = talk.send(await self.endpoint.ask(request, self.remotes[endpoint]))
        except StopIteration as end:
            return end.value
        finally:
            talk.close()

    def watch(
        self, endpoint: str, path: str, *, accept: int | None = None, seconds: float = 20.0
    ) -> AsyncIterator[Message]:
        """Observe a value of a registered client, as ``Endpoint.watch`` does.  Silent when it is not registered."""
        remote = self.remotes.get(endpoint)
        if remote is None or self.endpoint is None:
            raise Silent(f"{endpoint}: not registered")
        return self.endpoint.watch(Message.request("GET", path, accept=accept, observe=0), remote, seconds=seconds)

    async def close(self) -> None:
        """Stop."""
        if self.endpoint is not None:
            await self.endpoint.close()
