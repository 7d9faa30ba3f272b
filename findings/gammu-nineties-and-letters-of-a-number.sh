#!/bin/sh
# gammu 1.42.0 and python3-gammu 3.2.4 (Debian 12), DecodePDU of a delivered short message: its time and its sender.
# A good guess: a year of two digits from 90 is 19yy, as files of old phones and cards hold them, and 89 is 2089 or 1989; a
# time comes with its zone, since TS 23.040 9.2.3.11 gives one; a sender keeps *, #, a, b and c, which are digits of
# an address (TS 23.040 9.1.2.3) and which services use in their numbers.
# Seen: 90 to 99 become 2080 to 2089, ten years before 80 to 89 themselves, so 1999 and 2089 are one; the zone is gone and the
# time is naive: messages of three zones (UTC, one hour before and behind) come with one time. The five letters are left out, so
# *#21 answers as 21.
# Debian's packages are not to be had in a folder of their own: the script runs what is installed, and says so when none is.
set -eu
/usr/bin/python3 -c 'import gammu' 2>/dev/null || { echo "gammu is not installed: apt-get install python3-gammu"; exit 3; }
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
cat > run.py <<'PY'
import gammu


def read(sender, time):
    unit = b"\0\4" + bytes.fromhex(sender) + bytes(2) + bytes.fromhex(time) + bytes.fromhex("02e834")
    seen = gammu.DecodePDU(unit)
    return f"{seen['Number']:14} {seen['DateTime']!s} zone {seen['DateTime'].tzinfo} {seen['Text']}"


print("python-gammu", gammu.Version()[1], "libgammu", gammu.Version()[0])
for year in ("07", "98", "09", "99"):
    print("year", year[::-1], read("0c91447709100032", year + "119251046300"))
for zone in ("00", "40", "48"):
    print("zone", zone, read("0c91447709100032", "621192510463" + zone))
for name, sender in (("*#21", "0481ba12"), ("1c3", "0381c1f3"), ("2ab7", "0481d27e"), ("23", "028132")):
    print(f"{name:7}", read(sender, "62119251046300"))
PY
/usr/bin/python3 run.py | tee seen.txt
cat > wanted.txt <<'TXT'
python-gammu 3.2 libgammu 1.42.0
year 70 +447790010023  2070-11-29 15:40:36 zone None hi
year 89 +447790010023  2089-11-29 15:40:36 zone None hi
year 90 +447790010023  2080-11-29 15:40:36 zone None hi
year 99 +447790010023  2089-11-29 15:40:36 zone None hi
zone 00 +447790010023  2026-11-29 15:40:36 zone None hi
zone 40 +447790010023  2026-11-29 15:40:36 zone None hi
zone 48 +447790010023  2026-11-29 15:40:36 zone None hi
*#21    21             2026-11-29 15:40:36 zone None hi
1c3     13             2026-11-29 15:40:36 zone None hi
2ab7    27             2026-11-29 15:40:36 zone None hi
23      23             2026-11-29 15:40:36 zone None hi
TXT
cmp seen.txt wanted.txt
