#!/bin/sh
# PyPI pycrate 0.8.1, seven-bit text of a short message: pycrate_mobile.TS23038.encode_7b and decode_7b.
# A good guess: decode_7b(encode_7b(text)[0]) is the text for every text of the GSM alphabet.
# Seen: "@" is the septet 0, and decode_7b, which takes no count of septets, gives up a last septet 0 always, also where
# no bit is spare (eight letters are seven whole octets).  Seven letters are filled with a carriage return as in USSD, so
# the octets differ from what a short message has there (zero bits).
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check pycrate==0.8.1 >/dev/null 2>&1
cat > run.py <<'PY'
from pycrate_mobile.TS23038 import decode_7b, encode_7b
for text in ("me@home", "12345678", "1234567@", "@@@", "1234567"):
    octets, septets = encode_7b(text)
    print(repr(text), septets, octets.hex(), repr(decode_7b(octets)))
PY
venv/bin/python run.py | tee seen.txt
cat > wanted.txt <<'TXT'
'me@home' 7 ed3200fd6e971b 'me@home'
'12345678' 8 31d98c56b3dd70 '12345678'
'1234567@' 8 31d98c56b3dd00 '1234567'
'@@@' 3 000000 '@@'
'1234567' 7 31d98c56b3dd1a '1234567'
TXT
cmp seen.txt wanted.txt
