"""What is said in a case: the steps that send something, and how what comes back is taken in."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from dmkit.auth import DEFAULT_NONCE, SCHEMES, scheme_of
from dmkit.probe.case import CaseStep, ProbeCase
from dmkit.probe.exchanged import CHALLENGED, other_scheme
from dmkit.probe.peer import Peer, PeerNonces
from dmkit.probe.persona import Persona
from dmkit.probe.placeholders import filled
from dmkit.probe.pushes import Scenery, push
from dmkit.probe.rules import Scene
from dmkit.probe.tls import HandshakeShown, client_hello
from dmkit.probe.verdict import Verdict
from dmkit.views.notation import read_commands
from dmkit.wire.codec import WBXML, XML, codec_for
from dmkit.wire.wsp import WspPush
from dmkit.words.errors import CodecError
from dmkit.words.model import Command, Packet

__all__ = ["Came", "CaseTalk", "Decided"]

_TRIES: Final = 3
_PREPARE: Final = (
    'Delete (T {node}); Add (T {node}, Format=node, D ""); Add (T {node}/a, Format=chr Type=text/plain, D one)'
)
"""What makes a place to write in; Meta and Data say what their defaults would, since some peers die without."""


@dataclass(frozen=True, slots=True)
class Came:
    """What a driver saw: a packet, or the status of the transport, or nothing; ``over`` when nothing more can come.

    ``shown`` is what a handshake showed; ``because`` says why nothing came.
    """

    packet: Packet | None = None
    refused: int = 0
    over: bool = False
    shown: HandshakeShown | None = None
    because: str = ""


class Decided(Exception):
    """The case is decided."""

    def __init__(self, verdict: Verdict, why: str, rule: str = "") -> None:
        super().__init__(why)
        self.verdict, self.why, self.rule = verdict, why, rule


class CaseTalk:
    """Who we are in a case, and what we say; ``scene`` is what a rule looks at.

    Each step is a generator: it gives what is to be sent, and is sent what came of it.
    """

    def __init__(self, case: ProbeCase, peer: Peer, memory: PeerNonces, *, number: int, session: str) -> None:
        self.case, self.peer, self.number = case, peer, number
        self._session = session or f"{(number * 37 + 0x100) & 0xFFFF:X}"
        self.us = self._persona(memory)
        self.scene = Scene(self.us, silent=True)
        self.spoke = False
        self.to_push: WspPush | None = None
        self.to_offer: bytes | None = None
        self._pushes = 0
        self.handshakes = 0

    def _persona(self, memory: PeerNonces) -> Persona:
        """Who we are in this case, before anything is set."""
        case, peer, values = self.case, self.peer, self.case.with_
        role = "client" if peer.side == "server" else "server"
        kind = values.get("auth", peer.auth) if role == "client" else values.get("server_auth", peer.server_auth)
        scheme = scheme_of(str(kind)) if role == "client" or peer.server is not None else None
        encoding = values.get("encoding", peer.encoding)
        us = Persona(
            peer,
            role,
            peer.device(self.number),
            self._session,
            scheme,
            memory,
            WBXML if encoding == "wbxml" else XML,
            case.id,
            max_msg=int(values["size"]) if "size" in values else 16384,
        )
        if role == "server" and "auth" in values:
            us.demanded = scheme_of(str(values["auth"]))
        return us

    def filled(self, text: str) -> str:
        """``text`` with the names of this run."""
        return filled(text, self.us, self.case)

    def commands(self, text: str) -> tuple[Command, ...]:
        """Commands in notation."""
        return read_commands(self.filled(text)) if text else ()

    def do(self, step: CaseStep) -> Generator[Packet | None, Came, None]:
        """Do what ``step`` says."""
        us, changes = self.us, tuple(map(self.filled, step.but))
        if step.do == "new":
            us.begin(f"{int(us.session_id, 16) + 0x1000:X}"[-4:]) if us.role == "client" else None
            us.sent.clear()
            us.received.clear()
            us.was_lasting = False
        elif step.do == "other":
            self._become_another()
        elif step.do == "call":
            self._another()
            yield from self.listen(None)
        elif step.do == "again":
            yield from self.listen(us.sent[-1].packet, again=True)
        elif step.do == "hello":
            other = other_scheme(us.reply.header_status() if us.reply else None, us.scheme) if us.scheme else ""
            if other and us.scheme is not None:
                raise Decided(
                    Verdict.NOT_SUPPORTED, f"it asks for {other}; this case proves itself by {us.scheme.name}"
                )
            yield from self.listen(
                us.write(us.package_1(self.commands(step.commands)), final=step.final, changes=changes)
            )
        elif step.do == "open":
            yield from self._open(step)
        else:
            notation = _PREPARE if step.do == "prepare" else step.commands
            yield from self._say(step, notation, changes)

    def _become_another(self) -> None:
        """From here on we are the other device that the server knows."""
        us, peer = self.us, self.peer
        name, secret = peer.other_user or peer.user, peer.other_password or peer.password
        us.peer = replace(us.peer, user=name, password=secret)
        us.device, us.memory = peer.other(self.number), PeerNonces()
        us.begin(f"{int(us.session_id, 16) ^ 0x4000:X}"[-4:])
        us.sent.clear()
        us.received.clear()
        us.was_lasting = False

    def control(self) -> Generator[Packet | None, Came, None]:
        """An honest package 1 in a session of its own, with nothing set: what was remembered is all that stays."""
        self.us = self._persona(self.us.remembered())
        self.us.begin(f"{int(self.us.session_id, 16) ^ 0x2000:X}"[-4:])
        yield from self.listen(self.us.write(self.us.package_1()))

    def shake_hands(self, offer: str) -> Generator[Packet | None, Came, None]:
        """Begin a TLS handshake with this offer; nothing of it is secret, so its random octets are no chance."""
        self.handshakes += 1
        random = hashlib.sha256(f"{self.case.id} {self.handshakes}".encode()).digest()
        self.to_offer = client_hello(offer, urlsplit(self.peer.address).hostname or "", random)
        came = yield None
        self.spoke = self.spoke or bool(came.shown and came.shown.octets)
        self.scene = Scene(self.us, silent=True, shown=came.shown)

    def _another(self) -> None:
        """The client begins another session; nonces go on."""
        us = self.us
        us.memory = PeerNonces() if self.peer.forgets else us.remembered()
        us.begin(us.session_id)
        us.sent.clear()
        us.received.clear()
        us.was_lasting = us.accepted_by_peer = False

    def push(self, line: str) -> Generator[Packet | None, Came, None]:
        """Hand a push over; the reply is the first message of the session that it begins."""
        us, peer = self.us, self.peer
        if peer.server is None:
            raise Decided(Verdict.INCONCLUSIVE, "a push is proved by the server's secret, which is not known here")
        self._another()
        self._pushes += 1
        session = (self.number * 16 + self._pushes) % 0xFFFF + 1
        scenery = Scenery(
            peer.server_id,
            peer.server_password,
            session,
            us.nonce,
            peer.address,
            peer.user,
            peer.password,
            peer.imsi,
            peer.pin,
        )
        made = push(line, scenery)
        us.woken = made.woken
        if made.resync:
            us.nonce = us.theirs = DEFAULT_NONCE
        self.to_push = made.content
        yield from self.listen(None)

    def _open(self, step: CaseStep) -> Generator[Packet | None, Came, None]:
        """Until we are accepted; then the reply is the first message after it."""
        us = self.us
        if us.role == "server":
            yield from self._accepted(step.status)
            return
        for _ in range(_TRIES):
            yield from self.listen(us.write(us.package_1(self.commands(step.commands)), final=step.final))
            if self.scene.received is None:
                raise Decided(Verdict.INCONCLUSIVE, self._nothing())
            status = self.scene.received.header_status()
            if status is None or status.code < 300:
                return
            other = other_scheme(status, us.scheme)
            if other:
                name = us.scheme.name if us.scheme else "none"
                raise Decided(Verdict.NOT_SUPPORTED, f"it asks for {other}; this case proves itself by {name}")
            if status.code not in CHALLENGED:
                raise Decided(Verdict.INCONCLUSIVE, f"package 1 is answered by Status {status.code.value}")
        raise Decided(Verdict.INCONCLUSIVE, "the proof is refused; are name and secret right?")

    def _nothing(self) -> str:
        return f"the transport answers {self.scene.refused}" if self.scene.refused else self.scene.nothing

    def _accepted(self, status: int | None = None) -> Generator[Packet | None, Came, None]:
        """As a server: challenge the device until it has proved itself in the message that is there."""
        us = self.us
        for _ in range(_TRIES):
            received = self.scene.received
            if received is None:
                raise Decided(Verdict.INCONCLUSIVE, self._nothing())
            if us.was_lasting or us.opposite is None or (us.demanded is None and us.proved(received, received.nonce)):
                return
            proof = us.proved(received, received.nonce)
            if proof and us.demanded is not None and self._scheme_shown(us.demanded.name):
                return
            yield from self.listen(us.write(us.answers(401 if proof is False else 407)))
        raise Decided(Verdict.INCONCLUSIVE, "the device does not prove itself; are name and secret right?")

    def _scheme_shown(self, name: str) -> bool:
        received = self.us.reply
        if received is None:
            return False
        if name == "mac":
            return "x-syncml-hmac" in received.packet.headers
        cred = received.message.header.cred
        return (
            cred is not None
            and cred.meta is not None
            and (cred.meta.type or "").lower() == str(SCHEMES[name].type).lower()
        )

    def _say(self, step: CaseStep, notation: str, changes: tuple[str, ...]) -> Generator[Packet | None, Came, None]:
        us = self.us
        if us.role == "server" and step.follow and not us.received[-1:]:
            raise Decided(Verdict.INCONCLUSIVE, self._nothing())
        if us.role == "server" and step.follow and not us.was_lasting and len(us.received) == 1:
            yield from self._accepted()
        for _ in range(_TRIES):
            if self.scene.received is None:
                raise Decided(Verdict.INCONCLUSIVE, self._nothing())
            commands = (*us.answers(step.status), *self.commands(notation))
            yield from self.listen(us.write(commands, final=step.final, changes=changes))
            received = self.scene.received
            status = received.header_status() if received else None
            if not (us.role == "server" and step.follow and status and status.code in CHALLENGED):
                break
            if us.scheme is None:
                raise Decided(Verdict.INCONCLUSIVE, "the device asks for a proof, and none of the server is known here")
            other = other_scheme(status, us.scheme)
            if other:
                raise Decided(
                    Verdict.NOT_SUPPORTED, f"it asks for {other}; this case proves itself by {us.scheme.name}"
                )
        if us.role == "server" and us.reply is not None:
            us.accepted_by_peer = us.accepted

    def listen(self, packet: Packet | None, *, again: bool = False) -> Generator[Packet | None, Came, None]:
        """Send, and take in what comes back."""
        came = yield packet
        us = self.us
        if came.packet is None:
            self.scene = Scene(us, silent=not came.refused, refused=came.refused, known_over=came.over,
                               because=came.because)  # fmt: skip
            return
        try:
            message = codec_for(came.packet.media_type, came.packet.body).decode(came.packet.body, lenient=True)
        except CodecError as error:
            self.scene = Scene(us, silent=True)
            raise Decided(Verdict.FAIL, f"what came is no message: {error}", "") from None
        if us.role == "server":
            us.device = message.header.source
            us.session_id = message.header.session_id
            us.speaks_binary(came.packet)
        self.spoke = True
        us.receive(message, came.packet)
        self.scene = Scene(us)
        wanted = self.case.with_.get("encoding")
        if us.role == "server" and wanted and us.codec.name != wanted:
            raise Decided(Verdict.NOT_SUPPORTED, f"it speaks {us.codec.name}; this case wants {wanted}")
