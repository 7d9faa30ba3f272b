"""Codecs of DM 2.0 and LwM2M beside json and cbor2 alone, and exact sessions a second of each generation."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from time import perf_counter

import cbor2

from bench import Row, pair
from dmkit.dm2.documents import Serialised, read_mos, write_mos
from dmkit.generations.intents import Read
from dmkit.generations.names import GENERATIONS
from dmkit.generations.playing import play_without
from dmkit.lwm2m.entries import Entry
from dmkit.lwm2m.formats import FORMATS, ContentFormat
from dmkit.lwm2m.path import Path

__all__ = ["payloads", "rows"]

MOST = 3.0
"""What a codec with a model may take of what one without it takes."""

_DATA = {f"setting{n}": f"value {n}" for n in range(50)}
_PLACE = Path(33000, 0)
_ENTRIES = [Entry(Path(33000, 0, n), f"value {n}") for n in range(50)]


def _lwm2m(
    row: ContentFormat, name: str, load: Callable[[bytes], object], dump: Callable[[object], bytes]
) -> Iterator[Row]:
    made = row.write(_ENTRIES, _PLACE, None)
    loaded = load(made)
    yield pair(
        f"LwM2M, {name}, 50 values: read / library alone",
        lambda: row.read(made, _PLACE, None),
        lambda: load(made),
        wanted=MOST,
    )
    yield pair(f"LwM2M, {name}, 50 values: write / library alone", lambda: row.write(_ENTRIES, _PLACE, None),
               lambda: dump(loaded), wanted=MOST)  # fmt: skip


def payloads() -> Iterator[Row]:
    """Each codec, fifty values, beside a library that knows no model."""
    mos = [Serialised.of("urn:x:mo:settings:1.0//", _DATA)]
    octets = write_mos(mos)
    plain = [{"ClientURI": "urn:x:mo:settings:1.0//", "MOData": _DATA}]
    yield pair("DM 2.0, 50 values: write / json.dumps", lambda: write_mos(mos), lambda: json.dumps(plain), wanted=MOST)
    yield pair("DM 2.0, 50 values: read / json.loads", lambda: read_mos(octets), lambda: json.loads(octets),
               wanted=MOST)  # fmt: skip
    for number, name, load, dump in (
        (110, "SenML JSON", json.loads, lambda value: json.dumps(value).encode()),
        (112, "SenML CBOR", cbor2.loads, cbor2.dumps),
        (11543, "JSON of 1.0", json.loads, lambda value: json.dumps(value).encode()),
        (11544, "LwM2M CBOR", cbor2.loads, cbor2.dumps),
    ):
        yield from _lwm2m(FORMATS[number], name, load, dump)
    row, senml = FORMATS[11542], FORMATS[112].write(_ENTRIES, _PLACE, None)
    made, records = row.write(_ENTRIES, _PLACE, None), cbor2.loads(senml)
    yield pair("LwM2M, TLV, 50 values: read / cbor2 alone, SenML", lambda: row.read(made, _PLACE, None),
               lambda: cbor2.loads(senml), wanted=MOST)  # fmt: skip
    yield pair("LwM2M, TLV, 50 values: write / cbor2 alone, SenML", lambda: row.write(_ENTRIES, _PLACE, None),
               lambda: cbor2.dumps(records), wanted=MOST)  # fmt: skip


def rows() -> Iterator[Row]:
    yield from payloads()
    for generation in GENERATIONS:
        count, began = 0, perf_counter()
        while perf_counter() - began < 1.0:
            play_without(Read(), generation, 10_000)  # none of that number: the honest run, not remembered
            count += 1
        rate = count / (perf_counter() - began)
        yield Row(f"read a value, {generation}: runs of both engines a second", rate, 0.0, 0.0, "1/s")
