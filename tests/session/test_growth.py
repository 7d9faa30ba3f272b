"""Packing takes time in proportion to what is packed: counted in octets that the codec wrote, not in seconds."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any

import pytest
from msgspec.structs import replace as changed
from pytest import MonkeyPatch

from dmkit.device.device import Device
from dmkit.server.jobs import write
from dmkit.server.server import Server
from dmkit.session.batch import Batch
from dmkit.session.events import Repeated
from dmkit.session.job_queue import JobQueue
from dmkit.session.objects import Sending
from dmkit.session.oracle.check import assert_sound
from dmkit.session.packages import Unit, number, pack
from dmkit.session.rules import Rules
from dmkit.session.server_turn import ServerTurn
from dmkit.session.work import Wait
from dmkit.transport.loop import converse
from dmkit.views.transcript import Transcript
from dmkit.wire.codec import WBXML, XML, Codec
from dmkit.words.codes import StatusCode
from dmkit.words.model import Add, Alert, Command, Get, Header, Item, Message, Meta, Packet, Replace, Results, Status
from dmkit.words.outcome import Later
from tests.steps import CountedText, python_lines

HEADER = Header("1", "1", "IMEI:1", "http://s/dm")
HEAD = (Status(StatusCode.OK, "1", "0", "SyncHdr", ("http://s/dm",), ("IMEI:1",)),)


class Counting:
    """A codec that counts the octets it has written."""

    def __init__(self, codec: Codec) -> None:
        self.name, self.media_type, self.binary = codec.name, codec.media_type, codec.binary
        self.codec, self.octets = codec, 0

    def encode(self, message: Message) -> bytes:
        data = self.codec.encode(message)
        self.octets += len(data)
        return data

    def decode(self, data: bytes, *, lenient: bool = False) -> Message:
        return self.codec.decode(data, lenient=lenient)


def emptied(queue: deque[Unit], codec: Codec, limit: int) -> tuple[int, list[bytes]]:
    """Octets written until ``queue`` is empty, and the messages."""
    counting, bodies = Counting(codec), []
    while queue:
        packed = pack(HEADER, HEAD, queue, lambda empty, piece: ((), empty), codec=counting, limit=limit)
        assert packed.stuck is None and len(packed.body) <= limit
        bodies.append(packed.body)
    return counting.octets, bodies


def answers(n: int) -> deque[Unit]:
    return deque(
        command
        for at in range(n)
        for command in (Status(StatusCode.OK, "1", str(at + 2), "Get", (f"./A/n{at}",)),
                        Results((Item(source=f"./A/n{at}", data="value"),), "1", str(at + 2)))
    )  # fmt: skip


QUEUES: dict[str, Callable[[int], deque[Unit]]] = {
    "answers": answers,
    "questions": lambda n: deque(Get.of(f"./Vendor/Setting{at}") for at in range(n)),
    "one large object": lambda n: deque([Replace.of("./Note", "0123456789" * 20 * n)]),
    "octets": lambda n: deque([Add.of("./Note", bytes(range(200)) * n)]),
    "three large objects behind a small one": lambda n: deque(
        [Get.of("./A"), *(Replace.of(f"./Note/{at}", "0123456789" * 8 * n) for at in range(3))]
    ),
    "objects just too large": lambda n: deque(Add.of(f"./A/{at}", "x" * 1200) for at in range(n // 4)),
}
SIZES = (100, 200)


@pytest.mark.parametrize("codec", [XML, WBXML], ids=["xml", "wbxml"])
@pytest.mark.parametrize("kind", QUEUES)
def test_packing_writes_octets_in_proportion_to_the_queue(kind: str, codec: Codec) -> None:
    if kind == "octets" and not codec.binary:
        pytest.skip("XML carries no octets")
    few, many = (emptied(QUEUES[kind](n), codec, 1000)[0] for n in SIZES)
    assert many < 2.3 * few


@pytest.mark.parametrize("many", [1, 63, 64, 65, 200])
def test_commands_are_numbered_alike_however_many_they_are(many: int) -> None:
    packed = pack(HEADER, HEAD, deque(Get.of(f"./A/{at}") for at in range(many - 1)), lambda *_: ((), True),
                  codec=WBXML, limit=None)  # fmt: skip
    assert [command.cmd_id for command in packed.message.commands] == [str(at) for at in range(1, many + 1)]


@pytest.mark.parametrize("kind", ["answers", "questions"])
def test_every_message_is_as_full_as_it_can_be(kind: str) -> None:
    _, bodies = emptied(QUEUES[kind](SIZES[0]), WBXML, 1000)
    read = [WBXML.decode(body) for body in bodies]
    for body, after in zip(bodies, read[1:], strict=False):
        first = Message(HEADER, (after.commands[len(HEAD)],))
        more = len(WBXML.encode(first)) - len(WBXML.encode(Message(HEADER, ())))
        assert len(body) + more > 1000


def test_an_object_is_measured_once_however_many_pieces_it_leaves_in() -> None:
    class Text(str):
        encoded = 0

        def encode(self, *args: str) -> bytes:  # type: ignore[override]
            Text.encoded += len(self)
            return super().encode(*args)

    sending = Sending(Replace((Item("./Note", data=Text("0123456789" * 100)),)))
    for _ in range(10):
        assert sending.size == 1000
        sending.piece(100)
        sending = sending.left(100)
    assert (sending.sent, sending.rest, Text.encoded) == (1000, 0, 1000)


def comparisons(n: int) -> int:
    get = Get(tuple(Item(target=CountedText(f"./A/{at}")) for at in range(n)), cmd_id="1")
    batch = Batch.of((get,), Rules(), WBXML, None).sent(Message(HEADER, (get,)), 0, (), None)
    for at in range(n):
        batch = batch.book([Status(StatusCode.OK, "1", "1", "Get", (f"./A/{n - at - 1}",))], "1")
    CountedText.compared = 0
    (outcome,) = batch.outcomes()
    assert [part.status for part in outcome.parts] == [StatusCode.OK] * n
    return CountedText.compared


def test_statuses_find_their_items_without_looking_at_all_of_them() -> None:
    assert comparisons(200) < 2.3 * max(comparisons(100), 100)


def test_statuses_without_reference_go_to_the_first_command_that_waits() -> None:
    commands: list[Command] = [Add.of("./A", "1"), Get.of("./B"), Add.of("./C", "1"), Alert.of(1100, None, "hello")]
    numbered = tuple(type(c)(c.items, cmd_id=str(at + 1)) if not isinstance(c, Alert) else
                     Alert(c.code, c.items, cmd_id=str(at + 1)) for at, c in enumerate(commands))  # fmt: skip
    batch = Batch.of(commands, Rules(), WBXML, None).sent(Message(HEADER, numbered), 0, (), None)
    for cmd, code in (("Add", 418), ("Get", 404), ("Add", 200), ("Add", 500)):
        batch = batch.book([Status(StatusCode(code), "1", None, cmd)], "1")
    assert [outcome.status for outcome in batch.outcomes()] == [418, 404, 200, None]


@pytest.mark.parametrize("reference", ["1", None])
@pytest.mark.parametrize("many", [1, 200, 400])
def test_what_one_message_says_is_booked_at_once(reference: str | None, many: int, monkeypatch: MonkeyPatch) -> None:
    """One copy of the batch for a message, not one for each Status, with all before it."""
    copies: list[int] = []

    def counted(batch: Batch, **fields: Any) -> Batch:
        copies.append(sum(len(value) for value in fields.values()))
        return changed(batch, **fields)

    get = Get(Get.of("./A").items, cmd_id="1")
    batch = Batch.of((get,), Rules(), WBXML, None).sent(Message(HEADER, (get,)), 0, (), None)
    monkeypatch.setattr("dmkit.session.batch.changed", counted)
    said = [Status(StatusCode.OK, "1", reference, "Get"), Results((Item(source="./A", data="x"),), "1", "1")] * many
    batch = batch.book(said, "1")
    assert len(batch.results) == many and len(batch.statuses) == (many if reference else 1)
    assert copies == [len(batch.results) + len(batch.statuses)]


ONCE = count(100_000)
"""Values that no message had before: what is remembered of an earlier one would make the later one cheap."""


def of_batches(n: int) -> Transcript:
    """A session of some 2 n messages."""
    device = Device.example(rules=Rules(messages=100_000))

    def work(info: object) -> Any:
        for _ in range(n):
            yield [Replace.of("./APN/Name", f"{next(ONCE)}")]

    talk = converse(device, Server.example(device), job=work)
    assert len(talk) > 2 * n
    return talk


def reported(n: int) -> Device:
    device, mark = Device.example(rules=Rules(messages=100_000, max_message=100_000)), next(ONCE)
    for at in range(n):
        device.report(Later(0.0, "t", source=f"./A/{at}", correlator=f"{mark} {at}"), "com.mgmtsrv.manage", 0.0)
    assert len(device.due(1.0)) == n and not device.agenda
    return device


def of_jobs(n: int) -> Transcript:
    device = Device.example(rules=Rules(messages=100_000))
    server = Server.example(device)
    for _ in range(n):
        server.enqueue(device.address, write("./APN/Name", f"{next(ONCE)}"))
    return converse(device, server)


def of_waiting_jobs(n: int) -> None:
    """Jobs that wait for reports, each for its own, which come in one later session."""
    mark = next(ONCE)
    device = Device.example()
    server = Server.example(device)
    for at in range(n):

        def work(info: object, at: int = at) -> Any:
            yield Wait(f"{mark} {at}")

        server.enqueue(device.address, work)
    converse(device, server)
    alerts = tuple(
        Alert(1226, (Item(source="./A", data=f"{next(ONCE)}"),), correlator=f"{mark} {at}") for at in range(n)
    )
    converse(device, server, alerts=alerts)
    assert sum(result.done for result in server.results) == n


SESSIONS: dict[str, Callable[[int], Callable[[], object]]] = {
    "of many messages": lambda n: lambda: of_batches(n),
    "of many messages, judged": lambda n: partial(assert_sound, of_batches(n)),
    "of many messages, shown": lambda n: of_batches(n).__repr__,
    "of many messages, packages counted": lambda n: of_batches(n).packages,
    "of many jobs": lambda n: lambda: of_jobs(n),
    "of jobs that wait": lambda n: lambda: of_waiting_jobs(n),
    "to which much is to be reported": lambda n: lambda: reported(n),
}


@pytest.mark.parametrize("work", SESSIONS.values(), ids=SESSIONS)
def test_sessions_take_steps_in_proportion(work: Callable[[int], Callable[[], object]]) -> None:
    work(60)()  # whatever loads on first use
    few, many, most = (python_lines(work(n)) for n in (90, 180, 360))
    assert most - many < 3 * (many - few), (few, many, most)  # 4 when it is quadratic; the first are in one message


def test_a_message_of_long_ago_is_answered_from_memory() -> None:
    """Where much is remembered, too: the same answer, once more, and what is new is still new."""
    talk = of_batches(40)
    device = Device.example(rules=Rules(messages=100_000))
    server = Server.example(device)
    again: list[int] = []

    def tap(packet: Packet, rng: object) -> list[Packet]:
        if packet.to.startswith("https") and len(again) < 60:
            again.append(len(again))
            return [packet, packet] if len(again) in (3, 30, 50) else [packet]
        return [packet]

    def work(info: object) -> Any:
        for at in range(40):
            yield [Replace.of("./APN/Name", f"v{at}")]

    doubled = converse(device, server, job=work, tap=tap)
    assert sum(isinstance(event, Repeated) for event in doubled.events) >= 3
    assert server.results[0].done and device.tree.get("./APN/Name").value == "v39"
    assert talk[-1].message is not None


TOLD: dict[str, Callable[[int], Command]] = {
    "values of the device": lambda at: Replace((Item(source=f"./A/{at}", data="x"),)),
    "alerts": lambda at: Alert(1226, (Item(source="./A", data="x"),), correlator=f"{at}"),
    "alerts in pieces that never end": lambda at: Alert(
        1226, (Item(source=f"./A/{at}", meta=Meta(size=99), data="x", more_data=True),), correlator=f"{at}"
    ),
}


@pytest.mark.parametrize("what", TOLD)
@pytest.mark.parametrize(("kind", "names"), [(ServerTurn, {"owed", "extra"}), (JobQueue, {"_early"})])
def test_answers_of_one_message_are_put_together_once(
    what: str, kind: type, names: set[str], monkeypatch: MonkeyPatch
) -> None:
    """Lengths of what is put into a tuple again: in proportion to what the message says."""
    copied = 0

    def counted(self: object, name: str, value: Any) -> None:
        nonlocal copied
        copied += len(value) if name in names else 0
        object.__setattr__(self, name, value)

    lengths = []
    for n in (100, 200):
        device = Device.example(rules=Rules(auth="none", server_auth="none"))
        server = Server.example(device, rules=Rules(auth="none", server_auth="none"))
        said = number((Alert(1201), Replace((Item(source="./DevInfo/Man", data="Acme"),)), *map(TOLD[what], range(n))))
        body = XML.encode(Message(Header("1", "1", "https://s", device.address), said))
        copied = 0
        with monkeypatch.context() as patch:
            patch.setattr(kind, "__setattr__", counted, raising=False)
            reply = server.receive(Packet("https://s", body, XML.media_type)).reply
        assert reply is not None and reply.body.count(b"<Status>") > n
        lengths.append(copied)
    assert lengths[1] <= 2.3 * lengths[0] + 10
