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
from typing import Any, TypeAlias

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
        phone: Phone = self.engines.phones.values[place.phone]
        desk: ServerStanding = self.engines.desks.values[place.server]
        known: AttackerKnowledge = self.knowns.values[self.nothing if last else place.known]
        flying = [self.engines.packets.values[packet] for packet in place.air]
        flying += [s.waiting for s in phone.sessions if s.waiting is not None and not s.state.is_over]
        again = _Again(flying, known.packets if self._says_again else (), by_number=self._changes and not last)
        again.close(phone, desk)
        desk = self._desk(desk, again, place, phone, flying, known, last)
        phone = self._phone(phone, again)
        known_number = self.nothing if last else place.known
        numbers = self.engines.phones.of(phone), self.engines.desks.of(desk)
        if self.engines.oracle is not None:
            self.engines.oracle.same("client", place.phone, numbers[0])
            self.engines.oracle.same("server", place.server, numbers[1])
        return *numbers, place.air, known_number

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
        self,
        desk: ServerStanding,
        again: _Again,
        place: SearchState,
        phone: Phone,
        flying: list[Packet],
        known: AttackerKnowledge,
        last: bool,
    ) -> ServerStanding:
        state = desk.state
        spoken = {s.setting.session_id for s in phone.sessions} | {name for name in map(_session, flying) if name}
        beside = tuple(
            (device, kept)
            for device, entries in state.beside
            for kept in (
                tuple(
                    (self._at_server(session, again), last_time)
                    for session, last_time in entries
                    if not last or session.setting.session_id in spoken
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
        numbers = self.engines.packets.numbers
        may_come = () if last else (*flying, *known.packets, *again.replies)
        took = desk.took & {numbers[packet] for packet in may_come if packet in numbers}
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


class _Again:
    """Which packets can come again: by their octets, or, where they may come changed, by their numbers."""

    def __init__(self, flying: Iterable[Packet], known: Iterable[Packet], *, by_number: bool) -> None:
        self.by_number = by_number
        self.octets: set[_Octets] = {_octets(packet) for packet in known}
        self.named: set[_Named] = set()
        self.replies: list[Packet] = []
        for packet in flying:
            self._add(packet)

    def _add(self, packet: Packet) -> None:
        self.octets.add(_octets(packet))
        message = message_of(packet) if self.by_number else None
        if message is not None:
            self.named.add((to_device(packet), message.header.session_id, message.header.msg_id))

    def close(self, phone: Phone, desk: ServerStanding) -> None:
        """Add the answers that come again when what they answer does, until there is no more."""
        sides: list[tuple[bool, str, Answered]] = [
            (True, session.setting.session_id, known) for session in phone.sessions for known in session.answered
        ]
        theirs = [s for _, s in desk.state.sessions] + [s for _, b in desk.state.beside for s, _ in b]
        sides += [(False, session.setting.session_id, known) for session in theirs for known in session.answered]
        more = True
        while more:
            more, rest = False, []
            for side in sides:
                if not self._comes(*side):
                    rest.append(side)
                elif side[2].reply is not None:
                    self._add(side[2].reply)
                    self.replies.append(side[2].reply)
                    more = True
            sides = rest

    def _comes(self, device: bool, session_id: str, known: Answered) -> bool:
        return (known.digest, known.proof) in self.octets or (device, session_id, known.msg_id) in self.named

    def remember(self, session: Any, device: bool) -> Any:
        """``session`` with no more memory than it needs."""
        name = session.setting.session_id
        kept = tuple(known for known in session.answered if self._comes(device, name, known))
        return session if len(kept) == len(session.answered) else changed(session, answered=kept)


def _octets(packet: Packet) -> _Octets:
    return digest_of(packet.body), packet.headers.get(HEADER)


def _session(packet: Packet) -> str:
    message = message_of(packet)
    return message.header.session_id if message is not None else ""


def _without_reasons(session: ClientSessionState) -> ClientSessionState:
    """What came and was not taken counts for a sentence only, and so does why a proof was refused."""
    if session.untaken[0] or session.prover.why:
        return changed(session, untaken=(0, ""), prover=changed(session.prover, why=""))
    return session
