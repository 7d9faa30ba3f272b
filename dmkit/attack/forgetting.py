"""Places that go on equally, made equal: what can make no difference any more is forgotten.  This keeps the walk short.

Each rule drops something that no later step can read, so that whatever could be reached still can, in as many moves:

- *Memory*: a side remembers what it answered, for a packet that comes again.  A packet can come again when it is in the
  air, when the device still waits and may repeat it, when the attacker can say it again, or when the answer to one
  of those brings it.  What cannot come again is forgotten.
- *Ends*: a session of the device that is over takes nothing.  It goes, unless it may repeat an answer.
- *Sentences*: reasons, and the count of what was not taken, are for readers.
- *Knowledge*: nonces that nobody waits for, proofs made with them, and packets of sessions that are gone; all of it
  once the attacker has no deed left, and with it sessions at the server in which only the attacker spoke.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeAlias

from msgspec.structs import replace as changed

from dmkit.attack.engines import Engines
from dmkit.attack.knowledge import AttackerKnowledge
from dmkit.attack.places import Numbering, Phone, SearchState, ServerStanding
from dmkit.attack.powers import Attacker
from dmkit.attack.speech import Verifiers
from dmkit.attack.stage import message_of, to_device
from dmkit.auth import DEFAULT_NONCE
from dmkit.auth.mac import HEADER
from dmkit.server.state import ServerState
from dmkit.session.values import Answered, ClientSessionState, ServerSessionState, digest_of
from dmkit.words.model import Packet

__all__ = ["Forgetting"]

_Named: TypeAlias = tuple[bool, str, str]
"""A message by its receiver (True: the device), its SessionID and its MsgID."""
_Octets: TypeAlias = tuple[bytes, str | None]
"""A message by the digest of its octets and the MAC beside them."""


class Forgetting:
    """What may be forgotten between the sides of ``engines``, with ``attacker`` who knows one of ``knowns``."""

    def __init__(
        self,
        engines: Engines,
        attacker: Attacker,
        knowns: Numbering,
        verifiers: Callable[[int, int], Verifiers],
        *,
        sessions: int,
        wakes: int,
    ) -> None:
        self.engines, self.attacker, self.knowns, self.verifiers = engines, attacker, knowns, verifiers
        self.sessions, self.wakes = sessions, wakes
        self._says_again = attacker.can("replay") or attacker.can("reflect")
        self._changes = attacker.can("alter") or attacker.can("strip")
        self.nothing = knowns.of(AttackerKnowledge())
        self._accounts = engines.device.snapshot().accounts
        self._welcomes = bool(engines.server.welcome)
        self._seen: dict[Any, Any] = {}

    def plain(self, place: SearchState) -> SearchState:
        """The place that stands for all that go on as ``place`` does."""
        last = place.left <= 0
        key = (place.phone, place.server, place.air, self.nothing if last else place.known, last)
        found = self._seen.get(key)
        if found is None:
            found = self._seen[key] = self._plain(place, last)
        phone, server, air, known = found
        return SearchState(phone, server, air, known, place.left)

    def _plain(self, place: SearchState, last: bool) -> tuple[int, int, tuple[int, ...], int]:
        known_number = self.nothing if last else place.known
        phone, desk = self._facts(True, place.phone), self._facts(False, place.server)
        flying = [*map(self._in_air, place.air), *phone.waiting]
        known: AttackerKnowledge = self.knowns.values[known_number]
        repeatable = self._known_octets(known_number) if self._says_again else frozenset()
        again = _Again(flying, repeatable, by_number=self._changes and not last)
        gone = again.close((*phone.answered, *desk.answered))
        few = len(phone.answered)
        numbers = (
            self._phone_number(place.phone, tuple(n for n in gone if n < few), again),
            self._desk_number(
                place.server, tuple(n - few for n in gone if n >= few), again, phone, flying, known, last
            ),
        )
        if self.engines.oracle is not None:
            self.engines.oracle.same("client", place.phone, numbers[0])
            self.engines.oracle.same("server", place.server, numbers[1])
        return *numbers, place.air, known_number

    # -- what is read off each value once

    def _facts(self, device: bool, number: int) -> _Facts:
        """What stands in a value of one side that says which packets come again."""
        key = ("facts", device, number)
        found = self._seen.get(key)
        if found is None:
            if device:
                sessions: tuple[Any, ...] = self.engines.phones.values[number].sessions
                waiting = tuple(
                    _named_packet(s.waiting) for s in sessions if s.waiting is not None and not s.state.is_over
                )
            else:
                state = self.engines.desks.values[number].state
                sessions = tuple([s for _, s in state.sessions] + [s for _, b in state.beside for s, _ in b])
                waiting = ()
            answered = tuple(_answer(device, s.setting.session_id, known) for s in sessions for known in s.answered)
            spoken = frozenset(s.setting.session_id for s in sessions)
            found = self._seen[key] = _Facts(waiting, answered, spoken)
        return found

    def _in_air(self, packet: int) -> _NamedPacket:
        found = self._seen.get(packet)
        if found is None:
            found = self._seen[packet] = _named_packet(self.engines.packets.values[packet])
        return found

    def _known_octets(self, known: int) -> frozenset[_Octets]:
        key = ("known", known)
        found = self._seen.get(key)
        if found is None:
            found = self._seen[key] = frozenset(map(_octets, self.knowns.values[known].packets))
        return found

    def _phone_number(self, number: int, gone: tuple[int, ...], again: _Again) -> int:
        """The number of the device's value ``number`` without the answers ``gone``."""
        key = ("phone", number, gone)
        found = self._seen.get(key)
        if found is None:
            phone = self._phone(self.engines.phones.values[number], again)
            found = self._seen[key] = self.engines.phones.of(phone)
        return found

    def _desk_number(
        self,
        number: int,
        gone: tuple[int, ...],
        again: _Again,
        phone: _Facts,
        flying: list[_NamedPacket],
        known: AttackerKnowledge,
        last: bool,
    ) -> int:
        """The number of the server's value ``number`` without the answers ``gone``."""
        desk: ServerStanding = self.engines.desks.values[number]
        spoken: frozenset[str] = frozenset()
        took: frozenset[int] = frozenset()
        if last and desk.state.beside:
            spoken = phone.spoken | {one.name[1] for one in flying if one.name is not None}
        if not last and desk.took:
            packets = self.engines.packets.values
            may_come = {*(one.packet for one in flying), *known.packets, *again.replies}
            took = frozenset(packet for packet in desk.took if packets[packet] in may_come)
        key = ("desk", number, gone, last, spoken, took)
        found = self._seen.get(key)
        if found is None:
            plain = self._desk(desk, again, spoken if last else None, took)
            found = self._seen[key] = self.engines.desks.of(plain)
        return found

    # -- the device

    def _phone(self, phone: Phone, again: _Again) -> Phone:
        sessions = tuple(
            ended if session.state.is_over else _without_reasons(ended)
            for session in phone.sessions
            for ended in (self._ended(again.remember(session, True)),)
            if not (ended.state.is_over and not ended.answered)
        )
        device = phone.device
        if not sessions and phone.began >= self.sessions and not self.wakes and not self.attacker.can("sms"):
            device = changed(device, accounts=self._accounts)  # no session will ask what is in them
        return changed(phone, sessions=sessions, device=device)

    def _ended(self, session: ClientSessionState) -> ClientSessionState:
        """A session that is over says no more than what it said before."""
        if not session.state.is_over:
            return session
        return changed(
            session, sent=None, last=(), first=(), waiting=None, queue=(), alerts=(), taken=(), peer_msg_id=0, msg_id=0,
            untaken=(0, ""), attempt=0, abort=None, account=self._accounts[0], incoming=None, outgoing=None,
            prover=changed(session.prover, nonce=b"", pending=None, why="", established=None, refused=0, asked=0),
            verifier=changed(session.verifier, stored=None, expected=(), proved_by=None, asked=None, refused=0),
        )  # fmt: skip

    # -- the server

    def _desk(
        self, desk: ServerStanding, again: _Again, spoken: frozenset[str] | None, took: frozenset[int]
    ) -> ServerStanding:
        """``desk`` with what is needed: of sessions beside the one in force those in ``spoken``, without it all."""
        state = desk.state
        beside = tuple(
            (device, kept)
            for device, entries in state.beside
            for kept in (
                tuple(
                    (self._at_server(session, again), last_time)
                    for session, last_time in entries
                    if spoken is None or session.setting.session_id in spoken
                ),
            )
            if kept
        )
        state = ServerState(
            state.accounts,
            state.work,
            state.waiting,
            tuple((device, self._at_server(session, again)) for device, session in state.sessions),
            (),
            (),
            state.devices if self._welcomes else (),
            state.last_contacts,
            state.running,
            state.tries,
            beside,
        )
        return changed(desk, state=state, took=took)

    def _at_server(self, session: ServerSessionState, again: _Again) -> ServerSessionState:
        kept: ServerSessionState = again.remember(session, False)
        if kept.state.is_over and kept.batch is None and kept.sent is not None:
            kept = changed(kept, sent=None)  # its Statuses are for nobody
        return changed(kept, prover=changed(kept.prover, why="")) if kept.prover.why else kept

    # -- the attacker

    def useful(self, known: AttackerKnowledge, phone: int, server: int) -> AttackerKnowledge:
        """``known`` without what can do nothing any more.

        A nonce that nobody waits for, and that stands in no account, is never waited for again; no more is a proof
        under it.  A packet for a session of the server that is gone is answered by nobody, unless it begins one.  What
        was for the device is kept as long as any session of it is open: whether one of an earlier session is refused
        is for the device to say, not for us.
        """
        held: Phone = self.engines.phones.values[phone]
        desk: ServerStanding = self.engines.desks.values[server]
        live = {s.setting.session_id for s in held.sessions if not s.state.is_over}
        comes = bool(live) or held.began < self.sessions
        there = {s.setting.session_id for _, s in desk.state.sessions} | live
        there |= {s.setting.session_id for _, beside in desk.state.beside for s, _ in beside}
        waited = {DEFAULT_NONCE, b""}
        for _, verifier, _ in self.verifiers(phone, server):
            waited.update(verifier.expected, () if verifier.stored is None else (verifier.stored,))

        def lives(packet: Packet) -> bool:
            message = message_of(packet)
            if message is None:  # package 0
                return True
            header = message.header
            if to_device(packet):
                return comes
            return header.msg_id == "1" or header.session_id in there

        return AttackerKnowledge(
            frozenset(filter(lives, known.packets)),
            known.nonces & waited,
            frozenset(p for p in known.proofs if any(p[1] == n or p[1].startswith(n + b":") for n in waited)),
            known.words,
        )


