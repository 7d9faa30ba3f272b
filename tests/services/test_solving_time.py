"""``seconds`` is the time of a whole plan: optional needs, values that refer to others, reasons and all."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bench.services_bench import layered
from dmkit.services import NoPlan, ServicePlan, parse, plan, solver, solving
from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.facts import PlanGoals
from dmkit.services.parts import Need, Service, Setting
from dmkit.services.solver import available
from dmkit.services.solving import SolvingTime

pytestmark = pytest.mark.skipif(not available(), reason="clingo is not installed (extra services)")

HOPES = """
[service.a]
optional = ["b", "c", "d"]
settings = {"./A" = "1"}
[service.b]
conflicts = ["c"]
settings = {"./B" = "1"}
[service.c]
settings = {"./C" = "1"}
[service.d]
settings = {"./D" = "1"}
"""
REFERS = """
[software.cert]
at = "./Cert/V"
packages = [{version = "1", install = "./Cert/Install", returns = {"./Cert/T" = "t"}}]
[service.a]
needs = ["software:cert", "b"]
settings = {"./A" = "${./Cert/T}${./B}"}
[service.b]
settings = {"./B" = "1"}
"""
NOTHING = '[service.a]\nneeds = ["b"]\nsettings = {"./A" = "1"}\n[service.b]\nneeds = ["a"]\nsettings = {"./B" = "1"}'


def granted(monkeypatch, took):
    """The seconds that each call of the solver is given, when each takes a part of them, or more than all."""
    given, solve = [], solving.solve

    def noted(control, time, seconds, **how):
        given.append(seconds)
        left = time.left
        result = solve(control, time, None, **how)
        time.left = left
        time.spend(took * seconds)
        return result

    monkeypatch.setattr(solver, "solve", noted)
    return given


@pytest.mark.parametrize("took", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("text", [HOPES, REFERS, NOTHING])
def test_all_that_is_solved_for_a_plan_together_is_given_its_seconds(text, took, monkeypatch):
    given = granted(monkeypatch, took)
    found = plan(parse(text), {}, ["a"], solver="clingo", seconds=8.0)
    assert bool(found) == (text is not NOTHING) and len(given) > 1
    left = 8.0
    for seconds in given:
        assert 0 <= seconds <= left
        left -= took * seconds
    assert left > 0 or text is NOTHING


@pytest.mark.parametrize("text", [HOPES, REFERS, NOTHING])
def test_without_time_a_small_catalogue_is_solved_in_a_few_steps_and_alike_each_time(text):
    whole = plan(parse(text), {}, ["a"], solver="clingo")
    runs = [plan(parse(text), {}, ["a"], solver="clingo", seconds=0.0) for _ in range(3)]
    assert all(str(run) == str(whole) for run in runs), runs
    assert [run.reasons for run in runs if isinstance(run, NoPlan)] == ([whole.reasons] * 3 if not whole else [])


def test_where_the_solver_takes_no_time_at_all_each_problem_may_take_as_much():
    time = SolvingTime(4.0)
    assert (time.part(), time.part()) == (4.0, 4.0) and not time.is_up
    time.spend(5.0)
    assert time.left == 0.0 and time.is_up
    endless = SolvingTime(None, more=True)
    endless.spend(1e9)
    assert endless.part() is None and not endless.is_up


def test_the_solver_says_what_grounding_and_solving_took():
    time = SolvingTime(1000.0)
    control, _ = solver._ground(PlanGoals(layered(40, 200, 2), {}, ["s39"]))
    lefts = [time.left]
    for _ in range(2):
        assert solving.solve(control, time, time.part()).satisfiable
        lefts.append(time.left)
    assert all(one > two for one, two in pairwise(lefts))


def large_with_hopes():
    """Eighty services below one that could do with two more."""
    names = [f"s{n}" for n in range(80)]
    services = {name: Service(name, settings=(Setting(f"./S/{name}", "x"),)) for name in (*names, "h", "k")}
    services["top"] = Service(
        "top", needs=tuple((Need("service", name),) for name in names), settings=(Setting("./T", "x"),),
        optional=((Need("service", "h"),), (Need("service", "k"),)),
    )  # fmt: skip
    return ServiceCatalogue(services)


def test_optional_needs_of_a_large_catalogue_for_which_no_time_is_left_are_done_without(monkeypatch):
    grounded, ground = [], solver._ground

    def counted(*given, **how):
        grounded.append(given)
        return ground(*given, **how)

    monkeypatch.setattr(solver, "_ground", counted)
    found = plan(large_with_hopes(), {}, ["top"], solver="clingo", seconds=0.0)
    assert isinstance(found, ServicePlan) and found.cost == 81 and len(grounded) == 1
    assert found.warnings == tuple(
        f"top does without {name}: no plan was found in 0 s, nor that there is none" for name in "hk"
    )
    assert plan(large_with_hopes(), {}, ["top"], solver="clingo").cost == 83
