"""What stands below a SCOMO: downloads, packages that were delivered, components that are deployed, each in a state.

>>> free_name(Tree.of({"./S/maps": None}), "./S", "Maps")
'Maps-2'
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from itertools import count as naturals
from typing import Final
from urllib.parse import quote, unquote

from dmkit.ddf.checking import populate
from dmkit.ddf.spec import Spec
from dmkit.mo.machine import Machine, ObjectState
from dmkit.mo.object import Place
from dmkit.mo.scomo_states import COMPONENT, DOWNLOAD, PACKAGE, DownloadState, PackageState
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.tree.uri import parse
from dmkit.words.model import Value

__all__ = ["ScomoInventory", "completed", "free_name", "moved_to", "name_of", "needs_of", "needs_text"]

_LONGEST: Final = 32
"""Characters of a name that is made here."""


@dataclass(frozen=True, slots=True)
class ScomoInventory:
    """What a tree says of them, below ``place``."""

    place: Place

    def states(self, tree: Tree) -> dict[str, ObjectState]:
        """Every download, delivered package and component that there is, by the address of its node."""
        found: dict[str, ObjectState] = {}
        for below, machine in (
            (("Download",), DOWNLOAD),
            (("Inventory", "Delivered"), PACKAGE),
            (("Inventory", "Deployed"), COMPONENT),
        ):
            place = self.place.node(tree, *below)
            for name in place.children if place is not None else ():
                node = self.place.uri(*below, name)
                found[node] = self.state(tree, node, machine)
        return found

    def state(self, tree: Tree, node: str, machine: Machine) -> ObjectState:
        """Where the machine of a node stands; where there is no node, at its first state."""
        here = Place(node)
        if machine is DOWNLOAD:
            return DownloadState(here.number(tree, "Status"))
        if tree.find(parse(node).path) is None:
            return machine.first
        return type(machine.first)(100 * here.number(tree, "State") + here.number(tree, "Status"))

    def components(self, tree: Tree) -> dict[str, tuple[str, int]]:
        """What is deployed: identifier -> node, and State times 100 plus Status."""
        place = self.place.node(tree, "Inventory", "Deployed")
        roots = [self.place.uri("Inventory", "Deployed", name) for name in (place.children if place else ())]
        return {Place(r).text(tree, "ID"): (r, int(self.state(tree, r, COMPONENT))) for r in roots}

    def needed_by(self, tree: Tree, id: str, *, active: bool = True) -> list[str]:
        """Components that need ``id``; the active ones, or all."""
        return [
            other
            for other, (root, state) in self.components(tree).items()
            if other != id and id in needs_of(tree, root) and (not active or state // 1000 == 2)
        ]

    def forgotten(self, tree: Tree, package: str, now: float) -> Tree:
        """With the last component of a package, the package is only delivered."""
        place = self.place.node(tree, "Inventory", "Delivered")
        used = {Place(root).text(tree, "PkgIDRef") for root, _ in self.components(tree).values()}
        for name in () if package in used or place is None else place.children:
            root = self.place.uri("Inventory", "Delivered", name)
            if Place(root).text(tree, "PkgID") == package and self.state(tree, root, PACKAGE) is PackageState.INSTALLED:
                tree = moved_to(tree, root, PackageState.DELIVERED, now)
        return tree

    def taken(self, tree: Tree) -> int:
        """Octets of the packages that servers have delivered, and of the components."""
        taken = 0
        for uri, node in tree.walk(self.place.uri("Inventory")):
            if uri.endswith("/Data"):
                taken += node.size
            elif uri.endswith("/Ext/Size"):
                taken += Place(uri).number(tree)
        return taken


def moved_to(tree: Tree, node: str, state: ObjectState, now: float) -> Tree:
    """``tree`` with the node in that state."""
    here = Place(node)
    if isinstance(state, DownloadState):
        return here.set(tree, int(state), "Status", now=now)
    tree = here.set(tree, int(state) // 100, "State", now=now)
    return here.set(tree, int(state) % 100, "Status", now=now)


def completed(tree: Tree, spec: Spec, root: str, operations: Iterable[str], values: Mapping[str, Value] = {}) -> Tree:
    """``tree`` with the instance at ``root`` complete; what is there stays."""
    wanted: dict[str, Value | None | Node] = {f"{root}/Operations/{name}": "" for name in operations}
    made = populate({**wanted, **{f"{root}/{k}": v for k, v in values.items()}}, spec)
    for uri, node in made.walk(root):
        path = parse(uri).path
        if tree.find(path) is None:
            tree = tree.with_node(path, replace(node, children={}) if node.is_interior else node)
    return tree


def name_of(id: str) -> str:
    """An identifier as a name of a node; two identifiers may give one name (``free_name``).

    No name ends with a dot: ``./`` stands only at the start of an address.  [DMTND §6.1]

    >>> name_of("com.example.apps.messenger.abcd.ui"), name_of("..")
    ('com.example.apps.messenger.abcd-', '--')
    """
    name = "".join(c if c.isalnum() or c in "._-" else "-" for c in id)[:_LONGEST] or "1"
    return name.rstrip(".").ljust(len(name), "-")


def needs_text(needs: Iterable[str]) -> str:
    """What a component needs as the text of a leaf, a word for each; white space inside one is written as in a URI.

    >>> needs_text(["java", "my runtime"])
    'java my%20runtime'
    """
    return " ".join("".join(quote(c) if c.isspace() or c == "%" else c for c in need) for need in needs)


def needs_of(tree: Tree, root: str) -> tuple[str, ...]:
    """The components that the one at ``root`` needs."""
    return tuple(map(unquote, Place(root).text(tree, "Ext", "Needs").split()))


def free_name(tree: Tree, below: str, name: str, mine: Callable[[str], bool] = lambda uri: False) -> str:
    """``name``, or with a number after it where another node has it; names that differ in case are one.  [DMTND §5]"""
    place = tree.find(parse(below).path)
    taken = {each.casefold() for each in (place.children if place is not None else ()) if not mine(f"{below}/{each}")}
    candidates = chain((name,), (f"{name[: _LONGEST - len(str(n)) - 1]}-{n}" for n in naturals(2)))
    return next(each for each in candidates if each.casefold() not in taken)
