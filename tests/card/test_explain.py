"""What an exchange says: rows tile the octets whatever they are, and the usual commands read well."""

from __future__ import annotations

from random import Random

import pytest

import dmkit as dm
from dmkit.bootstrap.card_reading import read
from dmkit.card.explain import explain_answer, explain_command, line
from dmkit.card.listing import Listing
from dmkit.card.terminal import run, start
from tests.card.test_robust import GOOD, spoilt, with_services


def test_rows_tile_the_octets_of_any_exchange():
    rng, card = Random("explain"), with_services("usim")
    for n in range(1_500):
        good = bytes.fromhex(GOOD[n % len(GOOD)])
        card.transmit(good if rng.random() < 0.4 else spoilt(rng, good))
        done = card.log[-1]
        assert explain_command(done).data == done.apdu
        assert explain_answer(done).data == done.answer
        assert line(done)
    assert len(str(card.log).splitlines()) == 1_500


@pytest.fixture
def log():
    card = dm.Usim.example(b"\x02\xa4\x01\x6a\x00")
    run(card, start(profile=b"\x01"))
    run(card, read())
    return card.log


@pytest.mark.parametrize(
    "number, said",
    [
        (2, "READ BINARY EF.ICCID: 8900101000000000019"),
        (4, "READ RECORD EF.DIR record 1: aid a0000000871002ffffffff8907090000, label USIM"),
        (6, "READ RECORD EF.DIR record 3: nothing yet (FF)"),
        (8, "SELECT ADF.USIM: 50 octets"),
        (12, "READ BINARY EF.IMSI: 001010123456789"),
        (13, "TERMINAL PROFILE: done"),
        (21, "MANAGE CHANNEL: channel 1"),
        (26, "channel 1: READ BINARY EF.DODF: OMA DM Bootstrap dm-bootstrap 6431"),
        (28, "channel 1: READ BINARY EF.DM_Bootstrap: 02a4016a00 and 235 octets FF"),
        (29, "channel 1: READ BINARY EF.DM_Bootstrap from 240: 240 octets"),
    ],
)
def test_lines(log, number, said):
    assert line(log[number - 1]) == said


def test_refusals_say_why():
    card = dm.Usim.example(pin_enabled=True)
    for apdu in ("00A4000C0C3F00", "00200001", "002000010839393939ffffffff", "00A40000022FE3", "00B0000001"):
        card.transmit(bytes.fromhex(apdu))
    assert [line(exchange) for exchange in card.log] == [
        "no command: 6700 wrong length",
        "VERIFY PIN PIN1: 63C3 3 tries are left",
        "VERIFY PIN PIN1: 63C2 2 tries are left",
        "SELECT 2FE3: 6A82 no such file or application",
        "READ BINARY: 6986 no elementary file is selected",
    ]
    assert str(card.log).splitlines()[0].startswith("  1  ✗ ")


def test_a_template_is_named_part_by_part(log):
    meanings = [row.meaning for row in explain_answer(log[7]).rows]
    assert "name of the application: a0 00 00 00 87 10 02 ff ff ff ff 89 07 09 00 00" in meanings
    assert "access rule: record 8 of EF.ARR 6F06" in meanings and "identifier: PIN1" in meanings


def test_the_object_directory_is_named(log):
    meanings = [row.meaning for row in explain_answer(log[25]).rows]
    assert "text: 'OMA DM Bootstrap'" in meanings and "OBJECT IDENTIFIER: 2.23.43.7.1 dm-bootstrap" in meanings


def test_a_pin_is_not_repeated_in_words():
    card = dm.Usim.example()
    card.transmit(bytes.fromhex("002000010831323334ffffffff"))
    assert "PIN, 4 characters" in str(explain_command(card.log[0])) and "1234" not in line(card.log[0])


def test_a_listing_marks_what_changed():
    card = dm.Usim.example(b"x")
    before = card.memory
    for apdu in ("0020000A08" + b"ADMINKEY".hex(), "00A4080C047F506431", "00D6000001AA"):
        card.transmit(bytes.fromhex(apdu))
    changed = [entry.name for entry in Listing(card.memory, before) if entry.changed]
    assert changed == ["EF.DM_Bootstrap"]
    assert [text for text in repr(Listing(card.memory, before)).splitlines() if text.startswith("~")] != []
    assert "changed" in dm.show(Listing(card.memory, before), here=(0x7F50, 0x6431)).html
