"""What a scheduler knows of the present, and the journal of what happened.

The world's clock never jumps; the device's clock is ``offset`` ahead of it, and a wall clock shows that in ``local``:
``local time = device's clock + offset of the zone``.

>>> clock = ScheduleClock(now=100.0, offset=3600.0)
>>> clock.shown, clock.runs
(3700.0, True)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import NamedTuple

from dmkit.mo.sched.events import Happening, What
from dmkit.mo.sched.time import wall_of

__all__ = ["ClockReading", "ScheduleClock", "ScheduleJournal"]


class ClockReading(NamedTuple):
    """What clock and wall showed at one moment, and how far the clock was ahead of the world, in which zone."""

    shown: float
    wall: float
    offset: float
    local: tzinfo
    now: float
    """The world's time."""


@dataclass(slots=True)
class ScheduleClock:
    """Time, zone and power as the device has them now."""

    now: float = 0.0
    """The world's time, seconds since 1970."""
    offset: float = 0.0
    """Seconds by which the device's clock is ahead of the world's."""
    local: tzinfo = UTC
    is_on: bool = True
    is_low: bool = False
    is_charging: bool = False
    battery: float = 100.0
    is_trusted: bool = True
    """False after a loss of the clock, until the network or a person sets it."""

    @property
    def shown(self) -> float:
        """What the device's clock shows."""
        return self.now + self.offset

    @property
    def wall(self) -> float:
        """What a clock on the wall shows, in seconds since its 1970."""
        return wall_of(self.now + self.offset, self.local)

    @property
    def reading(self) -> ClockReading:
        """Clock and wall as they are now."""
        return ClockReading(self.shown, self.wall, self.offset, self.local, self.now)

    def was_set(self, since: ClockReading) -> bool:
        """Whether clock or zone are others than at ``since``: more, or less, than time has passed on it.

        >>> clock = ScheduleClock(now=100.0)
        >>> before, clock.now = clock.reading, 200.0
        >>> was = clock.was_set(before)
        >>> clock.offset = 90000.0
        >>> was, clock.was_set(before)
        (False, True)
        """
        return self.offset != since.offset or self.local != since.local

    @property
    def runs(self) -> bool:
        """Whether schedules can run at all."""
        return self.is_on and not self.is_low


@dataclass(slots=True)
class ScheduleJournal:
    """Rows of what happened, until somebody takes them."""

    clock: ScheduleClock
    rows: list[Happening] = field(default_factory=list)

    def say(self, what: What, uri: str, due: float | None = None, code: int = 0, why: str = "") -> None:
        """Add a row at the present moment."""
        self.rows.append(Happening(self.clock.now, what, uri, due, code, why))

    def take(self) -> tuple[Happening, ...]:
        """The rows since the last time."""
        rows, self.rows = tuple(self.rows), []
        return rows
