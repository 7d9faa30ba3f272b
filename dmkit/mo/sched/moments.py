"""Time passes, the device notices things, conditions come true.  [scheduling sheet §5]"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heapify, heappop
from typing import Final

from dmkit.mo.sched.events import BATTERY_LOW, Happening, Kind, Signal, What
from dmkit.mo.sched.memory import NEVER, Live, Part
from dmkit.mo.sched.runs import Runs
from dmkit.mo.sched.states import Move, State
from dmkit.mo.sched.time import zone
from dmkit.tree.uri import parse
from dmkit.words.errors import ConfigError, LocalProtocolError

__all__ = ["Moments"]

_SAMPLES: Final = 0
_LIVELY: Final = (State.ACTIVE, State.RUNNING)


class Moments(Runs):
    """The scheduler in time: when it next has something to do, and what happens until a moment."""

    def next_due(self) -> float | None:
        """When ``advance`` next has something to do; None: only a signal or a session can change anything."""
        self._look(self.now, strictly=False)
        if not self.is_on:
            return None
        at = self._peek()
        if self._batch <= at:
            batched = min((r.due for r in self.outbox if r.due > self.now), default=NEVER)
            self._batch, at = batched, min(at, batched)
        return None if at == NEVER else max(at, self.now)

    def advance(self, now: float, signals: Iterable[Signal] = ()) -> tuple[Happening, ...]:
        """Let the time be ``now`` and the device notice ``signals``: what happened since, in order.

        What is due before ``now`` happens first, then the signals, then what is due at ``now``.
        LocalProtocolError when ``now`` is before the last time, ConfigError for a signal without the value it needs.
        """
        self.take(now, signals)
        happened, self._happened = tuple(self._happened), []
        return happened

    def take(self, now: float, signals: Iterable[Signal] = ()) -> None:
        """As ``advance``; what happened is told by the next one."""
        if now < self.now:
            raise LocalProtocolError(f"the time is {self.now:g} already; {now:g} is before it")
        self.catch_up(now)
        for signal in signals:
            try:
                self._notice(signal)
            except (ValueError, TypeError):
                raise ConfigError(f"signal {signal.kind.value!r}: {signal.value!r} is no number") from None
            self._look(now, strictly=False)
        self._until(now, included=True)
        self._write()

    def catch_up(self, now: float) -> None:
        """Let everything happen that is due before ``now``; it is told by the next ``advance``."""
        if self._inside or now < self.now:
            return
        self._look(self.now, strictly=False)
        self._until(now, included=False)
        self.now = now

    def one(self, before: float) -> bool:
        """Let the first thing happen that is due before ``before``; false when there is none."""
        if self._inside or not self.is_on or self._peek() >= before:
            return False
        self._step()
        return True

    def _until(self, limit: float, *, included: bool) -> None:
        while self.is_on:
            at = self._peek()
            if at > limit or (at == limit and not included):
                return
            self._step()

    def _step(self) -> None:
        """The first entry of the calendar."""
        at, phase, _, _, _, what, _ = heappop(self._calendar)
        self.now = max(self.now, at)
        before, self._inside = self._inside, True
        if isinstance(what, Live):
            self._span(what)
        elif phase == _SAMPLES:
            self._sample(what)
        else:
            self._wake(what)
        self._write()
        self._inside = before
        self._look(self.now, strictly=True)

    def _notice(self, signal: Signal) -> None:
        kind, value = signal.kind, signal.value
        if kind is Kind.POWER_OFF:
            if self.is_on:
                self._say(What.OFF, ".")
                self._suspend_all("power off")
                self.is_on = False
            return
        if kind is Kind.POWER_ON:
            if not self.is_on:
                self.is_on = True
                self._say(What.ON, ".")
                self._spans()
                self._resume_all("power off")
                self._trap(kind.trap, signal.source)
            return
        if kind is Kind.CLOCK:
            self._set_clock(float(value))
            return
        if kind is Kind.VALUE:
            with_value = self.host.tree.set(signal.source, value, now=self.now)
            self.host.tree = with_value
            return
        if kind is Kind.BATTERY:
            self.battery = float(value)
            self._power()
            return
        if kind is Kind.CHARGER:
            begins = bool(value) and not self.is_charging
            self.is_charging = bool(value)
            self._power()
            if begins:
                self._trap(kind.trap, signal.source)
            return
        if kind is Kind.ZONE:
            self.local = zone(str(value))
            self._set_clock(0.0, zone_changed=True)
            return
        if kind is Kind.TRAP:
            self._trap(str(value), signal.source)
        elif kind is not Kind.ROAMING or value:
            self._trap(kind.trap, signal.source)

    def _power(self) -> None:
        """Battery or charger changed: nothing runs on a low battery without a charger."""
        low = self.battery <= self.rules.battery_low and not self.is_charging
        if low == self.is_low:
            return
        if low:
            self._trap(BATTERY_LOW, "")
            self._drain()
            self._say(What.LOW, ".")
            self._suspend_all("battery low")
            self.is_low = True
        else:
            self.is_low = False
            self._say(What.CHARGED, ".")
            for live in self.lives.values():
                live.insists = False
            if self.is_on:
                self._resume_all("battery low")

    def _drain(self) -> None:
        """Let what is due at this moment happen before the next signal counts."""
        self._until(self.now, included=True)

    def _suspend_all(self, why: str) -> None:
        for part in self._parts():
            if part.state in _LIVELY and not (part.live.insists and why == "battery low"):
                part.cut = part.run if part.state is State.RUNNING else part.cut
                part.run = None
                if part.cut is not None:
                    self._say(What.CUT, part.component.uri, part.cut.due, why=why)
                self._move(part, Move.SUSPEND)

    def _resume_all(self, why: str) -> None:
        if self.is_low and why != "battery low":
            for part in self._parts():
                if part.live.insists:
                    self._resume(part, why)
            return
        for part in self._parts():
            self._resume(part, why)

    def _resume(self, part: Part, why: str) -> None:
        """A suspended part comes back; what it has missed follows its rule."""
        if part.state is not State.SUSPENDED:
            return
        for watch in part.watches:
            watch.at = watch.beat(self.now, strictly=False)
            watch.last = None
        missed = self._missed_dues(part)
        late = [entry for entry in part.postponed if entry.at < self.now]
        part.postponed = [entry for entry in part.postponed if entry.at >= self.now]
        cut, part.cut = part.cut, None
        trap, part.missed_trap = part.missed_trap, False
        if missed or late or cut is not None or trap:
            dues = [*missed, *(entry.due for entry in late), *((cut.due,) if cut is not None else ())]
            self._missed(part, max((due for due in dues if due is not None), default=None), why)
        else:
            self._move(part, Move.RESUME)

    def _set_clock(self, seconds: float, *, zone_changed: bool = False) -> None:
        """The device's clock is set: due times that it jumps over are missed, one that has run does not come again."""
        self.offset += seconds
        self._say(What.CLOCK, ".", why="another zone" if zone_changed else f"{seconds:+g} s")
        if not self.is_on:
            return
        for part in self._parts():
            if part.component.time is not None and (seconds < 0 or zone_changed):
                self._rewind(part)
        self._calendar = []
        for live in self.lives.values():
            self._enter_span(live)
        self._spans()
        for part in self._parts():
            if part.state is State.ACTIVE:
                missed = self._missed_dues(part)
                if missed:
                    self._missed(part, missed[-1], "clock set")
            self._enter(part)
        heapify(self._calendar)

    def _trap(self, event: str, source: str) -> None:
        """An event happens: parts that wait for it are due."""
        for part in self._parts():
            hit = any(t.event == event and t.source in ("", source) for t in part.component.traps)
            if not hit or not self._is_valid(part):
                continue
            if part.state is State.ACTIVE:
                part.latched.add("trap")
                self._consider(part, None)
                self._enter(part)
            elif part.state in (State.RUNNING, State.SUSPENDED):
                part.missed_trap = True

    def _spans(self) -> None:
        """Every schedule's validity, after a jump."""
        for live in list(self.lives.values()):
            self._span(live)

    def _span(self, live: Live) -> None:
        """Validity begins or ends."""
        context = live.context
        if context is None:
            return
        if context.valid_to is not None and self.clock >= context.valid_to:
            self._expire(live)
            return
        waiting = any(part.awaits and part.state is State.INACTIVE for part in live.parts)
        if waiting and context.valid_from is not None and self.clock >= context.valid_from:
            self._start(live)

    def _wake(self, part: Part) -> None:
        """Something is due for ``part`` now."""
        if part.state is State.RUNNING:
            self._work(part)
            return
        fires, part.fires, due = part.fires, False, None
        if part.next is not None and part.next.at <= self.clock:
            due = part.next.due
            self._take(part)
            part.latched.add("time")
        if fires or due is not None:
            self._consider(part, due)
        ready = [entry for entry in part.postponed if entry.at <= self.now]
        if part.state is State.ACTIVE and ready:
            part.postponed.remove(ready[0])
            self._fire(part, ready[0].due, late=ready[0].late, asked=ready[0].asked)
        self._enter(part)

    def _consider(self, part: Part, due: float | None) -> None:
        """A family of conditions came true: run, wait for the others, or be held by the gate."""
        component = part.component
        if component.all_families and len(component.families) > 1:
            true = set(part.latched)
            if component.thresholds:
                true.discard("threshold")
                if any(watch.met for watch in part.watches):
                    true.add("threshold")
            if not true >= set(component.families):
                self._settle(part, due)
                return
        part.latched = set()
        self._fire(part, due, late=False)

    def _sample(self, part: Part) -> None:
        """Take the samples that are due; a threshold that fires runs behind all samples of this moment."""
        for watch in part.watches:
            if watch.at > self.now:
                continue
            uri = watch.threshold.node
            node = self._value(uri)
            watch.last = self.host.tree.find(parse(uri).path)
            if node is not None and not node.is_interior and self._may_read(part, uri) and watch.sample(node):
                part.latched.add("threshold")
                part.fires = self._is_valid(part)
            elif part.component.all_families and watch.met and part.latched:
                part.fires = self._is_valid(part)
            polled = self.rules.look == "always" or self._live_value(parse(uri).path) is not None
            watch.at = watch.beat(self.now, strictly=True) if polled else NEVER
        self._enter(part)
