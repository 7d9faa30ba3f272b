#!/bin/sh
# libwbxml 0.11.8 (Debian packages libwbxml2-1 and libwbxml2-utils), from WBXML to XML: Data in two inline strings.
# A good guess: content may come in any number of pieces (WBXML 1.3: each STR_I is a part of the content), so Data of
# "one " and "two" reads "one two" wherever it stands.
# Seen: it does so below Alert.  Below Add, where the tool writes Data as a CDATA section, the second piece opens a
# section within the first, and the document that comes out is not well-formed: "]]>" stands in text.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
apt-get download -qq 'libwbxml2-1=0.11.8*' 'libwbxml2-utils=0.11.8*' >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" tree; done
LD_LIBRARY_PATH=$(dirname "$(find tree -name 'libwbxml2.so.*' | head -n 1)")
export LD_LIBRARY_PATH
# SyncML 1.2 in UTF-8: SyncML, SyncBody, then the command: CmdID "1", Item, Data of STR_I "one " and STR_I "two"
for command in '\105' '\106'; do
  printf "\\003\\244\\001\\152\\000\\155\\153$command\\113\\0031\\000\\001\\124\\117\\003one \\000\\003two\\000\\001\\001\\001\\001\\001" > in.wbxml
  tree/usr/bin/wbxml2xml -o out.xml in.wbxml >/dev/null 2>&1
  grep -o '<\(Add\|Alert\)>\|<Data>.*</Data>' out.xml
done | tee seen.txt
cat > wanted.txt <<'TXT'
<Add>
<Data><![CDATA[one <![CDATA[two]]>]]></Data>
<Alert>
<Data>one two</Data>
TXT
cmp seen.txt wanted.txt
