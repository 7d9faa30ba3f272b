"""What schedules look at: nodes that are sampled, gates, events.  [scheduling sheet §5.2 to §5.4]

Conditions read with the owner's Get; a right that is gone is told and not passed over in silence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from dmkit.mo.sched.calendar import Calendar, Dues
from dmkit.mo.sched.clock import ScheduleClock
from dmkit.mo.sched.memory import NEVER, ComponentMemory, Live, Watch
from dmkit.mo.sched.states import ScheduleState
from dmkit.mo.sched.values import SchedRules
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

__all__ = ["Conditions", "SchedulerHost"]


class SchedulerHost(Protocol):
    """What the scheduler needs of its device."""

    tree: Tree
    """The tree as everybody sees it: what is unwritten is written when somebody looks."""
    stored: Tree
    """The tree as it is kept."""
    unwritten: Callable[[], None] | None
    """Writes what schedules have noted; None: nothing."""
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


class Conditions:
    """Samples, gates and events of all components."""

    def __init__(
        self, host: SchedulerHost, root: str, clock: ScheduleClock, calendar: Calendar, dues: Dues, rules: SchedRules
    ) -> None:
        self.host, self.root, self.clock, self.calendar, self.dues, self.rules = (
            host, root, clock, calendar, dues, rules,
        )  # fmt: skip
        self.tree: Tree | None = None
        """The tree that was looked at last."""
        self._watched: dict[str, dict[int, tuple[Path, ComponentMemory, Watch]]] = {}
        self._rows_of: dict[Live, list[tuple[str, int]]] = {}
        """Where the rows of a schedule stand in there."""
        self._tops: dict[str, Any] = {}
        self._keys: tuple[int, dict[Path, str | None]] = (-1, {})
        """Which handler stands behind a node, as long as there are so many handlers."""
        self._inward: set[str] = set()
        """Schedules that look at, or work on, schedules."""

    @property
    def looks_inward(self) -> bool:
        """Whether states of schedules must stand in the tree before each task."""
        return bool(self._inward)

    # -- what is watched

    def watch(self, live: Live) -> None:
        """A schedule is new, or another: look at what its components look at."""
        self.forget(live)
        if any(uri.startswith(self.root) for part in live.parts for uri in _uris(part)):
            self._inward.add(live.uri)
        for part in live.parts:
            for watch in part.watches:
                path = parse(watch.threshold.node).path
                top = path[0] if path else ""
                self._watched.setdefault(top, {})[id(watch)] = (path, part, watch)
                self._rows_of.setdefault(live, []).append((top, id(watch)))
        self.tree = None
        self._tops.clear()

    def forget(self, live: Live) -> None:
        """A schedule is gone."""
        self._inward.discard(live.uri)
        for top, key in self._rows_of.pop(live, ()):
            rows = self._watched[top]
            del rows[key]
            if not rows:
                del self._watched[top]

    def look(self, *, strictly: bool) -> None:
        """Sample what has changed in the tree at its next beat."""
        if self.host.stored is self.tree:
            return
        self.tree = self.host.stored
        children = self.tree.root.children
        tops = self._tops
        for top, rows in self._watched.items():
            if children.get(top) is tops.get(top, tops):
                continue
            self._tops[top] = children.get(top)
            for path, part, watch in rows.values():
                if part.state is ScheduleState.ACTIVE and watch.at == NEVER and self.tree.find(path) is not watch.last:
                    watch.at = watch.beat(self.clock.now, strictly=strictly)
                    self.calendar.enter(part)

    def written(self, before: Tree, after: Tree) -> None:
        """The tree has new states of schedules and nothing else."""
        if self.tree is before and not self._inward:
            self.tree = after

    def arm(self, part: ComponentMemory) -> None:
        """Sampling begins."""
        for watch in part.watches:
            watch.start(self.clock.now, self.rules.first_sample == "counts")

    def resume(self, part: ComponentMemory, *, booted: bool = False) -> None:
        """Sampling goes on: what happened meanwhile was not seen."""
        for watch in part.watches:
            watch.at, watch.last = watch.beat(self.clock.now, strictly=False), None
            if booted and self.rules.reboot_sample == "ignored":
                watch.forget(self.rules.first_sample == "counts")

    def sample(self, part: ComponentMemory) -> str:
        """Take the samples that are due; what the owner may not read any more is returned, once.

        A threshold that fires runs behind all samples of this moment.
        """
        blind = ""
        for watch in part.watches:
            if watch.at > self.clock.now:
                continue
            uri = watch.threshold.node
            path = parse(uri).path
            node = watch.last = self.host.stored.find(path)
            is_live = self.live_value(path) is not None
            if is_live:
                node = self.value(uri, part.live.owner)
            if node is not None and not node.is_interior:
                if not self.may_read(part, uri):
                    blind = blind or ("" if watch.is_blind else uri)
                    watch.is_blind = True
                    watch.at = watch.beat(self.clock.now, strictly=True)  # a list may change without a new value
                    continue
                watch.is_blind = False
                if watch.sample(node):
                    part.latched.add("threshold")
                    part.fires = self.dues.is_valid(part)
                elif part.component.all_families and watch.met and part.latched:
                    part.fires = self.dues.is_valid(part)
            polled = is_live or self.rules.look == "always"
            watch.at = watch.beat(self.clock.now, strictly=True) if polled else NEVER
        return blind

    def opened(self, part: ComponentMemory, event: str) -> bool:
        """Whether the event opens sampling of the component."""
        hit = [watch for watch in part.watches if watch.threshold.opens == event and not watch.is_open]
        for watch in hit:
            watch.open(self.clock.now, self.rules.first_sample == "counts")
        return bool(hit)

    # -- what is read

    def value(self, uri: str, by: str) -> Node | None:
        """The node at ``uri`` as a Get of ``by`` would show it now."""
        path = parse(uri).path
        node = self.host.stored.find(path)
        handler = self.live_value(path)
        if node is None or handler is None:
            return node
        _, outcome = handler(self.host.stored, Call(Verb.GET, uri, Item(uri), by, self.clock.now))
        return node if outcome.status is None or not outcome.results else replace(node, value=outcome.results[0].text)

    def live_value(self, path: Path) -> Handler | None:
        """The handler behind a node."""
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

    def may_read(self, part: ComponentMemory, uri: str) -> bool:
        """Conditions read with the owner's Get."""
        if self.rules.rights == "install":
            return True
        return bool(at_time(self.host.policy, self.clock.now)(self.host.stored, part.live.owner, Verb.GET, uri))

    def unreadable(self, part: ComponentMemory) -> str:
        """The first node of the gate that the owner may not read."""
        gate = part.component.gate
        nodes = gate.nodes if gate is not None else ()
        return next((uri for uri in nodes if not self.may_read(part, uri)), "")

    def is_open(self, part: ComponentMemory) -> bool:
        """Whether the gate holds."""
        gate = part.component.gate
        return gate is None or gate.holds(lambda uri: self.value(uri, part.live.owner))

    def all_true(self, part: ComponentMemory) -> bool:
        """Whether every family of conditions has come true, where all must (Logic 1)."""
        component = part.component
        if not component.all_families or len(component.families) < 2:
            return True
        true = set(part.latched)
        if component.thresholds:
            true.discard("threshold")
            if any(watch.met for watch in part.watches):
                true.add("threshold")
        return true >= set(component.families)


def _matches(pattern: str, uri: str) -> bool:
    wanted, segments = pattern.split("/"), uri.split("/")
    return len(wanted) == len(segments) and all(w in ("*", s) for w, s in zip(wanted, segments, strict=True))


def _uris(part: ComponentMemory) -> list[str]:
    """What a component looks at and works on."""
    component = part.component
    gate = component.gate.nodes if component.gate is not None else ()
    return [*(t.target for t in component.tasks), *(t.node for t in component.thresholds), *gate]
