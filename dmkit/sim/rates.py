"""Microseconds, and how many things happen in a second: token buckets.

>>> Rate(per_second=50.0, burst=10).interval
20000
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray

from dmkit.words.checked import checked
from dmkit.words.errors import ConfigError
from dmkit.words.ranges import Count, Range
from dmkit.words.records import dataclass

__all__ = ["LONGEST", "US", "Rate", "micro", "paced", "too_late", "within"]

US: Final = 1_000_000
LONGEST: Final = 2**53
"""Microseconds: 285 years.  Up to there whole numbers are exact in every engine."""


def micro(seconds: float, what: str) -> int:
    """Seconds as whole microseconds, to the nearest; ConfigError above 285 years."""
    if not abs(seconds) * 1e6 < LONGEST:
        raise ConfigError(f"{what} is {seconds} s; the engines count microseconds up to {LONGEST // US} s")
    return round(seconds * 1e6)


def too_late() -> ConfigError:
    """What is said of a run that goes on for longer than is counted."""
    return ConfigError(
        f"the run goes on beyond {LONGEST // US} s, up to which the engines count microseconds: work piles up at the "
        "servers, or pauses add up; give it less work, more servers, or fewer attempts"
    )


def within(when: int) -> int:
    """A time of a run, which must be within 285 years.

    >>> within(10**6)
    1000000
    >>> within(10**17)
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: the run goes on beyond 9007199254 s, up to which the engines count microseconds: ...
    """
    if when > LONGEST:
        raise too_late()
    return when


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A token bucket: ``per_second`` in the long run, ``burst`` at once.  [ITU-T I.371: the same as GCRA]

    At a server what is too much is refused; at a gateway and in the push channel it waits its turn.
    """

    per_second: Annotated[float, Range("number", 1e-6, 1e6)]
    """Tokens a second."""
    burst: Count = 1
    """Tokens that a full bucket holds."""

    @property
    def interval(self) -> int:
        """Microseconds for one token."""
        return max(1, round(1e6 / self.per_second))

    @property
    def slack(self) -> int:
        """Microseconds by which a full bucket may run ahead."""
        return (self.burst - 1) * self.interval


def paced(times: Sequence[int] | NDArray[np.int64], rate: Rate) -> NDArray[np.int64]:
    """When what wants to leave at sorted ``times`` (microseconds) leaves.

    >>> paced([0, 0, 0, 0], Rate(per_second=2.0, burst=2)).tolist()
    [0, 0, 500000, 1000000]
    """
    full, interval, slack = 0, rate.interval, rate.slack
    leaves = []
    for wanted in np.asarray(times).tolist():
        at = max(wanted, full - slack)
        full = max(full, at) + interval
        leaves.append(at)
    return np.array(leaves, dtype=np.int64)
