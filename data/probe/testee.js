// A testee on a pipe, in 30 lines: frames of four octets of length (most significant first) and so many octets.
// A request is one octet of operation and data: n (name), d (WBXML to XML), e (XML to WBXML).
// An answer begins with + and the result, with - and a reason (the document is refused), or is ? (not supported).
// Put your codec in place of the two functions; run it with: dmkit probe codec "node data/probe/testee.js"
"use strict";

const NAME = "example in JavaScript";
const decode = null; // (Buffer of WBXML) => Buffer of XML; throws an Error for what is no document
const encode = null; // (Buffer of XML) => Buffer of WBXML

function answer(operation, data) {
  if (operation === "n") return Buffer.from("+" + NAME);
  const codec = { d: decode, e: encode }[operation];
  if (!codec) return Buffer.from("?");
  try {
    return Buffer.concat([Buffer.from("+"), codec(data)]);
  } catch (error) {
    return Buffer.from("-" + error.message);
  }
}

let heard = Buffer.alloc(0);
process.stdin.on("data", (piece) => {
  heard = Buffer.concat([heard, piece]);
  while (heard.length >= 4 && heard.length >= 4 + heard.readUInt32BE(0)) {
    const end = 4 + heard.readUInt32BE(0);
    const said = answer(String.fromCharCode(heard[4]), heard.subarray(5, end));
    const head = Buffer.alloc(4);
    head.writeUInt32BE(said.length);
    process.stdout.write(Buffer.concat([head, said]));
    heard = heard.subarray(end);
  }
});
