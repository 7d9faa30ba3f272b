"""The scheduler of a device: schedules in its tree, and what becomes of them while time goes by.

It has no clock and no dice.  Whoever holds the device says what time it is and what the device notices; the scheduler
says when it next has something to do, and tells what happened.  [scheduling sheet §2 to §6]

    while (due := scheduler.next_due()) is not None and due <= until:
        happened += scheduler.advance(due)

Times are seconds since 1970.  The world's clock never jumps; the device's clock is ``offset`` ahead of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import tzinfo
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Final, Protocol

from dmkit.codes import StatusCode, Verb
from dmkit.errors import CommandFailed, LocalProtocolError
from dmkit.mo import sched_keep as keep
from dmkit.mo import sched_work as work
from dmkit.mo.sched_events import BATTERY_LOW, Happening, Kind, Report, Signal, What
from dmkit.mo.sched_parts import NEVER, Draw, Due, Live, Part, Postponed, Run, Watch, drawn, wall
from dmkit.mo.sched_read import read
from dmkit.mo.sched_states import TRANSITIONS, Move, State, overall, step
from dmkit.mo.sched_time import UTC, zone
from dmkit.mo.sched_values import MO_ID, Code, Context, Missed, SchedRules, Task, Ui, When
from dmkit.model import Alert, Command, Item, Meta
from dmkit.outcome import Outcome
from dmkit.tree.context import Call, Handler
from dmkit.tree.execute import Execution
from dmkit.tree.node import Node, Path, Tree
from dmkit.tree.policy import Policy, at_time, open_policy
from dmkit.tree.rules import TreeRules
from dmkit.tree.uri import join, parse

__all__ = ["Host", "Scheduler"]

_SAMPLES: Final = 0
_RUNS: Final = 1
_LIVELY: Final = (State.ACTIVE, State.RUNNING)
_UNDONE: Final = (StatusCode.ROLLED_BACK, StatusCode.NOT_EXECUTED)


class Host(Protocol):
    """What the scheduler needs of its device."""

    tree: Tree
    user: Callable[[Alert], Outcome]
    handlers: dict[str, Handler]

    @property
    def policy(self) -> Policy:
        """Who may do what."""

    @property
    def tree_rules(self) -> TreeRules:
        """What commands on the tree do."""

    def execute(self, commands: tuple[Command, ...], by: str, now: float, *, policy: Policy | None = None) -> Execution:
        """Carry out commands for server ``by``, by another ``policy`` than the device's when one is given."""


