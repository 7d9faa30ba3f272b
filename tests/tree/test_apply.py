"""Commands on nodes: a test per rule of status, with and without a description."""

from __future__ import annotations

import pickle
from dataclasses import replace

import pytest

from dmkit.tree.apply import VERBS
from dmkit.tree.context import Call
from dmkit.tree.describe import UNKNOWN, Described, Descriptions
from dmkit.tree.execute import Execution, execute
from dmkit.tree.node import Node
from dmkit.tree.refusals import Refusal
from dmkit.tree.rules import TreeRules
from dmkit.tree.tree import Tree
from dmkit.words.codes import StatusCode, Verb
from dmkit.words.model import Add, Atomic, Command, Copy, Delete, Element, Exec, Get, Item, Meta, Replace, Sequence
from dmkit.words.outcome import Outcome

ALL = "Add=S&Delete=S&Exec=S&Get=S&Replace=S"
LETTERS = {verb.value[0]: verb for verb in VERBS}


def verbs(letters: str) -> frozenset[Verb]:
    return frozenset(LETTERS[letter] for letter in letters)


def device(**rows: Described) -> Tree:
    """A/x=1, A/B/y, A/n (int), open to S; ``rows`` describe nodes below A, ``_`` for any name."""
    table = {f"./A/{'*' if name == '_' else name}": row for name, row in rows.items()}
    describe = Descriptions.of(dict(sorted(table.items(), key=lambda row: "*" in row[0])))
    return Tree.of({"./A/x": "1", "./A/B/y": "2", "./A/n": 5}, acl={"./A": ALL}, describe=describe)


def do(tree: Tree, *commands: Command, by: str = "S", **options: object) -> Execution:
    return execute(tree, commands, by=by, **options)  # type: ignore[arg-type]


def status(tree: Tree, command: Command, by: str = "S", **rules: object) -> int:
    done = do(tree, command, by=by, rules=TreeRules(**rules))  # type: ignore[arg-type]
    [outcome] = done.outcomes
    assert outcome.status is not None
    if not outcome.ok:
        assert done.tree == tree, "a refused command changes nothing"
        assert outcome.why, "a refusal has a reason"
    return int(outcome.status)


# -- what a description allows

