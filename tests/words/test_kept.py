"""What came last, as a value: as the end of a list says, and one more thing costs the same however many are kept."""

from __future__ import annotations

import pickle
from random import Random

import pytest

from dmkit.words.kept import Kept
from tests.steps import python_lines


@pytest.mark.parametrize("weight", [lambda item: 0, int, lambda item: item * 2 % 7])
@pytest.mark.parametrize("most", [1, 3, 50])
def test_the_last_things_are_kept_as_a_list_has_them(most, weight):
    dice = Random(most)
    values = [(Kept(most=most, room=60, weight=weight), list[int]())]
    for _ in range(800):
        kept, known = values[-1] if dice.random() < 0.8 else dice.choice(values)  # an old value goes on by itself
        item = dice.randrange(100)
        known = [*known, item][-most:]
        while sum(map(weight, known)) > 60 and len(known) > 1:
            known = known[1:]
        values.append((kept.put(item), known))
    for kept, known in values:
        assert list(kept) == known and len(kept) == len(known) and list(reversed(kept)) == known[::-1]
        assert kept == tuple(known) and hash(kept) == hash(tuple(known)) and repr(kept) == repr(tuple(known))
        assert kept[1:] == tuple(known[1:]) and kept[-2:] == tuple(known[-2:])
        assert not known or (kept[0] == known[0] and kept[-1] == known[-1])
    kept = Kept(values[-1][0], most=most)
    again = pickle.loads(pickle.dumps(kept))
    assert again == kept and again.put(7) == kept.put(7) and again.most == most


def test_it_says_how_many_were_forgotten_and_differs_from_what_is_not_the_same():
    kept = Kept(range(7), most=4)
    assert kept.forgotten == 3 and pickle.loads(pickle.dumps(kept)).forgotten == 3
    assert kept == (3, 4, 5, 6) and kept != (3, 4, 5) and kept != [3, 4, 5, 6] and kept != (3, 4, 5, 7)
    with pytest.raises(IndexError):
        kept[4]


def test_values_that_have_nothing_in_common_share_nothing():
    nothing = Kept()
    one, other = nothing.put("a").put("b"), nothing.put("c")
    assert (one, other, nothing) == (("a", "b"), ("c",), ()) and nothing._things == {}


def test_one_more_costs_the_same_however_many_are_kept():
    def lines(n):
        kept = Kept(range(n), most=10**6)
        return python_lines(lambda: kept.put(1))

    assert lines(5000) == lines(50)


def test_things_that_are_forgotten_do_not_heap_up():
    kept = Kept(most=10)
    for at in range(1000):
        kept = kept.put(at)
        assert len(kept._things) < 100

    def lines(n):
        def work():
            kept = Kept(most=10)
            for at in range(n):
                kept = kept.put(at)

        return python_lines(work)

    assert lines(4000) < 2.1 * lines(2000)


def test_heavy_things_that_are_forgotten_do_not_heap_up_either():
    """Room is for what is kept and, once more, for what lies about: an item is 4, so four of them are kept."""
    kept, light = Kept(room=16, weight=int), Kept(most=50, room=16, weight=int)
    for at in range(500):
        kept, light = kept.put(4), light.put(0 if at % 3 else 20)
        assert kept == (4,) * min(at + 1, 4)
        for value in (kept, light):
            assert sum(weight for _, weight in value._things.values()) <= 2 * 16 + 2 * 20
    again = pickle.loads(pickle.dumps(kept))
    assert len(again._things) == 4 and again.put(4) == kept

    def lines(n):
        return python_lines(lambda: Kept([0, 20] * n, room=16, weight=int))

    assert lines(2000) < 2.1 * lines(1000)
