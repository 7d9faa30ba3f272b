#!/bin/sh
# PyPI senml 0.1.0: a pack whose second record has a base name of its own, and a pack with data.
# A good guess: base fields hold from their record on until they are given anew (RFC 8428 4.1), as a server's composite
# read of two objects has them, and "vd" is base64url text that comes as octets; what is written carries bver 10 or none.
# Seen: only the base of the first record is read, so the later value gets the name of another object; a record with "vd"
# raises TypeError; and what is written says bver 5, the version of an Internet draft.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check senml==0.1.0 'attrs==25.3.0' >/dev/null 2>&1
cat > run.py <<'PY'
from senml import SenMLDocument
pack = SenMLDocument.from_json([{"bn": "/3/0/", "n": "9", "v": 95}, {"bn": "/4/0/", "n": "2", "v": 33}])
for record in pack.measurements:
    whole = record.to_absolute(pack.base)
    print(whole.name, whole.value)
try:
    print(SenMLDocument.from_json([{"n": "/5/0/0", "vd": "AQI"}]).measurements[0].value)
except TypeError as error:
    print("vd", type(error).__name__)
print("bver", pack.to_json()[0]["bver"])
PY
venv/bin/python run.py | tee seen.txt
cat > wanted.txt <<'TXT'
/3/0/9 95.0
/3/0/2 33.0
vd TypeError
bver 5
TXT
cmp seen.txt wanted.txt
