"""Time over T=0: characters counted by hand, what an answer to reset offers, and what is longer takes longer."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.card.card import ATR, Usim
from dmkit.card.t0 import ContactTiming, atr_timing, seconds, start_seconds, to_tpdus
from dmkit.words.errors import CodecError, ConfigError

SLOW = ContactTiming(clock=3.72e6)  # an etu of exactly 100 us


@pytest.mark.parametrize(
    ("apdu", "answer", "commands", "characters", "units"),
    [  # by hand: 12 etu a character, 4 more at each turn of direction
        ("00b0000002", "62029000", 1, 5 + 1 + 2 + 2, 10 * 12 + 2 * 4),
        ("00a4000c022fe2", "9000", 1, 5 + 1 + 2 + 2, 10 * 12 + 4 * 4),
        ("00a40004023f0000", "6202" + "9000", 2, 10 + 10, 20 * 12 + 4 * 4 + 2 * 4),
        ("00700000", "9000", 1, 5 + 2, 7 * 12 + 2 * 4),
        ("00b0000005", "6c02", 1, 7, 7 * 12 + 2 * 4),
        ("00d6000002abcd", "6b00", 1, 7, 7 * 12 + 2 * 4),  # refused from the header: the data never travel
        ("00d6000002abcd", "6982", 1, 10, 10 * 12 + 4 * 4),
    ],
)
def test_characters_and_units_by_hand(apdu, answer, commands, characters, units):
    took = seconds([(bytes.fromhex(apdu), bytes.fromhex(answer))], SLOW)
    assert (took.commands, took.characters) == (commands, characters)
    assert took.seconds == pytest.approx(units * 1e-4)


def test_guard_time_is_the_terminals_and_thinking_the_cards():
    said = [(bytes.fromhex("00a4000c022fe2"), b"\x90\x00")]
    alone = seconds(said, SLOW).seconds
    assert seconds(said, ContactTiming(clock=3.72e6, guard=5)).seconds - alone == pytest.approx(7 * 5e-4)
    assert seconds(said, ContactTiming(clock=3.72e6, guard=255)).seconds == pytest.approx(alone)
    assert seconds(said, ContactTiming(clock=3.72e6, thinking=0.5)).seconds - alone == pytest.approx(0.5)


@pytest.mark.parametrize(("thinking", "nulls"), [(0.0, 0), (0.95, 0), (0.97, 1), (2.5, 2)])
def test_a_card_that_thinks_longer_than_the_waiting_time_says_null(thinking, nulls):
    contact = ContactTiming(clock=3.72e6, thinking=thinking)
    assert contact.waiting == pytest.approx(0.96)
    assert contact.nulls == nulls
    assert seconds([(bytes.fromhex("00700000"), b"\x90\x00")], contact).characters == 7 + nulls


@pytest.mark.parametrize(
    ("atr", "fi", "di", "guard", "wi"),
    [
        (ATR.hex(), 512, 32, 0, 10),
        ("3b020202", 372, 1, 0, 10),
        ("3b9f95801fc78031e073fe211b63e206a10f830f900099", 512, 16, 0, 10),  # TA1 95
        ("3b9f94801fc38031e073fe211357868102867a", 512, 8, 0, 10),
        ("3b7d96000080318065b0831148c883009000", 512, 32, 0, 10),  # TB1 00, TC1 00
        ("3b5094ff", 512, 8, 255, 10),
        ("3bd09400400a", 512, 8, 0, 10),  # TA1 TC1 TD1, TC2 0A
        ("3bc09440" + "15", 372, 1, 148, 21),  # TC1 94, TD1 40, TC2 15
    ],
)  # fmt: skip
def test_what_an_answer_to_reset_offers(atr, fi, di, guard, wi):
    offered = atr_timing(bytes.fromhex(atr))
    assert (offered.fi, offered.di, offered.guard, offered.wi) == (fi, di, guard, wi)


@pytest.mark.parametrize("atr", ["", "3b", "3c00", "3bf0", "3b8080", "3b1070", "3b101f"])
def test_what_is_no_answer_to_reset_is_one_sentence(atr):
    with pytest.raises(CodecError, match=r"answer to reset|reserved"):
        atr_timing(bytes.fromhex(atr))


@given(st.binary(max_size=33))
def test_any_octets_are_an_answer_to_reset_or_a_codec_error(octets):
    with suppress(CodecError):
        assert 0 < atr_timing(octets).etu < 0.01


def test_start_and_other_speed():
    quick, agreed = start_seconds(ATR, clock=3.72e6)
    assert (agreed.fi, agreed.di) == (512, 32) and quick.characters == len(ATR) + 8
    assert quick.seconds == pytest.approx(400 / 3.72e6 + ((len(ATR) + 8) * 12 + 8) * 1e-4)
    slow, stays = start_seconds(ATR, clock=3.72e6, faster=False)
    assert (stays.fi, stays.di) == (372, 1) and slow.characters == len(ATR)
    sim, stays = start_seconds(bytes.fromhex("3b020202"), silence=40_000)
    assert sim.characters == 4 and stays.di == 1


def test_values_out_of_range_are_one_sentence():
    for wrong in ({"clock": 5}, {"fi": 0}, {"guard": 256}, {"wi": 0}, {"thinking": -1.0}):
        with pytest.raises(ConfigError, match="ContactTiming"):
            ContactTiming(**wrong)


@given(st.integers(1, 255), st.integers(0, 254), st.sampled_from([(372, 1), (512, 8), (512, 32)]))
def test_more_octets_take_longer_and_a_faster_line_less(size, fewer, speed):
    fewer = min(fewer, size - 1)
    contact = ContactTiming(fi=speed[0], di=speed[1])

    def read(octets):
        return seconds([(bytes([0, 0xB0, 0, 0, octets % 256]), bytes(octets) + b"\x90\x00")], contact)

    assert read(fewer).seconds < read(size).seconds
    assert read(size).seconds < seconds([(bytes([0, 0xB0, 0, 0, size]), bytes(size) + b"\x90\x00")],
                                        ContactTiming(fi=speed[0] + 1, di=speed[1])).seconds  # fmt: skip
    assert size / read(size).seconds < contact.octets_per_second


def test_a_real_session_is_counted_as_it_travels():
    card = Usim.example()
    card.transmit(bytes.fromhex("00A40004022FE200"))
    card.transmit(bytes.fromhex("00B000000A"))
    said = [(one.apdu, one.answer) for one in card.log]
    pieces = [piece for one in said for piece in to_tpdus(*one)]
    assert seconds(said, SLOW).commands == len(pieces) == 3
