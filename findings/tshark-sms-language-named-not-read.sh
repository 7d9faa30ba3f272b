#!/bin/sh
# tshark 4.0.17 (Debian 12), GSM SMS: a text whose header names a language (identifiers 24 and 25), as phones in Turkey, Spain, Portugal and
# India send and get it.
# A good guess: with the table named, letters are read by it: behind an escape 63 is "ç" of Turkish (TS 23.038 A.2.1), 61 "á" of Spanish
# (A.2.2); with a locking shift 40 is "İ" and 0C "ğ" (A.3.1). The dissector does name table and language of each header element.
# Seen: the name is shown and the text is read by the default tables all the same: behind the escape stands U+FFFD, and with the locking
# shift other letters, without a warning: "AğİB" is shown as "Aø¡B". The euro sign and plain letters are right, so most of a text
# looks well. A filter for the text finds nothing. The same text as UCS-2 is right.
# Debian's package is not to be had in a folder of its own: the script runs what is installed, and says so when none is.
set -eu
command -v tshark >/dev/null || { echo "tshark is not installed: apt-get install tshark python3"; exit 3; }
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
cat > make.py <<'PY'
import struct


def delivered(coding, length, data, headed):
    first = 0x44 if headed else 0x04
    return bytes([first]) + bytes.fromhex("0b915121551532f400") + bytes([coding]) + bytes.fromhex("62112031000000") + bytes([length]) + data


def seven(header, septets):
    octets = bytes([len(header)]) + header
    at = -(-8 * len(octets) // 7)
    bits = int.from_bytes(octets, "little") | sum(septet << 7 * (at + index) for index, septet in enumerate(septets))
    size = at + len(septets)
    return delivered(0, size, bits.to_bytes(-(-7 * size // 8), "little"), True)


messages = [
    seven(bytes([0x24, 1, 1]), b"A\x1bc\x1beB"),  # Turkish single shift: A ç € B
    seven(bytes([0x24, 1, 2]), b"A\x1baB"),  # Spanish single shift: A á B
    seven(bytes([0x25, 1, 1]), b"A\x0c\x40B"),  # Turkish locking shift: A ğ İ B
    delivered(8, 8, "AğİB".encode("utf-16-be"), False),
]
out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 147)
out += b"".join(struct.pack("<IIII", 0, 0, len(message), len(message)) + message for message in messages)
open("sms.pcap", "wb").write(out)
PY
python3 make.py
tshark -v 2>/dev/null | head -n 1
tshark -r sms.pcap -V -o 'uat:user_dlts:"User 0 (DLT=147)","gsm_sms","0","","0",""' 2>/dev/null \
  | sed -n 's/^ *\(Language\|SMS text\)/\1/p' | tee seen.txt
cat > wanted.txt <<'TXT'
Language (Single Shift): Turkish (1)
SMS text: A�€B
Language (Single Shift): Spanish (2)
SMS text: A�B
Language (Locking Shift): Turkish (1)
SMS text: Aø¡B
SMS text: AğİB
TXT
cmp seen.txt wanted.txt
