#!/bin/sh
# PyPI pytlv 0.71, BER-TLV of cards: a value of 128 octets and more, and a tag that occurs twice.
# A good guess: lengths follow ISO 7816-4 (81 C8 is 200), as tags of two octets do, and each of two equal objects
# (records of EF.DIR, access rules) can be had.
# Seen: a length is one octet for writing and for reading: 200 octets are written with the length C8, which elsewhere
# says "72 octets of length follow", and what is right (81 C8) is read as 129 octets and then refused as an unknown tag.
# The answer is a dictionary: of two equal tags the last one stays, without a word.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check pytlv==0.71 >/dev/null 2>&1
cat > run.py <<'PY'
from pytlv.TLV import TLV
print("write", TLV(["80"]).build({"80": "AA" * 200})[:4])
try:
    print("read", {tag: len(value) // 2 for tag, value in TLV(["80"]).parse("8081C8" + "AA" * 200).items()})
except ValueError as error:
    print("read", str(error)[:17])
print("twice", dict(TLV(["4F"]).parse("4F01014F0102")))
PY
venv/bin/python run.py | tee seen.txt
cat > wanted.txt <<'TXT'
write 80C8
read Unknown tag found
twice {'4F': '02'}
TXT
cmp seen.txt wanted.txt
