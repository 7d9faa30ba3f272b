"""What a job keeps of a node gives an equal node back: every format, every odd value, with its list and its title."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dmkit as dm
from dmkit.services import parse
from dmkit.services.journal import DeviceRecord, ServiceJournal
from dmkit.services.node_was import NodeWas
from dmkit.services.provision import provision, undo
from dmkit.tree.node import changed
from dmkit.tree.tree import Tree
from dmkit.tree.values import result_item
from tests.services.drive import drive, tree_of
from tests.strategies import any_leaves, carried_leaves, untimed

EVERYTHING = "Add=*&Delete=*&Exec=*&Get=*&Replace=*"
SETTINGS = parse('[service.mail]\nsettings = {"./A/B" = "internet", "./A/C" = 5}')
WHOLE = parse('[service.mail]\nowns = ["./A"]\nsettings = {"./A/B" = "internet", "./A/C" = 5}')
lists = st.sampled_from(["", "Add=*&Delete=*&Get=*&Replace=*", "Add=s&Delete=s&Exec=other&Get=*&Replace=s"])
titles = st.sampled_from(["", "Where mail goes", " ü "])


def undone(catalogue, tree, job, **how):
    """The tree after ``job`` and its undoing; a job that the device refuses undoes itself."""
    journals = {}
    job = provision(**job, catalogue=catalogue, journals=journals)
    ended = drive(job, catalogue, tree, **how)
    if ended.result.state == "undone":
        return ended.tree
    assert ended.result.state == "done" and untimed(ended.tree.root) != untimed(tree.root)
    back = drive(undo(journals=journals, catalogue=catalogue), catalogue, ended.tree, **how)
    assert back.result.state == "undone", back.result
    return back.tree


@given(any_leaves)
def test_what_a_node_was_outlives_the_journal_and_gives_it_back(node):
    was = NodeWas.of(result_item("./A", node))
    read = DeviceRecord.read(DeviceRecord(current=ServiceJournal(before={"./A": was})).write())
    assert read.current.before == {"./A": was} and was.shown == node.text
    tree, outcome = Tree.of({}, acl={".": EVERYTHING}).apply(dm.Add((was.item("./A"),)), "s")
    assert outcome.ok and untimed(tree.get("./A")) == untimed(node)


@given(any_leaves, any_leaves, lists, titles)
def test_leaves_that_were_written_over(first, second, acl, title):
    first, second = changed(first, title=title), changed(second, acl=acl)
    tree = tree_of(SETTINGS, {"./A": dm.Node.interior(), "./A/B": first, "./A/C": second})
    assert untimed(undone(SETTINGS, tree, {"want": ["mail"]}).root) == untimed(tree.root)


@pytest.mark.parametrize("codec", [dm.XML, dm.WBXML])
@given(carried_leaves, carried_leaves, titles)
def test_leaves_that_were_written_over_messages(codec, first, second, title):
    """As a server hears of them: octets of a leaf come as base64 in XML, and go back so."""
    device = dm.Device.example(codec=codec)
    start = device.tree.put("./A", dm.Node.interior({"B": changed(first, title=title), "C": second}, acl=EVERYTHING))
    device.tree, journals = start, {}
    server = dm.Server.example(device)
    for job in (
        provision(["mail"], catalogue=SETTINGS, journals=journals),
        undo(journals=journals, catalogue=SETTINGS),
    ):
        server.enqueue(device.address, job)
        dm.converse(device, server)
    state = server.results[-1].result.state
    assert state in ("undone", "no plan") and untimed(device.tree.get("./A")) == untimed(start.get("./A"))


@pytest.mark.parametrize("catalogue", [SETTINGS, WHOLE], ids=["leaves", "all below"])
@given(any_leaves, lists, titles, lists)
def test_leaves_that_were_taken_away(catalogue, other, acl, title, around):
    values = {"./A": dm.Node.interior(acl=around), "./A/B": dm.Node("chr", "internet", acl=acl, title=title),
              "./A/C": dm.Node("int", "5", "text/x-odd", title=title), "./A/D": changed(other, acl=acl)}  # fmt: skip
    tree = tree_of(catalogue, values)
    assert untimed(undone(catalogue, tree, {"drop": ["mail"]}).root) == untimed(tree.root)
