"""Synthetic cards that the tests write, read, mutate and compare."""

from __future__ import annotations

from dataclasses import replace

import dmkit as dm
from dmkit.card.files import Ef
from dmkit.card.images.image import FileImage, of_card, template
from dmkit.card.memory import Stored


def with_unknown(card):
    """The card with files that no table knows: transparent, records of either kind, one that is deactivated."""
    rows = {
        (0x2F99,): (Ef(0x2F99, "EF.OWN", 5, sfi=0x11), (b"\x00\xff\x01\xfe\x80",)),
        (0x7F10, 0x6F98): (Ef(0x6F98, "EF.ROWS", 3, records=2), (b"abc", b"\xff\xff\xff")),
        (0x7F10, 0x6F97): (Ef(0x6F97, "EF.RING", 2, records=3, structure="cyclic"), (b"xy", b"\0\0", b"\xff\xff")),
    }
    files = {path: Stored(row, content, active=path != (0x7F10, 0x6F97)) for path, (row, content) in rows.items()}
    card.state = card.state.with_memory(replace(card.memory, files={**card.memory.files, **files}))
    return card


CARDS = {
    "usim": lambda: dm.Usim.example(b"a document" * 90, private=True, pin_enabled=True),
    "sim": lambda: dm.Usim.example(b"a document", medium="sim", imsi="262011106487504"),
    "wim": lambda: dm.Usim.example(b"x", medium="wim", iccid="8999901000000000002"),
    "unknown": lambda: with_unknown(dm.Usim.example()),
}


def image(name):
    return of_card(CARDS[name]())


def data_objects():
    """A file of data objects, which only dumps can carry."""
    content = (bytes.fromhex("800161"), bytes.fromhex("9f1f0162"))
    return FileImage(("MF", "EF.OBJECTS"), template("ber-tlv", 0x2F77, content), content)
