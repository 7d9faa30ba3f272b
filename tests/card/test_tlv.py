"""Tag, length, value: what is written is read again, and nothing else but CodecError comes of any octets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.card.tlv import Tlv, bit_string, oid, oid_text, read, read_all, tlv
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
        ("30820001", "claims 1 octets"),
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
    ],
)
def test_which_octets_are_no_object_identifier(octets, why):
    with pytest.raises(CodecError) as failure:
        oid_text(bytes.fromhex(octets))
    assert failure.value.reason == why


@pytest.mark.parametrize("bad", ["300381010500", "30810105", "3082000105"])
def test_der_asks_for_the_shortest_length(bad):
    with pytest.raises(CodecError):
        read_all(bytes.fromhex("3081020500"), strict=True)
    assert read_all(bytes.fromhex("3081020500")) == (tlv(0x30, Tlv(0x05)),)


@given(st.integers(0, 2), st.integers(0, 39), st.lists(st.integers(0, 2**40), max_size=5))
def test_object_identifiers(first, second, rest):
    text = ".".join(map(str, (first, second, *rest)))
    assert oid_text(oid(text).value) == text


def test_octets_and_objects_stand_side_by_side():
    assert tlv(0x30, b"ab", Tlv(0x05), b"").encode().hex() == "3004" + "6162" + "0500"


def test_bit_strings_name_bits():
    assert bit_string().encode().hex() == "030100"
    assert bit_string(0).encode().hex() == "03020780"
    assert bit_string(0, 9).encode().hex() == "0303068040"


def test_nesting_without_end_has_a_picture():
    deep = b"".join(b"\x30" + bytes([n]) for n in range(100, 0, -2)) + b"\x30\x00"
    assert repr(read_all(b"\x30\x66" + deep)[0]).startswith("<30 <30 ")
