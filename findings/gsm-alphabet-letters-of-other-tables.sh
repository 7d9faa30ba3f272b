#!/bin/sh
# PyPI gsm0338 1.1.0 (what pySim and pyosmocom read cards with), gsmcodecs 1.0.0 and pygsm7 1.0.6: the escape of the default alphabet
# before a letter that the default extension table does not have, 1B 61 or 1B 1B.
# A good guess: that is no mistake of the sender: 1B 61 is "á" of the Spanish table (TS 23.038 A.2.2), and whoever does not know that
# table shows the letter of the main one, "a"; for 1B 1B a space stands until there is another table (6.2.1.1). So each row of
# septets has a text, as each row of octets has in latin-1.
# Seen: 1B 61 raises in all three, so the whole text is lost for one letter: UnicodeDecodeError, ValueError in pygsm7. errors="replace" gives U+FFFD
# or "?" for both septets, errors="ignore" nothing: none gives the "a" of the standard. gsmcodecs alone has the space; with the
# Spanish table (gsm23.038-0-2) it reads "á". Whoever reads names of cards or messages needs a handler of errors, or decodes himself.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check gsm0338==1.1.0 gsmcodecs==1.0.0 pygsm7==1.0.6 >/dev/null 2>&1
cat > run.py <<'PY'
import gsm0338, gsmcodecs, pygsm7


def said(read):
    try:
        return ascii(read())
    except ValueError as error:
        return type(error).__name__


for septets in (b"caf\x1be", b"m\x1bas", b"m\x1b\x1bas"):
    bits = sum(septet << 7 * at for at, septet in enumerate(septets))
    packed = bits.to_bytes(-(-7 * len(septets) // 8), "little").hex()
    for name in ("gsm03.38", "gsm23.038-0-0", "gsm23.038-0-2"):
        print(septets.hex(), name, *(said(lambda: septets.decode(name, how)) for how in ("strict", "replace", "ignore")))
    print(septets.hex(), "pygsm7", said(lambda: pygsm7.decode_gsm7(packed, len(septets))))
PY
venv/bin/python run.py | tee seen.txt
cat > wanted.txt <<'TXT'
6361661b65 gsm03.38 'caf\u20ac' 'caf\u20ac' 'caf\u20ac'
6361661b65 gsm23.038-0-0 'caf\u20ac' 'caf\u20ac' 'caf\u20ac'
6361661b65 gsm23.038-0-2 'caf\u20ac' 'caf\u20ac' 'caf\u20ac'
6361661b65 pygsm7 'caf\u20ac'
6d1b6173 gsm03.38 UnicodeDecodeError 'm\ufffds' 'ms'
6d1b6173 gsm23.038-0-0 UnicodeDecodeError 'm?s' 'ms'
6d1b6173 gsm23.038-0-2 'm\xe1s' 'm\xe1s' 'm\xe1s'
6d1b6173 pygsm7 ValueError
6d1b1b6173 gsm03.38 UnicodeDecodeError 'm\ufffdas' 'mas'
6d1b1b6173 gsm23.038-0-0 'm as' 'm as' 'm as'
6d1b1b6173 gsm23.038-0-2 'm as' 'm as' 'm as'
6d1b1b6173 pygsm7 ValueError
TXT
cmp seen.txt wanted.txt
