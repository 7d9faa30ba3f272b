"""A setting written over a network that loses a message: what each protocol does so that it is written and known.

DM 1.2 sends the same octets again, and whoever gets them a second time answers from memory; so does CoAP.  DM 2.0 sends
nothing again: the server calls the device once more, looks, and writes what is not written.

>>> from dmkit.generations.intents import Recover
>>> played = recover_lwm2m(Recover(), None)
>>> played.done, [piece.lost for piece in played.sent], played.notes[0]
(True, [False, True, False, False], 'written once')
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from dmkit.dm2 import conversation as dm2
from dmkit.dm2.commands import Command
from dmkit.dm2.documents import REQUEST, RESPONSE, Serialised
from dmkit.dm2.exchange import HttpAnswer, HttpCall
from dmkit.dm2.server import Server as Dm2Server
from dmkit.generations import dm20_stage, lwm2m_stage
from dmkit.generations.dm12_stage import CODECS, DEVICE, SETTINGS, Network, phone, pieces, ran
from dmkit.generations.intents import Recover
from dmkit.generations.played import PlayedIntent, SentPiece
from dmkit.lwm2m.coap import Message, decode
from dmkit.lwm2m.conversation import Conversation, Tap, Wire, converse
from dmkit.lwm2m.path import Path
from dmkit.lwm2m.server import Server
from dmkit.server import jobs
from dmkit.server.server import Server as DmServer
from dmkit.session.rules import Rules
from dmkit.wire.codec import codec_for
from dmkit.words.counts import many
from dmkit.words.model import Packet, Replace, flatten

__all__ = ["recover_dm12", "recover_dm20", "recover_lwm2m"]

TRIES: Final = 3
"""Sessions in which a server of DM 2.0 tries, at most."""

_UNKNOWN: Final = "not that it is done"


def _times(written: int) -> str:
    return {1: "written once", 2: "written twice"}.get(written, f"written {many(written, 'time')}")


class _First:
    """The first message of a kind is lost: that with the command, or the next of the other side behind it."""

    def __init__(self, lost: str, command: Callable[[Any], bool], answer: Callable[[Any], bool]) -> None:
        self.lost, self.command, self.answer = lost, command, answer
        self.asked = self.happened = False

    def __call__(self, what: Any) -> bool:
        if self.happened:
            return False
        if self.lost == "command":
            self.happened = self.command(what)
        elif self.asked:
            self.happened = self.answer(what)
        self.asked |= self.command(what)
        return self.happened


def recover_dm12(intent: Recover, generation: str, network: Network, rules: Rules | None) -> PlayedIntent:
    """The device sends the same message again; the server, or the device at its turn, answers from memory."""
    [(name, text)] = intent.values
    place = f"{SETTINGS}/{name}"
    device = phone(CODECS[generation], 1, rules)
    server, before = DmServer.example(device), device.tree.get(place).verno

    def command(packet: Packet) -> bool:
        message = codec_for(packet.media_type).decode(packet.body)
        down = packet.to == device.address
        return down and any(isinstance(c, Replace) for c in flatten(message.commands))

    network.loses = _First(intent.lost, command, lambda packet: packet.to != device.address)
    talks, result = ran(device, server, jobs.write(place, text), network)
    written = device.tree.get(place)
    return PlayedIntent(
        generation, written.text == text, pieces(talks), DEVICE, "Replace on the setting",
        "a status" if result else _UNKNOWN, "established",
        notes=(_times(written.verno - before), "the device sends again; how long it waits is its own matter"),
    )  # fmt: skip


def recover_dm20(intent: Recover, tap: dm2.Tap | None) -> PlayedIntent:
    """The session is over.  The server notifies once more, reads the value, and writes only what is not written."""
    stage = dm20_stage
    [(name, text)] = intent.values
    place = f"{stage.SETTINGS}//{name}"
    uri, store = stage.stored("s", [Serialised.of(f"{stage.SETTINGS}//", dict(intent.values))])
    write = Command.of("HGET", uri, f"{stage.SETTINGS}//")
    loses = _First(
        intent.lost,
        lambda what: isinstance(what, HttpAnswer) and what.header("content-type") == REQUEST and b"HGET" in what.body,
        lambda what: isinstance(what, HttpCall) and what.header("content-type") == RESPONSE,
    )

    def network(number: int, what: HttpCall | HttpAnswer) -> HttpCall | HttpAnswer | None:
        return None if loses(what) else what if tap is None else tap(number, what)

    def first(info: object) -> Any:
        [status] = yield [write]
        return "a status" if status is not None and status.sc == 200 else None

    def look(info: object) -> Any:
        [status] = yield [Command.of("GET", place)]
        if status is not None and status.mos and status.mos[0].nodes.get(name) == text:
            return "the value, by reading it in another session"
        return (yield from first(info))

    client, knows, written = stage.phone(intent), None, 0
    sent: list[SentPiece] = []
    for tried in range(TRIES):
        server = Dm2Server().with_job(client.device_id, "write", look if tried else first)
        if tried:
            sent.append(stage.notified(tap))
            if sent[-1].lost:
                continue
        talk = dm2.converse(client, server, {stage.REPO: store}, tap=network, notification=tried or None)
        client, results = talk.client, talk.server.results
        sent += stage.pieces(talk)
        written += sum(line.sender == "repository" and not line.lost for line in talk.lines)
        knows = results[0][2] if results else None
        if knows:
            break
    return PlayedIntent(
        "dm 2.0", stage.value_at(client, stage.SETTINGS, name) == text, tuple(sent), stage.DEVICE,
        "Write and Read on the instance", str(knows or _UNKNOWN),
        "proposal: the protocol says nothing of it; a server that reads before it writes again",
        notes=(_times(written), f"sessions: {tried + 1}; how long the server waits before another is its own matter"),
    )  # fmt: skip


def recover_lwm2m(intent: Recover, tap: Tap | None) -> PlayedIntent:
    """CoAP sends a confirmable message again, with the same number; the other side answers as before."""
    stage = lwm2m_stage
    client = converse(stage.phone(intent), Server(), None)
    registered, path, written = client, Path(33000, 0, 1), 0
    [(_, text)] = intent.values
    loses = _First(intent.lost, lambda octets: bool(decode(octets).method), lambda octets: not decode(octets).method)
    wire = Wire(lambda number, octets: None if loses(octets) else octets if tap is None else tap(number, octets))
    device = registered.client

    def answers(came: Message) -> Message:
        nonlocal device, written
        device, back = device.handle(came, 1, 0.0)
        written += back.code == "2.04"
        return back

    back = wire.ask("server", Message.request("PUT", str(path), text.encode(), format=0), answers)
    sent = stage.pieces(Conversation(device, registered.server, tuple(wire.lines)))
    return stage.played(
        device.store.values.get(path) == text, sent, stage.pieces(registered), "Write on the instance",
        "a status" if back is not None and back.code == "2.04" else _UNKNOWN,
        _times(written), "sent again after 2 to 3 s (ACK_TIMEOUT of RFC 7252 §4.8), which are not in the seconds",
        basis="RFC 7252 §4.2, §4.5",
    )  # fmt: skip
