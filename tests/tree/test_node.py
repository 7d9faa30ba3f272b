"""Trees as values: changes by the device, and comparing."""

from __future__ import annotations

import pytest

from dmkit.tree.diff import Change, changes
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.words.errors import CommandFailed
from dmkit.words.model import Element

TREE = Tree.of(
    {"./A/x": 1, "./A/name": "one", "./B/raw": b"\x00", "./C": None}, acl={"./A": "Get=*&Replace=S", "./B": "Replace=S"}
)


def stamp(tree: Tree, uri: str) -> tuple[float, int]:
    return tree.get(uri).tstamp, tree.get(uri).verno


@pytest.mark.spec("T-03")
def test_a_value_set_by_the_device_counts_as_a_modification() -> None:
    tree = TREE.set("./A/x", 2, now=7.0).set("./A/x", "3", now=8.0)
    assert tree.get("./A/x") == Node("int", "3", tstamp=8.0, verno=2)
    assert stamp(tree, "./A") == (0.0, 0), "values of children are not the parent's"
    assert TREE.get("./A/x").value == "1", "the old tree stays"


def test_set_keeps_format_type_list_and_title() -> None:
    tree = TREE.put("./A/x", Node("int", "1", "text/x", acl="Get=*", title="t"))
    assert tree.set("./A/x", 5).get("./A/x") == Node("int", "5", "text/x", acl="Get=*", title="t", verno=1)
    assert tree.set("./A/x", Node("bool", "true")).get("./A/x") == Node("bool", "true", acl="Get=*", title="t", verno=1)
    assert tree.set("./A/x", b"\x01").get("./A/x").format == "bin"


def test_set_makes_what_is_missing_and_touches_the_nearest_parent_once() -> None:
    tree = TREE.set("./C/d/e", "new", now=5.0)
    assert stamp(tree, "./C") == (5.0, 1)
    assert stamp(tree, "./C/d") == (5.0, 0)
    assert tree.get("./C/d/e") == Node("chr", "new", tstamp=5.0)


def test_set_and_remove_refuse_what_cannot_be() -> None:
    with pytest.raises(CommandFailed, match=r"\./A: an interior node has no value"):
        TREE.set("./A", "1")
    with pytest.raises(CommandFailed, match="a node on the way is a leaf"):
        TREE.set("./A/x/y", "1")
    with pytest.raises(CommandFailed, match="no such node"):
        TREE.remove("./nope")


def test_remove_touches_the_parent() -> None:
    tree = TREE.remove("./A/x", now=3.0)
    assert "./A/x" not in tree
    assert stamp(tree, "./A") == (3.0, 1)


@pytest.mark.spec("T-05")
def test_a_server_that_leaves_is_in_no_list() -> None:
    tree = TREE.with_acl(".", "Add=*&Delete=S&Get=S+T").forget("S", now=2.0)
    assert {uri: node.acl for uri, node in tree.walk() if node.acl} == {".": "Add=*&Get=T", "./A": "Get=*"}
    assert stamp(tree, "./B") == (2.0, 1)
    assert stamp(tree, "./C") == (0.0, 0)
    root = Tree.of({}, acl={".": "Add=*&Get=S&Replace=S"})
    assert root.forget("S").root.acl == "Add=*&Get=*"
    assert root.forget("S", emptied="everybody").root.acl == "Add=*&Get=*&Replace=*"
    assert TREE.forget("Z") == TREE


@pytest.mark.parametrize(
    ("node", "octets"),
    [
        (Node("chr", "ü"), 2),
        (Node("bin", b"\x00\xff"), 2),
        (Node("null", None), 0),
        (Node("b64", "AAE="), 4),
        (Node("xml", Element("a", children=("b&c",))), len("<a>b&amp;c</a>")),
        (Node("xml", Element("a", children=("\x00",))), 1),
    ],
)
@pytest.mark.spec("T-03")
def test_size_is_that_of_the_unencoded_value(node: Node, octets: int) -> None:
    assert node.size == octets


def test_diff_of_trees() -> None:
    later = TREE.set("./A/x", 2).remove("./B").set("./C/new", True).with_acl("./A", "Get=*")
    assert later.diff(TREE) == [
        "~ ./A acl: 'Get=*&Replace=S' -> 'Get=*'",
        "~ ./A/x: '1' -> '2'",
        "- ./B",
        "- ./B/raw = b'\\x00'",
        "+ ./C/new = 'true'",
    ]
    assert TREE.diff(TREE) == []
    assert later.diff(TREE, "./C") == ["+ ./C/new = 'true'"]


def test_diff_of_sub_trees_at_different_places() -> None:
    tree = Tree.of({"./A/Home/SSID": "cafe", "./A/Home/Key": "x", "./A/Work/SSID": "office", "./A/Work/Sub/deep": 1})
    assert tree.diff(tree, "./A/Work", "./A/Home") == [
        "- ./A/Home/Key = 'x'",
        "~ ./A/Work/SSID: 'cafe' -> 'office'",
        "+ ./A/Work/Sub",
        "+ ./A/Work/Sub/deep = '1'",
    ]


def test_changes_are_rows_and_may_compare_versions() -> None:
    later = TREE.set("./A/x", 1, now=4.0)
    assert changes(TREE, later) == []
    assert changes(TREE, later, versions=True) == [
        Change("~", "./A/x", "tstamp", "0.0", "4.0"), Change("~", "./A/x", "verno", "0", "1"),
    ]  # fmt: skip
    assert changes(TREE, TREE, "./nowhere", "./C") == [Change("+", "./C")]


def test_order_of_children_does_not_count() -> None:
    one, other = Tree.of({"./A": "1", "./B": "2"}), Tree.of({"./B": "2", "./A": "1"})
    assert changes(one, other) == []
