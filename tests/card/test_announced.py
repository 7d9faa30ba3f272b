"""What a card announces is so: services, rules of directories, occurrences and termination, lengths in class A0."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dmkit.card import access
from dmkit.card.card import Usim
from dmkit.card.codings import DIR
from dmkit.card.files import AID_PKCS15, AID_USIM
from dmkit.card.terminal import Fcp
from dmkit.card.turn import Services
from dmkit.lab.studies.cards import operator
from dmkit.words.errors import CodecError


def say(card, apdu):
    return card.transmit(bytes.fromhex(apdu)).hex()


# -- services


def test_a_usim_announces_only_what_it_computes():
    with_all, without = operator()[0], Usim.example()
    assert {28, 38, 68} <= set(with_all.value("EF.UST")) and not {28, 38, 68, 76} & set(without.value("EF.UST"))
    context = {38: "80" + "11" + "10" + "00" * 16, 68: "84" + "23" + "DD" + ("10" + "00" * 16) * 2}
    for number, rest in context.items():
        for card in (with_all, without):
            say(card, "00A4040C07A0000000871002")
            works = say(card, f"008800{rest}00")[-4:] not in ("6985", "9864", "6a86")
            assert works is (number in card.value("EF.UST")), number


@pytest.mark.parametrize(("number", "name"), [
    (10, "EF.SMS"), (12, "EF.SMSP"), (17, "EF.GID1"), (18, "EF.GID2"), (19, "EF.SPN"), (20, "EF.PLMNwAcT"),
    (21, "EF.MSISDN"), (27, "EF.KcGPRS"), (35, "EF.ACL"), (42, "EF.OPLMNwAcT"), (43, "EF.HPLMNwAcT"),
    (71, "EF.EHPLMN"), (80, "EF.NCP-IP"), (85, "EF.EPSLOCI"), (96, "EF.NASCONFIG"), (97, "EF.PWS"),
])  # fmt: skip
def test_each_file_of_a_service_is_there(number, name):
    card = Usim.example()
    assert number in card.value("EF.UST")
    assert name in {stored.row.name for stored in card.memory.files.values()}


# -- directories


@pytest.mark.parametrize("select", ["00A40004023F00", "00A40404" + "10" + AID_USIM.hex(), "00A40004027F10"])
def test_the_rule_of_a_directory_says_that_nobody_deletes_in_it(select):
    card = Usim.example()
    word = say(card, select)
    fcp = Fcp.parse(card.transmit(bytes.fromhex("00C00000" + word[2:4]))[:-2])
    arr, record = fcp.rule[:2].hex(), fcp.rule[2]
    where = (0x7FF0, 0x6F06) if arr == "6f06" else (0x2F06,)
    content = card.memory.files[where].content[record - 1]
    for mode in access.DIRECTORY_MODES:
        assert not access.may(content, mode, lambda key: True), access.DIRECTORY_MODES[mode]
    for ins in ("E4", "E0"):
        assert say(card, f"00{ins}0000023F00")[-4:] == "6d00"


# -- applications by name


def several():
    """A card with three applications whose names begin alike."""
    card = Usim.example()
    directories = dict(card.memory.directories)
    for fid, last in ((0x7FF1, 0x04), (0x7FF2, 0x05)):
        row = replace(directories[(0x7FF0,)], fid=fid, name=f"ADF.{last}", aid=AID_USIM[:6] + bytes([last]), files=())
        directories[(fid,)] = row
    card.state = card.state.with_memory(replace(card.memory, directories=directories))
    return card


def current(card):
    return card.state.session.channels[0].directory


BY = "00A404{}06" + "A00000008710"


def test_first_last_next_and_previous():
    card = several()
    places = []
    for p2 in ("0C", "0E", "0E", "0E", "0F", "0D", "0E", "0C", "0F"):
        places.append((say(card, BY.format(p2)), current(card)))
    first, second, third = ((fid,) for fid in (0x7FF0, 0x7FF1, 0x7FF2))
    assert [place for _, place in places] == [first, second, third, third, second, third, third, first, first]
    assert [word for word, _ in places] == ["9000"] * 3 + ["6a82"] + ["9000"] * 2 + ["6a82", "9000", "6a82"]


@pytest.mark.parametrize(("p2", "where"), [("0E", 0x7FF0), ("0D", 0x7FF2), ("0F", 0x7FF2), ("0C", 0x7FF0)])
def test_from_where_none_is_current(p2, where):
    card = several()
    assert say(card, BY.format(p2)) == "9000" and current(card) == (where,)


@pytest.mark.parametrize("p2", ["01", "02", "03", "05", "06", "0D", "0E", "44", "4C"])
@pytest.mark.parametrize("how", ["00", "08", "09"])
def test_occurrences_and_ends_are_of_names_only(p2, how):
    assert say(Usim.example(), f"00A4{how}{p2}022FE2") == "6a86"


def test_an_application_is_ended_by_its_name():
    card = Usim.example()
    usim = "10" + AID_USIM.hex()
    assert say(card, f"00A4044C{usim}") == "6a82", "it is not active"
    assert say(card, f"00A4040C{usim}") == "9000" and say(card, "00A4000C026F07") == "9000"
    assert say(card, f"00A4044C{usim}") == "9000"
    assert current(card) == () and say(card, "00A4000C027FFF")[-4:] in ("6a82", "6985")
    assert say(card, "00A4044C0C" + AID_PKCS15.hex()) == "6a82"


# -- EF.DIR of real cards


@pytest.mark.parametrize("outer", ["6100", "6105", "6118", "6130", "617f", "61ff", "618120", "61820118"])
def test_a_wrong_outer_length_is_read_by_the_parts(outer):
    inner = "4f07a0000000871002" + "50045553494d" + "51043f007ff0"
    row = bytes.fromhex(outer + inner).ljust(64, b"\xff")
    assert DIR.decode(row) == {"aid": "a0000000871002", "label": "USIM", "path": "3f007ff0"}


@pytest.mark.parametrize(
    "row", ["61", "6105", "6105ffffffff", "61045004414141", "620a4f07a0000000871002", "61204f20a000"]
)
def test_what_names_no_application_is_none(row):
    with pytest.raises(CodecError):
        DIR.decode(bytes.fromhex(row))


# -- class A0


@pytest.mark.parametrize(("before", "apdu", "word"), [
    (("A0A40000027F20", "A0A40000026F07"), "A0B000000A", "6709"),
    (("A0A40000027F10", "A0A40000026F3A"), "A0B2010405", "671c"),
    ((), "A0B000000A", "9400"),
    (("A0A40000027F20",), "A0A40000026FFF", "9404"),
    (("A0A40000027F20", "A0A40000026F07"), "A0B2010409", "9408"),
    (("A0A40000027F20", "A0A40000026F07"), "A0D600000100", "9804"),
    ((), "A0B600000A", "6d00"),
    ((), "A0A4010002" + "3F00", "6b00"),
])  # fmt: skip
@pytest.mark.parametrize("medium", ["sim", "usim"])
def test_words_of_a_sim(before, apdu, word, medium):
    card = Usim.example(medium=medium, services=Services())
    for one in before:
        card.transmit(bytes.fromhex(one))
    assert say(card, apdu) == word
