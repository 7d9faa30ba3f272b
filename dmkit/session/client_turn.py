"""One step of a session on the device: a message comes in, is judged, carried out (``obey``) and answered.

The answer may need several messages.  This file is the order of doing things.  [DMPRO §8, §9]
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from operator import attrgetter
from typing import Any, Final

import msgspec

from dmkit.session.alerts import answer
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
from dmkit.session.nonces import Nonces
from dmkit.session.obey import Host, Obey, Obeyed
from dmkit.session.packages import Packed, Unit, bare, carry, header_status, refusals
from dmkit.session.proofs import ACCEPTED, CHALLENGED, HOPELESS, TAKEN, ProofVerdict
from dmkit.session.side import Side
from dmkit.session.states import CLIENT, OVER, SessionMove, SessionState
from dmkit.session.values import ClientSessionState
from dmkit.words.codes import SYNC_HDR, AlertCode, StatusCode, Verb
from dmkit.words.errors import LocalProtocolError, shortened
from dmkit.words.model import Alert, Command, Header, Message, Packet, Replace, Results, Status
from dmkit.words.outcome import Outcome

__all__ = ["ClientTurn"]

_ANSWERED: Final = frozenset({Verb.ALERT.value, Verb.RESULTS.value})
_IDLE: Final = SessionState.IDLE
_RUN: Final = SessionState.RUN
_SENT: Final = SessionState.SENT
_PACKAGE: Final = SessionMove.PACKAGE
_FINISHED: Final = SessionMove.FINISHED
_PROVED: Final = StatusCode.AUTHENTICATED
_value = attrgetter(*ClientSessionState.__struct_fields__)


class ClientTurn(Side):
    """One step of a session, seen from the device: begins at ``value`` and is done on ``host``."""

    role = CLIENT

    alerts: list[Alert]
    taken: list[Alert]
    url: str
    queue: deque[Unit]
    first: tuple[Command, ...]
    last: tuple[Command, ...]
    piece_ref: tuple[str, str | None]
    server_final: bool
    attempt: int
    waiting: Packet | None
    untaken: tuple[int, str]
    now: float
    unanswered: dict[tuple[str, str | None], Alert]

    def __init__(self, value: ClientSessionState, host: Host, nonces: Nonces) -> None:
        super().__init__(value, nonces)
        self.host = host
        self.queue = deque(value.queue)
        self.alerts = list(value.alerts)
        self.taken = list(value.taken)
        self._known = _by_content(self.taken)
        self._mark: Any = None
        self.unanswered = dict(value.unanswered)

    def begin(self) -> tuple[object, ...]:
        """Be ready for the next message; what this turn is ``back_to`` when that comes to nothing."""
        self._events.clear()
        lists = tuple(self.queue), tuple(self.alerts), len(self.taken), self.unanswered.copy()
        return self.__dict__.copy(), self.intake.incoming, *lists

    def back_to(self, before: tuple[Any, ...]) -> None:
        """As it was when it began."""
        super().back_to(before)
        self.queue, self.alerts, self.taken = deque(before[2]), list(before[3]), self.taken[: before[4]]
        self._known, self.unanswered = _by_content(self.taken), before[5]

    def value(self) -> ClientSessionState:
        """The value that follows; the turn is over."""
        fields = self.__dict__
        fields["queue"], fields["alerts"], fields["taken"] = tuple(self.queue), tuple(self.alerts), tuple(self.taken)
        fields["unanswered"] = tuple(self.unanswered.items())
        fields["nonces"], fields["incoming"] = self.fresh.value, self.intake.incoming
        fields["answered"] = tuple(self.answered)
        return ClientSessionState(*_value(self))

    # -- three ways in

    def start(self, now: float = 0.0) -> Step:
        """Send package 1.  [DMPRO §8.3]"""
        self.now = now
        self._move(SessionMove.START)
        self._reports(now)
        self.queue.extend(self._package_1())
        self.waiting = self._send(())
        return self._step(None, self.waiting)

    def receive(self, packet: Packet, now: float = 0.0) -> Step:
        """Take one packet of the server and give the next one of ours, if there is one.

        LocalProtocolError when the session has not begun.
        """
        if self.state is _IDLE:
            raise LocalProtocolError("client in state IDLE: start() comes before receive()")
        if now > self.now:
            self.now = now
        read = self._read(packet)
        if read is None:
            reason = next((event.why for event in self._events if isinstance(event, Unreadable)), "")
            self.untaken = (self.untaken[0] + 1, reason)
            return self._step(packet, None)
        _, message = read
        if message.deviations:
            self._say_deviations(message)
        again = self._from_memory(packet, message)
        if again is not None:
            return again
        why = self._out_of_place(message.header)
        if why or self.state in OVER:
            why = why or f"the session is over ({self.state.value})"
            self.say(Unreadable(why))
            self.untaken = (self.untaken[0] + 1, why)
            return self._step(packet, None)
        self.peer_msg_id += 1
        self.attempt, self.waiting, self.untaken = 0, None, (0, "")
        if self.msg_id >= self.rules.messages:
            self._drop("too many messages")
            self._end(SessionMove.ABORT, well=False, why=f"more than {self.rules.messages} messages")
            return self._step(packet, None)
        if message.header.meta is not None or not self.rules.max_message_lasts:
            self._learn(message.header.meta)
        if message.header.resp_uri is not None:
            self._follow(message.header.resp_uri)
        reply = self._answer(packet, message, now)
        self._remember(packet, message, reply)
        self.waiting = None if self.state in OVER else reply
        return self._step(packet, reply)

    def expire(self, now: float = 0.0) -> Step:
        """No answer came: the same octets again, or the end after ``rules.retries``."""
        packet = self.waiting
        if packet is None:
            raise LocalProtocolError(f"client in state {self.state.value}: nothing is awaited")
        self.now = max(self.now, now)
        if self.attempt < self.rules.retries:
            self.attempt += 1
            self.say(Resent(str(self.msg_id), self.attempt))
            return self._step(None, packet)
        self.waiting = None
        self._drop("no answer")
        self._end(SessionMove.LOST, well=False, why=self._what_came())
        return self._step(None, None)

    def _what_came(self) -> str:
        """Why there is no answer: none came, or those that came could not be taken."""
        times, why = self.untaken
        if not times:
            return "no answer came"
        return f"{times} {'answer' if times == 1 else 'answers'} came and none could be taken: {why}"

    def _end(self, move: SessionMove, *, well: bool, why: str = "") -> None:
        super()._end(move, well=well, why=why)
        self.host.session_over(self.now)

    def _reports(self, now: float) -> None:
        """Take up what the host has to report by now, each alert once a session.

        A host that can say what is new is asked for no more.
        """
        since = getattr(self.host, "reports_since", None)
        if since is None:
            reports = self.host.reports(self.account.server_id, now)
        else:
            reports, self._mark = since(self.account.server_id, now, self._mark)
        for alert in reports:
            alike = self._known.setdefault((alert.code, alert.items, alert.correlator), [])
            if alert not in alike:
                alike.append(alert)
                self.taken.append(alert)
                self.alerts.append(alert)

    # -- package 1

    def _package_1(self) -> list[Command]:
        code = AlertCode.SERVER_INITIATED if self.setting.triggered else AlertCode.CLIENT_INITIATED
        info: tuple[Command, ...] = (Replace(self.host.device_info()),)
        own = (*self.alerts, *info) if self.rules.alerts_first else (*info, *self.alerts)
        self.first = (Alert(code), *own)
        self.alerts.clear()
        return [carry(command, self.codec) for command in self.first]

    # -- one message of the server

    def _out_of_place(self, header: Header) -> str:
        if header.session_id != self.session_id:
            given = shortened(header.session_id)
            return f"SessionID {given} does not belong here; this session is {self.session_id}"
        if header.msg_id != str(self.peer_msg_id + 1):
            return f"MsgID {shortened(header.msg_id)} is out of turn; {self.peer_msg_id + 1} is awaited"
        return ""

    def _answer(self, packet: Packet, message: Message, now: float) -> Packet | None:
        verdict = self._verify(packet, message, now)
        status: Status | None = None
        asked: list[Command] = []
        leaves = False
        for c in message.commands:
            if c.__class__ is Status:
                if status is None and (c.cmd == SYNC_HDR or c.cmd_ref == "0"):
                    status = c
            elif c.__class__ is not Results:
                asked.append(c)
                leaves = leaves or (c.__class__ is Alert and c.code == AlertCode.SESSION_ABORT)
        commands = tuple(asked)
        before = self.prover.accepted
        self.prover, standing = self.prover.unanswered() if status is None else self.prover.answered(status)
        if standing is ACCEPTED and not before and self.prover.scheme is not None:
            self.say(Authenticated("server", self.prover.scheme.name, self.prover.lasting))
        if leaves:
            if standing is ACCEPTED and verdict.ok:  # what stands beside the abort counts
                self._take_statuses(message)
            self.say(Aborted("server"))
            self._drop("the server ended the session")
            self._end(SessionMove.ABORT, well=False, why="the server ended the session")
            return None
        if standing is HOPELESS:
            self.say(Refused("server", self.prover.why, status.code if status else None))
            self._end(SessionMove.GAVE_UP, well=False, why=self.prover.why)
            return None
        if standing is ACCEPTED and (verdict.ok or self.rules.store_unproven_nonce):
            self._keep_nonces()
        head = header_status(message.header, verdict.status, verdict.chal)
        if message.final and not self.server_final:
            self.server_final = not any(map(_has_pieces, commands))
        if standing is CHALLENGED:
            value = status.code if status else StatusCode.UNAUTHORIZED
            return self._again(head, verdict, message, commands, value, now)
        if not verdict.ok:
            return self._refuse(head, verdict, message, commands)
        self._take_statuses(message)
        return self._carry_out(head, message, commands, now)

    def _follow(self, uri: str) -> None:
        """Send what follows to the server's RespURI, where ``rules.redirect`` lets it lead us.  [DMPRO §9.1]"""
        why = _leads_away(uri, self.account.address, same_host=self.rules.redirect == "same host")
        if why:
            self.say(Refused("client", f"RespURI {uri[:200]} {why} {self.account.address}"))
            return
        self.url = uri

    def _verify(self, packet: Packet, message: Message, now: float) -> ProofVerdict:
        before = self.verifier.accepted
        self.verifier, verdict = self.verifier.check(message.header, packet.headers, packet.body, self.fresh, now)
        if verdict is TAKEN:  # it has proved itself before
            return verdict
        scheme = self.verifier.used
        if not verdict.ok:
            self.say(Refused("client", verdict.why, verdict.status))
        elif scheme is not None and self.verifier.credential is not None and not before:
            lasting = verdict.status == _PROVED
            self.say(Authenticated("client", scheme.name, lasting))
        return verdict

    def _keep_nonces(self) -> None:
        """Keep the nonce that a server we know has given us.  [DMSEC §5.3.4]"""
        if self.prover.pending is not None:
            self._keep(client=self.prover.pending)
            self.prover = self.prover.kept()

    def _keep(self, **nonces: bytes) -> None:
        self.account = self.account.with_nonces(**nonces)
        for which in nonces:
            self.say(NonceStored(which))
        self.host.keep(self.account)

    def _again(
        self,
        head: Status,
        verdict: ProofVerdict,
        message: Message,
        commands: tuple[Command, ...],
        value: StatusCode,
        now: float,
    ) -> Packet | None:
        """We were challenged: all of package 1 once more, or the last answer once more.  [DMPRO §9]

        Nothing is executed for a server that has not accepted us, unless ``rules.unaccepted`` lets a proven one.
        """
        self.say(Challenged("server", self.prover.scheme.name if self.prover.scheme else "", value))
        if self.state is not _SENT and self.rules.challenged_midway == "end":
            self._drop("we were challenged in mid-session")
            self._end(SessionMove.GAVE_UP, well=False, why="the server challenged us in mid-session")
            return None
        self._move(SessionMove.CHALLENGED)
        self.queue.clear()
        self.outgoing = None
        if self.state is _SENT:
            self.queue.extend(carry(command, self.codec) for command in self.first)
            self.server_final = True
        elif verdict.ok:  # a server that proves nothing gets no values
            self.queue.extend(self.last)
        ref = message.header.msg_id
        if verdict.ok and self.rules.unaccepted == "execute":
            done = self._done(commands, ref, now)
            self.queue.extend([*done.results, *done.extras])
            self.queue.extendleft(reversed(done.answers))
            return self._send((head,))
        code = StatusCode.NOT_EXECUTED if verdict.ok else verdict.status
        self.queue.extendleft(reversed(list(refusals(commands, ref, code))))
        return self._send((head,))

    def _refuse(
        self, head: Status, verdict: ProofVerdict, message: Message, commands: tuple[Command, ...]
    ) -> Packet | None:
        """The server did not prove itself: nothing is done.  [DMPRO §9, §9.1]"""
        if not commands and not self.queue and message.final:
            refused = self.state is SessionState.SRVAUTH
            self._end(
                SessionMove.GAVE_UP if refused else _FINISHED,
                well=not refused,
                why="the server proved nothing and asked for nothing",
            )
            return None
        scheme = self.verifier.scheme
        self.say(Challenged("client", scheme.name if scheme else "", verdict.status))
        held, self.queue = self.queue, deque(refusals(commands, message.header.msg_id, verdict.status))
        reply = self._send((head,), final=self.server_final)
        self.queue = held
        if verdict.give_up:
            self._end(SessionMove.GAVE_UP, well=False, why="the server could not prove itself")
        else:
            self._move(SessionMove.UNPROVEN)
        return reply

    # -- what the server says about our own commands

    def _take_statuses(self, message: Message) -> None:
        sending = self.outgoing
        sent: dict[str | None, Command] | None = None
        for command in message.commands:
            if command.__class__ is not Status or command.cmd == SYNC_HDR:
                continue
            if sending is not None and (command.msg_ref, command.cmd_ref) == self.piece_ref:
                if command.code == StatusCode.CHUNK_ACCEPTED:
                    continue
                self.queue = deque(unit for unit in self.queue if unit is not sending)
                self.say(Discarded(sending.uri, f"the server answered a piece with {command.code!r}"))
                self.outgoing = sending = None
            elif command.cmd in _ANSWERED:
                about: Command | None = self.unanswered.pop((command.msg_ref, command.cmd_ref), None)
                if about is None:
                    sent = self._sent_commands() if sent is None else sent
                    about = None if self._is_earlier(command.msg_ref) else sent.get(command.cmd_ref)
                self.say(Learned(Outcome(command.code, items=command.items, command=about)))
                self._reported(about)

    def _reported(self, command: Command | None) -> None:
        """The server answered ``command``: when it is an alert of the host, that need not be said again."""
        if isinstance(command, Alert):
            for alert in self._known.get((command.code, command.items, command.correlator), ()):
                self.host.reported(alert, self.account.server_id)

    def _is_earlier(self, msg_ref: str) -> bool:
        """Whether it names a message of ours before the last one."""
        last = self.msg_id
        return msg_ref != str(last) and msg_ref.isdecimal() and len(msg_ref) < 10 and 0 < int(msg_ref) < last

    def _sent_commands(self) -> dict[str | None, Command]:
        """What our last message said, by CmdID; where several had one, the first."""
        return {command.cmd_id: command for command in reversed(self.sent.commands if self.sent is not None else ())}

    # -- doing what the server wants

    def _carry_out(self, head: Status, message: Message, commands: tuple[Command, ...], now: float) -> Packet | None:
        was = self.state
        nothing = not commands and self.abort is None
        done = Obeyed() if nothing else self._done(commands, message.header.msg_id, now)
        if self.abort is None and self.rules.too_large_results == "200 and the end" and self._too_large(done.results):
            done.results.clear()
            self.abort = "results do not fit into the server's MaxMsgSize"
        if self.abort is not None:
            return self._leave(head, done)
        self.queue = deque([*done.answers, *self.queue, *done.results, *done.extras])
        self._reports(now)
        over = not self.queue and self.server_final and not head.code.is_error
        if over and commands:  # a command that was heard and got no Status is one that wants none
            over = all(c.__class__ is Alert or getattr(c, "no_resp", False) for c in commands)
        if self.alerts and not (over and self.rules.late_alert == "keep"):
            self.queue.extend(carry(alert, self.codec) for alert in self.alerts)
            self.alerts.clear()
            over = over and not self.queue
        if over:
            self._drop("the session ended")
            self._end(_FINISHED, well=True)
            return None
        if was is _RUN:
            self._move(_PACKAGE if message.final else SessionMove.MORE)
        else:
            asks_for_more = not message.final and all(_is_control(command) for command in commands)
            self._move(SessionMove.MORE if was is _SENT and asks_for_more else SessionMove.ACCEPTED)
        return self._send((head,))

    def _too_large(self, results: list[Command]) -> bool:
        """Whether one of ``results`` fits into no message that the server takes."""
        limit = self._limit()
        return limit is not None and any(
            len(self.codec.encode(Message(self._header(), (result,), True))) > limit for result in results
        )

    def _done(self, commands: tuple[Command, ...], ref: str, now: float) -> Obeyed:
        by, most = self.account.server_id, self.peer_max_object
        obey = Obey(self.rules, self.host, by, self.intake, self._control, self.codec, most, self.say)
        done = obey(commands, ref, now, self.abort)
        self.abort = done.abort
        return done

    def _control(self, alert: Alert) -> Outcome | None:
        return answer(self, CLIENT, alert)

    def _leave(self, head: Status, done: Obeyed) -> Packet:
        """Say what was done, then 1223 and Final; the answer does not matter.  [DMPRO §8.1.2]"""
        self.say(Aborted("client", self.abort or ""))
        self._drop("we end the session")
        self.queue = deque[Unit]([*done.answers, *done.results])
        reply = self._send((head,), final=True, tail=(Alert(AlertCode.SESSION_ABORT),))
        self._end(SessionMove.ABORT, well=False, why=self.abort or "")
        return reply

    def _drop(self, why: str) -> None:
        self.outgoing = None
        self.intake.drop(why)

    def restart_object(self) -> None:
        """The server lost our object (Alert 1225): from its first piece again, once."""
        sending = self.outgoing
        if sending is not None and sending.restarts < 1:
            again = sending.restart()
            self.queue = deque(again if unit is sending else unit for unit in self.queue)
            self.outgoing = again

    # -- out

    def _header(self) -> Header:
        return Header(self.session_id, str(self.msg_id + 1), self.url, self.setting.address, meta=self._announce())

    def _send(self, head: tuple[Command, ...], *, final: bool | None = None, tail: tuple[Command, ...] = ()) -> Packet:
        """The next message: ``head`` and what of the queue has room.

        With ``final`` given it closes with ``tail``, and has no piece of an object: the rest of it would never come.
        """

        def closing(empty: bool, open_piece: bool) -> tuple[tuple[Command, ...], bool]:
            if final is not None:
                return tail, final
            if not empty:
                return (), False
            return ((), True) if self.server_final else ((Alert(AlertCode.NEXT_MESSAGE),), False)

        while True:
            packed = self._pack(self._header(), head, self.queue, closing, pieces=final is None)
            if packed.stuck is None:
                break
            self._unstick(packed.stuck, packed)
        self.outgoing = None
        if packed.piece is not None:
            piece = packed.piece
            self.outgoing = piece if piece.rest else None
            self.piece_ref = (packed.message.header.msg_id, packed.message.commands[-1].cmd_id)
            self.say(ChunkSent(piece.uri, piece.sent, piece.size))
        self.last = packed.message.commands[len(head) :]
        if self._known:
            self._await_answers(packed.message)
        self.server_final = self.server_final and not packed.message.final
        if self.verifier.stored is not None and self.verifier.accepted:
            self._keep(server=self.verifier.stored)
            self.verifier = self.verifier.kept()
        return self._packet(packed.message, packed.body, self.url)

    def _await_answers(self, message: Message) -> None:
        """Reports in ``message`` are answered by its number, in whatever message that is."""
        for command in message.commands:
            if command.__class__ is Alert and (command.code, command.items, command.correlator) in self._known:
                self.unanswered[message.header.msg_id, command.cmd_id] = command

    def _unstick(self, unit: Unit, packed: Packed) -> None:
        """Results that fit nowhere: one Item at a time, or 413 in place of what was promised.  [DMREPPRO §6.6.7]

        A Status that fits nowhere goes without its Items and addresses.
        """
        if isinstance(unit, Status) and (smaller := bare(unit)) is not None:
            self.queue.insert(packed.at, smaller)
            return
        if isinstance(unit, Results) and len(unit.items) > 1:
            self.queue.extendleft(msgspec.structs.replace(unit, items=(item,)) for item in reversed(unit.items))
            return
        if isinstance(unit, Results):
            for at, other in enumerate(self.queue):
                if isinstance(other, Status) and (other.msg_ref, other.cmd_ref) == (unit.msg_ref, unit.cmd_ref):
                    self.queue[at] = msgspec.structs.replace(other, code=StatusCode.TOO_LARGE)
        self.say(Discarded(getattr(unit, "cmd_ref", "") or "object", "does not fit into the server's MaxMsgSize"))


