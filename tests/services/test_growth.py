"""Catalogues of many settings and of long chains: lines of Python counted at n and 2n."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dmkit.services.assemble import _Guard, _ordered
from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.parts import Need, Service, Setting
from dmkit.services.plan import LeafWrite, PlanStep
from dmkit.services.planner import plan
from dmkit.services.state import works
from tests.steps import python_lines


def of_settings(n: int) -> ServiceCatalogue:
    one = Service("one", settings=tuple(Setting(f"./S/{at}", "x") for at in range(n)))
    return ServiceCatalogue({"one": one, "other": Service("other", settings=(Setting("./O", "x"),))})


def chain(n: int, backwards: bool = False) -> ServiceCatalogue:
    services = {
        f"s{at}": Service(
            f"s{at}", needs=((Need("service", f"s{at - 1}"),),) if at else (), settings=(Setting(f"./S/{at}", "x"),)
        )
        for at in range(n)
    }
    return ServiceCatalogue(dict(reversed(services.items())) if backwards else services)


def all_set(catalogue: ServiceCatalogue) -> dict[str, str]:
    return {s.uri: "x" for service in catalogue.services.values() for s in service.settings}


def planned(n: int) -> object:
    found = plan(of_settings(n), {"./O": "x"}, ["one"], solver="search")
    assert found and found.cost == n and found.kept == ("other",)
    return found


def made(n: int) -> object:
    return chain(n)


def working(n: int) -> object:
    catalogue = chain(n, backwards=True)
    found = works(catalogue, all_set(catalogue))
    assert list(found) == [f"s{at}" for at in range(n)]
    return found


@pytest.mark.parametrize("work", [planned, made, working])
def test_many_take_lines_in_proportion(work: Callable[[int], object]) -> None:
    work(10)
    few, many = (python_lines(lambda n=n: work(n)) for n in (60, 120))  # type: ignore[misc]
    assert many < 2.4 * few, (few, many)


def test_a_step_is_looked_at_once_and_between_its_changes_only_where_one_bears(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = 0
    good = _Guard.good

    def counted(guard: _Guard, values: object) -> frozenset[str]:
        nonlocal looked
        looked += id(values) not in guard.known
        return good(guard, values)  # type: ignore[arg-type]

    monkeypatch.setattr(_Guard, "good", counted)
    catalogue = of_settings(50)
    writes = tuple(LeafWrite(f"./S/{at}", None, "x") for at in range(50))
    guard = _Guard(catalogue, ("other",), frozenset(), False)
    [step] = _ordered(guard, {"./O": "x"}, [PlanStep("set up", ("one",), writes)])
    assert (step.one_piece, looked) == (False, 3)  # before, after the first change, at the end
    both = (LeafWrite("./O", "x", None), *writes, LeafWrite("./O", None, "x"))
    looked = 0
    [step] = _ordered(
        _Guard(catalogue, ("other",), frozenset(), False), {"./O": "x"}, [PlanStep("adjust", ("one",), both)]
    )
    assert step.one_piece


def test_those_that_wait_are_looked_at_in_the_turns_of_the_plain_way() -> None:
    """Who comes to work in which order, and on which member it leans, is as if all were looked at again and again."""
    needs = {
        "a": (("d",), ("b", "c")), "b": (("c",),), "c": (), "d": (("e", "b"),), "e": (("f",),), "f": (("c",),),
        "g": (("g",),),
    }  # fmt: skip
    catalogue = ServiceCatalogue({
        name: Service(name, needs=tuple(tuple(Need("service", m) for m in clause) for clause in clauses))
        for name, clauses in needs.items()
    })  # fmt: skip
    expected, left = dict[str, tuple[str, ...]](), list(needs)
    while True:
        before = len(expected)
        for name in [one for one in left if one not in expected]:
            leans = [next((m for m in clause if m in expected), None) for clause in needs[name]]
            if None not in leans:
                expected[name] = tuple(m for m in leans if m is not None)
        if len(expected) == before:
            break
    found = works(catalogue, {})
    assert [(name, tuple(m.name for m in leans)) for name, leans in found.items()] == list(expected.items())
