#!/bin/sh
# npm lwm2m-node-lib 1.4.0 (server), what a device gets for a write of one resource and for an execute.
# A good guess: text is written as text/plain (0) or as LwM2M TLV (11542), the two that each client of LwM2M 1.0 reads, and an execute
# without arguments has no payload and so no Content-Format.
# Seen: both carry Content-Format 1541, "lightweightm2m/text" in the library's own table, a number that drafts of 2013 used and that was
# never registered. A client that knows its formats answers 4.15, as RFC 7252 5.10.3 has it. LWM2M_WRITE_FORMAT=text/plain
# in the environment (or writeFormat in the configuration) makes it a write that clients take. A read has no Accept, which is right.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null 2>&1; npm install --silent --no-audit --no-fund lwm2m-node-lib@1.4.0 coap-packet@1.1.1 >/dev/null 2>&1
cat > run.js <<'JS'
const server = require("lwm2m-node-lib").server, packet = require("coap-packet"), dgram = require("dgram");
const PORT = 20000 + (process.pid % 20000);
const config = { logLevel: "FATAL", port: PORT, ipProtocol: "udp4", serverProtocol: "udp4", lifetimeCheckInterval: 100000,
  udpWindow: 100, defaultType: "Device", types: [{ name: "Device", url: "/" }] };
if (process.argv[2]) config.writeFormat = process.argv[2];
const device = dgram.createSocket("udp4");
const option = (name, value) => ({ name, value: Buffer.from(value) });
const formats = { "0.02": "2.04", "0.03": "2.04", "0.01": "2.05" };
let heard;
const ask = (call) => new Promise((done) => call((error) => done(error ? error.name : "done")));
async function play() {
  for (const [name, call] of [
    ["write", (done) => server.write(1, 1, 0, 1, "60", done)], ["execute", (done) => server.execute(1, 1, 0, 8, "", done)],
    ["read", (done) => server.read(1, 1, 0, 1, done)],
  ]) {
    const end = await ask(call);
    const format = heard.options.filter((one) => !one.name.startsWith("Uri-")).map((one) =>
      `${one.name} ${one.value.length ? parseInt(one.value.toString("hex"), 16) : 0}`);
    console.log(name, format.join(", ") || "no format", end);
  }
  process.exit(0);
}
device.on("message", (octets, from) => {
  const message = packet.parse(octets);
  if (message.code === "2.01") return void play();
  if (!(message.code in formats)) return;
  heard = message;
  device.send(packet.generate({ code: formats[message.code], ack: message.confirmable, messageId: message.messageId,
    token: message.token, payload: Buffer.from(message.code === "0.01" ? "60" : "") }), from.port, from.address);
});
server.start(config, (error, started) => {
  if (error) throw error;
  server.setHandler(started, "registration", (...given) => given.pop()());
  device.send(packet.generate({ code: "0.02", confirmable: true, messageId: 7, token: Buffer.from([1]), options: [
    option("Uri-Path", "rd"), option("Content-Format", [40]), option("Uri-Query", "ep=one"), option("Uri-Query", "lt=60"),
  ], payload: Buffer.from("</1/0>,</3/0>") }), PORT, "127.0.0.1");
});
JS
{ node --no-warnings run.js; echo "writeFormat text/plain"; node --no-warnings run.js text/plain; } | tee seen.txt
cat > wanted.txt <<'TXT'
write Content-Format 1541 done
execute Content-Format 1541 done
read no format done
writeFormat text/plain
write Content-Format 0 done
execute Content-Format 0 done
read no format done
TXT
cmp seen.txt wanted.txt
