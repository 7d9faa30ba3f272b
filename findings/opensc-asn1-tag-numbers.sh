#!/bin/sh
# opensc-asn1 of opensc 0.23.0 (Debian 12): tags of more than one octet, as eSIM (SGP.22) and GlobalPlatform have them, and a
# length that is not given (80).
# A good guess: BF 2D is number 45 of class context, the [45] of ProfileInfoListRequest; 9F 7F is 127; 9F 81 01 is 129: behind the
# first octet each octet gives seven bits (X.690 8.1.2.4). A sequence of length 80 holds what comes until 00 00 (8.1.3.6).
# Seen: the octets are one number as they stand: 7981 (1F2D) for BF 2D, 8063 for 9F 7F, 33025 (8101) for 9F 81 01, which are in no
# module. Lengths and contents are right. A sequence of length 80 is empty, its contents stand beside it.
# Debian's package is not to be had in a folder of its own: the script runs what is installed, and says so when none is.
set -eu
command -v opensc-asn1 >/dev/null || { echo "opensc-asn1 is not installed: apt-get install opensc python3"; exit 3; }
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
for octets in BF2D045C020A0B 9F7F0200FF 9F8101020000 A5045C020A0B 30800201050000; do
  python3 -c "open('object', 'wb').write(bytes.fromhex('$octets'))"
  echo "$octets:"; opensc-asn1 object 2>&1 | tail -n +2
done | tee seen.txt
cat > wanted.txt <<'TXT'
BF2D045C020A0B:
BF2D Context 7981 (4 bytes)
     5C Application 28 (2 bytes): 0A 0B ..
9F7F0200FF:
9F7F Context 8063 (2 bytes): 00 FF ..
9F8101020000:
9F8101 Context 33025 (2 bytes): 00 00 ..
A5045C020A0B:
A5 Context 5  (4 bytes)
   5C Application 28 (2 bytes): 0A 0B ..
30800201050000:
30 SEQUENCE (0 bytes)
02 INTEGER (1 byte): 5
Zero tag, finishing
TXT
cmp seen.txt wanted.txt
