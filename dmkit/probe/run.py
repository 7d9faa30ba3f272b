"""One case against one peer: packet in, packet out, a verdict at the end.  Knows no socket and no clock.

``begin`` gives our first packet where we are the device, and nothing where we wait for one.  Then whoever drives tells
what came: ``receive`` a packet, ``refused`` by the transport, ``silence``; each gives the next packet or None.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from dmkit.auth import DEFAULT_NONCE, SCHEMES, scheme_of
from dmkit.probe.case import CaseStep, ProbeCase
from dmkit.probe.peer import Peer, PeerNonces
from dmkit.probe.persona import Persona, other_scheme
from dmkit.probe.pushes import Scenery, push
from dmkit.probe.rules import Scene, Unsure, hold
from dmkit.probe.rules import says as rule_says
from dmkit.probe.verdict import Result, Verdict
from dmkit.views.notation import read_commands
from dmkit.views.summary import summary
from dmkit.views.transcript import Line, Transcript
from dmkit.wire.codec import WBXML, XML, codec_for
from dmkit.wire.wsp import WspPush
from dmkit.words.errors import CodecError, ConfigError, DmError
from dmkit.words.model import Command, Packet

__all__ = ["CaseRun"]

_CHALLENGED: Final = (401, 407)
_TRIES: Final = 3
_PREPARE: Final = (
    'Delete (T {node}); Add (T {node}, Format=node, D ""); Add (T {node}/a, Format=chr Type=text/plain, D one)'
)
"""What makes a place to write in; Meta and Data say what their defaults would, since some peers die without."""
_WRONG: Final = "not the right secret"


@dataclass(frozen=True, slots=True)
class Came:
    """What a driver saw: a packet, or the status of the transport, or nothing; ``over`` when nothing more can come."""

    packet: Packet | None = None
    refused: int = 0
    over: bool = False


class _Stop(Exception):
    """The case is decided."""

    def __init__(self, verdict: Verdict, why: str, rule: str = "") -> None:
        super().__init__(why)
        self.verdict, self.why, self.rule = verdict, why, rule


class CaseRun:
    """A case being played; ``result`` is there when ``done``.  ``number`` counts cases, ``session`` names sessions."""

    def __init__(
        self, case: ProbeCase, peer: Peer, memory: PeerNonces | None = None, *, number: int = 1, session: str = ""
    ) -> None:
        self.case, self.peer, self.number = case, peer, number
        memory = PeerNonces() if memory is None or peer.forgets else memory
        values = case.with_
        self.lines: list[Line] = []
        self._auth = str(values.get("auth", peer.auth))
        self._session = session or f"{(number * 37 + 0x100) & 0xFFFF:X}"
        self.us = self._persona(memory)
        self._spoke = False
        self.deviations: list[str] = []
        self.evidence: set[int] = set()
        self.memory = memory
        self.result: Result | None = None
        self._scene = Scene(self.us, silent=True)
        self._pushed: WspPush | None = None
        self._pushes = 0
        self._play = self._steps()

    def _persona(self, memory: PeerNonces) -> Persona:
        """Who we are in this case, before anything is set."""
        case, peer, values = self.case, self.peer, self.case.with_
        role = "client" if peer.side == "server" else "server"
        kind = values.get("auth", peer.auth) if role == "client" else values.get("server_auth", peer.server_auth)
        scheme = scheme_of(str(kind)) if role == "client" or peer.server is not None else None
        encoding = values.get("encoding", peer.encoding)
        us = Persona(
            peer,
            role,
            peer.device(self.number),
            self._session,
            scheme,
            memory,
            WBXML if encoding == "wbxml" else XML,
            case.id,
            max_msg=int(values["size"]) if "size" in values else 16384,
        )
        if role == "server" and "auth" in values:
            us.demanded = scheme_of(str(values["auth"]))
        return us

    @property
    def done(self) -> bool:
        """True when the verdict is there."""
        return self.result is not None

    @property
    def waits(self) -> bool:
        """True while an answer of the peer is awaited."""
        return not self.done

    # -- what drivers call

    def begin(self) -> Packet | None:
        """Our first packet; None where the peer begins."""
        return self._next(None)

    def receive(self, packet: Packet) -> Packet | None:
        """The peer said this; what we say next, None when we say nothing more."""
        self._note("server" if self.us.role == "client" else "client", packet)
        return self._next(Came(packet))

    def refused(self, status: int) -> Packet | None:
        """The transport answered with ``status`` and no message."""
        return self._next(Came(refused=status))

    def silence(self, *, over: bool = False) -> Packet | None:
        """Nothing came in time; ``over`` when the peer is known to want nothing more."""
        return self._next(Came(over=over))

    def taken_push(self) -> WspPush | None:
        """What is to be pushed to the client now, told once; None: it is to call by itself."""
        made, self._pushed = self._pushed, None
        return made

    @property
    def pushes(self) -> bool:
        """Whether something waits to be pushed."""
        return self._pushed is not None

    def _next(self, came: Came | None) -> Packet | None:
        try:
            packet = next(self._play) if came is None else self._play.send(came)
        except StopIteration:
            return None
        if packet is not None:
            self._note(self.us.role, packet)
            if self.result is not None:
                self.result = replace(self.result, talk=Transcript(tuple(self.lines)))
        return packet

    def _note(self, sender: str, packet: Packet) -> None:
        self.lines.append(Line(len(self.lines) + 1, sender, packet))

    # -- the steps

    def _steps(self) -> Generator[Packet | None, Came, None]:
        try:
            if self.us.role == "server" and not (self.case.steps and self.case.steps[0].push):
                yield from self._listen(None)
            for step in self.case.steps:
                yield from self._one(step)
            if not self.evidence:
                raise _Stop(Verdict.INCONCLUSIVE, "no message of the peer was held against a rule")
            if not self._spoke:
                yield from self._control()
            verdict = Verdict.TOLERATED if self.deviations else Verdict.PASS
            self._decide(verdict, ", ".join(self.deviations), "")
        except _Stop as stop:
            self._decide(stop.verdict, stop.why, stop.rule)
        except ConfigError as error:  # the message that was to be changed has not what the change is about
            self._decide(Verdict.INCONCLUSIVE, str(error), "")
        yield from self._leave()

    def _decide(self, verdict: Verdict, why: str, rule: str) -> None:
        quote = ""
        if verdict is Verdict.FAIL:
            received = self._scene.received
            last = self.lines[-1] if self.lines else None
            if received is not None:
                quote = f"message {received.message.header.msg_id} of the {self.peer.side}: {summary(received.message)}"
            elif last is not None:
                quote = f"after message {last.label}: {last.summary}"
        self._verdict = Result(
            self.case.id, verdict, why, rule, self.case.source, quote, tuple(self.deviations), len(self.evidence)
        )

    def _leave(self) -> Generator[Packet | None, Came, None]:
        """What is owed after the verdict: our node is taken away, the session is ended; no verdict comes of it."""
        try:
            if not (self._scene.silent or self._scene.refused or self._scene.known_over):
                if self.us.role == "server":
                    if self.case.level != "read" and self.us.received and self.us.accepted_by_peer:
                        yield from self._listen(
                            self.us.write((*self.us.answers(), *self._commands("Delete (T {node})")))
                        )
                    if not (self._scene.silent or self._scene.refused):
                        self._finish()
                        yield self.us.write(self.us.answers())
                        return
                elif self.us.accepted and not self._ended():
                    self._finish()
                    yield self.us.write((*self.us.answers(), *read_commands("Alert 1223")))
                    return
        except (DmError, AssertionError):  # a peer that cannot be answered is left alone
            pass
        self._finish()

    def _ended(self) -> bool:
        """Whether a server has said all it wants."""
        received = self.us.reply
        return received is not None and received.message.final and not self.us.asked()

    def _finish(self) -> None:
        self.memory = self.us.remembered()
        self.result = replace(self._verdict, talk=Transcript(tuple(self.lines)))

    def _one(self, step: CaseStep) -> Generator[Packet | None, Came, None]:
        if step.when == "received" and self._scene.received is None:
            return
        if step.do:
            yield from self._do(step)
        elif step.push:
            yield from self._push(step.push)
        elif step.set:
            self._set(step.set)
        else:
            self._look(step)

    def _control(self) -> Generator[Packet | None, Came, None]:
        """The peer has only refused: does it say anything at all to an honest package 1?"""
        self.us = self._persona(self.us.remembered())
        self.us.begin(f"{int(self.us.session_id, 16) ^ 0x2000:X}"[-4:])
        yield from self._listen(self.us.write(self.us.package_1()))
        if not self._spoke:
            raise _Stop(
                Verdict.INCONCLUSIVE, "it refuses an honest package 1, too; are address, name and secret right?"
            )

    def _set(self, values: Mapping[str, object]) -> None:
        for name, value in values.items():
            value = self._filled(value) if isinstance(value, str) else value
            if name == "secret":
                self.us.secret = _WRONG if value == "wrong" else None
            elif name in ("auth", "server_auth"):
                self.us.scheme = scheme_of(str(value))
            elif name == "demand":
                self.us.demanded = scheme_of(str(value))
                self.us.was_lasting = False
            elif name == "user":
                self.us.peer = replace(self.us.peer, user=str(value))
            elif name == "nonce":
                self.us.nonce = str(value).encode()
            else:
                setattr(self.us, name, value)

    def _look(self, step: CaseStep) -> None:
        rule = self._filled(step.expect or step.given or step.lacks)
        found = hold(rule, self._scene)
        for other in step.or_:
            if found is not None:
                found = found if hold(self._filled(other), self._scene) is not None else None
        if self._scene.received is not None and found is None and not step.lacks:
            self.evidence.add(self._scene.received.number)
        elif found is None and step.expect and (self._scene.refused or self.us.received):
            self.evidence.add(len(self.us.received))
        if step.lacks:
            if found is None:
                raise _Stop(Verdict.NOT_SUPPORTED, f"it declares so: {rule_says(rule)}", rule)
            return
        if found is None:
            return
        for name, let in step.tolerate.items():
            if hold(self._filled(let), self._scene) is None:
                self.deviations.append(name)
                self.evidence.add(len(self.us.received))
                return
        if isinstance(found, Unsure):
            raise _Stop(Verdict.NOT_SUPPORTED if found.lacks else Verdict.INCONCLUSIVE, found.why, rule)
        if step.given:
            raise _Stop(Verdict.INCONCLUSIVE, f"what is given does not hold: {found.why}", rule)
        raise _Stop(Verdict.FAIL, found.why, rule)

    # -- sending

    def _filled(self, text: str) -> str:
        """``text`` with the names of this run in place of words in braces."""
        if "{" not in text:
            return text
        n = int(self.case.with_.get("commands", 1))
        leaves = ("Man", "Mod", "DmV", "Lang", "DevId")
        node = f"{self.peer.below}/{self.case.row.replace('-', '')}"
        words = {
            "below": self.peer.below or "",
            "node": node,
            "url": self.peer.address,
            "device": self.us.device,
            "server": self.peer.server_id,
            "n": str(n),
            "firmware": self.peer.firmware or "",
            "password": self.peer.password,
            "auth": self._auth,
            "encoding": self.us.codec.name,
            "size": str(self.us.max_msg),
            "gets": "; ".join(f"Get (T ./DevInfo/{leaves[at % 5]})" for at in range(n)),
            "adds": "; ".join(f"Add (T {node}/x{at}, Format=chr Type=text/plain, D v{at})" for at in range(n)),
            "alerts": "; ".join(
                f'Alert 1226 (S ./DevInfo, Type="Reversed-Domain-Name: com.example.probe{at}", Format=chr, D {at})'
                for at in range(n)
            ),
        }
        for name, value in words.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def _commands(self, text: str) -> tuple[Command, ...]:
        return read_commands(self._filled(text)) if text else ()

    def _do(self, step: CaseStep) -> Generator[Packet | None, Came, None]:
        us, changes = self.us, tuple(map(self._filled, step.but))
        if step.do == "new":
            us.begin(f"{int(us.session_id, 16) + 0x1000:X}"[-4:]) if us.role == "client" else None
            us.sent.clear()
            us.received.clear()
            us.was_lasting = False
        elif step.do == "call":
            self._another()
            yield from self._listen(None)
        elif step.do == "again":
            yield from self._listen(us.sent[-1].packet, again=True)
        elif step.do == "hello":
            other = other_scheme(us.reply.header_status() if us.reply else None, us.scheme) if us.scheme else ""
            if other and us.scheme is not None:
                raise _Stop(Verdict.NOT_SUPPORTED, f"it asks for {other}; this case proves itself by {us.scheme.name}")
            yield from self._listen(
                us.write(us.package_1(self._commands(step.commands)), final=step.final, changes=changes)
            )
        elif step.do == "open":
            yield from self._open(step)
        else:
            notation = _PREPARE if step.do == "prepare" else step.commands
            yield from self._say(step, notation, changes)

    def _another(self) -> None:
        """The client begins another session; nonces go on."""
        us = self.us
        us.memory = PeerNonces() if self.peer.forgets else us.remembered()
        us.begin(us.session_id)
        us.sent.clear()
        us.received.clear()
        us.was_lasting = us.accepted_by_peer = False

    def _push(self, line: str) -> Generator[Packet | None, Came, None]:
        """Hand a push over; the reply is the first message of the session that it begins."""
        us, peer = self.us, self.peer
        if peer.server is None:
            raise _Stop(Verdict.INCONCLUSIVE, "a push is proved by the server's secret, which is not known here")
        self._another()
        self._pushes += 1
        session = (self.number * 16 + self._pushes) % 0xFFFF + 1
        scenery = Scenery(
            peer.server_id, peer.server_password, session, us.nonce, peer.address, peer.user, peer.password, peer.imsi
        )
        made = push(line, scenery)
        us.woken = made.woken
        if made.resync:
            us.nonce = us.theirs = DEFAULT_NONCE
        self._pushed = made.content
        yield from self._listen(None)

    def _open(self, step: CaseStep) -> Generator[Packet | None, Came, None]:
        """Until we are accepted; then the reply is the first message after it."""
        us = self.us
        if us.role == "server":
            yield from self._accepted(step.status)
            return
        for _ in range(_TRIES):
            yield from self._listen(us.write(us.package_1(self._commands(step.commands)), final=step.final))
            if self._scene.received is None:
                raise _Stop(Verdict.INCONCLUSIVE, self._nothing())
            status = self._scene.received.header_status()
            if status is None or status.code < 300:
                return
            other = other_scheme(status, us.scheme)
            if other:
                name = us.scheme.name if us.scheme else "none"
                raise _Stop(Verdict.NOT_SUPPORTED, f"it asks for {other}; this case proves itself by {name}")
            if status.code not in _CHALLENGED:
                raise _Stop(Verdict.INCONCLUSIVE, f"package 1 is answered by Status {status.code.value}")
        raise _Stop(Verdict.INCONCLUSIVE, "the proof is refused; are name and secret right?")

    def _nothing(self) -> str:
        return f"the transport answers {self._scene.refused}" if self._scene.refused else "nothing came"

    def _accepted(self, status: int | None = None) -> Generator[Packet | None, Came, None]:
        """As a server: challenge the device until it has proved itself in the message that is there."""
        us = self.us
        for _ in range(_TRIES):
            received = self._scene.received
            if received is None:
                raise _Stop(Verdict.INCONCLUSIVE, self._nothing())
            if us.was_lasting or us.opposite is None or (us.demanded is None and us.proved(received, received.nonce)):
                return
            proof = us.proved(received, received.nonce)
            if proof and us.demanded is not None and self._scheme_shown(us.demanded.name):
                return
            yield from self._listen(us.write(us.answers(401 if proof is False else 407)))
        raise _Stop(Verdict.INCONCLUSIVE, "the device does not prove itself; are name and secret right?")

    def _scheme_shown(self, name: str) -> bool:
        received = self.us.reply
        if received is None:
            return False
        if name == "mac":
            return "x-syncml-hmac" in received.packet.headers
        cred = received.message.header.cred
        return (
            cred is not None
            and cred.meta is not None
            and (cred.meta.type or "").lower() == str(SCHEMES[name].type).lower()
        )

    def _say(self, step: CaseStep, notation: str, changes: tuple[str, ...]) -> Generator[Packet | None, Came, None]:
        us = self.us
        if us.role == "server" and step.follow and not us.received[-1:]:
            raise _Stop(Verdict.INCONCLUSIVE, "nothing came")
        if us.role == "server" and step.follow and not us.was_lasting and len(us.received) == 1:
            yield from self._accepted()
        for _ in range(_TRIES):
            if self._scene.received is None:
                raise _Stop(Verdict.INCONCLUSIVE, self._nothing())
            commands = (*us.answers(step.status), *self._commands(notation))
            yield from self._listen(us.write(commands, final=step.final, changes=changes))
            received = self._scene.received
            status = received.header_status() if received else None
            if not (us.role == "server" and step.follow and status and status.code in _CHALLENGED):
                break
            if us.scheme is None:
                raise _Stop(Verdict.INCONCLUSIVE, "the device asks for a proof, and none of the server is known here")
            other = other_scheme(status, us.scheme)
            if other:
                raise _Stop(Verdict.NOT_SUPPORTED, f"it asks for {other}; this case proves itself by {us.scheme.name}")
        if us.role == "server" and us.reply is not None:
            us.accepted_by_peer = us.accepted

    def _listen(self, packet: Packet | None, *, again: bool = False) -> Generator[Packet | None, Came, None]:
        """Send, and take in what comes back."""
        came = yield packet
        us = self.us
        if came.packet is None:
            self._scene = Scene(us, silent=not came.refused, refused=came.refused, known_over=came.over)
            return
        try:
            message = codec_for(came.packet.media_type, came.packet.body).decode(came.packet.body, lenient=True)
        except CodecError as error:
            self._scene = Scene(us, silent=True)
            raise _Stop(Verdict.FAIL, f"what came is no message: {error}", "") from None
        if us.role == "server":
            us.device = message.header.source
            us.session_id = message.header.session_id
            us.speaks_binary(came.packet)
        self._spoke = True
        us.receive(message, came.packet)
        self._scene = Scene(us)
        wanted = self.case.with_.get("encoding")
        if us.role == "server" and wanted and us.codec.name != wanted:
            raise _Stop(Verdict.NOT_SUPPORTED, f"it speaks {us.codec.name}; this case wants {wanted}")
