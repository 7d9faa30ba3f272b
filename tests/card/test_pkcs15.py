"""The object directory: octets of real cards and of the sheet, both ways."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.card import pkcs15 as p
from dmkit.card.tlv import oid
from dmkit.words.errors import CodecError

LABEL, PATH = "OMA DM Bootstrap", bytes.fromhex("6431")
OPEN = p.DataObject(LABEL, p.DM_BOOTSTRAP, PATH)
PRIVATE = p.DataObject(LABEL, p.DM_BOOTSTRAP, PATH, private=True, auth_id=b"\x01")
TYPED = p.DataObject(LABEL, p.DM_BOOTSTRAP, PATH, shape="oid")
WRITTEN = [
    (OPEN, "302430120C104F4D4120444D20426F6F74737472617030060604672B0701A106300404026431"),
    (PRIVATE, "302B30190C104F4D4120444D20426F6F7473747261700302078004010130060604672B0701A106300404026431"),
    (TYPED, "A12630120C104F4D4120444D20426F6F7473747261703000A10E300C0604672B0701300404026431"),
]


def test_object_identifier_of_the_dm_bootstrap():
    assert oid(p.DM_BOOTSTRAP).encode() == bytes.fromhex("0604672B0701")


def test_object_directory_of_a_real_card():
    data = bytes.fromhex("A70630040402 6430")
    assert p.decode_odf(data) == ((0xA7, bytes.fromhex("6430")),)
    assert p.encode_odf(p.decode_odf(data)) == data
    assert p.decode_odf(data + b"\xff" * 8) == p.decode_odf(data), "filling is skipped"


@pytest.mark.parametrize("entry, octets", WRITTEN, ids=["opaque", "private", "typed"])
def test_data_object(entry, octets):
    data = bytes.fromhex(octets)
    assert p.encode_dodf([entry]) == data
    assert p.decode_dodf(data) == (entry,)


def test_double_header_of_a_real_card_is_read():
    real = "A12730003011 0C0F4C774D324D20426F6F747374726170 A110300E 0606 0604672B0901 30040402 6432"
    [found] = p.decode_dodf(bytes.fromhex(real))
    assert (found.label, found.oid, found.path.hex()) == ("LwM2M Bootstrap", "2.23.43.9.1", "6432")


def test_the_first_object_has_priority():
    second = p.DataObject("other", p.DM_BOOTSTRAP, b"\x64\x33")
    assert p.find(p.decode_dodf(p.encode_dodf([OPEN, second])), p.DM_BOOTSTRAP) == OPEN
    assert p.find((), p.DM_BOOTSTRAP) is None


def test_token_info_round_trip():
    info = p.TokenInfo(bytes(range(8)), "maker", "label")
    assert p.decode_token_info(p.encode_token_info(info) + b"\xff\xff") == info


@pytest.mark.parametrize("bad", ["3000", "300430003000", "30083000300030020500", "A1063000300030 00"])
def test_what_is_no_data_object_is_refused(bad):
    with pytest.raises(CodecError):
        p.decode_dodf(bytes.fromhex(bad))


@given(st.sampled_from([p.decode_odf, p.decode_dodf, p.decode_token_info]), st.binary(max_size=60))
def test_any_octets_are_read_or_refused(decode, data):
    with contextlib.suppress(CodecError):
        decode(data)


@given(st.sampled_from(WRITTEN), st.data())
def test_a_changed_octet_is_read_or_refused(written, data):
    octets = bytearray.fromhex(written[1])
    octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(CodecError):
        p.decode_dodf(bytes(octets))


def test_two_objects_cannot_share_a_file():
    with pytest.raises(CodecError, match="same path"):
        p.directory([OPEN, PRIVATE])
