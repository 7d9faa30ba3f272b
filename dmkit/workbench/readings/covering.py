"""Switches that only break together: all pairs of readings in few runs, and what is left of a failure when it is cut.

A covering array has, for every two factors and every two of their values, a row in which both stand.  Here a factor
is a switch on one side.  In each conversation the readings that break it alone stand at their default; so when a row
breaks it, two or more do so together, and leaving out one after the other shows which.

>>> rows = covering_array({"a": (0, 1), "b": (0, 1), "c": (0, 1)})
>>> len(rows) <= 6, sorted({(row["a"], row["b"]) for row in rows})
(True, [(0, 0), (0, 1), (1, 0), (1, 1)])
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from operator import itemgetter
from typing import Any, Final, TypeVar

from dmkit.words.asked import asked
from dmkit.workbench.readings.meeting import applies
from dmkit.workbench.readings.observed import Seen
from dmkit.workbench.readings.scene import ReadingCase
from dmkit.workbench.readings.switches import RuleSwitch, shown, switch_of
from dmkit.workbench.readings.watched import ReadingChoice, ReadingRuns, RuleSide, base_of

__all__ = [
    "Factor",
    "Together",
    "broken",
    "covering_array",
    "covering_rows",
    "factors_of",
    "singles_of",
    "smallest",
    "together",
]

F = TypeVar("F", bound=Hashable)
T = TypeVar("T")
SIDES: Final[tuple[RuleSide, ...]] = ("device", "server")


@dataclass(frozen=True)
class Factor:
    """A switch on one side; ``number`` is its place among all, so that factors are hashed quickly."""

    side: RuleSide
    name: str

    def __str__(self) -> str:
        return f"{self.name} of the {self.side}"


@dataclass(frozen=True)
class Together:
    """Readings that break a conversation together, and none of them alone."""

    case: str
    readings: tuple[tuple[Factor, str], ...]
    why: str


@asked
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
        for side in SIDES
        if switch.owner in ("Rules", "TreeRules")
    }


@lru_cache(maxsize=4)
def covering_rows(names: tuple[str, ...]) -> tuple[Mapping[Factor, tuple[RuleSwitch, Any]], ...]:
    """The covering array of the switches of these names on both sides, made once."""
    return tuple(covering_array(factors_of(map(switch_of, names))))


Single = tuple[str, str, str, str]
"""Case, side, switch and reading that breaks it alone."""


def singles_of(switches: Iterable[RuleSwitch], cases: Iterable[ReadingCase]) -> set[Single]:
    """What breaks a case alone, on the side of the device or of the server."""
    every, found = list(cases), set[Single]()
    for switch in switches:
        for case in every:
            if not applies(switch, case):
                continue
            runs, base = ReadingRuns(case), base_of(case).seen
            for rival in switch.rivals:
                for side in SIDES:
                    if broken(runs.run([(side, switch, rival)]).seen, base):
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
    rows = covering_rows(tuple(switch.name for switch in switches))
    every = list(cases)
    found: dict[frozenset[tuple[Factor, str]], tuple[int, Together]] = {}
    for number, case in enumerate(every):
        if progress is not None:
            progress(number, len(every), case.name)
        runs = ReadingRuns(case)
        for place, row in enumerate(rows):
            for one in _in_case(runs, row, alone):
                readings = frozenset(one.readings)
                if readings not in found or place < found[readings][0]:
                    found[readings] = (place, one)
    return sorted((one for _, one in found.values()), key=lambda one: (len(one.readings), one.case, str(one.readings)))


def _in_case(runs: ReadingRuns, row: Mapping[Factor, tuple[RuleSwitch, Any]], alone: set[Single]) -> Iterator[Together]:
    case = runs.case
    chosen: list[ReadingChoice] = [
        (factor.side, switch, value)
        for factor, (switch, value) in row.items()
        if value is not switch.default
        and applies(switch, case)
        and (case.name, factor.side, switch.name, shown(value)) not in alone
    ]
    base = base_of(case).seen
    while chosen and broken((whole := runs.run(chosen)).seen, base):
        chosen = [entry for entry in chosen if entry[1].name in getattr(whole, entry[0])]
        left = smallest(chosen, lambda part: broken(runs.run(part).seen, base))
        last = runs.run(left).seen
        lost = sorted(base.done - last.done)
        ends = [end for end in last.ended.values() if end != "DONE"]
        why = f"not done: {lost[0][1]}" if lost else f"ends with {ends[0]}" if ends else ""
        readings = sorted(((Factor(side, switch.name), shown(value)) for side, switch, value in left), key=str)
        if len(left) > 1:
            yield Together(case.name, tuple(readings), why)
        chosen = [entry for entry in chosen if entry is not left[-1]]
