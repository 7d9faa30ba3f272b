"""Lines that go around boxes: up, down and across, on tracks of a grid, none along another's track.

A line leaves its box and enters the other at a track of its own.  Among its ways the one of least price is taken: its
length, a price for each corner, for each line that it crosses, and for each label that it runs under.  Nothing is
random.

>>> grid = Grid((0.0, 0.0, 300.0, 120.0), {"a": (20, 20, 80, 60), "b": (220, 20, 280, 60), "wall": (120, 0, 180, 70)})
>>> points = grid.route("a", "b")
>>> points[0][0] <= 80 and points[-1][0] >= 220, max(y for _, y in points) > 70
(True, True)
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from heapq import heappop, heappush
from itertools import pairwise
from typing import Any, Final, TypeAlias

from dmkit.views.placing import Box

__all__ = ["Grid"]

Point: TypeAlias = tuple[float, float]
_Cell: TypeAlias = tuple[int, int]
_TRACK: Final = 11.0
_CORNER, _CROSSING, _BESIDE, _UNDER = 5.0, 6.0, 0.6, 9.0
_WAYS: Final = ((1, 0), (0, 1), (-1, 0), (0, -1))
_ROOM: Final = 8.0
"""Between a box and a line that passes it."""


class Grid:
    """Boxes by name inside ``within``, and the lines that were routed between them so far."""

    def __init__(self, within: Box, boxes: Mapping[Any, Box]) -> None:
        self._boxes: dict[Hashable, Box] = dict(boxes)
        self._left, self._low = within[0], within[1]
        self._wide, self._tall = int((within[2] - within[0]) / _TRACK), int((within[3] - within[1]) / _TRACK)
        self._used: dict[_Cell, set[int]] = {}  # cell -> 0: a line runs across, 1: up and down; both at a corner
        self._under: set[_Cell] = set()
        room = ((a - _ROOM, b - _ROOM, c + _ROOM, d + _ROOM) for a, b, c, d in self._boxes.values())
        self._walls = {cell for box in room for cell in self._inside(box)}

    def cover(self, box: Box) -> None:
        """Lines that come later go around ``box`` when that is not far."""
        self._under.update(self._inside(box))

    def route(self, start: Hashable, end: Hashable) -> tuple[Point, ...]:
        """The corners of the line from the box ``start`` to the box ``end``; later lines keep off its tracks."""
        goals = {cell: (port, way) for cell, way, port in self._ports(end)}
        middle = [sum(cell[n] for cell in goals) / max(len(goals), 1) for n in (0, 1)]
        queue: list[tuple[float, int, float, _Cell, int]] = []
        ports: dict[_Cell, Point] = {}
        before: dict[tuple[_Cell, int], tuple[_Cell, int] | None] = {}
        least: dict[tuple[_Cell, int], float] = {}
        for cell, way, port in self._ports(start):
            ports[cell] = port
            price = 0.02 * sum(abs(cell[n] - middle[n]) for n in (0, 1))
            least[cell, way], before[cell, way] = price, None
            heappush(queue, (price, len(queue), price, cell, way))
        count = len(queue)
        while queue:
            _, _, price, cell, way = heappop(queue)
            if price > least[cell, way]:
                continue
            if cell in goals and (way + 2) % 4 == goals[cell][1]:
                return self._kept((cell, way), before, ports, goals[cell][0])
            for then in (way, (way + 1) % 4, (way + 3) % 4):
                step = self._price(cell, way, then)
                if step is None:
                    continue
                following = (cell[0] + _WAYS[then][0], cell[1] + _WAYS[then][1])
                total = price + step
                if self._free(following, then) and total < least.get((following, then), 1e9):
                    least[following, then], before[following, then] = total, (cell, way)
                    ahead = min((abs(following[0] - x) + abs(following[1] - y) for x, y in goals), default=0)
                    heappush(queue, (total + ahead, count, total, following, then))
                    count += 1
        (a, b, c, d), (e, f, g, h) = self._boxes[start], self._boxes[end]
        return ((a + c) / 2, (b + d) / 2), ((e + g) / 2, (f + h) / 2)  # walled in: straight

    def _price(self, cell: _Cell, way: int, then: int) -> float | None:
        used = self._used.get(cell, ())
        if then != way and used:
            return None  # a corner on another's line would look like a join
        price = 1.0 + (_CORNER if then != way else 0.0) + (_CROSSING if used else 0.0)
        aside = _WAYS[(then + 1) % 4]
        for side in (1, -1):
            if then % 2 in self._used.get((cell[0] + side * aside[0], cell[1] + side * aside[1]), ()):
                price += _BESIDE
        return price + (_UNDER if cell in self._under else 0.0)

    def _free(self, cell: _Cell, way: int) -> bool:
        inside = 0 <= cell[0] <= self._wide and 0 <= cell[1] <= self._tall
        return inside and cell not in self._walls and way % 2 not in self._used.get(cell, ())

    def _ports(self, name: Hashable) -> Iterator[tuple[_Cell, int, Point]]:
        """Free cells around a box, the way out of it there, and the point of its border."""
        left, low, right, high = self._boxes[name]
        x1, y1, x2, y2 = *self._cell(left, low), *self._cell(right, high)
        for way, (dx, dy) in enumerate(_WAYS):
            for at in range(x1 + 1, x2) if dy else range(y1 + 1, y2):
                border = (right if dx > 0 else left, self._low + at * _TRACK) if dx else (
                    self._left + at * _TRACK, high if dy > 0 else low)  # fmt: skip
                cell = self._cell(*border)
                cell = (cell[0] + 2 * dx, cell[1] + 2 * dy)
                while cell in self._walls and self._touches(cell, name):
                    cell = (cell[0] + dx, cell[1] + dy)
                near = [(cell[0] - n * dx, cell[1] - n * dy) for n in range(3)]
                if self._free(cell, way) and not any(way % 2 in self._used.get(one, ()) for one in near):
                    yield cell, way, border

    def _touches(self, cell: _Cell, name: Hashable) -> bool:
        a, b, c, d = self._boxes[name]
        x, y = self._left + cell[0] * _TRACK, self._low + cell[1] * _TRACK
        return a - _ROOM <= x <= c + _ROOM and b - _ROOM <= y <= d + _ROOM

    def _kept(
        self, last: tuple[_Cell, int], before: Mapping[tuple[_Cell, int], tuple[_Cell, int] | None],
        ports: Mapping[_Cell, Point], goal: Point,
    ) -> tuple[Point, ...]:  # fmt: skip
        way: list[tuple[_Cell, int]] = [last]
        while (previous := before[way[-1]]) is not None:
            way.append(previous)
        way.reverse()
        for cell, along in way:
            self._used.setdefault(cell, set()).add(along % 2)
        for (cell, _), (_, along) in pairwise(way):
            self._used[cell].add(along % 2)
        for (cell, along), sign in ((way[0], -1), (way[-1], 1)):  # from the border to the first track
            for n in (1, 2):
                beside = (cell[0] + sign * n * _WAYS[along][0], cell[1] + sign * n * _WAYS[along][1])
                self._used.setdefault(beside, set()).add(along % 2)
        points = [ports[way[0][0]], *(self._point(cell) for cell, _ in way), goal]
        return tuple(point for n, point in enumerate(points) if n in (0, len(points) - 1) or _turns(points, n))

    def _inside(self, box: Box) -> Iterator[_Cell]:
        x1, y1, x2, y2 = *self._cell(box[0], box[1]), *self._cell(box[2], box[3])
        for x in range(x1, x2 + 1):
            for y in range(y1, y2 + 1):
                px, py = self._point((x, y))
                if box[0] <= px <= box[2] and box[1] <= py <= box[3]:
                    yield x, y

    def _cell(self, x: float, y: float) -> _Cell:
        return round((x - self._left) / _TRACK), round((y - self._low) / _TRACK)

    def _point(self, cell: _Cell) -> Point:
        return self._left + cell[0] * _TRACK, self._low + cell[1] * _TRACK


def _turns(points: list[Point], n: int) -> bool:
    (x1, y1), (x2, y2), (x3, y3) = points[n - 1 : n + 2]
    return not (abs(x1 - x2) < 0.01 > abs(x2 - x3) or abs(y1 - y2) < 0.01 > abs(y2 - y3))