def _by_content(alerts: Iterable[Alert]) -> dict[tuple[object, ...], list[Alert]]:
    """Alerts by what an answer says of them."""
    found: dict[tuple[object, ...], list[Alert]] = {}
    for alert in alerts:
        found.setdefault((alert.code, alert.items, alert.correlator), []).append(alert)
    return found


def _has_pieces(command: Command) -> bool:
    found = False
    for item in getattr(command, "items", ()):
        found = found or item.more_data
    return found


def _is_control(command: Command) -> bool:
    return isinstance(command, Alert) and not command.code.asks_user


_PORTS = {"http": 80, "https": 443}


def _leads_away(uri: str, address: str, *, same_host: bool) -> str:
    """Why a RespURI is not followed from ``address``; empty when it is.

    >>> _leads_away("http://dm.example/dm", "https://dm.example/dm", same_host=False)
    'gives up the TLS of'
    >>> _leads_away("https://DM.example:443/x", "https://dm.example/dm", same_host=True)
    ''
    """
    from urllib.parse import urlsplit

    try:
        new, old = urlsplit(uri), urlsplit(address)
        ends = [(part.hostname, part.port or _PORTS.get(part.scheme)) for part in (new, old)]
    except ValueError:
        return "is no address; the messages go on to"
    if old.scheme == "https" and new.scheme != "https":
        return "gives up the TLS of"
    if same_host and (ends[0] != ends[1] or new.scheme != old.scheme):
        return "leaves the host of"
    return ""
