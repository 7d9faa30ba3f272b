"""A new branch of the tree, made aside and put in once: what a serialised tree adds where nothing stands yet.

It comes to what ``create.add_node`` comes to node by node, in a fraction of the time: each place is described once, the
rights are asked once, and the tree is copied once.  Wherever that could come to anything else (a name twice but for
case, a parent that is missing, a policy other than the specification's, a node that cannot be made) ``grown`` gives
None, and it is done node by node.  [DMREPPRO §6.6, DMTNDS §6]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from dmkit.tree.context import Context, alike
from dmkit.tree.create import check_value, may_be_made
from dmkit.tree.describe import Described, Steps, described_at, steps_at
from dmkit.tree.node import Node, Path, dated
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
        places = _places(tree, top, found, make, context)
    except CommandFailed:
        return None
    return None if places is None else tree.with_node(top, _whole(places, context))


def _is_new(tree: Tree, top: Path, context: Context) -> bool:
    """Whether nothing is at ``top`` under any spelling, and its parent can have it."""
    parent = tree.find(top[:-1])
    if parent is None or not parent.is_interior or alike(tree, top[:-1], top[-1], context.rules) is not None:
        return False
    most = tree.describe(join(top)).most
    return most is None or len(parent.children) < most


class _Place:
    """A node that is being made: what is said of it, and, of an interior one, the children that it has by now."""

    __slots__ = ("children", "counted", "described", "folded", "node", "steps", "type")

    def __init__(self, described: Described, steps: Steps | None, type: str = "") -> None:
        self.described, self.steps, self.type = described, steps, type
        self.node: Node | None = None
        self.children: dict[str, _Place] = {}
        self.folded: set[str] = set()
        self.counted: dict[str, int] = {}


def _places(
    tree: Tree, top: Path, found: Mapping[Path, TndsNode], make: NodeMaker, context: Context
) -> dict[Path, _Place] | None:
    """Each node, checked as ``add_node`` checks it; interior ones are not made yet."""
    describe, here_is = tree.describe, join(top)  # what is wrong is said when it is done node by node
    now, verno, interior = context.now, context.rules.first_verno, Format.NODE
    limits = context.rules.limits if context.rules.limits != _NO_LIMITS else None
    steps = steps_at(describe, top[:-1])
    start = _Place(steps.described if steps is not None else described_at(describe, top[:-1]), steps)
    places = {top[:-1]: start}
    for path, entry in found.items():
        name, above = path[-1], places.get(path[:-1])
        if above is None or above.node is not None or (above is start and path != top):
            return None
        steps = above.steps.below(name) if above.steps is not None else None
        here = steps.described if steps is not None else described_at(describe, path)
        folded = name.casefold()
        if folded in above.folded:
            return None
        above.folded.add(folded)
        if here.most is not None and path != top:
            there = above.counted[here.place] = above.counted.get(here.place, 0) + 1
            if there > here.most:
                return None
        if limits is not None:
            check_limits(join(path), Uri(path), limits)
        may_be_made(here_is, here, above.described, context)
        place = places[path] = above.children[name] = _Place(here, steps)
        if entry.format is interior:
            if here.formats is not None and interior.value not in here.formats:
                return None
            place.type = entry.type or here.object_type
        else:
            node = make(here_is, entry, here)
            check_value(here_is, node, here, context)
            place.node = dated(node, now, verno)
    del places[top[:-1]]
    return places


def _whole(places: dict[Path, _Place], context: Context) -> Node:
    """The node at the top with all below it, made from the leaves up; children in the order in which they came."""
    interior, now, verno = Format.NODE.value, context.now, context.rules.first_verno
    node = Node.interior()
    for place in reversed(places.values()):
        if place.node is None:
            children: dict[str, Any] = {name: child.node for name, child in place.children.items()}
            place.node = Node(interior, None, place.type, "", "", now, verno, children)
        node = place.node
    return node
