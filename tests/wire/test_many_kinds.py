"""The kinds of "many" that ``make bench`` draws, counted: work at 4n is in proportion to that at 2n and at n."""

from __future__ import annotations

import pytest

from bench import growing
from bench.table import GROWTH
from tests.steps import python_lines


@pytest.mark.parametrize("kind", growing.GROWTH)
def test_many_of_a_kind_take_steps_in_proportion(kind: str) -> None:
    made = growing.GROWTH[kind]
    made(40)()  # whatever loads on first use
    few, many, most = (python_lines(made(n)) for n in (40, 80, 160))
    assert most - many < 2.3 * (many - few) + 400, (few, many, most)


@pytest.mark.parametrize("name", growing.ONCE_SLOW)
def test_what_once_took_long_takes_steps_in_proportion(name: str) -> None:
    made, _ = growing.ONCE_SLOW[name]
    made(40)()
    few, many, most = (python_lines(made(n)) for n in (40, 80, 160))
    assert most - many < 2.3 * (many - few) + 400, (few, many, most)


def test_the_table_knows_the_kinds() -> None:
    assert set(growing.GROWTH) < set(GROWTH) and len(GROWTH) == len(set(GROWTH)) > 20
