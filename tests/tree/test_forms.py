"""Nodes as they are kept, beside plain dicts: every field, every change, and the octets that ten writes take."""

from __future__ import annotations

import copy
import dataclasses
import gc
import pickle
import tracemalloc
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dmkit as dm
from dmkit.tree.children import FEW, Wide
from dmkit.tree.node import InteriorNode, LeafNode, Node, WideNode
from dmkit.tree.rewriting import child_of, with_child, with_value, without_child
from dmkit.tree.tree import Tree
from dmkit.words.errors import ConfigError
from dmkit.words.model import Element

FIELDS = ("format", "value", "type", "acl", "title", "tstamp", "verno", "children")
Plain = dict[str, Any]
"""A node as a dict of its fields, its children a dict of such."""

NAMES = st.sampled_from(["A", "B", "a", "Name", "ü", *(f"n{at}" for at in range(4))])
OWN = st.fixed_dictionaries({
    "format": st.sampled_from(["chr", "int", "node", "bin", "xml"]),
    "value": st.sampled_from(["", "5", None, b"", b"5", Element("a", children=("b",))]),
    "type": st.sampled_from(["text/plain", "", "com.example/1.0/Con"]),
    "acl": st.sampled_from(["", "Get=*"]),
    "title": st.sampled_from(["", "t"]),
    "tstamp": st.sampled_from([0.0, 5.5, 7]),
    "verno": st.sampled_from([0, 1, 65535]),
})  # fmt: skip


def _grown(below: st.SearchStrategy[Plain]) -> st.SearchStrategy[Plain]:
    few = st.dictionaries(NAMES, below, max_size=3)
    many = st.tuples(below, st.integers(FEW - 1, FEW + 2)).map(lambda two: {f"n{at}": two[0] for at in range(two[1])})
    interior = OWN.map(lambda own: {**own, "format": "node", "value": None})
    return st.builds(lambda own, children: {**own, "children": children}, interior | OWN, few | many)


PLAINS = st.recursive(OWN.map(lambda own: {**own, "children": {}}), _grown, max_leaves=6)


def made(plain: Plain) -> Node:
    return Node(**{**plain, "children": {name: made(child) for name, child in plain["children"].items()}})


def plain_of(node: Node) -> Plain:
    children = {name: plain_of(child) for name, child in node.children.items()}
    return {**{name: getattr(node, name) for name in FIELDS}, "children": children}


def shown(plain: Plain) -> str:
    children = ", ".join(f"{name!r}: {shown(child)}" for name, child in plain["children"].items())
    parts = [f"{name}={plain[name]!r}" for name in FIELDS[:-1]]
    return f"Node({', '.join(parts)}, children={{{children}}})"


@given(PLAINS)
def test_a_node_has_the_fields_that_it_was_made_of(plain: Plain) -> None:
    node = made(plain)
    assert plain_of(node) == plain and list(node.children) == list(plain["children"])
    assert isinstance(node, Node) and node.__class__ is Node and type(node).__name__ == "Node"
    assert node.is_interior == (plain["format"] == "node")
    assert repr(node) == shown(plain)
    for again in (pickle.loads(pickle.dumps(node)), copy.copy(node), copy.deepcopy(node), dataclasses.replace(node)):
        assert again == node and hash(again) == hash(node) and plain_of(again) == plain
        assert list(again.children) == list(node.children)
    assert [field.name for field in dataclasses.fields(node)] == list(FIELDS)


@given(PLAINS, PLAINS)
def test_nodes_are_equal_when_their_fields_are(one: Plain, other: Plain) -> None:
    same = one == other
    assert (made(one) == made(other)) is same and (made(one) != made(other)) is not same
    assert (made(one).children != made(other).children) is (one["children"] != other["children"])
    if one == other:
        assert hash(made(one)) == hash(made(other))


@given(PLAINS, PLAINS)
def test_replace_changes_what_it_names(plain: Plain, other: Plain) -> None:
    node, new = made(plain), made(other)
    for name in FIELDS:
        changed = dataclasses.replace(node, **{name: getattr(new, name)})
        assert plain_of(changed) == {**plain, name: other[name]} and plain_of(node) == plain
    assert plain_of(node.touched(9.0)) == {**plain, "tstamp": 9.0, "verno": (plain["verno"] + 1) % 65536}
    kind = {name: other[name] for name in ("value", "format", "type")}
    assert plain_of(with_value(node, new)) == {**plain, **kind}


CHANGES = st.lists(st.tuples(NAMES | st.integers(0, FEW + 2).map(str), st.sampled_from(["1", "2", None])), max_size=30)


