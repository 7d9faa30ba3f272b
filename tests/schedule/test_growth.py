"""Schedules of many runs and of many components take time in proportion: looks at leaves, and lines, counted."""

from __future__ import annotations

import pytest

import dmkit as dm
from dmkit.schedule.value import Schedule
from tests.steps import python_lines

PART = {"runs": ["Replace ./A 1"], "base": "20251201T030000Z", "recur": "FREQ=DAILY"}


def of_runs(n: int) -> Schedule:
    return dm.schedule.make("S", [f"Replace ./A{at} 1" for at in range(n)], **{k: PART[k] for k in ("base", "recur")})


def of_components(n: int) -> Schedule:
    return dm.schedule.make("S", parts=[{**PART, "runs": [f"Replace ./A{at} 1"]} for at in range(n)])


class Leaves(tuple[tuple[str, str], ...]):
    """Leaves that count how often one of them is looked at."""

    seen = 0

    def __iter__(self):  # type: ignore[no-untyped-def]
        for one in super().__iter__():
            Leaves.seen += 1
            yield one


@pytest.mark.parametrize("made", [of_runs, of_components])
@pytest.mark.parametrize("use", [dm.schedule.lint, dm.schedule.to_words, lambda plan: dm.schedule.diff(plan, plan)])
def test_leaves_are_looked_at_in_proportion(made, use) -> None:  # type: ignore[no-untyped-def]
    def seen(n: int) -> int:
        plan = made(n)
        counted = Schedule(plan.name, Leaves(plan.leaves))
        Leaves.seen = 0
        use(counted)
        return Leaves.seen + python_lines(lambda: use(counted))

    seen(10)
    few, many, most = (seen(n) for n in (40, 80, 160))
    assert most - many < 2.3 * (many - few) + 300, (few, many, most)


def test_places_are_those_of_the_leaves() -> None:
    plan = of_components(3)
    assert plan.components == ("1", "2", "3") == plan.below("Component")
    assert plan.below("Component/2/Task") == ("1",) and plan.below("Nothing") == ()
    assert [plan[path] for path, _ in plan.leaves] == [value for _, value in plan.leaves]
    assert plan.get("Nothing", "x") == "x" and plan == of_components(3) and hash(plan) == hash(of_components(3))
    assert dm.schedule.diff(of_components(2), plan)[0].startswith("Component 3 is new: it ")
