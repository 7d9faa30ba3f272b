#!/bin/sh
# PyPI tkgtools 0.19.6.2, sqn(seq, ind): the sequence number of an authentication vector.
# A good guess: SQN has 48 bits, SEQ and behind it IND of 5 bits (TS 33.102 annex C.1.1, and 5 bits in the profiles of C.3), so SEQ
# has 43; f1 to f5 of the same package are right for the test sets of TS 35.208.
# Seen: SEQ is cut to 22 bits, and no error: 2**22 is the same SQN as 0. Whoever counts by time, as profiles 1 and 3 do, gets a number
# far below what a card has, and each answer is a failure of synchronisation (DC); it comes back after some 4 million
# vectors where SEQ counts by one. IND is right.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check tkgtools==0.19.6.2 >/dev/null 2>&1
cat > run.py <<'PY'
from tkgtools.tkgtools import sqn

for seq, ind in ((1, 31), (2**22 - 1, 0), (2**22, 0), (0, 0), (1_770_000_000, 3), (2**43 - 1, 31)):
    print(f"{seq} {ind}: {bytes(sqn(seq, ind)).hex()} instead of {seq << 5 | ind:012x}")
PY
venv/bin/python run.py | tee seen.txt
cat > wanted.txt <<'TXT'
1 31: 00000000003f instead of 00000000003f
4194303 0: 000007ffffe0 instead of 000007ffffe0
4194304 0: 000000000000 instead of 000008000000
0 0: 000000000000 instead of 000000000000
1770000000 3: 00000001d003 instead of 000d3001d003
8796093022207 31: 000007ffffff instead of ffffffffffff
TXT
cmp seen.txt wanted.txt
