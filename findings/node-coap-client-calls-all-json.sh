#!/bin/sh
# npm node-coap-client 2.1.0: the options of the requests that it sends.
# A good guess: a GET has no payload and so no Content-Format; a PUT of "7" says what the caller says, or nothing (RFC 7252 5.10.3, 5.5.1);
# path and query are percent-decoded alike, each segment after it was cut (6.4), so /a%2Fb is one option "a/b".
# Seen: each request, GET too, carries Content-Format 50 (JSON), and no argument changes it: an LwM2M client that knows its formats
# answers each write 4.15. The query is decoded, the path is not: ä goes out as %C3%A4 there. An empty last segment is dropped: /3/0/ is /3/0.
# For a server that takes any format (Tradfri's gateway speaks JSON) all is well.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null 2>&1
npm install --silent --no-audit --no-fund --ignore-scripts node-coap-client@2.1.0 coap-packet@1.1.1 >/dev/null 2>&1
cat > run.js <<'JS'
const { CoapClient } = require("node-coap-client"), packet = require("coap-packet"), dgram = require("dgram");
const server = dgram.createSocket("udp4");
server.on("message", (octets, from) => {
  const { code, token, messageId, options } = packet.parse(octets);
  console.log(code, ...options.map((one) => `${one.name} ${one.name === "Content-Format" ? one.value.readUIntBE(0, one.value.length) : one.value}`));
  server.send(packet.generate({ code: "2.05", ack: true, token, messageId }), from.port, from.address);
});
server.bind(0, "127.0.0.1", async () => {
  const top = `coap://127.0.0.1:${server.address().port}`, how = { keepAlive: false, retransmit: false };
  await CoapClient.request(top + "/3/0/9", "get", undefined, how);
  await CoapClient.request(top + "/1/0/1", "put", Buffer.from("7"), how);
  await CoapClient.request(top + "/a%2Fb/%C3%A4?ep=x%26y", "get", undefined, how);
  await CoapClient.request(top + "/3/0/", "get", undefined, how);
  process.exit(0);
});
JS
node run.js | tee seen.txt
cat > wanted.txt <<'TXT'
0.01 Uri-Path 3 Uri-Path 0 Uri-Path 9 Content-Format 50
0.03 Uri-Path 1 Uri-Path 0 Uri-Path 1 Content-Format 50
0.01 Uri-Path a%2Fb Uri-Path %C3%A4 Content-Format 50 Uri-Query ep=x&y
0.01 Uri-Path 3 Uri-Path 0 Content-Format 50
TXT
cmp seen.txt wanted.txt
