"""Tag, length, value: what is written is read again, and nothing else but CodecError comes of any octets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.card.tlv import MAX_DEPTH, Tlv, bit_string, oid, oid_text, read, read_all, tlv
from dmkit.words.errors import CodecError

tags = st.sampled_from([0x30, 0x04, 0x62, 0x80, 0xA5, 0x5F2D, 0x7F49, 0x9F8101])


@given(st.lists(st.builds(Tlv, tags, st.binary(max_size=300)), max_size=5))
def test_what_is_written_is_read_again(objects):
    data = b"".join(one.encode() for one in objects)
    assert read_all(data, strict=True) == tuple(objects)


@given(st.binary(max_size=40), st.booleans(), st.booleans())
def test_any_octets_give_objects_or_a_codec_error(data, strict, padding):
    try:
        objects = read_all(data, strict=strict, padding=padding)
    except CodecError:
        return
    repr(objects)
    if strict and not padding:
        assert b"".join(one.encode() for one in objects) == data


@pytest.mark.parametrize(
    "bad, why",
    [
        ("30", "a length was expected"),
        ("3005040101", "claims 5 octets"),
        ("3080", "length octet 80"),
        ("1f808080808001", "tag of more than four octets"),
        ("30820001", "claims 1 octet"),
    ],
)
def test_what_is_wrong_is_said(bad, why):
    with pytest.raises(CodecError, match=why):
        read_all(bytes.fromhex(bad))


WRITTEN = "a length is written as 00 to 7F, or 81, 82 or 83 and that many octets"
SHORTEST = "is not in its shortest form, as DER asks"
SENTENCES = [
    # octets, strict, where, what is said
    ("1f", False, 0, "a tag of more than four octets, or one that does not end"),
    ("9f81828301", False, 0, "a tag of more than four octets, or one that does not end"),
    ("0500000100", True, 2, "tag 00 names nothing in DER"),
    ("04020102300504", False, 6, "tag 30 claims 5 octets, 1 are left"),
    ("04", False, 1, "a length was expected, the data end here"),
    ("0480", False, 1, f"length octet 80: {WRITTEN}"),
    ("048400000001aa", False, 1, f"length octet 84: {WRITTEN}"),
    ("048201", False, 1, "the data end inside a length"),
    ("048105", True, 1, f"length 5 {SHORTEST}"),
    ("048200ff", True, 1, f"length 255 {SHORTEST}"),
]  # fmt: skip


@pytest.mark.parametrize("octets, strict, at, why", SENTENCES)
def test_what_is_wrong_is_said_in_full_and_where(octets, strict, at, why):
    with pytest.raises(CodecError) as failure:
        read_all(bytes.fromhex(octets), strict=strict)
    assert (failure.value.reason, failure.value.offset) == (why, at)


def test_a_tag_has_four_octets_at_most():
    assert read_all(bytes.fromhex("9f81820100")) == (Tlv(0x9F818201),)
    with pytest.raises(CodecError) as failure:
        read(b"", 0)
    assert failure.value.reason == "a tag was expected, the data end here" and failure.value.offset == 0


@pytest.mark.parametrize("text", ["1", "3.1", "0.40", "1.40", "2.-1"])
def test_what_is_no_object_identifier(text):
    with pytest.raises(ValueError) as failure:
        oid(text)
    assert str(failure.value) == f"{text!r} is no object identifier: two numbers or more, the first 0 to 2"


@pytest.mark.parametrize(
    "octets, why",
    [
        ("", "nothing is no object identifier: its last octet says that more follows"),
        ("2a81", "2a81 is no object identifier: its last octet says that more follows"),
        ("2a8001", "2a8001 is no object identifier: a number begins with 80"),
        ("2a" + "ff" * 5000 + "7f", f"2a{'ff' * 19}... is no object identifier: a number of more than 128 bits"),
    ],
)
def test_which_octets_are_no_object_identifier(octets, why):
    with pytest.raises(CodecError) as failure:
        oid_text(bytes.fromhex(octets))
    assert failure.value.reason == why


@pytest.mark.parametrize("bad", ["30810105", "3082000105", "308300000105"])
def test_der_asks_for_the_shortest_length(bad):
    with pytest.raises(CodecError, match="is not in its shortest form"):
        read_all(bytes.fromhex(bad), strict=True)
    assert read_all(bytes.fromhex("3081020500")) == (tlv(0x30, Tlv(0x05)),)
    assert read(bytes.fromhex("3081020500")) == (tlv(0x30, Tlv(0x05)), 5), "a reader is no DER reader unless it is told"


@pytest.mark.parametrize("size, written", [
    (0, "00"), (1, "01"), (0x7F, "7f"), (0x80, "8180"), (0x81, "8181"), (0xFF, "81ff"), (0x100, "820100"),
    (0x1FF, "8201ff"), (0x200, "820200"), (0xFFFF, "82ffff"), (0x10000, "83010000"), (0x10001, "83010001"),
])  # fmt: skip
def test_a_length_is_written_in_its_shortest_form_and_read_again(size, written):
    octets = Tlv(0x5F2D, bytes(size)).encode()
    assert octets == bytes.fromhex("5f2d" + written) + bytes(size)
    assert read(octets, strict=True) == (Tlv(0x5F2D, bytes(size)), len(octets))
    assert read(b"\xff" + octets, 1) == (Tlv(0x5F2D, bytes(size)), len(octets) + 1)


@pytest.mark.parametrize("written", ["8100", "817f", "820000", "8200ff", "830000ff", "8300ffff"])
def test_a_longer_form_is_read_and_der_refuses_it(written):
    length = int(written[2:], 16)
    octets = b"\x04" + bytes.fromhex(written) + bytes(length)
    assert read(octets) == (Tlv(0x04, bytes(length)), len(octets))
    with pytest.raises(CodecError, match=f"length {length} is not in its shortest form"):
        read(octets, strict=True)


def test_padding_ends_what_is_read_and_is_a_tag_otherwise():
    one = Tlv(0x04, b"a")
    for pad in (b"\x00", b"\xff"):
        assert read_all(one.encode() + pad * 3, padding=True) == (one,)
        assert read_all(pad + one.encode(), padding=True) == ()
    assert read_all(one.encode() + b"\x00\x00", padding=False) == (one, Tlv(0x00))
    assert read_all(one.encode() + b"\x01\x00", padding=True) == (one, Tlv(0x01))
    with pytest.raises(CodecError):
        read_all(one.encode() + b"\xff\xff\xff")


def test_the_first_of_a_tag_is_found_or_none():
    both = tlv(0x62, Tlv(0x80, b"1"), Tlv(0x83, b"2"), Tlv(0x83, b"3"))
    assert (both.first(0x83), both.first(0x80), both.first(0x84)) == (Tlv(0x83, b"2"), Tlv(0x80, b"1"), None)


def test_a_picture_shows_what_is_inside():
    assert repr(tlv(0x62, Tlv(0x80, b"1"), tlv(0xA5, Tlv(0x83)), Tlv(0x05))) == "<62 <80 31> <A5 <83>> <05>>"
    assert repr(Tlv(0x30, b"\x04")) == "<30 04>" and repr(Tlv(0x04, b"\x05\x00")) == "<04 0500>"
    deep = Tlv(0x05)
    for _ in range(MAX_DEPTH + 1):
        deep = tlv(0x30, deep)
    assert repr(deep) == "<30 " * MAX_DEPTH + "<30 0500>" + ">" * MAX_DEPTH


@pytest.mark.parametrize("text, octets", [
    ("0.0", "00"), ("0.39", "27"), ("1.0", "28"), ("1.39", "4f"), ("2.0", "50"), ("2.39", "77"), ("2.40", "78"),
    ("2.47", "7f"), ("2.48", "8100"), ("2.999.3", "883703"), ("1.2.840.113549", "2a864886f70d"),
])  # fmt: skip
def test_object_identifiers_octet_by_octet(text, octets):
    assert oid(text) == Tlv(0x06, bytes.fromhex(octets)) and oid_text(bytes.fromhex(octets)) == text


@given(st.integers(0, 2), st.integers(0, 39), st.lists(st.integers(0, 2**40), max_size=5))
def test_object_identifiers(first, second, rest):
    text = ".".join(map(str, (first, second, *rest)))
    assert oid_text(oid(text).value) == text
    assert oid_text(oid(f"2.25.{2**128 - 1}").value) == f"2.25.{2**128 - 1}"


def test_octets_and_objects_stand_side_by_side():
    assert tlv(0x30, b"ab", Tlv(0x05), b"").encode().hex() == "3004" + "6162" + "0500"


def test_bit_strings_name_bits():
    assert bit_string().encode().hex() == "030100"
    assert bit_string(0).encode().hex() == "03020780"
    assert bit_string(0, 9).encode().hex() == "0303068040"
    assert bit_string(1, 0, 3).encode().hex() == "030204d0", "bits of one octet stand together"
    assert bit_string(8).encode().hex() == "0303070080" and bit_string(7).encode().hex() == "03020001"


def test_nesting_without_end_has_a_picture():
    deep = b"".join(b"\x30" + bytes([n]) for n in range(100, 0, -2)) + b"\x30\x00"
    assert repr(read_all(b"\x30\x66" + deep)[0]).startswith("<30 <30 ")
