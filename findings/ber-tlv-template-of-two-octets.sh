#!/bin/sh
# PyPI ber-tlv 0.0.6 beside npm ber-tlv 0.9.2: a template whose content is two octets, one empty element.
# A good guess: a constructed tag (bit 6, ISO 7816-4 5.2.2.1) gives a list, however short it is: BF2D 02 A000, an eUICC's answer that it has no
# profiles (SGP.22 5.7.15), holds one empty element A0, and 62 02 A500 an empty A5.
# Seen: Python's gives a list only for more than two octets, else the octets: code that walks through the children meets numbers, and only for the
# card that has no profile. The same happens without a word where an element inside does not parse. npm's package of the same name has
# a list each time. A record of EF.DIR, filled with FF behind its template as cards do, raises in both: strip it first.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check ber-tlv==0.0.6 >/dev/null 2>&1
npm init -y >/dev/null 2>&1; npm install --silent --no-audit --no-fund ber-tlv@0.9.2 >/dev/null 2>&1
cat > objects.txt <<'TXT'
bf2d02a000
6202a500
bf2d04a0025a00
bf2d07a005e3035a0198
61094f07a0000000871002
61094f07a0000000871002ffff
TXT
cat > run.py <<'PY'
from ber_tlv.tlv import Tlv


def shown(value):
    return "[" + " ".join(f"{tag:X} {shown(one)}" for tag, one in value) + "]" if isinstance(value, list) else value.hex() or "-"


for line in open("objects.txt"):
    try:
        print("PyPI", line.strip(), shown(Tlv.parse(bytes.fromhex(line))))
    except Exception as error:
        print("PyPI", line.strip(), type(error).__name__)
PY
cat > run.js <<'JS'
const { TlvFactory } = require("ber-tlv");
const shown = (list) => "[" + list.map((one) => one.tag + " " + (one.items ? shown(one.items) : one.value.toString("hex") || "-")).join(" ") + "]";
for (const line of require("fs").readFileSync("objects.txt", "utf8").trim().split("\n")) {
  try { console.log("npm", line, shown(TlvFactory.parse(line))); } catch (error) { console.log("npm", line, error.name); }
}
JS
{ venv/bin/python run.py; node --no-deprecation run.js; } | tee seen.txt
cat > wanted.txt <<'TXT'
PyPI bf2d02a000 [BF2D a000]
PyPI 6202a500 [62 a500]
PyPI bf2d04a0025a00 [BF2D [A0 5a00]]
PyPI bf2d07a005e3035a0198 [BF2D [A0 [E3 [5A 98]]]]
PyPI 61094f07a0000000871002 [61 [4F a0000000871002]]
PyPI 61094f07a0000000871002ffff UnexpectedEnd
npm bf2d02a000 [BF2D [A0 []]]
npm 6202a500 [62 [A5 []]]
npm bf2d04a0025a00 [BF2D [A0 [5A -]]]
npm bf2d07a005e3035a0198 [BF2D [A0 [E3 [5A 98]]]]
npm 61094f07a0000000871002 [61 [4F a0000000871002]]
npm 61094f07a0000000871002ffff Error while reading tag for item starting with "FFFF"
TXT
cmp seen.txt wanted.txt
