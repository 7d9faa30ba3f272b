"""The tree of 10 000 nodes: writes that keep the old tree, questions of rights, comparing; beside plain dicts."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from itertools import product
from time import perf_counter
from typing import Any

from bench import Row, pair
from dmkit.tree.execute import execute
from dmkit.tree.node import Node
from dmkit.tree.policy import oma_acl
from dmkit.tree.tree import Tree
from dmkit.words.codes import Verb
from dmkit.words.model import Replace

WRITES = 100_000
ALL = "Add=S&Delete=S&Exec=S&Get=S&Replace=S"
PLACES = [f"./n{a}/n{b}/n{c}/n{d}" for a, b, c, d in product(range(10), range(10), range(10), range(9))]
DEEP = Tree.of(dict.fromkeys(PLACES, "x"), acl={"./n3": ALL, "./n4/n5/n6": "Get=S&Replace=S"})
WIDE = Tree.of({}).put("./W", Node.interior({f"n{i}": Node() for i in range(10_000)}))


def plain(node: Node) -> dict[str, Any]:
    """The same tree as nested dicts."""
    return {"value": node.value, "acl": node.acl, "children": {n: plain(c) for n, c in node.children.items()}}


def path_copy(node: dict[str, Any], path: list[str], value: str) -> dict[str, Any]:
    """What anybody would write by hand: the dicts on the way copied, the rest shared."""
    if not path:
        return {**node, "value": value}
    children = dict(node["children"])
    children[path[0]] = path_copy(children[path[0]], path[1:], value)
    return {**node, "children": children}


def nearest(node: dict[str, Any], uri: str, server: str, verb: str) -> bool:
    """The question of rights on nested dicts, the list read anew each time."""
    acl = node["acl"]
    for name in uri.split("/")[1:]:
        node = node["children"][name]
        acl = node["acl"] or acl
    entries = dict(entry.split("=") for entry in acl.split("&"))
    ids = entries.get(verb, "").split("+")
    return server in ids or "*" in ids


def rows() -> Iterator[Row]:
    uri, deep, wide = "./n3/n4/n5/n6", plain(DEEP.root), plain(WIDE.root)
    path = uri.split("/")[1:]
    assert sum(1 for _ in DEEP.walk()) > 10_000
    yield pair(
        "a leaf set, the old tree kept / dicts copied on the way by hand",
        lambda: DEEP.set(uri, "y", now=1.0),
        lambda: path_copy(deep, path, "y"),
    )
    yield pair(
        "a leaf set, the old tree kept / deepcopy of nested dicts",
        lambda: DEEP.set(uri, "y", now=1.0),
        lambda: deepcopy(deep),
        rounds=2,
        calls=2,
    )
    yield pair(
        "the same among 10 000 siblings / dicts copied on the way by hand",
        lambda: WIDE.set("./W/n77", "y", now=1.0),
        lambda: path_copy(wide, ["W", "n77"], "y"),
        calls=50,
    )
    replace = (Replace.of(uri, "y"),)
    yield pair(
        "Replace by a server, all checks / dicts copied on the way by hand",
        lambda: execute(DEEP, replace, by="S"),
        lambda: path_copy(deep, path, "y"),
    )
    yield pair(
        "an ACL question, with its reason / nested dicts, list read anew",
        lambda: oma_acl(DEEP, "S", Verb.GET, uri),
        lambda: nearest(deep, uri, "S", "Get"),
    )
    later = DEEP.set(uri, "y", now=1.0)
    changed = path_copy(deep, path, "y")
    yield pair(
        "what changed between two versions / whether nested dicts are equal",
        lambda: later.diff(DEEP),
        lambda: changed == deep,
        rounds=5,
        calls=20,
    )
    tree, plain_tree, start = DEEP, deep, perf_counter()
    for at in range(WRITES):
        tree = tree.set(PLACES[at % len(PLACES)], str(at), now=float(at))
    ours, start = perf_counter() - start, perf_counter()
    for at in range(WRITES):
        plain_tree = path_copy(plain_tree, PLACES[at % len(PLACES)].split("/")[1:], str(at))
    peer = perf_counter() - start
    assert tree.get(PLACES[-1]).verno == WRITES // len(PLACES)
    yield Row(f"{WRITES} writes one after the other / dicts copied on the way by hand", ours, peer, ours / peer, "s")
