"""Milenage against the published sets; one by one and many at a time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.card.aka.functions import from_c4, from_c5, to_c2, to_c3
from dmkit.card.aka.milenage import Milenage, opc_of
from dmkit.words.errors import ConfigError
from tests.card.aka.vectors import MILENAGE

H = bytes.fromhex


@pytest.mark.parametrize("row", MILENAGE, ids=lambda row: f"set {row.name}")
def test_published_sets(row):
    card = Milenage.from_op(H(row.k), H(row.op))
    rand, sqn, amf = H(row.rand), int(row.sqn, 16), H(row.amf)
    assert opc_of(H(row.k), H(row.op)).hex() == card.opc.hex() == row.opc
    assert card.f1(rand, sqn, amf).hex() == row.f1
    assert card.f1_star(rand, sqn, amf).hex() == row.f1_star
    assert [part.hex() for part in card.f2345(rand)] == [row.f2, row.f3, row.f4, row.f5]
    assert card.f5_star(rand).hex() == row.f5_star
    assert card.challenge(rand, sqn, amf) == (H(row.f1), card.f2345(rand))


def test_2g_conversions_of_set_1():
    keys = Milenage(H(MILENAGE[0].k), H(MILENAGE[0].opc)).f2345(H(MILENAGE[0].rand))
    kc = to_c3(keys.ck, keys.ik)
    assert (to_c2(keys.res).hex(), kc.hex()) == ("46f8416a", "eae4be823af9a08b")
    assert from_c4(kc) == kc + kc
    assert from_c5(kc)[4:12] == kc and from_c5(kc)[:4] == from_c5(kc)[12:]


blocks = st.binary(min_size=16, max_size=16)
requests = st.tuples(blocks, st.integers(0, 2**48 - 1), st.binary(min_size=2, max_size=2))


@given(blocks, blocks, st.lists(requests, max_size=9), st.integers(4, 8))
def test_many_at_once_equal_one_by_one(key, opc, asked, res_size):
    card = Milenage(key, opc, res_size)
    assert card.challenges(asked) == [card.challenge(*one) for one in asked]
    assert [(card.f1(*one), card.f2345(one[0])) for one in asked] == card.challenges(asked)


@pytest.mark.parametrize(
    ("key", "opc", "size", "says"),
    [
        (b"short", bytes(16), 8, "K has 5 octets; it needs 16"),
        (bytes(16), bytes(15), 8, "OPc has 15 octets"),
        (bytes(16), bytes(16), 9, "Milenage.res_size is 9; it must be a whole number from 4 to 8 B"),
    ],
)
def test_a_key_of_another_size_is_refused(key, opc, size, says):
    with pytest.raises(ConfigError, match=says):
        Milenage(key, opc, size)


def test_nothing_secret_is_printed():
    card = Milenage(b"K" * 16, b"O" * 16)
    assert repr(card) == "Milenage(res_size=8)"
    assert card.f2345(bytes(16)).ck.hex() not in repr(card.f2345(bytes(16)))
