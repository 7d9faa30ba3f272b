#!/bin/sh
# PyPI asn1tools 0.169.0, codec "der": what X.690 asks of DER beyond definite lengths, as eSIM profiles (SAIP) and PKCS#15 use it.
# A good guess: the codec called "der" writes the one DER form: members of a SET in the order of their tags (10.3, 9.3), of a SET OF in
# the order of their octets (11.6), a BIT STRING with named bits without trailing zeros (11.2.2), defaults left out (11.5); so the octets
# can be hashed, signed and compared with those of another encoder. Lengths and defaults are right, so the rest seems so.
# Seen: a SET is written in the order of its definition, a SET OF in the order given, named bits keep their zeros, so one
# value has several encodings; BER says the same of all. The decoder takes any order and gives it back as it came.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check asn1tools==0.169.0 pyparsing==3.3.3 bitstruct==8.24.0 diskcache==5.6.3 >/dev/null 2>&1
cat > run.py <<'PY'
import asn1tools

MODULE = """Module DEFINITIONS AUTOMATIC TAGS ::= BEGIN
Files ::= SET OF OCTET STRING
Owner ::= SET { name [2] INTEGER, mark [0] INTEGER }
Usage ::= BIT STRING { read(0), write(1), erase(9) }
Count ::= SEQUENCE { limit INTEGER DEFAULT 3, data OCTET STRING }
END"""
der = asn1tools.compile_string(MODULE, "der")
for name, value in (
    ("Files", [b"\6", b"\2\2", b"\1"]), ("Files", [b"\1", b"\6", b"\2\2"]), ("Owner", {"name": 1, "mark": 2}),
    ("Usage", (b"\x80\0", 10)), ("Usage", (b"\x80", 1)), ("Count", {"limit": 3, "data": bytes(130)}),
):
    octets = der.encode(name, value)
    print(name, octets.hex()[:24], der.decode(name, octets) == value)
PY
venv/bin/python run.py | tee seen.txt
cat > wanted.txt <<'TXT'
Files 310a04010604020202040101 True
Files 310a04010104010604020202 True
Owner 3106820101800102 True
Usage 0303068000 True
Usage 03020780 True
Count 308185818182000000000000 True
TXT
cmp seen.txt wanted.txt
