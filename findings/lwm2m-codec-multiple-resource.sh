#!/bin/sh
# npm lwm2m-codec 0.1.1, TLV of a resource with several instances, of type Integer (/3/0/6, power sources).
# A good guess: the items have the type of their resource, as the same package does it for a single value.
# Seen: items are text both ways.  1 and 5 are written as the characters "1" and "5" (31 and 35), and the octets
# 01 and 05, which any other implementation sends, come back as control characters.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null 2>&1
npm install --silent --no-audit --no-fund lwm2m-codec@0.1.1 >/dev/null 2>&1
cat > run.js <<'JS'
const codec = require("lwm2m-codec");
console.log(codec.encode("tlv", "/3/0/6", { 0: 1, 1: 5 }).toString("hex"));
console.log(JSON.stringify(codec.decode("tlv", "/3/0/6", Buffer.from("8606410001410105", "hex"))));
console.log(codec.encode("tlv", "/3/0/9", 5).toString("hex"));
JS
node run.js | tee seen.txt
cat > wanted.txt <<'TXT'
8606410031410135
{"0":"\u0001","1":"\u0005"}
c10905
TXT
cmp seen.txt wanted.txt
