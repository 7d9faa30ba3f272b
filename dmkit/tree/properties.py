"""Properties of nodes: what ``?prop=`` reads and replaces.  [DMTND §7]"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from dmkit.tree.acl import parse as parse_acl
from dmkit.tree.children import Wide
from dmkit.tree.context import Context, access, alike, decide, touch
from dmkit.tree.create import check_value, room
from dmkit.tree.describe import Described
from dmkit.tree.node import Node, Path
from dmkit.tree.refusals import Refusal, refuse
from dmkit.tree.uri import Uri, join
from dmkit.words.codes import Verb
from dmkit.words.counts import many
from dmkit.words.errors import CommandFailed

if TYPE_CHECKING:
    from dmkit.tree.tree import Tree

__all__ = ["PROPERTIES", "check_property", "get_property", "replace_property"]


def _tstamp(node: Node) -> str:
    return datetime.fromtimestamp(node.tstamp, UTC).strftime("%Y%m%dT%H%M%SZ")


PROPERTIES: Final[Mapping[str, Callable[[Uri, Node], str]]] = {
    "ACL": lambda uri, node: node.acl,
    "Format": lambda uri, node: node.format,
    "Name": lambda uri, node: uri.path[-1] if uri.path else ".",
    "Size": lambda uri, node: str(node.size),
    "Title": lambda uri, node: node.title,
    "TStamp": lambda uri, node: _tstamp(node),
    "Type": lambda uri, node: node.type,
    "VerNo": lambda uri, node: str(node.verno),
}
"""Name -> how to read it."""

_FOLDED: Final = {name.lower(): name for name in PROPERTIES}


def check_property(uri: Uri, node: Node | None, context: Context, tree: Tree | None = None) -> str:
    """The name of the property that is meant; CommandFailed 406 when device or node have none of that name."""
    name = _FOLDED.get((uri.prop or "").lower())
    if name is None or name not in context.rules.properties:
        raise refuse(Refusal.NO_PROPERTY, uri, f"there is no property {uri.prop} here")
    if name == "Size" and node is not None and node.is_interior and not context.rules.size_of_interior:
        raise refuse(Refusal.NO_PROPERTY, uri, "an interior node has no Size")
    described = tree.describe(join(uri.path)).properties if tree is not None else None
    if described is not None and name not in described:
        raise refuse(Refusal.NO_PROPERTY, uri, f"its description has no {name}")
    return name


def get_property(tree: Tree, uri: Uri, node: Node, context: Context) -> str:
    """The value of the property; CommandFailed 406 when the node has none of that name.

    A list comes in canonical order, however it was written.  [DMTND §7.7.1.5]
    """
    name = check_property(uri, node, context, tree)
    if name == "ACL" and not context.rules.acl_as_written:
        return str(parse_acl(node.acl, lenient=True))
    return PROPERTIES[name](uri, node)


def replace_property(tree: Tree, uri: Uri, node: Node, text: str, context: Context) -> Tree:
    """Give the property a new value; ACL, Name and Title can have one."""
    change = _CHANGES.get(check_property(uri, node, context, tree))
    if change is None:
        raise refuse(Refusal.ON_PROPERTY, uri, "this property cannot be replaced")
    if context.rules.property_access:
        access(tree, Verb.REPLACE, uri.path, context)
    return change(tree, uri, node, text, context)


def _may(tree: Tree, context: Context, uri: Uri, *paths: tuple[str, ...]) -> None:
    """CommandFailed 425 unless the server has Replace at one of ``paths``."""
    decisions = [decide(tree, context, Verb.REPLACE, join(path)) for path in paths]
    if not any(decisions):
        raise refuse(Refusal.RIGHTS, uri, "; ".join(decision.explain() for decision in decisions))


def _acl(tree: Tree, uri: Uri, node: Node, text: str, context: Context) -> Tree:
    """A leaf's list is its parent's business; an interior node's also its own.  [DMTND §7.7.1.3]"""
    parent, rules = uri.path[:-1], context.rules
    if not uri.path and rules.root_acl == "fixed":
        raise refuse(Refusal.ROOT_ACL, uri, "the root's list is the device's")
    if not uri.path:
        _may(tree, context, uri, ())
    elif node.is_interior:
        _may(tree, context, uri, uri.path, parent)
    else:
        _may(tree, context, uri, parent)
    try:
        merge, any_case = rules.duplicate_entries == "merge", rules.acl_any_case
        acl = parse_acl(text, lenient=merge, any_case=any_case, star_alone=rules.acl_star_alone)
    except CommandFailed as failure:
        raise refuse(Refusal.BAD_ACL, uri, failure.reason) from None
    free = rules.root_acl == "free" and acl
    if not uri.path and not free and acl.who(Verb.ADD) != frozenset("*"):
        raise refuse(Refusal.ROOT_ACL, uri)
    stored = text if rules.acl_as_written and not any_case else str(acl)
    return tree.with_node(uri.path, touch(replace(node, acl=stored), "acl", context))


