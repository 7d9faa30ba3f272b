#!/bin/sh
# npm rrule 2.8.1 and ical.js 2.2.1 beside npm rrule-temporal 2.2.8 and PyPI python-dateutil 2.9.0.post0: an interval of minutes or hours
# within hours by name, as a sample "each 45 minutes between nine and eleven" has it.
# A good guess: BYHOUR limits MINUTELY and HOURLY (table of RFC 5545 3.3.10): beats go on from DTSTART each INTERVAL, day and night, and
# those within the hours count. 90 minutes go 16 times into a day, so each day has 09:00 and 10:30.
# Seen: rrule loses the beat where it leaps over the hours that do not count: 10:00 and 11:30 on the second day, 09:15, 10:00, 10:45 for 45
# minutes. An interval that divides the hour (30) is right, so is BYDAY. ical.js loses it for hours: each 7 hours at 9, 16 and 23
# comes each day there, but 24 is no multiple of 7, so those three hours come back after a week. dateutil and rrule-temporal have both right.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check python-dateutil==2.9.0.post0 six==1.17.0 >/dev/null 2>&1
npm init -y >/dev/null 2>&1
npm install --silent --no-audit --no-fund ical.js@2.2.1 rrule@2.8.1 rrule-temporal@2.2.8 >/dev/null 2>&1
cat > rules.txt <<'TXT'
FREQ=MINUTELY;INTERVAL=90;BYHOUR=9,10,11
FREQ=MINUTELY;INTERVAL=45;BYHOUR=9,10
FREQ=MINUTELY;INTERVAL=30;BYHOUR=9,10
FREQ=MINUTELY;INTERVAL=500;BYDAY=MO,TH
FREQ=HOURLY;INTERVAL=7;BYHOUR=9,16,23
TXT
cat > run.py <<'PY'
from datetime import datetime
from dateutil.rrule import rrulestr

for line in open("rules.txt"):
    print(line.strip(), "dateutil", *(f"{at:%dT%H:%M}" for at in rrulestr(line.strip() + ";COUNT=8", dtstart=datetime(2026, 3, 2, 9))))
PY
cat > run.mjs <<'JS'
import fs from "fs";
import ICAL from "ical.js";
import rrule from "rrule";
import { RRuleTemporal } from "rrule-temporal";
for (const rule of fs.readFileSync("rules.txt", "utf8").trim().split("\n")) {
  const text = `DTSTART:20260302T090000Z\nRRULE:${rule};COUNT=8`;
  const cut = (list) => list.map((at) => at.slice(8, 16)).join(" ");
  console.log(rule, "rrule", cut(rrule.rrulestr(text).all().map((at) => at.toISOString())));
  console.log(rule, "rrule-temporal", cut(new RRuleTemporal({ rruleString: text }).all().map((at) => at.toInstant().toString())));
  const iterator = ICAL.Recur.fromString(rule + ";COUNT=8").iterator(ICAL.Time.fromDateTimeString("2026-03-02T09:00:00Z"));
  console.log(rule, "ical.js", cut(Array.from({ length: 8 }, () => iterator.next().toString())));
}
JS
{ venv/bin/python run.py; node run.mjs; } | LC_ALL=C sort -s -t ' ' -k 1,1 | tee seen.txt
cat > wanted.txt <<'TXT'
FREQ=HOURLY;INTERVAL=7;BYHOUR=9,16,23 dateutil 02T09:00 02T16:00 02T23:00 09T09:00 09T16:00 09T23:00 16T09:00 16T16:00
FREQ=HOURLY;INTERVAL=7;BYHOUR=9,16,23 rrule 02T09:00 02T16:00 02T23:00 09T09:00 09T16:00 09T23:00 16T09:00 16T16:00
FREQ=HOURLY;INTERVAL=7;BYHOUR=9,16,23 rrule-temporal 02T09:00 02T16:00 02T23:00 09T09:00 09T16:00 09T23:00 16T09:00 16T16:00
FREQ=HOURLY;INTERVAL=7;BYHOUR=9,16,23 ical.js 02T09:00 02T16:00 02T23:00 03T09:00 03T16:00 03T23:00 04T09:00 04T16:00
FREQ=MINUTELY;INTERVAL=30;BYHOUR=9,10 dateutil 02T09:00 02T09:30 02T10:00 02T10:30 03T09:00 03T09:30 03T10:00 03T10:30
FREQ=MINUTELY;INTERVAL=30;BYHOUR=9,10 rrule 02T09:00 02T09:30 02T10:00 02T10:30 03T09:00 03T09:30 03T10:00 03T10:30
FREQ=MINUTELY;INTERVAL=30;BYHOUR=9,10 rrule-temporal 02T09:00 02T09:30 02T10:00 02T10:30 03T09:00 03T09:30 03T10:00 03T10:30
FREQ=MINUTELY;INTERVAL=30;BYHOUR=9,10 ical.js 02T09:00 02T09:30 02T10:00 02T10:30 03T09:00 03T09:30 03T10:00 03T10:30
FREQ=MINUTELY;INTERVAL=45;BYHOUR=9,10 dateutil 02T09:00 02T09:45 02T10:30 03T09:00 03T09:45 03T10:30 04T09:00 04T09:45
FREQ=MINUTELY;INTERVAL=45;BYHOUR=9,10 rrule 02T09:00 02T09:45 02T10:30 03T09:15 03T10:00 03T10:45 04T09:30 04T10:15
FREQ=MINUTELY;INTERVAL=45;BYHOUR=9,10 rrule-temporal 02T09:00 02T09:45 02T10:30 03T09:00 03T09:45 03T10:30 04T09:00 04T09:45
FREQ=MINUTELY;INTERVAL=45;BYHOUR=9,10 ical.js 02T09:00 02T09:45 02T10:30 03T09:00 03T09:45 03T10:30 04T09:00 04T09:45
FREQ=MINUTELY;INTERVAL=500;BYDAY=MO,TH dateutil 02T09:00 02T17:20 05T03:40 05T12:00 05T20:20 09T07:40 09T16:00 12T02:20
FREQ=MINUTELY;INTERVAL=500;BYDAY=MO,TH rrule 02T09:00 02T17:20 05T03:40 05T12:00 05T20:20 09T07:40 09T16:00 12T02:20
FREQ=MINUTELY;INTERVAL=500;BYDAY=MO,TH rrule-temporal 02T09:00 02T17:20 05T03:40 05T12:00 05T20:20 09T07:40 09T16:00 12T02:20
FREQ=MINUTELY;INTERVAL=500;BYDAY=MO,TH ical.js 02T09:00 02T17:20 05T03:40 05T12:00 05T20:20 09T07:40 09T16:00 12T02:20
FREQ=MINUTELY;INTERVAL=90;BYHOUR=9,10,11 dateutil 02T09:00 02T10:30 03T09:00 03T10:30 04T09:00 04T10:30 05T09:00 05T10:30
FREQ=MINUTELY;INTERVAL=90;BYHOUR=9,10,11 rrule 02T09:00 02T10:30 03T10:00 03T11:30 04T09:00 04T10:30 05T10:00 05T11:30
FREQ=MINUTELY;INTERVAL=90;BYHOUR=9,10,11 rrule-temporal 02T09:00 02T10:30 03T09:00 03T10:30 04T09:00 04T10:30 05T09:00 05T10:30
FREQ=MINUTELY;INTERVAL=90;BYHOUR=9,10,11 ical.js 02T09:00 02T10:30 03T09:00 03T10:30 04T09:00 04T10:30 05T09:00 05T10:30
TXT
cmp seen.txt wanted.txt
