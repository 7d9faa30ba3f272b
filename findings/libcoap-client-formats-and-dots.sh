#!/bin/sh
# coap-client of libcoap3-bin 4.3.1 (Debian 12): content formats of LwM2M by name, and a path with dots.
# A good guess: -t and -A take a name or a number (coap-client(5)); the tool's own log names 110 and 112 application/senml+json and
# application/senml+cbor, so these names are taken, and one that is not known ends the call. The path of a URI is resolved before it is
# cut into options (RFC 7252 6.4, RFC 3986 5.2.4): /1/x/../0 is /1/0; ".." is no Uri-Path (RFC 7252 5.10.1).
# Seen: the names are not those of its log but a short list of the manual: cbor and json are known, senml+json, application/senml+cbor and the
# types of OMA are not. There is a warning, and the request goes out all the same, WITHOUT the option, and the exit status is 0: a PUT
# whose format the server has to guess, a GET that is answered in any format. Numbers are right. Of /1/x/../0 the dots are left out
# but x stays: 1, x, 0, a path that nobody wrote; %2E%2E is sent as "..".
set -eu
folder=$(mktemp -d); chmod 755 "$folder"; trap 'rm -rf "$folder"' EXIT; cd "$folder"
apt-get download -qq 'libcoap3=4.3.1*' 'libcoap3-bin=4.3.1*' >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" tree; done
LD_LIBRARY_PATH=$PWD/$(dirname "$(find tree -name 'libcoap-3-notls.so.3' | head -n 1)"); export LD_LIBRARY_PATH
cat > run.py <<'PY'
import socket, subprocess

NAMES = {11: "Uri-Path", 12: "Content-Format", 17: "Accept"}

def options(message):
    at, number, found = 4 + (message[0] & 15), 0, []
    while at < len(message) and message[at] != 0xFF:
        delta, length, at = message[at] >> 4, message[at] & 15, at + 1
        if delta == 13:
            delta, at = message[at] + 13, at + 1
        number += delta
        if number in NAMES:
            value = message[at:at + length]
            found.append(f"{NAMES[number]} {value.decode() if number == 11 else int.from_bytes(value, 'big')}")
        at += length
    return found

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.bind(("127.0.0.1", 0))
    server.settimeout(10)
    address = "coap://127.0.0.1:%d" % server.getsockname()[1]
    for arguments, path in (
        (["-m", "put", "-e", "x", "-t", "cbor"], "/5/0"), (["-m", "put", "-e", "x", "-t", "110"], "/5/0"),
        (["-m", "put", "-e", "x", "-t", "application/senml+json"], "/5/0"), (["-m", "put", "-e", "x", "-t", "senml+cbor"], "/5/0"),
        (["-A", "11542"], "/3/0"), (["-A", "application/vnd.oma.lwm2m+tlv"], "/3/0"), ([], "/1/x/../0"), ([], "/1/%2E%2E/0"),
    ):
        command = ["tree/usr/bin/coap-client-notls", "-B", "2", *arguments, address + path]
        client = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        message, peer = server.recvfrom(2048)
        server.sendto(bytes([0x60 | message[0] & 15, 0x44, *message[2:4], *message[4:4 + (message[0] & 15)]]), peer)
        client.wait()
        print(" ".join(arguments[-2:]) or path, "->", ", ".join(options(message)), "exit", client.returncode)
PY
python3 run.py | tee seen.txt
cat > wanted.txt <<'TXT'
-t cbor -> Uri-Path 5, Uri-Path 0, Content-Format 60 exit 0
-t 110 -> Uri-Path 5, Uri-Path 0, Content-Format 110 exit 0
-t application/senml+json -> Uri-Path 5, Uri-Path 0 exit 0
-t senml+cbor -> Uri-Path 5, Uri-Path 0 exit 0
-A 11542 -> Uri-Path 3, Uri-Path 0, Accept 11542 exit 0
-A application/vnd.oma.lwm2m+tlv -> Uri-Path 3, Uri-Path 0 exit 0
/1/x/../0 -> Uri-Path 1, Uri-Path x, Uri-Path 0 exit 0
/1/%2E%2E/0 -> Uri-Path 1, Uri-Path .., Uri-Path 0 exit 0
TXT
cmp seen.txt wanted.txt
