#!/bin/sh
# PyPI mqtt-sn-12 1.0.9, a client of MQTT-SN 1.2: messages from a gateway with quality of service 1 and 2, and long topic names.
# A good guess: subscribed with QoS 1, each PUBLISH is answered with PUBACK, with QoS 2 by PUBREC and after PUBREL by PUBCOMP (MQTT-SN
# 1.2, section 6, the gateway's publish procedure, as in MQTT); set_qos(2) sets the bits 10 (5.3.4). A length above 255 counts its own three octets (5.2.1).
# Seen: no PUBLISH is ever acknowledged: the number 1 is compared with the bits 20. The gateway sends it again and again, each time it is
# handed to the application, and in the end it takes the client for lost; QoS 0 looks well. set_qos(2) of a packet sets the bits of 1. A
# REGISTER with a name of 244 letters and more has a length two too short, so its last two letters are cut off and the data go to
# another topic, while a long PUBLISH is right. Sending with QoS 1 and 2 through the client is right.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv tools
tools/bin/pip install -q --disable-pip-version-check mqtt-sn-12==1.0.9 >/dev/null 2>&1
cat > run.py <<'PY'
import socket, time
from mqttsn12.client.MqttSnClient import MqttSnClient, MqttSnListener
from mqttsn12.packets import PublishPacket, RegisterPacket

class Listener(MqttSnListener):
    heard = 0
    def message_arrived(self, message):
        Listener.heard += 1

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gateway:
    gateway.bind(("127.0.0.1", 0))
    gateway.settimeout(2)
    client = MqttSnClient()
    client.set_keep_alive(0)
    client.set_timeout(2)
    client.open("127.0.0.1", gateway.getsockname()[1])
    client.datagram_socket.bind(("127.0.0.1", 0))
    address = client.datagram_socket.getsockname()
    client.add_mqtt_sn_callback("1", Listener())
    for quality in (0, 1, 2):
        for again in (0, 0x80):
            gateway.sendto(bytes([12, 0x0C, again | quality << 5 | 1, 0, 1, 0, 7 + quality]) + b"value", address)
            time.sleep(0.2)
            client.polling()
        try:
            answer = gateway.recv(64).hex()
        except TimeoutError:
            answer = "no answer"
        print(f"QoS {quality}: heard {Listener.heard} in all, {answer}")
    client.close()

packet = PublishPacket()
packet.set_qos(2)
print("set_qos(2) gives", packet.get_qos())
for letters in (243, 244):
    packet = RegisterPacket()
    packet.set_topic_name("a" * (letters - 2) + "/b")
    octets = packet.encode()
    says = int.from_bytes(octets[1:3], "big") if octets[0] == 1 else octets[0]
    again = RegisterPacket()
    again.decode(octets)
    print(f"REGISTER of {letters} letters: length {says}, octets {len(octets)}, read back ends in {again.get_topic_name()[-4:]}")
PY
tools/bin/python run.py 2>/dev/null | tee seen.txt
cat > wanted.txt <<'TXT'
QoS 0: heard 2 in all, no answer
QoS 1: heard 4 in all, no answer
QoS 2: heard 6 in all, no answer
set_qos(2) gives 1
REGISTER of 243 letters: length 249, octets 249, read back ends in aa/b
REGISTER of 244 letters: length 250, octets 252, read back ends in aaaa
TXT
cmp seen.txt wanted.txt
