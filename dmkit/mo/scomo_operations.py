"""What is done to a delivered package and to a component of SCOMO: installed, removed, switched on and off.

Each is done as a whole or not at all; a failure leaves the state before it.  [enablers sheet §2.2, §2.3]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from dmkit.mo.object import Place
from dmkit.mo.scomo_downloads import Effect
from dmkit.mo.scomo_inventory import moved_to, needs_of
from dmkit.mo.scomo_states import COMPONENT, ComponentEvent, ComponentState, PackageEvent, PackageState
from dmkit.mo.scomo_tasks import ScomoTask
from dmkit.tree.tree import Tree

if TYPE_CHECKING:
    from dmkit.mo.scomo import Scomo

__all__ = ["OPERATIONS"]

_P, _C = PackageState, ComponentState
_REMOVE_FAILED: Final = {_C.INACTIVE_REMOVING: _C.INACTIVE_REMOVE_FAILED, _C.ACTIVE_REMOVING: _C.ACTIVE_REMOVE_FAILED}


def _installed(scomo: Scomo, tree: Tree, task: ScomoTask, now: float) -> Effect:
    node = task.node
    stored = Place(node).node(tree, "Data")
    octets = stored.value if stored is not None and isinstance(stored.value, bytes) else b""
    package = Place(node).text(tree, "PkgID")
    tree, result = scomo.install(tree, octets or scomo.kept(node), package, task.event == PackageEvent.INSTALL, now)
    failed = _P.INSTALL_FAILED if octets or scomo.kept(node) else _P.NO_DATA
    state = _P.INSTALLED if result == 1200 else failed
    return moved_to(tree, node, state, now), result, None


def _removed(scomo: Scomo, tree: Tree, task: ScomoTask, now: float) -> Effect:
    scomo.keep(task.node, None)
    return tree.remove(task.node, now=now), 1200, None


def _component_removed(scomo: Scomo, tree: Tree, task: ScomoTask, now: float) -> Effect:
    node, inventory = task.node, scomo.inventory
    if inventory.needed_by(tree, Place(node).text(tree, "ID"), active=False):
        failed = _REMOVE_FAILED[ComponentState(inventory.state(tree, node, COMPONENT))]
        return moved_to(tree, node, failed, now), 1408, None
    package = Place(node).text(tree, "PkgIDRef")
    tree = tree.remove(node, now=now)
    return inventory.forgotten(tree, package, now), 1200, None


def _switched(scomo: Scomo, tree: Tree, task: ScomoTask, now: float) -> Effect:
    """What a component needs must be active before it, and what needs it inactive before it is."""
    node, here, there = task.node, Place(task.node), scomo.inventory.components(tree)
    if task.event == ComponentEvent.ACTIVATE:
        needs, own = needs_of(tree, node), here.text(tree, "ID")
        fine = all(id == own or (id in there and there[id][1] // 1000 == 2) for id in needs)
        return moved_to(tree, node, _C.ACTIVE if fine else _C.ACTIVATE_FAILED, now), 1200 if fine else 1409, None
    fine = not scomo.inventory.needed_by(tree, here.text(tree, "ID"))
    return moved_to(tree, node, _C.INACTIVE if fine else _C.DEACTIVATE_FAILED, now), 1200 if fine else 1410, None


OPERATIONS: Final[Mapping[str, Callable[[Scomo, Tree, ScomoTask, float], Effect]]] = {
    "installed": _installed,
    "removed": _removed,
    "switched": _switched,
    "component removed": _component_removed,
}
"""Event -> what it does to a package or a component."""
