"""The HTTP binding, both sides, over aiohttp: one message a request, the answer in its response.  [session sheet §10]

A server: ``await start(application(server), ...)``.  A device: ``await exchange(session, ...)`` or, outside
an event loop, ``talk(device)``.  Engines know nothing of it; here is where time and sockets live.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable
from email.utils import parsedate_to_datetime
from typing import Final

import aiohttp
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from dmkit.device.device import Device
from dmkit.session.client import ClientSession
from dmkit.session.events import Step
from dmkit.transport.answering import (
    KINDS,
    MAC_HEADER,
    Answering,
    PacketObserver,
    Receive,
    ServedAnswer,
    ServerLimits,
    refused,
)
from dmkit.transport.connection import Lane, ServedConnection
from dmkit.transport.half_open import HalfOpen
from dmkit.transport.http_body import plain, whole_body
from dmkit.transport.redact import TOKEN_MARK
from dmkit.views.transcript import Transcript
from dmkit.wire.codec import codec_for
from dmkit.wire.compiled import Switch
from dmkit.words.counts import many
from dmkit.words.errors import CodecError, ConfigError, DmError
from dmkit.words.model import Alert, Packet
from dmkit.words.records import dataclass

__all__ = [
    "HttpError",
    "HttpServer",
    "ServerLimits",
    "application",
    "client_context",
    "exchange",
    "reserve",
    "server_context",
    "start",
    "talk",
]

ACCEPT: Final = "application/vnd.syncml.dm+wbxml, application/vnd.syncml.dm+xml"
_BUSY: Final = frozenset({429, 503})
_LARGEST_ANSWER: Final = 16 << 20
_LOG: Final = logging.getLogger("dmkit.http")
HALF_OPEN: Final = web.AppKey("half_open", HalfOpen)
"""Where an application keeps its half-open connections."""
LANE: Final = web.AppKey("lane", Lane)
"""Where it keeps how usual requests are answered."""


class HttpError(DmError):
    """The other side answered something that is no message; ``status`` is the HTTP status, 0 without an answer."""

    def __init__(self, reason: str, status: int = 0) -> None:
        super().__init__(reason)
        self.status = status


# -- serving ------------------------------------------------------------------------------------------------------


def application(
    receive: Receive,
    *,
    commit: Callable[[], bool] | None = None,
    path: str = "/dm",
    limits: ServerLimits | None = None,
    clock: Callable[[], float] = time.time,
    observe: PacketObserver | None = None,
    expire: Callable[[float, float], object] | None = None,
) -> web.Application:
    """An aiohttp application that answers messages at ``path``; the query of the URL plays no part.

    ``commit`` is called once after all messages that came at once; their answers leave when it says True.
    ``expire(now, idle)`` is called from time to time to end silent sessions.
    """
    limits = limits or ServerLimits()
    answering = Answering(receive, commit=commit, limits=limits, clock=clock, observe=observe)

    async def post(request: web.Request) -> web.Response:
        kind, peer = plain(request.headers.get("Content-Type", "")), request.remote or ""
        if kind and kind.partition(";")[0].strip().lower() not in KINDS:
            return _response(refused(peer, 415, f"{kind[:80]!r} is no media type of OMA DM; {KINDS[0]} would be"))
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _response(refused(peer, 413, f"a request has at most {limits.request} octets"))
        mac = request.headers.get(MAC_HEADER)
        packet = Packet(_url_of(request), body, kind, {MAC_HEADER: plain(mac)} if mac else {})
        answer = await answering.answer(packet, peer)
        if answer is None:
            raise web.HTTPInternalServerError
        return _response(answer)

    async def get(request: web.Request) -> web.Response:
        return web.Response(text="An OMA Device Management server. Devices POST their messages here.\n")

    app = web.Application(client_max_size=limits.request)
    half_open = app[HALF_OPEN] = HalfOpen(limits.half_open, limits.arrival)
    app[LANE] = Lane(path, answering, token=TOKEN_MARK)

    async def answered(request: web.Request, response: web.StreamResponse) -> None:
        half_open(request.transport)

    app.on_response_prepare.append(answered)
    app.router.add_post(path, post)
    app.router.add_post(f"{path.rstrip('/')}/{{session:{TOKEN_MARK}[A-Za-z0-9_-]{{16,64}}}}", post)
    app.router.add_get(path, get)
    if expire is not None:
        app.cleanup_ctx.append(_expiring(expire, limits, clock))
    return app


def _url_of(request: web.Request) -> str:
    """Where the request went; its path alone when the Host header makes no address."""
    try:
        return str(request.url)
    except ValueError:
        return str(request.rel_url)


def _response(answer: ServedAnswer) -> web.Response:
    return web.Response(status=answer.status, body=answer.body, headers=answer.headers)


def _expiring(
    expire: Callable[[float, float], object], limits: ServerLimits, clock: Callable[[], float]
) -> Callable[[web.Application], AsyncIterator[None]]:
    async def run(app: web.Application) -> AsyncIterator[None]:
        async def watch() -> None:
            while True:
                await asyncio.sleep(max(1.0, limits.idle / 10))
                try:
                    expire(clock(), limits.idle)
                except Exception:  # said, and tried again next time: one bad moment must not end all expiry
                    _LOG.exception("silent sessions could not be ended")

        task = asyncio.create_task(watch())
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    return run


@dataclass(slots=True)
class HttpServer:
    """A server that is up: its address, and how to end it."""

    url: str
    runner: web.AppRunner
    listener: asyncio.Server
    half_open: HalfOpen

    async def close(self) -> None:
        """Stop listening and end open connections."""
        self.listener.close()
        await asyncio.sleep(0)  # what came is written and answered
        await self.runner.cleanup()
        self.half_open.close()


def reserve(host: str, port: int = 0) -> socket.socket:
    """A listening socket; port 0 takes any free one.  ConfigError when the address cannot be had."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, OverflowError) as error:
        raise ConfigError(f"cannot listen on {host}:{port}: {error}") from None


