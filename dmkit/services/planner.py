"""From what a device holds and which services are wanted to the cheapest plan that breaks nothing.

A plan is valid when every wanted service works afterwards, every service that worked before still does (unless it is
dropped), and dropped ones are no longer configured.  It is minimal: no set of services that would do has fewer changed
leaves, software counted by the cost of its package.

Two ways lead to it.  clingo (extra ``services``) takes the definition in ``plan.lp`` and solves large catalogues.  The
search here needs nothing and serves small ones; in tests each is the check of the other.  It is best-first over growing
sets of services: of the cheapest set, the first clause that nothing fulfils is taken, and each of its members makes a
new set.  Any valid set that contains the present one contains such a member, and cost never falls when a set grows, so
the first set that passes is a cheapest one.  Among equals, members that stand earlier in their clauses win.

>>> from dmkit.services.tables import parse
>>> both = parse('''
... [service.mms]
... needs = [["lte", "wifi"]]
... settings = {"./MMS/Addr" = "http://mmsc"}
... [service.lte]
... settings = {"./NAP/1/Addr" = "net", "./NAP/1/Bearer" = "LTE"}
... [service.wifi]
... settings = {"./WiFi/SSID" = "home"}''')
>>> print(plan(both, {"./WiFi/SSID": "old"}, ["mms"]))
1. set up wifi: replace ./WiFi/SSID = home
2. set up mms: add ./MMS/Addr = http://mmsc
cost 2: 2 changes
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from itertools import count
from typing import Final

from dmkit.services.assemble import assemble
from dmkit.services.catalogue import Need, Service, ServiceCatalogue, SoftwarePackage
from dmkit.services.plan import Install, LeafWrite, NoPlan, PlannedChange, ServicePlan
from dmkit.services.removal import removals, to_remove
from dmkit.services.settle import Settled, after, settle
from dmkit.services.solver import Goal, LimitReached, Progress, Solved, available, cheapest, core
from dmkit.services.state import DeviceValues, blocked_by, holds, seen, works
from dmkit.words.errors import ConfigError

__all__ = ["LIMIT", "SOLVERS", "choose", "plan"]

SOLVERS: Final = ("auto", "clingo", "search")
"""``auto`` is clingo where it is installed, else the search."""

LIMIT: Final = 50_000
"""Sets of services that are looked at before the planner gives up."""


def plan(
    catalogue: ServiceCatalogue,
    values: DeviceValues,
    want: Iterable[str],
    drop: Iterable[str] = (),
    *,
    kept: Iterable[str] | None = None,
    avoid: Iterable[str] = (),
    intent: Iterable[str] = (),
    limit: int = LIMIT,
    solver: str = "auto",
    seconds: float | None = None,
    progress: Progress | None = None,
) -> ServicePlan | NoPlan:
    """The cheapest plan from ``values``, or why there is none.

    ``solver`` is one of ``SOLVERS``.  ``seconds`` bounds the solving: then the best so far is given, with its bound;
    ``progress`` is called with cost and bound of each better plan.

    ``kept`` are services that must work afterwards besides; by default all that work now.  Those in ``avoid`` are not
    built on (they were tried in vain).  ``intent`` are services that are wanted at some time, if not by this plan:
    what they lean on serves somebody, and does not go with what is dropped.

    ConfigError for names that are no services, and for one that is wanted and dropped.

    >>> from dmkit.services.tables import default
    >>> str(plan(default(), {}, ["mms"]))[:75]
    'no plan:\\n- mms -> proxy -> nap-internet -> bearer:lte: ./DevDetail/Bearer/L'
    """
    wanted, dropped = tuple(dict.fromkeys(want)), tuple(dict.fromkeys(drop))
    meant = tuple(name for name in intent if name not in dropped)
    catalogue.know(frozenset((*wanted, *dropped, *meant)))
    for name in wanted:
        if name in dropped:
            raise ConfigError(f"{name} is wanted and dropped at once")
    now = works(catalogue, values)
    keep = tuple(name for name in (now if kept is None else kept) if name not in dropped)
    gone = to_remove(catalogue, values, dropped, keep, (*wanted, *meant))
    keep = tuple(name for name in keep if name not in gone)
    never = dict.fromkeys(avoid, "it was tried in vain") | dict.fromkeys(gone, "it is to be dropped")
    asked = _Asked(catalogue, values, wanted, dropped, gone, keep, never)
    if choose(solver) == "clingo":
        return _by_solver(asked, limit, seconds, progress)
    search = _Search(catalogue, values, wanted, gone, keep, never, limit)
    found = search.run()
    if found is not None:
        return assemble(catalogue, values, found, wanted, dropped, keep, search.explored)
    if len(wanted) > 1:  # a wish that fails by itself explains more than all of them together
        for name in wanted:
            alone = plan(
                catalogue, values, [name], dropped,
                kept=kept, avoid=avoid, intent=meant, limit=limit, solver=solver,
            )  # fmt: skip
            if isinstance(alone, NoPlan):
                return NoPlan(wanted, dropped, alone.reasons, search.explored + alone.explored)
    return NoPlan(wanted, dropped, tuple(dict.fromkeys(search.reasons)), search.explored)


def choose(solver: str) -> str:
    """``solver``, or for "auto" the one that is installed; ConfigError for another word.

    >>> choose("search")
    'search'
    """
    if solver not in SOLVERS:
        raise ConfigError(f"solver is {solver!r}; it must be one of {', '.join(SOLVERS)}")
    return ("clingo" if available() else "search") if solver == "auto" else solver


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question to the solver, all names checked."""

    catalogue: ServiceCatalogue
    values: DeviceValues
    wanted: tuple[str, ...]
    dropped: tuple[str, ...]
    gone: tuple[str, ...]
    keep: tuple[str, ...]
    never: Mapping[str, str]


