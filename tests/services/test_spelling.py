"""One leaf in two spellings, texts that no message carries, and values that nobody brings about."""

from __future__ import annotations

import pytest

import dmkit as dm
from dmkit.services import NoPlan, ServicePlan, impact, parse, plan, provision, works
from dmkit.services.references import resolved
from dmkit.services.solver import available
from tests.services.drive import drive, installers, tree_of

SOLVERS = ["search", *(["clingo"] if available() else [])]
SPELLED = ["./Mail/%48ost", "./M%61il/Host", "./%4dail/Hos%74", "./%4Dail/%48%6fst"]


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("other", SPELLED)
def test_two_wishes_at_one_leaf_clash_however_it_is_spelled(other, solver):
    text = f'[service.a.settings]\n"./Mail/Host" = "x"\n[service.b.settings]\n"{other}" = "y"'
    found = plan(parse(text), {}, ["a", "b"], solver=solver)
    assert isinstance(found, NoPlan) and "./Mail/Host" in str(found) + "./Mail/Host"
    assert plan(parse(text.replace('"y"', '"x"')), {}, ["a", "b"], solver=solver).cost == 1
    assert plan(parse(text), {other: "x"}, ["a"], solver=solver).cost == 0


@pytest.mark.parametrize("place", ["settings", "returns"])
def test_a_leaf_that_is_given_twice_is_refused(place):
    one = f'version = "1", install = "./I", {place} = {{"./A" = "1", "./%41" = "2"}}'
    package = f'[software.x]\nat = "./X"\npackages = [{{{one}}}]'
    for text in ('[service.a.settings]\n"./A" = "1"\n"./%41" = "2"', package):
        with pytest.raises(dm.ConfigError, match=r"\./A is given twice, in two spellings"):
            parse(text)


def test_references_versions_and_what_is_owned_are_found_in_any_spelling():
    assert "a" in works(parse('[service.a.settings]\n"./A" = "id ${./%42}"'), {"./B": "7", "./A": "id 7"})
    with pytest.raises(dm.ConfigError, match="its value is said by itself"):
        parse('[service.a.settings]\n"./A" = "id ${./%41}"')
    with pytest.raises(dm.ConfigError, match=r"service a, \./A: '\./A//B' is no address in the tree"):
        parse('[service.a.settings]\n"./A" = "id ${./A//B}"')
    versions = parse('[software.x]\nat = "./%58"\n[service.a]\nneeds = ["software:x"]\nsettings = {"./A" = "1"}')
    assert plan(versions, {"./X": "1"}, ["a"]).cost == 1
    assert impact(versions, {"./X": "1", "./A": "1"}, "./%58").broken == ("a",)
    owner = parse('[service.a]\nowns = ["./%41"]\nsettings = {"./A/B" = "1"}')
    done = drive(provision(drop=["a"], catalogue=owner), owner, tree_of(owner, {"./A/B": "1", "./A/C": "2"}))
    assert done.result.state == "done" and "./A/C" not in done.tree


@pytest.mark.parametrize(
    ("text", "sign"), [("a\x00", "U+0000"), ("\x1fb", "U+001F"), ("\ud800", "U+D800"), ("\ufffe", "U+FFFE")]
)
def test_a_text_that_no_message_carries_is_refused_when_it_is_given(text, sign):
    one = parse('[service.a.settings]\n"./N" = "${user}"')
    with pytest.raises(dm.ConfigError, match=rf"the parameter 'user': the character {sign.replace('+', '[+]')} cannot"):
        provision(["a"], catalogue=one, parameters={"user": text})
    assert resolved("${./A}", {"./A": text}) == "${./A}", "and what a device shows is not put into a value"
    if sign != "U+D800":  # TOML has no way to say that
        with pytest.raises(dm.ConfigError, match=r"service a, \./N: the character"):
            parse(f'[service.a.settings]\n"./N" = "\\u{sign[2:]}"')


@pytest.mark.parametrize("text", ["a\tb", "a\r\nb", "", "ü€\U0001f600", "]]>", "}{", "\\1", "$"])
def test_every_other_text_is_a_value_and_stands_for_itself(text):
    one = parse('[service.a.settings]\n"./N" = {value = "<${user}>", pattern = "<${user}>"}')
    done = drive(provision(["a"], catalogue=one, parameters={"user": text}), one, tree_of(one, {}))
    assert done.result.state == "done" and done.tree.get("./N").text == f"<{text}>"


