#!/bin/sh
# tshark 4.0.17 (Debian 12), card application toolkit: menus in other scripts, names in the codings 81 and 82 of TS 102 221 annex A.
# A good guess: 81 is a length, a half page (08 is U+0400) and an octet a letter, its low seven bits within the half page where bit 8 is
# set, else the default alphabet; 82 has the whole base in two octets; the dissector knows both, for it has the right page and the right
# number of letters. 80, UCS-2, is right.
# Seen: the first letter is shown as often as there are letters: "Два" in coding 81 is "ДДД", and with a digit first ("1 Д") it is "111". A menu
# of a card for Russia, Greece or Israel looks like one of stutters, and a filter for the text finds nothing. Alpha identifiers
# and items are the same.
# Debian's package is not to be had in a folder of its own: the script runs what is installed, and says so when none is.
set -eu
command -v tshark >/dev/null || { echo "tshark is not installed: apt-get install tshark python3"; exit 3; }
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
cat > make.py <<'PY'
import struct


def capture(unit):
    unit = struct.pack(">BBBBHbbIBBBB", 2, 4, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0) + unit
    udp = struct.pack(">HHHH", 4729, 4729, 8 + len(unit), 0) + unit
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x7f\0\0\1") + udp
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101) + struct.pack("<IIII", 0, 0, len(ip), len(ip)) + ip


def item(tag, value):
    return bytes([tag, len(value)]) + value


def near(text, base, head):
    """The letters of coding 81 and 82: bit 8 and the distance to the base, or the letter of the default alphabet (here as in ASCII)."""
    return head + bytes(ord(letter) if ord(letter) < 0x80 else 0x80 | ord(letter) - base for letter in text)


def half_page(text):
    return near(text, 0x400, bytes([0x81, len(text), 0x08]))


def based(text):
    return near(text, 0x410, bytes([0x82, len(text), 0x04, 0x10]))


items = [b"\x80" + "Два".encode("utf-16-be"), half_page("Два"), based("Два"), half_page("1 Д")]
objects = item(0x85, half_page("Меню")) + b"".join(item(0x8F, bytes([number]) + name) for number, name in enumerate(items, 1))
command = item(0xD0, bytes.fromhex("81030124008202" "8182") + objects)
open("card.pcap", "wb").write(capture(b"\x80\x12\0\0" + bytes([len(command)]) + command + b"\x90\0"))
PY
python3 make.py
tshark -v 2>/dev/null | head -n 1
tshark -r card.pcap -V 2>/dev/null | sed -n 's/^ *\(Alpha Identifier String\|Item String\)/\1/p' | tee seen.txt
cat > wanted.txt <<'TXT'
Alpha Identifier String: ММММ
Item String: Два
Item String: ДДД
Item String: ДДД
Item String: 111
TXT
cmp seen.txt wanted.txt
