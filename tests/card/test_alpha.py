"""Names on a card: letters of short messages, UCS2 in three forms, and octets that are neither."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.card.alpha import decode, encode, named, to_name
from dmkit.words.errors import CodecError


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        ("416e6e61", "Anna"), ("416e6e61ffffff", "Anna"), ("", ""), ("ffff", ""),
        ("5b7c5e", "ÄöÜ"), ("0001020304", "@£$¥è"), ("1b65", "€"), ("1b281b29", "{}"), ("1b3d40", "~¡"),
        ("1b", "\ufffd"), ("c3", "\ufffd"), ("1bc3", "\ufffd"),
        ("6d1b6173", "mas"), ("1b7f", "à"), ("6d1b1b6173", "m as"), ("1b1b1b65", " €"),  # TS 23.038 §6.2.1.1
        ("80041004300414ffff", "АаД"), ("80", ""), ("8000", ""), ("800041ff", "A"),
        ("8103 08 b0b1b2", "абв"), ("8103 08 2dbd41", "-нA"), ("8105 08 b0", "а"),
        ("8104 08 b01b65b1", "а€б"), ("8205 0530 2d1b6182", "-aԲ"), ("8101 08 1b", "\ufffd"),
        ("81", ""), ("8101", ""), ("810108", ""),
        ("8202 0530 2d82", "-Բ"), ("8202 0530", ""), ("82020530ff", "\u05af"),
    ],
)  # fmt: skip
def test_what_octets_say(octets, text):
    assert decode(bytes.fromhex(octets)) == text


@pytest.mark.parametrize(("text", "octets"), [
    ("Anna", "416e6e61"), ("", ""), ("_$@", "110200"), ("100 €", "313030201b65"), ("Ж", "800416"), ("aЖ", "8000610416"),
    ("😀", "80d83dde00"), ("[x]", "1b3c781b3e"),
])  # fmt: skip
def test_how_a_text_is_written(text, octets):
    assert encode(text).hex() == octets and decode(bytes.fromhex(octets)) == text


def test_half_a_letter_is_refused():
    with pytest.raises(CodecError, match="half of a letter"):
        encode("\ud800")
    with pytest.raises(CodecError, match="no hexadecimal"):
        to_name({"name": "x", "name_octets": "zz"})


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\uffff\x1b"), max_size=12))
def test_what_is_written_is_read(text):
    assert decode(encode(text) + b"\xff\xff") == text


@given(st.binary(max_size=20))
def test_any_octets_say_something_and_are_written_as_they_came(octets):
    value = named(octets)
    assert to_name(value) == (octets if "name_octets" in value else octets.rstrip(b"\xff"))
    assert isinstance(value["name"], str)
