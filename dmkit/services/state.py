"""How things are on a device: what its leaves hold, and from that which services work.

A service works when its settings hold, no rival of it is configured, and every clause of its needs has a member that
holds.  Services that lean only on each other do not work.

>>> from dmkit.services.tables import parse
>>> two = parse('[service.web]\\nneeds = ["nap"]\\n[service.nap]\\nsettings = {"./NAP/Addr" = "net"}')
>>> sorted(works(two, {"./NAP/Addr": "net"})), sorted(works(two, {}))
(['nap', 'web'], [])
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping
from heapq import heappop, heappush
from typing import Final, TypeAlias

from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.parts import HIDDEN, Need, Service, Setting
from dmkit.services.references import resolved, short
from dmkit.tree.tree import Tree
from dmkit.tree.uri import parse
from dmkit.words.asked import asked

__all__ = [
    "STATES",
    "DeviceValues",
    "blocked_by",
    "busy",
    "holds",
    "lack_of_fact",
    "seen",
    "state",
    "trusted",
    "values_of",
    "why_not",
    "works",
    "works_as_written",
]

DeviceValues: TypeAlias = Mapping[str, str | None]
"""URI -> text of the leaf; a missing URI, or None, is a leaf that is not there."""

STATES: Final[Mapping[str, str]] = {
    "works": "its settings hold and all that it needs works",
    "held up": "its settings hold, but something it needs does not, or a rival stands in its way",
    "half set up": "some of its settings hold",
    "absent": "none of its settings hold",
}
"""State of a service -> what it means."""


@asked
def values_of(tree: Tree, catalogue: ServiceCatalogue) -> dict[str, str]:
    """What the leaves of the catalogue hold in ``tree``; those that are not there are left out.

    >>> from dmkit.services.tables import default
    >>> from dmkit.tree.tree import Tree
    >>> values_of(Tree.of({}), default())
    {}
    """
    found = {uri: tree.find(parse(uri).path) for uri in catalogue.uris()}
    return {uri: node.text for uri, node in found.items() if node is not None and not node.is_interior}


def trusted(catalogue: ServiceCatalogue, values: DeviceValues) -> DeviceValues:
    """``values`` with hidden secrets told apart: where services want different ones, it is taken for that of the first
    service, in the order of the catalogue, whose other settings hold; nobody could say of which it is.
    """
    asked: dict[str, dict[str, list[Service]]] = {}
    for service in catalogue.services.values():
        for setting in service.settings:
            if setting.secret and values.get(setting.uri) == HIDDEN and setting.value is not None:
                asked.setdefault(setting.uri, {}).setdefault(setting.value, []).append(service)
    known = {
        uri: value
        for uri, wanted in asked.items()
        if len(wanted) > 1
        for value, services in reversed(wanted.items())
        if any(all(s.uri == uri or s.holds(values.get(s.uri)) for s in service.settings) for service in services)
    }
    return {**values, **known} if known else values


def holds(
    catalogue: ServiceCatalogue,
    member: Need,
    values: DeviceValues,
    working: Mapping[str, object],
    assume: bool = False,
) -> bool:
    """True when ``member`` of a clause is fulfilled, given which services are known to work.

    ``assume`` takes every fact to be as it is needed.
    """
    if member.kind == "service":
        return member.name in working
    if member.kind == "software":
        return member.range.takes(values.get(catalogue.software[member.name].at))
    fact = catalogue.facts[f"{member.kind}:{member.name}"]
    return assume or fact.holds(values.get(fact.uri)) != member.negated


def blocked_by(catalogue: ServiceCatalogue, service: Service, values: DeviceValues) -> tuple[str, ...]:
    """Rivals of ``service`` that are configured."""
    return tuple(r for r in sorted(catalogue.rivals(service.name)) if catalogue.services[r].configured(values))


@asked
def works(catalogue: ServiceCatalogue, values: DeviceValues, *, assume: bool = False) -> dict[str, tuple[Need, ...]]:
    """The services that work, each behind what it leans on: the first good member per clause.

    With ``assume``, those that are set up: they would work if every fact were as it is needed.  A fact may change at
    any time and nobody can set it, so what is set up stays wanted while a fact is not so.

    >>> from dmkit.services.tables import default
    >>> works(default(), {})
    {}
    """
    return works_as_written(resolved(catalogue, values), values, assume=assume)


def works_as_written(
    catalogue: ServiceCatalogue, values: DeviceValues, *, assume: bool = False
) -> dict[str, tuple[Need, ...]]:
    """As ``works``, in a catalogue without references.

    All are looked at in their order, then those that wait again and again, but each only when another that it names has
    come to work: a chain that stands the wrong way round takes no longer.
    """
    working = dict[str, tuple[Need, ...]]()
    ready = [service for service in catalogue.services.values() if service.configured(values)]
    standing = {service.name for service in ready}
    against = {rival for service in ready for rival in service.conflicts}
    ready = [s for s in ready if s.name not in against and not s.conflicts & standing]

    def stands(service: Service) -> bool:
        leans = [next((m for m in c if holds(catalogue, m, values, working, assume)), None) for c in service.needs]
        if None in leans:
            return False
        working[service.name] = tuple(member for member in leans if member is not None)
        return True

    waiting = {at: service for at, service in enumerate(ready) if not stands(service)}
    users: dict[str, list[int]] = {}
    for at, service in waiting.items():
        for member in service.needed():
            if member.kind == "service":
                users.setdefault(member.name, []).append(at)
    queue, last = [(1, at) for at in waiting], (0, 0)
    while queue:
        turn = heappop(queue)
        around, at = turn
        if turn == last or at not in waiting:
            continue
        last = turn
        if stands(waiting[at]):
            name = waiting.pop(at).name
            for other in users.get(name, ()):
                heappush(queue, (around + (other < at), other))
    return working


def busy(
    catalogue: ServiceCatalogue, names: Iterable[str], values: DeviceValues, *, optional: bool = False
) -> dict[str, str]:
    """Leaves that tell of something in progress below the services ``names``, each with a sentence.

    With ``optional`` needs count as well that may be done without.
    """
    reach, queue, found = set[str](), deque(names), dict[str, str]()

    def note(uri: str, pattern: str | None) -> None:
        now = values.get(uri)
        if pattern is not None and now is not None and re.fullmatch(pattern, now):
            found[uri] = f"{uri} is {now!r}: in progress"

    while queue:
        name = queue.popleft()
        if name not in reach:
            reach.add(name)
            service = catalogue.services[name]
            for setting in service.settings:
                note(setting.uri, setting.busy)
            hopes = (member for clause in service.optional for member in clause) if optional else ()
            for member in (*service.needed(), *hopes):
                if member.is_fact:
                    fact = catalogue.facts[f"{member.kind}:{member.name}"]
                    note(fact.uri, fact.busy)
                elif member.kind == "service":
                    queue.append(member.name)
    return found


@asked
def state(catalogue: ServiceCatalogue, name: str, values: DeviceValues, working: Mapping[str, object]) -> str:
    """The word for the state of ``name``: one of ``STATES``.

    >>> from dmkit.services.tables import default
    >>> state(default(), "mms", {}, {})
    'absent'
    """
    catalogue.know((name,))
    service = resolved(catalogue, values).services[name]
    if name in working:
        return "works"
    if service.settings and service.configured(values):
        return "held up"
    return "half set up" if any(s.holds(values.get(s.uri)) for s in service.settings) else "absent"


@asked
def why_not(catalogue: ServiceCatalogue, name: str, values: DeviceValues, chain: tuple[str, ...] = ()) -> str:
    """Why ``name`` does not work, as a sentence that names the chain down to the first cause; empty when it does.

    >>> from dmkit.services.tables import default
    >>> why_not(default(), "mms", {})
    "mms: ./Application/mms/AppID is not there, 'w4' is wanted"
    """
    catalogue.know((name,))
    catalogue = resolved(catalogue, values)
    working = works(catalogue, values)
    if name in working:
        return ""
    service, line = catalogue.services[name], (*chain, name)
    told = " -> ".join(line)
    if name in chain:
        return f"{told}: these lean on each other only"
    for setting in service.settings:
        if not setting.holds(values.get(setting.uri)):
            return f"{told}: {setting.uri} {_shown(setting, values)}, {_asked(setting)}"
    rivals = blocked_by(catalogue, service, values)
    if rivals:
        return f"{told}: {rivals[0]} is configured, and the two cannot stand together"
    clause = next(c for c in service.needs if not any(holds(catalogue, m, values, working) for m in c))
    return "; or ".join(_lack(catalogue, member, values, line) for member in clause)


def _lack(catalogue: ServiceCatalogue, member: Need, values: DeviceValues, line: tuple[str, ...]) -> str:
    if member.kind == "service":
        return why_not(catalogue, member.name, values, line)
    told = " -> ".join((*line, str(member)))
    if member.kind == "software":
        present = values.get(catalogue.software[member.name].at)
        return f"{told}: {f'version {present} is installed' if present is not None else 'it is not installed'}"
    return f"{told}: {lack_of_fact(catalogue, member, values)}"


def lack_of_fact(catalogue: ServiceCatalogue, member: Need, values: DeviceValues) -> str:
    """What is the matter with the fact ``member``, in words."""
    fact = catalogue.facts[f"{member.kind}:{member.name}"]
    now = seen(values.get(fact.uri))
    return (
        f"{fact.uri} {now}, which must not be" if member.negated else f"{fact.uri} {now}, {_wanted(None, fact.pattern)}"
    )


def _shown(setting: Setting, values: DeviceValues) -> str:
    now = values.get(setting.uri)
    return "is another" if setting.secret and now is not None else seen(now)


def _asked(setting: Setting) -> str:
    return "a secret is wanted" if setting.secret else _wanted(setting.value, setting.pattern)


def seen(value: str | None) -> str:
    """What is there, in words."""
    return "is not there" if value is None else f"is {value!r}"


def _wanted(value: str | None, pattern: str | None) -> str:
    return f"{short(value or '')!r} is wanted" if pattern is None else f"something like {pattern!r} is wanted"
