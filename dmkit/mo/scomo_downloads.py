"""What a download of SCOMO goes through: fetched, stored, installed, and the restarts that a package may want between.

Each step is a function of the object, the tree and the operation; its effect is the tree that follows with a result
code, or with the next step.  [enablers sheet §2.1]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeAlias

from dmkit.mo.object import Place
from dmkit.mo.package import FetchResult, examine, fetch
from dmkit.mo.scomo_inventory import completed, free_name, moved_to
from dmkit.mo.scomo_states import PACKAGE, DownloadEvent, DownloadState, PackageState
from dmkit.mo.scomo_tasks import ScomoTask
from dmkit.tree.tree import Tree
from dmkit.tree.uri import parse

if TYPE_CHECKING:
    from dmkit.mo.scomo import Scomo

__all__ = ["DOWNLOADS", "FETCHING", "Effect"]

Effect: TypeAlias = tuple[Tree, int, "tuple[float, str] | None"]
"""The tree, the result code, and what follows in place of a report: seconds and event."""
_D = DownloadState

FETCHING: Final = {FetchResult.AUTHENTICATION: 1403, FetchResult.MEMORY: 1404, FetchResult.NETWORK: 1501,
                   FetchResult.SERVER: 1500}  # fmt: skip
"""What came of fetching -> result code; others are 1402."""


def _fetched(scomo: Scomo, tree: Tree, task: ScomoTask, now: float) -> Effect:
    node, found = task.node, fetch(scomo.world, task.url, scomo.times.rate)
    scomo.keep(node, None)
    if not found:
        return moved_to(tree, node, _D.FAILED, now), FETCHING.get(found.result, 1402), None
    if len(found.content) > scomo.free(tree):
        return moved_to(tree, node, _D.FAILED, now), 1404, None
    if not examine(found.content, replace(scomo.trust, now=now)):
        return moved_to(tree, node, _D.FAILED, now), 1407, None
    scomo.keep(node, found.content)
    return moved_to(tree, node, _D.LOADED, now), 0, (0.1, "stored")


def _stored(scomo: Scomo, tree: Tree, task: ScomoTask, now: float) -> Effect:
    if task.event == DownloadEvent.DOWNLOAD:
        tree = _delivered(scomo, tree, task.node, PackageState.DELIVERED, now)
        return moved_to(tree, task.node, _D.IDLE, now), 1200, None
    if scomo.restarts_around(tree, task.node).before:
        return tree, 0, (0.0, "restart before")
    return _begun(scomo, tree, task, now)


def _restarted_before(scomo: Scomo, tree: Tree, task: ScomoTask, now: float) -> Effect:
    """The device has restarted; state 40 while it starts."""
    return tree, 0, (scomo.times.restart, "install")


def _begun(scomo: Scomo, tree: Tree, task: ScomoTask, now: float) -> Effect:
    return moved_to(tree, task.node, _D.INSTALLING, now), 0, (scomo.times.install, "load installed")


def _load_installed(scomo: Scomo, tree: Tree, task: ScomoTask, now: float) -> Effect:
    """What was installed is there at once, or with the restart that the package wants; what fails wants none."""
    if scomo.restarts_around(tree, task.node).after and _loaded(scomo, tree, task, now)[1] == 1200:
        return tree, 0, (0.0, "restart after")
    return _placed(scomo, tree, task, now)


def _restarted_after(scomo: Scomo, tree: Tree, task: ScomoTask, now: float) -> Effect:
    """The device has restarted; state 50 while it starts."""
    return tree, 0, (scomo.times.restart, "restarted")


def _placed(scomo: Scomo, tree: Tree, task: ScomoTask, now: float) -> Effect:
    tree, result = _loaded(scomo, tree, task, now)
    if result != 1200:
        return moved_to(tree, task.node, _D.INSTALL_FAILED, now), result, None
    tree = _delivered(scomo, tree, task.node, PackageState.INSTALLED, now)
    return moved_to(tree, task.node, _D.IDLE, now), 1200, None


def _loaded(scomo: Scomo, tree: Tree, task: ScomoTask, now: float) -> tuple[Tree, int]:
    package = Place(task.node).text(tree, "PkgID")
    return scomo.install(tree, scomo.kept(task.node), package, task.event == DownloadEvent.INSTALL, now)


def _delivered(scomo: Scomo, tree: Tree, node: str, state: PackageState, now: float) -> Tree:
    """The package stands in the inventory of those delivered, in place of an older one of that name.

    Where another package bears the name, or something goes on with it, this one has a number after its name.
    """
    here, name = Place(node), node.rpartition("/")[2]
    package = here.text(tree, "PkgID")
    inventory = scomo.place.uri("Inventory", "Delivered")

    def mine(root: str) -> bool:
        return Place(root).text(tree, "PkgID") == package and not scomo.inventory.state(tree, root, PACKAGE).busy

    root = f"{inventory}/{free_name(tree, inventory, name, mine)}"
    if tree.find(parse(root).path) is not None:
        tree = tree.remove(root, now=now)
    values = {"PkgID": package, "Name": here.text(tree, "Name") or name}
    tree = completed(tree, scomo.spec, root, ("Install", "InstallInactive", "Remove"), values)
    octets = scomo.kept(node)
    scomo.keep(node, None)
    scomo.keep(root, octets)
    return moved_to(tree, root, state, now)


DOWNLOADS: Final[Mapping[str, Callable[[Scomo, Tree, ScomoTask, float], Effect]]] = {
    "fetched": _fetched,
    "stored": _stored,
    "restart before": _restarted_before,
    "install": _begun,
    "load installed": _load_installed,
    "restart after": _restarted_after,
    "restarted": _placed,
}
"""Event -> what it does to a download."""
