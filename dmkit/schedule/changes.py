"""What is different between two schedules, in words."""

from __future__ import annotations

from typing import Final

from dmkit.schedule.value import Schedule
from dmkit.schedule.words import to_words
from dmkit.words.asked import asked

__all__ = ["diff"]


_NOTHING: Final[dict[str, None]] = {}


def _placed(plan: Schedule) -> dict[str, dict[str, None]]:
    """Lines of its words by their heading; the heading of a component stands for itself as an empty one."""
    top = "the schedule"
    found: dict[str, dict[str, None]] = {}
    for line in to_words(plan).split("\n"):
        if line.startswith("Component "):
            top = line
            found.setdefault(top, {})[""] = None
        elif line.startswith("  "):
            found.setdefault(top, {})[line.strip()] = None
    return found


@asked
def diff(before: Schedule, after: Schedule) -> tuple[str, ...]:
    """A sentence for each thing that is gone or new; none when the two say the same.

    >>> from dmkit.schedule.value import make
    >>> daily = make("A", ["Exec ./FUMO/Update"], base="20251201T030000Z", recur="FREQ=DAILY")
    >>> weekly = make("A", ["Exec ./FUMO/Update"], base="20251201T030000Z", recur="FREQ=WEEKLY", priority=1)
    >>> for line in diff(daily, weekly):
    ...     print(line)
    the schedule has priority 1, which is new
    Component 1 no longer is first due on 1 December 2025 at 03:00:00 UTC, then every day
    Component 1 is first due on 1 December 2025 at 03:00:00 UTC, then every week, which is new
    """
    old, new = _placed(before), _placed(after)
    found = [f"it is called {after.name}, no longer {before.name}"] if before.name != after.name else []
    tops = dict.fromkeys([*old, *new])
    for top in sorted(tops, key=lambda t: t != "the schedule"):
        gone, come = old.get(top, _NOTHING), new.get(top, _NOTHING)
        if top != "the schedule" and "" not in come:
            found.append(f"{top} is gone")
            continue
        if top != "the schedule" and "" not in gone:
            found.append(f"{top} is new: it {'; it '.join(line for line in come if line)}")
            continue
        found += [f"{top} no longer {line}" for line in gone if line and line not in come]
        found += [f"{top} {line}, which is new" for line in come if line and line not in gone]
    return tuple(found)
