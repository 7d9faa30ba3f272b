"""Tag, length, value: what is written is read again, and nothing else but CodecError comes of any octets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.card.tlv import Tlv, bit_string, oid, oid_text, read_all, tlv
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


@pytest.mark.parametrize("bad", ["300381010500", "30810105", "3082000105"])
def test_der_asks_for_the_shortest_length(bad):
    with pytest.raises(CodecError):
        read_all(bytes.fromhex("3081020500"), strict=True)
    assert read_all(bytes.fromhex("3081020500")) == (tlv(0x30, Tlv(0x05)),)


@given(st.integers(0, 2), st.integers(0, 39), st.lists(st.integers(0, 2**40), max_size=5))
def test_object_identifiers(first, second, rest):
    text = ".".join(map(str, (first, second, *rest)))
    assert oid_text(oid(text).value) == text


def test_bit_strings_name_bits():
    assert bit_string().encode().hex() == "030100"
    assert bit_string(0).encode().hex() == "03020780"
    assert bit_string(0, 9).encode().hex() == "0303068040"


def test_nesting_without_end_has_a_picture():
    deep = b"".join(b"\x30" + bytes([n]) for n in range(100, 0, -2)) + b"\x30\x00"
    assert repr(read_all(b"\x30\x66" + deep)[0]).startswith("<30 <30 ")
