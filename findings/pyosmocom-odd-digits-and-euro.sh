#!/bin/sh
# PyPI pyosmocom 0.0.12 (osmocom.construct, what pySim reads cards with): an odd number of digits, and Cyrillic with a euro.
# A good guess: BCD of an odd number of digits is filled with F (as ICCID, MSISDN and PLMN are), and what
# GsmOrUcs2Adapter writes it reads again.
# Seen: BcdAdapter drops the last of an odd number of digits without a word: 12345 becomes 21 43, and comes back as 1234.
# PaddedBcdAdapter fills first and is right. In the form 81 (TS 31.102 annex A, half page of UCS-2) the euro sign is two
# octets of the default alphabet and one in the count of characters: seven characters are counted, eight octets follow,
# and reading stops after seven: the euro sign is gone. In plain seven-bit text it comes back.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check pyosmocom==0.0.12 construct==2.10.70 gsm0338==1.1.0 >/dev/null 2>&1
cat > run.py <<'PY'
from construct import Bytes, GreedyBytes
from osmocom.construct import BcdAdapter, GsmOrUcs2Adapter, PaddedBcdAdapter, Rpad

digits, padded = BcdAdapter(GreedyBytes), PaddedBcdAdapter(Rpad(Bytes(3)))
print("digits", digits.build("12345").hex(), digits.parse(digits.build("12345")))
print("padded", padded.build("12345").hex(), padded.parse(padded.build("12345")))
texts = GsmOrUcs2Adapter(GreedyBytes)
for text in ("price\u20ac", "\u0422\u0430\u0440\u0438\u0444\u044b", "\u0422\u0430\u0440\u0438\u0444\u20ac"):
    octets = texts.build(text)
    print(ascii(text), octets.hex(), "same" if texts.parse(octets) == text else ascii(texts.parse(octets)))
PY
venv/bin/python run.py | tee seen.txt
cat > wanted.txt <<'TXT'
digits 2143 1234
padded 2143f5 12345
'price\u20ac' 70726963651b65 same
'\u0422\u0430\u0440\u0438\u0444\u044b' 810608a2b0c0b8c4cb same
'\u0422\u0430\u0440\u0438\u0444\u20ac' 810608a2b0c0b8c41b65 '\u0422\u0430\u0440\u0438\u0444'
TXT
cmp seen.txt wanted.txt
