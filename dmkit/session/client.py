"""ClientSession: the device's side of a session, on any Host.

A message comes in, is judged, carried out (``obeying``) and answered; the answer may need several messages.  This file
is the order of doing things.  [DMPRO §8, §9]
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec

from dmkit.auth import DM_1_2, Account, scheme_of
from dmkit.session.events import (
    Aborted,
    Authenticated,
    Challenged,
    ChunkSent,
    Discarded,
    Learned,
    NonceStored,
    Refused,
    Resent,
    Step,
    Unreadable,
)
from dmkit.session.obeying import Host, Obeying
from dmkit.session.objects import Sending
from dmkit.session.packages import Unit, carry, header_status, refusals
from dmkit.session.proofs import Heard, Prover, Verdict, Verifier
from dmkit.session.rules import Rules
from dmkit.session.states import CLIENT, Move, State
from dmkit.wire.codec import XML, Codec
from dmkit.words.codes import AlertCode, StatusCode, Verb
from dmkit.words.errors import LocalProtocolError
from dmkit.words.model import Alert, Command, Header, Message, Packet, Replace, Results, Status
from dmkit.words.outcome import Outcome

__all__ = ["ClientSession", "Host"]


class ClientSession(Obeying):
    """One session, seen from the device.

    ``session_id`` is text of at most four octets; ``nonces`` gives the nonces with which the server will be
    challenged; ``alerts`` are sent in package 1 after 1200 or 1201; ``triggered`` says that package 0 woke us.
    Methods give a ``Step`` each; LocalProtocolError for one that has no place in the present state.  [DMPRO §8]
    """

    role = CLIENT

    def __init__(
        self,
        host: Host,
        account: Account,
        *,
        session_id: str = "1",
        address: str = "",
        nonces: Iterator[bytes],
        rules: Rules | None = None,
        codec: Codec = XML,
        alerts: tuple[Alert, ...] = (),
        triggered: bool = False,
    ) -> None:
        rules = rules or Rules()
        super().__init__(rules, codec, session_id)
        self.host = host
        self.account = account
        info = host.device_info()
        self.address = address or next((i.text for i in info if i.source == "./DevInfo/DevId"), "")
        self.triggered = triggered
        able = tuple(s for s in (scheme_of(name) for name in rules.client_schemes) if s is not None)
        own, custom = account.client, scheme_of(rules.auth)
        if custom is not None and custom.name not in DM_1_2:
            able = (custom, *able)
        asked = next((s for s in able if own is not None and s.name == own.scheme), None)
        self.prover = Prover.of(own, asked, able, custom, rules)
        self.verifier = Verifier.of(account.server, rules.server_auth, nonces, rules)
        self._alerts = list(alerts)
        self._taken: list[Alert] = list(alerts)
        self._url = account.address
        self._queue: deque[Unit] = deque()
        self._first: tuple[Command, ...] = ()
        self._last: list[Command] = []
        self._outgoing: Sending | None = None
        self._piece_ref: tuple[str, str | None] = ("", None)
        self._server_final = True
        self._abort: str | None = None
        self._attempt = 0
        self._waiting: Packet | None = None
        self._now = 0.0

    @property
    def waiting(self) -> bool:
        """True while an answer is awaited: ``receive`` it, or ``expire``."""
        return self._waiting is not None

    # -- three ways in

    def start(self, now: float = 0.0) -> Step:
        """Send package 1.  [DMPRO §8.3]"""
        self._now = now
        self._move(Move.START)
        self._reports(now)
        self._queue.extend(self._package_1())
        self._waiting = self._send(())
        return self._step(None, self._waiting)

    def receive(self, packet: Packet, now: float = 0.0) -> Step:
        """Take one packet of the server and give the next one of ours, if there is one.

        LocalProtocolError when the session has not begun.
        """
        if self.state is State.IDLE:
            raise LocalProtocolError("client in state IDLE: start() comes before receive()")
        self._now = max(self._now, now)
        message = self._read(packet)
        if message is None:
            return self._step(packet, None)
        self._say_deviations(message)
        again = self._from_memory(packet, message)
        if again is not None:
            return again
        why = self._out_of_place(message.header)
        if why or self.state.is_over:
            self._say(Unreadable(why or f"the session is over ({self.state.value})"))
            return self._step(packet, None)
        self._peer_msg_id += 1
        self._attempt, self._waiting = 0, None
        self._learn(message.header.meta)
        self._follow(message.header.resp_uri)
        reply = self._answer(packet, message, now)
        self._remember(packet, message, reply)
        self._waiting = None if self.state.is_over else reply
        return self._step(packet, reply)

    def expire(self, now: float = 0.0) -> Step:
        """No answer came: the same octets again, or the end after ``rules.retries``."""
        packet = self._waiting
        if packet is None:
            raise LocalProtocolError(f"client in state {self.state.value}: nothing is awaited")
        self._now = max(self._now, now)
        if self._attempt < self.rules.retries:
            self._attempt += 1
            self._say(Resent(str(self._msg_id), self._attempt))
            return self._step(None, packet)
        self._waiting = None
        self._drop("no answer")
        self._end(Move.LOST, well=False, why="no answer came")
        return self._step(None, None)

    def _end(self, move: Move, *, well: bool, why: str = "") -> None:
        super()._end(move, well=well, why=why)
        self.host.session_over(self._now)

    # -- other wishes of the device

    def abort(self, why: str = "the user wishes so") -> None:
        """End the session with the next message: what was done so far, Alert 1223, Final.  [DMPRO §8.1.2]"""
        self._abort = why

    @property
    def unsent(self) -> tuple[Alert, ...]:
        """Generic Alerts that this session was given and did not send: for the next one."""
        return tuple(self._alerts)

    def report(self, *alerts: Alert) -> None:
        """Send ``alerts`` (1224 or 1226) with the next message.  [DMPRO §8.7]"""
        self._alerts.extend(alerts)

    def _reports(self, now: float) -> None:
        """Take up what the host has to report by now, each alert once a session."""
        for alert in self.host.reports(self.account.server_id, now):
            if alert not in self._taken:
                self._taken.append(alert)
                self._alerts.append(alert)

    # -- package 1

    def _package_1(self) -> list[Command]:
        code = AlertCode.SERVER_INITIATED if self.triggered else AlertCode.CLIENT_INITIATED
        alerts, self._alerts = tuple(self._alerts), []
        self._first = (Alert(code), Replace(self.host.device_info()), *alerts)
        return [carry(command, self.codec) for command in self._first]

    # -- one message of the server

    def _out_of_place(self, header: Header) -> str:
        if header.session_id != self.session_id:
            return f"SessionID {header.session_id} does not belong here; this session is {self.session_id}"
        if header.msg_id != str(self._peer_msg_id + 1):
            return f"MsgID {header.msg_id} is out of turn; {self._peer_msg_id + 1} is awaited"
        return ""

    def _answer(self, packet: Packet, message: Message, now: float) -> Packet | None:
        verdict = self._judge(packet, message, now)
        status = self._own_status(message)
        before = self.prover.accepted
        heard = self.prover.heard(status) if status is not None else self._no_status()
        if heard is Heard.ACCEPTED and not before and self.prover.scheme is not None:
            self._say(Authenticated("server", self.prover.scheme.name, self.prover.lasting))
        commands = tuple(c for c in message.commands if not isinstance(c, Status | Results))
        alerts = {c.code for c in commands if isinstance(c, Alert)}
        if AlertCode.SESSION_ABORT in alerts:
            self._say(Aborted("server"))
            self._drop("the server ended the session")
            self._end(Move.ABORT, well=False, why="the server ended the session")
            return None
        if heard is Heard.HOPELESS:
            self._say(Refused("server", self.prover.why, status.code if status else None))
            self._end(Move.GAVE_UP, well=False, why=self.prover.why)
            return None
        if heard is Heard.ACCEPTED and (verdict.ok or self.rules.store_unproven_nonce):
            self._keep_nonces()
        head = header_status(message.header, verdict.status, verdict.chal)
        pieces = any(item.more_data for c in commands for item in getattr(c, "items", ()))
        self._server_final = self._server_final or (message.final and not pieces)
        if heard is Heard.CHALLENGED:
            said = status.code if status else StatusCode.UNAUTHORIZED
            return self._again(head, verdict, message, commands, said, now)
        if not verdict.ok:
            return self._refuse(head, verdict, message, commands)
        self._take_statuses(message)
        return self._carry_out(head, message, commands, now)

    def _follow(self, uri: str | None) -> None:
        """Send what follows to the server's RespURI, where ``rules.redirect`` lets it lead us.  [DMPRO §9.1]"""
        if uri is None:
            return
        if self.rules.redirect == "same host" and urlsplit(uri).netloc != urlsplit(self.account.address).netloc:
            self._say(Refused("client", f"RespURI {uri} leaves the host of {self.account.address}"))
            return
        self._url = uri

    def _judge(self, packet: Packet, message: Message, now: float) -> Verdict:
        before = self.verifier.accepted
        verdict = self.verifier.check(message.header, packet.headers, packet.body, now)
        scheme = self.verifier.used
        if not verdict.ok:
            self._say(Refused("client", verdict.why, verdict.status))
        elif scheme is not None and self.verifier.credential is not None and not before:
            lasting = verdict.status == StatusCode.AUTHENTICATED
            self._say(Authenticated("client", scheme.name, lasting))
        return verdict

    def _no_status(self) -> Heard:
        """The server did not answer our header: it stands as it stood, once accepted."""
        if self.prover.accepted or self.prover.scheme is None:
            self.prover.accepted = True
            return Heard.ACCEPTED
        self.prover.why = "the server did not answer our header"
        return Heard.HOPELESS

    def _keep_nonces(self) -> None:
        """Keep the nonce that a server we know has given us.  [DMSEC §5.3.4]"""
        if self.prover.pending is not None:
            self._keep(client=self.prover.pending)
            self.prover.pending = None

    def _keep(self, **nonces: bytes) -> None:
        self.account = self.account.with_nonces(**nonces)
        for which in nonces:
            self._say(NonceStored(which))
        self.host.keep(self.account)

    def _again(
        self,
        head: Status,
        verdict: Verdict,
        message: Message,
        commands: tuple[Command, ...],
        said: StatusCode,
        now: float,
    ) -> Packet | None:
        """We were challenged: all of package 1 once more, or the last answer once more.  [DMPRO §9]

        Nothing is executed for a server that has not accepted us, unless ``rules.unaccepted`` lets a proven one.
        """
        self._say(Challenged("server", self.prover.scheme.name if self.prover.scheme else "", said))
        if self.state is not State.SENT and self.rules.challenged_midway == "end":
            self._drop("we were challenged in mid-session")
            self._end(Move.GAVE_UP, well=False, why="the server challenged us in mid-session")
            return None
        self._move(Move.CHALLENGED)
        self._queue.clear()
        self._outgoing = None
        if self.state is State.SENT:
            self._queue.extend(carry(command, self.codec) for command in self._first)
            self._server_final = True
        elif verdict.ok:  # a server that proves nothing gets no values
            self._queue.extend(self._last)
        ref = message.header.msg_id
        if verdict.ok and self.rules.unaccepted == "execute":
            answers, results, extras = self._done(commands, ref, now)
            self._queue.extend([*results, *extras])
            return self._send((head, *answers))
        code = StatusCode.NOT_EXECUTED if verdict.ok else verdict.status
        return self._send((head, *refusals(commands, ref, code)))

    def _refuse(self, head: Status, verdict: Verdict, message: Message, commands: tuple[Command, ...]) -> Packet | None:
        """The server did not prove itself: nothing is done.  [DMPRO §9, §9.1]"""
        if not commands and not self._queue and message.final:
            refused = self.state is State.SRVAUTH
            self._end(
                Move.GAVE_UP if refused else Move.FINISHED,
                well=not refused,
                why="the server proved nothing and asked for nothing",
            )
            return None
        scheme = self.verifier.scheme
        self._say(Challenged("client", scheme.name if scheme else "", verdict.status))
        answer = (head, *refusals(commands, message.header.msg_id, verdict.status))
        held, self._queue = self._queue, deque()
        reply = self._send(answer, final=self._server_final)
        self._queue = held
        if verdict.give_up:
            self._end(Move.GAVE_UP, well=False, why="the server could not prove itself")
        else:
            self._move(Move.UNPROVEN)
        return reply

    # -- what the server says about our own commands

    def _take_statuses(self, message: Message) -> None:
        sending = self._outgoing
        for command in message.commands:
            if not isinstance(command, Status) or command.is_header:
                continue
            if sending is not None and (command.msg_ref, command.cmd_ref) == self._piece_ref:
                if command.code == StatusCode.CHUNK_ACCEPTED:
                    continue
                self._queue = deque(unit for unit in self._queue if unit is not sending)
                self._say(Discarded(sending.uri, f"the server answered a piece with {command.code!r}"))
                self._outgoing = sending = None
            elif command.cmd in (Verb.ALERT.value, Verb.RESULTS.value):
                about = self._sent_command(command)
                self._say(Learned(Outcome(command.code, items=command.items, command=about)))
                self._reported(about)

    def _reported(self, command: Command | None) -> None:
        """The server answered ``command``: when it is an alert of the host, that need not be said again."""
        if isinstance(command, Alert):
            for alert in self._taken:
                if (alert.code, alert.items, alert.correlator) == (command.code, command.items, command.correlator):
                    self.host.reported(alert)

    def _sent_command(self, status: Status) -> Command | None:
        commands = self.sent.commands if self.sent is not None else ()
        return next((c for c in commands if c.cmd_id == status.cmd_ref), None)

    # -- doing what the server wants

    def _carry_out(self, head: Status, message: Message, commands: tuple[Command, ...], now: float) -> Packet | None:
        was = self.state
        answers, results, extras = self._done(commands, message.header.msg_id, now)
        if self._abort is not None:
            return self._leave(head, answers, results)
        left, self._queue = self._queue, deque[Unit](answers)
        self._queue.extend([*left, *results, *extras])
        self._reports(now)
        over = not self._queue and not head.code.is_error and self._server_final
        if not (over and self.rules.late_alert == "keep"):
            self._queue.extend(carry(alert, self.codec) for alert in self._alerts)
            self._alerts.clear()
        if not self._queue and not head.code.is_error and self._server_final:
            self._drop("the session ended")
            self._end(Move.FINISHED, well=True)
            return None
        if was is State.RUN:
            self._move(Move.PACKAGE if message.final else Move.MORE)
        else:
            asks_for_more = not message.final and all(_is_control(command) for command in commands)
            self._move(Move.MORE if was is State.SENT and asks_for_more else Move.ACCEPTED)
        return self._send((head,))

    def _leave(self, head: Status, answers: list[Status], results: list[Command]) -> Packet:
        """Say what was done, then 1223 and Final; the answer does not matter.  [DMPRO §8.1.2]"""
        self._say(Aborted("client", self._abort or ""))
        self._drop("we end the session")
        self._queue = deque[Unit]()
        reply = self._send((head, *answers, *results, Alert(AlertCode.SESSION_ABORT)), final=True)
        self._end(Move.ABORT, well=False, why=self._abort or "")
        return reply

    def _drop(self, why: str) -> None:
        self._outgoing = None
        self._drop_incoming(why)

    def restart_object(self) -> None:
        """The server lost our object (Alert 1225): from its first piece again, once."""
        sending = self._outgoing
        if sending is not None and sending.restarts < 1:
            sending.restart()

    # -- out

    def _header(self) -> Header:
        return Header(self.session_id, str(self._msg_id + 1), self._url, self.address, meta=self._announce())

    def _send(self, head: tuple[Command, ...], *, final: bool | None = None) -> Packet:
        def closing(empty: bool, open_piece: bool) -> tuple[tuple[Command, ...], bool]:
            if final is not None:
                return (), final
            if not empty:
                return (), False
            return ((), True) if self._server_final else ((Alert(AlertCode.NEXT_MESSAGE),), False)

        while True:
            packed = self._pack(self._header(), head, self._queue, closing)
            if packed.stuck is None:
                break
            self._unstick(packed.stuck)
        self._outgoing = None
        if packed.piece is not None:
            piece = packed.piece
            self._outgoing = piece if piece.rest else None
            self._piece_ref = (packed.message.header.msg_id, packed.message.commands[-1].cmd_id)
            self._say(ChunkSent(piece.uri, piece.sent, piece.size))
        self._last = [c for c in packed.message.commands if not (isinstance(c, Status) and c.is_header)]
        self._server_final = self._server_final and not packed.message.final
        if self.verifier.stored is not None and self.verifier.accepted:
            self._keep(server=self.verifier.stored)
            self.verifier.stored = None
        return self._packet(packed.message, packed.body, self._url)

    def _unstick(self, unit: Unit) -> None:
        """Results that fit nowhere: one Item at a time, or 413 in place of what was promised.  [DMREPPRO §6.6.7]"""
        if isinstance(unit, Results) and len(unit.items) > 1:
            self._queue.extendleft(msgspec.structs.replace(unit, items=(item,)) for item in reversed(unit.items))
            return
        if isinstance(unit, Results):
            for at, other in enumerate(self._queue):
                if isinstance(other, Status) and (other.msg_ref, other.cmd_ref) == (unit.msg_ref, unit.cmd_ref):
                    self._queue[at] = msgspec.structs.replace(other, code=StatusCode.TOO_LARGE)
        self._say(Discarded(getattr(unit, "cmd_ref", "") or "object", "does not fit into the server's MaxMsgSize"))


def _is_control(command: Command) -> bool:
    return isinstance(command, Alert) and not command.code.asks_user