def _by_solver(asked: _Asked, limit: int, seconds: float | None, progress: Progress | None) -> ServicePlan | NoPlan:
    vain = [name for name in asked.wanted if name in asked.never]
    if vain:
        return NoPlan(asked.wanted, asked.dropped, tuple(f"{name}: {asked.never[name]}" for name in vain))
    unused = tuple(name for name in asked.never if name not in asked.keep)  # what works is not torn down
    goals = (asked.catalogue, asked.values, asked.wanted, asked.keep, asked.gone, unused)
    try:
        solved = cheapest(*goals, seconds=seconds, progress=progress)
    except LimitReached as error:
        return NoPlan(asked.wanted, asked.dropped, (str(error),))
    if solved is None:
        return _why(asked, core(*goals), limit)
    found = _set_of(asked, solved)
    made = assemble(asked.catalogue, asked.values, found, asked.wanted, asked.dropped, asked.keep, 0)
    return made if solved.is_best else replace(made, bound=solved.bound)


def _set_of(asked: _Asked, solved: Solved) -> PlannedServices:
    """The solver's set as the planner keeps it: what is wanted and kept, and what these lean on."""
    catalogue, values = asked.catalogue, asked.values
    then = dict(values) | dict(solved.leaves) | {catalogue.software[n].at: v for n, v in solved.versions.items()}
    first = (*asked.wanted, *asked.keep)
    names = tuple(dict.fromkeys((*first, *(n for n in catalogue.services if n in solved.services))))
    order, _ = founded(catalogue, names, (), then)
    off: dict[str, str | None] = {}
    for name in asked.gone:
        for setting in catalogue.services[name].settings:
            off.setdefault(setting.uri, setting.off if values.get(setting.uri) is not None else None)
    held = [uri for uri, value in solved.leaves.items() if value != off.get(uri, values.get(uri))]  # by somebody's wish
    used, queue = set[str](), list(first)
    while queue:
        name = queue.pop()
        if name not in used:
            used.add(name)
            queue += [m.name for m in order[name] if m.kind == "service"]
        if not queue:  # a leaf may be set by a service that only takes a rival's settings away
            covered = {s.uri for name in used for s in catalogue.services[name].settings}
            lone = next((uri for uri in held if uri not in covered), None)
            queue += [n for n in order if lone in {s.uri for s in catalogue.services[n].settings}][:1] if lone else []
    order = {name: leans for name, leans in order.items() if name in used}
    settings = {s.uri: s for name in reversed(names) if name in used for s in catalogue.services[name].settings}
    secret = {s.uri for name in used for s in catalogue.services[name].settings if s.secret}
    writes = tuple(
        LeafWrite(uri, values.get(uri), solved.leaves[uri], setting.format, uri in secret)
        for uri, setting in sorted(settings.items(), key=lambda pair: _place(catalogue, names, used, pair[0]))
        if solved.leaves[uri] != values.get(uri)
    )
    needed = {m.name for leans in order.values() for m in leans if m.kind == "software"}
    installs = tuple(_install(catalogue, values, n, v) for n, v in solved.versions.items() if n in needed or
                     values.get(catalogue.software[n].at) != v)  # fmt: skip
    settled = Settled(tuple((w,) for w in writes), tuple(i for i in installs if i.before != i.after))
    return PlannedServices(order, writes, settled, removals(catalogue, values, asked.gone, order))