class Scheduler:
    """Keeps the schedules below ``root`` of its ``host``.

    ``local`` is the device's zone, ``draw`` the chance of Jitter.  ``outbox`` holds reports that no server has answered
    yet.
    """

    def __init__(
        self,
        host: Host,
        *,
        root: str = "./Sched",
        rules: SchedRules | None = None,
        local: tzinfo = UTC,
        draw: Draw | None = None,
        now: float = 0.0,
    ) -> None:
        self.host, self.root = host, root
        self.rules = rules or SchedRules()
        self.local = local
        self.draw = draw or drawn(0)
        self.now = now
        self.offset = 0.0
        self.is_on, self.is_low, self.is_charging, self.battery = True, False, False, 100.0
        self.lives: dict[str, Live] = {}
        self.outbox: list[Report] = []
        self._path: Path = parse(root).path
        self._happened: list[Happening] = []
        self._calendar: list[tuple[float, int, int, int, int, Part | Live, int]] = []
        self._order = count()
        self._wishes: list[tuple[str, Move, str]] = []
        self._seen: Node | None = None
        self._tree: Tree | None = None
        self._watched: dict[str, list[tuple[Path, Part, Watch]]] = {}
        self._tops: dict[str, Node | None] = {}
        self._by = ""
        self._batch = NEVER
        """No report that waits is due before."""
        self._keys: tuple[int, dict[Path, str | None]] = (-1, {})
        """Which handler stands behind a node, as long as there are so many handlers."""
        self._dirty: dict[str, Live] = {}
        self._inside = False
        """Time is passing: commands are those of tasks."""
        self._inward = False
        """Some schedule looks at, or works on, schedules: states are written before each task."""

    @property
    def clock(self) -> float:
        """What the device's clock shows."""
        return self.now + self.offset

    def state(self, uri: str) -> State:
        """State of a schedule, or of a component of it."""
        for live in self.lives.values():
            if live.uri == uri:
                return self._overall(live)
            for part in live.parts:
                if part.component.uri == uri:
                    return part.state
        return State.ABSENT

    # -- time and signals

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
        LocalProtocolError when ``now`` is before the last time.
        """
        if now < self.now:
            raise LocalProtocolError(f"the time is {self.now:g} already; {now:g} is before it")
        self.catch_up(now)
        for signal in signals:
            self._notice(signal)
            self._look(now, strictly=False)
        self._until(now, included=True)
        self._write()
        happened, self._happened = tuple(self._happened), []
        return happened

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

    def _peek(self) -> float:
        """When the first valid entry of the calendar is due."""
        while self._calendar:
            at, _, _, _, _, what, version = self._calendar[0]
            if isinstance(what, Live):
                if self.lives.get(what.uri) is what:
                    return at
            elif what.version == version and self.lives.get(what.live.uri) is what.live:
                return at
            heappop(self._calendar)
        return NEVER

    def _enter(self, part: Part) -> None:
        """Write into the calendar when ``part`` is next due; older entries are void."""
        part.version += 1
        at, sampling = (self.now, False) if part.fires else part.wait(self.offset)
        if at < NEVER:
            phase = _SAMPLES if sampling else _RUNS
            entry = (at, phase, part.live.priority, part.index, next(self._order), part, part.version)
            heappush(self._calendar, entry)

    def _enter_span(self, live: Live) -> None:
        """The same for the beginning and the end of a schedule's validity."""
        context = live.context
        if context is None:
            return
        for edge in (context.valid_from, context.valid_to):
            if edge is not None and edge - self.offset > self.now:
                heappush(self._calendar, (edge - self.offset, -1, live.priority, 0, next(self._order), live, 0))

    def _say(self, what: What, uri: str, due: float | None = None, code: int = 0, why: str = "") -> None:
        self._happened.append(Happening(self.now, what, uri, due, code, why))

    # -- signals

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

    def _parts(self) -> list[Part]:
        """All parts, the most urgent first."""
        parts = [part for live in self.lives.values() for part in live.parts]
        return sorted(parts, key=lambda part: (part.live.priority, part.index))

    # -- due times

    def _rewind(self, part: Part) -> None:
        """Begin the due times anew, behind what is settled."""
        time = part.component.time
        if time is None:
            return
        part.beyond = False
        part.dues = time.recurrence.dues(self.local, base_counts=self.rules.base == "first due")
        part.next = None
        self._take(part)
        if not time.recurrence.is_utc:
            while part.next is not None and wall(part.next.due, self.local) <= part.done_wall:
                self._take(part)

    def _take(self, part: Part) -> None:
        """On to the next due time that is not settled and within validity."""
        context, time = part.live.context, part.component.time
        if context is None or time is None:
            return
        before = part.next.at if part.next is not None else -NEVER
        part.next = None
        begins = context.valid_from if context.valid_from is not None else -NEVER
        for due in part.dues:
            if context.valid_to is not None and due >= context.valid_to:
                part.beyond = True
                return
            if due <= part.done or due < begins:
                continue
            spread = int(self.draw(part.component.uri, due) * (time.jitter + 1)) if time.jitter else 0
            at = max(due + spread, before)
            if context.valid_to is None or at < context.valid_to:
                part.next = Due(due, at)
            else:
                part.beyond = True
            return

    def _settle(self, part: Part, due: float | None) -> None:
        """``due`` ran, or never will: it does not come again."""
        if due is None or due <= part.done:
            return
        part.done = due
        time = part.component.time
        if time is not None and not time.recurrence.is_utc:
            part.done_wall = max(part.done_wall, wall(due, self.local))

    def _missed_dues(self, part: Part) -> list[float]:
        """Due times that the device's clock has gone past; they are taken."""
        missed: list[float] = []
        while part.next is not None and part.next.at < self.clock:
            missed.append(part.next.due)
            self._take(part)
        return missed

    def _again(self, part: Part) -> bool:
        """Whether the part can be due once more."""
        if part.next is not None or part.postponed or part.beyond:
            return True
        return bool(part.component.traps or part.component.thresholds) and not part.takes_turns

    def _is_valid(self, part: Part) -> bool:
        context = part.live.context
        if context is None:
            return False
        begins, ends = context.valid_from, context.valid_to
        return (begins is None or self.clock >= begins) and (ends is None or self.clock < ends)

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

    def _expire(self, live: Live) -> None:
        said = False
        for part in live.parts:
            if part.state in (State.EXPIRED, State.FAILED):
                continue
            idle = part.state in (State.FINISHED, State.INACTIVE)
            cut = part.run or part.cut
            if not idle and (cut is not None or part.postponed):
                due = cut.due if cut is not None else part.postponed[0].due
                self._say(What.CANCELLED, part.component.uri, due, Code.EXPIRED, "its time is over")
                self._report(part, Code.EXPIRED)
            self._rest(part)
            self._move(part, Move.EXPIRE)
            said = True
        if said:
            self._say(What.EXPIRED, live.uri)

    # -- states

    def _move(self, part: Part, move: Move) -> None:
        before, part.state = part.state, step(part.state, move)
        self._dirty[part.live.uri] = part.live
        if part.state is State.ACTIVE and before is not State.ACTIVE and before is not State.REPORTING:
            for watch in part.watches:  # what happened meanwhile was not seen
                watch.at, watch.last = watch.beat(self.now, strictly=False), None
        self._enter(part)

    def _rest(self, part: Part) -> None:
        """Forget what was under way."""
        part.run = part.cut = None
        part.postponed = []
        part.latched = set()
        part.missed_trap = part.fires = False

    def _overall(self, live: Live) -> State:
        if live.failed:
            return State.FAILED
        return overall([part.state for part in live.parts]) if live.parts else State.ABSENT

    def _start(self, live: Live) -> None:
        """The parts whose turn it is become active; those with a later turn rest."""
        context = live.context
        assert context is not None
        if context.valid_to is not None and self.clock >= context.valid_to:
            self._expire(live)
            return
        startable = [part for part in live.parts if part.state in (State.INSTALLED, State.INACTIVE)]
        orders = [part.component.order for part in startable if part.component.order is not None]
        first = min(orders, default=None)
        waits = context.valid_from is not None and self.clock < context.valid_from
        for part in startable:
            if waits or (part.component.order is not None and part.component.order != first):
                if part.state is State.INSTALLED:
                    self._move(part, Move.REST)
                part.awaits = waits
            else:
                self._arm(part)
        live.fresh = False
        if not waits and startable:
            self._say(What.STARTED, live.uri)

    def _arm(self, part: Part) -> None:
        """One part becomes active: due times from now on, sampling from now on."""
        self._rest(part)
        part.awaits = False
        if part.component.time is not None:
            self._rewind(part)
            while part.next is not None and part.next.due < self.clock:
                self._take(part)
        for watch in part.watches:
            watch.start(self.now, self.rules.first_sample == "counts")
        self._move(part, Move.START)
        if not self._again(part) and not part.takes_turns:
            self._say(What.CANCELLED, part.component.uri, None, Code.EXPIRED, "all its due times lie behind")
            self._report(part, Code.EXPIRED)
            self._move(part, Move.CANCEL_LAST)
            self._succeed(part)
        elif self.is_low and not part.live.insists:
            self._move(part, Move.SUSPEND)

    def _succeed(self, part: Part) -> bool:
        """The next in order becomes active; False when there is none."""
        following = self._successor(part)
        if following is None:
            return False
        self._arm(following)
        self._say(What.STARTED, following.component.uri, why=f"{part.component.name} is over")
        return True

    def _successor(self, part: Part) -> Part | None:
        order = part.component.order
        if order is None:
            return None
        later = [
            other for other in part.live.parts
            if other.component.order is not None and other.component.order > order and other.state is State.INACTIVE
        ]  # fmt: skip
        return min(later, key=lambda other: (other.component.order or 0, other.index), default=None)

    # -- conditions

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

    def _value(self, uri: str) -> Node | None:
        """The node at ``uri`` as a Get would show it now."""
        path = parse(uri).path
        node = self.host.tree.find(path)
        handler = self._live_value(path)
        if node is None or handler is None:
            return node
        call = Call(Verb.GET, uri, Item(uri), self._by, self.now)
        _, outcome = handler(self.host.tree, call)
        return node if outcome.status is None or not outcome.results else replace(node, value=outcome.results[0].text)

    def _live_value(self, path: Path) -> Handler | None:
        handlers = self.host.handlers
        if self._keys[0] != len(handlers):
            self._keys = (len(handlers), {})
        known = self._keys[1]
        if path not in known:
            uri = join(path)
            patterns = (key for key in handlers if key == uri or ("*" in key and _matches(key, uri)))
            known[path] = min(patterns, key=lambda key: "*" in key, default=None)
        key = known[path]
        return handlers.get(key) if key is not None else None

    def _may_read(self, part: Part, uri: str) -> bool:
        """Conditions read with the owner's Get; without it they are never true."""
        if self.rules.rights == "install":
            return True
        return bool(at_time(self.host.policy, self.now)(self.host.tree, part.live.owner, Verb.GET, uri))

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

    def _look(self, now: float, *, strictly: bool) -> None:
        """The tree has changed: sample what is watched at its next beat."""
        if self.host.tree is self._tree:
            return
        self._tree = self.host.tree
        children = self._tree.root.children
        for top, rows in self._watched.items():
            if children.get(top) is self._tops.get(top):
                continue
            self._tops[top] = children.get(top)
            for path, part, watch in rows:
                if part.state is State.ACTIVE and watch.at == NEVER and self._tree.find(path) is not watch.last:
                    watch.at = watch.beat(now, strictly=strictly)
                    self._enter(part)

    def _rewatch(self) -> None:
        """Which nodes are watched."""
        self._watched, self._tops = {}, {}
        self._inward = any(uri.startswith(self.root) for part in self._parts() for uri in _uris(part))
        for part in self._parts():
            for watch in part.watches:
                path = parse(watch.threshold.node).path
                self._watched.setdefault(path[0] if path else "", []).append((path, part, watch))
        self._tree = None

    # -- running

    def _missed(self, part: Part, due: float | None, why: str) -> None:
        """Apply MissedRule, once.  [scheduling sheet §5.1]"""
        context = part.live.context
        assert context is not None
        self._say(What.MISSED, part.component.uri, due, why=why)
        if context.missed is Missed.AT_ONCE:
            self._fire(part, due, late=True)
        elif context.missed is Missed.LATER:
            self._settle(part, due)
            self._put_off(part, Postponed(self.now + context.missed_delay, due, late=True))
        else:
            if not (why == "clock set" and self.rules.skipped_again == "due"):
                self._settle(part, due)
            self._drop(part, due, Code.EXPIRED, What.CANCELLED, why, (Move.CANCEL, Move.CANCEL_LAST))

    def _put_off(self, part: Part, entry: Postponed) -> None:
        part.postponed.append(entry)
        why = f"by {entry.at - self.now:g} s"
        self._say(What.PUT_OFF, part.component.uri, entry.due, Code.RESCHEDULED, why)
        self._note(part, Code.RESCHEDULED)
        self._report(part, Code.RESCHEDULED)
        self._move(part, Move.PUT_OFF)

    def _drop(self, part: Part, due: float | None, code: Code, what: What, why: str, moves: tuple[Move, Move]) -> None:
        """An execution will not take place."""
        self._say(what, part.component.uri, due, code, why)
        self._note(part, code, why)
        self._report(part, code)
        stays = self._again(part) and not (moves[0] is Move.CANCEL and self.rules.missed_cancel == "inactive")
        self._move(part, moves[0] if stays else moves[1])
        if not stays:
            self._rest(part)
            self._succeed(part)

    def _fire(self, part: Part, due: float | None, *, late: bool, asked: bool = False) -> None:
        """The conditions hold: ask the gate and the user, then run."""
        self._settle(part, due)
        closed = self._closed(part)
        if closed:
            self._say(What.SUPPRESSED, part.component.uri, due, why=closed)
            self._held(part, due)
            return
        delay, seconds = (0, 0.0) if asked else self._ask(part)
        if delay is None:
            moves = (Move.REFUSED, Move.REFUSED_LAST)
            self._drop(part, due, Code.CANCELLED, What.DECLINED, "the user", moves)
            return
        if delay > 0:
            self._put_off(part, Postponed(self.now + delay, due, late, asked=True))
            return
        tasks = list(part.component.tasks)
        part.run = Run(due, late, tasks, self.now + seconds, self.now)
        self._move(part, Move.RUN_LATE if late or part.state is State.SUSPENDED else Move.FIRE)
        self._work(part)

    def _held(self, part: Part, due: float | None) -> None:
        """The gate is closed: nothing runs; with the rule "waits" it is asked again at the next beat."""
        if self.rules.gate == "waits":
            part.postponed.append(Postponed(self.now + 60.0, due))
        if part.state is State.SUSPENDED:
            self._move(part, Move.RESUME)
        if not self._again(part) and not part.takes_turns:
            self._move(part, Move.CANCEL_LAST)
            self._rest(part)
            self._succeed(part)
        else:
            self._enter(part)

    def _closed(self, part: Part) -> str:
        """Why it may not run now; empty when it may."""
        if not self._is_valid(part):
            return "outside its validity"
        gate = part.component.gate
        if gate is None:
            return ""
        self._by = part.live.owner
        for uri in gate.nodes:
            if not self._may_read(part, uri):
                return f"{part.live.owner} may not read {uri}"
        return "" if gate.holds(self._value) else "the gate is closed"

    def _ask(self, part: Part) -> tuple[int | None, float]:
        """What the user says: seconds to wait (None: no), and how long that took."""
        component = part.component
        if component.ui is Ui.SILENT:
            return 0, 0.0
        if component.ui is Ui.INFORM:
            self.host.user(work.notice(component))
            return 0, 0.0
        choices = self.rules.postpone if component.ui is Ui.CHOOSE else (0,)
        outcome = self.host.user(work.question(component, choices))
        return work.said_later(outcome, choices if component.ui is Ui.CHOOSE else (0,)), outcome.seconds

    def _work(self, part: Part) -> None:
        """Go on with a run as far as it goes without waiting; what takes no time is over at once."""
        run = part.run
        while run is not None and part.run is run and part.state is State.RUNNING and run.until <= self.now:
            if run.waits:
                run.waits = False
                self._begin(part, run)
            else:
                self._ended(part, run)
        if part.state is State.RUNNING:
            self._enter(part)

    def _begin(self, part: Part, run: Run) -> None:
        """Begin the next task, or all of them inside Atomic."""
        if not run.tasks:
            self._finish(part, run, Move.DONE)
            return
        tasks = run.tasks if part.component.atomic else run.tasks[:1]
        seconds = self._carry_out(part, run, tasks)
        limit = max(task.timeout for task in tasks)
        if limit and seconds > limit:
            run.code, seconds = Code.TIMED_OUT, float(limit)
        run.until = self.now + seconds

    def _carry_out(self, part: Part, run: Run, tasks: list[Task]) -> float:
        """Do ``tasks`` with the owner's rights: what came of it goes into ``run``; the seconds that it takes."""
        owner = part.live.owner
        if self._inward:
            self._write()
        run.code, run.why = Code.OK, ""
        commands = work.commands_of(tasks, part.component.atomic, self.rules.alert_type)
        if isinstance(commands[0], Alert):
            self._post(part, commands[0])
            return 0.0
        policy = open_policy if self.rules.rights == "install" else None
        outcome = self.host.execute(commands, owner, self.now, policy=policy).outcomes[0]
        if outcome.ok:
            run.items.extend(outcome.results)
            return outcome.seconds
        worst = next((inner for inner in outcome.parts if not inner.ok and inner.status not in _UNDONE), outcome)
        status = worst.status.value if worst.status is not None else 0
        run.code = Code.NO_RIGHTS if worst.status == StatusCode.PERMISSION_DENIED else Code.TASK_FAILED
        run.why = worst.why or str(worst)
        run.status = Item(source=tasks[0].target, meta=Meta(format="int", type="text/plain"), data=str(status))
        return outcome.seconds

    def _ended(self, part: Part, run: Run) -> None:
        """The task in hand is over, well or not."""
        tasks = run.tasks if part.component.atomic else run.tasks[:1]
        if run.code is Code.OK:
            run.tasks, run.tries, run.waits = run.tasks[len(tasks) :], 0, True
        elif run.tries < tasks[0].retry:
            run.tries += 1
            run.until, run.waits = self.now + tasks[0].retry_delay, True
        else:
            self._finish(part, run, Move.ERROR)

    def _finish(self, part: Part, run: Run, move: Move) -> None:
        """A run is over: log, report, and what comes next."""
        code = run.code if move is Move.ERROR else Code.OK_LATE if run.late else Code.OK
        self._say(What.FAILED if move is Move.ERROR else What.RAN, part.component.uri, run.due, code, run.why)
        part.run = None
        self._move(part, move)
        found = " ".join(item.text for item in run.items)
        more = [*run.items, *([run.status] if move is Move.ERROR and run.status is not None else [])]
        self._note(part, code, run.why if move is Move.ERROR else found)
        self._report(part, code, more)
        if self._again(part):
            self._move(part, Move.REPORTED)
            busy = self._missed_dues(part)
            trap, part.missed_trap = part.missed_trap, False
            if busy or trap:
                self._missed(part, busy[-1] if busy else None, "still running")
        elif self._successor(part) is not None:
            self._move(part, Move.REPORTED_NEXT)
            self._succeed(part)
        else:
            self._move(part, Move.REPORTED_LAST)
            self._say(What.FINISHED, part.component.uri)

    # -- log and reports

    def _note(self, part: Part, code: Code, data: str = "") -> None:
        """An entry of the log; the oldest goes."""
        live = part.live
        live.entries += 1
        live.log[str(live.entries)] = keep.entry(self.clock, part.component.name, code, data)
        live.log.pop(str(live.entries - self.rules.max_log), None)
        live.log_changed = True
        self._dirty[live.uri] = live

    def _report(self, part: Part, code: Code, more: Sequence[Item] = ()) -> None:
        """Tell the server, unless Gating leaves that out."""
        context = part.live.context
        assert context is not None
        if context.lets_report(code):
            self._say(What.REPORTED, part.component.uri, None, code)
            self._post(part, work.report(context, part.component, code, self.rules.alert_type, self.clock, more))

    def _post(self, part: Part, alert: Alert) -> None:
        """Put an alert into the outbox."""
        context = part.live.context
        assert context is not None
        due = self.now
        if context.when is When.NEXT_SESSION:
            due = NEVER
        elif context.when is When.BATCHED:
            due = self.now + self.rules.batch_seconds
        self._batch = min(self._batch, due)
        self.outbox = [*self.outbox[1 - self.rules.max_outbox :], Report(self.now, context.reports_to, alert, due)]
        if context.when is not When.BATCHED:
            return
        batched = [r for r in self.outbox if self.now < r.due < NEVER and r.server == context.reports_to]
        if len(batched) >= self.rules.batch:
            self.outbox = [r._replace(due=self.now) if r in batched else r for r in self.outbox]

    def callers(self) -> tuple[str, ...]:
        """Servers for which a session is to be opened now."""
        return tuple(dict.fromkeys(r.server for r in self.outbox if r.due <= self.now)) if self.is_on else ()

    def reports(self, server: str) -> tuple[Alert, ...]:
        """Alerts for ``server``, those that could have waited too; they stay until ``reported``."""
        return tuple(r.alert for r in self.outbox if r.server == server)

    def reported(self, alert: Alert) -> None:
        """A server has answered ``alert``."""
        self.outbox = [r for r in self.outbox if r.alert != alert]

    # -- the tree

    def control(self) -> dict[str, Handler]:
        """Handlers of the control nodes.  [scheduling sheet §2 R7]"""
        base = f"{self.root}/*/Operations"
        moves = {"Start": Move.START, "Stop": Move.STOP, "Resume": Move.RESUME}
        return {f"{base}/{name}": self._handler(move) for name, move in moves.items()}

    def _handler(self, move: Move) -> Handler:
        """Exec of a control node: checked here, done when the commands of the message are."""

        def run(tree: Tree, call: Call) -> tuple[Tree, Outcome]:
            uri = call.uri.rpartition("/Operations/")[0]
            why = self._refusal(tree, uri, move, call.by)
            if why is not None:
                return tree, Outcome(why.status, why=why.reason)
            self._wishes.append((uri, move, call.by))
            return tree, Outcome(StatusCode.OK)

        return run

    def _refusal(self, tree: Tree, uri: str, move: Move, by: str) -> CommandFailed | None:
        """Why a control node does nothing now."""
        live = self.lives.get(uri)
        if live is None or live.context is None:
            if move is not Move.START:
                return CommandFailed(StatusCode.COMMAND_FAILED, f"{uri}: is not installed yet", at=uri)
            try:
                self.read(tree, uri, live.owner if live is not None else by)
            except CommandFailed as failure:
                return failure
            return None
        wished = [wish for at, wish, _ in self._wishes if at == uri]
        state = self._overall(live)
        for wish in wished:
            state = TRANSITIONS[state].get(wish, state)
        if move not in TRANSITIONS[state]:
            why = f"{uri}: in state {state.meaning} {move.value!r} is not allowed"
            return CommandFailed(StatusCode.COMMAND_FAILED, why, at=uri)
        return None

    def read(self, tree: Tree, uri: str, owner: str) -> Context:
        """The schedule at ``uri`` as one of ``owner``; CommandFailed says what is wrong with it."""
        return read(
            tree, uri, owner, rules=self.rules, local=self.local, policy=at_time(self.host.policy, self.now),
            tree_rules=self.host.tree_rules, runs=lambda target: self._live_value(parse(target).path) is not None,
        )  # fmt: skip

    def veto(self, before: Tree, after: Tree, command: Command, by: str) -> CommandFailed | None:
        """What the device has against a change by ``command`` of server ``by``, before it is kept.

        A valid schedule stays valid; one that comes at once, as a serialised tree or inside Atomic, must be.  One that
        comes piece by piece is looked at when it is started, or the session ends.
        """
        old, new = before.find(self._path), after.find(self._path)
        if old is new or new is None:
            return None
        for name, node in new.children.items():
            was = old.children.get(name) if old is not None else None
            if keep.same_wish(was, node):
                continue
            uri = join((*self._path, name))
            live = self.lives.get(uri) if was is not None else None
            if live is not None and live.owner != by and self.rules.foreign_change == "refuse":
                return keep.owned_by_other(live, by)
            if live is None and len(new.children) > self.rules.max_contexts:
                why = f"{uri}: {self.rules.max_contexts} schedules are here; this device takes no more"
                return CommandFailed(StatusCode.DEVICE_FULL, why, at=uri)
            if (live is None or live.context is None) and not keep.is_whole(command):
                continue
            try:
                self.read(after, uri, live.owner if live is not None else by)
            except CommandFailed as failure:
                return failure
        return None

    def noticed(self, by: str, now: float) -> None:
        """The tree may have changed, by commands of server ``by``: schedules come, change and go."""
        root = self.host.tree.find(self._path)
        if not self._inside:
            self.now = max(self.now, now)
        if root is not self._seen:
            names = root.children if root is not None else {}
            for uri, gone in list(self.lives.items()):
                if parse(uri).path[-1] not in names:
                    self._forget(gone)
            for name, node in names.items():
                uri = join((*self._path, name))
                known = self.lives.get(uri)
                if known is None or known.seen is not node:
                    self._took(uri, node, known, by)
            self._rewatch()
            self._write()
        wishes, self._wishes = self._wishes, []
        for uri, move, _ in wishes:
            live = self.lives.get(uri)
            if live is not None and live.context is not None:
                self._obey(live, move)
        if not self._inside:
            self._write()
        self._look(now, strictly=self._inside)

    def _took(self, uri: str, node: Node, live: Live | None, by: str) -> None:
        """One schedule is new, or another than before."""
        if live is not None and keep.same_wish(node, live.seen):
            live.seen = node
            return
        owner = live.owner if live is not None else by
        fresh = Live(uri, owner)
        try:
            fresh.context = self.read(self.host.tree, uri, owner)
        except CommandFailed as failure:
            fresh.why, fresh.status = failure.reason, failure.status.value
        self.lives[uri] = fresh
        if fresh.context is None:
            fresh.seen = node
            return
        old = {part.component.name: part for part in live.parts} if live is not None else {}
        if live is not None:
            fresh.log, fresh.entries, fresh.log_changed = live.log, live.entries, True
        for component in fresh.context.components:
            part = Part(component, fresh, len(fresh.parts), watches=[Watch(t) for t in component.thresholds])
            before = old.get(component.name)
            part.state = step(
                before.state if before is not None else State.ABSENT,
                Move.CHANGE if before is not None else Move.INSTALL,
            )
            if before is not None and before.component.time == component.time:
                part.done, part.done_wall = before.done, before.done_wall
            fresh.parts.append(part)
        self._say(What.CHANGED if old else What.INSTALLED, uri)
        self._dirty[uri] = fresh
        self._enter_span(fresh)

    def _forget(self, live: Live) -> None:
        """A schedule was deleted."""
        for part in live.parts:
            part.state = step(part.state, Move.DELETE)
            part.version += 1
        del self.lives[live.uri]
        self._dirty.pop(live.uri, None)
        self._say(What.DELETED, live.uri)

    def _obey(self, live: Live, move: Move) -> None:
        """A control node was executed."""
        if move is Move.START:
            self._start(live)
        elif move is Move.STOP:
            live.fresh = False
            for part in live.parts:
                self._rest(part)
                part.awaits = False
                self._move(part, Move.STOP)
            self._say(What.STOPPED, live.uri)
            self._span(live)
        else:
            live.insists = True
            for part in live.parts:
                self._resume(part, "resumed by hand")
            self._say(What.RESUMED, live.uri)

    def session_over(self, now: float) -> None:
        """A session has ended: what it installed begins, what is not valid has failed."""
        self.catch_up(now)
        for live in list(self.lives.values()):
            if not live.fresh:
                continue
            live.fresh = False
            if live.context is not None:
                self._start(live)
            else:
                live.failed = True
                self._say(What.INVALID, live.uri, None, live.status, live.why)
                self._dirty[live.uri] = live
                alert = work.broken(live.uri, self.rules.alert_type, live.status)
                self.outbox.append(Report(self.now, live.owner, alert, self.now))
        self._until(self.now, included=True)
        self._write()

    def _write(self) -> None:
        """States and logs into the tree."""
        if not self._dirty:
            return
        dirty, self._dirty = self._dirty, {}
        mo_id = MO_ID
        for live in dirty.values():
            path = parse(live.uri).path
            node = self.host.tree.find(path)
            if node is None or self.lives.get(live.uri) is not live:
                continue
            if "Operations" not in node.children or "ServerID" not in node.children or "Log" not in node.children:
                node = keep.filled(node, live, self.now, mo_id)
            live.seen = keep.written(node, live, self.now)
            self.host.tree = self.host.tree.with_node(path, live.seen)
        self._seen = self.host.tree.find(self._path)


def _matches(pattern: str, uri: str) -> bool:
    wanted, segments = pattern.split("/"), uri.split("/")
    return len(wanted) == len(segments) and all(w in ("*", s) for w, s in zip(wanted, segments, strict=True))


def _uris(part: Part) -> list[str]:
    """What a component looks at and works on."""
    component = part.component
    gate = component.gate.nodes if component.gate is not None else ()
    return [*(t.target for t in component.tasks), *(t.node for t in component.thresholds), *gate]
