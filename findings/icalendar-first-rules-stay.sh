#!/bin/sh
# PyPI icalendar 7.3.2: two files, each with a VTIMEZONE of its own under the same TZID.
# A good guess: a TZID has meaning within its file (RFC 5545 3.8.3.1), so 09:00 is at +01:00 in the first file and at
# +05:00 in the second.
# Seen: the rules of the first file that a process reads are kept under the name and used for every later file: +01:00
# both times, without a word.  Read alone, the second file gives +05:00.  Names that vendors all use ("Custom",
# "Local", a product's own) make it likely.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check icalendar==7.3.2 >/dev/null 2>&1
cat > run.py <<'PY'
import sys
from icalendar import Calendar

def calendar(offset):
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example//plan//EN",
             "BEGIN:VTIMEZONE", "TZID:Plant", "BEGIN:STANDARD", "DTSTART:20200101T000000",
             f"TZOFFSETFROM:{offset}", f"TZOFFSETTO:{offset}", "END:STANDARD", "END:VTIMEZONE",
             "BEGIN:VEVENT", "UID:1", "DTSTAMP:20260101T000000Z", "DTSTART;TZID=Plant:20260701T090000",
             "END:VEVENT", "END:VCALENDAR", ""]
    return "\r\n".join(lines)

for offset in sys.argv[1:]:
    event = Calendar.from_ical(calendar(offset)).walk("VEVENT")[0]
    print(offset, "read as", event.decoded("DTSTART").strftime("%z"))
PY
{ venv/bin/python run.py +0100 +0500; echo alone; venv/bin/python run.py +0500; } | tee seen.txt
cat > wanted.txt <<'TXT'
+0100 read as +0100
+0500 read as +0100
alone
+0500 read as +0500
TXT
cmp seen.txt wanted.txt
