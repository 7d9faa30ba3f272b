"""Walls and instants minute by minute beside the zone tables, and due times beside dateutil's, from anywhere."""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr

from dmkit.mo.sched.time import Moment, Readings, instant_of, parse, printed, seconds_of, wall_of, zone

EPOCH = datetime(1970, 1, 1)
ZONES = {
    "Europe/Berlin": ("CET-1CEST,M3.5.0,M10.5.0/3", (2026, 3, 29), (2026, 10, 25)),
    "America/New_York": ("EST5EDT,M3.2.0,M11.1.0", (2026, 3, 8), (2026, 11, 1)),
    "Australia/Lord_Howe": ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", (2026, 10, 4), (2026, 4, 5)),
}


def wall(moment: datetime) -> float:
    return (moment - EPOCH).total_seconds()


def there(moment: datetime, name: str) -> float:
    """The instant of a wall clock's time by the zone tables: in an overlap the first, in a gap by the offset before."""
    return moment.replace(tzinfo=ZoneInfo(name), fold=0).timestamp()


def is_gap(moment: datetime, name: str) -> bool:
    back = datetime.fromtimestamp(there(moment, name), ZoneInfo(name)).replace(tzinfo=None)
    return back != moment


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("day", [0, 1], ids=["to summer", "to winter"])
def test_a_day_of_change_minute_by_minute(name, day):
    text, *days = ZONES[name]
    local, begin = zone(text), datetime(*days[day])
    walls = [begin + timedelta(seconds=n) for n in (*range(0, 6 * 3600, 60), 7199, 7201, 9001, 10799, 10801)]
    gaps = [moment for moment in walls if is_gap(moment, name)]
    assert bool(gaps) is (day == 0)
    for moment in walls:
        at, right = wall(moment), there(moment, name)
        assert instant_of(at, local) == instant_of(at, local, "shift") == right
        if moment in gaps:
            assert instant_of(at, local, "skip") is None
            assert instant_of(at, local, "end") == there(min(gaps), name)  # its first minute shifts to where it ends
        else:
            assert instant_of(at, local, "skip") == instant_of(at, local, "end") == right
        shown = datetime.fromtimestamp(right, ZoneInfo(name)).replace(tzinfo=None)
        assert wall_of(right, local) == wall(shown)
        if moment not in gaps:
            assert wall_of(right, local) == at


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("20251201T030007", -3600), ("20251201T030007Z", 0), ("20250701T030007", -7200), ("20250701T030059Z", 0)],
)
def test_seconds_of_a_text(text, seconds):
    """With ``Z`` it is UTC wherever one is; seconds count."""
    there_ = datetime.strptime(text.rstrip("Z"), "%Y%m%dT%H%M%S").replace(tzinfo=UTC).timestamp()
    assert seconds_of(text, zone(ZONES["Europe/Berlin"][0])) == there_ + seconds
    assert seconds_of(text) == there_ and printed(there_) == text.rstrip("Z") + "Z"


def test_rules_that_differ_are_told_apart():
    """Equal ones are one key, and each part counts."""
    texts = [("20251201T030000Z",), ("20251201T030000",), ("20251201T030100Z",), ("20251201T030000Z", "FREQ=DAILY"),
             ("20251201T030000Z", "", "20251202T030000Z"),
             ("20251201T030000Z", "", "", "20251202T030000Z")]  # fmt: skip
    assert len({hash(parse(*text)) for text in texts}) == len({parse(*text) for text in texts}) == len(texts)
    assert {parse(*text) for text in texts} == {parse(*text) for text in reversed(texts)}


RULES = [
    "FREQ=DAILY", "FREQ=DAILY;COUNT=1", "FREQ=DAILY;COUNT=5", "FREQ=DAILY;INTERVAL=3;COUNT=4",
    "FREQ=WEEKLY;BYDAY=MO,TH", "FREQ=DAILY;WKST=SU",
    "FREQ=WEEKLY;BYDAY=SU;COUNT=3", "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3", "FREQ=DAILY;UNTIL=20260331T013000Z",
    "FREQ=DAILY;UNTIL=20260331T012959Z", "FREQ=DAILY;BYHOUR=2,3;COUNT=6", "FREQ=WEEKLY;INTERVAL=2",
    "FREQ=HOURLY;INTERVAL=5;COUNT=9", "FREQ=MINUTELY;INTERVAL=50;COUNT=40", "FREQ=HOURLY;BYMINUTE=30;COUNT=7",
    "FREQ=MINUTELY;INTERVAL=30;BYHOUR=1,2,3;COUNT=12",
]  # fmt: skip
SPAN = timedelta(days=70)


