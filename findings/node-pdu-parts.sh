#!/bin/sh
# npm node-pdu 2.1.1, a text that needs two short messages, and a text with the euro sign.
# A good guess: with a 16-bit reference a part of seven-bit text holds 152 characters (160 less the eight septets of the
# header), and the euro sign stays in the seven-bit alphabet, by its extension table.
# Seen: the first part holds 133 characters (user data length 141, header included); and one euro sign turns the whole
# text into UCS-2 (data coding 08), so 70 characters fit instead of 160.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null 2>&1
npm install --silent --no-audit --no-fund node-pdu@2.1.1 >/dev/null 2>&1
cat > run.js <<'JS'
const { Submit } = require("node-pdu");
const parts = new Submit("+49123456789", "a".repeat(161)).getPartStrings();
for (const part of parts) {
  const length = parseInt(part.slice(26, 28), 16), header = part.slice(28, 34);
  console.log(header, length - 8, "characters");
}
console.log("data coding", new Submit("+49123456789", "1\u20ac").toString().slice(24, 26));
console.log("data coding", new Submit("+49123456789", "1$").toString().slice(24, 26));
JS
node run.js | tee seen.txt
cat > wanted.txt <<'TXT'
060804 133 characters
060804 28 characters
data coding 08
data coding 00
TXT
cmp seen.txt wanted.txt
