"""What a scheduler has before it: its schedules, a calendar, the tree of its device, and what it watches there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import tzinfo
from heapq import heappop, heappush
from itertools import count
from typing import Final, Protocol

from dmkit.mo.sched import tree_form as keep
from dmkit.mo.sched.events import Happening, Report, What
from dmkit.mo.sched.memory import NEVER, Draw, Live, Part, Watch, drawn
from dmkit.mo.sched.states import Move, State, overall, step
from dmkit.mo.sched.time import UTC
from dmkit.mo.sched.values import MO_ID, SchedRules
from dmkit.tree.context import Call, Handler
from dmkit.tree.execute import Execution
from dmkit.tree.node import Node, Path
from dmkit.tree.policy import Policy, at_time
from dmkit.tree.rules import TreeRules
from dmkit.tree.tree import Tree
from dmkit.tree.uri import join, parse
from dmkit.words.codes import Verb
from dmkit.words.model import Alert, Command, Item
from dmkit.words.outcome import Outcome

__all__ = ["Board", "Host"]

_SAMPLES: Final = 0
_RUNS: Final = 1


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


class Board:
    """State that all parts of a scheduler share; nothing here decides.

    ``outbox`` holds reports that no server has answered yet.
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

    def _parts(self) -> list[Part]:
        """All parts, the most urgent first."""
        parts = [part for live in self.lives.values() for part in live.parts]
        return sorted(parts, key=lambda part: (part.live.priority, part.index))

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
