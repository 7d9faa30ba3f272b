#!/bin/sh
# PyPI kpn-senml 1.0.1 and its child micropython-senml 0.1.1 (the senml of MicroPython): a base sum in CBOR, and what reading keeps.
# A good guess: labels are those of RFC 8428 section 6, where the base sum (bs) is -6; a pack that is read has its times, units and
# sums, and base time and base sum are added to them (4.1), as the base value is.
# Seen: bs is written and looked for under -16, a number of no field: a reader that follows the RFC leaves it out and shows
# the meter 100 too low, and a base sum under -6 is not known here. JSON is right, so a test in JSON does not find it. Reading
# keeps name and value alone: t, bt, u, ut and s are dropped without a word (base_time stays None), and a record whose name is all
# in bn, which LwM2M uses, is a KeyError.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
for package in kpn-senml==1.0.1 micropython-senml==0.1.1; do
  python3 -m venv "${package%%=*}"
  "${package%%=*}/bin/pip" install -q --disable-pip-version-check "$package" cbor2==6.3.0 >/dev/null 2>&1
done
cat > run.py <<'PY'
import cbor2
try:
    from kpn_senml import SenmlPack, SenmlRecord
except ImportError:
    from senml import SenmlPack, SenmlRecord
pack = SenmlPack("meter/")
pack.base_sum = 100
pack.add(SenmlRecord("energy", sum=130))
print(cbor2.loads(pack.to_cbor()), pack.to_json())
for text in (
    '[{"bn":"meter/","bt":1700000000,"bv":20,"n":"a","u":"Cel","v":1,"t":5},{"n":"b","u":"J","s":3}]', '[{"bn":"/3/0/9","v":1}]',
):
    pack = SenmlPack("meter/")
    try:
        pack.from_json(text)
        for record in pack._data:
            print(record.name, record.value, record.unit, record.time, record.sum, "base", pack.base_value, pack.base_time)
    except KeyError as error:
        print("KeyError", error)
PY
for name in kpn-senml micropython-senml; do echo $name; $name/bin/python run.py; done | tee seen.txt
cat > wanted.txt <<'TXT'
kpn-senml
[{0: 'energy', 5: 30, -2: 'meter/', -16: 100}] [{"n": "energy", "s": 30, "bn": "meter/", "bs": 100}]
a 21 None None None base 20 None
b None None None None base 20 None
KeyError 'n'
micropython-senml
[{0: 'energy', 5: 30, -2: 'meter/', -16: 100}] [{"n": "energy", "s": 30, "bn": "meter/", "bs": 100}]
a 21 None None None base 20 None
b None None None None base 20 None
KeyError 'n'
TXT
cmp seen.txt wanted.txt
