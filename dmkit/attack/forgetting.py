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

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple, TypeVar

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
from dmkit.words.records import repr_in_order

__all__ = ["Forgetting"]

_NOTHING: Final[frozenset[int]] = frozenset()
_NO_PLACES: Final[list[int]] = []
_NO_NAMES: Final[frozenset[str]] = frozenset()


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
        # a message by the digest of its octets with the MAC beside them; and by receiver, SessionID and MsgID
        self._octets, self._names = Numbering(), Numbering()
        self._phone_facts: dict[int, _Facts] = {}
        self._desk_facts: dict[int, _Facts] = {}
        self._answers: dict[Any, _Answer] = {}
        self._phones: dict[Any, int] = {}
        self._desks: dict[Any, int] = {}
        self._seen: dict[Any, Any] = {}

    def plain(self, place: SearchState) -> SearchState:
        """The place that stands for all that go on as ``place`` does."""
        number, server, air, known, left = place
        last = left <= 0
        if last:
            known = self.nothing
        phone = self._phone_facts.get(number) or self._facts_of_phone(number)
        desk = self._desk_facts.get(server) or self._facts_of_desk(server)
        flying = [self._in_air(packet) for packet in air]
        flying += phone.waiting
        again = _Again(flying, self._known_packets(known)[0] if self._says_again else _NOTHING,
                       by_number=self._changes and not last)  # fmt: skip
        few = len(phone.answered)
        left_out = again.close(phone.answered + desk.answered) if few or desk.answered else _NO_PLACES
        phone_key = number, tuple([at for at in left_out if at < few])
        spoken, took = _NO_NAMES, desk.took
        if last:
            took = _NOTHING
            if desk.beside:
                spoken = phone.spoken.union([one.session for one in flying if one.name >= 0])
        elif took:
            may_come = {one.packet for one in flying}.union(again.replies)
            took = took & (self._known_packets(known)[1] | may_come)
        desk_key = server, tuple([at - few for at in left_out if at >= few]), last, spoken, took
        device = self._phones.get(phone_key)
        if device is None:
            plain = self._phone(self.engines.phones.values[number], phone_key[1])
            device = self._phones[phone_key] = self.engines.phones.of(plain)
        at_desk = self._desks.get(desk_key)
        if at_desk is None:
            less = self._desk(self.engines.desks.values[server], desk_key[1], spoken if last else None, took)
            at_desk = self._desks[desk_key] = self.engines.desks.of(less)
        if self.engines.oracle is not None:
            self.engines.oracle.same("client", number, device)
            self.engines.oracle.same("server", server, at_desk)
        return SearchState(device, at_desk, air, known, left)

    # -- what is read off each value once

    def _facts_of_phone(self, number: int) -> _Facts:
        """What stands in the device's value that says which packets come again."""
        sessions = self.engines.phones.values[number].sessions
        waiting = tuple(self._named(s.waiting) for s in sessions if s.waiting is not None and not s.state.is_over)
        found = self._phone_facts[number] = self._facts(True, sessions, waiting)
        return found

    def _facts_of_desk(self, number: int) -> _Facts:
        """The same of the server's, which waits for nothing."""
        desk: ServerStanding = self.engines.desks.values[number]
        facts = self._facts(False, _sessions_at(desk.state), ())
        found = self._desk_facts[number] = facts._replace(beside=bool(desk.state.beside), took=desk.took)
        return found

    def _facts(self, device: bool, sessions: Sequence[Any], waiting: tuple[_NamedPacket, ...]) -> _Facts:
        answered = tuple(self._answer(device, s.setting.session_id, one) for s in sessions for one in s.answered)
        return _Facts(waiting, answered, frozenset(s.setting.session_id for s in sessions))

    def _in_air(self, packet: int) -> _NamedPacket:
        found = self._seen.get(packet)
        if found is None:
            found = self._seen[packet] = self._named(self.engines.packets.values[packet])
        return found

    def _named(self, packet: Packet) -> _NamedPacket:
        message, name, session = message_of(packet), -1, ""
        if message is not None:
            session = message.header.session_id
            name = self._names.of((to_device(packet), session, message.header.msg_id))
        octets = self._octets.of((digest_of(packet.body), packet.headers.get(HEADER)))
        return _NamedPacket(self.engines.packets.of(packet), octets, name, session)

    def _answer(self, device: bool, session_id: str, known: Answered) -> _Answer:
        key = (device, session_id, known)
        found = self._answers.get(key)
        if found is None:
            octets = self._octets.of((known.digest, known.proof))
            name = self._names.of((device, session_id, known.msg_id))
            reply = None if known.reply is None else self._named(known.reply)
            found = self._answers[key] = _Answer(octets, name, reply)
        return found

    def _known_packets(self, known: int) -> tuple[frozenset[int], frozenset[int]]:
        """The packets that are known, by their octets and by their numbers."""
        key = ("known", known)
        found = self._seen.get(key)
        if found is None:
            named = [self._named(packet) for packet in self.knowns.values[known].packets]
            found = frozenset(one.octets for one in named), frozenset(one.packet for one in named)
            self._seen[key] = found
        return found

    # -- the device

    def _phone(self, phone: Phone, gone: tuple[int, ...]) -> Phone:
        sessions = tuple(
            ended if session.state.is_over else _without_reasons(ended)
            for session in _without(phone.sessions, gone)
            for ended in (self._ended(session),)
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
        self, desk: ServerStanding, gone: tuple[int, ...], spoken: frozenset[str] | None, took: frozenset[int]
    ) -> ServerStanding:
        """``desk`` without the answers ``gone``; of sessions beside the one in force those in ``spoken``, or all."""
        state = desk.state
        less = iter([self._at_server(session) for session in _without(_sessions_at(state), gone)])
        sessions = tuple((device, next(less)) for device, _ in state.sessions)
        beside = tuple(
            (device, kept)
            for device, entries in state.beside
            for kept in (
                tuple(
                    (session, last_time)
                    for session, (_, last_time) in [(next(less), entry) for entry in entries]
                    if spoken is None or session.setting.session_id in spoken
                ),
            )
            if kept
        )
        state = ServerState(
            state.accounts,
            state.work,
            state.waiting,
            sessions,
            (),
            (),
            state.devices if self._welcomes else (),
            state.last_contacts,
            state.running,
            state.tries,
            beside,
        )
        return changed(desk, state=state, took=took)

    @staticmethod
    def _at_server(kept: ServerSessionState) -> ServerSessionState:
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
    """A packet by all its names, as numbers; ``name`` is -1 for octets that are no message."""

    packet: int
    octets: int
    name: int
    session: str


