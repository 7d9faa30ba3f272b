#!/bin/sh
# PyPI recurring-ical-events 3.8.2 with icalendar 7.3.2: a window of 45 minutes each night, over the spring change of the clock.
# A good guess: each night has 45 minutes, as DURATION says and as RFC 5545 3.8.5.3 asks for DTEND too ("exact duration");
# 02:30, which Berlin does not have on 29 March 2026, is 03:30 of summer time (RFC 5545 3.3.5), so it ends at 04:15.
# Seen: start and end are put on the wall clock one by one. The start is 02:30 with +01:00, which is 03:30 of summer time,
# the end 03:15 with +02:00: the window ends 15 minutes before it starts, and no error. Whoever asks "is it open now?" by
# start <= now < end finds that it never opens; a length in minutes is negative. DURATION and DTEND do the same.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check recurring-ical-events==3.8.2 icalendar==7.3.2 \
    python-dateutil==2.9.0.post0 tzdata==2026.6 >/dev/null 2>&1
cat > run.py <<'PY'
from datetime import timezone
from icalendar import Calendar
import recurring_ical_events

TEXT = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//example//maintenance//EN
BEGIN:VEVENT
UID:window
DTSTART;TZID=Europe/Berlin:20260327T023000
{length}
RRULE:FREQ=DAILY;COUNT=4
END:VEVENT
END:VCALENDAR
"""
seen = []
for length in ("DURATION:PT45M", "DTEND;TZID=Europe/Berlin:20260327T031500"):
    calendar = Calendar.from_ical(TEXT.format(length=length).replace("\n", "\r\n"))
    minutes = []
    for event in recurring_ical_events.of(calendar).between((2026, 3, 26), (2026, 4, 2)):
        start, end = event.start.astimezone(timezone.utc), event.end.astimezone(timezone.utc)
        minutes.append((end - start).total_seconds() / 60)
        print(f"{length.split(':')[0].split(';')[0]:9} {event.start} to {event.end}: {minutes[-1]:.0f} minutes")
    seen.append(minutes)
raise SystemExit(seen != [[45, 45, -15, 45]] * 2)
PY
venv/bin/python run.py
echo "as described: the window over the gap ends before it starts"
