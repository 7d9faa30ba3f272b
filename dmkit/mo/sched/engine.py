"""The scheduler of a device: schedules in its tree, and what becomes of them while time goes by.

It has no clock and no dice.  Whoever holds the device says what time it is and what the device notices; the scheduler
says when it next has something to do, and tells what happened.  [scheduling sheet §2 to §6]

    while (due := scheduler.next_due()) is not None and due <= until:
        happened += scheduler.advance(due)

Times are seconds since 1970.  The world's clock never jumps; the device's clock is ``offset`` ahead of it.
"""

from __future__ import annotations

from typing import Any

from dmkit.mo.sched import commands as work
from dmkit.mo.sched import tree_form as keep
from dmkit.mo.sched.board import Host
from dmkit.mo.sched.events import Report, What
from dmkit.mo.sched.memory import Live, Part, Watch
from dmkit.mo.sched.moments import Moments
from dmkit.mo.sched.read import read
from dmkit.mo.sched.states import TRANSITIONS, Move, State, step
from dmkit.mo.sched.values import Context
from dmkit.tree.context import Call, Handler
from dmkit.tree.node import Node
from dmkit.tree.policy import at_time
from dmkit.tree.tree import Tree
from dmkit.tree.uri import join, parse
from dmkit.words.codes import StatusCode
from dmkit.words.errors import CommandFailed
from dmkit.words.model import Command
from dmkit.words.outcome import Outcome

__all__ = ["Host", "Scheduler"]


class Scheduler(Moments):
    """Keeps the schedules below ``root`` of its ``host``.

    ``local`` is the device's zone, ``draw`` the chance of Jitter.  ``outbox`` holds reports that no server has answered
    yet.
    """

    @property
    def wishes(self) -> tuple[Any, ...]:
        """What control nodes were told since the last change was noticed: schedule, move, by whom."""
        return tuple(self._wishes)

    @wishes.setter
    def wishes(self, wishes: tuple[Any, ...]) -> None:
        self._wishes = list(wishes)

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
