"""A layered layout: boxes in rows, edges that go around them, after Sugiyama; no library needed.

Rows are given.  An edge over several rows holds a place in each row between, so it never runs through a box: it is
straight up and down within a row and slants between rows only.  Rows are sorted by the middle of their neighbours, up
and down in turn, and the order with the fewest crossings is kept.

>>> placed = layered({"top": (1.0, 1), "left": (1.0, 0), "right": (1.0, 0)}, [("top", "left"), ("top", "right")])
>>> placed.places["top"][1] > placed.places["left"][1], placed.crossings
(True, 0)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TypeAlias

from dmkit.views.routing import Point

__all__ = ["LayeredLayout", "layered"]

_Slot: TypeAlias = tuple[str, ...]  # a box: its name; a place of an edge: both ends, and the row as text
_SWEEPS: Final = 12
_ROOM: Final = 0.22  # between two boxes
_NARROW: Final = 0.12  # what an edge takes up


@dataclass(frozen=True, slots=True)
class LayeredLayout:
    """``places`` are the middles of boxes, ``routes`` the corners of edges from box to box, in inches."""

    places: Mapping[str, Point]
    routes: Mapping[tuple[str, str], tuple[Point, ...]]
    width: float
    height: float
    crossings: int


def layered(
    boxes: Mapping[str, tuple[float, int]],
    edges: Iterable[tuple[str, str]],
    *,
    box_height: float = 0.44,
    pitch: float = 1.0,
) -> LayeredLayout:
    """Place ``boxes`` (name -> width and row, row 0 lowest) and route ``edges`` (from, to) between them."""
    wanted = list(dict.fromkeys(edges))
    rows: list[list[_Slot]] = [[] for _ in range(max((row for _, row in boxes.values()), default=0) + 1)]
    for name, (_, row) in boxes.items():
        rows[row].append((name,))
    chains = {edge: _chain(edge, boxes, rows) for edge in wanted}
    links = [link for chain in chains.values() for link in pairwise(chain)]
    rows, crossings = _sorted(rows, links)
    xs = _spread(rows, links, {(name,): width for name, (width, _) in boxes.items()})
    half, level = box_height / 2, {slot: number * pitch for number, row in enumerate(rows) for slot in row}
    routes = {edge: _route(chain, xs, level, half, pitch) for edge, chain in chains.items()}
    places = {name: (xs[(name,)], level[(name,)]) for name in boxes}
    return LayeredLayout(places, routes, _extent(rows, xs, boxes), (len(rows) - 1) * pitch, crossings)


def _chain(edge: tuple[str, str], boxes: Mapping[str, tuple[float, int]], rows: list[list[_Slot]]) -> list[_Slot]:
    """The slots that an edge goes through; places for it are made in the rows between."""
    (first, second), (above, below) = edge, (boxes[edge[0]][1], boxes[edge[1]][1])
    step = 1 if below > above else -1
    middle: list[_Slot] = (
        [(first, second, str(row)) for row in range(above + step, below, step)] if above != below else []
    )
    for slot in middle:
        rows[int(slot[2])].append(slot)
    return [(first,), *middle, (second,)]


def _sorted(rows: list[list[_Slot]], links: Sequence[tuple[_Slot, _Slot]]) -> tuple[list[list[_Slot]], int]:
    near: dict[_Slot, list[_Slot]] = {}
    for one, other in links:
        near.setdefault(one, []).append(other)
        near.setdefault(other, []).append(one)
    best, least = [list(row) for row in rows], _crossings(rows, links)
    for sweep in range(_SWEEPS):
        numbers = range(1, len(rows)) if sweep % 2 == 0 else range(len(rows) - 2, -1, -1)
        for number in numbers:
            beside = rows[number - 1] if sweep % 2 == 0 else rows[number + 1]
            at = {slot: place for place, slot in enumerate(beside)}
            own = {slot: place for place, slot in enumerate(rows[number])}

            def middle(slot: _Slot, at: Mapping[_Slot, int] = at, own: Mapping[_Slot, int] = own) -> tuple[float, int]:
                places = [at[other] for other in near.get(slot, ()) if other in at]
                return (sum(places) / len(places) if places else float(own[slot])), own[slot]

            rows[number].sort(key=middle)
        count = _crossings(rows, links)
        if count < least:
            best, least = [list(row) for row in rows], count
    return best, least


def _crossings(rows: Sequence[Sequence[_Slot]], links: Sequence[tuple[_Slot, _Slot]]) -> int:
    where = {slot: (number, place) for number, row in enumerate(rows) for place, slot in enumerate(row)}
    gaps: dict[int, list[tuple[int, int]]] = {}
    for one, other in links:
        (low, a), (high, b) = sorted((where[one], where[other]))
        if high == low + 1:
            gaps.setdefault(low, []).append((a, b))
    return sum(
        (a - c) * (b - d) < 0 for pairs in gaps.values() for n, (a, b) in enumerate(pairs) for c, d in pairs[:n]
    )  # fmt: skip


def _spread(
    rows: Sequence[Sequence[_Slot]], links: Sequence[tuple[_Slot, _Slot]], widths: Mapping[_Slot, float]
) -> dict[_Slot, float]:
    """Where slots stand: near the middle of their neighbours, in their order, with room between them."""
    near: dict[_Slot, list[_Slot]] = {}
    for one, other in links:
        near.setdefault(one, []).append(other)
        near.setdefault(other, []).append(one)
    xs: dict[_Slot, float] = {}
    for row in rows:
        at = 0.0
        for slot in row:
            width = widths.get(slot, _NARROW)
            xs[slot] = at + width / 2
            at += width + _ROOM
        for slot in row:
            xs[slot] -= at / 2
    for sweep in range(_SWEEPS):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            aims = [sum(xs[o] for o in near[s]) / len(near[s]) if near.get(s) else xs[s] for s in row]
            _fit(row, aims, xs, widths)
    left = min((x - widths.get(slot, _NARROW) / 2 for slot, x in xs.items()), default=0.0)
    return {slot: x - left + _ROOM for slot, x in xs.items()}


def _fit(row: Sequence[_Slot], aims: Sequence[float], xs: dict[_Slot, float], widths: Mapping[_Slot, float]) -> None:
    """The row as near to ``aims`` as order and room allow: groups that push each other share the difference."""
    groups: list[tuple[list[_Slot], float, float]] = []  # slots, where the first stands, sum of wishes for that
    offsets: dict[_Slot, float] = {}
    for slot, aim in zip(row, aims, strict=True):
        offsets[slot] = 0.0
        groups.append(([slot], aim, aim))
        while len(groups) > 1:
            (before, start, wishes), (after, then, more) = groups[-2:]
            last, first = before[-1], after[0]
            need = offsets[last] + (widths.get(last, _NARROW) + widths.get(first, _NARROW)) / 2 + _ROOM
            if start + need <= then:
                break
            for moved in after:
                offsets[moved] += need
            total = wishes + more - need * len(after)
            groups[-2:] = [([*before, *after], total / (len(before) + len(after)), total)]
    for slots, start, _ in groups:
        for slot in slots:
            xs[slot] = start + offsets[slot]


def _route(
    chain: Sequence[_Slot], xs: Mapping[_Slot, float], level: Mapping[_Slot, float], half: float, pitch: float
) -> tuple[Point, ...]:
    first, last = chain[0], chain[-1]
    if level[first] == level[last]:  # in one row: below the boxes
        low = level[first] - half - (pitch / 2 - half) / 2
        return ((xs[first], level[first] - half), (xs[first], low), (xs[last], low), (xs[last], level[last] - half))
    down = -1 if level[last] < level[first] else 1
    points: list[Point] = [(xs[first], level[first] + down * half)]
    for slot in chain[1:-1]:
        points += [(xs[slot], level[slot] - down * half), (xs[slot], level[slot] + down * half)]
    return (*points, (xs[last], level[last] - down * half))


def _extent(
    rows: Sequence[Sequence[_Slot]], xs: Mapping[_Slot, float], boxes: Mapping[str, tuple[float, int]]
) -> float:
    return max((xs[(name,)] + width / 2 for name, (width, _) in boxes.items()), default=0.0) + _ROOM
