"""ServerSession: the server's side of a session with one device.

It judges each message, takes in what it says (``listening``), answers what must be answered, and, whenever the device
owes nothing more, lets the jobs speak.  [DMPRO §6, §8, §9]
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from dmkit.auth import SCHEMES, Account, scheme_of
from dmkit.session.batch import Batch
from dmkit.session.events import (
    Aborted,
    Authenticated,
    Challenged,
    ChunkSent,
    NonceStored,
    Refused,
    Step,
    Unreadable,
)
from dmkit.session.job_queue import Desk
from dmkit.session.listening import Listening
from dmkit.session.objects import Sending
from dmkit.session.packages import header_status, refusals, statuses_of
from dmkit.session.proofs import Heard, Prover, Verdict, Verifier
from dmkit.session.rules import Rules
from dmkit.session.states import SERVER, Move, State
from dmkit.session.work import DeviceInfo, Waiting, Work
from dmkit.wire.codec import XML, Codec
from dmkit.words.codes import AlertCode, StatusCode
from dmkit.words.model import Alert, Command, Header, Item, Message, Packet, Status
from dmkit.words.outcome import Outcome

__all__ = ["ServerSession"]

_FIRST = frozenset({State.IDLE, State.AUTH})
_STARTS = frozenset({AlertCode.SERVER_INITIATED, AlertCode.CLIENT_INITIATED})


class ServerSession(Listening):
    """One session, seen from the server.

    ``account`` says with what both sides prove themselves, ``device`` is the device's address, ``work`` the jobs
    in order, ``waiting`` those of earlier sessions that wait for a report, ``nonces`` the nonces with which the client
    will be challenged.  The answer uses the codec of the message it answers.
    """

    role = SERVER

    def __init__(
        self,
        account: Account,
        device: str,
        *,
        session_id: str,
        nonces: Iterator[bytes],
        rules: Rules | None = None,
        work: Iterable[Work] = (),
        waiting: list[Waiting] | None = None,
        codec: Codec = XML,
    ) -> None:
        rules = rules or Rules()
        super().__init__(rules, codec, session_id)
        self.account = account
        self.device = device
        self.address = account.address
        own = account.server
        scheme = scheme_of(rules.server_auth) if own is not None else None
        able = tuple({s.name: s for s in ([scheme] if scheme else []) + list(SCHEMES.values())}.values())
        self.prover = Prover.of(own, scheme, able, scheme, rules)
        self.verifier = Verifier.of(account.client, rules.auth, nonces, rules)
        self.desk = Desk(work, self._say, waiting)
        self.info: dict[str, str] = {}
        self._batch: Batch | None = None
        self._outgoing: Sending | None = None
        self._client_final = False
        self._extra: list[Command] = []
        self._abort: str | None = None

    # -- ways in

    def receive(self, packet: Packet, now: float = 0.0) -> Step:
        """Take one packet of the device and give the answer; no answer when the octets are no message."""
        message = self._read(packet)
        return self._step(packet, None) if message is None else self.take(packet, message, now)

    def take(self, packet: Packet, message: Message, now: float = 0.0) -> Step:
        """As ``receive``, for a packet that its holder has decoded to ``message``."""
        self._say_deviations(message)
        again = self._from_memory(packet, message)
        if again is not None:
            return again
        if message.header.session_id != self.session_id:
            self._say(Unreadable(f"SessionID {message.header.session_id} is not {self.session_id}"))
            return self._step(packet, None)
        reply = self._answer(packet, message, now)
        self._remember(packet, message, reply)
        return self._step(packet, reply)

    def expire(self, now: float = 0.0) -> Step:
        """The device fell silent: the session is over, and unfinished jobs with it."""
        if not self.state.is_over:
            self._leave("the device fell silent")
            self._end(Move.LOST, well=False, why="the device fell silent")
        return self._step(None, None)

    def abort(self, why: str = "the server wishes so") -> None:
        """End the session with the next answer: Alert 1223 and Final.  [DMPRO §8.1.2]"""
        self._abort = why

    def restart_object(self) -> None:
        """The client lost our object (Alert 1225): from its first piece again, once."""
        sending = self._outgoing
        if sending is None:
            return
        if sending.restarts < 1:
            sending.restart()
        else:
            self._give_up_object(Outcome(None, why="the device lost it twice"))

    # -- one message of the device

    def _answer(self, packet: Packet, message: Message, now: float) -> Packet | None:
        if self._msg_id >= self.rules.messages:
            if not self.state.is_over:
                self._leave("too many messages")
                self._end(Move.ABORT, well=False, why=f"more than {self.rules.messages} messages")
            return None
        if message.header.msg_id != str(self._peer_msg_id + 1):
            return self._malformed(message, StatusCode.BAD_REQUEST, f"MsgID {message.header.msg_id} is out of turn")
        self._peer_msg_id += 1
        self._learn(message.header.meta)
        refused = self._version(message)
        if refused is not None:
            return refused
        before = self.verifier.accepted
        verdict = self.verifier.check(message.header, packet.headers, packet.body, now)
        if not verdict.ok or self.state in (State.REFUSED, State.ABORTED):
            return self._refuse(message, verdict)
        scheme = self.verifier.used
        if scheme is not None and self.verifier.credential is not None and not before:
            self._say(Authenticated(SERVER, scheme.name, verdict.status == StatusCode.AUTHENTICATED))
        status = self._own_status(message)
        heard = self.prover.heard(status) if status is not None else Heard.ACCEPTED
        if heard is Heard.ACCEPTED:
            self._keep_nonces()
        first = self.state in _FIRST
        head = [header_status(message.header, verdict.status, verdict.chal)]
        outcomes = self._take(message)
        if first:
            wrong = self._first_message(message)
            if wrong is not None:
                return wrong
        for outcome in outcomes:
            head.extend(statuses_of(outcome, message.header.msg_id))
        if any(isinstance(c, Alert) and c.code == AlertCode.SESSION_ABORT for c in message.commands):
            return self._client_left(head)
        self._client_final = message.final and self._incoming is None
        if self._abort is not None:
            return self._we_leave(head)
        if heard is Heard.HOPELESS:
            return self._hopeless(head, status)
        if heard is Heard.CHALLENGED and not first:
            self._say(
                Challenged(
                    "client",
                    self.prover.scheme.name if self.prover.scheme else "",
                    status.code if status else StatusCode.UNAUTHORIZED,
                )
            )
            self._move(Move.CHALLENGED)
            if self._batch is not None:
                self._batch.again()
            self._outgoing = None
        return self._speak(head, retry=heard is Heard.CHALLENGED and not first)

    def _version(self, message: Message) -> Packet | None:
        """505 or 513, with the versions that we speak, for a message in another.  [REPPRO via MS]"""
        header, versions = message.header, self.rules.versions
        if (header.ver_dtd, header.ver_proto) in versions:
            return None
        dtds = {dtd for dtd, _ in versions}
        code = StatusCode.PROTOCOL_VERSION if header.ver_dtd in dtds else StatusCode.DTD_VERSION
        said = sorted({proto for _, proto in versions} if code is StatusCode.PROTOCOL_VERSION else dtds)
        per_command = code if self.rules.version_command_status == "same" else StatusCode.COMMAND_FAILED
        head = header_status(header, code, items=tuple(Item(data=version) for version in said))
        reply = self._say_only((head, *refusals(message.commands, header.msg_id, per_command)))
        if not self.state.is_over:
            self._say(Refused(SERVER, f"{header.ver_dtd} {header.ver_proto} is not spoken here", code))
            self._end(Move.GAVE_UP, well=False, why="version not supported")
        return reply

    def _malformed(self, message: Message, code: StatusCode, why: str) -> Packet:
        head = header_status(message.header, code)
        reply = self._say_only((head, *refusals(message.commands, message.header.msg_id, code)))
        self._say(Refused(SERVER, why, code))
        if not self.state.is_over:
            self._leave(why)
            self._end(Move.GAVE_UP, well=False, why=why)
        return reply

    def _first_message(self, message: Message) -> Packet | None:
        """Package 1 has an Alert 1200 or 1201 and a Replace of DevInfo.  [DMPRO §8.3]"""
        if self.rules.first_message != "strict":
            return None
        alerts = {c.code for c in message.commands if isinstance(c, Alert)}
        if not alerts & _STARTS:
            return self._malformed(message, StatusCode.INCOMPLETE, "package 1 has neither Alert 1200 nor 1201")
        if not self.info:
            return self._malformed(message, StatusCode.BAD_REQUEST, "package 1 has no Replace of DevInfo")
        return None

    def _refuse(self, message: Message, verdict: Verdict) -> Packet:
        """Nothing but Statuses: the client must prove itself first, or it is too late.  [DMPRO §9.1]"""
        over = self.state.is_over and self.state is not State.DONE
        code = verdict.status if not verdict.ok else StatusCode.COMMAND_FAILED
        head = header_status(message.header, verdict.status, verdict.chal)
        quiet = not self.rules.mac_on_challenge and not self.verifier.proved
        reply = self._say_only((head, *refusals(message.commands, message.header.msg_id, code)), bare=quiet)
        if over:
            return reply
        self._say(Refused(SERVER, verdict.why, verdict.status))
        scheme = self.verifier.scheme
        self._say(Challenged(SERVER, scheme.name if scheme else "", verdict.status))
        if verdict.give_up:
            self._leave("the device could not prove itself")
            self._end(Move.GAVE_UP, well=False, why=verdict.why)
        else:
            self._move(Move.UNPROVEN)
        return reply

    def _hopeless(self, head: list[Status], status: Status | None) -> Packet:
        self._say(Refused("client", self.prover.why, status.code if status else None))
        reply = self._say_only(tuple(head))
        self._leave("we could not prove ourselves to the device")
        self._end(Move.GAVE_UP, well=False, why=self.prover.why)
        return reply

    def _client_left(self, head: list[Status]) -> Packet:
        self._say(Aborted("client"))
        reply = self._say_only(tuple(head))
        self._leave("the device ended the session")
        self._end(Move.ABORT, well=False, why="the device ended the session")
        return reply

    def _we_leave(self, head: list[Status]) -> Packet:
        why = self._abort or ""
        self._say(Aborted(SERVER, why))
        final = self.rules.abort_final or self._client_final
        reply = self._say_only((*head, Alert(AlertCode.SESSION_ABORT)), final=final)
        self._leave(why)
        self._end(Move.ABORT, well=False, why=why)
        return reply

    def _leave(self, why: str) -> None:
        """Book open commands as unanswered, drop buffers, end the jobs.  [DMPRO §7, §8.1.2]"""
        self._outgoing = None
        self._drop_incoming(why)
        batch, self._batch = self._batch, None
        self.desk.close(batch.outcomes() if batch is not None else (), why)

    def _keep_nonces(self) -> None:
        client, server = self.verifier.stored, self.prover.pending
        if client is None and server is None:
            return
        self.account = self.account.with_nonces(client, server)
        self.verifier.stored = self.prover.pending = None
        for which, nonce in (("client", client), ("server", server)):
            if nonce is not None:
                self._say(NonceStored(which))

    # -- speaking

    def _speak(self, head: list[Status], *, retry: bool) -> Packet:
        """The rest of the answer: ask for more, send the next piece, or let the jobs speak."""
        closing_object = self.state is State.LOB and self._outgoing is None and not retry
        if self.state is not State.LOB and not self._client_final:
            self._move(Move.MORE)
            more = (*head, *self._take_extra(), Alert(AlertCode.NEXT_MESSAGE))
            return self._say_only(more, final=False)
        if closing_object and self.rules.refused_chunk == "close" and not self._client_final:
            reply = self._say_only((*head, *self._take_extra()))
            batch, self._batch = self._batch, None
            self.desk.close(batch.outcomes() if batch is not None else (), "the object was refused", goes_on=True)
            self._end(Move.FINISHED, well=True, why="the object was refused")
            return reply
        device = DeviceInfo(self.device, dict(self.info), self.peer_max_message, self.peer_max_object)
        answer: Packet | None = None
        while answer is None:
            while self._batch is None or not self._batch.unsent:
                outcomes = self._batch.outcomes() if self._batch is not None else None
                commands = self.desk.next(device, outcomes)
                if commands is None:
                    self._batch = None
                    break
                self._batch = Batch(commands, self.rules, self.codec, self.peer_max_object)
                if self._batch.aborts:
                    self._abort = "the job wishes so"
                    return self._we_leave(head)
            answer = self._send(head)
        return answer

    def _take_extra(self) -> list[Command]:
        extra = list(self._extra)
        self._extra.clear()
        return extra

    def _send(self, head: list[Status]) -> Packet | None:
        """What the batch has to say, or the end; None when nothing of it fits into any message."""
        batch = self._batch
        first = (*head, *self._extra)
        if batch is None:
            self._extra.clear()
            reply = self._say_only(first)
            self._end(Move.FINISHED, well=True)
            return reply
        while True:
            packed = self._pack(self._header(), first, batch.unsent, lambda _, open_piece: ((), not open_piece))
            if packed.stuck is None:
                break
            batch.stuck(self.peer_max_message)
            if not batch.unsent:
                return None
        self._extra.clear()
        batch.sent(packed.message, len(first), packed.piece)
        piece = packed.piece
        self._outgoing = piece if piece is not None and piece.rest else None
        if piece is not None:
            self._say(ChunkSent(piece.uri, piece.sent, piece.size))
        self._move(Move.CHUNK if self._outgoing is not None else Move.PACKAGE)
        return self._packet(packed.message, packed.body, self.device)

    def _header(self) -> Header:
        return Header(
            self.session_id,
            str(self._msg_id + 1),
            self.device,
            self.address,
            resp_uri=self.rules.resp_uri,
            meta=self._announce(),
        )

    def _say_only(self, commands: tuple[Command, ...], *, final: bool = True, bare: bool = False) -> Packet:
        """A message of ``commands`` and nothing else; ``bare`` leaves the MAC away."""
        packed = self._pack(self._header(), commands, deque(), lambda _empty, _open: ((), final))
        return self._packet(packed.message, packed.body, self.device, bare=bare)
