#!/bin/sh
# libosmogsm 1.7.0 (Debian package libosmogsm18, of libosmocore): the time stamp of a short message and text of the default alphabet.
# A good guess: gsm340_scts gives the moment in UTC, as its header says, so 16:40:36 with the zone 40 (one hour, TS 23.040 9.2.3.11) is
# 15:40:36 wherever it is read; gsm340_gen_scts writes a zone west of Greenwich with its sign: 0A, 20 quarters behind, in New York.
# The euro sign, 1B 65, is no Latin-1, so gsm_7bit_decode_n gives a mark for it, as it does for other letters that it has not (7F).
# Seen: the zone octet is not used: the local time of the message is taken for local time of the process that reads, so the moment is off
# by the difference of the two zones. Zones behind UTC are written as large ones before it: New York 77 (19 h 15 min), St John's 38.
# A process alone gets its own moments back, so a test by round trip passes. The euro sign becomes "{", as 1B 28 is.
set -eu
folder=$(mktemp -d); chmod 755 "$folder"; trap 'rm -rf "$folder"' EXIT; cd "$folder"
apt-get download -qq 'libosmogsm18=1.7.0*' 'libosmocore19=1.7.0*' libtalloc2 libsctp1 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" tree; done
LD_LIBRARY_PATH=$PWD/$(dirname "$(find tree -name 'libosmogsm.so.18' | head -n 1)")
export LD_LIBRARY_PATH
cat > run.py <<'PY'
import calendar, ctypes, os, time

gsm = ctypes.CDLL("libosmogsm.so.18")
gsm.gsm340_scts.restype = ctypes.c_long
moment = calendar.timegm((2026, 11, 29, 15, 40, 36))
stamp = ctypes.create_string_buffer(7)
for zone in ("UTC", "Europe/Berlin", "America/New_York", "America/St_Johns"):
    os.environ["TZ"] = zone
    time.tzset()
    gsm.gsm340_gen_scts(stamp, ctypes.c_long(moment))
    minutes = [(gsm.gsm340_scts(octets) - moment) // 60 for octets in (bytes.fromhex("62119261046340"), stamp.raw)]
    print(f"{zone}: writes {stamp.raw.hex()}, reads 62119261046340 {minutes[0]} minutes late, its own {minutes[1]}")
for septets in (b"10 \x1be", b"\x1b(x\x1b)", b"m\x1bas"):
    bits = sum(septet << 7 * at for at, septet in enumerate(septets))
    text = ctypes.create_string_buffer(20)
    gsm.gsm_7bit_decode_n(text, 20, bits.to_bytes(8, "little"), len(septets))
    print(septets.hex(), text.value)
PY
python3 run.py | tee seen.txt
cat > wanted.txt <<'TXT'
UTC: writes 62119251046300, reads 62119261046340 60 minutes late, its own 0
Europe/Berlin: writes 62119261046340, reads 62119261046340 0 minutes late, its own 0
America/New_York: writes 62119201046377, reads 62119261046340 360 minutes late, its own 0
America/St_Johns: writes 62119221016338, reads 62119261046340 270 minutes late, its own 0
3130201b65 b'10 {'
1b28781b29 b'{x}'
6d1b6173 b'm\x7fs'
TXT
cmp seen.txt wanted.txt
