#!/bin/sh
# PyPI fdt 0.3.3 (parse_dts) and pyfdt 0.3 (to_dts) beside dtc 1.6.1 (Debian 12): strings and octets of a device tree source, the form of
# the images of U-Boot (FIT) and of its environment in the tree.
# A good guess: between quotes each letter is a letter, with escapes as in C (Devicetree Specification 6.3), so bootcmd = "run a; boot" and
# an address with // are what they say; what a reader does not do, it refuses, as fdt does with /bits/.
# Seen: fdt looks for comments and ends of properties before it looks for quotes. A semicolon is left out of the string without a word
# ("run a boot"), a string with // takes its whole property away, /* */ is cut out, spaces at the ends are lost; \n, \" and \0 stay as they
# are written or are torn apart; "" becomes a property without a value. Commas, <1> and # inside quotes are right.
# pyfdt writes octets from 80 up as eight digits (ffffffc3), which dtc reads as four octets; a quote in a string ends it.
set -eu
folder=$(mktemp -d); chmod 755 "$folder"; trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv tools
tools/bin/pip install -q --disable-pip-version-check fdt==0.3.3 pyfdt==0.3 >/dev/null 2>&1
apt-get download -qq 'device-tree-compiler=1.6.1*' 'libfdt1=1.6.1*' libyaml-0-2 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" tree; done
LD_LIBRARY_PATH=$PWD/$(dirname "$(find tree -name 'libfdt.so.1' | head -n 1)"); export LD_LIBRARY_PATH
cat > run.py <<'PY'
import io, subprocess
import fdt
from pyfdt.pyfdt import FdtBlobParse

def dtc(source):
    return subprocess.run(["tree/usr/bin/dtc", "-q"], input=source.encode(), capture_output=True).stdout

def octets(blob):
    """What the blob has in /node, property p, as fdtget tells it."""
    with open("blob", "wb") as file:
        file.write(blob)
    found = subprocess.run(["tree/usr/bin/fdtget", "-t", "bx", "blob", "/node", "p"], capture_output=True, text=True)
    return None if found.returncode else bytes(int(word, 16) for word in found.stdout.split())

VALUES = (
    '"run a; boot"', '"coaps://host/x"', '"a /* b */ c"', '" two spaces "', '"a\\nb"', '"say \\"x\\""', '"A=1\\0B=2"', '""',
    '"a,b", "<1>", "#c"', "[01 02 03]", "[a1 b2 c3]", '"Gerät"',
)
for value in VALUES:
    source = "/dts-v1/;\n/ {\n    node {\n        p = " + value + ";\n    };\n};\n"
    blob = dtc(source)
    wanted = octets(blob)
    try:
        got = octets(fdt.parse_dts(source).to_dtb(17))
    except Exception as error:
        got = type(error).__name__
    again = octets(dtc(FdtBlobParse(io.BytesIO(blob)).to_fdt().to_dts()) or b"")
    print(f"{value} fdt {'right' if got == wanted else got}, pyfdt {'right' if again == wanted else again}")
PY
tools/bin/python run.py | tee seen.txt
cat > wanted.txt <<'TXT'
"run a; boot" fdt b'run a boot\x00', pyfdt right
"coaps://host/x" fdt None, pyfdt right
"a /* b */ c" fdt b'a c\x00', pyfdt right
" two spaces " fdt b'two spaces\x00', pyfdt right
"a\nb" fdt b'a\\nb\x00', pyfdt right
"say \"x\"" fdt b'say \\x\\\x00', pyfdt None
"A=1\0B=2" fdt b'A=1\\0B=2\x00', pyfdt right
"" fdt b'', pyfdt right
"a,b", "<1>", "#c" fdt right, pyfdt right
[01 02 03] fdt right, pyfdt right
[a1 b2 c3] fdt right, pyfdt b'\xff\xff\xff\xa1\xff\xff\xff\xb2\xff\xff\xff\xc3'
"Gerät" fdt AssertionError, pyfdt b'Ger\xff\xff\xff\xc3\xff\xff\xff\xa4t\x00'
TXT
cmp seen.txt wanted.txt
