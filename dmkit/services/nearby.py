"""A good set of services by small steps: before a solver bounds what a plan must cost, somebody has one at hand.

Begin with what is asked and, for each clause, the member that looks cheapest; take away what nobody leans on.  Then,
again and again, do without one service, mend the clauses that lose by it, take away what is spare, and keep what costs
no more.  That finds the best set of two hundred services in a twentieth of a second, as a rule, and proves nothing.

It is for plain situations: services that need nothing but services, in no ring, each with leaves of its own.

>>> from dmkit.services.tables import parse
>>> two = parse('[service.a]\\nneeds = [["b", "c"]]\\nsettings = {"./A" = "1"}\\n'
...             '[service.b]\\nsettings = {"./B" = "1", "./B2" = "1"}\\n[service.c]\\nsettings = {"./C" = "1"}')
>>> sorted(nearby(PlanGoals(two, {}, ["a"]), 10))
['a', 'c']
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from graphlib import TopologicalSorter
from random import Random
from typing import Final

from dmkit.services.facts import PlanGoals, alone_costs, facts

__all__ = ["nearby"]

_SHARED: Final = 0.35
"""The part of what a member costs that counts for who needs it: others need it too."""
_ODDS: Final = (0.7, 1.3)
"""What prices are multiplied by, drawn anew at each choice, so that not always the same one is made."""
_DEARER: Final = 0.25
"""How often a set that costs one more is kept, so that there is a way out of a dead end."""


def nearby(goals: PlanGoals, steps: int) -> frozenset[str] | None:
    """A good set with all that is asked, after so many ``steps``; None where the situation is not plain, or none found.

    The same goals and steps give the same set.
    """
    told = list(facts(goals))
    plain = {arguments[0] for kind, arguments in told if kind == "plain"}
    live = {arguments[0] for kind, arguments in told if kind == "service"}
    if plain != live or any(kind in ("leaf", "rival", "spare") for kind, _ in told):
        return None
    services = goals.catalogue.services
    refused = {*goals.gone, *goals.never}
    below = {name: {m.name for m in services[name].needed()} for name in sorted(live)}
    number = dict[str, int]()
    """Of those that can be had at all, in an order in which those below come first."""
    for name in TopologicalSorter(below).static_order():
        if name not in refused and all(any(m.name in number for m in clause) for clause in services[name].needs):
            number[name] = len(number)
    must = list(dict.fromkeys((*goals.want, *goals.keep)))
    if any(name not in number for name in must):
        return None
    needs = [
        [tuple(number[m.name] for m in clause if m.name in number) for clause in services[name].needs]
        for name in number
    ]
    costs = alone_costs(goals)
    search = _Steps(needs, [costs.get(name, 0) for name in number], [number[name] for name in must])
    able = tuple(number)
    return frozenset(able[at] for at in search.run(steps))


class _Steps:
    """Services as numbers, those below before those above; which are in the set, and which clauses lean on how many."""

    def __init__(self, needs: Sequence[Sequence[tuple[int, ...]]], costs: Sequence[int], must: Sequence[int]) -> None:
        self.costs, self.must = costs, frozenset(must)
        self.dice = Random(1)
        self.inside = [False] * len(needs)
        self.members = [clause for clauses in needs for clause in clauses]
        self.owner = [at for at, clauses in enumerate(needs) for _ in clauses]
        self.fulfilled = [0] * len(self.members)
        """By how many members each clause is fulfilled."""
        self.own = [list[int]() for _ in needs]
        self.users = [list[int]() for _ in needs]
        for clause, at in enumerate(self.owner):
            self.own[at].append(clause)
            for member in dict.fromkeys(self.members[clause]):
                self.users[member].append(clause)
        self.price = list[float]()
        for at, clauses in enumerate(needs):
            self.price.append(costs[at] + _SHARED * sum(min(self.price[m] for m in clause) for clause in clauses))

    def run(self, steps: int) -> frozenset[int]:
        """The cheapest set that was met."""
        for at in self.must:
            self.put(at)
        self.mend([clause for at in self.must for clause in self.own[at]], -1)
        self.prune()
        now = sum(self.costs[at] for at, there in enumerate(self.inside) if there)
        best, least = self.members_now(), now
        for _ in range(steps):
            spare = [at for at, there in enumerate(self.inside) if there and at not in self.must]
            if not spare:
                break
            without = self.dice.choice(spare)
            self.take(without)
            added, whole = self.mend([c for c in self.users[without] if self.inside[self.owner[c]]], without)
            gone = [without, *(self.prune() if whole else ())]
            cost = now + sum(self.costs[at] for at in added) - sum(self.costs[at] for at in gone)
            if whole and cost <= now + (self.dice.random() < _DEARER):
                now = cost
                if now < least:
                    best, least = self.members_now(), now
                continue
            for at in gone:
                self.put(at)
            for at in added:
                self.take(at)
        return best

    def members_now(self) -> frozenset[int]:
        return frozenset(at for at, there in enumerate(self.inside) if there)

    def put(self, at: int) -> None:
        self.inside[at] = True
        for clause in self.users[at]:
            self.fulfilled[clause] += 1

    def take(self, at: int) -> None:
        self.inside[at] = False
        for clause in self.users[at]:
            self.fulfilled[clause] -= 1

    def mend(self, clauses: Iterable[int], without: int) -> tuple[list[int], bool]:
        """Put in what the ``clauses``, and those of what is put in, lack; what that was, and whether it could be."""
        added, left = list[int](), list(clauses)
        while left:
            clause = left.pop()
            if not self.fulfilled[clause]:
                ways = [member for member in self.members[clause] if member != without]
                if not ways:
                    return added, False
                chosen = min(ways, key=self.looks)
                self.put(chosen)
                added.append(chosen)
                left += self.own[chosen]
        return added, True

    def prune(self) -> list[int]:
        """Take out what is spare, what looks dearest first; what that was."""
        out, again = list[int](), True
        there = sorted((at for at, inside in enumerate(self.inside) if inside), key=self.looks, reverse=True)
        while again:
            again = False
            for at in there:
                if self.inside[at] and at not in self.must and self.is_spare(at):
                    self.take(at)
                    out.append(at)
                    again = True
        return out

    def is_spare(self, at: int) -> bool:
        return all(self.fulfilled[clause] > 1 or not self.inside[self.owner[clause]] for clause in self.users[at])

    def looks(self, at: int) -> float:
        """What it costs with all below it, as it looks just now."""
        return self.price[at] * self.dice.uniform(*_ODDS)
