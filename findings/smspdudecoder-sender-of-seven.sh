#!/bin/sh
# PyPI smspdudecoder 2.2.0 and npm pdu.ts 1.1.4, an SMS-DELIVER whose sender is a name of seven letters.
# A good guess: the length of the address counts useful semi-octets (13 for seven septets, TS 23.040 9.1.2.5), so the
# seven spare bits of the last octet are no letter and the sender is "Express".
# Seen: both read as many septets as the octets hold, and spare zero bits are the letter "@": "Express@".  Names of six
# and of eight letters come out right, and the text of the message too, whose length counts septets.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check smspdudecoder==2.2.0 'bitstring==4.3.1' >/dev/null 2>&1
npm init -y >/dev/null 2>&1
npm install --silent --no-audit --no-fund pdu.ts@1.1.4 >/dev/null 2>&1
cat > make.py <<'PY'
def septets(text):
    bits = sum(ord(letter) << 7 * place for place, letter in enumerate(text))
    return bits.to_bytes((7 * len(text) + 7) // 8, "little")
for name in ("Expres", "Express", "Expressy"):
    address = bytes([-(-7 * len(name) // 4), 0xD0]) + septets(name)
    text = bytes([len(name)]) + septets(name)
    print((bytes([0, 4]) + address + bytes([0, 0]) + bytes.fromhex("62119251046300") + text).hex().upper())
PY
python3 make.py > pdus.txt
cat > read.py <<'PY'
from smspdudecoder.easy import read_incoming_sms
for line in open("pdus.txt"):
    sms = read_incoming_sms(line.strip())
    print("smspdudecoder", sms["sender"], sms["content"])
PY
cat > read.js <<'JS'
const { PDUParser } = require("pdu.ts");
for (const line of require("fs").readFileSync("pdus.txt", "utf8").trim().split("\n")) {
  const sms = PDUParser.Parse(line);
  console.log("pdu.ts", sms.sender, sms.text);
}
JS
{ venv/bin/python read.py; node read.js; } | tee seen.txt
cat > wanted.txt <<'TXT'
smspdudecoder Expres Expres
smspdudecoder Express@ Express
smspdudecoder Expressy Expressy
pdu.ts Expres Expres
pdu.ts Express@ Express
pdu.ts Expressy Expressy
TXT
cmp seen.txt wanted.txt
