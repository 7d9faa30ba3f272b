"""Hours of a schedule on the days on which clocks change, written down by hand for four zones.

A local time that is left out is due an hour later by the new time (so at the offset of before); one that comes twice is
due the first time.  [scheduling sheet §5.1; the readings are in docs/ambiguities.md]
"""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from dmkit.mo.sched.time import parse, printed, seconds_of, zone

BERLIN, NEW_YORK = "CET-1CEST,M3.5.0,M10.5.0/3", "EST5EDT,M3.2.0,M11.1.0"
AUCKLAND = "NZST-12NZDT,M9.5.0,M4.1.0/3"

# zone, local date, the UTC day and hour of each local hour from 0 on
DAYS = [
    (BERLIN, "20260328", "27T2300 28T0000 28T0100 28T0200 28T0300"),
    (BERLIN, "20260329", "28T2300 29T0000 29T0100 29T0100 29T0200"),  # 02:00 is not there
    (BERLIN, "20261025", "24T2200 24T2300 25T0000 25T0200 25T0300"),  # 02:00 comes twice
    (NEW_YORK, "20260308", "08T0500 08T0600 08T0700 08T0700 08T0800"),
    (NEW_YORK, "20261101", "01T0400 01T0500 01T0700 01T0800 01T0900"),  # 01:00 comes twice
    (AUCKLAND, "20260927", "26T1200 26T1300 26T1400 26T1400 26T1500"),
    (AUCKLAND, "20260405", "04T1100 04T1200 04T1300 04T1500 04T1600"),
]
TIMES = [(posix, f"{date}T{hour:02}0000", wanted) for posix, date, row in DAYS
         for hour, wanted in enumerate(row.split())]  # fmt: skip


@pytest.mark.parametrize(("posix", "local", "wanted"), TIMES)
def test_every_hour_of_the_day_of_a_change(posix, local, wanted):
    assert printed(seconds_of(local, zone(posix)))[6:13] == wanted


@pytest.mark.parametrize(("posix", "name"), [
    (BERLIN, "Europe/Berlin"), (NEW_YORK, "America/New_York"), (AUCKLAND, "Pacific/Auckland"),
])  # fmt: skip
def test_a_whole_year_of_half_hours_as_the_zone_tables_have_it(posix, name):
    """An independent reading: the tables of the IANA, which place a time of the gap at the offset of before."""
    try:
        tables = ZoneInfo(name)
    except ZoneInfoNotFoundError:
        pytest.skip("no zone tables on this machine")
    here = zone(posix)
    for month in range(1, 13):
        for day in range(1, 29):
            for half in (0, 3, 5, 6, 7, 24):
                wall = datetime(2026, month, day, half // 2, half % 2 * 30, tzinfo=tables)
                assert seconds_of(wall.strftime("%Y%m%dT%H%M%S"), here) == wall.timestamp(), wall


@pytest.mark.parametrize(("posix", "base", "recur", "wanted"), [
    (BERLIN, "20260328T000000", "FREQ=DAILY;BYHOUR=2,3", "28T0100 28T0200 29T0100 30T0000 30T0100"),
    (BERLIN, "20261024T000000", "FREQ=DAILY;BYHOUR=1,2,3", "23T2300 24T0000 24T0100 24T2300 25T0000 25T0200"),
    (NEW_YORK, "20260307T000000", "FREQ=DAILY;BYHOUR=2;BYMINUTE=30", "07T0730 08T0730 09T0630"),
    (NEW_YORK, "20261031T000000", "FREQ=DAILY;BYHOUR=1;BYMINUTE=30", "31T0530 01T0530 02T0630"),
])  # fmt: skip
def test_a_daily_rule_over_a_change(posix, base, recur, wanted):
    """Two local times that fall on one moment are one due time."""
    hours = wanted.split()
    found = [printed(due)[6:13] for due in islice(parse(base, recur).dues(zone(posix), base_counts=False), len(hours))]
    assert found == hours
