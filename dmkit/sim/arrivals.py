"""When devices are triggered, or go by themselves: laws that give each device a time.

``push``: the trigger travels by SMS and may be late or lost; a schedule or a poll on the device needs none.
A law of one's own is a function of the number of devices and the ``Streams`` of the run (or ``Trace``, of given times).

>>> AtOnce()(3, Streams(1)).tolist()
[0.0, 0.0, 0.0]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Protocol

import numpy as np

from dmkit.sim.arrays import Floats
from dmkit.sim.clock import Clock, Zone, ZoneCount, zones_of
from dmkit.sim.streams import Streams
from dmkit.words.checked import Size, checked
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError
from dmkit.words.ranges import Count, Seconds, SomeSeconds

__all__ = ["Arrivals", "AtOnce", "ByCell", "ByZone", "OnDevice", "Polling", "Spread", "Trace"]


class Arrivals(Protocol):
    """Gives the time of each device in seconds after the campaign begins, shape ``(devices,)``."""

    @property
    def push(self) -> bool:
        """Whether a trigger has to travel."""

    def __call__(self, devices: int, streams: Streams) -> Floats:
        """Draw from the stream "arrivals"."""


@checked
@dataclass(frozen=True, slots=True)
class AtOnce:
    """All triggers leave together.

    >>> import dmkit as dm
    >>> dm.Campaign(devices=20, arrivals=AtOnce()).run(1).summary()["done"]
    1.0
    """

    push: ClassVar[bool] = True

    def __call__(self, devices: int, streams: Streams) -> Floats:
        """Zeros."""
        return np.zeros(devices)


@checked
@dataclass(frozen=True, slots=True)
class Spread:
    """Triggers leave evenly at random over ``seconds``.

    >>> Spread(3600.0).seconds
    3600.0
    >>> Spread(0)
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: Spread.seconds is 0; it must be a number above 0 s
    """

    seconds: SomeSeconds
    """How long the triggers leave."""
    push: ClassVar[bool] = True

    def __call__(self, devices: int, streams: Streams) -> Floats:
        """Uniform draws."""
        return streams.uniform("arrivals", (devices,)) * self.seconds


@checked
@dataclass(frozen=True, slots=True)
class ByCell:
    """One cell after the other: devices are taken in groups of ``group``, ``interval`` seconds apart.

    >>> ByCell(group=2, interval=60.0).group
    2
    """

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
    """At the same local time in each zone: that at which the campaign begins in the first, spread over ``seconds``.

    ``zones`` as in ``Window``; a campaign whose window says zones too must say the same ones.

    >>> ByZone(zones=3, seconds=600.0).zones
    3
    """

    zones: ZoneCount | tuple[Zone, ...]
    """How many, 1 h apart to the east; or hours east of Greenwich and IANA names."""
    seconds: SomeSeconds
    """How long the triggers of a zone leave."""
    push: ClassVar[bool] = True

    def __post_init__(self) -> None:
        zones_of(self.zones)

    def __call__(self, devices: int, streams: Streams) -> Floats:
        """When the clock on the wall next shows the hour of the start."""
        clock = streams.clock or Clock(zones_of(self.zones))
        due = np.array([clock.until(0, zone, clock.start_hour) for zone in range(len(clock.zones))]) / 1e6
        return due[np.arange(devices) % len(due)] + streams.uniform("arrivals", (devices,)) * self.seconds


@checked
@dataclass(frozen=True, slots=True)
class OnDevice:
    """A schedule on the device (Scheduling MO): due at ``base`` seconds, spread by its Jitter, no push.

    >>> OnDevice(base=60.0, jitter=30.0).jitter
    30.0
    """

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
    """Devices ask every ``interval`` seconds whether there is work, each with a phase of its own; no push.

    >>> Polling(86400.0).interval
    86400.0
    """

    interval: SomeSeconds
    """Seconds from one question to the next."""
    push: ClassVar[bool] = False

    def __call__(self, devices: int, streams: Streams) -> Floats:
        """The rest of the interval."""
        return streams.uniform("arrivals", (devices,)) * self.interval


@checked
@dataclass(frozen=True, slots=True)
class Trace:
    """Times that were measured or worked out elsewhere, seconds, one a device; ``push`` as for the other laws.

    >>> Trace((0.0, 5.0, 7.5))(3, Streams(1)).tolist()
    [0.0, 5.0, 7.5]
    """

    times: Annotated[tuple[Seconds, ...], Size(1)]
    """Seconds since the campaign began, one a device."""
    push: bool = False
    """Whether they are times of triggers that have to travel."""

    def __call__(self, devices: int, streams: Streams) -> Floats:
        """ConfigError unless there is one for each device."""
        if len(self.times) != devices:
            raise ConfigError(f"Trace has {many(len(self.times), 'time')} for {many(devices, 'device')}")
        return np.asarray(self.times, dtype=np.float64)
