"""When real fleets call, as laws of arrival: DMClient's retry sets, LwM2M's queue mode, the rate of AWS IoT Jobs.

>>> from itertools import islice
>>> [t / 60 for t in islice(INTUNE.times(), 7)]
[3.0, 6.0, 9.0, 12.0, 15.0, 30.0, 45.0]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final

import numpy as np

from dmkit.sim.arrays import Floats
from dmkit.sim.streams import Streams
from dmkit.words.checked import checked
from dmkit.words.errors import ConfigError
from dmkit.words.ranges import Count, Natural, Range, SomeSeconds

__all__ = ["FLEET", "INTUNE", "PollSets", "QueueMode", "RolloutRate"]

_DAY: Final = 1440
"""Minutes: the schedule that a device makes for itself when no set goes on for ever.  [DMClient CSP]"""


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class PollSets:
    """The three sets of retries of a Windows device, each an interval in minutes and a number, one after the other.

    An interval of 0 switches a set off, a number of 0 repeats it for ever; then the sets after it must be off.  What
    never goes on for ever ends in one poll a day.  [DMClient CSP, Poll; that the sets follow each other: UNSURE]
    """

    first: tuple[Natural, Natural] = (15, 10)
    """Minutes and number of the first set."""
    second: tuple[Natural, Natural] = (0, 0)
    """Minutes and number of the second set."""
    remaining: tuple[Natural, Natural] = (0, 0)
    """Minutes and number of what remains."""
    push: ClassVar[bool] = False

    def __post_init__(self) -> None:
        endless = False
        for name in ("first", "second", "remaining"):
            interval, number = getattr(self, name)
            if interval and endless:
                raise ConfigError(
                    f"PollSets.{name} is {interval, number}; a set before it goes on for ever: switch it off"
                )
            endless = endless or (interval > 0 and number == 0)

    def times(self) -> Iterator[float]:
        """Seconds after enrolment of each poll, without end."""
        now = 0.0
        for interval, number in (self.first, self.second, self.remaining, (_DAY, 0)):
            if not interval:
                continue
            count = 0
            while number == 0 or count < number:
                now, count = now + interval * 60.0, count + 1
                yield now

    @property
    def tail(self) -> float:
        """Seconds between two polls in the long run."""
        return next((i * 60.0 for i, n in (self.first, self.second, self.remaining) if i and not n), _DAY * 60.0)

    def rate(self, devices: int) -> float:
        """Requests a second of a fleet in the long run.

        >>> round(FLEET.rate(20_000)), round(INTUNE.rate(20_000), 2)
        (333, 0.69)
        """
        return devices / self.tail

    def __call__(self, devices: int, streams: Streams) -> Floats:
        """The next poll of devices that were enrolled long ago, each with a phase of its own."""
        return streams.uniform("arrivals", (devices,)) * self.tail


INTUNE: Final = PollSets(first=(3, 5), second=(15, 8), remaining=(480, 0))
"""Every 3 min for 15 min, every 15 min for 2 h, then every 8 h.  [Intune documentation]"""
FLEET: Final = PollSets(first=(1, 0))
"""Each minute for ever.  [fleetdm/fleet issues 15408, 43773]"""


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class QueueMode:
    """LwM2M: a request waits at the server until the device's next update; then the device listens for ``window``.

    93 s are MAX_TRANSMIT_WAIT of CoAP.  [RFC 7252 §4.8.2]
    """

    update: SomeSeconds = 86_400.0
    """Between two updates of the registration; must come within the lifetime."""
    window: SomeSeconds = 93.0
    """Seconds that a device listens after an update."""
    push: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.window > self.update:
            raise ConfigError(f"QueueMode.window is {self.window}; it must not be longer than update, {self.update}")

    def __call__(self, devices: int, streams: Streams) -> Floats:
        """At once for those who listen just now, else at the next update."""
        phase = streams.uniform("arrivals", (devices,)) * self.update
        return np.where(phase < self.window, 0.0, self.update - phase)


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutRate:
    """AWS IoT Jobs: ``base`` things a minute; after each ``things`` notified the rate grows by ``factor``, to ``most``.

    The criterion is things notified; that of things succeeded depends on what comes back, see ``Rollout``.
    [AWS IoT developer guide, job rollout rate]
    """

    base: Annotated[int, Range("number", 1, 1000, whole=True)] = 50
    """Things a minute at first."""
    factor: Annotated[float, Range("number", 1.1, 5.0)] = 2.0
    """By which the rate grows."""
    things: Count = 1000
    """Notified things after which it grows."""
    most: Annotated[int, Range("number", 1, 1000, whole=True)] = 1000
    """Things a minute at most."""
    push: ClassVar[bool] = True

    def timeline(self, devices: int) -> tuple[tuple[float, int, float], ...]:
        """Seconds, things notified so far, things a minute from then on: at each change of the rate.

        >>> RolloutRate().timeline(4000)
        ((0.0, 0, 50.0), (1200.0, 1000, 100.0), (1800.0, 2000, 200.0), (2100.0, 3000, 400.0))
        """
        now, done, rate = 0.0, 0, float(min(self.base, self.most))
        rows = []
        while done < devices:
            rows.append((now, done, rate))
            now += self.things / rate * 60.0
            done, rate = done + self.things, min(rate * self.factor, float(self.most))
        return tuple(rows)

    def __call__(self, devices: int, streams: Streams) -> Floats:
        """Device n is the n-th that is notified, evenly at the rate of its turn."""
        times = np.empty(devices)
        for begin, done, rate in self.timeline(devices):
            mine = np.arange(done, min(done + self.things, devices))
            times[mine] = begin + (mine - done) / rate * 60.0
        return times
