#!/bin/sh
# tshark 4.0.17 (Debian 12), WSP push: X-Wap-Application-Id as a number of more than seven bits.
# A good guess: application ids above 7F are a long integer (WAP-230 8.4.2.1: a length of 1 to 30, then the number), and
# those of makers start at 8000, so AF 02 90 42 is shown as number 9042, known or unknown, and a filter finds it.
# Seen: the length octet is taken for the number: any id of two octets is shown as "x-wap-application:wml.ua" (2), one of
# three as "x-wap-application:wta.ua" (3). Short ids are right: AF 87 is device management. Its own table has
# names for ids from 8000 up (8000 is x-wap-microsoft:localcontent.ua), which are never shown: a capture with pushes of a
# maker's own application looks like one full of WML.
# Debian's package is not to be had in a folder of its own: the script runs what is installed, and says so when none is.
set -eu
command -v tshark >/dev/null || { echo "tshark is not installed: apt-get install tshark"; exit 3; }
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
cat > make.py <<'PY'
import struct


def capture(units):
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    for unit in units:
        udp = struct.pack(">HHHH", 40000, 2948, 8 + len(unit), 0) + unit
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x7f\0\0\1") + udp
        out += struct.pack("<IIII", 0, 0, len(ip), len(ip)) + ip
    return out


def push(application):
    headers = b"\xc4\xaf" + bytes.fromhex(application)
    return bytes([1, 6, len(headers)]) + headers + bytes(16) + bytes.fromhex("02c8000000010573727631") + b"1"


open("push.pcap", "wb").write(capture([push(application) for application in ("87", "029042", "028000", "03020001")]))
PY
python3 make.py
tshark -v 2>/dev/null | head -n 1
tshark -r push.pcap -T fields -e wsp.header.x_wap_application_id 2>/dev/null | tee seen.txt
cat > wanted.txt <<'TXT'
x-wap-application:syncml.dm
x-wap-application:wml.ua
x-wap-application:wml.ua
x-wap-application:wta.ua
TXT
cmp seen.txt wanted.txt
