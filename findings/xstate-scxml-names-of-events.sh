#!/bin/sh
# npm xstate 4.38.3, toMachine of xstate/lib/scxml (state charts in SCXML), beside npm @scion-scxml/scxml 4.3.27: what event="..." names.
# A good guess: event is a list of descriptors with spaces between, each matches an event whose name begins with its tokens: "error" and
# "error.*" both match error.execution, "error" does not match errors; of several the first in the document is taken (SCXML
# 1.0, 3.12.1 and 3.13). The manual says that it "is compatible" with SCXML.
# Seen: the attribute is taken as one name. "timeout error" matches neither of its two, "error" and "error.*" do not match
# error.execution: the machine stays where it is and says nothing. "*" is right. Where "error" stands before
# error.execution in the document, the second, exact one is taken. scion has all of them right. For xstate write one transition for each
# whole name.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null 2>&1
npm install --silent --no-audit --no-fund --ignore-scripts xstate@4.38.3 xml-js@1.6.11 @scion-scxml/scxml@4.3.27 >/dev/null 2>&1
cat > run.js <<'JS'
const { toMachine } = require("xstate/lib/scxml");
const scion = require("@scion-scxml/scxml");
const CASES = [
  ['<transition event="timeout" target="b"/>', "timeout"], ['<transition event="timeout error" target="b"/>', "error"],
  ['<transition event="error" target="b"/>', "error.execution"], ['<transition event="error.*" target="b"/>', "error.execution"],
  ['<transition event="error" target="b"/>', "errors"], ['<transition event="*" target="b"/>', "error"],
  ['<transition event="error" target="b"/><transition event="error.execution" target="c"/>', "error.execution"],
];
const chart = (transitions) => '<scxml xmlns="http://www.w3.org/2005/07/scxml" version="1.0" initial="a"><state id="a">' +
  `${transitions}</state><state id="b"/><state id="c"/></scxml>`;
const called = (work) => new Promise((done, fail) => work((error, value) => (error ? fail(error) : done(value))));
(async () => {
  for (const [transitions, event] of CASES) {
    const machine = toMachine(chart(transitions), { delimiter: "/" });
    const model = await called((done) => scion.documentStringToModel("sample.scxml", chart(transitions), done));
    const other = new scion.core.Statechart(await called((done) => model.prepare(done)));
    other.start();
    other.gen({ name: event });
    const names = [...transitions.matchAll(/event="([^"]*)"/g)].map((found) => found[1]).join("; ");
    console.log(`[${names}] ${event}: xstate ${machine.transition(machine.initialState, event).value}, scion ${other.getConfiguration()}`);
  }
})();
JS
node run.js 2>/dev/null | tee seen.txt
cat > wanted.txt <<'TXT'
[timeout] timeout: xstate b, scion b
[timeout error] error: xstate a, scion b
[error] error.execution: xstate a, scion b
[error.*] error.execution: xstate a, scion b
[error] errors: xstate a, scion a
[*] error: xstate b, scion b
[error; error.execution] error.execution: xstate c, scion b
TXT
cmp seen.txt wanted.txt