def _name(tree: Tree, uri: Uri, node: Node, text: str, context: Context) -> Tree:
    """Children, with their lists and properties, move along.  [DMTND §7.7.3]"""
    rules, parent = context.rules, uri.path[:-1]
    if not uri.path:
        raise refuse(Refusal.ROOT, uri, "the root keeps its name")
    described, same = tree.describe(join(uri.path)), text == uri.path[-1]
    if described.permanent:
        raise refuse(Refusal.PERMANENT, uri, "permanent nodes keep their names")
    if not (same or rules.rename_anything):
        there = tree.describe(join((*parent, text)))
        if not there.known or there.permanent:
            raise refuse(Refusal.NOT_DESCRIBED, uri, f"the description lets no node take the name {text} here")
    _may(tree, context, uri, uri.path)
    if not text or "/" in text or text in (".", "..") or not text.isprintable():
        raise refuse(Refusal.BAD_NAME, uri, f"{text!r} is no name")
    limit = rules.limits.max_segment
    if limit and len(text) > limit:
        raise refuse(Refusal.NAME_TOO_LONG, uri, f"a name has at most {many(limit, 'character')}")
    apart = None if rules.own_name_collides else uri.path[-1]
    other = alike(tree, parent, text, rules, apart)
    if other is not None:
        raise refuse(Refusal.SIBLING, uri, f"a sibling is called {other}")
    if same:
        return tree
    if not rules.rename_anything:
        _suits(tree, (*parent, text), node, described, context)
    above = tree.find(parent)
    assert above is not None
    own, node, children = uri.path[-1], touch(node, "name", context), above.children
    if isinstance(children, Wide):
        return tree.with_node(parent, replace(above, children=children.renamed(own, text, node)))
    moved = {(text if name == own else name): node if name == own else child for name, child in children.items()}
    return tree.with_node(parent, replace(above, children=moved))


def _suits(tree: Tree, path: Path, node: Node, was: Described, context: Context) -> None:
    """CommandFailed when the new name has a description of its own, which the node does not meet."""
    described = tree.describe(join(path))
    if described.place != was.place:
        room(tree, path, described)
        check_value(join(path), node, described, context)


def _title(tree: Tree, uri: Uri, node: Node, text: str, context: Context) -> Tree:
    _may(tree, context, uri, uri.path)
    limit = context.rules.max_title
    if len(text.encode()) > limit:
        if not context.rules.cut_title:
            raise refuse(Refusal.TITLE_TOO_LONG, uri, f"a Title has at most {many(limit, 'octet')}")
        text = text.encode()[:limit].decode(errors="ignore")
    return tree.with_node(uri.path, touch(replace(node, title=text), "title", context))


_CHANGES: Final[Mapping[str, Callable[[Tree, Uri, Node, str, Context], Tree]]] = {
    "ACL": _acl,
    "Name": _name,
    "Title": _title,
}
