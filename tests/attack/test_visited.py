"""Where a search has been: the way back is made of moves that follow each other, and no two states are one."""

import pytest

from dmkit.attack.explorer import explore
from dmkit.attack.places import SearchState
from dmkit.attack.powers import PATH, Attacker
from dmkit.attack.visited import Visited
from dmkit.attack.world import StateSpace


@pytest.mark.parametrize("design", ["basic", "mac", "md5 per session"])
def test_the_way_to_a_witness_is_a_chain_of_moves(design: str) -> None:
    found = explore(design, Attacker.of(*PATH, budget=1), stop=False)
    assert found.witnesses
    for [witness] in found.witnesses.values():
        world = StateSpace(design, Attacker.of(*PATH, budget=1))
        place = world.plain(world.first)
        for step in witness.moves:
            [move] = [move for move in world.moves(place) if move.name == step.name]
            assert (move.powers, move.breaches) == (step.powers, step.breaches)
            place = world.plain(move.to)
        assert witness.goal in dict(witness.moves[-1].breaches)


def test_states_that_differ_in_one_number_are_two() -> None:
    visited = Visited(StateSpace("basic", Attacker.of()))
    places = [
        SearchState(*numbers, 1)
        for numbers in ((0, 0, (), 0), (1, 0, (), 0), (0, 1, (), 0), (0, 0, (1,), 0), (0, 0, (1, 1), 0), (0, 0, (), 1))
    ]
    assert [visited.add(place, 0, 0) for place in places] == [True] * 6
    assert not any(visited.add(place, 0, 0) for place in places)
    assert not visited.add(places[0]._replace(left=0), 0, 0) and visited.add(places[0]._replace(left=2), 0, 0)
    assert len(visited) == 7
