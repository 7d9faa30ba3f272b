"""Structs as values: what they say of themselves when they compare by their own rule."""

from __future__ import annotations

import msgspec

from dmkit.session.events import JobFailed
from tests.words.test_same_in_each_process import records


def test_a_struct_that_says_when_it_is_equal_says_when_it_is_not() -> None:
    """Structs have a ``!=`` of their own, which does not ask an ``==`` that is written out."""
    alone = [cls for cls in records() if issubclass(cls, msgspec.Struct) and "__eq__" in vars(cls)]
    assert JobFailed in alone and [cls for cls in alone if "__ne__" not in vars(cls)] == []
    one, other = JobFailed(job="a", why="b", error=ValueError()), JobFailed(job="a", why="b")
    assert one == other and (one != other) is False
    assert one != JobFailed(job="a", why="c")
