"""A new branch of the tree, made aside and put in once: what a serialised tree adds where nothing stands yet.

It comes to what ``create.add_node`` comes to node by node, in a fraction of the time: each place is described once, the
rights are asked once, and the tree is copied once.  Wherever that could come to anything else (a name twice but for
case, a parent that is missing, a policy other than the specification's, a node that cannot be made) ``grown`` gives
None, and it is done node by node.  [DMREPPRO §6.6, DMTNDS §6]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

from dmkit.tree.context import Context, resolve
from dmkit.tree.create import check_value, may_be_made
from dmkit.tree.describe import Described, described_at
from dmkit.tree.node import Node, Path
from dmkit.tree.policy import oma_acl
from dmkit.tree.uri import Uri, UriLimits, check_limits, join
from dmkit.words.codes import Format, Verb
from dmkit.words.errors import CommandFailed

if TYPE_CHECKING:
    from dmkit.tree.tnds import TndsNode
    from dmkit.tree.tree import Tree

__all__ = ["grown"]

NodeMaker: TypeAlias = "Callable[[str, TndsNode, Described], Node]"
"""The node that an entry stands for, without children and list; the URI is for what is said of a wrong one."""
_NO_LIMITS: Final = UriLimits()


def grown(tree: Tree, found: Mapping[Path, TndsNode], make: NodeMaker, context: Context) -> Tree | None:
    """The tree with all of ``found``, parents first, below a place that is there; None: do it node by node."""
    top = next(iter(found), ())
    if not top or context.policy is not oma_acl or not _is_new(tree, top, context):
        return None
    above = join(top[:-1])
    if not all(oma_acl(tree, context.by, verb, above) for verb in (Verb.ADD, Verb.REPLACE)):
        return None  # without Replace there, each new node would get a list of its own
    try:
        nodes = _nodes(tree, top, found, make, context)
    except CommandFailed:
        return None
    return None if nodes is None else tree.with_node(top, _whole(nodes)[top])


def _is_new(tree: Tree, top: Path, context: Context) -> bool:
    """Whether nothing is at ``top`` under any spelling, and its parent can have it."""
    parent = tree.find(top[:-1])
    if parent is None or not parent.is_interior or tree.find(resolve(tree, top, context.rules)) is not None:
        return False
    most = tree.describe(join(top)).most
    return most is None or len(parent.children) < most


def _nodes(
    tree: Tree, top: Path, found: Mapping[Path, TndsNode], make: NodeMaker, context: Context
) -> dict[Path, Node] | None:
    """Each node without its children, checked as ``add_node`` checks it."""
    describe, here_is = tree.describe, join(top)  # what is wrong is said when it is done node by node
    described = {top[:-1]: described_at(describe, top[:-1])}
    names: dict[Path, set[str]] = {}
    counted: dict[tuple[Path, str], int] = {}
    nodes: dict[Path, Node] = {}
    rules = context.rules
    for path, entry in found.items():
        above = path[:-1]
        if above not in nodes and path != top:
            return None
        siblings = names.setdefault(above, set())
        here = described_at(describe, path)
        folded = path[-1].casefold()
        if folded in siblings or (above in nodes and not nodes[above].is_interior):
            return None
        if here.most is not None and path != top:
            there = counted[above, here.place] = counted.get((above, here.place), 0) + 1
            if there > here.most:
                return None
        siblings.add(folded)
        described[path] = here
        if rules.limits != _NO_LIMITS:
            check_limits(join(path), Uri(path), rules.limits)
        may_be_made(here_is, here, described[above], context)
        if entry.is_interior:
            if here.formats is not None and Format.NODE.value not in here.formats:
                return None
            kind = entry.type or here.object_type
            nodes[path] = Node(Format.NODE.value, None, kind, "", "", context.now, rules.first_verno)
        else:
            node = make(here_is, entry, here)
            check_value(here_is, node, here, context)
            nodes[path] = Node(node.format, node.value, node.type, "", "", context.now, rules.first_verno)
    return nodes


def _whole(nodes: dict[Path, Node]) -> dict[Path, Node]:
    """The same with their children, from the leaves up; children in the order in which they came."""
    below: dict[Path, dict[str, Node]] = {}
    for path in nodes:
        below.setdefault(path[:-1], {})[path[-1]] = nodes[path]
    for path in reversed(nodes):
        children = below.get(path)
        if children:
            n = nodes[path]
            nodes[path] = Node(n.format, n.value, n.type, n.acl, n.title, n.tstamp, n.verno, children)
            below[path[:-1]][path[-1]] = nodes[path]
    return nodes
