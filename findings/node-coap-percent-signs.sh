#!/bin/sh
# npm coap 1.5.0 (node-coap), a path and a query with percent-encoded letters.
# A good guess: RFC 7252 6.4 decodes each segment after it was cut, so /a%2Fb is one Uri-Path option with the three octets
# "a/b", and ep=a%26b one Uri-Query with "a&b"; that is how an endpoint name with "&" or "/" is sent.
# Seen: nothing is decoded when it is sent, nor encoded when it is received: the options hold "a%2Fb" and "ep=a%26b", and a
# server gives such a text as its url. Two sides of node-coap agree with each other; a peer that follows the RFC
# sees another resource and another endpoint name. An empty segment (/3//0) is dropped.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null 2>&1
npm install --silent --no-audit --no-fund coap@1.5.0 >/dev/null 2>&1
cat > run.js <<'JS'
const dgram = require("dgram");
const coap = require("coap");
const { parse, generate } = require("coap-packet");
const wanted = [{ pathname: "/a%2Fb" }, { pathname: "/rd", query: "ep=a%26b&lt=60" }, { pathname: "/3//0" }];
const server = dgram.createSocket("udp4");
server.on("message", (octets, from) => {
  const packet = parse(octets);
  console.log(packet.options.map((option) => `${option.name}=${option.value}`).join(" "));
  server.send(generate({ ack: true, code: "2.05", messageId: packet.messageId, token: packet.token }), from.port, from.address);
});
server.bind(0, "127.0.0.1", () => next());
function next() {
  if (!wanted.length) return process.exit(0);
  const request = coap.request({ host: "127.0.0.1", port: server.address().port, ...wanted.shift() });
  request.on("response", () => setTimeout(next, 50));
  request.end();
}
JS
node run.js | tee seen.txt
cat > wanted.txt <<'TXT'
Uri-Path=a%2Fb
Uri-Path=rd Uri-Query=ep=a%26b Uri-Query=lt=60
Uri-Path=3 Uri-Path=0
TXT
cmp seen.txt wanted.txt
