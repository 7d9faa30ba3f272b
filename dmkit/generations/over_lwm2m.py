"""The intents in LwM2M 1.1: a client and a server of this package over CoAP.  [lwm2m sheet §2 to §7]"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from dmkit.generations.intents import (
    Bootstrap,
    Delegate,
    Intent,
    Inventory,
    Lock,
    Observe,
    Provision,
    Read,
    Recover,
    UpdateFirmware,
    Wake,
    Write,
)
from dmkit.generations.lwm2m_stage import OBJECTS, phone, pieces, played, run
from dmkit.generations.played import PlayedIntent, SentPiece, first_changes
from dmkit.generations.recovering import recover_lwm2m
from dmkit.lwm2m.client import BOOTSTRAP, Client
from dmkit.lwm2m.coap import Block, Message, encode
from dmkit.lwm2m.conversation import Conversation, Tap, Wire, converse
from dmkit.lwm2m.entries import Entry
from dmkit.lwm2m.formats import FORMATS
from dmkit.lwm2m.path import Path
from dmkit.lwm2m.server import Server
from dmkit.lwm2m.store import Store

__all__ = ["play_lwm2m"]


def play_lwm2m(intent: Intent, generation: str = "lwm2m", tap: Tap | None = None) -> PlayedIntent:
    """Run an intent; ``tap`` is the network."""
    return _PLAYS[type(intent)](intent, tap)


def _read(intent: Read, tap: Tap | None) -> PlayedIntent:
    def job(registration: object) -> Any:
        answer = yield Message.request("GET", "/3/0/0", accept=0)
        return answer.payload.decode() if answer.code == "2.05" else None

    talk, sent, once = run(phone(intent), job, tap)
    return played(talk.result == intent.value, sent, once, "Read on /3/0", "the value")


def _write(intent: Write, tap: Tap | None) -> PlayedIntent:
    entries = [Entry(Path(33000, 0, n), value) for n, (_, value) in enumerate(intent.values, 1)]

    def job(registration: object) -> Any:
        if len(entries) == 1:
            path = entries[0].path
            answer = yield Message.request("PUT", str(path), str(entries[0].value).encode(), format=0)
        else:
            body = FORMATS[11542].write(entries, Path(33000, 0), None)
            answer = yield Message.request("POST", "/33000/0", body, format=11542)
        return answer.code

    talk, sent, once = run(phone(intent), job, tap)
    done = all(talk.client.store.values.get(entry.path) == entry.value for entry in entries)
    knows = "one status for all settings" if talk.result == "2.04" else "not that it is done"
    return played(done, sent, once, "Write on the instance", knows)


def _provision(intent: Provision, tap: Tap | None) -> PlayedIntent:
    entries = [Entry(Path(11, 0, 0), intent.name), Entry(Path(11, 0, 1), intent.apn)]

    def job(registration: object) -> Any:
        body = FORMATS[11542].write(entries, Path(11), None)
        answer = yield Message.request("POST", "/11", body, format=11542)
        return answer.location

    talk, sent, once = run(phone(intent), job, tap)
    done = talk.client.store.values.get(Path(11, 0, 1)) == intent.apn
    return played(
        done, sent, once, "Create on /11", "where the device put it" if talk.result else "not that it is done"
    )


def _inventory(intent: Inventory, tap: Tap | None) -> PlayedIntent:
    """The registration lists every instance; Discover the resources of an object."""

    def job(registration: Any) -> Any:
        found = []
        for number in sorted({path.object for path in registration.instances}):
            answer = yield Message.request("GET", f"/{number}", accept=40)
            found.append(answer.code)
        return found

    talk, sent, once = run(phone(intent), job, tap)
    done = isinstance(talk.result, list) and set(talk.result) == {"2.05"}
    return played(done, sent, once, "none: Discover is open", "every name; instances from the registration alone")


def _firmware(intent: UpdateFirmware, tap: Tap | None) -> PlayedIntent:
    body = bytes(intent.size)

    def job(registration: object) -> Any:
        if intent.delivery == "push":
            for n in range(0, len(body), 1024):
                piece = body[n : n + 1024]
                more = n + 1024 < len(body)
                answer = yield Message.request("PUT", "/5/0/0", piece, format=42, block1=Block(n // 1024, more, 1024))
        else:
            answer = yield Message.request("PUT", "/5/0/1", b"coap://fw.example/2.1", format=0)
        answer = yield Message.request("POST", "/5/0/2")
        if answer.code != "2.04":
            return None
        answer = yield Message.request("GET", "/5/0/5", accept=0)
        return answer.payload

    talk, sent, once = run(phone(intent), job, tap)
    done = talk.client.store.values.get(Path(3, 0, 3)) == "2.1"
    notes = () if intent.delivery == "push" else ("the download itself is not counted: CoAP by blocks, or HTTP",)
    knows = "the result, by reading it" if talk.result == b"1" else "not that it is done"
    return played(done, sent, once, "Write and Execute on /5/0", knows, *notes)


def _lock(intent: Lock, tap: Tap | None) -> PlayedIntent:
    def job(registration: object) -> Any:
        answer = yield Message.request("PUT", "/8/0/0", b"2", format=0)
        return answer.code

    talk, sent, once = run(phone(intent), job, tap)
    done = talk.client.store.values.get(Path(8, 0, 0)) == 2
    knows = "a status" if talk.result == "2.04" else "not that it is done"
    return played(done, sent, once, "Write on /8/0", knows, basis="registry; no peer of ours has the object")


def _observe(intent: Observe, tap: Tap | None) -> PlayedIntent:
    def job(registration: object) -> Any:
        answer = yield Message.request("GET", "/3/0/9", accept=0, observe=0, token=b"\1\2\3\4")
        return answer.observe

    talk, sent, once = run(phone(intent), job, tap)
    client, told = talk.client, 0
    more: list[SentPiece] = []
    for n in range(intent.changes):
        client, messages = client.with_value(Path(3, 0, 9), 90 - n).notifications(10.0 * (n + 1))
        for _, message in messages:
            size, octets = len(message.payload), encode(message)
            arrived = tap is None or tap(len(more), octets) is not None
            more.append(SentPiece("device", "notification", size, len(octets) - size, True, "udp", not arrived))
            told = n + 1 if arrived else told
    knows = "each change" if told == intent.changes else first_changes(told)
    notes = ("notifications are not confirmed: one that is lost is told by the next",)
    return played(told == intent.changes, (*sent, *more), once, "Read on /3/0", knows, *notes)


def _delegate(intent: Delegate, tap: Tap | None) -> PlayedIntent:
    def job(registration: object) -> Any:
        body = FORMATS[11542].write([Entry(Path(2, 0, 2, 2), 3)], Path(2, 0), None)
        answer = yield Message.request("POST", "/2/0", body, format=11542)
        return answer.code

    talk, sent, once = run(phone(intent, servers=2), job, tap)
    done = int(talk.client.rights(2, Path(3, 0))) == 3
    knows = "a status" if talk.result == "2.04" else "not that it is done"
    return played(done, sent, once, "ownership of the instance", knows)


def _bootstrap(intent: Bootstrap, tap: Tap | None) -> PlayedIntent:
    client, request = Client("urn:imei:493005100592800", Store(OBJECTS, {})).bootstrap()
    security = [
        Entry(Path(0, 1, 0), "coaps://dm.example"), Entry(Path(0, 1, 1), False), Entry(Path(0, 1, 2), 0),
        Entry(Path(0, 1, 3), b"urn:imei:493005100592800"), Entry(Path(0, 1, 5), bytes(16)), Entry(Path(0, 1, 10), 1),
    ]  # fmt: skip
    server = [Entry(Path(1, 0, 0), 1), Entry(Path(1, 0, 1), 300), Entry(Path(1, 0, 6), True), Entry(Path(1, 0, 7), "U")]
    steps = [
        Message.request("DELETE", "/0"),
        Message.request("DELETE", "/1"),
        Message.request("PUT", "/0/1", FORMATS[11542].write(security, Path(0, 1), None), format=11542),
        Message.request("PUT", "/1/0", FORMATS[11542].write(server, Path(1, 0), None), format=11542),
        Message.request("POST", "/bs"),
    ]
    wire = Wire(tap)
    wire.ask("client", request, lambda came: came.response("2.04"))

    def answers(came: Message) -> Message:
        nonlocal client
        client, back = client.handle(came, BOOTSTRAP)
        return back

    for step in steps:
        wire.ask("server", step, answers)
    sent = pieces(Conversation(client, Server(), tuple(wire.lines)))
    done = client.servers() == (1,) and not client.bootstrapping
    return played(
        done, sent, (), "keys of the bootstrap server from factory or card", "a status for each step",
        starts="the device",
    )  # fmt: skip


def _wake(intent: Wake, tap: Tap | None) -> PlayedIntent:
    """Queue mode: nothing wakes; the server holds the request until the device renews its registration."""
    client = phone(intent, queue=True)
    registered = converse(client, Server(), None)
    update = registered.client.update(1)
    assert update is not None
    wire = Wire(tap)
    wire.ask("client", update, lambda came: registered.server.handle(came, 100.0)[1])

    def job(registration: object) -> Any:
        response = yield Message.request("GET", "/3/0/0", accept=0)
        return response.payload

    talk = converse(registered.client, registered.server, job, register=False, tap=tap)
    sent = (*pieces(Conversation(registered.client, registered.server, tuple(wire.lines))), *pieces(talk))
    return played(
        bool(talk.result), sent, pieces(registered), "Read on /3/0", "the value, when the device comes by itself",
        "a trigger by SMS is an option of the binding and not modelled", starts="the device, at its next update",
    )  # fmt: skip


_PLAYS: Final[Mapping[type, Callable[[Any, Tap | None], PlayedIntent]]] = {
    Read: _read,
    Write: _write,
    Provision: _provision,
    Inventory: _inventory,
    UpdateFirmware: _firmware,
    Lock: _lock,
    Observe: _observe,
    Delegate: _delegate,
    Recover: recover_lwm2m,
    Bootstrap: _bootstrap,
    Wake: _wake,
}
"""Intent -> how it is played."""
