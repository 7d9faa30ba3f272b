"""Peers that are wrong in coarse ways: every case must be able to tell at least one of them from a right one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from dmkit.probe import breaking as b
from dmkit.probe import breaking_builds as builds
from dmkit.probe.own import OwnDevice, phone_for, server_for
from dmkit.session.events import Refused, Step
from dmkit.session.rules import Rules
from dmkit.wire.codec import codec_for
from dmkit.words.codes import StatusCode
from dmkit.words.errors import CodecError
from dmkit.words.model import (
    Alert,
    Cred,
    Get,
    Header,
    Item,
    Message,
    Meta,
    Packet,
    Replace,
    Results,
    Status,
)


def codes(new, *, header=True, commands=True, only=None):
    """Every Status is ``new``; of the header, of commands, or where it was ``only``."""

    def change(status):
        wanted = header if status.is_header else commands
        return replace(status, code=StatusCode(new)) if wanted and only in (None, status.code) else status

    return b.status(change)


def without(kind):
    return lambda message, to: b.commands(message, lambda c: [] if isinstance(c, kind) else [c])


def values(message, to):
    def other(command):
        if isinstance(command, Results):
            return [replace(command, items=tuple(replace(item, data="wrong") for item in command.items))]
        return [command]

    return b.commands(message, other)


def no_sizes(message, to):
    def other(command):
        if isinstance(command, Results):
            items = tuple(replace(i, meta=replace(i.meta or Meta(), size=None)) for i in command.items)
            return [replace(command, items=items)]
        return [command]

    return b.commands(message, other)


def later_500(message, to):
    return codes(500, commands=False)(message, to) if int(message.header.msg_id) > 2 else message


def second_200(message, to):
    return codes(200)(message, to) if message.header.msg_id == "2" else message


def header_only(message, to):
    statuses = [c for c in message.commands if isinstance(c, Status) and c.is_header]
    return replace(message, commands=tuple(statuses)) if statuses else message


def values_of_nothing(message, to):
    refused = [c for c in message.commands if isinstance(c, Status) and c.cmd == "Get" and c.code >= 400]
    return b.more(*(Results((Item(source=ref, data="x"),), s.msg_ref, s.cmd_ref) for s in refused
                    for ref in s.target_refs))(message)  # fmt: skip


ALTERED = {
    "everything is 200": codes(200),
    "everything is 500": codes(500),
    "every command is 200": codes(200, header=False),
    "every command is 404": codes(404, header=False),
    "every command is 500": codes(500, header=False),
    "every header is 200": codes(200, commands=False),
    "every header is 400": codes(400, commands=False),
    "212 is 401": codes(401, only=212),
    "200 of headers is 212": codes(212, commands=False, only=200),
    "424 is 200": codes(200, only=424),
    "an Alert that is good is 500": b.code("Alert", 200, 500),
    "a Get that is good is 404": b.code("Get", 200, 404),
    "later headers are 500": later_500,
    "the second header is 200": second_200,
    "no challenge": b.status(lambda s: replace(s, chal=None)),
    "no Results": without(Results),
    "no Status": without(Status),
    "no Alert": without(Alert),
    "no Replace": without(Replace),
    "wrong values": values,
    "no Size": no_sizes,
    "values of what is not there": values_of_nothing,
    "Final always": lambda m, to: replace(m, final=True),
    "Final never": lambda m, to: replace(m, final=False),
    "a Get too many": lambda m, to: b.more(Get.of("./DevInfo/Man"))(m),
    "an address that is none": lambda m, to: b.more(Get.of("./A//B"))(m),
    "one CmdID": lambda m, to: b.commands(m, lambda c: [replace(c, cmd_id="1")]),
    "another MsgRef": b.status(lambda s: replace(s, msg_ref="7")),
    "another Target": b.header(target="urn:x"),
    "another SessionID": b.header(session_id="FFFF"),
    "another SessionID later": b.later(lambda h: replace(h, session_id="FFFF")),
    "the header last": lambda m, to: replace(m, commands=(*m.commands[1:], *m.commands[:1])),
    "a large object": lambda m, to: b.more(Results((Item(source="./X", data="v" * 3000),), "1", "1"))(m),
    "credentials of nobody": b.header(cred=Cred("eA==", Meta(format="b64", type="syncml:auth-md5"))),
    "nothing but the header": header_only,
}


def in_status(packet: Packet) -> Packet:
    """Credentials inside the first command, in XML."""
    body = packet.body.replace(b"</CmdID>", b"</CmdID><Cred><Data>eA==</Data></Cred>", 1)
    return replace(packet, body=body)


@dataclass
class Greedy:
    """A server that takes what it cannot read, and whatever comes after the end, and asks for more."""

    server: Any

    def receive(self, packet: Packet, now: float = 0.0) -> Step:
        step = self.server.receive(packet, now)
        if step.reply is not None:
            return step
        codec = codec_for("", b"<")
        try:
            header = codec_for(packet.media_type, packet.body).decode(packet.body, lenient=True).header
        except CodecError:
            header = Header("1", "1", "http://127.0.0.1:8080/dm", "IMEI:1")
        status = Status(StatusCode(200), header.msg_id, "0", "SyncHdr", cmd_id="1")
        commands = (status, Get.of("./DevInfo/Man").__class__(Get.of("./DevInfo/Man").items, cmd_id="2"))
        said = Message(Header(header.session_id, header.msg_id, header.source, header.target), commands)
        return Step("server", packet, Packet(header.source, codec.encode(said), codec.media_type))


@dataclass
class Fragile:
    """A server that fails where it would refuse, or where a MsgID is not the next."""

    server: Any

    def receive(self, packet: Packet, now: float = 0.0) -> Step:
        step = self.server.receive(packet, now)
        bad = step.reply is None or b"<MsgID>9<" in packet.body or b"Novelty" in packet.body or b"1101" in packet.body
        return Step("server", packet, None, (Refused("server", "it failed", StatusCode(500)),)) if bad else step


@dataclass
class Forgetful:
    """A server that never answers the same octets twice alike."""

    server: Any
    times: int = 0

    def receive(self, packet: Packet, now: float = 0.0) -> Step:
        step = self.server.receive(packet, now)
        if step.reply is None:
            return step
        self.times += 1
        codec = codec_for(step.reply.media_type, step.reply.body)
        message = codec.decode(step.reply.body)
        other = replace(message, header=replace(message.header, source_name=f"name {self.times}"))
        return Step("server", packet, replace(step.reply, body=codec.encode(other)), step.events)


def _endless(case, peer):
    return OwnDevice(phone_for(case, peer, Rules(challenges=50)))


def _readable(case, peer):
    def alter(message, to):
        return codes(500, header=False)(b.status(lambda s: s if s.cmd != "Search" else None)(message, to), to)

    return OwnDevice(phone_for(case, peer, Rules(lenient=True), lambda codec: builds.Altering(codec, alter)))


def _typed(kind):
    return lambda case, peer: OwnDevice(phone_for(case, peer), lambda session: builds.Outlet(session, packet=kind))


def _text(packet: Packet) -> Packet:
    return replace(packet, media_type="text/xml")


BUILT = {
    "server": {
        "takes everything": lambda case, peer: Greedy(server_for(case, peer)),
        "fails": lambda case, peer: Fragile(server_for(case, peer)),
        "never the same": lambda case, peer: Forgetful(server_for(case, peer)),
    },
    "client": {
        "tries for ever": _endless,
        "never silent": builds.chatty(lambda heard: True),
        "reads all": _readable,
        "text": _typed(_text),
        "Cred": _typed(in_status),
    },
}


def mutants(side):
    """Name -> variant, for one side."""
    made = {name: b.Variant(side, "P-01", "", name, alter) for name, alter in ALTERED.items()}
    made |= {name: b.Variant(side, "P-01", "", name, build=build) for name, build in BUILT[side].items()}
    if side == "server":
        made["Cred"] = b.Variant(side, "P-01", "", "Cred", packet=in_status)
    return made
