#!/bin/sh
# PyPI python-gsmmodem-new 0.13.0, decodeSmsPdu: seven-bit text behind a header, and data coding by group.
# A good guess: text behind a header starts at the next septet (TS 23.040 9.2.3.24), so behind a header of seven octets
# (ports, or a 16-bit reference of parts), which is exactly eight septets, no bit is left over; F5 is eight-bit data and
# E8 and 48 are UCS-2 (TS 23.038 section 4).
# Seen: behind seven octets a whole septet is taken for fill bits: the first letter is lost, "hello" comes as "ello".
# Behind six octets it is right. F5, E8 and 48 are read as seven-bit letters; 04 and 08, which say the same, are right.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check python-gsmmodem-new==0.13.0 pyserial==3.5 >/dev/null 2>&1
cat > run.py <<'PY'
from gsmmodem.pdu import decodeSmsPdu


def packed(text, header=b""):
    """Text of seven bits behind its header, and how many septets both take."""
    before = -(-8 * len(header) // 7)
    bits = int.from_bytes(header, "little") + sum(ord(letter) << 7 * (before + at) for at, letter in enumerate(text))
    septets = before + len(text)
    return bytes([septets]) + bits.to_bytes(-(-7 * septets // 8), "little")


def read(data, coding=0, header=False):
    first = b"\x44" if header else b"\x04"
    sender = bytes.fromhex("0c91447709100032")
    unit = b"\0" + first + sender + bytes([0, coding]) + bytes.fromhex("62119251046300") + data
    return decodeSmsPdu(unit.hex())["text"]


print("six octets  ", read(packed("hello", bytes.fromhex("050003420201")), header=True))
print("seven octets", read(packed("hello", bytes.fromhex("06080400420201")), header=True))
print("ports       ", read(packed("hello", bytes.fromhex("0605040b8423f0")), header=True))
for coding, text in ((0x04, b"\x4f\x4b"), (0xF5, b"\x4f\x4b"), (0x08, b"\0O\0K"), (0x48, b"\0O\0K"), (0xE8, b"\0O\0K")):
    print(f"{coding:02X}", ascii(read(bytes([len(text)]) + text, coding)))
PY
venv/bin/python run.py | tee seen.txt
cat > wanted.txt <<'TXT'
six octets   hello
seven octets ello
ports        ello
04 'OK'
F5 'O\u03a0'
08 'OK'
48 '@\xdf\xa3X'
E8 '@\xdf\xa3X'
TXT
cmp seen.txt wanted.txt
