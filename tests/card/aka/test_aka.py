"""AKA: the card answers, the network follows, and what a replay gives away."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.card.aka.aka import (
    AuthenticationCentre,
    MacFailure,
    Resync,
    Subscriber,
    UsimAuthenticator,
    Vector,
    build_autn,
    build_auts,
    open_auts,
)
from dmkit.card.aka.functions import xor
from dmkit.card.aka.milenage import Milenage
from dmkit.card.aka.sqn import SequenceNumber, SqnPolicy, SqnWindow, sqn_of
from dmkit.words.errors import CodecError, ConfigError, LocalProtocolError
from tests.card.aka.vectors import MILENAGE

H = bytes.fromhex
SET1 = MILENAGE[0]
CARD1 = Milenage(H(SET1.k), H(SET1.opc))
OSMO = Milenage(bytes(range(16)), bytes(range(16)))
ONE_COUNTER = SqnPolicy(ind_bits=0, delta=None)
TAKES_ALL = SqnPolicy(delta=None)


def test_autn_of_set_1():
    assert build_autn(CARD1, H(SET1.rand), int(SET1.sqn, 16), H(SET1.amf)).hex() == "55f328b43577b9b94a9ffac354dfafb3"


def test_autn_of_set_19():
    row = MILENAGE[-1]
    card = Milenage(H(row.k), H(row.opc))
    autn = build_autn(card, H(row.rand), int(row.sqn, 16), H(row.amf))
    assert autn.hex() == "bb52e91c747ac3ab2a5c23d15ee351d5"


@pytest.mark.parametrize(
    ("card", "rand", "sqn_ms", "auts"),
    [
        (CARD1, SET1.rand, "ff9bb4d0b607", "ba853f3c123ccf44e93596e355c6"),
        (CARD1, SET1.rand, "ff9bb4d0b627", "ba853f3c121cb55edb820040ab41"),
        (OSMO, "00" * 16, "00000000001f", "8711a0ec9e1637df17f80b384ee4"),
    ],
)
def test_auts_vectors(card, rand, sqn_ms, auts):
    assert build_auts(card, H(rand), int(sqn_ms, 16)).hex() == auts
    assert open_auts(card, H(rand), H(auts)) == int(sqn_ms, 16)
    assert open_auts(card, H(rand), H(auts)[:-1] + b"\0") is None
    with pytest.raises(CodecError, match="14 octets, not 3"):
        open_auts(card, H(rand), b"123")


@pytest.mark.parametrize(
    ("policy", "ind", "first", "then"),
    [
        (ONE_COUNTER, None, "moved", [32, 33, 34]),
        (SqnPolicy(ind_bits=5), 10, "in step", [42, 74, 106]),  # SQN_MS 31 is SEQ 0 in slot 31
    ],
)
def test_the_network_follows_a_genuine_auts(policy, ind, first, then):
    """The numbers that libosmocore's tests print after the same AUTS."""
    centre = AuthenticationCentre({"1": Subscriber(OSMO, SequenceNumber(policy=policy))}, iter(lambda: bytes(16), None))
    auts = H("8711a0ec9e1637df17f80b384ee4")
    assert centre.resynchronise("1", bytes(16), auts) == first
    numbers = []
    for _ in then:
        centre.vector("1", ind=ind)
        numbers.append(centre.subscribers["1"].sequence.sqn)
    assert numbers == then
    assert centre.resynchronise("1", bytes(16), auts) == "in step"
    assert centre.resynchronise("1", bytes(16), bytes(14)) == "forged"
    assert centre.resynchronise("2", bytes(16), auts) == "unknown subscriber"
    assert centre.subscribers["1"].sequence.sqn == then[-1]


def test_libosmocore_vector_of_sqn_34():
    centre = AuthenticationCentre({"1": Subscriber(OSMO, amf=bytes(2))}, iter(()))
    sent = centre.challenge("1", bytes(16), 34)
    card = UsimAuthenticator(OSMO, SqnWindow.at(33, ONE_COUNTER))
    answer = card.run(sent.rand, sent.autn)
    assert isinstance(answer, Vector)
    assert sent.autn.hex() == "ec9320c2c2120000c8b7de2a3449f1bd"
    assert answer.res.hex() == sent.xres.hex() == "e9fc88ccc8a35381"
    assert answer.ck.hex() == "7200a184d8f2c758fbdf87900ddbf275" == sent.ck.hex()
    assert answer.ik.hex() == "12cb2dd3e0ec8378f6fc1d606c619f47" == sent.ik.hex()
    assert (answer.sres.hex(), answer.kc.hex()) == ("215fdb4d", "6de816a759a42912")
    gsm = card.run_gsm(bytes(16))
    assert (gsm.sres, gsm.kc) == (answer.sres, answer.kc)
    assert answer.ck.hex() not in repr(answer) and sent.ck.hex() not in repr(sent)


def test_a_challenge_of_another_network_changes_nothing():
    card = UsimAuthenticator(CARD1)
    before = card.window
    assert card.run(bytes(16), bytes(16)) == MacFailure()
    assert card.window is before
    with pytest.raises(CodecError, match="16 octets each, not 15 and 16"):
        card.run(bytes(15), bytes(16))
    with pytest.raises(CodecError, match="16 octets, not 0"):
        card.run_gsm(b"")


