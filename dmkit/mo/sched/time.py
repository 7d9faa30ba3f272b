"""When a schedule is due: a base time and a recurrence rule, on UTC or on the device's local time.

The rule is one of RFC 5545 without seconds: the parts in ``PARTS``; dates that are left out (ExDate) or added (RDate)
stand beside it.  A base time with ``Z`` is UTC, without it is local: then 02:30 is 02:30 in summer and in winter.
What RFC 5545 leaves open, or says twice, is a field of ``Readings``.

Base and recurrence are evidence (P4); the sheet proposes a subset, without BYMONTH, BYWEEKNO, BYYEARDAY and
BYSETPOS.  [scheduling sheet §5.1]

>>> rule = parse("20251201T030000Z", "FREQ=WEEKLY;BYDAY=SU;COUNT=3")
>>> [printed(due) for due in rule.dues(UTC)]
['20251201T030000Z', '20251207T030000Z', '20251214T030000Z']
>>> printed(rule.last_before(UTC, seconds_of("20251214T030000Z")).due)
'20251207T030000Z'
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from heapq import merge
from itertools import islice
from math import ceil
from typing import Any, Final, Literal, NamedTuple

from dmkit.mo.sched.rule import FIXED, PARTS, beats, checked, days_of
from dmkit.mo.sched.zone import PosixZone, offset_at, wall_changes, zone
from dmkit.words.checked import checked as checks_itself
from dmkit.words.records import dataclass

__all__ = [
    "PARTS", "UTC", "Moment", "Readings", "Recurrence", "instant_of", "parse", "printed", "seconds_of", "wall_of",
    "zone",
]  # fmt: skip

_STAMP: Final = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(Z?)\Z")
_HORIZON: Final = 8 * 366 * 86400
"""A rule must match something within so long: 29 February comes once in eight years at worst."""
_END: Final = int((datetime(9998, 12, 31) - datetime(1970, 1, 1)).total_seconds())
_EPOCH: Final = datetime(1970, 1, 1)


@checks_itself
@dataclass(frozen=True, slots=True)
class Readings:
    """What RFC 5545 leaves open, or says in two ways."""

    base: Literal["first due", "start"] = "first due"
    """Base is the first due time even where Recur does not name it, or only where Recur begins.  UNSURE [sheet §5.1]"""
    gap: Literal["shift", "skip", "end"] = "shift"
    """A local time that the change to summer time leaves out: by the offset before it (02:30 is 03:30), not at all and
    not counted, or when the gap ends (03:00).  CONFLICT [RFC 5545 §3.3.10, first and second paragraph on it]"""
    hourly: Literal["elapsed", "wall"] = "elapsed"
    """HOURLY and MINUTELY on local time: so many hours later, 25 on the day in autumn, or hours by name, 24.  UNSURE"""


class Moment(NamedTuple):
    """A due time.  ``key`` names it: the wall clock's time where the rule counts on the wall, else ``due`` itself."""

    key: float
    due: float


def _stamp(text: str) -> tuple[datetime, bool]:
    match = _STAMP.match(text)
    if match is None:
        raise ValueError(f"{text!r} is not a time such as 20251201T030000Z")
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    try:
        return datetime(year, month, day, hour, minute, second), match.group(7) == "Z"
    except ValueError as error:
        raise ValueError(f"{text!r}: {error}") from None


def _wall(moment: datetime) -> int:
    return int((moment - _EPOCH).total_seconds())


def seconds_of(text: str, local: tzinfo = UTC) -> float:
    """Seconds since 1970 of an ISO 8601 basic time; without ``Z`` it is local.  ValueError says what is wrong.

    >>> seconds_of("19700101T000100Z")
    60.0
    """
    moment, is_utc = _stamp(text)
    found = instant_of(_wall(moment), UTC if is_utc else local)
    assert found is not None
    return float(found)


@lru_cache(maxsize=1024)
def printed(seconds: float) -> str:
    """As ``20251122T090000Z``."""
    moment = _EPOCH + timedelta(seconds=seconds)
    return (f"{moment.year:04}{moment.month:02}{moment.day:02}T{moment.hour:02}{moment.minute:02}"
            f"{moment.second:02}Z")  # fmt: skip


def wall_of(instant: float, local: tzinfo) -> float:
    """What the clock on the wall shows, in seconds since its 1970."""
    return instant + offset_at(local, instant)


def instant_of(wall: float, local: tzinfo, gap: str = "shift") -> float | None:
    """The moment of a wall clock's time: in an overlap the first, in a gap as ``Readings.gap`` says (None: none)."""
    before, after = wall_changes(local, int(wall))
    if before < after:  # a gap
        if gap == "skip":
            return None
        if gap == "end":
            return float(_turn(local, int(wall) - after, int(wall) - before))
    return wall - before


