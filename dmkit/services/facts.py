"""What the solver is told: facts of a catalogue, of a device, and of what is asked; only those that can matter.

A leaf that one service alone writes, in one way, is no leaf to the solver: it is counted with its service
(``alone_costs``).

>>> from dmkit.services.tables import parse
>>> mail = parse('[service.mail]\\nsettings = {"./Mail/Host" = "mx", "./Mail/Port" = "25"}')
>>> list(facts(PlanGoals(mail, {"./Mail/Port": "25"}, ["mail"])))
[('service', ('mail',)), ('plain', ('mail',))]
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.parts import Setting
from dmkit.services.removal import spare
from dmkit.services.state import DeviceValues, holds
from dmkit.words.asked import asked

__all__ = ["PlanGoal", "PlanGoals", "alone", "alone_costs", "facts"]

PlanGoal = tuple[Literal["want", "keep", "hold", "gone"], str]
"""What is asked of a service, and its name."""


@dataclass(frozen=True, slots=True)
class PlanGoals:
    """What is asked of the services of a catalogue, on a device with ``values``.

    All of ``want`` and ``keep`` must work, those in ``hold`` must stay set up, though a fact keeps them from working.
    Nothing of ``gone``, which is dropped, or ``never`` may be used.  Software that one of ``meant`` needs stays.

    >>> PlanGoals(ServiceCatalogue({}), {}, ["mail"], never=["fax", "fax"]).each
    (('want', 'mail'), ('gone', 'fax'))
    """

    catalogue: ServiceCatalogue
    values: DeviceValues
    want: Sequence[str] = ()
    keep: Sequence[str] = ()
    gone: Sequence[str] = ()
    never: Sequence[str] = ()
    hold: Sequence[str] = ()
    meant: Sequence[str] = ()

    @property
    def each(self) -> tuple[PlanGoal, ...]:
        """Each goal once."""
        asked: tuple[tuple[PlanGoal, ...], ...] = (
            tuple(("want", name) for name in self.want),
            tuple(("keep", name) for name in self.keep),
            tuple(("hold", name) for name in self.hold),
            tuple(("gone", name) for name in (*self.gone, *self.never)),
        )
        return tuple(dict.fromkeys(goal for goals in asked for goal in goals))

    @property
    def live(self) -> set[str]:
        """The services that a plan may set up."""
        return _reach(self.catalogue, (*self.want, *self.keep, *self.hold))

    @property
    def offs(self) -> dict[str, str | None]:
        """Leaves of services that go -> what they hold then."""
        offs: dict[str, str | None] = {}
        for name in self.gone:
            for setting in self.catalogue.services[name].settings:
                if self.values.get(setting.uri) is not None:
                    offs.setdefault(setting.uri, setting.off)
        return offs


def facts(goals: PlanGoals) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Name and arguments of each fact; a value of a leaf stands in a tuple of one."""
    catalogue, values = goals.catalogue, goals.values
    live, wait = goals.live, _reach(catalogue, goals.hold)
    rivals = _rivals(catalogue)
    for name in catalogue.services:
        if name in live:
            yield "service", (name,)
    counted = alone(goals)
    touching = live | {rival for name in live for rival in rivals.get(name, ())}
    yield from _leaves(catalogue, values, touching, goals.offs, counted)
    free = spare(catalogue, values, goals.gone, goals.meant)
    for component in catalogue.software.values():
        yield "software", (component.name,)
        costs: dict[str | None, int] = {values.get(component.at): 0}
        if component.name in free:
            yield "spare", (component.name,)
            costs[None] = 1
        for package in sorted(component.packages, key=lambda p: p.cost):
            costs.setdefault(package.version, package.cost)
        for version, cost in costs.items():
            yield "package", (component.name, (version,), cost)
    for name in catalogue.services:
        if name in live:
            for rival in sorted(rivals.get(name, ())):
                yield "rival", (name, rival)
            if name in wait:
                yield "waits", (name,)
            yield from _clauses(catalogue, values, name, name in wait, free)
    yield from (("plain", (name,)) for name in _plain(catalogue, live) if not wait)


def alone(goals: PlanGoals) -> dict[str, tuple[str, str | None]]:
    """Leaves that one service alone writes, in one way: each with the service, and what the leaf holds with it."""
    catalogue, values = goals.catalogue, goals.values
    live, rivals, offs = goals.live, _rivals(catalogue), goals.offs
    found: dict[str, tuple[str, str | None]] = {}
    for uri, [(name, setting), *others] in _asked(catalogue).items():
        if others or name not in live or name in rivals or uri in offs:
            continue
        now = values.get(uri)
        if setting.holds(now):
            found[uri] = name, now
        elif setting.value is not None and setting.holds(setting.value):
            found[uri] = name, setting.value
    return found


