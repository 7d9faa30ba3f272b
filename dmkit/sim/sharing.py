"""Processor sharing in whole numbers: every request inside has the same part of the workers, and at most one of them.

Time inside runs slower the more there are; a request is done when the time inside has grown by its work.

>>> pool = Sharing(1)
>>> pool.enter(0, 100, "a"), pool.enter(0, 100, "b"), pool.due()
(None, None, 200)
>>> pool.leave(200)
['a', 'b']
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Any, Final

from dmkit.sim.rates import within

__all__ = ["SCALE", "Sharing"]

SCALE: Final = 1 << 26
"""Time inside that passes in a microsecond for a request with a worker of its own."""
MOST_WORK: Final = 30_000.0
"""Seconds: the compiled loop counts time inside in 64 bits."""


class Sharing:
    """Who is inside a pool of ``count`` workers."""

    def __init__(self, count: int) -> None:
        self.count, self.inside, self.last = count, 0, 0
        self.heap: list[tuple[int, int, Any]] = []
        self.entered = 0

    def __len__(self) -> int:
        return len(self.heap)

    def _rate(self) -> int:
        return SCALE if len(self.heap) <= self.count else self.count * SCALE // len(self.heap)

    def _pass(self, now: int) -> None:
        if self.heap:
            self.inside += (now - self.last) * self._rate()
        self.last = now

    def enter(self, now: int, work: int, who: Any) -> None:
        """A request with so many microseconds of work comes in."""
        self._pass(now)
        self.entered += 1
        heappush(self.heap, (self.inside + work * SCALE, self.entered, who))

    def due(self) -> int:
        """When the next will be done if nobody comes in; -1 when nobody is inside."""
        if not self.heap:
            return -1
        return within(self.last - -max(0, self.heap[0][0] - self.inside) // self._rate())

    def leave(self, now: int) -> list[Any]:
        """Those that are done at ``now``."""
        self._pass(now)
        gone = []
        while self.heap and self.heap[0][0] <= self.inside:
            gone.append(heappop(self.heap)[2])
        return gone

    def clear(self, now: int) -> list[Any]:
        """All of them, thrown out."""
        gone = [who for _, _, who in sorted(self.heap)]
        self.heap.clear()
        self.last = now
        return gone
