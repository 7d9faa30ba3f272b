#!/bin/sh
# tshark 4.0.17 (Debian 12), CoAP: an endpoint name with a letter beyond ASCII, and registered options that it does not know.
# A good guess: Uri-Path and Uri-Query are UTF-8 (RFC 7252 3.2, 5.10.1), so a filter for "ep=Gerät 1" finds the registration; an
# elective option that somebody does not know is ignored (5.4.1), so Echo (252, RFC 9175) and No-Response (258, RFC 7967) are
# shown as unknown, like 65000, and a filter for malformed packets finds none of them.
# Seen: each octet of the letter becomes U+FFFD, so no filter with the letter finds it, not even one for the octets c3:a4; and both option
# numbers are "Invalid Option Number" of the group Malformed: a capture of clients that answer Echo, all right, is full of malformed
# packets. 252 is called No-Op. The octets themselves stay in coap.opt.unknown.
# Debian's package is not to be had in a folder of its own: the script runs what is installed, and says so when none is.
set -eu
command -v tshark >/dev/null || { echo "tshark is not installed: apt-get install tshark"; exit 3; }
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
cat > make.py <<'PY'
import struct


def option(delta, value):
    nibble, more = (delta, b"") if delta < 13 else (13, bytes([delta - 13])) if delta < 269 else (14, (delta - 269).to_bytes(2, "big"))
    return bytes([nibble << 4 | len(value)]) + more + value


def capture(units):
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    for code, options in units:
        unit, last = bytes([0x40, code, 0, 7]), 0
        for number, value in options:
            unit, last = unit + option(number - last, value), number
        udp = struct.pack(">HHHH", 40000, 5683, 8 + len(unit), 0) + unit
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x7f\0\0\2") + udp
        out += struct.pack("<IIII", 0, 0, len(ip), len(ip)) + ip
    return out


units = [(2, [(11, b"rd"), (15, "ep=Gerät 1".encode())]), (2, [(11, b"rd"), (15, b"ep=Geraet 1")])]
units += [(1, [(11, b"5"), (number, b"\2")]) for number in (252, 258, 65000)]
open("coap.pcap", "wb").write(capture(units))
PY
python3 make.py
tshark -v 2>/dev/null | head -n 1
{
  for filter in 'coap.opt.uri_query == "ep=Geraet 1"' 'coap.opt.uri_query == "ep=Gerät 1"' 'coap.opt.uri_query contains c3:a4' \
      'coap.opt.uri_query contains "Ger"' '_ws.malformed'; do
    echo "$filter:" $(tshark -r coap.pcap -Y "$filter" -T fields -e frame.number 2>/dev/null)
  done
  tshark -r coap.pcap -T fields -e frame.number -e coap.opt.uri_query -e _ws.expert.message -e coap.opt.unknown 2>/dev/null | tr '\t' ' ' | sed 's/ *$//'
} | tee seen.txt
cat > wanted.txt <<'TXT'
coap.opt.uri_query == "ep=Geraet 1": 2
coap.opt.uri_query == "ep=Gerät 1":
coap.opt.uri_query contains c3:a4:
coap.opt.uri_query contains "Ger": 1 2
_ws.malformed: 3 4
1 ep=Ger��t 1
2 ep=Geraet 1
3  Invalid Option Number 252 02
4  Invalid Option Number 258 02
5  Unknown Option Number 65000 02
TXT
cmp seen.txt wanted.txt
