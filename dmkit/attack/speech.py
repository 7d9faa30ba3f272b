"""What an attacker can say at a place: answers, challenges, next messages, logins, changed packets, own package 0.

Everything is put together from what it knows (``dmkit.attack.knowledge``) and from small numbers that anybody can
guess: SessionIDs and MsgIDs.  Nonces are chosen where that makes a proof for which somebody waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from msgspec.structs import replace as changed

from dmkit import notify
from dmkit.attack import knowledge as kn
from dmkit.attack.designs import SERVER_ID
from dmkit.attack.engines import Engines, open_sessions
from dmkit.attack.knowledge import AttackerKnowledge
from dmkit.attack.places import Phone, ServerStanding
from dmkit.attack.powers import Attacker
from dmkit.attack.stage import NAME, message_of, to_device
from dmkit.auth import DEFAULT_NONCE, SCHEMES, Account, decode_b64, scheme_of
from dmkit.session.packages import header_status
from dmkit.session.proofs import Verifier, challenge
from dmkit.session.values import ClientSessionState, ServerSessionState
from dmkit.words.codes import AlertCode, StatusCode
from dmkit.words.model import Alert, Header, Message, Meta, Packet, Replace, Status

__all__ = ["AttackerPacket", "Speech", "Verifiers"]

AttackerPacket: TypeAlias = tuple[int, str, tuple[str, ...]]
"""A packet, what it is, and the powers that it takes."""

Verifiers: TypeAlias = tuple[tuple[str, Verifier, Any], ...]
"""Who would take a proof: ``the device`` or ``the server``, how it is checked, and the session if there is one."""


class Speech:
    """What ``attacker`` can say between the two sides of ``engines``.

    ``sessions``: how many sessions the device begins; ``listens``: the attacker reads the connection; ``closed``: TLS
    keeps it from the device; without ``reachable`` nothing goes to the server.
    """

    def __init__(self, engines: Engines, attacker: Attacker, *, sessions: int, closed: bool, reachable: bool) -> None:
        self.engines, self.attacker, self.rules = engines, attacker, engines.rules
        self.sessions, self.closed, self.reachable = sessions, closed, reachable
        self._auth, self._server_auth = scheme_of(self.rules.auth), scheme_of(self.rules.server_auth)
        self._info = engines.device.device_info()
        self._seen: dict[Any, Any] = {}

    # -- of its own

    def sendable(self, phone: int, server: int, known: AttackerKnowledge) -> tuple[AttackerPacket, ...]:
        """Packets that it can say, what each is, and the powers that it takes."""
        key = ("said", phone, server, known)
        if key not in self._seen:
            self._seen[key] = tuple(self._sendable(phone, server, known))
        return self._seen[key]  # type: ignore[no-any-return]

    def _sendable(self, phone: int, server: int, known: AttackerKnowledge) -> Iterator[AttackerPacket]:
        held: Phone = self.engines.phones.values[phone]
        desk: ServerStanding = self.engines.desks.values[server]
        for session in () if self.closed else held.sessions:
            if not session.state.is_over and session.sent is not None:
                yield from self._kept("to device", session, self._to_device, phone, server, known)
        if not self.reachable:
            return
        for entry in open_sessions(desk):
            yield from self._kept("to server", entry, self._to_server, phone, server, known)
        account = dict(desk.state.accounts).get(self.engines.address)
        if account is not None and not any(entry.setting.session_id == "E" for entry in open_sessions(desk)):
            yield from self._kept("login", account, self._logins, phone, server, known)

    def _kept(
        self, what: str, value: Any, run: Callable[..., Iterator[AttackerPacket]], *at: Any
    ) -> tuple[AttackerPacket, ...]:
        """What ``run`` gives for ``value`` of one side, once for all places that differ in nothing that it reads."""
        phone, server, known = at
        nonces = self._useful(phone, server, known) if self.attacker.can("choose nonce") else ()
        key = (what, value, nonces, known.nonces, known.proofs, known.words)
        if key not in self._seen:
            self._seen[key] = tuple(run(value, *at))
        return self._seen[key]  # type: ignore[no-any-return]

    def _to_device(
        self, session: ClientSessionState, phone: int, server: int, known: AttackerKnowledge
    ) -> Iterator[AttackerPacket]:
        packets, codec = self.engines.packets, self.engines.device.codec
        for message, what, powers in self._answers_to(session, phone, server, known):
            for packet, proof in kn.with_proof(self.engines.address, message, session.verifier, known, codec):
                if "asks" in what and proof:
                    continue
                yield packets.of(packet), f"{what}{', ' * bool(proof)}{proof}", ("inject", *powers)

    def _to_server(
        self, entry: ServerSessionState, phone: int, server: int, known: AttackerKnowledge
    ) -> Iterator[AttackerPacket]:
        packets, codec = self.engines.packets, self.engines.device.codec
        # whoever listens knows the address of a session, where it has its own
        listens = self.attacker.can("listen") and not self.closed
        own = entry.setting.resp_uri if listens else None
        to = own or self.engines.server_address
        for message, what in self._next_words(entry):
            for packet, proof in kn.with_proof(to, message, entry.verifier, known, codec):
                yield packets.of(packet), f"{what}{', ' * bool(proof)}{proof}", ("inject",)
            head = message.commands[0]
            for chal, asks, powers in self._challenges(phone, server, known, device=False):
                asking = changed(head, code=StatusCode.UNAUTHORIZED, chal=chal)
                other = changed(message, commands=(asking, *message.commands[1:]))
                for packet, proof in kn.with_proof(to, other, entry.verifier, known, codec):
                    if proof != "a wrong proof":
                        yield packets.of(packet), f"{asks}{', ' * bool(proof)}{proof}", ("inject", *powers)

    def _logins(self, account: Account, phone: int, server: int, known: AttackerKnowledge) -> Iterator[AttackerPacket]:
        packets, codec = self.engines.packets, self.engines.device.codec
        verifier = Verifier.of(account.client, self.rules.auth, self.rules) if account.client else None
        for packet, proof in kn.with_proof(self.engines.server_address, self._login(), verifier, known, codec):
            yield packets.of(packet), f"a login{', ' * bool(proof)}{proof}", ("inject",)

    def _answers_to(
        self, session: ClientSessionState, phone: int, server: int, known: AttackerKnowledge, *, chals: bool = True
    ) -> Iterator[tuple[Message, str, tuple[str, ...]]]:
        sent = session.sent
        assert sent is not None
        number = session.peer_msg_id + 1
        scheme = session.prover.scheme
        accept = challenge(scheme, kn.OWN_NONCE) if scheme is not None and scheme.in_transport else None
        code = StatusCode.AUTHENTICATED if accept is None else StatusCode.OK
        for commands, what in kn.wishes():
            yield kn.to_device(sent.header, number, header_status(sent.header, code, accept), *commands), what, ()
        if chals:
            for chal, what, powers in self._challenges(phone, server, known, device=True):
                status = header_status(sent.header, StatusCode.UNAUTHORIZED, chal)
                yield kn.to_device(sent.header, number, status), what, powers

    def _next_words(self, session: ServerSessionState) -> Iterator[tuple[Message, str]]:
        """The next message of an open session, all well done."""
        sent = session.sent
        if sent is None:
            return
        mac = session.prover.scheme is not None and session.prover.scheme.in_transport
        chal = challenge(session.prover.scheme, kn.OWN_NONCE) if mac and session.prover.scheme is not None else None
        head = header_status(sent.header, StatusCode.OK if mac else StatusCode.AUTHENTICATED, chal)
        at = self.engines
        header = Header(session.setting.session_id, str(session.peer_msg_id + 1), at.server_address, at.address)
        yield Message(header, kn.numbered([head, *kn.well_done(sent)]), final=True), "a next message, all well done"

    def _login(self) -> Message:
        header = Header("E", "1", self.engines.server_address, self.engines.address)
        commands = (Alert(AlertCode.CLIENT_INITIATED), Replace(self._info))
        return Message(header, kn.numbered(commands), final=True)

    # -- changed on the way

    def changes(self, phone: int, server: int, known: AttackerKnowledge, packet: int) -> tuple[AttackerPacket, ...]:
        """What it can make of a packet in the air: other packets, what was changed, and the powers that it takes."""
        key = ("changes", packet, phone, server, known)
        if key not in self._seen:
            self._seen[key] = tuple(self._changed(phone, server, known, self.engines.packets.values[packet]))
        return self._seen[key]  # type: ignore[no-any-return]

    def _changed(self, phone: int, server: int, known: AttackerKnowledge, packet: Packet) -> Iterator[AttackerPacket]:
        can, message, packets = self.attacker.can, message_of(packet), self.engines.packets
        if message is None:
            return
        if can("strip"):
            yield packets.of(kn.replaced(packet, message, strip=True)), "its proof is taken off", ("strip",)
        if not can("alter"):
            return
        for other, what, powers in self._others(phone, server, known, packet, message):
            yield packets.of(kn.replaced(packet, other, strip=False)), what, ("alter", *powers)
            if can("strip"):
                bare = kn.replaced(packet, other, strip=True)
                yield packets.of(bare), f"{what}, without its proof", ("alter", "strip", *powers)

    def _others(
        self, phone: int, server: int, known: AttackerKnowledge, packet: Packet, message: Message
    ) -> Iterator[tuple[Message, str, tuple[str, ...]]]:
        statuses = [c for c in message.commands if isinstance(c, Status)]
        head = next((c for c in statuses if c.is_header), None)
        if to_device(packet):
            evil = changed(message, commands=kn.numbered([*statuses, Replace.of(NAME, kn.EVIL)]))
            yield evil, f"Replace {NAME}", ()
            led = changed(message.header, resp_uri=f"https://{kn.EVIL}/dm")
            yield changed(message, header=led), "RespURI", ()
        elif len(statuses) > 1:
            well = [
                changed(c, code=StatusCode.OK) if c in statuses and not c.is_header else c for c in message.commands
            ]
            if tuple(well) != message.commands:
                yield changed(message, commands=tuple(well)), "every Status is 200", ()
        if head is None:
            return
        for chal, what, powers in self._challenges(phone, server, known, device=to_device(packet)):
            asks = changed(head, code=StatusCode.UNAUTHORIZED, chal=chal)
            commands = tuple(asks if c is head else c for c in message.commands)
            yield changed(message, commands=commands), what, powers

    # -- challenges, and nonces worth asking for

    def _challenges(
        self, phone: int, server: int, known: AttackerKnowledge, *, device: bool
    ) -> list[tuple[Meta, str, tuple[str, ...]]]:
        """Challenges that make sense to put to the device, or to the server."""
        own = self._auth if device else self._server_auth
        types = dict.fromkeys(("basic", "md5", *([own.name] if own is not None else [])))
        found: list[tuple[Meta, str, tuple[str, ...]]] = []
        for name in types:
            scheme = SCHEMES.get(name)
            if scheme is None:
                continue
            if not scheme.uses_nonce:
                found.append((challenge(scheme, None), f"asks for {name}", ()))
                continue
            found.append((challenge(scheme, kn.OWN_NONCE), f"asks for {name}", ()))
            if self.attacker.can("choose nonce") and not scheme.in_transport:
                for nonce, what in self._useful(phone, server, known):
                    found.append((challenge(scheme, nonce), f"asks for {name} over {what}", ("choose nonce",)))
        return found

    def verifiers(self, phone: int, server: int) -> Verifiers:
        """Who would take a proof: the sessions that are open, and those that may still begin."""
        key = ("verifiers", phone, server)
        if key not in self._seen:
            self._seen[key] = tuple(self._would_take(phone, server))
        return self._seen[key]  # type: ignore[no-any-return]

    def _would_take(self, phone: int, server: int) -> Iterator[tuple[str, Verifier, Any]]:
        held: Phone = self.engines.phones.values[phone]
        desk: ServerStanding = self.engines.desks.values[server]
        rules = self.rules
        for session in held.sessions:
            if not session.state.is_over:
                yield "the device", session.verifier, session
        account = next((a for a in held.device.accounts if a.server_id == SERVER_ID), None)
        if account is not None and account.server is not None and held.began < self.sessions:
            yield "the device", Verifier.of(account.server, rules.server_auth, rules), None
        for entry in open_sessions(desk):
            yield "the server", entry.verifier, entry
        known = dict(desk.state.accounts).get(self.engines.address)
        if known is not None and known.client is not None:
            yield "the server", Verifier.of(known.client, rules.auth, rules), None

    def _useful(self, phone: int, server: int, known: AttackerKnowledge) -> tuple[tuple[bytes, str], ...]:
        key = ("useful", phone, server, known)
        if key not in self._seen:
            self._seen[key] = tuple(dict(self._nonces_of(phone, server, known)).items())
        return self._seen[key]  # type: ignore[no-any-return]

    def _nonces_of(self, phone: int, server: int, known: AttackerKnowledge) -> Iterator[tuple[bytes, str]]:
        nonces = known.nonces | {DEFAULT_NONCE, b""}
        for who, verifier, session in self.verifiers(phone, server):
            scheme = verifier.scheme
            for nonce in verifier.expected:
                if nonce not in nonces or scheme is None:
                    continue
                if not scheme.in_transport:
                    yield nonce, f"the nonce that {who} waits for"
                    continue
                for body, what in self._bodies(phone, server, known, who, session):
                    yield kn.composed(nonce, body), f"the nonce of {who} and the hash of {what}"
        if self.attacker.can("sms"):
            _, octets = kn.trigger_of(self.rules.notify.digest)
            held: Phone = self.engines.phones.values[phone]
            stored = held.device.accounts[0].server
            for nonce in (DEFAULT_NONCE, *([stored.nonce] if stored is not None and stored.nonce in nonces else [])):
                yield kn.composed(nonce, octets), "a nonce of package 0 and the hash of a trigger"

    def _bodies(
        self, phone: int, server: int, known: AttackerKnowledge, who: str, session: Any
    ) -> Iterator[tuple[bytes, str]]:
        """Octets that the attacker would say to ``who`` if it had a MAC for them."""
        if who == "the device":
            if session is not None and session.sent is not None:
                for message, what, _ in self._answers_to(session, phone, server, known, chals=False):
                    yield self._named(session.verifier, message), what
                    break  # it has one wish of a device: what it wants done
        elif session is not None:
            for message, what in self._next_words(session):
                yield self._named(session.verifier, message), what
        else:
            account = dict(self.engines.desks.values[server].state.accounts)[self.engines.address]
            yield self._named(Verifier.of(account.client, self.rules.auth, self.rules), self._login()), "a login"

    def _named(self, verifier: Verifier, message: Message) -> bytes:
        name = verifier.credential.name if verifier.credential is not None else ""
        named = changed(message, header=changed(message.header, source_name=name))
        return self.engines.device.codec.encode(named)

    # -- short messages

    def pushes(self, known: AttackerKnowledge, phone: Phone) -> Iterator[tuple[int, str]]:
        """Packages 0 that it can send: those it has heard, and its own under a heard proof that fits, or password."""
        packets = self.engines.packets
        for packet in sorted(known.packets, key=lambda p: p.body):
            if packet.media_type.endswith("notification"):
                yield packets.of(packet), "a package 0 is sent again"
        rules = self.rules.notify
        octets, body = kn.trigger_of(rules.digest)
        server = phone.device.accounts[0].server
        if server is not None and server.secret in known.words:
            for nonce in sorted({DEFAULT_NONCE, server.nonce} & known.nonces):
                mine = notify.encode(notify.Trigger(SERVER_ID, kn.TRIGGER), server, nonce, digest=rules.digest)
                push = Packet(self.engines.address, mine, "application/vnd.syncml.notification")
                yield packets.of(push), "a package 0 of the attacker's, made with a heard password"
        for text in known.texts:
            digest = decode_b64(text) or b""
            mine = digest + body if len(digest) + len(body) == len(octets) else b""
            if mine and notify.verify(mine, phone.device.accounts, phone.device.woken, rules):
                push = Packet(self.engines.address, mine, "application/vnd.syncml.notification")
                yield packets.of(push), "a package 0 of the attacker's, under a heard proof"
