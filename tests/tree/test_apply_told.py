"""Commands on nodes: what behaviour and guards are told, what a refusal says, and rules that no other test turns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dmkit.tree.context import Call, Handler
from dmkit.tree.describe import UNKNOWN, Described
from dmkit.tree.node import Node
from dmkit.tree.refusals import Refusal
from dmkit.tree.rules import TreeRules
from dmkit.tree.tree import Tree
from dmkit.words.codes import StatusCode, Verb
from dmkit.words.model import Add, Command, Copy, Delete, Exec, Get, Item, Meta, Replace
from dmkit.words.outcome import Later, Outcome
from tests.tree.test_apply import ALL, device, do, status, verbs

DOCUMENT = (
    '<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD><Node><NodeName>q</NodeName>'
    "<Value>9</Value></Node></MgmtTree>"
)
TNDS = Meta(format="xml", type="application/vnd.syncml.dmtnds+xml")


def told(command: Command, key: str, answer: Outcome, **options: Any) -> tuple[list[tuple[Tree, Call]], Outcome, Tree]:
    """What the handler under ``key`` is told, and the outcome and the tree that follow."""
    seen: list[tuple[Tree, Call]] = []

    def handler(tree: Tree, call: Call) -> tuple[Tree, Outcome]:
        seen.append((tree, call))
        return tree.set("./A/n", 6, now=call.now), answer

    handlers: dict[str, Handler] = {key: handler}
    done = do(device(), command, handlers=handlers, now=7.0, **options)
    [outcome] = done.outcomes
    return seen, outcome, done.tree


# -- what a handler is told

LATER = Later(3.0, "urn:x")


@pytest.mark.parametrize(
    ("command", "verb", "uri"),
    [
        (Replace.of("A/x", "2"), Verb.REPLACE, "./A/x"),
        (Add.of("A/q", "1"), Verb.ADD, "./A/q"),
        (Copy.of("A/B/y", "A/x"), Verb.COPY, "./A/x"),
        (Delete.of("A/B"), Verb.DELETE, "./A/B"),
    ],
)
def test_what_follows_a_change_is_told_all_and_may_add_to_the_outcome(command: Command, verb: Verb, uri: str) -> None:
    seen, outcome, tree = told(command, f"{verb.value} {uri}", Outcome(None, later=(LATER,), seconds=2.0))
    [(after, call)] = seen
    assert after == do(device(), command, now=7.0).tree, "the tree with the change"
    assert (call.verb, call.uri, call.item, call.by, call.now) == (verb, uri, command.items[0], "S", 7.0)
    assert (outcome.status, outcome.later, outcome.seconds) == (StatusCode.OK, (LATER,), 2.0)
    assert tree.get("./A/n").text == "6", "its own change stays"


@pytest.mark.parametrize("good", [StatusCode.OK, StatusCode.ACCEPTED])
def test_what_follows_a_change_may_refuse_it(good: StatusCode) -> None:
    refused = Outcome(StatusCode.COMMAND_FAILED, why="no room")
    _, outcome, tree = told(Replace.of("A/x", "2"), "Replace ./A/x", refused)
    assert (outcome.status, outcome.why, outcome.results) == (refused.status, "no room", ()) and tree == device()
    _, outcome, tree = told(Replace.of("A/x", "2"), "Replace ./A/x", Outcome(good))
    assert outcome.status is StatusCode.OK and tree.get("./A/x").text == "2"


@pytest.mark.parametrize("command", [Get.of("A/x"), Replace.of("A/n", "5"), Replace.of("A/nowhere", "1")])
def test_nothing_follows_what_changes_nothing_there(command: Command) -> None:
    seen, _, _ = told(command, "Replace ./A/x", Outcome(None))
    assert not seen


def test_a_live_value_is_told_who_reads() -> None:
    item = Item("./A/x", data="41")
    seen, outcome, _ = told(Get.of("./A/x"), "./A/x", Outcome(StatusCode.OK, (item,)))
    [(tree, call)] = seen
    assert tree == device()
    assert (call.verb, call.uri, call.item, call.by, call.now) == (Verb.GET, "./A/x", Item("./A/x"), "S", 7.0)
    assert outcome.results == (item,)


def test_what_is_executed_is_told_who_asks_and_the_correlator() -> None:
    command = Exec((Item("A/x", data="now"),), correlator="c9")
    seen, outcome, _ = told(command, "./A/x", Outcome(StatusCode.ACCEPTED))
    [(tree, call)] = seen
    assert tree == device() and outcome.status is StatusCode.ACCEPTED
    assert call == Call(Verb.EXEC, "./A/x", command.items[0], "S", 7.0, "c9")


def test_a_guard_is_told_the_whole_call() -> None:
    seen: list[Call] = []

    def guard(before: Tree, after: Tree, call: Call) -> Refusal | None:
        seen.append(call)
        return None

    command = Replace.of("A/x", "2")
    do(device(), command, guard=guard, now=7.0)
    assert seen == [Call(Verb.REPLACE, "./A/x", command.items[0], "S", 7.0)]


# -- what a Status says of an Add that fails on the way


@pytest.mark.parametrize(
    ("sent", "says"), [("./A/q/r", ["./A/q"]), ("A/q/r", ["A/q"]), ("./A/q", []), ("A/x", [])]
)  # fmt: skip
def test_the_parent_that_could_not_be_made_is_named_as_it_was_addressed(sent: str, says: list[str]) -> None:
    [outcome] = do(device(q=UNKNOWN), Add.of(sent, "1")).outcomes
    assert not outcome.ok and [item.target for item in outcome.items] == says


def test_a_parent_that_the_policy_refuses_is_named_too() -> None:
    shut = Tree.of({"./A/x": "1"}, acl={".": "Get=*"})
    [outcome] = do(shut, Add.of("./q/r", "1")).outcomes
    assert (outcome.status, outcome.items) == (425, (Item("./q"),))


def test_only_an_add_names_another_node() -> None:
    [outcome] = do(device(q=UNKNOWN), Replace.of("./A/q/r", "1")).outcomes
    assert outcome.items == ()


# -- reasons name the node

REASONS = {
    "format of a new node": ({"q": Described(formats=frozenset({"int"}))}, Add.of("A/q", "five"), "./A/q"),
    "value of a leaf": ({"x": Described(check=lambda text: "on or off")}, Replace.of("A/x", "up"), "./A/x"),
    "number of a leaf": ({"n": Described(formats=frozenset({"int"}))}, Replace.of("A/n", "five"), "./A/n"),
    "value that is copied": ({"n": Described(check=lambda text: "5 only")}, Copy.of("A/x", "A/n"), "./A/n"),
}


@pytest.mark.parametrize("name", REASONS)
def test_a_reason_names_the_node(name: str) -> None:
    rows, command, where = REASONS[name]
    [outcome] = do(device(**rows), command).outcomes
    assert not outcome.ok and where.removeprefix("./") in outcome.why


# -- properties and listings

ACL_ONLY = Described(properties=frozenset({"ACL"}))
QUERIES = {
    "Delete of one that its description lacks": ({"x": ACL_ONLY}, Delete.of("A/x?prop=Title"), 406),
    "Delete of one that is there": ({"x": ACL_ONLY}, Delete.of("A/x?prop=ACL"), 405),
    "Size of an interior node": ({}, Delete.of("A/B?prop=Size"), 406),
    "Exec of one that its description lacks": ({"x": ACL_ONLY}, Exec.of("A/x?prop=Title"), 406),
    "Copy of one that its description lacks": (
        {"x": ACL_ONLY}, Copy.of("A/x?prop=Title", "A/n"), 406),
    "Copy to one that its description lacks": (
        {"n": ACL_ONLY}, Copy.of("A/x", "A/n?prop=Title"), 406),
    "Copy of Size of an interior node": ({}, Copy.of("A/B?prop=Size", "A/n"), 406),
    "Copy to Size of an interior node": ({}, Copy.of("A/x", "A/B?prop=Size"), 406),
    "Copy to one that nobody knows": ({}, Copy.of("A/x", "A/n?prop=Foo"), 406),
    "Copy to a listing": ({}, Copy.of("A/x", "A/B?list=Struct"), 405),
}  # fmt: skip


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_is_looked_at_with_its_node(name: str) -> None:
    rows, command, code = QUERIES[name]
    assert status(device(**rows), command) == code


def test_an_unknown_property_of_a_missing_node_is_one_of_two_statuses() -> None:
    assert status(device(), Get.of("A/none?prop=Foo")) == 404
    assert status(device(), Get.of("A/none?prop=Foo"), query_first=True) == 406
    assert status(device(), Get.of("A/none?prop=Title"), query_first=True) == 404


@pytest.mark.parametrize(
    ("uri", "code"),
    [
        ("A/x?prop=ACL", 217),
        ("A/x?prop=acl", 217),
        ("A?prop=ACL", 200),
        ("A/x?prop=Title", 200),
        ("A/x?prop=Name", 200),
    ],
)
def test_an_inherited_list_may_be_told_apart(uri: str, code: int) -> None:
    assert status(device(), Get.of(uri), inherited_acl=True) == code
    assert status(device(), Get.of(uri)) == 200


# -- Replace

ADDS = {
    "a new leaf": (Replace.of("A/q", "1"), 200, "1"),
    "a leaf that is there": (Replace.of("A/x", "9"), 200, None),
    "a property of what is not there": (Replace.of("A/q?prop=Title", "t"), 404, None),
    "a listing of what is not there": (Replace.of("A/q?list=Struct", "t"), 404, None),
    "what the policy refuses": (Replace.of("A/B/q", "1"), 425, None),
}


@pytest.mark.parametrize("name", ADDS)
def test_replace_may_make_what_is_not_there(name: str) -> None:
    command, code, made = ADDS[name]
    tree = device().with_node(("A", "B"), replace(device().get("./A/B"), acl="Get=*"))
    assert status(tree, command, replace_adds=True) == code
    after = do(tree, command, rules=TreeRules(replace_adds=True)).tree
    assert ("./A/q" in after) == bool(made)
    if made:
        assert after.get("./A/q").text == made and status(tree, command) == 404


def test_a_type_must_be_said_where_there_are_several() -> None:
    one, two = Described(types=("text/plain",)), Described(types=("text/plain", "text/html"))
    assert status(device(x=one), Replace.of("A/x", "2")) == 200
    assert status(device(x=two), Replace.of("A/x", "2")) == 415
    assert status(device(x=two), Replace.of("A/x", "2", type="text/html")) == 200
    assert status(device(x=two), Replace.of("A/x", "2"), need_type=False) == 200


@pytest.mark.parametrize(
    ("format", "sent", "code"),
    [("bin", "b64", 200), ("bin", "B64", 200), ("bin", " bin ", 200), ("bin", "chr", 405), ("chr", "b64", 405),
     ("chr", "CHR", 200), ("int", "chr", 405)],
)  # fmt: skip
def test_a_permanent_leaf_keeps_its_format_in_any_spelling(format: str, sent: str, code: int) -> None:
    tree = device(x=Described(permanent=True))
    value: str | bytes = b"1" if format == "bin" else "1"
    tree = tree.with_node(("A", "x"), replace(tree.get("./A/x"), format=format, value=value))
    assert status(tree, Replace.of("A/x", "MQ==", format=sent)) == code


@pytest.mark.parametrize(("sent", "code"), [("Text/PLAIN", 200), (" text/plain ", 200), ("text/html", 405)])
def test_a_permanent_leaf_keeps_its_type_in_any_spelling(sent: str, code: int) -> None:
    tree = device(x=Described(permanent=True))
    tree = tree.with_node(("A", "x"), replace(tree.get("./A/x"), type="text/Plain"))
    assert status(tree, Replace.of("A/x", "2", type=sent)) == code


def test_the_meta_of_a_command_counts_for_documents_and_for_kinds() -> None:
    add = Add((Item("A/q", data=DOCUMENT),), meta=TNDS)
    assert do(device(), add).tree.get("./A/q").text == "9"
    permanent = device(x=Described(permanent=True))
    assert status(permanent, Replace((Item("A/x", data="3"),), meta=Meta(format="int"))) == 405
    document = DOCUMENT.replace("<NodeName>q", "<NodeName>x")
    assert do(device(), Replace((Item("A/x", data=document),), meta=TNDS)).tree.get("./A/x").text == "9"


# -- rights first


def test_rights_come_first_at_the_nearest_node_that_there_is() -> None:
    tree = device(**{"B/q": UNKNOWN})
    tree = tree.with_node(("A", "B"), replace(tree.get("./A/B"), acl="Get=*"))
    for depth, uri in enumerate(("A/B/q", "A/B/q/r", "A/B/q/r/s", "A/B/q/r/s/t")):
        assert status(tree, Add.of(uri, "1"), rights_first=True) == 425, depth
        assert status(tree, Add.of(uri, "1")) == 405, "it is not described"
    open_below = Tree.of({"./A/B/y": "2"}, acl={"./A": "Get=*", "./A/B": ALL})
    assert status(open_below, Add.of("A/B/y", "1"), rights_first=True) == 418
    shut_below = Tree.of({"./A/B/y": "2"}, acl={"./A": ALL, "./A/B": "Get=*"})
    assert status(shut_below, Add.of("A/B/y", "1"), rights_first=True) == 425
    assert status(shut_below, Add.of("A/B/y", "1")) == 418


# -- what is touched


def test_delete_and_copy_touch_what_they_change_and_no_more() -> None:
    tree = do(device(), Delete.of("A/B/y"), now=7.0).tree
    assert [(tree.get(uri).tstamp, tree.get(uri).verno) for uri in ("./A/B", "./A", ".")] == [
        (7.0, 1),
        (0.0, 0),
        (0.0, 0),
    ]
    tree = do(device(), Copy.of("A/B/y", "A/x"), now=7.0).tree
    assert tree.get("./A/x") == Node("chr", "2", tstamp=7.0, verno=1)
    still = do(device(), Copy.of("A/B/y", "A/x"), now=7.0, rules=TreeRules(counted=frozenset({"children"}))).tree
    assert still.get("./A/x") == Node("chr", "2")


def test_a_copy_takes_value_format_and_type_and_nothing_of_its_own() -> None:
    tree = device()
    page = replace(tree.get("./A/x"), type="text/html", title="one", acl=ALL, verno=5)
    tree = tree.with_node(("A", "x"), page)
    onto = do(tree, Copy.of("A/x", "A/n"), now=7.0).tree.get("./A/n")
    assert onto == Node("chr", "1", "text/html", tstamp=7.0, verno=1)
    rules = TreeRules(copy_creates=True, first_verno=3)
    made = do(tree, Copy.of("A/x", "A/q"), now=7.0, rules=rules).tree.get("./A/q")
    assert (made.value, made.type, made.acl, made.title, made.verno) == ("1", "text/html", "", "", 3)
    assert status(tree, Copy.of("A/x", "A/q")) == 404


def test_a_permanent_leaf_takes_a_copy_of_its_own_kind() -> None:
    assert status(device(x=Described(permanent=True)), Copy.of("A/B/y", "A/x")) == 200
    assert status(device(x=Described(verbs("GRC"), permanent=True)), Copy.of("A/n", "A/x")) == 403


def test_results_of_a_leaf_that_is_listed_say_where_it_is() -> None:
    [outcome] = do(device(), Get.of("./A/x?list=Struct")).outcomes
    assert outcome.ok and [item.source for item in outcome.results] == ["./A/x"]


def test_a_device_without_trees_may_answer_a_plain_get_and_says_where_without_the_query() -> None:
    rules = TreeRules(tnds=False, tnds_falls_back=True)
    [outcome] = do(device(), Get.of("./A/x?list=TNDS"), rules=rules).outcomes
    assert [(item.source, item.data) for item in outcome.results] == [("./A/x", "1")]
    assert status(device(), Get.of("./A/x?list=TNDS"), tnds=False, tnds_falls_back=False) == 406
