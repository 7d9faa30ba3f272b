"""The card's end: order of the checks, counters, the weakness of 2013, scripts, short messages, and mutations."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.card.ota.card import Level, OtaCard
from dmkit.card.ota.crypto import CIPHERS
from dmkit.card.ota.packets import (
    TARS,
    CounterRule,
    Integrity,
    OtaKeys,
    OtaStatus,
    Por,
    SecuredCommand,
    Spi,
    decode_response,
    encode_command,
)
from dmkit.card.ota.script import compact, compact_answer, expanded, expanded_answer, read_script, update_file
from dmkit.card.ota.sms import count, deliver
from dmkit.words.errors import CodecError, ConfigError

H = bytes.fromhex
KEYS = OtaKeys(bytes(range(16)), bytes(range(16, 32)))
DES = OtaKeys(H("0123456789abcdef"), H("0e329232ea6d0d73"))
SELECT_MF = H("00A40004023F00")
RFM = TARS["USIM RFM"]


def card(**options):
    return OtaCard({1: KEYS, 2: DES}, **options)


def packet(keys=KEYS, **fields):
    fields = {"data": SELECT_MF, "counter": 1} | fields
    return encode_command(SecuredCommand(**fields), keys)


def ran(received):
    return received.opened.status, received.apdus


def test_a_good_packet_runs_once():
    mine, calls = card(), []

    def run(apdus):
        calls.append(apdus)
        return [H("612F")]

    first = mine.receive(packet(), run)
    assert ran(first) == (OtaStatus.OK, (SELECT_MF,))
    answer = decode_response(first.response, KEYS, Spi(), 0x12, 0x12)
    assert (answer.status, answer.data.hex(), answer.signed, answer.counter) == (OtaStatus.OK, "01612f", True, 1)
    again = mine.receive(packet(), run)
    assert ran(again) == (OtaStatus.COUNTER_LOW, ())
    assert again.why == "counter 1 is not above 1" and len(calls) == 1


@pytest.mark.parametrize(
    ("options", "fields", "status"),
    [
        ({}, {"tar": b"abc"}, OtaStatus.TAR_UNKNOWN),
        ({}, {"spi": Spi(Integrity.NONE)}, OtaStatus.SECURITY_LEVEL),
        ({"applications": {RFM: Level(ciphered=True)}}, {"spi": Spi(ciphered=False)}, OtaStatus.SECURITY_LEVEL),
        (
            {"applications": {RFM: Level(counter=CounterRule.HIGHER)}},
            {"spi": Spi(counter=CounterRule.NONE)},
            OtaStatus.SECURITY_LEVEL,
        ),
        (
            {"applications": {RFM: Level(legacy=False)}},
            {"keys": DES, "kic": 0x21, "kid": 0x21},
            OtaStatus.SECURITY_LEVEL,
        ),
        ({}, {"kic": 0x32, "kid": 0x32}, OtaStatus.SECURITY_ERROR),
        ({}, {"kic": 0x22}, OtaStatus.SECURITY_ERROR),
        ({}, {"keys": OtaKeys(bytes(16), bytes(16))}, OtaStatus.CHECK_FAILED),
        ({"counters": {1: 5}}, {"counter": 5}, OtaStatus.COUNTER_LOW),
        ({"counters": {1: 5}}, {"counter": 7, "spi": Spi(counter=CounterRule.NEXT)}, OtaStatus.COUNTER_HIGH),
        ({"counters": {1: 5}}, {"counter": 6, "spi": Spi(counter=CounterRule.NEXT)}, OtaStatus.OK),
        ({"counters": {1: 2**40 - 1}}, {"counter": 5}, OtaStatus.COUNTER_BLOCKED),
        ({"counters": {1: 5}}, {"counter": 0, "spi": Spi(counter=CounterRule.UNCHECKED)}, OtaStatus.OK),
        (
            {"applications": {RFM: Level(Integrity.NONE)}},
            {"spi": Spi(Integrity.NONE, False, CounterRule.NONE)},
            OtaStatus.OK,
        ),
    ],
)
def test_each_check_has_its_status(options, fields, status):
    mine = card(**options)
    before = dict(mine.counters)
    received = mine.receive(packet(**fields), lambda apdus: [H("9000")] * len(apdus))
    assert received.opened.status is status, received.why
    if status is not OtaStatus.OK:
        assert mine.counters == before and received.apdus == ()


def test_a_malformed_script_runs_nothing():
    received = card().receive(packet(data=H("00A4000402")), lambda apdus: pytest.fail("run"))
    assert received.opened.status is OtaStatus.SECURITY_ERROR and "P3 says 2" in received.why


@pytest.mark.parametrize(("how", "size"), [("silent", 0), ("plain", 16), ("signed", 24)])
def test_what_a_bad_packet_earns(how, size):
    bad = packet(OtaKeys(bytes(8), bytes(8)), kic=0x21, kid=0x21, spi=Spi(ciphered=False))
    received = card(bad_packets=how).receive(bad, lambda apdus: pytest.fail("run"))
    assert len(received.response) == size


@pytest.mark.parametrize(("how", "found"), [("signed", True), ("plain", False), ("silent", False)])
def test_the_weakness_of_2013_a_signed_refusal_gives_the_key_to_who_can_search(how, found):
    """A wrong packet asks for a signed answer; its known text is searched.  Here 12 of the 56 bits are unknown."""
    bad = packet(OtaKeys(bytes(8), bytes(8)), kic=0x21, kid=0x21, spi=Spi(ciphered=False))
    caught = card(bad_packets=how).receive(bad, lambda apdus: pytest.fail("run")).response
    hit = None
    for guess in range(1 << 12):
        key = DES.kid[:6] + bytes([(guess >> 6) << 1 & 0x7E | DES.kid[6] & 0x81, (guess & 63) << 1 | DES.kid[7] & 0x81])
        covered, check = caught[:16], caught[16:]
        if check and CIPHERS[1].checksum(key, covered) == check:
            hit = key
            break
    assert (hit == DES.kid) is found
    if hit:  # and with it the attacker's packets are good ones
        forged = packet(OtaKeys(b"", hit), kic=0x21, kid=0x21, spi=Spi(ciphered=False))
        assert ran(card(bad_packets=how).receive(forged, lambda apdus: [H("9000")])) == (OtaStatus.OK, (SELECT_MF,))


@pytest.mark.parametrize(
    ("por", "good", "bad"), [(Por.NONE, False, False), (Por.ALWAYS, True, True), (Por.ON_ERROR, False, True)]
)
def test_when_a_proof_of_receipt_comes(por, good, bad):
    spi = Spi(por=por)
    mine = card()
    assert bool(mine.receive(packet(spi=spi), lambda apdus: [H("9000")]).response) is good
    assert bool(mine.receive(packet(spi=spi), lambda apdus: [H("9000")]).response) is bad


# -- scripts

apdus = st.lists(
    st.builds(
        lambda head, data: head + bytes([len(data)]) + data,
        st.sampled_from([H("00A40004"), H("00D60000"), H("00DC0104")]),
        st.binary(max_size=255),
    )
    | st.just(H("00B0000010")),
    max_size=5,
)


@given(apdus)
def test_scripts_read_back(commands):
    assert read_script(compact(commands)).apdus == tuple(commands)
    script = read_script(expanded(commands))
    assert script.apdus == tuple(commands) and script.expanded
    body = expanded(commands)
    inner = body[2:] if body[1] < 0x80 else body[3 + (body[1] == 0x82) :]
    assert read_script(b"\xae\x80" + inner + b"\0\0").apdus == tuple(commands)


@pytest.mark.parametrize(
    "data",
    [
        "00",
        "00A4000402",
        "aa",
        "aa03",
        "aa0522030000",
        "aa022200",
        "aa0122",
        "aa85",
        "aa03230100ff",
        "ae80220100000000",
        "aa0722050000000000ff",
    ],
)
def test_malformed_scripts_are_refused(data):
    with pytest.raises(CodecError):
        read_script(H(data))


def test_answers():
    many = [H("9000"), H("0102036282")]
    assert compact_answer(many).hex() == "026282010203" and compact_answer([]) == b""
    assert expanded_answer(many).hex() == "ab0e8001022302900023050102036282"
    received = card().receive(packet(data=expanded([SELECT_MF, SELECT_MF])), lambda apdus: many)
    assert decode_response(received.response, KEYS, Spi(), 0x12, 0x12).data == expanded_answer(many)


def test_rewriting_a_file():
    aid = H("A000000063504B43532D3135")
    commands = update_file([0x6432], bytes(range(16)), aid=aid)
    assert b"".join(commands) == H(
        "00A4040C0CA000000063504B43532D313500A4000C02643200D6000010000102030405060708090a0b0c0d0e0f"
    )
    big = update_file([0x6432], bytes(600))
    assert [c[2:5].hex() for c in big[1:]] == ["0000fa", "00fafa", "01f464"]
    with pytest.raises(ConfigError, match="1 to 255 in a piece"):
        update_file([], b"", piece=256)
    with pytest.raises(ConfigError, match="no compact script"):
        compact([H("00A4")])
    with pytest.raises(ConfigError, match="exactly the data"):
        compact([H("00A4000000") + H("00A4000000")])


# -- short messages


@given(st.integers(1, 1200), st.integers(0, 255))
def test_pieces_join_to_the_packet(size, reference):
    whole = bytes(n % 251 for n in range(size))
    units = deliver(whole, sender="49170", reference=reference)
    assert len(units) == count(size)
    joined = b""
    for unit in units:
        assert (
            unit[0] == (0x44 if unit is units[-1] else 0x40)
            and unit[6:8] == b"\x7f\xf6"
            and len(unit) == 16 + unit[15]
            and unit[15] <= 140
        )
        joined += unit[17 + unit[16] :]
    assert joined == whole
    assert [b"\x70\x00" in unit[17 : 17 + unit[16]] for unit in units] == [True] + [False] * (len(units) - 1)


def test_sizes_of_the_sheet():
    assert [count(n) for n in (137, 138, 266, 267, 400, 401, 534, 1000, 4000)] == [1, 2, 2, 3, 3, 4, 4, 8, 30]
    bootstrap = update_file([0x6432], bytes(48), aid=H("A0000000871002"))
    assert count(len(packet(data=compact(bootstrap)))) == 1
    for sender, timestamp in (("12a", bytes(7)), ("1", b"")):
        with pytest.raises(ConfigError, match="at most 20 digits"):
            deliver(b"x", sender=sender, timestamp=timestamp)
    with pytest.raises(ConfigError, match="at most 255"):
        deliver(bytes(40_000))


# -- bad input


def test_ten_thousand_mutated_packets_change_nothing():
    """A packet that is not what the sender made runs nothing, moves no counter and raises nothing."""
    rng = Random(2013)
    good = [
        packet(),
        packet(spi=Spi(ciphered=False)),
        packet(DES, kic=0x21, kid=0x21),
        packet(data=expanded([SELECT_MF])),
        packet(data=bytes(90), spi=Spi(Integrity.CC, True, CounterRule.NEXT)),
    ]
    for how in ("silent", "plain", "signed"):
        mine = card(bad_packets=how, applications={RFM: Level(counter=CounterRule.HIGHER), b"\xb0\0\x10": Level()})
        for _ in range(3500):
            octets = bytearray(rng.choice(good))
            for _ in range(rng.randrange(1, 4)):
                kind, at = rng.randrange(5), rng.randrange(len(octets) or 1)
                if kind == 0 and octets:
                    octets[at] ^= 1 << rng.randrange(8)
                elif kind == 1 and octets:
                    octets[at] = rng.randrange(256)
                elif kind == 2:
                    del octets[at : at + rng.randrange(1, 20)]
                elif kind == 3:
                    octets[at:at] = rng.randbytes(rng.randrange(1, 20))
                else:
                    del octets[at:]
            mutant = bytes(octets)
            if mutant in good or (len(mutant) and b"\0" + bytes([len(mutant)]) + mutant in good):
                continue  # unchanged, or only CPL was lost
            received = mine.receive(mutant, lambda apdus: pytest.fail(f"ran {apdus}"))
            assert received.apdus == () and received.why
        assert mine.counters == {}


@given(st.binary(max_size=80))
def test_any_octets_are_answered_or_met_with_silence(octets):
    mine = card()
    mine.receive(octets, lambda apdus: [H("9000")] * len(apdus))
    for code in (read_script, lambda data: decode_response(data, KEYS, replace(Spi(), por_ciphered=True), 0x12, 0x12)):
        with suppress(CodecError):
            code(octets)
