#!/bin/sh
# PyPI PyScep 0.0.14, a client of SCEP: a server that says SCEPStandard, and one that takes requests by GET.
# A good guess: a server of RFC 8894 needs say no more than SCEPStandard, which "implies" AES, POSTPKIOperation and SHA-256 (3.5.2), and the
# library has that word in its list of capabilities; without POSTPKIOperation the request goes by GET, its message in base64 (4.1).
# Seen: the word is read and nothing follows from it: the envelope is made for 3DES, the digest is MD5, and the way is GET, all of which
# such a server may refuse; a server that lists its capabilities one by one, as older ones do, gets AES and SHA-256. GET itself is an
# AttributeError ('bytes' object has no attribute 'encode'), so a server that says only SCEPStandard cannot be used at all.
# Names are compared without regard to case and lines may end in CR LF; those are right.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv tools
tools/bin/pip install -q --disable-pip-version-check PyScep==0.0.14 \
  requests==2.32.5 asn1crypto==1.5.1 cryptography==44.0.3 six==1.17.0 >/dev/null 2>&1
cat > run.py <<'PY'
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from unittest.mock import MagicMock

for name in ("oscrypto", "oscrypto.asymmetric", "oscrypto.keys", "oscrypto.symmetric", "oscrypto.util", "certbuilder", "csrbuilder"):
    sys.modules[name] = MagicMock()  # none plays a part here, and oscrypto does not know each OpenSSL
from scep.Client.client import Client

class Server(BaseHTTPRequestHandler):
    says = b""
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(Server.says if "GetCACaps" in self.path else b"")
    do_POST = do_GET
    def log_message(self, *_):
        pass

server = HTTPServer(("127.0.0.1", 0), Server)
Thread(target=server.serve_forever, daemon=True).start()
client = Client(f"http://127.0.0.1:{server.server_port}/scep")
for says in ("SCEPStandard", "AES\r\npostpkioperation\r\nSHA-256\r\n", "AES\nSHA-256\n"):
    Server.says = says.encode()
    able = client.get_ca_capabilities()
    try:
        way = client._Client__pki_operation(b"a message", able).request.method
    except AttributeError as error:
        way = f"GET: {error}"
    print(says.split(), able.strongest_cipher(), able.strongest_message_digest(), way)
PY
tools/bin/python run.py 2>/dev/null | tee seen.txt
cat > wanted.txt <<'TXT'
['SCEPStandard'] 3des md5 GET: 'bytes' object has no attribute 'encode'
['AES', 'postpkioperation', 'SHA-256'] aes256 sha256 POST
['AES', 'SHA-256'] aes256 sha256 GET: 'bytes' object has no attribute 'encode'
TXT
cmp seen.txt wanted.txt
