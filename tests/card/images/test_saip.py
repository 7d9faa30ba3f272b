"""Profile packages: made here, read, written again; what is not taken apart stays as it was."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

import dmkit as dm
from dmkit.card.images.image import CardImage, differences, of_card, to_card
from dmkit.card.images.saip import read_package
from dmkit.card.images.saip_elements import elements
from dmkit.card.images.saip_writing import write_package
from dmkit.card.tlv import Tlv, tlv
from dmkit.words.errors import CodecError
from tests.card.images.cards import CARDS, image

HEAD = tlv(0xA0, Tlv(0x80), Tlv(0x81, b"\x63"))
AKA = tlv(0xA4, HEAD, tlv(0xA1, tlv(0xA1, Tlv(0x80, b"\1"), Tlv(0x82, bytes(16)), Tlv(0x83, bytes(16)))))
LATER = tlv(0xBF28, HEAD, Tlv(0x81, b"of a later version"))
APPLICATION = tlv(0xA8, HEAD, tlv(0xA1, Tlv(0x4F, b"\xa0\0\0\0\1")))


def facts(one):
    return one.structure, one.fid, one.sfi, one.rule, one.part(0x84), one.part(0x8A), one.content


def by_identifier(whole):
    fids = {one.names: one.fid for one in whole.files}
    return {tuple(fids[one.names[:size]] for size in range(1, len(one.names) + 1)): facts(one) for one in whole.files}


@pytest.mark.parametrize("name", CARDS)
def test_a_card_is_a_package_and_a_package_a_card(name):
    ours = image(name)
    package = write_package(ours)
    theirs = read_package(package)
    assert by_identifier(theirs) == by_identifier(ours), "packages have no names"
    assert theirs.keys == ours.keys
    assert write_package(theirs) == package == write_package(replace(theirs, more=""))
    card = to_card(theirs)
    assert {path: stored.content for path, stored in card.memory.files.items()} == {
        path: stored.content for path, stored in CARDS[name]().memory.files.items()
    }
    assert by_identifier(of_card(card)) == by_identifier(ours)


def package_with(*more):
    found = elements(write_package(image("usim")))
    whole = [one.octets for one in found]
    return b"".join(one.encode() for one in (*whole[:-1], *more, whole[-1]))


def test_elements_that_are_not_taken_apart_stay():
    package = package_with(AKA, LATER, APPLICATION)
    theirs = read_package(package)
    assert write_package(theirs) == package and theirs.files == read_package(package_with()).files
    changed = replace(theirs, files=tuple(_other_imsi(one) for one in theirs.files))
    again = elements(write_package(changed))
    assert [one.number for one in again if one.number in (4, 8, 40)] == [4, 40, 8]
    assert [one.octets.parts[1:] for one in again if one.number in (4, 8, 40)] == [
        one.parts[1:] for one in (AKA, LATER, APPLICATION)
    ]
    numbers = [one.octets.parts[0].first(0x81).value for one in again[1:]]
    assert len(set(numbers)) == len(numbers), "each element has a number of its own"
    assert [one.path for one in differences(theirs, read_package(write_package(changed)))] == ["MF/ADF.USIM/EF.IMSI"]


def _other_imsi(one):
    if one.path != "MF/ADF.USIM/EF.IMSI":
        return one
    return replace(one, content=(bytes.fromhex("082926101160845740"),))


def element(number, *fields, oid="67810f010201"):
    return tlv(0xA0 | number, HEAD, Tlv(0x81, bytes.fromhex(oid)), *fields)


def fcp(octets):
    return Tlv(0xA1, bytes.fromhex(octets))


HEADER = tlv(0xA0, Tlv(0x80, b"\3"), Tlv(0x81, b"\3"), Tlv(0x83, bytes.fromhex("89001010000000000190")))


def read(*found):
    return read_package(b"".join(one.encode() for one in (HEADER, *found)))


@pytest.mark.parametrize(
    ("parameters", "items", "content"),
    [
        ("8204422100038002000 9".replace(" ", ""), [(0x83, b"abc"), (0x82, b"\3"), (0x83, b"g")],
         (b"abc", b"\xff\xff\xff", b"g\xff\xff")),
        ("8204422100038001 06 a504c102 00ff".replace(" ", ""), [], (b"\0\xff\xff", b"\0\xff\xff")),
        ("8202412180 0105 a504c202 0102".replace(" ", ""), [(0x83, b"x")], (b"x\2\1\2\1",)),
        ("82024121", [(0x82, b"\2"), (0x83, b"xy")], (b"\xff\xffxy",)),
        ("82024121800103 a503c101 00".replace(" ", ""), [(0x82, b"\1"), (0x83, b"x"), (0x82, b"\0"), (0x83, b"y")],
         (b"\0xy",)),
    ],
)  # fmt: skip
def test_fillings_and_offsets(parameters, items, content):
    field = tlv(0xA3, fcp(parameters), *(Tlv(tag, value) for tag, value in items))
    assert read(element(16, tlv(0xA2, fcp("")), field)).file("MF/EF.PL").content == content


def test_a_file_that_is_not_to_be_created_is_not_there():
    theirs = read(element(16, tlv(0xA2, fcp("")), tlv(0xA3, Tlv(0x80)), tlv(0xA4, fcp("83022fe2"))))
    assert [one.path for one in theirs.files] == ["MF", "MF/EF.ICCID"]
    assert theirs.file("MF/EF.ICCID").content == (bytes.fromhex("98000101000000001009"),)


def test_a_link_and_a_directory_that_nobody_made():
    link = Tlv(0x62, bytes.fromhex("8204422100b083026f3cc7047fd06f3c"))
    managed = tlv(0xA1, HEAD, tlv(0xA1, tlv(0x30, Tlv(0x80, bytes.fromhex("7f107f99")), link)))
    theirs = read(element(16, tlv(0xA2, fcp(""))), managed)
    assert [one.path for one in theirs.files] == [
        "MF", "MF/DF.TELECOM", "MF/DF.TELECOM/DF.7F99", "MF/DF.TELECOM/DF.7F99/EF.6F3C",
    ]  # fmt: skip
    assert theirs.files[-1].content is None and not to_card(theirs).memory.files


def test_pins_have_their_puks_and_tries():
    theirs = read_package(write_package(of_card(dm.Usim.example(pin="4711", pin_enabled=True))))
    key = theirs.keys[0x01]
    assert (key.value, key.puk, key.tries, key.enabled) == (b"4711\xff\xff\xff\xff", b"12345678", 3, True)
    assert theirs.keys[0x0A].most == 10 and theirs.keys[0x0A].puk == b""


@pytest.mark.parametrize(
    ("package", "says"),
    [
        (b"", "begins with its header"), (b"\xa1\x00", "begins with its header"), (b"\xa0", "length"),
        (b"\xa0\x00\x30\x00", "80 to BF"), (b"\xa0\x05\x00", "claims 5 octets"),
        (lambda: element(16, tlv(0xA3, fcp("8202412180031fffff"))), "octets; 65536 are the most"),
        (lambda: element(16, tlv(0xA3, fcp("82024121800101"), Tlv(0x83, b"ab"), Tlv(0x83, bytes(70000)))), "the most"),
        (lambda: element(16, tlv(0xA3, fcp("820442210000"))), "how long they are"),
        (lambda: element(16, tlv(0xA3, fcp("8205"))), "claims"),
        (lambda: tlv(0xA2, HEAD, tlv(0xA1, tlv(0xA0, tlv(0x30, Tlv(0x80, b"\1"))))), "a value of eight"),
        (lambda: tlv(0xA1, HEAD, tlv(0xA1, tlv(0x30, Tlv(0x62, b"\x82\x02\x41\x21")))), "an identifier of two octets"),
    ],
)  # fmt: skip
def test_what_is_no_package_is_said(package, says):
    octets = package if isinstance(package, bytes) else HEADER.encode() + package().encode()
    with pytest.raises(CodecError, match=says):
        read_package(octets)


def test_a_card_without_a_number_is_no_profile():
    with pytest.raises(CodecError, match=r"EF\.ICCID"):
        write_package(CardImage(()))
    assert json.loads(read(element(16)).more)["saip"][0] == HEADER.encode().hex()
