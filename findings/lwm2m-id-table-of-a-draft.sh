#!/bin/sh
# npm lwm2m-id 1.6.4, the table of objects and resources below coap-node and smartobject: which LwM2M it is of.
# A good guess: the definitions are those of LwM2M 1.0: firmware State is 0 (idle) to 3 (updating) and starts at 0, Update Result
# is 0 to 9 (7 a bad URI, 8 failed, 9 a protocol that is not known), a binding is one of U, UQ, S, SQ, US, UQS.
# Seen: State starts at 1, which was idle in drafts and has been "downloading" since, so a fresh client tells a server of 1.0
# that it downloads; Update Result ends at 6; the first binding is "TCP", which is none in any version.
# Resources that came with 1.0 (firmware 5/8 and 5/9, device 3/22, security 0/12) have no name.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null 2>&1; npm install --silent --no-audit --no-fund lwm2m-id@1.6.4 >/dev/null 2>&1
cat > run.js <<'JS'
const table = require("lwm2m-id");
for (const [object, resource] of [[5, 3], [5, 5], [1, 7]]) {
  const seen = table.getRdef(object, resource);
  console.log(`${object}/${resource}`, table.getRid(object, resource).key, "up to", seen.range, "starts at", seen.init);
}
for (const [object, resource] of [[5, 8], [5, 9], [3, 22], [0, 12], [5, 7]])
  console.log(`${object}/${resource}`, (table.getRid(object, resource) || { key: "no name" }).key);
JS
node run.js | tee seen.txt
cat > wanted.txt <<'TXT'
5/3 state up to 3 starts at 1
5/5 updateResult up to 6 starts at 0
1/7 binding up to null starts at TCP
5/8 no name
5/9 no name
3/22 no name
0/12 no name
5/7 pkgVer
TXT
cmp seen.txt wanted.txt
