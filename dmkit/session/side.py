"""What both sides of a session share: reading, remembering, numbering, sending.

A side takes a packet and gives a ``Step``; it has no clock, no socket and no dice.  [DMPRO §8]
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import msgspec

from dmkit.auth.mac import HEADER
from dmkit.session.events import (
    ChunkReceived,
    Deviated,
    Discarded,
    Ended,
    Event,
    Moved,
    Repeated,
    Step,
    Unreadable,
)
from dmkit.session.objects import Chunkable, Incoming, counted, exceeds
from dmkit.session.packages import Closing, Packed, Unit, pack
from dmkit.session.proofs import Prover, Verifier
from dmkit.session.rules import Rules
from dmkit.session.states import Move, State, step
from dmkit.wire.codec import Codec, codec_for
from dmkit.words.codes import StatusCode, Verb
from dmkit.words.errors import CodecError
from dmkit.words.model import Command, Header, Item, Message, Meta, Packet, Status
from dmkit.words.outcome import Outcome

__all__ = ["Side"]


@dataclass(slots=True)
class _Memory:
    """A message that was answered, and with what.

    ``proof`` is the MAC beside its body: who repeats a body that is easy to foresee, and cannot prove it, is no repeat.
    """

    body: bytes
    proof: str | None
    reply: Packet | None
    times: int = 0

    def is_of(self, packet: Packet) -> bool:
        """True when ``packet`` is that message: the same octets under the same MAC."""
        return self.body == packet.body and self.proof == packet.headers.get(HEADER)


class Side:
    """Base of ClientSession and ServerSession: everything that does not depend on the role."""

    role: str
    prover: Prover
    verifier: Verifier

    def __init__(self, rules: Rules, codec: Codec, session_id: str) -> None:
        self.rules = rules
        self.codec = codec
        self.session_id = session_id
        self.state = State.IDLE
        self.peer_max_message: int | None = None
        self.peer_max_object: int | None = None
        self.sent: Message | None = None
        self._msg_id = 0
        self._peer_msg_id = 0
        self._memory: dict[str, _Memory] = {}
        self._events: list[Event] = []
        self._announced = False
        self._incoming: Incoming | None = None

    # -- events and states

    def _say(self, event: Event) -> None:
        self._events.append(event)

    def _move(self, move: Move) -> None:
        after = step(self.role, self.state, move)
        self._events.append(Moved(self.state.value, move.value, after.value))
        self.state = after

    def _end(self, move: Move, *, well: bool, why: str = "") -> None:
        self._move(move)
        self._say(Ended(well, why))

    def _step(self, received: Packet | None, reply: Packet | None) -> Step:
        events, self._events = tuple(self._events), []
        return Step(self.role, received, reply, events)

    # -- in

    def _read(self, packet: Packet) -> Message | None:
        """Decode; None, with an event, when the octets are no message."""
        try:
            codec = codec_for(packet.media_type, packet.body)
            message = codec.decode(packet.body, lenient=self.rules.lenient)
        except CodecError as error:
            self._say(Unreadable(str(error)))
            return None
        if self.role == "server":
            self.codec = codec
        return message

    def _say_deviations(self, message: Message) -> None:
        """Say what a lenient reader let pass in ``message``."""
        for deviation in message.deviations:
            self._say(Deviated(deviation))

    def _from_memory(self, packet: Packet, message: Message) -> Step | None:
        """The step for a message that came before: the same answer, at most ``rules.repeats`` times."""
        known = self._memory.get(message.header.msg_id)
        if known is None or not known.is_of(packet):
            return None
        known.times += 1
        self._say(Repeated(message.header.msg_id))
        return self._step(packet, known.reply if known.times <= self.rules.repeats else None)

    def remembers(self, packet: Packet, msg_id: str) -> bool:
        """True when these very octets came before under ``msg_id``."""
        known = self._memory.get(msg_id)
        return known is not None and known.is_of(packet)

    def _remember(self, packet: Packet, message: Message, reply: Packet | None) -> None:
        self._memory[message.header.msg_id] = _Memory(packet.body, packet.headers.get(HEADER), reply)

    def _learn(self, meta: Meta | None) -> None:
        """Take the peer's limits; each stays in force until replaced.  [DMPRO §7]"""
        if not self.rules.max_message_lasts:
            self.peer_max_message = None
        if meta is not None:
            self.peer_max_message = meta.max_msg_size if meta.max_msg_size is not None else self.peer_max_message
            self.peer_max_object = meta.max_obj_size if meta.max_obj_size is not None else self.peer_max_object

    # -- large objects on their way in

    def _too_large(self, command: Command, item: Item) -> bool:
        """True when ``item`` of ``command`` is above our MaxObjSize.  [DMPRO §7]"""
        meta = item.meta or getattr(command, "meta", None)
        return exceeds(item, meta, self.rules.max_object, how=self.rules.object_counts)

    def _broken_by(self, command: Command) -> str | None:
        """The URI of the unfinished object that ``command`` does not continue, and which is dropped; or None."""
        coming = self._incoming
        items: tuple[Item, ...] = getattr(command, "items", ())
        if coming is None or (items and coming.continues(command, items[0])):
            return None
        self._drop_incoming(f"{command.verb.value} came before its end")
        return coming.uri

    def _drop_incoming(self, why: str) -> None:
        if self._incoming is not None:
            self._say(Discarded(self._incoming.uri, why))
        self._incoming = None

    def _piece(self, command: Chunkable, item: Item) -> Outcome | Command:
        """Keep a piece (the outcome says 213, or why not), or give the command with its whole object.  [DMPRO §7]"""
        coming, limit, how = self._incoming, self.rules.max_object, self.rules.object_counts
        meta = item.meta or getattr(command, "meta", None)
        if coming is None:
            size = meta.size if meta is not None else None
            if size is None and self.rules.missing_size == "411":
                return Outcome(StatusCode.SIZE_REQUIRED, command=command)
            if exceeds(item, meta, limit, how=how, announced=size or 0):
                return Outcome(StatusCode.TOO_LARGE, command=command)
            coming = Incoming.of(command, item)
            coming.size = size
        self._incoming = coming
        coming.add(item)
        self._say(ChunkReceived(coming.uri, coming.got, coming.size))
        if limit is not None and counted(coming.got, coming.meta or meta, how) > limit:
            self._drop_incoming(f"{coming.got} octets came; at most {limit} are taken")
            return Outcome(StatusCode.TOO_LARGE, command=command)
        if item.more_data:
            return Outcome(StatusCode.CHUNK_ACCEPTED, command=command)
        if coming.size is not None and coming.got != coming.size:
            self._drop_incoming(f"{coming.got} octets came, {coming.size} were announced")
            return Outcome(StatusCode.SIZE_MISMATCH, command=command)
        self._incoming = None
        return msgspec.structs.replace(command, items=(coming.whole(),))

    def _own_status(self, message: Message) -> Status | None:
        """The peer's Status for our last header: by reference, else the first SyncHdr Status."""
        for command in message.commands:
            if isinstance(command, Status) and (command.cmd == Verb.SYNC_HDR.value or command.cmd_ref == "0"):
                return command
        return None

    # -- out

    def _limit(self) -> int | None:
        return self.peer_max_message if self.rules.heed_max_message else None

    def _announce(self) -> Meta | None:
        """Our own limits, in the first message of a session and whenever it is begun again."""
        rules = self.rules
        if self._announced or (rules.max_message is None and rules.max_object is None):
            return None
        return Meta(max_msg_size=rules.max_message, max_obj_size=rules.max_object)

    def _pack(self, header: Header, head: tuple[Command, ...], queue: deque[Unit], closing: Closing) -> Packed:
        rules = self.rules
        return pack(
            self.prover.dress(header),
            head,
            queue,
            closing,
            codec=self.codec,
            limit=self._limit(),
            chunk=rules.chunk,
            chunks=rules.large_objects == "yes",
        )

    def _packet(self, message: Message, body: bytes, to: str, *, bare: bool = False) -> Packet:
        """Wrap ``body`` up for the transport, the MAC beside it when it is in use and not left away (``bare``)."""
        self._msg_id = int(message.header.msg_id)
        self._announced = True
        self.sent = message
        return Packet(to, body, self.codec.media_type, {} if bare else self.prover.headers(body))
