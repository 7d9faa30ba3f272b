"""The explorer of lists, driven without a browser."""

from __future__ import annotations

import pytest

import dmkit as dm
from dmkit.lab.boards.acl import acl_explorer, answer, named_servers


@pytest.fixture
def tree():
    return dm.Tree.of(
        {"./WiFi/Home/SSID": "cafe", "./WiFi/Home/Key": "s3cret"},
        acl={"./WiFi": "Get=*&Replace=ops", "./WiFi/Home/Key": "Get=ops"},
    )


@pytest.fixture
def shown(tree):
    return acl_explorer(tree, ["guest", "ops"], node="./WiFi/Home/SSID")


def test_it_starts_with_a_question_and_its_answer(shown):
    assert shown.own.value == ""
    assert "Replace=guest is missing; ops could grant it" in shown.shown.value
    assert "no, whatever guest does" in shown.shown.value
    assert "Replace ./WiFi/Home/SSID: ops, each by itself" in shown.shown.value


def test_each_control_changes_the_answer(shown):
    seen = [shown.shown.value]
    for control, value in ((shown.server, "ops"), (shown.verb, "Exec"), (shown.node, "./WiFi/Home/Key"),
                           (shown.policy, "open")):  # fmt: skip
        control.value = value
        seen.append(shown.shown.value)
    assert len(set(seen)) == len(seen)
    assert "yes, in 1 command" in seen[2] and "the open policy allows everything" in seen[4]


def test_an_edited_list_counts_at_once(shown, tree):
    shown.own.value = "Replace=guest"
    assert "yes: ACL of ./WiFi/Home/SSID gives Replace to guest" in shown.shown.value
    assert shown.tree.get("./WiFi/Home/SSID").acl == "Replace=guest"
    shown.node.value = "./WiFi"
    assert shown.own.value == "Get=*&Replace=ops"
    shown.undo.click()
    assert shown.tree == tree and "no: ACL of ./WiFi gives Replace to ops only" in shown.shown.value


@pytest.mark.parametrize(
    ("node", "text", "says"),
    [("./WiFi", "get=*", "is no command of a list"), ("./WiFi", "Get", "has no ="), (".", "", "its Add stays *")],
)
def test_a_bad_list_changes_nothing_and_says_why(shown, tree, node, text, says):
    shown.node.value = node
    before = shown.shown.value
    shown.own.value = text
    assert says in shown.problem.value and 'role="alert"' in shown.problem.value
    assert shown.tree == tree and shown.shown.value == before
    shown.own.value = tree.get(node).acl or "Get=*"
    assert shown.problem.value == ""


def test_controls_have_names(shown):
    controls = (shown.node, shown.own, shown.server, shown.verb, shown.policy)
    assert [control.description for control in controls] == ["node", "own list", "may", "do command", "policy"]
    assert shown.undo.tooltip


def test_without_kernel_the_first_answer_can_be_read(shown):
    bundle = shown._repr_mimebundle_()
    assert bundle["text/plain"].startswith("AclExplorer(may guest do Replace at ./WiFi/Home/SSID (specification)? no:")
    assert "<table" in bundle["text/html"] and "<script" not in bundle["text/html"]


def test_servers_are_found_in_the_lists(tree):
    assert named_servers(tree) == ("ops",)
    assert acl_explorer(tree).servers == ("ops",)
    assert acl_explorer(dm.Tree.of({"./A": None})).servers == ("anybody",)


def test_an_answer_by_itself(tree):
    said = answer(tree, "ops", dm.Verb.REPLACE, "./WiFi/Home/Key", ["ops", "guest"], dm.rights.oma_acl)
    assert said.why.startswith("no: ACL of ./WiFi/Home/Key gives Replace to nobody")
    assert said.ever.startswith("yes, in 1 command: ops: Replace ./WiFi/Home/Key?prop=ACL")
    assert "outline" in said.html
