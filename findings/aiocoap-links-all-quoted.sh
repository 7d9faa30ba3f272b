#!/bin/sh
# PyPI aiocoap 0.4.17 with LinkHeader 0.4.3, aiocoap.util.linkformat: the links of an LwM2M registration read and written.
# A good guess: what was read is written as it was: numbers bare, as RFC 6690 section 2 has them for sz (a cardinal) and
# LwM2M for ver, dim, pmin, lt; an extended value (title*) never in quotes (RFC 5987 3.2.1).
# Seen: every value is put in quotes, so ct=11542, ver=1.1, dim=2 and pmin=10 become ct="11542" and so on, which the
# grammar of LwM2M does not have, and title*=UTF-8''... becomes a quoted string. LinkHeader, which it is made from, writes
# bare what needs no quotes. A client that registers with links of this writer depends on a tolerant server.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check aiocoap==0.4.17 LinkHeader==0.4.3 >/dev/null 2>&1
cat > run.py <<'PY'
import link_header
from aiocoap.util import linkformat

for text in ('</>;rt="oma.lwm2m";ct=11542', "</3303/0>;dim=2;ver=1.1;pmin=10", "</a>;sz=5;title*=UTF-8''M%C3%B6we"):
    print("aiocoap   ", linkformat.parse(text))
    print("LinkHeader", str(link_header.parse(text)).replace("; ", ";"))
PY
venv/bin/python run.py | tee seen.txt
cat > wanted.txt <<'TXT'
aiocoap    </>;rt="oma.lwm2m";ct="11542"
LinkHeader </>;rt=oma.lwm2m;ct=11542
aiocoap    </3303/0>;dim="2";ver="1.1";pmin="10"
LinkHeader </3303/0>;dim=2;ver=1.1;pmin=10
aiocoap    </a>;sz="5";title*="UTF-8''M%C3%B6we"
LinkHeader </a>;sz=5;title*=UTF-8''M%C3%B6we
TXT
cmp seen.txt wanted.txt
