"""What a schedule will do: its next due times, a week as a line of marks, what a month costs.

>>> from dmkit.schedule.value import make
>>> plan = make("A", ["Exec ./FUMO/Update"], base="20251201T030000Z", recur="FREQ=DAILY")
>>> print(timeline(plan, begins="20251201T000000Z", days=2))
1      ---|-----------------------|--------------------
>>> cost(plan).sessions
30
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from itertools import islice, takewhile
from typing import Final, NamedTuple

from dmkit.mo.sched.time import UTC, Readings, Recurrence, parse, printed, seconds_of
from dmkit.schedule.value import Schedule
from dmkit.words.asked import asked
from dmkit.words.errors import ConfigError

__all__ = ["Cost", "cost", "due_times", "next_dues", "recurrence", "timeline"]

MONTH: Final = 30 * 86400.0
_MOST: Final = 100_000
SESSION_OCTETS: Final = 1100
"""Octets of a session that reports one run, both ways (WBXML, MD5; docs/scheduling.md: 7800 in 7 sessions)."""


class Cost(NamedTuple):
    """A month of a schedule, by its due times alone: runs, sessions with the server, octets, questions to the user."""

    runs: int
    sessions: int
    octets: int
    questions: int


def recurrence(plan: Schedule, component: str) -> Recurrence | None:
    """The Time of a component; ConfigError for one that is wrong, None when there is none."""
    time = f"Component/{component}/Condition/Time"
    base = plan.get(f"{time}/Base")
    if not base:
        return None
    try:
        return parse(base, *(plan.get(f"{time}/{leaf}") for leaf in ("Recur", "ExDate", "RDate")))
    except ValueError as error:
        raise ConfigError(f"{plan.name} {time}: {error}") from None


def due_times(
    plan: Schedule, component: str, begins: float, *, local: tzinfo = UTC, readings: Readings | None = None
) -> Iterator[float]:
    """Due times of a component from ``begins`` on and within validity."""
    rule = recurrence(plan, component)
    if rule is None:
        return
    first, last = plan.get("Valid/From"), plan.get("Valid/To")
    begins = max(begins, seconds_of(first, local)) if first else begins
    ends = seconds_of(last, local) if last else float("inf")
    yield from takewhile(lambda due: due < ends, rule.dues(local, readings=readings, begins=begins))


@asked
def next_dues(
    plan: Schedule, count: int = 5, *, after: str = "", component: str = "", local: tzinfo = UTC
) -> tuple[str, ...]:
    """The next ``count`` due times from ``after`` on (the first Base when empty), of all components or of one.

    >>> from dmkit.schedule.value import make
    >>> plan = make("Poll", ["Replace ./Vendor/Poll 60"], base="20251201T030000Z", recur="FREQ=DAILY")
    >>> next_dues(plan, 1, after="20251224T000000Z")
    ('20251224T030000Z',)
    """
    names = [component] if component else list(plan.components)
    bases = [plan.get(f"Component/{n}/Condition/Time/Base") for n in names]
    begins = seconds_of(after, local) if after else min((seconds_of(b, local) for b in bases if b), default=0.0)
    found = {due for name in names for due in islice(due_times(plan, name, begins, local=local), count)}
    return tuple(printed(due) for due in sorted(found)[:count])


@asked
def timeline(plan: Schedule, *, begins: str, days: int = 7, local: tzinfo = UTC) -> str:
    """A line for each component: a day has 24 hours, ``|`` an hour in which it is due, a blank no time at all.

    >>> from dmkit.schedule.value import make
    >>> plan = make("Poll", ["Replace ./Vendor/Poll 60"], base="20251201T030000Z", recur="FREQ=DAILY")
    >>> len(timeline(plan, begins="20251201T000000Z", days=2).splitlines())
    1
    """
    start = seconds_of(begins, local)
    lines = []
    for name in plan.components:
        if recurrence(plan, name) is None:
            lines.append(f"{name:6} (by events and values)")
            continue
        hours = [False] * (24 * days)
        found = due_times(plan, name, start, local=local)
        for due in takewhile(lambda due: due < start + days * 86400, islice(found, _MOST)):
            hours[int((due - start) // 3600)] = True
        marks = "".join("|" if hour else "-" for hour in hours)
        lines.append(f"{name:6} {marks}")
    return "\n".join(lines)


@asked
def cost(plan: Schedule, *, begins: str = "", local: tzinfo = UTC) -> Cost:
    """What 30 days from ``begins`` on cost, by due times: events and values are not counted.

    >>> from dmkit.schedule.value import make
    >>> plan = make("Poll", ["Replace ./Vendor/Poll 60"], base="20251201T030000Z", recur="FREQ=DAILY")
    >>> cost(plan, begins="20251201T000000Z")[0]
    30
    """
    bases = [b for n in plan.components if (b := plan.get(f"Component/{n}/Condition/Time/Base"))]
    start = seconds_of(begins, local) if begins else min((seconds_of(b, local) for b in bases), default=0.0)
    runs = questions = 0
    for name in plan.components:
        found = islice(due_times(plan, name, start, local=local), _MOST)
        count = sum(1 for _ in takewhile(lambda due: due < start + MONTH, found))
        runs += count
        questions += count * (plan.get(f"Component/{name}/UI/Mode", "0") in ("2", "3"))
    silent = int(plan.get("Report/Gating", "0") or 0) & 1
    sessions = runs if plan.get("Report/When", "0") == "0" and not silent else 0
    return Cost(runs, sessions, sessions * SESSION_OCTETS, questions)