class _NamedPacket(NamedTuple):
    """A packet by all its names."""

    packet: Packet
    octets: _Octets
    name: _Named | None


class _Answer(NamedTuple):
    """What a side has answered, by both names, and the answer."""

    octets: _Octets
    name: _Named
    reply: _NamedPacket | None


class _Facts(NamedTuple):
    """Of one side: what it waits for an answer to, what it has answered, and its sessions by SessionID."""

    waiting: tuple[_NamedPacket, ...]
    answered: tuple[_Answer, ...]
    spoken: frozenset[str]


class _Again:
    """Which packets can come again: by their octets, or, where they may come changed, by their numbers."""

    def __init__(self, flying: Iterable[_NamedPacket], known: frozenset[_Octets], *, by_number: bool) -> None:
        self.by_number = by_number
        self.octets: set[_Octets] = set(known)
        self.named: set[_Named] = set()
        self.replies: list[Packet] = []
        for one in flying:
            self._add(one)

    def _add(self, one: _NamedPacket) -> None:
        self.octets.add(one.octets)
        if self.by_number and one.name is not None:
            self.named.add(one.name)

    def close(self, answers: tuple[_Answer, ...]) -> list[int]:
        """Add the answers that come again when what they answer does, until there is no more; places of the others."""
        left = list(enumerate(answers))
        more = True
        while more:
            more, rest = False, []
            for at, answer in left:
                if answer.octets not in self.octets and answer.name not in self.named:
                    rest.append((at, answer))
                elif answer.reply is not None:
                    self._add(answer.reply)
                    self.replies.append(answer.reply.packet)
                    more = True
            left = rest
        return [at for at, _ in left]

    def _comes(self, device: bool, session_id: str, known: Answered) -> bool:
        return (known.digest, known.proof) in self.octets or (device, session_id, known.msg_id) in self.named

    def remember(self, session: Any, device: bool) -> Any:
        """``session`` with no more memory than it needs."""
        name = session.setting.session_id
        kept = tuple(known for known in session.answered if self._comes(device, name, known))
        return session if len(kept) == len(session.answered) else changed(session, answered=kept)


def _octets(packet: Packet) -> _Octets:
    return digest_of(packet.body), packet.headers.get(HEADER)


def _named_packet(packet: Packet) -> _NamedPacket:
    message = message_of(packet)
    name = None if message is None else (to_device(packet), message.header.session_id, message.header.msg_id)
    return _NamedPacket(packet, _octets(packet), name)


def _answer(device: bool, session_id: str, known: Answered) -> _Answer:
    reply = None if known.reply is None else _named_packet(known.reply)
    return _Answer((known.digest, known.proof), (device, session_id, known.msg_id), reply)


def _without_reasons(session: ClientSessionState) -> ClientSessionState:
    """What came and was not taken counts for a sentence only, and so does why a proof was refused."""
    if session.untaken[0] or session.prover.why:
        return changed(session, untaken=(0, ""), prover=changed(session.prover, why=""))
    return session
