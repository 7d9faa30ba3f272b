"""One case against one peer: packet in, packet out, a verdict at the end.  Knows no socket and no clock.

``begin`` gives our first packet where we are the device, and nothing where we wait for one.  Then whoever drives tells
what came: ``receive`` a packet, ``refused`` by the transport, ``silence``; each gives the next packet or None.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import Final

from dmkit.auth import scheme_of
from dmkit.probe.case import CaseStep, ProbeCase
from dmkit.probe.peer import Peer, PeerNonces
from dmkit.probe.persona import Persona
from dmkit.probe.rules import Unsure, hold
from dmkit.probe.rules import says as rule_says
from dmkit.probe.talk import Came, CaseTalk, Decided
from dmkit.probe.tls import HandshakeShown
from dmkit.probe.verdict import Result, Verdict
from dmkit.views.notation import read_commands
from dmkit.views.summary import summary
from dmkit.views.transcript import Line, Transcript
from dmkit.wire.wsp import WspPush
from dmkit.words.asked import asked
from dmkit.words.errors import ConfigError, DmError
from dmkit.words.model import Packet

__all__ = ["CaseRun"]

_WRONG: Final = "not the right secret"


class CaseRun:
    """A case being played; ``result`` is there when ``done``.  ``number`` counts cases, ``session`` names sessions."""

    @asked
    def __init__(
        self, case: ProbeCase, peer: Peer, memory: PeerNonces | None = None, *, number: int = 1, session: str = ""
    ) -> None:
        self.case, self.peer = case, peer
        self.memory = PeerNonces() if memory is None or peer.forgets else memory
        self.talk = CaseTalk(case, peer, self.memory, number=number, session=session)
        self.lines: list[Line] = []
        self.deviations: list[str] = []
        self.evidence: set[int] = set()
        self.result: Result | None = None
        self._play = self._steps()

    @property
    def us(self) -> Persona:
        """Who we are, and what we have heard."""
        return self.talk.us

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

    def silence(self, because: str = "", *, over: bool = False) -> Packet | None:
        """Nothing came, ``because`` of what; ``over`` when the peer is known to want nothing more."""
        return self._next(Came(over=over, because=because))

    def taken_push(self) -> WspPush | None:
        """What is to be pushed to the client now, told once; None: it is to call by itself."""
        made, self.talk.to_push = self.talk.to_push, None
        return made

    @property
    def pushes(self) -> bool:
        """Whether something waits to be pushed."""
        return self.talk.to_push is not None

    def taken_offer(self) -> bytes | None:
        """What a TLS handshake is to be begun with now, told once; the answer to it is ``shook``."""
        made, self.talk.to_offer = self.talk.to_offer, None
        return made

    def shook(self, shown: HandshakeShown) -> Packet | None:
        """What the peer showed in the handshake."""
        return self._next(Came(shown=shown))

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
                yield from self.talk.listen(None)
            for step in self.case.steps:
                yield from self._one(step)
            if not self.evidence:
                raise Decided(Verdict.INCONCLUSIVE, "no message of the peer was held against a rule")
            yield from self._control()
            verdict = Verdict.TOLERATED if self.deviations else Verdict.PASS
            self._decide(verdict, ", ".join(self.deviations), "")
        except Decided as stop:
            yield from self._decided(stop)
        except ConfigError as error:  # the message that was to be changed has not what the change is about
            self._decide(Verdict.INCONCLUSIVE, str(error), "")
        yield from self._leave()

    def _decided(self, stop: Decided) -> Generator[Packet | None, Came, None]:
        """A peer that fails without a message of its own may not speak at all: then nothing can be told."""
        try:
            if stop.verdict is Verdict.FAIL and self.talk.scene.refused:
                yield from self._control()
        except Decided as control:
            stop = control
        self._decide(stop.verdict, stop.why, stop.rule)

    def _decide(self, verdict: Verdict, why: str, rule: str) -> None:
        quote = ""
        if verdict is Verdict.FAIL:
            received = self.talk.scene.received
            last = self.lines[-1] if self.lines else None
            shown = self.talk.scene.shown
            if received is not None:
                quote = f"message {received.message.header.msg_id} of the {self.peer.side}: {summary(received.message)}"
            elif shown is not None:
                quote = f"the first flight of the {self.peer.side}: {shown}"
            elif last is not None:
                quote = f"after message {last.label}: {last.summary}"
        self._verdict = Result(
            self.case.id, verdict, why, rule, self.case.source, quote, tuple(self.deviations), len(self.evidence)
        )

    def _leave(self) -> Generator[Packet | None, Came, None]:
        """What is owed after the verdict: our node is taken away, the session is ended; no verdict comes of it."""
        talk, us = self.talk, self.us
        try:
            if not (talk.scene.silent or talk.scene.refused or talk.scene.known_over):
                if us.role == "server":
                    if self.case.level != "read" and us.received and us.accepted_by_peer:
                        yield from talk.listen(us.write((*us.answers(), *talk.commands("Delete (T {node})"))))
                    if not (talk.scene.silent or talk.scene.refused):
                        self._finish()
                        yield us.write(us.answers())
                        return
                elif us.accepted and not self._ended():
                    self._finish()
                    yield us.write((*us.answers(), *read_commands("Alert 1223")))
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
        if step.when == "received" and self.talk.scene.received is None:
            return
        if step.do:
            yield from self.talk.do(step)
        elif step.push:
            yield from self.talk.push(step.push)
        elif step.handshake:
            yield from self.talk.shake_hands(step.handshake)
        elif step.set:
            self._set(step.set)
        else:
            self._look(step)

    def _control(self) -> Generator[Packet | None, Came, None]:
        """The peer has only refused: does it say anything at all to an honest package 1?"""
        if self.talk.spoke:
            return
        yield from self.talk.control()
        if not self.talk.spoke:
            raise Decided(
                Verdict.INCONCLUSIVE, "it refuses an honest package 1, too; are address, name and secret right?"
            )

    def _set(self, values: Mapping[str, object]) -> None:
        for name, value in values.items():
            value = self.talk.filled(value) if isinstance(value, str) else value
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
        talk, scene = self.talk, self.talk.scene
        rule = talk.filled(step.expect or step.given or step.lacks)
        found = hold(rule, scene)
        for other in step.or_:
            if found is not None:
                found = found if hold(talk.filled(other), scene) is not None else None
        if scene.received is not None and found is None and not step.lacks:
            self.evidence.add(scene.received.number)
        elif found is None and scene.shown is not None and scene.shown.octets:
            self.evidence.add(-talk.handshakes)
        elif found is None and step.expect and (scene.refused or self.us.received):
            self.evidence.add(len(self.us.received))
        if step.lacks:
            if found is None:
                raise Decided(Verdict.NOT_SUPPORTED, f"it declares so: {rule_says(rule)}", rule)
            return
        if found is None:
            return
        for name, let in step.tolerate.items():
            if hold(talk.filled(let), scene) is None:
                self.deviations.append(name)
                self.evidence.add(len(self.us.received) or -talk.handshakes)
                return
        if isinstance(found, Unsure):
            raise Decided(Verdict.NOT_SUPPORTED if found.lacks else Verdict.INCONCLUSIVE, found.why, rule)
        if step.given:
            raise Decided(Verdict.INCONCLUSIVE, f"what is given does not hold: {found.why}", rule)
        raise Decided(Verdict.FAIL, found.why, rule)
