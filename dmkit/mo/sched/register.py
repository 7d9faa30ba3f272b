"""Schedules in the tree: they come, change and go by commands, and their states are written there.

Only the owner changes a schedule: tasks run with its rights.  What a task changes goes on at once, what a session
changes begins when it ends.  [scheduling sheet §2 R1 to R3, §4]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dmkit.mo.sched import commands as work
from dmkit.mo.sched import tree_form as form
from dmkit.mo.sched.calendar import Calendar, Dues
from dmkit.mo.sched.clock import ScheduleClock, ScheduleJournal
from dmkit.mo.sched.conditions import Conditions, SchedulerHost
from dmkit.mo.sched.events import ScheduleReport, What
from dmkit.mo.sched.execution import ScheduleExecution
from dmkit.mo.sched.judged import Judged
from dmkit.mo.sched.memory import ComponentMemory, Live, Watch
from dmkit.mo.sched.reports import Reports
from dmkit.mo.sched.states import ComponentMove, ScheduleState, overall, step
from dmkit.mo.sched.turns import Turns
from dmkit.mo.sched.values import MO_ID, Component, SchedRules, ScheduleContext
from dmkit.tree.node import Node
from dmkit.tree.policy import at_time
from dmkit.tree.rewriting import same_children
from dmkit.tree.tree import Tree
from dmkit.tree.uri import join, parse
from dmkit.words.codes import StatusCode
from dmkit.words.errors import CommandFailed
from dmkit.words.model import Command

__all__ = ["Register"]

_LIVELY = (ScheduleState.ACTIVE, ScheduleState.RUNNING, ScheduleState.SUSPENDED)
Reader = Callable[[Tree, str, str], ScheduleContext]


class Register:
    """The schedules of a device by URI."""

    def __init__(
        self, host: SchedulerHost, root: str, clock: ScheduleClock, journal: ScheduleJournal, calendar: Calendar,
        dues: Dues,
        conditions: Conditions, reports: Reports, turns: Turns, rules: SchedRules, *, read: Reader,
    ) -> None:  # fmt: skip
        self.host, self.root, self.clock, self.journal, self.calendar = host, root, clock, journal, calendar
        self.dues, self.conditions, self.reports, self.turns, self.rules = dues, conditions, reports, turns, rules
        self.read = read
        self.execution: ScheduleExecution
        self.path = parse(root).path
        self.lives: dict[str, Live] = {}
        self.leaving: list[Live] = []
        """Deleted by a task of their own, which still runs."""
        self.fresh: dict[str, Live] = {}
        self.count = 0
        self.accounts: frozenset[str] | None = None
        self._accounts_list: Any = None
        self._seen: Node | None = None
        self._latest: Node | None = None
        self._touched: set[str] = set()
        self._all = True
        """What changed is not known by name."""
        self._dirty: dict[str, Live] = {}
        self._late: dict[str, Live] = {}
        """Schedules whose states are noted and not yet in the tree."""
        self._flushed: dict[str, tuple[Node, Node]] = {}
        """What was written last, by name: the schedule before and after."""
        self._judged: dict[str, Judged] = {}
        """Schedules that were read before a change was kept, until it is noticed."""

    def parts(self) -> list[ComponentMemory]:
        """All parts, the most urgent first."""
        found = [part for live in self.lives.values() for part in live.parts]
        return sorted(found, key=lambda part: (part.live.priority, part.live.number, part.index))

    def overall(self, live: Live) -> ScheduleState:
        """State of a schedule."""
        if live.failed:
            return ScheduleState.FAILED
        return overall([part.state for part in live.parts]) if live.parts else ScheduleState.ABSENT

    def dirty(self, part: ComponentMemory) -> None:
        """The state of a component is another than the tree has."""
        if not part.live.gone:
            self._dirty[part.live.uri] = part.live

    # -- before a change is kept

    def veto(self, before: Tree, after: Tree, command: Command, by: str) -> CommandFailed | None:
        """What the device has against a change by ``command`` of server ``by``, before it is kept.

        A valid schedule stays valid; one that comes at once, as a serialised tree or inside Atomic, must be.  One that
        comes piece by piece is looked at when it is started, or the session ends.
        """
        old, new = before.find(self.path), after.find(self.path)
        if old is new or new is None:
            return None
        was = old.children if old is not None else {}
        by_name = form.touched(command, self.path) if old is self._latest else None
        whole = by_name is None
        names = set(form.changed(was, new.children)) if by_name is None else by_name
        for name in names:
            why = self._objection(after, was, new.children, name, command, by, renames=whole)
            if why is not None:
                return why
        self._all = self._all or whole
        self._touched.update(names)
        self._latest = new
        return None

    def _objection(
        self,
        after: Tree,
        was: Mapping[str, Node],
        now: Mapping[str, Node],
        name: str,
        command: Command,
        by: str,
        *,
        renames: bool,
    ) -> CommandFailed | None:
        old, node = was.get(name), now.get(name)
        uri = join((*self.path, name))
        live = self.lives.get(uri) if old is not None else None
        if node is None:
            if live is not None and live.owner != by and self.rules.foreign_delete == "refuse":
                return form.owned_by_other(live, by)
            return None
        if old is not None and form.same_wish(old, node):
            return None
        if old is None and renames:
            source = next((n for n, other in was.items() if n not in now and same_children(other, node)), None)
            live = self.lives.get(join((*self.path, source))) if source is not None else None
            if live is not None and live.owner == by:
                return None  # renamed by its owner
        if live is not None and live.owner != by and self.rules.foreign_change == "refuse":
            return form.owned_by_other(live, by)
        if live is None and len(now) > self.rules.max_contexts:
            why = f"{uri}: {self.rules.max_contexts} schedules are here; this device takes no more"
            return CommandFailed(StatusCode.DEVICE_FULL, why, at=uri)
        if (live is None or live.context is None) and not form.is_whole(command):
            return None
        owner = live.owner if live is not None else by
        try:
            self._judged[uri] = Judged(node, owner, after, self.clock.local, self.read(after, uri, owner))
        except CommandFailed as failure:
            return failure
        return None

    def _context(self, uri: str, node: Node, owner: str) -> ScheduleContext:
        """The schedule as it stands in the tree; as it was judged by ``veto``, where nothing that counts has changed.

        A policy that depends on the time is asked again.
        """
        judged, policy = self._judged.pop(uri, None), self.host.policy
        same = judged is not None and judged.holds(node, owner, self.host.stored, self.clock.local, self.path)
        if judged is not None and same and at_time(policy, self.clock.now) is policy:
            return judged.context
        return self.read(self.host.stored, uri, owner)

    def place(self, nodes: Mapping[str, Node], by: str) -> None:
        """Put schedules of server ``by`` into the tree by name, as a command would, all or none of them.

        CommandFailed says what is wrong with the first that cannot be.
        """
        before = self.host.tree
        root = before.find(self.path)
        if root is None:
            raise CommandFailed(StatusCode.NOT_FOUND, f"{self.root}: no such node", at=self.root)
        there = next((name for name in nodes if name in root.children), None)
        if there is not None:
            uri = join((*self.path, there))
            raise CommandFailed(StatusCode.ALREADY_EXISTS, f"{uri}: the node exists", at=uri)
        if len(root.children) + len(nodes) > self.rules.max_contexts:
            why = f"{self.root}: this device takes {self.rules.max_contexts} schedules"
            raise CommandFailed(StatusCode.DEVICE_FULL, why, at=self.root)
        after = before.with_node(self.path, form.with_children(root, nodes))
        judged = {}
        for name, node in nodes.items():
            uri = join((*self.path, name))
            judged[uri] = Judged(node, by, after, self.clock.local, self.read(after, uri, by))
        self._judged.update(judged)
        self.host.tree = after
        if root is self._latest:
            self._touched.update(nodes)
            self._latest = after.find(self.path)

    # -- after it

    def noticed(self, by: str, *, inside: bool) -> bool:
        """The tree may have changed by commands of server ``by``; ``inside``: by those of a task.  True when it has."""
        root = self.host.stored.find(self.path)
        if root is self._seen:
            self._judged.clear()
            return False
        children = root.children if root is not None else {}
        names: Iterable[str] = self._touched
        if self._all or root is not self._latest:
            known = {parse(uri).path[-1] for uri in self.lives}
            names = [*children, *(known - set(children))]
        added = []
        gone = []
        for name in names:
            uri = join((*self.path, name))
            live, node = self.lives.get(uri), children.get(name)
            if node is None:
                if live is not None:
                    gone.append(live)
            elif live is None or live.seen is not node:
                added.append((uri, node, live))
        for uri, node, live in added:
            if live is None:
                renamed = next((g for g in gone if g.seen is not None and same_children(g.seen, node)), None)
                if renamed is not None:
                    gone.remove(renamed)
                    self._rename(renamed, uri, node)
                    continue
            self._took(uri, node, live, by, inside)
        for live in gone:
            self._forget(live, inside)
        self._touched, self._all, self._latest, self._seen = set(), False, root, root
        self._judged.clear()
        return True

    def _took(self, uri: str, node: Node, live: Live | None, by: str, inside: bool) -> None:
        """One schedule is new, or another than before."""
        if live is not None and live.context is not None and form.same_wish(node, live.seen):
            if form.server_id(node) != live.owner:
                self._dirty[uri] = live
            live.seen = node
            return
        owner = live.owner if live is not None else by
        try:
            context, why, status = self._context(uri, node, owner), "", 200
        except CommandFailed as failure:
            context, why, status = None, failure.reason, failure.status.value
        if live is None:
            self.count += 1
            live = self.lives[uri] = Live(uri, owner, self.count, by_task=inside)
            self.fresh[uri] = live
        live.seen, live.why, live.status = node, why, status
        if context is None:
            live.context = None
            live.fresh = True
            self.fresh[uri] = live
            return
        first = not live.parts
        self._adopt(live, context, inside)
        live.failed = False
        self.journal.say(What.INSTALLED if first else What.CHANGED, uri)
        self._dirty[uri] = live
        self.conditions.watch(live)
        self.calendar.enter_span(live, at_once=inside)

    def _adopt(self, live: Live, context: ScheduleContext, inside: bool) -> None:
        """Take what the schedule now says.  A task's change goes on at once; a session's begins when it is over."""
        old = {part.component.name: part for part in live.parts}
        lively = any(part.state in _LIVELY for part in live.parts)
        goes_on = inside and bool(old) and not live.fresh
        names = {component.name for component in context.components}
        for part in live.parts:
            if part.component.name not in names:
                self.turns.cut_short(part, "its component is gone")
                self.calendar.drop(part)
        before, live.context = live.context, context
        respan = before is None or (before.valid_from, before.valid_to) != (context.valid_from, context.valid_to)
        live.parts = []
        for component in context.components:
            part = old.get(component.name) or ComponentMemory(component, live, len(live.parts), ScheduleState.ABSENT)
            part.index = len(live.parts)
            live.parts.append(part)
            self._renew(part, component, goes_on, respan)
        if goes_on:
            for part in live.parts:
                if part.state is ScheduleState.INSTALLED and lively:
                    self.turns.arm(part)
        else:
            live.by_task = inside if not live.fresh or not old else live.by_task
            live.fresh = True
            self.fresh[live.uri] = live

    def _renew(self, part: ComponentMemory, component: Component, inside: bool, respan: bool) -> None:
        """A component is another; ``inside``: a task changed it; ``respan``: its validity is another too."""
        before, part.component = part.component, component
        part.watches = [Watch(t) for t in component.thresholds]
        if part.state is ScheduleState.ABSENT:
            part.state = step(part.state, ComponentMove.INSTALL)
            return
        if not inside:
            self.turns.cut_short(part, "changed")
            part.over = False
            part.state = step(part.state, ComponentMove.CHANGE)
            self.calendar.enter(part)
            return
        if (respan or before.time != component.time) and part.state in _LIVELY:
            self.dues.point(part, self.dues.here(part))
        if part.state is ScheduleState.ACTIVE:
            self.conditions.arm(part)
        self.calendar.enter(part)

    def _rename(self, live: Live, uri: str, node: Node) -> None:
        """Its owner gave it another name: it goes on."""
        self.conditions.forget(live)
        self.lives.pop(live.uri, None)
        self._dirty.pop(live.uri, None)
        self.fresh.pop(live.uri, None)
        old, live.uri, live.seen = live.uri, uri, node
        self.lives[uri] = live
        if live.fresh:
            self.fresh[uri] = live
        if live.context is not None:
            live.context = self.read(self.host.tree, uri, live.owner)
            for part, component in zip(live.parts, live.context.components, strict=True):
                part.component = component
        self.conditions.watch(live)
        self._dirty[uri] = live
        self.journal.say(What.CHANGED, uri, why=f"was {old}")

    def _forget(self, live: Live, inside: bool) -> None:
        """A schedule was deleted; a run that deletes its own schedule goes on to its end."""
        stays = inside and any(part.state is ScheduleState.RUNNING for part in live.parts)
        for part in live.parts:
            if stays and part.state is ScheduleState.RUNNING:
                continue
            self.turns.cut_short(part, "deleted")
            part.state = step(part.state, ComponentMove.DELETE)
            self.calendar.drop(part)
        self.conditions.forget(live)
        live.gone = True
        if stays:
            self.leaving.append(live)
        self.lives.pop(live.uri, None)
        self.fresh.pop(live.uri, None)
        self._dirty.pop(live.uri, None)
        self.journal.say(What.DELETED, live.uri)

    def begin(self, *, by_task: bool | None = None) -> None:
        """What was installed or changed begins; what is not valid has failed."""
        waiting = [live for live in self.fresh.values() if by_task is None or live.by_task is by_task]
        for live in waiting:
            self.fresh.pop(live.uri, None)
            if live.gone or not live.fresh:
                continue
            live.fresh = live.by_task = False
            if live.context is not None:
                self.turns.start(live)
            else:
                live.failed = True
                self.journal.say(What.INVALID, live.uri, None, live.status, live.why)
                self._dirty[live.uri] = live
                alert = work.broken(live.uri, self.rules.alert_type, live.status)
                self.reports.put(ScheduleReport(self.clock.now, live.owner, alert, self.clock.now), live.uri)

    # -- accounts

    def check_accounts(self) -> None:
        """A server whose account is gone has left its schedules behind.  [rule ``orphan``]"""
        rows = getattr(self.host, "accounts", None)
        if rows is None or rows is self._accounts_list:
            return
        self._accounts_list = rows
        now = frozenset(account.server_id for account in rows)
        before, self.accounts = self.accounts, now
        if before is None or before == now or self.rules.orphan == "run":
            return
        for server in sorted(before - now):
            for live in [live for live in self.lives.values() if live.owner == server]:
                self.journal.say(What.ORPHANED, live.uri, why=f"{server} has no account any more")
                if self.rules.orphan == "delete":
                    self.host.tree = self.host.tree.without(parse(live.uri).path)
                else:
                    self.turns.hold(live, "account gone")
            self.reports.drop(server, self.root)
        for server in now - before:
            self.reports.gone.discard(server)
            for live in self.lives.values():
                if live.owner == server and any(part.held == "account gone" for part in live.parts):
                    self.turns.release(live, "account back")

    # -- into the tree

    def write(self) -> None:
        """Note states and logs: they stand in the tree when somebody looks, at once where schedules look themselves."""
        if not self._dirty:
            return
        dirty, self._dirty = self._dirty, {}
        root = self.host.stored.find(self.path)
        if root is None:
            return
        at_once = self.conditions.looks_inward or self.rules.counters
        now, below = self.clock.now, root.children
        for live in dirty.values():
            node = below.get(parse(live.uri).path[-1])
            if node is None or self.lives.get(live.uri) is not live:
                continue
            state = self.overall(live)
            self.reports.state(live, state)
            if node is not live.whole:
                form.recall(node, live)
                at_once = True
            if form.note(live, state, now) or node is not live.whole or self.rules.counters:
                self._late[live.uri] = live
        if at_once:
            self.flush()
        elif self._late:
            self.host.unwritten = self.flush

    def flush(self) -> None:
        """What was noted goes into the tree, all of it at once."""
        self.host.unwritten = None
        if not self._late:
            return
        late, self._late = self._late, {}
        tree = self.host.stored
        root = tree.find(self.path)
        if root is None:
            return
        changed, self._flushed = {}, {}
        now = self.clock.now
        for live in late.values():
            name = parse(live.uri).path[-1]
            old = root.children.get(name)
            if old is None or self.lives.get(live.uri) is not live:
                continue
            fresh, state = "" if old is live.whole else MO_ID, self.overall(live)
            live.seen = live.whole = changed[name] = form.written(
                old, live, state, now, mo_id=fresh, counters=self.rules.counters
            )
            self._flushed[name] = (old, changed[name])
        self._put(tree, root, changed)

    def _put(self, tree: Tree, root: Node, changed: Mapping[str, Node]) -> None:
        if len(changed) == 1:
            [(name, node)] = changed.items()
            self.host.stored = tree.with_node((*self.path, name), node)
        elif changed:
            self.host.stored = tree.with_node(self.path, form.with_children(root, changed))
        after = self.host.stored.find(self.path)
        self._latest = after if self._latest is root else self._latest
        self._seen = after if self._seen is root else self._seen
        self.conditions.written(tree, self.host.stored)

    def write_again(self) -> None:
        """What was written last, into a tree that was made from an earlier one."""
        tree = self.host.stored
        root = tree.find(self.path)
        if root is not None:
            pairs = self._flushed.items()
            self._put(tree, root, {name: new for name, (old, new) in pairs if root.children.get(name) is old})

    def restart(self) -> None:
        """What is known of the tree may not be so any more: look at all of it next time."""
        self._seen = self.host.stored.find(self.path)
        self._latest, self._touched, self._all = self._seen, set(), False
        self._accounts_list = None
        self._dirty.clear()
        self._late.clear()
        self.host.unwritten = None
        for live in self.lives.values():
            if self._seen is not None:
                live.seen = self._seen.children.get(parse(live.uri).path[-1])
                if live.seen is not None:
                    form.recall(live.seen, live)
