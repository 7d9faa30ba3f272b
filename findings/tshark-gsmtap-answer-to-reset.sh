#!/bin/sh
# tshark 4.0.17 (Debian 12), GSMTAP of a SIM card (type 04), sub-type 01: the answer to reset.
# A good guess: the header of libosmocore has sub-types (00 APDU, 01 ATR, 02 PPS request, 03 PPS response, ...), SIMtrace 2
# and pySim-trace write them, so an answer to reset is shown as one, or as data.
# Seen: the sub-type is not looked at. The answer to reset is dissected as a command: its first octets as class and
# instruction, its last two as a status word; a short one (3B 00) is a malformed packet. A filter for malformed packets
# therefore finds some in a capture in which everything is right.
# Debian's package is not to be had in a folder of its own: the script runs what is installed, and says so when none is.
set -eu
command -v tshark >/dev/null || { echo "tshark is not installed: apt-get install tshark"; exit 3; }
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
cat > make.py <<'PY'
import struct


def capture(units):
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    for unit in units:
        udp = struct.pack(">HHHH", 4729, 4729, 8 + len(unit), 0) + unit
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x7f\0\0\1") + udp
        out += struct.pack("<IIII", 0, 0, len(ip), len(ip)) + ip
    return out


def unit(kind, octets):
    return struct.pack(">BBBBHbbIBBBB", 2, 4, 4, 0, 0, 0, 0, 0, kind, 0, 0, 0) + bytes.fromhex(octets)


open("card.pcap", "wb").write(capture([
    unit(1, "3b9f94801fc38031e073fe211357868102867a"), unit(1, "3b00"), unit(0, "00a40004023f009000"),
]))
PY
python3 make.py
tshark -r card.pcap -T fields -e _ws.col.Info -e _ws.malformed 2>/dev/null | sed 's/[[:space:]]*$//' > seen.txt
tshark -v 2>/dev/null | head -n 1; cat seen.txt
grep -q "Unknown status word: 867a" seen.txt
grep -c "Malformed" seen.txt | grep -qx 1
grep -q "SELECT File MF" seen.txt
