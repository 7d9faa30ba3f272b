#!/bin/sh
# osmo-auc-gen (libosmocore 1.7.0, Debian 12), the sequence number of an authentication vector (-s).
# A good guess: -s is the SQN of the vector, six octets in the hex digits in which key, RAND and AUTN are given; it goes
# into AUTN whatever the algorithm is.
# Seen: with MILENAGE -s N is N, but read as a number of C: 000000000020 is octal (16), 09 and ff9b... are 0, 12ab is 12, and
# nothing is said; hex digits need 0x. With the XOR algorithm of test cards (TS 34.108 8.1.2) the vector holds N less one step of
# IND (32, or 16 with -l 4): -s 32 gives a card 0, and below one step it wraps:
# SQN is printed as 18446744073709551585 for -s 1.
# Debian's package is not to be had in a folder of its own: the script runs what is installed, and says so when none is.
set -eu
command -v osmo-auc-gen >/dev/null || { echo "osmo-auc-gen is not installed: apt-get install libosmocore-utils"; exit 3; }
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
dpkg-query -W -f '${Package} ${Version}\n' libosmocore-utils 2>/dev/null || true
cat > run.py <<'PY'
import subprocess

KEY, RAND = bytes(range(16)), bytes(range(64, 80))


def vector(algorithm, number, *more):
    command = ["osmo-auc-gen", "-3", "-a", algorithm, "-k", KEY.hex(), "-f", "8000", "-r", RAND.hex(), "-s", number, *more]
    if algorithm == "MILENAGE":
        command += ["-o", bytes(16).hex()]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


print("MILENAGE")
for number in ("32", "000000000020", "0x20", "09", "12ab", "ff9bb4d0b607", "0xff9bb4d0b607"):
    print(f"-s {number:15}", vector("MILENAGE", number)["SQN"])
print("XOR: SQN as printed, and as AUTN holds it behind AK (octets 3 to 8 of K xor RAND)")
hidden = bytes(a ^ b for a, b in zip(KEY, RAND))[3:9]
for number, more in (("1", ()), ("32", ()), ("64", ()), ("32", ("-l", "4"))):
    seen = vector("XOR", number, *more)
    held = bytes(a ^ b for a, b in zip(bytes.fromhex(seen["AUTN"])[:6], hidden))
    print("-s", number, *more, seen["SQN"], held.hex())
PY
python3 run.py | tee seen.txt
cat > wanted.txt <<'TXT'
MILENAGE
-s 32              32
-s 000000000020    16
-s 0x20            32
-s 09              0
-s 12ab            12
-s ff9bb4d0b607    0
-s 0xff9bb4d0b607  281044218590727
XOR: SQN as printed, and as AUTN holds it behind AK (octets 3 to 8 of K xor RAND)
-s 1 18446744073709551585 ffffffffffe1
-s 32 0 000000000000
-s 64 32 000000000020
-s 32 -l 4 16 000000000010
TXT
cmp seen.txt wanted.txt
