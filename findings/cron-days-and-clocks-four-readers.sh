#!/bin/sh
# PyPI croniter 7.0.0, cronsim 2.8, crontab 1.0.5 and cron-converter 2.0.2: day of month beside day of week, and the day of 25 hours.
# A good guess: with both days given either one will do (POSIX crontab: "if either is matched"; crontab(5) of Vixie and Debian: both when one
# begins with *, so */2 and Monday is Mondays of odd days); "13 * 5" is each 13th and each Friday. A job at 02:30 runs once on the
# night that has 02:30 twice, one of each hour runs 25 times (cron(8)). All four read crontab lines.
# Seen: crontab and cron-converter want both: "13 * 5" is Friday the 13th alone, one day of 2027 in place of 64. croniter takes either
# also for */2. In October croniter runs the job of 02:30 twice; cron-converter leaves out the second hour, so a job of each hour
# is away for two, and in March gives 02:30, which that day does not have. 5/15 is each 15 minutes from 5 on, for cron-converter minute 5
# alone. cronsim has all as Debian's cron has it.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv tools
tools/bin/pip install -q --disable-pip-version-check croniter==7.0.0 cronsim==2.8 crontab==1.0.5 cron-converter==2.0.2 tzdata==2025.2 >/dev/null 2>&1
cat > run.py <<'PY'
from datetime import datetime, timedelta, timezone
from itertools import islice
from zoneinfo import ZoneInfo
import cron_converter, croniter, crontab, cronsim

BERLIN = ZoneInfo("Europe/Berlin")

def with_croniter(line, start):
    rule = croniter.croniter(line, start)
    while True:
        yield rule.get_next(datetime)

def with_crontab(line, start):
    rule, now = crontab.CronTab(line), start
    while True:
        now += timedelta(seconds=rule.next(now, default_utc=True))
        yield now

def with_converter(line, start):
    rule = cron_converter.Cron(line).schedule(start)
    while True:
        yield rule.next()

def days(read, line):
    """How many days of 2027, in UTC so that clocks play no part."""
    found = set()
    for moment in read(line, datetime(2026, 12, 31, 23, 59, tzinfo=timezone.utc)):
        if moment.year > 2027:
            return len(found)
        found.add(moment.date())

READERS = {"croniter": with_croniter, "cronsim": cronsim.CronSim, "crontab": with_crontab, "cron-converter": with_converter}
for line in ("0 0 13 * 5", "0 0 */2 * 1", "0 0 13 * *", "0 0 * * 5"):
    print(line, {name: days(read, line) for name, read in READERS.items()})
del READERS["crontab"]  # its times are in UTC or of the machine's zone
for line, start in (
    ("30 2 * * *", datetime(2026, 10, 25, 0, 0)), ("0 * * * *", datetime(2026, 10, 25, 1, 0)), ("30 2 * * *", datetime(2026, 3, 29, 0, 0)),
    ("5/15 * * * *", datetime(2026, 6, 1, 0, 0)),
):
    for name, read in READERS.items():
        print(line, name, *(f"{moment:%d.%m. %H:%M%z}" for moment in islice(read(line, start.replace(tzinfo=BERLIN)), 3)), sep="  ")
PY
tools/bin/python run.py 2>/dev/null | tee seen.txt
cat > wanted.txt <<'TXT'
0 0 13 * 5 {'croniter': 64, 'cronsim': 64, 'crontab': 1, 'cron-converter': 1}
0 0 */2 * 1 {'croniter': 211, 'cronsim': 27, 'crontab': 27, 'cron-converter': 27}
0 0 13 * * {'croniter': 12, 'cronsim': 12, 'crontab': 12, 'cron-converter': 12}
0 0 * * 5 {'croniter': 53, 'cronsim': 53, 'crontab': 53, 'cron-converter': 53}
30 2 * * *  croniter  25.10. 02:30+0200  25.10. 02:30+0100  26.10. 02:30+0100
30 2 * * *  cronsim  25.10. 02:30+0200  26.10. 02:30+0100  27.10. 02:30+0100
30 2 * * *  cron-converter  25.10. 02:30+0200  26.10. 02:30+0100  27.10. 02:30+0100
0 * * * *  croniter  25.10. 02:00+0200  25.10. 02:00+0100  25.10. 03:00+0100
0 * * * *  cronsim  25.10. 02:00+0200  25.10. 02:00+0100  25.10. 03:00+0100
0 * * * *  cron-converter  25.10. 02:00+0200  25.10. 03:00+0100  25.10. 04:00+0100
30 2 * * *  croniter  29.03. 03:00+0200  30.03. 02:30+0200  31.03. 02:30+0200
30 2 * * *  cronsim  29.03. 03:00+0200  30.03. 02:30+0200  31.03. 02:30+0200
30 2 * * *  cron-converter  29.03. 02:30+0100  30.03. 02:30+0200  31.03. 02:30+0200
5/15 * * * *  croniter  01.06. 00:05+0200  01.06. 00:20+0200  01.06. 00:35+0200
5/15 * * * *  cronsim  01.06. 00:05+0200  01.06. 00:20+0200  01.06. 00:35+0200
5/15 * * * *  cron-converter  01.06. 00:05+0200  01.06. 01:05+0200  01.06. 02:05+0200
TXT
cmp seen.txt wanted.txt
