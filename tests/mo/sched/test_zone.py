"""POSIX zones against the standard library's reader, hour by hour; what is no rule is refused in a sentence."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.mo.sched.time import instant_of, wall_of
from dmkit.mo.sched.zone import PosixZone, offset_at, wall_changes, zone
from dmkit.words.errors import ConfigError
from tests.mo.sched.zones import RULES

BERLIN = "CET-1CEST,M3.5.0,M10.5.0/3"


def peer(rule: str) -> ZoneInfo:
    """The zone of a file that holds nothing but the rule.  [RFC 9636 §3]"""
    header = b"TZif2" + bytes(15)
    block = (0, 0, 0, 0, 1, 4)  # isutcnt isstdcnt leapcnt timecnt typecnt charcnt
    counts = b"".join(n.to_bytes(4, "big") for n in block)
    body = bytes(6) + b"LMT\0"
    return ZoneInfo.from_file(BytesIO((header + counts + body) * 2 + b"\n" + rule.encode() + b"\n"))


@pytest.mark.parametrize(("name", "rule"), RULES, ids=[name for name, _ in RULES])
def test_a_year_hour_by_hour_as_the_standard_library_has_it(name, rule):
    ours, theirs = PosixZone(rule), peer(rule)
    moment, hour = datetime(2026, 1, 1, tzinfo=UTC), timedelta(hours=1)
    before = None
    for _ in range(365 * 24):
        expected = moment.astimezone(theirs)
        offset = expected.utcoffset()
        assert ours.offset_at(moment.timestamp()) == offset.total_seconds(), moment
        if offset != before:  # around each change: name, fold, and wall clock times back
            for minutes in range(-200, 200, 10):
                near = moment + timedelta(minutes=minutes)
                mine, other = near.astimezone(ours), near.astimezone(theirs)
                assert (mine.replace(tzinfo=None), mine.fold, mine.tzname()) == (
                    other.replace(tzinfo=None), other.fold, other.tzname(),
                ), near  # fmt: skip
                wall = mine.replace(tzinfo=None)
                for fold in (0, 1):
                    here, there = (wall.replace(tzinfo=local, fold=fold) for local in (ours, theirs))
                    assert here.utcoffset() == there.utcoffset(), near
            before = offset
        moment += hour


@pytest.mark.parametrize("text", [
    "", "Berlin?", "CE-1", "CET", "CET-25", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0",
    "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J365", "CET-1CEST,366,0", "CET-1CEST,M3.5.0",
    "CET-1CEST,M3.5.0/168,M10.5.0",
    "<+3>-3x", "CET-1:60", "UTC0\n", "EST5EDT", "CET-1CEST", "GMT0BST-1",
])  # fmt: skip
def test_what_is_no_zone_is_refused_in_a_sentence(text):
    with pytest.raises(ConfigError, match="is no POSIX zone") as caught:
        zone(text)
    assert "\n" not in str(caught.value).replace(repr(text), "")


@given(st.text(max_size=24) | st.text(alphabet="CETS<>+-,MJ./:0123456789", max_size=24))
def test_any_text_is_a_zone_or_a_sentence(text):
    try:
        PosixZone(text).offset_at(1e9)
    except ConfigError as error:
        assert "is no POSIX zone" in str(error)


def test_dates_of_rules_by_number():
    leap, plain = PosixZone("AAA0BBB,J60,J300"), PosixZone("AAA0BBB,59,300")
    march = datetime(2024, 3, 1, 3, tzinfo=UTC).timestamp()
    assert leap.offset_at(march) == 3600 and leap.offset_at(march - 86400) == 0  # J60 is 1 March in every year
    assert plain.offset_at(march - 86400) == 3600  # 59 is 29 February in a leap year


def test_a_gap_by_each_reading_and_an_overlap():
    berlin = zone(BERLIN)
    gap = int((datetime(2026, 3, 29, 2, 30) - datetime(1970, 1, 1)).total_seconds())
    utc = datetime(2026, 3, 29, 1, 0, tzinfo=UTC).timestamp()
    assert wall_changes(berlin, gap) == (3600, 7200)
    assert instant_of(gap, berlin) == utc + 1800 and instant_of(gap, berlin, "skip") is None
    assert instant_of(gap, berlin, "end") == utc
    twice = int((datetime(2026, 10, 25, 2, 30) - datetime(1970, 1, 1)).total_seconds())
    assert instant_of(twice, berlin) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp()
    for local in (berlin, ZoneInfo("UTC"), UTC):
        assert wall_of(utc, local) == utc + offset_at(local, utc)


def test_zones_are_values():
    assert PosixZone(BERLIN) == zone(BERLIN) and hash(PosixZone(BERLIN)) == hash(zone(BERLIN))
    assert pickle.loads(pickle.dumps(zone(BERLIN))) == zone(BERLIN) and BERLIN in repr(zone(BERLIN))
