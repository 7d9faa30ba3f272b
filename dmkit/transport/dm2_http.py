"""DM 2.0 over HTTP, both sides, over aiohttp: a server with a repository beside it, and a client.

``await start(application(Serving(...)))`` listens; ``await session(client)`` calls out, and ``talk`` outside a loop.
Engines know nothing of it.  [dm20 sheet §2]
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import field, replace
from typing import Final

import aiohttp
from aiohttp import web

from dmkit.dm2.bootstrap import COMPLETE, blank, completed
from dmkit.dm2.client import Client
from dmkit.dm2.conversation import Conversation, Line
from dmkit.dm2.documents import INITIATION, RESPONSE, GenericAlert
from dmkit.dm2.exchange import HttpAnswer, HttpCall, Repository
from dmkit.dm2.objects import Objects
from dmkit.dm2.server import Server
from dmkit.dm2.subscriptions import due
from dmkit.transport.http_body import whole_body
from dmkit.words.errors import DmError
from dmkit.words.kept import Kept
from dmkit.words.records import dataclass

__all__ = ["Serving", "Unreachable", "application", "bootstrap", "changed", "session", "talk"]

_LARGEST: Final = 4 << 20
_SECONDS: Final = 30.0
_LINES: Final = 1 << 26
"""Octets of calls and answers that are kept to be looked at."""


def _octets(line: Line) -> int:
    return len(line.body) + sum(len(name) + len(value) for name, value in line.what.headers)


class Unreachable(DmError):
    """A call that got no answer: where it went, and why."""


@dataclass(slots=True)
class Serving:
    """A server and its repository as they stand now, and what was said, the last of it where it is much.  Keeps state.

    Packages come by POST with one of the two media types of DM 2.0, wherever they are addressed to (CONT sends them
    elsewhere); all else is the repository's.  Addresses in the repository are paths.
    """

    server: Server = field(default_factory=Server)
    repository: Repository = field(default_factory=Repository)
    lines: Kept[Line] = Kept(room=_LINES, weight=_octets)
    say: Callable[[Line], None] | None = None

    def take(self, call: HttpCall) -> HttpAnswer:
        """One call, its answer; both are noted."""
        kind = call.header("content-type").partition(";")[0].strip().lower()
        if call.method == "POST" and kind in (INITIATION, RESPONSE):
            step = self.server.receive(call)
            self.server, answer, events, to = step.server, step.answer, step.events, "server"
        else:
            answer, events, to = self.repository.answer(call), (), "repository"
            self.repository = self.repository.after(call)
        for line in (Line("client", to, call), Line(to, "client", answer, events)):
            self.lines = self.lines.put(line)
            if self.say is not None:
                self.say(line)
        return answer


def application(serving: Serving) -> web.Application:
    """What ``dmkit.transport.http.start`` listens with."""

    async def handle(request: web.Request) -> web.Response:
        headers = tuple((name.lower(), value) for name, value in request.headers.items())
        body = await request.read()
        over = str(id(request.transport))  # a name for as long as the connection lives
        answer = serving.take(HttpCall(request.method, request.path_qs, headers, body, over))
        return web.Response(status=answer.status, headers=dict(answer.headers), body=answer.body)

    app = web.Application(client_max_size=_LARGEST)
    app.router.add_route("*", "/{path:.*}", handle)
    return app


async def _called(http: aiohttp.ClientSession, call: HttpCall) -> HttpAnswer:
    try:
        async with http.request(
            call.method, call.uri, data=call.body or None, headers=dict(call.headers), allow_redirects=False
        ) as answer:
            body = await whole_body(answer, _LARGEST)
            if body is None:
                raise Unreachable(f"{call.uri}: an answer of more than {_LARGEST} octets")
            return HttpAnswer(answer.status, tuple((k.lower(), v) for k, v in answer.headers.items()), body)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        why = str(error) or type(error).__name__
        raise Unreachable(f"{call.method} {call.uri}: {why}") from None


async def _stored(http: aiohttp.ClientSession, call: HttpCall) -> HttpAnswer:
    """As a repository answers; one that cannot be reached is 503, a status of its command and not the end of all."""
    try:
        return await _called(http, call)
    except Unreachable as error:
        return HttpAnswer(503, (), str(error).encode()[:200])


def _http(context: ssl.SSLContext | None) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(ssl=context if context is not None else True)
    return aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=_SECONDS))


async def session(
    client: Client,
    *,
    notification: int | None = None,
    mos: bool = False,
    alerts: tuple[GenericAlert, ...] = (),
    context: ssl.SSLContext | None = None,
    late: bool = True,
) -> Conversation:
    """One session at the address of the client's account; with ``late``, then one more for each alert that is due.

    ``context`` checks certificates and may show one.  Unreachable when a call gets no answer: nothing is sent again.
    """
    lines: list[Line] = []
    before = client.objects
    async with _http(context) as http:
        step = client.start(notification=notification, mos=mos, alerts=alerts)
        while step.call is not None:
            to = "repository" if step.client.phase == "repository" else "server"
            lines.append(Line("client", to, step.call, step.events))
            answer = await (_stored(http, step.call) if to == "repository" else _called(http, step.call))
            lines.append(Line(to, "client", answer))
            step = step.client.receive(answer)
        if lines and step.events:
            lines[-1] = replace(lines[-1], events=step.events)
        client = step.client
        for call in due(client, before):
            lines += [Line("client", "repository", call), Line("repository", "client", await _stored(http, call))]
    if late and client.later:
        own, waiting = client.uri, client.later
        client = replace(client, later=())
        for uri, alert in waiting:
            more = await session(replace(client, uri=uri), alerts=(alert,), context=context, late=False)
            client, lines = replace(more.client, uri=own), [*lines, *more.lines]
    return Conversation(client, Server(), {}, tuple(lines))


async def changed(
    client: Client, before: Objects, *, context: ssl.SSLContext | None = None
) -> tuple[tuple[HttpCall, HttpAnswer], ...]:
    """Tell subscribers what has changed on the device since ``before``."""
    async with _http(context) as http:
        return tuple([(call, await _stored(http, call)) for call in due(client, before)])


async def bootstrap(device_id: str, uri: str, *, context: ssl.SSLContext | None = None) -> Conversation:
    """Ask the bootstrap server at ``uri``, then say BootstrapComplete to the server of the account that it gave.

    Lines of both sessions; the client of the bootstrap server when it gave none.  Unreachable.  [dm20 sheet §8]
    """
    first = await session(blank(device_id, uri), context=context)
    client = completed(first.client)
    if client is first.client:
        return first
    second = await session(client, alerts=(COMPLETE,), mos=True, context=context)
    return replace(second, lines=(*first.lines, *second.lines))


def talk(client: Client, *, mos: bool = False, context: ssl.SSLContext | None = None) -> Conversation:
    """``session``, outside an event loop."""
    return asyncio.run(session(client, mos=mos, context=context))