async def start(
    app: web.Application,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    path: str = "/dm",
    context: ssl.SSLContext | None = None,
    sock: socket.socket | None = None,
) -> HttpServer:
    """Listen, on ``sock`` when there is one; port 0 takes any free one.  ConfigError when the address is taken."""
    sock = sock or reserve(host, port)
    runner = web.AppRunner(app, access_log=None, logger=_Sentences(_LOG))
    await runner.setup()
    half_open = app.get(HALF_OPEN) or HalfOpen(ServerLimits().half_open, 0.0)
    server = runner.server
    assert server is not None
    lane = app.get(LANE) if Switch.fast and not app.middlewares else None
    listener = await asyncio.get_running_loop().create_server(
        lambda: ServedConnection(half_open, lane, server), sock=sock, ssl=context, backlog=128
    )
    scheme = "https" if context is not None else "http"
    where = f"[{host}]" if ":" in host else host
    return HttpServer(f"{scheme}://{where}:{sock.getsockname()[1]}{path}", runner, listener, half_open)


class _Sentences(logging.LoggerAdapter[logging.Logger]):
    """What aiohttp says of broken requests, as one sentence each: a stranger's octets are no fault of the program."""

    def __init__(self, logger: logging.Logger) -> None:
        super().__init__(logger, {})

    def exception(self, msg: object, *args: object, exc_info: object = True, **_: object) -> None:
        text = str(msg) % args if args else str(msg)
        if isinstance(exc_info, ConnectionError):
            self.logger.warning("%s: the peer went away before its request was whole", text)
        elif isinstance(exc_info, HttpProcessingError):
            self.logger.warning("%s: no HTTP request that is taken here (%s)", text, type(exc_info).__name__)
        else:
            self.logger.error("%s", text, exc_info=exc_info if isinstance(exc_info, BaseException) else None)


def server_context(
    certificate: str, key: str, *, client_ca: str | None = None, demand_client: bool = False
) -> ssl.SSLContext:
    """TLS for a server; with ``client_ca`` a client certificate is asked for, or demanded.  [DMSEC §5.3, §5.5]"""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _load(context.load_cert_chain, certificate, key)
    if client_ca is not None:
        _load(context.load_verify_locations, client_ca)
        context.verify_mode = ssl.CERT_REQUIRED if demand_client else ssl.CERT_OPTIONAL
    return context


