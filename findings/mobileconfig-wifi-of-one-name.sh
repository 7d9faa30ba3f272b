#!/bin/sh
# npm mobileconfig 2.4.0 and @zone-eu/mobileconfig 2.4.6, profiles for Apple devices: two Wi-Fi networks, each with an identifier of its own.
# A good guess: getWifiConfig takes what getEmailConfig takes, so options.identifier is the PayloadIdentifier; who gives none has a fresh
# one, as the UUIDs are. Two profiles stand beside each other and a user may remove them, as the e-mail profile says.
# Seen: identifier is not looked at: each Wi-Fi profile of each user of the library is org.sacredsf.profile.wifi, and
# PayloadRemovalDisallowed is true. Apple (Device Management, TopLevel) has the identifier decide whether a profile is added or takes the
# place of an installed one: the second network takes the first away, and neither can be removed by hand. UUIDs that differ do not
# help. Read the text, set both keys, then sign; the e-mail, calendar and contact profiles keep to what they are given.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null 2>&1
npm install --silent --no-audit --no-fund --ignore-scripts mobileconfig@2.4.0 @zone-eu/mobileconfig@2.4.6 plist@3.1.1 >/dev/null 2>&1
cat > run.js <<'JS'
const { parse } = require("plist");
for (const name of ["mobileconfig", "@zone-eu/mobileconfig"]) {
  const library = require(name);
  const wifi = (ssid) => library.getWifiConfig({
    displayName: ssid, identifier: `com.example.wifi.${ssid}`, wifi: { ssid, encryptionType: "WPA", password: "sample" },
  });
  const texts = { office: wifi("office"), guests: wifi("guests"), mail: library.getEmailConfig({ identifier: "com.example.mail" }) };
  const uuids = new Set();
  for (const [which, text] of Object.entries(texts)) {
    const profile = parse(text.trim());
    uuids.add(profile.PayloadUUID);
    console.log(`${name}: ${which}: ${profile.PayloadIdentifier}, removal disallowed: ${profile.PayloadRemovalDisallowed}`);
  }
  console.log(`${name}: UUIDs: ${uuids.size}`);
}
JS
node run.js | tee seen.txt
cat > wanted.txt <<'TXT'
mobileconfig: office: org.sacredsf.profile.wifi, removal disallowed: true
mobileconfig: guests: org.sacredsf.profile.wifi, removal disallowed: true
mobileconfig: mail: com.example.mail, removal disallowed: false
mobileconfig: UUIDs: 3
@zone-eu/mobileconfig: office: org.sacredsf.profile.wifi, removal disallowed: true
@zone-eu/mobileconfig: guests: org.sacredsf.profile.wifi, removal disallowed: true
@zone-eu/mobileconfig: mail: com.example.mail, removal disallowed: false
@zone-eu/mobileconfig: UUIDs: 3
TXT
cmp seen.txt wanted.txt
