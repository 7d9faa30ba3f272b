"""How a peer is made otherwise, so that it is broken: its nonces, accounts, tree, or where its packets leave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from dataclasses import replace as vary
from itertools import repeat
from typing import Any

from msgspec.structs import replace

from dmkit.auth import SCHEMES, Account, decode_b64
from dmkit.auth.mac import HEADER, print_header
from dmkit.probe.breaking import Alter, Variant
from dmkit.probe.case import ProbeCase
from dmkit.probe.drive import Caller, ServerUnderTest
from dmkit.probe.own import OwnDevice, phone_for, server_for
from dmkit.probe.own_tls import first_flight
from dmkit.probe.peer import Peer
from dmkit.server.server import Server
from dmkit.session.client import ClientSession
from dmkit.session.events import Step
from dmkit.tree.policy import Decision, oma_acl
from dmkit.wire.codec import Codec, codec_for
from dmkit.words.codes import StatusCode
from dmkit.words.model import Header, Message, Packet, Status

__all__ = [
    "Altering",
    "Front",
    "Outlet",
    "chatty",
    "closing",
    "device",
    "merged",
    "one_nonce",
    "open_server",
    "trusting",
]


@dataclass(slots=True)
class Front:
    """A server whose messages are altered on their way out, and proved as they then are."""

    server: ServerUnderTest
    variant: Variant
    account: Account
    nonce: bytes = b""
    made: list[Message] = field(default_factory=list)

    def receive(self, packet: Packet, now: float = 0.0) -> Step:
        """What the server answers, altered."""
        step = self.server.receive(packet, now)
        reply = step.reply
        if reply is None:
            return step
        if self.variant.alter is not None:
            request = codec_for(packet.media_type, packet.body).decode(packet.body, lenient=True)
            for command in request.commands:
                if isinstance(command, Status) and command.chal is not None and command.chal.next_nonce:
                    self.nonce = decode_b64(command.chal.next_nonce) or b""
            codec = codec_for(reply.media_type, reply.body)
            body = codec.encode(self.variant.alter(codec.decode(reply.body), request))
            headers = dict(reply.headers)
            if HEADER in headers and self.account.server is not None:
                mac = SCHEMES["mac"].prove(self.account.server, self.nonce, body)
                headers[HEADER] = print_header(self.account.server.name, mac)
            reply = replace(reply, body=body, headers=headers)
        if self.variant.packet is not None:
            reply = self.variant.packet(reply)
        return Step(step.party, step.received, reply, step.events)


class Altering:
    """A codec that writes something else than it is told."""

    def __init__(self, codec: Codec, alter: Alter) -> None:
        self.codec, self.alter = codec, alter
        self.name, self.media_type, self.binary = codec.name, codec.media_type, codec.binary
        self.received: Message | None = None

    def encode(self, message: Message) -> bytes:
        """The altered message."""
        return self.codec.encode(self.alter(message, self.received))

    def decode(self, data: bytes, *, lenient: bool = False) -> Message:
        """The message in ``data``; what is then said answers it."""
        self.received = self.codec.decode(data, lenient=lenient)
        return self.received


@dataclass(slots=True)
class Outlet:
    """A session whose packets are altered, or which speaks where it should be silent."""

    session: ClientSession
    packet: Callable[[Packet], Packet] | None = None
    speaks: Callable[[Message], bool] | None = None

    def start(self, now: float = 0.0) -> Step:
        """As the session begins."""
        return self._out(self.session.start(now))

    def receive(self, packet: Packet, now: float = 0.0) -> Step:
        """As the session answers; or with a Status for the header, where it says nothing."""
        step = self.session.receive(packet, now)
        if step.reply is not None or self.speaks is None:
            return self._out(step)
        codec = codec_for(packet.media_type, packet.body)
        received = codec.decode(packet.body, lenient=True)
        if not self.speaks(received):
            return step
        about = received.header
        header = Header(about.session_id, str(int(about.msg_id) + 1), about.source, about.target)
        answer = Message(header, (Status(StatusCode(200), about.msg_id, "0", "SyncHdr", cmd_id="1"),))
        return Step("client", packet, Packet(about.source, codec.encode(answer), codec.media_type))

    def _out(self, step: Step) -> Step:
        if step.reply is None or self.packet is None:
            return step
        return Step(step.party, step.received, self.packet(step.reply), step.events)


def closing(message: Message) -> bool:
    """Good Statuses and nothing else: a package that ends a session."""
    return message.final and all(isinstance(c, Status) and c.code < 300 for c in message.commands)


def merged(tree: Any, server: str, verb: Any, uri: str) -> Decision:
    """Rights of all lists above a node together: what the specification says is not done."""
    parts = uri.split("/")
    for length in range(len(parts), 0, -1):
        found = oma_acl(tree, server, verb, "/".join(parts[:length]) or ".")
        if found:
            return found
    return oma_acl(tree, server, verb, uri)


def open_server(case: ProbeCase, peer: Peer) -> Server:
    """Knows nobody's secret, and lets everybody in."""
    server = server_for(case, peer)
    server.accounts["*"] = vary(server.accounts["*"], client=None)
    server.rules = vary(server.rules, auth="none")
    return server


def one_password(case: ProbeCase, peer: Peer) -> Server:
    """A server that proves itself to all devices alike."""
    server = server_for(case, peer)
    server.accounts.pop(peer.other_device, None)
    return server


def speaking_ssl2(hello: bytes) -> bytes:
    """A server that takes SSL 2.0, too."""
    return bytes.fromhex("8010 0400 0000 0200 0000 0000 0000 0000") if hello[0] & 0x80 else first_flight(hello)


def one_nonce(case: ProbeCase, peer: Peer) -> Server:
    """A server that gives out the same nonce for ever."""
    server = server_for(case, peer)
    server.nonces = lambda device: repeat(b"always the same!")
    return server


def device(**change: Any) -> Callable[[ProbeCase, Peer], Caller]:
    """A device in which ``change`` made something else of an attribute."""

    def build(case: ProbeCase, peer: Peer) -> Caller:
        phone = phone_for(case, peer)
        for name, value in change.items():
            setattr(phone, name, value(phone))
        return OwnDevice(phone)

    return build


def trusting(case: ProbeCase, peer: Peer) -> Caller:
    """A device that believes whoever says to be its server."""
    phone = phone_for(case, peer)
    phone.accounts[:1] = [vary(account, server=None) for account in phone.accounts[:1]]
    phone.rules = vary(phone.rules, server_auth="none")
    return OwnDevice(phone)


def chatty(speaks: Callable[[Message], bool]) -> Callable[[ProbeCase, Peer], Caller]:
    """A device that answers where it should be silent."""
    return lambda case, peer: OwnDevice(phone_for(case, peer), lambda session: Outlet(session, speaks=speaks))