SHUT = {
    "access lacks Get": ({"x": Described(verbs("R"))}, Get.of("A/x"), 405),
    "access lacks Replace": ({"x": Described(verbs("G"))}, Replace.of("A/x", "2"), 405),
    "access lacks Delete": ({"x": Described(verbs("G"))}, Delete.of("A/x"), 405),
    "access lacks Exec": ({"x": Described(verbs("G"))}, Exec.of("A/x"), 405),
    "access lacks Delete, parent deleted": ({"B": Described(verbs("GD"))}, Delete.of("A/B"), 200),
    "new node lacks Add": ({"q": Described(verbs("GR"))}, Add.of("A/q", "1"), 405),
    "unknown": ({"q": UNKNOWN}, Add.of("A/q", "1"), 405),
    "permanent added": ({"q": Described(permanent=True)}, Add.of("A/q", "1"), 405),
    "permanent deleted": ({"x": Described(permanent=True)}, Delete.of("A/x"), 405),
    "permanent below deleted": (
        {"B": Described(), "_": Described()} | {"B/y": Described(permanent=True)},
        Delete.of("A/B"),
        405,
    ),
    "permanent renamed": ({"x": Described(permanent=True)}, Replace.of("A/x?prop=Name", "z"), 405),
    "permanent keeps format": ({"x": Described(permanent=True)}, Replace.of("A/x", 3), 405),
    "permanent keeps type": ({"x": Described(permanent=True)}, Replace.of("A/x", "3", type="text/html"), 405),
    "permanent takes value": ({"x": Described(permanent=True)}, Replace.of("A/x", "3"), 200),
    "permanent takes list": ({"x": Described(permanent=True)}, Replace.of("A/x?prop=ACL", "Get=*"), 200),
    "format": ({"q": Described(formats=frozenset({"int"}))}, Add.of("A/q", "five"), 415),
    "format, right": ({"q": Described(formats=frozenset({"int"}))}, Add.of("A/q", 5), 200),
    "format of a replaced leaf": (
        {"n": Described(formats=frozenset({"int"}))},
        Replace.of("A/n", "five", format="chr"),
        415,
    ),
    "leaf where a node belongs": ({"q": Described(formats=frozenset({"node"}))}, Add.of("A/q", "1"), 415),
    "node where a leaf belongs": ({"q": Described(formats=frozenset({"chr"}))}, Add.of("A/q"), 415),
    "leaf described, parent wanted": ({"q": Described(formats=frozenset({"chr"}))}, Add.of("A/q/r", "1"), 415),
    "type": ({"q": Described(types=("image/png",))}, Add.of("A/q", "1", type="text/html"), 415),
    "type, with parameter": (
        {"q": Described(types=("text/plain",))},
        Add.of("A/q", "1", type="Text/Plain;charset=utf-8"),
        200,
    ),
    "b64 for bin": ({"q": Described(formats=frozenset({"bin"}))}, Add.of("A/q", "AAE=", format="b64"), 200),
    "bin for b64": ({"q": Described(formats=frozenset({"b64"}))}, Add.of("A/q", b"\x00"), 200),
    "too long": ({"q": Described(max_size=3)}, Add.of("A/q", "1234"), 413),
    "long enough": ({"q": Described(max_size=4)}, Add.of("A/q", "1234"), 200),
    "too long, replaced": ({"x": Described(max_size=3)}, Replace.of("A/x", "1234"), 413),
    "checked": (
        {"x": Described(check=lambda t: "" if t in ("on", "off") else "on or off")},
        Replace.of("A/x", "up"),
        415,
    ),
    "checked, right": ({"x": Described(check=lambda t: "" if t == "on" else "no")}, Replace.of("A/x", "on"), 200),
    "property not described": ({"x": Described(properties=frozenset({"ACL", "Name"}))}, Get.of("A/x?prop=Title"), 406),
    "property described": ({"x": Described(properties=frozenset({"ACL", "Name"}))}, Get.of("A/x?prop=ACL"), 200),
    "renamed to a permanent place": ({"q": Described(permanent=True)}, Replace.of("A/x?prop=Name", "q"), 405),
    "renamed where it does not fit": (
        {"q": Described(formats=frozenset({"int"}))},
        Replace.of("A/x?prop=Name", "q"),
        415,
    ),
    "renamed where it fits": ({"q": Described(formats=frozenset({"chr"}))}, Replace.of("A/x?prop=Name", "q"), 200),
    "copied where it does not fit": ({"n": Described(formats=frozenset({"int"}))}, Copy.of("A/x", "A/n"), 403),
    "copied onto a permanent leaf": ({"n": Described(permanent=True)}, Copy.of("A/x", "A/n"), 403),
    "a secret copied": ({"x": Described(verbs("RC"))}, Copy.of("A/x", "A/n"), 405),
    "copied out of what grants no Copy": (
        {"x": Described(verbs("GR")), "n": Described(verbs("GRC"))},
        Copy.of("A/x", "A/n"),
        405,
    ),
    "copied out of what grants neither": ({"x": Described(verbs("R"))}, Copy.of("A/x", "A/n"), 405),
    "copied onto what grants no Copy": (
        {"x": Described(verbs("GRC")), "n": Described(verbs("GR"))},
        Copy.of("A/x", "A/n"),
        405,
    ),
    "copied where both grant it": (
        {"x": Described(verbs("GC")), "n": Described(verbs("RC"))},
        Copy.of("A/x", "A/n"),
        200,
    ),
    "copied onto what cannot be replaced": ({"n": Described(verbs("GC"))}, Copy.of("A/x", "A/n"), 405),
}


@pytest.mark.parametrize("name", SHUT)
def test_description(name: str) -> None:
    rows, command, code = SHUT[name]
    assert status(device(**rows), command) == code


def test_copy_in_access_type_is_a_rule() -> None:
    tree = device(x=Described(verbs("GR")), n=Described(verbs("GR")))
    assert status(tree, Copy.of("A/x", "A/n")) == 405
    assert status(tree, Copy.of("A/x", "A/n"), copy_access=False) == 200


def test_occurrence_counts_siblings_of_one_place() -> None:
    tree = device(_=Described(most=4), x=Described(most=1))
    assert status(tree, Add.of("A/p", "1")) == 200, "x is described apart: two of four"
    tree = do(tree, Add.of("A/p", "1"), Add.of("A/q", "1")).tree
    assert status(tree, Add.of("A/r", "1")) == 405
    assert status(do(tree, Delete.of("A/p")).tree, Add.of("A/r", "1")) == 200


def test_names_that_differ_in_case_follow_their_description() -> None:
    tree = device(x=Described(case_sensitive=False))
    assert status(tree, Get.of("A/X")) == 200
    assert status(tree, Get.of("A/N")) == 404
    assert status(tree, Add.of("A/X", "1")) == 418
    sure = device(x=Described(case_sensitive=True))
    assert status(sure, Get.of("A/X"), case_sensitive=False) == 404
    assert status(sure, Get.of("A/N"), case_sensitive=False) == 200


