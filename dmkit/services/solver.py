"""The cheapest set of services by clingo: ``plan.lp`` beside this file is the definition, here are its facts.

The rules say what the search of ``planner`` does, in twenty lines: both, and a third that tries everything, are held
against each other in tests.  Total cost counts removals; ties go to members that stand earlier in their clauses.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.removal import spare
from dmkit.services.state import DeviceValues, holds
from dmkit.words.lazy import wanted

if TYPE_CHECKING:
    import clingo

__all__ = ["Goal", "LimitReached", "Progress", "Solved", "available", "cheapest", "core", "definition"]

Goal = tuple[str, str]
"""``want``, ``keep``, ``hold`` or ``gone``, and the name of the service."""

Progress = Callable[[int, int], None]
"""Called with the cost of each better plan and the bound below which none can be."""


def available() -> bool:
    """True when clingo is installed: the extra ``services``, part of ``lab``."""
    from importlib.util import find_spec

    return find_spec("clingo") is not None


@cache
def definition() -> str:
    """The rules, as the docs print them.

    >>> "#minimize" in definition()
    True
    """
    return (files(__package__) / "plan.lp").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Solved:
    """What the solver found: ``services`` of the set, the value of each leaf, the version of each component.

    ``bound``: no plan is cheaper than that.  ``is_best`` is False when the time was up before that was shown.
    """

    services: frozenset[str]
    leaves: Mapping[str, str | None]
    versions: Mapping[str, str | None]
    cost: int
    bound: int
    is_best: bool = True


_NONE: Final = "none"
_COST: Final = 2
"""The priority of what changes cost, in the definition; ties have a lower one."""
_TIES: Final = "% Among plans"
"""Where the part of the definition begins that decides among plans of one cost."""


@dataclass(frozen=True, slots=True)
class _Effort:
    """How plans with up to ``services`` services are looked for."""

    services: float
    ties: bool
    options: tuple[str, ...]


_EFFORTS: Final = (
    _Effort(60, True, ("--opt-strategy=usc,oll,stratify", "--configuration=trendy")),
    _Effort(300, False, ("--opt-strategy=usc,oll,disjoint", "--configuration=tweety")),
    _Effort(float("inf"), False, ("--opt-strategy=usc,stratify", "--opt-usc-shrink=min")),  # soon a plan, then better
)
"""Beyond 60 services ties are the solver's (its seed is fixed); beyond 300 a good plan comes before the best one."""


def cheapest(
    catalogue: ServiceCatalogue,
    values: DeviceValues,
    want: Sequence[str],
    keep: Sequence[str],
    gone: Sequence[str],
    never: Collection[str] = (),
    hold: Sequence[str] = (),
    *,
    meant: Sequence[str] = (),
    seconds: float | None = None,
    progress: Progress | None = None,
) -> Solved | None:
    """The cheapest set with all of ``want`` and ``keep`` and nothing of ``gone`` or ``never``; None when there is none.

    Those in ``hold`` stay set up, though a fact keeps them from working.  Software that one of ``meant`` needs stays.

    After ``seconds`` of solving the best so far is taken; LimitReached when there is none yet.
    """
    control, names = _ground(catalogue, values, want, keep, gone, never, hold, meant)
    best: list[Solved] = []

    def seen(model: Any) -> None:
        found = names.read(model)
        cost = dict(zip(model.priority, model.cost, strict=True)).get(_COST, 0)
        best[:] = [Solved(*found, cost, cost, bool(model.optimality_proven))]
        if progress is not None:
            progress(cost, cost if model.optimality_proven else 0)

    goals = [(names.goal(goal), True) for goal in _goals(want, keep, (*gone, *never), hold)]
    with control.solve(assumptions=goals, on_model=seen, async_=True) as handle:
        if not handle.wait(seconds):
            handle.cancel()
        exhausted = bool(handle.get().exhausted)
    if not best:
        if exhausted:
            return None
        raise LimitReached(f"no plan was found in {seconds:g} s, nor that there is none")
    last = best[0]
    lower = last.cost if exhausted else max(0, int(next(iter(control.statistics["summary"]["lower"]), 0)))
    bound = min(lower, last.cost)
    return Solved(last.services, last.leaves, last.versions, last.cost, bound, exhausted or bound == last.cost)


class LimitReached(Exception):
    """The time was up and nothing is known."""


def core(
    catalogue: ServiceCatalogue,
    values: DeviceValues,
    want: Sequence[str],
    keep: Sequence[str],
    gone: Sequence[str],
    never: Collection[str] = (),
    hold: Sequence[str] = (),
) -> tuple[Goal, ...]:
    """A smallest part of what is asked that cannot be had: without any one of its goals the rest can.

    >>> from dmkit.services.tables import parse
    >>> two = parse('[service.a]\\nconflicts = ["b"]\\nsettings = {"./A" = "1"}\\n[service.b]\\n'
    ...             'settings = {"./B" = "1"}')
    >>> core(two, {}, ["a", "b"], [], [])
    (('want', 'a'), ('want', 'b'))
    """
    control, names = _ground(catalogue, values, want, keep, gone, never, hold, costs=False)

    def fails(goals: Sequence[Goal]) -> bool:
        return not control.solve(assumptions=[(names.goal(goal), True) for goal in goals]).satisfiable

    left = list(_goals(want, keep, (*gone, *never), hold))
    if not fails(left):
        return ()
    for goal in tuple(reversed(left)):
        fewer = [other for other in left if other != goal]
        if fails(fewer):
            left = fewer
    return tuple(left)


