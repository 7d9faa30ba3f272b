"""What a card refuses, command by command: lengths, parameters, what is not there; each leaves the card as it was."""

from __future__ import annotations

import pytest

from dmkit.card.aka.aka import UsimAuthenticator
from dmkit.card.aka.gba import GbaUsim
from dmkit.card.aka.milenage import Milenage
from dmkit.card.card import Usim
from dmkit.card.memory import CardMemory, path_text
from dmkit.card.sim import STATUS_WORDS
from dmkit.card.t0 import to_tpdus
from dmkit.card.toolkit import read_refresh
from dmkit.card.turn import Services
from dmkit.words.errors import CodecError

ONE = "10" + "00" * 16
GSM = "A0A40000023F00 A0A40000027F20"


def with_keys(**more):
    key = Milenage(bytes(16), bytes(16))
    usim = UsimAuthenticator(key)
    return Usim.example(services=Services(authenticator=usim, gba=GbaUsim(usim)), **more)


@pytest.mark.parametrize(
    ("before", "apdu", "answer"),
    [
        # files
        ("", "00A4030002FFFF", "6a87"), ("", "0004000001FF", "6700"), ("", "00040000027F10", "6a82"),
        ("00A4040C07A0000000871002", "00A4000C026F07 00040000", "6982"),
        # GET RESPONSE
        ("00A40004022FE2", "00C00000", "6700"), ("00A40004022FE2", "00C00000020000", "6700"),
        ("", "00C0000001", "6985"),
        ("00A40004022FE2", "00C0010019", "6a86"), ("00A40004022FE2", "00C000001A", "6c19"),
        # AUTHENTICATE
        ("00A4040C07A0000000871002", "008800810310FFFF", "6a80"),
        ("00A4040C07A0000000871002", "00880081021000", "6a80"),
        ("00A4040C07A0000000871002", f"0088008104{'01AA01BB'}", "6a80"),
        ("00A4040C07A0000000871002", "008800800201AA", "6a80"),
        ("00A4040C07A0000000871002", "008800840DDE" "04FF00FF00" "06FFFEFDFCFBFA", "6a80"),
        ("", f"0088008122{ONE}{ONE}", "6985"),
        # the toolkit
        ("", "8012000010", "6985"), ("", "80120000", "6985"), ("", "8014000003810301", "6985"),
        ("", "80C20001", "6a86"),
        ("", "80C2000002D100", "6a80"), ("", "80AA000002A900", "9000"), ("", "80AA000002A800", "6a80"),
        ("", "80AA000001A9", "6a80"),
        ("", "80100000", "6700"), ("", "8010010001FF", "6a86"),
        # class A0
        (GSM, "A088000010" + "00" * 16, "9f0c"), ("", "A088000010" + "00" * 16, "9810"), ("", "A0C0000016", "6f00"),
        (GSM, "A0C0000030", "6700"), (GSM, "A0C00000", "6700"), (GSM, "A0FA0000", "9000"), (GSM, "A0B0820001", "6b00"),
        (GSM, "A020000108" + "31" * 8, "9808"), (GSM, "A0200001", "6700"), (GSM, "A020000908" + "31" * 8, "6b00"),
        (GSM, "A0CB0000", "6d00"), (GSM, "A0A4010002" + "6F07", "6b00"), (GSM, "A0A40000016F", "6700"),
        ("A0A40000023F00 A0A40000022FE2", "A0D600000100", "9804"),
    ],
)  # fmt: skip
def test_what_is_refused_and_why(before, apdu, answer):
    card = with_keys()
    *more, last = apdu.split()
    for one in [*before.split(), *more]:
        card.transmit(bytes.fromhex(one))
    state = card.state
    said = card.transmit(bytes.fromhex(last)).hex()
    assert said[-4:] == answer, repr(card.log[-1])
    if answer not in ("9000", "9f0c"):
        assert card.state.memory == state.memory, "nothing has changed"


def test_a_sim_keeps_its_key_behind_chv1():
    card = with_keys(pin_enabled=True)
    for one in GSM.split():
        card.transmit(bytes.fromhex(one))
    assert card.transmit(bytes.fromhex("A088000010" + "00" * 16)).hex() == "9804"
    card.transmit(bytes.fromhex("A020000108" + b"1234".ljust(8, b"\xff").hex()))
    assert card.transmit(bytes.fromhex("A088000010" + "00" * 16)).hex() == "9f0c"


def test_a_card_without_keys_authenticates_nobody():
    card = Usim.example()
    for one in GSM.split():
        card.transmit(bytes.fromhex(one))
    assert card.transmit(bytes.fromhex("A088000010" + "00" * 16)).hex() == "9810"
    card.transmit(bytes.fromhex("00A4040C07A0000000871002"))
    assert card.transmit(bytes.fromhex(f"0088008122{ONE}{ONE}")).hex() == "6985"


def test_a_fetch_is_of_the_right_length_and_once():
    card = Usim.example()
    card.state = card.state.with_session(waiting=(bytes.fromhex("d009810301010082028182"),))
    assert card.transmit(bytes.fromhex("80120000")).hex() == "6700"
    assert card.transmit(bytes.fromhex("8012000001")).hex() == "6c0b"
    assert card.transmit(bytes.fromhex("801200000B")).hex().endswith("9000")
    assert card.transmit(bytes.fromhex("801200000B")).hex() == "6985", "its answer is waited for"
    for wrong in ("80140000", "80140000058103010100", "8014000002FFFF"):
        assert card.transmit(bytes.fromhex(wrong)).hex() in ("6a80", "6700")
    assert card.transmit(bytes.fromhex("801400000C810301010082028281830100")).hex() == "9000"


@pytest.mark.parametrize(("octets", "says"), [
    ("", "D0, not 00"), ("d100", "D0, not D1"), ("d000", "three octets"), ("d0048102" "0101", "three octets"),
])  # fmt: skip
def test_a_command_of_the_card_that_is_none(octets, says):
    with pytest.raises(CodecError, match=says):
        read_refresh(bytes.fromhex(octets))


def test_a_wrong_length_over_t0():
    with pytest.raises(CodecError, match="above 255 and 256 octets"):
        to_tpdus(bytes.fromhex("00D60000000100") + bytes(256), b"\x90\x00")


def test_every_status_word_of_a_sim_is_one_of_its_own():
    assert all(word >= 0x9000 or word & 0xFF00 in (0x6700, 0x6B00, 0x6E00, 0x6F00) for word in STATUS_WORDS.values())


def test_names_of_places():
    memory: CardMemory = Usim.example().memory
    assert path_text((0x7F50, 0x5031)) == "3F00/7F50/5031" and path_text(()) == "3F00"
    assert memory.name((0x6F99,)) == "6F99" and memory.name(()) == "MF" and memory.name((0x7F10,)) == "DF.TELECOM"