def test_a_new_object_gets_the_identifier_of_its_description() -> None:
    tree = device(q=Described(object_type="urn:oma:mo:x:1.0"))
    assert do(tree, Add.of("A/q")).tree.get("./A/q").type == "urn:oma:mo:x:1.0"
    assert do(tree, Add.of("A/q/z", "1")).tree.get("./A/q").type == "urn:oma:mo:x:1.0"
    assert (
        do(tree, Add.of("A/q", format="node", type="com.example/1.0/Own")).tree.get("./A/q").type
        == "com.example/1.0/Own"
    )


# -- without a description

OPEN = {
    "no target": (Get((Item(),)), 400),
    "format nobody knows": (Add.of("A/q", "1", format="blob"), 415),
    "no number": (Add.of("A/q", "five", format="int"), 415),
    "leading zero": (Add.of("A/q", "05", format="int"), 415),
    "33 bits": (Add.of("A/q", "4294967296", format="int"), 415),
    "no truth": (Replace.of("A/x", "maybe", format="bool"), 415),
    "no base64": (Add.of("A/q", "???", format="b64"), 415),
    "no date": (Add.of("A/q", "yesterday", format="date"), 415),
    "week date": (Add.of("A/q", "2026-W05-1", format="date"), 200),
    "no time": (Add.of("A/q", "noon", format="time"), 415),
    "no float": (Add.of("A/q", "1,5", format="float"), 415),
    "mark-up as number": (Add((Item("A/q", data=Element("x"), meta=Meta(format="int")),)), 415),
    "mark-up": (Add((Item("A/q", data=Element("x")),)), 200),
    "format node with children": (Add((Item("A/q", data="x", meta=Meta(format="node")),)), 415),
    "replace to node": (Replace.of("A/x", None, format="node"), 415),
    "replace an interior node": (Replace.of("A/B", "1"), 405),
    "nothing to execute": (Exec.of("A/x"), 405),
    "copy of a property": (Copy.of("A/x?prop=Title", "A/n"), 405),
    "copy of a property that is not there": (Copy.of("A/x?prop=Foo", "A/n"), 406),
    "delete of a property that is not there": (Delete.of("A/x?prop=Foo"), 406),
    "delete of a listing": (Delete.of("A?list=Struct"), 405),
    "exec of a property": (Exec.of("A/x?prop=ACL"), 405),
    "struct with a selection": (Get.of("A?list=Struct+ACL"), 406),
    "name with a control character": (Replace.of("A/x?prop=Name", "a\x07"), 400),
    "name of a sibling": (Replace.of("A/x?prop=Name", "n"), 418),
    "copy onto itself": (Copy.of("A/x", "A/x"), 200),
    "missing property value": (Get.of("A/x?prop=Title"), 200),
}


@pytest.mark.parametrize("name", OPEN)
def test_command(name: str) -> None:
    command, code = OPEN[name]
    assert status(device(), command) == code


def test_the_meta_of_a_command_stands_in_for_that_of_its_items() -> None:
    add = Add((Item("A/p", data="7"), Item("A/q", data="t", meta=Meta(format="chr"))), meta=Meta(format="int"))
    tree = do(device(), add).tree
    assert (tree.get("./A/p").format, tree.get("./A/q").format) == ("int", "chr")


def test_results_say_where_as_they_were_asked() -> None:
    def asked(uri: str) -> list[str | None]:
        return [item.source for item in do(device(), Get.of(uri)).outcomes[0].results]

    assert asked("A/x") == ["A/x"]
    assert asked("./A/x?prop=Name") == ["./A/x?prop=Name"]
    assert asked("./A/B?list=Struct") == ["./A/B", "./A/B/y"]
    assert asked("A/B?list=Struct") == ["A/B", "A/B/y"]


def test_binary_values_are_octets_whatever_they_wear() -> None:
    tree = do(device(), Add.of("A/p", b"\x00\x01"), Add.of("A/q", "AAE=", format="b64", type="image/png")).tree
    assert tree.get("./A/p").value == tree.get("./A/q").value == b"\x00\x01"
    tree = do(tree, Replace.of("A/p", "Ag==", format="b64"), Replace.of("A/q", "Ag==")).tree
    assert tree.get("./A/p") == replace(tree.get("./A/p"), format="bin", value=b"\x02")
    assert tree.get("./A/q").value == b"\x02"


# -- the device's own word


def test_the_guard_has_the_last_word() -> None:
    seen: list[str] = []

    def guard(before: Tree, after: Tree, call: Call) -> Refusal | None:
        seen.append(f"{call.verb} {call.uri} {len(after.diff(before))}")
        return {"./A/x": Refusal.IN_USE, "./A/q": Refusal.FULL, "./A/n": Refusal.STORE_FAILED}.get(call.uri)

    commands = (Replace.of("A/x", "2"), Add.of("A/q", "1"), Copy.of("A/x", "A/n"), Delete.of("A/B"), Get.of("A/x"))
    done = do(device(), *commands, guard=guard)
    assert [int(o.status or 0) for o in done.outcomes] == [403, 420, 510, 200, 200]
    assert seen == ["Replace ./A/x 1", "Add ./A/q 1", "Copy ./A/n 2", "Delete ./A/B 2"]
    assert done.tree.diff(device()) == ["- ./A/B", "- ./A/B/y = '2'"]


