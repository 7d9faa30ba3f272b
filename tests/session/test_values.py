"""A session is a value: laws of snapshot and restore over all golden conversations, taken apart at any point."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.device.device import Device, counted_nonces
from dmkit.server import jobs
from dmkit.server.server import Server
from dmkit.session import client as device_side
from dmkit.session import server as server_side
from dmkit.session.client import ClientSession
from dmkit.session.events import Step
from dmkit.session.nonces import Nonces
from dmkit.session.server import ServerSession
from dmkit.session.work import DeviceInfo, QueuedJob, Running
from dmkit.wire.codec import WBXML, XML, Codec
from dmkit.words.errors import LocalProtocolError
from dmkit.words.model import Get, Item, Packet
from dmkit.words.outcome import Outcome
from tests.golden.notation import CLIENT_ADDRESS, Golden, golden, goldens
from tests.pair import device_of, scaled, script, server_of, session_of, stop_server

NAMES = [g.name for g in goldens() if not g.faulty]
CODECS = {"XML": XML, "WBXML": WBXML}


@dataclass(frozen=True)
class Issued:
    """Nonces that a golden issues, and then counted ones: a source as anybody may write it."""

    given: tuple[bytes, ...]
    at: int = 0

    def draw(self) -> tuple[bytes, Issued]:
        """The next one."""
        nonce = self.given[self.at] if self.at < len(self.given) else f"unforeseen {self.at}".encode()
        return nonce, Issued(self.given, self.at + 1)


@cache
def _job(name: str) -> Any:
    """One function for all worlds of a golden: values with the same job in them are equal."""
    return script(golden(name).job)


class World:
    """Both sides of a golden, with all that they are made of; packets in the air are part of the value."""

    def __init__(self, g: Golden, codec: Codec) -> None:
        self.golden = g = scaled(g, codec)
        self.device: Device = device_of(g, codec)
        self.device.nonces = Nonces(Issued(g.issued["client"]))
        self.device.user = self._answer
        self.server: Server = server_of(g)
        self.server.nonces = lambda device: Nonces(Issued(g.issued["server"]))
        self.server.work.clear()
        if g.job:
            self.server.enqueue(CLIENT_ADDRESS, _job(g.name), "golden")
        self.client: ClientSession = session_of(g, self.device)
        self.asked = 0
        self.turns = 0
        self.air: tuple[Packet, ...] = ()

    def _answer(self, alert: object) -> Outcome:
        self.asked += 1
        return self.golden.user[self.asked - 1]

    @property
    def session(self) -> ServerSession | None:
        """The server's session, once there is one."""
        return self.server.sessions.get(CLIENT_ADDRESS)

    def value(self) -> tuple[object, ...]:
        """All that the world is, as one value."""
        return (
            self.client.snapshot(),
            self.server.snapshot(),
            self.device.snapshot(),
            self.asked,
            self.turns,
            self.air,
        )

    def stand_at(self, value: tuple[Any, ...]) -> None:
        """Go back, or forth, to ``value``."""
        client, server, device, self.asked, self.turns, self.air = value
        self.client.restore(client)
        self.device.restore(device)
        self.server.restore(server)

    def do(self, what: str) -> Step | None:
        """Deliver the packet in the air, twice or not at all; None where that makes no sense."""
        if what == "start":
            return self._sent(self.client.start())
        if not self.air:
            return self._sent(self.client.expire()) if self.client.waiting else None
        packet, *rest = self.air
        self.air = tuple(rest) if what != "double" else (packet, *self.air)
        if what == "lose":
            return self._sent(self.client.expire()) if self.client.waiting else None
        if packet.to == CLIENT_ADDRESS:
            return self._sent(self.client.receive(packet))
        self.turns += 1
        if self.session is not None:
            stop_server(self.golden, self.server, self.turns)
        return self._sent(self.server.receive(packet))

    def _sent(self, step: Step) -> Step:
        self.air = (*self.air, *([step.reply] if step.reply is not None else []))
        return step

    def rest(self, most: int = 200) -> list[Step]:
        """Everything from here to the end."""
        steps: list[Step] = []
        while self.air and len(steps) < most:
            step = self.do("deliver")
            if step is not None:
                steps.append(step)
        return steps


