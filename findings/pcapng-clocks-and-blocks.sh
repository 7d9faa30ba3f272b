#!/bin/sh
# PyPI scapy 2.8.0, dpkt 1.9.8 and python-pcapng 2.1.1: times and packets of a capture of the next generation (pcapng), as probes
# with several interfaces write it, and as two captures put one behind the other are (draft-ietf-opsawg-pcapng).
# A good guess: each interface has its own unit of time (4.2, if_tsresol) and seconds to add (if_tsoffset); a new section header begins anew
# with interfaces and byte order (4.1); a simple packet block (4.4) is a packet without a time: three readers in wide use agree.
# Seen: none reads all. A clock with an offset is 54 years early in scapy and python-pcapng, right in dpkt. Of two interfaces with two
# units dpkt takes the first one's for both: 1970. Behind a second section scapy goes on with the first one's interfaces, dpkt too; where
# that section has the other byte order, dpkt ends there without an error. dpkt leaves out simple packets, in
# scapy they are empty where the interface has no limit of length (snaplen 0). tshark 4.0.17 has all right.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv tools
tools/bin/pip install -q --disable-pip-version-check scapy==2.8.0 dpkt==1.9.8 python-pcapng==2.1.1 >/dev/null 2>&1
cat > run.py <<'PY'
import logging, struct
logging.disable(logging.CRITICAL)
import dpkt, pcapng
from scapy.utils import RawPcapNgReader

MOMENT = 1_700_000_000

def block(kind, body, order="<"):
    body += b"\0" * (-len(body) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size

def section(order="<"):
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)

def interface(code=None, value=b"", order="<", snaplen=0):
    options = b"" if code is None else struct.pack("<HH", code, len(value)) + value + b"\0" * (-len(value) % 4) + bytes(4)
    return block(1, struct.pack(order + "HHI", 147, 0, snaplen) + options, order)

def packet(ticks, data, number=0, order="<"):
    return block(6, struct.pack(order + "5I", number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data)) + data, order)

def simple(data):
    return block(3, struct.pack("<I", len(data)) + data)

MICRO, NANO = MOMENT * 10**6, MOMENT * 10**9
CAPTURES = {
    "offset": section() + interface(14, struct.pack("<q", MOMENT)) + packet(0, b"one!"),
    "two interfaces": section() + interface(9, b"\x09") + interface() + packet(NANO, b"one!") + packet(MICRO, b"two!", 1),
    "two sections": section() + interface(9, b"\x09") + packet(NANO, b"one!") + section() + interface() + packet(MICRO, b"two!"),
    "two orders": section() + interface() + packet(MICRO, b"one!") + section(">") + interface(order=">") + packet(MICRO, b"two!", order=">"),
    "simple": section() + interface() + packet(MICRO, b"one!") + simple(b"two!"),
}

def with_scapy(file):
    for data, told in RawPcapNgReader(file):
        yield (None if told.tshigh is None else ((told.tshigh << 32) + told.tslow) / told.tsresol), data

def with_dpkt(file):
    return dpkt.pcapng.Reader(file)

def with_pcapng(file):
    return ((getattr(found, "timestamp", None), found.packet_data) for found in pcapng.FileScanner(file) if hasattr(found, "packet_data"))

def shown(moment):
    return "no time" if moment is None else "right" if abs(moment - MOMENT) < 1 else f"{moment:.0f}"

for name, octets in CAPTURES.items():
    with open("capture", "wb") as file:
        file.write(octets)
    for library, read in (("scapy", with_scapy), ("dpkt", with_dpkt), ("python-pcapng", with_pcapng)):
        with open("capture", "rb") as file:
            print(f"{name}: {library}:", ", ".join(f"{data.decode()} {shown(moment)}" for moment, data in read(file)))
PY
tools/bin/python run.py | tee seen.txt
cat > wanted.txt <<'TXT'
offset: scapy: one! 0
offset: dpkt: one! right
offset: python-pcapng: one! 0
two interfaces: scapy: one! right, two! right
two interfaces: dpkt: one! right, two! 1700000
two interfaces: python-pcapng: one! right, two! right
two sections: scapy: one! right, two! 1700000
two sections: dpkt: one! right, two! 1700000
two sections: python-pcapng: one! right, two! right
two orders: scapy: one! right, two! right
two orders: dpkt: one! right
two orders: python-pcapng: one! right, two! right
simple: scapy: one! right,  no time
simple: dpkt: one! right
simple: python-pcapng: one! right, two! no time
TXT
cmp seen.txt wanted.txt
