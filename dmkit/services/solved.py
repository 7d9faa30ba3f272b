"""From what the solver found to a plan; and where it found none, from the goals that clash to reasons."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from dmkit.services.asked import Asked, Means
from dmkit.services.assemble import assemble
from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.facts import PlanGoal, PlanGoals
from dmkit.services.founded import PlannedServices, founded
from dmkit.services.plan import Install, LeafWrite, NoPlan, ServicePlan
from dmkit.services.removal import removals, uninstalls
from dmkit.services.search import ServiceSearch
from dmkit.services.settle import Settled
from dmkit.services.solver import LimitReached, Solved, cheapest, core
from dmkit.services.state import DeviceValues

__all__ = ["by_solver"]


def by_solver(asked: Asked, means: Means) -> ServicePlan | NoPlan:
    """The cheapest plan by clingo, or the goals that clash."""
    vain = [name for name in asked.wanted if name in asked.never]
    if vain:
        return NoPlan(asked.wanted, asked.dropped, tuple(f"{name}: {asked.never[name]}" for name in vain))
    unused = tuple(name for name in asked.never if name not in (*asked.keep, *asked.hold))  # nor torn down
    goals = PlanGoals(
        asked.catalogue, asked.values, asked.wanted, asked.keep, asked.gone, unused, asked.hold, asked.meant
    )
    try:
        solved = cheapest(goals, time=means.time, progress=means.progress)
    except LimitReached as error:
        return NoPlan(asked.wanted, asked.dropped, (str(error),))
    if solved is None:
        return _why(asked, core(goals, means.time), means.limit)
    found = _set_of(asked, solved)
    made = assemble(asked, found, 0)
    return made if solved.is_best else replace(made, bound=solved.bound)


def _set_of(asked: Asked, solved: Solved) -> PlannedServices:
    """The solver's set as the planner keeps it: what is wanted and kept, and what these lean on."""
    catalogue, values = asked.catalogue, asked.values
    then = dict(values) | dict(solved.leaves) | {catalogue.software[n].at: v for n, v in solved.versions.items()}
    first = (*asked.wanted, *asked.keep, *asked.hold)
    names = tuple(dict.fromkeys((*first, *(n for n in catalogue.services if n in solved.services))))
    order, _ = founded(catalogue, names, then)
    stand = founded(catalogue, names, then, assume=True)[0] if asked.hold else {}
    order |= {name: leans for name, leans in stand.items() if name not in order}
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
    places: dict[str, tuple[int, int]] = {}
    for at, name in enumerate(names):
        for place, one in enumerate(catalogue.services[name].settings if name in used else ()):
            places.setdefault(one.uri, (at, place))
    writes = tuple(
        LeafWrite(uri, values.get(uri), solved.leaves[uri], setting.format, uri in secret)
        for uri, setting in sorted(settings.items(), key=lambda pair: places[pair[0]])
        if solved.leaves[uri] != values.get(uri)
    )
    changed = {n: v for n, v in solved.versions.items() if v is not None and values.get(catalogue.software[n].at) != v}
    installs = tuple(_install(catalogue, values, name, version) for name, version in changed.items())
    settled = Settled(tuple((w,) for w in writes), installs)
    removed = removals(catalogue, values, asked.gone, order)
    gone = uninstalls(catalogue, values, asked.gone, order, asked.meant, removed)
    strict = founded(catalogue, tuple(order), then)[0] if stand else order
    return PlannedServices(order, writes, settled, gone, frozenset(name for name in order if name not in strict))


def _install(catalogue: ServiceCatalogue, values: DeviceValues, name: str, version: str) -> Install:
    component = catalogue.software[name]
    package = min((p for p in component.packages if p.version == version), key=lambda p: p.cost)
    return Install(name, component.at, values.get(component.at), package)


_FEW: Final = 2_000
"""Sets that are looked at for chains of reasons, once it is known that there is no plan."""
_GOAL_WORDS: Final = {
    "want": "{} is set up",
    "keep": "{} goes on working",
    "hold": "{} stays set up",
    "gone": "{} is not used",
}


def _why(asked: Asked, goals: tuple[PlanGoal, ...], limit: int) -> NoPlan:
    """The goals that clash, all of them needed for the clash, then the chains that lead to it."""
    wanted = tuple(name for kind, name in goals if kind == "want")
    keep = tuple(name for kind, name in goals if kind == "keep")
    gone = tuple(name for kind, name in goals if kind == "gone" and name not in asked.never)
    never = {name: asked.never[name] for kind, name in goals if kind == "gone" and name in asked.never}
    hold = tuple(name for kind, name in goals if kind == "hold")
    part = replace(asked, wanted=wanted, gone=gone, keep=keep, hold=hold, never=never)
    search = ServiceSearch(part, min(limit, _FEW))
    search.run()
    chains = tuple(reason for reason in dict.fromkeys(search.reasons) if not reason.startswith("gave up"))
    goals_text = tuple(_GOAL_WORDS[kind].format(name) for kind, name in goals)
    reasons = chains or (f"it cannot be that {' while '.join(goals_text)}",)
    return NoPlan(asked.wanted, asked.dropped, reasons, search.explored, goals_text)
