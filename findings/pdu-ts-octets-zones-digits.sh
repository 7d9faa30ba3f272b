#!/bin/sh
# npm pdu.ts 1.1.4, SMS-DELIVER: eight-bit data, a zone west of Greenwich, hexadecimal digits in small letters.
# A good guess: eight-bit user data (data coding 04 or F5, as each WAP push and each OTA command has) comes as octets;
# the sign bit of the time zone is honoured; PDUs read alike in capitals and in small letters.
# Seen: eight-bit data comes as an empty text and in no other field; 15:40:36 at -7 h (octet 8A) is given as 13:10:36 UTC
# (2 h 30 before, as if the zone were +2:30; 22:40:36 is right); with small letters a number of eleven digits has
# thirteen, since its filler "f" is read as 15.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null 2>&1
npm install --silent --no-audit --no-fund pdu.ts@1.1.4 >/dev/null 2>&1
cat > run.js <<'JS'
const { PDUParser } = require("pdu.ts");
const deliver = (coding, zone, data) => "00040B912143658709F100" + coding + "621192510463" + zone + data;
const show = (name, pdu) => {
  const sms = PDUParser.Parse(pdu);
  console.log(name, sms.encoding, JSON.stringify(sms.text), sms.sender, sms.time.toISOString().slice(11, 19));
};
show("seven", deliver("00", "00", "02C834"));
show("eight", deliver("04", "00", "020106"));
show("west", deliver("00", "8A", "02C834"));
show("small", deliver("00", "00", "02C834").toLowerCase());
JS
node run.js | tee seen.txt
cat > wanted.txt <<'TXT'
seven 7bit "Hi" 12345678901 15:40:36
eight 8bit "" 12345678901 15:40:36
west 7bit "Hi" 12345678901 13:10:36
small 7bit "Hi" 1234567890115 15:40:36
TXT
cmp seen.txt wanted.txt