def started(name: str, codec: str, turns: int = 2) -> World:
    """A world in which both sides have spoken, ``turns`` steps from its beginning."""
    world = World(golden(name), CODECS[codec])
    world.do("start")
    for _ in range(1, max(2, turns)):
        world.do("deliver")
    return world


worlds = st.tuples(st.sampled_from(NAMES), st.sampled_from(sorted(CODECS)))
actions = st.lists(st.sampled_from(["deliver", "deliver", "deliver", "lose", "double"]), max_size=12)


@pytest.mark.parametrize("codec", sorted(CODECS))
@pytest.mark.parametrize("name", NAMES)
def test_what_is_restored_continues_with_the_same_octets(name: str, codec: str) -> None:
    """At every point of every golden: the same replies, events and values, as often as one goes back."""
    whole = len(World(golden(name), CODECS[codec]).rest()) + 2
    for turns in range(2, whole + 40):
        world = started(name, codec, turns)
        if not world.air:
            break
        here = world.value()
        assert hash(here) == hash(world.value())
        once, end = world.rest(), world.value()
        world.stand_at(here)
        assert world.value() == here and hash(world.value()) == hash(here)
        assert world.rest() == once and world.value() == end and hash(world.value()) == hash(end)


@given(worlds, actions, actions)
def test_any_path_may_be_gone_again(which: tuple[str, str], before: list[str], after: list[str]) -> None:
    """With losses and doubles: from a value the same things lead to the same values."""
    world = started(*which)
    for what in before:
        world.do(what)
    here = world.value()
    seen = [(world.do(what), world.value()) for what in after]
    world.stand_at(here)
    assert [(world.do(what), world.value()) for what in after] == seen
    for (_, first), (_, second) in pairwise(seen):
        assert first != second or hash(first) == hash(second)


@given(worlds, actions)
def test_equal_values_of_two_worlds_continue_equally(which: tuple[str, str], script: list[str]) -> None:
    """Two runs, made apart, that come to equal values go on equally; and equal values have equal hashes."""
    one, two = started(*which), started(*which)
    for what in script:
        assert one.value() == two.value() and hash(one.value()) == hash(two.value())
        assert one.do(what) == two.do(what)
    assert one.rest() == two.rest()


@given(worlds, actions, st.data())
def test_a_tree_of_branches(which: tuple[str, str], script: list[str], data: st.DataObject) -> None:
    """Going back to any value seen so far, in any order: what followed once follows again."""
    world = started(*which)
    known = [world.value()]
    followed: dict[tuple[object, str], tuple[object, object]] = {}
    for what in script:
        here = data.draw(st.sampled_from(known))
        world.stand_at(here)
        came = (world.do(what), world.value())
        assert followed.setdefault((here, what), came) == came
        known.append(came[1])


@given(worlds, st.integers(2, 8))
def test_functions_and_holders_agree(which: tuple[str, str], turns: int) -> None:
    """``receive`` of a value is what the holder does with it."""
    world = started(*which, turns)
    if not world.air:
        return
    packet, here = world.air[0], world.value()
    if packet.to == CLIENT_ADDRESS:
        before = world.client.snapshot()
        step = world.client.receive(packet)
        after = world.client.snapshot()
        world.stand_at(here)
        assert device_side.receive(before, world.device, packet) == (after, step)
        world.stand_at(here)
        assert ClientSession.at(before, world.device).receive(packet) == step
    else:
        session = world.session
        assert session is not None
        stood = session.snapshot()
        step = session.receive(packet)
        assert server_side.receive(stood, packet) == (session.snapshot(), step)
        assert ServerSession.at(stood).receive(packet) == step


