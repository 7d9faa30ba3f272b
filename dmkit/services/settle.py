"""What must change so that a set of services has its settings and its software: the cheapest, or why it cannot be.

The cost of a change of a leaf is one, of software what its package costs.  Adding services never makes it cheaper, nor
possible when it was not, which is what lets the planner stop at the first plan that it finds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.parts import Need, Setting
from dmkit.services.plan import Install, LeafWrite
from dmkit.services.references import resolved
from dmkit.services.state import DeviceValues, seen
from dmkit.services.versions import version

__all__ = ["Settled", "after", "change_in", "settle"]


@dataclass(frozen=True, slots=True)
class Settled:
    """``writes`` has the possible writes for each leaf that must change; ``installs`` the software.

    ``clash`` says why it cannot be, and between whom (``sides``: the needs that set it off).
    """

    writes: tuple[tuple[LeafWrite, ...], ...] = ()
    installs: tuple[Install, ...] = ()
    clash: str = ""
    sides: tuple[Need, ...] = ()

    @property
    def cost(self) -> int:
        """What the changes cost, whichever of the possible writes are taken."""
        return len(self.writes) + sum(install.cost for install in self.installs)

    def variants(self, most: int = 256) -> Iterable[tuple[LeafWrite, ...]]:
        """The choices of one write per leaf, first choices first."""
        return (chosen for chosen, _ in zip(product(*self.writes), range(most), strict=False))


def settle(catalogue: ServiceCatalogue, members: Sequence[Need], values: DeviceValues) -> Settled:
    """The changes that ``members`` (services and software, in order) ask for, from ``values``."""
    by_uri: dict[str, list[tuple[Need, Setting]]] = {}
    for member in members:
        if member.kind == "service":
            for setting in catalogue.services[member.name].settings:
                by_uri.setdefault(setting.uri, []).append((member, setting))
    writes: list[tuple[LeafWrite, ...]] = []
    for uri, asked in by_uri.items():
        now = values.get(uri)
        if all(setting.holds(now) for _, setting in asked):
            continue
        listed = dict.fromkeys([s.value for _, s in asked if s.value is not None] + known(catalogue, uri))
        good = [value for value in listed if all(setting.holds(value) for _, setting in asked)]
        if not good:
            return _clash_of_settings(uri, asked, list(listed), now)
        lead = asked[0][1]
        secret = any(setting.secret for _, setting in asked)
        writes.append(tuple(LeafWrite(uri, now, value, lead.format, secret) for value in good))
    ranges: dict[str, list[Need]] = {}
    for member in members:
        if member.kind == "software":
            ranges.setdefault(member.name, []).append(member)
    installs: list[Install] = []
    for name, needs in ranges.items():
        component = catalogue.software[name]
        now = values.get(component.at)
        if all(n.range.takes(now) for n in needs):
            continue
        fits = [p for p in component.packages if all(n.range.takes(p.version) for n in needs)]
        if not fits:
            there = ", ".join(p.version for p in component.packages) or "none"
            text = " and ".join(dict.fromkeys(map(str, needs)))
            have = f"version {now} is installed" if now is not None else "it is not installed"
            return Settled(clash=f"{text}: {have}, and of the packages ({there}) none will do", sides=tuple(needs))
        least = min(package.cost for package in fits)
        best = max((p for p in fits if p.cost == least), key=lambda p: version(p.version))
        installs.append(Install(name, component.at, now, best))
    return Settled(tuple(writes), tuple(installs))


def known(catalogue: ServiceCatalogue, uri: str) -> list[str]:
    """The values that services of the catalogue give to ``uri``: one that nobody here asks for may suit all."""
    found = (s.value for service in catalogue.services.values() for s in service.settings if s.uri == uri)
    return [value for value in found if value is not None]


def _clash_of_settings(uri: str, asked: list[tuple[Need, Setting]], listed: list[str], now: str | None) -> Settled:
    if len(asked) == 1:
        [(member, setting)] = asked
        return Settled(
            clash=f"{setting} is what {member} needs, it {seen(now)}, and no value is known for it", sides=(member,)
        )
    for at, (member, setting) in enumerate(asked):
        for other, theirs in asked[:at]:
            if not any(setting.holds(v) and theirs.holds(v) for v in listed):
                return Settled(clash=f"{other} wants {theirs}, {member} wants {setting}", sides=(other, member))
    who = " and ".join(str(member) for member, _ in asked)
    return Settled(clash=f"no value of {uri} suits {who} at once", sides=tuple(member for member, _ in asked))


def after(values: DeviceValues, changes: Iterable[LeafWrite | Install]) -> Mapping[str, str | None]:
    """``values`` when ``changes`` have been made, one after the other: a reference has what is there by then."""
    then = dict(values)
    for change in changes:
        change_in(then, change)
    return then


def change_in(values: dict[str, str | None], change: LeafWrite | Install) -> None:
    """Make ``change`` in ``values``."""
    value = change.after
    values[change.uri] = resolved(value, values) if value is not None and "${" in value else value
