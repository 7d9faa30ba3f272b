"""Local time, defined once: laws of arrival, windows, prompts and schedules all ask this clock.

A zone is a number of hours east of Greenwich (halves and quarters too) or an IANA name with its daylight saving time.
The campaign begins at ``start_hour`` of the first zone's own time, on ``day``.  Local time of a device is what a clock
on its wall shows then: the same number of microseconds, and the offset of its zone at that moment.

A window is open whenever the wall clock shows an hour within it.  So one that should open in the hour that a spring day
lacks opens when that hour is over, one that lies wholly within it does not open on that day, and one within the hour
that an autumn day has twice opens twice.

>>> clock = Clock((0.0, 5.5), start_hour=9.0)
>>> clock.hour(0, 0), clock.hour(0, 1), clock.until(0, 1, 9.0) / 3600e6
(9.0, 14.5, 18.5)
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Final, TypeAlias

from dmkit.words.checked import checked
from dmkit.words.errors import ConfigError
from dmkit.words.ranges import Hour, Range
from dmkit.words.records import dataclass

__all__ = ["DAY", "HOUR", "Clock", "Zone", "ZoneCount", "zones_of"]

Zone: TypeAlias = Annotated[float, Range("number", -24, 24, above=True, below=True)] | str
"""Hours east of Greenwich, or an IANA name."""
ZoneCount: TypeAlias = Annotated[int, Range("number", 1, 24, whole=True)]
HOUR: Final = 3_600_000_000
DAY: Final = 24 * HOUR
"""Microseconds."""
_YEARS: Final = 4
"""How far changes of daylight saving time are looked up; after them the last offset stays."""
_EARLIEST, _LATEST = 1900, 9990
"""Years of ``Clock.day``: before, no zone has rules, and after, the years that follow cannot be told."""
_NO_PLACE: Final = ("localtime", "posixrules", "Factory")
"""Names that zoneinfo takes and that say another time on another machine, or none."""
_BEFORE: Final = -(10**18)


def zones_of(zones: int | tuple[Zone, ...]) -> tuple[Zone, ...]:
    """A number n of zones are those 0, 1 ... n - 1 hours east of the first; a tuple stands for itself.

    ConfigError for what is no zone, by name.
    """
    if isinstance(zones, int) and not isinstance(zones, bool):
        if not 1 <= zones <= 24:
            raise ConfigError(f"zones is {zones}; it must be from 1 to 24, or a tuple of hours east and IANA names")
        return tuple(float(k) for k in range(zones))
    if not isinstance(zones, tuple) or not 1 <= len(zones) <= 127:
        raise ConfigError(f"zones is {zones!r}; it must be a number or a tuple of 1 to 127 zones")
    for zone in zones:
        if isinstance(zone, str):
            _changes(zone, "2026-01-05")
        elif isinstance(zone, bool) or not isinstance(zone, int | float) or not -24 < zone < 24:
            raise ConfigError(f"zone {zone!r} must be hours east of Greenwich, within a day, or an IANA name")
    return tuple(zone if isinstance(zone, str) else float(zone) for zone in zones)


@lru_cache(maxsize=256)
def _changes(name: str, day: str) -> tuple[tuple[int, int], ...]:
    """From when (microseconds after 0 h UTC of ``day``) which offset (microseconds) holds in an IANA zone."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        if name in _NO_PLACE or name.startswith("right/"):
            raise ValueError("it says what this machine is set to, no time, or another second")
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(
            f"time zone {name!r} is not known; a name is like Europe/Berlin, or give hours east"
        ) from None
    begin = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC) - timedelta(days=2)

    def offset(hours: float) -> timedelta:
        return (begin + timedelta(hours=hours)).astimezone(zone).utcoffset() or timedelta()

    found = [(_BEFORE, offset(0))]
    for step in range(0, _YEARS * 366 * 24, 24):
        low, high = float(step), float(step + 24)
        if (after := offset(high)) != found[-1][1]:
            while high - low > 1 / 7200:
                middle = (low + high) / 2
                low, high = (middle, high) if offset(middle) == found[-1][1] else (low, middle)
            found.append((round(high * 3600) * 1_000_000 - 2 * DAY, after))
    return tuple((when, round(value.total_seconds()) * 1_000_000) for when, value in found)


