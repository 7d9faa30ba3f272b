"""Combinations in which every pair of values meets: a covering array, small and the same in every run.

>>> axes = {"encoding": ("xml", "wbxml"), "auth": ("md5", "mac", "basic"), "commands": (1, 5)}
>>> len(covering(axes)), 2 * 3 * 2
(6, 12)
>>> all(pairs(axes) <= {pair for row in covering(axes) for pair in pairs_of(row)} for _ in [0])
True
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, product

from dmkit.words.asked import asked

__all__ = ["covering", "pairs", "pairs_of"]

Pair = tuple[tuple[str, object], tuple[str, object]]


@asked
def pairs_of(row: Mapping[str, object]) -> set[Pair]:
    """Every pair of values of different axes that meets in ``row``.

    >>> pairs_of({"a": 1, "b": 2})
    {(('a', 1), ('b', 2))}
    """
    return set(combinations(sorted(row.items()), 2))


@asked
def pairs(axes: Mapping[str, Sequence[object]]) -> set[Pair]:
    """Every pair of values of different axes that there is.

    >>> len(pairs({"a": (1, 2), "b": (1, 2), "c": (1,)}))
    8
    """
    return {
        ((one, x), (other, y)) for one, other in combinations(sorted(axes), 2) for x in axes[one] for y in axes[other]
    }


@asked
def covering(axes: Mapping[str, Sequence[object]], most: int = 12) -> tuple[dict[str, object], ...]:
    """Rows in which every pair of values meets, at most ``most``; greedy, the earliest of the best each time.

    With one axis, its values; without any, one empty row.

    >>> covering({"auth": ("md5", "mac")})
    ({'auth': 'md5'}, {'auth': 'mac'})
    >>> covering({})
    ({},)
    """
    everything = [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]
    if len(axes) < 2:
        return tuple(everything[:most])
    left = pairs(axes)
    rows: list[dict[str, object]] = []
    while left and len(rows) < most:
        best = max(everything, key=lambda row: len(pairs_of(row) & left))
        left -= pairs_of(best)
        rows.append(best)
    return tuple(rows)
