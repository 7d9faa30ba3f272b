"""Walls and instants minute by minute beside the zone tables, and due times beside dateutil's, from anywhere."""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr

from dmkit.mo.sched.time import Moment, Readings, _Counting, instant_of, parse, printed, seconds_of, wall_of, zone
from tests.steps import steps

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


UNEVEN = {
    "Asia/Kolkata": ("IST-5:30", (2026, 3, 29), (2026, 10, 25)),
    "Asia/Kathmandu": ("<+0545>-5:45", (2026, 3, 29), (2026, 10, 25)),
    "America/St_Johns": ("NST3:30NDT,M3.2.0,M11.1.0", (2026, 3, 8), (2026, 11, 1)),
}
"""Zones that lie no whole hours from UTC."""


@pytest.mark.parametrize("name", ["Europe/Berlin", "Australia/Lord_Howe", *UNEVEN])
@pytest.mark.parametrize(("recur", "minutes", "hours"), [
    ("FREQ=HOURLY;BYHOUR=1,2,3", 60, (1, 2, 3)), ("FREQ=MINUTELY;INTERVAL=30;BYHOUR=1,3", 30, (1, 3)),
    ("FREQ=HOURLY;INTERVAL=2;BYHOUR=0,2,3,5", 120, (0, 2, 3, 5)),
])  # fmt: skip
def test_hours_by_name_on_a_clock_that_jumps(name, recur, minutes, hours):
    """Hours go by as they are: from the base on one beat after the other, and due is where the clock names the hour."""
    text, *days = (ZONES | UNEVEN)[name]
    for day in days:
        base = datetime(*day) - timedelta(hours=22, minutes=-15)
        beat, beats = there(base, name), []
        for _ in range(3 * 24 * 60 // minutes):
            if datetime.fromtimestamp(beat, ZoneInfo(name)).hour in hours:
                beats.append(beat)
            beat += minutes * 60
        rule = parse(base.strftime("%Y%m%dT%H%M%S"), recur)
        assert len(beats) > 5
        assert list(islice(rule.dues(zone(text), readings=Readings("start")), len(beats))) == beats


@pytest.mark.parametrize("name", UNEVEN)
def test_minutes_by_name_are_those_of_the_wall(name):
    """Half hours from UTC, a quarter past on the wall is a quarter past."""
    text, *_ = UNEVEN[name]
    here = zone(text)
    dues = list(islice(parse("20260601T101500", "FREQ=HOURLY;BYMINUTE=15,50;BYHOUR=9,10").dues(here), 6))
    days = [datetime(2026, 6, 1), datetime(2026, 6, 2)]
    right = [there(day + timedelta(hours=h, minutes=m), name) for day in days for h in (9, 10) for m in (15, 50)]
    assert dues == right[2:]


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


@pytest.mark.parametrize(("until", "days"), [
    ("20260703T020000", 2), ("20260703T030000", 3), ("20260703T010000Z", 3), ("20260703T005959Z", 2),
])  # fmt: skip
def test_until_is_local_where_it_has_no_z(until, days):
    rule = parse("20260701T030000", f"FREQ=DAILY;UNTIL={until}")
    assert len(list(rule.dues(zone(ZONES["Europe/Berlin"][0])))) == days


@pytest.mark.parametrize("hourly", ["elapsed", "wall"])
def test_a_date_that_is_added_is_named_as_its_rule_names_times(hourly):
    """By the wall's clock or by the moment, also on the day on which the clock is put forward."""
    here, readings = zone(ZONES["Europe/Berlin"][0]), Readings(hourly=hourly)
    rule = parse("20260328T003000", "FREQ=HOURLY;INTERVAL=24;COUNT=3", "", "20260329T120000")
    moments = list(rule.moments(here, readings))
    assert rule.last_before(here, moments[1].key, readings) == moments[0]
    assert [moment.due for moment in moments] == sorted(moment.due for moment in moments) and len(moments) == 4
    for key, due in moments:
        assert key == (due if hourly == "elapsed" else wall_of(due, here))
    assert moments[2].due == there(datetime(2026, 3, 29, 12), "Europe/Berlin")
    without = parse("20260328T003000", "FREQ=HOURLY;INTERVAL=24;COUNT=3", "20260328T003000")
    assert list(without.moments(here, readings)) == [
        moment for moment in moments if moment not in (moments[0], moments[2])
    ]


@pytest.mark.parametrize(("base", "recur", "name", "away"), [
    ("20260120T000000Z", "", "America/New_York", 0), ("20260120T000000Z", "FREQ=DAILY", "Europe/Berlin", 0),
    ("20260120T000000", "FREQ=HOURLY;COUNT=3", "Europe/Berlin", 3600),
    ("20260120T000000", "FREQ=HOURLY;COUNT=3", "America/New_York", -5 * 3600),
    ("20260120T000000", "FREQ=DAILY;COUNT=3", "Europe/Berlin", 3600),
])  # fmt: skip
def test_an_added_date_before_the_base_is_found_from_any_distance(base, recur, name, away):
    """A day and some hours later it is outside of the first look, and nothing is between it and the base."""
    here = zone(ZONES[name][0])
    rule = parse(base, recur, "", "20260101T000000")
    due = seconds_of("20260101T000000Z") - away
    for later in (1, 1800, 3600, 7200, 6 * 3600, 90_000, 86_400, 600_000):
        found = rule.last_before(here, (wall_of(due, here) if rule.on_wall(Readings()) else due) + 86_400 + later)
        assert found is not None and found.due == due


@pytest.mark.parametrize("name", ZONES)
def test_what_is_due_from_a_moment_on_wherever_one_is(name):
    """East or west of Greenwich, each moment is asked for: the next due time is the next."""
    here = zone(ZONES[name][0])
    dues = list(islice(parse("20260301T030000", "FREQ=DAILY").dues(here), 12))
    for before, due in pairwise(dues):
        for begins in (before + 1, before + 4 * 3600, before + 12 * 3600, due - 1, due):
            assert next(parse("20260301T030000", "FREQ=DAILY").dues(here, begins=begins)) == due


ALL_HOURS = "BYHOUR=" + ",".join(map(str, range(24)))


@pytest.mark.parametrize(("recur", "same"), [
    ("FREQ=DAILY", "BYHOUR=3"), ("FREQ=WEEKLY;INTERVAL=2", "BYHOUR=3"), ("FREQ=MINUTELY;WKST=SU", ALL_HOURS),
    ("FREQ=DAILY;UNTIL=20400101T000000Z", "BYHOUR=3"),
])  # fmt: skip
def test_due_times_of_a_plain_rule_are_counted_not_searched(recur, same):
    """The same times, said with a part that must be looked at for each, are found with more work."""
    plain, searched = (parse("20260105T030000Z", text) for text in (recur, f"{recur};{same}"))
    begins = seconds_of("20260201T000000Z")
    asks = [lambda rule=rule: list(islice(rule.dues(UTC, begins=begins), 100)) for rule in (plain, searched)]
    assert asks[0]() == asks[1]()
    assert steps(asks[0]) < 0.8 * steps(asks[1])
    if "UNTIL" in recur:
        counted = parse("20260105T030000Z", "FREQ=DAILY;COUNT=4000")
        assert steps(lambda: list(islice(counted.dues(UTC, begins=begins), 100))) < 1.2 * steps(asks[0])


def test_an_added_date_in_the_hour_that_comes_twice_stands_where_it_is_due():
    """On the wall it is earlier than what the rule names, and by the sun later: neither is lost."""
    rule = parse("20261024T021500", "FREQ=DAILY", "", "20261025T011000Z")
    dues = islice(rule.dues(zone(ZONES["Europe/Berlin"][0])), 4)
    assert [printed(due) for due in dues] == ["20261024T001500Z", "20261025T001500Z", "20261025T011000Z",
                                              "20261026T011500Z"]  # fmt: skip


def test_the_first_moment_of_all_and_a_base_without_a_rule():
    here = zone(ZONES["Europe/Berlin"][0])
    assert list(islice(parse("19700101T010000", "FREQ=HOURLY").dues(here), 2)) == [0.0, 3600.0]
    once = parse("20260601T030000", "")
    assert (once.text, parse("20260601T030000", "FREQ=DAILY").text) == ("", "FREQ=DAILY")
    key = wall(datetime(2026, 6, 1, 3))
    assert [m.key for m in once.moments(here, Readings(), key)] == [key]
    assert list(once.moments(here, Readings(), key + 1)) == []


@pytest.mark.parametrize(("zulu", "recur"), [
    ("Z", "FREQ=DAILY;COUNT={}"), ("Z", "FREQ=DAILY;INTERVAL=2;COUNT={};WKST=SU"), ("Z", "FREQ=WEEKLY;COUNT={}"),
    ("Z", "FREQ=HOURLY;INTERVAL=5;COUNT={}"), ("", "FREQ=HOURLY;COUNT={}"), ("", "FREQ=MINUTELY;INTERVAL=7;COUNT={}"),
])  # fmt: skip
def test_what_comes_at_even_distances_is_not_counted_one_by_one(zulu, recur):
    """The last of 90,000 times is found as fast as the last of nine, and it is the right one."""
    here, texts = zone(ZONES["Europe/Berlin"][0]), [recur.format(count) for count in (9, 90_000)]
    few, many = (parse(f"20260105T030000{zulu}", text) for text in texts)
    end = seconds_of("20991231T000000Z")
    begins = many.base.replace(tzinfo=UTC).timestamp()
    apart = next(islice(many.dues(here), 1, None)) - next(many.dues(here))
    last = next(many.dues(here)) + 89_999 * apart
    assert list(many.dues(here, begins=last - apart)) == [last - apart, last]
    assert begins < last and (found := many.last_before(here, last + 1)) is not None and found.due == last
    if last < end:
        assert next(many.dues(here, begins=last + 1), None) is None
    cost = [steps(lambda rule=rule, at=at: list(rule.dues(here, begins=at)))
            for rule, at in ((few, next(few.dues(here)) + 8 * apart), (many, last))]  # fmt: skip
    assert cost[1] <= cost[0] + 20


@pytest.mark.parametrize("recur", ["FREQ=MINUTELY", "FREQ=DAILY", "FREQ=DAILY;BYHOUR=3", "FREQ=MONTHLY;BYMONTHDAY=1"])
def test_a_rule_that_is_old_costs_what_a_young_one_does(recur):
    """The next and the last before a moment, thirty years after the base and three."""
    here, key = zone(ZONES["Europe/Berlin"][0]), seconds_of("20260101T120000Z")
    old, young = (parse(f"{year}0101T030000", recur) for year in (1996, 2023))
    for ask in (lambda rule: rule.last_before(here, key), lambda rule: next(rule.dues(here, begins=key))):
        assert ask(old) == ask(young)
        assert steps(lambda ask=ask: ask(old)) <= steps(lambda ask=ask: ask(young)) + 100


def test_what_was_counted_is_kept_and_asked_from_anywhere():
    """Each due time of a rule with COUNT is looked for once, whoever asks from where."""
    drawn = []

    def source():
        for n in (10, 20, 30, 40, 50):
            drawn.append(n)
            yield Moment(n, n + 1000.0)

    kept = _Counting(source())
    assert [m.key for m in islice(kept.at_least(25), 2)] == [30, 40] and drawn == [10, 20, 30, 40]
    assert [m.key for m in kept.at_least(5)] == [10, 20, 30, 40, 50]
    for key, right in ((0, [10, 20, 30, 40, 50]), (10, [10, 20, 30, 40, 50]), (11, [20, 30, 40, 50]), (50, [50]),
                       (51, [])):  # fmt: skip
        assert [m.key for m in kept.at_least(key)] == right
    assert drawn == [10, 20, 30, 40, 50]
    many = _Counting(Moment(n, n + 1000.0) for n in range(5000))
    assert len(list(many.at_least(0))) == 5000
    assert steps(lambda: next(many.at_least(4990))) < 100


@pytest.mark.parametrize("text", ["20251201T030000Z ", "20251201T0300Z", "x", "20251301T000000Z"])
@pytest.mark.parametrize("which", ["Base", "ExDate", "RDate"])
def test_the_sentence_names_what_is_no_time(text, which):
    words = {"Base": (text,), "ExDate": ("20251201T030000Z", "", f"20251202T030000Z,{text}x"),
             "RDate": ("20251201T030000Z", "", "", f"{text}x")}[which]  # fmt: skip
    with pytest.raises(ValueError, match=rf"^{which}: .*(is no time|is not a time|month must be)"):
        parse(*words)