def _turn(local: tzinfo, low: int, high: int) -> int:
    """The instant between ``low`` and ``high`` at which the offset changes."""
    first = offset_at(local, low)
    while high - low > 1:
        middle = (low + high) // 2
        if offset_at(local, middle) == first:
            low = middle
        else:
            high = middle
    return high


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Base, Recur, ExDate and RDate, read; ``parse`` makes it."""

    base: datetime
    is_utc: bool
    parts: Mapping[str, Any] | None = None
    text: str = ""
    left_out: tuple[str, ...] = ()
    added: tuple[str, ...] = ()

    def __hash__(self) -> int:
        return hash((self.base, self.is_utc, self.text, self.left_out, self.added))

    def on_wall(self, readings: Readings) -> bool:
        """Whether due times are named by the wall clock: a zone left behind does not bring them back."""
        return not self.is_utc and not self._elapses(readings)

    def _elapses(self, readings: Readings) -> bool:
        return self.parts is not None and self.parts["FREQ"] in ("HOURLY", "MINUTELY") and readings.hourly == "elapsed"

    def dues(
        self, local: tzinfo, *, base_counts: bool = True, readings: Readings | None = None, begins: float | None = None
    ) -> Iterator[float]:
        """Due times in seconds since 1970, rising, none twice; ``base_counts``: the base itself is the first.

        With ``begins``, those from there on: it takes no longer however far the base lies behind.
        """
        readings = readings or Readings("first due" if base_counts else "start")
        key = -float("inf")
        if begins is not None:
            key = wall_of(begins, local) - 86400 if self.on_wall(readings) else begins
        for moment in self.moments(local, readings, key):
            if begins is None or moment.due >= begins:
                yield moment.due

    def moments(self, local: tzinfo, readings: Readings, key: float = -float("inf")) -> Iterator[Moment]:
        """Due times whose ``key`` is not before the one given, rising."""
        here = UTC if self.is_utc else local
        main = self._counted(here, readings, key)
        if self.added:
            rows = sorted({self._named(text, here, readings) for text in self.added})
            main = merge(main, (row for row in rows if row.key >= key), key=lambda row: row.due)
        out = {self._named(text, here, readings).due for text in self.left_out}
        last = -float("inf")
        for moment in main:
            if moment.due > last and moment.due not in out:
                yield moment
            last = max(last, moment.due)

    def last_before(self, local: tzinfo, key: float, readings: Readings | None = None) -> Moment | None:
        """The last due time whose ``key`` is before the one given; None when there is none."""
        readings = readings or Readings()
        first, span = float(_wall(self.base)) - 90000, 86400.0
        for text in self.added:
            first = min(first, self._named(text, UTC if self.is_utc else local, readings).key)
        while True:
            found = None
            for moment in self.moments(local, readings, key - span):
                if moment.key >= key:
                    break
                found = moment
            if found is not None or key - span < first:
                return found
            span *= 8

    def _named(self, text: str, here: tzinfo, readings: Readings) -> Moment:
        """A moment of ExDate or RDate."""
        moment, is_utc = _stamp(text)
        wall = _wall(moment)
        due = float(wall) if is_utc else instant_of(wall, here)
        assert due is not None
        return Moment(wall_of(due, here) if self.on_wall(readings) else due, due)

    def _counted(self, here: tzinfo, readings: Readings, key: float) -> Iterator[Moment]:
        """The rule with its COUNT and UNTIL, from ``key`` on."""
        count = None if self.parts is None else self.parts.get("COUNT")
        if count is None:
            return self._until(self._each(here, readings, key), here)
        step = FIXED.get(self.parts["FREQ"]) if self.parts is not None and self._is_even(readings) else None
        if step is not None and self.parts is not None:
            last = self._start(here, readings) + (count - 1) * step * self.parts.get("INTERVAL", 1)
            return (moment for moment in self._each(here, readings, key, limit=last))
        known = _counting(self, here, readings)
        return known.at_least(key)

    def _is_even(self, readings: Readings) -> bool:
        """Whether due times lie at even distances, with no gap that could swallow one."""
        assert self.parts is not None
        even = not set(self.parts) - {"FREQ", "INTERVAL", "COUNT", "WKST"}
        return even and (self.is_utc or self._elapses(readings))

    def _until(self, found: Iterator[Moment], here: tzinfo) -> Iterator[Moment]:
        if self.parts is None or "UNTIL" not in self.parts:
            return found
        until = seconds_of(self.parts["UNTIL"], here)
        return _up_to(found, until)

    def _start(self, here: tzinfo, readings: Readings) -> int:
        base = _wall(self.base)
        if self._elapses(readings) and not self.is_utc:
            return int(instant_of(base, here) or 0)
        return base

    def _each(self, here: tzinfo, readings: Readings, key: float, limit: float = _END) -> Iterator[Moment]:
        """The base and the rule's matches from ``key`` on, however many COUNT allows."""
        on_wall = self.on_wall(readings)
        start = self._start(here, readings)
        if self.parts is None:
            walls: Iterator[int] = iter((start,) if start >= key else ())
        else:
            local = here if self._elapses(readings) and not self.is_utc else UTC
            walls = _rule(start, self.parts, ceil(max(key, start)), int(min(limit, _END)), local)
            if readings.base == "first due" and start >= key:
                walls = _with_base(start, walls)
        if not on_wall:
            return (Moment(wall, float(wall)) for wall in walls)
        return _on_the_clock(walls, here, readings.gap)


