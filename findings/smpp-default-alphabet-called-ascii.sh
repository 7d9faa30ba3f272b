#!/bin/sh
# npm smpp 0.5.1 (node-smpp): a text without data_coding, and message waiting.
# A good guess: a text of the default alphabet goes out with data_coding 0, the centre's default, and 1 says ASCII (SMPP 3.4, 5.2.19:
# 00000001 is IA5/ASCII); C8 is message waiting, whose text is in the default alphabet (same table; TS 23.038 section 4).
# Seen: "ASCII" is the library's name for the default alphabet, and its number is 1: "5 € @" goes out as the octets 35 20 1b65 20 00 under
# data_coding 1. Two sides of node-smpp agree; a centre that takes 1 for ASCII sees an escape with "e" and a zero. Texts of plain
# letters and digits are the same in both, so a test with "hello" passes. data_coding: 0 said by hand gives the right number.
# C8 is written in the default alphabet and read as UCS-2: "@é" comes back as one letter, U+0005.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null 2>&1
npm install --silent --no-audit --no-fund smpp@0.5.1 >/dev/null 2>&1
cat > run.js <<'JS'
const { PDU } = require("smpp");
const code = (text) => [...text].map((it) => it.codePointAt(0).toString(16)).join(" ");
for (const [text, coding] of [["hello"], ["5 € @"], ["5 € @", 0], ["@é", 0xc8], ["@é", 0xd0]]) {
  const fields = { short_message: text };
  if (coding !== undefined) fields.data_coding = coding;
  const octets = new PDU("submit_sm", fields).toBuffer(), back = new PDU(octets);
  const length = octets[32], data = octets.subarray(33, 33 + length);
  console.log(text, "data_coding", octets[30], "octets", data.toString("hex"), "read as", code(back.short_message.message));
}
JS
node run.js | tee seen.txt
cat > wanted.txt <<'TXT'
hello data_coding 1 octets 68656c6c6f read as 68 65 6c 6c 6f
5 € @ data_coding 1 octets 35201b652000 read as 35 20 20ac 20 40
5 € @ data_coding 0 octets 35201b652000 read as 35 20 20ac 20 40
@é data_coding 200 octets 0005 read as 5
@é data_coding 208 octets 0005 read as 40 e9
TXT
cmp seen.txt wanted.txt
