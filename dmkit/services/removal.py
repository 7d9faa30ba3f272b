"""Taking a service away without taking anything from those that stay."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.parts import Need
from dmkit.services.plan import Install, LeafWrite
from dmkit.services.state import DeviceValues

__all__ = ["removals", "spare", "to_remove", "uninstalls"]


def to_remove(
    catalogue: ServiceCatalogue, values: DeviceValues, drop: Iterable[str], keep: Iterable[str], want: Iterable[str]
) -> tuple[str, ...]:
    """``drop``, and auxiliary services below it that serve nobody who stays; dependents first.

    Whoever names a service in any clause counts as served, so an alternative that is not used now stays as well, and so
    does what somebody could do without.
    """
    gone = list(dict.fromkeys(drop))
    reach, queue = set(gone), list(gone)
    while queue:
        for member in catalogue.services[queue.pop()].named():
            if member.kind == "service" and member.name not in reach:
                reach.add(member.name)
                queue.append(member.name)
    stay = {name for name in (*keep, *want) if name not in gone}
    while True:
        served, queue = set[str](), [n for n in stay if not catalogue.services[n].auxiliary or n not in reach]
        queue += [n for n in want if n not in queue]
        while queue:
            name = queue.pop()
            if name not in served:
                served.add(name)
                queue += [m.name for m in catalogue.services[name].named() if m.kind == "service"]
        idle = [
            name for name in catalogue.services
            if name in reach and name in stay and catalogue.services[name].auxiliary and name not in served
        ]  # fmt: skip
        if not idle:
            return _dependents_first(catalogue, gone)
        gone += idle
        stay -= set(idle)


def _dependents_first(catalogue: ServiceCatalogue, names: list[str]) -> tuple[str, ...]:
    ordered: list[str] = []

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in ordered or name in path:
            return
        for other in names:
            if any(m.kind == "service" and m.name == name for m in catalogue.services[other].named()):
                visit(other, (*path, name))
        ordered.append(name)

    for name in names:
        visit(name, ())
    return tuple(ordered)


def removals(
    catalogue: ServiceCatalogue, values: DeviceValues, drop: Collection[str], stay: Iterable[str]
) -> Mapping[str, tuple[LeafWrite, ...]]:
    """For each dropped service the writes that take its settings away; what one of ``stay`` sets is left alone."""
    used = {s.uri for name in stay for s in catalogue.services[name].settings}
    needed = used | {s.uri for name in drop for s in catalogue.services[name].settings if s.off is not None}
    found: dict[str, tuple[LeafWrite, ...]] = {}
    done: set[str] = set()
    for name in drop:
        service, writes = catalogue.services[name], []
        for setting in service.settings:
            now = values.get(setting.uri)
            if setting.uri in used or setting.uri in done or now is None or now == setting.off:
                continue
            done.add(setting.uri)
            whole = next((o for o in service.owns if _inside(setting.uri, o) and not _any_inside(needed, o)), None)
            writes.append(LeafWrite(setting.uri, now, setting.off, setting.format, setting.secret, whole))
        found[name] = tuple(writes)
    return found


def spare(
    catalogue: ServiceCatalogue, values: DeviceValues, gone: Collection[str], stay: Iterable[str]
) -> Mapping[str, str]:
    """Installed software that none of ``stay`` names, each with the last of ``gone`` that does."""
    asked = {m.name for name in stay for m in _software(catalogue, name)}
    found: dict[str, str] = {}
    for name in gone:
        for member in _software(catalogue, name):
            component = catalogue.software[member.name]
            if member.name not in asked and component.remove is not None and values.get(component.at) is not None:
                found[member.name] = name
    return found


def uninstalls(
    catalogue: ServiceCatalogue,
    values: DeviceValues,
    gone: Collection[str],
    stay: Iterable[str],
    meant: Iterable[str],
    writes: Mapping[str, tuple[LeafWrite, ...]],
) -> dict[str, tuple[LeafWrite | Install, ...]]:
    """``writes`` of removals, with the software that goes with the last service that needs it."""
    found: dict[str, tuple[LeafWrite | Install, ...]] = dict(writes)
    for name, last in spare(catalogue, values, gone, (*stay, *meant)).items():
        component = catalogue.software[name]
        goes = Install(name, component.at, values.get(component.at), None, component.remove or "", component.deletes)
        found[last] = (*found.get(last, ()), goes)
    return found


def _software(catalogue: ServiceCatalogue, name: str) -> Iterable[Need]:
    return (member for member in catalogue.services[name].named() if member.kind == "software")


def _inside(uri: str, root: str) -> bool:
    return uri == root or uri.startswith(f"{root}/")


def _any_inside(uris: Iterable[str], root: str) -> bool:
    return any(_inside(uri, root) for uri in uris)
