"""SEARCH RECORD in all its forms, and SEEK of class A0: which records are found, in which order, what is current."""

from __future__ import annotations

import pytest

from dmkit.card.apdu import CommandApdu
from dmkit.card.card import Usim
from dmkit.card.explain import explain_answer, explain_command, line
from dmkit.card.files import TELECOM
from dmkit.card.search import SearchIndication

ADN, LND = (0x7F10, 0x6F3A), (0x7F10, 0x6F44)
NAMES = ["Anna", "Berta", "Anna Berta", "Carla", "Hannah"]  # records 1 to 5 of ten; the others are FF
FCP = "00A4080C047F106F3A"


def card(selected: bool = True) -> Usim:
    made = Usim.example()
    row = TELECOM.file("EF.ADN")
    rows = row.content([{"name": name, "number": f"+49{n}"} for n, name in enumerate(NAMES, 1)])
    made.state = made.state.with_memory(made.state.memory.with_content(ADN, rows))
    if selected:
        say(made, FCP)
    return made


def say(some: Usim, apdu: str) -> str:
    return some.transmit(bytes.fromhex(apdu)).hex()


def search(some: Usim, p1: int, p2: int, data: bytes) -> str:
    return some.transmit(CommandApdu(0x00, 0xA2, p1, p2, data, 256).encode()).hex()


@pytest.mark.parametrize(
    ("p1", "p2", "text", "answer"),
    [
        (1, 4, b"Anna", "01039000"), (2, 4, b"Anna", "039000"), (4, 4, b"Anna", "6282"),
        (10, 5, b"Anna", "03019000"), (2, 5, b"Anna", "019000"), (1, 5, b"Berta", "6282"),
        (1, 4, b"nna", "0103059000"), (1, 4, b"\xff" * 28, "060708090a9000"),
        (11, 4, b"A", "6a83"), (255, 5, b"A", "6a83"), (0, 4, b"A", "6a83"), (0, 5, b"A", "6a83"),
        (1, 4, b"", "6700"), (1, 4, b"A" * 29, "6282"), (1, 7, b"A", "6a81"), (1, 0, b"A", "6a86"),
        (1, 0xFC, b"A", "6a86"), (1, 3, b"A", "6a86"),
    ],
)  # fmt: skip
def test_simple_searches(p1, p2, text, answer):
    assert search(card(), p1, p2, text) == answer


@pytest.mark.parametrize(
    ("p1", "way", "where", "text", "answer"),
    [
        (1, 0x04, 0, b"Anna", "01039000"),  # forward from the record in P1, from the first octet on
        (10, 0x05, 0, b"Anna", "03019000"),  # backward
        (1, 0x06, 0, b"Anna", "039000"),  # forward from the one behind it
        (3, 0x07, 0, b"Anna", "019000"),  # backward from the one in front of it
        (1, 0x04, 1, b"Anna", "6282"),  # only from the second octet on
        (1, 0x04, 1, b"Berta", "039000"),
        (1, 0x04, 5, b"Berta", "039000"),
        (1, 0x04, 6, b"Berta", "6282"),
        (1, 0x0C, 0x20, b"Berta", "039000"),  # behind the first space
        (1, 0x0C, 0x41, b"nna", "01039000"),  # behind the first A
        (1, 0x0C, 0x41, b"Anna", "6282"),
        (10, 0x0D, 0x6E, b"a", "0503019000"),  # behind the first n, backward
        (1, 0x0C, 0x5A, b"", "6700"),  # nothing to look for
        (1, 0x0C, 0x5A, b"A", "6282"),  # no Z in any
        (1, 0x04, 200, b"A", "6282"),
        (10, 0x06, 0, b"\xff", "6282"),  # nothing is behind the last
        (1, 0x07, 0, b"A", "6282"),
        (1, 0x00, 0, b"A", "6a80"), (1, 0x03, 0, b"A", "6a80"), (1, 0x14, 0, b"A", "6a80"), (1, 0x84, 0, b"A", "6a80"),
        (11, 0x04, 0, b"A", "6a83"), (0, 0x04, 0, b"A", "6a83"), (0, 0x05, 0, b"A", "6a83"),
    ],
)  # fmt: skip
def test_enhanced_searches(p1, way, where, text, answer):
    assert search(card(), p1, 6, bytes([way, where]) + text) == answer


def test_beside_the_current_record():
    """P1 00 is the current record, also for the one behind and the one in front of it; without one: an end."""
    some = card()
    assert search(some, 0, 6, b"\x06\x00Anna") == "01039000", "none is current: from the first"
    assert search(some, 0, 6, b"\x06\x00Anna") == "039000", "record 1 is current now"
    assert search(some, 0, 6, b"\x06\x00Anna") == "6282", "and record 3 now"
    assert search(some, 0, 6, b"\x07\x00nna") == "019000", "nothing was found and record 3 is current still"
    assert search(some, 0, 6, b"\x04\x00nna") == "0103059000"
    assert search(card(), 0, 6, b"\x07\x00nna") == "0503019000", "none is current: from the last"


def test_the_first_that_is_found_is_current_and_a_search_in_vain_moves_nothing():
    some = card()
    assert search(some, 10, 5, b"Anna") == "03019000"
    assert say(some, "00B200041C").startswith(b"Anna Berta".hex())
    assert search(some, 1, 4, b"Zoe") == "6282" and say(some, "00B200041C").startswith(b"Anna Berta".hex())
    assert say(some, "00B200021C").startswith(b"Carla".hex()), "NEXT goes on from there"


