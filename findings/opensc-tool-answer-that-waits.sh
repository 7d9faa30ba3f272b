#!/bin/sh
# opensc-tool 0.23.0, pcscd 1.9.9, vsmartcard-vpcd 3.3 (Debian 12). A card that speaks T=0 answers a command with data by
# 61xx: xx octets wait for GET RESPONSE.
# A good guess: `opensc-tool -s 00A40004022FE2` prints what the card said, SW1=0x61, SW2=0x19, or fetches the 25 octets.
# Seen: it prints SW1=0x90, SW2=0x00 and nothing else, and the card is never asked for them: a SELECT that succeeded without
# an answer looks the same. With Le (00A40004022FE200) they are fetched and shown.
# Debian's packages are not to be had in a folder of their own: the script runs what is installed, and says so when none is.
set -eu
for name in opensc-tool pcscd python3; do PATH="$PATH:/usr/sbin" command -v $name >/dev/null ||
    { echo "$name is not installed: apt-get install opensc pcscd vsmartcard-vpcd python3"; exit 3; }; done
driver=$(ls /usr/lib/pcsc/drivers/serial/libifdvpcd.so 2>/dev/null) || { echo "vsmartcard-vpcd is not installed"; exit 3; }
PATH="$PATH:/usr/sbin"
folder=$(mktemp -d); cd "$folder"
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat > reader.conf <<CONF
FRIENDLYNAME "Virtual PCD"
DEVICENAME /dev/null:$(printf 0x%x "$port")
LIBPATH $driver
CHANNELID $(printf 0x%x "$port")
CONF
echo 'app default { enable_default_driver = true; card_drivers = default; }' > opensc.conf
cat > card.py <<'PY'
import socket, sys, time

FCP = bytes.fromhex("621782024121830" "22fe28a01058b032f06018002000a880110")
for _ in range(100):
    try:
        reader = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
        break
    except OSError:
        time.sleep(0.1)


def exactly(size):
    data = b""
    while len(data) < size:
        piece = reader.recv(size - len(data))
        if not piece:
            sys.exit(0)
        data += piece
    return data


while True:
    message = exactly(int.from_bytes(exactly(2), "big"))
    if message == b"\4":
        answer = bytes.fromhex("3b020202")
    elif len(message) < 2:
        continue
    else:
        answer = (FCP if message[1] == 0xC0 else b"") + bytes.fromhex("6119" if message[1] == 0xA4 else "9000")
        print(message.hex(), "->", answer.hex(), flush=True)
    reader.sendall(len(answer).to_bytes(2, "big") + answer)
PY
pcscd --foreground --config "$folder/reader.conf" >/dev/null 2>&1 & service=$!
python3 card.py "$port" > heard.txt 2>/dev/null & card=$!
trap 'kill $card $service 2>/dev/null || true; rm -rf "$folder"' EXIT
export OPENSC_CONF="$folder/opensc.conf" LC_ALL=C
for try in 1 2 3 4 5 6 7 8 9 10; do opensc-tool -s 00A40004022FE2 > without.txt 2>&1 && break; sleep 1; done
cp heard.txt heard-without.txt
opensc-tool -s 00A40004022FE200 > with.txt 2>&1
opensc-tool --info 2>/dev/null | head -n 1
echo "without Le:"; cat without.txt; echo "the card heard and said:"; grep -i 'a40004022fe2 ->\|^00c0' heard-without.txt | tail -n 2
echo "with Le:"; cat with.txt
grep -q "SW1=0x90, SW2=0x00" without.txt
! grep -q "^62 17" without.txt
grep -qi "00a40004022fe2 -> 6119" heard-without.txt
! grep -q "^00c0" heard-without.txt
grep -q "^62 17" with.txt
