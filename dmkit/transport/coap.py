"""LwM2M over real CoAP, both sides.  UDP, retransmission and tokens are aiocoap's (extra ``lwm2m``), the rest is ours.

aiocoap passes over unknown critical options, If-Match and If-None-Match in ordinary resources; here the engines of
``dmkit.lwm2m`` see every option of every request, and answer 4.02, 4.12 and 4.06 themselves.  Blocks are theirs too.
Observations are driven both ways: ``CoapDevice.tell`` sends what is due, ``Management.watch`` hears it.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeAlias

import aiocoap
from aiocoap import interfaces
from aiocoap.numbers import OptionNumber

from dmkit.lwm2m import firmware
from dmkit.lwm2m.client import Client
from dmkit.lwm2m.coap import Block, Message, number
from dmkit.lwm2m.firmware import Verify
from dmkit.lwm2m.server import Job, Server
from dmkit.words.errors import CodecError, DmError
from dmkit.words.records import dataclass

__all__ = ["CoapDevice", "Endpoint", "Management", "Silent", "free_port", "get_all", "put_all"]

CoapHandler: TypeAlias = Callable[[Message, Any], Message]
"""A request and who sent it -> the response."""
BLOCK: Final = 1024


class Silent(DmError):
    """A request that was never answered, or that could not be sent."""


def free_port(host: str = "127.0.0.1") -> int:
    """A UDP port that was free a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _ours(message: aiocoap.Message) -> Message:
    code = int(message.code)
    kind = {0: "CON", 1: "NON", 2: "ACK", 3: "RST"}[int(message.mtype) if message.mtype is not None else 0]
    options = tuple((int(o.number), bytes(o.encode())) for o in message.opt.option_list())
    mid = message.mid if message.mid is not None else 0
    return Message(kind, f"{code >> 5}.{code & 31:02}", mid, message.token or b"", options, message.payload)


def _theirs(message: Message, **more: Any) -> aiocoap.Message:
    made = aiocoap.Message(code=aiocoap.Code(number(message.code)), payload=message.payload, **more)
    for option, value in message.options:
        made.opt.add_option(OptionNumber(option).create_option(decode=value))
    return made


class _Site(interfaces.Resource):  # type: ignore[misc]
    """Every path is the handler's."""

    def __init__(self, handler: CoapHandler) -> None:
        super().__init__()
        self.handler = handler
        self.watching: dict[bytes, Any] = {}
        self.gone: Callable[[bytes], None] | None = None

    async def needs_blockwise_assembly(self, request: aiocoap.Message) -> bool:
        """Never: each block comes as it is."""
        return False

    async def render(self, request: aiocoap.Message) -> aiocoap.Message:
        """The handler's answer."""
        asked = _ours(request)
        try:
            return _theirs(self.handler(asked, request.remote))
        except CodecError as error:
            return _theirs(asked.response("4.00", error.reason.encode()[:200]))

    async def render_to_pipe(self, pipe: Any) -> None:
        """One answer for each request; where it begins an observation, the pipe stays open for more."""
        response = await self.render(pipe.request)
        watched = pipe.request.opt.observe == 0 and response.opt.observe is not None
        if watched:
            token = pipe.request.token or b""
            self.watching[token] = pipe
            pipe.on_interest_end(lambda: self.ended(token))
        pipe.add_response(response, is_last=not watched)

    def ended(self, token: bytes) -> None:
        """Nobody wants to hear of this observation any more."""
        if self.watching.pop(token, None) is not None and self.gone is not None:
            self.gone(token)


class Endpoint:
    """A UDP port that answers by ``handler`` and asks by ``ask``.  Keeps state; ``close`` it."""

    def __init__(self, context: aiocoap.Context, host: str, port: int, site: _Site) -> None:
        self.context, self.host, self.port, self.site = context, host, port, site

    @classmethod
    async def open(cls, handler: CoapHandler, *, host: str = "127.0.0.1", port: int = 0) -> Endpoint:
        """Listen; port 0 takes a free one."""
        port = port or free_port(host)
        site = _Site(handler)
        context = await aiocoap.Context.create_server_context(site, bind=(host, port), transports=["udp6"])
        return cls(context, host, port, site)

    @property
    def uri(self) -> str:
        """Where it listens."""
        return f"coap://{self.host}:{self.port}"

    async def ask(self, request: Message, to: Any, *, seconds: float = 20.0) -> Message:
        """The response of ``to``: a base address as text, or the ``remote`` of a request that came.  Silent."""
        if isinstance(to, str):
            query = "&".join(f"{k}={v}" if v else k for k, v in request.queries)
            made = _theirs(msgspec_without(request, (11, 15)))
            made.set_request_uri(to.rstrip("/") + request.uri_path + (f"?{query}" if query else ""), set_uri_host=False)
        else:
            made = _theirs(request)
            made.remote = to
        try:
            asked = self.context.request(made, handle_blockwise=False)
            return _ours(await asyncio.wait_for(asked.response, seconds))
        except (aiocoap.error.Error, TimeoutError, OSError) as error:
            raise Silent(f"{request}: {str(error) or type(error).__name__}") from None

    def notify(self, token: bytes, message: Message) -> bool:
        """Send a notification to whoever observes with this token; False when nobody does any more."""
        pipe = self.site.watching.get(token)
        if pipe is not None:
            pipe.add_response(_theirs(message), is_last=False)
        return pipe is not None

    async def watch(self, request: Message, to: Any, *, seconds: float = 20.0) -> AsyncIterator[Message]:
        """The answers to a request that observes, the first at once; closing the iterator cancels.

        Who is slow hears the newest only, as RFC 7641 has it.  Silent when ``seconds`` pass without an answer.
        """
        made = _theirs(request)
        made.remote = to
        asked = self.context.request(made, handle_blockwise=False)
        more = aiter(asked.observation)
        try:
            first = _ours(await asyncio.wait_for(asked.response, seconds))
            yield first
            while first.observe is not None:
                yield _ours(await asyncio.wait_for(anext(more), seconds))
        except (aiocoap.error.Error, TimeoutError, OSError, StopAsyncIteration) as error:
            raise Silent(f"{request}: {str(error) or type(error).__name__}") from None
        finally:
            if not asked.observation.cancelled:
                asked.observation.cancel()

    async def close(self) -> None:
        """Stop."""
        await self.context.shutdown()


