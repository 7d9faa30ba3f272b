"""The laws of ``together``: a sample of all stories in every run, all of them nightly; and those found once."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from tests.mo.together import NAMES, A, B, Story, broken, play, stories

pytestmark = pytest.mark.slow

EVERY = tuple(stories())
SAMPLE = 1200
"""Stories of a usual run, some fifteen seconds; a nightly one plays every one."""


def sample() -> list[Story]:
    """Some of every pair of objects, and of every place where power goes, the same in every run."""
    rng = Random(18)
    by_pair: dict[tuple[str, str], list[Story]] = {}
    for story in EVERY:
        by_pair.setdefault((story.first, story.second), []).append(story)
    each = SAMPLE // len(by_pair)
    return [story for pair in by_pair.values() for story in rng.sample(pair, min(each, len(pair)))]


def test_the_laws_hold_in_a_sample_of_all_stories() -> None:
    chosen = sample()
    assert {(s.first, s.second) for s in chosen} == {(a, b) for a in NAMES for b in NAMES}
    assert {s.power for s in chosen} == {s.power for s in EVERY}
    found = [(story, faults) for story in chosen if (faults := broken(story))]
    assert not found, found[:3]


@pytest.mark.nightly
def test_the_laws_hold_in_every_story() -> None:
    found = [(story, faults) for story in EVERY if (faults := broken(story))]
    assert not found, found[:3]


def test_stories_do_what_they_are_for() -> None:
    """No law can hold for want of anything happening: most stories owe reports to both servers, many cut power."""
    owed: Counter[str] = Counter()
    for story in sample()[::12]:
        told = play(story)
        owed.update(by for by, _ in set(told.owed))
    assert owed[A] > 80 and owed[B] > 20


@pytest.mark.parametrize("story", [
    Story("diagmon", 0, "diagmon", 0, 1, None),  # Stop with another correlator
    Story("diagmon", 1, "diagmon", 3, 0, 6),
    Story("lawmo", 0, "fumo", 0, 2, 1, turned=True),  # a reset takes the states of objects mounted later along
    Story("lawmo", 0, "scomo", 4, 4, 1),
    Story("lawmo", 0, "dcmo", 0, 4, 1, unplugged=True),
    Story("lawmo", 1, "diagmon", 1, 6, 1),  # a wipe of everything takes states along
    Story("scomo", 1, "lawmo", 1, 0, 3),
    Story("trap", 0, "scomo", 3, 3, 6),  # a trap starts what cannot be started
    Story("trap", 0, "fumo", 0, 1, 0, turned=True),
    Story("scomo", 0, "scomo", 2, 1, None),  # a running download is deleted, another begins
])  # fmt: skip
def test_stories_that_were_broken_once(story: Story) -> None:
    assert not broken(story)
