"""Optional needs: fulfilled where they can be, without making a wish fail.

First the plan without any; then with all of them; and where that cannot be, one after the other in the order of the
catalogue, each kept that can be had beside those before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from dmkit.services.asked import Asked
from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.parts import Need
from dmkit.services.plan import NoPlan, ServicePlan
from dmkit.services.state import works

__all__ = ["hopeful"]

_Hope = tuple[str, tuple[Need, ...]]
_Planner = Callable[[Asked], ServicePlan | NoPlan]


def hopeful(asked: Asked, planner: _Planner) -> ServicePlan | NoPlan:
    """The plan with as many optional needs of what is newly set up as can be fulfilled."""
    plain = planner(asked)
    hopes = list(_hopes(asked)) if isinstance(plain, ServicePlan) else []
    if isinstance(plain, NoPlan) or not hopes:
        return plain
    best, taken, why = plain, list[_Hope](), list[str]()
    whole = planner(replace(asked, catalogue=_with(asked.catalogue, hopes)))
    if isinstance(whole, ServicePlan):
        return whole
    for hope in hopes:
        found = planner(replace(asked, catalogue=_with(asked.catalogue, [*taken, hope])))
        if isinstance(found, ServicePlan):
            best, taken = found, [*taken, hope]
        else:
            name, clause = hope
            reason = next(iter(found.reasons), "it cannot be had")
            why.append(f"{name} does without {' or '.join(map(str, clause))}: {reason}")
    return replace(best, warnings=(*best.warnings, *why))


def _hopes(asked: Asked) -> Iterable[_Hope]:
    working = works(asked.catalogue, asked.values)
    reach, queue = set[str](), list(asked.wanted)
    while queue:
        name = queue.pop()
        if name not in reach and name not in working:
            reach.add(name)
            queue += [m.name for m in asked.catalogue.services[name].needed() if m.kind == "service"]
    for name, service in asked.catalogue.services.items():
        if name in reach:
            yield from ((name, clause) for clause in service.optional)


def _with(catalogue: ServiceCatalogue, hopes: Iterable[_Hope]) -> ServiceCatalogue:
    services = dict(catalogue.services)
    for name, clause in hopes:
        services[name] = replace(services[name], needs=(*services[name].needs, clause))
    return replace(catalogue, services=services)
