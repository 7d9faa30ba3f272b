"""The search for small catalogues: best first over growing sets of services, without a solver.

Of the cheapest set, the first clause that nothing fulfils is taken, and each of its members makes a new set.  Any valid
set that contains the present one contains such a member, and cost never falls when a set grows, so the first set that
passes is a cheapest one.  Among equals, members that stand earlier in their clauses win.  What removals cost is not
weighed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count

from dmkit.services.asked import Asked
from dmkit.services.founded import PlannedServices, founded
from dmkit.services.parts import Need, Service
from dmkit.services.plan import PlannedChange
from dmkit.services.references import PLACE
from dmkit.services.removal import removals, uninstalls
from dmkit.services.settle import Settled, after, settle
from dmkit.services.state import DeviceValues, blocked_by, holds, lack_of_fact

__all__ = ["ServiceSearch"]


@dataclass(frozen=True, slots=True)
class _Node:
    members: tuple[Need, ...]
    parents: Mapping[Need, Need | None]
    penalty: int = 0


@dataclass(slots=True)
class ServiceSearch:
    """One search: what is asked, and sets looked at before it gives up; ``reasons`` are dead ends it came to."""

    asked: Asked
    limit: int
    explored: int = 0
    reasons: list[str] = field(default_factory=list)

    def run(self) -> PlannedServices | None:
        """The cheapest set that passes; None when there is none, or the limit was reached."""
        start = tuple(
            Need("service", name) for name in dict.fromkeys((*self.asked.wanted, *self.asked.keep, *self.asked.hold))
        )
        heap: list[tuple[int, int, int, int, _Node, Settled]] = []
        ticket = count()

        def push(node: _Node) -> None:
            settled = settle(self.asked.catalogue, node.members, self.asked.values)
            if settled.clash:
                self._dead(node, settled.sides[-1], settled.clash)
            else:
                heappush(heap, (settled.cost, node.penalty, len(node.members), next(ticket), node, settled))

        vain = [name for name in self.asked.wanted if name in self.asked.never]
        if vain:
            self.reasons += [f"{name}: {self.asked.never[name]}" for name in vain]
            return None
        push(_Node(start, dict.fromkeys(start)))
        looked_at: set[frozenset[Need]] = set()
        while heap:
            *_, node, settled = heappop(heap)
            key = frozenset(node.members)
            if key in looked_at:
                continue
            looked_at.add(key)
            self.explored += 1
            if self.explored > self.limit:
                self.reasons.append(f"gave up after {self.limit} combinations of services")
                return None
            if self._rivals(node):
                continue
            open_clause = self._open(node, key)
            if open_clause is not None:
                for next_node in self._grown(node, *open_clause):
                    push(next_node)
                continue
            found = self._passes(node, settled)
            if isinstance(found, PlannedServices):
                return found
            for next_node in found:
                push(next_node)
        return None

    # -- one set

    def _open(self, node: _Node, key: frozenset[Need]) -> tuple[Need, tuple[Need, ...]] | None:
        """The first clause that nothing fulfils, and whose it is."""
        for member in node.members:
            if member.kind == "service":
                waits = self._root(node, member).name in self.asked.hold
                for clause in self.asked.catalogue.services[member.name].needs:
                    if not any(m in key or (m.is_fact and self._fact(m, waits)) for m in clause):
                        return member, clause
        return None

    def _root(self, node: _Node, member: Need) -> Need:
        above = node.parents.get(member)
        while above is not None:
            member, above = above, node.parents.get(above)
        return member

    def _fact(self, member: Need, waits: bool) -> bool:
        """True when the fact is so, or is waited for."""
        return holds(self.asked.catalogue, member, self.asked.values, {}, waits)

    def _grown(self, node: _Node, whose: Need, clause: Iterable[Need]) -> Iterable[_Node]:
        for at, member in enumerate(clause):
            if member in node.members:
                continue
            if member.is_fact:
                self._dead(node, whose, lack_of_fact(self.asked.catalogue, member, self.asked.values), member)
            elif member.kind == "service" and member.name in self.asked.never:
                self._dead(node, whose, self.asked.never[member.name], member)
            else:
                yield _Node((*node.members, member), {**node.parents, member: whose}, node.penalty + at)

    def _rivals(self, node: _Node) -> bool:
        """True, with the reason noted, when two of the set cannot stand together."""
        names = [m.name for m in node.members if m.kind == "service"]
        for member in node.members:
            if member.kind == "service":
                for rival in sorted(self.asked.catalogue.rivals(member.name) & set(names)):
                    self._dead(node, member, f"{member.name} and {rival} cannot stand together")
                    return True
        return False

    def _passes(self, node: _Node, settled: Settled) -> PlannedServices | Iterable[_Node]:
        """The set as found, or larger sets that may pass where this one does not."""
        names = [m.name for m in node.members if m.kind == "service"]
        more: list[_Node] = []
        for writes in settled.variants():
            removed = removals(self.asked.catalogue, self.asked.values, self.asked.gone, names)
            gone = uninstalls(
                self.asked.catalogue, self.asked.values, self.asked.gone, names, self.asked.meant, removed
            )
            changes: list[PlannedChange] = [*writes, *settled.installs, *(w for ws in gone.values() for w in ws)]
            then = after(self.asked.values, changes)
            order, waiting = founded(self.asked.catalogue, names, then)
            stand = founded(self.asked.catalogue, names, then, assume=True)[0] if self.asked.hold else {}
            must = {*self.asked.wanted, *self.asked.keep}
            if all(service.name in stand and service.name not in must for service in waiting):
                later = {name: leans for name, leans in stand.items() if name not in order}
                return PlannedServices(order | later, writes, settled, gone, frozenset(later))
            more += self._mended(node, order, waiting, then)
        return more

    def _mended(
        self, node: _Node, order: Mapping[str, object], waiting: list[Service], then: DeviceValues
    ) -> list[_Node]:
        grown: list[_Node] = []
        for service in waiting:
            me = Need("service", service.name)
            for uri in self._unknown(service, then):
                goes = "goes" if self.asked.values.get(uri) is not None else "is not there"
                self._dead(node, me, f"{uri} {goes}, and its value is needed")
            rivals = blocked_by(self.asked.catalogue, service, then)
            for rival in rivals:
                self._dead(node, me, f"{rival} is configured, and {service.name} cannot stand beside it; drop {rival}")
                uris = {s.uri for s in self.asked.catalogue.services[rival].settings}
                for other in self.asked.catalogue.services.values():
                    if any(s.uri in uris for s in other.settings) and other.name not in self.asked.never:
                        grown += self._grown(node, me, [Need("service", other.name)])
            for clause in service.needs:
                if not any(holds(self.asked.catalogue, m, then, order) for m in clause):
                    grown += self._grown(node, me, [m for m in clause if not m.is_fact])
        loop = self._loop(waiting)
        if loop:
            self.reasons.append(f"{self._chain(node, Need('service', loop[0]))}: {' -> '.join(loop)} goes round in "
                                "a circle; none of them can be the first")  # fmt: skip
        return grown

    def _unknown(self, service: Service, then: DeviceValues) -> Iterable[str]:
        """The leaves whose values a setting refers to, and that nothing brings about."""
        for setting in service.settings:
            if not setting.holds(then.get(setting.uri)):
                named = (match[1] for match in PLACE.finditer(setting.value or ""))
                yield from (uri for uri in named if uri.startswith("./") and then.get(uri) is None)

    def _loop(self, waiting: list[Service]) -> tuple[str, ...]:
        """A circle among services that wait for each other; empty when there is none."""
        names = {service.name: service for service in waiting}
        for service in waiting:
            line = [service.name]
            while True:
                below = [m.name for m in names[line[-1]].needed() if m.kind == "service" and m.name in names]
                if not below:
                    break
                if below[0] in line:
                    return (*line[line.index(below[0]) :], below[0])
                line.append(below[0])
        return ()

    # -- reasons

    def _chain(self, node: _Node, member: Need) -> str:
        line: list[str] = []
        at: Need | None = member
        while at is not None:
            line.append(str(at))
            at = node.parents.get(at)
        return " -> ".join(reversed(line))

    def _dead(self, node: _Node, whose: Need, why: str, last: Need | None = None) -> None:
        tail = f" -> {last}" if last is not None else ""
        self.reasons.append(f"{self._chain(node, whose)}{tail}: {why}")
