"""Parts of a plan that not every plan has: classes of devices, outages in common, closed populations.

>>> Again(think=60.0, until=86_400.0).law
'exponential'
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Annotated, Final, Literal

from dmkit.sim.luck import Luck, minus_log
from dmkit.sim.net import LINKS, Link
from dmkit.sim.rates import US, micro
from dmkit.sim.tape import Tape
from dmkit.words.checked import Rows, checked
from dmkit.words.errors import ConfigError
from dmkit.words.ranges import Range, Seconds, Share, SomeSeconds

__all__ = ["Again", "DeviceClass", "Outages"]

_MOST_CAUSES: Final = 100_000
"""Causes of outages that are expected in a run, at most; their number is what chance makes of it."""


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceClass:
    """Devices that share the servers with others and differ from them; what is None is that of the plan."""

    name: str
    """What the class is called in tables."""
    share: Share
    """Of the fleet; the shares of all classes add up to 1."""
    link: Annotated[Link | None, Rows("LINKS", lambda: LINKS)] = None
    """Its packet link; None: that of the plan."""
    tape: Tape | None = None
    """Its session; None: that of the plan."""
    priority: Annotated[int, Range("number", -1_000_000, 1_000_000, whole=True)] = 0
    """Requests of a higher number go first."""
    work: Annotated[float, Range("number", 0, 1e6)] = 1.0
    """Factor on the servers' work for its messages."""


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Outages:
    """Outages by chance, in common: every cause takes each pool down with it with probability ``reach``.

    Causes come as a Poisson process, one in ``every`` seconds on average, and last ``lasting`` on average
    (exponential); ``until`` ends them.
    """

    every: SomeSeconds
    """Mean seconds from one cause to the next."""
    lasting: SomeSeconds
    """Mean seconds of an outage."""
    reach: Share = 1.0
    """Probability that a pool is hit by a cause."""
    until: Seconds = 86_400.0
    """Seconds since the campaign began after which there are no more."""

    def __post_init__(self) -> None:
        micro(self.until, "Outages.until")
        micro(40 * self.lasting, "Outages.lasting, at its longest,")
        if self.until > self.every * _MOST_CAUSES:
            raise ConfigError(
                f"Outages.every is {self.every} s until {self.until} s; a run has at most {_MOST_CAUSES} causes"
            )

    def of(self, luck: Luck, pools: int) -> tuple[tuple[tuple[int, int], ...], ...]:
        """Start and end of each outage of each pool in microseconds; overlapping ones are one."""
        key, now, found = luck.key("outages"), 0.0, [list[tuple[int, int]]() for _ in range(pools)]
        for cause in count():
            now += self.every * minus_log(1.0 - luck.one(key, 0, cause, 0))
            if now >= self.until:
                break
            lasts = self.lasting * minus_log(1.0 - luck.one(key, 0, cause, 1))
            start, end = round(now * US), max(round((now + lasts) * 1e6), round(now * US) + 1)
            for pool in range(pools):
                if luck.one(key, 0, cause, 2 + pool) < self.reach:
                    found[pool].append((start, end))
        return tuple(merged(spans) for spans in found)


def merged(spans: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Spans in order, those that touch as one.

    >>> merged([(5, 9), (0, 2), (8, 12)])
    ((0, 2), (5, 12))
    """
    result: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return tuple(result)


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """A closed population: who is done, or has given up, thinks for a while and begins anew, until ``until``."""

    think: Seconds
    """Mean seconds."""
    until: Seconds
    """Seconds since the campaign began after which nobody begins again."""
    law: Literal["exponential", "constant"] = "exponential"
    """How the times of thinking are distributed."""

    def __post_init__(self) -> None:
        micro(40 * self.think, "Again.think, at its longest,")
        micro(self.until, "Again.until")
        if self.think == 0 and self.until > 0:
            raise ConfigError("Again.think is 0; a device that never thinks would fill the run with sessions")
