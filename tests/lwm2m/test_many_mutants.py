"""20,000 mutants of every encoding of DM 2.0 and LwM2M: nothing but CodecError.  In full at night, a sample always."""

from __future__ import annotations

import random

import pytest

from dmkit.dm2 import documents, notification
from dmkit.dm2.commands import Command
from dmkit.lwm2m import coap, links
from dmkit.lwm2m.entries import Entry
from dmkit.lwm2m.formats import FORMATS
from dmkit.lwm2m.path import Path
from dmkit.words.errors import CodecError

PLACE = Path(3, 0)
ENTRIES = [Entry(Path(3, 0, 0), "Open Mobile Alliance"), Entry(Path(3, 0, 9), 95), Entry(Path(3, 0, 1), "M1")]
MANY = [
    *ENTRIES, Entry(Path(3, 0, 11, 0), 0), Entry(Path(3, 0, 11, 7), 2), Entry(Path(3, 0, 13), 1_700_000_000),
    Entry(Path(3, 0, 14), "+01:00"),
]  # fmt: skip
MOS = [documents.Serialised.of("urn:x:mo:s:1.0//", {"a": "b", "c": {"d": 3}})]
REQUEST = documents.Request((Command.of("GET", "urn:x:mo:s:1.0//a"), Command.of("END")))

READERS = {
    "tlv": (FORMATS[11542].write(ENTRIES, PLACE, None), lambda d: FORMATS[11542].read(d, PLACE, None)),
    "senml json": (FORMATS[110].write(ENTRIES, PLACE, None), lambda d: FORMATS[110].read(d, PLACE, None)),
    "senml cbor": (FORMATS[112].write(ENTRIES, PLACE, None), lambda d: FORMATS[112].read(d, PLACE, None)),
    "json of 1.0": (FORMATS[11543].write(ENTRIES, PLACE, None), lambda d: FORMATS[11543].read(d, PLACE, None)),
    "lwm2m cbor": (FORMATS[11544].write(ENTRIES, PLACE, None), lambda d: FORMATS[11544].read(d, PLACE, None)),
    "cbor of one value": (
        FORMATS[60].write([ENTRIES[0]], Path(3, 0, 0), None),
        lambda d: FORMATS[60].read(d, Path(3, 0, 0), None),
    ),
    "tlv, whole": (FORMATS[11542].write(MANY, PLACE, None), lambda d: FORMATS[11542].read(d, PLACE, None)),
    "senml json, whole": (FORMATS[110].write(MANY, PLACE, None), lambda d: FORMATS[110].read(d, PLACE, None)),
    "senml cbor, whole": (FORMATS[112].write(MANY, PLACE, None), lambda d: FORMATS[112].read(d, PLACE, None)),
    "json of 1.0, whole": (FORMATS[11543].write(MANY, PLACE, None), lambda d: FORMATS[11543].read(d, PLACE, None)),
    "lwm2m cbor, whole": (FORMATS[11544].write(MANY, PLACE, None), lambda d: FORMATS[11544].read(d, PLACE, None)),
    "links": (b'</>;rt="oma.lwm2m";ct=110,</1>;ver=1.1,</1/0>', lambda d: links.read_links(d.decode("latin-1"))),
    "coap": (coap.encode(coap.Message.request("PUT", "/3/0/13", b"7", format=0, token=b"ab")), coap.decode),
    "package 2": (documents.write(REQUEST), lambda d: documents.read(d, documents.REQUEST)),
    "objects": (documents.write_mos(MOS), documents.read_mos),
    "notification": (
        notification.encode(notification.Notification("dmkit", notification_id=7), secret=b"s", data=b"d"),
        notification.decode,
    ),
}


def attacked(name, count):
    """How many of ``count`` mutants were read, and how many refused."""
    octets, read = READERS[name]
    rng, good, bad = random.Random(name), 0, 0
    for _ in range(count):
        mutant = bytearray(octets)
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(mutant) + 1)
            mutant[at : at + rng.randint(0, 2)] = rng.randbytes(rng.randint(0, 2))
        try:
            read(bytes(mutant))
            good += 1
        except CodecError:
            bad += 1
    return good, bad


@pytest.mark.parametrize("name", READERS)
def test_what_is_not_changed_is_read(name):
    octets, read = READERS[name]
    assert read(octets) is not None


@pytest.mark.parametrize("name", READERS)
def test_a_sample_of_mutants_raises_codec_errors_only(name):
    good, bad = attacked(name, 300)
    assert good + bad == 300 and bad > 30, "most are refused, or this would test nothing"


@pytest.mark.nightly
@pytest.mark.parametrize("name", READERS)
def test_twenty_thousand_mutants_raise_codec_errors_only(name):
    assert sum(attacked(name, 20_000)) == 20_000
