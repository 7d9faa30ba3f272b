"""Devices and the people who hold them: what keeps a device from answering at once, and when it would rather not.

>>> ASLEEP.share, HANDSET[0].name
(1.0, 'off')
"""

from __future__ import annotations

from typing import Final

from dmkit.sim.clock import Zone, ZoneCount, zones_of
from dmkit.sim.rates import micro
from dmkit.words.checked import checked
from dmkit.words.errors import ConfigError
from dmkit.words.ranges import Hour, Money, Seconds, Share
from dmkit.words.records import dataclass

__all__ = ["ASLEEP", "HANDSET", "READY", "SENSOR", "Condition", "Prompt", "Window"]

_SHORTEST: Final = 0.01
"""Seconds.  Each period of each device is played, so shorter ones would be played for ever."""


@checked
@dataclass(frozen=True, slots=True)
class Condition:
    """A state in which a device does not answer: what share of time it is in it, how long it still lasts on average.

    A device enters it, stays, leaves it and is ready for a while; see ``states``.  Whoever looks at a chance moment
    finds ``share`` of the devices in it, and for these it lasts another ``mean`` seconds on average.  Its length is
    exponential; with ``even`` it is a cycle of 2 ``mean``, of which the rest is even in [0, 2 mean].

    >>> Condition("asleep", share=0.3, mean=3600.0).share
    0.3
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

    def __post_init__(self) -> None:
        if 0 < self.mean < _SHORTEST:
            raise ConfigError(f"Condition.mean is {self.mean} s; it must be 0, or at least {_SHORTEST} s")
        micro(2 * self.mean, "Condition.mean, twice,")


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


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Local hours in which a device may be managed; ``start`` after ``end`` goes over midnight.

    >>> Window(start=22, end=6).start
    22
    >>> Window(start=3, end=3)
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: Window.end is 3; it must be another hour than start
    """

    start: Hour = 0.0
    """Hour, 0 to 24."""
    end: Hour = 24.0
    """Hour, 0 to 24."""
    zones: ZoneCount | tuple[Zone, ...] = 1
    """Time zones, among which devices are dealt in turn: how many, from the first 1 h further east each; or hours east
    of Greenwich (5.5 is India) and IANA names.  They are those of the whole campaign; see ``clock``."""

    def __post_init__(self) -> None:
        if self.start == self.end:
            raise ConfigError(f"Window.end is {self.end}; it must be another hour than start")
        zones_of(self.zones)

    @property
    def whole_day(self) -> bool:
        """True when it never closes."""
        return self.start == 0 and self.end == 24


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """Owners are asked before their device is managed; what that does to their mood.

    Annoyance of a device is ``prompts + waking x prompts at night + postponed x postponements``.  The weights are a
    PROPOSAL: no source was found.

    >>> Prompt(night_start=23.0).again
    True
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
