#!/bin/sh
# PyPI CoAPthon3 1.0.2: payloads and Accept of LwM2M (110 SenML JSON, 112 SenML CBOR, 11542 TLV, 11543 JSON).
# A good guess: a content format is a number; Accept 11542 is sent as 2D 16, and a payload comes as octets whatever its
# number, as one of 42 or 60 does.
# Seen: the library knows seven formats. request.accept = 110 or 11542 is dropped without a word: the message goes out
# without the option, and the server answers in the format it likes best; accept = 60 is sent. Content format 11542 is
# sent, but when such a message is read, its payload is taken for text: octets that happen to be UTF-8 come as a str,
# others turn the whole message into 128 (4.00 Bad Request). C1 09 64 is the battery level as TLV.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check CoAPthon3==1.0.2 >/dev/null 2>&1
cat > run.py <<'PY'
from coapthon.messages.request import Request
from coapthon.serializer import Serializer


def written(accept):
    request = Request()
    request.code, request.mid, request.type, request.token = 1, 7, 0, None
    request.accept = accept
    return bytes(Serializer.serialize(request)).hex()


def read(octets):
    message = Serializer.deserialize(bytes.fromhex(octets), ("127.0.0.1", 5683))
    return message if isinstance(message, int) else repr(message.payload)


for accept in (60, 110, 11542):
    print("accept", accept, written(accept))
for name, octets in (
    ("42, C1 09 64   ", "40020007" "c12a" "ff" "c10964"),
    ("11542, C1 09 64", "40020007" "c22d16" "ff" "c10964"),
    ("11542, 41 00 05", "40020007" "c22d16" "ff" "410005"),
):
    print(name, read(octets))
PY
venv/bin/python run.py | tee seen.txt
cat > wanted.txt <<'TXT'
accept 60 40010007d1043c
accept 110 40010007
accept 11542 40010007
42, C1 09 64    b'\xc1\td'
11542, C1 09 64 128
11542, 41 00 05 'A\x00\x05'
TXT
cmp seen.txt wanted.txt
