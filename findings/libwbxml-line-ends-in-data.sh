#!/bin/sh
# libwbxml 0.11.8 (Debian 12, xml2wbxml), a value of more than one line in the Data of a SyncML 1.2 command.
# A good guess: Data is text, so a line feed goes out as 0A and a carriage return as it was written; a reader of XML gives
# line ends as 0A (XML 1.0 2.11), and whatever signs a value (a MAC, a hash, a certificate in PEM) needs each octet.
# Seen: each line feed becomes 0D 0A, so the value is longer than it was and Size is wrong; a carriage return and line feed
# that were written as references become 0D 0D 0A. It is done for Data alone, not for other elements (a LocName keeps
# its 0A), and wbxml2xml does not undo it.
# Debian's package is not to be had in a folder of its own: the script runs what is installed, and says so when none is.
set -eu
command -v xml2wbxml >/dev/null || { echo "xml2wbxml is not installed: apt-get install libwbxml2-utils"; exit 3; }
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
cat > run.py <<'PY'
import subprocess

HEAD = (
    '<?xml version="1.0"?><!DOCTYPE SyncML PUBLIC "-//SYNCML//DTD SyncML 1.2//EN" "x"><SyncML xmlns="SYNCML:SYNCML1.2">'
    "<SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto><SessionID>1</SessionID><MsgID>1</MsgID>"
    "<Target><LocURI>t</LocURI></Target><Source><LocURI>s</LocURI>%s</Source></SyncHdr><SyncBody>"
    "<Replace><CmdID>1</CmdID><Item><Target><LocURI>./A</LocURI></Target><Data>%s</Data></Item></Replace><Final/>"
    "</SyncBody></SyncML>"
)
for name, locname, data in (
    ("line feed", "", "one\ntwo"), ("references", "", "one&#13;&#10;two"), ("LocName", "<LocName>one\ntwo</LocName>", "5"),
):
    with open("in.xml", "w") as file:
        file.write(HEAD % (locname, data))
    subprocess.run(["xml2wbxml", "-o", "out.wbxml", "in.xml"], check=True, capture_output=True)
    octets = open("out.wbxml", "rb").read()
    print(f"{name:10}", octets[octets.index(b"one"):octets.index(b"two") + 3].hex())
PY
dpkg-query -W -f '${Package} ${Version}\n' libwbxml2-utils 2>/dev/null || true
python3 run.py | tee seen.txt
cat > wanted.txt <<'TXT'
line feed  6f6e650d0a74776f
references 6f6e650d0d0a74776f
LocName    6f6e650a74776f
TXT
cmp seen.txt wanted.txt
