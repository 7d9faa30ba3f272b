"""Software that is there and is installed once more: where that stands in a plan.

A renewal comes before whatever refers to what it returns, so a root certificate goes before the profile that names its
thumbprint; and after the renewal of what it is told of itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from graphlib import TopologicalSorter

from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.parameters import references
from dmkit.services.plan import Install, PlanStep, ServicePlan
from dmkit.services.state import DeviceValues
from dmkit.services.versions import same
from dmkit.words.asked import asked
from dmkit.words.errors import ConfigError

__all__ = ["again_of", "leans_on", "no_renewal", "with_renewals"]


@asked
def again_of(catalogue: ServiceCatalogue, values: DeviceValues, name: str) -> Install:
    """The installation of component ``name`` in the version that is there; ConfigError when there is no such package.

    >>> from dmkit.services.tables import parse
    >>> text = '[software.cert]\\nat = "./C"\\npackages = [{version = "1", install = "./I"}]'
    >>> str(again_of(parse(text), {"./C": "1"}, "cert"))
    'renew cert 1'
    """
    why = no_renewal(catalogue, values, name)
    if why:
        raise ConfigError(why)
    component, now = catalogue.software[name], values.get(catalogue.software[name].at) or ""
    package = next((p for p in component.packages if same(p.version, now)), None)
    return Install(name, component.at, now, package, anew=True)


@asked
def no_renewal(catalogue: ServiceCatalogue, values: DeviceValues, name: str) -> str:
    """Why component ``name`` cannot be renewed: another version is there; empty where it can be, or is not there.

    >>> from dmkit.services.tables import parse
    >>> cert = parse('[software.cert]\\nat = "./C"\\npackages = [{version = "1", install = "./I"}]')
    >>> no_renewal(cert, {"./C": "2"}, "cert")
    'software cert: version 2 is installed, and there is no package of it to renew it with'
    """
    component = catalogue.software[name]
    now = values.get(component.at)
    if now is None or any(same(package.version, now) for package in component.packages):
        return ""
    return f"software {name}: version {now} is installed, and there is no package of it to renew it with"


@asked
def leans_on(catalogue: ServiceCatalogue, name: str, what: str) -> bool:
    """True when service ``name``, or one below it, may need the component, or writes the leaf, ``what``.

    >>> from dmkit.services.tables import parse
    >>> two = parse('[service.a]\\nneeds = ["b"]\\n[service.b]\\nsettings = {"./B" = "1"}')
    >>> leans_on(two, "a", "./B"), leans_on(two, "a", "./C")
    (True, False)
    """
    return any(
        any(m.kind == "software" and m.name == what for m in service.needed())
        or any(setting.uri == what for setting in service.settings)
        for service in catalogue.part(name).services.values()
    )


def with_renewals(plan: ServicePlan, catalogue: ServiceCatalogue, again: Iterable[Install]) -> ServicePlan:
    """``plan`` with the renewals before its steps, for the services that lean on them and are wanted or kept."""
    planned = {change.name for change in plan.changes if isinstance(change, Install)}
    reach, queue = set[str](), [*plan.want, *plan.kept, *plan.held]
    while queue:
        name = queue.pop()
        if name not in reach:
            reach.add(name)
            queue += [m.name for m in catalogue.services[name].needed() if m.kind == "service"]
    users = {
        install.name: tuple(n for n in catalogue.services if n in reach and _needs(catalogue, n, install.name))
        for install in again
    }
    chosen = {install.name: install for install in again if users[install.name] and install.name not in planned}
    if not chosen:
        return plan
    brings = {i.name: {i.at, *i.told, *(i.package.returns if i.package else ())} for i in chosen.values()}
    leans = {
        name: [n for n, uris in brings.items() if n != name and uris & set(references([install]))]
        for name, install in chosen.items()
    }
    order = [chosen[name] for name in TopologicalSorter(leans).static_order()]
    steps = tuple(PlanStep("adjust", users[install.name], (install,), waits=True) for install in order)
    return replace(plan, steps=(*steps, *plan.steps), cost=plan.cost + sum(install.cost for install in order))


def _needs(catalogue: ServiceCatalogue, service: str, software: str) -> bool:
    return any(m.kind == "software" and m.name == software for m in catalogue.services[service].needed())
