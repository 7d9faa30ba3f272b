"""From a set of services that passes to steps in order.

Removals come as late as they can: before the first service that cannot stand beside what goes, else at the end.  Every
step ends with all that worked working, and what it sets up working too; steps for which there is no such order become
one.  Where a service that works would not between two changes of a step, the step must go in one piece.  A peer may
refuse one change and make the next: where that would break something, changes go one by one, and steps wait for the
answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import field, replace
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from typing import Final, TypeAlias

from dmkit.services.asked import Asked
from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.founded import PlannedServices
from dmkit.services.parameters import references
from dmkit.services.plan import Install, PlannedChange, PlanStep, ServicePlan
from dmkit.services.settle import after, change_in
from dmkit.services.state import DeviceValues, works, works_as_written
from dmkit.services.versions import same
from dmkit.words.records import dataclass

__all__ = ["assemble"]

_Partly: TypeAlias = tuple[DeviceValues, frozenset[str]]
"""What a device may hold when some changes were refused, and which of the kept services work then."""
_LOOKED: Final = 16
"""Values whose good services are kept."""
_MOST: Final = 256
"""Ways to be refused that are looked at; with more of them a step is taken as one that must wait."""


def assemble(asked: Asked, found: PlannedServices, explored: int) -> ServicePlan:
    """The plan for a set of services that passes."""
    catalogue, values = asked.catalogue, asked.values
    refers = any("${" in text for _, text in asked.written.texts())
    guard = _Guard(asked.written, (*asked.keep, *asked.hold), found.held, refers)
    now = guard.good(values)
    leans = {name: tuple(m.name for m in members if m.kind == "service") for name, members in found.order.items()}
    order = tuple(TopologicalSorter(leans).static_order())
    every: list[PlannedChange] = [*found.settled.installs, *found.writes]
    places: dict[tuple[str, str], list[int]] = {}
    for at, c in enumerate(every):
        places.setdefault(("software", c.name) if isinstance(c, Install) else ("leaf", c.uri), []).append(at)
    steps: list[PlanStep] = []
    removed = [(name, writes) for name, writes in found.removed.items() if writes]
    rivals = catalogue.rivalries()
    for name in order:
        own = [("software", m.name) for m in found.order[name] if m.kind == "software"]
        own += [("leaf", setting.uri) for setting in catalogue.services[name].settings]
        mine = [every[at] for at in sorted(at for key in own for at in places.pop(key, ()))]
        mine = _in_turn(mine)
        if mine or name not in now:
            clear = [pair for pair in removed if pair[0] in rivals.get(name, ())]
            steps += [PlanStep("remove", (gone,), writes) for gone, writes in clear]
            removed = [pair for pair in removed if pair not in clear]
            steps.append(PlanStep("adjust" if name in now else "set up", (name,), tuple(mine), leans[name]))
    steps += [PlanStep("remove", (gone,), writes) for gone, writes in removed]
    steps = _ordered(guard, values, steps)
    changed = {name for step in steps for name in step.services}
    used = {lean for step in steps for lean in step.leans} | set(asked.wanted)
    return ServicePlan(
        asked.wanted, asked.dropped, tuple(steps),
        tuple(name for name in order if name in used and name not in changed),
        tuple(name for name in asked.keep if name in found.order),
        sum(change.cost for step in steps for change in step.changes),
        tuple(_warnings(catalogue, found, values, steps)),
        explored,
        held=tuple(name for name in asked.hold if name in found.order),
    )  # fmt: skip


def _in_turn(changes: list[PlannedChange]) -> list[PlannedChange]:
    """``changes`` with those that need a value behind those that bring it about; as they are, where that is a ring."""
    if not references(changes):
        return changes
    brings = [{c.uri, *c.told, *(c.package.returns if c.package else ())} if isinstance(c, Install) else {c.uri}
              for c in changes]  # fmt: skip
    needs = {
        number: [at for at, uris in enumerate(brings) if at != number and uris & set(references([change]))]
        for number, change in enumerate(changes)
    }
    try:
        return [changes[number] for number in TopologicalSorter(needs).static_order()]
    except CycleError:
        return changes


@dataclass(frozen=True, slots=True)
class _Guard:
    """Which services are as they should be: ``protected`` must stay so; ``held`` wait for a fact and stay set up."""

    catalogue: ServiceCatalogue
    """With references as they are written: what they stand for changes with the values."""
    protected: tuple[str, ...]
    held: frozenset[str]
    refers: bool
    """Some text of the catalogue refers to a leaf."""
    known: dict[int, tuple[DeviceValues, frozenset[str]]] = field(default_factory=dict)
    """What is good in the values that were looked at last, by their identity."""

    def good(self, values: DeviceValues) -> frozenset[str]:
        """Those that work, and those that wait for a fact and are set up."""
        known = self.known.get(id(values))
        if known is not None:
            return known[1]
        look = works if self.refers else works_as_written
        found = frozenset(look(self.catalogue, values))
        if self.held:
            found |= self.held & look(self.catalogue, values, assume=True).keys()
        if len(self.known) >= _LOOKED:
            self.known.clear()
        self.known[id(values)] = values, found
        return found

    def all_good(self, values: DeviceValues, names: Iterable[str] = ()) -> bool:
        """True when all that is protected, and ``names`` besides, is as it should be."""
        return {*self.protected, *names} <= self.good(values)

    def start(self, values: DeviceValues) -> list[_Partly]:
        """What is protected, as it is in ``values``."""
        return [(values, self.good(values) & frozenset(self.protected))]


def _ordered(guard: _Guard, values: DeviceValues, steps: list[PlanStep]) -> list[PlanStep]:
    """The steps in an order in which each ends in something that works; those that cannot be so become one."""
    left, done = dict(enumerate(steps)), list[PlanStep]()
    waiting = Counter(name for step in steps if step.does != "remove" for name in step.services)
    at: DeviceValues = values
    bears, before = _bearing(guard.catalogue, guard.protected), guard.start(at)
    pending: PlanStep | None = None
    while left:
        free = (number for number, step in left.items() if not any(waiting[name] for name in step.leans))
        tried = (
            (number, whole, after(at, whole.changes)) for number in free for whole in (_one(pending, left[number]),)
        )
        first = next(tried)
        good = next((one for one in chain((first,), tried) if _ends_well(guard, one[2], one[1])), None)
        number, whole, then = good or first
        step = left.pop(number)
        waiting.subtract(step.services if step.does != "remove" else ())
        if good is None and left:
            pending = whole
            continue
        pending = None
        whole = replace(whole, one_piece=whole.one_piece or not _smooth(guard, at, whole.changes, bears))
        matter: list[tuple[PlannedChange, ...]] = [(change,) for change in whole.changes if change.uri in bears]
        units = [whole.changes] if whole.one_piece else matter
        alone = _refused(guard, guard.start(at), units)
        partly = _refused(guard, before, units)
        done.append(replace(whole, one_by_one=alone is None and not whole.one_piece, waits=partly is None))
        before = partly or alone or guard.start(then)
        at = then
    return done


def _smooth(guard: _Guard, values: DeviceValues, changes: tuple[PlannedChange, ...], bears: frozenset[str]) -> bool:
    """Whether all that is protected is as it should be between any two of ``changes``: looked at where one bears on it,
    everywhere if values refer to others."""
    if len(changes) < 2 or not guard.all_good(after(values, changes[:1])):
        return len(changes) < 2
    then = dict(values)
    for at, change in enumerate(changes[:-1]):
        change_in(then, change)
        if at and (guard.refers or change.uri in bears) and not guard.all_good(dict(then)):
            return False
    return True


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
    rivals = catalogue.rivalries()
    beside = reach.union(*(rivals.get(name, ()) for name in reach))
    return frozenset(uris | {setting.uri for name in beside for setting in catalogue.services[name].settings})


def _refused(guard: _Guard, before: list[_Partly], units: list[tuple[PlannedChange, ...]]) -> list[_Partly] | None:
    """What may be when any of ``units`` are refused; None when one takes away what worked, or there are too many."""
    found = list(before)
    for unit in units:
        for values, working in tuple(found):
            [(then, kept)] = guard.start(after(values, unit))
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


def _ends_well(guard: _Guard, then: DeviceValues, step: PlanStep) -> bool:
    """True when ``then``, after ``step``, all that is protected is as it should be, and what it sets up is."""
    return guard.all_good(then, () if step.does == "remove" else step.services)


def _warnings(
    catalogue: ServiceCatalogue, found: PlannedServices, values: DeviceValues, steps: list[PlanStep]
) -> Iterable[str]:
    removed = (change for changes in found.removed.values() for change in changes if isinstance(change, Install))
    for install in (*found.settled.installs, *removed):
        component = catalogue.software[install.name]
        older = install.before is not None and not any(same(install.before, p.version) for p in component.packages)
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
