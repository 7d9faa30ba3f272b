"""A schedule that was read before its change was kept: it is not read twice where nothing else has changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from dmkit.mo.sched.values import ScheduleContext
from dmkit.tree.node import Node, Path
from dmkit.tree.tree import Tree
from dmkit.tree.uri import parse

__all__ = ["Judged"]


@dataclass(frozen=True, slots=True)
class Judged:
    """``context`` is what stood at ``node``, read for ``owner`` in ``tree`` on a device whose zone was ``local``."""

    node: Node
    owner: str
    tree: Tree
    local: tzinfo
    context: ScheduleContext

    def holds(self, node: Node, owner: str, tree: Tree, local: tzinfo, root: Path) -> bool:
        """Whether reading ``node`` anew in ``tree`` must come to the same; ``root`` is where schedules stand."""
        if node is not self.node or owner != self.owner or local is not self.local:
            return False
        before, now = self.tree.root, tree.root
        if before is now:
            return True
        if len(root) != 1 or before.acl != now.acl or _looks_at(self.context, root):
            return False
        top = root[0]
        ours, theirs = before.children.get(top), now.children.get(top)
        if ours is None or theirs is None or ours.acl != theirs.acl or before.children.keys() != now.children.keys():
            return False
        return all(child is now.children.get(name) for name, child in before.children.items() if name != top)


def _looks_at(context: ScheduleContext, root: Path) -> bool:
    """Whether the schedule reads schedules, or works on them."""
    for component in context.components:
        gate = component.gate.nodes if component.gate is not None else ()
        uris = [*(t.target for t in component.tasks), *(t.node for t in component.thresholds), *gate]
        if any(parse(uri).path[: len(root)] == root for uri in uris):
            return True
    return False