def _place(catalogue: ServiceCatalogue, names: tuple[str, ...], used: set[str], uri: str) -> tuple[int, int]:
    for at, name in enumerate(names):
        if name in used:
            for place, setting in enumerate(catalogue.services[name].settings):
                if setting.uri == uri:
                    return at, place
    return len(names), 0


def _install(catalogue: ServiceCatalogue, values: DeviceValues, name: str, version: str | None) -> Install:
    component = catalogue.software[name]
    fits = [p for p in component.packages if p.version == version]
    now = values.get(component.at)
    package = min(fits, key=lambda p: p.cost) if fits else SoftwarePackage(version or "", "")
    return Install(name, component.at, now if now != version else package.version, package)


_FEW: Final = 2_000
"""Sets that are looked at for chains of reasons, once it is known that there is no plan."""
_GOAL_WORDS: Final = {"want": "{} is set up", "keep": "{} goes on working", "gone": "{} is not used"}


def _why(asked: _Asked, goals: tuple[Goal, ...], limit: int) -> NoPlan:
    """The goals that clash, all of them needed for the clash, then the chains that lead to it."""
    wanted = tuple(name for kind, name in goals if kind == "want")
    keep = tuple(name for kind, name in goals if kind == "keep")
    gone = tuple(name for kind, name in goals if kind == "gone" and name not in asked.never)
    never = {name: asked.never[name] for kind, name in goals if kind == "gone" and name in asked.never}
    search = _Search(asked.catalogue, asked.values, wanted, gone, keep, never, min(limit, _FEW))
    search.run()
    chains = tuple(reason for reason in dict.fromkeys(search.reasons) if not reason.startswith("gave up"))
    goals_text = tuple(_GOAL_WORDS[kind].format(name) for kind, name in goals)
    reasons = chains or (f"it cannot be that {' while '.join(goals_text)}",)
    return NoPlan(asked.wanted, asked.dropped, reasons, search.explored, goals_text)


@dataclass(frozen=True, slots=True)
class PlannedServices:
    """A set of services that passes: in order, what each leans on, and the changes."""

    order: Mapping[str, tuple[Need, ...]]
    writes: tuple[LeafWrite, ...]
    settled: Settled
    removed: Mapping[str, tuple[LeafWrite, ...]]


@dataclass(frozen=True, slots=True)
class _Node:
    members: tuple[Need, ...]
    parents: Mapping[Need, Need | None]
    penalty: int = 0


