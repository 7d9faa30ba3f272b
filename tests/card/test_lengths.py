"""Lengths around the places where their form changes, against octets written down by hand.  [X.690 §8.1.3]"""

from __future__ import annotations

import pytest

from dmkit.card.tlv import MAX_DEPTH, Tlv, bit_string, oid, oid_text, read, read_all, tlv
from dmkit.words.errors import CodecError

FORMS = [
    (0, "00"), (1, "01"), (126, "7e"), (127, "7f"), (128, "8180"), (129, "8181"), (200, "81c8"), (254, "81fe"),
    (255, "81ff"), (256, "820100"), (257, "820101"), (1000, "8203e8"), (65_535, "82ffff"), (65_536, "83010000"),
    (70_000, "83011170"),
]  # fmt: skip
LONGER = [(0, "8100"), (127, "817f"), (128, "820080"), (255, "8200ff"), (256, "83000100"), (65_535, "8300ffff")]


@pytest.mark.parametrize(("size", "written"), FORMS)
@pytest.mark.parametrize("strict", [False, True])
def test_a_length_has_its_shortest_form_and_is_read_again(size, written, strict):
    value = bytes(size)
    octets = Tlv(0x04, value).encode()
    assert octets == b"\x04" + bytes.fromhex(written) + value
    assert read(octets + b"\x05\x00", strict=strict) == (Tlv(0x04, value), len(octets))


@pytest.mark.parametrize(("size", "written"), LONGER)
def test_a_longer_form_than_needed_is_ber_and_not_der(size, written):
    octets = b"\x04" + bytes.fromhex(written) + bytes(size)
    assert read_all(octets) == (Tlv(0x04, bytes(size)),)
    with pytest.raises(CodecError, match="shortest form") as caught:
        read_all(octets, strict=True)
    assert caught.value.offset == 1


@pytest.mark.parametrize(("size", "written"), [f for f in FORMS if f[0]])
def test_one_octet_less_than_claimed_is_too_few(size, written):
    octets = b"\x04" + bytes.fromhex(written) + bytes(size - 1)
    with pytest.raises(CodecError, match=f"claims {size} octets, {size - 1} are left"):
        read_all(octets)


@pytest.mark.parametrize("octets", ["0480", "0484", "0484000000ff", "04ff", "0481", "048201", "04830100"])
def test_what_is_no_length(octets):
    with pytest.raises(CodecError):
        read_all(bytes.fromhex(octets))


@pytest.mark.parametrize(("octets", "why", "at"), [
    ("", "a tag was expected", 0), ("04", "a length was expected", 1), ("0480", "length octet 80", 1),
    ("04840000000105", "length octet 84", 1), ("04ff", "length octet FF", 1), ("0481", "end inside a length", 1),
    ("048201", "end inside a length", 1), ("0483ffff", "end inside a length", 1),
    ("1f8080808001", "tag of more than", 0),
    ("1f", "does not end", 0), ("1f80", "does not end", 0), ("040205", "claims 2 octets, 1 are left", 2),
])  # fmt: skip
def test_what_is_wrong_and_where(octets, why, at):
    with pytest.raises(CodecError, match=why) as caught:
        read(bytes.fromhex(octets))
    assert caught.value.offset == at


def test_tag_00_names_nothing_in_der():
    assert read(b"\x00\x00") == (Tlv(0x00), 2)
    with pytest.raises(CodecError, match="tag 00") as caught:
        read_all(b"\x05\x00\x00\x00", strict=True)
    assert caught.value.offset == 2


@pytest.mark.parametrize(("octets", "count"), [
    ("0500", 1), ("050000", 1), ("0500ff", 1), ("0500ffff0500", 1), ("05000500", 2), ("00", 0), ("ff", 0),
])  # fmt: skip
def test_padding_ends_the_objects(octets, count):
    assert len(read_all(bytes.fromhex(octets), padding=True)) == count


def test_padding_is_no_padding_unless_asked():
    assert read_all(b"\x05\x00\x00\x00") == (Tlv(0x05), Tlv(0x00))
    with pytest.raises(CodecError):
        read_all(b"\x05\x00\x00")
    assert read_all(b"\x01\x00", padding=True) == (Tlv(0x01),)


@pytest.mark.parametrize(("text", "octets"), [
    ("0.0", "00"), ("0.39", "27"), ("1.0", "28"), ("1.39", "4f"), ("2.0", "50"), ("2.39", "77"), ("2.47", "7f"),
    ("2.48", "8100"), ("2.999", "8837"), ("2.999.3", "883703"), ("1.2.840.113549", "2a864886f70d"),
    ("2.5.4.3", "550403"),
])  # fmt: skip
def test_object_identifiers_by_hand(text, octets):
    assert oid(text) == Tlv(0x06, bytes.fromhex(octets)) and oid_text(bytes.fromhex(octets)) == text


@pytest.mark.parametrize("text", ["1", "3.1", "0.40", "1.40", "-1.2", "1.-2", "1.2.-3", "4.0"])
def test_what_is_no_object_identifier(text):
    with pytest.raises(ValueError, match="is no object identifier"):
        oid(text)


@pytest.mark.parametrize(
    ("octets", "why"), [("", "nothing is no"), ("2a86", "2a86 is no"), ("2a8001", "begins with 80")]
)
def test_octets_that_are_no_object_identifier(octets, why):
    with pytest.raises(CodecError, match=why):
        oid_text(bytes.fromhex(octets))


@pytest.mark.parametrize(("bits", "octets"), [
    ((), "030100"), ((0,), "03020780"), ((1,), "03020640"), ((7,), "03020001"), ((8,), "0303070080"),
    ((0, 1, 2), "030205e0"), ((0, 7), "03020081"), ((0, 9), "0303068040"), ((1, 3, 15), "0303005001"),
])  # fmt: skip
def test_bit_strings_by_hand(bits, octets):
    assert bit_string(*bits).encode().hex() == octets


def test_objects_as_they_are_shown_and_found():
    deep = tlv(0x62, Tlv(0x83, b"\x3f\x00"), tlv(0xA5, Tlv(0x80, b"\x01"), Tlv(0x80, b"\x02")), Tlv(0x5F2D))
    assert repr(deep) == "<62 <83 3f00> <A5 <80 01> <80 02>> <5F2D>>"
    assert [part.tag for part in deep.parts] == [0x83, 0xA5, 0x5F2D]
    assert deep.first(0xA5).first(0x80) == Tlv(0x80, b"\x01") and deep.first(0x84) is None
    assert deep.is_constructed and not Tlv(0x83).is_constructed and Tlv(0x7F49).is_constructed
    assert repr(Tlv(0x62, b"\x83\x05\x01")) == "<62 830501>", "no objects inside: shown as octets"
    assert [Tlv(tag).tag_octets.hex() for tag in (0x00, 0x5F2D, 0x9F8101)] == ["00", "5f2d", "9f8101"]


def test_pictures_end_sixteen_deep():
    inner = Tlv(0x04, b"\x01")
    for _ in range(17):
        inner = tlv(0x30, inner)
    assert repr(inner).count("<") == MAX_DEPTH + 1
