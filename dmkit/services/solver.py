"""The cheapest set of services by clingo: ``plan.lp`` beside this file is the definition, ``facts.py`` what it is told.

The rules say what the search of ``planner`` does, in twenty lines: both, and a third that tries everything, are held
against each other in tests.  Total cost counts removals; ties go to members that stand earlier in their clauses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from dmkit.services.facts import PlanGoal, PlanGoals, alone, alone_costs, facts
from dmkit.services.nearby import nearby
from dmkit.services.solving import SolvingTime, solve
from dmkit.services.worth import RULES, UNIT, least, reduced, worth
from dmkit.words.asked import asked
from dmkit.words.lazy import wanted
from dmkit.words.records import dataclass

if TYPE_CHECKING:
    import clingo

__all__ = ["LimitReached", "PlanGoal", "Progress", "Solved", "available", "cheapest", "core", "definition"]

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
_SHOWN: Final = "#show in/1. #show pick/2. #show version/2."
_COST: Final = 2
"""The priority of what changes cost, in the definition; ties have a lower one."""
_TIES, _UNASKED, _COSTS = "% Among plans", "% Nothing is set up unasked", "% What it costs"
_SAME: Final = "% The same, said"
"""How paragraphs of the definition begin: the one that decides among plans of one cost; the one by which a set has no
more than is asked for, which a cheapest one has not, or for nothing, and then ``solved`` leaves it out; the costs;
what is said once more of clauses, which ``_say_clauses`` says in its place."""


@dataclass(frozen=True, slots=True)
class _Effort:
    """How plans with up to ``services`` services are looked for."""

    services: float
    without: tuple[str, ...]
    """Paragraphs of the definition that are left out."""
    options: tuple[str, ...]
    share: float = 0.6
    """The part of the time in which the best plan is looked for and bounded; the rest is for a good one."""
    prices: bool = True
    """Whether clauses are told what they are worth."""


_EFFORTS: Final = (
    _Effort(60, (), ("--opt-strategy=usc,oll,stratify", "--configuration=trendy"), prices=False),
    _Effort(300, (_TIES, _UNASKED),
            ("--opt-strategy=usc,oll,stratify", "--configuration=trendy", "--opt-usc-shrink=rgs"), prices=False),
    _Effort(float("inf"), (_TIES, _UNASKED), ("--opt-strategy=usc,k,stratify", "--opt-usc-shrink=min"),
            share=0.4),
)  # fmt: skip
"""Beyond 60 services ties are the solver's (its seed is fixed); beyond 300 a good plan comes before the best one."""


_STEPS: Final = 800
"""Small steps towards a good plan (``nearby``), before the solver bounds what the best one costs."""
_HURRIED: Final = ("--opt-strategy=bb,lin", "--configuration=jumpy", "--heuristic=Domain", "--dom-mod=false,opt")
"""How a good plan is looked for when time runs short: it proves nothing, and begins with as little as can be."""


def cheapest(goals: PlanGoals, *, time: SolvingTime | None = None, progress: Progress | None = None) -> Solved | None:
    """The cheapest set that has all that is asked; None when there is none.

    When ``time`` is up the best so far is taken; LimitReached when there is none yet, or when it was up before and the
    catalogue is large.
    """
    time = time or SolvingTime(None)
    large = len(goals.live) > _EFFORTS[0].services
    if time.is_up and large:
        raise LimitReached(_nothing(time))
    found, effort, seconds = _Found(goals, time, progress), _effort(goals), time.part()
    first = nearby(goals, _STEPS) if seconds is not None and large else None
    if first is not None:
        found.offer(first)
    share = 1.0 if first is not None else effort.share
    if found.look(_ground(goals), None if seconds is None else share * seconds):
        return found.best
    assert seconds is not None
    if first is None:
        hurried = _ground(goals, _HURRIED)
        if found.look(hurried, (1 - effort.share) * seconds) or (found.best is None and found.look(hurried, 0.0)):
            return found.best
    if found.best is None:
        raise LimitReached(_nothing(time))
    bound = min(found.lower, found.best.cost)
    return replace(found.best, bound=bound, is_best=bound == found.best.cost)


