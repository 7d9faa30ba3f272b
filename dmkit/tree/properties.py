"""Properties of nodes, and listings of sub-trees: ``?prop=`` and ``?list=``.  [DMTND §7, §8]"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from dmkit.codes import Format, StatusCode, Verb
from dmkit.errors import CommandFailed
from dmkit.model import Item
from dmkit.tree.acl import parse as parse_acl
from dmkit.tree.node import Node, Tree
from dmkit.tree.uri import Uri, join
from dmkit.tree.values import result_item

if TYPE_CHECKING:
    from dmkit.tree.apply import Context

__all__ = ["PROPERTIES", "get_property", "listing", "replace_property"]


def _tstamp(node: Node) -> str:
    return datetime.fromtimestamp(node.tstamp, UTC).strftime("%Y%m%dT%H%M%SZ")


PROPERTIES: Final[Mapping[str, Callable[[Uri, Node], str | None]]] = {
    "ACL": lambda uri, node: node.acl,
    "Format": lambda uri, node: node.format,
    "Name": lambda uri, node: uri.path[-1] if uri.path else ".",
    "Size": lambda uri, node: None if node.is_interior else str(node.size),
    "Title": lambda uri, node: node.title,
    "TStamp": lambda uri, node: _tstamp(node),
    "Type": lambda uri, node: node.type,
    "VerNo": lambda uri, node: str(node.verno),
}
"""Name -> how to read it; None says that this node has no such property."""

_FOLDED: Final = {name.lower(): name for name in PROPERTIES}


def _fail(status: StatusCode, uri: Uri, why: str) -> CommandFailed:
    return CommandFailed(status, f"{uri}: {why}", at=str(uri))


def get_property(uri: Uri, node: Node) -> str:
    """The value of the property; CommandFailed 406 when the node has none of that name."""
    name = _FOLDED.get((uri.prop or "").lower())
    value = PROPERTIES[name](uri, node) if name is not None else None
    if value is None:
        raise _fail(StatusCode.NOT_SUPPORTED, uri, f"there is no property {uri.prop} here")
    return value


def replace_property(tree: Tree, uri: Uri, node: Node, text: str, context: Context) -> Tree:
    """Give the property a new value; ACL, Name and Title can have one."""
    get_property(uri, node)
    change = _CHANGES.get(_FOLDED[(uri.prop or "").lower()])
    if change is None:
        raise _fail(StatusCode.NOT_ALLOWED, uri, "this property cannot be replaced")
    return change(tree, uri, node, text, context)


def _may(tree: Tree, context: Context, *paths: tuple[str, ...]) -> None:
    """CommandFailed 425 unless the server has Replace at one of ``paths``."""
    decisions = [context.policy(tree, context.by, Verb.REPLACE, join(path)) for path in paths]
    if not any(decisions):
        why = "; ".join(decision.explain() for decision in decisions)
        raise CommandFailed(StatusCode.PERMISSION_DENIED, f"Replace {join(paths[0])}: {why}", at=join(paths[0]))


def _acl(tree: Tree, uri: Uri, node: Node, text: str, context: Context) -> Tree:
    """A leaf's list is its parent's business; an interior node's also its own.  [DMTND §7.7.1.3]"""
    parent = uri.path[:-1]
    if not uri.path:
        _may(tree, context, ())
    elif node.is_interior:
        _may(tree, context, uri.path, parent)
    else:
        _may(tree, context, parent)
    acl = parse_acl(text)
    if not uri.path and acl.who(Verb.ADD) != frozenset("*"):
        raise _fail(StatusCode.NOT_ALLOWED, uri, "the root always has a list, and its Add stays *")
    return tree.with_node(uri.path, replace(node, acl=str(acl)).touched(context.now))


def _name(tree: Tree, uri: Uri, node: Node, text: str, context: Context) -> Tree:
    if not uri.path or tree.describe(join(uri.path)).permanent:
        raise _fail(StatusCode.NOT_ALLOWED, uri, "the root and permanent nodes keep their names")
    if not text or "/" in text or text in (".", ".."):
        raise _fail(StatusCode.BAD_REQUEST, uri, f"{text!r} is no name")
    limit = context.rules.limits.max_segment
    if limit and len(text) > limit:
        raise _fail(StatusCode.URI_TOO_LONG, uri, f"a name has at most {limit} characters")
    _may(tree, context, uri.path)
    parent = tree.find(uri.path[:-1])
    assert parent is not None
    if text == uri.path[-1]:
        return tree
    if text in parent.children:
        raise _fail(StatusCode.ALREADY_EXISTS, uri, f"a sibling is called {text}")
    moved = {(text if name == uri.path[-1] else name): child for name, child in parent.children.items()}
    moved[text] = node.touched(context.now)
    return tree.with_node(uri.path[:-1], replace(parent, children=moved))


def _title(tree: Tree, uri: Uri, node: Node, text: str, context: Context) -> Tree:
    if len(text.encode()) > context.rules.max_title:
        raise _fail(StatusCode.TOO_LARGE, uri, f"a Title has at most {context.rules.max_title} octets")
    _may(tree, context, uri.path)
    return tree.with_node(uri.path, replace(node, title=text).touched(context.now))


_CHANGES: Final[Mapping[str, Callable[[Tree, Uri, Node, str, Context], Tree]]] = {
    "ACL": _acl,
    "Name": _name,
    "Title": _title,
}

_WITH_DATA: Final = {"struct": False, "structdata": True}


def listing(tree: Tree, uri: Uri, context: Context) -> tuple[Item, ...]:
    """Items of ``?list=Struct`` or ``StructData``: every node below that the server may read.  [DMTND §8]

    CommandFailed 406 for other kinds; 425 when the start may not be read.
    """
    with_data = _WITH_DATA.get((uri.list or "").lower())
    if with_data is None:
        raise _fail(StatusCode.NOT_SUPPORTED, uri, f"there is no listing {uri.list} here")
    first = context.policy(tree, context.by, Verb.GET, join(uri.path))
    if not first:
        raise CommandFailed(StatusCode.PERMISSION_DENIED, f"Get {join(uri.path)}: {first.explain()}", at=join(uri.path))
    items = []
    for below, node in tree.walk(join(uri.path)):
        if not context.policy(tree, context.by, Verb.GET, below):
            continue
        if not node.is_interior and not tree.describe(below).takes(Verb.GET):
            continue
        keep = with_data and not node.is_interior
        item = result_item(below, node, with_data=keep)
        if node.format == Format.CHR and not keep:
            item = Item(source=below, meta=item.meta)
        items.append(item)
    return tuple(items)
