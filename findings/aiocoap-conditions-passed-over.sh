#!/bin/sh
# PyPI aiocoap 0.4.17, a server with a plain resource.Resource: conditions and formats of a CoAP request.
# A good guess: If-Match with an ETag that the resource never had is answered 4.12, If-None-Match on a resource that
# exists too, an Accept that nobody can serve 4.06, and a critical option nobody knows 4.02 (RFC 7252 5.4.1, 5.10).
# Seen: the resource's method is called as if none of the four were there, and answers success.  Who serves LwM2M with
# it checks these options before anything else.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check aiocoap==0.4.17 >/dev/null 2>&1
cat > run.py <<'PY'
import asyncio, socket
import aiocoap, aiocoap.resource
from aiocoap.numbers import OptionNumber
from aiocoap.optiontypes import OpaqueOption

class Setting(aiocoap.resource.Resource):
    async def render_get(self, request):
        return aiocoap.Message(payload=b"1")
    async def render_put(self, request):
        return aiocoap.Message(code=aiocoap.CHANGED)

async def main():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    site = aiocoap.resource.Site()
    site.add_resource(["setting"], Setting())
    server = await aiocoap.Context.create_server_context(site, bind=("127.0.0.1", port))
    client = await aiocoap.Context.create_client_context()
    async def ask(name, code, **options):
        request = aiocoap.Message(code=code, uri=f"coap://127.0.0.1:{port}/setting")
        for option, value in options.items():
            setattr(request.opt, option, value)
        if name == "unknown critical":
            request.opt.add_option(OpaqueOption(OptionNumber(65001), b"x"))
        answer = await asyncio.wait_for(client.request(request).response, 10)
        print(name, answer.code.dotted)
    await ask("if-match", aiocoap.PUT, if_match=[b"never"])
    await ask("if-none-match", aiocoap.PUT, if_none_match=True)
    await ask("accept", aiocoap.GET, accept=65000)
    await ask("unknown critical", aiocoap.GET)
    await client.shutdown()
    await server.shutdown()

asyncio.run(main())
PY
venv/bin/python run.py | tee seen.txt
cat > wanted.txt <<'TXT'
if-match 2.04
if-none-match 2.04
accept 2.05
unknown critical 2.05
TXT
cmp seen.txt wanted.txt
