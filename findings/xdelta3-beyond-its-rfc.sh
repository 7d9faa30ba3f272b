#!/bin/sh
# xdelta3 3.0.11 (Debian 12) beside npm @ably/vcdiff-decoder 1.0.6: a difference of two firmware images, written by one, applied by the other.
# A good guess: xdelta3 writes VCDIFF (RFC 3284), as its own headline and printhdr say, so a decoder of VCDIFF takes it; what would not fit
# is refused, for a header of a format has its indicators (4.1, 4.2).
# Seen: three things that the RFC does not have are on unless switched off, each with an option of its own: a second compression (LZMA,
# -S none), a header of the application with both file names (-A=), a checksum in each window (-n). With -S none alone the
# decoder takes a letter of the file name for an indicator. With -S none -A= it succeeds and gives WRONG octets: the four octets of
# the checksum are taken for data, since bit 04 of the window's indicator is not looked at. Only all three options give what the
# RFC describes, then without any checksum: whoever sends such a difference to a device sends a digest of the whole image beside it.
set -eu
folder=$(mktemp -d); chmod 755 "$folder"; trap 'rm -rf "$folder"' EXIT; cd "$folder"
apt-get download -qq 'xdelta3=3.0.11*' >/dev/null 2>&1
dpkg -x xdelta3*.deb tree
npm init -y >/dev/null 2>&1
npm install --silent --no-audit --no-fund --ignore-scripts @ably/vcdiff-decoder@1.0.6 >/dev/null 2>&1
cat > make.js <<'JS'
const { createHash } = require("crypto"), { writeFileSync } = require("fs");
const blocks = Array.from({ length: 800 }, (_, index) => createHash("sha256").update("block " + index).digest());
writeFileSync("old.image", Buffer.concat(blocks));
blocks.splice(100, 40, Buffer.from("a part that is new, twice: a part that is new"));
writeFileSync("new.image", Buffer.concat(blocks));
JS
cat > run.js <<'JS'
const { decode } = require("@ably/vcdiff-decoder"), { readFileSync } = require("fs");
const [old, wanted] = ["old.image", "new.image"].map((name) => readFileSync(name));
for (const name of ["plain", "second", "names", "exact"]) {
  try {
    const octets = Buffer.from(decode(readFileSync(name), old));
    const lengths = octets.length === wanted.length ? "right" : "wrong";
    console.log(name + ":", octets.equals(wanted) ? "right" : `no error, wrong octets (length ${lengths})`);
  } catch (error) {
    console.log(name + ":", error.message);
  }
}
JS
node make.js
make() { name=$1; shift; tree/usr/bin/xdelta3 -e -q -f "$@" -s old.image new.image "$name"; }
make plain; make second -S none; make names -S none -A=; make exact -S none -A= -n
{ for name in plain second names exact; do
    tree/usr/bin/xdelta3 -d -q -f -s old.image "$name" back.image; cmp back.image new.image
    tree/usr/bin/xdelta3 printhdr "$name" | grep -E 'header indicator|window indicator' | sed "s/^VCDIFF /$name, /; s/: */: /; s/ *$//"
  done; node run.js; } | tee seen.txt
cat > wanted.txt <<'TXT'
plain, header indicator: VCD_SECONDARY VCD_APPHEADER
plain, window indicator: VCD_SOURCE VCD_ADLER32
second, header indicator: VCD_APPHEADER
second, window indicator: VCD_SOURCE VCD_ADLER32
names, header indicator: none
names, window indicator: VCD_SOURCE VCD_ADLER32
exact, header indicator: none
exact, window indicator: VCD_SOURCE
plain: non-zero Hdr_Indicator (VCD_DECOMPRESS or VCD_CODETABLE bit is set)
second: VCD_DECOMPRESS is not supported, Delta_Indicator must be zero at byte 10 and not 105
names: no error, wrong octets (length right)
exact: right
TXT
cmp seen.txt wanted.txt
