#!/bin/sh
# tshark 4.0.17 (Debian 12), WBXML of SyncML: the public identifier as a number and as a text in the string table.
# A good guess: both say the same (WBXML 1.3 5.5: a zero and an index name a text of the table), so a message that names
# -//SYNCML//DTD SyncML 1.2//EN in words shows <SyncML> and <SyncHdr> like one with the number A4 01. Devices do write words (messages
# that begin 02 00 00 6A), and the Content-Type says vnd.syncml.dm+wbxml besides.
# Seen: the text is shown in the headline, but the field of the public identifier is empty, and no table of names is taken: "Rendering of
# this content type not (yet) supported", each element is <Tag_0x2D> and so on; filters for names find nothing. WBXML 1.3 the same.
# Debian's package is not to be had in a folder of its own: the script runs what is installed, and says so when none is.
set -eu
command -v tshark >/dev/null || { echo "tshark is not installed: apt-get install tshark"; exit 3; }
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
cat > make.py <<'PY'
import struct


def capture(data):
    out, seq = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101), 1
    for flags, part in ((0x02, b""), (0x18, data)):
        tcp = struct.pack(">HHIIBBHHH", 40000, 80, seq, 1, 0x50, flags, 65535, 0, 0) + part
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, b"\x7f\0\0\1", b"\x7f\0\0\2") + tcp
        out, seq = out + struct.pack("<IIII", 0, 0, len(ip), len(ip)) + ip, seq + len(part) + 1
    return out


def element(token, *parts):
    return bytes([token | 0x40]) + b"".join(parts) + b"\1"


words = b"-//SYNCML//DTD SyncML 1.2//EN\0"
header = element(0x2C, element(0x31, b"\0031.2\0"), element(0x32, b"\3DM/1.2\0"), element(0x25, b"\0031\0"), element(0x1B, b"\0031\0"),
                 element(0x2E, element(0x17, b"\3urn:example:dm\0")), element(0x27, element(0x17, b"\3urn:example:phone\0")))
body = element(0x2D, header, element(0x2B, b"\x12"))  # SyncML of SyncHdr and SyncBody with Final
for name, version, identifier, table in (("number", 2, b"\xa4\1", b""), ("words", 2, b"\0\0", words), ("words-1.3", 3, b"\0\0", words)):
    message = bytes([version]) + identifier + b"\x6a" + bytes([len(table)]) + table + body
    head = f"POST /dm HTTP/1.1\r\nHost: dm.example\r\nContent-Type: application/vnd.syncml.dm+wbxml\r\nContent-Length: {len(message)}\r\n\r\n"
    open(name + ".pcap", "wb").write(capture(head.encode() + message))
PY
python3 make.py
tshark -v 2>/dev/null | head -n 1
for name in number words words-1.3; do
  echo $name
  tshark -r $name.pcap -O wbxml 2>/dev/null | sed -n '/^WAP Binary/p; /Public Identifier/p; /not (yet)/p; s/.*| *\(<[^/].*\)/\1/p' | uniq |
    sed 's/^ *//' | grep -v '^\[Expert' | head -n 5
done | tee seen.txt
cat > wanted.txt <<'TXT'
number
WAP Binary XML, Version: 1.2, Public ID: "-//SYNCML//DTD SyncML 1.2//EN"
Public Identifier (known): -//SYNCML//DTD SyncML 1.2//EN (0x00001201)
<SyncML>
<SyncHdr>
<VerDTD>
words
WAP Binary XML, Version: 1.2, Public ID: "-//SYNCML//DTD SyncML 1.2//EN"
Public Identifier (literal): 
[Rendering of this content type not (yet) supported]
<Tag_0x2D>
<Tag_0x2C>
words-1.3
WAP Binary XML, Version: 1.3, Public ID: "-//SYNCML//DTD SyncML 1.2//EN"
Public Identifier (literal): 
[Rendering of this content type not (yet) supported]
<Tag_0x2D>
<Tag_0x2C>
TXT
cmp seen.txt wanted.txt
