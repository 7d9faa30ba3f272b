"""What both sides of a session share while they work on one message: reading, remembering, numbering, sending.

A side begins at the value of its session (``values``), is changed in place as the message is worked on, and ends as the
value that follows; nobody keeps it.  It has no clock, no socket and no dice.  [DMPRO §8]
"""

from __future__ import annotations

from collections import deque
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Final

from msgspec.structs import asdict
from msgspec.structs import replace as changed

from dmkit.auth import Account
from dmkit.auth.mac import HEADER
from dmkit.session.events import Deviated, Ended, Event, Moved, Repeated, Step, Unreadable
from dmkit.session.intake import Intake
from dmkit.session.nonces import Nonces
from dmkit.session.objects import Sending
from dmkit.session.packages import Closing, Packed, Unit, pack, pack_again
from dmkit.session.proofs import Prover, Verifier
from dmkit.session.states import SessionMove, SessionState, step
from dmkit.session.values import Answered, ClientSessionState, ServerSessionState, SessionSetting, digest_of
from dmkit.wire.codec import Codec, codec_for
from dmkit.words.codes import SYNC_HDR
from dmkit.words.errors import CodecError
from dmkit.words.model import Command, Header, Message, Meta, Packet, Status

__all__ = ["Side"]


@cache
def _moved(role: str, state: SessionState, move: SessionMove) -> tuple[SessionState, Moved]:
    """Where ``move`` leads, and the event that says so: values, so each is made once."""
    after = step(role, state, move)
    return after, Moved(state._value_, move._value_, after._value_)


_FEW: Final = 16
"""Remembered messages that are looked at one after the other."""