@asked
def alone_costs(goals: PlanGoals) -> dict[str, int]:
    """How many leaves that a service alone writes must change for it, by service.

    >>> from dmkit.services.tables import parse
    >>> mail = parse('[service.mail]\\nsettings = {"./Mail/Host" = "mx", "./Mail/Port" = "25"}')
    >>> alone_costs(PlanGoals(mail, {"./Mail/Port": "25"}, ["mail"]))
    {'mail': 1}
    """
    costs: dict[str, int] = {}
    for uri, (name, value) in alone(goals).items():
        costs[name] = costs.get(name, 0) + (value != goals.values.get(uri))
    return costs


def _asked(catalogue: ServiceCatalogue) -> dict[str, list[tuple[str, Setting]]]:
    """Leaf -> the services that write it, each with how it wants it."""
    asked: dict[str, list[tuple[str, Setting]]] = {}
    for service in catalogue.services.values():
        for setting in service.settings:
            asked.setdefault(setting.uri, []).append((service.name, setting))
    return asked


def _rivals(catalogue: ServiceCatalogue) -> dict[str, set[str]]:
    """Service -> those that it cannot stand beside; those without any are left out."""
    found: dict[str, set[str]] = {}
    for service in catalogue.services.values():
        for rival in service.conflicts:
            found.setdefault(service.name, set()).add(rival)
            found.setdefault(rival, set()).add(service.name)
    return found


def _leaves(
    catalogue: ServiceCatalogue,
    values: DeviceValues,
    touching: Collection[str],
    offs: Mapping[str, str | None],
    counted: Collection[str],
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for uri, pairs in _asked(catalogue).items():
        if uri in counted or (uri not in offs and not any(name in touching for name, _ in pairs)):
            continue
        now = values.get(uri)
        listed = dict.fromkeys([now, *(s.value for _, s in pairs if s.value is not None)])
        if uri in offs:
            listed[offs[uri]] = None
        yield "leaf", (uri,)
        yield "now", (uri, (now,))
        yield "idle", (uri, (offs.get(uri, now),))
        for value in listed:
            yield "value", (uri, (value,))
        for name, setting in pairs:
            if name in touching:
                yield "sets", (name, uri)
                for value in listed:
                    if setting.holds(value):
                        yield "good", (name, uri, (value,))


def _clauses(
    catalogue: ServiceCatalogue, values: DeviceValues, name: str, waits: bool, free: Collection[str]
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    asked = dict.fromkeys(m.name for m in catalogue.services[name].named() if m.kind == "software" and m.name in free)
    yield from (("asks", (name, component)) for component in asked)
    for at, clause in enumerate(catalogue.services[name].needs):
        yield "clause", (name, at)
        for place, member in enumerate(clause):
            if member.kind == "service":
                yield "by_service", (name, at, member.name)
                yield "member", (name, at, place, member.name)
            elif member.kind == "software":
                component = catalogue.software[member.name]
                there = dict.fromkeys([values.get(component.at), *(p.version for p in component.packages)])
                for version in there:
                    if member.range.takes(version):
                        yield "by_version", (name, at, component.name, (version,))
            else:
                if holds(catalogue, member, values, {}):
                    yield "by_fact", (name, at)
                if waits:
                    yield "any_fact", (name, at)


def _plain(catalogue: ServiceCatalogue, live: Collection[str]) -> list[str]:
    """Those of ``live`` that need nothing but services, and stand in no ring of needs, nor above one."""
    below = {name: {m.name for m in catalogue.services[name].needed() if m.kind == "service"} for name in live}
    above: dict[str, list[str]] = {name: [] for name in live}
    for name, members in below.items():
        for member in members:
            above[member].append(name)
    left = {name: len(members) for name, members in below.items()}
    ready = [name for name, count in left.items() if not count]
    for name in ready:  # it grows: whose last member below is in it follows
        for other in above[name]:
            left[other] -= 1
            if not left[other]:
                ready.append(other)
    return sorted(name for name in ready if all(m.kind == "service" for m in catalogue.services[name].needed()))


def _reach(catalogue: ServiceCatalogue, names: Sequence[str]) -> set[str]:
    """What a plan for ``names`` may set up: all below them, and whoever sets a leaf of a rival to something else."""
    live, queue, rivals = set[str](), list(names), _rivals(catalogue)
    setters = {uri: {name for name, _ in pairs} for uri, pairs in _asked(catalogue).items()} if rivals else {}
    while queue:
        name = queue.pop()
        if name in live:
            continue
        live.add(name)
        queue += [m.name for m in catalogue.services[name].needed() if m.kind == "service"]
        for rival in rivals.get(name, ()):
            for setting in catalogue.services[rival].settings:
                queue += setters[setting.uri] - {rival}
    return live
