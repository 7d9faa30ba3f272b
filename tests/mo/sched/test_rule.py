"""Recurrence rules: 41 with their dates, any rule against dateutil, searches from anywhere, counts, dates apart."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from itertools import islice, pairwise
from random import Random

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dmkit.mo.sched.rule import checked as read_parts
from dmkit.mo.sched.time import UTC, Readings, parse, printed, seconds_of, zone
from dmkit.schedule.rule_words import rule_of, rule_words
from tests.mo.sched.rules import PICKED, RULES
from tests.steps import steps

BERLIN = zone("CET-1CEST,M3.5.0,M10.5.0/3")


@pytest.mark.parametrize(("base", "recur", "dates"), RULES, ids=[recur for _, recur, _ in RULES])
def test_a_rule_and_its_dates(base, recur, dates):
    found = parse(base + "Z", recur).dues(UTC, base_counts=False)
    assert [printed(due)[:13] for due in islice(found, 8)] == dates.split()


@pytest.mark.parametrize(("base", "recur", "days"), PICKED, ids=[recur for _, recur, _ in PICKED])
def test_days_of_the_year_weeks_and_places_in_a_period(base, recur, days):
    rule, wanted = parse(base + "Z", recur), days.split()
    found = list(islice(rule.dues(UTC, base_counts=False), len(wanted)))
    assert [printed(due)[:8] for due in found] == wanted
    assert next(rule.dues(UTC, base_counts=False, begins=found[-1])) == found[-1]
    last = rule.last_before(UTC, found[-1], Readings("start"))
    assert last is not None and last.due == found[-2]


@pytest.mark.parametrize("number", range(25))
def test_a_rule_that_picks_is_as_dateutil_has_it(number):
    """Not FREQ=WEEKLY, where dateutil's first week begins with the base, and not BYWEEKNO without BYDAY."""
    dice = Random(f"picked {number}")

    def some(most, low=1):
        return ",".join(str(dice.choice((1, -1)) * dice.randint(low, most)) for _ in range(3))

    freq = dice.choice(["YEARLY", "YEARLY", "MONTHLY", "DAILY", "HOURLY"])
    parts = [f"FREQ={freq}", "UNTIL=20330101T000000Z", f"WKST={dice.choice(['MO', 'SU'])}", "BYMINUTE=5,20"]
    if freq == "YEARLY":
        parts.append(f"BYWEEKNO={some(53)};BYDAY=MO,TU,FR" if number % 2 else f"BYYEARDAY={some(366)}")
    elif freq == "MONTHLY":
        parts.append(f"BYDAY={dice.choice(['MO,TH,SU', '1MO,1SA', '-1FR,-1TU'])}")
    parts.append(f"BYSETPOS={some(2)}")
    base = datetime(2024, 1, 1) + timedelta(minutes=dice.randrange(366 * 1440))
    rule = parse(base.strftime("%Y%m%dT%H%M%SZ"), ";".join(parts))
    theirs = islice(rrulestr(";".join(parts).replace("00Z", "00"), dtstart=base), 8)
    assert list(islice(rule.dues(UTC, base_counts=False), 8)) == [
        (t - datetime(1970, 1, 1)).total_seconds() for t in theirs
    ]
    assert rule_of(rule_words(";".join(parts))) == ";".join(parts)


@pytest.mark.parametrize(("part", "freq", "low", "high", "negative"), [  # RFC 5545 §3.3.10, grammar of a recurrence
    ("BYMONTH", "YEARLY", 1, 12, False), ("BYWEEKNO", "YEARLY", 1, 53, True), ("BYYEARDAY", "YEARLY", 1, 366, True),
    ("BYMONTHDAY", "MONTHLY", 1, 31, True), ("BYHOUR", "DAILY", 0, 23, False), ("BYMINUTE", "HOURLY", 0, 59, False),
    ("BYSETPOS", "YEARLY;BYHOUR=1", 1, 366, True), ("INTERVAL", "DAILY", 1, 999_999, False),
    ("COUNT", "DAILY", 1, 999_999, False),
])  # fmt: skip
def test_the_smallest_and_largest_number_of_each_part(part, freq, low, high, negative):
    """What stands at an edge is read, what lies beside it is refused; only some count from the end."""
    right = [low, high, *((-1, -high) if negative else ())]
    wrong = [low - 1, high + 1, *((-high - 1,) if negative else (-low or -1,))]
    for number in right:
        assert read_parts(f"FREQ={freq};{part}={number}", str)[part] in ((number,), number)
    for number in wrong:
        with pytest.raises(ValueError, match=rf"Recur: {part} takes .* from {low} to {high}\b"):
            read_parts(f"FREQ={freq};{part}={number}", str)


def test_the_weeks_that_a_day_may_count():
    for number in (1, 53, -1, -53):
        assert read_parts(f"FREQ=YEARLY;BYDAY={number}MO", str)["BYDAY"] == (("MO", number),)
    for number in (0, 54, -54):
        with pytest.raises(ValueError, match="counts weeks from 1 to 53"):
            read_parts(f"FREQ=YEARLY;BYDAY={number}MO", str)


def test_there_are_43():
    assert len(RULES) == 43


