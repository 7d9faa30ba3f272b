#!/bin/sh
# npm @nordicsemiconductor/lwm2m-types 2.7.0, the JSON schema of the objects of OMA's registry: resources that are links.
# A good guess: an object link is two numbers with a colon, "66:0" (LwM2M Core 1.1.1 annex C, Objlnk), as ExtDevInfo (3/22)
# has it; a core link is one of RFC 6690, where numbers need no quotes: </3/0>;ver=1.1 is LwM2M's own form.
# Seen: the pattern of each object link is ^dd:dd$, the letters d without their backslash, so "66:0" and all other links are refused and the text
# "dd:dd" alone is right: validate() turns a whole document down in which a device names one. Core links pass only with
# a path behind the slash and with each value in quotes, so </> and ver=1.1 are refused. Numbers and texts of the same object pass.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null 2>&1
npm install --silent --no-audit --no-fund @nordicsemiconductor/lwm2m-types@2.7.0 ajv@8.12.0 >/dev/null 2>&1
cat > run.js <<'JS'
const Ajv = require("ajv"), fs = require("fs");
const schema = JSON.parse(fs.readFileSync("node_modules/@nordicsemiconductor/lwm2m-types/LwM2MDocument.schema.json", "utf8"));
const check = new Ajv({ strict: false }).compile(schema);
const device = { 0: "Maker", 11: [0], 16: "U" };
for (const links of [[], ["66:0"], ["4:1", "7:0"], ["65535:65535"], ["dd:dd"]]) {
  const good = check({ "3:1.2@1.1": links.length ? { ...device, 22: links } : device });
  console.log(JSON.stringify(links), good ? "passes" : `${check.errors[0].instancePath} ${check.errors[0].message}`);
}
const walk = (one) => [one.pattern, ...Object.values(one).filter((it) => it instanceof Object).flatMap(walk)];
const patterns = walk(schema).filter((it) => typeof it === "string");
for (const pattern of new Set(patterns)) console.log(pattern, patterns.filter((it) => it === pattern).length);
const core = new RegExp([...patterns].find((it) => it.includes("</")));
for (const link of ["</3/0>", '</3/0>;ver="1.1"', "</3/0>;ver=1.1", "</>"]) console.log(link, core.test(link));
JS
node run.js | tee seen.txt
cat > wanted.txt <<'TXT'
[] passes
["66:0"] /3:1.2@1.1/22/0 must match pattern "^dd:dd$"
["4:1","7:0"] /3:1.2@1.1/22/0 must match pattern "^dd:dd$"
["65535:65535"] /3:1.2@1.1/22/0 must match pattern "^dd:dd$"
["dd:dd"] passes
^dd:dd$ 65
^</[^>]+>(;[^=]+="[^"]+")*$ 20
</3/0> true
</3/0>;ver="1.1" true
</3/0>;ver=1.1 false
</> false
TXT
cmp seen.txt wanted.txt
