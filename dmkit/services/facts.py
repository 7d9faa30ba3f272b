"""What the solver is told: facts of a catalogue, of a device, and of what is asked; only those that can matter.

A leaf that one service alone writes, in one way, is no leaf to the solver: it is counted with its service (``alone``).

>>> from dmkit.services.tables import parse
>>> mail = parse('[service.mail]\\nsettings = {"./Mail/Host" = "mx", "./Mail/Port" = "25"}')
>>> dict(facts(mail, {"./Mail/Port": "25"}, ["mail"], [], []))["alone"]
('mail', 1)
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.parts import Setting
from dmkit.services.removal import spare
from dmkit.services.state import DeviceValues, holds

__all__ = ["alone", "facts"]


def facts(
    catalogue: ServiceCatalogue,
    values: DeviceValues,
    want: Sequence[str],
    keep: Sequence[str],
    gone: Sequence[str],
    hold: Sequence[str] = (),
    meant: Sequence[str] = (),
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Name and arguments of each fact; a value of a leaf stands in a tuple of one."""
    live = _reach(catalogue, (*want, *keep, *hold))
    wait = _reach(catalogue, hold)
    rivals = _rivals(catalogue)
    for name in catalogue.services:
        if name in live:
            yield "service", (name,)
    counted = alone(catalogue, values, want, keep, gone, hold)
    touching = live | {rival for name in live for rival in rivals.get(name, ())}
    yield from _leaves(catalogue, values, touching, _offs(catalogue, values, gone), counted)
    changed: dict[str, int] = {}
    for uri, (name, value) in counted.items():
        changed[name] = changed.get(name, 0) + (value != values.get(uri))
    yield from (("alone", (name, number)) for name, number in changed.items() if number)
    free = spare(catalogue, values, gone, meant)
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


def alone(
    catalogue: ServiceCatalogue,
    values: DeviceValues,
    want: Sequence[str],
    keep: Sequence[str],
    gone: Sequence[str],
    hold: Sequence[str] = (),
) -> dict[str, tuple[str, str | None]]:
    """Leaves that one service alone writes, in one way: each with the service, and what the leaf holds with it."""
    live, rivals, offs = _reach(catalogue, (*want, *keep, *hold)), _rivals(catalogue), _offs(catalogue, values, gone)
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


def _offs(catalogue: ServiceCatalogue, values: DeviceValues, gone: Sequence[str]) -> dict[str, str | None]:
    """Leaves of services that go -> what they hold then."""
    offs: dict[str, str | None] = {}
    for name in gone:
        for setting in catalogue.services[name].settings:
            if values.get(setting.uri) is not None:
                offs.setdefault(setting.uri, setting.off)
    return offs


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
    for at, clause in enumerate(catalogue.services[name].needs):
        yield "clause", (name, at)
        for place, member in enumerate(clause):
            if member.kind == "service":
                yield "by_service", (name, at, member.name)
                yield "member", (name, at, place, member.name)
            elif member.kind == "software":
                component = catalogue.software[member.name]
                if member.name in free:
                    yield "asks", (name, member.name)
                there = dict.fromkeys([values.get(component.at), *(p.version for p in component.packages)])
                for version in there:
                    if member.range.takes(version):
                        yield "by_version", (name, at, component.name, (version,))
            else:
                if holds(catalogue, member, values, {}):
                    yield "by_fact", (name, at)
                if waits:
                    yield "any_fact", (name, at)


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
