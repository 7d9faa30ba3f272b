"""A UDP port that speaks CoAP both ways.  Sockets, retransmission and tokens are aiocoap's (extra ``lwm2m``).

aiocoap passes over unknown critical options, If-Match and If-None-Match in ordinary resources; here a handler of ours
sees every option of every request.  With keys the port speaks DTLS 1.2 with pre-shared keys, by tinydtls: the library
DTLSSocket, which aiocoap takes for it, is asked for when it is needed (``pip install DTLSSocket``).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from importlib.util import find_spec
from typing import Any, Final, TypeAlias

import aiocoap
from aiocoap import interfaces
from aiocoap.credentials import CredentialsMap
from aiocoap.numbers import OptionNumber

from dmkit.lwm2m.coap import Message, number
from dmkit.words.errors import CodecError, ConfigError, DmError
from dmkit.words.records import dataclass

__all__ = ["Endpoint", "PreSharedKey", "Silent", "free_port", "named_by"]

CoapHandler: TypeAlias = Callable[[Message, Any], Message]
"""A request and who sent it -> the response."""


@dataclass(frozen=True, slots=True)
class PreSharedKey:
    """What proves who speaks in DTLS: an identity and a key.

    >>> PreSharedKey("urn:imei:1", b"secret").row
    {'dtls': {'psk': {'hex': '736563726574'}, 'client-identity': {'hex': '75726e3a696d65693a31'}}}
    """

    identity: str
    key: bytes

    @property
    def row(self) -> dict[str, dict[str, dict[str, str]]]:
        """As aiocoap has it."""
        identity = self.identity.encode().hex()
        return {"dtls": {"psk": {"hex": self.key.hex()}, "client-identity": {"hex": identity}}}


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


def _theirs(message: Message, to: str = "") -> aiocoap.Message:
    """The same as aiocoap has it; with ``to``, a base address, for that address."""
    made = aiocoap.Message(code=aiocoap.Code(number(message.code)), payload=message.payload)
    if to:
        made.set_request_uri(to, set_uri_host=False)
    for option, value in message.options:
        made.opt.add_option(OptionNumber(option).create_option(decode=value))
    return made


class _Site(interfaces.Resource):  # type: ignore[misc]
    """Every path is the handler's."""

    def __init__(self, handler: CoapHandler) -> None:
        super().__init__()
        self.handler = handler
        self.watching: dict[tuple[Any, bytes], Any] = {}
        """Observations by who observes and its token: a token is of one pair of ends.  [RFC 7252 §5.3.1]"""
        self.gone: Callable[[Any, bytes], None] | None = None

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
            self.watching[pipe.request.remote, pipe.request.token or b""] = pipe
            pipe.on_interest_end(lambda: self.ended(pipe))
        pipe.add_response(response, is_last=not watched)

    def ended(self, pipe: Any) -> None:
        """Nobody wants to hear of this observation any more; one that was begun anew goes on."""
        key = remote, token = pipe.request.remote, pipe.request.token or b""
        if self.watching.get(key) is pipe:
            del self.watching[key]
            if self.gone is not None:
                self.gone(remote, token)


class Endpoint:
    """A UDP port that answers by ``handler`` and asks by ``ask``.  Keeps state; ``close`` it."""

    def __init__(self, context: aiocoap.Context, host: str, port: int, site: _Site, scheme: str = "coap") -> None:
        self.context, self.host, self.port, self.site, self.scheme = context, host, port, site, scheme

    @classmethod
    async def open(
        cls, handler: CoapHandler, *, host: str = "127.0.0.1", port: int = 0, keys: Iterable[PreSharedKey] = ()
    ) -> Endpoint:
        """Listen; port 0 takes a free one.  With ``keys`` only who proves one of these identities is heard."""
        port = port or free_port(host)
        site, keys = _Site(handler), tuple(keys)
        if not keys:
            context = await aiocoap.Context.create_server_context(site, bind=(host, port), transports=["udp6"])
            return cls(context, host, port, site)
        _need_tinydtls()
        known = CredentialsMap()
        known.load_from_dict({f":{key.identity}": key.row for key in keys})
        context = await aiocoap.Context.create_server_context(
            site, bind=(host, port - _APART), transports=["tinydtls_server"], server_credentials=known
        )
        _let_the_server_ask(context)
        return cls(context, host, port, site, "coaps")

    @classmethod
    async def open_secure(cls, handler: CoapHandler, server: str, key: PreSharedKey) -> Endpoint:
        """The other side of DTLS: who calls ``server`` (``coaps://host:port``) with this key, and is asked over the
        same channel."""
        _need_tinydtls()
        site = _Site(handler)
        context = await aiocoap.Context.create_server_context(site, transports=["tinydtls"])
        context.client_credentials.load_from_dict({f"{server.rstrip('/')}/*": key.row})
        return cls(context, "", 0, site, "coaps")

    @property
    def uri(self) -> str:
        """Where it listens."""
        return f"{self.scheme}://{self.host}:{self.port}"

    async def ask(self, request: Message, to: Any, *, seconds: float = 20.0) -> Message:
        """The response of ``to``: a base address as text, or the ``remote`` of a request that came.  Silent."""
        made = _theirs(request, to if isinstance(to, str) else "")
        if not isinstance(to, str):
            made.remote = to
        try:
            asked = self.context.request(made, handle_blockwise=False)
            return _ours(await asyncio.wait_for(asked.response, seconds))
        except (aiocoap.error.Error, TimeoutError, OSError) as error:
            raise Silent(f"{request}: {str(error) or type(error).__name__}") from None

    def notify(self, remote: Any, token: bytes, message: Message) -> bool:
        """Send a notification to ``remote``, who observes with this token; False when it does no more.

        One without a count is the last: what was observed is gone, or the right to it.
        """
        pipe = self.site.watching.get((remote, token))
        if pipe is None:
            return False
        last = message.observe is None
        if last:
            del self.site.watching[remote, token]
        pipe.add_response(_theirs(message), is_last=last)
        return True

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


def named_by(remote: Any) -> str:
    """The identity that whoever sent a request has proved by its key; empty in the open."""
    return next((claim[1:] for claim in getattr(remote, "authenticated_claims", ()) if claim), "")


_APART: Final = 1
"""aiocoap listens for DTLS so many ports above the one that it is given."""


def _need_tinydtls() -> None:
    if find_spec("DTLSSocket") is None:
        raise ConfigError("DTLS needs the library that aiocoap takes for it: pip install DTLSSocket")


def _let_the_server_ask(context: aiocoap.Context) -> None:
    """aiocoap 0.4.17 does not know the peers of its DTLS server again: nothing could be asked of them; here it does."""
    from aiocoap.transports.tinydtls_server import _AddressDTLS

    for manager in context.request_interfaces:
        interface = manager.token_interface.message_interface

        async def known(remote: Any) -> bool:
            return isinstance(remote, _AddressDTLS)

        interface.recognize_remote = known
