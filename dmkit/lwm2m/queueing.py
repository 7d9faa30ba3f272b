"""Queue mode on the server's side: requests for clients that sleep, held until they speak.  A value.

A client in queue mode listens for a while behind what it said last; then it sleeps until it updates its registration.
The server holds what it wants of it, in order, one request under way at a time, and sends behind the answer to the
update.  What is not answered goes back to the front.  [lwm2m sheet §7; RFC 7252 §4.7, §4.8.2; UNSURE where it says so]

>>> from dmkit.lwm2m.client import Client
>>> from dmkit.lwm2m.store import STANDARD, Store
>>> client = Client("urn:imei:1", Store.of(STANDARD, {"/1/0/0": 1, "/1/0/1": 300}), queue=True)
>>> server = QueueServer().handle(client.register(1), now=0.0).server
>>> step = server.send("urn:imei:1", Message.request("GET", "/3/0/0"), now=100.0)
>>> step.sends, step.events
((), ('urn:imei:1: GET /3/0/0 is held, the client sleeps',))
>>> back = step.server.handle(Message.request("POST", "/rd/1"), now=200.0)
>>> back.answer.code, [message.uri_path for _, message in back.sends]
('2.04', ['/3/0/0'])
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from dmkit.lwm2m.coap import Message
from dmkit.lwm2m.server import Registration, Server
from dmkit.words.checked import checked
from dmkit.words.counts import many
from dmkit.words.errors import LocalProtocolError
from dmkit.words.kept import Kept
from dmkit.words.ranges import Count, Natural
from dmkit.words.tables import Queue, Table

__all__ = ["HeldRequest", "QueueRules", "QueueServer", "QueueStep"]


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRules:
    """How requests are held."""

    awake: Natural = 93
    """Seconds that a client listens behind what it said last: MAX_TRANSMIT_WAIT.  [RFC 7252 §4.8.2]"""
    tries: Count = 3
    """How often a request is sent that is not answered; then it is given up."""
    most: Count = 100
    """Requests that are held for one client."""
    over: Literal["drop", "keep"] = "drop"
    """Requests of a client whose registration ends: given up, or kept for the next one.  UNSURE [lwm2m sheet §7]"""


def _octets(result: tuple[HeldRequest, Message | None]) -> int:
    held, answer = result
    return len(held.request.payload) + (0 if answer is None else len(answer.payload))


_NO_RESULTS: Final[Kept[Any]] = Kept(weight=_octets)
_NOBODY: Final = Server()
_EMPTY: Final[Table[str, Any]] = Table()
_USUAL: Final = QueueRules()


@dataclass(frozen=True, slots=True)
class HeldRequest:
    """A request and its client; how often it was sent, and when last: None while it is held."""

    endpoint: str
    request: Message
    tries: int
    sent: float | None

    def __str__(self) -> str:
        return f"{self.endpoint}: {self.request.method} {self.request.uri_path}"


@dataclass(frozen=True, slots=True)
class QueueStep:
    """The server after it, what it answers, what it sends (endpoint, request), and sentences of what happened."""

    server: QueueServer
    answer: Message | None = None
    sends: tuple[tuple[str, Message], ...] = ()
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QueueServer:
    """A server and its requests; ``last_from`` is when each client spoke last, ``results`` what came, the last of it.

    ``held_for`` are the requests of each client, in order; ``under_way`` clients by when something was sent to them,
    which may have been answered meanwhile.  A message costs a look at its own client, and at what is late.
    """

    server: Server = _NOBODY
    rules: QueueRules = _USUAL
    held_for: Table[str, tuple[HeldRequest, ...]] = _EMPTY
    last_from: Table[str, float] = _EMPTY
    under_way: Queue[str] = field(default=Queue(), repr=False, compare=False)
    results: Kept[tuple[HeldRequest, Message | None]] = _NO_RESULTS
    notes: tuple[str, ...] = field(default=(), repr=False)

    @property
    def held(self) -> tuple[HeldRequest, ...]:
        """All requests that are held or under way, client by client."""
        return tuple(one for mine in self.held_for.values() for one in mine)

    # -- what comes, and what is wanted

    def send(self, endpoint: str, request: Message, now: float) -> QueueStep:
        """Want something of a client: it goes at once, or is held.

        LocalProtocolError for one that is not registered, or for which too much is held already.
        """
        here = self.passing(now)
        registration = here.server.find(endpoint)
        if registration is None:
            raise LocalProtocolError(f"{endpoint[:60]} is not registered")
        mine = here.held_for.get(endpoint, ())
        if len(mine) >= self.rules.most:
            raise LocalProtocolError(
                f"{many(len(mine), 'request is', 'requests are')} held for {endpoint[:60]}, the most that there may be"
            )
        one = HeldRequest(endpoint, request, 0, None)
        why = "another one is under way" if any(held.sent is not None for held in mine) else "the client sleeps"
        queued = here._holds(endpoint, (*mine, one))
        step = queued._go(endpoint, now)
        going = step.sends and step.sends[0][1] == request
        return step if going else replace(step, events=(*step.events, f"{one} is held, {why}"))

    def handle(self, request: Message, now: float) -> QueueStep:
        """A client registers, updates, leaves; behind the answer goes what was held for it."""
        here = self.passing(now)
        server, answer = here.server.handle(request, now)
        known = here.server.at(request.uri_path)
        here = replace(here, server=server)
        if answer.code not in ("2.01", "2.02", "2.04"):
            return replace(here._told(), answer=answer)
        if answer.code == "2.02":
            assert known is not None
            return replace(here._ended(known.endpoint)._told(), answer=answer)
        registration = server.at(answer.location or request.uri_path)
        assert registration is not None
        endpoint = registration.endpoint
        here = here._hears(endpoint, now)
        if answer.code == "2.01":  # whatever was under way belongs to the registration before
            mine = here.held_for.get(endpoint, ())
            here = here._holds(endpoint, tuple(replace(one, sent=None) for one in mine))
        return replace(here._go(endpoint, now), answer=answer)

    def answered(self, endpoint: str, response: Message, now: float) -> QueueStep:
        """The client answers what is under way; the next goes.  An answer to nothing changes nothing."""
        here = self.passing(now)
        mine = here.held_for.get(endpoint, ())
        asked = next((one for one in mine if one.sent is not None), None)
        if asked is None or response.token != asked.request.token:
            return replace(here._told(), events=(*here.notes, f"{endpoint}: an answer to nothing"))
        here = here._hears(endpoint, now)
        here = here._holds(endpoint, tuple(one for one in mine if one is not asked))
        return replace(here, results=here.results.put((asked, response)))._go(endpoint, now)

    # -- time

    def passing(self, now: float) -> QueueServer:
        """The same at a later time: registrations end, what was not answered is held again, or given up."""
        alive, ended = self.server.passing(now)
        here = replace(self, server=alive)
        for registration in ended:
            here = here._ended(registration.endpoint)
        while (first := here.under_way.first) is not None and now - first[0] > self.rules.awake:
            sent, endpoint = first
            here = replace(here, under_way=here.under_way.rest)
            mine = here.held_for.get(endpoint, ())
            late = next((one for one in mine if one.sent == sent), None)
            if late is None:
                continue
            if late.tries >= self.rules.tries:
                here = here._holds(endpoint, tuple(one for one in mine if one is not late))
                here = here._given_up(late, f"not answered in {many(late.tries, 'try')}")
            else:
                here = here._holds(endpoint, tuple(replace(one, sent=None) if one is late else one for one in mine))
                note = f"{late} is not answered and held again; it may be done twice"
                here = replace(here, notes=(*here.notes, note))
        return here

    def listens(self, registration: Registration, now: float) -> bool:
        """Whether a client hears: always, or in queue mode for a while behind what it said last."""
        last = self.last_from.get(registration.endpoint, registration.updated)
        return not registration.queue or now - last <= self.rules.awake

    # -- inside

    def _hears(self, endpoint: str, now: float) -> QueueServer:
        return replace(self, last_from=self.last_from.put(endpoint, now))

    def _holds(self, endpoint: str, mine: tuple[HeldRequest, ...]) -> QueueServer:
        held_for = self.held_for.put(endpoint, mine) if mine else self.held_for.without(endpoint)
        return replace(self, held_for=held_for)

    def _given_up(self, one: HeldRequest, why: str) -> QueueServer:
        return replace(self, results=self.results.put((one, None)), notes=(*self.notes, f"{one} is given up: {why}"))

    def _ended(self, endpoint: str) -> QueueServer:
        here = replace(self, last_from=self.last_from.without(endpoint))
        mine = self.held_for.get(endpoint, ())
        if self.rules.over == "keep":
            return here._holds(endpoint, tuple(replace(one, sent=None) for one in mine))
        for one in mine:
            here = here._given_up(one, "its registration is over")
        return here._holds(endpoint, ())

    def _go(self, endpoint: str, now: float) -> QueueStep:
        """The first request of a client goes when it listens and nothing is under way.  [RFC 7252 §4.7, NSTART]"""
        registration = self.server.find(endpoint)
        mine = self.held_for.get(endpoint, ())
        busy = any(one.sent is not None for one in mine)
        if not mine or busy or registration is None or not self.listens(registration, now):
            return self._told()
        going = replace(mine[0], sent=now, tries=mine[0].tries + 1)
        here = replace(self._holds(endpoint, (going, *mine[1:])), under_way=self.under_way.put(now, endpoint))
        return replace(here._told(), sends=((endpoint, going.request),))

    def _told(self) -> QueueStep:
        return QueueStep(replace(self, notes=()), events=self.notes)