def msgspec_without(message: Message, numbers: tuple[int, ...]) -> Message:
    """The message without options of these numbers."""
    kept = tuple(option for option in message.options if option[0] not in numbers)
    return Message(message.type, message.code, message.mid, message.token, kept, message.payload)


async def get_all(endpoint: Endpoint, uri: str) -> bytes | None:
    """A whole body by Block2, from ``coap://host:port/path``; None when it cannot be had.  [RFC 7959 §2.4]"""
    base, path = _split(uri)
    body, at = b"", 0
    while True:
        block = Block(at, False, BLOCK)
        try:
            answer = await endpoint.ask(Message.request("GET", path, block2=block), base)
        except Silent:
            return None
        if answer.code != "2.05":
            return None
        body += answer.payload
        more = answer.all_of("Block2")
        if not more or not Block.of(more[0]).more:
            return body
        at += 1


def _split(uri: str) -> tuple[str, str]:
    scheme, _, rest = uri.partition("://")
    host, _, path = rest.partition("/")
    return f"{scheme}://{host}", "/" + path


def put_all(path: str, body: bytes, *, format: int = 42) -> tuple[Message, ...]:
    """The requests that write a body by Block1.  [RFC 7959 §2.5]"""
    pieces = range(0, max(1, len(body)), BLOCK)
    return tuple(
        Message.request(
            "PUT", path, body[at : at + BLOCK], format=format, block1=Block(at // BLOCK, at + BLOCK < len(body), BLOCK)
        )
        for at in pieces
    )


@dataclass(slots=True)
class CoapDevice:
    """A client of LwM2M on the air.  Keeps state: ``client`` is how it stands now."""

    client: Client
    verify: Verify
    endpoint: Endpoint | None = None
    ssid: int = 1
    seen: tuple[str, ...] = ()

    def _handle(self, request: Message, remote: Any) -> Message:
        self.client, response = self.client.handle(request, self.ssid)
        self.seen = (*self.seen, f"{request} {response.code}")
        return response

    async def start(self, server: str, *, host: str = "127.0.0.1") -> Message:
        """Listen, and register with the server at this address."""
        self.endpoint = await Endpoint.open(self._handle, host=host)
        response = await self.endpoint.ask(self.client.register(self.ssid), server)
        self.client = self.client.registered(self.ssid, response)
        return response

    def tell(self, now: float) -> int:
        """Send the notifications that are due by ``now``: how many observers were told."""
        assert self.endpoint is not None
        self.endpoint.site.gone = self._forget
        self.client, due = self.client.notifications(now)
        return sum(self.endpoint.notify(message.token, message) for _, message in due)

    def _forget(self, token: bytes) -> None:
        self.client = self.client.reset(self.ssid, token)

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


class Management:
    """A server of LwM2M on the air: registrations, and packages that clients may fetch.  Keeps state."""

    def __init__(self, files: Mapping[str, bytes] | None = None) -> None:
        self.server = Server()
        self.files = dict(files or {})
        self.remotes: dict[str, Any] = {}
        self.endpoint: Endpoint | None = None

    def _handle(self, request: Message, remote: Any) -> Message:
        if request.method == "GET" and request.uri_path in self.files and not request.unknown_critical:
            return _piece(request, self.files[request.uri_path])
        self.server, response = self.server.handle(request, asyncio.get_running_loop().time())
        for registration in self.server.registrations:
            if response.location == registration.location:
                self.remotes[registration.endpoint] = remote
        return response

    async def start(self, *, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen; the address."""
        self.endpoint = await Endpoint.open(self._handle, host=host, port=port)
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


def _piece(request: Message, body: bytes) -> Message:
    wanted = request.all_of("Block2")
    block = Block.of(wanted[0]) if wanted else Block(0, False, BLOCK)
    size = min(block.size, BLOCK)
    at = block.number * block.size
    if at and at >= len(body):
        return request.response("4.00")
    more = at + size < len(body)
    block2 = Block(at // size, more, size) if more or at else None
    return request.response("2.05", body[at : at + size], format=42, block2=block2)
