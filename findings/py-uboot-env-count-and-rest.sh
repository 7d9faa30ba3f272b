#!/bin/sh
# PyPI py-uboot-env 1.0.0 beside fw_printenv of libubootenv-tool 0.3.2 (Debian 12): an environment of U-Boot kept twice, and what stands
# behind its end, as updaters with two slots write "upgrade" or BOOT_ORDER there.
# A good guess: the fifth octet of an environment kept twice is its age (U-Boot, env_internal.h: active_flag; the copy that counts higher
# is read), so what is read, changed and saved counts as before or higher; an empty string ends the environment (two zero octets), what
# stands behind it is what a longer one left, and fw_printenv does not show it.
# Seen: the octet is read over and saved as 0, whatever it was: the copy that was changed is now the older one, and U-Boot and
# fw_printenv go on with the other. Checksum and contents are right, so reading back with the same library looks well. And all
# that stands behind the end is read as variables: an old count wins over the present one, half a name becomes a variable, and saving
# makes them real. Only six sizes are taken: 64 KiB, a usual one, is a ValueError.
set -eu
folder=$(mktemp -d); chmod 755 "$folder"; trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv tools
tools/bin/pip install -q --disable-pip-version-check py-uboot-env==1.0.0 >/dev/null 2>&1
apt-get download -qq 'libubootenv-tool=0.3.2*' 'libubootenv0.1=0.3.2*' >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" tree; done
LD_LIBRARY_PATH=$PWD/$(dirname "$(find tree -name 'libubootenv.so.0' | head -n 1)"); export LD_LIBRARY_PATH
cat > run.py <<'PY'
import struct, zlib
from py_uboot_env.uboot_env import load_env

def store(name, variables, age=None, rest=b"", size=0x4000):
    header = 4 if age is None else 5
    body = (b"".join(variable + b"\0" for variable in variables) + b"\0" + rest).ljust(size - header, b"\0")
    with open(name, "wb") as file:
        file.write(struct.pack("<I", zlib.crc32(body)) + (b"" if age is None else bytes([age])) + body)

store("newer", [b"BOOT_ORDER=A B", b"upgrade=0"], age=7)
store("older", [b"BOOT_ORDER=B A", b"upgrade=0"], age=6)
store("rest", [b"bootcount=0", b"upgrade=0"], rest=b"grade=1\0bootcount=3\0\0")
environment = load_env("newer")
environment.set("upgrade", "1")
environment.save("changed")
with open("changed", "rb") as file:
    print("age was 7, is", file.read(5)[4], "; read back:", load_env("changed").get("upgrade"))
print("library:", load_env("rest").content)
store("large", [b"upgrade=0"], size=0x10000)
try:
    load_env("large")
except ValueError as error:
    print("64 KiB:", error)
for name, files in {"before": ("newer", "older"), "after": ("changed", "older"), "rested": ("rest",)}.items():
    with open(name + ".config", "w") as file:
        file.writelines(f"{copy} 0x0 0x4000\n" for copy in files)
PY
{
  tools/bin/python run.py
  for name in before after rested; do echo "fw_printenv, $name:"; tree/usr/bin/fw_printenv -c $name.config; done
} | tee seen.txt
cat > wanted.txt <<'TXT'
age was 7, is 0 ; read back: 1
library: {'bootcount': '3', 'upgrade': '0', 'grade': '1'}
64 KiB: Invalid environment size: 65536
fw_printenv, before:
BOOT_ORDER=A B
upgrade=0
fw_printenv, after:
BOOT_ORDER=B A
upgrade=0
fw_printenv, rested:
bootcount=0
upgrade=0
TXT
cmp seen.txt wanted.txt
