"""From a set of services that passes to steps in order.

Removals come as late as they can: before the first service that cannot stand beside what goes, else at the end.  Every
step ends with all that worked working, and what it sets up working too; steps for which there is no such order become
one.  Where a service that works would not between two changes of a step, the step must go in one piece.  A peer may
refuse one change and make the next: where that would break something, changes go one by one, and steps wait for the
answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Final, TypeAlias

from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.plan import Install, PlannedChange, PlanStep, ServicePlan
from dmkit.services.settle import after
from dmkit.services.state import DeviceValues, works

if TYPE_CHECKING:
    from dmkit.services.planner import PlannedServices

__all__ = ["assemble"]

_Partly: TypeAlias = tuple[DeviceValues, frozenset[str]]
"""What a device may hold when some changes were refused, and which of the kept services work then."""
_MOST: Final = 256
"""Ways to be refused that are looked at; with more of them a step is taken as one that must wait."""


def assemble(
    catalogue: ServiceCatalogue,
    values: DeviceValues,
    found: PlannedServices,
    want: tuple[str, ...],
    drop: tuple[str, ...],
    keep: tuple[str, ...],
    explored: int,
) -> ServicePlan:
    """The plan for a set of services that passes."""
    now = works(catalogue, values)
    leans = {name: tuple(m.name for m in members if m.kind == "service") for name, members in found.order.items()}
    order = tuple(TopologicalSorter(leans).static_order())
    left: list[PlannedChange] = [*found.settled.installs, *found.writes]
    steps: list[PlanStep] = []
    removed = [(name, writes) for name, writes in found.removed.items() if writes]
    for name in order:
        service = catalogue.services[name]
        software = {m.name for m in found.order[name] if m.kind == "software"}
        uris = {setting.uri for setting in service.settings}
        mine = [c for c in left if (c.name in software if isinstance(c, Install) else c.uri in uris)]
        left = [c for c in left if c not in mine]
        if mine or name not in now:
            clear = [pair for pair in removed if pair[0] in catalogue.rivals(name)]
            steps += [PlanStep("remove", (gone,), writes) for gone, writes in clear]
            removed = [pair for pair in removed if pair not in clear]
            steps.append(PlanStep("adjust" if name in now else "set up", (name,), tuple(mine), leans[name]))
    steps += [PlanStep("remove", (gone,), writes) for gone, writes in removed]
    steps = _ordered(catalogue, values, steps, keep)
    changed = {name for step in steps for name in step.services}
    used = {lean for step in steps for lean in step.leans} | set(want)
    return ServicePlan(
        want, drop, tuple(steps),
        tuple(name for name in order if name in used and name not in changed),
        tuple(name for name in keep if name in found.order),
        sum(change.cost for step in steps for change in step.changes),
        tuple(_warnings(catalogue, found, values, steps)),
        explored,
    )  # fmt: skip


def _ordered(
    catalogue: ServiceCatalogue, values: DeviceValues, steps: list[PlanStep], keep: tuple[str, ...]
) -> list[PlanStep]:
    """The steps in an order in which each ends in something that works; those that cannot be so become one."""
    left, done = list(steps), list[PlanStep]()
    at: DeviceValues = values
    bears, before = _bearing(catalogue, keep), _start(catalogue, at, keep)
    pending: PlanStep | None = None
    while left:
        waiting = {name for step in left for name in step.services if step.does != "remove"}
        free = [step for step in left if not waiting & set(step.leans)]
        tried = [(step, _one(pending, step)) for step in free]
        good = next(((step, whole) for step, whole in tried if _ends_well(catalogue, at, whole, keep)), None)
        step, whole = good or tried[0]
        left.remove(step)
        if good is None and left:
            pending = whole
            continue
        pending = None
        parts = [after(at, whole.changes[:n]) for n in range(1, len(whole.changes))]
        smooth = all(_all_work(catalogue, part, keep) for part in parts)
        whole = replace(whole, one_piece=whole.one_piece or not smooth)
        matter: list[tuple[PlannedChange, ...]] = [(change,) for change in whole.changes if change.uri in bears]
        units = [whole.changes] if whole.one_piece else matter
        here = _start(catalogue, at, keep)
        alone = _refused(catalogue, here, units, keep)
        partly = _refused(catalogue, before, units, keep)
        done.append(replace(whole, one_by_one=alone is None and not whole.one_piece, waits=partly is None))
        before = partly or alone or _start(catalogue, after(at, whole.changes), keep)
        at = after(at, whole.changes)
    return done


def _bearing(catalogue: ServiceCatalogue, keep: Iterable[str]) -> frozenset[str]:
    """The leaves on which it depends whether the services ``keep`` work."""
    reach, queue, uris = set[str](), list(keep), set[str]()
    while queue:
        name = queue.pop()
        if name in reach:
            continue
        reach.add(name)
        for member in catalogue.services[name].needed():
            if member.kind == "service":
                queue.append(member.name)
            elif member.kind == "software":
                uris.add(catalogue.software[member.name].at)
            else:
                uris.add(catalogue.facts[f"{member.kind}:{member.name}"].uri)
    beside = reach.union(*(catalogue.rivals(name) for name in reach))
    return frozenset(uris | {setting.uri for name in beside for setting in catalogue.services[name].settings})


def _start(catalogue: ServiceCatalogue, values: DeviceValues, keep: tuple[str, ...]) -> list[_Partly]:
    return [(values, frozenset(works(catalogue, values)) & frozenset(keep))]


def _refused(
    catalogue: ServiceCatalogue, before: list[_Partly], units: list[tuple[PlannedChange, ...]], keep: tuple[str, ...]
) -> list[_Partly] | None:
    """What may be when any of ``units`` are refused; None when one takes away what worked, or there are too many."""
    found = list(before)
    for unit in units:
        for values, working in tuple(found):
            [(then, kept)] = _start(catalogue, after(values, unit), keep)
            if not working <= kept or len(found) >= _MOST:
                return None
            found.append((then, kept))
    return found


def _one(first: PlanStep | None, second: PlanStep) -> PlanStep:
    if first is None:
        return second
    set_up = tuple(name for step in (first, second) if step.does != "remove" for name in step.services)
    services = set_up or (*first.services, *second.services)
    leans = tuple(dict.fromkeys(name for name in (*first.leans, *second.leans) if name not in services))
    return PlanStep("set up" if set_up else "remove", services, (*first.changes, *second.changes), leans, True)


def _ends_well(catalogue: ServiceCatalogue, values: DeviceValues, step: PlanStep, keep: tuple[str, ...]) -> bool:
    """True when after ``step`` all that is kept works, and what it sets up does."""
    mine = () if step.does == "remove" else step.services
    return _all_work(catalogue, after(values, step.changes), (*keep, *mine))


def _all_work(catalogue: ServiceCatalogue, values: DeviceValues, names: Iterable[str]) -> bool:
    return set(names) <= set(works(catalogue, values))


def _warnings(
    catalogue: ServiceCatalogue, found: PlannedServices, values: DeviceValues, steps: list[PlanStep]
) -> Iterable[str]:
    for install in found.settled.installs:
        component = catalogue.software[install.name]
        older = install.before is not None and install.before not in {p.version for p in component.packages}
        if older:
            yield f"{install} cannot be undone: the catalogue has no package of version {install.before}"
        elif install.before is None and component.remove is None:
            yield f"{install} cannot be undone: the catalogue does not say how to remove it"
    for step in steps:
        if step.one_piece:
            yield f"{', '.join(step.services)}: needs Atomic; in between, something that works would not"
    changes = [change for step in steps for change in step.changes]
    for name in found.removed:
        service = catalogue.services[name]
        if service.settings and service.configured(after(values, changes)):
            yield f"{name} stays configured: others use all of its settings"