class Side:
    """Base of ClientTurn and ServerTurn: everything that does not depend on the role.

    Its attributes are the fields of the session's value, those of ``dmkit.session.values``.
    """

    role: ClassVar[str]
    kind: ClassVar[type[ClientSessionState] | type[ServerSessionState]]

    setting: SessionSetting
    account: Account
    codec: Codec
    prover: Prover
    verifier: Verifier
    state: SessionState
    msg_id: int
    peer_msg_id: int
    peer_max_message: int | None
    peer_max_object: int | None
    sent: Message | None
    answered: tuple[Answered, ...] | list[Answered]
    announced: bool
    outgoing: Sending | None
    abort: str | None

    def __init__(self, value: ClientSessionState | ServerSessionState, nonces: Nonces) -> None:
        self.__dict__ = asdict(value)
        self.fresh = nonces
        self.rules = value.setting.rules
        self.session_id = value.setting.session_id
        self._events: list[Event] = []
        self._id_is_known = False
        self._table: dict[str, Answered] = {}
        self._table_of: object = None
        self._many = 0  # remembered messages, where they are a list
        self.say = self._events.append
        self.intake = Intake(self.rules, value.incoming, self.say)

    if TYPE_CHECKING:  # each side has its own; an ABC would slow the isinstance at each look at a session

        def value(self) -> ClientSessionState | ServerSessionState:
            """The value that follows; the turn is over."""

    def begin(self) -> tuple[object, ...]:
        """Be ready for the next message; what this turn is ``back_to`` when that comes to nothing."""
        self._events.clear()
        return self.__dict__.copy(), self.intake.incoming

    def back_to(self, before: tuple[Any, ...]) -> None:
        """As it was when it began."""
        self.__dict__, self.intake.incoming = before[:2]
        if isinstance(self.answered, list):
            self.answered = self.answered[: self._many]
        self._table_of = None  # the table has what was not to be

    # -- events and states

    def _move(self, move: SessionMove) -> None:
        self.state, moved = _moved(self.role, self.state, move)
        self.say(moved)

    def _end(self, move: SessionMove, *, well: bool, why: str = "") -> None:
        self._move(move)
        self.say(Ended(well, why))

    def _step(self, received: Packet | None, reply: Packet | None) -> Step:
        return Step(self.role, received, reply, tuple(self._events))

    # -- in

    def _read(self, packet: Packet) -> tuple[Codec, Message] | None:
        """Decode; None, with an event, when the octets are no message."""
        try:
            codec = codec_for(packet.media_type, packet.body)
            if codec is not self.codec and codec.name == self.codec.name:  # ours may be more than the usual one
                codec = self.codec
            return codec, codec.decode(packet.body, lenient=self.rules.lenient)
        except CodecError as error:
            self.say(Unreadable(str(error)))
            return None

    def _say_deviations(self, message: Message) -> None:
        """Say what a lenient reader let pass in ``message``."""
        for deviation in message.deviations:
            self.say(Deviated(deviation))

    def _from_memory(self, packet: Packet, message: Message) -> Step | None:
        """The step for a message that came before: the same answer, at most ``rules.repeats`` times."""
        msg_id = message.header.msg_id
        known = self._answer_to(msg_id) if self.answered else None
        self._id_is_known = known is not None
        if known is None or not known.is_of(packet):
            return None
        again = changed(known, times=known.times + 1)
        self.answered = tuple(again if other is known else other for other in self.answered)
        self.say(Repeated(msg_id))
        return self._step(packet, known.reply if again.times <= self.rules.repeats else None)

    def _answer_to(self, msg_id: str) -> Answered | None:
        """What is remembered under ``msg_id``; where that is much, a table of it is kept beside."""
        if len(self.answered) <= _FEW:
            for one in self.answered:
                if one.msg_id == msg_id:
                    return one
            return None
        if self._table_of is not self.answered:
            self._table = {one.msg_id: one for one in reversed(self.answered)}
            self._table_of = self.answered
        return self._table.get(msg_id)

    def _remember(self, packet: Packet, message: Message, reply: Packet | None) -> None:
        msg_id = message.header.msg_id
        if self._id_is_known:
            self.answered = tuple([known for known in self.answered if known.msg_id != msg_id])
        now = Answered(msg_id, digest_of(packet.body), packet.headers.get(HEADER), reply)
        known = self.answered
        if len(known) < _FEW:
            self.answered = (*known, now)
            return
        if isinstance(known, tuple):  # with one more it would be a copy of all before it
            self.answered = known = list(known)
        known.append(now)
        self._many = len(known)
        if self._table_of is known:
            self._table[msg_id] = now

    def _learn(self, meta: Meta | None) -> None:
        """Take the peer's limits; each stays in force until replaced.  [DMPRO §7]"""
        if not self.rules.max_message_lasts:
            self.peer_max_message = None
        if meta is not None:
            self.peer_max_message = meta.max_msg_size if meta.max_msg_size is not None else self.peer_max_message
            self.peer_max_object = meta.max_obj_size if meta.max_obj_size is not None else self.peer_max_object

    def _own_status(self, message: Message) -> Status | None:
        """The peer's Status for our last header: by reference, else the first SyncHdr Status."""
        for command in message.commands:
            if command.__class__ is Status and (command.cmd == SYNC_HDR or command.cmd_ref == "0"):
                return command
        return None

    # -- out

    def _limit(self) -> int | None:
        return self.peer_max_message if self.rules.heed_max_message else None

    def _announce(self) -> Meta | None:
        """Our own limits, in the first message of a session and whenever it is begun again."""
        if self.announced:
            return None
        rules = self.rules
        if rules.max_message is None and rules.max_object is None:
            return None
        return Meta(max_msg_size=rules.max_message, max_obj_size=rules.max_object)

    def _pack(
        self,
        header: Header,
        head: tuple[Command, ...],
        queue: deque[Unit],
        closing: Closing,
        *,
        pieces: bool = True,
    ) -> Packed:
        rules = self.rules
        if self._shows():
            self.prover, header = self.prover.dress(header)
        else:
            self.prover = self.prover.silent()
        limit = self.peer_max_message if rules.heed_max_message else None
        if not rules.chunk and rules.first_cmd_id == 1:
            packed = pack_again(header, head, queue, closing, self.codec, limit)
            if packed is not None:
                return packed
        return pack(
            header,
            head,
            queue,
            closing,
            codec=self.codec,
            limit=limit,
            chunk=rules.chunk,
            chunks=pieces and rules.large_objects == "yes",
            as_text=rules.large_binary == "b64",
            first=rules.first_cmd_id,
        )

    def _shows(self) -> bool:
        """True when the next header may hold a proof."""
        return True

    def _packet(self, message: Message, body: bytes, to: str) -> Packet:
        """Wrap ``body`` up for the transport, the MAC beside it when it is in use."""
        self.msg_id += 1
        self.announced = True
        self.sent = message
        return Packet(to, body, self.codec.media_type, self.prover.headers(body))
