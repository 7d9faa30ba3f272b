#!/bin/sh
# tshark 4.0.17 (Debian 12), MQTT-SN: topics that are numbers or two letters, the quality of service of a subscription, a will taken back.
# A good guess: the topic type in the flags says what the two octets are (MQTT-SN 1.2, 5.3.4, 5.3.11): a number of a normal or predefined
# topic, two letters of a short name, so a filter for topic 97 or for "ab" finds what is published and what is subscribed; flags of
# SUBSCRIBE, SUBACK and WILLTOPIC show the QoS that is asked for or granted (5.4.15, 5.4.16, 5.4.7); a WILLTOPIC of two octets deletes
# the will (5.4.7).
# Seen: it is by the kind of message: in PUBLISH always a number (a short name "ab" is 24930), in SUBSCRIBE always text (the predefined topic
# 0061 is text that ends at its zero, or "trailing stray characters"), so no one filter finds both. QoS and retain are shown in
# PUBLISH alone: nothing tells what a client asked for. The empty WILLTOPIC is a malformed packet.
# Debian's package is not to be had in a folder of its own: the script runs what is installed, and says so when none is.
set -eu
command -v tshark >/dev/null || { echo "tshark is not installed: apt-get install tshark python3"; exit 3; }
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
cat > make.py <<'PY'
import struct


def frame(message):
    udp = struct.pack(">HHHH", 40000, 1883, 8 + len(message), 0) + message
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x7f\0\0\1") + udp


def sized(body):
    return bytes([len(body) + 1]) + body


messages = [
    sized(b"\x0c\x22ab\0\7value"),  # PUBLISH, QoS 1, short name
    sized(b"\x12\x22\0\x08ab"),  # SUBSCRIBE, QoS 1, short name
    sized(b"\x0c\x21\0\x61\0\7value"),  # PUBLISH, QoS 1, predefined topic 97
    sized(b"\x12\x41\0\x08\0\x61"),  # SUBSCRIBE, QoS 2, predefined topic 97
    sized(b"\x13\x40\0\1\0\x08\0"),  # SUBACK, QoS 2 is granted
    sized(b"\x07\x30gone"),  # WILLTOPIC, QoS 1, retain
    sized(b"\x07"),  # WILLTOPIC, empty: no will any more
]
out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
out += b"".join(struct.pack("<IIII", 0, 0, len(item), len(item)) + item for item in map(frame, messages))
open("sn.pcap", "wb").write(out)
PY
python3 make.py
tshark -v 2>/dev/null | head -n 1
tshark -r sn.pcap -V -d udp.port==1883,mqttsn 2>/dev/null \
  | sed -n 's/^ *\(Message Type\|Topic\|Will Topic\|\[Trailing\|\[Malformed Packet:\)/\1/p; s/^.*= \(QoS\|Retain\)/\1/p' | tee seen.txt
cat > wanted.txt <<'TXT'
Message Type: Publish Message (0x0c)
QoS: Acknowledged deliver (0x1)
Retain: No
Topic ID: 24930
Message Type: Subscribe Request (0x12)
Topic Name/ID: ab
Message Type: Publish Message (0x0c)
QoS: Acknowledged deliver (0x1)
Retain: No
Topic ID: 97
Message Type: Subscribe Request (0x12)
Topic Name/ID: 
[Trailing stray characters]
Message Type: Subscribe Ack (0x13)
Topic ID: 1
Message Type: Will Topic (0x07)
Will Topic: gone
Message Type: Will Topic (0x07)
[Malformed Packet: MQTT-SN]
TXT
cmp seen.txt wanted.txt
