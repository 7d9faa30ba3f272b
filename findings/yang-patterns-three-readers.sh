#!/bin/sh
# PyPI pyangbind 0.8.7, yanglint of libyang 2.1.30 (Debian 12) and PyPI yangson 1.7.9: the pattern of a YANG string, read three ways.
# A good guess: a pattern is a regular expression of XML Schema (RFC 7950 9.4.5; XSD part 2, appendix F): it is for the whole value, ^ and $
# are letters, [a-z-[aeiou]] takes a class from a class, \i\c* is an XML name, \w has no "_" (it is punctuation), and a validator of
# YANG reads what the standard has, or refuses the module.
# Seen: pyangbind puts ^ and $ around the pattern as it stands, so "up|down" also takes "upper"; ^ and $ are anchors; subtraction refuses all
# consonants without a word; \i is an error of its regular expressions. libyang has choice, ^ and $ right, refuses what subtraction
# should take, does not load a module with \i, and takes "_" for \w. yangson has all but \w, which is right within brackets alone.
# All three agree on brackets round a choice, plain classes and counts: a module that many shall read has no more than those.
set -eu
folder=$(mktemp -d); chmod 755 "$folder"; trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv tools
tools/bin/pip install -q --disable-pip-version-check pyangbind==0.8.7 yangson==1.7.9 >/dev/null 2>&1
apt-get download -qq 'libyang2=2.1.30*' 'libyang2-tools=2.1.30*' libpcre2-8-0 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" tree; done
LD_LIBRARY_PATH=$PWD/$(dirname "$(find tree -name 'libyang.so.2' | head -n 1)"); export LD_LIBRARY_PATH
cat > run.py <<'PY'
import json, subprocess
from pyangbind.lib.yangtypes import RestrictedClassType
from yangson import DataModel
from yangson.exceptions import YangsonException

CASES = (
    ("(up|down)", "up"), ("(up|down)", "upper"), ("up|down", "up"), ("up|down", "upper"), ("up|down", "down"), ("\\$[a-z]+|a^b", "a^b"),
    ("[0-9]+$", "7$"), ("[a-z-[aeiou]]+", "bcd"), ("[a-z-[aeiou]]+", "bad"), ("\\i\\c*", "node1"), ("\\w+", "a_b"), ("[\\w]+", "a_b"),
    ("[a-z]{2,3}[.0-9]+", "ab1.2"),
)
LIBRARY = {"ietf-yang-library:modules-state": {"module-set-id": "1", "module": [
    {"name": "sample", "revision": "", "namespace": "urn:sample", "conformance-type": "implement"}]}}

def module(pattern):
    with open("sample.yang", "w") as file:
        file.write("module sample { namespace 'urn:sample'; prefix s; leaf state { type string { pattern '" + pattern + "'; } } }")

def with_yangson(value):
    try:
        DataModel(json.dumps(LIBRARY), (".",)).from_raw({"sample:state": value}).validate()
    except YangsonException:
        return "no"
    return "yes"

def with_libyang(value):
    with open("sample.json", "w") as file:
        json.dump({"sample:state": value}, file)
    ran = subprocess.run(["tree/usr/bin/yanglint", "sample.yang", "sample.json"], capture_output=True, text=True)
    return "yes" if not ran.returncode else "does not load" if "is not valid" in ran.stderr else "no"

def with_pyangbind(pattern, value):
    try:
        RestrictedClassType(base_type=str, restriction_dict={"pattern": pattern})(value)
    except ValueError:
        return "no"
    except Exception as error:
        return type(error).__name__
    return "yes"

for pattern, value in CASES:
    module(pattern)
    print(f"{pattern:18} {value:9} yangson {with_yangson(value):4} libyang {with_libyang(value):14} pyangbind {with_pyangbind(pattern, value)}")
PY
tools/bin/python run.py 2>/dev/null | tee seen.txt
cat > wanted.txt <<'TXT'
(up|down)          up        yangson yes  libyang yes            pyangbind yes
(up|down)          upper     yangson no   libyang no             pyangbind no
up|down            up        yangson yes  libyang yes            pyangbind yes
up|down            upper     yangson no   libyang no             pyangbind yes
up|down            down      yangson yes  libyang yes            pyangbind yes
\$[a-z]+|a^b       a^b       yangson yes  libyang yes            pyangbind no
[0-9]+$            7$        yangson yes  libyang yes            pyangbind no
[a-z-[aeiou]]+     bcd       yangson yes  libyang no             pyangbind no
[a-z-[aeiou]]+     bad       yangson no   libyang no             pyangbind no
\i\c*              node1     yangson yes  libyang does not load  pyangbind error
\w+                a_b       yangson yes  libyang yes            pyangbind yes
[\w]+              a_b       yangson no   libyang yes            pyangbind yes
[a-z]{2,3}[.0-9]+  ab1.2     yangson yes  libyang yes            pyangbind yes
TXT
cmp seen.txt wanted.txt
