"""The Inbox: objects find their places by identifier."""

from __future__ import annotations

import pytest

import dmkit as dm
from dmkit.tree import tnds
from dmkit.tree.execute import Execution, execute
from dmkit.tree.inbox import inbox
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.words.model import Add, Delete, Get, Item, Meta

DMACC = "urn:oma:mo:oma-dm-dmacc:1.0"
TREE = Tree.of({"./Inbox": None, "./DMAcc": None, "./DMAcc/one": None}, acl={"./Inbox": "Add=*", "./DMAcc": "Get=*"})


def added(tree: Tree, *objects: tuple[str, Node], by: str = "S", places: dict[str, str] | None = None) -> Execution:
    tops = tuple(tnds.serialise(name, node).tops[0] for name, node in objects)
    item = Item("./Inbox", meta=Meta(format="xml", type=tnds.TYPE_XML), data=tnds.to_element(tnds.TndsDocument(tops)))
    return execute(tree, (Add((item,)),), by=by, handlers={"./Inbox": inbox(places) if places else inbox()}, now=5.0)


def account(**leaves: str) -> Node:
    return Node.interior({name: Node("chr", value) for name, value in leaves.items()}, type=DMACC)


def codes(done: Execution) -> list[int]:
    return [int(outcome.status or 0) for outcome in done.outcomes]


@pytest.mark.spec("O-01")
def test_an_account_goes_below_dmacc_and_belongs_to_its_creator() -> None:
    done = added(TREE, ("two", account(AppID="w7")))
    assert codes(done) == [200]
    assert done.tree.diff(TREE) == ["+ ./DMAcc/two", "+ ./DMAcc/two/AppID = 'w7'"]
    assert done.tree.get("./DMAcc/two").acl == "Add=S&Delete=S&Replace=S"
    assert (done.tree.get("./DMAcc").verno, done.tree.get("./Inbox").verno) == (1, 0)


def test_a_name_that_is_taken_gets_a_number() -> None:
    done = added(TREE, ("one", account(AppID="w7")))
    assert done.tree.diff(TREE) == ["+ ./DMAcc/one-2", "+ ./DMAcc/one-2/AppID = 'w7'"]


def test_references_follow_their_objects() -> None:
    con = Node.interior({"Name": Node("chr", "net")}, type="com.example/1.0/Con")
    places = {DMACC: "./DMAcc", "com.example/": "./Con"}
    done = added(TREE, ("one", account(PrefConRef="./Inbox/c/Name", Other="./Inboxes")), ("c", con), places=places)
    assert codes(done) == [200]
    assert done.tree.get("./DMAcc/one-2/PrefConRef").value == "./Con/c/Name"
    assert done.tree.get("./DMAcc/one-2/Other").value == "./Inboxes"


@pytest.mark.parametrize(
    ("tree", "node", "by", "code"),
    [
        (TREE, Node.interior(type="com.example/1.0/Unknown"), "S", 404),
        (TREE, Node.interior(), "S", 404),
        (TREE.with_acl("./Inbox", "Add=T"), account(), "S", 425),
        (TREE.delete("./Inbox"), account(), "S", 404),
        (TREE, Node.interior({"n": Node("int", "five")}, type=DMACC), "S", 415),
    ],
)
def test_what_has_no_place_changes_nothing(tree: Tree, node: Node, by: str, code: int) -> None:
    done = added(tree, ("good", account()), ("bad", node), by=by)
    assert codes(done) == [code]
    assert done.tree == tree


def test_the_inbox_is_not_read_and_stays() -> None:
    device = dm.Device.blank()
    reads = (Get.of("./Inbox", "./Inbox/x"), Delete.of("./Inbox"))
    done = execute(device.tree, reads, by="S", handlers=device.handlers)
    assert codes(done) == [405, 405]
    assert "./Inbox" in device.handlers


def test_objects_of_one_name_get_numbers_that_are_free():
    tree = Tree.of(
        {"./Inbox": None, "./DMAcc": None, "./DMAcc/a-2": None}, acl={"./Inbox": "Add=*", "./DMAcc": "Get=*"}
    )
    done = added(tree, ("a", account()), ("a-3", account()), ("b", account()))
    assert set(done.tree.get("./DMAcc").children) == {"a-2", "a", "a-3", "b"}
    again = added(done.tree, ("a", account()), ("b", account()))
    assert set(again.tree.get("./DMAcc").children) == {"a-2", "a", "a-3", "b", "a-4", "b-2"}
