"""Wrong Le, PINs of the wrong size, short messages to the card, and Milenage as other operators have it."""

from __future__ import annotations

import pytest

from dmkit.card.aka.milenage import ROUNDS, Milenage
from dmkit.card.card import Usim
from dmkit.card.ota.sms import TIME_STAMP, deliver, time_stamp
from dmkit.card.pins import padded
from dmkit.words.errors import ConfigError


@pytest.mark.parametrize(
    ("apdu", "answer"),
    [
        ("80F2000001", "6c2b"), ("80F200002A", "6c2b"), ("80F200002C", "6c2b"), ("80F20000FF", "6c2b"),
        ("00A40004022FE201", "6c"), ("00A4000402" + "3F00" + "05", "6c2b"),
    ],
)  # fmt: skip
def test_a_wrong_le_is_answered_with_the_right_one(apdu, answer):
    card = Usim.example()
    reply = card.transmit(bytes.fromhex(apdu)).hex()
    assert reply.startswith(answer)
    assert len(reply) == 4
    right = apdu[:-2] + reply[2:4]
    assert card.transmit(bytes.fromhex(right)).hex().endswith("9000")
    assert len(card.transmit(bytes.fromhex(right))) == int(reply[2:4], 16) + 2


@pytest.mark.parametrize("apdu", ["80F2000000", "80F200002B", "00A40004022FE200", "80F2000C"])
def test_all_there_is_may_be_asked_for(apdu):
    assert Usim.example().transmit(bytes.fromhex(apdu)).hex().endswith("9000")


def test_a_select_that_is_refused_moves_nowhere():
    card = Usim.example()
    before = card.state.session
    assert card.transmit(bytes.fromhex("00A40004022FE201"))[-2] == 0x6C
    assert card.state.session.channels == before.channels


@pytest.mark.parametrize("pin", ["", "1", "123", "123456789", "12a4", "１２３４", "12 4"])
def test_a_pin_has_4_to_8_digits(pin):
    with pytest.raises(ConfigError, match="4 to 8 digits"):
        padded(pin)
    with pytest.raises(ConfigError, match="4 to 8 digits"):
        Usim.example(pin=pin)


@pytest.mark.parametrize("pin", ["1234", "12345", "12345678"])
def test_pins_that_are_right(pin):
    assert padded(pin).rstrip(b"\xff").decode() == pin


def test_short_messages_to_the_card_carry_a_time_and_say_when_they_are_the_last():
    units = deliver(bytes(400), sender="12345678")
    assert [unit[0] for unit in units] == [0x40, 0x40, 0x40, 0x44][-len(units) :]
    assert all(unit[9:16] == TIME_STAMP for unit in units)
    assert deliver(b"x")[0][0] == 0x44


@pytest.mark.parametrize("stamp", [bytes(7), bytes(6), b"\xff" * 7, bytes.fromhex("62311000000000")])
def test_a_time_stamp_that_is_none_is_refused(stamp):
    with pytest.raises(ConfigError, match="time"):
        deliver(b"x", timestamp=stamp)


@pytest.mark.parametrize(
    "moment",
    [(2026, 13, 1, 0, 0, 0), (2026, 0, 1, 0, 0, 0), (2026, 1, 32, 0, 0, 0), (2026, 1, 1, 24, 0, 0),
     (2026, 1, 1, 0, 60, 0), (2026, 1, 1, 0, 0, 0, 57)],
)  # fmt: skip
def test_what_is_no_time_has_no_time_stamp(moment):
    with pytest.raises(ConfigError, match="no time"):
        time_stamp(*moment)


KEY, OPC, RAND = bytes(range(16)), bytes(range(16, 32)), bytes(range(32, 48))


def plain(number, rounds, sqn=0, amf=b"\0\0"):
    """OUTn, written as TS 35.206 has it."""
    from dmkit.card.aka.milenage import aes_block

    def xor(a, b):
        return bytes(x ^ y for x, y in zip(a, b, strict=True))

    def turned(block, bits):
        value = int.from_bytes(block)
        return ((value << bits | value >> (128 - bits)) & (2**128 - 1)).to_bytes(16)

    encrypt = aes_block(KEY)
    turn, constant = rounds[number - 1]
    temp = encrypt(xor(RAND, OPC))
    if number == 1:
        in1 = (sqn.to_bytes(6) + amf) * 2
        return xor(encrypt(xor(xor(temp, turned(xor(in1, OPC), turn)), constant.to_bytes(16))), OPC)
    return xor(encrypt(xor(turned(xor(temp, OPC), turn), constant.to_bytes(16))), OPC)


OTHER = [
    tuple(ROUNDS.values()),
    ((64, 0), (0, 1), (32, 2), (64, 4), (96, 16)),
    ((1, 7), (127, 1 << 127), (33, 2), (65, 4), (8, 8)),
    ((0, 0), (8, 1), (16, 2), (24, 4), (40, 8)),
]


@pytest.mark.parametrize("rounds", OTHER)
def test_rotations_and_constants_are_the_operators_choice(rounds):
    card = Milenage(KEY, OPC, rounds=rounds)
    sqn, amf = 0x123456789ABC, b"\x80\x00"
    out = {number: plain(number, rounds, sqn, amf) for number in range(1, 6)}
    mac, keys = card.challenge(RAND, sqn, amf)
    assert (mac, card.f1(RAND, sqn, amf), card.f1_star(RAND, sqn, amf)) == (out[1][:8], out[1][:8], out[1][8:])
    assert (keys.res, keys.ck, keys.ik, keys.ak) == (out[2][8:], out[3], out[4], out[2][:6])
    assert card.f2345(RAND) == keys
    assert card.f5_star(RAND) == out[5][:6]
    assert card.challenges([(RAND, sqn, amf)] * 3) == [(mac, keys)] * 3


@pytest.mark.parametrize("rounds", [((1, 2),), ((128, 0),) * 5, ((-1, 0),) * 5, ((0, 1 << 128),) * 5])
def test_rounds_that_do_not_fit_are_refused(rounds):
    with pytest.raises(ConfigError, match=r"Milenage\.rounds|five rounds"):
        Milenage(KEY, OPC, rounds=rounds)
