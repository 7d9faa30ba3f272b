"""Times and recurrence rules in plain words, and back.

>>> rule_words("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;COUNT=4")
'every 2 weeks on Monday and Sunday, 4 times'
>>> rule_of("every 2 weeks on Monday and Sunday, 4 times")
'FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;COUNT=4'
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from dmkit.words.counts import many
from dmkit.words.errors import ConfigError

__all__ = ["moment_of", "moment_words", "rule_of", "rule_words"]

_UNITS: Final = {"YEARLY": "year", "MONTHLY": "month", "WEEKLY": "week", "DAILY": "day", "HOURLY": "hour",
                 "MINUTELY": "minute"}  # fmt: skip
_MONTHS: Final = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                  "November", "December")  # fmt: skip
_DAYS: Final = {"MO": "Monday", "TU": "Tuesday", "WE": "Wednesday", "TH": "Thursday", "FR": "Friday",
                "SA": "Saturday", "SU": "Sunday"}  # fmt: skip
_NUMBERED: Final = re.compile(r"([+-]?\d+)?([A-Z]{2})\Z")
_MOMENT: Final = re.compile(r"(\d{1,2}) ([A-Z][a-z]+) (\d{4}) at (\d\d):(\d\d):(\d\d) (UTC|local time)\Z")


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def _unlisted(text: str) -> list[str]:
    return re.split(r", | and ", text)


def moment_words(text: str) -> str:
    """``20251201T030000Z`` in words; as it stands when it is no such time."""
    try:
        moment = datetime.strptime(text.removesuffix("Z"), "%Y%m%dT%H%M%S")
    except ValueError:
        return text
    zone = "UTC" if text.endswith("Z") else "local time"
    sentence = f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year:04} at {moment:%H:%M:%S} {zone}"
    return sentence if moment_of(sentence) == text else text


def moment_of(text: str) -> str:
    """The contrary; ``20251201T030000Z`` is taken as it is."""
    match = _MOMENT.match(text)
    if match is None:
        return text
    day, month, year, hour, minute, second, zone = match.groups()
    if month not in _MONTHS:
        raise ConfigError(f"{month} is no month")
    end = "Z" if zone == "UTC" else ""
    return f"{year}{_MONTHS.index(month) + 1:02}{int(day):02}T{hour}{minute}{second}{end}"


def _day(text: str) -> str:
    match = _NUMBERED.match(text)
    if match is None:
        raise KeyError(text)
    number, day = match.groups()
    name = _DAYS[day]
    if number is None:
        return name
    return f"the {name} number {int(number)}" if int(number) > 0 else f"the {name} number {-int(number)} from the end"


def rule_words(recur: str) -> str:
    """A rule in words; in quotation marks where words do not give the same text back."""
    value = _words(recur)
    return value if value and _read(value) == recur else f'by the rule "{recur}"'


def _words(recur: str) -> str:
    parts = dict(pair.partition("=")[::2] for pair in recur.split(";"))
    unit = _UNITS.get(parts.pop("FREQ", ""))
    if unit is None:
        return ""
    interval = parts.pop("INTERVAL", "")
    text = f"every {interval} {unit}s" if interval else f"every {unit}"
    try:
        if "BYMONTH" in parts:
            text += " in " + _listed([_MONTHS[int(n) - 1] for n in parts.pop("BYMONTH").split(",")])
        if "BYWEEKNO" in parts:
            text += " in week " + _listed(parts.pop("BYWEEKNO").split(",")) + " of the year"
        if "BYYEARDAY" in parts:
            text += " on day " + _listed(parts.pop("BYYEARDAY").split(",")) + " of the year"
        if "BYMONTHDAY" in parts:
            text += " on day " + _listed(parts.pop("BYMONTHDAY").split(",")) + " of the month"
        if "BYDAY" in parts:
            text += " on " + _listed([_day(d) for d in parts.pop("BYDAY").split(",")])
        if "BYHOUR" in parts:
            text += " at hour " + _listed(parts.pop("BYHOUR").split(","))
        if "BYMINUTE" in parts:
            text += " at minute " + _listed(parts.pop("BYMINUTE").split(","))
        if "BYSETPOS" in parts:
            text += ", of these number " + _listed(parts.pop("BYSETPOS").split(","))
        if "WKST" in parts:
            text += f", weeks from {_DAYS[parts.pop('WKST')]}"
    except (KeyError, ValueError, IndexError):
        return ""
    if "COUNT" in parts:
        text += f", {many(parts.pop('COUNT'), 'time')}"
    if "UNTIL" in parts:
        text += f", until {moment_words(parts.pop('UNTIL'))}"
    return "" if parts else text


_RULE: Final = re.compile(
    r"every (?:(?P<n>\d+) )?(?P<unit>year|month|week|day|hour|minute)s?"
    r"(?: in (?P<months>[A-Z][a-z]+(?:(?:, | and )[A-Z][a-z]+)*))?"
    r"(?: in week (?P<weeks>[-+0-9, and]+?) of the year)?"
    r"(?: on day (?P<ydays>[-+0-9, and]+?) of the year)?"
    r"(?: on day (?P<mdays>[-+0-9, and]+?) of the month)?"
    r"(?: on (?P<days>(?:the )?[A-Z].*?))?"
    r"(?: at hour (?P<hours>\d+(?:(?:, | and )\d+)*))?"
    r"(?: at minute (?P<minutes>\d+(?:(?:, | and )\d+)*))?"
    r"(?:, of these number (?P<places>[-+]?\d+(?:(?:, | and )[-+]?\d+)*))?"
    r"(?:, weeks from (?P<wkst>[A-Z][a-z]+))?"
    r"(?:, (?P<count>\d+) times)?"
    r"(?:, until (?P<until>.+))?\Z"
)
_ONE_DAY: Final = re.compile(r"(?:the )?([A-Z][a-z]+)(?: number (\d+)( from the end)?)?\Z")


def _read(value: str) -> str:
    match = _RULE.match(value)
    if match is None:
        return ""
    units = {name: freq for freq, name in _UNITS.items()}
    names = {name: day for day, name in _DAYS.items()}
    parts = [f"FREQ={units[match['unit']]}"]
    if match["n"]:
        parts.append(f"INTERVAL={match['n']}")
    if match["months"]:
        wanted = _unlisted(match["months"])
        if not set(wanted) <= set(_MONTHS):
            return ""
        parts.append("BYMONTH=" + ",".join(str(_MONTHS.index(m) + 1) for m in wanted))
    for name, part in (("weeks", "BYWEEKNO"), ("ydays", "BYYEARDAY")):
        if match[name]:
            parts.append(f"{part}=" + ",".join(_unlisted(match[name])))
    if match["mdays"]:
        parts.append("BYMONTHDAY=" + ",".join(_unlisted(match["mdays"])))
    if match["days"]:
        days = []
        for word in _unlisted(match["days"]):
            one = _ONE_DAY.match(word)
            if one is None or one[1] not in names:
                return ""
            days.append((("-" if one[3] else "") + one[2] if one[2] else "") + names[one[1]])
        parts.append("BYDAY=" + ",".join(days))
    for name in ("hours", "minutes"):
        if match[name]:
            parts.append(f"BY{name[:-1].upper()}=" + ",".join(_unlisted(match[name])))
    if match["places"]:
        parts.append("BYSETPOS=" + ",".join(_unlisted(match["places"])))
    if match["wkst"]:
        if match["wkst"] not in names:
            return ""
        parts.append(f"WKST={names[match['wkst']]}")
    if match["count"]:
        parts.append(f"COUNT={match['count']}")
    if match["until"]:
        parts.append(f"UNTIL={moment_of(match['until'])}")
    return ";".join(parts)


def rule_of(value: str) -> str:
    """The rule that ``rule_words`` has said so; ConfigError for other words."""
    if value.startswith('by the rule "') and value.endswith('"'):
        return value.removeprefix('by the rule "')[:-1]
    found = _read(value)
    if not found:
        raise ConfigError(f"{value!r} is no rule in words; one is 'every 2 weeks on Monday and Sunday, 4 times'")
    return found
