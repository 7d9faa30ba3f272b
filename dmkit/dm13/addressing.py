"""Addressing by object, not by path: one problem, three proposals, and what DM 2.0 adopted.  [dm13 sheet §4]

The server knows what it wants (the object, and which instance of it), and not where the device keeps it.  An object
is found by its identifier, the type of its root.  All four answer with absolute addresses in the same tree.

>>> tree = example()
>>> by_question(tree, NAP + "?*/Addr")
('./Operator/Net/4711/Addr', './Operator/Net/4712/Addr')
>>> by_conditions(tree, NAP, {"Name": "Home"}, "Addr")
('./Operator/Net/4712/Addr',)
>>> by_feature(tree, NAP, "Name", "Office")
('./Operator/Net/4711',)
>>> by_dm2(tree, NAP + "/(x)/Addr?nv=(x)/Name:Home")
('./Operator/Net/4712/Addr',)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dmkit.dm2.address import Address, Instance, Unresolved, resolve
from dmkit.tree.uri import parse
from dmkit.words.asked import asked
from dmkit.words.errors import CodecError

if TYPE_CHECKING:
    from dmkit.tree.node import Node
    from dmkit.tree.tree import Tree

__all__ = [
    "NAP",
    "RIVALS",
    "Rival",
    "by_conditions",
    "by_dm2",
    "by_feature",
    "by_path",
    "by_question",
    "example",
    "find_objects",
]

NAP: Final = "urn:oma:mo:oma-connmo-nap:1.0"
"""An object of the examples."""


def example(acl: str = "Add=srv&Get=srv&Replace=srv&Delete=srv") -> Tree:
    """A device that keeps two access points where nobody would look for them."""
    from dmkit.tree.node import Node
    from dmkit.tree.tree import Tree

    points = {"4711": ("Office", "office.example"), "4712": ("Home", "home.example")}
    leaves = {f"./Operator/Net/{n}/{leaf}": v for n, (name, addr) in points.items()
              for leaf, v in (("Name", name), ("Addr", addr))}  # fmt: skip
    tree = Tree.of(leaves, acl={"./Operator": acl})
    for n in points:
        at = f"./Operator/Net/{n}"
        tree = tree.put(at, Node.interior(tree.get(at).children, type=NAP))
    return tree


@asked
def find_objects(tree: Tree, moid: str) -> tuple[str, ...]:
    """The roots of an object's instances, in the order of the tree."""
    return tuple(uri for uri, node in tree.walk() if node.is_interior and node.type == moid)


@asked
def by_path(tree: Tree, uri: str) -> tuple[str, ...]:
    """DM 1.2: the address itself, when something is there."""
    return (uri,) if uri in tree else ()


@asked
def by_question(tree: Tree, text: str) -> tuple[str, ...]:
    """The identifier, a question mark, a path below; ``*`` is any one node, as is the unnamed root.  [HW2, US9712403]

    ``*`` at the front stands for the instance itself.  CodecError when there is no question mark.
    """
    moid, mark, path = text.partition("?")
    if not mark or not moid:
        raise CodecError(f"address {text[:60]!r}; an identifier, a question mark and a path are right")
    parts = tuple(path.split("/"))[1:] if path.startswith("*") else tuple(path.split("/")) if path else ()
    found: list[str] = []
    for root in find_objects(tree, moid):
        found += _below(tree.get(root), root, parts)
    return tuple(found)


def _below(node: Node, at: str, parts: tuple[str, ...]) -> list[str]:
    if not parts:
        return [at]
    names = sorted(node.children) if parts[0] == "*" else [parts[0]] if parts[0] in node.children else []
    return [uri for name in names for uri in _below(node.children[name], f"{at}/{name}", parts[1:])]


@asked
def by_conditions(
    tree: Tree,
    moid: str,
    conditions: Mapping[str, str],
    path: str = "",
    *,
    above: str = ".",
    since: float | None = None,
) -> tuple[str, ...]:
    """Below ``above``: instances in which every path has its value and, when asked, TStamp is not before ``since``.

    ``path`` leads on from there.  [HTC1, US8966031]
    """
    found = []
    for root in find_objects(tree, moid):
        node = tree.get(root)
        inside = above in (".", root) or root.startswith(above + "/")
        met = all(_text(tree, f"{root}/{at}") == value for at, value in conditions.items())
        target = f"{root}/{path}" if path else root
        if inside and met and (since is None or node.tstamp >= since) and target in tree:
            found.append(target)
    return tuple(found)


@asked
def by_feature(tree: Tree, moid: str, feature: str, value: str) -> tuple[str, ...]:
    """No Target at all: the identifier, a node and its value pick the instance, for Delete too.  [HW1, US8732280]"""
    return by_conditions(tree, moid, {feature: value})


@asked
def by_dm2(tree: Tree, uri: str) -> tuple[str, ...]:
    """What DM 2.0 has: instance and x-names with ``nv=``.  [dm20 sheet §5]  Instances have the names of their nodes."""
    address = Address.parse(uri)
    roots = find_objects(tree, address.moid)
    instances = [Instance(address.moid, parse(root).path[-1], tree.get(root)) for root in roots]
    try:
        places = resolve(address, instances)
    except Unresolved:
        return ()
    where = {id(instance): root for instance, root in zip(instances, roots, strict=True)}
    return tuple("/".join((where[id(place.instance)], *place.path)) for place in places)


def _text(tree: Tree, uri: str) -> str | None:
    return tree.get(uri).text if uri in tree else None


@dataclass(frozen=True, slots=True)
class Rival:
    """A proposal: what it can say, in words; who made it; how it finds."""

    name: str
    source: str
    find: Callable[..., tuple[str, ...]]
    unknown_place: bool
    """Whether it finds what stands nobody knows where."""
    picks: bool
    """Whether it picks one of several instances by what is in it."""
    several: bool
    """Whether one command may reach several nodes."""


RIVALS: Final[Mapping[str, Rival]] = {
    rival.name: rival
    for rival in (
        Rival("path", "DM 1.2, DMTND §5", by_path, False, False, False),
        Rival("question", "HW2, US9712403", by_question, True, False, True),
        Rival("conditions", "HTC1, US8966031", by_conditions, True, True, False),
        Rival("feature", "HW1, US8732280", by_feature, True, True, False),
        Rival("dm 2.0", "dm20 sheet §5; LG2, US10033689", by_dm2, True, True, True),
    )
}
"""Name -> proposal, in the order in which they were argued; the last is the one adopted."""