class _Counting:
    """Due times of a rule with COUNT, found as far as they were asked for."""

    def __init__(self, source: Iterator[Moment]) -> None:
        self.source, self.found = source, list[Moment]()

    def at_least(self, key: float) -> Iterator[Moment]:
        """Those whose key is not before ``key``."""
        at = bisect_left(self.found, key, key=lambda moment: moment.key)
        while True:
            while at >= len(self.found):
                more = next(self.source, None)
                if more is None:
                    return
                self.found.append(more)
            if self.found[at].key >= key:
                yield self.found[at]
            at += 1


@lru_cache(maxsize=4096)
def _counting(rule: Recurrence, here: tzinfo, readings: Readings) -> _Counting:
    assert rule.parts is not None
    every = _rising(rule._each(here, readings, -float("inf")))
    return _Counting(islice(every, rule.parts["COUNT"]))


def _rising(found: Iterator[Moment]) -> Iterator[Moment]:
    """Two names of one moment count once."""
    last = -float("inf")
    for moment in found:
        if moment.due > last:
            last = moment.due
            yield moment


def _up_to(found: Iterator[Moment], until: float) -> Iterator[Moment]:
    for moment in found:
        if moment.due > until:
            return
        yield moment


def _with_base(start: int, walls: Iterator[int]) -> Iterator[int]:
    yield start
    for wall in walls:
        if wall != start:
            yield wall


def _on_the_clock(walls: Iterator[int], here: tzinfo, gap: str) -> Iterator[Moment]:
    if isinstance(here, PosixZone) and not here.daylight:
        offset = here.standard_offset
        for wall in walls:
            yield Moment(wall, float(wall - offset))
        return
    for wall in walls:
        due = instant_of(wall, here, gap)
        if due is not None:
            yield Moment(wall, due)


def _rule(start: int, parts: Mapping[str, Any], begins: int, limit: int, local: tzinfo) -> Iterator[int]:
    """Matches of the rule from ``begins`` to ``limit``, rising; the rule itself starts at ``start``."""
    freq, interval = parts["FREQ"], parts.get("INTERVAL", 1)
    step = FIXED.get(freq)
    if step is not None and not set(parts) - {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"}:
        step *= interval
        first = start + max(0, -(-(begins - start) // step)) * step
        return iter(range(first, limit + 1, step))
    if freq in ("HOURLY", "MINUTELY"):
        return beats(start, parts, begins, limit, lambda instant: offset_at(local, instant))
    return days_of(start, parts, begins, limit)


def parse(base: str, recur: str = "", left_out: str = "", added: str = "") -> Recurrence:
    """Base, Recur, ExDate and RDate as they stand in the tree; ValueError with a sentence for what is not known.

    >>> parse("20251201T030000Z", "FREQ=DAILY;BYEASTER=1")
    Traceback (most recent call last):
        ...
    ValueError: Recur: BYEASTER is not known; known are FREQ, INTERVAL, COUNT, UNTIL, BYMONTH, BYWEEKNO, BYYEARDAY, ...
    """
    try:
        moment, is_utc = _stamp(base)
    except ValueError as error:
        raise ValueError(f"Base: {error}") from None
    dates = []
    for name, text in (("ExDate", left_out), ("RDate", added)):
        texts = tuple(part.strip() for part in text.split(",")) if text else ()
        for part in texts:
            try:
                _stamp(part)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        dates.append(texts)
    if not recur:
        return Recurrence(moment, is_utc, None, "", *dates)
    parts = checked(recur, _stamp)
    start = _wall(moment)
    if next(_rule(start, parts, start, start + _HORIZON, UTC), None) is None:
        raise ValueError(f"Recur: {recur} matches nothing within eight years after Base")
    return Recurrence(moment, is_utc, parts, recur, *dates)
