"""A small world that an explorer walks through: one device, its server, the packets in the air, one attacker.

The engines are run once for each of their values and packet (``engines``); what an attacker can say is in ``speech``,
what counts as a breach in ``judging``, and what may be forgotten in ``forgetting``.

>>> world = StateSpace("md5 per session", Attacker.of())
>>> [move.name for move in world.moves(world.first)]
['message 1 arrives']
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypedDict

from msgspec.structs import replace as changed

from dmkit.attack.designs import DESIGNS, Design
from dmkit.attack.engines import Engines, SharedEngines
from dmkit.attack.forgetting import Forgetting
from dmkit.attack.judging import GOALS, GoalChecker
from dmkit.attack.knowledge import AttackerKnowledge
from dmkit.attack.places import EngineStep, Numbering, Phone, SearchState, Transition, endless, wants
from dmkit.attack.powers import Attacker
from dmkit.attack.speech import Speech
from dmkit.attack.stage import NAME, message_of, to_device
from dmkit.auth import DEFAULT_NONCE
from dmkit.session.work import Job
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import nearest
from dmkit.words.model import Packet

__all__ = ["GOALS", "SearchState", "SpaceOptions", "StateSpace", "Transition"]


class SpaceOptions(TypedDict, total=False):
    """What ``StateSpace`` takes by name, as other functions hand it on."""

    sessions: int
    after_session: bool
    wakes: int
    job: Job | None
    reachable: bool
    forget: bool
    oracle: bool
    engines: SharedEngines | None


class StateSpace:
    """``design`` under ``attacker``: where it begins (``first``), and the moves from each place.

    ``sessions``: how many the device begins, one after the other; ``memory``: whether an honest one went before, which
    an attacker who listens has heard; ``wakes``: how many packages 0 the server sends, none of which ends in a session
    that is played; ``job`` is what the server wants in both, and returns DONE when it was done.  Without ``reachable``
    the server is cut off: all that the device says comes to the attacker.  ``forget`` makes places equal that go on
    equally; without, every value of the engines is a place of its own.  ``oracle`` judges all that honest sides say.
    ``engines`` keep what other walks of the same design have found out.
    """

    def __init__(
        self,
        design: Design | str,
        attacker: Attacker,
        *,
        sessions: int = 1,
        after_session: bool = True,
        wakes: int = 0,
        job: Job | None = None,
        reachable: bool = True,
        forget: bool = True,
        oracle: bool = False,
        engines: SharedEngines | None = None,
    ) -> None:
        if isinstance(design, str) and design not in DESIGNS:
            raise ConfigError(
                f"design {design!r} is not known{nearest(design, DESIGNS)}; there are {', '.join(DESIGNS)}"
            )
        self.design = DESIGNS[design] if isinstance(design, str) else design
        self.attacker, self.sessions, self.wakes, self.reachable = attacker, sessions, wakes, reachable
        self.closed = self.design.world.path == "tls"
        active = attacker.can("alter") or attacker.can("inject")
        shared = engines if engines is not None and forget and not oracle else None
        self.engines = (
            Engines(self.design, active=active, oracle=oracle, frames=forget)
            if shared is None
            else shared.of(self.design, active=active)
        )
        self.engines.begin()
        self.packets, self.knowns = self.engines.packets, Numbering()
        self._delays = attacker.can("delay")
        self._listens = attacker.can("listen") and not self.closed
        self._goals = GoalChecker(self.engines, listens=self._listens, bad_server=attacker.can("own server"))
        self._speech = Speech(self.engines, attacker, sessions=sessions, closed=self.closed, reachable=reachable)
        self._forgetting = Forgetting(
            self.engines, attacker, self.knowns, self._speech.verifiers, sessions=sessions, wakes=wakes
        )
        self._learned: dict[Any, int] = {}
        self._packet_facts: list[tuple[bool, str]] = []
        self.plain = self._forgetting.plain if forget else lambda place: place
        self.first = self._first(after_session, job)

    @property
    def steps(self) -> int:
        """How many steps of the engines were run."""
        return self.engines.steps

    # -- where it begins

    def _first(self, after_session: bool, job: Job | None) -> SearchState:
        known, engines = AttackerKnowledge(nonces=frozenset({DEFAULT_NONCE})), self.engines

        def hear(packet: Packet, nonce: bytes) -> None:
            nonlocal known
            known = known.with_(packet, nonce, keep=self._keeps) if self._listens else known

        took: frozenset[int] = frozenset()
        if after_session and not self.wakes:
            engines.server.enqueue(engines.address, job or wants, "job")
            took = engines.play(hear)
            engines.device.become(engines.device.tree.set(NAME, "as it was"))
        engines.server.enqueue(engines.address, job or (endless if self.attacker.can("own server") else wants), "job")
        phone = engines.phones.of(Phone((), engines.device.snapshot()))
        desk = engines.desks.of(engines.desk((), took))
        place = SearchState(phone, desk, (), self.knowns.of(known), self.attacker.budget)
        return place if self.wakes else self._begins(place).to

    @property
    def _keeps(self) -> bool:
        return self.attacker.can("replay") or self.attacker.can("reflect")

    # -- from steps to places

    def _learn(self, known: int, left: int, phone: int, server: int, done: EngineStep, *, own: bool = False) -> int:
        """What is known after a reply passed between these sides; ``own``: over a connection of the attacker's."""
        if left <= 0:  # whoever has no deed left has no use for it
            return self._forgetting.nothing
        hears = done.reply >= 0 and (own or self._listens or not self.reachable)
        key = (known, done.reply if hears else -1, done.nonce, phone, server)
        found = self._learned.get(key)
        if found is None:
            value: AttackerKnowledge = self.knowns.values[known]
            if hears:
                value = value.with_(self.packets.values[done.reply], done.nonce, keep=self._keeps)
            found = self._learned[key] = self.knowns.of(self._forgetting.useful(value, phone, server))
        return found

    def _fly(self, air: tuple[int, ...], packet: int) -> tuple[int, ...]:
        """``air`` and one packet more; those for one side have an order where the attacker cannot change it."""
        if not self.reachable:
            return ()
        if packet < 0:
            return air
        return tuple(sorted((*air, packet), key=None if self._delays else self._to_device))

    def _begins(self, place: SearchState) -> Transition:
        done = self.engines.sets_out(place.phone)
        to = self._after_phone(place, place.air, done)
        return Transition("the device begins", (), (("device", done.reply, ""),), to, ())

    def _arrives(
        self, place: SearchState, packet: int, name: str, powers: tuple[str, ...], fate: str, *, own: bool = False
    ) -> Transition:
        """``packet`` reaches whom it is for; ``own``: from the attacker, who gets the server's answer."""
        if self._to_device(packet):
            done = self.engines.hears(place.phone, packet)
            to = self._after_phone(place, place.air, done)
            hops = ((fate, packet, "device"), ("device", done.reply, ""))
        else:
            done = self.engines.takes(place.server, packet, self.engines.phones.values[place.phone].began)
            air = place.air if own else self._fly(place.air, done.reply)
            known = self._learn(place.known, place.left, place.phone, done.value, done, own=own)
            to = SearchState(place.phone, done.value, air, known, place.left)
            hops = ((fate, packet, "server"), ("server", done.reply, "own" if own else ""))
        return Transition(name, powers, hops, to, self._goals.seen(place, to, packet, done, own))

    def _after_phone(self, place: SearchState, air: tuple[int, ...], done: EngineStep) -> SearchState:
        """``place`` after a step of the device, ``air`` being what was there."""
        self._goals.from_device.add(done.reply)
        known = self._learn(place.known, place.left, done.value, place.server, done)
        return SearchState(done.value, place.server, self._fly(air, done.reply), known, place.left)

    # -- what can happen

    def moves(self, place: SearchState) -> Iterator[Transition]:
        """Everything that can happen at ``place``, honest things first."""
        yield from self._honest(place)
        if place.left > 0:
            spent = place._replace(left=place.left - 1)
            yield from self._on_path(place, spent)
            yield from self._says(place, spent)
            yield from self._elsewhere(place, spent)

    def _label(self, packet: int) -> str:
        return self._facts(packet)[1]

    def _to_device(self, packet: int) -> bool:
        return self._facts(packet)[0]

    def _facts(self, number: int) -> tuple[bool, str]:
        """Whether a packet is for the device, and how it is called; read off each packet once."""
        while len(self._packet_facts) <= number:
            packet = self.packets.values[len(self._packet_facts)]
            message = message_of(packet)
            label = f"message {message.header.msg_id}" if message is not None else "a packet"
            self._packet_facts.append((to_device(packet), label))
        return self._packet_facts[number]

    def _next(self, place: SearchState) -> Iterator[int]:
        """Places in the air of packets that may arrive now: any, or the first for each side."""
        if self._delays:
            yield from range(len(place.air))
            return
        sides: set[bool] = set()
        for at, packet in enumerate(place.air):
            side = self._to_device(packet)
            if side not in sides:
                sides.add(side)
                yield at

    def _honest(self, place: SearchState) -> Iterator[Transition]:
        phone: Phone = self.engines.phones.values[place.phone]
        for at in self._next(place):
            rest = SearchState(
                place.phone, place.server, (*place.air[:at], *place.air[at + 1 :]), place.known, place.left
            )
            yield self._arrives(rest, place.air[at], f"{self._label(place.air[at])} arrives", (), "air")
        if not place.air:
            yield from self._quiet(place, phone)
        if phone.asked < self.wakes:
            yield self._wake(place, phone)

    def _quiet(self, place: SearchState, phone: Phone) -> Iterator[Transition]:
        """Nothing is in the air: whoever waits learns that nothing comes, or the next session begins."""
        waiting = [n for n, s in enumerate(phone.sessions) if s.waiting is not None and not s.state.is_over]
        for at in waiting:
            done = self.engines.waits(place.phone, at)
            to = self._after_phone(place, (), done)
            breaches = self._goals.seen(place, to, -1, done, False)
            yield Transition("no answer comes", (), (("device", done.reply, ""),), to, breaches)
        if waiting:
            return
        if phone.began < self.sessions and not self.wakes:
            yield self._begins(place)
        done = self.engines.gives_up(place.server, phone.began)
        to = place._replace(server=done.value)
        if to != place:
            yield Transition("the server waits no longer", (), (), to, self._goals.seen(place, to, -1, done, False))

    def _wake(self, place: SearchState, phone: Phone) -> Transition:
        """The server's own package 0."""
        packet = self.engines.wake(phone)
        done, known = self.engines.woken(place.phone, packet, 1), place.known
        if self.attacker.can("sms") and phone.asked == 0:
            known = self.knowns.of(self.knowns.values[known].with_(self.packets.values[packet], b"", keep=True))
        to = place._replace(phone=done.value, known=known)
        return Transition("the server wakes the device", (), (("wake", packet, "device"),), to, ())

    def _on_path(self, place: SearchState, spent: SearchState) -> Iterator[Transition]:
        """What whoever stands between does to the packets in the air."""
        can, arriving, known = self.attacker.can, set(self._next(place)), self.knowns.values[place.known]
        for at, packet in enumerate(place.air):
            rest = spent._replace(air=(*place.air[:at], *place.air[at + 1 :]))
            label = self._label(packet)
            if can("drop"):
                yield Transition(f"{label} is dropped", ("drop",), (("air", packet, "lost"),), rest, ())
            if self.closed or at not in arriving:
                continue
            if can("duplicate"):
                yield self._arrives(spent, packet, f"{label} arrives, and will again", ("duplicate",), "air")
            for other, what, powers in self._speech.changes(place.phone, place.server, known, packet):
                move = self._arrives(rest, other, f"{label} is changed: {what}", powers, "altered")
                yield move._replace(hops=(("air", packet, "altered"), *move.hops))

    def _says(self, place: SearchState, spent: SearchState) -> Iterator[Transition]:
        if not self.attacker.can("inject"):
            return
        known: AttackerKnowledge = self.knowns.values[place.known]
        for packet, what, powers in self._speech.sendable(place.phone, place.server, known):
            who = "device" if self._to_device(packet) else "server"
            yield self._arrives(spent, packet, f"the attacker says to the {who}: {what}", powers, "attacker", own=True)

    def _elsewhere(self, place: SearchState, spent: SearchState) -> Iterator[Transition]:
        """Saying again, reflecting, short messages, falls, a second session."""
        can = self.attacker.can
        known: AttackerKnowledge = self.knowns.values[place.known]
        phone: Phone = self.engines.phones.values[place.phone]
        yield from () if self.closed else self._again(spent, known)
        if can("sms"):
            for number, what in self._speech.pushes(known, phone):
                done = self.engines.woken(place.phone, number, 0)
                to = spent._replace(phone=done.value)
                breaches = self._goals.seen(place, to, number, done, True)
                yield Transition(what, ("sms",), (("attacker", number, "device"),), to, breaches)
        if can("crash"):
            if phone.sessions:
                after = self.engines.phones.of(changed(phone, sessions=()))
                yield Transition("the device falls, and begins again", ("crash",), (), spent._replace(phone=after), ())
            done = self.engines.falls(place.server)
            yield Transition(
                "the server falls, and begins again", ("crash",), (), spent._replace(server=done.value), ()
            )
        open_ = any(not s.state.is_over for s in phone.sessions)
        if can("parallel") and open_ and phone.began < self.sessions and not self.wakes:
            yield self._begins(spent)._replace(name="the device begins another session", powers=("parallel",))

    def _again(self, spent: SearchState, known: AttackerKnowledge) -> Iterator[Transition]:
        """What was heard, said again to whom it was for, or back to the device that said it."""
        can = self.attacker.can
        for packet in sorted(known.packets, key=lambda p: p.body):
            if packet.media_type.endswith("notification"):
                continue
            number = self.packets.of(packet)
            if can("replay") and (self.reachable or to_device(packet)):
                name = f"{self._label(number)} is said again to the {'device' if to_device(packet) else 'server'}"
                yield self._arrives(spent, number, name, ("replay",), "attacker", own=True)
            if can("reflect") and not to_device(packet):
                back = self.packets.of(Packet(self.engines.address, packet.body, packet.media_type, packet.headers))
                name = f"{self._label(number)} goes back to the device"
                yield self._arrives(spent, back, name, ("reflect",), "attacker", own=True)
