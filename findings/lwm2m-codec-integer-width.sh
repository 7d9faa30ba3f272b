#!/bin/sh
# npm lwm2m-codec 0.1.1, TLV of a resource of type Integer.
# A good guess: an Integer is written in the shortest of 1, 2, 4 or 8 octets that holds it as a signed number, so a
# lifetime of 200 s takes two octets (00c8), and -1 in eight octets reads as -1.
# Seen: the width is chosen as if the number had no sign, then written with one: 200 and 40000 raise a range error,
# while 100, 300 and 86400 work.  Eight octets are put together from two halves that keep their own signs: -1 reads as
# -8589934593.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null 2>&1
npm install --silent --no-audit --no-fund lwm2m-codec@0.1.1 >/dev/null 2>&1
cat > run.js <<'JS'
const codec = require("lwm2m-codec");
const seen = [];
for (const seconds of [100, 200, 300, 40000, 86400]) {
  try { seen.push(seconds + " " + codec.encode("tlv", "/1/0/1", seconds).toString("hex")); }
  catch (error) { seen.push(seconds + " " + error.constructor.name); }
}
seen.push("-1 " + codec.decode("tlv", "/3/0/13", Buffer.from("c80d08" + "ff".repeat(8), "hex")));
console.log(seen.join("\n"));
JS
node run.js | tee seen.txt
cat > wanted.txt <<'TXT'
100 c10164
200 RangeError
300 c201012c
40000 RangeError
86400 c40100015180
-1 -8589934593
TXT
cmp seen.txt wanted.txt
