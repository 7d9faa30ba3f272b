#!/bin/sh
# PyPI aiosmpplib 0.7.4: schedule_delivery_time and validity_period as a datetime with a zone, written and read.
# A good guess: an absolute time is YYMMDDhhmmsstnnp, nn quarters of an hour from UTC, 00 to 48, and p its direction (SMPP 3.4, 7.1.1.1): noon at
# -03:30 ends in 14-, and what the library wrote it reads back.
# Seen: east of Greenwich the octets are right. West of it nn is what is missing to a day: -03:30 is 82-, -05:00 is 76-, which no centre may
# take; with +00:00 it is right, so a test in UTC or Europe passes. Reading has the quarters for hours (22+, half past five, becomes
# +22:00; 32+, +08:00, is a datetime that raises when it is used) and the year 27 for the year 27, not 2027. Relative times
# (timedelta, 000007000000000R) are right both ways: use those, or times in UTC.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv tools
tools/bin/pip install -q --disable-pip-version-check aiosmpplib==0.7.4 >/dev/null 2>&1
cat > run.py <<'PY'
from datetime import datetime, timedelta, timezone
from aiosmpplib import PhoneNumber, SubmitSm

def sent(moment):
    message = SubmitSm(short_message="x", source=PhoneNumber("1"), destination=PhoneNumber("2"), validity_period=moment)
    return next(part.decode() for part in message.pdu().split(b"\0") if len(part) == 16)

def back(text):
    try:
        moment = SubmitSm.smpp_time_to_datetime(text)
        return moment.isoformat() if isinstance(moment, datetime) else str(moment)
    except ValueError:
        return "ValueError"

for hours in (0, 5.5, 8, -3.5, -5):
    moment = datetime(2027, 1, 31, 12, tzinfo=timezone(timedelta(hours=hours)))
    quarters = int(abs(hours) * 4)
    right = f"2701311200000{quarters:02}{'-' if hours < 0 else '+'}"
    print(moment.isoformat(), "written", sent(moment), "right", right, "which is read as", back(right))
print(timedelta(days=7), "written", sent(timedelta(days=7)), "read as", back("000007000000000R"))
PY
tools/bin/python run.py | tee seen.txt
cat > wanted.txt <<'TXT'
2027-01-31T12:00:00+00:00 written 270131120000000+ right 270131120000000+ which is read as 0027-01-31T12:00:00+00:00
2027-01-31T12:00:00+05:30 written 270131120000022+ right 270131120000022+ which is read as 0027-01-31T12:00:00+22:00
2027-01-31T12:00:00+08:00 written 270131120000032+ right 270131120000032+ which is read as ValueError
2027-01-31T12:00:00-03:30 written 270131120000082- right 270131120000014- which is read as 0027-01-31T12:00:00-10:00
2027-01-31T12:00:00-05:00 written 270131120000076- right 270131120000020- which is read as 0027-01-31T12:00:00-04:00
7 days, 0:00:00 written 000007000000000R read as 7 days, 0:00:00
TXT
cmp seen.txt wanted.txt
