#!/bin/sh
# tshark 4.0.17 (Debian 12), card application toolkit: the text string (tag 0D) of DISPLAY TEXT and GET INPUT with coding 04.
# A good guess: coding 04 is the default alphabet of short messages, an octet a letter (TS 102 223 8.15), so 02 is "$", 00 is "@",
# 7E is "ü", and all of it is shown; the items of a menu in the same capture are so read.
# Seen: the octets are taken for ASCII text that ends at a zero: an address is cut at its "@", "$" is a control character, "ü" is "~".
# The same text packed (coding 00) or as UCS-2 (08) is right. Nothing is marked as malformed, so a text that was cut looks whole.
# Debian's package is not to be had in a folder of its own: the script runs what is installed, and says so when none is.
set -eu
command -v tshark >/dev/null || { echo "tshark is not installed: apt-get install tshark"; exit 3; }
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
cat > make.py <<'PY'
import struct


def capture(units):
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    for unit in units:
        unit = struct.pack(">BBBBHbbIBBBB", 2, 4, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0) + unit
        udp = struct.pack(">HHHH", 4729, 4729, 8 + len(unit), 0) + unit
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x7f\0\0\1") + udp
        out += struct.pack("<IIII", 0, 0, len(ip), len(ip)) + ip
    return out


def item(tag, value):
    return bytes([tag, len(value)]) + value


def fetch(command, *objects):
    body = bytes.fromhex("810301") + bytes([command, 0]) + bytes.fromhex("82028182") + b"".join(objects)
    return b"\x80\x12\0\0" + bytes([len(body) + 2]) + item(0xD0, body) + b"\x90\0"


default = b"help\0example, 5 \x02, f\x7er"  # "help@example, 5 $, für" in the default alphabet, an octet a letter
bits = sum(letter << 7 * at for at, letter in enumerate(default))
packed = bits.to_bytes(-(-7 * len(default) // 8), "little")
texts = [b"\4" + default, b"\0" + packed, b"\x08" + "help@example, 5 $, für".encode("utf-16-be")]
units = [fetch(0x21, item(0x8D, text)) for text in texts] + [fetch(0x24, item(0x8F, b"\1" + default))]
open("card.pcap", "wb").write(capture(units))
PY
python3 make.py
tshark -v 2>/dev/null | head -n 1
tshark -r card.pcap -V 2>/dev/null | sed -n 's/^ *\(Text String Encoding\|Text String\|Item String\)/\1/p' | tee seen.txt
cat > wanted.txt <<'TXT'
Text String Encoding: GSM default alphabet, 8 bits (0x04)
Text String: help
Text String Encoding: GSM default alphabet, 7 bits packed (0x00)
Text String: help@example, 5 $, für
Text String Encoding: UCS2 (0x08)
Text String: help@example, 5 $, für
Item String: help@example, 5 $, für
TXT
cmp seen.txt wanted.txt
