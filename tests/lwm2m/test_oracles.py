"""Other people's codecs beside ours, at night and where a user has them: ``cbor-diag`` (pip), ``lwm2m-codec`` (npm).

DMKIT_LWM2M_CODEC names a folder in which ``npm install lwm2m-codec`` was run.  Each test says what is missing.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from pathlib import Path as File

import pytest

from dmkit.lwm2m.entries import Entry
from dmkit.lwm2m.formats import FORMATS
from dmkit.lwm2m.path import Path
from dmkit.lwm2m.values import Type

pytestmark = pytest.mark.nightly

PLACE = Path(40, 1)


def documents(count=500):
    """Entries with values of many sizes, the same in each run."""
    rng = random.Random(15)
    for _ in range(count):
        size = rng.randint(0, 300)
        kinds = (
            lambda: rng.choice([rng.randint(-(1 << 40), 1 << 40), rng.randint(0, 300)]),
            lambda size=size: "x" * size,
            lambda: "\u00e9\u4e2d",
            lambda: rng.random() * 10 ** rng.randint(-5, 12),
            lambda: rng.random() < 0.5,
            lambda size=size: rng.randbytes(size),
        )
        values = [rng.choice(kinds)() for _ in range(rng.randint(1, 6))]
        yield tuple(Entry(PLACE / n, value) for n, value in enumerate(values))


@pytest.mark.parametrize("number", [112, 11544])
def test_cbor_is_what_another_library_reads_and_writes(number):
    cbor_diag = pytest.importorskip("cbor_diag", reason="pip install cbor-diag")
    for entries in documents():
        octets = FORMATS[number].write(entries, PLACE, None)
        assert cbor_diag.diag2cbor(cbor_diag.cbor2diag(octets)) == octets


SCRIPT = """
const codec = require("lwm2m-codec");
const wanted = JSON.parse(require("fs").readFileSync(0));
console.log(JSON.stringify(wanted.map(([path, data]) => codec.encode("tlv", path, data).toString("hex"))));
"""


def test_tlv_is_what_another_library_writes():
    """Object 3303, whose types that library knows; it wraps an instance, as a read of the object does."""
    folder, node = os.environ.get("DMKIT_LWM2M_CODEC", ""), shutil.which("node")
    if node is None or not File(folder, "node_modules", "lwm2m-codec").is_dir():
        pytest.skip("DMKIT_LWM2M_CODEC names no folder with lwm2m-codec of npm, or there is no node")
    types = {5700: Type.FLOAT, 5701: Type.STRING, 5601: Type.FLOAT}
    rng = random.Random(16)
    wanted = [
        (f"/3303/{rng.randint(0, 300)}", {5601: float(rng.randint(-40, 40)), 5700: float(rng.randint(-99, 99)) / 4,
                                          5701: "C" * rng.randint(1, 200)})
        for _ in range(200)
    ]  # fmt: skip
    run = subprocess.run([node, "-e", SCRIPT], input=json.dumps(wanted), capture_output=True, text=True, cwd=folder,
                         timeout=60, check=True)  # fmt: skip
    for (path, values), theirs in zip(wanted, json.loads(run.stdout), strict=True):
        at = Path.parse(path)
        entries = tuple(Entry(at / number, value) for number, value in values.items())
        assert FORMATS[11542].write(entries, Path(3303), lambda p: types.get(p.resource)).hex() == theirs