def test_a_replayed_challenge_is_answered_by_auts_which_brings_both_in_step():
    centre = AuthenticationCentre({"1": Subscriber(OSMO)}, iter([bytes([n]) * 16 for n in range(9)]))
    card = UsimAuthenticator(OSMO, SqnWindow.at(sqn_of(7, 3)))
    late = centre.vector("1")
    answer = card.run(late.rand, late.autn)
    assert isinstance(answer, Vector)  # another slot: taken
    late = centre.vector("1", ind=3)
    answer = card.run(late.rand, late.autn)
    assert isinstance(answer, Resync)  # slot 3 is at 7 already
    assert centre.resynchronise("1", late.rand, answer.auts) == "moved"
    fresh = centre.vector("1", ind=3)
    assert isinstance(card.run(fresh.rand, fresh.autn), Vector)
    with pytest.raises(LocalProtocolError, match="no subscriber 2: known are 1"):
        centre.vector("2")


def test_slots_let_vectors_of_two_nodes_come_out_of_order():
    window = SqnWindow()
    for seq, ind, fresh in [(1, 0, True), (3, 1, True), (2, 0, True), (2, 0, False), (3, 0, True), (1, 1, False)]:
        moved = window.accept(sqn_of(seq, ind))
        assert (moved is not None) is fresh
        window = moved or window
    assert window.highest in {sqn_of(3, 0), sqn_of(3, 1)}


@pytest.mark.parametrize(
    ("policy", "sqn", "fresh"),
    [
        (SqnPolicy(delta=10), sqn_of(110), True),
        (SqnPolicy(delta=10), sqn_of(111), False),
        (SqnPolicy(window=5), sqn_of(96, 2), True),
        (SqnPolicy(window=5), sqn_of(95, 2), False),
        (SqnPolicy(), sqn_of(1, 2), True),
    ],
)
def test_a_number_too_far_ahead_or_too_old_is_refused(policy, sqn, fresh):
    assert (SqnWindow.at(sqn_of(100), policy).accept(sqn) is not None) is fresh


def test_a_clocked_sequence_never_stands_still():
    sequence = SequenceNumber(scheme="clock", tick=10.0).next(now=1000.0)
    assert sequence.policy.split(sequence.sqn)[0] == 100
    assert sequence.policy.split(sequence.next(now=1000.0).sqn)[0] == 101


def test_impossible_policies_and_numbers_are_refused():
    for make in (
        lambda: SqnPolicy(ind_bits=17),
        lambda: SqnPolicy(delta=0),
        lambda: sqn_of(1 << 48),
        lambda: SqnWindow(SqnPolicy(), (1, 2)),
        lambda: Subscriber(OSMO, amf=b"1"),
    ):
        with pytest.raises(ConfigError):
            make()


numbers = st.integers(0, 2**48 - 1)
keys = st.binary(min_size=16, max_size=16)


@given(keys, keys, keys, numbers)
def test_auts_opens_to_the_number_inside(key, opc, rand, sqn):
    functions = Milenage(key, opc)
    assert open_auts(functions, rand, build_auts(functions, rand, sqn)) == sqn


@given(keys, keys, keys, numbers, st.integers(0, 2**43 - 1), st.integers(0, 31))
def test_what_the_network_makes_the_card_takes_once(key, opc, rand, other, seq, ind):
    functions = Milenage(key, opc)
    sqn = sqn_of(seq + 1 if seq < 2**43 - 1 else seq, ind)
    autn = build_autn(functions, rand, sqn, b"\x80\0")
    card = UsimAuthenticator(functions, SqnWindow(TAKES_ALL))
    first, second = card.run(rand, autn), card.run(rand, autn)
    assert isinstance(first, Vector) and isinstance(second, Resync)
    assert open_auts(functions, rand, second.auts) == sqn
    flipped = xor(autn, other.to_bytes(16))
    if flipped != autn:
        assert card.run(rand, flipped) == MacFailure()


def test_v25_two_auts_of_one_rand_differ_by_the_two_sequence_numbers():
    """PoPETs 2019(3): AK* depends on K and RAND alone, so a replayed RAND gives SQN1 xor SQN2.  1000 keys."""
    rng = Random(25)
    for _ in range(1000):
        functions = Milenage(rng.randbytes(16), rng.randbytes(16))
        line = Subscriber(functions, SequenceNumber(policy=TAKES_ALL))
        centre = AuthenticationCentre({"1": line}, iter(lambda: rng.randbytes(16), None))
        card = UsimAuthenticator(functions, SqnWindow(TAKES_ALL))
        caught = centre.vector("1")
        assert isinstance(card.run(caught.rand, caught.autn), Vector)
        seen, truth = [], []
        for _ in range(2):
            for _ in range(rng.randrange(1, 6)):
                sent = centre.vector("1")
                card.run(sent.rand, sent.autn)
            answer = card.run(caught.rand, caught.autn)
            assert isinstance(answer, Resync)
            seen.append(answer.auts[:6])
            truth.append(card.window.highest)
        assert int.from_bytes(xor(*seen)) == truth[0] ^ truth[1]
