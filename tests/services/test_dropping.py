"""What goes with a service that is dropped: nothing that another names, be it in a clause that it could do without."""

from __future__ import annotations

import pytest

from dmkit.services import parse, plan
from dmkit.services.solver import available

SOFTWARE = """
[software.r]
at = "./V"
remove = "./U"
packages = [{version = "1", install = "./I"}]
[service.a]
%s
settings = {"./A" = "1"}
[service.z]
needs = ["software:r"]
settings = {"./Z" = "1"}
"""
AUXILIARY = """
[service.a]
%s
settings = {"./A" = "1"}
[service.b]
auxiliary = true
settings = {"./B" = "1"}
[service.z]
needs = ["b"]
settings = {"./Z" = "1"}
"""
ALL = {"./V": "1", "./A": "1", "./B": "1", "./Z": "1"}
LESS = {uri: value for uri, value in ALL.items() if uri != "./A"}
SOLVER = pytest.mark.parametrize(
    "solver", ["search", pytest.param("clingo", marks=pytest.mark.skipif(not available(), reason="extra services"))]
)


def changes(text, values, want, drop, solver, **more):
    return sorted(str(change) for change in plan(parse(text), values, want, drop, solver=solver, **more).changes)


@SOLVER
@pytest.mark.parametrize(
    ("text", "need"), [(SOFTWARE, '["software:r"]'), (SOFTWARE, '[["software:r", "z"]]'), (AUXILIARY, '["b"]')]
)
@pytest.mark.parametrize("how", ["needs", "optional"])
def test_what_another_names_stays(text, need, how, solver):
    named = text % f"{how} = {need}"
    if "z" in need and how == "needs":
        named = named.replace('needs = [["software:r", "z"]]', 'needs = ["software:r"]')
    assert changes(named, ALL, [], ["z"], solver) == ["delete ./Z"]
    assert changes(named, LESS, ["a"], ["z"], solver) == ["add ./A = 1", "delete ./Z"], "and so for a wish"
    assert changes(named, LESS, [], ["z"], solver, intent=["a"]) == ["delete ./Z"], "and for what is meant to work"


@SOLVER
@pytest.mark.parametrize(("text", "last"), [(SOFTWARE, "uninstall r 1"), (AUXILIARY, "delete ./B")])
def test_what_nobody_names_goes(text, last, solver):
    assert changes(text % "", ALL, [], ["z"], solver) == sorted(["delete ./Z", last])


@SOLVER
@pytest.mark.parametrize(
    ("text", "need", "last"),
    [(SOFTWARE, '["software:r"]', "uninstall r 1"), (AUXILIARY, '["b"]', "delete ./B")],
)
def test_what_was_set_up_for_one_that_could_do_without_goes_with_it(text, need, last, solver):
    values = {uri: value for uri, value in ALL.items() if uri != "./Z"}
    assert changes(text % f"optional = {need}", values, [], ["a"], solver) == sorted(["delete ./A", last])
