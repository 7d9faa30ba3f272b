"""A small world that an explorer walks through: one device, its server, the packets in the air, one attacker.

A place in it is five numbers: the device's value, the server's, the packets in the air (in no order: which of two was
said first makes no difference to what can happen), what the attacker knows, and the deeds that it has left.  The
engines are run once for each of their values and packet; all else is looking up.

>>> world = World("md5 per session", Attacker.of())
>>> [move.name for move in world.moves(world.first)]
['message 1 arrives']
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Any, Final, NamedTuple

import msgspec
from msgspec.structs import replace as changed

from dmkit import notify
from dmkit.attack import knowledge as kn
from dmkit.attack.designs import DESIGNS, SERVER_ID, Design
from dmkit.attack.knowledge import Known
from dmkit.attack.powers import Attacker
from dmkit.attack.stage import CHANGES, NAME, Stage, did, message_of, to_device
from dmkit.auth import DEFAULT_NONCE, SCHEMES, Account, decode_b64, scheme_of
from dmkit.device.state import DeviceState
from dmkit.server.state import ServerState
from dmkit.session.client import ClientSession
from dmkit.session.events import Authenticated, Executed, JobDone, JobFailed, Repeated, Step
from dmkit.session.nonces import Counted, Nonces
from dmkit.session.packages import header_status
from dmkit.session.proofs import Verifier, challenge
from dmkit.session.values import ClientSessionState, ServerSessionState
from dmkit.session.work import DeviceInfo, Job, Talk
from dmkit.words.codes import AlertCode, StatusCode
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import nearest
from dmkit.words.model import Alert, Header, Message, Meta, Packet, Replace, Status

__all__ = ["GOALS", "Move", "Place", "World"]

GOALS: Final = {
    "foreign command": "the device did what no server wanted",
    "twice": "the device did a thing more often than the server wanted it",
    "false report believed": "the server books the job as done, and on the device it is not",
    "impersonated": "the server took the attacker for the device",
    "learned by asking": "a password went to whoever asked for it, or listened",
    "unasked session": "the device set out for a session that its server had not asked for",
    "led away": "a message of the device went to another host",
    "worn out": "the device said more messages in one session than honest work needs",
    "disagree": "the server gave the job up, and the device had done it",
}
"""What counts as a breach.  ``disagree`` needs no more than lost messages, whatever the design: two parties that
talk over a line that loses cannot both be sure of the last word."""

WANT: Final = (NAME, "internet")
DONE: Final = "done"
_DID: Final = ("Replace", *WANT)
ENOUGH: Final = 12
"""More messages than this from the device in one session count as worn out."""
_FIRST_WAKE: Final = 0x21
_AIR: Final = 4


class Place(NamedTuple):
    """One state, as numbers of the world's tables; ``left`` deeds."""

    phone: int
    server: int
    air: tuple[int, ...]
    known: int
    left: int


class Move(NamedTuple):
    """One step: what it is called, the powers it takes, packets that travel (who, packet, fate), where it leads."""

    name: str
    powers: tuple[str, ...]
    hops: tuple[tuple[str, int, str], ...]
    to: Place
    breaches: tuple[tuple[str, str], ...]


class Phone(msgspec.Struct, frozen=True, cache_hash=True):
    """The device: its sessions, the latest last, itself, what it did, and how often it set out, and was asked to."""

    sessions: tuple[ClientSessionState, ...]
    device: DeviceState
    did: tuple[tuple[str, str, str], ...] = ()
    began: int = 0
    opened: int = 0
    asked: int = 0


class Desk(msgspec.Struct, frozen=True, cache_hash=True):
    """The server: what it knows, sessions begun there, what it wanted so far, GBA keys, and the packets it let in."""

    state: ServerState
    begun: int = 0
    issued: tuple[tuple[str, str, str], ...] = ()
    keys: tuple[tuple[str, Any], ...] = ()
    took: frozenset[int] = frozenset()


class Done(NamedTuple):
    """What came of one step of an engine: the value that follows, the reply with its nonce, what was noticed."""

    value: int
    reply: int
    notes: tuple[str, ...] = ()
    nonce: bytes = b""


def wants(info: DeviceInfo) -> Talk:
    """The job of the worlds here: one value is to be written; it is done when the device says so."""
    [outcome] = yield [Replace.of(*WANT)]
    return DONE if outcome.ok else "refused"


def endless(info: DeviceInfo) -> Talk:
    """What a server gone bad wants: never an end."""
    while True:
        yield [Replace.of(*WANT)]


