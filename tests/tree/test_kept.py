"""What was kept gives an equal node back, whatever kept it: every format, every value that is easily lost."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dmkit as dm
from dmkit.ddf.plain import from_plain, to_plain
from dmkit.tree import tnds
from dmkit.tree.node import changed
from dmkit.tree.tree import Tree
from dmkit.words.model import Element, Item, Meta
from tests.strategies import any_leaves, carried_leaves, untimed

EVERYTHING = "Add=*&Delete=*&Get=*&Replace=*"


def holding(**nodes):
    return Tree.of({"./A": dm.Node.interior(nodes)}, acl={".": EVERYTHING})


@given(any_leaves, any_leaves, st.sampled_from([dm.Atomic, dm.Sequence]))
def test_an_atomic_that_failed_leaves_every_node(first, second, kind):
    tree = holding(B=changed(first, title="t", acl="Get=*"), C=second)
    commands = (dm.Replace.of("./A/C", "5"), dm.Delete.of("./A/B"), dm.Replace.of("./A/C?prop=Title", "u"),
                dm.Get.of("./Missing") if kind is dm.Sequence else dm.Delete.of("./Missing"))  # fmt: skip
    after, outcome = tree.apply(kind.of(*commands), "s")
    assert (after == tree) is (kind is dm.Atomic), outcome


@pytest.mark.parametrize("wbxml", [False, True])
@given(carried_leaves, carried_leaves)
def test_a_serialised_tree_that_is_added_again(wbxml, first, second):
    tree = holding(B=changed(first, title=" t ", acl="Get=*"), C=second)
    data = tnds.write(tnds.serialise("A", tree.get("./A")), wbxml=wbxml)
    kind = tnds.TYPE_WBXML if wbxml else tnds.TYPE_XML
    item = Item(target=".", meta=Meta(format="bin" if wbxml else "xml", type=kind), data=data)
    again, outcome = holding().delete("./A").apply(dm.Add((item,)), "s")
    assert outcome.ok and untimed(again.get("./A")) == untimed(tree.get("./A"))


@given(carried_leaves, carried_leaves, st.sampled_from(["", "x"]))
def test_a_tree_as_json(first, second, type):
    below = {"B": changed(first, title="t", acl="Get=*"), "C": second}
    tree = Tree.of(
        {"./A": dm.Node("node", None, type, "Get=*", "u", children=below), "./E": None}, acl={".": EVERYTHING}
    )
    assert from_plain(json.loads(json.dumps(to_plain(tree)))) == tree


@given(any_leaves)
def test_copies_and_snapshots(leaf):
    for node in (leaf, dm.Node.interior({"B": leaf}), dm.Node.interior({f"n{n}": leaf for n in range(40)})):
        written = eval(repr(node), {"Node": dm.Node, "Element": Element})
        for again in (copy.copy(node), copy.deepcopy(node), pickle.loads(pickle.dumps(node)), written):
            assert again == node and hash(again) == hash(node) and repr(again) == repr(node)
        device = dm.Device.example()
        before = device.snapshot()
        device.tree = device.tree.put("./X", node)
        later = device.snapshot()
        device.restore(before)
        assert "./X" not in device.tree
        device.restore(pickle.loads(pickle.dumps(later)))
        assert device.tree.get("./X") == node
