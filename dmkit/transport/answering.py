"""What is answered over HTTP: a packet in, what stands in the response out, one commit for all that came at once.

Messages that arrive in the same turn of the event loop are taken one after the other; then ``commit`` is called once,
and only when it has said True their answers leave.  [session sheet §10]
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, NamedTuple

from dmkit.session.events import Event, Refused, Step, Unreadable
from dmkit.session.states import SERVER
from dmkit.words.checked import checked
from dmkit.words.model import Packet
from dmkit.words.ranges import Count, Natural, Seconds, SomeSeconds
from dmkit.words.records import dataclass

__all__ = [
    "KINDS",
    "MAC_HEADER",
    "Answering",
    "PacketObserver",
    "Receive",
    "ServedAnswer",
    "ServerLimits",
    "refused",
    "unwritten",
]  # fmt: skip

MAC_HEADER: Final = "x-syncml-hmac"
KINDS: Final = (
    "application/vnd.syncml.dm+xml",
    "application/vnd.syncml.dm+wbxml",
    "application/vnd.syncml+xml",
    "application/vnd.syncml+wbxml",
)
_TEXT: Final = "text/plain; charset=utf-8"
_LOG: Final = logging.getLogger("dmkit.http")

Receive = Callable[[Packet, float], Step | Awaitable[Step]]
"""What stands behind the address: takes a packet and the time, gives a step."""
PacketObserver = Callable[[str, Packet, float, tuple[Event, ...]], None]
"""Told of every message: who sent it, the packet, when, and what happened."""


@checked
@dataclass(frozen=True, slots=True)
class ServerLimits:
    """What a server puts up with.

    ``request``: octets of one request.  ``idle``: seconds of silence after which a session ends.  ``retry_after``:
    seconds that a device is told to wait when there are too many sessions.  ``half_open``: connections of one peer
    address on which no whole request has come yet; ``arrival``: seconds that a request may take to come.
    """

    request: Count = 1 << 20
    idle: SomeSeconds = 300.0
    retry_after: Natural = 30
    half_open: Natural = 64
    arrival: Seconds = 30.0


class ServedAnswer(NamedTuple):
    """A response: its status, headers and octets."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Then = Callable[[ServedAnswer | None], None]
"""Told the answer; None when the program itself failed, which is in the log."""


def refused(
    peer: str, status: int, why: str, *, logged: str = "", headers: Mapping[str, str] | None = None
) -> ServedAnswer:
    """A refusal in one sentence, said to the log as well; ``logged`` instead where ``why`` may quote the body."""
    _LOG.warning("%s to %s: %s", status, peer, logged or why)
    return ServedAnswer(
        status, {"Content-Type": _TEXT, **(headers or {})}, f"{why}\n".encode("utf-8", "backslashreplace")
    )


class Answering:
    """Hands packets to ``receive`` and answers to who asked; where there is a ``commit``, after it has said True."""

    def __init__(
        self,
        receive: Receive,
        *,
        commit: Callable[[], bool] | None = None,
        limits: ServerLimits,
        clock: Callable[[], float],
        observe: PacketObserver | None = None,
    ) -> None:
        self.receive = receive
        self.commit = commit
        self.limits = limits
        self.clock = clock
        self.observe = observe
        self._turn: list[tuple[Packet, Step, str, float, Then]] = []
        self._later: set[asyncio.Future[Step]] = set()

    def hand(self, packet: Packet, peer: str, then: Then) -> None:
        """Take ``packet`` of ``peer``, an address for the log; tell ``then`` the answer: now, or after the commit."""
        now = self.clock()
        try:
            step = self.receive(packet, now)
        except Exception:
            _LOG.exception("Error handling request from %s", peer)
            then(None)
            return
        if not isinstance(step, Step):
            self._wait(asyncio.ensure_future(step), packet, peer, now, then)
        elif self.commit is None:
            self._say(packet, step, peer, now, then)
        else:
            if not self._turn:
                asyncio.get_running_loop().call_soon(self._commit)
            self._turn.append((packet, step, peer, now, then))

    async def answer(self, packet: Packet, peer: str) -> ServedAnswer | None:
        """As ``hand``, for who can wait."""
        future: asyncio.Future[ServedAnswer | None] = asyncio.get_running_loop().create_future()
        self.hand(packet, peer, lambda answer: None if future.done() else future.set_result(answer))
        return await future

    def _wait(self, step: asyncio.Future[Step], packet: Packet, peer: str, now: float, then: Then) -> None:
        def done(step: asyncio.Future[Step]) -> None:
            self._later.discard(step)
            error = None if step.cancelled() else step.exception()
            if step.cancelled() or error is not None:
                _LOG.error("Error handling request from %s", peer, exc_info=error)
                then(None)
            else:
                self._say(packet, step.result(), peer, now, then)

        self._later.add(step)
        step.add_done_callback(done)

    def _commit(self) -> None:
        turn, self._turn = self._turn, []
        assert self.commit is not None
        try:
            written = self.commit()
        except Exception:
            _LOG.exception("what was said cannot be written")
            written = False
        for packet, step, peer, now, then in turn:
            self._say(packet, step if written else unwritten(packet), peer, now, then)

    def _say(self, packet: Packet, step: Step, peer: str, now: float, then: Then) -> None:
        reply = step.reply
        if self.observe is not None:
            self.observe("client", packet, now, step.events if reply is None else ())
            if reply is not None:
                self.observe("server", reply, now, step.events)
        if reply is not None:
            headers = {"Content-Type": reply.media_type, "Cache-Control": "private, no-store", **reply.headers}
            then(ServedAnswer(200, headers, reply.body))
        else:
            then(self._no(step, peer))

    def _no(self, step: Step, peer: str) -> ServedAnswer:
        unreadable = next((event.why for event in step.events if isinstance(event, Unreadable)), None)
        if unreadable is not None:
            return refused(peer, 400, f"not a message: {unreadable}", logged="not a message")
        why = next((event for event in step.events if isinstance(event, Refused)), None)
        wait = {"Retry-After": str(self.limits.retry_after)}
        if why is not None and why.status is not None:
            return refused(peer, 403, why.why)
        if why is not None:
            return refused(peer, 503, why.why, headers=wait)
        return refused(peer, 429, "this session is over", headers=wait)


def unwritten(packet: Packet) -> Step:
    """The step of a packet whose effect could not be written: it had none."""
    return Step(SERVER, packet, None, (Refused(SERVER, "the database cannot be written now"),))
