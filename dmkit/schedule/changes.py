"""What is different between two schedules, in words."""

from __future__ import annotations

from dmkit.schedule.value import Schedule
from dmkit.schedule.words import to_words
from dmkit.words.asked import asked

__all__ = ["diff"]


def _placed(plan: Schedule) -> dict[tuple[str, str], str]:
    """Lines of its words, each below its heading."""
    top, found = "the schedule", {}
    for line in to_words(plan).split("\n"):
        if line.startswith("Component "):
            top = line
            found[top, ""] = ""
        elif line.startswith("  "):
            found[top, line.strip()] = line.strip()
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
    tops = list(dict.fromkeys([*(top for top, _ in old), *(top for top, _ in new)]))
    for top in sorted(tops, key=lambda t: (t != "the schedule", tops.index(t))):
        if top != "the schedule" and (top, "") not in new:
            found.append(f"{top} is gone")
            continue
        if top != "the schedule" and (top, "") not in old:
            found.append(f"{top} is new: it {'; it '.join(line for t, line in new if t == top and line)}")
            continue
        found += [f"{top} no longer {line}" for (t, line) in old if t == top and line and (t, line) not in new]
        found += [f"{top} {line}, which is new" for (t, line) in new if t == top and line and (t, line) not in old]
    return tuple(found)
