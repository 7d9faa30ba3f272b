#!/bin/sh
# libwbxml 0.11.8 (Debian packages libwbxml2-1 and libwbxml2-utils): a SyncML 1.2 message in WBXML whose Data hold a management
# tree as elements, on code page 2 (DMTND gives that page of the SyncML tokens to syncml:dmddf1.2), from WBXML to XML.
# A good guess: the elements come out under their names, or the tool refuses a page that it does not have.
# Seen: it succeeds, and every element of the tree is <unknown>: <unknown><unknown>1.2</unknown>... The text stays, the names
# are lost, and the way back cannot give them. Whoever converts traces to look at them loses what an Add has put in place.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
apt-get download -qq 'libwbxml2-1=0.11.8*' 'libwbxml2-utils=0.11.8*' >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" tree; done
LD_LIBRARY_PATH=$(dirname "$(find tree -name 'libwbxml2.so.*' | head -n 1)")
export LD_LIBRARY_PATH
cat > make.py <<'PY'
END = b"\x01"

def text(token, value):  # an element with content: its token with bit 6, an inline string, END
    return bytes([token | 0x40]) + b"\x03" + value.encode() + b"\0" + END

def element(token, *parts):
    return bytes([token | 0x40]) + b"".join(parts) + END

uri = lambda token, value: element(token, text(0x17, value))  # LocURI within Target (2E) or Source (27)
header = element(0x2C, text(0x31, "1.2"), text(0x32, "DM/1.2"), text(0x25, "1"), text(0x1B, "1"),
                 uri(0x2E, "urn:example:device"), uri(0x27, "https://dm.example"))
page = lambda number: bytes([0, number])
tree = element(0x20, text(0x37, "1.2"), element(0x24, text(0x26, "Rooms")))  # MgmtTree, VerDTD, Node, NodeName of page 2
meta = element(0x1A, page(1), text(0x07, "xml"), text(0x13, "application/vnd.syncml.dmtnds+xml"), page(0))
item = element(0x14, uri(0x2E, "./Rooms"), meta, element(0x0F, page(2), tree, page(0)))
body = element(0x2B, element(0x05, text(0x0B, "1"), item), b"\x12")  # Add with CmdID; Final
open("add.wbxml", "wb").write(b"\x02\xa4\x01\x6a\x00" + element(0x2D, header, body))
PY
python3 make.py
tree/usr/bin/wbxml2xml -o add.xml add.wbxml
sed -n '/<Data>/,/<\/Data>/p' add.xml
[ "$(grep -c '<unknown>' add.xml)" = 4 ] && grep -q '<LocURI>./Rooms</LocURI>' add.xml && ! grep -q MgmtTree add.xml
echo "as described: names of the tree's elements are lost"
