"""One command on one node: a function per verb, in a table.

Checks stand in the order of tree sheet §5; a check that fails raises CommandFailed with the status to send.
[DMTND §6, §7; DMREPPRO §6.6]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeAlias

from dmkit.codes import StatusCode, Verb
from dmkit.errors import CommandFailed
from dmkit.model import Item, Meta
from dmkit.outcome import Outcome
from dmkit.tree.acl import owner_acl
from dmkit.tree.node import Node, Path, Tree
from dmkit.tree.policy import Policy, oma_acl
from dmkit.tree.uri import Limits, Uri, check_limits, join, parse
from dmkit.tree.values import TEXT_PLAIN, node_of, result_item

__all__ = ["VERBS", "Call", "Context", "Handler", "TreeRules", "demand"]

_OK: Final = Outcome(StatusCode.OK)


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeRules:
    """Choices about commands on the tree; ``Rules.tree`` of a session."""

    atomic: Literal["all or nothing", "best effort", "unsupported"] = "all or nothing"
    """What Atomic means; the second is what one real client does.  [DMREPPRO §6.6.3]"""
    look_before: bool = True
    """Refuse an Atomic with forbidden content before anything is executed.  UNSURE [syncml sheet §7.0]"""
    sequence_stops: bool = False
    """An ordinary failure ends a Sequence, the rest 215; else only the user's No does.  UNSURE [DMREPPRO §6.6.14]"""
    implicit_add: bool = True
    """Add makes missing parents.  Optional [DMREPPRO §6.6.1]"""
    copy: bool = True
    """Copy is supported.  Optional [DMREPPRO §6.6.4]"""
    copy_creates: bool = False
    """Copy makes a target that is not there.  UNSURE [DMREPPRO §6.6.4]"""
    exec_in_atomic: bool = False
    """Exec is allowed inside Atomic.  UNSURE [DMREPPRO §6.6.3]"""
    exec_items: Literal["one", "many"] = "one"
    """Items of an Exec: one as the DTD has it (more are 400), or "at least one".  CONFLICT [DMREPPRO §6.6.6]"""
    nested_in_sequence: Literal["execute", "500"] = "execute"
    """Atomic or Sequence inside Sequence: RepPro's DTD allows it, DM's list has neither.  UNSURE [DMREPPRO §6.6.14]"""
    inside_refused: Literal["215", "same"] = "215"
    """Status of the commands of a container refused as such (nested: 500; Atomic not supported: 406): not executed, or
    the container's own.  UNSURE [syncml sheet §7.0]"""
    bool_digits: bool = False
    """1 and 0 are values of format bool beside true and false.  UNSURE [DMTND §9.4.2.11]"""
    get_refused: Literal["405", "406"] = "405"
    """Answer to a Get that the AccessType does not list.  CONFLICT [DMREPPRO §6.6.7; DMTND §7.5]"""
    timeout: Literal["408", "default response"] = "408"
    """What the silence of a user means behind MAXDT; both end in 215 for the rest only with 408.
    CONFLICT [DMPRO §10.3.2, §10.3.3]"""
    limits: Limits = field(default_factory=Limits)
    """Limits of addresses, as DevDetail/URI announces them."""
    max_value: int | None = None
    """Largest value in octets that the device stores; larger is 413."""
    max_title: int = 255
    """Largest Title in octets.  [DMTND §7.7.5]"""


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler is told: the command, its Item, who sent it, and when."""

    verb: Verb
    uri: str
    item: Item
    by: str
    now: float
    correlator: str | None = None


Handler: TypeAlias = Callable[[Tree, Call], tuple[Tree, Outcome]]
"""Behaviour behind a node: what Exec does, or a live value for Get (results; a status None means the stored value)."""


@dataclass(frozen=True, slots=True)
class Context:
    """Everything a command depends on besides the tree."""

    by: str
    now: float = 0.0
    policy: Policy = oma_acl
    handlers: Mapping[str, Handler] = field(default_factory=dict)
    rules: TreeRules = field(default_factory=TreeRules)
    correlator: str | None = None
    meta: Meta | None = None

    def handler(self, path: Path) -> Handler | None:
        """The handler of a node; keys may have ``*`` for one segment."""
        uri = join(path)
        found = self.handlers.get(uri)
        if found is not None or not self.handlers:
            return found
        segments = uri.split("/")
        for key, handler in self.handlers.items():
            pattern = key.split("/")
            if (
                "*" in pattern
                and len(pattern) == len(segments)
                and all(p in ("*", s) for p, s in zip(pattern, segments, strict=True))
            ):
                return handler
        return None


def demand(tree: Tree, context: Context, verb: Verb, path: Path) -> None:
    """CommandFailed 425 unless the policy lets the server do ``verb`` at ``path``."""
    decision = context.policy(tree, context.by, verb, join(path))
    if not decision:
        why = f"{verb.value} {join(path)}: {decision.explain()}"
        raise CommandFailed(StatusCode.PERMISSION_DENIED, why, at=join(path))


def _fail(status: StatusCode, uri: object, why: str) -> CommandFailed:
    return CommandFailed(status, f"{uri}: {why}", at=str(uri))


def _takes(tree: Tree, verb: Verb, path: Path, status: StatusCode = StatusCode.NOT_ALLOWED) -> None:
    if not tree.describe(join(path)).takes(verb):
        raise _fail(status, join(path), f"its AccessType has no {verb.value}")


def _target(item: Item, context: Context) -> Uri:
    if not item.target:
        raise CommandFailed(StatusCode.BAD_REQUEST, "the Item has no Target")
    uri = parse(item.target)
    check_limits(item.target, uri, context.rules.limits)
    return uri


def _existing(tree: Tree, uri: Uri) -> Node:
    node = tree.find(uri.path)
    if node is None:
        raise _fail(StatusCode.NOT_FOUND, uri, "no such node")
    return node


def _touch_parent(tree: Tree, path: Path, now: float) -> Tree:
    parent = tree.find(path[:-1])
    return tree if parent is None else tree.with_node(path[:-1], parent.touched(now))


def _add(tree: Tree, item: Item, context: Context) -> tuple[Tree, Outcome]:
    uri = _target(item, context)
    if uri.prop or uri.list:
        raise _fail(StatusCode.NOT_ALLOWED, uri, "properties cannot be added")
    if tree.find(uri.path) is not None:
        raise _fail(StatusCode.ALREADY_EXISTS, uri, "the node exists")
    depth = next(d for d in range(len(uri.path) - 1, -1, -1) if tree.find(uri.path[:d]) is not None)
    nearest = tree.find(uri.path[:depth])
    assert nearest is not None
    if not nearest.is_interior:
        raise _fail(StatusCode.NOT_ALLOWED, uri, f"{join(uri.path[:depth])} is a leaf")
    if depth < len(uri.path) - 1 and not context.rules.implicit_add:
        raise _fail(StatusCode.NOT_FOUND, uri, "its parent does not exist")
    for d in range(depth + 1, len(uri.path) + 1):
        described = tree.describe(join(uri.path[:d]))
        if described.permanent or not described.takes(Verb.ADD):
            raise _fail(StatusCode.NOT_ALLOWED, join(uri.path[:d]), "the description does not let servers add it")
    demand(tree, context, Verb.ADD, uri.path[:depth])
    described_by_item = node_of(str(uri), item, context.meta, digits=context.rules.bool_digits)
    new = replace(_checked(uri, described_by_item, context), tstamp=context.now)
    for d in range(depth + 1, len(uri.path)):
        tree = _create(tree, uri.path[:d], replace(Node.interior(), tstamp=context.now), context)
    tree = _create(tree, uri.path, new, context)
    return _touch_parent(tree, uri.path[: depth + 1], context.now), _OK


def _create(tree: Tree, path: Path, node: Node, context: Context) -> Tree:
    """Put a new node; an interior one whose creator has no Replace on the parent gets a list of its own.  [§7.7.1.3]"""
    if node.is_interior and not context.policy(tree, context.by, Verb.REPLACE, join(path[:-1])):
        node = replace(node, acl=owner_acl(context.by))
    return tree.with_node(path, node)


def _checked(uri: Uri, node: Node, context: Context) -> Node:
    limit = context.rules.max_value
    if limit is not None and node.size > limit:
        raise _fail(StatusCode.TOO_LARGE, uri, f"{node.size} octets; this device stores {limit}")
    return node


def _replace(tree: Tree, item: Item, context: Context) -> tuple[Tree, Outcome]:
    from dmkit.tree.properties import replace_property

    uri = _target(item, context)
    node = _existing(tree, uri)
    if uri.list:
        raise _fail(StatusCode.NOT_ALLOWED, uri, "a listing cannot be replaced")
    if uri.prop:
        return replace_property(tree, uri, node, item.text, context), _OK
    if node.is_interior:
        raise _fail(StatusCode.NOT_ALLOWED, uri, "an interior node has no value")
    _takes(tree, Verb.REPLACE, uri.path)
    new = node_of(str(uri), item, context.meta, node, digits=context.rules.bool_digits)
    if new.is_interior:
        raise _fail(StatusCode.UNSUPPORTED_TYPE, uri, "a leaf cannot become an interior node")
    if tree.describe(join(uri.path)).permanent and (new.format, new.type) != (node.format, node.type):
        raise _fail(StatusCode.NOT_ALLOWED, uri, "the node is permanent; only its value may change")
    demand(tree, context, Verb.REPLACE, uri.path)
    new = replace(node, value=_checked(uri, new, context).value, format=new.format, type=new.type)
    return tree.with_node(uri.path, new.touched(context.now)), _OK


def _delete(tree: Tree, item: Item, context: Context) -> tuple[Tree, Outcome]:
    uri = _target(item, context)
    _existing(tree, uri)
    if uri.prop or uri.list:
        raise _fail(StatusCode.NOT_ALLOWED, uri, "properties cannot be deleted")
    if not uri.path:
        raise _fail(StatusCode.NOT_ALLOWED, uri, "the root cannot be deleted")
    fixed = next((below for below, _ in tree.walk(join(uri.path)) if tree.describe(below).permanent), None)
    if fixed is not None:
        raise _fail(StatusCode.NOT_ALLOWED, uri, f"{fixed} is permanent")
    _takes(tree, Verb.DELETE, uri.path)
    demand(tree, context, Verb.DELETE, uri.path)
    return _touch_parent(tree.without(uri.path), uri.path, context.now), _OK


def _get(tree: Tree, item: Item, context: Context) -> tuple[Tree, Outcome]:
    from dmkit.tree.properties import get_property, listing

    uri = _target(item, context)
    if uri.path[:1] == ("Inbox",):
        raise _fail(StatusCode.NOT_ALLOWED, uri, "the Inbox cannot be read")
    node = _existing(tree, uri)
    source = (item.target or "").partition("?")[0]
    if uri.prop:
        value = get_property(uri, node)
        demand(tree, context, Verb.GET, uri.path)
        return tree, Outcome(StatusCode.OK, (Item(source=item.target, data=value),))
    _takes(tree, Verb.GET, uri.path, StatusCode(int(context.rules.get_refused)))
    if uri.list:
        items = listing(tree, uri, context)
        return tree, Outcome(StatusCode.OK, items)
    demand(tree, context, Verb.GET, uri.path)
    handler = context.handler(uri.path)
    if handler is not None:
        tree, live = handler(tree, Call(Verb.GET, join(uri.path), item, context.by, context.now))
        if live.status is not None:
            return tree, live
    return tree, Outcome(StatusCode.OK, (result_item(source, node),))


def _exec(tree: Tree, item: Item, context: Context) -> tuple[Tree, Outcome]:
    uri = _target(item, context)
    _existing(tree, uri)
    if uri.prop or uri.list:
        raise _fail(StatusCode.NOT_ALLOWED, uri, "a property cannot be executed")
    _takes(tree, Verb.EXEC, uri.path)
    handler = context.handler(uri.path)
    if handler is None:
        raise _fail(StatusCode.NOT_ALLOWED, uri, "there is nothing to execute")
    demand(tree, context, Verb.EXEC, uri.path)
    return handler(tree, Call(Verb.EXEC, join(uri.path), item, context.by, context.now, context.correlator))


def _copy(tree: Tree, item: Item, context: Context) -> tuple[Tree, Outcome]:
    if not context.rules.copy:
        raise CommandFailed(StatusCode.NOT_SUPPORTED, "this device has no Copy")
    target = _target(item, context)
    source = _target(Item(target=item.source), context)
    original = _existing(tree, source)
    present = tree.find(target.path)
    if original.is_interior or (present is not None and present.is_interior) or target.prop or source.prop:
        raise _fail(StatusCode.NOT_ALLOWED, target, "Copy takes a leaf to a leaf")
    if present is None and not context.rules.copy_creates:
        raise _fail(StatusCode.NOT_FOUND, target, "Copy overwrites a leaf that is there")
    _takes(tree, Verb.GET, source.path)
    demand(tree, context, Verb.GET, source.path)
    if present is None:
        meta = Meta(format=original.format, type=original.type or TEXT_PLAIN)
        return _add(tree, Item(target=item.target, meta=meta, data=original.value), context)
    _takes(tree, Verb.REPLACE, target.path)
    demand(tree, context, Verb.REPLACE, target.path)
    alike = (original.format, original.type) == (present.format, present.type)
    if not alike and tree.describe(join(target.path)).permanent:
        why = f"its format is {present.format}, that of the source {original.format}"
        raise _fail(StatusCode.FORBIDDEN, target, why)
    copy = replace(present, value=original.value, format=original.format, type=original.type)
    return tree.with_node(target.path, copy.touched(context.now)), _OK


VERBS: Final[Mapping[Verb, Callable[[Tree, Item, Context], tuple[Tree, Outcome]]]] = {
    Verb.ADD: _add,
    Verb.COPY: _copy,
    Verb.DELETE: _delete,
    Verb.EXEC: _exec,
    Verb.GET: _get,
    Verb.REPLACE: _replace,
}
"""Command -> the function that carries out one Item of it."""
