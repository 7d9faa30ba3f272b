#!/bin/sh
# npm node-ical 0.26.1: a zone that the file itself defines, dates named one by one (RDATE), and a length in days over a change of clocks.
# A good guess: the rules of a VTIMEZONE give what its TZID means (RFC 5545 3.6.5, 3.8.3.1), so 09:00 of a zone at +05:00 is 04:00 UTC; RDATE
# adds an instance to those of the rule (3.8.5.2), as EXDATE takes one away; P1D is a day of the calendar (3.3.6): from noon of
# 28 March in Berlin to noon of the 29th, 23 hours.
# Seen: a TZID that is no name of the IANA database is the zone of the process that reads, whatever its rules are, so two readers of a file
# differ (names that Microsoft's products write are the exception). expandRecurringEvent has the rule's instances without the RDATE, which
# stays unread text in "rdate"; EXDATE is right. P1D is 24 hours, so the end is 13:00; PT23H and DTEND are right. Beats of 45 minutes at 9 and 10
# begin at 9:30 on the second day (9:00 is right: 32 beats are a day). No error and nothing on the console. A window that a server
# opens by RDATE never opens for a client with node-ical.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null 2>&1; npm install --silent --no-audit --no-fund node-ical@0.26.1 >/dev/null 2>&1
cat > run.js <<'JS'
const ical = require("node-ical");
const zone = ["BEGIN:VTIMEZONE", "TZID:Plant", "BEGIN:STANDARD", "DTSTART:20200101T000000", "TZOFFSETFROM:+0500", "TZOFFSETTO:+0500",
  "END:STANDARD", "END:VTIMEZONE"];
const read = (...lines) => Object.values(ical.sync.parseICS(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example//plan//EN", ...zone,
  "BEGIN:VEVENT", "UID:1", "DTSTAMP:20260101T000000Z", ...lines, "END:VEVENT", "END:VCALENDAR", ""].join("\r\n")))
  .find((one) => one.type === "VEVENT");
const at = (date) => date.toISOString().slice(0, 16);
console.log(process.env.TZ, "own zone", at(read("DTSTART;TZID=Plant:20260701T090000").start));
console.log("known zone", at(read("DTSTART;TZID=Asia/Karachi:20260701T090000").start));
const dates = read("DTSTART:20260302T090000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=3", "RDATE:20260304T090000Z", "EXDATE:20260309T090000Z");
const all = ical.expandRecurringEvent(dates, { from: new Date("2026-03-01"), to: new Date("2026-04-01") });
console.log("instances", ...all.map((one) => at(one.start)), "rdate", JSON.stringify(dates.rdate));
const beats = read("DTSTART:20260302T090000Z", "RRULE:FREQ=MINUTELY;INTERVAL=45;BYHOUR=9,10;COUNT=6");
console.log("each 45 minutes at 9 and 10", ...beats.rrule.all().map(at));
for (const length of ["DURATION:P1D", "DURATION:PT23H", "DTEND;TZID=Europe/Berlin:20260329T120000"])
  console.log(length, at(read("DTSTART;TZID=Europe/Berlin:20260328T120000", length).end));
JS
{ TZ=UTC node run.js; TZ=Asia/Tokyo node run.js; } 2>&1 | tee seen.txt
cat > wanted.txt <<'TXT'
UTC own zone 2026-07-01T09:00
known zone 2026-07-01T04:00
instances 2026-03-02T09:00 2026-03-16T09:00 rdate "20260304T090000Z"
each 45 minutes at 9 and 10 2026-03-02T09:00 2026-03-02T09:45 2026-03-02T10:30 2026-03-03T09:30 2026-03-03T10:15 2026-03-04T09:15
DURATION:P1D 2026-03-29T11:00
DURATION:PT23H 2026-03-29T10:00
DTEND;TZID=Europe/Berlin:20260329T120000 2026-03-29T10:00
Asia/Tokyo own zone 2026-07-01T00:00
known zone 2026-07-01T04:00
instances 2026-03-02T09:00 2026-03-16T09:00 rdate "20260304T090000Z"
each 45 minutes at 9 and 10 2026-03-02T09:00 2026-03-02T09:45 2026-03-02T10:30 2026-03-03T09:30 2026-03-03T10:15 2026-03-04T09:15
DURATION:P1D 2026-03-29T11:00
DURATION:PT23H 2026-03-29T10:00
DTEND;TZID=Europe/Berlin:20260329T120000 2026-03-29T10:00
TXT
cmp seen.txt wanted.txt
