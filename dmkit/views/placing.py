"""Where labels go, so that none lies over another: for each the first of its places that is free, else the freest.

Boxes are ``(left, low, right, high)`` in any unit.  Nothing is drawn and nothing is random: the same labels always get
the same places.

>>> crowd = [(0.0, 0.0, 4.0, 1.0)]
>>> placed([[(1.0, 0.0, 3.0, 1.0), (5.0, 0.0, 7.0, 1.0)], [(5.0, 0.0, 6.0, 1.0), (8.0, 0.0, 9.0, 1.0)]], crowd)
[1, 1]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from dmkit.words.asked import asked

__all__ = ["Box", "overlap", "placed"]

Box: TypeAlias = tuple[float, float, float, float]
"""Left, low, right, high."""


@asked
def overlap(one: Box, other: Box) -> float:
    """The area that two boxes share.

    >>> overlap((0, 0, 2, 2), (1, 1, 3, 3)), overlap((0, 0, 1, 1), (1, 0, 2, 1))
    (1, 0)
    """
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return width * height if width > 0 and height > 0 else 0


@asked
def placed(candidates: Sequence[Sequence[Box]], taken: Sequence[Box] = (), within: Box | None = None) -> list[int]:
    """For each label the number of its place: ``candidates`` are its boxes, the most wanted first.

    ``taken`` are boxes that are there already.  What lies outside ``within`` counts as covered.  Labels are placed in
    their order, each beside those before it; that is quick, and not always the best of all.

    >>> placed([[(8, 0, 12, 1), (4, 0, 8, 1)]], within=(0, 0, 10, 10))
    [1]
    """
    there = list(taken)
    chosen: list[int] = []
    for boxes in candidates:
        costs = [_covered(box, there, within) for box in boxes]
        best = costs.index(min(costs))
        chosen.append(best)
        there.append(boxes[best])
    return chosen


def _covered(box: Box, there: Sequence[Box], within: Box | None) -> float:
    area = (box[2] - box[0]) * (box[3] - box[1])
    outside = area - overlap(box, within) if within is not None else 0.0
    return sum(overlap(box, other) for other in there) + 2 * outside