def _nothing(time: SolvingTime) -> str:
    return f"no plan was found in {time.seconds or 0.0:g} s, nor that there is none"


class _Found:
    """The best plan so far, and the cost below which none can be."""

    def __init__(self, goals: PlanGoals, time: SolvingTime, progress: Progress | None) -> None:
        self.goals, self.time, self.progress, self.counted = goals, time, progress, alone(goals)
        self.best: Solved | None = None
        self.lower = 0
        self.any_of_the_cheapest = _TIES in _effort(goals).without

    def offer(self, services: frozenset[str]) -> None:
        """Take a set that was found otherwise, each leaf of which one service alone writes."""
        costs, values = alone_costs(self.goals), self.goals.values
        leaves = {uri: value if name in services else values.get(uri) for uri, (name, value) in self.counted.items()}
        software = self.goals.catalogue.software
        versions = {name: values.get(component.at) for name, component in software.items()}
        cost = sum(costs.get(name, 0) for name in services)
        self.best = Solved(services, leaves, versions, cost, cost, is_best=False)
        self._tell()

    def look(self, grounded: tuple[clingo.Control, _Names], seconds: float | None) -> bool:
        """Solve for so many seconds, a few steps where there are none; True: the best is found, or there is none."""
        control, names = grounded
        self.lower = max(self.lower, names.least)

        def proved(bounds: Sequence[int]) -> None:
            self.lower = max(self.lower, -(-int(bounds[0]) // names.unit))
            told()

        def better(model: Any) -> None:
            cost = dict(zip(model.priority, model.cost, strict=True)).get(_COST, 0) // names.unit
            if self.best is not None and cost > self.best.cost:
                return
            services, leaves, versions = names.read(model)
            now = self.goals.values
            leaves |= {uri: value if name in services else now.get(uri) for uri, (name, value) in self.counted.items()}
            self.best = Solved(services, leaves, versions, cost, cost, bool(model.optimality_proven))
            told()

        def told() -> None:
            self._tell()
            if self.any_of_the_cheapest and self._proved():  # the solver may have parts of a cost of one to go
                control.interrupt()

        whole = solve(control, self.time, seconds, on_model=better, on_unsat=proved).exhausted
        ended = bool(whole) or self._proved()
        if ended and self.best is not None:
            self.best = replace(self.best, bound=self.best.cost, is_best=True)
        return ended

    def _proved(self) -> bool:
        return self.best is not None and self.lower >= self.best.cost

    def _tell(self) -> None:
        if self.progress is not None and self.best is not None:
            least = self.best.cost if self.best.is_best else min(self.lower, self.best.cost)
            self.progress(self.best.cost, least)


class LimitReached(Exception):
    """The time was up and nothing is known."""


@asked
def core(goals: PlanGoals, time: SolvingTime | None = None) -> tuple[PlanGoal, ...]:
    """A smallest part of what is asked that cannot be had: without any one of its goals the rest can.

    What else of ``gone`` is dropped may go for that, and so take away what stands in the way.  Where ``time`` is up, a
    goal stays of which a few steps do not tell that it could go.

    >>> from dmkit.services.tables import parse
    >>> two = parse('[service.a]\\nconflicts = ["b"]\\nsettings = {"./A" = "1"}\\n[service.b]\\n'
    ...             'settings = {"./B" = "1"}')
    >>> core(PlanGoals(two, {}, ["a", "b"]))
    (('want', 'a'), ('want', 'b'))
    """
    control, names = _ground(goals, costs=False)
    time = time or SolvingTime(None)

    def found(some: Sequence[PlanGoal]) -> bool | None:
        """Whether there is a plan; None: the time was up."""
        told: bool | None = solve(
            control, time, time.part(), assumptions=[(names.goal(goal), True) for goal in some]
        ).satisfiable
        return told

    left = list(goals.each)
    if found(left):
        return ()
    for goal in tuple(reversed(left)):
        fewer = [other for other in left if other != goal]
        if found(fewer) is False:
            left = fewer
    return tuple(left)


# -- clingo


class _Names:
    """Values and names as clingo's symbols, and back."""

    def __init__(self, clingo: Any, unit: int = 1, least: int = 0) -> None:
        self.clingo = clingo
        self.unit = unit
        """What a cost of one is to the solver."""
        self.least = least
        """A bound that is known before anything is solved."""

    def text(self, text: str) -> Any:
        return self.clingo.String(text)

    def value(self, value: str | None) -> Any:
        return self.clingo.Function(_NONE) if value is None else self.clingo.Function("v", [self.text(value)])

    def goal(self, goal: PlanGoal) -> Any:
        kind, name = goal
        return self.clingo.Function("on", [self.clingo.Function(kind), self.text(name)])

    def read(self, model: Any) -> tuple[frozenset[str], dict[str, str | None], dict[str, str | None]]:
        services, leaves, versions = set[str](), dict[str, str | None](), dict[str, str | None]()
        for atom in model.symbols(shown=True):
            if atom.name == "in":
                services.add(atom.arguments[0].string)
            else:
                where, what = atom.arguments
                told = leaves if atom.name == "pick" else versions
                told[where.string] = None if what.name == _NONE else what.arguments[0].string
        return frozenset(services), leaves, versions


def _effort(goals: PlanGoals) -> _Effort:
    live = len(goals.live)
    return next(effort for effort in _EFFORTS if live <= effort.services)


def _ground(goals: PlanGoals, hurried: tuple[str, ...] = (), *, costs: bool = True) -> tuple[clingo.Control, _Names]:
    clingo: Any = wanted("clingo")
    told, effort = list(facts(goals)), _effort(goals)
    prices = worth(goals, alone_costs(goals)) if costs and not hurried and effort.prices else {}
    unit = UNIT if prices else 1
    alone_then = reduced(goals, alone_costs(goals), prices, unit)
    names = _Names(clingo, unit, least(goals, alone_then, unit))
    told += [("worth", (*clause, price)) for clause, price in prices.items()]
    told += [("alone", pair) for pair in alone_then.items()]
    control = clingo.Control(
        ["--warn=none", "--seed=1", f"--const=unit={names.unit}", *((hurried or effort.options) if costs else ())]
    )
    left_out = (*effort.without, _SAME) if costs else (_TIES, _COSTS)
    kept = [part for part in definition().split("\n\n") if not (left_out and part.startswith(left_out))]
    control.add("base", [], "\n\n".join([*kept, *([RULES] if prices else ()), _SHOWN]))
    with control.backend() as backend:
        for name, arguments in told:
            symbols = [names.value(a[0]) if isinstance(a, tuple) else clingo.Number(a) if isinstance(a, int)
                       else names.text(a) for a in arguments]  # fmt: skip
            backend.add_rule([backend.add_atom(clingo.Function(name, symbols))])
        for goal in goals.each:
            backend.add_rule([backend.add_atom(names.goal(goal))], choice=not costs)
    control.ground([("base", [])])
    if costs:
        _say_clauses(control, names, told)
    return control, names


def _say_clauses(control: Any, names: _Names, told: Sequence[tuple[str, tuple[Any, ...]]]) -> None:
    """The paragraph that begins with ``_SAME``, without an atom for each clause: solving takes a third of the time."""
    other = {arguments[:2] for kind, arguments in told if kind in ("by_version", "by_fact", "any_fact")}
    clauses: dict[tuple[str, int], list[str]] = {}
    for kind, arguments in told:
        if kind == "by_service" and arguments[:2] not in other:
            clauses.setdefault(arguments[:2], []).append(arguments[2])
    literals = {a.symbol.arguments[0].string: a.literal for a in control.symbolic_atoms.by_signature("in", 1)}
    with control.backend() as backend:
        for (name, _), members in clauses.items():
            backend.add_rule([], [literals[name], *(-literals[member] for member in members)])
