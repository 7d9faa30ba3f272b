"""Plans: large layered catalogues by clingo, beside the search that was there before where it ends."""

from __future__ import annotations

import random
from collections.abc import Iterator
from time import process_time

from bench import Row
from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.parts import Need, Service, Setting
from dmkit.services.planner import plan


def layered(count: int, needs: int, choices: int, seed: int = 1) -> ServiceCatalogue:
    """``count`` services, each above earlier ones, ``needs`` clauses in all with ``choices`` members each."""
    draw, services = random.Random(seed), {}
    for at in range(count):
        clauses = [tuple(Need("service", f"s{n}") for n in sorted(draw.sample(range(at), choices)))
                   for _ in range(needs // count) if at > choices]  # fmt: skip
        services[f"s{at}"] = Service(f"s{at}", needs=tuple(clauses), settings=(Setting(f"./S/{at}", "x"),))
    return ServiceCatalogue(services)


def _seconds(solver: str, count: int, needs: int, choices: int, wishes: int = 3) -> float:
    """Processor time of a plan for the last services, five seconds of solving at most."""
    catalogue, wanted = layered(count, needs, choices), [f"s{count - 1 - n}" for n in range(wishes)]
    start = process_time()
    plan(catalogue, {}, wanted, solver=solver, seconds=5.0)
    return process_time() - start


def rows() -> Iterator[Row]:
    """A small catalogue beside the search; 200 and 1,000 services in seconds, to the end or to five seconds."""
    small = (12, 24, 2)
    ours, peer = _seconds("clingo", *small), _seconds("search", *small)
    yield Row("services: plan of 12 by clingo / by search", ours, peer, ours / peer, "s")
    for *sizes, wishes in ((200, 1000, 2, 1), (200, 1000, 2, 3), (1000, 5000, 3, 3)):
        took = _seconds("clingo", *sizes, wishes)
        name = f"services: plan for {wishes} of {sizes[0]:,} with {sizes[1]:,} needs of {sizes[2]} / of 12"
        yield Row(name, took, ours, took / ours, "s")