class _Answer(NamedTuple):
    """What a side has answered, by both names, and the answer."""

    octets: int
    name: int
    reply: _NamedPacket | None


class _Facts(NamedTuple):
    """Of one side: what it waits for an answer to, what it has answered, and its sessions by SessionID.

    ``beside`` and ``took`` are those of a server.
    """

    waiting: tuple[_NamedPacket, ...]
    answered: tuple[_Answer, ...]
    spoken: frozenset[str]
    beside: bool = False
    took: frozenset[int] = frozenset()

    def __repr__(self) -> str:
        return repr_in_order(self)


def _sessions_at(state: ServerState) -> list[ServerSessionState]:
    """All sessions of a server: those in force, then those beside them."""
    return [session for _, session in state.sessions] + [one for _, entries in state.beside for one, _ in entries]


class _Again:
    """Which packets can come again: by their octets, or, where they may come changed, by their numbers."""

    __slots__ = ("by_number", "known", "named", "octets", "replies")

    def __init__(self, flying: Iterable[_NamedPacket], known: frozenset[int], *, by_number: bool) -> None:
        self.by_number, self.known = by_number, known
        self.octets = {one.octets for one in flying}
        self.named = {one.name for one in flying if one.name >= 0} if by_number else set()
        self.replies: list[int] = []

    def close(self, answers: tuple[_Answer, ...]) -> list[int]:
        """Add the answers that come again when what they answer does, until there is no more; places of the others."""
        known, octets, named = self.known, self.octets, self.named
        left = list(range(len(answers)))
        more = True
        while more and left:
            more, rest = False, []
            for at in left:
                answer = answers[at]
                if answer.octets not in octets and answer.octets not in known and answer.name not in named:
                    rest.append(at)
                    continue
                reply = answer.reply
                if reply is not None:
                    octets.add(reply.octets)
                    if self.by_number and reply.name >= 0:
                        named.add(reply.name)
                    self.replies.append(reply.packet)
                    more = True
            left = rest
        return left


_Session = TypeVar("_Session", ClientSessionState, ServerSessionState)


def _without(sessions: Sequence[_Session], gone: tuple[int, ...]) -> list[_Session]:
    """``sessions`` without the answers ``gone``, counted through all of them."""
    kept: list[_Session] = []
    count = 0
    for session in sessions:
        few = tuple(one for at, one in enumerate(session.answered, count) if at not in gone)
        count += len(session.answered)
        kept.append(session if len(few) == len(session.answered) else changed(session, answered=few))
    return kept


def _without_reasons(session: ClientSessionState) -> ClientSessionState:
    """What came and was not taken counts for a sentence only, and so does why a proof was refused."""
    if session.untaken[0] or session.prover.why:
        return changed(session, untaken=(0, ""), prover=changed(session.prover, why=""))
    return session
