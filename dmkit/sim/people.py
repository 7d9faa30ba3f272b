"""Devices and the people who hold them: what keeps a device from answering at once, and when it would rather not.

>>> ASLEEP.share, HANDSET[0].name
(1.0, 'off')
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray

from dmkit.words.checked import checked
from dmkit.words.errors import ConfigError
from dmkit.words.ranges import Hour, Money, Range, Seconds, Share

__all__ = ["ASLEEP", "HANDSET", "READY", "SENSOR", "Condition", "Prompt", "Window", "residuals"]

Floats = NDArray[np.float64]


@checked
@dataclass(frozen=True, slots=True)
class Condition:
    """A state in which a device does not answer: what share is in it, and how long it still lasts on average.

    ``even`` residual times lie evenly in [0, 2 mean] (a sleep cycle), others are exponential.
    """

    name: str
    """What it is called in tables."""
    share: Share
    """Share of the devices that are in it when they are wanted."""
    mean: Seconds
    """Seconds."""
    even: bool = False
    person: bool = False
    """It is somebody who does not want to now."""
    basis: str = "proposal"
    """What the figures rest on."""


READY: Final[tuple[Condition, ...]] = ()
"""Everybody answers at once."""

HANDSET: Final = (
    Condition("off", 0.05, 4 * 3600.0),
    Condition("no coverage", 0.03, 600.0),
    Condition("in a call", 0.02, 90.0),
    Condition("low battery", 0.04, 2 * 3600.0),
    Condition("postponed by its owner", 0.10, 3 * 3600.0, person=True),
)
"""A phone in somebody's pocket."""

ASLEEP: Final = Condition("asleep (eDRX)", 1.0, 2621.44 / 2, even=True, basis="evidence")
"""eDRX of LTE-M: a device cannot be triggered before it wakes.  [validation sheet A9]"""

SENSOR: Final = (Condition("no coverage", 0.02, 1800.0), Condition("asleep (eDRX)", 0.98, 2621.44 / 2, even=True))
"""A meter in a cellar."""


def residuals(conditions: Sequence[Condition], pick: Floats, chance: Floats) -> tuple[Floats, NDArray[np.int8]]:
    """Seconds until each device answers, and the number of the condition that holds it back (-1: none).

    ``pick`` and ``chance`` are draws from [0, 1) of one shape.  ConfigError when the shares add up to more than 1.
    """
    if sum(condition.share for condition in conditions) > 1 + 1e-9:
        raise ConfigError("the shares of the conditions add up to more than 1")
    delay = np.zeros(pick.shape)
    which = np.full(pick.shape, -1, dtype=np.int8)
    low = 0.0
    for number, condition in enumerate(conditions):
        held = (pick >= low) & (pick < low + condition.share)
        draws = chance[held]
        delay[held] = 2 * condition.mean * draws if condition.even else -condition.mean * np.log1p(-draws)
        which[held] = number
        low += condition.share
    return delay, which


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Local hours in which a device may be managed; ``start`` after ``end`` goes over midnight."""

    start: Hour = 0.0
    """Hour, 0 to 24."""
    end: Hour = 24.0
    """Hour, 0 to 24."""
    zones: Annotated[int, Range("number", 1, 24, whole=True)] = 1
    """Time zones, an hour apart, among which devices are spread evenly."""

    def __post_init__(self) -> None:
        if self.start == self.end:
            raise ConfigError(f"Window.end is {self.end}; it must be another hour than start")

    @property
    def whole_day(self) -> bool:
        """True when it never closes."""
        return self.start == 0 and self.end == 24

    def wait(self, microseconds: int, zone: int) -> int:
        """Microseconds until it is open for a device of ``zone``, at ``microseconds`` after midnight of zone 0."""
        if self.whole_day:
            return 0
        day, hour = 86_400_000_000, 3_600_000_000
        local = (microseconds + zone * hour) % day
        start, end = round(self.start * hour), round(self.end * hour)
        is_open = start <= local < end if start < end else local >= start or local < end
        return 0 if is_open else (start - local) % day


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """Owners are asked before their device is managed; what that does to their mood.

    Annoyance of a device is ``prompts + waking x prompts at night + postponed x postponements``.  The weights are a
    PROPOSAL: no source was found.
    """

    night_start: Hour = 22.0
    """Hour of local time."""
    night_end: Hour = 7.0
    """Hour of local time."""
    again: bool = True
    """Each attempt asks; False: only the first."""
    waking: Money = 5.0
    """What a prompt at night counts in addition."""
    postponed: Money = 2.0
    """What it counts to have to say "later"."""
    basis: str = "proposal"
    """What the weights rest on."""

    def __post_init__(self) -> None:
        self.night  # noqa: B018  # its hours are checked

    @property
    def night(self) -> Window:
        """The hours in which a prompt wakes people."""
        return Window(start=self.night_start, end=self.night_end)