@dataclass(slots=True)
class _Search:
    catalogue: ServiceCatalogue
    values: DeviceValues
    wanted: tuple[str, ...]
    dropped: tuple[str, ...]
    keep: tuple[str, ...]
    never: Mapping[str, str]
    limit: int
    explored: int = 0
    reasons: list[str] = field(default_factory=list)

    def run(self) -> PlannedServices | None:
        start = tuple(Need("service", name) for name in dict.fromkeys((*self.wanted, *self.keep)))
        heap: list[tuple[int, int, int, int, _Node, Settled]] = []
        ticket = count()

        def push(node: _Node) -> None:
            settled = settle(self.catalogue, node.members, self.values)
            if settled.clash:
                self._dead(node, settled.sides[-1], settled.clash)
            else:
                heappush(heap, (settled.cost, node.penalty, len(node.members), next(ticket), node, settled))

        vain = [name for name in self.wanted if name in self.never]
        if vain:
            self.reasons += [f"{name}: {self.never[name]}" for name in vain]
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
                for clause in self.catalogue.services[member.name].needs:
                    if not any(m in key or (self._fact(m)) for m in clause):
                        return member, clause
        return None

    def _fact(self, member: Need) -> bool:
        return member.kind not in ("service", "software") and holds(self.catalogue, member, self.values, {})

    def _grown(self, node: _Node, whose: Need, clause: Iterable[Need]) -> Iterable[_Node]:
        for at, member in enumerate(clause):
            if member in node.members:
                continue
            if member.kind not in ("service", "software"):
                fact = self.catalogue.facts[f"{member.kind}:{member.name}"]
                self._dead(node, whose, f"{fact.uri} {seen(self.values.get(fact.uri))}, "
                           f"something like {fact.pattern!r} is wanted", member)  # fmt: skip
            elif member.kind == "service" and member.name in self.never:
                self._dead(node, whose, self.never[member.name], member)
            else:
                yield _Node((*node.members, member), {**node.parents, member: whose}, node.penalty + at)

    def _rivals(self, node: _Node) -> bool:
        """True, with the reason noted, when two of the set cannot stand together."""
        names = [m.name for m in node.members if m.kind == "service"]
        for member in node.members:
            if member.kind == "service":
                for rival in sorted(self.catalogue.rivals(member.name) & set(names)):
                    self._dead(node, member, f"{member.name} and {rival} cannot stand together")
                    return True
        return False

    def _passes(self, node: _Node, settled: Settled) -> PlannedServices | Iterable[_Node]:
        """The set as found, or larger sets that may pass where this one does not."""
        names = [m.name for m in node.members if m.kind == "service"]
        more: list[_Node] = []
        for writes in settled.variants():
            removed = removals(self.catalogue, self.values, self.dropped, names)
            changes: list[PlannedChange] = [*writes, *settled.installs, *(w for ws in removed.values() for w in ws)]
            then = after(self.values, changes)
            order, waiting = founded(self.catalogue, names, node.members, then)
            if not waiting:
                return PlannedServices(order, writes, settled, removed)
            more += self._mended(node, order, waiting, then)
        return more

    def _mended(
        self, node: _Node, order: Mapping[str, object], waiting: list[Service], then: DeviceValues
    ) -> list[_Node]:
        grown: list[_Node] = []
        for service in waiting:
            me = Need("service", service.name)
            rivals = blocked_by(self.catalogue, service, then)
            for rival in rivals:
                self._dead(node, me, f"{rival} is configured, and {service.name} cannot stand beside it; drop {rival}")
                uris = {s.uri for s in self.catalogue.services[rival].settings}
                for other in self.catalogue.services.values():
                    if any(s.uri in uris for s in other.settings) and other.name not in self.never:
                        grown += self._grown(node, me, [Need("service", other.name)])
            for clause in service.needs:
                if not any(holds(self.catalogue, m, then, order) for m in clause):
                    grown += self._grown(node, me, [m for m in clause if m.kind in ("service", "software")])
        loop = self._loop(waiting)
        if loop:
            self.reasons.append(f"{self._chain(node, Need('service', loop[0]))}: {' -> '.join(loop)} goes round in "
                                "a circle; none of them can be the first")  # fmt: skip
        return grown

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


def founded(
    catalogue: ServiceCatalogue, names: Iterable[str], members: Iterable[Need], values: DeviceValues
) -> tuple[dict[str, tuple[Need, ...]], list[Service]]:
    """Of ``names`` those that work in ``values`` by leaning on each other alone, in order, and those that do not."""
    order: dict[str, tuple[Need, ...]] = {}
    waiting = [catalogue.services[name] for name in names]
    bad = {s.name for s in waiting if not s.configured(values) or blocked_by(catalogue, s, values)}
    while True:
        left: list[Service] = []
        for service in waiting:
            leans = [next((m for m in c if holds(catalogue, m, values, order)), None) for c in service.needs]
            if None in leans or service.name in bad:
                left.append(service)
            else:
                order[service.name] = tuple(m for m in leans if m is not None)
        if len(left) == len(waiting):
            return order, left
        waiting = left
