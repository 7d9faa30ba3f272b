#!/bin/sh
# PyPI ncclient 0.7.1, the reader of NETCONF sessions over SSH: where a message of a device is cut.
# A good guess: chunks are octets and may end anywhere, also inside a letter (RFC 6242 4.2: chunk-data is 1*OCTET, "chunk-size" counts
# octets), and what one read of a socket brings ends anywhere too; so both are put together first and UTF-8 is read from the whole.
# Seen: each chunk is decoded alone: a device that cuts its answer every so many octets, and has one letter beyond ASCII where it cuts
# (a place or a name in a description), is answered with UnicodeDecodeError, which ends the session. With :base:1.0 it is each read
# from the socket, so the same answer fails or not as the network has it. Reads that end inside a letter are right with
# :base:1.1. netconf-client 3.6.0 takes all of them.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv tools
tools/bin/pip install -q --disable-pip-version-check ncclient==0.7.1 netconf-client==3.6.0 >/dev/null 2>&1
cat > run.py <<'PY'
from io import BytesIO
from types import SimpleNamespace
from ncclient.transport.parser import DefaultXMLParser
from ncclient.transport.session import NetconfBase
from netconf_client.parser import parse_messages

def ncclient(base, *reads):
    got = []
    session = SimpleNamespace(_buffer=BytesIO(), _base=base, _message_list=[], _dispatch_message=got.append, host="", session_id=1)
    session.parser = DefaultXMLParser(session)
    try:
        for octets in reads:
            session.parser.parse(octets)
    except UnicodeDecodeError as error:
        return f"UnicodeDecodeError: {error.reason}"
    return got

class Socket:
    def __init__(self, *reads):
        self.reads = list(reads)
    def recv(self, size):
        return self.reads.pop(0) if self.reads else b""

def other(base, *reads):
    mode = "1.1" if base == NetconfBase.BASE_11 else "1.0"
    return [message.decode() for message in parse_messages(Socket(*reads), mode) if message][:1]

reply = "<rpc-reply><location>Köln</location></rpc-reply>".encode()
cut = reply.index("ö".encode()) + 1
one = b"\n#%d\n" % len(reply) + reply + b"\n##\n"
two = b"\n#%d\n" % cut + reply[:cut] + b"\n#%d\n" % (len(reply) - cut) + reply[cut:] + b"\n##\n"
middle = one.index("ö".encode()) + 1
for name, base, *reads in (
    ("1.1, one chunk", NetconfBase.BASE_11, one), ("1.1, one chunk in two reads", NetconfBase.BASE_11, one[:middle], one[middle:]),
    ("1.1, two chunks", NetconfBase.BASE_11, two), ("1.0, one read", NetconfBase.BASE_10, reply + b"]]>]]>"),
    ("1.0, two reads", NetconfBase.BASE_10, reply[:cut], reply[cut:] + b"]]>]]>"),
):
    told = ["right" if got == [reply.decode()] else got for got in (ncclient(base, *reads), other(base, *reads))]
    print(f"{name}: ncclient {told[0]}, netconf-client {told[1]}")
PY
tools/bin/python run.py | tee seen.txt
cat > wanted.txt <<'TXT'
1.1, one chunk: ncclient right, netconf-client right
1.1, one chunk in two reads: ncclient right, netconf-client right
1.1, two chunks: ncclient UnicodeDecodeError: unexpected end of data, netconf-client right
1.0, one read: ncclient right, netconf-client right
1.0, two reads: ncclient UnicodeDecodeError: unexpected end of data, netconf-client right
TXT
cmp seen.txt wanted.txt
