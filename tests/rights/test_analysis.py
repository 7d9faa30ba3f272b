"""Differences with requests that show them, orphans, separation of duty, servers that leave."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dmkit as dm
from dmkit.rights.analysis import Duty, conflicts, differences, orphans
from dmkit.rights.rivals import RIVALS, Roles
from dmkit.tree.execute import execute
from dmkit.words.outcome import Outcome

LISTS = ["", "Get=s", "Get=*+!s&Replace=t", "Replace=s", "Delete=@r", "Exec=t+s~t~20260101T000000Z", "Add=t"]
POLICIES = {**RIVALS, "roles": Roles({"r": ("s",)}), "loans": RIVALS["loans"].at(0.0)}


def trees():
    text = st.sampled_from(LISTS)
    return st.tuples(text, text, text).map(
        lambda t: dm.Tree.of({"./A/B/x": "1"}, acl={"./A": t[0], "./A/B": t[1], "./A/B/x": t[2]})
    )


def answer(tree, policy, by, command):
    handlers = {uri: lambda tree, call: (tree, Outcome(dm.StatusCode.OK)) for uri, _ in tree.walk()}
    return execute(tree, (command,), by=by, policy=policy, handlers=handlers).outcomes[0].status


@settings(max_examples=60)
@given(trees(), st.sampled_from(list(permutations(sorted(POLICIES), 2))))
def test_each_difference_is_shown_by_its_request(tree, names):
    first, second = (POLICIES[name] for name in names)
    found = differences(tree, first, second, ["s", "t"])
    for difference in found:
        assert difference.second and not difference.first
        if difference.request is None:
            assert (difference.verb, difference.uri) in {("Delete", "."), ("Add", "./A/B/x")}
        else:
            assert answer(tree, first, difference.server, difference.request) == 425
            assert answer(tree, second, difference.server, difference.request) == 200
    said = {(d.server, d.verb, d.uri) for d in found}
    for uri, _ in tree.walk():
        for server in "st":
            for verb in ("Add", "Delete", "Exec", "Get", "Replace"):
                asked = (tree, server, dm.Verb(verb), uri)
                assert ((server, verb, uri) in said) == (bool(second(*asked)) and not first(*asked))


@pytest.mark.parametrize("name", RIVALS)
def test_a_policy_does_not_differ_from_itself(name):
    assert not differences(dm.Device.example().tree, RIVALS[name], RIVALS[name], ["s"])


def test_orphans_are_found_wherever_they_stand():
    tree = dm.Tree.of({"./A/x": "1"}, acl={".": "Add=*&Get=*&Exec=z", "./A": "Get=s+t", "./A/x": "Get=*"})
    assert [(o.uri, o.server, o.verbs) for o in orphans(tree, ["s"])] == [(".", "z", ("Exec",)), ("./A", "t", ("Get",))]
    assert not orphans(tree, ["s", "t", "z"])


# -- a server leaves the device


def forgotten(**acl):
    tree = dm.Tree.of(
        {"./X": None, "./Y/y": "1"}, acl={{"root": ".", "X": "./X", "Y": "./Y"}[k]: v for k, v in acl.items()}
    )
    return tree.forget("B"), tree.forget("B", emptied="everybody")


@pytest.mark.spec("T-05")
def test_a_server_that_leaves_is_in_no_list():
    after, other = forgotten(root="Add=*&Get=*&Replace=B", X="Get=A+B&Replace=B", Y="Delete=B")
    assert [after.get(uri).acl for uri in (".", "./X", "./Y")] == ["Add=*&Get=*", "Get=A", ""]
    assert [other.get(uri).acl for uri in (".", "./X", "./Y")] == ["Add=*&Get=*&Replace=*", "Get=A", ""]
    assert other.may("anybody", "Replace", "./Y/y"), "why the factory's list is the better choice"
    assert not after.may("anybody", "Replace", "./Y/y")


def test_what_the_factory_gave_everybody_stays():
    after, other = forgotten(root="Add=B&Get=A")
    assert after.root.acl == other.root.acl == "Add=*&Get=A"


def test_nothing_changes_where_the_server_is_not_named():
    tree = dm.Device.example().tree
    assert tree.forget("B") is tree


# -- separation of duty

RELEASE = Duty("release", (("Replace", "./FW/Pkg"), ("Add", "./FW")), (("Exec", "./FW/Run"),))


def firmware(**acl):
    where = {"FW": "./FW", "Pkg": "./FW/Pkg", "Run": "./FW/Run"}
    return dm.Tree.of({"./FW/Pkg": "1", "./FW/Run": ""}, acl={where[k]: text for k, text in acl.items()})


@pytest.mark.parametrize(
    ("tree", "server", "steps"),
    [
        (firmware(FW="Get=*", Pkg="Replace=maker", Run="Exec=owner"), "maker", None),
        (firmware(FW="Get=*", Pkg="Replace=maker", Run="Exec=owner"), "owner", None),
        (firmware(FW="Get=*&Replace=maker", Run="Exec=owner"), "maker", 1),
        (firmware(FW="Replace=maker&Exec=maker"), "maker", 0),
        (firmware(FW="Add=maker", Run="Exec=maker"), "maker", 0),
        # a leaf that is deleted and added again has the list of its parent
        (firmware(FW="Add=maker&Exec=maker", Run="Delete=maker"), "maker", 2),
    ],
)
def test_conflicts_of_duty(tree, server, steps):
    found = conflicts(tree, [RELEASE], [server])
    assert (len(found[0].reach.script) if found else None) == steps
    for conflict in found:
        assert conflict.now == (steps == 0)
        assert conflict.reach.proves(tree)
        assert str(conflict).startswith(f"release: {server} {'has' if steps == 0 else 'can get'}")


def test_a_duty_about_nothing_is_refused():
    with pytest.raises(dm.words.CommandFailed, match=r"\./FW/Nope"):
        conflicts(firmware(), [Duty("odd", (("Get", "./FW/Nope"),), ())], ["s"])
