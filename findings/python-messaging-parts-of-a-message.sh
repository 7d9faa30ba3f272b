#!/bin/sh
# PyPI python-messaging 0.5.13, SmsSubmit.to_pdu: a text that needs more than one short message.
# A good guess: each part has a message reference of its own, one higher than the last (TS 23.040 9.2.3.6), by which status reports
# are told apart; the reference in the header (9.2.3.24.1) differs from one message to the next, since a receiver joins by
# it; an escape and its letter stay together (TS 23.038 6.2.1); and where UDHI is set the user data begins with the header.
# Seen: all parts have message reference 0, and each message of every SmsSubmit has 0 in its headers too, so two texts to one
# number are joined crosswise. The escape of "€" may end a part. Eight-bit data (fmt 4, as WAP push and card commands have it)
# have UDHI set and a length that counts three octets for a header that is not there: their first octet is taken for its length.
# Who sets ref and rand_id for each message repairs the headers, but the parts share ref. UCS-2 and one part are right.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check python-messaging==0.5.13 >/dev/null 2>&1
cat > run.py <<'PY'
from messaging.sms import SmsSubmit


def parts(text, fmt=None):
    message = SmsSubmit("+447709000123", text)
    message.fmt = fmt
    return [bytes.fromhex(part.pdu) for part in message.to_pdu()]


def last(data, count):  # the last septet of that many
    return int.from_bytes(data, "little") >> 7 * (count - 1) & 0x7F


for name, text in (("first", "a" * 200), ("second", "b" * 200), ("escape", "a" * 152 + "€" + "b" * 20)):
    for at, unit in enumerate(parts(text), 1):  # no centre, SUBMIT, reference, 12 digits, identifier, coding, length, data
        assert unit[0] == 0 and unit[1] == 0x41
        print(name, at, "reference", unit[2], "header", unit[14:20].hex(), f"last septet {last(unit[14:], unit[13]):02x}")
for at, unit in enumerate(parts("".join(map(chr, range(0x20, 0xC0))), 4), 1):
    print("octets", at, f"first octet {unit[1]:02x} length {unit[13]} of {len(unit[14:])}, user data {unit[14:20].hex()}")
PY
venv/bin/python run.py | tee seen.txt
cat > wanted.txt <<'TXT'
first 1 reference 0 header 050003000201 last septet 61
first 2 reference 0 header 050003000202 last septet 61
second 1 reference 0 header 050003000201 last septet 62
second 2 reference 0 header 050003000202 last septet 62
escape 1 reference 0 header 050003000201 last septet 1b
escape 2 reference 0 header 050003000202 last septet 62
octets 1 first octet 41 length 137 of 134, user data 202122232425
octets 2 first octet 41 length 29 of 26, user data a6a7a8a9aaab
TXT
cmp seen.txt wanted.txt
