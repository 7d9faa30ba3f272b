#!/bin/sh
# PyPI python-dateutil 2.9.0.post0, tz.tzstr: POSIX rules (the TZ variable) of Beirut, Jerusalem and Gaza, as tzdata has
# them in the last line of its files.
# A good guess: tzstr reads what the last line of a tzdata file may be, or refuses it. Beirut's rule needs no extension at
# all: EET-2EEST,M3.5.0/0,M10.5.0/0, summer time ends on the last Sunday of October at 00:00 of summer time. Hours above
# 24 (Jerusalem /26, Gaza /50) are those of RFC 9636 3.3.1.
# Seen: no error, and Beirut stays on summer time for a day too long, since the hour that is taken off 00:00 makes it
# Saturday 23:00, and from that Saturday the next Sunday is sought. Jerusalem changes a day early and Gaza two days early
# in spring: 26 is taken for 2 o'clock, 50 too; in autumn Gaza is five days late. zoneinfo and `date` agree with each
# other and differ from tzstr.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check python-dateutil==2.9.0.post0 tzdata==2026.6 >/dev/null 2>&1
cat > run.py <<'PY'
import os, time
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo
from dateutil.tz import tzstr

HOUR, START = timedelta(hours=1), datetime(2026, 1, 1, tzinfo=timezone.utc)
HOURS = [START + n * HOUR for n in range(365 * 24)]
seen = []
for rule, name in (
    ("EET-2EEST,M3.5.0/0,M10.5.0/0", "Asia/Beirut"),
    ("IST-2IDT,M3.4.4/26,M10.5.0", "Asia/Jerusalem"),
    ("EET-2EEST,M3.4.4/50,M10.4.4/50", "Asia/Gaza"),
    ("AEST-10AEDT,M10.1.0,M4.1.0/3", "Australia/Sydney"),
):
    ours, zone = tzstr(rule), ZoneInfo(name)
    os.environ["TZ"] = rule
    time.tzset()  # the rule as the C library reads it
    offsets = [(time.localtime(hour.timestamp()).tm_gmtoff, hour.astimezone(zone).utcoffset()) for hour in HOURS]
    libc = sum(seconds != offset.total_seconds() for seconds, offset in offsets)
    wrong = [hour for hour in HOURS if hour.astimezone(ours).utcoffset() != hour.astimezone(zone).utcoffset()]
    print(name, "hours of 2026 that differ from zoneinfo:", len(wrong), "for tzstr,", libc, "for the C library;",
          f"from {wrong[0]:%d %B %H:%M} UTC" if wrong else "none")
    seen.append((len(wrong), libc))
raise SystemExit(seen != [(24, 0), (24, 0), (168, 0), (0, 0)])
PY
venv/bin/python run.py
echo "as described: rules at midnight and above 24 h are read, and read a day or more wrong"