@checked
@dataclass(frozen=True, slots=True)
class Clock:
    """Times are microseconds since the campaign began; ``zone`` is a place in ``zones``."""

    zones: tuple[Zone, ...] = (0.0,)
    start_hour: Hour = 0.0
    """Local hour of the first zone at which the campaign begins."""
    day: str = "2026-01-05"
    """A Monday; it matters only for zones with daylight saving time."""

    def __post_init__(self) -> None:
        if not 0 <= self.start_hour < 24:
            raise ConfigError(f"start_hour is {self.start_hour}; it must be from 0 to below 24")
        try:
            year = date.fromisoformat(self.day).year
        except (ValueError, TypeError):
            raise ConfigError(f"day is {self.day!r}; it must be a date such as 2026-01-05") from None
        if not _EARLIEST <= year <= _LATEST:
            raise ConfigError(f"day is {self.day!r}; its year must be from {_EARLIEST} to {_LATEST}")

    @property
    def start(self) -> int:
        """When the campaign begins, after 0 h UTC of ``day``."""
        wanted = round(self.start_hour * HOUR)
        first = self.zones[0]
        if not isinstance(first, str):
            return wanted - round(first * HOUR)
        changes = _changes(first, self.day)
        for when, offset in changes:
            after = next((w for w, _ in changes if w > when), None)
            if wanted - offset >= when and (after is None or wanted - offset < after):
                return wanted - offset
        return next(w for w, offset in changes if w + offset > wanted)  # an hour that the day lacks: when it is over

    def offsets(self, zone: int) -> tuple[tuple[int, int], ...]:
        """From when which offset holds: what is added to the time since the campaign began to have local time."""
        name, start = self.zones[zone], self.start
        if not isinstance(name, str):
            return ((_BEFORE, start + round(name * HOUR)),)
        return tuple((max(when - start, _BEFORE), start + offset) for when, offset in _changes(name, self.day))

    def table(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """``offsets`` of every zone."""
        return tuple(self.offsets(zone) for zone in range(len(self.zones)))

    def hour(self, time: int, zone: int) -> float:
        """What the wall clock shows at ``time``: an hour from 0 to below 24."""
        offset = [offset for when, offset in self.offsets(zone) if when <= time][-1]
        return (time + offset) % DAY / HOUR

    def wait(self, time: int, zone: int, start: float, end: float) -> int:
        """Microseconds from ``time`` until the wall clock shows an hour from ``start`` to below ``end``."""
        return waiting(time, self.offsets(zone), round(start * HOUR), round(end * HOUR))

    def until(self, time: int, zone: int, hour: float) -> int:
        """Microseconds until the wall clock next shows ``hour``, or passes over it."""
        wanted, offsets = round(hour * HOUR) % DAY, self.offsets(zone)
        at, now = _place(time, offsets), time
        while True:
            due = now + (wanted - now - offsets[at][1]) % DAY
            if at + 1 == len(offsets) or due < offsets[at + 1][0]:
                return due - time
            change, after = offsets[at + 1]
            if due < change + max(after - offsets[at][1], 0) % DAY:  # where a whole day is left out no hour is
                return change - time  # the hour is skipped: when the clocks have been put forward
            at, now = at + 1, change


def _place(time: int, offsets: tuple[tuple[int, int], ...]) -> int:
    at = 0
    while at + 1 < len(offsets) and offsets[at + 1][0] <= time:
        at += 1
    return at


def waiting(time: int, offsets: tuple[tuple[int, int], ...], start: int, end: int) -> int:
    """As ``Clock.wait``, with the hours in microseconds; ``start`` after ``end`` goes over midnight."""
    at, now = _place(time, offsets), time
    while True:
        local = (now + offsets[at][1]) % DAY
        inside = start <= local < end if start < end else local >= start or local < end
        due = now if inside else now + (start - local) % DAY
        if at + 1 == len(offsets) or due < offsets[at + 1][0]:
            return due - time
        at, now = at + 1, offsets[at + 1][0]
