"""Making nodes: where one may be made, what it may hold, and the list it gets.  [DMREPPRO §6.6.1, DMTND §7.7.1.3]"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from dmkit.tree.context import Context, decide, demand, failed, touch_children
from dmkit.tree.describe import Described
from dmkit.tree.node import Node, Path, dated
from dmkit.tree.refusals import Refusal, refuse
from dmkit.tree.uri import join
from dmkit.words.codes import Format, StatusCode, Verb
from dmkit.words.counts import many
from dmkit.words.errors import CommandFailed
from dmkit.words.outcome import Outcome

if TYPE_CHECKING:
    from dmkit.tree.tree import Tree

__all__ = ["add_node", "check_value", "fits", "may_be_made", "room"]


def add_node(tree: Tree, path: Path, new: Callable[[], Node], context: Context) -> tuple[Tree, Outcome]:
    """The tree with a node at ``path``, which must not exist, and with the parents that are missing.

    ``new`` is called once place and rights are in order; a failure on the way takes the parents back.
    CommandFailed names the node that could not be made.
    """
    depth = next(d for d in range(len(path) - 1, -1, -1) if tree.find(path[:d]) is not None)
    nearest = tree.find(path[:depth])
    assert nearest is not None
    if not nearest.is_interior:
        raise refuse(Refusal.BELOW_LEAF, join(path), f"{join(path[:depth])} is a leaf")
    if depth < len(path) - 1 and not context.rules.implicit_add:
        raise refuse(Refusal.NO_PARENT, join(path))
    for d in range(depth + 1, len(path) + 1):
        uri, above = join(path[:d]), tree.describe(join(path[: d - 1]))
        may_be_made(uri, tree.describe(uri), above, context)
    grown = tree
    try:
        for d in range(depth + 1, len(path)):
            grown = _make(grown, path[:d], _parent, context)
        grown = _make(grown, path, new, context)
    except CommandFailed as failure:
        if context.rules.keep_implicit and grown is not tree:
            return touch_children(grown, path[:depth], context), failed(failure, context)
        raise
    return touch_children(grown, path[:depth], context), Outcome(StatusCode.OK)


def _parent() -> Node:
    return Node.interior()


def may_be_made(uri: str, described: Described, parent: Described, context: Context) -> None:
    """CommandFailed 405 where the description has no place for the node, or servers may not make it."""
    if not described.known:
        raise refuse(Refusal.NOT_DESCRIBED, uri)
    if described.permanent:
        raise refuse(Refusal.PERMANENT, uri, "the node is permanent; only the device makes it")
    rule = context.rules.add_access
    # "either": a parent without AccessType says nothing, so it cannot overrule a node that leaves Add out
    listed = parent.takes(Verb.ADD) if rule == "parent" else described.takes(Verb.ADD)
    if not listed and not (rule == "either" and parent.lists(Verb.ADD)):
        raise refuse(Refusal.ACCESS_TYPE, uri, "the AccessType that counts has no Add")


def _make(tree: Tree, path: Path, new: Callable[[], Node], context: Context) -> Tree:
    """One node more.  One whose creator has no Replace on the parent gets a list of its own.  [§7.7.1.3]"""
    uri, described = join(path), tree.describe(join(path))
    demand(tree, context, Verb.ADD, path[:-1], at=path)
    room(tree, path, described)
    node = new()
    check_value(uri, node, described, context)
    if node.is_interior and not node.type and described.object_type:
        node = replace(node, type=described.object_type)
    node = dated(node, context.now, context.rules.first_verno)
    wants_list = node.is_interior or context.rules.creator_acl_on_leaves
    if not node.acl and wants_list and not decide(tree, context, Verb.REPLACE, join(path[:-1])):
        node = replace(node, acl=context.rules.creator_acl.format(context.by))
    return tree.with_node(path, node)


def room(tree: Tree, path: Path, described: Described) -> None:
    """CommandFailed 405 when there are as many siblings of this description as Occurrence allows."""
    parent = tree.find(path[:-1])
    if described.most is None or parent is None or len(parent.children) < described.most:
        return  # the children are looked at only where there are enough of them: n Adds do not take n squared steps
    there = sum(tree.describe(join((*path[:-1], name))).place == described.place for name in parent.children)
    if there >= described.most:
        raise refuse(Refusal.TOO_MANY, join(path), f"there are {there} already, and may be {described.most}")


def fits(node: Node, described: Described) -> bool:
    """True when the description has the format of ``node`` and, for a leaf, its MIME type."""
    return _format_fits(node, described) and _type_fits(node, described)


def _format_fits(node: Node, described: Described) -> bool:
    formats = described.formats
    if formats is None or node.format in formats:
        return True
    return node.format == Format.BIN and Format.B64.value in formats


def _type_fits(node: Node, described: Described) -> bool:
    types = described.types
    if node.is_interior or not types or node.type in types:
        return True
    mime = node.type.partition(";")[0].strip().lower()
    return mime in (t.partition(";")[0].strip().lower() for t in types)


def check_value(uri: str, node: Node, described: Described, context: Context) -> None:
    """CommandFailed 415 or 413 when the description, or the device, does not take what is to be stored."""
    if described.formats is not None and not _format_fits(node, described):
        raise refuse(
            Refusal.FORMAT, uri, f"format {node.format}; it takes {', '.join(sorted(described.formats or ()))}"
        )
    if described.types and not _type_fits(node, described):
        raise refuse(Refusal.TYPE, uri, f"type {node.type}; it takes {', '.join(described.types)}")
    if node.is_interior:
        return
    if described.check is not None:
        why = described.check("" if node.value is None else node.text)
        if why:
            raise refuse(Refusal.RANGE, uri, why)
    most, own = described.max_size, context.rules.max_value
    if own is not None and (most is None or own < most):
        most = own
    if most is not None and node.size > most:
        raise refuse(Refusal.TOO_LARGE, uri, f"{many(node.size, 'octet')}; there is room for {most}")