NUMBERS = st.lists(st.sampled_from([1, 2, 13, 15, 28, 29, 30, 31, -1, -2, -31]), min_size=1, max_size=3, unique=True)
DAYS = st.lists(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1, max_size=3, unique=True)


@st.composite
def rules(draw):
    """A rule that may be given, in the parts that both know."""
    freq = draw(st.sampled_from(["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY"]))
    parts = [f"FREQ={freq}"]
    if draw(st.booleans()):
        parts.append(f"INTERVAL={draw(st.sampled_from([1, 2, 3, 5, 40]))}")
    if draw(st.integers(0, 2)) == 0:
        months = draw(st.lists(st.integers(1, 12), min_size=1, max_size=4, unique=True))
        parts.append("BYMONTH=" + ",".join(map(str, months)))
    if freq != "WEEKLY" and draw(st.integers(0, 2)) == 0:
        parts.append("BYMONTHDAY=" + ",".join(map(str, draw(NUMBERS))))
    if draw(st.booleans()):
        number = draw(st.sampled_from(["", "1", "-1", "4"])) if freq in ("YEARLY", "MONTHLY") else ""
        parts.append("BYDAY=" + ",".join(number + day for day in draw(DAYS)))
    for name, most in (("BYHOUR", 23), ("BYMINUTE", 59)):
        if draw(st.integers(0, 2)) == 0:
            values = draw(st.lists(st.integers(0, most), min_size=1, max_size=3, unique=True))
            parts.append(f"{name}=" + ",".join(map(str, values)))
    if draw(st.integers(0, 2)) == 0:
        parts.append(f"WKST={draw(st.sampled_from(['MO', 'SU', 'WE']))}")
    if draw(st.integers(0, 3)) == 0:
        parts.append(f"COUNT={draw(st.integers(1, 9))}")
    return ";".join(parts)


BASES = st.integers(0, 2 * 366 * 24 * 60).map(lambda n: datetime(2024, 1, 1) + timedelta(minutes=n))


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(rules(), BASES)
def test_any_rule_is_as_dateutil_has_it_from_anywhere(recur, base):
    try:
        rule = parse(base.strftime("%Y%m%dT%H%M%SZ"), recur)
    except ValueError as error:
        assert "matches nothing" in str(error)
        return
    dues = list(islice(rule.dues(UTC, base_counts=False), 8))
    theirs = [(at - datetime(1970, 1, 1)).total_seconds() for at in islice(rrulestr(recur, dtstart=base), 8)]
    assume(theirs)
    assert dues == theirs
    readings = Readings("start")
    for before, due in pairwise(dues):
        assert next(rule.dues(UTC, base_counts=False, begins=due)) == due
        last = rule.last_before(UTC, due, readings)
        assert last is not None and last.due == before


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(rules(), BASES, st.sampled_from(["shift", "skip", "end"]), st.sampled_from(["elapsed", "wall"]))
def test_due_times_of_a_zone_rise_and_a_search_finds_the_same(recur, base, gap, hourly):
    try:
        rule = parse(base.strftime("%Y%m%dT%H%M%S"), recur)
    except ValueError:
        return
    readings = Readings("start", gap, hourly)
    moments = list(islice(rule.moments(BERLIN, readings), 12))
    assert all(a.due < b.due and a.key <= b.key for a, b in pairwise(moments))
    for moment in moments:
        found = next(iter(rule.moments(BERLIN, readings, moment.key)))
        assert found == moment


def test_a_rule_that_is_ten_years_old_costs_what_a_young_one_does():
    old, young = (parse(f"{day}T000000Z", "FREQ=MINUTELY") for day in ("20150101", "20251101"))
    begins = seconds_of("20251201T000000Z")
    assert next(old.dues(UTC, begins=begins)) == begins
    assert old.last_before(UTC, begins).due == begins - 60
    for ask in (lambda rule: next(rule.dues(UTC, begins=begins)), lambda rule: rule.last_before(UTC, begins)):
        ask(young)
        assert steps(partial(ask, old)) <= steps(partial(ask, young)) + 100


@pytest.mark.parametrize(("hourly", "gap", "count"), [
    ("elapsed", "shift", 4), ("wall", "shift", 4), ("wall", "skip", 4), ("wall", "end", 4),
])  # fmt: skip
def test_four_runs_over_the_gap_of_spring_are_four(hourly, gap, count):
    rule = parse("20260329T003000", "FREQ=HOURLY;COUNT=4")
    assert len(list(rule.dues(BERLIN, readings=Readings(gap=gap, hourly=hourly)))) == count


def test_dates_left_out_and_added():
    rule = parse("20251201T030000Z", "FREQ=DAILY;COUNT=3", "20251202T030000Z,20251207T000000Z", "20251201T120000Z")
    assert [printed(due)[6:13] for due in rule.dues(UTC)] == ["01T0300", "01T1200", "03T0300"]
    with pytest.raises(ValueError, match="ExDate: 'tomorrow' is not a time"):
        parse("20251201T030000Z", "FREQ=DAILY", "tomorrow")
    with pytest.raises(ValueError, match="RDate: '' is not a time"):
        parse("20251201T030000Z", "FREQ=DAILY", "", ",")
