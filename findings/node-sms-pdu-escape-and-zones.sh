#!/bin/sh
# npm node-sms-pdu 0.3.0: a long text with the euro sign, and a time stamp west of Greenwich.
# A good guess: a letter of the extension table is two septets that stay together (TS 23.038 6.2.1.1), so a text that is
# cut into parts reads as it was; and a zone with its sign bit set gives an offset such as -05:00.
# Seen: where the escape would be the last septet of part 1, it ends part 1 and the letter begins part 2: the euro sign
# comes back as "e".  Each zone below zero gives "+aN:aN" in the time, and no error.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null 2>&1
npm install --silent --no-audit --no-fund node-sms-pdu@0.3.0 >/dev/null 2>&1
cat > run.js <<'JS'
const sms = require("node-sms-pdu");
for (const before of [151, 152, 153]) {
  const text = "a".repeat(before) + "\u20ac" + "b".repeat(20);
  const back = sms.generateSubmit("+12345678901", text).map((part) => sms.parse(part.hex).text).join("");
  console.log(before, back === text, back[before]);
}
for (const zone of ["40", "0A"])
  console.log(zone, sms.parse("00040B912143658709F10000621192510463" + zone + "02C834").timestamp);
JS
node run.js | tee seen.txt
cat > wanted.txt <<'TXT'
151 true €
152 false e
153 true €
40 2026-11-29T15:40:36+01:00
0A 2026-11-29T15:40:36+aN:aN
TXT
cmp seen.txt wanted.txt
