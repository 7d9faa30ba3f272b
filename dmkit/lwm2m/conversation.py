"""A client and a server joined in memory: every message in octets, in order.

>>> from dmkit.lwm2m.store import STANDARD, Store
>>> client = Client("urn:imei:493005100592800", Store.of(STANDARD, {"/1/0/0": 1, "/3/0/0": "Open Mobile Alliance"}))
>>> def read_name(registration):
...     answer = yield Message.request("GET", "/3/0/0", accept=0)
...     return answer.payload.decode()
>>> talk = converse(client, Server(), read_name)
>>> talk.result, [line.size for line in talk.lines[-2:]], talk.trips
('Open Mobile Alliance', [13, 28], 2)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from dmkit.lwm2m.client import Client
from dmkit.lwm2m.coap import Message, decode, encode
from dmkit.lwm2m.server import Job, Server
from dmkit.words.asked import asked
from dmkit.words.counts import many

__all__ = ["Conversation", "Line", "Tap", "Wire", "converse"]

Tap: TypeAlias = Callable[[int, bytes], bytes | None]
"""What the network does to a datagram: its number from 0, its octets -> octets, None when it is lost."""


@dataclass(frozen=True, slots=True)
class Line:
    """One datagram that was sent: who sent it, the message, its octets, whether it was lost, and when."""

    sender: str
    message: Message
    octets: bytes
    lost: bool = False
    repeated: bool = False

    @property
    def size(self) -> int:
        """Octets of it, UDP payload."""
        return len(self.octets)

    def __str__(self) -> str:
        to = "server" if self.sender == "client" else "client"
        note = " (lost)" if self.lost else " (again)" if self.repeated else ""
        return f"{self.sender} -> {to}  {self.message}  {many(self.size, 'octet')}{note}"


@dataclass(frozen=True, slots=True)
class Conversation:
    """Both sides at the end, what the job returned, and what was sent."""

    client: Client
    server: Server
    lines: tuple[Line, ...]
    result: object = None
    failed: str = ""

    @property
    def trips(self) -> int:
        """Requests that were sent, repetitions not counted."""
        return sum(bool(line.message.method) and not line.repeated for line in self.lines)

    def octets(self, sender: str) -> int:
        """Octets that ``client`` or ``server`` sent."""
        return sum(line.size for line in self.lines if line.sender == sender)

    def __str__(self) -> str:
        return "\n".join(map(str, self.lines))


class Wire:
    """Message ids and tokens, retransmission, and memory of answers: CoAP's own reliability.  [RFC 7252 §4.2, §4.5]

    A confirmable message is sent up to five times; whoever gets it again answers as before and does nothing.
    """

    TRIES = 5

    def __init__(self, tap: Tap | None) -> None:
        self.tap = tap
        self.lines: list[Line] = []
        self.mid = 0

    def sent(self, sender: str, message: Message, repeated: bool) -> Message | None:
        """What arrives of it; None when it is lost."""
        octets = encode(message)
        arrived = octets if self.tap is None else self.tap(len(self.lines), octets)
        self.lines.append(Line(sender, message, octets, arrived is None, repeated))
        return None if arrived is None else decode(arrived)

    def ask(self, sender: str, request: Message, answer: Callable[[Message], Message]) -> Message | None:
        """The response to a request; None when none came in five tries."""
        self.mid += 1
        token = request.token or self.mid.to_bytes(2, "big")
        request = msgspec.structs.replace(request, mid=self.mid, token=token)
        remembered: Message | None = None
        other = "server" if sender == "client" else "client"
        for tried in range(self.TRIES):
            came = self.sent(sender, request, tried > 0)
            if came is None:
                continue
            if remembered is None:
                remembered = answer(came)
            back = self.sent(other, remembered, tried > 0)
            if back is not None:
                return back
        return None


@asked
def converse(
    client: Client,
    server: Server,
    job: Job | None = None,
    *,
    now: float = 0.0,
    ssid: int = 1,
    register: bool = True,
    deregister: bool = False,
    tap: Tap | None = None,
) -> Conversation:
    """Register, let the job manage, de-register when asked to."""
    wire = Wire(tap)
    state: dict[str, Client | Server] = {"client": client, "server": server}

    def server_answers(request: Message) -> Message:
        state["server"], response = _server(state).handle(request, now)
        return response

    def client_answers(request: Message) -> Message:
        state["client"], response = _client(state).handle(request, ssid, now)
        return response

    def over(result: object = None, failed: str = "") -> Conversation:
        return Conversation(_client(state), _server(state), tuple(wire.lines), result, failed)

    if register:
        back = wire.ask("client", client.register(ssid), server_answers)
        if back is None:
            return over(failed="the registration was never answered")
        state["client"] = client.registered(ssid, back)
    registration = _server(state).find(client.endpoint)
    result: object = None
    if job is not None:
        if registration is None:
            return over(failed="the client is not registered")
        talk = job(registration)
        try:
            request = next(talk)
            while True:
                back = wire.ask("server", request, client_answers)
                if back is None:
                    talk.close()
                    return over(failed=f"{request} was never answered")
                request = talk.send(back)
        except StopIteration as end:
            result = end.value
    if deregister and (leave := _client(state).deregister(ssid)) is not None:
        wire.ask("client", leave, server_answers)
    return over(result)


def _client(state: dict[str, Client | Server]) -> Client:
    found = state["client"]
    assert isinstance(found, Client)
    return found


def _server(state: dict[str, Client | Server]) -> Server:
    found = state["server"]
    assert isinstance(found, Server)
    return found