def test_a_value_differs_in_each_of_its_fields() -> None:
    """No field is left out of the comparison, and none is mutable."""
    from msgspec.structs import replace

    world = started("W10", "XML", 4)
    assert world.session is not None
    for value in (world.client.snapshot(), world.session.snapshot()):
        for name in value.__struct_fields__:
            assert replace(value, **{name: "something else"}) != value, name
            with pytest.raises(AttributeError):
                setattr(value, name, None)
            assert not isinstance(getattr(value, name), list | dict | set | bytearray), name


def test_a_job_is_made_again_from_what_it_was_told() -> None:
    begun: list[DeviceInfo] = []

    def job(info: DeviceInfo) -> Any:
        begun.append(info)
        [first] = yield [Get.of("./A")]
        [second] = yield [Get.of(f"./{first.text}")]
        return first.text + second.text

    def told(text: str) -> tuple[Outcome, ...]:
        return (Outcome(None, (Item(data=text),)),)

    info = DeviceInfo("IMEI:1", {"Man": "Acme"})
    start, _ = Running.begin(QueuedJob("ask", job), info)
    left, said = start.told(told("B"))
    assert said[0].items[0].target == "./B" and len(begun) == 1, "going on makes nothing anew"  # type: ignore[index]
    right, said = start.told(told("C"))
    assert said[0].items[0].target == "./C" and len(begun) == 2  # type: ignore[index]
    assert left != right and left == start.told(told("B"))[0]
    assert hash(left) == hash(start.told(told("B"))[0])
    for value, end in ((left, "BX"), (left, "BX"), (right, "CX")):
        with pytest.raises(StopIteration) as over:
            value.told(told("X"))
        assert over.value.value == end


def test_a_job_that_is_no_function_of_what_it_is_told_says_so() -> None:
    times = iter(range(10))

    def job(info: DeviceInfo) -> Any:
        yield [Get.of("./A")]
        if next(times) == 0:
            yield [Get.of("./B")]
            yield [Get.of("./C")]

    start, _ = Running.begin(QueuedJob("moody", job), DeviceInfo("IMEI:1"))
    second, _ = start.told(())
    second.told(())
    with pytest.raises(LocalProtocolError, match="'moody' ended early when it was told the same again"):
        second.told(())


def test_sessions_of_one_device_draw_from_one_stream() -> None:
    """An iterator of anybody serves, too: its places are values, and what was drawn is not drawn again."""
    drawn: list[int] = []

    def source() -> Any:
        for n in range(10):
            drawn.append(n)
            yield bytes([n])

    nonces = Nonces.of(source())
    start = nonces.value
    assert [next(nonces) for _ in range(3)] == [b"\0", b"\1", b"\2"]
    nonces.value = start
    assert [next(nonces) for _ in range(4)] == [b"\0", b"\1", b"\2", b"\3"] and drawn == [0, 1, 2, 3]
    assert Nonces.of(nonces) is nonces


@pytest.mark.parametrize("length", [1, 16, 32, 33, 64, 65])
def test_counted_nonces_have_the_length_asked_for(length: int) -> None:
    one, two = counted_nonces("a", length), counted_nonces("a", length)
    first, second = next(one), next(one)
    assert len(first) == len(second) == length and (length == 1 or first != second)
    assert [next(two), next(two)] == [first, second]


def test_packets_have_a_hash_that_agrees_with_equality() -> None:
    one = Packet("a", b"body", "t", {"x": "1", "y": "2"})
    assert one == Packet("a", b"body", "t", {"y": "2", "x": "1"})
    assert hash(one) == hash(Packet("a", b"body", "t", {"y": "2", "x": "1"}))
    assert len({one, Packet("a", b"body", "t"), Packet("a", b"body", "t", {"x": "1"})}) == 3


def test_work_enqueued_in_mid_session_is_in_the_snapshot() -> None:
    world = started("W01", "XML")
    assert world.session is not None
    before = world.session.snapshot()
    world.server.enqueue(CLIENT_ADDRESS, jobs.read("./DevInfo/Man"), "late")
    after = world.session.snapshot()
    assert before != after and [work.name for work in after.work][-1] == "late"
    world.session.restore(before)
    assert world.session.snapshot() == before and not any(w.name == "late" for w in world.server.work[CLIENT_ADDRESS])
