"""When a schedule is due: a base time and a recurrence rule, on UTC or on the device's local time.

The rule is a subset of RFC 5545: FREQ, INTERVAL, COUNT, UNTIL, BYDAY, BYHOUR, BYMINUTE, BYMONTHDAY.  A base time
with ``Z`` is UTC, without it is local: then 02:30 is 02:30 in summer and in winter.  A local time that a change of
the clocks leaves out is due an hour later by the new time, one that comes twice is due the first time.

Base and recurrence are evidence (P4), the subset is the sheet's proposal.  [scheduling sheet §5.1]

>>> rule = parse("20251201T030000Z", "FREQ=WEEKLY;BYDAY=SU;COUNT=3")
>>> [printed(due) for due in rule.dues(UTC)]
['20251201T030000Z', '20251207T030000Z', '20251214T030000Z']
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from dmkit.words.errors import ConfigError

if TYPE_CHECKING:
    from dateutil.rrule import rrule

__all__ = ["PARTS", "UTC", "Recurrence", "parse", "printed", "seconds_of", "zone"]

_STAMP: Final = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(Z?)\Z")
_DAY: Final = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)\Z")
_ZONE: Final = re.compile(r"[A-Za-z]{3,}[+-]?\d{1,2}(:?\d\d)?([A-Za-z]{3,}.*)?\Z")
_FREQ: Final = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY")
_HORIZON: Final = timedelta(days=8 * 366)
"""A rule must match something within so long: 29 February comes once in eight years at worst."""


def _numbers(low: int, high: int, *, signed: bool = False) -> Callable[[str], Any]:
    form = re.compile(r"[+-]?\d{1,3}" if signed else r"\d{1,3}")

    def read(text: str) -> list[int]:
        values = [int(part) for part in text.split(",") if form.fullmatch(part)]
        if len(values) != text.count(",") + 1 or any(not low <= abs(value) <= high for value in values):
            raise ValueError(f"takes numbers from {low} to {high}" + (" or their negatives" if signed else ""))
        return values

    return read


def _days(text: str) -> list[tuple[str, int | None]]:
    found = [_DAY.match(part) for part in text.split(",")]
    if not all(found):
        raise ValueError("takes days such as MO,TU or, monthly, 1SU")
    days = [(m.group(2), int(m.group(1)) if m.group(1) else None) for m in found if m]
    if any(n is not None and not 1 <= abs(n) <= 53 for _, n in days):
        raise ValueError("counts weeks from 1 to 53")
    return days


def _above_0(text: str) -> int:
    if not re.fullmatch(r"\d{1,6}", text) or int(text) < 1:
        raise ValueError("takes a whole number from 1 to 999999")
    return int(text)


def _freq(text: str) -> str:
    if text not in _FREQ:
        raise ValueError(f"is one of {', '.join(_FREQ)}")
    return text


def _until(text: str) -> str:
    _stamp(text)
    return text


PARTS: Final[Mapping[str, Callable[[str], Any]]] = {
    "FREQ": _freq,
    "INTERVAL": _above_0,
    "COUNT": _above_0,
    "UNTIL": _until,
    "BYDAY": _days,
    "BYHOUR": _numbers(0, 23),
    "BYMINUTE": _numbers(0, 59),
    "BYMONTHDAY": _numbers(1, 31, signed=True),
}
"""Part of a rule -> its reader, which raises ValueError with the end of a sentence."""


def _stamp(text: str) -> tuple[datetime, bool]:
    match = _STAMP.match(text)
    if match is None:
        raise ValueError(f"{text!r} is not a time such as 20251201T030000Z")
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    try:
        return datetime(year, month, day, hour, minute, second), match.group(7) == "Z"
    except ValueError as error:
        raise ValueError(f"{text!r}: {error}") from None


def seconds_of(text: str, local: tzinfo = UTC) -> float:
    """Seconds since 1970 of an ISO 8601 basic time; without ``Z`` it is local.  ValueError says what is wrong.

    >>> seconds_of("19700101T000100Z")
    60.0
    """
    wall, is_utc = _stamp(text)
    return _instant(wall, UTC if is_utc else local)


def printed(seconds: float) -> str:
    """As ``20251122T090000Z``."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%dT%H%M%SZ")


def zone(text: str) -> tzinfo:
    """A zone from its POSIX rule, such as ``CET-1CEST,M3.5.0,M10.5.0/3``: no tables of the machine are asked.

    ConfigError for a text that is none.
    """
    from dateutil.tz import tzstr

    if _ZONE.match(text) is None:
        raise ConfigError(f"{text!r} is no POSIX zone; one is CET-1CEST,M3.5.0,M10.5.0/3")
    try:
        found: tzinfo = tzstr(text, posix_offset=True)
        return found
    except ValueError:
        raise ConfigError(f"{text!r} is no POSIX zone; one is CET-1CEST,M3.5.0,M10.5.0/3") from None


