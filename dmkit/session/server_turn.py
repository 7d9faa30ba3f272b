"""One step of a session on the server.

It judges a message, takes in what it says, answers what must be answered, and, whenever the device owes nothing more,
lets the jobs speak.  [DMPRO §6, §7, §8, §9]
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from operator import attrgetter
from typing import Any, cast

from dmkit.auth.mac import HEADER
from dmkit.session.alerts import answer
from dmkit.session.batch import Batch
from dmkit.session.events import (
    Aborted,
    AlertReceived,
    Authenticated,
    Challenged,
    ChunkSent,
    Discarded,
    Loosened,
    NonceStored,
    Refused,
    Step,
    Unreadable,
)
from dmkit.session.job_queue import JobQueue
from dmkit.session.nonces import Nonces
from dmkit.session.packages import Packed, Unit, bare, header_status, refusals, statuses_of, surely_over
from dmkit.session.proofs import ACCEPTED, CHALLENGED, HOPELESS, TAKEN, ProofVerdict, ShownProof
from dmkit.session.side import Side
from dmkit.session.states import SERVER, SessionMove, SessionState
from dmkit.session.values import ServerSessionState
from dmkit.session.work import DeviceInfo, QueuedJob, Waiting
from dmkit.wire.codec import Codec
from dmkit.words.checked import like
from dmkit.words.codes import SYNC_HDR, AlertCode, Format, StatusCode, Verb
from dmkit.words.errors import shortened
from dmkit.words.model import Alert, Command, Header, Item, Message, Packet, Replace, Results, Status, Unknown
from dmkit.words.outcome import Outcome

__all__ = ["ServerTurn"]

_DEV_INFO = "./DevInfo/"
_INFO_AT = len(_DEV_INFO)
_ANY = DeviceInfo("")
_FIRST = frozenset({SessionState.IDLE, SessionState.AUTH})
_BROKEN = frozenset({SessionState.REFUSED, SessionState.ABORTED})
_NEVER_FEWER = 2  # Statuses beside what comes later: the one that was left, and that of the Alert which asked for it
_STARTS = frozenset({AlertCode.SERVER_INITIATED, AlertCode.CLIENT_INITIATED})

_ALERT = Verb.ALERT.value
_LOB = SessionState.LOB
_PACKAGE = SessionMove.PACKAGE
_FINISHED = SessionMove.FINISHED
_value = attrgetter(*ServerSessionState.__struct_fields__)


class ServerTurn(Side):
    """One step of a session, seen from the server: begins at ``value``.

    ``work`` and ``waiting`` are the jobs of the device; they belong to whoever holds the session.
    """

    role = SERVER

    info: tuple[tuple[str, str], ...]
    batch: Batch | None
    client_final: bool
    extra: tuple[Command, ...]
    owed: tuple[Status, ...]

    def __init__(
        self, value: ServerSessionState, work: deque[QueuedJob], waiting: list[Waiting], nonces: Nonces
    ) -> None:
        super().__init__(value, nonces)
        self.jobs = JobQueue(value.jobs, work, waiting, self.say)
        self.device, self.address = value.setting.address, value.account.address
        self.trusted = False
        self.judged: ShownProof | None = None

    def begin(self) -> tuple[object, ...]:
        """Be ready for the next message; what this turn is ``back_to`` when that comes to nothing."""
        self.trusted, self.judged = False, None
        self._events.clear()
        return self.__dict__.copy(), self.intake.incoming, self.jobs.__dict__.copy()

    def back_to(self, before: tuple[Any, ...]) -> None:
        """As it was when it began; what its owner's jobs have done is done."""
        super().back_to(before)
        vars(self.jobs).update(before[2])

    def value(self) -> ServerSessionState:
        """The value that follows; the turn is over."""
        fields, jobs = self.__dict__, self.jobs
        fields["jobs"], fields["work"], fields["jobs_waiting"] = jobs.state, tuple(jobs.work), tuple(jobs.waiting)
        fields["nonces"], fields["incoming"] = self.fresh.value, self.intake.incoming
        fields["answered"] = tuple(self.answered)
        return ServerSessionState(*_value(self))

    # -- ways in

    def receive(self, packet: Packet, now: float = 0.0) -> Step:
        """Take one packet of the device and give the answer; no answer when the octets are no message."""
        read = self._read(packet)
        return self._step(packet, None) if read is None else self.take(packet, read[1], read[0], now)

    def take(
        self, packet: Packet, message: Message, codec: Codec, now: float = 0.0, judged: ShownProof | None = None
    ) -> Step:
        """As ``receive``, for a packet that its holder has decoded with ``codec`` to ``message``, and ``judged``."""
        self.codec, self.judged = codec, judged
        if message.deviations:
            self._say_deviations(message)
        again = self._from_memory(packet, message)
        if again is not None:
            return again
        if message.header.session_id != self.session_id:
            self.say(Unreadable(f"SessionID {message.header.session_id} is not {self.session_id}"))
            return self._step(packet, None)
        reply = self._answer(packet, message, now)
        self._remember(packet, message, reply)
        return self._step(packet, reply)

    def expire(self, now: float = 0.0) -> Step:
        """The device fell silent: the session is over, and unfinished jobs with it."""
        if not self.state.is_over:
            self._leave("the device fell silent")
            self._end(SessionMove.LOST, well=False, why="the device fell silent")
        return self._step(None, None)

    def restart_object(self) -> None:
        """The client lost our object (Alert 1225): from its first piece again, once."""
        sending = self.outgoing
        if sending is None:
            return
        if sending.restarts < 1:
            self.outgoing = sending.restart()
            if self.batch is not None:
                self.batch = self.batch.restarted(self.outgoing)
        else:
            self._give_up_object(Outcome(None, why="the device lost it twice"))

    # -- one message of the device

    def _answer(self, packet: Packet, message: Message, now: float) -> Packet | None:
        if self.msg_id >= self.rules.messages:
            if not self.state.is_over:
                self._leave("too many messages")
                self._end(SessionMove.ABORT, well=False, why=f"more than {self.rules.messages} messages")
            return None
        header = message.header
        if header.meta is not None or not self.rules.max_message_lasts:
            self._learn(header.meta)
        if header.msg_id != str(self.peer_msg_id + 1):
            why = f"MsgID {shortened(header.msg_id)} is out of turn"
            return self._malformed(message, StatusCode.BAD_REQUEST, why)
        self.peer_msg_id += 1
        if (header.ver_dtd, header.ver_proto) not in self.rules.versions:
            return self._version(message)
        before = self.verifier.accepted
        self.verifier, verdict = self.verifier.check(
            header, packet.headers, packet.body, self.fresh, now, judged=self.judged
        )
        self.trusted = verdict.ok
        if not verdict.ok or self.state in _BROKEN:
            return self._refuse(message, verdict)
        if verdict is not TAKEN or self.rules.mac_once:
            self._say_proved(packet, verdict, before)
        status = self._own_status(message)
        standing = ACCEPTED
        if status is not None:
            self.prover, standing = self.prover.answered(status)
        if self.verifier.stored is not None or self.prover.pending is not None:
            self._keep_nonces(ours=standing is ACCEPTED)
        first = self.state in _FIRST
        head = header_status(header, verdict.status, verdict.chal)
        in_parts = not message.final and self._is_open()
        outcomes = self._take(message)
        if first:
            wrong = self._first_message(message)
            if wrong is not None:
                return wrong
        self.owed = (*self.owed, *[told for outcome in outcomes for told in statuses_of(outcome, header.msg_id)])
        if outcomes and AlertCode.SESSION_ABORT in [c.code for c in message.commands if c.__class__ is Alert]:
            return self._client_left(head)
        self.client_final = (message.final or (in_parts and self.client_final)) and self.intake.incoming is None
        if self.abort is not None:
            return self._we_leave(head)
        if standing is HOPELESS:
            return self._hopeless(head, status)
        if standing is CHALLENGED and not first:
            self.say(
                Challenged(
                    "client",
                    self.prover.scheme.name if self.prover.scheme else "",
                    status.code if status else StatusCode.UNAUTHORIZED,
                )
            )
            self._move(SessionMove.CHALLENGED)
            if self.batch is not None:
                self.batch = self.batch.again()
            self.outgoing = None
        return self._speak(head, retry=standing is CHALLENGED and not first)

    def _say_proved(self, packet: Packet, verdict: ProofVerdict, before: bool) -> None:
        """Say how the device proved itself, which it may have done ``before``."""
        verifier = self.verifier
        scheme = verifier.proved_by
        if scheme is not None and scheme.in_transport and HEADER not in packet.headers:
            self.say(Loosened("a message is taken without the MAC that was agreed"))
        scheme = verifier.used
        if not before and scheme is not None and verifier.credential is not None:
            self.say(Authenticated(SERVER, scheme.name, verdict.status == StatusCode.AUTHENTICATED))

    def _shows(self) -> bool:
        """Only to a device that has proved itself in this very message; see ``Rules.proves_to``."""
        if self.trusted or self.rules.proves_to == "anybody":
            return True
        scheme = self.prover.scheme
        mac = scheme is not None and scheme.in_transport
        return mac and (self.verifier.proved or self.rules.mac_on_challenge)

    def _version(self, message: Message) -> Packet | None:
        """505 or 513, with the versions that we speak, for a message in another.  [REPPRO via MS]"""
        header, versions = message.header, self.rules.versions
        dtds = {dtd for dtd, _ in versions}
        code = StatusCode.PROTOCOL_VERSION if header.ver_dtd in dtds else StatusCode.DTD_VERSION
        found = sorted({proto for _, proto in versions} if code is StatusCode.PROTOCOL_VERSION else dtds)
        per_command = code if self.rules.version_command_status == "same" else StatusCode.COMMAND_FAILED
        head = header_status(header, code, items=tuple(Item(data=version) for version in found))
        reply = self._say_only(head, refusals(message.commands, header.msg_id, per_command))
        if not self.state.is_over:
            self.say(Refused(SERVER, f"{header.ver_dtd} {header.ver_proto} is not spoken here", code))
            self._end(SessionMove.GAVE_UP, well=False, why="version not supported")
        return reply

    def _malformed(self, message: Message, code: StatusCode, why: str) -> Packet:
        head = header_status(message.header, code)
        reply = self._say_only(head, refusals(message.commands, message.header.msg_id, code))
        self.say(Refused(SERVER, why, code))
        if not self.state.is_over:
            self._leave(why)
            self._end(SessionMove.GAVE_UP, well=False, why=why)
        return reply

    def _first_message(self, message: Message) -> Packet | None:
        """Package 1 has an Alert 1200 or 1201 and a Replace of DevInfo.  [DMPRO §8.3]"""
        if self.rules.first_message != "strict":
            return None
        for command in message.commands:
            if command.__class__ is Alert and command.code in _STARTS:
                break
        else:
            return self._malformed(message, StatusCode.INCOMPLETE, "package 1 has neither Alert 1200 nor 1201")
        if not self.info:
            return self._malformed(message, StatusCode.BAD_REQUEST, "package 1 has no Replace of DevInfo")
        return None

    def _refuse(self, message: Message, verdict: ProofVerdict) -> Packet | None:
        """Nothing but Statuses: the client must prove itself first, or it is too late.  [DMPRO §9.1]"""
        over = self.state.is_over and self.state is not SessionState.DONE
        code = verdict.status if not verdict.ok else StatusCode.COMMAND_FAILED
        head = header_status(message.header, verdict.status, verdict.chal)
        told = self.verifier.refused + self.verifier.missing
        # no fresh challenges for ever
        if over and self.state is SessionState.REFUSED and told > self.rules.challenges + 1:
            self.say(Refused(SERVER, "this session was refused; a new one begins with message 1", verdict.status))
            return None
        reply = self._say_only(head, refusals(message.commands, message.header.msg_id, code))
        if over:
            return reply
        self.say(Refused(SERVER, verdict.why, verdict.status))
        scheme = self.verifier.scheme
        self.say(Challenged(SERVER, scheme.name if scheme else "", verdict.status))
        if verdict.give_up:
            self._leave("the device could not prove itself")
            self._end(SessionMove.GAVE_UP, well=False, why=verdict.why)
        else:
            self._move(SessionMove.UNPROVEN)
        return reply

    def _hopeless(self, head: Status, status: Status | None) -> Packet:
        self.say(Refused("client", self.prover.why, status.code if status else None))
        reply = self._say_only(head, self._all_owed())
        self._leave("we could not prove ourselves to the device")
        self._end(SessionMove.GAVE_UP, well=False, why=self.prover.why)
        return reply

    def _client_left(self, head: Status) -> Packet:
        self.say(Aborted("client"))
        reply = self._say_only(head, self._all_owed())
        batch = self.batch
        if batch is not None and batch.answered().is_answered:  # what stands beside the abort counts
            self.batch = None
            self.jobs.close(batch.answered().outcomes(), "the device ended the session", goes_on=True)
        self._leave("the device ended the session")
        self._end(SessionMove.ABORT, well=False, why="the device ended the session")
        return reply

    def _we_leave(self, head: Status) -> Packet:
        why = self.abort or ""
        self.say(Aborted(SERVER, why))
        final = self.rules.abort_final or self.client_final
        reply = self._say_only(head, self._all_owed(), tail=(Alert(AlertCode.SESSION_ABORT),), final=final)
        self._leave(why)
        self._end(SessionMove.ABORT, well=False, why=why)
        return reply

    def _leave(self, why: str) -> None:
        """Book open commands as unanswered, drop buffers, end the jobs.  [DMPRO §7, §8.1.2]"""
        self.outgoing = None
        self.intake.drop(why)
        batch, self.batch = self.batch, None
        self.jobs.close(batch.outcomes() if batch is not None else (), why)

    def _keep_nonces(self, *, ours: bool) -> None:
        """Keep the nonce that a device which has proved itself uses next; ``ours``: and that for our next proof."""
        client, server = self.verifier.stored, self.prover.pending if ours else None
        if client is None and server is None:
            return
        self.account = self.account.with_nonces(client, server)
        self.verifier = self.verifier.kept()
        self.prover = self.prover.kept() if ours else self.prover
        for which, nonce in (("client", client), ("server", server)):
            if nonce is not None:
                self.say(NonceStored(which))

    # -- what the device says

    def _take(self, message: Message) -> list[Outcome]:
        """Book Statuses and Results, judge Alerts; outcomes for what must be answered, in order."""
        outcomes: list[Outcome] = []
        booked: list[Status | Results] = []
        reports: list[Alert] = []  # put behind others at once: a tuple each time would copy all before it
        broken: list[Alert] = []
        info: dict[str, str] = {}
        value: Any
        for value in message.commands:
            kind = value.__class__
            if kind is Status:
                about = value.cmd != SYNC_HDR and self.batch is not None and not self._about_a_piece(value)
                if about and (value.cmd != _ALERT or not self._about_more(value)):
                    booked.append(value)
                continue
            command: Any = self._object(value, outcomes, broken) if kind is Alert or kind is Results else value
            if command is None:
                continue
            if kind is Results:
                booked.append(command)
            elif kind is Alert:
                found = answer(self, SERVER, command)  # an outcome that is no success is false in a test
                outcome = Outcome(StatusCode.NOT_SUPPORTED, command=command) if found is None else found
                self.say(AlertReceived(command, outcome.status or StatusCode.NOT_SUPPORTED))
                if outcome.ok and command.code == AlertCode.GENERIC:  # jobs wait for no other
                    reports.append(command)
                outcomes.append(outcome)
            elif kind is Replace:
                outcomes.append(Outcome(_device_info(command, info), (), (), command))
            elif kind is Unknown:
                outcomes.append(Outcome(self.rules.tree.answer_to_unknown, command=command))
            else:
                outcomes.append(Outcome(StatusCode.NOT_ALLOWED, command=command))
        if reports:
            self.jobs.report(*reports)
        if broken:
            self.extra = (*self.extra, *broken)
        if info:
            self.info = tuple({**dict(self.info), **info}.items())
        if self.batch is not None and booked:
            self.batch = self.batch.book(booked, self.sent.header.msg_id if self.sent else "")
        return outcomes

    def _about_a_piece(self, status: Status) -> bool:
        """Whether ``status`` needs no booking: it answers a piece of an object that has not ended."""
        sending = self.outgoing
        if sending is not None and self.batch is not None and sending.at and status.cmd_ref == self.batch.piece_id:
            if status.code == StatusCode.CHUNK_ACCEPTED:
                return True
            why = "the device took the first piece for the whole" if status.code.is_ok else ""
            self._give_up_object(Outcome(None if status.code.is_ok else status.code, items=status.items, why=why))
            return True
        return False

    def _about_more(self, status: Status) -> bool:
        """Whether ``status`` answers our own Alert for the next message, which is no command of a job."""
        sent = self.sent
        if sent is None or sent.final or status.msg_ref != sent.header.msg_id:
            return False
        last = sent.commands[-1]
        return last.__class__ is Alert and last.code == AlertCode.NEXT_MESSAGE and status.cmd_ref == last.cmd_id

    def _give_up_object(self, outcome: Outcome) -> None:
        sending = self.outgoing
        assert sending is not None and self.batch is not None
        self.say(Discarded(sending.uri, f"the device refused a piece: {outcome}"))
        self.batch = self.batch.drop_object(outcome)
        self.outgoing = None

    def _object(self, command: Results | Alert, outcomes: list[Outcome], broken: list[Alert]) -> Command | None:
        """Join pieces of Results and Generic Alerts, with an alert for what is broken off; None when there is nothing
        to look at yet."""
        if not command.items and command.__class__ is Alert:
            return command
        left = self.intake.broken_by(command) if self.intake.incoming is not None else None
        if left is not None:
            broken.append(Alert(AlertCode.NO_END_OF_DATA, (Item(source=left),)))
        if self.intake.incoming is not None or any(item.more_data for item in command.items):
            done: Outcome | Command = Outcome(StatusCode.BAD_REQUEST, command=command)
            if len(command.items) == 1:
                done = self.intake.piece(command, command.items[0])
        elif self.announced and any(self.intake.is_too_large(command, item) for item in command.items):
            done = Outcome(StatusCode.TOO_LARGE, command=command)
        else:
            done = command
        if isinstance(done, Outcome):
            outcomes.append(done)
            return None
        return done

    # -- speaking

    def _speak(self, head: Status, *, retry: bool) -> Packet:
        """The rest of the answer: ask for more, send the next piece, or let the jobs speak."""
        closing_object = self.state is _LOB and self.outgoing is None and not retry
        if self.state is not _LOB and not self.client_final:
            self._move(SessionMove.MORE)
            more = (*self._take_extra(), Alert(AlertCode.NEXT_MESSAGE))
            return self._say_only(head, self._all_owed(), tail=more, final=False, keep=True)
        if closing_object and self.rules.refused_chunk == "close" and not self.client_final:
            reply = self._say_only(head, self._all_owed(), tail=self._take_extra())
            batch, self.batch = self.batch, None
            self.jobs.close(batch.outcomes() if batch is not None else (), "the object was refused", goes_on=True)
            self._end(_FINISHED, well=True, why="the object was refused")
            return reply
        answer: Packet | None = None
        while answer is None:
            if self.batch is not None:
                self.batch = self.batch.answered()
            while self.batch is None or not self.batch.unsent:
                outcomes = self.batch.outcomes() if self.batch is not None else None
                commands = self.jobs.next(self._as_known, outcomes)
                if commands is None:
                    self.batch = None
                    break
                self.batch = Batch.of(commands, self.rules, self.codec, self.peer_max_object)
                if self.batch.aborts:
                    self.abort = "the job wishes so"
                    return self._we_leave(head)
            answer = self._send(head)
        return answer

    def _as_known(self) -> DeviceInfo:
        """What a job that begins is told."""
        most, largest = self.peer_max_message, self.peer_max_object
        return like(_ANY, device_id=self.device, values=dict(self.info), max_message=most, max_object=largest)

    def _take_extra(self) -> tuple[Command, ...]:
        extra, self.extra = self.extra, ()
        return extra

    def _all_owed(self) -> tuple[Status, ...]:
        owed, self.owed = self.owed, ()
        return owed

    def _send(self, head: Status) -> Packet | None:
        """What the batch has to say, or the end; None when nothing of it fits into any message."""
        batch = self.batch
        first = (head, *self.owed, *self.extra)
        if self.owed and len(self.owed) > _NEVER_FEWER and surely_over(self.owed, self._limit()):
            return self._owed_first(head)  # not written to see it: many messages would each write all that is owed
        unsent: deque[Unit] = deque(batch.unsent if batch is not None else ())
        while True:
            packed = self._pack(self._header(), first, unsent, lambda _, open_piece: ((), not open_piece))
            if self.owed:
                limit = self._limit()
                too_many = limit is not None and len(packed.body) > limit
                if too_many or (packed.stuck is not None and len(self.owed) > _NEVER_FEWER):
                    return self._owed_first(head)
            if packed.stuck is None or batch is None:
                break
            self.batch = batch = batch.stuck(unsent, self.peer_max_message)
            if not unsent:
                return None
        self.extra, self.owed = (), ()
        if batch is None:
            reply = self._packet(packed.message, packed.body, self.device)
            self._end(_FINISHED, well=True)
            return reply
        self.batch = batch.sent(packed.message, len(first), unsent, packed.piece)
        piece = packed.piece
        self.outgoing = piece if piece is not None and piece.rest else None
        if piece is not None:
            self.say(ChunkSent(piece.uri, piece.sent, piece.size))
        self._move(SessionMove.CHUNK if self.outgoing is not None else _PACKAGE)
        return self._packet(packed.message, packed.body, self.device)

    def _header(self) -> Header:
        return Header(
            self.session_id,
            str(self.msg_id + 1),
            self.device,
            self.address,
            resp_uri=self.setting.resp_uri,
            meta=self._announce(),
        )

    def _is_open(self) -> bool:
        """True when our own package is not complete: the device asks for its next message without Final."""
        sent = self.sent
        return sent is not None and not sent.final and isinstance(sent.commands[-1], Status)

    def _owed_first(self, head: Status) -> Packet:
        """As many Statuses as the device takes in one message; no Final, for the others come before all else.

        One at least is left, so that the device sees why there is no Final.
        """
        self._move(SessionMove.CHUNK if self.state is _LOB else SessionMove.MORE)
        *most, last = self._all_owed()
        reply = self._say_only(head, most or (last,), final=False, keep=True)
        self.owed = (*self.owed, last) if most else self.owed
        return reply

    def _say_only(
        self,
        head: Status,
        rest: Iterable[Status] = (),
        *,
        tail: tuple[Command, ...] = (),
        final: bool = True,
        keep: bool = False,
    ) -> Packet:
        """A message of ``head``, as much of ``rest`` as there is room for, and ``tail``.

        What has no room is owed when ``keep``, and left out where nothing follows in which it could come: the Status of
        the header speaks for it.
        """
        queue: deque[Unit] = deque(rest)
        packed = self._packed_only(head, queue, tail, final)
        while packed.stuck is not None:
            assert isinstance(packed.stuck, Status)
            smaller = bare(packed.stuck)
            if smaller is not None:
                queue.insert(packed.at, smaller)
            else:
                self.say(Discarded("Status", "does not fit into the device's MaxMsgSize"))
            packed = self._packed_only(head, queue, tail, final)
        if keep:
            self.owed = tuple(cast("Iterable[Status]", queue))
        elif queue:
            self.say(Discarded("Status", f"{len(queue)} of them do not fit into the device's MaxMsgSize"))
        return self._packet(packed.message, packed.body, self.device)

    def _packed_only(self, head: Status, queue: deque[Unit], tail: tuple[Command, ...], final: bool) -> Packed:
        return self._pack(self._header(), (head,), queue, lambda _empty, _open: (tail, final))


def _device_info(command: Replace, value: dict[str, str]) -> StatusCode:
    """Put into ``value`` the leaves below ./DevInfo; one real client sends its interior nodes too, which say
    nothing."""
    here: dict[str, str] = {}
    for item in command.items:
        source, data = item.source, item.data
        if item.meta is command.meta is None and source and data.__class__ is str and source.startswith(_DEV_INFO):
            here[source[_INFO_AT:]] = data  # as almost all devices say it
            continue
        uri = item.source or item.target or ""
        uri = uri if uri.startswith("./") else f"./{uri}"
        if not f"{uri}/".startswith(_DEV_INFO):
            return StatusCode.NOT_ALLOWED
        meta = item.meta or command.meta
        if Format.of(meta.format if meta else None) is not Format.NODE and uri != _DEV_INFO[:-1]:
            here[uri[len(_DEV_INFO) :]] = item.text
    value.update(here)
    return StatusCode.OK