class _Table:
    """Values by number, and numbers by value."""

    __slots__ = ("numbers", "values")

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.numbers: dict[Any, int] = {}

    def of(self, value: Hashable) -> int:
        number = self.numbers.setdefault(value, len(self.values))
        if number == len(self.values):
            self.values.append(value)
        return number


class World:
    """``design`` under ``attacker``: where it begins (``first``), and the moves from each place.

    ``sessions``: how many the device begins, one after the other; ``heard``: whether an honest one went before, which
    an attacker who listens has heard; ``wakes``: how many packages 0 the server sends, none of which ends in a session
    that is played; ``job`` is what the server wants, and returns
    DONE when it was done.  Without ``reachable`` the server is cut off: all that the device says comes to the attacker.
    """

    def __init__(
        self,
        design: Design | str,
        attacker: Attacker,
        *,
        sessions: int = 1,
        heard: bool = True,
        wakes: int = 0,
        job: Job | None = None,
        reachable: bool = True,
    ) -> None:
        if isinstance(design, str) and design not in DESIGNS:
            raise ConfigError(
                f"design {design!r} is not known{nearest(design, DESIGNS)}; there are {', '.join(DESIGNS)}"
            )
        self.design = DESIGNS[design] if isinstance(design, str) else design
        self.attacker, self.sessions, self.wakes = attacker, sessions, wakes
        self.phones, self.desks, self.packets, self.knowns = _Table(), _Table(), _Table(), _Table()
        self.steps = 0
        self._known_steps: dict[Any, Any] = {}
        self._said_by_device: set[int] = set()
        self.closed = self.design.world.path == "tls"
        stage = Stage(self.design, active=attacker.can("alter") or attacker.can("inject"))
        self.stage, self.device, self.server = stage, stage.device, stage.server
        self.address, self.server_address = stage.device.address, stage.server.address
        self._info = stage.device.device_info()
        self._begun = 0
        self.server.nonces = self._nonces
        self._job = job or (endless if attacker.can("own server") else wants)
        self.reachable = reachable
        self._rules = stage.rules
        self._auth = scheme_of(self._rules.auth)
        self.first = self._first(heard)

    def _nonces(self, device: str) -> Nonces:
        self._begun += 1
        return Nonces(Counted(f"server, session {self._begun}"))

    # -- where it begins

    def _first(self, heard: bool) -> Place:
        known = Known(nonces=frozenset({DEFAULT_NONCE}))
        listens = self.attacker.can("listen") and not self.closed
        took: set[int] = set()
        if heard and not self.wakes:
            self.server.enqueue(self.address, wants, "job")
            session = self.device.connect()
            packet = session.start(self._now(0)).reply
            while packet is not None:
                took.add(self.packets.of(packet))
                nonce = self._server_nonce(packet) if to_device(packet) else session.snapshot().prover.nonce
                known = known.with_(packet, nonce, keep=self._keeps) if listens else known
                side = session if to_device(packet) else self.server
                packet = side.receive(packet, self._now(0)).reply
            self.server.expire(self._now(0), 0.0)
            self.device.become(self.device.tree.set(NAME, "as it was"))
            self.server.results.clear()
            self.server.alerts.clear()
        self.server.enqueue(self.address, self._job, "job")
        phone = self.phones.of(Phone((), self.device.snapshot()))
        place = Place(
            phone, self.desks.of(self._desk((), frozenset(took))), (), self.knowns.of(known), self.attacker.budget
        )
        if self.wakes:
            return place
        return self._begins(place).to

    @property
    def _keeps(self) -> bool:
        return self.attacker.can("replay") or self.attacker.can("reflect")

    def _now(self, began: int) -> float:
        return 1_000.0 + (1.0 if self.design.rules.nonce == "clock" else 60.0) * began

    # -- engines, run once for each value and packet

    def _once(self, key: Any, run: Callable[[], Done]) -> Done:
        found = self._known_steps.get(key)
        if found is None:
            self.steps += 1
            found = self._known_steps[key] = run()
        return found

    def _stand(self, phone: Phone, at: int) -> ClientSession:
        """The real device made what ``phone`` says, and its session number ``at``."""
        self.device.restore(phone.device)
        session = ClientSession.at(phone.sessions[at], self.device)
        session._nonces = self.device.nonces
        return session

    def _phone_after(self, phone: Phone, at: int, session: ClientSession, step: Step) -> Done:
        done = list(phone.did)
        for event in step.events:
            if isinstance(event, Executed) and event.outcome.ok:
                for command in (event.command, *getattr(event.command, "commands", ())):
                    if command.verb in CHANGES:
                        done.append(did(command))
        sessions = (*phone.sessions[:at], session.snapshot(), *phone.sessions[at + 1 :])
        value = changed(phone, sessions=sessions, device=self.device.snapshot(), did=tuple(done))
        reply = -1 if step.reply is None else self.packets.of(step.reply)
        self._said_by_device.add(reply)
        return Done(self.phones.of(value), reply, (), sessions[at].prover.nonce)

    def _hears(self, number: int, packet: int) -> Done:
        """The device takes a packet, in the session that it belongs to."""

        def run() -> Done:
            phone: Phone = self.phones.values[number]
            message = message_of(self.packets.values[packet])
            which = message.header.session_id if message is not None else ""
            at = next(
                (n for n in reversed(range(len(phone.sessions))) if phone.sessions[n].setting.session_id == which),
                len(phone.sessions) - 1,
            )
            if at < 0:
                return Done(number, -1, ())
            session = self._stand(phone, at)
            step = session.receive(self.packets.values[packet], self._now(phone.began))
            return self._phone_after(phone, at, session, step)

        return self._once(("hears", number, packet), run)

    def _waits(self, number: int, at: int) -> Done:
        def run() -> Done:
            phone: Phone = self.phones.values[number]
            session = self._stand(phone, at)
            return self._phone_after(phone, at, session, session.expire(self._now(phone.began)))

        return self._once(("waits", number, at), run)

    def _sets_out(self, number: int) -> Done:
        def run() -> Done:
            phone: Phone = self.phones.values[number]
            self.device.restore(phone.device)
            session = self.device.connect()
            step = session.start(self._now(phone.began + 1))
            before = changed(phone, sessions=(*phone.sessions, session.snapshot()), began=phone.began + 1)
            return self._phone_after(before, len(phone.sessions), session, step)

        return self._once(("sets out", number), run)

    def _woken(self, number: int, packet: int, asked: int) -> Done:
        def run() -> Done:
            phone: Phone = self.phones.values[number]
            self.device.restore(phone.device)
            reaction = self.device.notified(self.packets.values[packet].body, self._now(phone.began))
            if asked:
                self._renew(phone.asked)
            after = changed(
                phone,
                device=self.device.snapshot(),
                opened=phone.opened + len(reaction.sessions),
                asked=phone.asked + asked,
            )
            return Done(self.phones.of(after), -1, ())

        return self._once(("woken", number, packet, asked), run)

    def _renew(self, number: int) -> None:
        """The session that the server asked for is not played, but it leaves the next nonce, where there is one."""
        account = self.device.accounts[0]
        if self.design.rules.nonce != "reused":
            nonce, _ = Counted("device, after wakes", number=number + 1).draw()
            self.device.keep(account.with_nonces(server=nonce))

    def _desk(self, issued: tuple[tuple[str, str, str], ...], took: frozenset[int]) -> Desk:
        keys = getattr(self.server, "keys", {})
        return Desk(self.server.snapshot(), self._begun, issued, tuple(keys.items()), took)

    def _at_desk(self, desk: Desk) -> None:
        self.server.restore(desk.state)
        self._begun = desk.begun
        if hasattr(self.server, "keys"):
            self.server.keys.clear()
            self.server.keys.update(desk.keys)

    def _taken(self, number: int, packet: int, now: float) -> Done:
        """The server takes a packet."""

        def run() -> Done:
            desk: Desk = self.desks.values[number]
            self._at_desk(desk)
            step = self.server.receive(self.packets.values[packet], now)
            return self._desk_after(desk, step, packet)

        return self._once(("taken", number, packet, now), run)

    def _desk_after(self, desk: Desk, step: Step, packet: int) -> Done:
        notes, issued = [], desk.issued
        for event in step.events:
            if isinstance(event, JobDone):
                notes.append("done" if event.result == DONE else "refused")
            elif isinstance(event, JobFailed):
                notes.append("failed")
            elif isinstance(event, Authenticated) and event.by == "server":
                notes.append("let in")
        if step.reply is not None and not any(isinstance(event, Repeated) for event in step.events):
            said = message_of(step.reply)
            wanted = [did(c) for c in (said.commands if said is not None else ()) if c.verb in CHANGES]
            issued = (*issued, *wanted)
            if wanted:
                notes.append("gives work")
        reply = -1 if step.reply is None else self.packets.of(step.reply)
        took = desk.took | {packet} if "let in" in notes else desk.took
        return Done(self.desks.of(self._desk(issued, took)), reply, tuple(notes), self._server_nonce(step.reply))

    def _server_nonce(self, reply: Packet | None) -> bytes:
        """The nonce with which the server proved itself in ``reply``."""
        said = message_of(reply) if reply is not None else None
        which = said.header.session_id if said is not None else None
        entries = [*self.server._open.values(), *(e for beside in self.server._beside.values() for e in beside)]
        return next((e.session.snapshot().prover.nonce for e in entries if e.session.session_id == which), b"")

    def _gives_up(self, number: int, now: float) -> Done:
        def run() -> Done:
            desk: Desk = self.desks.values[number]
            self._at_desk(desk)
            steps = self.server.expire(now, 0.0)
            failed = any(isinstance(event, JobFailed) for step in steps for event in step.events)
            return Done(self.desks.of(self._desk(desk.issued, desk.took)), -1, ("failed",) if failed else ())

        return self._once(("gives up", number, now), run)

    def _falls(self, number: int) -> Done:
        """The server begins again from what it keeps: open sessions are gone, their jobs are to be done."""

        def run() -> Done:
            desk: Desk = self.desks.values[number]
            state, work = desk.state, dict(desk.state.work)
            for device, running in state.running:
                work[device] = (running, *work.get(device, ()))
            after = changed(state, sessions=(), beside=(), last_heard=(), running=(), work=tuple(work.items()))
            return Done(self.desks.of(changed(desk, state=after)), -1, ())

        return self._once(("falls", number), run)

    # -- from steps to places

    def _learn(self, place: Place, done: Done, *, own: bool = False) -> Place:
        """``place`` with what is known after a reply passed; ``own``: it came over a connection of the attacker's."""
        listens = self.attacker.can("listen") and not self.closed
        hears = done.reply >= 0 and (own or listens or not self.reachable)
        key = ("learn", place.known, done.reply if hears else -1, done.nonce, place.phone, place.server)
        found = self._known_steps.get(key)
        if found is None:
            value: Known = self.knowns.values[place.known]
            if hears:
                value = value.with_(self.packets.values[done.reply], done.nonce, keep=self._keeps)
            found = self._known_steps[key] = self.knowns.of(self._useful_of(value, place))
        return place._replace(known=found)

    def _useful_of(self, known: Known, place: Place) -> Known:
        """``known`` without what can do nothing any more: it makes no difference whether that is remembered.

        A nonce that nobody waits for, and that stands in no account, is never waited for again; no more is a proof
        under it.  A packet of a session that is gone is answered by nobody, unless it is the first message of one.
        """
        phone: Phone = self.phones.values[place.phone]
        desk: Desk = self.desks.values[place.server]
        live = {s.setting.session_id for s in phone.sessions if not s.state.is_over}
        there = {s.setting.session_id for _, s in desk.state.sessions} | live
        there |= {s.setting.session_id for _, beside in desk.state.beside for s, _ in beside}
        waited = {DEFAULT_NONCE, b""}
        for _, verifier, _ in self._verifiers(place):
            waited.update(verifier.expected, () if verifier.stored is None else (verifier.stored,))

        def lives(packet: Packet) -> bool:
            message = message_of(packet)
            if message is None:  # package 0
                return True
            header = message.header
            if to_device(packet):
                return header.session_id in live
            return header.msg_id == "1" or header.session_id in there

        return Known(
            frozenset(filter(lives, known.packets)),
            known.nonces & waited,
            frozenset(p for p in known.proofs if any(p[1] == n or p[1].startswith(n + b":") for n in waited)),
        )

    def _fly(self, air: tuple[int, ...], packet: int) -> tuple[int, ...]:
        if not self.reachable:
            return ()
        return air if packet < 0 or len(air) >= _AIR else tuple(sorted((*air, packet)))

    def _begins(self, place: Place) -> Move:
        done = self._sets_out(place.phone)
        to = self._learn(place._replace(phone=done.value, air=self._fly(place.air, done.reply)), done)
        return Move("the device begins", (), (("device", done.reply, ""),), to, ())

    def _arrives(
        self, place: Place, packet: int, name: str, powers: tuple[str, ...], fate: str, *, own: bool = False
    ) -> Move:
        """``packet`` reaches whom it is for; ``own``: from the attacker, who gets the server's answer."""
        phone: Phone = self.phones.values[place.phone]
        target = self.packets.values[packet]
        if to_device(target):
            done = self._hears(place.phone, packet)
            to = self._learn(place._replace(phone=done.value, air=self._fly(place.air, done.reply)), done)
            breaches = self._seen(place, to, packet, done, own)
            return Move(name, powers, ((fate, packet, "device"), ("device", done.reply, "")), to, breaches)
        done = self._taken(place.server, packet, self._now(phone.began))
        air = place.air if own else self._fly(place.air, done.reply)
        to = self._learn(place._replace(server=done.value, air=air), done, own=own)
        breaches = self._seen(place, to, packet, done, own)
        return Move(
            name, powers, ((fate, packet, "server"), ("server", done.reply, "own" if own else "")), to, breaches
        )

    # -- goals

    def _seen(self, before: Place, after: Place, packet: int, done: Done, own: bool) -> tuple[tuple[str, str], ...]:
        phone: Phone = self.phones.values[after.phone]
        desk: Desk = self.desks.values[after.server]
        was: Phone = self.phones.values[before.phone]
        found: list[tuple[str, str]] = []
        if len(phone.did) > len(was.did) and "own server" not in self.attacker.powers:
            for what in phone.did[len(was.did) :]:
                wanted, happened = desk.issued.count(what), phone.did.count(what)
                if not wanted:
                    found.append(("foreign command", f"{what[0]} {what[1]} was done, and nobody wanted it"))
                elif happened > wanted:
                    found.append(("twice", f"{what[0]} {what[1]} was wanted {wanted}x and done {happened}x"))
        for note in done.notes:
            if note == "done" and _DID not in phone.did:
                found.append(("false report believed", "the server books its job as done; the device did not do it"))
            if note == "failed" and _DID in phone.did:
                found.append(("disagree", "the device did the job, and the server gave it up"))
            if note in ("let in", "gives work") and own and not self._is_real(packet, before):
                found.append(("impersonated", "the server took the attacker for the device"))
        reply = self.packets.values[done.reply] if done.reply >= 0 else None
        if reply is not None and (own or (self.attacker.can("listen") and not self.closed)):
            who = kn.basic_secret(reply, self._secrets)
            if who:
                found.append(("learned by asking", f"the password of {who} stands in the credentials"))
        if reply is not None and kn.EVIL in reply.to:
            found.append(("led away", f"a message went to {reply.to}"))
        if any(session.msg_id > ENOUGH for session in phone.sessions):
            found.append(("worn out", f"more than {ENOUGH} messages in one session"))
        if phone.opened > phone.asked:
            found.append(("unasked session", f"{phone.opened} sessions set out for, {phone.asked} asked for"))
        return tuple(dict.fromkeys(found))

    @property
    def _secrets(self) -> tuple[str, ...]:
        accounts = self.device.accounts
        pairs = [(a.client, a.server) for a in accounts]
        return tuple(c.secret for pair in pairs for c in pair if c is not None and c.secret)

    def _is_real(self, packet: int, before: Place) -> bool:
        """True for what the device said and the server has not taken yet: who brings it late takes nobody's place."""
        desk: Desk = self.desks.values[before.server]
        return packet in self._said_by_device and packet not in desk.took

    # -- what can happen

    def moves(self, place: Place) -> Iterator[Move]:
        """Everything that can happen at ``place``, honest things first."""
        yield from self._honest(place)
        if place.left > 0:
            spent = place._replace(left=place.left - 1)
            yield from self._on_path(place, spent)
            yield from self._says(place, spent)
            yield from self._elsewhere(place, spent)

    def _label(self, packet: int) -> str:
        message = message_of(self.packets.values[packet])
        return f"message {message.header.msg_id}" if message is not None else "a packet"

    def _next(self, place: Place) -> Iterator[int]:
        """Places in the air of packets that may arrive now: any, or the first for each side."""
        if self.attacker.can("delay"):
            yield from range(len(place.air))
            return
        sides: set[bool] = set()
        for at, packet in enumerate(place.air):
            side = to_device(self.packets.values[packet])
            if side not in sides:
                sides.add(side)
                yield at

    def _honest(self, place: Place) -> Iterator[Move]:
        phone: Phone = self.phones.values[place.phone]
        for at in self._next(place):
            rest = place._replace(air=(*place.air[:at], *place.air[at + 1 :]))
            yield self._arrives(rest, place.air[at], f"{self._label(place.air[at])} arrives", (), "air")
        if not place.air:
            waiting = [n for n, s in enumerate(phone.sessions) if s.waiting is not None and not s.state.is_over]
            for at in waiting:
                done = self._waits(place.phone, at)
                to = self._learn(place._replace(phone=done.value, air=self._fly((), done.reply)), done)
                yield Move(
                    "no answer comes", (), (("device", done.reply, ""),), to, self._seen(place, to, -1, done, False)
                )
            if not waiting:
                if phone.began < self.sessions and not self.wakes:
                    yield self._begins(place)
                done = self._gives_up(place.server, self._now(phone.began))
                to = place._replace(server=done.value)
                if to != place:
                    breaches = self._seen(place, to, -1, done, False)
                    yield Move("the server waits no longer", (), (), to, breaches)
        if phone.asked < self.wakes:
            yield self._wake(place, phone)

    def _wake(self, place: Place, phone: Phone) -> Move:
        """The server's own package 0; where the device takes the default nonce, the first is a resynchronisation."""
        rules = self._rules.notify
        account: Account = phone.device.accounts[0]
        assert account.server is not None
        zero = "four zero octets" in rules.nonces and phone.asked == 0
        nonce = DEFAULT_NONCE if zero else account.server.nonce
        trigger = notify.Trigger(SERVER_ID, _FIRST_WAKE + phone.asked)
        octets = notify.encode(trigger, account.server, nonce, digest=rules.digest)
        packet = self.packets.of(Packet(self.address, octets, "application/vnd.syncml.notification"))
        done = self._woken(place.phone, packet, 1)
        known = place.known
        if self.attacker.can("sms") and phone.asked == 0:
            known = self.knowns.of(self.knowns.values[known].with_(self.packets.values[packet], b"", keep=True))
        to = place._replace(phone=done.value, known=known)
        return Move("the server wakes the device", (), (("wake", packet, "device"),), to, ())

    def _on_path(self, place: Place, spent: Place) -> Iterator[Move]:
        """What whoever stands between does to the packets in the air."""
        can, arriving = self.attacker.can, set(self._next(place))
        for at, packet in enumerate(place.air):
            rest = spent._replace(air=(*place.air[:at], *place.air[at + 1 :]))
            label = self._label(packet)
            if can("drop"):
                yield Move(f"{label} is dropped", ("drop",), (("air", packet, "lost"),), rest, ())
            if self.closed or at not in arriving:
                continue
            if can("duplicate"):
                yield self._arrives(spent, packet, f"{label} arrives, and will again", ("duplicate",), "air")
            for other, what, powers in self._changes(place, packet):
                move = self._arrives(rest, other, f"{label} is changed: {what}", powers, "altered")
                yield move._replace(hops=(("air", packet, "altered"), *move.hops))

    def _changes(self, place: Place, packet: int) -> tuple[tuple[int, str, tuple[str, ...]], ...]:
        key = ("changes", packet, place.known, place.phone, place.server)
        if key not in self._known_steps:
            self._known_steps[key] = tuple(self._changed(place, self.packets.values[packet]))
        return self._known_steps[key]  # type: ignore[no-any-return]

    def _changed(self, place: Place, packet: Packet) -> Iterator[tuple[int, str, tuple[str, ...]]]:
        can, message = self.attacker.can, message_of(packet)
        if message is None:
            return
        if can("strip"):
            yield self.packets.of(kn.replaced(packet, message, strip=True)), "its proof is taken off", ("strip",)
        if not can("alter"):
            return
        others = self._others(place, packet, message)
        for other, what, powers in others:
            yield self.packets.of(kn.replaced(packet, other, strip=False)), what, ("alter", *powers)
            if can("strip"):
                bare = kn.replaced(packet, other, strip=True)
                yield self.packets.of(bare), f"{what}, without its proof", ("alter", "strip", *powers)

    def _others(self, place: Place, packet: Packet, message: Message) -> Iterator[tuple[Message, str, tuple[str, ...]]]:
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
        for chal, what, powers in self._challenges(place, device=to_device(packet)):
            asks = changed(head, code=StatusCode.UNAUTHORIZED, chal=chal)
            commands = tuple(asks if c is head else c for c in message.commands)
            yield changed(message, commands=commands), what, powers

    def _challenges(self, place: Place, *, device: bool) -> list[tuple[Meta, str, tuple[str, ...]]]:
        """Challenges that make sense to put to the device, or to the server."""
        own = self._auth if device else scheme_of(self._rules.server_auth)
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
                for nonce, what in self._useful(place):
                    found.append((challenge(scheme, nonce), f"asks for {name} over {what}", ("choose nonce",)))
        return found

    # -- nonces worth asking for

    def _verifiers(self, place: Place) -> tuple[tuple[str, Verifier, Any], ...]:
        """Who would take a proof: the sessions that are open, and those that would begin."""
        key = ("verifiers", place.phone, place.server)
        if key not in self._known_steps:
            self._known_steps[key] = tuple(self._would_take(place))
        return self._known_steps[key]  # type: ignore[no-any-return]

    def _would_take(self, place: Place) -> Iterator[tuple[str, Verifier, Any]]:
        phone: Phone = self.phones.values[place.phone]
        desk: Desk = self.desks.values[place.server]
        rules = self._rules
        for session in phone.sessions:
            if not session.state.is_over:
                yield "the device", session.verifier, session
        account = next((a for a in phone.device.accounts if a.server_id == SERVER_ID), None)
        if account is not None and account.server is not None:
            yield "the device", Verifier.of(account.server, rules.server_auth, rules), None
        for entry in self._open(desk):
            yield "the server", entry.verifier, entry
        known = dict(desk.state.accounts).get(self.address)
        if known is not None and known.client is not None:
            yield "the server", Verifier.of(known.client, rules.auth, rules), None

    def _useful(self, place: Place) -> tuple[tuple[bytes, str], ...]:
        key = ("useful", place.phone, place.server, place.known)
        if key not in self._known_steps:
            self._known_steps[key] = tuple(dict(self._nonces_of(place)).items())
        return self._known_steps[key]  # type: ignore[no-any-return]

    def _nonces_of(self, place: Place) -> Iterator[tuple[bytes, str]]:
        known: Known = self.knowns.values[place.known]
        heard = known.nonces | {DEFAULT_NONCE, b""}
        for who, verifier, session in self._verifiers(place):
            scheme = verifier.scheme
            for nonce in verifier.expected:
                if nonce not in heard or scheme is None:
                    continue
                if not scheme.in_transport:
                    yield nonce, f"the nonce that {who} waits for"
                    continue
                for body, what in self._bodies(place, who, session):
                    yield kn.composed(nonce, body), f"the nonce of {who} and the hash of {what}"
        if self.attacker.can("sms"):
            _, octets = kn.trigger_of(self._rules.notify.digest)
            phone: Phone = self.phones.values[place.phone]
            stored = phone.device.accounts[0].server
            for nonce in (DEFAULT_NONCE, *([stored.nonce] if stored is not None and stored.nonce in heard else [])):
                yield kn.composed(nonce, octets), "a nonce of package 0 and the hash of a trigger"

    def _bodies(self, place: Place, who: str, session: Any) -> Iterator[tuple[bytes, str]]:
        """Octets that the attacker would say to ``who`` if it had a MAC for them."""
        if who == "the device":
            if session is not None and session.sent is not None:
                for message, what, _ in self._answers_to(session, place, chals=False):
                    yield self._named(session.verifier, message), what
                    break  # it has one wish of a device: what it wants done
        elif session is not None:
            for message, what in self._next_words(session):
                yield self._named(session.verifier, message), what
        else:
            known = dict(self.desks.values[place.server].state.accounts)[self.address]
            yield self._named(Verifier.of(known.client, self._rules.auth, self._rules), self._login()), "a login"

    def _named(self, verifier: Verifier, message: Message) -> bytes:
        name = verifier.credential.name if verifier.credential is not None else ""
        named = changed(message, header=changed(message.header, source_name=name))
        return self.device.codec.encode(named)

    # -- what it says of its own

    def _open(self, desk: Desk) -> list[ServerSessionState]:
        beside = [state for _, entries in desk.state.beside for state, _ in entries]
        return [s for s in (*(state for _, state in desk.state.sessions), *beside) if not s.state.is_over]

    def _login(self) -> Message:
        header = Header("E", "1", self.server_address, self.address)
        commands = (Alert(AlertCode.CLIENT_INITIATED), Replace(self._info))
        return Message(header, kn.numbered(commands), final=True)

    def _next_words(self, session: ServerSessionState) -> Iterator[tuple[Message, str]]:
        """The next message of an open session, all well done."""
        sent = session.sent
        if sent is None:
            return
        mac = session.prover.scheme is not None and session.prover.scheme.in_transport
        chal = challenge(session.prover.scheme, kn.OWN_NONCE) if mac and session.prover.scheme is not None else None
        head = header_status(sent.header, StatusCode.OK if mac else StatusCode.AUTHENTICATED, chal)
        header = Header(session.setting.session_id, str(session.peer_msg_id + 1), self.server_address, self.address)
        yield Message(header, kn.numbered([head, *kn.well_done(sent)]), final=True), "a next message, all well done"

    def _answers_to(
        self, session: ClientSessionState, place: Place, *, chals: bool = True
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
            for chal, what, powers in self._challenges(place, device=True):
                status = header_status(sent.header, StatusCode.UNAUTHORIZED, chal)
                yield kn.to_device(sent.header, number, status), what, powers

    def _says(self, place: Place, spent: Place) -> Iterator[Move]:
        if not self.attacker.can("inject"):
            return
        key = ("says", place.phone, place.server, place.known)
        if key not in self._known_steps:
            self._known_steps[key] = tuple(self._said(place))
        for packet, what, powers in self._known_steps[key]:
            who = "device" if to_device(self.packets.values[packet]) else "server"
            yield self._arrives(spent, packet, f"the attacker says to the {who}: {what}", powers, "attacker", own=True)

    def _said(self, place: Place) -> Iterator[tuple[int, str, tuple[str, ...]]]:
        phone: Phone = self.phones.values[place.phone]
        desk: Desk = self.desks.values[place.server]
        known: Known = self.knowns.values[place.known]
        codec = self.device.codec
        for session in () if self.closed else phone.sessions:
            if session.state.is_over or session.sent is None:
                continue
            for message, what, powers in self._answers_to(session, place):
                for packet, proof in kn.with_proof(self.address, message, session.verifier, known, codec):
                    if "asks" in what and proof:
                        continue
                    yield self.packets.of(packet), f"{what}{', ' * bool(proof)}{proof}", ("inject", *powers)
        if not self.reachable:
            return
        for entry in self._open(desk):
            to = (
                entry.setting.rules.resp_uri or self.server_address
                if self.attacker.can("listen")
                else self.server_address
            )
            for message, what in self._next_words(entry):
                for packet, proof in kn.with_proof(to, message, entry.verifier, known, codec):
                    yield self.packets.of(packet), f"{what}{', ' * bool(proof)}{proof}", ("inject",)
                head = message.commands[0]
                for chal, asks, powers in self._challenges(place, device=False):
                    asking = changed(head, code=StatusCode.UNAUTHORIZED, chal=chal)
                    other = changed(message, commands=(asking, *message.commands[1:]))
                    for packet, proof in kn.with_proof(to, other, entry.verifier, known, codec):
                        if proof != "a wrong proof":
                            yield self.packets.of(packet), f"{asks}{', ' * bool(proof)}{proof}", ("inject", *powers)
        account = dict(desk.state.accounts).get(self.address)
        if account is not None and not any(entry.setting.session_id == "E" for entry in self._open(desk)):
            verifier = Verifier.of(account.client, self._rules.auth, self._rules) if account.client else None
            for packet, proof in kn.with_proof(self.server_address, self._login(), verifier, known, codec):
                yield self.packets.of(packet), f"a login{', ' * bool(proof)}{proof}", ("inject",)

    def _elsewhere(self, place: Place, spent: Place) -> Iterator[Move]:
        """Saying again, reflecting, short messages, falls, a second session."""
        can = self.attacker.can
        known: Known = self.knowns.values[place.known]
        phone: Phone = self.phones.values[place.phone]
        pushes = [p for p in known.packets if p.media_type.endswith("notification")]
        if not self.closed:
            for packet in sorted(known.packets, key=lambda p: p.body):
                if packet in pushes:
                    continue
                number = self.packets.of(packet)
                if can("replay") and (self.reachable or to_device(packet)):
                    name = f"{self._label(number)} is said again to the {'device' if to_device(packet) else 'server'}"
                    yield self._arrives(spent, number, name, ("replay",), "attacker", own=True)
                if can("reflect") and not to_device(packet):
                    back = self.packets.of(Packet(self.address, packet.body, packet.media_type, packet.headers))
                    name = f"{self._label(number)} goes back to the device"
                    yield self._arrives(spent, back, name, ("reflect",), "attacker", own=True)
        if can("sms"):
            for packet, what in self._pushes(known, phone, pushes):
                number = self.packets.of(packet)
                done = self._woken(place.phone, number, 0)
                to = spent._replace(phone=done.value)
                breaches = self._seen(place, to, number, done, True)
                yield Move(what, ("sms",), (("attacker", number, "device"),), to, breaches)
        if can("crash"):
            if phone.sessions:
                after = self.phones.of(changed(phone, sessions=()))
                yield Move("the device falls, and begins again", ("crash",), (), spent._replace(phone=after), ())
            done = self._falls(place.server)
            yield Move("the server falls, and begins again", ("crash",), (), spent._replace(server=done.value), ())
        open_ = any(not s.state.is_over for s in phone.sessions)
        if can("parallel") and open_ and phone.began < self.sessions and not self.wakes:
            yield self._begins(spent)._replace(name="the device begins another session", powers=("parallel",))

    def _pushes(self, known: Known, phone: Phone, pushes: list[Packet]) -> Iterator[tuple[Packet, str]]:
        for packet in pushes:
            yield packet, "a package 0 is sent again"
        rules = self._rules.notify
        octets, body = kn.trigger_of(rules.digest)
        for text in known.texts:
            digest = decode_b64(text) or b""
            mine = digest + body if len(digest) + len(body) == len(octets) else b""
            if mine and notify.verify(mine, phone.device.accounts, phone.device.woken, rules):
                yield (
                    Packet(self.address, mine, "application/vnd.syncml.notification"),
                    "a package 0 of the attacker's, under a heard proof",
                )
