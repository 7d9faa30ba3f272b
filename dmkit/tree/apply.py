"""One command on one node: a function per verb, in a table.

Checks stand in the order of tree sheet §5; a check that fails raises CommandFailed with the reason, and by it the
status to send.  [DMTND §6, §7; DMREPPRO §6.6]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dmkit.tree.context import (
    Call,
    Context,
    Guard,
    Handler,
    access,
    behave,
    demand,
    existing,
    failed,
    target,
    touch,
    touch_children,
)
from dmkit.tree.create import add_node, check_value, fits
from dmkit.tree.listing import listing
from dmkit.tree.node import Node, Path
from dmkit.tree.properties import check_property, get_property, replace_property
from dmkit.tree.refusals import Refusal, refuse
from dmkit.tree.rewriting import with_value
from dmkit.tree.rules import TreeRules
from dmkit.tree.uri import Uri, join, parse
from dmkit.tree.values import TNDS_TYPES, format_and_type, is_tnds, node_of, result_item
from dmkit.words.codes import Format, StatusCode, Verb
from dmkit.words.errors import CommandFailed
from dmkit.words.model import Item
from dmkit.words.outcome import Outcome

if TYPE_CHECKING:
    from dmkit.tree.tree import Tree

__all__ = ["VERBS", "Call", "Context", "Guard", "Handler", "TreeRules", "carry_out", "demand"]

_OK: Final = Outcome(StatusCode.OK)
_ADD: Final = Verb.ADD
_REPLACE: Final = Verb.REPLACE
_CHANGING: Final = frozenset({Verb.ADD, Verb.COPY, Verb.DELETE, Verb.REPLACE})


def carry_out(tree: Tree, verb: Verb, item: Item, context: Context) -> tuple[Tree, Outcome]:
    """Carry out one Item: the new tree and the outcome; a refused one leaves the tree as it was.

    The URI that failed goes into the Status when it is not the target: a parent that Add could not make.
    """
    try:
        after, outcome = VERBS[verb](tree, item, context)
        if context.handlers and verb in _CHANGING and after is not tree:
            after, outcome = _followed(tree, after, verb, item, outcome, context)
        if context.guard is not None and verb in _CHANGING and after is not tree:
            call = Call(verb, join(target(tree, item.target, context).path), item, context.by, context.now)
            reason = context.guard(tree, after, call)
            if reason is not None:
                raise refuse(reason, call.uri)
    except CommandFailed as failure:
        return tree, failed(failure, context, _says(verb, item, failure))
    return after, outcome


def _followed(
    before: Tree, tree: Tree, verb: Verb, item: Item, outcome: Outcome, context: Context
) -> tuple[Tree, Outcome]:
    """What the behaviour behind the node makes of the change; it may refuse it, and the tree is as it was."""
    start = f"{verb._value_} "
    for key in context.handlers:
        if key.startswith(start) or key[:1] == "*":
            break
    else:
        return tree, outcome
    path = target(before, item.target, context).path
    handler = context.handler(path, verb)
    if handler is None:
        return tree, outcome
    call = Call(verb, join(path), item, context.by, context.now, context.correlator)
    after, value = behave(handler, tree, call)
    if value.status is not None and not value.status.is_ok:
        return before, value
    return after, replace(outcome, later=outcome.later + value.later, seconds=outcome.seconds + value.seconds)


def _says(verb: Verb, item: Item, failure: CommandFailed) -> tuple[Item, ...]:
    """The Item of the Status that names a parent which could not be made.  [DMREPPRO §6.6.1]"""
    sent = item.target or ""
    whole = sent if sent.startswith("./") else f"./{sent}"
    if verb is not _ADD or failure.at in ("", ".") or not whole.startswith(f"{failure.at}/"):
        return ()
    return (Item(target=failure.at if sent.startswith("./") else failure.at.removeprefix("./")),)


def _no_query(tree: Tree, uri: Uri, node: Node | None, context: Context) -> None:
    """CommandFailed 406 or 405 for a command that is addressed to a property or a listing."""
    if uri.prop:
        check_property(uri, node, context, tree)
        raise refuse(Refusal.ON_PROPERTY, uri)
    if uri.list:
        raise refuse(Refusal.ON_LISTING, uri)


def _add(tree: Tree, item: Item, context: Context) -> tuple[Tree, Outcome]:
    uri = target(tree, item.target, context)
    if uri.prop or uri.list:
        raise refuse(Refusal.ON_PROPERTY, uri, "properties cannot be added")
    if is_tnds(item, context.meta):
        from dmkit.tree.tnds_apply import add_document

        return add_document(tree, uri, item, context)
    if context.rules.rights_first and uri.path:
        demand(tree, context, Verb.ADD, _nearest(tree, uri.path[:-1]), at=uri.path)
    if tree.find(uri.path) is not None:
        raise refuse(Refusal.EXISTS if uri.path else Refusal.ROOT_EXISTS, uri, "the node exists")
    described = tree.describe(join(uri.path))
    return add_node(tree, uri.path, lambda: node_of(str(uri), item, context, described), context)


def _nearest(tree: Tree, path: Path) -> Path:
    return next(path[:depth] for depth in range(len(path), -1, -1) if tree.find(path[:depth]) is not None)


def _replace(tree: Tree, item: Item, context: Context) -> tuple[Tree, Outcome]:
    uri = target(tree, item.target, context)
    if context.rules.replace_adds and uri.path and not (uri.prop or uri.list) and tree.find(uri.path) is None:
        return _add(tree, item, context)
    node = existing(tree, uri)
    if uri.list:
        raise refuse(Refusal.ON_LISTING, uri, "a listing cannot be replaced")
    if uri.prop:
        return replace_property(tree, uri, node, item.text, context), _OK
    format, mime = format_and_type(item, context.meta)
    if mime is not None and mime.strip().lower() in TNDS_TYPES:
        from dmkit.tree.tnds_apply import replace_document

        return replace_document(tree, uri, node, item, context)
    if node.is_interior:
        raise refuse(Refusal.INTERIOR_VALUE, uri)
    if context.rules.rights_first:
        demand(tree, context, Verb.REPLACE, uri.path)
    here = join(uri.path)
    described = tree.describe(here)
    if described.access is not None:
        access(tree, Verb.REPLACE, uri.path, context)
    if described.permanent and _changes_kind(node, format, mime):
        raise refuse(Refusal.FIXED, uri, "the node is permanent; only its value may change")
    demand(tree, context, _REPLACE, uri.path)
    if format is not None and format.strip().lower() == Format.NODE:
        raise refuse(Refusal.LEAF_TO_INTERIOR, uri)
    if mime is None and len(described.types) > 1 and context.rules.need_type:
        raise refuse(Refusal.TYPE_NEEDED, uri, f"one of {', '.join(described.types)} must be said as Type")
    new = node_of(here, item, context, described, node)
    check_value(here, new, described, context)
    return tree.with_node(uri.path, touch(with_value(node, new), "value", context)), _OK


def _changes_kind(node: Node, format: str | None, mime: str | None) -> bool:
    if mime is not None and mime.strip().lower() != node.type.lower():
        return True
    if format is None or format.strip().lower() == node.format:
        return False
    return not (node.format == Format.BIN and format.strip().lower() == Format.B64.value)


def _delete(tree: Tree, item: Item, context: Context) -> tuple[Tree, Outcome]:
    uri = target(tree, item.target, context)
    node = existing(tree, uri)
    _no_query(tree, uri, node, context)
    if context.rules.rights_first:
        demand(tree, context, Verb.DELETE, uri.path)
    if not uri.path:
        raise refuse(Refusal.ROOT, uri, "the root cannot be deleted")
    here = join(uri.path)
    for below, _ in tree.walk(here):
        if tree.describe(below).permanent and not (below != here and context.rules.delete_permanent_below):
            raise refuse(Refusal.PERMANENT, uri, f"{below} is permanent")
    access(tree, Verb.DELETE, uri.path, context)
    demand(tree, context, Verb.DELETE, uri.path)
    if context.rules.delete_asks_all:
        for below, _ in tree.walk(here):
            demand(tree, context, Verb.DELETE, parse(below).path)
    return touch_children(tree.without(uri.path), uri.path[:-1], context), _OK


def _get(tree: Tree, item: Item, context: Context) -> tuple[Tree, Outcome]:
    rules = context.rules
    uri = target(tree, item.target, context)
    if uri.path[:1] == ("Inbox",) and not (uri.prop and rules.inbox_properties):
        raise refuse(Refusal.INBOX, uri)
    if rules.query_first and uri.prop:
        check_property(uri, None, context)
    node = existing(tree, uri)
    sent = item.target or ""
    if uri.prop:
        value = get_property(tree, uri, node, context)
        if rules.property_access:
            access(tree, Verb.GET, uri.path, context)
        demand(tree, context, Verb.GET, uri.path)
        inherits = rules.inherited_acl and not value and uri.prop.lower() == "acl"
        return tree, Outcome(StatusCode.INHERITED_ACL if inherits else StatusCode.OK, (Item(source=sent, data=value),))
    if uri.list:
        items = listing(tree, uri, sent, context)
        if items is not None:
            return tree, Outcome(StatusCode.OK, items)
    access(tree, Verb.GET, uri.path, context)
    demand(tree, context, Verb.GET, uri.path)
    handler = context.handler(uri.path)
    if handler is not None:
        tree, live = behave(handler, tree, Call(Verb.GET, join(uri.path), item, context.by, context.now))
        if live.status is not None:
            return tree, live
    return tree, Outcome(StatusCode.OK, (result_item(sent.partition("?")[0], node),))


def _exec(tree: Tree, item: Item, context: Context) -> tuple[Tree, Outcome]:
    uri = target(tree, item.target, context)
    if not context.rules.exec:
        raise refuse(Refusal.NO_EXEC, uri)
    _no_query(tree, uri, existing(tree, uri), context)
    access(tree, Verb.EXEC, uri.path, context)
    handler = context.handler(uri.path)
    if handler is None:
        raise refuse(Refusal.NOTHING_TO_RUN, uri)
    demand(tree, context, Verb.EXEC, uri.path)
    return behave(handler, tree, Call(Verb.EXEC, join(uri.path), item, context.by, context.now, context.correlator))


def _copy(tree: Tree, item: Item, context: Context) -> tuple[Tree, Outcome]:
    rules = context.rules
    if not rules.copy:
        raise refuse(Refusal.NO_COPY, item.target or ".")
    uri, source = target(tree, item.target, context), target(tree, item.source, context)
    original, present = existing(tree, source), tree.find(uri.path)
    _no_query(tree, source, original, context)
    _no_query(tree, uri, present, context)
    if present is None and not rules.copy_creates:
        raise refuse(Refusal.MISSING, uri, "Copy overwrites a leaf that is there")
    if original.is_interior or (present is not None and present.is_interior):
        raise refuse(Refusal.COPY_INTERIOR, uri)
    access(tree, Verb.GET, source.path, context)
    if rules.copy_access:
        access(tree, Verb.COPY, source.path, context)
    if present is None:
        demand(tree, context, Verb.GET, source.path)
        kept = replace(original, acl="", title="")
        return add_node(tree, uri.path, lambda: kept, context)
    access(tree, Verb.REPLACE, uri.path, context)
    if rules.copy_access:
        access(tree, Verb.COPY, uri.path, context)
    demand(tree, context, Verb.GET, source.path)
    demand(tree, context, Verb.REPLACE, uri.path)
    described = tree.describe(join(uri.path))
    alike = (original.format, original.type) == (present.format, present.type)
    if not fits(original, described) or (described.permanent and not alike):
        raise refuse(Refusal.COPY_UNFIT, uri, f"it does not take a value of {original.format}, {original.type}")
    check_value(join(uri.path), original, described, context)
    return tree.with_node(uri.path, touch(with_value(present, original), "value", context)), _OK


VERBS: Final[Mapping[Verb, Callable[[Tree, Item, Context], tuple[Tree, Outcome]]]] = {
    Verb.ADD: _add,
    Verb.COPY: _copy,
    Verb.DELETE: _delete,
    Verb.EXEC: _exec,
    Verb.GET: _get,
    Verb.REPLACE: _replace,
}
"""Command -> the function that carries out one Item of it."""