def test_a_live_value_and_an_argument() -> None:
    def battery(tree: Tree, call: Call) -> tuple[Tree, Outcome]:
        if call.verb is Verb.GET:
            return tree, Outcome(None)
        return tree.set("./A/n", call.item.text, now=call.now), Outcome(StatusCode.ACCEPTED)

    done = do(device(), Get.of("A/x"), Exec.of("A/x", "9"), handlers={"./A/*": battery}, now=3.0)
    assert [int(o.status or 0) for o in done.outcomes] == [200, 202]
    assert done.tree.get("./A/n") == Node("int", "9", tstamp=3.0, verno=1)


# -- every reason


def test_every_reason_can_have_another_status() -> None:
    assert status(device(), Get.of("A/nope"), status={"missing": 410}) == 410
    assert {r.status.is_error for r in Refusal} == {True}
    assert all(r.meaning and r.source for r in Refusal)


# -- containers

ONCE, TWICE = Replace.of("A/x", "2"), Replace.of("A/x", "3")
GONE, WENT = Delete.of("A/nope"), Delete.of("A/n")
BOTH = ["- ./A/n = '5'", "~ ./A/x: '1' -> '2'"]
THREE = Add((Item("A/q", data="1"), Item("A/x", data="2"), Item("A/r", data="3")))
NEST = {
    "done": (Atomic((Add.of("A/q"), Add.of("A/q/r", "1"))), [200, 200, 200], ["+ ./A/q", "+ ./A/q/r = '1'"]),
    "sequence in sequence": (Sequence((Sequence((GONE, ONCE)), WENT)), [200, 200, 404, 200, 200], BOTH),
    "in sequence": (Sequence((ONCE, Atomic((TWICE, GONE)), WENT)), [200, 200, 507, 216, 404, 200], BOTH),
    "items": (Atomic((THREE, WENT)), [507, 216, 418, 216, 215], []),
    "atomic of atomic": (Atomic((Atomic((WENT,)),)), [507, 500, 215], []),
}


def flat(outcome: Outcome) -> list[int]:
    parts = [code for part in outcome.parts for code in flat(part)]
    own = [int(outcome.status or 0)]
    return own + parts if isinstance(outcome.command, Atomic | Sequence) else parts or own


@pytest.mark.parametrize("name", NEST)
def test_containers(name: str) -> None:
    command, codes, lines = NEST[name]
    tree = device()
    done = do(tree, command, now=9.0)
    assert flat(done.outcomes[0]) == codes
    assert done.tree.diff(tree) == lines
    if not lines:
        assert done.tree == tree, "TStamp and VerNo too"


def test_deeper_nesting_with_other_rules() -> None:
    tree = device()
    command = Atomic((Sequence((Replace.of("A/x", "2"), Delete.of("A/nope"))), Delete.of("A/gone")))
    done = do(tree, command, rules=TreeRules(sequence_in_atomic=True))
    assert flat(done.outcomes[0]) == [507, 216, 216, 404, 215]  # what is inside counts: all, or none
    assert done.tree == tree


def test_what_cannot_be_undone_stays_and_the_rest_goes_back() -> None:
    tree = device()
    command = Atomic((Add.of("A/q", "1"), Replace.of("A/x", "2"), Delete.of("A/n"), Delete.of("A/nope")))
    done = do(tree, command, undoable=lambda c: not isinstance(c, Replace))
    assert flat(done.outcomes[0]) == [507, 216, 516, 216, 404]
    assert done.tree.diff(tree) == ["~ ./A/x: '1' -> '2'"]


def test_the_least_of_occurrence_is_a_finding_and_no_refusal() -> None:
    tree = device(n=Described(least=1, most=1))
    assert status(tree, Delete.of("A/n")) == 200


def test_an_interior_node_is_never_replaced_by_a_plain_value_or_type() -> None:
    assert status(device(), Replace.of("A/B", None, format="node", type="com.example/1.0/X")) == 405
    assert status(device(), Replace.of("A/nope", "1")) == 404


def test_rules_can_be_keys_and_travel_between_processes() -> None:
    rules = TreeRules(status={"missing": 410}, look_before=False)
    assert {rules: 1}[replace(rules)] == 1
    assert pickle.loads(pickle.dumps(rules)) == rules
