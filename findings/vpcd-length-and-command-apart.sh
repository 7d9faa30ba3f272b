#!/bin/sh
# vsmartcard-vpcd 3.3 with pcscd 1.9.9 (Debian 12), a virtual reader that a software card connects to over TCP.
# A good guess: a message is a length in two octets and that many octets, so a card that is written without further thought
# answers a command in well under a millisecond on one machine.
# Seen: the reader writes the length and the command with two calls and leaves Nagle's algorithm on. The second waits until
# the first is acknowledged, and the card's system puts that off: 40 ms or more for each command. TCP_NODELAY at the card
# changes nothing; TCP_QUICKACK, said again before each message, brings it below a millisecond.
# Debian's packages are not to be had in a folder of their own: the script runs what is installed, and says so when none is.
set -eu
PATH="$PATH:/usr/sbin"
for name in opensc-tool pcscd python3; do
    command -v $name >/dev/null || { echo "$name is not installed: apt-get install opensc pcscd vsmartcard-vpcd"; exit 3; }; done
driver=$(ls /usr/lib/pcsc/drivers/serial/libifdvpcd.so 2>/dev/null) || { echo "vsmartcard-vpcd is not installed"; exit 3; }
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
import socket, statistics, sys, time

quick, waits, pieces = sys.argv[2] == "quick", [], []
for _ in range(100):
    try:
        reader = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
        break
    except OSError:
        time.sleep(0.1)
reader.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
data = b""


def more():
    if quick:
        reader.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
    piece = reader.recv(300)
    if not piece:
        sys.exit(1)
    return piece


while len(waits) < 20:
    data = data or more()
    began, first = time.perf_counter(), len(data)
    while len(data) < 2 or len(data) < 2 + int.from_bytes(data[:2], "big"):
        data += more()
    size = int.from_bytes(data[:2], "big")
    message, data = data[2 : 2 + size], data[2 + size :]
    if size > 1:
        pieces.append(first)
        waits.append(time.perf_counter() - began)
    answer = bytes.fromhex("3b020202") if message == b"\4" else b"\x90\0" if size > 1 else b""
    if answer:
        reader.sendall(len(answer).to_bytes(2, "big") + answer)
print(statistics.mode(pieces), round(statistics.median(waits) * 1000, 2), flush=True)
PY
trap 'kill $card $service 2>/dev/null || true; rm -rf "$folder"' EXIT
export OPENSC_CONF="$folder/opensc.conf" LC_ALL=C
commands=$(for n in $(seq 25); do printf ' -s 00A4000C023F00'; done)
for how in plain quick; do
    pcscd --foreground --config "$folder/reader.conf" >/dev/null 2>&1 & service=$!
    python3 card.py "$port" $how > $how.txt 2>/dev/null & card=$!
    for try in 1 2 3 4 5 6 7 8 9 10; do
        opensc-tool $commands >/dev/null 2>&1 || true
        [ -s $how.txt ] && break
        sleep 1
    done
    kill $card $service 2>/dev/null || true
    wait $service 2>/dev/null || true
    echo "$how: octets that mostly come first, median wait for the rest in ms: $(cat $how.txt)"
done
python3 - <<'PY'
plain, quick = (open(f"{how}.txt").read().split() for how in ("plain", "quick"))
assert plain[0] == "2", "length and command came together"
assert float(plain[1]) > 20 > float(quick[1])
PY
