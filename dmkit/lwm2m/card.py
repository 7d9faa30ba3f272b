"""Bootstrap data of LwM2M in a file of a card: objects in TLV, one behind the other.  [LwM2M TS App G; sheets usim §7]

The card's directory lists the file under 2.23.43.9.1, beside that of DM.  Its content begins with the number of
objects; each is its identifier, the size of what follows, and its instances in TLV.  UNSURE: the sheet knows the count
and a size of two octets; that the identifier has two octets as well is read into it.

>>> from dmkit.lwm2m.store import Store
>>> store = Store.of(STANDARD, {"/1/0/0": 1, "/1/0/1": 300})
>>> octets = write_card_file(store, (1,))
>>> octets.hex(" "), read_card_file(octets) == store
('01 00 01 00 09 07 00 c1 00 01 c2 01 01 2c', True)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from dmkit.lwm2m.definitions import Definition
from dmkit.lwm2m.entries import Entry
from dmkit.lwm2m.formats import FORMATS, TLV
from dmkit.lwm2m.path import Path
from dmkit.lwm2m.standard import STANDARD
from dmkit.lwm2m.store import Store
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError, ConfigError

__all__ = ["LWM2M_BOOTSTRAP", "read_card_file", "write_card_file"]

LWM2M_BOOTSTRAP: Final = "2.23.43.9.1"
"""Identifier of the data object in EF(DODF).  [OMNA]"""
_TLV: Final = FORMATS[TLV]
_LARGEST: Final = 0x7FFF


@asked
def write_card_file(store: Store, objects: Iterable[int] = (0, 1)) -> bytes:
    """The file for ``objects`` of a store: security and servers, if not told.  ConfigError above 32 KB."""
    bodies = []
    for number in objects:
        entries = [Entry(path, value) for path, value in store.get(Path(number)).items()]
        bodies.append((number, _TLV.write(entries, Path(number), store.type_of)))
    size = 1 + sum(4 + len(body) for _, body in bodies)
    if size > _LARGEST or len(bodies) > 255:
        raise ConfigError(
            f"{many(size, 'octet')} of {many(len(bodies), 'object')}; "
            f"a card's file of LwM2M has {_LARGEST} and 255 at most"
        )
    pieces = [number.to_bytes(2, "big") + len(body).to_bytes(2, "big") + body for number, body in bodies]
    return bytes([len(bodies)]) + b"".join(pieces)


@asked
def read_card_file(octets: bytes, definitions: Mapping[int, Definition] = STANDARD) -> Store:
    """The objects of a file; FF behind them is filling.  CodecError for what is none."""
    if not octets:
        raise CodecError("a file of bootstrap data begins with the number of its objects")
    at, store = 1, Store(definitions, {})
    for _ in range(octets[0]):
        if at + 4 > len(octets):
            raise CodecError(
                f"{many(octets[0], 'object is', 'objects are')} announced, and the octets end before", offset=at
            )
        number, size = int.from_bytes(octets[at : at + 2], "big"), int.from_bytes(octets[at + 2 : at + 4], "big")
        body = octets[at + 4 : at + 4 + size]
        if len(body) != size:
            raise CodecError(f"object {number} has {many(size, 'octet')}, and {len(body)} are left", offset=at)
        for entry in _TLV.read(body, Path(number), store.type_of):
            if entry.value is not None:
                store = store.set(entry.path, entry.value)
        at += 4 + size
    if octets[at:].strip(b"\xff"):
        raise CodecError("octets behind the last object", offset=at)
    return store
