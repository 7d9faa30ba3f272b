"""Instances and their description: what a tree breaks, an empty instance, an instance with values.

>>> from dmkit.words.codes import Format
>>> from dmkit.ddf.spec import NodeSpec, Spec
>>> spec = Spec((NodeSpec(name="A", format=Format.NODE, children=(NodeSpec(name="N", format=Format.INT),)),))
>>> print(*check(Tree.of({"./A": None, "./A/M": "x"}), spec), sep="\\n")
./A/N: missing: there is no such node while ./A is there; there is exactly one
./A/M: unknown: the description knows no such node; ./A holds N
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from dmkit.ddf.rules import Mount, PlaceRule, default_node, describe_of, node_for, rules_of
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.tree.uri import join, parse, quote
from dmkit.tree.values import lexical_form
from dmkit.words.asked import asked
from dmkit.words.codes import Format
from dmkit.words.errors import ConfigError
from dmkit.words.model import Element, Value
from dmkit.words.records import dataclass

__all__ = ["RULES", "TreeFinding", "check", "check_leaf", "outside", "populate", "skeleton"]

RULES: Final[Mapping[str, str]] = {
    "missing": "a node that occurs at least once is there while its parent is",
    "too many": "there are no more instances than Occurrence allows",
    "unknown": "every node has a description",
    "kind": "interior nodes are described as node, leaves as something else",
    "format": "a leaf has the format of DFFormat",
    "type": "a leaf has one of the MIME types of DFType",
    "object": "an interior node has the object identifier of DDFName",
    "value": "a value has the lexical form of its format",
    "allowed": "a value is one of those that the description allows",
    "access": "a command is among the rights of the node",
    "outside": "a description reaches the node",
    "case": "siblings whose case does not count differ in more than case",
}
"""What is checked: rule -> what is right."""


@dataclass(frozen=True, slots=True)
class TreeFinding:
    """One departure of a tree from its description: the node, the ``rule``, what is, and what would be right.

    >>> from dmkit.ddf.api import load
    >>> from dmkit.tree.tree import Tree
    >>> [found.rule for found in check(Tree.of({"./WiFi/Home/Colour": "red"}), load("data/ddf/wifi.xml"))]
    ['object', 'missing', 'missing', 'missing', 'missing', 'unknown']
    """

    uri: str
    rule: str
    says: str
    right: str

    def __str__(self) -> str:
        return f"{self.uri}: {self.rule}: {self.says}; {self.right}"


@asked
def check(tree: Tree, *mounts: Mount) -> tuple[TreeFinding, ...]:
    """Everything in ``tree`` that the descriptions do not allow, in the order of the tree; empty when it conforms.

    >>> from dmkit.ddf.api import load
    >>> check(skeleton(load("data/ddf/wifi.xml")), load("data/ddf/wifi.xml"))
    ()
    """
    return tuple(_check(".", tree.root, rules_of(*mounts)))


@asked
def outside(tree: Tree, *mounts: Mount) -> tuple[str, ...]:
    """The topmost nodes of ``tree`` that no description reaches: ``check`` says nothing of them.

    >>> from dmkit.ddf.spec import NodeSpec, Spec
    >>> outside(Tree.of({"./A": None, "./B/C": "x"}), Spec((NodeSpec(name="A", format=Format.NODE),)))
    ('./B',)
    """
    return tuple(_outside(".", tree.root, rules_of(*mounts)))


def _outside(uri: str, node: Node, rule: PlaceRule) -> Iterator[str]:
    for name, child in node.children.items():
        here, found = f"{uri}/{quote(name)}", rule.match(name)
        if found is None:
            if rule.node is None or rule.is_open:
                yield here
        else:
            yield from _outside(here, child, found)


def _check(uri: str, node: Node, rule: PlaceRule) -> Iterator[TreeFinding]:
    if rule.node is not None:
        yield from _own(uri, node, rule)
    if not node.is_interior or (rule.is_open and not rule.named):
        return
    counts: dict[str, int] = {}
    folded: dict[str, str] = {}
    matched = {name: rule.match(name) for name in node.children}
    for below in matched.values():
        if below is not None:
            counts[below.uri] = counts.get(below.uri, 0) + 1
    for below in rule.below():
        yield from _occurs(uri, below, counts.get(below.uri, 0))
    for name, child in node.children.items():
        here, found = f"{uri}/{quote(name)}", matched[name]
        if found is None:
            if rule.node is not None:
                known = ", ".join(below.node.label if below.node else below.uri for below in rule.below())
                yield TreeFinding(here, "unknown", "the description knows no such node", f"{uri} holds {known}")
            continue
        if found.described.case_sensitive is False:
            other = folded.setdefault(name.casefold(), name)
            if other != name:
                yield TreeFinding(here, "case", f"it differs from {other} in case only", "case does not count here")
        yield from _check(here, child, found)


def _occurs(uri: str, rule: PlaceRule, count: int) -> Iterator[TreeFinding]:
    node = rule.node
    if node is None:
        return
    least, most = node.occurs.least, node.occurs.most
    where = f"{uri}/{node.name or '*'}"
    if count < least:
        right = "there is at least one" if node.occurs.kind.many else "there is exactly one"
        yield TreeFinding(where, "missing", f"there is no such node while {uri} is there", right)
    if most is not None and count > most:
        yield TreeFinding(where, "too many", f"there are {count}", f"there may be {most}")


def _own(uri: str, node: Node, rule: PlaceRule) -> Iterator[TreeFinding]:
    spec = rule.node
    assert spec is not None
    if node.is_interior != spec.is_interior:
        is_now, right = ("an interior node", "a leaf") if node.is_interior else ("a leaf", "an interior node")
        yield TreeFinding(uri, "kind", f"it is {is_now}", f"{right} is described")
        return
    if node.is_interior:
        if spec.mo_id and node.type != spec.mo_id:
            yield TreeFinding(uri, "object", f"its Type is {node.type!r}", f"{spec.mo_id} begins here")
        return
    yield from check_leaf(uri, node, rule)


def check_leaf(uri: str, node: Node, rule: PlaceRule) -> Iterator[TreeFinding]:
    """What is wrong with the format, type and value of a leaf that ``rule`` describes."""
    spec = rule.node
    assert spec is not None
    format = Format.of(node.format)
    if spec.format is not None and format is not spec.format:
        yield TreeFinding(uri, "format", f"its format is {node.format}", f"{spec.format} is described")
    mime = node.type.partition(";")[0].strip().lower()
    if spec.types and mime not in [entry.partition(";")[0].strip().lower() for entry in spec.types]:
        yield TreeFinding(uri, "type", f"its type is {node.type!r}", f"{' or '.join(spec.types)} is described")
    right = "" if format is None or not isinstance(node.value, str) else lexical_form(format, node.value)
    if right:
        yield TreeFinding(uri, "value", f"{str(node.value)[:40]!r} has not the form of {node.format}", f"it is {right}")
    elif rule.described.check is not None and isinstance(node.value, str) and (why := rule.described.check(node.value)):
        yield TreeFinding(uri, "allowed", why, "the description says which values are taken")
    elif format is not Format.BIN and isinstance(node.value, bytes):
        yield TreeFinding(uri, "value", f"octets in format {node.format}", "only bin holds octets")
    elif format is not Format.XML and isinstance(node.value, Element):
        yield TreeFinding(uri, "value", f"mark-up in format {node.format}", "only xml holds mark-up")


@asked
def skeleton(*mounts: Mount, acl: Mapping[str, str] | None = None) -> Tree:
    """The smallest tree that conforms: what occurs at least once, with defaults; instances without a name are ``1``.

    The tree enforces the descriptions.

    >>> from dmkit.ddf.api import load
    >>> skeleton(load("data/ddf/wifi.xml")).get("./WiFi").format
    'node'
    """
    rules = rules_of(*mounts)
    tree = Tree.of({}, describe=describe_of(*mounts))
    root = _instance(rules)
    tree = replace(tree, root=replace(root, acl=tree.root.acl))
    for uri, text in (acl or {}).items():
        tree = tree.with_acl(uri, text)
    return tree


def _instance(rule: PlaceRule) -> Node:
    node = Node.interior() if rule.node is None else default_node(rule.node)
    if not node.is_interior:
        return node
    children: dict[str, Node] = {}
    for below in rule.below():
        if below.node is None:
            inner = _instance(below)
            if inner.children:
                children[below.uri.rpartition("/")[2]] = inner
        elif below.node.occurs.least:
            children[below.node.name or "1"] = _instance(below)
    return replace(node, children=children) if children else node


@asked
def populate(values: Mapping[str, Value | None | Node], *mounts: Mount, acl: Mapping[str, str] | None = None) -> Tree:
    """A ``skeleton`` with ``values`` by URI, each in the format that is described; None makes an interior node.

    Whatever comes into being on the way is complete: with all that occurs at least once below it.  ConfigError for
    a URI that the descriptions do not know, and for a value where an interior node is described.

    >>> from dmkit.ddf.api import load
    >>> populate({"./WiFi/Home/SSID": "cafe"}, load("data/ddf/wifi.xml")).get("./WiFi/Home/Security").value
    'wpa2-psk'
    """
    rules = rules_of(*mounts)
    tree = skeleton(*mounts)
    for uri, value in values.items():
        path = parse(uri).path
        rule = rules
        for depth, name in enumerate(path, 1):
            here = join(path[:depth])
            found = rule.match(name)
            if found is None and not rule.is_open:
                holds = ", ".join(below.node.label for below in rule.below() if below.node) or "nothing"
                raise ConfigError(
                    f"{here}: the description knows no such node; {join(path[: depth - 1])} holds {holds}"
                )
            rule = found or PlaceRule(here)
            last = depth == len(path)
            if last and value is not None:
                if rule.node is not None and rule.node.is_interior and not isinstance(value, Node):
                    raise ConfigError(f"{here}: an interior node is described; it takes no value, None makes it")
                present = tree.find(path)
                new = Tree.of({uri: value}).get(uri) if rule.node is None else node_for(rule.node, value)
                tree = tree.with_node(path, new if present is None else replace(new, acl=present.acl))
            elif tree.find(path[:depth]) is None:
                tree = tree.with_node(path[:depth], _instance(rule))
    for uri, text in (acl or {}).items():
        tree = tree.with_acl(uri, text)
    return tree
