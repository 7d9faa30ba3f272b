"""Bootstrap data of LwM2M on a card: written, read, mutated; and over the PKCS#15 reader."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest

from dmkit.bootstrap.card_reading import read
from dmkit.card.card import Usim
from dmkit.card.pkcs15 import DataObject
from dmkit.card.terminal import run
from dmkit.lwm2m.card import LWM2M_BOOTSTRAP, read_card_file, write_card_file
from dmkit.lwm2m.store import STANDARD, Store
from dmkit.words.errors import CodecError, ConfigError

STORE = Store.of(STANDARD, {"/0/0/0": "coaps://a.example", "/0/0/1": True, "/0/1/0": "coaps://b.example",
                            "/0/1/10": 7, "/1/0/0": 7, "/1/0/1": 300})  # fmt: skip


def test_there_and_back_and_filling():
    octets = write_card_file(STORE)
    assert octets[0] == 2 and read_card_file(octets) == STORE == read_card_file(octets + b"\xff" * 9)
    assert read_card_file(write_card_file(STORE, ())) == Store(STANDARD, {})


@pytest.mark.parametrize("octets", ["", "01", "0100", "0100010005c000", "00aa", "0200010000", "0103e80003c10001",
                                    "010001000408025555"])  # fmt: skip
def test_what_is_none_is_a_codec_error(octets):
    with pytest.raises(CodecError):
        read_card_file(bytes.fromhex(octets))


@pytest.mark.parametrize("size", [33_000, 70_000])
def test_too_much_for_a_card(size):
    large = Store.of(STANDARD, {"/0/0/0": "x" * size})
    with pytest.raises(ConfigError, match="at most"):
        write_card_file(large)


@pytest.mark.parametrize("many", [300, pytest.param(10_000, marks=pytest.mark.nightly)])
def test_mutated_files_are_a_store_or_a_codec_error(many):
    octets = write_card_file(STORE)
    for seed in range(many):
        chance, changed = random.Random(seed), bytearray(octets)
        for _ in range(chance.randint(1, 4)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        with suppress(CodecError):
            read_card_file(bytes(changed))


@pytest.mark.parametrize("medium", ["usim", "sim", "wim"])
def test_the_reader_of_cards_finds_it_beside_dm(medium):
    octets = write_card_file(STORE)
    other = DataObject("LwM2MBootstrap", LWM2M_BOOTSTRAP, b"\x64\x32", data=octets)
    card = Usim.example(b"a message", medium=medium, objects=[other])
    [file] = run(card, read(None, (LWM2M_BOOTSTRAP,))).files
    assert (file.kind, read_card_file(file.data)) == ("lwm2m-bootstrap", STORE)
