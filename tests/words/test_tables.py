"""Tables and queues that are values: as a dict and a sorted list say, and a change looks at few of many."""

from __future__ import annotations

import copy
import pickle
from random import Random

import pytest

from dmkit.words.tables import Queue, Table
from tests.steps import CountedText, python_lines


class Alike:
    """A key whose hash is that of all others of its kind."""

    def __init__(self, name: int) -> None:
        self.name = name

    def __hash__(self) -> int:
        return 7

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Alike) and self.name == other.name


@pytest.mark.parametrize("kind", [int, str, Alike, lambda n: (n % 7, n)])
def test_a_table_is_as_a_dict_that_is_copied(kind):
    dice = Random(1)
    table, known, before = Table(), {}, []
    for _ in range(600):
        key, value = kind(dice.randrange(150)), dice.random()
        before.append((table, dict(known)))
        if dice.random() < 0.4:
            table = table.without(key)
            known.pop(key, None)
        else:
            table = table.put(key, value)
            known[key] = value
        assert table.get(key) == known.get(key) and (key in table) == (key in known) and len(table) == len(known)
    assert len(known) > 30, "the table has become wide"
    for old, then in before[::50]:
        assert list(old) == list(then) and old.values() == list(then.values()) and old == then
    assert hash(table) == hash(Table(known)) and table != Table() and table.without(object()) is table


def test_a_queue_is_as_a_sorted_list():
    dice = Random(2)
    queue, known = Queue(), []
    for at in range(600):
        if dice.random() < 0.4 and known:
            assert queue.first == known[0]
            queue, known = queue.rest, known[1:]
        else:
            when = dice.random()
            queue, known = queue.put(when, at), sorted([*known, (when, at)])
        assert len(queue) == len(known)
    assert list(queue) == known and queue == Queue(reversed(known)) and hash(queue) == hash(Queue(known))
    assert Queue().first is None and Queue().rest == Queue() != queue


def test_both_can_be_copied_however_many_they_hold():
    deep = Queue((float(-n), n) for n in range(5000))
    table = Table({str(n): n for n in range(5000)})
    for again in (pickle.loads(pickle.dumps((deep, table))), copy.deepcopy((deep, table))):
        assert again == (deep, table) and again[1].put("7", 8)["7"] == 8 and again[0].rest.first == (-4998.0, 4998)
    assert repr(Queue([(1.0, "a")]).put(0.5, "b")) == "Queue([(0.5, 'b'), (1.0, 'a')])"
    assert repr(Table({"a": 1})) == "Table({'a': 1})"


def test_a_change_costs_a_path_and_no_look_at_all():
    def lines(n: int) -> int:
        table = Table({CountedText(at): at for at in range(n)})
        queue = Queue((float(at * 7919 % n), at) for at in range(n))
        CountedText.compared = 0
        found = python_lines(lambda: (table.put("new", 1).without("3").get("4"), queue.put(0.5, -1).rest.rest))
        assert CountedText.compared < 40
        return found

    assert lines(16_000) < 2 * lines(500)
