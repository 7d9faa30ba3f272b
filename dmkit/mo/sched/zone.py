"""Zones as POSIX rules: ``CET-1CEST,M3.5.0,M10.5.0/3``, read and kept here; no table of the machine is asked.

``local = utc + offset`` of the zone: east of Greenwich is positive here, though POSIX writes it negative.  A rule holds
for all years.  Footers of the tz database are such rules, also those with quoted names, hours beyond a day or below
none, and summer time that is behind.  [POSIX.1-2024, XBD 8.3 TZ; RFC 9636 §3.3.1]

>>> berlin = PosixZone("CET-1CEST,M3.5.0,M10.5.0/3")
>>> berlin.offset_at(0) // 3600
1
>>> from datetime import datetime
>>> datetime(2026, 7, 1, tzinfo=berlin).isoformat(), datetime(2026, 7, 1, tzinfo=berlin).tzname()
('2026-07-01T00:00:00+02:00', 'CEST')
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final, NamedTuple

from dmkit.words.errors import ConfigError

__all__ = ["OffsetChange", "PosixZone", "offset_at", "wall_changes", "zone"]

_NAME: Final = r"(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)"
_OFFSET: Final = r"[+-]?\d{1,2}(?::[0-5]\d(?::[0-5]\d)?)?"
_TIME: Final = r"[+-]?\d{1,3}(?::[0-5]\d(?::[0-5]\d)?)?"
_DATE: Final = r"(?:M\d{1,2}\.\d\.\d|J\d{1,3}|\d{1,3})"
_RULE: Final = re.compile(
    rf"({_NAME})({_OFFSET})(?:({_NAME})({_OFFSET})?(?:,({_DATE})(?:/({_TIME}))?,({_DATE})(?:/({_TIME}))?)?)?\Z"
)
_EPOCH: Final = date(1970, 1, 1).toordinal()
_MOST: Final = 9998


class OffsetChange(NamedTuple):
    """At the instant ``at`` the offset goes from ``before`` to ``after``, seconds."""

    at: int
    before: int
    after: int


def _seconds(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    hours, _, rest = text.lstrip("+-").partition(":")
    minutes, _, seconds = rest.partition(":")
    return sign * (int(hours) * 3600 + int(minutes or 0) * 60 + int(seconds or 0))


def _day(text: str, year: int) -> int:
    """Days since 1970 of a rule's date in ``year``."""
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    first = date(year, 1, 1).toordinal() - _EPOCH
    if text[0] == "J":
        number = int(text[1:])
        return first + number - 1 + (leap and number > 59)
    if text[0] != "M":
        return first + int(text)
    month, week, weekday = (int(part) for part in text[1:].split("."))
    begins = date(year, month, 1)
    at = begins.toordinal() - _EPOCH + (weekday - begins.isoweekday()) % 7 + (week - 1) * 7
    ends = (date(year + month // 12, month % 12 + 1, 1).toordinal()) - _EPOCH
    return at if at < ends else at - 7


def _right(text: str) -> bool:
    """Whether a rule's date can be one."""
    if text[0] == "M":
        month, week, weekday = (int(part) for part in text[1:].split("."))
        return 1 <= month <= 12 and 1 <= week <= 5 and weekday <= 6
    return 1 <= int(text[1:]) <= 365 if text[0] == "J" else int(text) <= 365


class PosixZone(tzinfo):
    """A zone from its rule; equal when the rules are.  ConfigError for a text that is none."""

    __slots__ = ("_changes", "_dates", "daylight", "daylight_offset", "standard", "standard_offset", "text")

    def __init__(self, text: str) -> None:
        match = _RULE.match(text)
        if match is None:
            raise ConfigError(f"{text!r} is no POSIX zone; one is CET-1CEST,M3.5.0,M10.5.0/3")
        self.text = text
        self.standard, self.daylight = match.group(1).strip("<>"), (match.group(3) or "").strip("<>")
        self.standard_offset = -_seconds(match.group(2))
        self.daylight_offset = -_seconds(match.group(4)) if match.group(4) else self.standard_offset + 3600
        given = match.groups()[4:]
        begins, at, ends, until = given
        if self.daylight and not begins:  # POSIX leaves them to the machine, and machines differ
            raise ConfigError(
                f"{text!r} is no POSIX zone: {self.daylight} has no dates; write when clocks change, as in "
                "CET-1CEST,M3.5.0,M10.5.0/3"
            )
        if abs(self.standard_offset) > 24 * 3600 or abs(self.daylight_offset) > 24 * 3600:
            raise ConfigError(f"{text!r} is no POSIX zone: it is more than 24 hours from UTC")
        if self.daylight and not (_right(begins or "") and _right(ends or "")):
            raise ConfigError(
                f"{text!r} is no POSIX zone: {begins},{ends} are no dates; M3.5.0 is the last Sunday of March"
            )
        if max(abs(_seconds(t)) for t in (at or "2", until or "2")) > 167 * 3600:
            raise ConfigError(f"{text!r} is no POSIX zone: clocks change within 167 hours of the day that is named")
        self._dates = (begins or "", _seconds(at or "2"), ends or "", _seconds(until or "2"))
        self._changes: dict[int, tuple[OffsetChange, ...]] = {}

    def changes(self, year: int) -> tuple[OffsetChange, ...]:
        """What happens to the clocks around ``year``: from the year before to the year after."""
        known = self._changes.get(year)
        if known is not None:
            return known
        found: list[tuple[int, int, int]] = []
        if self.daylight:
            begins, at, ends, until = self._dates
            for y in range(max(year - 1, 1), min(year + 1, _MOST) + 1):
                found.append((_day(begins, y) * 86400 + at - self.standard_offset, 1, self.daylight_offset))
                found.append((_day(ends, y) * 86400 + until - self.daylight_offset, 0, self.standard_offset))
        found.sort()
        steps, now = [], found[-1][2] if found else self.standard_offset
        if len(found) > 1:
            now = self.standard_offset if found[0][1] else self.daylight_offset
        for moment, _, after in found:
            steps.append(OffsetChange(moment, now, after))
            now = after
        self._changes[year] = tuple(s for s in steps if s.before != s.after)
        return self._changes[year]

    def offset_at(self, instant: float) -> int:
        """Seconds by which this zone is ahead of UTC at an instant.

        >>> PosixZone("EST5EDT,M3.2.0,M11.1.0").offset_at(1_790_000_000) // 3600
        -4
        """
        if not self.daylight:
            return self.standard_offset
        offset = None
        for change in self.changes(_year(instant)):
            if change.at > instant:
                return change.before if offset is None else offset
            offset = change.after
        return self.standard_offset if offset is None else offset

    def _named(self, moment: datetime | None) -> int:
        if moment is None or not self.daylight:
            return self.standard_offset
        wall = _wall(moment)
        offset: int | None = None
        changes = self.changes(_year(wall))
        for change in changes:
            low, high = sorted((change.before, change.after))
            if wall < change.at + low:
                return change.before if offset is None else offset
            if wall < change.at + high:
                return change.after if moment.fold else change.before
            offset = change.after
        return self.standard_offset if offset is None else offset

    def utcoffset(self, moment: datetime | None, /) -> timedelta:
        """As a tzinfo says it, with ``fold``."""
        return timedelta(seconds=self._named(moment))

    def dst(self, moment: datetime | None, /) -> timedelta:
        """What summer time adds."""
        return timedelta(seconds=self._named(moment) - self.standard_offset)

    def tzname(self, moment: datetime | None, /) -> str:
        """The abbreviation in force."""
        return self.daylight if self.daylight and self._named(moment) != self.standard_offset else self.standard

    def fromutc(self, moment: datetime, /) -> datetime:
        """UTC into local time, with ``fold`` in the second of two equal hours."""
        instant = _wall(moment)
        offset = self.offset_at(instant)
        local = moment + timedelta(seconds=offset)
        again = any(
            change.at <= instant < change.at + change.before - change.after for change in self.changes(_year(instant))
        )
        return local.replace(fold=int(again))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PosixZone) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"PosixZone({self.text!r})"

    def __reduce__(self) -> tuple[type[PosixZone], tuple[str]]:
        return PosixZone, (self.text,)


def _year(seconds: float) -> int:
    days = int(seconds // 86400) + _EPOCH
    return date.fromordinal(min(max(days, 366), 3_651_000)).year


def _wall(moment: datetime) -> int:
    return (moment.toordinal() - _EPOCH) * 86400 + moment.hour * 3600 + moment.minute * 60 + moment.second


@lru_cache(maxsize=512)
def zone(text: str) -> tzinfo:
    """A zone from its POSIX rule.  ConfigError for a text that is none.

    >>> zone("UTC0").utcoffset(None)
    datetime.timedelta(0)
    """
    return PosixZone(text)


def offset_at(local: tzinfo, instant: float) -> int:
    """Seconds by which ``local`` is ahead of UTC at an instant: ``local = utc + offset``."""
    if local is UTC:
        return 0
    if isinstance(local, PosixZone):
        return local.offset_at(instant)
    offset = datetime.fromtimestamp(instant, local).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def wall_changes(local: tzinfo, wall: int) -> tuple[int, int]:
    """Offsets that a wall clock's time can have: two equal ones, or in a gap or an overlap before and after.

    >>> wall_changes(PosixZone("CET-1CEST,M3.5.0,M10.5.0/3"), 1774751400)  # 29 March 2026, 02:30 is not there
    (3600, 7200)
    """
    if local is UTC:
        return 0, 0
    if isinstance(local, PosixZone):
        if not local.daylight:
            return local.standard_offset, local.standard_offset
        offset: int | None = None
        for at, before, after in local.changes(_year(wall)):
            low, high = (before, after) if before < after else (after, before)
            if wall < at + low:
                offset = before if offset is None else offset
                return offset, offset
            if wall < at + high:
                return before, after
            offset = after
        last = local.standard_offset if offset is None else offset
        return last, last
    moment = datetime(1970, 1, 1, tzinfo=local) + timedelta(seconds=wall)
    first, second = moment.replace(fold=0).utcoffset(), moment.replace(fold=1).utcoffset()
    assert first is not None and second is not None
    return int(first.total_seconds()), int(second.total_seconds())
