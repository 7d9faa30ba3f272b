"""Many Statuses at once: a message of nothing but answers keeps within MaxMsgSize too.  [DMPRO §7]

That no message is larger is checked of every transcript here (``tests/conftest.py``, invariant I13), and that each
command has its Status (I4).
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace as changed

import dmkit as dm
from dmkit.session.packages import number
from dmkit.session.rules import Rules
from dmkit.wire.codec import WBXML, XML, Codec
from dmkit.words.codes import AlertCode, StatusCode
from dmkit.words.model import Alert, Command, Get, Item, Message, Meta, Packet, Replace, Status

SMALL = 1500
GENERIC = Meta(type="Reversed-Domain-Name: com.example.battery", format="int")
CODECS = pytest.mark.parametrize("codec", [XML, WBXML], ids=lambda codec: codec.name)


def reports(many: int) -> tuple[Alert, ...]:
    return tuple(
        Alert(AlertCode.GENERIC, (Item(source=f"./Battery/{n}", meta=GENERIC, data="1"),)) for n in range(many)
    )


def device_of(codec: Codec, limit: int | None, **rules: object) -> dm.Device:
    return dm.Device.example(codec=codec, rules=Rules(max_message=limit, **rules))  # type: ignore[arg-type]


def statuses(talk: dm.Transcript, sender: str) -> list[Status]:
    messages = [line.message for line in talk.lines if line.sender == sender and line.message is not None]
    return [c for m in messages for c in m.commands if isinstance(c, Status) and not c.is_header]


@CODECS
@pytest.mark.parametrize(("many", "job"), [(1, True), (40, True), (200, True), (200, False), (61, True)])
def test_a_server_answers_hundreds_of_alerts_in_parts(codec: Codec, many: int, job: bool) -> None:
    device = device_of(codec, SMALL)
    server = dm.Server.example(device, rules=Rules())
    talk = dm.converse(device, server, job=dm.jobs.read("./DevInfo/Man") if job else None, alerts=reports(many))
    said = [s for s in statuses(talk, "server") if s.cmd == "Alert" and s.msg_ref == "1"]
    assert len({s.cmd_ref for s in said}) == len(said) == many + 1 and {s.code for s in said} == {200}
    assert sum(note.alert.code == AlertCode.GENERIC for _, note in server.alerts) == many
    assert talk.events[-1].well
    assert [result.done for result in server.results] == [True] * job


@CODECS
def test_what_a_job_wants_waits_until_the_statuses_are_out(codec: Codec) -> None:
    """A command that fits beside no Status of them is not taken for one that fits nowhere."""
    device = device_of(codec, SMALL)
    server = dm.Server.example(device, rules=Rules(large_objects="no"))
    talk = dm.converse(device, server, job=dm.jobs.write("./APN/Name", "x" * 700), alerts=reports(7))
    [result] = server.results
    assert result.done and device.tree.get("./APN/Name").value == "x" * 700 and talk.events[-1].well


@CODECS
def test_a_large_object_goes_on_between_statuses(codec: Codec) -> None:
    device = device_of(codec, SMALL)
    server = dm.Server.example(device, rules=Rules())
    dm.converse(device, server, job=dm.jobs.write("./APN/Name", "y" * 6000), alerts=reports(90))
    assert device.tree.get("./APN/Name").value == "y" * 6000


@CODECS
@pytest.mark.parametrize("limit", [1000, 1500, 6000])
def test_a_device_answers_hundreds_of_commands_in_parts(codec: Codec, limit: int) -> None:
    """Displays are Alerts: their Statuses are no more alike a piece of an object than others."""
    device = device_of(codec, None)
    server = dm.Server.example(device, rules=Rules(max_message=limit))

    def job(info):
        yield [Alert(AlertCode.DISPLAY, (Item(data=""), Item(data=f"number {n}"))) for n in range(150)]
        yield [Get.of(f"./DevInfo/Man?prop={n}") for n in range(80)]

    talk = dm.converse(device, server, job=job)
    said = statuses(talk, "client")
    assert sum(s.cmd == "Alert" and s.msg_ref == "1" for s in said) == 150 and sum(s.cmd == "Get" for s in said) == 80
    assert server.results[0].done


@CODECS
def test_a_status_that_fits_nowhere_goes_without_addresses(codec: Codec) -> None:
    device = device_of(codec, None)
    server = dm.Server.example(device, rules=Rules(max_message=900))
    uri = "./" + "/".join(["n" * 60] * 20)

    def job(info):
        [outcome] = yield [Get.of(uri)]
        return int(outcome.status)

    dm.converse(device, server, job=job)
    assert server.results[0].result in (404, 414)


# -- who is refused gets no more than fits either ---------------------------------------------------------------------

MANY: dict[str, list[Command]] = {
    "Get": [Get.of(f"./DevInfo/{n}") for n in range(200)],
    "Replace": [Replace.of(f"./A/{n}", "1") for n in range(200)],
    "Alert": list(reports(200)),
}


def answer_to(commands: list[Command], *, limit: int, proof: bool, codec: Codec = XML, **header: object) -> Message:
    """What a server says to a first message of ``commands``."""
    device = device_of(codec, limit)
    server = dm.Server.example(device, rules=Rules())
    first = device.connect().start().reply
    assert first is not None
    message = codec.decode(first.body)
    head = changed(message.header, **({} if proof else {"cred": None}), **header)
    body = codec.encode(Message(head, number([*message.commands, *commands])))
    reply = server.receive(Packet(first.to, body, first.media_type)).reply
    assert reply is not None and len(reply.body) <= limit
    return codec.decode(reply.body)


@CODECS
@pytest.mark.parametrize("kind", MANY)
@pytest.mark.parametrize(
    ("why", "header", "code"),
    [("unproven", {}, 407), ("version", {"ver_dtd": "1.9"}, 505), ("out of turn", {"msg_id": "7"}, 400)],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_refusal_of_hundreds_of_commands_keeps_within_the_limit(kind, codec, why, header, code):
    said = answer_to(MANY[kind], limit=SMALL, proof=why != "unproven", codec=codec, **header)
    head, *others = said.commands
    assert isinstance(head, Status) and head.is_header and head.code in (code, 513)
    assert len(others) > 3


@pytest.mark.parametrize("kind", ["Get", "Replace", "Alert"])
def test_a_device_refuses_an_unproven_server_within_the_limit(kind):
    device = device_of(XML, None, server_auth="md5")
    session = device.connect()
    first = session.start().reply
    head = dm.words.Header("1", "1", device.address, "https://dm.example.com/dm", meta=Meta(max_msg_size=SMALL))
    ok = Status(StatusCode.AUTHENTICATED, "1", "0", "SyncHdr")
    wishes = MANY[kind] if kind != "Alert" else [Alert(AlertCode.DISPLAY, (Item(data=""), Item(data="x")))] * 200
    message = Message(changed(head, session_id=XML.decode(first.body).header.session_id), number([ok, *wishes]), True)
    reply = session.receive(Packet(device.address, XML.encode(message), XML.media_type)).reply
    assert len(reply.body) <= SMALL
    assert {int(c.code) for c in XML.decode(reply.body).commands} == {407}
