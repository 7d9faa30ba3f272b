"""A client and a server joined in memory, from a golden or from a few words.

The one place in the tests that knows how both are built.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as vary
from itertools import count
from typing import Any

from msgspec.structs import replace

from dmkit.auth import Account, Credential
from dmkit.auth.mac import HEADER, MAC, print_header
from dmkit.device.device import Device
from dmkit.server.server import Server
from dmkit.session.client import ClientSession
from dmkit.session.events import Event, Step
from dmkit.session.oracle.reading import SentMessage
from dmkit.session.rules import Rules
from dmkit.tree.tree import Tree
from dmkit.views.notation import Spoken
from dmkit.wire.codec import XML, Codec, codec_for
from dmkit.words.model import Alert, Command, Message, Packet, Results, Status
from dmkit.words.outcome import Outcome
from dmkit.workbench.material.staging import (  # noqa: F401
    ALL,
    SERVER_ID,
    Among,
    client_account,
    device_of,
    fresh,
    script,
    server_account,
    server_of,
    session_of,
    shape,
    tree_of,
)
from tests.golden.compare import labels
from tests.golden.notation import CLIENT_ADDRESS, SERVER_ADDRESS, Golden

# --- holding a conversation -----------------------------------------------------------------------------------------


def spoken(sender: str, packet: Packet) -> Spoken:
    """A packet read again; what scripts say need not be strictly right."""
    message = codec_for(packet.media_type, packet.body).decode(packet.body, lenient=True)
    return Spoken(sender, message, packet.headers)


@dataclass
class Talk:
    """What was said, with packets and events."""

    packets: list[tuple[str, Packet]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def note(self, step: Step) -> Step:
        """Write down one step of an engine; what engines say is strictly right."""
        self.events.extend(step.events)
        if step.reply is not None:
            codec_for(step.reply.media_type, step.reply.body).decode(step.reply.body)
            self.packets.append((step.party, step.reply))
        return step

    @property
    def spoken(self) -> list[Spoken]:
        """The messages."""
        return [spoken(sender, packet) for sender, packet in self.packets]

    @property
    def said(self) -> list[SentMessage]:
        """The messages as the oracle wants them."""
        return [
            SentMessage(sender, spoken(sender, packet).message, len(packet.body)) for sender, packet in self.packets
        ]

    def happened(self, *kinds: type[Event]) -> list[Event]:
        """The events of these kinds."""
        return [event for event in self.events if isinstance(event, kinds)]


def converse(
    client: ClientSession, server: Server, before: Callable[[int], None] = lambda n: None, most: int = 200
) -> Talk:
    """Let both speak until neither has anything to say; ``before`` is told the number of each server turn."""
    talk = Talk()
    packet = talk.note(client.start()).reply
    for turn in range(1, most):
        if packet is None:
            return talk
        before(turn)
        packet = talk.note(server.receive(packet)).reply
        if packet is None:
            return talk
        packet = talk.note(client.receive(packet)).reply
    raise AssertionError("they do not stop")


# --- one side by script ----------------------------------------------------------------------------------------------


class Script:
    """Says one side of a golden; its references follow what the engine on the other side really sent."""

    def __init__(self, g: Golden, side: str, codec: Codec) -> None:
        self.golden, self.side, self.codec = g, side, codec
        self.peer = "server" if side == "client" else "client"
        self.lines = iter(g.sent_by(side))
        self.who = g.client if side == "client" else g.server
        self.nonce = self.who.nonce
        self.ids: dict[str, dict[str, str]] = {}

    def hear(self, message: Message) -> None:
        """Take in a message of the engine."""
        said = next(
            (s.message for s in self.golden.sent_by(self.peer) if s.message.header.msg_id == message.header.msg_id),
            None,
        )
        if said is not None:
            mine = {label: cmd_id for cmd_id, label in labels(message).items()}
            self.ids[message.header.msg_id] = {
                cmd_id: mine[label] for cmd_id, label in labels(said).items() if label in mine
            }
        for command in message.commands:
            if isinstance(command, Status) and command.is_header and command.chal and command.chal.next_nonce:
                self.nonce = b64decode(command.chal.next_nonce)

    def speak(self) -> Packet | None:
        """The next message, or None when the golden has no more."""
        line = next(self.lines, None)
        if line is None:
            return None
        message = replace(line.message, commands=tuple(map(self._follow, line.message.commands)))
        body = self.codec.encode(message)
        headers = dict(line.headers)
        if HEADER in headers:
            mac = MAC.prove(Credential(self.who.name, self.who.secret), self.nonce, body)
            again = print_header(self.who.name, mac)
            assert self.codec.binary or message != line.message or again == headers[HEADER]
            headers[HEADER] = again
        return Packet(line.message.header.target, body, self.codec.media_type, headers)

    def _follow(self, command: Command) -> Command:
        if not isinstance(command, Status | Results) or command.cmd_ref in (None, "0"):
            return command
        ids = self.ids.get(command.msg_ref or "1", {})
        return replace(command, cmd_ref=ids.get(command.cmd_ref or "1", command.cmd_ref))


def client_against_script(g: Golden, codec: Codec) -> tuple[Talk, Device, ClientSession]:
    """The client engine, with the server's lines said to it one by one."""
    device = device_of(g, codec)
    client, server, talk = session_of(g, device), Script(g, "server", codec), Talk()
    step = talk.note(client.start())
    while True:
        if step.reply is not None:
            server.hear(spoken("client", step.reply).message)
        packet = server.speak()
        if packet is None:
            return talk, device, client
        talk.packets.append(("server", packet))
        step = talk.note(client.receive(packet))


