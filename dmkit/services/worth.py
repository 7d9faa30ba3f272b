"""What each need is worth: prices by which the costs of services tell by themselves what no plan can do without.

A service of a set has, for each clause, one of its members there.  So a price may be put on the service and taken off
each member, if it is paid again for each member that is spare (a second one, or one there without the service): no set
costs more or less.  Prices chosen well move what must be paid to the services that are wanted, where a solver sees it
at once.  The best are the dual values of the linear program; some hundred steps uphill come within three in a hundred.
Any prices are right; where there is no set at all they would grow without end, and then there are none.

>>> from dmkit.services.tables import parse
>>> two = parse('[service.a]\\nneeds = [["b", "c"]]\\nsettings = {"./A" = "1"}\\n'
...             '[service.b]\\nsettings = {"./B" = "1"}\\n[service.c]\\nsettings = {"./C" = "1"}')
>>> worth(PlanGoals(two, {}, ["a"]), {"a": 1, "b": 1, "c": 1})
{('a', 0): 12}
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, Final

from dmkit.services.facts import PlanGoals
from dmkit.words.lazy import wanted

__all__ = ["RULES", "UNIT", "least", "reduced", "worth"]

UNIT: Final = 12
"""Into how many parts a cost of one is divided, so that prices are whole numbers."""
RULES: Final = """
#minimize { Y@2,extra,S,I,K : worth(S,I,Y), member(S,I,K,N), in(N), not in(S) ;
            Y@2,spare,S,I,K : worth(S,I,Y), member(S,I,K,N), in(S), in(N), member(S,I,J,M), J < K, in(M) }.
"""
"""What is paid for each member that is spare; the rest of the prices is in alone(S,K), by ``reduced``."""
_STEPS: Final = 300
"""Steps uphill; more gain less than they take."""
_FEW: Final = 0.05
"""Prices below this are dropped, and the others take the rest of the way: a solver likes few."""
_PATIENCE: Final = 15
"""Steps without gain, after which the next ones are shorter."""
_SHORTER, _ONWARD = 0.7, 0.6
"""By what they become shorter, and how much of a step goes on into the next one."""
_HOPED: Final = 1.08
"""The sum is hoped to grow by so much: the length of a step is measured by it."""


def worth(goals: PlanGoals, costs: Mapping[str, int]) -> dict[tuple[str, int], int]:
    """Prices of clauses, in parts of ``UNIT``, by service and place; ``costs`` is what each service changes alone.

    Only clauses that nothing but services can fulfil have one.  Empty without numpy: a solver does without prices.
    """
    clauses = _clauses(goals)
    if not clauses or find_spec("numpy") is None:
        return {}
    np: Any = wanted("numpy")
    names = {name: at for at, name in enumerate(sorted({n for (owner, _), them in clauses for n in (owner, *them)}))}
    owner = np.array([names[name] for (name, _), _ in clauses])
    row = np.array([at for at, (_, members) in enumerate(clauses) for _ in members])
    member = np.array([names[name] for _, members in clauses for name in members])
    cost = np.array([float(costs.get(name, 0)) for name in names])
    asked, refused = {*goals.want, *goals.keep, *goals.hold}, {*goals.gone, *goals.never}
    there = np.array([name in asked for name in names])
    open_ = np.array([name not in asked and name not in refused for name in names])
    rows, most = (owner, member, row), float(cost.sum())
    prices = _uphill(np, cost, there, open_, rows, np.zeros(len(clauses)), 1.0)
    prices = _uphill(np, cost, there, open_, rows, np.where(prices > _FEW, prices, 0.0), 0.5)
    if not prices.max() <= most:
        return {}
    told = np.floor(prices * UNIT + 0.5).astype(int)
    return {key: int(price) for (key, _), price in zip(clauses, told, strict=True) if price > 0}


def reduced(
    goals: PlanGoals, costs: Mapping[str, int], prices: Mapping[tuple[str, int], int], unit: int = 1
) -> dict[str, int]:
    """What each service costs, in parts: its own clauses added, those that it stands in taken away."""
    left = {name: cost * unit for name, cost in costs.items()}
    for (name, at), price in prices.items():
        left[name] = left.get(name, 0) + price
        for member in goals.catalogue.services[name].needs[at]:
            left[member.name] = left.get(member.name, 0) - price
    return {name: cost for name, cost in left.items() if cost}


def least(goals: PlanGoals, costs: Mapping[str, int], unit: int = 1) -> int:
    """A cost below which no set is, by ``costs`` in parts of ``unit``: what is asked is in, the rest where it helps."""
    asked, refused = {*goals.want, *goals.keep, *goals.hold}, {*goals.gone, *goals.never}
    parts = sum(cost if name in asked else min(cost, 0) for name, cost in costs.items() if name not in refused)
    return max(0, -(-parts // unit))


def _clauses(goals: PlanGoals) -> list[tuple[tuple[str, int], tuple[str, ...]]]:
    """The clauses of live services that consist of services, each once for its service, with their places."""
    found: dict[tuple[str, tuple[str, ...]], int] = {}
    live = goals.live
    for name, service in goals.catalogue.services.items():
        for at, clause in enumerate(service.needs):
            members = tuple(member.name for member in clause if member.kind == "service")
            if name in live and len(set(members)) == len(clause):
                found.setdefault((name, members), at)
    return [((name, at), members) for (name, members), at in found.items()]


def _uphill(np: Any, cost: Any, there: Any, open_: Any, rows: tuple[Any, Any, Any], prices: Any, length: float) -> Any:
    """Prices with which what is asked costs as much as can be reached, by steps along the subgradient."""
    owner, member, row = rows
    count, size = len(owner), len(cost)
    fixed = (prices <= 0) if prices.any() else np.zeros(count, bool)
    step, best, best_prices, since = np.zeros(count), float("-inf"), prices, 0
    for _ in range(_STEPS):
        reduced = cost + np.bincount(owner, prices, size) - np.bincount(member, prices[row], size)
        total = float(reduced[there].sum() + np.minimum(reduced[open_], 0).sum())
        if total > best + 1e-3:
            best, best_prices, since = total, prices, 0
        elif (since := since + 1) >= _PATIENCE:
            length, since = length * _SHORTER, 0
        taken = np.where(there | (open_ & (reduced < 0)), 1.0, 0.0)
        slope = taken[owner] - np.bincount(row, taken[member], count)
        step = np.where(fixed | ((prices <= 0) & (slope < 0)), 0.0, slope) + _ONWARD * step
        norm = float(step @ step)
        if norm == 0 or total > 2 * cost.sum():  # none better; or there is no set
            break
        prices = np.maximum(0, prices + length * (max(best * _HOPED, best + 2) - total) / norm * step)
    return best_prices
