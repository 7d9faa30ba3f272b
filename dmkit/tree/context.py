"""What a command on the tree depends on besides the tree, and the checks that all commands share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from dmkit.tree.children import alike as alike_names
from dmkit.tree.describe import ANYTHING
from dmkit.tree.node import Node, Path
from dmkit.tree.policy import Decision, Policy, oma_acl
from dmkit.tree.refusals import Refusal, refuse
from dmkit.tree.rules import TreeRules, VersionCause
from dmkit.tree.uri import Uri, check_limits, join, parse
from dmkit.words.arguments import gave, gave_wrong
from dmkit.words.codes import StatusCode, Verb
from dmkit.words.errors import CommandFailed
from dmkit.words.model import Item, Meta
from dmkit.words.outcome import Outcome
from dmkit.words.structs import like_a_dataclass

if TYPE_CHECKING:
    from dmkit.tree.tree import Tree

__all__ = [
    "PLAIN_RULES",
    "Call",
    "Context",
    "Guard",
    "Handler",
    "access",
    "alike",
    "behave",
    "decide",
    "demand",
    "existing",
    "failed",
    "resolve",
    "target",
    "touch",
    "touch_children",
]


@like_a_dataclass
class Call(msgspec.Struct, frozen=True):
    """What a handler is told: the command, its Item, who sent it, and when."""

    verb: Verb
    uri: str
    item: Item
    by: str
    now: float
    correlator: str | None = None


Handler: TypeAlias = "Callable[[Tree, Call], tuple[Tree, Outcome]]"
"""Behaviour behind a node: what Exec does, a live value for Get (results; a status None means the stored value), where
the Inbox puts what is added to it, or what follows a change (``Context.handler``; a status None means: well)."""

Guard: TypeAlias = "Callable[[Tree, Tree, Call], Refusal | None]"
"""What the device itself says before a change is kept, given the tree before and after: nothing, or why not."""


_NO_HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType({})
PLAIN_RULES: Final = TreeRules()


@like_a_dataclass
class Context(msgspec.Struct, frozen=True):
    """Everything a command depends on besides the tree."""

    by: str
    now: float = 0.0
    policy: Policy = oma_acl
    handlers: Mapping[str, Handler] = _NO_HANDLERS
    rules: TreeRules = PLAIN_RULES
    correlator: str | None = None
    meta: Meta | None = None
    guard: Guard | None = None

    def handler(self, path: Path, change: Verb | None = None) -> Handler | None:
        """The handler of a node; keys may have ``*`` for one segment.

        One that follows a ``change`` is found under the verb, a blank and the URI: ``Replace ./FUMO/Update/PkgData``.
        """
        uri = join(path) if change is None else f"{change.value} {join(path)}"
        found = self.handlers.get(uri)
        if found is not None or not self.handlers:
            return found
        segments = uri.split("/")
        for key, handler in self.handlers.items():
            if "*" not in key or (key[0] != uri[0] and key[0] != "*"):
                continue
            pattern = _pattern(key)
            if len(pattern) == len(segments) and all(p in ("*", s) for p, s in zip(pattern, segments, strict=True)):
                return handler
        return None


@lru_cache(maxsize=1024)
def _pattern(key: str) -> tuple[str, ...]:
    """The segments of a key that has ``*`` for one of them; none for any other."""
    segments = tuple(key.split("/"))
    return segments if "*" in segments else ()


def failed(failure: CommandFailed, context: Context, says: tuple[Item, ...] = ()) -> Outcome:
    """The outcome of a failure: its own status, or the one that the rules give to its reason."""
    status = context.rules.status.get(failure.kind, failure.status)
    return Outcome(status if status.__class__ is StatusCode else StatusCode(status), (), says, why=failure.reason)


def target(tree: Tree, text: str | None, context: Context) -> Uri:
    """The address in ``text``, with the spelling that the tree has; CommandFailed 400 or 414."""
    if not text:
        raise refuse(Refusal.NO_TARGET, ".")
    rules = context.rules
    uri = parse(text, decode=rules.decode_escapes, leading_slash=rules.leading_slash, strict=rules.strict_characters)
    if not rules.slash_in_names and "%" in text and any("/" in name for name in uri.path):
        raise refuse(Refusal.MALFORMED, text, "a name has no slash")
    check_limits(text, uri, rules.limits)
    path = resolve(tree, uri.path, rules)
    return uri if path == uri.path else Uri(path, uri.prop, uri.list)


def resolve(tree: Tree, path: Path, rules: TreeRules) -> Path:
    """``path`` with names as the tree spells them, where names that differ in case only are one.  [DMTND §5]"""
    if rules.case_sensitive and tree.describe is ANYTHING:
        return path
    if tree.find(path) is not None:
        return path
    node = tree.root
    real: Path = ()
    for depth, name in enumerate(path):
        below = node.children.get(name)
        if below is None:
            spelled = alike(tree, real, name, rules)
            if spelled is None:
                return real + path[depth:]
            name, below = spelled, node.children[spelled]
        node, real = below, (*real, name)
    return real


def alike(tree: Tree, parent: Path, name: str, rules: TreeRules, apart: str | None = None) -> str | None:
    """The child of ``parent``, other than ``apart``, whose name is ``name``, or the same but for case where that
    does not count; None when there is none."""
    node = tree.find(parent)
    if node is None:
        return None
    if name != apart and name in node.children:
        return name
    if rules.case_sensitive and tree.describe is ANYTHING:
        return None
    cases: Callable[[Path], frozenset[bool | None]] | None = getattr(tree.describe, "cases", None)
    if cases is not None and all(rules.case_sensitive if case is None else case for case in cases(parent)):
        return None
    for other in alike_names(node.children, name):
        if other != apart:
            sensitive = tree.describe(join((*parent, other))).case_sensitive
            if not (rules.case_sensitive if sensitive is None else sensitive):
                return other
    return None


def existing(tree: Tree, uri: Uri) -> Node:
    """The node at ``uri``; CommandFailed 404 when there is none."""
    node = tree.find(uri.path)
    if node is None:
        raise refuse(Refusal.MISSING, uri, "no such node")
    return node


def behave(handler: Handler, tree: Tree, call: Call) -> tuple[Tree, Outcome]:
    """What the handler of a node makes of a call; ConfigError when that is no tree with an Outcome."""
    made = handler(tree, call)
    if made.__class__ is tuple and len(made) == 2 and isinstance(made[0], type(tree)) and isinstance(made[1], Outcome):
        return made
    gave_wrong(f"the handler of {call.uri}", made, "a tree and an Outcome, such as (tree, Outcome(StatusCode.OK))")


def decide(tree: Tree, context: Context, verb: Verb, uri: str) -> Decision:
    """What the policy says; ConfigError when that is no Decision: whatever else is true would let everybody in."""
    decision = context.policy(tree, context.by, verb, uri)
    if decision.__class__ is not Decision:
        gave("the policy", decision, Decision, "a Decision, such as Decision(False, uri, why)")
    return decision


def demand(tree: Tree, context: Context, verb: Verb, path: Path, *, at: Path | None = None) -> None:
    """CommandFailed 425 unless the policy lets the server do ``verb`` at ``path``; ``at`` is what then failed."""
    decision = decide(tree, context, verb, join(path))
    if not decision.allowed:
        where = join(path if at is None else at)
        failure = refuse(Refusal.RIGHTS, where)
        raise CommandFailed(failure.status, f"{verb.value} {where}: {decision.explain()}", at=where, kind=failure.kind)


def access(tree: Tree, verb: Verb, path: Path, context: Context) -> None:
    """CommandFailed 405 unless AccessType of the node lists ``verb``.  [DMTND §6.2.5]"""
    if tree.describe(join(path)).takes(verb):
        return
    failure = refuse(Refusal.ACCESS_TYPE, join(path), f"its AccessType has no {verb.value}")
    if verb is Verb.GET:
        failure.status = StatusCode(int(context.rules.get_refused))
    raise failure


def touch(node: Node, what: VersionCause, context: Context) -> Node:
    """``node`` after a modification, where the rules count modifications of this kind."""
    return node.touched(context.now) if what in context.rules.counted else node


def touch_children(tree: Tree, parent: Path, context: Context) -> Tree:
    """The tree after a child was added to ``parent``, or taken away."""
    node = tree.find(parent)
    if node is None or "children" not in context.rules.counted:
        return tree
    return tree.with_node(parent, node.touched(context.now))
