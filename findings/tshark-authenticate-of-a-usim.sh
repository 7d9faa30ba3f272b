#!/bin/sh
# tshark 4.0.17 (Debian 12), GSMTAP of a SIM card: AUTHENTICATE of a USIM and the count of tries of a PIN.
# A good guess: with P2 = 81 the data is a length (10), RAND, a length (10) and AUTN (TS 31.102 7.1.2.1), so the field named
# Random Challenge holds the RAND that was sent; 63C2 is "wrong, two tries are left" (TS 102 221 10.2.1), and other status
# words have names.
# Seen: the instruction is taken for RUN GSM ALGORITHM (TS 51.011 9.2.16), whatever class and P2 are, so all is one octet late:
# the challenge begins with the length and lacks its last octet, "SRES" is that octet, the second length and two octets
# of AUTN, "Kc" eight octets of AUTN. Values of an answer are so shown in a command that has none, and an answer (DB 08 ..)
# stays octets. 63Cx is "Unknown status word". Filters for RAND or SRES find nothing in captures of USIMs.
# Debian's package is not to be had in a folder of its own: the script runs what is installed, and says so when none is.
set -eu
command -v tshark >/dev/null || { echo "tshark is not installed: apt-get install tshark"; exit 3; }
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
cat > make.py <<'PY'
import struct


def capture(units):
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    for unit in units:
        unit = struct.pack(">BBBBHbbIBBBB", 2, 4, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0) + bytes.fromhex(unit)
        udp = struct.pack(">HHHH", 4729, 4729, 8 + len(unit), 0) + unit
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x7f\0\0\1") + udp
        out += struct.pack("<IIII", 0, 0, len(ip), len(ip)) + ip
    return out


rand, autn = bytes(range(0xA0, 0xB0)).hex(), bytes(range(0xC0, 0xD0)).hex()
units = ["0088008122" + "10" + rand + "10" + autn + "6135", "0020000108" + "31323334ffffffff" + "63c2"]
open("card.pcap", "wb").write(capture(units))
PY
python3 make.py
tshark -v 2>/dev/null | head -n 1
tshark -r card.pcap -V 2>/dev/null | sed -n 's/^ *\(Instruction\|Random Challenge\|SRES\|Kc\|Status Word\)/\1/p' | tee seen.txt
cat > wanted.txt <<'TXT'
Instruction: RUN GSM ALGORITHM / AUTHENTICATE (0x88)
Random Challenge: 10a0a1a2a3a4a5a6a7a8a9aaabacadae
SRES: af10c0c1
Kc: c2c3c4c5c6c7c8c9
Status Word: 6135 Response ready, Response length is 53
Instruction: VERIFY CHV (0x20)
Status Word: 63c2 Unknown status word: 63c2
TXT
cmp seen.txt wanted.txt
