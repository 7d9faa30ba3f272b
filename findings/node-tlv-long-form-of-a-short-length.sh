#!/bin/sh
# npm node-tlv 1.5.14, parseList: a length that is written in more octets than it needs.
# A good guess: ISO 7816-4 5.2.2 allows 81 05 and 82 00 05 for five octets, as 05 alone; cards and personalisers that fill in
# a length later write it so. parse() takes all three, so a list of elements is read element by element.
# Seen: parseList goes on by the length that its own, shortest form would have. With 05 both elements come. With 82 00 05
# the first one is right and what follows is read two octets too early, from the end of the first one's value: a tag that
# nobody wrote, without an error. With 81 05 "Invalid length" is raised, one octet too early.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null 2>&1
npm install --silent --no-audit --no-fund node-tlv@1.5.14 >/dev/null 2>&1
cat > run.js <<'JS'
const tlv = require("node-tlv");
for (const length of ["05", "8105", "820005"]) {
  const octets = "84" + length + "0102030405" + "8A0155";
  console.log(length, "one:", tlv.parse(octets).value);
  try {
    console.log(length, "list:", tlv.parseList(octets).map((item) => item.tag + "=" + item.value).join(" "));
  } catch (error) {
    console.log(length, "list:", error.message);
  }
}
JS
node run.js | tee seen.txt
cat > wanted.txt <<'TXT'
05 one: 0102030405
05 list: 84=0102030405 8A=55
8105 one: 0102030405
8105 list: Invalid length
820005 one: 0102030405
820005 list: 84=0102030405 04=8A0155
TXT
cmp seen.txt wanted.txt
