"""A case and its play: a device and a server on their marks, the sessions they hold, and what the path does to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from random import Random
from typing import Any, Final

from dmkit.device.device import Device, User
from dmkit.server.server import Server
from dmkit.session.rules import Rules
from dmkit.session.work import Job
from dmkit.transport.loop import Tap, honest, steps
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.views.transcript import Transcript
from dmkit.wire.codec import XML, Codec
from dmkit.words.asked import asked
from dmkit.words.checked import checked
from dmkit.words.model import Alert, Get, Packet
from dmkit.words.ranges import Count
from dmkit.words.records import dataclass
from dmkit.workbench.material import staging
from dmkit.workbench.readings.observed import Seen, observe

__all__ = [
    "CaseSession",
    "ReadingCase",
    "ReadingSetup",
    "again",
    "device_with",
    "doubling",
    "dropping",
    "editing",
    "play",
    "play_scene",
    "replace_packet",
]

NOW: Final = 1000.0


@checked
@dataclass(frozen=True)
class CaseSession:
    """One session of a case: its job, alerts of package 1, what comes up while it runs, and the path.

    ``before`` says whether the session comes about: whether the device is woken, say.
    """

    job: Job | None = None
    """What the server wants."""
    alerts: tuple[Alert, ...] = ()
    """Alerts of package 1."""
    late: tuple[int, Alert] | None = None
    """In which turn the device has an alert more to tell, and which."""
    tap: Callable[[], Tap] = lambda: honest
    """Makes the path."""
    session: str = "1"
    """SessionID."""
    triggered: bool = False
    """Whether the server asked for it."""
    abort: Count | None = None
    """In which turn the server breaks off; None: it does not."""
    before: Callable[[Device, Server], bool] | None = None


@dataclass
class ReadingSetup:
    """A device and a server on their marks, and the sessions they will hold."""

    device: Device
    server: Server
    talks: tuple[CaseSession, ...]


Make = Callable[["Rules", "Rules"], ReadingSetup]


@dataclass(frozen=True)
class ReadingCase:
    """One probing conversation; ``device`` and ``server`` are the rules that it plays by before a reading is applied.

    A case says nothing of a switch that it sets itself.
    """

    name: str
    kind: str
    about: str
    device: Rules
    server: Rules
    make: Make = field(repr=False, compare=False)
    sets: frozenset[str] = frozenset()


@asked
def play(case: ReadingCase, device: Rules | None = None, server: Rules | None = None) -> Seen:
    """Hold the sessions of ``case`` between a device and a server that play by these rules.

    >>> from dmkit.workbench.readings.cases import cases
    >>> play(cases("golden")[0]).well
    True
    """
    return play_scene(case.make(device or case.device, server or case.server))


def play_scene(scene: ReadingSetup) -> Seen:
    """Hold the sessions of a scene."""
    talks: list[Transcript] = []
    unsent: tuple[Alert, ...] = ()
    for number, talk in enumerate(scene.talks):
        transcript, unsent = _hold(scene, talk, unsent, NOW * (number + 1))
        talks.append(transcript)
    return observe(talks, scene.device, scene.server, unsent)


def _hold(
    scene: ReadingSetup, talk: CaseSession, left: tuple[Alert, ...], now: float
) -> tuple[Transcript, tuple[Alert, ...]]:
    device, server = scene.device, scene.server
    if talk.job is not None:
        server.enqueue(device.address, talk.job, "job")
    if talk.before is not None and not talk.before(device, server):
        return Transcript.of(()), left
    client = device.connect(session_id=talk.session, triggered=talk.triggered, alerts=(*left, *talk.alerts))
    told = []
    turn = 0
    for step in steps(client, server, tap=talk.tap(), rng=Random(1), now=now, limit=120):
        told.append(step)
        turn += step.party == "client"
        if talk.late is not None and talk.late[0] == turn and step.party == "client" and not client.state.is_over:
            client.report(talk.late[1])
        if talk.abort is not None and turn == talk.abort - 1 and step.party == "client" and server.sessions:
            server.sessions[device.address].abort()
    return Transcript.of(told), client.unsent


# -- taps


class _Nth:
    """Does something to packet number ``number`` of the path, and to no other."""

    def __init__(self, number: int, change: Callable[[Packet], Iterable[Packet]]) -> None:
        self.number, self.change, self.seen = number, change, 0

    def __call__(self, packet: Packet, rng: Random) -> Iterable[Packet]:
        self.seen += 1
        return self.change(packet) if self.seen == self.number else (packet,)


def dropping(number: int) -> Callable[[], Tap]:
    """A path that loses packet ``number``."""
    return lambda: _Nth(number, lambda packet: ())


def doubling(number: int) -> Callable[[], Tap]:
    """A path that delivers packet ``number`` twice."""
    return lambda: _Nth(number, lambda packet: (packet, packet))


def editing(number: int, *pairs: tuple[str, str]) -> Callable[[], Tap]:
    """A path that alters the text of packet ``number`` (XML): each first text becomes the second."""

    def change(packet: Packet) -> Iterable[Packet]:
        body = packet.body.decode()
        for old, new in pairs:
            body = body.replace(old, new)
        return (replace_packet(packet, body=body.encode()),)

    return lambda: _Nth(number, change)


def replace_packet(packet: Packet, **changes: Any) -> Packet:
    """``packet`` with some fields replaced."""
    values = {name: getattr(packet, name) for name in ("to", "body", "media_type", "headers")}
    return Packet(**{**values, **changes})


def again(info: object) -> Any:
    """The next session: does it come about, and what does the device then say of itself?"""
    return staging.script([[Get.of("./DevInfo/Man")]])(info)


def device_with(
    rules: Rules, *, codec: Codec = XML, user: User | None = None, leaves: Mapping[str, Any] | None = None
) -> Device:
    """The example device with some more leaves."""
    phone = Device.example(rules=rules, codec=codec, user=user)
    tree: Tree = phone.tree
    for uri, value in (leaves or {}).items():
        tree = tree.put(uri, value if isinstance(value, Node) else Node("chr", value))
    phone.become(tree)
    return phone