def by_hand(base: datetime, recur: str, readings: Readings, name: str | None) -> list[Moment]:
    """Moments of 70 days, from dateutil's dates and the zone tables; ``name`` None: UTC."""
    freq = recur.split(";")[0].removeprefix("FREQ=")
    elapses = name is not None and freq in ("HOURLY", "MINUTELY") and readings.hourly == "elapsed"
    pairs = dict(part.split("=") for part in recur.split(";"))
    most = int(pairs.pop("COUNT", 10**6))
    until = pairs.pop("UNTIL", None)
    end = None if until is None else datetime.strptime(until, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    text = ";".join(f"{key}={value}" for key, value in pairs.items())
    dates = list(takewhile(lambda d: d <= base + SPAN, rrulestr(text, dtstart=base)))
    if elapses and name is not None:
        assert set(pairs) <= {"FREQ", "INTERVAL"}
        start = datetime.fromtimestamp(there(base, name), UTC).replace(tzinfo=None)
        dates = list(takewhile(lambda d: d <= start + SPAN, rrulestr(text, dtstart=start)))
        found = [Moment(wall(d), wall(d)) for d in dates]
    else:
        if readings.base == "first due" and dates[0] != base:
            dates = [base, *dates]
        found = []
        for moment in dates:
            if name is None:
                found.append(Moment(wall(moment), wall(moment)))
            elif not is_gap(moment, name) or readings.gap == "shift":
                found.append(Moment(wall(moment), there(moment, name)))
            elif readings.gap == "end":
                first = next(d for d in (moment - timedelta(minutes=n) for n in range(200)) if not is_gap(d, name))
                found.append(Moment(wall(moment), there(first + timedelta(minutes=1), name)))
    rising: list[Moment] = []
    for each in found:
        if not rising or each.due > rising[-1].due:
            rising.append(each)
    return [m for m in rising[:most] if end is None or m.due <= end]


@pytest.mark.parametrize("recur", RULES)
@pytest.mark.parametrize("local", [None, "Europe/Berlin"], ids=["utc", "local"])
@pytest.mark.parametrize("gap", ["shift", "skip", "end"])
def test_due_times_beside_dateutil_from_anywhere(recur, local, gap):
    """All of them, those from a moment on, and the last before one; over the change to summer time on 29 March."""
    base = datetime(2026, 3, 27, 2, 30)
    here = zone(ZONES["Europe/Berlin"][0])
    rule = parse(base.strftime("%Y%m%dT%H%M%S") + ("Z" if local is None else ""), recur)
    limited = any(part in recur for part in ("BYMINUTE", "BYHOUR"))
    for first in ("first due", "start"):
        for hourly in ("elapsed", "wall"):
            if limited and hourly == "elapsed" and recur.startswith(("FREQ=HOURLY", "FREQ=MINUTELY")) and local:
                continue  # hours by name on a clock that jumps: test_rule.py
            readings = Readings(first, gap, hourly)
            right = by_hand(base, recur, readings, local)
            found = list(islice(rule.moments(here, readings), len(right) + 1))
            assert found[: len(right)] == right
            if "COUNT" in recur or "UNTIL" in recur:
                assert len(found) == len(right)
            assert rule.on_wall(readings) is (local is not None and not (
                recur.startswith(("FREQ=HOURLY", "FREQ=MINUTELY")) and hourly == "elapsed"))  # fmt: skip
            keys = [moment.key for moment in right]
            for at in {0, len(right) // 2, len(right) - 1}:
                for key in (keys[at] - 1, keys[at], keys[at] + 1, keys[at] + 86400 * 3):
                    n = bisect_left(keys, key)
                    assert next(rule.moments(here, readings, key), None) == (right[n] if n < len(right) else None) or (
                        n == len(right) and "COUNT" not in recur and "UNTIL" not in recur)  # fmt: skip
                    if n < len(right):
                        assert rule.last_before(here, key, readings) == (right[n - 1] if n else None)
                due = right[at].due
                for begins in (due, due - 1):
                    assert next(rule.dues(here, readings=readings, begins=begins)) == due
                if at + 1 < len(right):
                    assert next(rule.dues(here, readings=readings, begins=due + 1)) == right[at + 1].due
            assert list(islice(rule.dues(here, base_counts=first == "first due", readings=readings), len(right))) == [
                moment.due for moment in right
            ]


@pytest.mark.parametrize("zulu", ["", "Z"])
@pytest.mark.parametrize("recur", ["", "FREQ=DAILY;COUNT=4", "FREQ=DAILY"])
def test_dates_left_out_and_added(zulu, recur):
    """What is left out is not due, whether the rule or RDate names it; what is added is due once, in its place."""
    here = zone(ZONES["Europe/Berlin"][0])
    rule = parse(f"20251201T030000{zulu}", recur, f"20251202T030000{zulu}", "20251130T120000Z, 20251202T120000Z,"
                 "20251201T030000" + zulu)  # fmt: skip
    hour = 3 if zulu else 2
    days = {"": [1], "FREQ=DAILY;COUNT=4": [1, 3, 4], "FREQ=DAILY": [1, 3, 4, 5]}[recur]
    right = sorted([*(f"202512{day:02}T{hour:02}0000Z" for day in days), "20251130T120000Z", "20251202T120000Z"])
    assert [printed(due) for due in islice(rule.dues(here), len(right))] == right
    times = [seconds_of(text) for text in right]
    for n, due in enumerate(times):
        key = wall_of(due, here) if not zulu else due
        last = rule.last_before(here, key)
        assert (last and last.due) == (times[n - 1] if n else None)
        assert next(rule.moments(here, Readings(), key)).due == due
        assert next(rule.dues(here, begins=due)) == due
    if recur != "FREQ=DAILY":
        assert list(rule.dues(here, begins=times[-1] + 1)) == []
        last = rule.last_before(here, times[-1] + 10**8)
        assert last is not None and last.due == times[-1]


@pytest.mark.parametrize("text", ["20251201T030000Z ", "20251201T0300Z", "x", "20251301T000000Z"])
@pytest.mark.parametrize("which", ["Base", "ExDate", "RDate"])
def test_the_sentence_names_what_is_no_time(text, which):
    words = {"Base": (text,), "ExDate": ("20251201T030000Z", "", f"20251202T030000Z,{text}x"),
             "RDate": ("20251201T030000Z", "", "", f"{text}x")}[which]  # fmt: skip
    with pytest.raises(ValueError, match=rf"^{which}: .*(is no time|is not a time|month must be)"):
        parse(*words)
