"""Package 0: layout, digest, what a receiver refuses, what it tolerates; octets of any kind."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit import notify
from dmkit.auth import Account, Credential
from dmkit.notify import Initiator, NotifyRules, ReplayMemory, Trigger, UiMode, decode, encode, explain, verify
from dmkit.notify.rules import NONCES
from dmkit.words.errors import CodecError, ConfigError

SERVER = "com.mgmtsrv.manage"
NONCE = bytes(range(0x10, 0x20))
CREDENTIAL = Credential(SERVER, "srvpw", NONCE)
ACCOUNT = Account(SERVER, "https://dm.example.com/dm", Credential("client", "clientpw"), CREDENTIAL)
A = Trigger(SERVER, 0x1234, UiMode.BACKGROUND, Initiator.CLIENT)
B = replace(A, ui=UiMode.USER_INTERACTION, initiator=Initiator.SERVER)


@pytest.mark.spec("N-01")
@pytest.mark.parametrize(
    ("ui", "initiator", "octets"),
    [
        (1, 0, "02d0000000"),
        (3, 1, "02f8000000"),
        (0, 1, "02c8000000"),
    ],
)
def test_bits_stand_where_the_layout_puts_them(ui, initiator, octets):
    trigger = Trigger(SERVER, 0x1234, UiMode(ui), Initiator(initiator))
    assert trigger.octets == bytes.fromhex(octets + "123412") + SERVER.encode()
    assert decode(bytes(16) + trigger.octets).trigger == trigger


@pytest.mark.spec("X-12", "N-01")
@pytest.mark.parametrize(
    ("trigger", "nonce", "digest"),
    [
        (A, NONCE, "f1e45361e2a0682e7ea7bba2353ca4cd"),
        (A, bytes(4), "8ff51b310d56ad43548340d3f3d2b979"),
        (A, b"0x00000000", "1e508e2913bb1058c741bfe48317d97a"),
        (A, b"00000000", "55739efcda3116c999b16c46bb51cf01"),
        (A, b"", "7d3cf661c977da686f7d2dad5dd3dd9d"),
        (B, NONCE, "5023be479334d5edde304692beac5df4"),
    ],
)
def test_digest_vectors(trigger, nonce, digest):
    octets = encode(trigger, CREDENTIAL, nonce)
    assert octets[:16].hex() == digest
    assert octets[16:] == trigger.octets


@pytest.mark.spec("X-12")
def test_the_digest_covers_vendor_octets_and_each_bit_of_the_trigger():
    octets = encode(replace(A, vendor=b"more"), CREDENTIAL, NONCE)
    assert verify(octets, [ACCOUNT])
    for bit in range(len(octets) * 8):
        changed = bytearray(octets)
        changed[bit // 8] ^= 0x80 >> bit % 8
        assert not verify(bytes(changed), [ACCOUNT]), bit


def test_a_digest_kept_in_place_of_the_secret_serves_too():
    stored = replace(CREDENTIAL, secret=None, digest=CREDENTIAL.ha1)
    assert encode(A, stored, NONCE) == encode(A, CREDENTIAL, NONCE)


@pytest.mark.spec("X-10")
def test_which_nonce_explains_the_digest():
    strict = NotifyRules()
    assert verify(encode(A, CREDENTIAL, NONCE), [ACCOUNT], rules=strict).nonce == "stored"
    zero = verify(encode(A, CREDENTIAL, bytes(4)), [ACCOUNT], rules=strict)
    assert zero.resync
    assert zero.account.client.nonce == zero.account.server.nonce == bytes(4)
    text = encode(A, CREDENTIAL, b"0x00000000")
    assert not verify(text, [ACCOUNT], rules=strict)
    swapped = verify(text, [ACCOUNT], rules=notify.PROFILES["libdmclient"])
    assert (swapped.resync, swapped.session_id) == (True, "3412")
    undecoded = encode(A, CREDENTIAL, b"EBESExQVFhcYGRobHB0eHw==")
    aosp = verify(undecoded, [ACCOUNT], rules=notify.PROFILES["aosp"])
    assert aosp and not aosp.resync
    assert not verify(encode(A, CREDENTIAL, bytes(4)), [ACCOUNT], rules=notify.PROFILES["no resynchronisation"])


def test_peculiar_clients_hash_the_account_name_or_count_short():
    renamed = replace(ACCOUNT, server=replace(CREDENTIAL, name="manager"))
    octets = encode(A, CREDENTIAL, NONCE, identity="manager")
    assert not verify(octets, [renamed])
    assert verify(octets, [renamed], rules=notify.PROFILES["libdmclient"])
    long = "server.with.a.rather.long.name"
    account = replace(ACCOUNT, server_id=long)
    assert verify(encode(replace(A, server_id=long), CREDENTIAL, NONCE), [account])
    refused = verify(encode(replace(A, server_id=long), CREDENTIAL, NONCE), [account], rules=notify.PROFILES["aosp"])
    assert "1 to 23 octets, this one 30" in refused.why


def test_versions_and_reserved_bits():
    for version in (10, 11, 12):
        assert verify(encode(replace(A, version=version), CREDENTIAL, NONCE), [ACCOUNT])
    other = encode(replace(A, version=20), CREDENTIAL, NONCE)
    assert "version 2.0" in verify(other, [ACCOUNT]).why
    assert verify(other, [ACCOUNT], rules=notify.PROFILES["aosp"])
    assert verify(encode(replace(A, future=5), CREDENTIAL, NONCE), [ACCOUNT])
    assert decode(encode(replace(A, future=5), CREDENTIAL, NONCE)).trigger.future == 5


@pytest.mark.spec("N-01")
def test_refusals_say_why():
    good = encode(A, CREDENTIAL, NONCE)
    assert "no account of server" in verify(good, []).why
    assert "no credentials of its server" in verify(good, [replace(ACCOUNT, server=None)]).why
    assert "1 to 255 octets, this one 0" in verify(good[:23] + b"\0", [ACCOUNT]).why
    assert "23 octets; a notification has 24" in verify(good[:23], [ACCOUNT]).why
    assert "18 octets, 17 are there" in verify(good[:-1], [ACCOUNT]).why
    assert "SessionID 0" in verify(good[:21] + bytes(2) + good[23:], [ACCOUNT]).why
    assert str(verify(good[:-1], [ACCOUNT])).startswith("no: ")
    for bad, why in (
        (replace(A, session=0), "session 0"),
        (replace(A, server_id=""), "empty"),
        (replace(A, server_id="x" * 256), "8 bits"),
    ):
        with pytest.raises(CodecError, match=why):
            encode(bad, CREDENTIAL, NONCE)
    for name, value in (("session", 1 << 16), ("session", -1), ("version", 1024), ("future", 1 << 27), ("ui", 4)):
        with pytest.raises(ConfigError, match=rf"Trigger\.{name} is {value}; it must be"):
            replace(A, **{name: value})


def test_one_session_for_one_session_id():
    first = verify(encode(A, CREDENTIAL, NONCE), [ACCOUNT])
    again = verify(encode(A, CREDENTIAL, NONCE), [ACCOUNT], first.memory)
    assert "woken us before" in again.why
    assert again.memory == first.memory
    other = replace(A, ui=UiMode.INFORMATIVE)
    assert not verify(encode(other, CREDENTIAL, NONCE), [ACCOUNT], first.memory)
    assert verify(encode(other, CREDENTIAL, NONCE), [ACCOUNT], first.memory, NotifyRules(replay="octets"))
    assert verify(encode(A, CREDENTIAL, NONCE), [ACCOUNT], first.memory, NotifyRules(replay="take"))
    forged = verify(bytes(16) + replace(A, session=7).octets, [ACCOUNT], first.memory)
    assert forged.memory == first.memory, "what is not genuine leaves no trace"


def test_memory_has_bounds():
    def after(rules, times):
        memory = ReplayMemory()
        for session, now in zip((1, 2, 3), times, strict=True):
            octets = encode(replace(A, session=session), CREDENTIAL, NONCE)
            memory = verify(octets, [ACCOUNT], memory, rules, now).memory
        return [entry[1] for entry in memory.seen]

    assert after(NotifyRules(room=2), (0.0, 1.0, 2.0)) == [2, 3]
    assert after(NotifyRules(room=2, remember="time", lasts=60.0), (0.0, 1.0, 2.0)) == [1, 2, 3]
    assert after(NotifyRules(remember="time", lasts=60.0), (0.0, 50.0, 61.0)) == [2, 3]


@pytest.mark.parametrize("name", ["md5-apart", "hmac-sha256", "hmac-sha256-128"])
def test_proposed_digests_replace_md5_by_one_word(name):
    octets = encode(A, CREDENTIAL, NONCE, digest=name)
    assert len(octets) == notify.DIGESTS[name].size + 26
    assert verify(octets, [ACCOUNT], rules=NotifyRules(digest=name))
    assert not verify(octets, [ACCOUNT])
    assert notify.DIGESTS[name].basis.startswith("PROPOSAL")


def test_rows_tile_the_octets():
    octets = encode(replace(A, vendor=b"xy", future=1), CREDENTIAL, NONCE)
    rows = explain(octets).rows
    assert b"".join(row.octets for row in rows) == octets
    assert [row.meaning for row in rows][1:3] == [
        "version 1.1, ui: background, initiator: client, future bits " + "0" * 26 + "1",
        "SessionID 1234",
    ]
    assert explain(b"abc").rows[0].meaning.startswith("error: 3 octets")


@given(
    st.builds(
        Trigger,
        st.text(min_size=1, max_size=40),
        st.integers(1, 0xFFFF),
        st.sampled_from(UiMode),
        st.sampled_from(Initiator),
        st.integers(0, 1023),
        st.integers(0, (1 << 27) - 1),
        st.binary(max_size=20),
    ),
    st.binary(max_size=20),
    st.sampled_from(sorted(notify.DIGESTS)),
)
def test_decode_undoes_encode(trigger, nonce, digest):
    read = decode(encode(trigger, CREDENTIAL, nonce, digest=digest), digest=digest)
    assert read.trigger == trigger
    assert read.covered == trigger.octets


def test_four_thousand_mutants_are_refused_or_read_and_nothing_else():
    rng = random.Random(4)
    good = encode(replace(A, vendor=b"vendor"), CREDENTIAL, NONCE)
    for _ in range(4000):
        octets = bytearray(good)
        for _ in range(rng.randint(1, 4)):
            octets[rng.randrange(len(octets))] = rng.randrange(256)
        mutant = bytes(octets[: rng.randint(0, len(octets))] if rng.random() < 0.5 else octets + rng.randbytes(9))
        assert verify(mutant, [ACCOUNT]).ok == (mutant == good)
        assert b"".join(row.octets for row in explain(mutant).rows) == mutant
        try:
            read = decode(mutant)
        except CodecError:
            continue
        assert read.digest + read.trigger.octets == mutant, "what can be read can be written again"


@pytest.mark.parametrize(("name", "octets"), [
    ("stored", b"\1\2nonce"), ("stored as base64", b"AQJub25jZQ=="), ("four zero octets", bytes(4)),
    ("ASCII 0x00000000", b"0x00000000"), ("ASCII 00000000", b"00000000"), ("empty", b""),
])  # fmt: skip
def test_what_each_name_of_a_nonce_stands_for(name, octets):
    """[DMNOTI §5, security sheet]: the stored one, or what clients take for 0x00000000."""
    assert NONCES[name][0](b"\1\2nonce") == octets and len(NONCES) == 6
