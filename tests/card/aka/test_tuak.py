"""TUAK against the published set, Keccak-f against hashlib's sponges."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmkit.card.aka.aka import AuthenticationCentre, Subscriber, UsimAuthenticator, Vector, build_autn
from dmkit.card.aka.functions import to_c3
from dmkit.card.aka.keccak import permute
from dmkit.card.aka.tuak import Tuak, topc_of
from dmkit.words.errors import ConfigError

H = bytes.fromhex
KEY, TOP, RAND = b"\xab" * 16, b"\x55" * 32, b"\x42" * 16


def test_published_set():
    card = Tuak.from_top(KEY, TOP, res_size=4)
    assert card.topc.hex() == "bd04d9530e87513c5d837ac2ad954623a8e2330c115305a73eb45d1f40cccbff"
    assert card.topc == topc_of(KEY, TOP)
    sqn, amf = int("11" * 6, 16), H("ffff")
    assert card.f1(RAND, sqn, amf).hex() == "f9a54e6aeaa8618d"
    assert card.f1_star(RAND, sqn, amf).hex() == "e94b4dc6c7297df3"
    assert [part.hex() for part in card.f2345(RAND)] == [
        "657acd64",
        "d71a1e5c6caffe986a26f783e5c78be1",
        "be849fa2564f869aecee6f62d4337e72",
        "719f1e9b9054",
    ]
    assert card.f5_star(RAND).hex() == "e7af6b3d0e38"


@given(st.binary(max_size=300))
@settings(max_examples=30)
def test_the_permutation_makes_sha3(data):
    """A sponge of 136 octets around ``permute`` equals hashlib's SHA3-256."""
    padded = data + b"\x06" + bytes(-(len(data) + 1) % 136)
    padded = padded[:-1] + bytes([padded[-1] | 0x80])
    state = bytes(200)
    for at in range(0, len(padded), 136):
        block = padded[at : at + 136].ljust(200, b"\0")
        state = permute(bytes(a ^ b for a, b in zip(state, block, strict=True)))
    assert state[:32] == hashlib.sha3_256(data).digest()


sizes = st.fixed_dictionaries(
    {
        "res_size": st.sampled_from([4, 8, 16, 32]),
        "mac_size": st.sampled_from([8, 16, 32]),
        "ck_size": st.sampled_from([16, 32]),
        "ik_size": st.sampled_from([16, 32]),
    }
)


@given(st.sampled_from([16, 32]), st.data(), sizes)
@settings(max_examples=40)
def test_every_combination_of_sizes_is_a_function_of_its_own(key_size, data, sizes):
    key = data.draw(st.binary(min_size=key_size, max_size=key_size))
    card = Tuak.from_top(key, TOP, **sizes)
    keys = card.f2345(RAND)
    assert [len(part) for part in keys] == [sizes["res_size"], sizes["ck_size"], sizes["ik_size"], 6]
    assert len(card.f1(RAND, 1, b"ab")) == sizes["mac_size"]
    assert card.f1(RAND, 1, b"ab") != card.f1_star(RAND, 1, b"ab")
    other = Tuak.from_top(key, TOP, **sizes | {"ck_size": 48 - sizes["ck_size"]})
    assert other.f2345(RAND).ck[:8] != keys.ck[:8]


def test_iterations_permute_again():
    once, twice = Tuak(KEY, TOP), Tuak(KEY, TOP, iterations=2)
    assert once.f2345(RAND) != twice.f2345(RAND)
    assert Tuak.from_top(KEY, TOP, iterations=2).topc != once.topc


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"key": b"1"}, "K has 1 octet; it needs 16 or 32"),
        ({"topc": b""}, "TOPc has 0"),
        ({"res_size": 5}, "Tuak.res_size is 5; it must be 4, 8, 16 or 32"),
        ({"mac_size": 4}, "Tuak.mac_size is 4"),
        ({"ck_size": 8}, "Tuak.ck_size is 8"),
        ({"ik_size": 0}, "Tuak.ik_size is 0"),
        ({"iterations": 0}, "Tuak.iterations is 0"),
    ],
)
def test_sizes_the_standard_has_not_are_refused(change, says):
    with pytest.raises(ConfigError, match=says):
        Tuak(**{"key": KEY, "topc": TOP} | change)


def test_aka_runs_on_tuak():
    functions = Tuak.from_top(KEY * 2, TOP, res_size=16)
    centre = AuthenticationCentre({"1": Subscriber(functions)}, iter([RAND]))
    sent = centre.vector("1")
    answer = UsimAuthenticator(functions).run(sent.rand, sent.autn)
    assert isinstance(answer, Vector) and answer.res == sent.xres and len(answer.kc) == 8


def test_aka_wants_macs_of_8_octets_and_2g_wants_keys_of_16():
    with pytest.raises(ConfigError, match="MAC of AUTN has 16 octets; it needs 8"):
        build_autn(Tuak(KEY, TOP, mac_size=16), RAND, 1, b"ab")
    keys = Tuak(KEY, TOP, ck_size=32).f2345(RAND)
    with pytest.raises(ConfigError, match="CK for a 2G key has 32 octets"):
        to_c3(keys.ck, keys.ik)
