"""A hostile network at every point of every golden: both ends survive it, and nothing is done twice."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

import pytest

from dmkit.device.device import Device
from dmkit.session.events import Step
from dmkit.session.oracle.check import check
from dmkit.session.oracle.reading import SentMessage
from dmkit.session.states import SessionState
from dmkit.tree.execute import Execution
from dmkit.tree.tree import Tree
from dmkit.views.notation import Spoken
from dmkit.wire.codec import WBXML, XML, Codec
from dmkit.words.model import Command, Packet
from tests.golden.compare import differences
from tests.golden.notation import CLIENT_ADDRESS, Golden, golden, goldens
from tests.pair import Script, device_of, scaled, server_of, session_of, spoken, stop_server

FAULTS = ("drop", "cut", "twice", "late", "echo")
"""Lost once; lost with all after it; delivered twice; delivered after the next one; delivered and repeated later."""


@dataclass
class Network:
    """Carries packets one at a time; does something bad to packet number ``point``."""

    fault: str
    point: int
    air: deque[Packet] = field(default_factory=deque)
    held: list[Packet] = field(default_factory=list)
    sent: int = 0

    def send(self, packet: Packet) -> None:
        self.sent += 1
        self.air.extend(self._fate(packet))

    def _fate(self, packet: Packet) -> Iterable[Packet]:
        if self.sent == self.point:
            if self.fault in ("late", "echo"):
                self.held.append(packet)
            return {"drop": [], "cut": [], "twice": [packet, packet], "late": [], "echo": [packet]}[self.fault]
        if self.fault == "cut" and self.sent > self.point:
            return []
        held, self.held = self.held, []
        return [packet, *held]

    def next(self, waiting: bool) -> Packet | None:
        if not self.air and not waiting:
            self.air.extend(self.held)  # the end: what was delayed comes now or never
            self.held = []
        return self.air.popleft() if self.air else None


@dataclass
class Run:
    """What came of it."""

    client: SessionState | None  # None: said by a script
    server: SessionState | None
    tree: Tree
    done: list[Command]
    heard: list[Spoken]
    sizes: list[int]
    result: object
    trees: list[Tree]
    packets: int


class Watched(Device):
    """A device that writes down what it carries out, and each tree."""

    def execute(self, commands: tuple[Command, ...], by: str, now: float) -> Execution:
        execution = super().execute(commands, by, now)
        self.done.extend(c for c, o in zip(commands, execution.outcomes, strict=True) if o.status is not None)
        self.trees.append(self.tree)
        return execution


def watched(g: Golden, codec: Codec = XML) -> Watched:
    device = device_of(g, codec)
    device.__class__ = Watched
    assert isinstance(device, Watched)
    device.done, device.trees = [], [device.tree]  # type: ignore[attr-defined]
    return device


class Scripted:
    """The side that breaks the rules on purpose: it says its lines, answers what came before as before, and asks
    again, a few times, for what does not come.
    """

    def __init__(self, g: Golden, side: str, codec: Codec) -> None:
        self.side, self.script = side, Script(g, side, codec)
        self.answers: dict[bytes, Packet | None] = {}
        self.last: Packet | None = None
        self.patience = 3
        self.waiting = False

    def start(self) -> Step:
        return self._say(self.script.speak())

    def receive(self, packet: Packet) -> Step:
        if packet.body in self.answers:
            return Step(self.side, packet, self.answers[packet.body] if self.side == "server" else None, ())
        self.script.hear(spoken("server" if self.side == "client" else "client", packet).message)
        step = self._say(self.script.speak())
        self.answers[packet.body] = step.reply
        return step

    def expire(self) -> Step:
        self.patience -= 1
        self.waiting = self.patience > 0
        return Step(self.side, None, self.last if self.waiting else None, ())

    def _say(self, packet: Packet | None) -> Step:
        self.last, self.waiting = packet, packet is not None
        return Step(self.side, None, packet, ())


def run(g: Golden, fault: str = "", point: int = 0, codec: Codec = XML) -> Run:
    """The golden over a network with one fault; engines on both sides, a script for a side that breaks the rules."""
    device, server, network = watched(g, codec), server_of(g), Network(fault, point)
    scripted = Scripted(g, g.faulty, codec) if g.faulty else None
    client = session_of(g, device) if g.faulty != "client" else scripted
    answering = server if g.faulty != "server" else scripted
    assert client is not None and answering is not None
    heard: list[Spoken] = []
    sizes: list[int] = []
    known: set[bytes] = set()
    turns: set[bytes] = set()
    step = client.start()
    for _ in range(500):
        if step.reply is not None:
            network.send(step.reply)
        packet = network.next(client.waiting)
        if packet is None:
            if not client.waiting:
                break
            step = client.expire()
            continue
        to_client = packet.to == CLIENT_ADDRESS
        if packet.body not in known:
            known.add(packet.body)
            heard.append(spoken("server" if to_client else "client", packet))
            sizes.append(len(packet.body))
        if not to_client and packet.body not in turns:
            turns.add(packet.body)
            stop_server(g, server, len(turns))
        step = (client if to_client else answering).receive(packet)
    else:
        raise AssertionError("they do not stop")
    session = server.sessions.get(CLIENT_ADDRESS)
    if session is not None and not session.state.is_over:
        server.expire(now=10.0, idle=1.0)
    return Run(
        client.state if not isinstance(client, Scripted) else None,
        session.state if session is not None else None,
        device.tree,
        device.done,
        heard,
        sizes,
        server.results[-1] if server.results else None,
        device.trees,
        network.sent,
    )


CODECS = {codec.name: codec for codec in (XML, WBXML)}


@cache
def undisturbed(name: str, codec: str = "xml") -> Run:
    return run(scaled(golden(name), CODECS[codec]), codec=CODECS[codec])


SOUND = [g for g in goldens() if not g.faulty]
POINTS = [
    pytest.param(g.name, codec, fault, point, id=f"{g.name}-{codec}-{fault}-{point}")
    for g in goldens()
    for codec in CODECS
    for fault in FAULTS
    for point in range(1, len(g.conversation) + 1)
]


def test_every_golden_has_faults_at_every_point_in_both_codecs() -> None:
    assert len(goldens()) == 28 and {p.values[0] for p in POINTS} == {g.name for g in goldens()}
    assert len(POINTS) == 2 * len(FAULTS) * sum(len(g.conversation) for g in goldens())


@pytest.mark.parametrize(("name", "codec", "fault", "point"), POINTS)
def test_nothing_is_done_twice(name: str, codec: str, fault: str, point: int) -> None:
    g, calm = scaled(golden(name), CODECS[codec]), undisturbed(name, codec)
    now = run(g, fault, point, CODECS[codec])
    assert now.done == calm.done[: len(now.done)], "commands carried out twice, or in another order"
    assert now.tree in calm.trees
    assert now.client is None or now.client.is_over, "the client is in no defined state"
    assert now.server is None or now.server.is_over, "the server is in no defined state"
    whole = len(now.heard) == len(calm.heard)
    said = [SentMessage(s.sender, s.message, octets) for s, octets in zip(now.heard, now.sizes, strict=True)]
    sound = {"server": "client", "client": "server"}.get(g.faulty or "")
    assert check(said, complete=whole, by=sound) == []
    assert now.heard == calm.heard[: len(now.heard)]
    assert whole or fault in ("drop", "cut")
    if whole:
        assert (now.client, now.server, now.tree) == (calm.client, calm.server, calm.tree)
        assert now.done == calm.done and now.result == calm.result


@pytest.mark.parametrize("codec", CODECS)
def test_calm_runs_are_the_goldens(codec: str) -> None:
    for g in goldens():
        calm, wanted = undisturbed(g.name, codec), scaled(g, CODECS[codec])
        assert calm.packets == len(g.conversation) and differences(calm.heard, wanted.conversation) == [], g.name


@pytest.mark.spec("R-002")
def test_an_old_packet_changes_nothing() -> None:
    """Every packet of a finished session comes once more, in any order: no state moves, nothing is done.

    Where a proof has no nonce, or there is none, the first of them is a device that returns: a session begins.
    """
    for g in SOUND:
        device, server = watched(g), server_of(g)
        client = session_of(g, device)
        packets: list[Packet] = []
        step = client.start()
        while step.reply is not None:
            packets.append(step.reply)
            if len(packets) % 2:
                stop_server(g, server, len(packets) // 2 + 1)
            step = (client if len(packets) % 2 == 0 else server).receive(step.reply)
        before = client.state, server.sessions[CLIENT_ADDRESS].state, device.tree, list(device.done)
        for packet in reversed(packets):
            (client if packet.to == CLIENT_ADDRESS else server).receive(packet)
        scheme = server.sessions[CLIENT_ADDRESS].verifier.scheme
        after = before[1] if scheme is None or not scheme.uses_nonce else server.sessions[CLIENT_ADDRESS].state
        assert before == (client.state, after, device.tree, device.done), g.name
