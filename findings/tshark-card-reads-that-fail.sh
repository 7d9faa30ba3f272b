#!/bin/sh
# tshark 4.0.17 (Debian 12), GSMTAP of a SIM card: reading that a card refuses, and logical channels from 4 on.
# A good guess: a card that refuses READ BINARY, READ RECORD or GET RESPONSE answers with a status word alone (ISO 7816-4 5.1: no data field
# then), so 6982, 6A83 or 6B00 are status words of the capture, as 6A82 of a SELECT is; class 4x is a channel from 4 to 19, the
# low four bits and 4 (TS 102 221 10.1.1).
# Seen: as many octets as were asked for are taken from the answer, and the answer is only two: the packet is malformed and has no status word,
# so the very commands that failed are not found by a filter for status words, and a filter for malformed packets finds a card in good
# order. With P3 = 00, "all that there is", the same refusal is right. Class 41 is shown as channel 1, so the traffic of channel 5 is
# counted to 1.
# Debian's package is not to be had in a folder of its own: the script runs what is installed, and says so when none is.
set -eu
command -v tshark >/dev/null || { echo "tshark is not installed: apt-get install tshark python3"; exit 3; }
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


units = [
    "00A40004026F07 6A82", "00B0000002 4142 9000", "00B0000009 6982", "00B2020426 6A83", "00C0000012 6F00", "00B0000000 6982",
    "41B0000002 4142 9000",
]
open("card.pcap", "wb").write(capture(units))
PY
python3 make.py
tshark -v 2>/dev/null | head -n 1
tshark -r card.pcap -V 2>/dev/null \
  | sed -n 's/^ *\(Instruction\|Status Word\|\[Malformed Packet:\)/\1/p; s/^.*= \(Logical Channel number: [1-9]\)/\1/p' | tee seen.txt
cat > wanted.txt <<'TXT'
Instruction: SELECT (0xa4)
Status Word: 6a82 Wrong parameters: File not found
Instruction: READ BINARY (0xb0)
Status Word: 9000 Normal ending of the command
Instruction: READ BINARY (0xb0)
[Malformed Packet: GSM SIM]
Instruction: READ RECORD (0xb2)
[Malformed Packet: GSM SIM]
Instruction: GET RESPONSE (0xc0)
[Malformed Packet: GSM SIM]
Instruction: READ BINARY (0xb0)
Status Word: 6982 Command not allowed: Security status not satisfied
Logical Channel number: 1
Instruction: READ BINARY (0xb0)
Status Word: 9000 Normal ending of the command
TXT
cmp seen.txt wanted.txt
