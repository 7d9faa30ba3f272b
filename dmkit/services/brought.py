"""What leaves that others refer to hold after a plan, and who refers to what nobody brings about.

>>> from dmkit.services.plan import LeafWrite
>>> brought([LeafWrite("./Id", "1", "2")], {"./Id"})
{'./Id': '2'}
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.parameters import references
from dmkit.services.plan import Install, PlannedChange
from dmkit.services.references import PLACE
from dmkit.services.state import DeviceValues
from dmkit.words.asked import asked

__all__ = ["brought", "in_vain"]


def brought(changes: Iterable[PlannedChange], named: Collection[str]) -> dict[str, str | None]:
    """What leaves that are ``named`` hold after ``changes``; None where only the device will tell."""
    told: dict[str, str | None] = {}
    for change in changes:
        if isinstance(change, Install):
            told |= dict.fromkeys((change.at, *change.told, *(change.package.returns if change.package else ())))
        else:
            told[change.uri] = None if change.after is not None and PLACE.search(change.after) else change.after
    return {uri: value for uri, value in told.items() if uri in named}


@asked
def in_vain(
    catalogue: ServiceCatalogue, values: DeviceValues, changes: Iterable[PlannedChange], names: Iterable[str]
) -> dict[str, str]:
    """Those of the services ``names`` for which ``changes`` write a value that nobody can know, each with the reason.

    A leaf is not there, or goes, and no change brings it about.  An installation that does not say what it returns may
    return anything.

    >>> from dmkit.services.plan import LeafWrite
    >>> from dmkit.services.tables import parse
    >>> two = parse('[service.a.settings]\\n"./A" = "id ${./Id}"')
    >>> in_vain(two, {}, [LeafWrite("./A", None, "id ${./Id}")], ["a"])
    {'a': './Id is not there, and its value is needed'}
    """
    every = tuple(changes)
    installs = [change for change in every if isinstance(change, Install)]
    if any(change.package is not None and not change.package.returns for change in installs):
        return {}
    after = {change.uri: change.after for change in every if not isinstance(change, Install)}
    found = dict[str, str]()
    for change in every:
        others = (install for install in installs if install is not change)
        comes = {uri for i in others for uri in (i.at, *i.told, *(i.package.returns if i.package else ()))}
        for uri in references([change]):
            if uri in comes or (after[uri] if uri in after else values.get(uri)) is not None:
                continue
            why = f"{uri} {'goes' if uri in after else 'is not there'}, and its value is needed"
            found |= {name: why for name in names if _asks(catalogue, name, change)}
    return found


def _asks(catalogue: ServiceCatalogue, name: str, change: PlannedChange) -> bool:
    service = catalogue.services[name]
    if isinstance(change, Install):
        return any(member.kind == "software" and member.name == change.name for member in service.needed())
    return any(setting.uri == change.uri for setting in service.settings)
