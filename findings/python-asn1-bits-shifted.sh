#!/bin/sh
# PyPI asn1 3.3.0 (python-asn1): a BIT STRING of named bits, as PKCS#15 has them on cards (CommonObjectFlags, usage of keys).
# A good guess: bit 0 is the highest bit of the first octet, whatever is unused at the end (X.690 8.6.2), so "private" (bit 0, 0780)
# is octet 80 and "modifiable" (bit 1, 0640) octet 40; and what was read is written as it was.
# Seen: the value is shifted to the right by the unused bits: both come as 01, all of bits 0 and 1 (06C0) as 03, which are other
# bits and can't be told apart. Written again they have no unused bits: 0001, bit 7 of eight. Only ReadFlags.WithUnused tells the number
# that was shifted off, and there is no way to write it. BIT STRINGs of whole octets (keys, signatures) are right both ways.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check asn1==3.3.0 >/dev/null 2>&1
cat > run.py <<'PY'
import asn1


def read(octets, flags):
    decoder = asn1.Decoder()
    decoder.start(octets)
    return decoder.read(flags)[1]


for octets in ("03020780", "03020640", "030206c0", "0303070080", "03030001ff"):
    value = read(bytes.fromhex(octets), asn1.ReadFlags.OnlyValue)
    octets_again = asn1.Encoder()
    octets_again.start()
    octets_again.write(value, asn1.Numbers.BitString)
    both = read(bytes.fromhex(octets), asn1.ReadFlags.WithUnused)
    print(octets, "read", value.hex(), "with unused", (both[0].hex(), both[1]), "written", octets_again.output().hex())
PY
venv/bin/python run.py | tee seen.txt
cat > wanted.txt <<'TXT'
03020780 read 01 with unused ('01', 7) written 03020001
03020640 read 01 with unused ('01', 6) written 03020001
030206c0 read 03 with unused ('03', 6) written 03020003
0303070080 read 0001 with unused ('0001', 7) written 0303000001
03030001ff read 01ff with unused ('01ff', 0) written 03030001ff
TXT
cmp seen.txt wanted.txt
