#!/bin/sh
# PyPI aniso8601 10.0.1, beside metomi-isodatetime 3.2.0: 24:00, the end of a day, in a moment and as the end of a window.
# A good guess: 2027-01-31T24:00:00Z is 2027-02-01T00:00:00Z (ISO 8601:2004 4.2.3, note 1; W3C XML Schema 1.1 part 2, 3.3.7, has it for
# xs:dateTime, the type of times in OMA DM and TR-069), or it is refused, as ISO 8601-1:2019 has only 00:00: isodate does that.
# Seen: it is read as 00:00 of the SAME day, 24 hours early, without an error; a window of two hours until 24:00 ends 22 hours before it
# begins, one of a whole day is empty. The same window written with a duration (T22:00:00Z/PT2H) is right, and so is a
# time alone (24:00:00 is 00:00:00). metomi-isodatetime has the seconds right and no difference between the two, yet it says that
# they are not equal and 24:00 is earlier: one window that ends and one that begins there do not meet.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv tools
tools/bin/pip install -q --disable-pip-version-check aniso8601==10.0.1 isodate==0.7.2 'metomi-isodatetime==1!3.2.0' >/dev/null 2>&1
cat > run.py <<'PY'
import aniso8601, isodate
from metomi.isodatetime.parsers import TimePointParser

end, begin = "2027-01-31T24:00:00Z", "2027-01-31T22:00:00Z"
print("aniso8601", aniso8601.parse_datetime(end).isoformat())
try:
    print("isodate", isodate.parse_datetime(end))
except ValueError as error:
    print("isodate", error)
metomi = TimePointParser()
late, early = metomi.parse(end), metomi.parse("2027-02-01T00:00:00Z")
print("metomi seconds apart", (late - early).get_seconds(), "equal", late == early, "earlier", late < early)
for window in (f"{begin}/{end}", f"{begin}/PT2H", f"2027-01-31T00:00:00Z/{end}"):
    first, last = aniso8601.parse_interval(window)
    print("aniso8601", window, (last - first).total_seconds() / 3600, "hours")
PY
tools/bin/python run.py | tee seen.txt
cat > wanted.txt <<'TXT'
aniso8601 2027-01-31T00:00:00+00:00
isodate hour must be in 0..23
metomi seconds apart 0 equal False earlier True
aniso8601 2027-01-31T22:00:00Z/2027-01-31T24:00:00Z -22.0 hours
aniso8601 2027-01-31T22:00:00Z/PT2H 2.0 hours
aniso8601 2027-01-31T00:00:00Z/2027-01-31T24:00:00Z 0.0 hours
TXT
cmp seen.txt wanted.txt