def test_a_parameter_whose_name_is_no_text_is_one_sentence():
    with pytest.raises(dm.ConfigError, match="no setting has a parameter 3"):
        provision(["a"], catalogue=parse('[service.a.settings]\n"./N" = "${user}"'), parameters={3: "x", "user": "u"})


# -- values that nobody brings about

REFERS = """
[service.id.settings]
"./Id" = "1"
[service.dep.settings]
"./Dep" = "of ${./Id}"
"""
WAYS = """
[service.a]
needs = [["x", "y"]]
settings = {"./A" = "1"}
[service.x.settings]
"./X" = "of ${./Id}"
[service.y.settings]
"./Y" = "1"
"./Y2" = "1"
"""


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_value_that_goes_or_never_comes_is_no_plan(solver):
    there = {"./Id": "1", "./Dep": "of 1"}
    gone = plan(parse(REFERS), there, [], ["id"], solver=solver)
    assert gone.reasons == ("dep: ./Id goes, and its value is needed",), "dep works, and shall go on"
    assert plan(parse(REFERS), there, [], ["id", "dep"], solver=solver).cost == 2
    none = plan(parse(REFERS), {}, ["dep"], solver=solver)
    assert none.reasons == ("dep: ./Id is not there, and its value is needed",)
    assert plan(parse(REFERS), {}, ["dep", "id"], solver=solver).cost == 2


@pytest.mark.parametrize("solver", SOLVERS)
def test_another_way_is_taken_than_one_with_a_value_that_never_comes(solver):
    found = plan(parse(WAYS), {}, ["a"], solver=solver)
    assert isinstance(found, ServicePlan) and found.cost == 3
    assert plan(parse(WAYS), {"./Id": "7"}, ["a"], solver=solver).cost == 2


@pytest.mark.parametrize("solver", SOLVERS)
def test_what_can_be_done_without_is_when_its_value_never_comes(solver):
    text = WAYS.replace('needs = [["x", "y"]]', 'optional = ["x"]')
    found = plan(parse(text), {}, ["a"], solver=solver)
    assert found.cost == 1 and found.warnings == (
        "a does without x: a -> x: ./Id is not there, and its value is needed",
    )


RETURNS = """
[software.a]
at = "./A/V"
remove = "./A/Remove"
[[software.a.packages]]
version = "1"
install = "./A/Install"
returns = {"./A/Thumb" = "ta"}
[service.s]
needs = ["software:a"]
settings = {"./S" = "<${./A/Thumb}>"}
"""


def test_an_installation_that_is_told_what_it_returns_itself_is_no_plan_until_it_is_there():
    told = parse(RETURNS.replace("returns =", 'settings = {"./A/Old" = "${./A/Thumb}"}\nreturns ='))
    assert plan(told, {}, ["s"]).reasons == ("s: ./A/Thumb is not there, and its value is needed",)
    assert plan(told, {"./A/Thumb": "t0"}, ["s"]).cost > 10


@pytest.mark.parametrize(
    ("returned", "state", "told"),
    [
        ("", "done", ""), (None, "undone", "./A/Thumb is not there, and its value is needed"),
        ("${./A/V}", "undone", "./A/Thumb holds what cannot be copied"),
    ],
)  # fmt: skip
def test_what_a_device_returns_is_used_as_it_is_or_the_report_says_what_is_wrong(returned, state, told, monkeypatch):
    def other(catalogue, count=None):
        handlers = installers(catalogue, count)

        def install(tree, call):
            tree, outcome = handlers["./A/Install"](tree, call)
            return (tree.remove("./A/Thumb") if returned is None else tree.set("./A/Thumb", returned)), outcome

        return handlers | {"./A/Install": install}

    monkeypatch.setattr("tests.services.drive.installers", other)
    one = parse(RETURNS)
    done = drive(provision(["s"], catalogue=one), one, tree_of(one, {}))
    assert done.result.state == state and told in str(done.result.reasons), done.result
    assert ("./S" in done.tree) == ("./A/V" in done.tree) == (state == "done")
