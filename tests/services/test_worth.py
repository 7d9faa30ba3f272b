"""Prices of clauses: no set costs anything else by them, they bound what any plan costs, and large plans have them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.services_bench import layered
from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.facts import PlanGoals, alone_costs
from dmkit.services.parts import Need, Service, Setting
from dmkit.services.solver import cheapest
from dmkit.services.worth import UNIT, least, reduced, worth
from tests.services.many import many

pytest.importorskip("clingo", reason="clingo comes with the extra services")
pytest.importorskip("numpy", reason="numpy comes with the extra sim")


def _of(needs):
    """A catalogue of services with these clauses of names, one leaf each."""
    return ServiceCatalogue({
        name: Service(name, needs=tuple(tuple(Need("service", n) for n in clause) for clause in clauses),
                      settings=(Setting(f"./{name}", "x"),))
        for name, clauses in needs.items()
    })  # fmt: skip


def _closed(goals, some):
    """True when ``some`` has what is wanted and a member of each clause of each."""
    services = goals.catalogue.services
    whole = all(any(m.name in some for m in clause) for name in some for clause in services[name].needs)
    return set(goals.want) <= some and whole


@many(25, 2000)
@given(st.integers(0, 10_000), st.integers(12, 30), st.data())
def test_no_set_costs_anything_else_and_none_less_than_the_bound(seed, count, data):
    goals = PlanGoals(layered(count, 3 * count, 2, seed), {}, [f"s{count - 1}"])
    costs = alone_costs(goals)
    prices = worth(goals, costs)
    parts = reduced(goals, costs, prices, UNIT)
    some = set(goals.want)
    while not _closed(goals, some):  # a member of each clause, at random
        for name in sorted(some):
            for clause in goals.catalogue.services[name].needs:
                if not any(m.name in some for m in clause):
                    some.add(data.draw(st.sampled_from(clause)).name)
    paid = sum(parts.get(name, 0) for name in some)
    for (name, at), price in prices.items():
        there = sum(m.name in some for m in goals.catalogue.services[name].needs[at])
        paid += price * (there - (name in some))
    assert paid == UNIT * sum(costs[name] for name in some)
    assert least(goals, parts, UNIT) <= cheapest(goals).cost <= len(some)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_bound_is_good_before_anything_is_solved(seed):
    goals = PlanGoals(layered(60, 300, 2, seed), {}, ["s59", "s58"])
    costs = alone_costs(goals)
    assert least(goals, costs) == 2  # what is wanted, and nothing more
    assert least(goals, reduced(goals, costs, worth(goals, costs), UNIT), UNIT) >= 0.6 * cheapest(goals).cost


def test_where_there_is_no_set_prices_do_not_grow_without_end():
    ring = _of({"top": [["a", "b"], ["c"]], "a": [["c"]], "b": [["c"]], "c": [["d"], ["e"]], "d": [], "e": []})
    goals = PlanGoals(ring, {}, ["top"], never=["d"])
    assert worth(goals, alone_costs(goals)) == {} and cheapest(goals) is None


def test_a_clause_that_names_a_service_twice_or_anything_else_has_no_price():
    twice = _of({"top": [["a", "a"], ["b"]], "a": [], "b": []})
    assert set(worth(PlanGoals(twice, {}, ["top"]), {"top": 1, "a": 1, "b": 1})) <= {("top", 1)}
    assert worth(PlanGoals(_of({"top": []}), {}, ["top"]), {"top": 1}) == {}


def test_a_plan_that_takes_what_is_there_has_prices_of_what_must_change_only():
    goals = PlanGoals(_of({"top": [["a", "b"]], "a": [], "b": []}), {"./a": "x"}, ["top"])
    costs = alone_costs(goals)
    assert least(goals, reduced(goals, costs, worth(goals, costs), UNIT), UNIT) == cheapest(goals).cost == 1
