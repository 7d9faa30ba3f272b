#!/bin/sh
# libical 3.0.16 (Debian 12; GNOME's calendar and Cyrus read rules with it) beside PyPI python-dateutil 2.9.0.post0: rules of RFC 5545.
# A good guess: what is accepted is done, or refused: BYMONTHDAY=-1 limits DAILY to last days of months (table of 3.3.10), BYSETPOS takes
# from the set of one day, BYWEEKNO=1 with BYDAY=MO gives Mondays only, each year once, and BYWEEKNO=-1 the last week.
# Seen: DAILY with a negative month day is accepted and has no instance at all; DAILY and HOURLY with BYSETPOS give every time. BYWEEKNO=1;BYDAY=MO
# begins on a Tuesday of week 53, BYWEEKNO=-1;BYDAY=SU leaves years out. BYSETPOS over hours of a month, and 7 hours within hours by
# name, are wrong too: no iterator, and each day. MONTHLY;BYMONTHDAY=-1 says what the first means and is right, as is BYSETPOS over days.
# Debian's libraries are taken into the folder; a C compiler must be there.
set -eu
command -v cc >/dev/null || { echo "cc is not installed: apt-get install gcc libc6-dev"; exit 3; }
folder=$(mktemp -d); chmod 755 "$folder"; trap 'rm -rf "$folder"' EXIT; cd "$folder"
apt-get download -qq 'libical3=3.0.16*' 'libical-dev=3.0.16*' libicu72 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" tree; done
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check python-dateutil==2.9.0.post0 six==1.17.0 >/dev/null 2>&1
cat > run.c <<'C'
#include <libical/ical.h>
#include <stdio.h>
int main(int count, char **words) {
  struct icaltimetype at = icaltime_from_string(words[1]);
  icalrecur_iterator *iterator = icalrecur_iterator_new(icalrecurrencetype_from_string(words[2]), at);
  printf("%s libical", words[2]);
  if (!iterator) printf(" no iterator");
  for (int n = 0; iterator && n < 4 && !icaltime_is_null_time(at = icalrecur_iterator_next(iterator)); n++)
    printf(" %04d-%02d-%02dT%02d", at.year, at.month, at.day, at.hour);
  printf("\n");
}
C
libraries=$PWD/$(dirname "$(find tree -name 'libical.so.3' | head -n 1)")
cc -o run run.c -Itree/usr/include -L"$libraries" -lical -Wl,-rpath-link,"$libraries"
cat > run.py <<'PY'
import sys
from datetime import datetime
from itertools import islice
from dateutil.rrule import rrulestr

times = rrulestr(sys.argv[2], dtstart=datetime.strptime(sys.argv[1], "%Y%m%dT%H%M%SZ"))
print(sys.argv[2], "dateutil", *(f"{at:%Y-%m-%dT%H}" for at in islice(times, 4)))
PY
for rule in 'FREQ=DAILY;BYMONTHDAY=-1' 'FREQ=MONTHLY;BYMONTHDAY=-1' 'FREQ=DAILY;BYHOUR=9,17;BYSETPOS=2' 'FREQ=MONTHLY;BYDAY=MO,FR;BYSETPOS=-1' \
    'FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO' 'FREQ=YEARLY;BYWEEKNO=-1;BYDAY=SU' 'FREQ=MONTHLY;BYMONTHDAY=1;BYHOUR=0,6;BYSETPOS=2' \
    'FREQ=HOURLY;INTERVAL=7;BYHOUR=9,16,23'; do
  LD_LIBRARY_PATH=$libraries ./run 20260302T090000Z "$rule"
  venv/bin/python run.py 20260302T090000Z "$rule"
done | tee seen.txt
cat > wanted.txt <<'TXT'
FREQ=DAILY;BYMONTHDAY=-1 libical
FREQ=DAILY;BYMONTHDAY=-1 dateutil 2026-03-31T09 2026-04-30T09 2026-05-31T09 2026-06-30T09
FREQ=MONTHLY;BYMONTHDAY=-1 libical 2026-03-31T09 2026-04-30T09 2026-05-31T09 2026-06-30T09
FREQ=MONTHLY;BYMONTHDAY=-1 dateutil 2026-03-31T09 2026-04-30T09 2026-05-31T09 2026-06-30T09
FREQ=DAILY;BYHOUR=9,17;BYSETPOS=2 libical 2026-03-02T09 2026-03-02T17 2026-03-03T09 2026-03-03T17
FREQ=DAILY;BYHOUR=9,17;BYSETPOS=2 dateutil 2026-03-02T17 2026-03-03T17 2026-03-04T17 2026-03-05T17
FREQ=MONTHLY;BYDAY=MO,FR;BYSETPOS=-1 libical 2026-03-30T09 2026-04-27T09 2026-05-29T09 2026-06-29T09
FREQ=MONTHLY;BYDAY=MO,FR;BYSETPOS=-1 dateutil 2026-03-30T09 2026-04-27T09 2026-05-29T09 2026-06-29T09
FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO libical 2026-12-29T09 2027-01-04T09 2028-01-03T09 2029-01-01T09
FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO dateutil 2027-01-04T09 2028-01-03T09 2029-01-01T09 2029-12-31T09
FREQ=YEARLY;BYWEEKNO=-1;BYDAY=SU libical 2027-01-03T09 2030-12-29T09 2031-12-28T09 2033-01-02T09
FREQ=YEARLY;BYWEEKNO=-1;BYDAY=SU dateutil 2027-01-03T09 2028-01-02T09 2028-12-31T09 2029-12-30T09
FREQ=MONTHLY;BYMONTHDAY=1;BYHOUR=0,6;BYSETPOS=2 libical no iterator
FREQ=MONTHLY;BYMONTHDAY=1;BYHOUR=0,6;BYSETPOS=2 dateutil 2026-04-01T06 2026-05-01T06 2026-06-01T06 2026-07-01T06
FREQ=HOURLY;INTERVAL=7;BYHOUR=9,16,23 libical 2026-03-02T09 2026-03-02T16 2026-03-02T23 2026-03-03T09
FREQ=HOURLY;INTERVAL=7;BYHOUR=9,16,23 dateutil 2026-03-02T09 2026-03-02T16 2026-03-02T23 2026-03-09T09
TXT
cmp seen.txt wanted.txt
