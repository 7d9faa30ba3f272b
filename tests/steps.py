"""How much work a call is, without a clock: the calls that it makes, built-in ones too, or the lines of Python.

The garbage collector rests meanwhile: what it has to end that an earlier test left lying is no work of this call.

>>> steps(lambda: [abs(n) for n in range(5)]) - steps(lambda: [abs(n) for n in range(3)])
2
>>> python_lines(lambda: [abs(n) for n in range(5)]) > 0
True
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

from dmkit.sim.collector import resting_collector

__all__ = ["python_lines", "steps"]


def steps(work: Callable[[], object]) -> int:
    """Calls made while ``work`` runs: the same on every machine, and at every load."""
    count = 0

    def seen(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    with resting_collector():
        sys.setprofile(seen)
        try:
            work()
        finally:
            sys.setprofile(before)
    return count


def python_lines(work: Callable[[], object]) -> int:
    """Lines of Python that ``work`` runs, and the calls and returns between them; also where it raises."""
    count = 0

    def trace(frame: FrameType, event: str, arg: object) -> Callable[..., object]:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    with resting_collector():
        sys.settrace(trace)
        try:
            work()
        finally:
            sys.settrace(before)
    return count


class CountedText(str):
    """A text that counts how often such texts are compared: ``CountedText.compared``."""

    compared = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        CountedText.compared += 1
        return str.__eq__(self, other) is True

    def __ne__(self, other: object) -> bool:
        return not self == other
