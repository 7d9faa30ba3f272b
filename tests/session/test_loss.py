"""A hostile network at every point of every golden: both ends survive it, and nothing is done twice."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

import pytest

from dmkit.device.device import Device
from dmkit.session.oracle.check import Said, check
from dmkit.session.states import State
from dmkit.tree.execute import Execution
from dmkit.tree.tree import Tree
from dmkit.views.notation import Spoken
from dmkit.words.model import Command, Packet
from tests.golden.compare import differences
from tests.golden.notation import CLIENT_ADDRESS, Golden, golden, goldens
from tests.pair import device_of, server_of, session_of, spoken, stop_server

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

    client: State
    server: State | None
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


def watched(g: Golden) -> Watched:
    device = device_of(g)
    device.__class__ = Watched
    assert isinstance(device, Watched)
    device.done, device.trees = [], [device.tree]  # type: ignore[attr-defined]
    return device


def run(g: Golden, fault: str = "", point: int = 0) -> Run:
    device, server, network = watched(g), server_of(g), Network(fault, point)
    client = session_of(g, device)
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
        step = (client if to_client else server).receive(packet)
    else:
        raise AssertionError("they do not stop")
    session = server.sessions.get(CLIENT_ADDRESS)
    if session is not None and not session.state.is_over:
        server.expire(now=10.0, idle=1.0)
    return Run(
        client.state,
        session.state if session is not None else None,
        device.tree,
        device.done,
        heard,
        sizes,
        server.results[-1] if server.results else None,
        device.trees,
        network.sent,
    )


@cache
def undisturbed(name: str) -> Run:
    return run(golden(name))


SOUND = [g for g in goldens() if not g.faulty]
POINTS = [
    pytest.param(g.name, fault, point, id=f"{g.name}-{fault}-{point}")
    for g in SOUND
    for fault in FAULTS
    for point in range(1, len(g.conversation) + 1)
]


@pytest.mark.parametrize(("name", "fault", "point"), POINTS)
def test_nothing_is_done_twice(name: str, fault: str, point: int) -> None:
    g, calm = golden(name), undisturbed(name)
    now = run(g, fault, point)
    assert now.done == calm.done[: len(now.done)], "commands carried out twice, or in another order"
    assert now.tree in calm.trees
    assert now.client.is_over, "the client is in no defined state"
    assert now.server is None or now.server.is_over, "the server is in no defined state"
    whole = len(now.heard) == len(calm.heard)
    said = [Said(s.sender, s.message, octets) for s, octets in zip(now.heard, now.sizes, strict=True)]
    assert check(said, complete=whole) == []
    assert now.heard == calm.heard[: len(now.heard)]
    assert whole or fault in ("drop", "cut")
    if whole:
        assert (now.client, now.server, now.tree) == (calm.client, calm.server, calm.tree)
        assert now.done == calm.done and now.result == calm.result


def test_calm_runs_are_the_goldens() -> None:
    for g in SOUND:
        calm = undisturbed(g.name)
        assert calm.packets == len(g.conversation) and differences(calm.heard, g.conversation) == [], g.name


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
