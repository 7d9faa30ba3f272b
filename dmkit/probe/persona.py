"""The honest half of a bad peer: what a device, or a server, would say next, before anything is changed in it.

It answers what it was asked, follows challenges, keeps nonces and numbers.  It judges nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from dmkit.auth import SCHEMES, Credential, Scheme, by_type, decode_b64
from dmkit.auth.mac import HEADER, parse_header, print_header
from dmkit.probe.changes import altered
from dmkit.probe.exchanged import CHALLENGED, PeerMessage, PeerProof, Sent
from dmkit.probe.peer import Peer, PeerNonces
from dmkit.session.packages import number
from dmkit.session.proofs import challenge
from dmkit.wire.codec import WBXML, XML, Codec
from dmkit.words.codes import AlertCode, StatusCode
from dmkit.words.model import (
    Alert,
    Command,
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
    flatten,
)

__all__ = [
    "Persona",
]

DEVINFO: Final = {"DevId": "", "Man": "dmkit", "Mod": "probe", "DmV": "1.2", "Lang": "en"}


@dataclass(slots=True)
class Persona:
    """We, as one side of a session with ``peer``: ``role`` is "client" (we are the device) or "server".

    ``scheme`` is how we prove ourselves, None for not at all.  ``name`` seeds the nonces that we give out: they differ
    from case to case and are the same in each run.
    """

    peer: Peer
    role: str
    device: str
    session_id: str
    scheme: Scheme | None
    memory: PeerNonces
    codec: Codec = XML
    name: str = ""
    max_msg: int | None = 16384
    max_obj: int | None = None
    secret: str | None = None
    triggered: bool = False
    woken: str = ""
    """The SessionID that our last package 0 asked for."""
    demanded: Scheme | None = None
    large: str = ""
    msg_id: int = 0
    to: str = ""
    lasting: bool = False
    accepted: bool = False
    accepted_by_peer: bool = False
    was_lasting: bool = False
    """We have told the peer that its proof holds for the session."""
    issued: int = 0
    nonce: bytes = b""
    theirs: bytes = b""
    sent: list[Sent] = field(default_factory=list)
    received: list[PeerMessage] = field(default_factory=list)
    gives: str = ""
    """What all nonces are made of that we give out; empty: each is another."""
    proofs: list[PeerProof] = field(default_factory=list)
    """With what the peer has proved itself so far, over all sessions."""
    nonces: list[str] = field(default_factory=list)
    """What the peer has given out, in base64, over all sessions."""

    def __post_init__(self) -> None:
        self.begin(self.session_id)

    def begin(self, session_id: str) -> None:
        """A new session: numbers begin again, nonces stay."""
        self.session_id, self.msg_id, self.to = session_id, 0, self.peer.address
        self.lasting = self.accepted = False
        mine, theirs = (self.memory.client, self.memory.server)[:: 1 if self.role == "client" else -1]
        self.nonce, self.theirs = mine, theirs

    def remembered(self) -> PeerNonces:
        """The nonces as they stand now."""
        mine, theirs = self.nonce, self.theirs
        return PeerNonces(*((mine, theirs) if self.role == "client" else (theirs, mine)))

    # -- who is who

    @property
    def credential(self) -> Credential | None:
        """With what we prove ourselves; ``secret`` in place of the right one when a case wants it wrong."""
        own = self.peer.client if self.role == "client" else self.peer.server
        return own if own is None or self.secret is None else Credential(own.name, self.secret)

    @property
    def opposite(self) -> Credential | None:
        """With what the peer proves itself."""
        return self.peer.server if self.role == "client" else self.peer.client

    def fresh(self) -> bytes:
        """The next nonce that we give out."""
        if self.gives:
            return hashlib.sha256(self.gives.encode()).digest()[:16]
        self.issued += 1
        return hashlib.sha256(f"{self.name} {self.session_id} {self.issued}".encode()).digest()[:16]

    def proved(self, received: PeerMessage, nonce: bytes) -> bool | None:
        """Whether the peer proved itself in this message under ``nonce``; None: it gave no proof, or none is known."""
        credential = self.opposite
        cred, mac = received.message.header.cred, received.packet.headers.get(HEADER)
        if credential is None:
            return None
        if mac is not None:
            header = parse_header(mac)
            return header is not None and SCHEMES["mac"].check(header.mac, credential, nonce, received.packet.body)
        if cred is None:
            return None
        scheme = by_type(cred.meta.type if cred.meta else None)
        return scheme is not None and scheme.check(cred.data, credential, nonce, b"")

    # -- hearing

    def receive(self, message: Message, packet: Packet) -> PeerMessage:
        """Take in a message of the peer: what it says of our proof, its nonces, where to answer."""
        if self.role == "server" and not self.received:
            first = PeerMessage(message, packet, b"", 1)
            if not self.proved(first, self.theirs) and self.proved(first, b""):
                self.theirs = self.nonce = b""  # a device that begins anew: it has no nonce of ours
        received = PeerMessage(message, packet, self.theirs, len(self.received) + 1)
        self.received.append(received)
        cred = message.header.cred
        if cred is not None and (named := by_type(cred.meta.type if cred.meta else None)) is not None:
            nonce = self.theirs if named.uses_nonce else b""
            self.proofs.append(PeerProof(self.device, named.name, nonce, cred.data))
        status = received.header_status()
        if status is not None:
            if status.chal is not None and status.chal.next_nonce:
                self.nonces.append(status.chal.next_nonce)
                self.nonce = decode_b64(status.chal.next_nonce) or self.nonce
            if status.code in CHALLENGED:
                self.accepted = self.lasting = False
            elif status.code < 300:
                self.accepted, self.lasting = True, self.lasting or status.code == 212
        if message.header.resp_uri:
            self.to = message.header.resp_uri
        return received

    @property
    def reply(self) -> PeerMessage | None:
        """The last message of the peer."""
        return self.received[-1] if self.received else None

    def asked(self) -> tuple[Command, ...]:
        """The commands of the last message of the peer that ask for a Status."""
        commands = self.reply.message.commands if self.reply else ()
        return tuple(c for c in flatten(commands) if not isinstance(c, Status | Results))

    # -- speaking

    def _header(self) -> Header:
        self.msg_id += 1
        ends = (self.to, self.device) if self.role == "client" else (self.device, self.peer.address)
        sizes = Meta(max_msg_size=self.max_msg, max_obj_size=self.max_obj)
        header = Header(self.session_id, str(self.msg_id), *ends, meta=sizes if self.max_msg or self.max_obj else None)
        credential, scheme = self.credential, self.scheme
        if scheme is None or credential is None or self.lasting:
            return header
        if scheme.uses_nonce:
            header = replace(header, source_name=credential.name)
        if scheme.in_transport:
            return header
        proof = scheme.prove(credential, self.nonce, b"")
        return replace(header, cred=Cred(proof, Meta(format="b64", type=str(scheme.type))))

    def _mac(self, body: bytes) -> Mapping[str, str]:
        credential, scheme = self.credential, self.scheme
        if scheme is None or credential is None or not scheme.in_transport:
            return {}
        return {HEADER: print_header(credential.name, scheme.prove(credential, self.nonce, body))}

    def _about_header(self, reply: PeerMessage, code: int | None) -> Status:
        """Our Status for the header of ``reply``: accepted, unless ``code`` says otherwise."""
        proof = self.proved(reply, reply.nonce)
        by_mac = HEADER in reply.packet.headers
        cred = reply.message.header.cred
        scheme = SCHEMES["mac"] if by_mac else by_type(cred.meta.type if cred and cred.meta else None)
        if code is None and self.opposite is not None:
            wanted = self.demanded
            if wanted is not None and scheme is not wanted and not self.was_lasting:
                code, scheme = 407 if scheme is None else 401, wanted
            elif proof is False and self.role == "server":
                code = 401
            elif proof is None and self.role == "server" and not self.was_lasting:
                code = 407
        chal = None
        if code in CHALLENGED:
            scheme = scheme or self.demanded or SCHEMES["md5"]
            self.theirs = self.fresh() if scheme.uses_nonce else self.theirs
            chal = challenge(scheme, self.theirs if scheme.uses_nonce else None)
        elif code is None:
            code = 200 if by_mac or proof is None else 212
            if by_mac or (self.role == "server" and scheme is SCHEMES["md5"]):
                self.theirs = self.fresh()
                chal = challenge(scheme or SCHEMES["md5"], self.theirs)
            self.was_lasting = self.was_lasting or code == 212
        header = reply.message.header
        return Status(StatusCode(code), header.msg_id, "0", "SyncHdr", (header.target,), (header.source,), chal)

    def answers(self, code: int | None = None) -> tuple[Command, ...]:
        """Statuses for header and commands of the last message of the peer, with Results for each Get."""
        reply = self.reply
        if reply is None:
            return ()
        about = self._about_header(reply, code)
        refused = about.code in CHALLENGED
        statuses: list[Command] = [about]
        results: list[Command] = []
        ref = reply.message.header.msg_id
        for command in flatten(reply.message.commands):
            if isinstance(command, Status):
                continue
            if isinstance(command, Results) and not (refused or any(item.more_data for item in command.items)):
                continue
            of = about.code if refused else self._status_for(command)
            items = getattr(command, "items", ())
            targets = tuple(i.target for i in items if i.target) if len(items) == 1 else ()
            statuses.append(Status(StatusCode(of), ref, command.cmd_id, command.verb.value, targets))
            if isinstance(command, Get) and not refused:
                values = tuple(Item(source=item.target, data=self._value(item.target or ".")) for item in command.items)
                results.append(Results(values, ref, command.cmd_id))
        return (*statuses, *results)

    def _status_for(self, command: Command) -> int:
        if any(item.more_data for item in getattr(command, "items", ())):
            return 213
        return 406 if isinstance(command, Alert) and 1100 <= command.code < 1200 else 200

    def _value(self, uri: str) -> str:
        if self.large:
            return self.large
        name = uri.rpartition("/")[2]
        return (DEVINFO.get(name) or self.device) if "DevInfo" in uri else "probe"

    def device_info(self) -> Replace:
        """Replace of the leaves of DevInfo."""
        values = {**DEVINFO, "DevId": self.device}
        return Replace(tuple(Item(source=f"./DevInfo/{name}", data=value) for name, value in values.items()))

    def package_1(self, alerts: Iterable[Command] = ()) -> tuple[Command, ...]:
        """What a device begins with: Alert, DevInfo, and further alerts; after a challenge with the Status for it."""
        begin = Alert(AlertCode(1200 if self.triggered else 1201))
        before = self.answers() if self.reply is not None and self.msg_id else ()
        return (*before, begin, self.device_info(), *alerts)

    def wants_more(self) -> bool:
        """True when the last message of the peer carried a piece of a large object."""
        return self.reply is not None and self.reply.carries_piece()

    def write(self, commands: Iterable[Command], *, final: bool = True, changes: tuple[str, ...] = ()) -> Packet:
        """The next message with ``commands``, numbered, proved and then changed."""
        commands = tuple(commands)
        if self.wants_more() and self.msg_id and not any(isinstance(c, Alert) and c.code == 1222 for c in commands):
            final = False
            commands = (*commands, Alert(AlertCode.NEXT_MESSAGE))
        refuses = any(isinstance(c, Status) and c.is_header and c.code in CHALLENGED for c in commands)
        header = self._header()
        if refuses and self.role == "server":  # who has not proved himself is shown no proof
            header = replace(header, cred=None)
        message = Message(header, number(commands), final)
        text = XML.encode(message)
        body = text if self.codec is XML else self.codec.encode(message)
        to = message.header.target if self.role == "client" else self.device
        mac = {} if refuses and self.role == "server" else dict(self._mac(body))
        packet = Packet(to, body, self.codec.media_type, mac)
        if changes:
            packet = altered(text, self.codec.name, packet, changes, self._mac)
        self.sent.append(Sent(message, packet, bool(changes)))
        return packet

    def speaks_binary(self, packet: Packet) -> None:
        """Write in the form in which the peer writes."""
        self.codec = WBXML if packet.body[:1] in (b"\1", b"\2", b"\3") else XML
