"""A schedule as a calendar file: an event for each component with a time, a task for the others.

DTSTART, RRULE, EXDATE and RDATE are the component's Time, so a calendar program may move it; all else stands in lines
of our own, ``X-DMKIT-NODE``.  Times are UTC or floating: a schedule knows no zone but the device's.  A file is read
line by line, so that the rules which one file gives to a TZID never reach the next.  [RFC 5545]
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from dmkit.schedule.value import Schedule, _schedule
from dmkit.words.asked import asked
from dmkit.words.errors import CodecError, ConfigError

__all__ = ["from_ics", "to_ics"]

_LEAVES: Final = {"DTSTART": "Base", "RRULE": "Recur", "EXDATE": "ExDate", "RDATE": "RDate"}
_LENGTH: Final = 73


def _escaped(text: str) -> str:
    for plain, value in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r", "\\r"), ("\n", "\\n")):
        text = text.replace(plain, value)
    return "".join(c if c >= " " and c not in "\x7f\x85\u2028\u2029" else f"\\u{ord(c):04x}" for c in text)


def _plain(text: str) -> str:
    import re

    marks = {"n": "\n", "N": "\n", "r": "\r"}
    return re.sub(
        r"\\(u[0-9a-f]{4}|.)", lambda m: chr(int(m[1][1:], 16)) if len(m[1]) == 5 else marks.get(m[1], m[1]), text
    )


def _folded(line: str) -> str:
    """Lines of 75 octets at most."""
    octets, found = line.encode(), []
    while len(octets) > _LENGTH:
        cut = _LENGTH
        while octets[cut] & 0xC0 == 0x80:
            cut -= 1
        found.append(octets[:cut].decode())
        octets = octets[cut:]
    return "\r\n ".join([*found, octets.decode()]) + "\r\n"


@asked
def to_ics(plan: Schedule) -> str:
    """The schedule as text/calendar.

    >>> from dmkit.schedule.value import make
    >>> plan = make("Poll", ["Replace ./Vendor/Poll 60"], base="20251201T030000Z", recur="FREQ=DAILY")
    >>> to_ics(plan).splitlines()[0]
    'BEGIN:VCALENDAR'
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//dmkit//Schedules//EN", f"X-DMKIT-NAME:{_escaped(plan.name)}"]
    lines += [f"X-DMKIT-NODE:{_escaped(f'{p}={v}')}" for p, v in plan.leaves if not p.startswith("Component/")]
    for name in plan.components:
        lines += _component(plan, name)
    return "".join(_folded(line) for line in [*lines, "END:VCALENDAR"])


def _component(plan: Schedule, name: str) -> Iterator[str]:
    top = f"Component/{name}"
    time = f"{top}/Condition/Time"
    base = plan.get(f"{time}/Base")
    kind = "VEVENT" if base else "VTODO"
    yield f"BEGIN:{kind}"
    yield f"UID:{_escaped(plan.name)}-{_escaped(name)}@dmkit"
    yield f"DTSTAMP:{base if base.endswith('Z') else '19700101T000000Z'}"
    tasks = [f"{plan.get(f'{top}/Task/{n}/Command')} {plan.get(f'{top}/Task/{n}/Target')}"
             for n in plan.below(f"{top}/Task")]  # fmt: skip
    yield f"SUMMARY:{_escaped('; '.join(tasks) or plan.name)}"
    yield f"X-DMKIT-COMPONENT:{_escaped(name)}"
    for property_, leaf in _LEAVES.items():
        value = plan.get(f"{time}/{leaf}")
        if base and value:
            yield f"{property_}:{value}"
    for path, value in plan.leaves:
        own = base and path in {f"{time}/{leaf}" for leaf in _LEAVES.values()} and value
        if path.startswith(f"{top}/") and not own:
            yield f"X-DMKIT-NODE:{_escaped(f'{path}={value}')}"
    yield f"END:{kind}"


def _lines(text: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    try:
        from icalendar.parser import Contentlines
    except ImportError as error:
        raise ConfigError("calendar files need icalendar: pip install 'dmkit[schedule]'") from error
    try:
        for line in Contentlines.from_ical(text):  # type: ignore[no-untyped-call]
            if line:
                head, _, value = str(line).partition(":")
                name, *parameters = head.split(";")
                yield name.upper(), dict(p.partition("=")[::2] for p in parameters), value
    except ValueError as error:
        raise CodecError(f"no calendar: {error}") from None


@asked
def from_ics(text: str, *, zone: str = "") -> Schedule:
    """A schedule from text/calendar; ``zone`` is the TZID that the device's own zone has in the file.

    CodecError for what is no calendar, ConfigError for one that no schedule can say.

    >>> from dmkit.schedule.value import make
    >>> plan = make("Poll", ["Replace ./Vendor/Poll 60"], base="20251201T030000Z", recur="FREQ=DAILY")
    >>> from_ics(to_ics(plan)) == plan
    True
    """
    name, component, count = "calendar", "", 0
    leaves: dict[str, str] = {}
    depth: list[str] = []
    for key, parameters, value in _lines(text):
        if key == "BEGIN":
            depth.append(value.upper())
            if depth[-1] in ("VEVENT", "VTODO"):
                count += 1
                component = str(count)
            continue
        if key == "END":
            if not depth or depth.pop() != value.upper():
                raise CodecError(f"no calendar: END:{value} ends nothing that began")
            component = component if depth[-1:] != ["VCALENDAR"] else ""
            continue
        if not depth:
            raise CodecError(f"no calendar: {key} stands before BEGIN:VCALENDAR")
        if depth[-1] not in ("VCALENDAR", "VEVENT", "VTODO"):
            continue
        if key == "X-DMKIT-NAME":
            name = _plain(value)
        elif key == "X-DMKIT-COMPONENT":
            component = _plain(value)
        elif key == "X-DMKIT-NODE":
            path, _, found = _plain(value).partition("=")
            leaves[path] = found
        elif component and key in _LEAVES:
            tzid = parameters.get("TZID", "").strip('"')
            if tzid and tzid != zone:
                raise ConfigError(
                    f"{key} is in the zone {tzid}; a schedule knows UTC and the device's own: "
                    f"say zone={tzid!r} when that is the device's"
                )
            if parameters.get("VALUE", "").upper() == "DATE" or (key == "DTSTART" and "T" not in value):
                raise ConfigError(f"{key}:{value} is a day; a schedule is due at a time, such as {value}T030000Z")
            path = f"Component/{component}/Condition/Time/{_LEAVES[key]}"
            leaves[path] = f"{leaves[path]},{value}" if key in ("EXDATE", "RDATE") and path in leaves else value
        elif component and key == "SUMMARY" and "X-DMKIT-NAME" not in text:
            leaves |= _tasks(component, _plain(value))
    if not count:
        raise ConfigError("the calendar has no event, so nothing is ever due")
    return _schedule(name, leaves.items())


def _tasks(component: str, summary: str) -> dict[str, str]:
    """The task of an event that somebody else wrote: its summary is ``Command Target Data``."""
    command, _, rest = summary.partition(" ")
    target, blank, data = rest.partition(" ")
    if command not in ("Exec", "Replace", "Get", "Add", "Delete", "Alert") or not target.startswith("./"):
        raise ConfigError(f"SUMMARY:{summary} is no task; one is 'Replace ./Vendor/Acme/Poll 60'")
    task = f"Component/{component}/Task/1"
    found = {f"{task}/Command": command, f"{task}/Target": target}
    return {**found, f"{task}/Data": data} if blank else found
