"""Sets found by small steps have all that is asked and cost no less than the cheapest plan; most are the cheapest."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.services_bench import KINDS, layered
from dmkit.services import ServicePlan, parse, plan, solver, works
from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.facts import PlanGoals, alone_costs
from dmkit.services.nearby import nearby
from dmkit.services.parts import Need, Service, Setting
from dmkit.services.settle import after
from dmkit.services.solver import cheapest
from tests.services import brute, cp
from tests.services.many import many
from tests.strategies import situations

pytest.importorskip("clingo", reason="clingo comes with the extra services")


def _cost(goals, some):
    return sum(alone_costs(goals).get(name, 0) for name in some)


@many(40, 3000)
@given(st.integers(0, 10_000), st.integers(8, 30), st.integers(2, 3), st.integers(0, 60))
def test_a_set_has_all_that_is_asked_and_is_no_cheaper_than_the_cheapest(seed, count, choices, steps):
    goals = PlanGoals(layered(count, 3 * count, choices, seed), {}, [f"s{count - 1}"], keep=["s4"], never=["s5"])
    some, best = nearby(goals, steps), cheapest(goals)
    assert (some is None) == (best is None)
    if some is not None:
        assert {"s4", f"s{count - 1}"} <= some and "s5" not in some
        services = goals.catalogue.services
        assert all(any(m.name in some for m in clause) for name in some for clause in services[name].needs)
        assert _cost(goals, some) >= best.cost and nearby(goals, steps) == some


@many(100, 5000)
@given(situations())
def test_what_is_not_plain_is_left_to_the_solver_and_a_set_is_a_plan(situation):
    catalogue, values, want, drop = situation
    keep = [name for name in works(catalogue, values) if name not in drop]
    goals = PlanGoals(catalogue, values, want, keep, drop)
    some = nearby(goals, 20)
    if some is not None:
        assert cheapest(goals).cost <= _cost(goals, some)


@pytest.mark.parametrize(
    "text",
    [
        '[service.a]\nneeds = ["bearer:x"]\nsettings = {"./A" = "1"}\n[bearer.x]\nuri = "./X"',
        '[service.a]\nneeds = ["b"]\nsettings = {"./A" = "1"}\n[service.b]\nneeds = ["a"]\nsettings = {"./B" = "1"}',
        '[service.a.settings]\n"./A" = "1"\n[service.b.settings]\n"./A" = "2"',
        '[service.a]\nconflicts = ["b"]\nsettings = {"./A" = "1"}\n[service.b]\nsettings = {"./B" = "1"}',
        '[service.a]\nneeds = ["software:s"]\n[software.s]\nat = "./S"\npackages = [{version = "1", install = "./I"}]',
    ],
)
def test_facts_rings_shared_leaves_rivals_and_software_are_not_plain(text):
    assert nearby(PlanGoals(parse(text), {}, ["a"]), 5) is None


def test_most_small_plans_are_found_at_once():
    same = 0
    for seed in range(10):
        goals = PlanGoals(layered(40, 200, 2, seed), {}, ["s39", "s38"])
        same += _cost(goals, nearby(goals, 200)) == cheapest(goals).cost
    assert same >= 9


@pytest.mark.parametrize("set_up", [0, 20])
def test_when_there_is_no_time_the_plan_by_small_steps_is_given_with_its_bound(set_up):
    catalogue = layered(100, 500, 2)
    values = {f"./S/{at}": "x" for at in range(set_up)}
    told = []
    found = plan(catalogue, values, ["s99"], seconds=0.0, progress=lambda *both: told.append(both), kept=(), held=())
    best = plan(catalogue, values, ["s99"], kept=(), held=())
    assert best.cost <= found.cost == told[-1][0] <= best.cost + 3
    assert found.is_best == (found.bound in (None, found.cost)) and (found.bound or best.cost) <= best.cost
    assert "s99" in works(catalogue, after(values, found.changes))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_each_kind_of_the_table_has_a_plan_above_its_bound(kind):
    took, cost, bound = kind.reached(1, 0.2)
    assert took > 0 and 0 <= bound <= cost and kind.wishes <= cost < 400


def _plain(seed, count):
    """Services in no order of names, with up to three clauses and four leaves; a device that has some already."""
    rng, services, values = Random(seed), dict[str, Service](), dict[str, str]()
    for name in rng.sample([f"s{n}" for n in range(count)], count):
        below = list(services)
        clauses = [rng.choices(below, k=rng.randint(1, 4)) for _ in range(rng.choice((0, 1, 1, 2, 3))) if below]
        settings = [Setting(f"./{name}/{n}", rng.choice("xy"), "x|y" if rng.random() < 0.2 else None)
                    for n in range(rng.choice((0, 1, 1, 2, 4)))]  # fmt: skip
        needs = tuple(tuple(Need("service", member) for member in clause) for clause in clauses)
        services[name] = Service(name, needs=needs, settings=tuple(settings))
        there = rng.random() < 0.25
        values |= {s.uri: s.value if there else rng.choice("xyz") for s in settings if there or rng.random() < 0.15}
    names = sorted(services)
    return ServiceCatalogue({name: services[name] for name in names}), values, rng.sample(names, rng.randint(1, 3))


@many(60, 3000)
@given(
    st.integers(0, 10_000), st.integers(3, 14), st.integers(1, 2), st.sampled_from([None, 0, 3, 800]),
    st.sampled_from([0.0, 0.001, 10.0]),
)  # fmt: skip
def test_a_plan_that_begins_with_small_steps_is_held_to_two_that_have_none(seed, count, kind, steps, seconds):
    """The threshold is taken away, so that plans are small enough for CP-SAT, and, up to seven services, for
    trying everything.  No steps (None) begin with all that there is: a poor plan is told as such, or made better."""
    pytest.importorskip("ortools", reason="ortools comes with the extra test")
    catalogue, values, want = _plain(seed, count)
    keep, told, begun = works(catalogue, values), [], []

    def begin(goals, _):
        begun.append(frozenset(goals.live) if steps is None else nearby(goals, steps))
        return begun[-1]

    with pytest.MonkeyPatch.context() as patch:
        few, then = solver._EFFORTS[0], solver._EFFORTS[kind]
        patch.setattr(solver, "_EFFORTS", (replace(few, services=-1), replace(then, services=float("inf"))))
        patch.setattr(solver, "nearby", begin)
        found = plan(catalogue, values, want, seconds=seconds, progress=lambda *both: told.append(both))
    assert begun and None not in begun
    best = cp.cheapest(catalogue, values, want, keep, ())
    assert isinstance(found, ServicePlan) and {*want, *keep} <= set(works(catalogue, after(values, found.changes)))
    assert count > 7 or best == brute.cheapest(catalogue, values, want, ())
    assert found.cost == best if found.is_best else found.bound <= best <= found.cost
    assert all(bound <= best <= cost for cost, bound in told) and told[-1][0] == found.cost
    assert all(one[0] >= two[0] and one[1] <= two[1] for one, two in pairwise(told))