def client_context(ca: str | None = None, *, certificate: str | None = None, key: str | None = None) -> ssl.SSLContext:
    """TLS for a device: the server's certificate is always checked, against ``ca`` or the system's authorities."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        _load(context.load_verify_locations, ca)
    if certificate is not None:
        _load(context.load_cert_chain, certificate, key or certificate)
    return context


def _load(loader: Callable[..., object], *files: str) -> None:
    try:
        loader(*files)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"TLS: cannot use {', '.join(files)}: {error}") from None


# -- a device's side ----------------------------------------------------------------------------------------------


async def exchange(
    session: ClientSession,
    http: aiohttp.ClientSession,
    *,
    timeout: float = 30.0,
    patience: int = 3,
    longest_wait: float = 60.0,
    now: Callable[[], float] = time.time,
    context: ssl.SSLContext | None = None,
    say: Callable[[str], object] = lambda sentence: None,
) -> list[Step]:
    """Run ``session`` to its end over HTTP and give its steps, the server's among them.

    A lost answer is told to the session, which sends again.  429 and 503 are obeyed: at most ``patience`` times, each
    at most ``longest_wait`` seconds; ``say`` is told of each wait.  HttpError when the other side is no DM server or
    cannot be trusted.
    """
    step = session.start(now())
    steps = [step]
    waits = 0
    while (packet := step.reply) is not None:
        try:
            answer, busy = await _post(http, packet, timeout, context, now)
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):
            raise HttpError(f"{packet.to!r} is no address of http or https") from None
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError) as error:
            if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
                raise HttpError(f"the server's certificate is not to be trusted: {error}") from None
            step = session.expire(now())
            steps.append(step)
            if step.reply is None:
                raise HttpError(f"no answer from {packet.to}: {error or type(error).__name__}") from None
            continue
        except ValueError:
            raise HttpError(f"{packet.to!r} is no address of http or https") from None
        except aiohttp.ClientError as error:
            raise HttpError(f"{packet.to} does not answer as an HTTP server does: {_first_line(error)}") from None
        if answer is None:
            waits += 1
            if waits > patience:
                raise HttpError(
                    f"the server is busy and stays so: {packet.to} answered {busy}, {many(waits, 'time')}", busy.status
                )
            seconds = min(busy.seconds, longest_wait)
            say(f"the server answered {busy}; the same message goes out again in {seconds:g} s")
            await asyncio.sleep(seconds)
            continue
        steps.append(Step("server", packet, answer))
        step = session.receive(answer, now())
        steps.append(step)
        if step.reply is None and session.waiting:
            step = session.expire(now())
            steps.append(step)
    return steps


@dataclass(frozen=True, slots=True)
class _Busy:
    """A server that asks for patience: its status, what it said, for how many seconds."""

    status: int = 0
    reason: str = ""
    seconds: float = 0.0

    def __str__(self) -> str:
        return f"{self.status} ({self.reason})" if self.reason else str(self.status)


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines)[:200] or type(error).__name__


def seconds_to_wait(value: str, now: float) -> float:
    """Seconds that a Retry-After header means, as digits or as a date; 1 when it means nothing.  [RFC 9110 §10.2.3]

    >>> seconds_to_wait("30", 0.0), seconds_to_wait("\u00b2", 0.0), seconds_to_wait("-5", 0.0)
    (30.0, 1.0, 1.0)
    >>> seconds_to_wait("Thu, 01 Jan 1970 00:01:00 GMT", 20.0)
    40.0
    """
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(parsedate_to_datetime(text).timestamp() - now, 0.0)
    except (ValueError, TypeError, OverflowError, IndexError):
        return 1.0


async def _post(
    http: aiohttp.ClientSession,
    packet: Packet,
    timeout: float,
    context: ssl.SSLContext | None,
    now: Callable[[], float],
) -> tuple[Packet | None, _Busy]:
    """The answer; or None and how long to wait."""
    headers = {
        "Content-Type": packet.media_type,
        "Accept": ACCEPT,
        "Accept-Charset": "utf-8",
        "Cache-Control": "no-store",
        "User-Agent": "dmkit",
        **packet.headers,
    }
    async with http.post(
        packet.to,
        data=packet.body,
        headers=headers,
        ssl=context if context is not None else True,
        timeout=aiohttp.ClientTimeout(total=timeout),
        allow_redirects=False,  # a proof goes to the address of the account or to the RespURI, nowhere else
    ) as response:
        body = await whole_body(response, _LARGEST_ANSWER)
        if body is None:
            raise HttpError(f"{packet.to} answered with more than {_LARGEST_ANSWER} octets", response.status)
        reason = plain(body[:200].decode("utf-8", "replace").strip())
        if response.status in _BUSY:
            wait = seconds_to_wait(response.headers.get("Retry-After", "1"), now())
            return None, _Busy(response.status, reason or response.reason or "", wait)
        if response.status != 200:
            raise HttpError(f"{packet.to} answered {response.status}: {reason or response.reason}", response.status)
        mac = response.headers.get(MAC_HEADER)
        kind = plain(response.headers.get("Content-Type", ""))
    try:
        codec_for(kind, body)
    except CodecError:
        raise HttpError(f"{packet.to} answered with {kind or 'nothing'}, which is no DM message", 200) from None
    return Packet("", body, kind, {MAC_HEADER: plain(mac)} if mac else {}), _Busy()


def talk(
    device: Device,
    *,
    alerts: tuple[Alert, ...] = (),
    session_id: str | None = None,
    session: ClientSession | None = None,
    timeout: float = 30.0,
    context: ssl.SSLContext | None = None,
    say: Callable[[str], object] = lambda sentence: None,
) -> Transcript:
    """One session of ``device`` with the server of its first account, over HTTP, to its end.

    ``session_id`` names it; ``session`` is one that a push has made, in place of a new one; ``say`` is told what the
    device waits for.  For scripts; inside an event loop use ``exchange``.
    """

    async def run() -> list[Step]:
        async with aiohttp.ClientSession() as http:
            begun = session or device.connect(session_id=session_id, alerts=alerts)
            return await exchange(begun, http, timeout=timeout, context=context, say=say)

    return Transcript.of(asyncio.run(run()))