def test_by_short_identifier_the_file_becomes_current():
    """EF.ECC, 01, below the USIM: 112 in its first record."""
    some = card(selected=False)
    say(some, "00A4040C07A0000000871002")
    assert search(some, 1, 0x0C, b"\x11\xf2") == "019000"
    assert some.memory.name(some.state.session.channels[0].file) == "EF.ECC"
    assert search(some, 1, 0x0E, b"\x0c\x11\xf2") == "019000", "enhanced: behind the first 11"
    assert search(some, 1, 0xE4, b"\x11") == "6a82", "no file has 1C"


def test_what_may_not_be_read_is_not_searched_either():
    some = Usim.example(pin_enabled=True)
    say(some, FCP)
    assert search(some, 1, 4, b"A") == "6982" and search(some, 1, 6, b"\x04\x00A") == "6982"
    say(some, "0020000108" + b"1234".ljust(8, b"\xff").hex())
    assert search(some, 1, 4, b"A") == "6282"


@pytest.mark.parametrize(("apdu", "answer"), [
    ("00A4000C022FE2", "6981"), ("00A4000C023F00", "6986"),
])  # fmt: skip
def test_only_files_with_records(apdu, answer):
    some = card(selected=False)
    say(some, apdu)
    assert search(some, 1, 4, b"A") == answer and search(some, 1, 6, b"\x04\x00A") == answer


def test_cyclic_files_are_searched_from_the_newest():
    some = card(selected=False)
    row = TELECOM.file("EF.LND")
    rows = row.content([{"name": name, "number": "1"} for name in ("new", "newer", "old")])
    some.state = some.state.with_memory(some.state.memory.with_content(LND, rows))
    say(some, "00A4080C047F106F44")
    assert search(some, 1, 4, b"new") == "01029000" and search(some, 3, 5, b"new") == "02019000"
    assert search(some, 2, 6, b"\x06\x00old") == "039000" and search(some, 3, 6, b"\x06\x00new") == "6282"


@pytest.mark.parametrize(("octets", "record", "pattern", "found"), [
    (b"\x04\x00", b"abc", b"abc", True), (b"\x04\x01", b"abc", b"abc", False), (b"\x0cb", b"abcb", b"b", True),
    (b"\x0cc", b"abc", b"c", False), (b"\x0cx", b"abc", b"a", False), (b"\x04\x03", b"abc", b"c", False),
])  # fmt: skip
def test_where_in_a_record(octets, record, pattern, found):
    assert SearchIndication.read(octets).matches(record, pattern) is found


# -- class A0


def sim() -> Usim:
    some = card(selected=False)
    for apdu in ("A0A40000023F00", "A0A40000027F10", "A0A40000026F3A"):
        say(some, apdu)
    return some


@pytest.mark.parametrize(
    ("p2", "text", "answer", "current"),
    [
        (0x00, b"Anna", "9000", 1), (0x10, b"Anna", "9f01", 1), (0x11, b"Anna", "9f01", 3), (0x10, b"nna", "9404", 0),
        (0x12, b"Berta", "9f01", 2), (0x13, b"Hannah", "9f01", 5), (0x10, b"A" * 17, "6700", 0), (0x10, b"", "6700", 0),
        (0x04, b"Anna", "6b00", 0), (0x20, b"Anna", "6b00", 0),
    ],
)  # fmt: skip
def test_seek_of_a_sim(p2, text, answer, current):
    """The record begins with the pattern; 9404 for none; its number can be fetched where P2 asks for it."""
    some = sim()
    told = some.transmit(CommandApdu(0xA0, 0xA2, 0, p2, text).encode()).hex()
    assert told == answer and some.state.session.channels[0].record == current
    if answer == "9f01":
        assert say(some, "A0C0000001") == f"{current:02x}9000"


def test_seek_goes_on_from_the_record_that_is_current():
    some = sim()
    asked = CommandApdu(0xA0, 0xA2, 0, 0x02, b"Anna").encode().hex()
    assert [say(some, asked) for _ in range(3)] == ["9000", "9000", "9404"]
    assert some.state.session.channels[0].record == 3, "in vain: nothing moves"
    back = CommandApdu(0xA0, 0xA2, 0, 0x03, b"Anna").encode().hex()
    assert say(some, back) == "9000" and some.state.session.channels[0].record == 1


def test_seek_is_for_linear_files():
    some = sim()
    say(some, "A0A40000026F44")
    assert say(some, "A0A200000141") == "9408" and say(some, "A0A201000141") == "6b00"


# -- said in words


def test_a_search_is_explained():
    some = card()
    search(some, 1, 6, b"\x0c Berta")
    rows = str(explain_command(some.log[-1]))
    for text in ("forward from that record", "behind the first 20", "what is looked for: 'Berta'", "P2: enhanced"):
        assert text in rows, text
    assert "found in record 3" in str(explain_answer(some.log[-1]))
    assert line(some.log[-1]) == "SEARCH RECORD EF.ADN: found in record 3"
    search(some, 5, 6, b"\x07\x02nna")
    rows = str(explain_command(some.log[-1]))
    assert "backward from the one before" in rows and "from octet 2" in rows
    search(some, 1, 6, b"\x00\x02nna")
    assert "search indication: unknown" in str(explain_command(some.log[-1]))
    search(some, 1, 4, b"nna")
    assert line(some.log[-1]).endswith("found in records 1, 3, 5")
    some = sim()
    some.transmit(CommandApdu(0xA0, 0xA2, 0, 0x13, b"Anna").encode())
    assert "backward from the one before, the answer is its number" in str(explain_command(some.log[-1]))
