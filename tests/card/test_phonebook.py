"""Phone books: people read from and written to many files, through the contacts of a card, cut off, full, and odd."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.card.apdu import CommandRefused
from dmkit.card.book_codings import ANR, EXT, PBR
from dmkit.card.book_talk import read_book, write_book
from dmkit.card.book_writing import with_contact
from dmkit.card.card import Usim
from dmkit.card.files import MF, TELECOM, USIM
from dmkit.card.images.formats import read_image, write_image
from dmkit.card.images.image import of_card, to_card
from dmkit.card.memory import CardMemory
from dmkit.card.more_files import BOOK
from dmkit.card.phonebook import GLOBAL, LOCAL, Contact, PhoneBook
from dmkit.card.terminal import run, select_aid, verify
from dmkit.words.errors import CodecError, ConfigError

EMPTY = PhoneBook.empty(BOOK)
ANNA = Contact(name="Anna", number="+491701234567")
FULL = Contact(
    name="Jörg", number="0711*123#", second="Müller", emails=("joerg@example.org",), others=(("work", "+4930123"),),
    groups=("Family", "Choir"), hidden=True,
)  # fmt: skip


def card(where=TELECOM, **more):
    """A card with a book below the directory."""
    below = replace(where, below=(*where.below, BOOK))
    rest = tuple(one for one in (TELECOM, USIM) if one is not where)
    example = Usim.example(**more)
    return Usim(
        CardMemory.of(replace(MF, below=(below, *rest)), example.memory.keys, {(0x2FE2,): "8900101000000000019"})
    )


# -- the value


@pytest.mark.parametrize("contact", [
    ANNA, FULL, Contact(), Contact(number="1"), Contact(name="x" * 14, number="1" * 20), Contact(name="ЖЖ"),
    Contact(name="long", number="+" + "1234567890" * 2 + "55"), Contact(name="longer", number="12345" * 10),
    Contact(name="more", others=(("", "1234567890123456789012"),)), Contact(name="g", groups=("Choir",)),
], ids=lambda one: one.name or "none")  # fmt: skip
@pytest.mark.parametrize("number", [1, 4])
def test_what_is_written_is_read(contact, number):
    book = with_contact(EMPTY, number, contact)
    if contact == Contact():
        assert book.contacts == {}, "nobody without a name and a number"
    else:
        assert book.contacts == {number: contact}
    assert with_contact(book, number, None).contacts == {}


def test_a_second_entry_takes_nothing_from_the_first():
    book = with_contact(with_contact(EMPTY, 1, FULL), 2, replace(FULL, name="Jana", emails=("jana@example.org",)))
    assert book.contacts[1] == FULL and book.contacts[2].emails == ("jana@example.org",)
    assert {row for row in book.files[0x4F4B] if row.strip(b"\xff")} == {b"work".ljust(12, b"\xff")}, (
        "one label for both"
    )


def test_records_that_become_free_are_used_again():
    """Three addresses, three entries with one: each change frees its own."""
    book = EMPTY
    for turn in range(30):
        number = 1 + turn % 4
        one = Contact(
            name=f"n{turn}", number="1" * 30 if number == 1 else "1", emails=(f"{turn}@x.org",) if number < 4 else ()
        )
        book = with_contact(book, number, one)
        assert book.contact(number) == one
    assert len([row for row in book.files[0x4F50] if row.strip(b"\xff")]) == 3
    assert [row[0] for row in book.files[0x4F4A]] == [2, 0], "one extension is in use, one is free"


def test_links_are_written_as_the_files_have_them():
    book = with_contact(EMPTY, 2, FULL)
    assert book.files[0x4F25][1].hex() == "010101", "EF.IAP: records of EMAIL, ANR and SNE"
    assert book.files[0x4F50][0][-2:].hex() == "0202", "EF.EMAIL: short identifier of EF.ADN, and the record"
    assert book.files[0x4F11][0].hex() == "010591940321f3" + "ff" * 8 + "0202"
    assert ANR.decode(book.files[0x4F11][0])["entry"] == "0202" and ANR.decode(book.files[0x4F11][0])["label"] == 1
    assert book.files[0x4F26][1].hex() == "010200" and book.files[0x4F09][1].hex() == "0001"


def test_counters_say_that_something_changed():
    """EF.UID of an entry is given once; EF.PUID is the last one, EF.CC counts changes.  [TS 31.102 §4.4.2.12]"""
    one = with_contact(EMPTY, 3, ANNA)
    assert one.files[0x4F21][2].hex() == "0001" and one.files[0x4F24] == (b"\0\1",) and one.files[0x4F23] == (b"\0\1",)
    two = with_contact(one, 3, FULL)
    assert two.files[0x4F21][2].hex() == "0001" and two.files[0x4F23] == (b"\0\2",), "the same entry, changed"
    three = with_contact(with_contact(two, 3, None), 1, ANNA)
    assert three.files[0x4F21][0].hex() == "0002" and three.files[0x4F21][2].hex() == "0000"


@pytest.mark.parametrize(
    ("contact", "says"),
    [
        (Contact(name="x" * 15), "takes 15 octets; there is room for 14"), (Contact(name="Ж" * 7), "takes 15 octets"),
        (Contact(name="\ud800"), "half of a letter"), (Contact(number="12a4x"), "no digit"),
        (Contact(number="1" * 61), "no record of EF.EXT1 is free"),
        (Contact(emails=("a", "b")), "2 of EF.EMAIL for one entry; this book has 1"),
        (Contact(emails=("a" * 33,)), "room for 32"), (Contact(second="x" * 15), "room for 14"),
        (Contact(others=(("a", "1"), ("b", "2"))), "2 of EF.ANR"), (Contact(others=(("x" * 13, "1"),)), "room for 12"),
        (Contact(groups=("a", "b", "c")), "all 2 records of EF.GAS are in use"),
    ],
)  # fmt: skip
def test_what_there_is_no_room_for_is_said(contact, says):
    with pytest.raises(ConfigError, match=says):
        with_contact(EMPTY, 1, contact)


def test_a_full_file_is_said():
    book = EMPTY
    for number in (1, 2):
        book = with_contact(book, number, Contact(name="n", second="s"))
    with pytest.raises(ConfigError, match=r"all 2 records of EF\.SNE are in use"):
        with_contact(book, 3, Contact(name="n", second="s"))
    with pytest.raises(ConfigError, match="there are 1 to 4"):
        with_contact(EMPTY, 5, ANNA)
    with pytest.raises(ConfigError, match="there are 1 to 4"):
        EMPTY.contact(0)


def test_a_book_without_those_files():
    """EF.ADN alone: names and numbers of 20 digits, nothing else."""
    bare = PhoneBook.of({0x4F30: (bytes.fromhex("a804c0024f3a"), b"\xff" * 6), 0x4F3A: (b"\xff" * 24,) * 2})
    book = with_contact(bare, 2, ANNA)
    assert book.contacts == {2: ANNA} and list(book.changes(bare)) == [(0x4F3A, 2, book.files[0x4F3A][1])]
    for contact, says in ((FULL, "EF.SNE"), (Contact(groups=("a",)), "EF.GRP"), (Contact(hidden=True), "EF.PBC"),
                          (Contact(number="1" * 21), "EF.EXT1")):  # fmt: skip
        with pytest.raises(ConfigError, match=says):
            with_contact(bare, 1, contact)


def test_two_sets_are_one_book():
    """A second record of EF.PBR: further files, whose entries go on counting."""
    record = bytes.fromhex("a804c0024f3a"), bytes.fromhex("a808c0024f3bca024f51")
    two = PhoneBook.of({0x4F30: record, 0x4F3A: (b"\xff" * 24,) * 2, 0x4F3B: (b"\xff" * 24,), 0x4F51: (b"\xff" * 20,)})
    assert two.size == 3
    book = with_contact(with_contact(two, 2, ANNA), 3, replace(ANNA, emails=("a@b",)))
    assert book.contacts == {2: ANNA, 3: replace(ANNA, emails=("a@b",))}, "type 1: a record each, without EF.IAP"


@pytest.mark.parametrize(("files", "says"), [
    ({}, "no EF.PBR"), ({0x4F30: (bytes.fromhex("a803c1024f25"),)}, "cut|length|octets"),
    ({0x4F30: (bytes.fromhex("a804c1024f25"),)}, "no file with names"),
    ({0x4F30: (bytes.fromhex("8001ff"),)}, "A8, A9 or AA"),
    ({0x4F30: (bytes.fromhex("a803c0014f"),)}, "2 or 3 octets"),
])  # fmt: skip
def test_what_is_no_book_is_said(files, says):
    with pytest.raises(CodecError, match=says):
        PhoneBook.of(files)


def test_links_that_lead_nowhere_are_passed_over():
    book = with_contact(EMPTY, 1, replace(FULL, number="1" * 41))
    odd = {**book.files, 0x4F25: (b"\x09\x09\x09",) * 4, 0x4F26: (b"\x01\x09\xff",) * 4}
    ring = b"\x02\x0a" + b"\x11" * 10 + b"\x01", b"\x02\x0a" + b"\x22" * 10 + b"\x01"
    odd[0x4F4A] = ring
    seen = replace(book, files=odd).contact(1)
    assert seen.emails == seen.others == () and seen.second == "" and seen.groups == ("Family", "")
    assert len(seen.number) <= 60, "extensions in a ring are read once each"


@given(st.integers(0, 10**9))
def test_any_octets_in_the_files_are_read(seed):
    """Whatever a card says in the files of a book whose EF.PBR is sound: people, or nobody, and no exception."""
    chance = Random(seed)
    files = {fid: tuple(bytes(chance.randrange(256) for _ in row) for row in rows) for fid, rows in EMPTY.files.items()}
    book = PhoneBook.of({**files, 0x4F30: EMPTY.files[0x4F30]})
    assert set(book.contacts) <= {1, 2, 3, 4}
    again = with_contact(book, 1, ANNA)
    assert again.contact(1).name == "Anna" and again.contact(1).number == ANNA.number


# -- the codings of its files


@pytest.mark.parametrize("octets", [
    "a80ac0034f3a02c5034f0904aa0acb034f3d07c2034f4a06", "", "ffff", "a804c0024f3a", "a905dd034f5101",
])  # fmt: skip
def test_ef_pbr_there_and_back(octets):
    assert PBR.encode(PBR.decode(bytes.fromhex(octets))) == bytes.fromhex(octets).rstrip(b"\xff")


@pytest.mark.parametrize("octets", [
    "02" "0121ffffffffffffffffff" "ff", "00" + "ff" * 12, "01" "0380500100ffffffffffff" "ff", 
    "02" "0b11111111111111111111" "02",
    "02" "00ffffffffffffffffffff" "ff", "ff" * 13, "02" "01ffffffffffffffffffff" "ff",
])  # fmt: skip
def test_extensions_there_and_back(octets):
    value = EXT.decode(bytes.fromhex(octets))
    assert EXT.encode(value) == bytes.fromhex(octets)


@pytest.mark.parametrize(("coding", "value"), [
    (EXT, {"digits": "", "next": 1}), (EXT, {"digits": "1" * 21, "next": 1}),
    (EXT, {"type": 1, "octets": "00", "next": 1}),
    (PBR, [[4, []]]), (ANR, {"label": 1, "number": "1" * 21, "more": "ffff"}),
])  # fmt: skip
def test_values_that_do_not_fit(coding, value):
    with pytest.raises(CodecError):
        coding.encode(value)


# -- through the contacts


def test_a_book_is_read_and_written_through_the_contacts():
    some = card()
    before = run(some, read_book())
    assert before.size == 4 and before.contacts == {}
    book = with_contact(with_contact(before, 1, FULL), 4, ANNA)
    assert run(some, write_book(book, before)) == len(list(book.changes(before)))
    assert run(some, read_book()).contacts == {1: FULL, 4: ANNA}
    assert PhoneBook.of_card(some.memory, GLOBAL).contacts == {1: FULL, 4: ANNA}, "and past them"
    assert "EF.EMAIL record 1" in str(some.log)


def test_the_book_of_a_usim():
    some = card(USIM)
    with pytest.raises(CommandRefused):
        run(some, read_book())
    run(some, select_aid(USIM.aid))
    before = run(some, read_book(LOCAL, application=True))
    run(some, write_book(with_contact(before, 2, ANNA), before, LOCAL, application=True))
    assert run(some, read_book(LOCAL, application=True)).contacts == {2: ANNA}


def test_a_pin_is_wanted_where_it_is_on():
    some = card(pin_enabled=True)
    with pytest.raises(CommandRefused) as refused:
        run(some, read_book())
    assert refused.value.sw == 0x6982
    assert run(some, verify(0x01, b"1234".ljust(8, b"\xff"))) is None
    assert run(some, read_book()).contacts == {}


class Cut:
    """A card that is pulled at a command."""

    def __init__(self, inner, after):
        self.inner, self.left = inner, after

    def transmit(self, apdu):
        self.left -= 1
        return self.inner.transmit(apdu) if self.left >= 0 else b""


def test_an_entry_that_is_cut_off_is_not_there():
    """Its name is written last: at every command before, nobody stands there yet."""
    whole = card()
    before = run(whole, read_book())
    book = with_contact(before, 1, FULL)
    seen = []
    for after in range(40):
        some = card()
        try:
            run(Cut(some, after), write_book(book, before))
        except CommandRefused:
            seen.append(run(some, read_book()).contacts)
            continue
        break
    assert len(seen) > 10 and all(found in ({}, {1: FULL}) for found in seen) and seen[-1] == {}


@pytest.mark.parametrize("form", ["fsdump", "saip"])
def test_a_book_goes_there_and_back_in_a_file(form):
    some = card(USIM)
    run(some, select_aid(USIM.aid))
    before = run(some, read_book(LOCAL, application=True))
    run(some, write_book(with_contact(before, 2, FULL), before, LOCAL, application=True))
    again = to_card(read_image(write_image(of_card(some), form)))
    place = next(path for path in again.memory.directories if path[-1:] == (0x5F3A,))
    assert PhoneBook.of_card(again.memory, place).contacts == {2: FULL}
    assert "Jörg" in str(again.tree)
