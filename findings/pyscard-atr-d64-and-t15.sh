#!/bin/sh
# pyscard 2.0.5 (Debian 12: python3-pyscard), smartcard.ATR: an answer to reset of a kind that many USIMs have, with
# TA1 = 97 and with global interface octets after T=15.
# A good guess: TA1 = 97 says F = 512 and D = 64 (ISO/IEC 7816-3:2006, table 8: DI 7 is 64), and T=15 is no transmission
# protocol, it only says that global octets follow (same standard, 8.2.3): the card speaks T=0.
# Seen: D is "RFU", as it was in the standard of 1997, so a computation of the fastest rate stops at the cards that are
# fastest; with TA1 = 96 it is 32. The list of supported protocols has "T=15" in it, beside T=0.
set -eu
folder=$(mktemp -d); chmod 755 "$folder"; trap 'rm -rf "$folder"' EXIT; cd "$folder"
apt-get download -qq 'python3-pyscard=2.0.5*' libpcsclite1 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" tree; done
LD_LIBRARY_PATH=$PWD/$(dirname "$(find tree -name 'libpcsclite.so.1' | head -n 1)")
PYTHONPATH=$PWD/tree/usr/lib/python3/dist-packages
export LD_LIBRARY_PATH PYTHONPATH
cat > run.py <<'PY'
from functools import reduce
from smartcard.ATR import ATR

def answer(rate):
    # TS, T0 (TA1 and TD1, six historical octets), TA1, TD1 (T=0), TD2 (T=15), TA3 (clock stop, classes), "sample"
    octets = [0x3B, 0x96, rate, 0x80, 0x1F, 0xC7, *b"sample"]
    return ATR(octets + [reduce(lambda a, b: a ^ b, octets[1:])])

fast, slower = answer(0x97), answer(0x96)
for atr in (fast, slower):
    print("check octet right:", atr.checksumOK, "F:", atr.getClockRateConversion(), "D:", atr.getBitRateFactor(),
          "protocols:", sorted(atr.getSupportedProtocols()))
seen = (fast.checksumOK, fast.getClockRateConversion(), fast.getBitRateFactor(), slower.getBitRateFactor(), sorted(fast.getSupportedProtocols()))
raise SystemExit(seen != (True, 512, "RFU", 32, ["T=0", "T=15"]))
PY
/usr/bin/python3 run.py
echo "as described: D = 64 is RFU, T=15 is a protocol"
