"""Plans: large catalogues of nine kinds by clingo, beside the search that was there before where it ends.

``python -m bench.services_bench 5`` prints what is reached in half a second of processor time, for each kind and seed.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from time import process_time
from typing import Final

from bench import Row, within
from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.parts import Need, Service, Setting
from dmkit.services.planner import plan

HALF: Final = 0.5
"""Seconds of processor time in which a plan for two hundred services is wanted."""
_Pool = Callable[[int], range]


def layered(
    count: int, needs: int, choices: int, seed: int = 1, pool: _Pool = range, leaves: int = 1, early: bool = False
) -> ServiceCatalogue:
    """``count`` services, each above those of its ``pool``, ``needs`` clauses in all with ``choices`` members each.

    With ``leaves`` each has up to so many; with ``early`` members are drawn the likelier the earlier they stand.
    """
    draw, services = random.Random(seed), {}
    for at in range(count):
        below = pool(at)
        clauses = [tuple(Need("service", f"s{n}") for n in sorted(_drawn(draw, below, choices, early)))
                   for _ in range(needs // count) if len(below) > choices]  # fmt: skip
        size = draw.randint(1, leaves) if leaves > 1 else 1
        settings = tuple(Setting(f"./S/{at}" + f"/{n}" * (leaves > 1), "x") for n in range(size))
        services[f"s{at}"] = Service(f"s{at}", needs=tuple(clauses), settings=settings)
    return ServiceCatalogue(services)


def _drawn(draw: random.Random, below: range, choices: int, early: bool) -> list[int]:
    if not early:
        return draw.sample(below, choices)
    found = set[int]()
    while len(found) < choices:
        found.add(int(len(below) * draw.random() ** 2))
    return list(found)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of catalogue of two hundred services, and how many of them are wished for."""

    name: str
    wishes: int = 3
    pool: _Pool = range
    leaves: int = 1
    early: bool = False
    set_up: float = 0.0
    """The part of the services that are there already."""

    def reached(self, seed: int, seconds: float = 4.0) -> tuple[float, int, int]:
        """What is known after half a second of processor time, or when it is proved: time, cost and bound."""
        catalogue = layered(200, 1000, 2, seed, self.pool, self.leaves, self.early)
        draw, told = random.Random(seed), []
        there = {s.uri: "x" for service in list(catalogue.services.values())[:-10] if draw.random() < self.set_up
                 for s in service.settings}  # fmt: skip
        start = process_time()

        def tell(cost: int, bound: int) -> None:
            told.append((process_time() - start, cost, bound))

        plan(catalogue, there, [f"s{199 - n}" for n in range(self.wishes)], kept=(), held=(), solver="clingo",
             seconds=seconds, progress=tell)  # fmt: skip
        took, cost, bound = ([row for row in told if row[0] <= HALF] or told[:1])[-1]  # a slow machine has one late
        return (took if cost == bound else HALF), cost, bound


KINDS: Final = (
    Kind("one wish", 1),
    Kind("three wishes"),
    Kind("half set up already", set_up=0.5),
    Kind("members among the fifteen before", pool=lambda at: range(max(0, at - 15), at)),
    Kind("members in the older half", pool=lambda at: range(at // 2)),
    Kind("members among the first fifty", pool=lambda at: range(min(at, 50))),
    Kind("the earlier the likelier", early=True),
    Kind("members on the level below", pool=lambda at: range(max(0, at // 20 - 1) * 20, at // 20 * 20)),
    Kind("one to four leaves each", leaves=4),
)
"""Two hundred services with a thousand needs of two; drawn evenly from those before, unless it says otherwise."""


def _seconds(solver: str, count: int, needs: int, choices: int, wishes: int = 3) -> float:
    """Processor time of a plan for the last services, five seconds of solving at most."""
    catalogue, wanted = layered(count, needs, choices), [f"s{count - 1 - n}" for n in range(wishes)]
    start = process_time()
    plan(catalogue, {}, wanted, solver=solver, seconds=5.0)
    return process_time() - start


def rows() -> Iterator[Row]:
    """A small catalogue beside the search; what is reached in half a second by kind; a thousand services."""
    small = (12, 24, 2)
    ours, peer = _seconds("clingo", *small), _seconds("search", *small)
    yield Row("plan of 12 services by clingo / by search", ours, peer, ours / peer, "s")
    for kind in KINDS:
        costs, bounds = (sum(each) for each in zip(*(kind.reached(seed, 1.0)[1:] for seed in (1, 2, 3)), strict=True))
        yield Row(f"200 services, {kind.name}: plans of three seeds / their bounds, after 0.5 s", costs, bounds,
                  costs / max(1, bounds), "changes")  # fmt: skip
    yield within("plan for 3 of 1,000 services with 5,000 needs of 3", _seconds("clingo", 1000, 5000, 3), None)


def table(seeds: int) -> Mapping[str, list[str]]:
    """Kind -> for each seed the cost and the time in which it was proved, or cost and bound after half a second."""
    found: dict[str, list[str]] = {}
    for kind in KINDS:
        cells = found[kind.name] = []
        for seed in range(1, seeds + 1):
            took, cost, bound = kind.reached(seed)
            cells.append(f"{cost} in {took:.2f} s" if cost == bound else f"{cost} ({bound})")
    return found


if __name__ == "__main__":
    for name, cells in table(int(sys.argv[1]) if len(sys.argv) > 1 else 3).items():
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
