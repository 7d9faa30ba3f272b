"""When schedules are due (recurrence, zones), and gates."""

from __future__ import annotations

from itertools import islice, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmkit.mo.sched import gate as sched_gate
from dmkit.mo.sched.time import UTC, parse, printed, seconds_of, zone
from dmkit.tree.node import Node
from dmkit.words.errors import ConfigError
from tests.mo.sched.schedules import HOUR, POLL, EventKind, Signal, What, component, install, live, phone, rows

BERLIN = "CET-1CEST,M3.5.0,M10.5.0/3"


def _dues(base, recur="", local=UTC, most=4, **choices):
    return [printed(due)[4:13] for due in islice(parse(base, recur).dues(local, **choices), most)]


@pytest.mark.parametrize(("recur", "expected"), [
    ("", ["1201T0300"]),
    ("FREQ=DAILY;COUNT=2", ["1201T0300", "1202T0300"]),
    ("FREQ=DAILY;INTERVAL=3", ["1201T0300", "1204T0300", "1207T0300", "1210T0300"]),
    ("FREQ=WEEKLY;BYDAY=MO,FR", ["1201T0300", "1205T0300", "1208T0300", "1212T0300"]),
    ("FREQ=DAILY;BYHOUR=3,15;BYMINUTE=0,30", ["1201T0300", "1201T0330", "1201T1500", "1201T1530"]),
    ("FREQ=MONTHLY;BYDAY=-1SU", ["1201T0300", "1228T0300", "0125T0300", "0222T0300"]),
    ("FREQ=MONTHLY;BYMONTHDAY=1,-1", ["1201T0300", "1231T0300", "0101T0300", "0131T0300"]),
    ("FREQ=HOURLY;UNTIL=20251201T050000Z", ["1201T0300", "1201T0400", "1201T0500"]),
    ("FREQ=MINUTELY;INTERVAL=20", ["1201T0300", "1201T0320", "1201T0340", "1201T0400"]),
    ("FREQ=YEARLY", ["1201T0300", "1201T0300", "1201T0300", "1201T0300"]),
])  # fmt: skip
def test_recurrence(recur, expected):
    assert _dues("20251201T030000Z", recur) == expected


def test_a_base_that_the_rule_does_not_name_counts_or_only_begins():
    weekly = ("20251201T030000Z", "FREQ=WEEKLY;BYDAY=SU;COUNT=2")
    assert _dues(*weekly) == ["1201T0300", "1207T0300"]
    assert _dues(*weekly, base_counts=False) == ["1207T0300", "1214T0300"]


def test_local_time_follows_the_clocks_of_the_zone():
    spring = _dues("20260328T023000", "FREQ=DAILY", zone(BERLIN))
    assert spring == ["0328T0130", "0329T0130", "0330T0030", "0331T0030"]  # the gap: 02:30 that is not there is 03:30
    autumn = _dues("20261024T023000", "FREQ=DAILY", zone(BERLIN), most=3)
    assert autumn == ["1024T0030", "1025T0030", "1026T0130"]  # the overlap: the first of two
    assert _dues("20260328T023000Z", "FREQ=DAILY", zone(BERLIN), most=2) == ["0328T0230", "0329T0230"]


@pytest.mark.parametrize(("base", "recur", "why"), [
    ("2025-12-01", "", "is not a time such as"),
    ("20251301T000000Z", "", "month must be in 1..12"),
    ("20251201T000000Z", "INTERVAL=2", "FREQ is missing"),
    ("20251201T000000Z", "FREQ=SECONDLY", "FREQ is one of"),
    ("20251201T000000Z", "FREQ=DAILY;FREQ=DAILY", "FREQ stands once"),
    ("20251201T000000Z", "FREQ=DAILY;COUNT", "COUNT stands once"),
    ("20251201T000000Z", "FREQ=DAILY;COUNT=0", "from 1 to 999999"),
    ("20251201T000000Z", "FREQ=DAILY;COUNT=2;UNTIL=20251231T000000Z", "exclude each other"),
    ("20251201T000000Z", "FREQ=DAILY;BYHOUR=24", "from 0 to 23"),
    ("20251201T000000Z", "FREQ=DAILY;BYDAY=1MO", "goes with MONTHLY or YEARLY"),
    ("20251201T000000Z", "FREQ=WEEKLY;BYMONTHDAY=1", "does not go with FREQ=WEEKLY"),
    ("20251201T000000Z", "FREQ=MONTHLY;BYWEEKNO=2", "BYWEEKNO goes with YEARLY only"),
    ("20251201T000000Z", "FREQ=YEARLY;BYWEEKNO=2;BYDAY=1MO", "numbered BYDAY does not go with BYWEEKNO"),
    ("20251201T000000Z", "FREQ=YEARLY;BYWEEKNO=0;BYDAY=MO", "from 1 to 53"),
    ("20251201T000000Z", "FREQ=WEEKLY;BYYEARDAY=2", "BYYEARDAY does not go with FREQ=WEEKLY"),
    ("20251201T000000Z", "FREQ=DAILY;BYSETPOS=1", "another BY part names"),
    ("20251201T000000Z", "FREQ=DAILY;BYDAY=XX", "takes days such as"),
    ("20251201T000000Z", "FREQ=DAILY;", "an empty part is not known"),
    ("20251202T010000Z", "FREQ=HOURLY;INTERVAL=24;BYHOUR=3", "matches nothing"),
])  # fmt: skip
def test_what_is_not_in_the_subset_is_refused_with_a_sentence(base, recur, why):
    with pytest.raises(ValueError, match=why) as caught:
        parse(base, recur)
    assert "\n" not in str(caught.value)


