"""When devices are triggered, or go by themselves: laws that give each device a time.

``push``: the trigger travels by SMS and may be late or lost; a schedule or a poll on the device needs none.

>>> AtOnce()(3, Streams(1)).tolist()
[0.0, 0.0, 0.0]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from dmkit.sim.streams import Streams
from dmkit.words.checked import checked
from dmkit.words.ranges import Count, Seconds, SomeSeconds

__all__ = ["Arrivals", "AtOnce", "ByCell", "ByZone", "OnDevice", "Polling", "Spread"]

Floats = NDArray[np.float64]


class Arrivals(Protocol):
    """Gives the time of each device in seconds after the campaign begins, shape ``(devices,)``."""

    push: ClassVar[bool]

    def __call__(self, devices: int, streams: Streams) -> Floats:
        """Draw from the stream "arrivals"."""


@checked
@dataclass(frozen=True, slots=True)
class AtOnce:
    """All triggers leave together."""

    push: ClassVar[bool] = True

    def __call__(self, devices: int, streams: Streams) -> Floats:
        """Zeros."""
        return np.zeros(devices)


@checked
@dataclass(frozen=True, slots=True)
class Spread:
    """Triggers leave evenly at random over ``seconds``."""

    seconds: SomeSeconds
    """How long the triggers leave."""
    push: ClassVar[bool] = True

    def __call__(self, devices: int, streams: Streams) -> Floats:
        """Uniform draws."""
        return streams.uniform("arrivals", (devices,)) * self.seconds


@checked
@dataclass(frozen=True, slots=True)
class ByCell:
    """One cell after the other: devices are taken in groups of ``group``, ``interval`` seconds apart."""

    group: Count
    """Devices of a cell."""
    interval: SomeSeconds
    """Seconds from one cell to the next."""
    push: ClassVar[bool] = True

    def __call__(self, devices: int, streams: Streams) -> Floats:
        """The time of the group, and the place within it spread over the interval."""
        return (
            np.arange(devices) // self.group * self.interval + streams.uniform("arrivals", (devices,)) * self.interval
        )


@checked
@dataclass(frozen=True, slots=True)
class ByZone:
    """At the same local time in each of ``zones`` time zones, an hour apart, spread over ``seconds``."""

    zones: Count
    """Time zones, an hour apart."""
    seconds: SomeSeconds
    """How long the triggers of a zone leave."""
    push: ClassVar[bool] = True

    def __call__(self, devices: int, streams: Streams) -> Floats:
        """An hour for each zone further west."""
        zone = np.arange(devices) % self.zones
        return zone * 3600.0 + streams.uniform("arrivals", (devices,)) * self.seconds


@checked
@dataclass(frozen=True, slots=True)
class OnDevice:
    """A schedule on the device (Scheduling MO): due at ``base`` seconds, spread by its Jitter, no push."""

    base: Seconds = 0.0
    """Seconds from the beginning of the campaign to the due time."""
    jitter: Seconds = 0.0
    """Seconds over which devices spread evenly after it."""
    clock_error: Seconds = 0.0
    """Standard deviation of the devices' clocks in seconds."""
    push: ClassVar[bool] = False

    def __call__(self, devices: int, streams: Streams) -> Floats:
        """Base, jitter and the error of the clock."""
        due = self.base + streams.uniform("arrivals", (devices,)) * self.jitter
        return np.maximum(0.0, due + streams.generator("clocks").normal(0.0, 1.0, devices) * self.clock_error)


@checked
@dataclass(frozen=True, slots=True)
class Polling:
    """Devices ask every ``interval`` seconds whether there is work, each with a phase of its own; no push."""

    interval: SomeSeconds
    """Seconds from one question to the next."""
    push: ClassVar[bool] = False

    def __call__(self, devices: int, streams: Streams) -> Floats:
        """The rest of the interval."""
        return streams.uniform("arrivals", (devices,)) * self.interval
