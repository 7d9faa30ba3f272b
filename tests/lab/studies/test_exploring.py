"""One attacker against one design, as the board of notebook 22 asks for it."""

import pytest

from dmkit.lab.studies import exploring

pytestmark = pytest.mark.unsound("attackers stand on the path")
NAMES = ("stranger", "chooses nonces")


@pytest.mark.parametrize("attacker", NAMES)
@pytest.mark.parametrize("design", ["md5 per session", "mac"])
def test_the_witness_is_the_shortest_of_all_goals_and_nothing_is_searched_beyond_it(attacker, design, monkeypatch):
    visited = []

    def counted(*given, **more):
        found = real(*given, **more)
        visited.append(found.states)
        return found

    real, eve = exploring.explore, exploring.ATTACKERS[attacker][0]
    every = real(design, eve)
    monkeypatch.setattr(exploring, "explore", counted)
    exploring._walked.cache_clear()
    shown = exploring.walk(design, attacker)
    assert len(shown.moves) == min(len(one[0].moves) for one in every.witnesses.values())
    assert sum(visited) < every.states / 5


def test_another_witness_is_of_the_same_goal_and_another_way():
    first, *others = (exploring.walk("md5 per session", "stranger", show=n) for n in range(3))
    assert {one.goal for one in others} == {first.goal}
    assert len({str(one) for one in (first, *others)}) == 3


def test_where_there_is_none_the_sentence_says_so_whichever_is_asked_for():
    assert exploring.walk("everything", "listener", show=2).startswith("safe from all goals: complete")
