#!/bin/sh
# PyPI smpplib 2.2.4, gsm.make_parts: a text for more than one short message with the euro sign or an emoji in it.
# A good guess: parts are cut between characters: an escape and the letter behind it stay together (TS 23.038 6.2.1 counts
# them as one character of two septets), and so do the two halves of a character above U+FFFF.
# Seen: a part is as long as it may be, whatever stands there. The escape (1B) is the last octet of one part and the letter
# "e" the first of the next; a high half (D83D) ends one part and its low half begins the next. Each part is right as
# octets, but a receiver that shows or stores part by part gets an "e" for the euro sign and text that is no UTF-16.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check smpplib==2.2.4 >/dev/null 2>&1
cat > run.py <<'PY'
from smpplib.gsm import make_parts

for name, text in (("euro", "a" * 152 + "\u20ac" + "b" * 10), ("emoji", "a" * 66 + "\U0001f600" + "b" * 10)):
    parts, coding, _ = make_parts(text)
    bodies = [part[1 + part[0]:] for part in parts]
    print(name, f"coding {coding}", [len(body) for body in bodies], bodies[0][-2:].hex(), "|", bodies[1][:2].hex())
PY
venv/bin/python run.py | tee seen.txt
cat > wanted.txt <<'TXT'
euro coding 0 [153, 11] 611b | 6562
emoji coding 8 [134, 22] d83d | de00
TXT
cmp seen.txt wanted.txt
