#!/bin/sh
# npm http-link-header 1.1.4 beside PyPI LinkHeader 0.4.3: links of CoRE (RFC 6690), with an attribute that has no value.
# A good guess: "obs" and other attributes stand without a value (RFC 6690 section 2 and RFC 7641 section 6; RFC 8288 3 allows
# it for HTTP too), so </3/0/9>;obs;ct=50 has obs and ct, and the link behind ;obs, is a link of its own.
# Seen: after a name the next "=" is sought, wherever it is. What lies between becomes part of the name: one attribute "obs;ct", and of
# </3/0/9>;obs,</3/0/13>;ct=0 one link is left, with an attribute of the name "obs,</3/0/13>;ct". No error. obs as the last
# of all is right, so a short test passes. LinkHeader reads all of them.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check LinkHeader==0.4.3 >/dev/null 2>&1
npm init -y >/dev/null 2>&1; npm install --silent --no-audit --no-fund http-link-header@1.1.4 >/dev/null 2>&1
cat > links.txt <<'TXT'
</3/0/9>;obs;ct=50
</3/0/9>;obs,</3/0/13>;ct=0
</3/0>;rt="x";obs
TXT
cat > run.js <<'JS'
const Link = require("http-link-header");
for (const line of require("fs").readFileSync("links.txt", "utf8").trim().split("\n"))
  console.log("http-link-header", JSON.stringify(Link.parse(line).refs.map((ref) => Object.entries(ref))));
JS
cat > run.py <<'PY'
import link_header
for line in open("links.txt"):
    print("LinkHeader", [[link.href, *(tuple(pair) for pair in link.attr_pairs)] for link in link_header.parse(line.strip()).links])
PY
{ node run.js; venv/bin/python run.py; } | tee seen.txt
cat > wanted.txt <<'TXT'
http-link-header [[["uri","/3/0/9"],["obs;ct","50"]]]
http-link-header [[["uri","/3/0/9"],["obs,</3/0/13>;ct","0"]]]
http-link-header [[["uri","/3/0"],["rt","x"],["obs",""]]]
LinkHeader [['/3/0/9', ('obs', None), ('ct', '50')]]
LinkHeader [['/3/0/9', ('obs', None)], ['/3/0/13', ('ct', '0')]]
LinkHeader [['/3/0', ('rt', 'x'), ('obs', None)]]
TXT
cmp seen.txt wanted.txt
