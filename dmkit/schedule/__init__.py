"""Schedules of the Scheduling MO as readable data: a value that is a tree, TOML, a calendar file, or plain words.

>>> import dmkit as dm
>>> plan = dm.schedule.make("Poll", ["Replace ./Vendor/Acme/Poll 60"], base="20251201T030000Z", recur="FREQ=DAILY")
>>> print(dm.schedule.to_words(plan))
Schedule Poll
Component 1
  is first due on 1 December 2025 at 03:00:00 UTC, then every day
  does Replace ./Vendor/Acme/Poll with 60
>>> dm.schedule.from_words(dm.schedule.to_words(plan)) == plan == dm.schedule.from_toml(dm.schedule.to_toml(plan))
True
>>> dm.schedule.next_dues(plan, 2, after="20251224T000000Z")
('20251224T030000Z', '20251225T030000Z')
"""

from dmkit.schedule.changes import diff
from dmkit.schedule.checks import ScheduleFinding, lint
from dmkit.schedule.dues import cost, next_dues, timeline
from dmkit.schedule.ics import from_ics, to_ics
from dmkit.schedule.placing import place
from dmkit.schedule.value import Schedule, commands_of, from_toml, from_tree, make, to_toml, to_tree
from dmkit.schedule.words import from_words, to_words

__all__ = [
           "Schedule",
           "ScheduleFinding",
           "commands_of",
           "cost",
           "diff",
           "from_ics",
           "from_toml",
           "from_tree",
           "from_words",
           "lint",
           "make",
           "next_dues",
           "place",
           "timeline",
           "to_ics",
           "to_toml",
           "to_tree",
           "to_words",
]  # fmt: skip


def __dir__() -> list[str]:
    return sorted(__all__)
