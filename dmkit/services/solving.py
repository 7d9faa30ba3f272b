"""The time that a plan may take: one budget for all that is solved for it.

Nothing here has a clock: the solver waits as long as it is told, and says afterwards how long it took.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["SolvingTime", "solve"]

_FEW: Final = 500
"""Conflicts after which the solver stops where no time is left: milliseconds, and the same on each machine."""


class SolvingTime:
    """What is left of ``seconds`` for one plan; None has no end.

    With ``more`` other problems may have to be solved behind each, as optional needs do and values that refer to each
    other: then each takes half of what is left at most.

    >>> time = SolvingTime(2.0, more=True)
    >>> time.part(), time.spend(0.5), time.part(), time.is_up
    (1.0, None, 0.75, False)
    """

    def __init__(self, seconds: float | None, *, more: bool = False) -> None:
        self.seconds = seconds
        self.left = seconds
        self.more = more
        self.used = False

    def part(self) -> float | None:
        """What the next problem may take."""
        return self.left if self.left is None or not self.more else self.left / 2

    def spend(self, seconds: float) -> None:
        """So much was taken."""
        self.used = True
        if self.left is not None:
            self.left = max(0.0, self.left - seconds)

    @property
    def is_up(self) -> bool:
        """True when something was solved and no time is left."""
        return self.used and self.left == 0.0


def solve(control: Any, time: SolvingTime, seconds: float | None, **how: Any) -> Any:
    """What ``control`` finds in so many seconds, in a few steps where there are none; ``time`` is told what it took."""
    if seconds is None or seconds <= 0.0:
        control.configuration.solve.solve_limit = "umax" if seconds is None else str(_FEW)
        result = control.solve(**how)
    else:
        with control.solve(async_=True, **how) as handle:
            if not handle.wait(seconds):
                handle.cancel()
            result = handle.get()
    time.spend(_took(control.statistics))
    return result


def _took(statistics: Mapping[str, Any]) -> float:
    """Seconds for grounding, where that came before, and for solving, as the solver says."""
    return float(statistics["summary"]["times"]["total"])
