"""Switches that only break together: all pairs of readings in few runs, and what is left of a failure when it is cut.

A covering array has, for every two factors and every two of their values, a row in which both stand.  Here a factor
is a switch on one side.  In each conversation the readings that break it alone stand at their default; so when a row
breaks it, two or more do so together, and leaving out one after the other shows which.

>>> rows = covering_array({"a": (0, 1), "b": (0, 1), "c": (0, 1)})
>>> len(rows) <= 6, sorted({(row["a"], row["b"]) for row in rows})
(True, [(0, 0), (0, 1), (1, 0), (1, 1)])
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from operator import itemgetter
from typing import Any, TypeVar

from dmkit.session.rules import Rules
from dmkit.workbench.readings.meeting import applies
from dmkit.workbench.readings.observed import Seen
from dmkit.workbench.readings.scene import ReadingCase, play
from dmkit.workbench.readings.switches import RuleSwitch, applied, shown

__all__ = ["Factor", "Together", "broken", "covering_array", "factors_of", "singles_of", "smallest", "together"]

F = TypeVar("F", bound=Hashable)
T = TypeVar("T")


@dataclass(frozen=True)
class Factor:
    """A switch on one side; ``number`` is its place among all, so that factors are hashed quickly."""

    side: str
    name: str

    def __str__(self) -> str:
        return f"{self.name} of the {self.side}"


@dataclass(frozen=True)
class Together:
    """Readings that break a conversation together, and none of them alone."""

    case: str
    readings: tuple[tuple[Factor, str], ...]
    why: str


def covering_array(factors: Mapping[F, Sequence[Any]]) -> list[dict[F, Any]]:
    """Rows in which every pair of values of every two factors stands together at least once; greedy, no chance in it.

    >>> len(covering_array({n: (0, 1) for n in range(20)})) <= 12
    True
    """
    names = list(factors)
    left: dict[tuple[F, F], set[tuple[Any, Any]]] = {
        (a, b): {(x, y) for x in range(len(factors[a])) for y in range(len(factors[b]))}
        for a, b in combinations(names, 2)
    }
    missing: dict[tuple[F, int], int] = {}
    for (a, b), pairs in left.items():
        for x, y in pairs:
            missing[a, x] = missing.get((a, x), 0) + 1
            missing[b, y] = missing.get((b, y), 0) + 1
    place = {name: n for n, name in enumerate(names)}
    rows: list[dict[F, Any]] = []
    while any(missing.values()):
        row: dict[F, int] = {}
        most = {name: max(missing.get((name, v), 0) for v in range(len(factors[name]))) for name in names}
        for _, _, name in sorted(((-most[name], place[name], name) for name in names), key=itemgetter(0, 1)):
            gains = {}
            for value in range(len(factors[name])):
                new = 0
                for other, chosen in row.items():
                    a, b = (name, other) if place[name] < place[other] else (other, name)
                    new += ((value, chosen) if a == name else (chosen, value)) in left[a, b]
                gains[value] = (new, missing.get((name, value), 0))
            row[name] = max(gains, key=gains.__getitem__)
        for a, b in combinations(names, 2):
            pair = (row[a], row[b])
            if pair in left[a, b]:
                left[a, b].discard(pair)
                missing[a, pair[0]] -= 1
                missing[b, pair[1]] -= 1
        rows.append({name: factors[name][value] for name, value in row.items()})
    return rows


def broken(run: Seen, base: Seen) -> bool:
    """Whether ``run`` does not come to what ``base`` comes to: a session that ends badly, or work that is not done."""
    return (base.well and not run.well) or bool(base.done - run.done)


def factors_of(switches: Iterable[RuleSwitch]) -> dict[Factor, tuple[tuple[RuleSwitch, Any], ...]]:
    """Each switch on each side, its default first."""
    return {
        Factor(side, switch.name): tuple((switch, value) for value in (switch.default, *switch.rivals))
        for switch in switches
        for side in ("device", "server")
        if switch.owner in ("Rules", "TreeRules")
    }


@lru_cache(maxsize=512)
def _base(case: ReadingCase) -> Seen:
    return play(case)


Single = tuple[str, str, str, str]
"""Case, side, switch and reading that breaks it alone."""


def singles_of(switches: Iterable[RuleSwitch], cases: Iterable[ReadingCase]) -> set[Single]:
    """What breaks a case alone, on the side of the device or of the server."""
    every, found = list(cases), set[Single]()
    for switch in switches:
        for case in every:
            if not applies(switch, case):
                continue
            for rival in switch.rivals:
                rules = {"device": case.device, "server": case.server}
                for side in rules:
                    turned = {**rules, side: applied(rules[side], switch, rival)}
                    if broken(play(case, turned["device"], turned["server"]), _base(case)):
                        found.add((case.name, side, switch.name, shown(rival)))
    return found


def smallest(readings: Sequence[T], breaks: Callable[[Sequence[T]], bool]) -> tuple[T, ...]:
    """What is left of ``readings`` when all is left out without which it still breaks.

    >>> smallest(list(range(40)), lambda chosen: {7, 31} <= set(chosen))
    (7, 31)
    """
    left = list(readings)
    size = max(1, len(left) // 2)
    while True:
        at = 0
        while at < len(left):
            without = left[:at] + left[at + size :]
            if without and breaks(without):
                left = without
            else:
                at += size
        if size == 1:
            return tuple(left)
        size //= 2


def together(
    switches: Iterable[RuleSwitch],
    cases: Iterable[ReadingCase],
    singles: Iterable[Single],
    *,
    progress: Callable[[int, int, str], None] | None = None,
) -> list[Together]:
    """Readings that break one of ``cases`` only together.

    ``singles`` are those that break one alone (``singles_of``); they stand at their default there.  Each set is told
    once, with the first conversation that shows it.
    """
    alone = set(singles)
    rows = covering_array(factors_of(switches))
    every = list(cases)
    found: dict[frozenset[tuple[Factor, str]], Together] = {}
    for number, row in enumerate(rows):
        if progress is not None:
            progress(number, len(rows), f"row {number + 1} of {len(rows)}")
        for case in every:
            for one in _in_case(case, row, alone):
                found.setdefault(frozenset(one.readings), one)
    return sorted(found.values(), key=lambda one: (len(one.readings), one.case, str(one.readings)))


def _in_case(case: ReadingCase, row: Mapping[Factor, tuple[RuleSwitch, Any]], alone: set[Single]) -> list[Together]:
    chosen = [
        (factor, switch, value)
        for factor, (switch, value) in row.items()
        if value is not switch.default
        and applies(switch, case)
        and (case.name, factor.side, switch.name, shown(value)) not in alone
    ]
    base = _base(case)

    def run(part: Sequence[tuple[Factor, RuleSwitch, Any]]) -> Seen:
        rules: dict[str, Rules] = {"device": case.device, "server": case.server}
        for factor, switch, value in part:
            rules[factor.side] = applied(rules[factor.side], switch, value)
        return play(case, rules["device"], rules["server"])

    found: list[Together] = []
    while chosen and broken(run(chosen), base):
        left = list(smallest(chosen, lambda part: broken(run(part), base)))
        last = run(left)
        lost = sorted(base.done - last.done)
        ends = [end for end in last.ended.values() if end != "DONE"]
        why = f"not done: {lost[0][1]}" if lost else f"ends with {ends[0]}" if ends else ""
        readings = tuple(sorted(((factor, shown(value)) for factor, _, value in left), key=str))
        if len(left) > 1:
            found.append(Together(case.name, readings, why))
        chosen = [entry for entry in chosen if entry is not left[-1]]
    return found
