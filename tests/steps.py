"""How much work a call is, without a clock: the calls that it makes, of Python's functions and of built-in ones.

>>> steps(lambda: [abs(n) for n in range(5)]) - steps(lambda: [abs(n) for n in range(3)])
2
"""

from __future__ import annotations

import sys
from collections.abc import Callable

__all__ = ["steps"]


def steps(work: Callable[[], object]) -> int:
    """Calls made while ``work`` runs: the same on every machine, and at every load."""
    count = 0

    def seen(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count
