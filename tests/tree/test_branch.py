"""A branch made aside is what node by node would make, and where that fails it fails as that does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.mo.object import load
from dmkit.mo.sched.build import commands, component, options
from dmkit.sim.schedule import OWNER, START, phone
from dmkit.tree import branch, tnds
from dmkit.tree.children import Wide
from dmkit.tree.describe import Described, Descriptions, described_at, steps_at
from dmkit.tree.node import Node
from dmkit.tree.rules import TreeRules
from dmkit.tree.tree import Tree
from dmkit.tree.uri import UriLimits
from dmkit.words.model import Add, Item, Meta, Replace

NAMES = st.sampled_from(["A", "a", "B", "Log", "1", "x"])
LEAVES = st.builds(Node, st.sampled_from(["chr", "int", "bool", "b64", "null"]), st.sampled_from(["7", "", "true"]))
NODES = st.recursive(LEAVES, lambda below: st.dictionaries(NAMES, below, max_size=3).map(Node.interior), max_leaves=8)
PLACES = {
    "./V/*": Described(most=1),
    "./V/*/A": Described(formats=frozenset({"chr", "node"}), most=1),
    "./V/*/B": Described(permanent=True),
    "./V/*/x": Described(formats=frozenset({"node"}), object_type="urn:x"),
    "./V/*/1": Described(types=("text/plain",), check=lambda text: "" if text != "7" else "not 7", max_size=3),
}
ACLS = ("Add=*&Get=*&Replace=*", "Add=*&Get=*", "Get=*", "Add=other.example&Replace=*")


def _both(tree: Tree, name: str, node: Node, rules: TreeRules, monkeypatch: Any) -> list[Any]:
    document = tnds.to_element(tnds.serialise(name, node, properties=frozenset({"Format", "Value"})))
    command = Add((Item(f"./V/{name}", meta=Meta(format="xml", type=tnds.TYPE_XML), data=document),))
    found = []
    for aside in (branch.grown, lambda *_: None):
        with monkeypatch.context() as patch:
            patch.setattr(branch, "grown", aside)
            from dmkit.tree.execute import execute

            done = execute(tree, (command,), by="srv", now=9.0, rules=rules)
            outcome = done.outcomes[0]
            found.append((done.tree, outcome.status, outcome.why, outcome.items))
    return found


@given(
    st.dictionaries(NAMES, NODES, max_size=4).map(Node.interior),
    st.sampled_from(ACLS),
    st.sampled_from([TreeRules(), TreeRules(limits=UriLimits(max_depth=3)), TreeRules(implicit_add=False),
                     TreeRules(add_access="either"), TreeRules(case_sensitive=False)]),
    st.booleans(),
)  # fmt: skip
def test_a_branch_is_what_node_by_node_makes(node: Node, acl: str, rules: TreeRules, described: bool) -> None:
    describe = Descriptions.of(PLACES) if described else Tree.of({}).describe
    tree = Tree.of({"./V": None}, acl={"./V": acl}, describe=describe)
    with pytest.MonkeyPatch.context() as patch:
        aside, by_node = _both(tree, "N", node, rules, patch)
    assert aside == by_node


def test_a_schedule_is_made_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    device, made = phone(), []
    grown = branch.grown
    monkeypatch.setattr(branch, "grown", lambda *given: made.append(grown(*given)) or made[-1])
    for number in range(3):
        daily = component(number, "Replace ./Vendor/Acme/Poll 60", base="20251201T030000Z", recur="FREQ=DAILY")
        device.execute(commands(f"./Sched/S{number}", daily, options(priority=number)), OWNER, START)
    assert len(made) == 3
    assert all(tree is not None for tree in made)
    assert load("sched").roots[0].children[0].mo_id == device.tree.get("./Sched/S1").type


@pytest.mark.parametrize("name", ["sched", "SCHED"])
def test_another_spelling_of_a_node_that_is_there_is_no_new_branch(name: str) -> None:
    tree = Tree.of({"./V/Sched": None}, describe=Descriptions.of({"./V/*": Described(case_sensitive=False)}))
    with pytest.MonkeyPatch.context() as patch:
        aside, by_node = _both(tree, name, Node.interior({"A": Node("chr", "1")}), TreeRules(), patch)
    assert aside == by_node
    assert f"./V/Sched/{name}/A" in aside[0], "the Target is there, so the document goes below it"


@pytest.mark.parametrize("aside", [True, False])
def test_a_document_for_a_target_that_is_there_goes_below_it_once(aside, monkeypatch) -> None:
    """Add, Target exists: below it, whatever the top node is called; 418 for all when it is there.  [tnds sheet §2]"""
    if not aside:
        monkeypatch.setattr(branch, "grown", lambda *_: None)
    tree = Tree.of({"./V/Sched/Old": "0"})
    for name in ("Sched", "Other"):
        document = tnds.to_element(tnds.serialise(name, Node.interior({"A": Node("chr", "1")})))
        command = Add((Item("./V/Sched", meta=Meta(format="xml", type=tnds.TYPE_XML), data=document),))
        after, outcome = tree.apply(command, "srv")
        assert (outcome.status, after.get(f"./V/Sched/{name}/A").text) == (200, "1")
        assert after.get("./V/Sched/Old").text == "0" and "./V/Sched/A" not in after
        again, outcome = after.apply(command, "srv")
        assert outcome.status == 418 and again == after


NAMED = st.lists(
    st.sampled_from(["Sched", "S1", "Component", "1", "Condition", "Time", "Base", "Vendor", "No"]), max_size=7
)


@given(NAMED, NAMED)
def test_step_by_step_one_comes_to_what_is_said_of_a_place(above: list[str], below: list[str]) -> None:
    describe = phone().with_object("fumo", at="./Vendor/Sched").tree.describe
    steps = steps_at(describe, tuple(above))
    if not above or above[0] == "Vendor":  # other descriptions begin below, or only theirs are gone through
        assert (steps is None) == (above[1:2] != ["Sched"])
    for at, name in enumerate(below if steps is not None else ()):
        assert steps is not None and steps.described == described_at(describe, (*above, *below[:at]))
        steps = steps.below(name)
    assert steps is None or steps.described == described_at(describe, (*above, *below))


@pytest.mark.parametrize("verb", [Add, Replace])
def test_a_document_below_one_of_many_looks_at_no_sibling(verb: type[Add | Replace], monkeypatch: Any) -> None:
    looked = 0

    def counted(children: Wide[Node]) -> Any:
        nonlocal looked
        looked += len(children)
        return iter(children._in_order())

    def work(n: int) -> int:
        nonlocal looked
        wide = {f"./V/n{at}/A": "0" for at in range(n)}
        tree = Tree.of(wide, acl={"./V": "Add=*&Get=*&Replace=*&Delete=*"})
        node, name = Node.interior({"B": Node("chr", "1")}), "N" if verb is Add else "n7"
        document = tnds.to_element(tnds.serialise(name, node, properties=frozenset({"Format", "Value"})))
        command = verb((Item("./V/n7", meta=Meta(format="xml", type=tnds.TYPE_XML), data=document),))
        looked = 0
        after, outcome = tree.apply(command, "srv")
        assert outcome.status == 200 and after.find("./V/n7/N/B" if verb is Add else "./V/n7/B") is not None
        return looked

    monkeypatch.setattr(Wide, "__iter__", counted)
    assert work(100) == work(200) == 0
