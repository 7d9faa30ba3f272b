"""AKA through the contacts: what cards answer to a challenge, right and wrong, and what is made of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dmkit.card.aka.aka import (
    AuthenticationCentre,
    MacFailure,
    Resync,
    Subscriber,
    UsimAuthenticator,
    Vector,
)
from dmkit.card.aka.card import CardAuthenticator
from dmkit.card.aka.milenage import Milenage
from dmkit.card.card import Usim
from dmkit.card.turn import Services
from dmkit.words.errors import CodecError, RemoteProtocolError

KEY = Milenage(bytes(16), bytes(16))
RAND, AUTN = bytes(16), bytes(16)


def centre():
    return AuthenticationCentre({"1": Subscriber(KEY)}, iter(bytes([n]) * 16 for n in range(9)))


def card(**more):
    return Usim.example(services=Services(UsimAuthenticator(KEY)), **more)


def with_aid(card, aid):
    """The card with another AID of its USIM, as each maker has its own."""
    directories = {
        path: replace(row, aid=bytes.fromhex(aid)) if row.name == "ADF.USIM" else row
        for path, row in card.memory.directories.items()
    }
    card.state = card.state.with_memory(replace(card.memory, directories=directories))
    return card


class Answering:
    """A card that takes SELECT, and says what it is told to say to the rest."""

    def __init__(self, *answers, select="9000"):
        self.answers, self.select = [bytes.fromhex(answer) for answer in answers], bytes.fromhex(select)

    def transmit(self, apdu):
        return self.select if apdu[1] == 0xA4 else self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.mark.parametrize("aid", [
    "a0000000871002ffffffff8907090000", "a0000000871002ff49ffff8904010000", "a0000000871002",
    "a0000000871002f310ffff89080000ff",
])  # fmt: skip
def test_a_usim_of_any_maker_answers(aid):
    holder, home = CardAuthenticator(with_aid(card(), aid)), centre()
    sent = home.vector("1")
    assert holder.run(sent.rand, sent.autn) == Vector(sent.xres, sent.ck, sent.ik)
    again = holder.run(sent.rand, sent.autn)
    assert isinstance(again, Resync) and home.resynchronise("1", sent.rand, again.auts) == "in step"
    assert holder.run(sent.rand, bytes(16)) == MacFailure()


def test_what_is_not_a_usim_does_not():
    for aid in ("a0000000871004ffffffff8907090000", "a0000000871099"):
        with pytest.raises(RemoteProtocolError, match="6A82"):
            CardAuthenticator(with_aid(card(), aid)).run(RAND, AUTN)


def test_a_pin_that_was_not_shown():
    with pytest.raises(RemoteProtocolError, match="6982"):
        CardAuthenticator(card(pin_enabled=True)).run(RAND, AUTN)


def test_a_card_without_a_key():
    with pytest.raises(RemoteProtocolError, match="6985"):
        CardAuthenticator(Usim.example()).run(RAND, AUTN)


@pytest.mark.parametrize(("rand", "autn"), [(b"", AUTN), (RAND, AUTN[:15]), (RAND + b"x", AUTN)])
def test_a_challenge_of_a_wrong_size_is_not_sent(rand, autn):
    with pytest.raises(CodecError, match="16 octets each"):
        CardAuthenticator(Answering("9000")).run(rand, autn)


KEYS = "10" + "ca" * 16 + "10" + "1c" * 16


@pytest.mark.parametrize("res", [4, 8, 16])
@pytest.mark.parametrize("kc", ["", "08" + "0c" * 8])
def test_a_right_answer(res, kc):
    answer = f"db{res:02x}{'5e' * res}{KEYS}{kc}9000"
    expected = Vector(b"\x5e" * res, b"\xca" * 16, b"\x1c" * 16)
    assert CardAuthenticator(Answering(answer)).run(RAND, AUTN) == expected
    assert CardAuthenticator(Answering(f"61{len(answer) // 2 - 2:02x}", answer)).run(RAND, AUTN) == expected


@pytest.mark.parametrize(("answer", "why"), [
    ("", "6F00"), ("90", "6F00"), ("9000", "nothing is neither"), ("db9000", "neither RES"),
    ("db085e9000", "behind the end"), ("db08" + "5e" * 8 + "9000", "neither RES"),  # no keys
    ("db03" + "5e" * 3 + KEYS + "9000", "neither RES"), ("db11" + "5e" * 17 + KEYS + "9000", "neither RES"),
    ("db08" + "5e" * 8 + KEYS[:-2] + "9000", "behind the end"),
    ("db08" + "5e" * 8 + "0f" + "ca" * 15 + "10" + "1c" * 16 + "9000", "neither RES"),
    ("dc0e" + "a5" * 14 + "009000", "neither RES"), ("dc0d" + "a5" * 13 + "9000", "neither RES"),
    ("dd08" + "5e" * 8 + KEYS + "9000", "neither RES"), ("6100", "without end"), ("6982", "6982"), ("9864", "9864"),
])  # fmt: skip
def test_a_wrong_answer_is_told_in_words(answer, why):
    """Nothing is made of half an answer: keys that are empty would be keys."""
    with pytest.raises(RemoteProtocolError, match=why):
        CardAuthenticator(Answering(answer)).run(RAND, AUTN)


def test_an_application_that_cannot_be_selected():
    with pytest.raises(RemoteProtocolError, match="6A82"):
        CardAuthenticator(Answering("9000", select="6a82")).run(RAND, AUTN)


def test_chance_that_ends():
    """GET CHALLENGE answers as long as octets come, and says so when none do."""
    for source in ([b"abcd", b"efgh"], [b"a", b""]):
        holder = Usim.example(services=Services(challenges=iter(source)))
        first = holder.transmit(bytes.fromhex("0084000008"))
        assert first == (b"abcdefgh\x90\x00" if len(source[0]) == 4 else b"\x6f\x00")
        assert holder.transmit(bytes.fromhex("0084000008")) == b"\x6f\x00"


@pytest.mark.parametrize("aid", ["a0000000871002ffffffff8907090000", "a0000000871002ff49ffff8904010000"])
def test_a_phone_of_the_second_generation_sees_no_usim(aid):
    """Class A0 knows no applications, whoever made the card."""
    holder = with_aid(card(), aid)
    holder.transmit(bytes.fromhex("A0A40000023F00"))
    assert holder.transmit(bytes.fromhex("A0A40000027FF0")) == b"\x94\x04"
    assert holder.transmit(bytes.fromhex("A0F2000016")) == card().transmit(bytes.fromhex("A0F2000016"))