def test_a_zone_is_a_posix_rule():
    with pytest.raises(ConfigError, match="is no POSIX zone"):
        zone("Berlin?")


def test_a_local_schedule_follows_its_owner_to_another_zone_without_a_second_run_that_day():
    device = phone(local="EET-2")
    install(device, "A", component(1, POLL, base="20251201T080000", recur="FREQ=DAILY"))
    west = (seconds_of("20251201T070000Z"), Signal(EventKind.ZONE, "EST5"))
    assert rows(live(device, seconds_of("20251202T140000Z"), west), What.RAN) == [
        ("01T0600", "ran", 1200),
        ("02T1300", "ran", 1200),
    ]


@settings(max_examples=60)
@given(
    base=st.integers(0, 400),
    freq=st.sampled_from(["HOURLY", "DAILY", "WEEKLY", "MONTHLY"]), interval=st.integers(1, 5),
    days=st.lists(st.sampled_from(["MO", "WE", "SU"]), unique=True), local=st.sampled_from([UTC, zone(BERLIN)]),
)  # fmt: skip
def test_due_times_rise_and_begin_with_the_base(base, freq, interval, days, local):
    text = printed(seconds_of("20260101T000000Z") + base * 6 * HOUR).removesuffix("Z")
    recur = f"FREQ={freq};INTERVAL={interval}" + (f";BYDAY={','.join(days)}" if days else "")
    try:
        rule = parse(text, recur)
    except ValueError as error:
        assert "matches nothing" in str(error)
        return
    dues = list(islice(rule.dues(local), 20))
    assert dues[0] == seconds_of(text, local) and all(a < b for a, b in pairwise(dues))


# -- gates

NODES = {"./A": Node("int", "5"), "./B": Node("chr", "x y"), "./C": Node("bool", "true"), "./F": Node("float", "1.50")}


@pytest.mark.parametrize(("text", "holds"), [
    ("./A=5", True), ("./A==5.0", True), ("./A!=5", False), ("./A>10", False), ("./A<10", True), ("./F=1.5", True),
    ("./B='x y'", True), ("./B>a", True), ("./C", True), ("NOT ./C", False), ("./A>=5 AND ./C", True),
    ("./A=4 OR ./C AND NOT ./A=6", True), ("(./A=4 OR ./C) AND ./A=6", False), ("NOT NOT ./C", True),
    ("./Gone=1", False), ("./Gone!=1", False), ("./A=five", False),
])  # fmt: skip
def test_gates(text, holds):
    assert sched_gate.parse(text).holds(NODES.get) is holds


@pytest.mark.parametrize("text", [
    "", "./A=", "./A 5", "A=5", "./A=5 AND", "AND ./A", "(./A=5", "./A=5)", "./A?prop=ACL=1", "./A=5 ./C", "./A='x",
    "./A<>5",
    "NOT", "()", "(" * 40 + "./A" + ")" * 40, "NOT " * 40 + "./A", "./A==AND", "import os",
])  # fmt: skip
def test_a_wrong_gate_is_one_sentence(text):
    with pytest.raises(ValueError, match="Gate: ") as caught:
        sched_gate.parse(text)
    assert "\n" not in str(caught.value)


@settings(max_examples=200)
@given(st.text(alphabet="./AB=<>!'()NOTADR 15", max_size=40))
def test_any_text_is_a_gate_or_a_sentence(text):
    try:
        sched_gate.parse(text).holds(NODES.get)
    except ValueError as error:
        assert str(error).startswith("Gate: ")
