"""Chains of returned values, shared parts, software and secrets: cut at every package, finished from the journal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dmkit.services import NoPlan, parse, plan, provision, undo, values_of, works
from dmkit.services.settle import after
from dmkit.services.solver import available
from dmkit.tree.describe import Described
from dmkit.words.codes import Verb
from tests.services.drive import drive, leaves, tree_of

SOLVERS = ["search", *(["clingo"] if available() else [])]
LOSSES = ["request", "answer", "reboot"]


def _part(name, told, returned):
    return f"""
[software.{name}]
at = "./{name}/V"
remove = "./{name}/Remove"
[[software.{name}.packages]]
version = "1"
install = "./{name}/Install"
settings = {{{told}}}
returns = {{"./{name}/T" = "{returned}"}}
"""


CHAIN = parse(
    _part("a", "", "ta")
    + _part("b", '"./b/In" = "${./a/T}-b"', "tb")
    + _part("c", '"./c/In" = "${./b/T}/${./a/T}"', "tc")
    + """
[service.s]
needs = ["software:c", "software:b", "software:a"]
settings = {"./S" = "${./c/T}${./b/T}${./a/T}${./a/T}"}
[service.t]
settings = {"./T1" = "1", "./T2" = "2", "./T3/X" = "3"}
"""
)


@pytest.mark.parametrize("how", LOSSES)
@pytest.mark.parametrize("lose", range(9))
def test_a_chain_of_returned_values_ends_alike_wherever_it_is_cut(lose, how):
    done = drive(provision(["s"], catalogue=CHAIN, journals={}), CHAIN, tree_of(CHAIN, {}), lose=lose, how=how)
    assert done.result.state == "done" and done.tree.get("./S").text == "tctbtata"
    assert done.tree.get("./c/In").text == "tb/ta"


def test_a_chain_is_finished_by_servers_that_come_one_after_the_other():
    tree, journals = tree_of(CHAIN, {}), {}
    for number in range(20):  # each knows what was written down, and loses its session once it has changed something
        journals = dict(journals)
        job = provision(["s"], catalogue=CHAIN, journals=journals)
        done = drive(job, CHAIN, tree, lose=2 + number % 3, sessions=1, quiet=True)
        tree = done.tree
        if done.result is not None:
            break
    assert done.result.state == "done" and number > 1


@pytest.mark.parametrize("again", [None, 1, 2, 3])
@pytest.mark.parametrize("how", LOSSES)
@pytest.mark.parametrize("cut", range(2, 9))
def test_what_was_half_done_is_undone_though_the_undo_is_cut_as_well(cut, how, again):
    start, journals = tree_of(CHAIN, {"./T1": "old"}), {}
    job = provision(["t", "s"], catalogue=CHAIN, journals=journals)
    half = drive(job, CHAIN, start, lose=cut, how=how, sessions=1, quiet=True, limit=1200)
    if not journals:
        assert leaves(half.tree) == leaves(start)
        return
    done = drive(undo(journals=journals, catalogue=CHAIN), CHAIN, half.tree, lose=again, how=how, sessions=4)
    before, now = leaves(start), leaves(done.tree)
    assert done.result.state == "undone", done.result
    assert before.keys() <= now.keys() and now["./T1"] == "old"
    assert all(uri.endswith("/T") for uri in now.keys() - before.keys()), "what a device shows of itself is its own"


def test_an_undo_that_is_refused_is_stranded_and_can_be_done_later():
    journals = {}
    done = drive(provision(["t"], catalogue=CHAIN, journals=journals), CHAIN, tree_of(CHAIN, {"./T1": "old"}))
    back = undo(journals=journals, catalogue=CHAIN)
    first = drive(back, CHAIN, done.tree.with_acl("./T1", "Get=*"))
    assert first.result.state == "stranded" and "./T1" in first.result.stranded[0] and "./T2" not in first.tree
    second = drive(back, CHAIN, first.tree.with_acl("./T1", "Get=*&Replace=*"))
    assert second.result.state == "undone" and second.tree.get("./T1").text == "old"


# -- facts that flicker over a shared part

FLICKER = """
[bearer.lte]
uri = "./LTE"
[device.roaming]
uri = "./Roaming"
[service.nap]
auxiliary = true
needs = ["bearer:lte"]
settings = {"./NAP" = "n"}
[service.x]
needs = ["nap"]
settings = {"./X" = "1"}
[service.y]
needs = ["nap"]
settings = {"./Y" = "1"}
[service.z]
needs = ["not device:roaming"]
settings = {"./NAP" = "n", "./Z" = "1"}
"""
ALL = {"./LTE": "true", "./NAP": "n", "./X": "1", "./Y": "1", "./Z": "1"}


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("facts", [("false", None), ("false", "true"), ("true", "true"), (None, None)])
@pytest.mark.parametrize("drop", ["x", "y", "xy", "z", "xz", "xyz"])
def test_a_shared_part_stays_for_whoever_waits_for_a_fact(drop, facts, solver):
    catalogue, values = parse(FLICKER), ALL | {"./LTE": facts[0], "./Roaming": facts[1]}
    found = plan(catalogue, values, [], list(drop), solver=solver)
    back = {**after(values, found.changes), "./LTE": "true", "./Roaming": "false"}
    stay = set("xyz") - set(drop)
    assert stay <= works(catalogue, back).keys() and (back.get("./NAP") is not None) == bool(stay)


@pytest.mark.parametrize("lose", [None, 1, 2, 3])
def test_a_job_leaves_a_shared_part_until_the_last_goes(lose):
    catalogue, journals = parse(FLICKER), {}
    both = provision(["x", "y"], catalogue=catalogue, journals=journals)
    tree = drive(both, catalogue, tree_of(catalogue, {"./LTE": "true"})).tree.set("./LTE", "false")
    one = drive(provision(drop=["x"], catalogue=catalogue, journals=journals), catalogue, tree, lose=lose)
    assert one.result.state == "done" and one.tree.get("./NAP").text == "n"
    assert set(works(catalogue, values_of(one.tree.set("./LTE", "true"), catalogue))) == {"nap", "y"}
    other = drive(provision(drop=["y"], catalogue=catalogue, journals=journals), catalogue, one.tree, lose=lose)
    assert other.result.state == "done" and "./NAP" not in other.tree


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_fact_and_its_opposite(solver):
    text = FLICKER + '[service.v]\nneeds = [["bearer:lte", "not device:roaming"]]\nsettings = {"./V" = "1"}\n'
    text += '[service.never]\nneeds = ["bearer:lte", "not bearer:lte"]\nsettings = {"./N" = "1"}\n'
    text += '[service.always]\nneeds = [["bearer:lte", "not bearer:lte"]]\nsettings = {"./E" = "1"}'
    catalogue = parse(text)
    for lte, roaming in (("true", "true"), ("true", None), ("false", None), ("false", "true")):
        values = {"./LTE": lte, "./Roaming": roaming}
        assert bool(plan(catalogue, values, ["v"], solver=solver)) == (lte == "true" or roaming is None)
        assert not plan(catalogue, values, ["never"], solver=solver)
        assert plan(catalogue, values, ["always"], solver=solver).cost == 1


@pytest.mark.parametrize("solver", SOLVERS)
def test_optional_needs_that_clash(solver):
    one = '[service.a]\noptional = ["b", "c"]\nsettings = {"./A" = "1"}\n'
    two = '[service.b.settings]\n"./X" = "1"\n[service.c.settings]\n"./X" = "2"'
    found = plan(parse(one + two), {}, ["a"], solver=solver)
    assert found.cost == 2 and "./X" in {c.uri for c in found.changes} and "a does without c" in found.warnings[0]
    rival = plan(parse(one.replace("\nset", '\nconflicts = ["b"]\nset') + two), {}, ["a"], solver=solver)
    assert [c.after for c in rival.changes if c.uri == "./X"] == ["2"] and "a does without b" in rival.warnings[0]


def test_an_optional_need_that_the_device_refuses_is_done_without():
    catalogue = parse('[service.a]\noptional = ["b"]\nsettings = {"./A" = "1"}\n[service.b.settings]\n"./B" = "1"')
    tree = tree_of(catalogue, {"./B": "0"}).with_acl("./B", "Get=*")
    done = drive(provision(["a"], catalogue=catalogue), catalogue, tree)
    assert done.result.state == "done" and done.result.works == ("a",) and done.tree.get("./B").text == "0"


# -- software that several lean on

SHARED = """
[software.rt]
at = "./RT/V"
remove = "./RT/Remove"
packages = [{version = "1.0", install = "./RT/I1"}, {version = "2.0", install = "./RT/I2"}]
[service.p]
needs = ["software:rt>=1"]
settings = {"./P" = "1"}
[service.q]
needs = ["software:rt<2"]
settings = {"./Q" = "1"}
[service.r]
optional = ["software:rt>=2"]
settings = {"./R" = "1"}
[service.u]
needs = ["software:rt>=2"]
settings = {"./U" = "1"}
"""


@pytest.mark.parametrize("solver", SOLVERS)
def test_software_stays_for_whoever_names_it_and_changes_when_nobody_minds(solver):
    catalogue, values = parse(SHARED), {"./RT/V": "1.0", "./P": "1", "./Q": "1", "./R": "1"}
    kept = {drop: after(values, plan(catalogue, values, [], list(drop), solver=solver).changes).get("./RT/V")
            for drop in ("p", "pq", "pqr")}  # fmt: skip
    assert kept == {"p": "1.0", "pq": "1.0", "pqr": None}
    clash = plan(catalogue, values, ["u"], solver=solver)
    assert isinstance(clash, NoPlan) and "rt" in str(clash)
    swap = plan(catalogue, values, ["u"], ["q"], solver=solver)
    assert after(values, swap.changes)["./RT/V"] == "2.0"


@pytest.mark.parametrize("lose", [None, 0, 1, 2, 3])
def test_software_goes_with_the_last_however_often_the_session_is_lost(lose):
    catalogue = parse(SHARED)
    tree = tree_of(catalogue, {"./RT/V": "1.0", "./P": "1", "./Q": "1"})
    done = drive(provision(drop=["p", "q"], catalogue=catalogue), catalogue, tree, lose=lose, how="request")
    assert done.result.state == "done" and "./RT/V" not in done.tree
    stays = drive(provision(drop=["p", "q"], catalogue=catalogue), catalogue, tree.with_acl("./RT/Remove", "Get=*"))
    assert stays.result.state != "done" and "./RT/Remove" in str(stays.result.reasons)


# -- secrets that change

KEY = parse('[service.a.settings]\n"./K" = {value = "${k}", secret = true}')


@pytest.mark.parametrize("how", LOSSES)
@pytest.mark.parametrize("lose", [None, 0, 1, 2])
def test_a_secret_that_changed_is_written_once_whatever_is_cut(lose, how):
    def give(key, tree, **more):
        job = provision(["a"], catalogue=KEY, journals=journals, parameters={"k": key}, rotate=more.pop("rotate", ()))
        return drive(job, KEY, tree, **more)

    journals = {}
    verbs = Described(frozenset({Verb.ADD, Verb.REPLACE, Verb.DELETE}))
    hidden = replace(tree_of(KEY, {}), describe=lambda uri: verbs if uri == "./K" else Described())
    tree = give("1", hidden).tree
    done = give("2", tree, lose=lose, how=how)
    assert done.result.state == "done" and done.tree.get("./K").text == "2"
    assert give("2", done.tree).changes == 0
    rotated = give("2", done.tree, rotate=["a"], lose=lose, how=how)
    assert rotated.result.state == "done" and rotated.changes >= 1


# -- what must go in one piece and does not fit

LONG = "\n".join(f'"./L/{number}" = "${{./Id}}{"y" * 300}"' for number in range(9))


@pytest.mark.parametrize(("limit", "state"), [(1500, "undone"), (16384, "done")])
def test_what_must_go_in_one_piece_and_does_not_fit_is_refused_untouched(limit, state):
    catalogue = parse(f'[service.new.settings]\n"./Id" = "2"\n[service.dep.settings]\n{LONG}')
    values = {"./Id": "1"} | {f"./L/{number}": "1" + "y" * 300 for number in range(9)}
    done = drive(provision(["new"], catalogue=catalogue), catalogue, tree_of(catalogue, values), limit=limit)
    assert done.result.state == state and "dep" in done.result.works
    if state == "undone":
        assert done.changes == 0 and "its Atomic has" in str(done.result.reasons)
