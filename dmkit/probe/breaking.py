"""How a peer is broken on purpose: what it says is altered, or it is made otherwise.  The rows are in ``broken``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from dataclasses import replace as vary
from itertools import repeat
from typing import Any, Final, Literal

from msgspec.structs import replace

from dmkit.auth import SCHEMES, Account, decode_b64
from dmkit.auth.mac import HEADER, print_header
from dmkit.probe.case import ProbeCase
from dmkit.probe.drive import Caller, FirstFlight, ServerUnderTest
from dmkit.probe.own import OwnDevice, phone_for, server_for
from dmkit.probe.own_tls import first_flight
from dmkit.probe.peer import Peer
from dmkit.server.server import Server
from dmkit.session.client import ClientSession
from dmkit.session.events import Step
from dmkit.session.rules import Rules
from dmkit.tree.policy import Decision, oma_acl
from dmkit.wire.codec import Codec, codec_for
from dmkit.words.codes import AlertCode, StatusCode
from dmkit.words.model import Alert, Atomic, Command, Get, Header, Message, Packet, Replace, Results, Sequence, Status

__all__ = [
    "Alter",
    "Altering",
    "Front",
    "Outlet",
    "Variant",
    "asks",
    "begins",
    "chatty",
    "closing",
    "code",
    "commands",
    "device",
    "flipped",
    "forgets",
    "has",
    "header",
    "later",
    "merged",
    "more",
    "no_1222",
    "one_nonce",
    "open_server",
    "pieces",
    "status",
    "status_for_results",
    "trusting",
    "turned",
    "without_format",
    "without_lang",
]

Alter = Callable[[Message, Message | None], Message]
"""What is said in place of a message, given the one that it answers."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One peer with one rule broken, and the case made for it.

    It is broken by what it says (``alter``, ``packet``), by its choices (``rules``), where it is made (``build``), or
    in its TLS (``handshake``).
    """

    side: Literal["server", "client"]
    row: str
    case: str
    what: str
    alter: Alter | None = None
    packet: Callable[[Packet], Packet] | None = None
    rules: Rules | None = None
    build: Callable[[ProbeCase, Peer], Any] | None = None
    handshake: FirstFlight | None = None
    also: tuple[str, ...] = ()


# -- how a message is altered


def commands(message: Message, change: Callable[[Command], Iterable[Command]]) -> Message:
    """Each command of ``message``, in containers too, becomes what ``change`` gives."""

    def inside(command: Command) -> Iterable[Command]:
        if isinstance(command, Atomic | Sequence):
            command = replace(command, commands=tuple(c for inner in command.commands for c in inside(inner)))
        return change(command)

    return replace(message, commands=tuple(c for command in message.commands for c in inside(command)))


def status(change: Callable[[Status], Status | None]) -> Alter:
    """Each Status is another one, or left out."""

    def alter(message: Message, to: Message | None) -> Message:
        return commands(message, lambda c: [s for s in [change(c)] if s] if isinstance(c, Status) else [c])

    return alter


def code(cmd: str, old: int, new: int) -> Alter:
    """Status ``new`` in place of ``old`` for a command."""
    return status(lambda s: replace(s, code=StatusCode(new)) if (s.cmd, s.code) == (cmd, old) else s)


def header(**change: Any) -> Alter:
    """Fields of the header are others."""
    return lambda message, to: replace(message, header=replace(message.header, **change))


def later(change: Callable[[Header], Header]) -> Alter:
    """The header of every message behind the second is another one."""

    def alter(message: Message, to: Message | None) -> Message:
        return replace(message, header=change(message.header)) if int(message.header.msg_id) > 2 else message

    return alter


def has(message: Message | None, code: int) -> bool:
    """Whether ``message`` has an Alert of this code."""
    return message is not None and any(isinstance(c, Alert) and c.code == code for c in message.commands)


def more(*commands: Command) -> Callable[[Message], Message]:
    """Further commands behind those of a message, with CmdIDs that are free."""

    def grown(message: Message) -> Message:
        added = tuple(replace(command, cmd_id=str(90 + n)) for n, command in enumerate(commands))
        return replace(message, commands=(*message.commands, *added))

    return grown


def forgets(message: Message, to: Message | None) -> Message:
    """The last of several Statuses for commands is left out."""
    statuses = [c for c in message.commands if isinstance(c, Status) and not c.is_header]
    return (
        replace(message, commands=tuple(c for c in message.commands if c is not statuses[-1]))
        if len(statuses) > 1
        else message
    )


def turned(message: Message, to: Message | None) -> Message:
    """Statuses stand in the opposite order, that of the header stays."""
    statuses = [c for c in message.commands if isinstance(c, Status) and not c.is_header]
    turned = iter(statuses[::-1])
    return replace(message, commands=tuple(next(turned) if c in statuses else c for c in message.commands))


def status_for_results(message: Message, to: Message | None) -> Message:
    """Results that came get a Status."""
    results = [c for c in to.commands if isinstance(c, Results)] if to else []
    statuses = [Status(StatusCode(200), to.header.msg_id if to else "", c.cmd_id, "Results") for c in results]
    return more(*statuses)(message) if statuses else message


def without_format(message: Message, to: Message | None) -> Message:
    """A challenge has no Format."""
    return commands(
        message, lambda c: [replace(c, chal=replace(c.chal, format=None)) if isinstance(c, Status) and c.chal else c]
    )


def without_lang(message: Message, to: Message | None) -> Message:
    """DevInfo has no Lang."""

    def less(command: Command) -> Iterable[Command]:
        if isinstance(command, Replace):
            return [replace(command, items=tuple(i for i in command.items if i.source != "./DevInfo/Lang"))]
        return [command]

    return commands(message, less)


def no_1222(message: Message, to: Message | None) -> Message:
    """Alert 1222 is left out."""
    return commands(message, lambda c: [] if isinstance(c, Alert) and c.code == 1222 else [c])


_GET: Final = Get.of("./DevInfo/Man")


def asks(when: Callable[[Message, Message | None], bool]) -> Alter:
    """A Get that should not be there."""
    return lambda message, to: more(_GET)(message) if when(message, to) else message


def flipped(packet: Packet) -> Packet:
    """The first character of the MAC is another one."""
    head, found, mac = packet.headers.get(HEADER, "").partition("mac=")
    if not found:
        return packet
    return replace(packet, headers={**packet.headers, HEADER: f"{head}mac={'B' if mac[:1] == 'A' else 'A'}{mac[1:]}"})


# -- the two sides


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


def begins(message: Message | None) -> tuple[str, ...]:
    """CmdIDs of the Alert that begins a session."""
    commands = message.commands if message else ()
    return tuple(c.cmd_id for c in commands if isinstance(c, Alert) and c.code in (AlertCode(1200), AlertCode(1201)))


def pieces(message: Message | None) -> bool:
    """Whether a piece of a large object is in ``message``."""
    commands = message.commands if message else ()
    return any(item.more_data for c in commands for item in getattr(c, "items", ()))