@given(st.integers(0, FEW + 2), st.booleans(), CHANGES)
def test_children_come_and_go_as_in_a_dict(start: int, touch: bool, changes: list[tuple[str, str | None]]) -> None:
    plain: dict[str, Node] = {str(at): Node("int", str(at)) for at in range(start)}
    node = Node.interior(plain, type="t", acl="Get=*")
    for name, value in changes:
        before, was = node, dict(plain)
        if value is None:
            node = without_child(node, name)
            plain.pop(name, None)
        else:
            plain[name] = Node("chr", value)
            node = with_child(node, name, plain[name])
        if touch:
            hash(node)
        assert dict(before.children) == was and list(before.children) == list(was)
    assert list(node.children.items()) == list(plain.items()) and len(node.children) == len(plain)
    assert list(reversed(node.children)) == list(reversed(plain))
    for name in (*plain, "gone", *(name for name, _ in changes)):
        assert child_of(node, name) is node.children.get(name) is plain.get(name)
        assert (name in node.children) == (name in plain)
    same = Node.interior(dict(reversed(plain.items())), type="t", acl="Get=*")
    assert node == same and same == node and hash(node) == hash(same) and node.children == same.children == plain
    assert hash(node.children) == hash(same.children)
    assert node != Node.interior({**plain, "more": Node()}, type="t", acl="Get=*") and node != 5
    assert isinstance(node, WideNode if isinstance(node.children, Wide) else InteriorNode)


def test_nodes_do_not_change() -> None:
    node = Tree.of({"./A/B": 1}).get("./A")
    for one in (node, node.children["B"], Node.interior({str(at): Node() for at in range(FEW + 1)})):
        for name in FIELDS:
            with pytest.raises(AttributeError):
                setattr(one, name, getattr(one, name))


def test_a_node_as_a_pattern() -> None:
    match Node("int", "5"):
        case Node("int", value):
            assert value == "5"
        case _:
            pytest.fail("its fields are in order")


@pytest.mark.parametrize(("wrong", "says"), [({"format": []}, "format"), ({"children": 5}, "children")])
def test_what_makes_no_node_is_named(wrong: Mapping[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=f"^Node: {says} is"):
        Node(**wrong)


def test_trees_share_what_nodes_have_in_common() -> None:
    """A write makes a leaf, and a copy of each node above it, and nothing else."""
    tree = dm.Device.example().tree
    after = tree.set("./DevInfo/Man", "Other")
    before, now = (one.get("./DevInfo") for one in (tree, after))
    assert before != now and before.form is now.form and before.children["DevId"] is now.children["DevId"]
    assert before.children["Man"].form is now.children["Man"].form
    assert Node("chr", "x").form is Node("chr", "y").form
    assert type(before.children["Man"]) is LeafNode and before.children["DevId"].form is now.children["Man"].form
    at_once, one_by_one = Tree.of({"./A/x": "1", "./A/y": "2"}), Tree.of({"./A/x": "3"}).set("./A/y", "4")
    assert at_once.get("./A").form.at is one_by_one.get("./A").form.at, "the same names in the same order"


TEN = range(10)
ONE_INTERIOR = [f"./V/X/L{at}" for at in TEN]
TEN_INTERIORS = [f"./V/P{at}/L" for at in TEN]
EXAMPLE = dm.Device.example().tree
EXAMPLE_LEAVES = [uri for uri, node in EXAMPLE.walk() if not node.is_interior][:10]
PLACES = {
    "the example device": (EXAMPLE, EXAMPLE_LEAVES),
    "one interior": (Tree.of(dict.fromkeys(ONE_INTERIOR, "factory")), ONE_INTERIOR),
    "ten interiors": (Tree.of(dict.fromkeys(TEN_INTERIORS, "factory")), TEN_INTERIORS),
}
VALUES: dict[str, Callable[[int], str | int | bytes]] = {
    "text": lambda at: f"v{at:09d}", "numbers": lambda at: 100_000 + at, "octets": lambda at: b"%010d" % at,
}  # fmt: skip


def octets_a_tree(tree: Tree, uris: list[str], value: Callable[[int], str | int | bytes], own: bool) -> float:
    """What each of many trees takes after ten writes, when all are kept; ``own``: no value or time is in two trees."""
    shared = [value(at) if isinstance(value(at), bytes) else str(value(at)) for at in TEN]

    def written(number: int) -> Tree:
        after = tree
        for at, uri in enumerate(uris):
            new = value(number * 10 + at) if own else shared[at]
            after = after.set(uri, new, now=1.5e9 + number * 10 + at if own else 5.0)
        return after

    written(0)
    trees: list[Tree | None] = [None] * 1_000
    gc.collect()
    tracing = tracemalloc.is_tracing()
    if not tracing:
        tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(len(trees)):
            trees[number] = written(number)
        return (tracemalloc.get_traced_memory()[0] - before) / len(trees)
    finally:
        if not tracing:
            tracemalloc.stop()


@pytest.mark.parametrize("own", [True, False], ids=["own", "shared"])
@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("place", PLACES)
def test_ten_writes_take_two_kilobytes(place: str, value: str, own: bool) -> None:
    tree, uris = PLACES[place]
    assert octets_a_tree(tree, uris, VALUES[value], own) < (2_000 if own else 1_200)
