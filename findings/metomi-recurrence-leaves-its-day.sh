#!/bin/sh
# PyPI metomi-isodatetime 3.2.0 (cylc plans with it): months added to the end of a month, and a repeating interval of months.
# A good guess: 31 January and P2M is 31 March, months are added in one step and the day is cut at the end (W3C XML Schema part 2,
# appendix E); R4/P1M/2027-05-31 are four moments of which the last is 31 May, for in this form the end is what is given (ISO 8601:2004
# 4.5; the library's own words are "ending at a particular date-time").
# Seen: months are added one by one and the day is cut at each: 31 January and P2M is 28 March, P12M 28 January, while P1Y is the 31st. With
# the end given the first moment is counted back and all others forward from it, so the end is not among them, and get_is_valid
# says so. Without a number (R/P1M/...) it is a member, and the days are others: 30 March there, 28 March here. A yearly one of 29
# February never comes back to it. Days up to the 28th are right. Plan such things by a rule with BYMONTHDAY=-1.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv tools
tools/bin/pip install -q --disable-pip-version-check 'metomi-isodatetime==1!3.2.0' >/dev/null 2>&1
cat > run.py <<'PY'
from itertools import islice
from metomi.isodatetime.parsers import DurationParser, TimePointParser, TimeRecurrenceParser

start = TimePointParser().parse("2027-01-31T00Z")
print({text: str(start + DurationParser().parse(text))[:10] for text in ("P1M", "P2M", "P12M", "P1Y")})
for text in (
    "R4/P1M/2027-05-31T00Z", "R/P1M/2027-05-31T00Z", "R4/2027-01-31T00Z/P1M", "R5/2024-02-29T00Z/P1Y", "R4/P1M/2027-05-28T00Z",
):
    rule = TimeRecurrenceParser().parse(text)
    ends = [TimePointParser().parse(part) for part in text.split("/")[1:] if part[0] != "P"]
    print(text, [str(moment)[2:10] for moment in islice(rule, 5)], "given moment is a member:", rule.get_is_valid(ends[0]))
PY
tools/bin/python run.py | tee seen.txt
cat > wanted.txt <<'TXT'
{'P1M': '2027-02-28', 'P2M': '2027-03-28', 'P12M': '2028-01-28', 'P1Y': '2028-01-31'}
R4/P1M/2027-05-31T00Z ['27-02-28', '27-03-28', '27-04-28', '27-05-28'] given moment is a member: False
R/P1M/2027-05-31T00Z ['27-05-31', '27-04-30', '27-03-30', '27-02-28', '27-01-28'] given moment is a member: True
R4/2027-01-31T00Z/P1M ['27-01-31', '27-02-28', '27-03-28', '27-04-28'] given moment is a member: True
R5/2024-02-29T00Z/P1Y ['24-02-29', '25-02-28', '26-02-28', '27-02-28', '28-02-28'] given moment is a member: True
R4/P1M/2027-05-28T00Z ['27-02-28', '27-03-28', '27-04-28', '27-05-28'] given moment is a member: True
TXT
cmp seen.txt wanted.txt