def server_against_script(g: Golden, codec: Codec) -> tuple[Talk, Server]:
    """The server engine, with the client's lines said to it one by one."""
    server, client, talk = server_of(g), Script(g, "client", codec), Talk()
    turn = 0
    while True:
        packet = client.speak()
        if packet is None:
            return talk, server
        turn += 1
        stop_server(g, server, turn)
        talk.packets.append(("client", packet))
        step = talk.note(server.receive(packet))
        if step.reply is not None:
            client.hear(spoken("server", step.reply).message)


def stop_server(g: Golden, server: Server, turn: int) -> None:
    """Let the server leave with this turn if the golden says so."""
    if g.abort == ("server", str(turn)):
        server.sessions[CLIENT_ADDRESS].abort()


def both(g: Golden, codec: Codec) -> tuple[Talk, Device, Server, ClientSession]:
    """Both engines together."""
    device, server = device_of(g, codec), server_of(g)
    client = session_of(g, device)
    talk = converse(client, server, lambda turn: stop_server(g, server, turn))
    return talk, device, server, client


def scaled(g: Golden, codec: Codec) -> Golden:
    """In WBXML messages are shorter: where MaxMsgSize makes the cuts, shrink it so that they fall as in XML."""
    if not codec.binary or "max_message" not in g.rules["server"] or "chunk" in g.rules["client"]:
        return g
    if all(s.message.final for s in g.conversation):
        return g
    limit = 100 + max(len(codec.encode(s.message)) for s in g.sent_by("client"))

    def shrink(s: Spoken) -> Spoken:
        header = s.message.header
        if header.meta is None or header.meta.max_msg_size is None or s.sender == "client":
            return s
        header = replace(header, meta=replace(header.meta, max_msg_size=limit))
        return Spoken(s.sender, replace(s.message, header=header), s.headers)

    rules = {**g.rules, "server": {**g.rules["server"], "max_message": str(limit)}}
    return vary(g, conversation=tuple(map(shrink, g.conversation)), rules=rules)


# --- for focused tests -----------------------------------------------------------------------------------------------


@dataclass
class Pair:
    """A device and its server; ``run`` holds a session."""

    device: Device
    server: Server
    codec: Codec = XML

    def run(
        self,
        *batches: Sequence[Command],
        alerts: tuple[Alert, ...] = (),
        session: str = "1",
        before: Callable[[int], None] = lambda n: None,
    ) -> Talk:
        """One session in which the server's job asks for ``batches``."""
        if batches:
            self.server.enqueue(self.device.address, script(batches), "test")
        self.client = self.device.connect(session_id=session, alerts=alerts)
        return converse(self.client, self.server, before)

    @property
    def outcomes(self) -> Any:
        """What the last job returned: the outcomes of each batch."""
        return self.server.results[-1].result


def pair(
    *,
    rules: Rules | None = None,
    server_rules: Rules | None = None,
    codec: Codec = XML,
    tree: Mapping[str, object] | None = None,
    scheme: str | None = "basic",
    server_scheme: str | None = None,
    user: Callable[[Alert], Outcome] | None = None,
    **device: Any,
) -> Pair:
    """A device and a server that know each other; basic one way and TLS the other unless told otherwise."""
    rules = rules or Rules(auth=scheme or "none", server_auth=server_scheme or "none", max_message=None)
    base = {
        f"./DevInfo/{name}": value
        for name, value in {"DevId": CLIENT_ADDRESS, "Man": "Acme", "Mod": "T1", "DmV": "1.2", "Lang": "en"}.items()
    }
    whole = Tree.of({**base, **(tree or {})}, acl={".": ALL})
    own = Credential("client", "clientpw", bytes(range(16)), scheme) if scheme else None
    theirs = Credential(SERVER_ID, "srvpw", bytes(range(16, 32)), server_scheme) if server_scheme else None
    account = Account(SERVER_ID, SERVER_ADDRESS, own, theirs)
    phone = Device(whole, account, rules=rules, codec=codec, user=user, **device)
    server = Server(
        {CLIENT_ADDRESS: account},
        nonces=lambda d: (f"server nonce {n:4}".encode() for n in count()),
        rules=server_rules or rules,
    )
    return Pair(phone, server, codec)
