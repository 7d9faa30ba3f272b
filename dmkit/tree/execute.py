"""The commands of one message on the tree: order, containers, questions to the user, and what stops what.

[DMPRO §10.2, DMREPPRO §6.6.3, §6.6.14]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec
from msgspec.structs import replace as changed

from dmkit.tree.apply import VERBS, carry_out
from dmkit.tree.context import PLAIN_RULES, Context, Guard, Handler, failed
from dmkit.tree.node import Node
from dmkit.tree.policy import Policy, at_time, oma_acl
from dmkit.tree.rules import TreeRules
from dmkit.words.arguments import gave
from dmkit.words.codes import StatusCode, Verb
from dmkit.words.errors import CommandFailed
from dmkit.words.model import (
    Add,
    Alert,
    Atomic,
    Command,
    Copy,
    Delete,
    Exec,
    Get,
    Item,
    Meta,
    Replace,
    Sequence,
    Unknown,
)
from dmkit.words.outcome import Outcome
from dmkit.words.structs import like_a_dataclass

if TYPE_CHECKING:
    from dmkit.tree.tree import Tree

__all__ = ["Execution", "Veto", "execute"]

Veto: TypeAlias = "Callable[[Tree, Tree, Command], CommandFailed | None]"
"""What the device has against a command that has changed the tree, given the tree before and after."""

_ON_NODES: Final = frozenset({Add, Copy, Delete, Exec, Get, Replace})
_ALONE: Final = frozenset({Add, Copy, Delete, Get, Replace})
_STOPS: Final = frozenset({StatusCode.CANCELLED, StatusCode.REQUEST_TIMEOUT})


@like_a_dataclass
class Execution(msgspec.Struct, frozen=True):
    """The tree afterwards, and an outcome for each command.

    ``stopped``: the user cancelled, or did not react; ``interrupted``: the device wanted to stop before a command,
    whose outcome and those after it have no status.
    """

    tree: Tree
    outcomes: tuple[Outcome, ...]
    stopped: bool = False
    interrupted: bool = False


def execute(
    tree: Tree,
    commands: tuple[Command, ...],
    *,
    by: str,
    now: float = 0.0,
    policy: Policy = oma_acl,
    handlers: Mapping[str, Handler] | None = None,
    ask: Callable[[Alert], Outcome] | None = None,
    interrupt: Callable[[Command], bool] | None = None,
    too_large: Callable[[Item, Meta | None], bool] | None = None,
    guard: Guard | None = None,
    undoable: Callable[[Command], bool] | None = None,
    opens: Callable[[Item, Meta | None], Item | str] | None = None,
    veto: Veto | None = None,
    rules: TreeRules | None = None,
) -> Execution:
    """Carry out ``commands`` of server ``by`` in order.

    ``too_large`` says of an Item, given its Meta or its command's, that it is above MaxObjSize (413).

    ``ask`` puts a question (Alert 1100 to 1104) to the user; without it each is answered 406.  ``interrupt`` is
    asked before each command outside containers, ``guard`` before each change is kept, ``undoable`` when an Atomic
    is taken back: a command it says no to stays, 516.  ``opens`` turns a sealed Item of Add or Replace into a plain
    one, or says why not (500).  ``veto`` is asked about each command that has changed the tree, about an Atomic as a
    whole; its failure takes the command back.
    """
    policy, handlers, rules = at_time(policy, now), handlers or {}, rules or PLAIN_RULES
    if len(commands) == 1 and commands[0].__class__ in _ALONE and interrupt is too_large is opens is veto is None:
        command: Any = commands[0]
        if len(command.items) == 1:  # as in almost every message
            context = Context(by, now, policy, handlers, rules, None, command.meta, guard)
            tree, outcome = carry_out(tree, command.verb, command.items[0], context)
            return Execution(tree, (changed(outcome, command=command),))
    context = Context(by, now, policy, handlers, rules, guard=guard)
    run = _Run(tree, context, ask, too_large, undoable, opens, veto)
    outcomes: list[Outcome] = []
    interrupted = False
    for command in commands:
        interrupted = interrupted or (interrupt is not None and interrupt(command))
        outcomes.append(Outcome(None, command=command) if interrupted else run.do(command))
    return Execution(run.tree, tuple(outcomes), run.stopped, interrupted)


def _skipped(command: Command, status: StatusCode = StatusCode.NOT_EXECUTED, inside: str = "215") -> Outcome:
    """``command`` is not executed; what it contains gets 215, or its own ``status`` where ``inside`` says "same"."""
    parts: tuple[Outcome, ...] = ()
    if isinstance(command, Atomic | Sequence):
        below = status if inside == "same" else StatusCode.NOT_EXECUTED
        parts = tuple(_skipped(inner, below) for inner in command.commands)
    return Outcome(status, command=command, parts=parts)


class _Run:
    """One message being carried out."""

    def __init__(
        self,
        tree: Tree,
        context: Context,
        ask: Callable[[Alert], Outcome] | None,
        too_large: Callable[[Item, Meta | None], bool] | None,
        undoable: Callable[[Command], bool] | None,
        opens: Callable[[Item, Meta | None], Item | str] | None,
        veto: Veto | None = None,
    ) -> None:
        self.tree = tree
        self.context = context
        self.ask = ask
        self.too_large = too_large
        self.undoable = undoable
        self.opens = opens
        self.veto = veto
        self.in_atomic = False
        self.stopped = False

    def do(self, command: Command) -> Outcome:
        """Carry out one command, with all that is inside it."""
        before = self.tree
        outcome = self._do(command)
        if self.veto is None or self.in_atomic or self.tree is before or isinstance(command, Sequence):
            return outcome
        failure = self.veto(before, self.tree, command)
        if failure is None:
            return outcome
        self.tree = before
        items: tuple[Item, ...] = getattr(command, "items", ())
        if len(items) > 1 and isinstance(command, Add | Replace | Delete):  # each Item on its own, so each is judged
            return self._together(command, tuple(self.do(changed(command, items=(item,))) for item in items))
        if not isinstance(command, Atomic):
            return replace(failed(failure, self.context), command=command)
        parts = [self._undone(part) for part in outcome.parts]
        parts[-1] = replace(failed(failure, self.context), command=parts[-1].command)
        return _container(StatusCode.ATOMIC_FAILED, command, parts)

    def _do(self, command: Command) -> Outcome:
        if self.stopped:
            return _skipped(command)
        if command.__class__ in _ON_NODES:  # as almost all are
            return self._items(command)
        if isinstance(command, Atomic):
            outside, self.in_atomic = self.in_atomic, True
            outcome = self._atomic(command)
            self.in_atomic = outside
            return outcome
        if isinstance(command, Sequence):
            return self._sequence(command)
        if isinstance(command, Alert):
            return self._question(command)
        if isinstance(command, Unknown):
            why = f"{command.name[:40]} is no command of DM here"
            return Outcome(self.context.rules.answer_to_unknown, command=command, why=why)
        if command.verb not in VERBS:
            return Outcome(StatusCode.NOT_ALLOWED, command=command, why="not a command for a device")
        return self._items(command)

    def _items(self, command: Command) -> Outcome:
        """Each Item on its own; a failed one does not stop the next."""
        kept = self.context.rules.correlator
        correlator = command.correlator if isinstance(command, Exec) and kept else None
        context, meta = self.context, getattr(command, "meta", None)
        if correlator is not context.correlator or meta is not context.meta:
            context = changed(context, correlator=correlator, meta=meta)
        items: tuple[Item, ...] = getattr(command, "items", ())
        if len(items) == 1:
            return changed(self._one(command.verb, items[0], context), command=command)
        if not items or (isinstance(command, Exec) and context.rules.exec_items == "one"):
            return Outcome(StatusCode.BAD_REQUEST, command=command, why="wrong number of Items")
        return self._together(command, tuple(self._one(command.verb, item, context) for item in items))

    @staticmethod
    def _together(command: Command, parts: tuple[Outcome, ...]) -> Outcome:
        """The outcome of a command of several Items: that of the first that failed, with all as its parts."""
        parts = tuple(changed(part, command=None) if part.command is not None else part for part in parts)
        worst = next((part for part in parts if not part.ok), parts[0])
        return Outcome(
            worst.status,
            tuple(item for part in parts for item in part.results),
            command=command,
            parts=parts,
            later=tuple(later for part in parts for later in part.later),
            seconds=sum(part.seconds for part in parts),
        )

    def _one(self, verb: Verb, item: Item, context: Context) -> Outcome:
        if self.too_large is not None and self.too_large(item, item.meta or context.meta):
            return Outcome(StatusCode.TOO_LARGE, why=f"{item.target}: larger than the MaxObjSize announced")
        if self.opens is not None and verb in (Verb.ADD, Verb.REPLACE):
            opened = self.opens(item, context.meta)
            if isinstance(opened, str):
                return Outcome(StatusCode.COMMAND_FAILED, why=opened)
            item = opened
        self.tree, outcome = carry_out(self.tree, verb, item, context)
        return outcome

    def _question(self, alert: Alert) -> Outcome:
        if not alert.code.asks_user or self.ask is None:
            return Outcome(StatusCode.NOT_SUPPORTED, command=alert, why="this device asks nobody")
        from dmkit.words.question import Question

        question = Question.of(alert)
        if len(alert.items) < question.items_needed:
            why = f"{alert.code!r} has at least {question.items_needed} Items"
            return Outcome(StatusCode.INCOMPLETE, command=alert, why=why)
        answered = gave("the user", self.ask(alert), Outcome, "an Outcome, such as Outcome(StatusCode.OK)")
        outcome = replace(question.timed(answered, self.context.rules.timeout), command=alert)
        if outcome.status in _STOPS:
            self.stopped = True
        return outcome

    def _sequence(self, sequence: Sequence) -> Outcome:
        """In order; the user's No, or a failure where the rules say so, ends it, and it was 200 all the same."""
        rules = self.context.rules
        if not rules.sequence:
            return _skipped(sequence, StatusCode.NOT_SUPPORTED, rules.inside_refused)
        parts: list[Outcome] = []
        broken = False
        for command in sequence.commands:
            if broken or self.stopped:
                parts.append(_skipped(command))
                continue
            refused = isinstance(command, Atomic | Sequence) and rules.nested_in_sequence == "500"
            nothing = _skipped(command, StatusCode.COMMAND_FAILED, rules.inside_refused)
            outcome = nothing if refused else self.do(command)
            parts.append(outcome)
            declined = outcome.status == StatusCode.NOT_MODIFIED
            broken = declined or (rules.sequence_stops and not outcome.ok)
        return _container(StatusCode.OK, sequence, parts)

    def _atomic(self, atomic: Atomic) -> Outcome:
        """All or nothing: the tree from before is the way back.  [DMREPPRO §6.6.3]"""
        rules = self.context.rules
        if rules.atomic == "unsupported":
            return _skipped(atomic, StatusCode.NOT_SUPPORTED, rules.inside_refused)
        if rules.atomic == "unsupported, one status":
            return Outcome(StatusCode.NOT_SUPPORTED, command=atomic)
        before = self.tree
        parts: list[Outcome] = []
        failed = rules.look_before and any(self._forbidden(command) for command in atomic.commands)
        hopeless = failed
        for command in atomic.commands:
            if self._forbidden(command) and (hopeless or not failed):
                parts.append(_skipped(command, StatusCode.COMMAND_FAILED, rules.inside_refused))
                failed = True
            elif failed or self.stopped:
                parts.append(_skipped(command))
            elif isinstance(command, Atomic):
                # one real client: the inner one is refused, and everything is executed all the same
                done = [self.do(inner) for inner in command.commands]
                parts.append(_container(StatusCode.COMMAND_FAILED, command, done))
            else:
                outcome = self.do(command)
                parts.append(outcome)
                failed = rules.atomic == "all or nothing" and _fails(outcome)
        if rules.atomic == "best effort" or not (failed or self.stopped):
            return _container(StatusCode.OK, atomic, parts)
        failed_tree, self.tree = self.tree, before
        parts = [self._undone(part) for part in parts]
        if not rules.rollback_versions:
            self.tree = replace(self.tree, root=_versions(self.tree.root, failed_tree.root))
        return _container(StatusCode.ATOMIC_FAILED, atomic, parts)

    def _forbidden(self, command: Command) -> bool:
        rules = self.context.rules
        if isinstance(command, Exec):
            return not rules.exec_in_atomic
        if isinstance(command, Sequence):
            return not rules.sequence_in_atomic
        return isinstance(command, Get) or (isinstance(command, Atomic) and rules.nested_atomic == "refuse")

    def _undone(self, part: Outcome) -> Outcome:
        """What became of a command of an Atomic that was taken back.

        By value there is nothing to undo; what cannot be undone is done once more, in its old order.
        """
        command = part.command
        if isinstance(command, Atomic | Sequence):
            parts = tuple(self._undone(inner) for inner in part.parts)
            return replace(part, status=StatusCode.ROLLED_BACK if part.ok else part.status, parts=parts)
        if part.parts:
            parts = tuple(replace(_back(inner), command=None) for inner in part.parts)
            worst = next((inner for inner in part.parts if not inner.ok), None)
            status = StatusCode.ROLLED_BACK if worst is None else part.status
            return Outcome(status, command=command, parts=parts, why=part.why)
        if part.ok and command is not None and self.undoable is not None and not self.undoable(command):
            self._items(command)
            return Outcome(StatusCode.ROLLBACK_FAILED, command=command, why="it cannot be undone")
        return _back(part)


def _fails(outcome: Outcome) -> bool:
    """Whether it, or in a Sequence anything inside, is an error: then an Atomic around it was not done as a whole."""
    if isinstance(outcome.command, Sequence) and outcome.ok:
        return any(part.status is not None and part.status.is_error and _fails(part) for part in outcome.parts)
    return not outcome.ok


def _back(part: Outcome) -> Outcome:
    return Outcome(StatusCode.ROLLED_BACK, command=part.command, why="undone") if part.ok else part


def _versions(node: Node, later: Node) -> Node:
    """``node`` with the TStamp and VerNo that it has had in ``later``: a device that does not take them back."""
    children = {
        name: _versions(child, later.children[name]) if name in later.children else child
        for name, child in node.children.items()
    }
    return replace(node, tstamp=later.tstamp, verno=later.verno, children=MappingProxyType(children))


def _container(status: StatusCode, command: Command, parts: list[Outcome]) -> Outcome:
    return Outcome(
        status,
        command=command,
        parts=tuple(parts),
        later=tuple(x for p in parts for x in p.later),
        seconds=sum(part.seconds for part in parts),
    )
