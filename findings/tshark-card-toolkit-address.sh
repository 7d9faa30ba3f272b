#!/bin/sh
# tshark 4.0.17 (Debian 12), card application toolkit: the address object (tag 06) of SET UP CALL and SEND SHORT MESSAGE.
# A good guess: as TS 102 223 8.1 says, one octet of type and plan and then digits, two an octet, the low half first, so
# 91 44 77 09 00 10 32 is shown as 447709000123; the same dissector does show the digits of the SMS inside the command.
# Seen: type and plan are named, but the digits behind them are shown as letters of the default alphabet: "DwÇ@Δ2" for
# 447709000123. A filter for the number finds nothing.
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


body = bytes.fromhex("8103011000" "82028183" "8607" "91447709001032")
answer = bytes([0xD0, len(body)]) + body
fetch = b"\x80\x12\0\0" + bytes([len(answer)]) + answer + b"\x90\0"
open("card.pcap", "wb").write(capture([struct.pack(">BBBBHbbIBBBB", 2, 4, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0) + fetch]))
PY
python3 make.py
tshark -v 2>/dev/null | head -n 1
tshark -r card.pcap -V 2>/dev/null | grep -A 3 "^ *Address: " | sed 's/^ *//' | tee seen.txt
cat > wanted.txt <<'TXT'
Address: 91447709001032
.001 .... = TON: International Number (0x1)
.... 0001 = NPI: ISDN/telephony numbering plan (Recommendation ITU-Ts E.164 and E.163 (0x1)
Address String: DwÇ@Δ2
TXT
cmp seen.txt wanted.txt
