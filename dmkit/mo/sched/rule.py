"""Recurrence rules of RFC 5545, all parts but those of seconds: read, and matched from any moment on.

Times here are wall clock seconds since 1970, whole numbers; no zone.  A search begins where it is asked for, so a rule
that is ten years old costs what a young one does.  [RFC 5545 §3.3.10]

>>> from itertools import islice
>>> parts = checked("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", str)
>>> [second // 86400 for second in islice(days_of(0, parts, 0, 10**9), 2)]  # days since 1 January 1970
[43, 71]
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, Final

__all__ = ["FIXED", "FREQUENCIES", "PARTS", "WEEKDAYS", "beats", "checked", "days_of"]

FREQUENCIES: Final = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY")
WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FIXED: Final = {"WEEKLY": 604800, "DAILY": 86400, "HOURLY": 3600, "MINUTELY": 60}
"""Frequencies whose periods are all of one length, in seconds."""
_DAY: Final = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)\Z")
_EPOCH: Final = date(1970, 1, 1).toordinal()
_LAST: Final = 9998


def _numbers(low: int, high: int, *, signed: bool = False) -> Callable[[str], Any]:
    form = re.compile(r"[+-]?\d{1,3}" if signed else r"\d{1,3}")

    def read(text: str) -> tuple[int, ...]:
        values = [int(part) for part in text.split(",") if form.fullmatch(part)]
        if len(values) != text.count(",") + 1 or any(not low <= abs(value) <= high for value in values):
            raise ValueError(f"takes numbers from {low} to {high}" + (" or their negatives" if signed else ""))
        return tuple(sorted(set(values)))

    return read


def _days(text: str) -> tuple[tuple[str, int | None], ...]:
    found = [_DAY.match(part) for part in text.split(",")]
    if not all(found):
        raise ValueError("takes days such as MO,TU or, monthly, 1SU")
    days = tuple((m.group(2), int(m.group(1)) if m.group(1) else None) for m in found if m)
    if any(n is not None and not 1 <= abs(n) <= 53 for _, n in days):
        raise ValueError("counts weeks from 1 to 53")
    return days


def _above_0(text: str) -> int:
    if not re.fullmatch(r"\d{1,6}", text) or int(text) < 1:
        raise ValueError("takes a whole number from 1 to 999999")
    return int(text)


def _freq(text: str) -> str:
    if text not in FREQUENCIES:
        raise ValueError(f"is one of {', '.join(FREQUENCIES)}")
    return text


def _weekday(text: str) -> int:
    if text not in WEEKDAYS:
        raise ValueError(f"is one of {', '.join(WEEKDAYS)}")
    return WEEKDAYS.index(text)


PARTS: Final[Mapping[str, Callable[[str], Any]]] = {
    "FREQ": _freq,
    "INTERVAL": _above_0,
    "COUNT": _above_0,
    "UNTIL": str,
    "BYMONTH": _numbers(1, 12),
    "BYWEEKNO": _numbers(1, 53, signed=True),
    "BYYEARDAY": _numbers(1, 366, signed=True),
    "BYDAY": _days,
    "BYHOUR": _numbers(0, 23),
    "BYMINUTE": _numbers(0, 59),
    "BYMONTHDAY": _numbers(1, 31, signed=True),
    "BYSETPOS": _numbers(1, 366, signed=True),
    "WKST": _weekday,
}
"""Part of a rule -> what reads it."""


def checked(recur: str, stamp: Callable[[str], Any]) -> dict[str, Any]:
    """The parts of a rule; ValueError with a sentence.  ``stamp`` reads UNTIL."""
    parts: dict[str, Any] = {}
    for pair in recur.split(";"):
        name, equals, value = pair.partition("=")
        if name not in PARTS:
            raise ValueError(f"Recur: {name or 'an empty part'} is not known; known are {', '.join(PARTS)}")
        if name in parts or not equals:
            raise ValueError(f"Recur: {name} stands once, with a value behind '=', not as in {recur!r}")
        try:
            parts[name] = PARTS[name](value)
            if name == "UNTIL":
                stamp(value)
        except ValueError as error:
            raise ValueError(f"Recur: {name} {error}, not {value!r}") from None
    _agree(parts)
    return parts


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
    if "BYWEEKNO" in parts and parts["FREQ"] != "YEARLY":
        raise ValueError(f"Recur: BYWEEKNO goes with YEARLY only, not with {parts['FREQ']}")
    if "BYWEEKNO" in parts and any(n is not None for _, n in parts.get("BYDAY", ())):
        raise ValueError("Recur: a numbered BYDAY does not go with BYWEEKNO")
    if "BYYEARDAY" in parts and parts["FREQ"] in ("MONTHLY", "WEEKLY", "DAILY"):
        raise ValueError(f"Recur: BYYEARDAY does not go with FREQ={parts['FREQ']}")
    if "BYSETPOS" in parts and not any(name.startswith("BY") and name != "BYSETPOS" for name in parts):
        raise ValueError("Recur: BYSETPOS picks among what another BY part names, and there is none")


def _civil(wall: int) -> date:
    return date.fromordinal(wall // 86400 + _EPOCH)


def _first(year: int, month: int = 1) -> int:
    """Days since 1970 of the first of a month."""
    return date(year, month, 1).toordinal() - _EPOCH


def _weekday_of(day: int) -> int:
    return (day + 3) % 7


def _named_days(parts: Mapping[str, Any], first: int, length: int) -> set[int]:
    """Days of BYDAY in a span: all of that weekday, or the n-th from the begin or the end."""
    found: set[int] = set()
    for name, number in parts["BYDAY"]:
        offset = (WEEKDAYS.index(name) - _weekday_of(first)) % 7
        every = range(first + offset, first + length, 7)
        if number is None:
            found.update(every)
        elif abs(number) <= len(every):
            found.add(every[number - 1 if number > 0 else number])
    return found


def _month_days(parts: Mapping[str, Any], first: int, length: int) -> set[int]:
    """Days of BYMONTHDAY in a month."""
    return {
        first + (n - 1 if n > 0 else length + n)
        for n in parts["BYMONTHDAY"]
        if abs(n) <= length
    }  # fmt: skip


def _in_month(parts: Mapping[str, Any], year: int, month: int, day: int) -> set[int]:
    """Days that match in one month."""
    first, length = _first(year, month), monthrange(year, month)[1]
    if "BYMONTHDAY" in parts:
        found = _month_days(parts, first, length)
        return found & _named_days(parts, first, length) if "BYDAY" in parts else found
    if "BYDAY" in parts:
        return _named_days(parts, first, length)
    return {first + day - 1} if day <= length else set()


def _year_days(parts: Mapping[str, Any], first: int, length: int) -> set[int]:
    """Days of BYYEARDAY in a year."""
    return {first + (n - 1 if n > 0 else length + n) for n in parts["BYYEARDAY"] if abs(n) <= length}


def _week_numbers(day: int, begins: int) -> tuple[int, int]:
    """The week in which a day lies, counted from the begin and from the end of the year of its fourth day."""
    fourth = day - (_weekday_of(day) - begins) % 7 + 3
    year = date.fromordinal(fourth + _EPOCH).year
    last = _first(year + 1) - 1
    last -= (_weekday_of(last) - begins - 3) % 7
    return (fourth - _first(year)) // 7 + 1, (fourth - last) // 7 - 1


def _in_weeks_or_days_of_year(parts: Mapping[str, Any], year: int, base: date) -> set[int]:
    """Days that match in one year where BYWEEKNO or BYYEARDAY name some; the other parts let through."""
    first, length = _first(year), _first(year + 1) - _first(year)
    found = _year_days(parts, first, length) if "BYYEARDAY" in parts else set(range(first, first + length))
    if "BYWEEKNO" in parts:
        wanted = set(parts["BYWEEKNO"])
        found = {day for day in found if wanted & set(_week_numbers(day, parts.get("WKST", 0)))}
    if "BYMONTH" in parts:
        found = {day for day in found if date.fromordinal(day + _EPOCH).month in parts["BYMONTH"]}
    rest = {name: parts[name] for name in ("BYMONTH", "BYMONTHDAY", "BYDAY") if name in parts}
    if "BYMONTHDAY" in rest or "BYDAY" in rest:
        return found & _in_year(rest, year, base)
    return found if "BYYEARDAY" in parts else {day for day in found if _weekday_of(day) == base.weekday()}


def _in_year(parts: Mapping[str, Any], year: int, base: date) -> set[int]:
    """Days that match in one year."""
    if "BYWEEKNO" in parts or "BYYEARDAY" in parts:
        return _in_weeks_or_days_of_year(parts, year, base)
    if "BYMONTH" in parts or "BYMONTHDAY" in parts:
        months = parts.get("BYMONTH", range(1, 13))
        numbered = "BYMONTH" not in parts and "BYDAY" in parts  # a numbered day then counts in the year
        below = {name: value for name, value in parts.items() if name != "BYDAY"} if numbered else parts
        found: set[int] = set().union(*(_in_month(below, year, month, base.day) for month in months))
        return found & _in_year({"BYDAY": parts["BYDAY"]}, year, base) if numbered else found
    if "BYDAY" in parts:
        return _named_days(parts, _first(year), _first(year + 1) - _first(year))
    return _in_month(parts, year, base.month, base.day)


def _times(parts: Mapping[str, Any], start: int) -> list[int]:
    """Seconds of the day that match."""
    hours = parts.get("BYHOUR", (start // 3600 % 24,))
    minutes = parts.get("BYMINUTE", (start // 60 % 60,))
    return [hour * 3600 + minute * 60 + start % 60 for hour in hours for minute in minutes]


def days_of(start: int, parts: Mapping[str, Any], begins: int, limit: int) -> Iterator[int]:
    """Matches of a rule whose FREQ is DAILY or longer, from ``begins`` to ``limit``; the rule starts at ``start``."""
    times = _times(parts, start)
    low = max(start, begins)
    for days in _periods(start, parts, low):
        if days and min(days) * 86400 > limit:
            return
        walls = [day * 86400 + second for day in sorted(days) for second in times]
        for wall in walls if "BYSETPOS" not in parts else _picked(walls, parts["BYSETPOS"]):
            if wall > limit:
                return
            if wall >= low:
                yield wall


def _picked(walls: list[int], positions: tuple[int, ...]) -> list[int]:
    """Those of a period at the positions of BYSETPOS, from 1, or from the end with -1."""
    return sorted({walls[n - 1 if n > 0 else n] for n in positions if abs(n) <= len(walls)})


def _periods(start: int, parts: Mapping[str, Any], low: int) -> Iterator[set[int]]:
    """Sets of days, one a period, from the period in which ``low`` lies."""
    base, here = _civil(start), _civil(low)
    interval, freq = parts.get("INTERVAL", 1), parts["FREQ"]
    months = parts.get("BYMONTH")
    if freq == "YEARLY":
        year = base.year + (here.year - base.year) // interval * interval
        while year < _LAST:
            yield _in_year(parts, year, base)
            year += interval
    elif freq == "MONTHLY":
        first = base.year * 12 + base.month - 1
        at = first + (here.year * 12 + here.month - 1 - first) // interval * interval
        while at // 12 < _LAST:
            year, month = at // 12, at % 12 + 1
            yield _in_month(parts, year, month, base.day) if months is None or month in months else set()
            at += interval
    else:
        yield from _weeks_or_days(start // 86400, parts, low // 86400)


def _weeks_or_days(first: int, parts: Mapping[str, Any], low: int) -> Iterator[set[int]]:
    interval = parts.get("INTERVAL", 1)
    last = _first(_LAST)
    if parts["FREQ"] == "WEEKLY":
        names = [name for name, _ in parts["BYDAY"]] if "BYDAY" in parts else [WEEKDAYS[_weekday_of(first)]]
        week = first - (_weekday_of(first) - parts.get("WKST", 0)) % 7
        week += (low - week) // (7 * interval) * 7 * interval
        while week < last:
            yield {day for day in range(week, week + 7) if WEEKDAYS[_weekday_of(day)] in names and _limits(parts, day)}
            week += 7 * interval
        return
    names = [name for name, _ in parts["BYDAY"]] if "BYDAY" in parts else list(WEEKDAYS)
    day = first + (low - first) // interval * interval
    while day < last:
        yield {day} if WEEKDAYS[_weekday_of(day)] in names and _limits(parts, day) else set()
        day += interval


def _limits(parts: Mapping[str, Any], day: int) -> bool:
    """Whether BYMONTH, BYMONTHDAY and BYYEARDAY let a day in."""
    if "BYMONTH" not in parts and "BYMONTHDAY" not in parts and "BYYEARDAY" not in parts:
        return True
    there = date.fromordinal(day + _EPOCH)
    first = _first(there.year)
    if "BYYEARDAY" in parts and day not in _year_days(parts, first, _first(there.year + 1) - first):
        return False
    if "BYMONTH" in parts and there.month not in parts["BYMONTH"]:
        return False
    length = monthrange(there.year, there.month)[1]
    return "BYMONTHDAY" not in parts or day in _month_days(parts, day - there.day + 1, length)


def beats(
    start: int, parts: Mapping[str, Any], begins: int, limit: int, offset: Callable[[float], int]
) -> Iterator[int]:
    """Matches of an HOURLY or MINUTELY rule; ``offset`` takes an instant to its wall clock, on which BY parts look."""
    hourly = parts["FREQ"] == "HOURLY"
    size = FIXED[parts["FREQ"]]
    step, low = size * parts.get("INTERVAL", 1), max(start, begins)
    minutes = parts.get("BYMINUTE")
    named = minutes if hourly else None  # minutes of the wall's hours; without them beats go on from the start
    wall = start + offset(start)
    origin, wall_second = start - (0 if named is None else wall % size), wall % 60
    at = origin + (low - origin) // step * step
    names = {name for name, _ in parts["BYDAY"]} if "BYDAY" in parts else None
    while at <= limit:
        wall = at + offset(at)
        day = wall // 86400
        if (names is not None and WEEKDAYS[_weekday_of(day)] not in names) or not _limits(parts, day):
            at += max(step, -(-((day + 1) * 86400 - wall - 7200) // step) * step)  # a day, but for a change of clocks
            continue
        if "BYHOUR" in parts and wall // 3600 % 24 not in parts["BYHOUR"]:
            at += max(step, -(-(3600 - wall % 3600) // step) * step)
            continue
        if not hourly and minutes is not None and wall // 60 % 60 not in minutes:
            at += step
            continue
        moments = [at] if named is None else [at + minute * 60 + wall_second for minute in named]
        for moment in moments if "BYSETPOS" not in parts else _picked(moments, parts["BYSETPOS"]):
            if moment > limit:
                return
            if moment >= low:
                yield moment
        at += step