def _instant(wall: datetime, local: tzinfo) -> float:
    """The moment of a wall clock's time: in a gap by the offset before it, in an overlap the first."""
    if local is UTC:
        return wall.replace(tzinfo=UTC).timestamp()
    here = wall.replace(tzinfo=local, fold=0)
    offset = here.utcoffset() or timedelta(0)
    moment = wall.replace(tzinfo=UTC) - offset
    if moment.astimezone(local).replace(tzinfo=None) != wall:  # a gap: what the clock would have shown before it
        before = (wall - timedelta(hours=3)).replace(tzinfo=local)
        moment = wall.replace(tzinfo=UTC) - (before.utcoffset() or timedelta(0))
    return moment.timestamp()


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Base and Recur, read; ``parse`` makes it."""

    base: datetime
    is_utc: bool
    parts: Mapping[str, Any] | None = None
    text: str = ""

    def __hash__(self) -> int:
        return hash((self.base, self.is_utc, self.text))

    def dues(self, local: tzinfo, *, base_counts: bool = True) -> Iterator[float]:
        """Due times in seconds since 1970, rising, none twice; ``base_counts``: the base itself is the first."""
        here = UTC if self.is_utc else local
        last = -float("inf")
        until = float("inf")
        if self.parts and "UNTIL" in self.parts:
            until = seconds_of(self.parts["UNTIL"], local)
        for wall in self._walls(base_counts):
            due = _instant(wall, here)
            if due > until:
                return
            if due > last:
                last = due
                yield due

    def _walls(self, base_counts: bool) -> Iterator[datetime]:
        if self.parts is None:
            yield self.base
            return
        count = self.parts.get("COUNT")
        given = 0
        for wall in _rrule(self.base, self.parts):
            if given == 0 and base_counts and wall != self.base:
                yield self.base
                given = 1
            if count is not None and given >= count:
                return
            yield wall
            given += 1


def _rrule(base: datetime, parts: Mapping[str, Any], until: datetime | None = None) -> rrule:
    from dateutil import rrule as r

    weekdays = {"MO": r.MO, "TU": r.TU, "WE": r.WE, "TH": r.TH, "FR": r.FR, "SA": r.SA, "SU": r.SU}
    days = [weekdays[day] if n is None else weekdays[day](n) for day, n in parts.get("BYDAY", ())]
    return r.rrule(
        getattr(r, parts["FREQ"]),
        dtstart=base,
        interval=parts.get("INTERVAL", 1),
        until=until,
        byweekday=days or None,
        byhour=parts.get("BYHOUR"),
        byminute=parts.get("BYMINUTE"),
        bymonthday=parts.get("BYMONTHDAY"),
    )


def parse(base: str, recur: str = "") -> Recurrence:
    """Base and Recur as they stand in the tree; ValueError with a sentence for what is not in the subset.

    >>> parse("20251201T030000Z", "FREQ=DAILY;BYSETPOS=1")
    Traceback (most recent call last):
        ...
    ValueError: Recur: BYSETPOS is not known; known are FREQ, INTERVAL, COUNT, UNTIL, BYDAY, BYHOUR, ...
    """
    try:
        wall, is_utc = _stamp(base)
    except ValueError as error:
        raise ValueError(f"Base: {error}") from None
    if not recur:
        return Recurrence(wall, is_utc)
    parts: dict[str, Any] = {}
    for pair in recur.split(";"):
        name, equals, value = pair.partition("=")
        if name not in PARTS:
            raise ValueError(f"Recur: {name or 'an empty part'} is not known; known are {', '.join(PARTS)}")
        if name in parts or not equals:
            raise ValueError(f"Recur: {name} stands once, with a value behind '=', not as in {recur!r}")
        try:
            parts[name] = PARTS[name](value)
        except ValueError as error:
            raise ValueError(f"Recur: {name} {error}, not {value!r}") from None
    _agree(parts)
    try:
        found = list(islice(_rrule(wall, parts, wall + _HORIZON), 1))
    except (ValueError, OverflowError):
        found = []
    if not found:
        raise ValueError(f"Recur: {recur} matches nothing within eight years after Base")
    return Recurrence(wall, is_utc, parts, recur)


def _agree(parts: Mapping[str, Any]) -> None:
    """Parts that contradict each other.  [RFC 5545 §3.3.10]"""
    if "FREQ" not in parts:
        raise ValueError("Recur: FREQ is missing; FREQ=DAILY is a rule")
    if "COUNT" in parts and "UNTIL" in parts:
        raise ValueError("Recur: COUNT and UNTIL exclude each other; leave one out")
    if parts["FREQ"] == "WEEKLY" and "BYMONTHDAY" in parts:
        raise ValueError("Recur: BYMONTHDAY does not go with FREQ=WEEKLY")
    if parts["FREQ"] not in ("MONTHLY", "YEARLY") and any(n is not None for _, n in parts.get("BYDAY", ())):
        raise ValueError(f"Recur: a numbered BYDAY goes with MONTHLY or YEARLY, not with {parts['FREQ']}")
