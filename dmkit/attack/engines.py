"""The real engines, run once for each of their values and packet: all else in the explorer is looking up.

``Engines`` holds the device and the server of one stage.  A method takes numbers of values (``Phone``,
``ServerStanding``) and of packets, and gives the numbers of what follows, as ``EngineStep``.

A step reads less than a value holds.  Of what a side has answered it looks up one MsgID, that of the packet; a job that
was given out, or a packet that was let in, is a note of ours.  So the engine runs once for all values that differ in
nothing else (``frames``), and what it did not read stays as it was (``memories``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

from msgspec.structs import replace as changed

from dmkit import notify
from dmkit.attack.designs import SERVER_ID, Design
from dmkit.attack.listener import OracleListener
from dmkit.attack.memories import MemoryFrame
from dmkit.attack.places import DONE, EngineStep, Numbering, Phone, ServerStanding
from dmkit.attack.stage import CHANGES, Stage, did, message_of, to_device
from dmkit.auth import DEFAULT_NONCE, Account
from dmkit.device.state import DeviceState
from dmkit.server.state import ServerState
from dmkit.session.client import ClientSession
from dmkit.session.events import Authenticated, Executed, JobDone, JobFailed, Repeated, Step
from dmkit.session.nonces import Counted, Nonces
from dmkit.session.values import ClientSessionState, ServerSessionState
from dmkit.words.model import Packet

__all__ = ["Engines", "SharedEngines", "open_sessions"]

_FIRST_WAKE: Final = 0x21
_Ran = TypeVar("_Ran")


class _PhoneStep(NamedTuple):
    """What a step of the device comes to, whatever it did before: what follows, the reply, what was done now."""

    session: ClientSessionState
    device: DeviceState
    reply: int
    did: tuple[tuple[str, str, str], ...]
    nonce: bytes


class _DeskStep(NamedTuple):
    """What a step of the server comes to, whatever it wanted before."""

    state: ServerState
    begun: int
    keys: tuple[tuple[str, Any], ...]
    reply: int
    notes: tuple[str, ...]
    wanted: tuple[tuple[str, str, str], ...]
    nonce: bytes


class _Begun:
    """How many sessions have begun at the server: each has nonces of its own."""

    __slots__ = ("number",)

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, device: str) -> Nonces:
        self.number += 1
        return Nonces(Counted(f"server, session {self.number}"))


class Engines:
    """Device and server of ``design``, and every step that they were made to take; ``steps`` counts those of a walk.

    ``active``: an attacker stands on the path, and ends an unchecked TLS connection itself.  ``oracle``: whatever an
    honest side says is judged by the invariants of conversations, I1 to I14, over one way that led there.  Walks of
    several attackers may share them: ``begin`` puts both sides back to where they were at first.
    """

    def __init__(self, design: Design, *, active: bool, oracle: bool = False, frames: bool = True) -> None:
        stage = Stage(design, active=active)
        self.design = design
        self.device, self.server, self.rules = stage.device, stage.server, stage.rules
        self.address, self.server_address = stage.device.address, stage.server.address
        self.phones, self.desks, self.packets = Numbering(), Numbering(), Numbering()
        self.oracle = OracleListener() if oracle else None
        self.frames = frames and not oracle
        self.steps = 0
        self._known: dict[Any, EngineStep] = {}
        self._ran: dict[Any, Any] = {}
        self._devices = Numbering()
        self._begun = _Begun()
        self.server.nonces = self._begun
        self._fresh = self.device.snapshot(), self.desk((), frozenset())

    def begin(self) -> None:
        """A walk begins: both sides as they were at first.  Whatever steps were run are known, and count anew."""
        self.steps = 0
        device, desk = self._fresh
        self.device.restore(device)
        self._at_desk(desk)

    def now(self, began: int) -> float:
        """The time when ``began`` sessions have begun."""
        return 1_000.0 + (1.0 if self.design.rules.nonce == "clock" else 60.0) * began

    def _once(self, key: Any, run: Callable[[], EngineStep]) -> EngineStep:
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = run()
        return found

    def _run(self, key: Any, run: Callable[[], _Ran]) -> _Ran:
        """What the engine itself comes to, which many values share."""
        found = self._ran.get(key) if self.frames else None
        if found is None:
            self.steps += 1
            found = run()
            if self.frames:
                self._ran[key] = found
        return found

    def _judged(self, side: str, before: int, session: str, step: Step, done: EngineStep) -> EngineStep:
        """``done``, with a note for each invariant that ``side`` broke in this step."""
        if self.oracle is None:
            return done
        notes = self.oracle.hears(side, before, done.value, session, step)
        return done._replace(notes=(*done.notes, *notes)) if notes else done

    def _follows(self, side: str, before: int, done: EngineStep) -> EngineStep:
        """``done``, after which ``side`` has said nothing new."""
        if self.oracle is not None:
            self.oracle.same(side, before, done.value)
        return done

    # -- the device

    def _stand(self, phone: Phone, value: ClientSessionState) -> ClientSession:
        """The real device made what ``phone`` says, and its session ``value``."""
        self.device.restore(phone.device)
        session = ClientSession.at(value, self.device)
        session._nonces = self.device.nonces
        return session

    def _phone_ran(self, session: ClientSession, step: Step) -> _PhoneStep:
        done = [
            did(command)
            for event in step.events
            if isinstance(event, Executed) and event.outcome.ok
            for command in (event.command, *getattr(event.command, "commands", ()))
            if command.verb in CHANGES
        ]
        reply = -1 if step.reply is None else self.packets.of(step.reply)
        after = session.snapshot()
        nonce = b"" if _from_memory(step) else after.prover.nonce
        return _PhoneStep(after, self.device.snapshot(), reply, tuple(done), nonce)

    def _phone_after(self, phone: Phone, at: int, ran: _PhoneStep) -> EngineStep:
        sessions = (*phone.sessions[:at], ran.session, *phone.sessions[at + 1 :])
        value = changed(phone, sessions=sessions, device=ran.device, did=(*phone.did, *ran.did))
        return EngineStep(self.phones.of(value), ran.reply, (), ran.nonce)

    def hears(self, number: int, packet: int) -> EngineStep:
        """The device takes a packet, in the session that it belongs to."""

        def run() -> EngineStep:
            phone: Phone = self.phones.values[number]
            message = message_of(self.packets.values[packet])
            which = message.header.session_id if message is not None else ""
            at = next(
                (n for n in reversed(range(len(phone.sessions))) if phone.sessions[n].setting.session_id == which),
                len(phone.sessions) - 1,
            )
            if at < 0:
                return EngineStep(number, -1)
            frame = MemoryFrame(message.header.msg_id if message is not None and self.frames else None)
            value = frame.put_away(phone.sessions[at])
            step: Step | None = None

            def take() -> _PhoneStep:
                nonlocal step
                session = self._stand(phone, value)
                step = session.receive(self.packets.values[packet], self.now(phone.began))
                return self._phone_ran(session, step)

            ran = self._run(("hears", value, self._devices.of(phone.device), packet, phone.began), take)
            done = self._phone_after(phone, at, ran._replace(session=frame.put_back(ran.session)))
            return done if step is None else self._judged("client", number, value.setting.session_id, step, done)

        return self._once(("hears", number, packet), run)

    def waits(self, number: int, at: int) -> EngineStep:
        """No answer comes to session ``at`` of the device."""

        def run() -> EngineStep:
            phone: Phone = self.phones.values[number]
            self.steps += 1
            session = self._stand(phone, phone.sessions[at])
            step = session.expire(self.now(phone.began))
            done = self._phone_after(phone, at, self._phone_ran(session, step))
            return self._follows("client", number, done)

        return self._once(("waits", number, at), run)

    def sets_out(self, number: int) -> EngineStep:
        """The device begins a session."""

        def run() -> EngineStep:
            phone: Phone = self.phones.values[number]
            self.steps += 1
            self.device.restore(phone.device)
            session = self.device.connect()
            step = session.start(self.now(phone.began + 1))
            before = changed(phone, sessions=(*phone.sessions, session.snapshot()), began=phone.began + 1)
            at = len(phone.sessions)
            done = self._phone_after(before, at, self._phone_ran(session, step))
            return self._judged("client", number, session.session_id, step, done)

        return self._once(("sets out", number), run)

    def woken(self, number: int, packet: int, asked: int) -> EngineStep:
        """A package 0 reaches the device; ``asked`` is 1 when its server sent it."""

        def run() -> EngineStep:
            self.steps += 1
            phone: Phone = self.phones.values[number]
            self.device.restore(phone.device)
            reaction = self.device.notified(self.packets.values[packet].body, self.now(phone.began))
            if asked:
                self._renew(phone.asked)
            after = changed(
                phone,
                device=self.device.snapshot(),
                opened=phone.opened + len(reaction.sessions),
                asked=phone.asked + asked,
            )
            return self._follows("client", number, EngineStep(self.phones.of(after), -1))

        return self._once(("woken", number, packet, asked), run)

    def _renew(self, number: int) -> None:
        """The session that the server asked for is not played, but it leaves the next nonce, where there is one."""
        account = self.device.accounts[0]
        if self.design.rules.nonce != "reused":
            nonce, _ = Counted("device, after wakes", number=number + 1).draw()
            self.device.keep(account.with_nonces(server=nonce))

    # -- the server

    def wake(self, phone: Phone) -> int:
        """The server's own package 0; where the device takes the default nonce, the first is a resynchronisation."""
        rules = self.rules.notify
        account: Account = phone.device.accounts[0]
        assert account.server is not None
        zero = "four zero octets" in rules.nonces and phone.asked == 0
        nonce = DEFAULT_NONCE if zero else account.server.nonce
        trigger = notify.Trigger(SERVER_ID, _FIRST_WAKE + phone.asked)
        octets = notify.encode(trigger, account.server, nonce, digest=rules.digest)
        return self.packets.of(Packet(self.address, octets, "application/vnd.syncml.notification"))

    def desk(self, issued: tuple[tuple[str, str, str], ...], took: frozenset[int]) -> ServerStanding:
        """The server as it stands now."""
        keys = getattr(self.server, "keys", {})
        return ServerStanding(self.server.snapshot(), self._begun.number, issued, tuple(keys.items()), took)

    def _at_desk(self, desk: ServerStanding) -> None:
        self.server.restore(desk.state)
        self._begun.number = desk.begun
        if hasattr(self.server, "keys"):
            self.server.keys.clear()
            self.server.keys.update(desk.keys)

    def takes(self, number: int, packet: int, began: int) -> EngineStep:
        """The server takes a packet, when the device has begun ``began`` sessions."""

        def run() -> EngineStep:
            desk: ServerStanding = self.desks.values[number]
            message = message_of(self.packets.values[packet])
            frame = MemoryFrame(message.header.msg_id if message is not None and self.frames else None)
            state = frame.put_away_all(desk.state)
            step: Step | None = None

            def take() -> _DeskStep:
                nonlocal step
                self._at_desk(changed(desk, state=state))
                step = self.server.receive(self.packets.values[packet], self.now(began))
                return self._desk_ran(step)

            ran = self._run(("takes", state, desk.begun, desk.keys, packet, began), take)
            took = desk.took | {packet} if "let in" in ran.notes else desk.took
            issued = (*desk.issued, *ran.wanted)
            after = ServerStanding(frame.put_back_all(ran.state), ran.begun, issued, ran.keys, took)
            done = EngineStep(self.desks.of(after), ran.reply, ran.notes, ran.nonce)
            which = message.header.session_id if message is not None else ""
            return done if step is None else self._judged("server", number, which, step, done)

        return self._once(("takes", number, packet, began), run)

    def _desk_ran(self, step: Step) -> _DeskStep:
        notes: list[str] = []
        wanted: tuple[tuple[str, str, str], ...] = ()
        for event in step.events:
            if isinstance(event, JobDone):
                notes.append("done" if event.result == DONE else "refused")
            elif isinstance(event, JobFailed):
                notes.append("failed")
            elif isinstance(event, Authenticated) and event.by == "server":
                notes.append("let in")
        again = _from_memory(step)
        if step.reply is not None and not again:
            message = message_of(step.reply)
            wanted = tuple(did(c) for c in (message.commands if message is not None else ()) if c.verb in CHANGES)
            if wanted:
                notes.append("gives work")
        reply = -1 if step.reply is None else self.packets.of(step.reply)
        nonce = b"" if again else self.server_nonce(step.reply)
        now = self.desk((), frozenset())
        return _DeskStep(now.state, now.begun, now.keys, reply, tuple(notes), wanted, nonce)

    def server_nonce(self, reply: Packet | None) -> bytes:
        """The nonce with which the server, as it stands now, proved itself in ``reply``."""
        message = message_of(reply) if reply is not None else None
        which = message.header.session_id if message is not None else None
        entries = [*self.server._open.values(), *(e for beside in self.server._beside.values() for e in beside)]
        return next((e.session.snapshot().prover.nonce for e in entries if e.session.session_id == which), b"")

    def gives_up(self, number: int, began: int) -> EngineStep:
        """The server waits no longer for anybody, when the device has begun ``began`` sessions."""

        def run() -> EngineStep:
            self.steps += 1
            desk: ServerStanding = self.desks.values[number]
            self._at_desk(desk)
            steps = self.server.expire(self.now(began), 0.0)
            failed = any(isinstance(event, JobFailed) for step in steps for event in step.events)
            done = EngineStep(self.desks.of(self.desk(desk.issued, desk.took)), -1, ("failed",) if failed else ())
            return self._follows("server", number, done)

        return self._once(("gives up", number, began), run)

    def falls(self, number: int) -> EngineStep:
        """The server begins again from what it keeps: open sessions are gone, their jobs are to be done."""

        def run() -> EngineStep:
            desk: ServerStanding = self.desks.values[number]
            state, work = desk.state, dict(desk.state.work)
            for device, running in state.running:
                work[device] = (running, *work.get(device, ()))
            after = changed(state, sessions=(), beside=(), last_contacts=(), running=(), work=tuple(work.items()))
            return EngineStep(self.desks.of(changed(desk, state=after)), -1)

        return self._once(("falls", number), run)

    # -- one honest session, before anything else

    def play(self, learn: Callable[[Packet, bytes], None]) -> frozenset[int]:
        """One whole session that nobody touches; each packet and the nonce of its proof go to ``memory``."""
        took: set[int] = set()
        session = self.device.connect()
        packet = session.start(self.now(0)).reply
        while packet is not None:
            took.add(self.packets.of(packet))
            learn(packet, self.server_nonce(packet) if to_device(packet) else session.snapshot().prover.nonce)
            side = session if to_device(packet) else self.server
            packet = side.receive(packet, self.now(0)).reply
        self.server.expire(self.now(0), 0.0)
        self.server.results.clear()
        self.server.alerts.clear()
        return frozenset(took)


class SharedEngines:
    """Engines for walks of several attackers: those of one design, active or not, find out each step once."""

    def __init__(self) -> None:
        self._design: Design | None = None
        self._kept: dict[bool, Engines] = {}

    def of(self, design: Design, *, active: bool) -> Engines:
        """Engines of ``design``; those of another design are kept no longer."""
        if design != self._design:
            self._design, self._kept = design, {}
        between = active and design.world.path == "unchecked"
        if between not in self._kept:
            self._kept[between] = Engines(design, active=active)
        return self._kept[between]


def _from_memory(step: Step) -> bool:
    """True when the reply was said before: its proof was made under an earlier nonce."""
    return any(isinstance(event, Repeated) for event in step.events)


def open_sessions(desk: ServerStanding) -> list[ServerSessionState]:
    """The sessions of a server that are not over: the one in force, and those beside it."""
    beside = [state for _, entries in desk.state.beside for state, _ in entries]
    return [s for s in (*(state for _, state in desk.state.sessions), *beside) if not s.state.is_over]
