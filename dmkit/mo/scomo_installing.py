"""Installing the components of a package, all of them or none; what keeps a device from it has a result code.

[enablers sheet §2; needs, sizes and limits are our own]
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Annotated, Literal

from dmkit.ddf.spec import Spec
from dmkit.mo.object import Place
from dmkit.mo.scomo_inventory import ScomoInventory, completed, free_name, moved_to, name_of, needs_text
from dmkit.mo.scomo_package import PackageComponent
from dmkit.mo.scomo_states import ComponentState
from dmkit.tree.tree import Tree
from dmkit.tree.uri import parse
from dmkit.words.checked import checked
from dmkit.words.model import Value
from dmkit.words.ranges import Natural, Range
from dmkit.words.records import dataclass

__all__ = ["InstallLimits", "Replaces", "install"]

FreeOctets = Annotated[float, Range("octets", endless=True)]
Replaces = Literal["nothing in use", "what stays active"]
"""What may be installed anew: a component that nothing active outside its package needs, or one that stays active."""


@checked
@dataclass(frozen=True, slots=True)
class InstallLimits:
    """What a device takes: ``envs`` are environments (none: any), ``room`` is for so many components (None: any).

    ``free`` are octets, ``replaces`` says what may be replaced; with a ``low_battery`` nothing is installed.

    >>> InstallLimits().low_battery
    False
    """

    envs: frozenset[str] = frozenset()
    room: Natural | None = None
    free: FreeOctets = inf
    replaces: Replaces = "nothing in use"
    low_battery: bool = False


def install(
    tree: Tree,
    inventory: ScomoInventory,
    spec: Spec,
    components: Sequence[PackageComponent],
    package: str,
    *,
    active: bool,
    limits: InstallLimits,
    now: float,
) -> tuple[Tree, int]:
    """``tree`` with all ``components`` of ``package`` deployed, and 1200; or as it was, with what is reported."""
    code = _refused(tree, inventory, components, active, limits)
    if code:
        return tree, code
    there, deployed = inventory.components(tree), inventory.place.uri("Inventory", "Deployed")
    for each in components:
        root = there[each.id][0] if each.id in there else f"{deployed}/{free_name(tree, deployed, name_of(each.id))}"
        values: dict[str, Value] = {"ID": each.id, "PkgIDRef": package, "Name": each.name or each.id,
                                    "Version": each.version, "EnvType": each.env}  # fmt: skip
        if tree.find(parse(root).path) is not None:
            tree = tree.remove(root, now=now)
        tree = completed(tree, spec, root, ("Activate", "Deactivate", "Remove"), values)
        if each.needs:
            tree = tree.set(f"{root}/Ext/Needs", needs_text(each.needs), now=now)
        if each.size:
            tree = tree.set(f"{root}/Ext/Size", each.size, now=now)
        tree = moved_to(tree, root, ComponentState.ACTIVE if active else ComponentState.INACTIVE, now)
    return tree, 1200


def _refused(
    tree: Tree, inventory: ScomoInventory, components: Sequence[PackageComponent], active: bool, limits: InstallLimits
) -> int:
    """The result code of what keeps them from being installed; 0 for nothing."""
    there, coming = inventory.components(tree), {each.id for each in components}
    if len(coming) != len(components):
        return 1407
    if limits.envs and any(each.env and each.env not in limits.envs for each in components):
        return 1413
    if limits.room is not None and len(coming | set(there)) > limits.room:
        return 1406
    older = sum(Place(there[id][0]).number(tree, "Ext", "Size") for id in coming if id in there)
    if sum(each.size for each in components) > limits.free + older:
        return 1406
    able = all(_replaceable(tree, inventory, id, coming, active, limits) for id in coming)
    if limits.low_battery or not components or not able:
        return 1405
    running = {id for id, (_, state) in there.items() if state // 1000 == 2} | (coming if active else set())
    return 1405 if any(set(c.needs) - (running if active else coming | set(there)) for c in components) else 0


def _replaceable(
    tree: Tree, inventory: ScomoInventory, id: str, coming: set[str], active: bool, limits: InstallLimits
) -> bool:
    """Whether a component may be installed: there is none, or none that is at work or in use."""
    there = inventory.components(tree).get(id)
    if there is None:
        return True
    in_use = set(inventory.needed_by(tree, id)) - coming
    allowed = not in_use or (active and limits.replaces == "what stays active")
    return allowed and not ComponentState(there[1]).busy
