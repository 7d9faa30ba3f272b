#!/bin/sh
# PyPI python-dateutil 2.9.0.post0, npm rrule 2.8.1 and rrule-rust 3.1.1, npm ical.js 2.2.1: two places where readers of RFC 5545 part.
# A good guess: BYSETPOS counts among all that a week has (3.3.10 takes the set within one interval of FREQ), so "the second of Monday,
# Wednesday, Friday" that starts on Wednesday the 4th has its DTSTART as its first instance; and three libraries that agree are right.
# Seen: dateutil and both rrules begin the first week at DTSTART, so Friday is its second day and DTSTART is no instance. All following
# weeks are right, so are first months and years. With position 1 Wednesday counts as the first day of its week.
# The other place: month days of a yearly rule without BYMONTH come in every month for those three (the table of 3.3.10 says
# "expand"), in the month of DTSTART alone for ical.js (as for libical 3.0 of Debian 12). A rule that goes to devices names BYMONTH.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check python-dateutil==2.9.0.post0 six==1.17.0 >/dev/null 2>&1
npm init -y >/dev/null 2>&1; npm install --silent --no-audit --no-fund ical.js@2.2.1 rrule@2.8.1 rrule-rust@3.1.1 >/dev/null 2>&1
cat > rules.txt <<'TXT'
20260304 FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2
20260304 FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=1
20260317 FREQ=MONTHLY;BYDAY=TU;BYSETPOS=3
20260317 FREQ=YEARLY;BYMONTH=3;BYDAY=TU;BYSETPOS=3
20260315 FREQ=YEARLY;BYMONTHDAY=1,15
TXT
cat > run.py <<'PY'
from dateutil.rrule import rrulestr

for line in open("rules.txt"):
    day, rule = line.split()
    moments = rrulestr(f"DTSTART:{day}T090000Z\nRRULE:{rule};COUNT=3")
    print(line.strip(), "dateutil", *(f"{at:%m%d}" for at in moments))
PY
cat > run.mjs <<'JS'
import fs from "fs";
import ICAL from "ical.js";
import rrule from "rrule";
import { RRuleSet } from "rrule-rust";
for (const line of fs.readFileSync("rules.txt", "utf8").trim().split("\n")) {
  const [day, rule] = line.split(" ");
  const text = `DTSTART:${day}T090000Z\nRRULE:${rule};COUNT=3`;
  const days = (list) => list.map((at) => at.replaceAll("-", "").slice(4, 8)).join(" ");
  console.log(line, "rrule", days(rrule.rrulestr(text).all().map((at) => at.toISOString())));
  console.log(line, "rrule-rust", days(RRuleSet.fromString(text).all().map((at) => at.toString())));
  if (rule.includes("BYSETPOS")) continue;
  const iterator = ICAL.Recur.fromString(rule + ";COUNT=3").iterator(ICAL.Time.fromDateTimeString(
    `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T09:00:00Z`));
  console.log(line, "ical.js", days([1, 2, 3].map(() => iterator.next().toString())));
}
JS
{ venv/bin/python run.py; node run.mjs; } | tee seen.txt
cat > wanted.txt <<'TXT'
20260304 FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2 dateutil 0306 0311 0318
20260304 FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=1 dateutil 0304 0309 0316
20260317 FREQ=MONTHLY;BYDAY=TU;BYSETPOS=3 dateutil 0317 0421 0519
20260317 FREQ=YEARLY;BYMONTH=3;BYDAY=TU;BYSETPOS=3 dateutil 0317 0316 0321
20260315 FREQ=YEARLY;BYMONTHDAY=1,15 dateutil 0315 0401 0415
20260304 FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2 rrule 0306 0311 0318
20260304 FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2 rrule-rust 0306 0311 0318
20260304 FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=1 rrule 0304 0309 0316
20260304 FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=1 rrule-rust 0304 0309 0316
20260317 FREQ=MONTHLY;BYDAY=TU;BYSETPOS=3 rrule 0317 0421 0519
20260317 FREQ=MONTHLY;BYDAY=TU;BYSETPOS=3 rrule-rust 0317 0421 0519
20260317 FREQ=YEARLY;BYMONTH=3;BYDAY=TU;BYSETPOS=3 rrule 0317 0316 0321
20260317 FREQ=YEARLY;BYMONTH=3;BYDAY=TU;BYSETPOS=3 rrule-rust 0317 0316 0321
20260315 FREQ=YEARLY;BYMONTHDAY=1,15 rrule 0315 0401 0415
20260315 FREQ=YEARLY;BYMONTHDAY=1,15 rrule-rust 0315 0401 0415
20260315 FREQ=YEARLY;BYMONTHDAY=1,15 ical.js 0315 0301 0315
TXT
cmp seen.txt wanted.txt
