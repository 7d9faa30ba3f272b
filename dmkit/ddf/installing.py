"""An object of its description put into a tree that is there already, as when a device gets a new feature.

>>> from dmkit.ddf.spec import Spec
>>> spec = Spec.from_table("./Lamp | 1 ! | node com.example/1.0/Lamp | G\\n  On | 1 ! | bool = false | G R")
>>> tree = install(Tree.of({"./DevInfo/Man": "Acme"}), spec)
>>> tree.get("./Lamp/On").value, tree.describe("./Lamp/Off").known, tree.describe("./DevInfo/Lang").known
('false', False, True)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from dmkit.ddf.checking import populate
from dmkit.ddf.rules import PlaceRule, describe_of, rules_of
from dmkit.ddf.spec import Spec
from dmkit.tree.describe import Described
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.tree.uri import parse
from dmkit.words.asked import asked
from dmkit.words.model import Value

__all__ = ["install"]

_NOTHING: Final[Mapping[str, Value | None | Node]] = MappingProxyType({})


@asked
def install(tree: Tree, spec: Spec, values: Mapping[str, Value | None | Node] = _NOTHING) -> Tree:
    """``tree`` with what ``spec`` describes: its smallest instance and ``values`` in it, in place of what stood there.

    From then on the description is enforced there, and what was enforced elsewhere still is.  ConfigError for values
    that the description does not know.

    >>> from dmkit.ddf.api import load
    >>> from dmkit.tree.tree import Tree
    >>> tree = install(Tree.of({}), load("data/ddf/wifi.xml"), {"./WiFi/Home/SSID": "cafe"})
    >>> tree.get("./WiFi/Home/SSID").value
    'cafe'
    """
    rules, made = rules_of(spec), populate(values, spec)
    root = _joined(tree.root, made.root, rules)
    inside, before = describe_of(spec), tree.describe

    def describe(uri: str) -> Described:
        """What this description says below its roots, and the one before elsewhere."""
        rule = rules
        for name in parse(uri).path:
            below = rule.match(name)
            if below is None:
                return inside(uri) if rule.node is not None else before(uri)
            rule = below
        return inside(uri) if rule.node is not None else before(uri)

    return replace(tree, root=root, describe=describe)


def _joined(old: Node, new: Node, rule: PlaceRule) -> Node:
    """``old`` with the objects of ``new``: nodes on the way, which nothing describes, keep what else they hold."""
    children = dict(old.children)
    for name, child in new.children.items():
        present, below = old.children.get(name), rule.match(name)
        if present is not None and present.is_interior and below is not None and below.node is None:
            child = _joined(present, child, below)
        children[name] = child
    return replace(old, children=children)
