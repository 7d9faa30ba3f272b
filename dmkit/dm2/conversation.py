"""A client, a server and repositories, joined in memory: what travels, in order.

>>> import dmkit as dm
>>> from dmkit.dm2.commands import Command
>>> from dmkit.dm2.objects import Objects
>>> moid = "urn:oma:mo:oma-dm-devinfo:1.2"
>>> objects = Objects.of({moid: {"1": dm.Tree.of({"./Man": "Open Mobile Alliance"}).find(())}})
>>> client = Client("IMEI:1", objects.granted("server"))
>>> def job(info):
...     [status] = yield [Command.of("GET", f"{moid}//Man")]
...     return status.mos[0].nodes["Man"]
>>> talk = converse(client, Server().with_job("IMEI:1", "read", job))
>>> talk.server.results
(('IMEI:1', 'read', 'Open Mobile Alliance'),)
>>> [len(line.body) for line in talk.lines], talk.trips
([65, 54, 122, 17], 2)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeAlias

from dmkit.dm2.client import Client, ClientStep
from dmkit.dm2.documents import GenericAlert
from dmkit.dm2.exchange import HttpAnswer, HttpCall, Repository
from dmkit.dm2.server import Server
from dmkit.words.asked import asked

__all__ = ["Conversation", "Line", "Tap", "converse", "shown", "steps"]

Tap: TypeAlias = Callable[[int, "HttpCall | HttpAnswer"], "HttpCall | HttpAnswer | None"]
"""What the network does to what travels: number of the piece from 0, the piece -> the piece, another, or None: lost."""


@dataclass(frozen=True, slots=True)
class Line:
    """One piece that travelled: from whom to whom, the call or the answer, and what its sender noted."""

    sender: str
    receiver: str
    what: HttpCall | HttpAnswer
    events: tuple[str, ...] = ()
    lost: bool = False

    @property
    def body(self) -> bytes:
        """The octets of the body."""
        return self.what.body


@dataclass(frozen=True, slots=True)
class Conversation:
    """Both sides at the end, the repositories, and what travelled."""

    client: Client
    server: Server
    repositories: Mapping[str, Repository]
    lines: tuple[Line, ...]

    @property
    def trips(self) -> int:
        """Calls that were made, of the server and of repositories."""
        return sum(isinstance(line.what, HttpCall) for line in self.lines)

    def __str__(self) -> str:
        return "\n".join(shown(line) for line in self.lines)


@asked
def shown(line: Line) -> str:
    """A line of text: who to whom, the call or the status, the body."""
    what = line.what
    head = f"{what.method} {what.uri}" if isinstance(what, HttpCall) else f"{what.status}"
    body = what.body.decode("utf-8", "replace")
    return f"{line.sender} -> {line.receiver}  {head}  {body}".rstrip() + ("  (lost)" if line.lost else "")


def _host(uri: str) -> str:
    return uri.partition("://")[2].partition("/")[0]


@asked
def converse(
    client: Client,
    server: Server,
    repositories: Mapping[str, Repository] = MappingProxyType({}),
    *,
    notification: int | None = None,
    mos: bool = False,
    alerts: tuple[GenericAlert, ...] = (),
    tap: Tap | None = None,
) -> Conversation:
    """A whole session; ``repositories`` by host name.  What is lost ends it: no package is sent twice by itself."""
    *_, last = steps(client, server, repositories, notification=notification, mos=mos, alerts=alerts, tap=tap)
    return last


@asked
def steps(
    client: Client,
    server: Server,
    repositories: Mapping[str, Repository] = MappingProxyType({}),
    *,
    notification: int | None = None,
    mos: bool = False,
    alerts: tuple[GenericAlert, ...] = (),
    tap: Tap | None = None,
) -> Iterator[Conversation]:
    """The same, piece by piece: the conversation so far behind each piece that travelled."""
    stores = dict(repositories)
    lines: list[Line] = []
    step: ClientStep = client.start(notification=notification, mos=mos, alerts=alerts)

    def sent(
        sender: str, receiver: str, what: HttpCall | HttpAnswer, events: tuple[str, ...]
    ) -> HttpCall | HttpAnswer | None:
        arrived = what if tap is None else tap(len(lines), what)
        lines.append(Line(sender, receiver, what if arrived is None else arrived, events, arrived is None))
        return arrived

    while step.call is not None:
        host = _host(step.call.uri)
        to = "repository" if host in stores and step.client.phase == "repository" else "server"
        if step.client.phase == "repository":
            to = "repository"
        arrived = sent("client", to, step.call, step.events)
        yield Conversation(step.client, server, stores, tuple(lines))
        if arrived is None:
            return
        assert isinstance(arrived, HttpCall)
        if to == "repository":
            store = stores.get(host, Repository())
            answer = store.answer(arrived)
            events: tuple[str, ...] = ()
            stores[host] = store.after(arrived)
        else:
            made = server.receive(arrived)
            server, answer, events = made.server, made.answer, made.events
        back = sent(to, "client", answer, events)
        yield Conversation(step.client, server, stores, tuple(lines))
        if back is None:
            return
        assert isinstance(back, HttpAnswer)
        step = step.client.receive(back)
    if lines and step.events:
        lines[-1] = replace(lines[-1], events=(*lines[-1].events, *step.events))
    yield Conversation(step.client, server, stores, tuple(lines))
