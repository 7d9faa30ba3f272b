#!/bin/sh
# libwbxml 0.11.8 (Debian packages libwbxml2-1 and libwbxml2-utils): an Add of a management tree, written as XML in a CDATA
# section with the Type application/vnd.syncml.dmtnds+xml, as servers send it, from XML to WBXML.
# A good guess: Type and Data still fit in what is sent. Either both stay XML, or the tree becomes WBXML and the Type
# application/vnd.syncml.dmtnds+wbxml says so (DMTND, the two media types).
# Seen: the Type becomes +wbxml, and the Data stay the XML text, in OPAQUE: a device that goes by the Type reads XML as
# WBXML. A test by round trip does not find it, since wbxml2xml turns the Type back.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
apt-get download -qq 'libwbxml2-1=0.11.8*' 'libwbxml2-utils=0.11.8*' >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" tree; done
LD_LIBRARY_PATH=$(dirname "$(find tree -name 'libwbxml2.so.*' | head -n 1)")
export LD_LIBRARY_PATH
cat > add.xml <<'XML'
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE SyncML PUBLIC "-//SYNCML//DTD SyncML 1.2//EN" "http://www.openmobilealliance.org/tech/DTD/OMA-TS-SyncML_RepPro_DTD-V1_2.dtd">
<SyncML xmlns="SYNCML:SYNCML1.2"><SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto><SessionID>1</SessionID>
<MsgID>1</MsgID><Target><LocURI>urn:example:device</LocURI></Target><Source><LocURI>https://dm.example</LocURI></Source>
</SyncHdr><SyncBody><Add><CmdID>1</CmdID><Item><Target><LocURI>./Rooms</LocURI></Target>
<Meta><Format xmlns="syncml:metinf">xml</Format><Type xmlns="syncml:metinf">application/vnd.syncml.dmtnds+xml</Type></Meta>
<Data><![CDATA[<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD><Node><NodeName>Rooms</NodeName></Node></MgmtTree>]]></Data>
</Item></Add><Final/></SyncBody></SyncML>
XML
tree/usr/bin/xml2wbxml -o add.wbxml add.xml >/dev/null
tree/usr/bin/wbxml2xml -o back.xml add.wbxml >/dev/null
has() { grep -qaF "$2" "$1" && echo "$1 holds $2"; }
has add.wbxml 'application/vnd.syncml.dmtnds+wbxml'
has add.wbxml '<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD>'
if has add.wbxml 'dmtnds+xml'; then exit 1; fi
has back.xml 'application/vnd.syncml.dmtnds+xml'
echo "as described: the Type says WBXML, the Data are XML"
