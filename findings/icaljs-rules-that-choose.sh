#!/bin/sh
# npm ical.js 2.2.1 beside npm rrule 2.8.1: rules of RFC 5545 that choose by a part of the year or by BYSETPOS.
# A good guess: a library for RFC 5545 follows its table of expanding and limiting parts (3.3.10), or refuses what it has not; each rule
# here starts at an instance of its own, so DTSTART leaves no doubt.
# Seen: nothing is refused. BYWEEKNO and the number before a day of a yearly rule are dropped, so each week comes; BYSETPOS is dropped
# in daily and weekly rules. Right: BYSETPOS, -1FR, Friday the 13th in monthly rules, 29 February, WKST. A window "on the last of
# the three service days" opens three times a week for a client that reads it with ical.js.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null 2>&1; npm install --silent --no-audit --no-fund ical.js@2.2.1 rrule@2.8.1 >/dev/null 2>&1
cat > run.mjs <<'JS'
import ICAL from "ical.js";
import rrule from "rrule";
const rules = [
  ["2026-05-18", "FREQ=YEARLY;BYDAY=20MO"], ["2026-03-02", "FREQ=YEARLY;BYWEEKNO=10;BYDAY=MO"],
  ["2026-03-06", "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=-1"], ["2026-03-02", "FREQ=DAILY;BYHOUR=9,21;BYSETPOS=1"],
  ["2024-02-29", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"],
  ["2026-03-31", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"], ["2026-03-13", "FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR"],
  ["2026-03-27", "FREQ=MONTHLY;BYDAY=-1FR"],
  ["2026-03-02", "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU"],
];
const cut = (text) => text.slice(0, 13);
for (const [day, rule] of rules) {
  const other = rrule.rrulestr(`DTSTART:${day.replaceAll("-", "")}T090000Z\nRRULE:${rule};COUNT=3`).all().map((at) => cut(at.toISOString()));
  const iterator = ICAL.Recur.fromString(rule + ";COUNT=3").iterator(ICAL.Time.fromDateTimeString(day + "T09:00:00Z"));
  const seen = [];
  for (let at = iterator.next(); at; at = iterator.next()) seen.push(cut(at.toString()));
  console.log(rule, String(seen) === String(other) ? "the same" : `\n  ical.js ${seen.join(" ")}\n  rrule   ${other.join(" ")}`);
}
JS
node run.mjs | tee seen.txt
cat > wanted.txt <<'TXT'
FREQ=YEARLY;BYDAY=20MO 
  ical.js 2026-05-18T09 2026-05-25T09 2026-06-01T09
  rrule   2026-05-18T09 2027-05-17T09 2028-05-15T09
FREQ=YEARLY;BYWEEKNO=10;BYDAY=MO 
  ical.js 2026-03-09T09 2026-03-16T09 2026-03-23T09
  rrule   2026-03-02T09 2027-03-08T09 2028-03-06T09
FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=-1 
  ical.js 2026-03-06T09 2026-03-09T09 2026-03-11T09
  rrule   2026-03-06T09 2026-03-13T09 2026-03-20T09
FREQ=DAILY;BYHOUR=9,21;BYSETPOS=1 
  ical.js 2026-03-02T09 2026-03-02T21 2026-03-03T09
  rrule   2026-03-02T09 2026-03-03T09 2026-03-04T09
FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29 the same
FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1 the same
FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR the same
FREQ=MONTHLY;BYDAY=-1FR the same
FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU the same
TXT
cmp seen.txt wanted.txt