def _goals(want: Sequence[str], keep: Sequence[str], gone: Sequence[str], hold: Sequence[str] = ()) -> Iterator[Goal]:
    done = set[Goal]()
    for kind, services in (("want", want), ("keep", keep), ("hold", hold), ("gone", gone)):
        for name in services:
            if (kind, name) not in done:
                done.add((kind, name))
                yield kind, name


# -- facts


class _Names:
    """Values and names as clingo's symbols, and back."""

    def __init__(self, clingo: Any) -> None:
        self.clingo = clingo

    def text(self, text: str) -> Any:
        return self.clingo.String(text)

    def value(self, value: str | None) -> Any:
        return self.clingo.Function(_NONE) if value is None else self.clingo.Function("v", [self.text(value)])

    def goal(self, goal: Goal) -> Any:
        kind, name = goal
        return self.clingo.Function("on", [self.clingo.Function(kind), self.text(name)])

    def read(self, model: Any) -> tuple[frozenset[str], dict[str, str | None], dict[str, str | None]]:
        services, leaves, versions = set[str](), dict[str, str | None](), dict[str, str | None]()
        for atom in model.symbols(atoms=True):
            if atom.name == "in":
                services.add(atom.arguments[0].string)
            elif atom.name in ("pick", "version"):
                where, what = atom.arguments
                told = leaves if atom.name == "pick" else versions
                told[where.string] = None if what.name == _NONE else what.arguments[0].string
        return frozenset(services), leaves, versions


def _ground(
    catalogue: ServiceCatalogue,
    values: DeviceValues,
    want: Sequence[str],
    keep: Sequence[str],
    gone: Sequence[str],
    never: Collection[str],
    hold: Sequence[str],
    meant: Sequence[str] = (),
    *,
    costs: bool = True,
) -> tuple[clingo.Control, _Names]:
    clingo: Any = wanted("clingo")
    names = _Names(clingo)
    told = list(facts(catalogue, values, want, keep, gone, hold, meant))
    live = sum(name == "service" for name, _ in told)
    effort = next(effort for effort in _EFFORTS if live <= effort.services)
    control = clingo.Control(["--warn=none", "--seed=1", *(effort.options if costs else ())])
    rules = definition() if costs and effort.ties else definition().partition(_TIES)[0]
    control.add("base", [], rules if costs else rules.partition("#minimize")[0])
    with control.backend() as backend:
        for name, arguments in told:
            symbols = [names.value(a[0]) if isinstance(a, tuple) else clingo.Number(a) if isinstance(a, int)
                       else names.text(a) for a in arguments]  # fmt: skip
            backend.add_rule([backend.add_atom(clingo.Function(name, symbols))])
        for goal in _goals(want, keep, (*gone, *never), hold):
            backend.add_rule([backend.add_atom(names.goal(goal))], choice=True)
    control.ground([("base", [])])
    return control, names


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
    rivals = {rival for name in live for rival in catalogue.rivals(name)}
    touching = live | rivals
    offs: dict[str, str | None] = {}
    for name in gone:
        for setting in catalogue.services[name].settings:
            if values.get(setting.uri) is not None:
                offs.setdefault(setting.uri, setting.off)
    for name in catalogue.services:
        if name in live:
            yield "service", (name,)
    yield from _leaves(catalogue, values, touching, offs)
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
            for rival in sorted(catalogue.rivals(name)):
                yield "rival", (name, rival)
            if name in wait:
                yield "waits", (name,)
            yield from _clauses(catalogue, values, name, name in wait, free)


def _leaves(
    catalogue: ServiceCatalogue, values: DeviceValues, touching: Collection[str], offs: Mapping[str, str | None]
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    asked: dict[str, list[tuple[str, Any]]] = {}
    for service in catalogue.services.values():
        for setting in service.settings:
            asked.setdefault(setting.uri, []).append((service.name, setting))
    for uri, pairs in asked.items():
        if uri not in offs and not any(name in touching for name, _ in pairs):
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
    live, queue = set[str](), list(names)
    setters: dict[str, set[str]] = {}
    for service in catalogue.services.values():
        for setting in service.settings:
            setters.setdefault(setting.uri, set()).add(service.name)
    while queue:
        name = queue.pop()
        if name in live:
            continue
        live.add(name)
        queue += [m.name for m in catalogue.services[name].needed() if m.kind == "service"]
        for rival in catalogue.rivals(name):
            for setting in catalogue.services[rival].settings:
                queue += setters[setting.uri] - {rival}
    return live
