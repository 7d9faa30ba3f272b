"""The solver against the search, against trying everything and against a second solver; what clashes is minimal."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bench.services_bench import layered
from dmkit.services import NoPlan, ServicePlan, default, parse, plan, solved, solver, works
from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.facts import PlanGoals, facts
from dmkit.services.parts import Need, Service, Setting
from dmkit.services.planner import SOLVERS
from dmkit.services.settle import after
from dmkit.services.solver import LimitReached, available, cheapest, core, definition
from dmkit.services.solving import SolvingTime
from dmkit.words.errors import ConfigError
from tests.services.many import many
from tests.strategies import situations

pytestmark = pytest.mark.skipif(not available(), reason="clingo is not installed (extra services)")


def cost(found):
    """What the plan costs without what goes with dropped services, which the search does not weigh."""
    removed = sum(c.cost for step in found.steps if step.does == "remove" for c in step.changes)
    return found.cost - removed


@many(300, 20_000)
@given(situations())
def test_solver_and_search_find_plans_of_one_cost(situation):
    catalogue, values, want, drop = situation
    one = plan(catalogue, values, want, drop, solver="clingo")
    other = plan(catalogue, values, want, drop, solver="search")
    assert bool(one) == bool(other), (one, other)
    if isinstance(one, ServicePlan) and isinstance(other, ServicePlan):
        assert one.cost <= other.cost and one.is_best
        assert drop or one.cost == other.cost
        then = after(values, one.changes)
        assert set(want) <= set(works(catalogue, then))


@given(situations())
def test_a_plan_is_the_same_each_time(situation):
    catalogue, values, want, drop = situation
    assert str(plan(catalogue, values, want, drop)) == str(plan(catalogue, values, want, drop))


A_DROP_HELPS = """
[service.d]
settings = {"./D" = "x"}
conflicts = ["f"]
[bearer.b]
uri = "./B"
[service.e]
needs = ["bearer:b"]
settings = {"./S" = "x"}
[service.f]
settings = {"./S" = "z"}
"""
"""Given up ``f``, ``d`` can be had because ``e`` goes: that takes away a leaf of ``f``."""


@many(150, 5000)
@example((parse(A_DROP_HELPS), {"./S": "z"}, ["d", "f"], ["e"]))
@given(situations())
def test_what_clashes_is_minimal(situation):
    catalogue, values, want, drop = situation
    keep = [name for name in works(catalogue, values) if name not in drop]
    goals = core(PlanGoals(catalogue, values, want, keep, drop))
    assert bool(goals) == (cheapest(PlanGoals(catalogue, values, want, keep, drop)) is None)
    for left_out in goals:
        rest = {kind: [n for k, n in goals if k == kind and (k, n) != left_out] for kind in ("want", "keep", "gone")}
        free = [n for n in drop if ("gone", n) not in goals]  # in no clash: they may go meanwhile, or stay
        assert any(
            cheapest(PlanGoals(catalogue, values, rest["want"], rest["keep"], [*rest["gone"], *also]))
            for many in range(len(free) + 1)
            for also in combinations(free, many)
        ), left_out


def test_every_wish_of_a_clash_is_named():
    text = """
    [service.a]
    settings = {"./Mode" = "1"}
    [service.b]
    settings = {"./Mode" = "2"}
    [service.c]
    settings = {"./Other" = "1"}
    """
    found = plan(parse(text), {"./Other": "1"}, ["a", "b", "c"])
    assert isinstance(found, NoPlan) and found.core == ("a is set up", "b is set up")
    assert "not together: a is set up; b is set up" in str(found)
    kept = plan(parse(text), {"./Mode": "1"}, ["b"])
    assert isinstance(kept, NoPlan) and kept.core == ("b is set up", "a goes on working")


def test_cost_counts_what_is_removed():
    text = """
    [service.old]
    settings = {"./A" = "1", "./B" = "1"}
    conflicts = ["new"]
    [service.new]
    settings = {"./C" = "1"}
    """
    found = plan(parse(text), {"./A": "1", "./B": "1"}, ["new"], ["old"])
    assert found.cost == 3 and found.is_best


@pytest.mark.parametrize("choices", [2, 8, 16])
def test_a_wish_with_many_alternatives_is_no_trouble(choices):
    """Sixteen alternatives on two levels: the search gives up, the definition is as short as before."""
    low = {f"l{n}": Service(f"l{n}", settings=(Setting(f"./L/{n}", "x"),)) for n in range(choices)}
    clause = tuple(Need("service", name) for name in low)
    mid = {f"m{n}": Service(f"m{n}", needs=(clause,), settings=(Setting(f"./M/{n}", "x"),)) for n in range(choices)}
    top = Service("top", needs=tuple((Need("service", name),) for name in mid), settings=(Setting("./T", "x"),))
    found = plan(ServiceCatalogue(low | mid | {"top": top}), {}, ["top"])
    assert found.cost == choices + 2 and "l0" in {name for step in found.steps for name in step.services}


def test_when_the_time_is_up_the_best_so_far_comes_with_its_bound(monkeypatch):
    def cut_off(goals, time, progress):
        assert time.left == 3.0
        return replace(cheapest(goals), bound=1, is_best=False)

    monkeypatch.setattr(solved, "cheapest", cut_off)
    found = plan(layered(12, 24, 2), {}, ["s11", "s10", "s9"], solver="clingo", seconds=3.0)
    assert not found.is_best and found.bound == 1 < found.cost
    assert str(found).endswith("the time was up, no plan costs less than 1")


def test_when_the_time_is_up_and_nothing_is_known_that_is_said(monkeypatch):
    def cut_off(goals, time, progress):
        raise LimitReached("no plan was found in 3 s, nor that there is none")

    monkeypatch.setattr(solved, "cheapest", cut_off)
    found = plan(layered(12, 24, 2), {}, ["s11"], solver="clingo", seconds=3.0)
    assert isinstance(found, NoPlan) and found.reasons == ("no plan was found in 3 s, nor that there is none",)


def test_two_hundred_services_with_a_thousand_needs_are_solved_to_the_end_and_progress_is_told():
    seen = []
    wanted = ["s199", "s198", "s197"]
    found = plan(layered(200, 1000, 2), {}, wanted, solver="clingo", progress=lambda *told: seen.append(told))
    costs, bounds = zip(*seen, strict=True)
    assert list(costs) == sorted(costs, reverse=True) and list(bounds) == sorted(bounds)
    assert found.is_best and found.cost == len(found.changes)
    assert seen[-1] == (found.cost, found.cost) and 0 < bounds[0] < costs[0]


@many(100, 5000)
@given(situations())
def test_a_plan_that_is_looked_for_in_a_hurry_is_as_cheap_when_it_comes_to_an_end(situation):
    """The second look, for which the time is kept that the first has not needed; here the first has none at all."""
    catalogue, values, want, drop = situation
    whole = plan(catalogue, values, want, drop, solver="clingo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solver._Found, "look", hurried(solver._Found.look))
        other = plan(catalogue, values, want, drop, solver="clingo", seconds=1000.0)
    assert bool(whole) == bool(other), (whole, other)
    if isinstance(whole, ServicePlan) and isinstance(other, ServicePlan):
        assert other.cost == whole.cost and other.is_best
        assert set(want) <= set(works(catalogue, after(values, other.changes)))


def hurried(look):
    """``look``, of which the first is cut off before it has found anything."""
    done = []

    def second_only(self, grounded, seconds):
        done.append(seconds)
        return len(done) % 2 == 0 and look(self, grounded, seconds)

    return second_only


def test_what_the_first_look_found_stays_where_the_second_finds_nothing_better(monkeypatch):
    told, goals = [], PlanGoals(layered(40, 200, 2), {}, ["s39", "s38"])
    found = solver._Found(goals, SolvingTime(None), lambda cost, bound: told.append((cost, bound)))
    assert found.look(solver._ground(goals), None)
    best = found.best
    assert best.is_best and best.bound == best.cost
    again = solver._Found(goals, SolvingTime(None), None)
    again.best = replace(best, cost=best.cost - 1)
    again.look(solver._ground(goals, solver._HURRIED), None)
    assert again.best.cost == best.cost - 1, "a dearer one does not take its place"
    costs, bounds = zip(*told, strict=True)
    assert list(costs) == sorted(costs, reverse=True) and list(bounds) == sorted(bounds)


@many(100, 5000)
@given(situations(), st.sampled_from([100, 1000]))
def test_large_catalogues_are_solved_otherwise_and_alike(situation, size):
    """Beyond 60 services, and beyond 300, parts of the definition are left out that do not change what it costs."""
    catalogue, values, want, drop = situation
    whole = plan(catalogue, values, want, drop, solver="clingo")
    [effort] = [e for e in solver._EFFORTS if e.services >= size][:1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solver, "_EFFORTS", (replace(effort, services=float("inf")),))
        other = plan(catalogue, values, want, drop, solver="clingo")
    assert bool(whole) == bool(other)
    if isinstance(whole, ServicePlan) and isinstance(other, ServicePlan):
        assert other.cost == whole.cost and other.is_best
        then = after(values, other.changes)
        assert set(want) <= set(works(catalogue, then))


@given(st.sets(st.sampled_from(["mms", "browsing", "mail"])), st.booleans())
def test_the_default_catalogue_is_planned_alike(want, lte):
    values = {"./DevDetail/Bearer/LTE": str(lte).lower(), "./Card/Applications": "USIM"}
    one, other = (plan(default(), values, sorted(want), solver=solver) for solver in SOLVERS[1:])
    assert bool(one) == bool(other)
    if isinstance(one, ServicePlan) and isinstance(other, ServicePlan):
        assert sorted(map(str, one.steps)) == sorted(map(str, other.steps))


def test_another_solver_is_refused():
    with pytest.raises(ConfigError, match="solver is 'z3'; it must be one of auto, clingo, search"):
        plan(default(), {}, ["mms"], solver="z3")


def test_the_definition_is_short_and_its_facts_are_those_of_the_catalogue():
    rules = [line for line in definition().splitlines() if line and not line.startswith("%")]
    assert len(rules) <= 37
    assert ("service", ("mms",)) in set(facts(PlanGoals(default(), {}, ["mms"])))


# -- a second solver


@many(100, 5000)
@given(situations(least=8, most=14))
def test_another_kind_of_solver_agrees(situation):
    """CP-SAT, a model written apart from the rules: levels instead of foundedness."""
    pytest.importorskip("ortools", reason="ortools comes with the test extra")
    from tests.services.cp import cheapest as by_cp

    catalogue, values, want, drop = situation
    keep = [name for name in works(catalogue, values) if name not in drop]
    solved = cheapest(PlanGoals(catalogue, values, want, keep, drop))
    least = by_cp(catalogue, values, want, keep, drop)
    if drop and solved:  # that model may set up a service unasked where this saves taking something away
        assert least is not None and solved.cost >= least
    else:
        assert (solved.cost if solved else None) == least
