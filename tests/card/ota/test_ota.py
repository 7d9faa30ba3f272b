"""Secured packets: the checked vectors both ways, laws, and what a mutated packet does (nothing)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.card.ota.crypto import CIPHERS
from dmkit.card.ota.explain import explain_packet
from dmkit.card.ota.packets import (
    TARS,
    CounterRule,
    Integrity,
    OtaKeys,
    OtaStatus,
    Por,
    SecuredCommand,
    SecuredResponse,
    Spi,
    decode_command,
    decode_response,
    encode_command,
    encode_response,
    read_head,
)
from dmkit.words.errors import CodecError, ConfigError

H = bytes.fromhex
AES = OtaKeys(H("200102030405060708090a0b0c0d0e0f"), H("201102030405060708090a0b0c0d0e0f"))
TDES = OtaKeys(H("300102030405060708090a0b0c0d0e0f"), H("301102030405060708090a0b0c0d0e0f"))
CALC = OtaKeys(H("00112233445566778899aabbccddeeff"), H("ffeeddccbbaa99887766554433221100"))
SELECT_MF = H("00A40004023F00")

COMMANDS = [
    (
        "AES",
        AES,
        "0619",
        0x22,
        0x22,
        "b00011",
        0,
        SELECT_MF,
        "00281506192222b00011e87cceebb2d93083011ce294f93fc4d8de80da1abae8c37ca3e72ec4432e5058",
    ),
    (
        "3DES",
        TDES,
        "0619",
        0x35,
        0x35,
        "b00011",
        0,
        SELECT_MF,
        "00201506193535b00011ae733256918d050b87c94fbfe12e4dc402f262c41cf67f2f",
    ),
    (
        "3DES, PoR plain",
        TDES,
        "0609",
        0x35,
        0x35,
        "b00011",
        0,
        SELECT_MF,
        "00201506093535b00011c49ac91ab8159ba5b83a54fb6385e0a5e31694f8b215fafc",
    ),
    (
        "AES, counter",
        CALC,
        "1621",
        0x12,
        0x12,
        "b00011",
        1,
        SELECT_MF,
        "00281516211212b00011cd54936f95267c9b1f4a3e65496d2452ffaacb1949d80c6b44191839f908dec7",
    ),
    (
        "CC only",
        TDES,
        "0201",
        0x00,
        0x35,
        "b00011",
        1,
        SELECT_MF,
        "001d1502010035b000110000000001007e145cad0e5a86c200a40004023f00",
    ),
    ("plain", TDES, "0001", 0x00, 0x00, "b00011", 0, SELECT_MF, "00150d00010000b0001100000000000000a40004023f00"),
    (
        "bootstrap file",
        CALC,
        "1619",
        0x12,
        0x12,
        "b00001",
        1,
        H("00A404040CA000000063504B43532D313500A4000002643200D6000010000102030405060708090a0b0c0d0e0f"),
        "00481516191212b000017c9f83152ccd6bc1fe21f6fa4843e505d238c8e956d77585907ce0884348ed95b96ccda67e6e9c6dea23850a41ba58"
        "b0aa62d9c39d9a5de569a8e17a4d831295",
    ),
]


@pytest.mark.parametrize(
    ("name", "keys", "spi", "kic", "kid", "tar", "counter", "data", "packet"),
    COMMANDS,
    ids=[row[0] for row in COMMANDS],
)
def test_command_vectors(name, keys, spi, kic, kid, tar, counter, data, packet):
    command = SecuredCommand(data, Spi.parse(H(spi)), kic, kid, H(tar), counter)
    assert encode_command(command, keys).hex() == packet
    assert decode_command(H(packet), keys).command == command
    if not command.spi.ciphered:
        assert decode_command(H(packet)[2:], keys).command == command  # the sender that leaves CPL out


@pytest.mark.parametrize(
    ("keys", "octet", "packet"),
    [
        (TDES, 0x35, "027100001c12b000118bb989492c632529326a2f4681feb37c825bc9021c9f6d0b"),
        (AES, 0x22, "027100002412b00011ebc6b497e2cad7aedf36ace0e3a29b38853f0fe9ccde81913be5702b73abce1f"),
    ],
)
def test_response_vectors(keys, octet, packet):
    spi = Spi.parse(H("0619"))
    response = decode_response(H(packet), keys, spi, octet, octet)
    assert response == SecuredResponse(OtaStatus.OK, H("016132"), TARS["USIM RFM"], 0, signed=True)
    assert encode_response(response, keys, spi, octet, octet).hex() == packet


def test_a_plain_response():
    plain = H("027100000e0ab00011000000000000 00 01612f".replace(" ", ""))
    response = decode_response(plain, AES, Spi.parse(H("0001")), 0, 0)
    assert (response.status, response.data.hex(), response.signed) == (OtaStatus.OK, "01612f", False)


spis = st.builds(
    Spi,
    st.sampled_from(list(Integrity)[:3]),
    st.booleans(),
    st.sampled_from(CounterRule),
    st.sampled_from(list(Por)[:3]),
    st.sampled_from(list(Integrity)[:3]),
    st.booleans(),
    st.booleans(),
)


@st.composite
def sealed(draw):
    """A command and keys that fit it."""
    spi = draw(spis)
    low = draw(st.sampled_from(sorted(CIPHERS)))
    size = draw(st.sampled_from(CIPHERS[low].sizes))
    check = draw(st.sampled_from([1, 5])) if spi.integrity is Integrity.RC else low
    keys = OtaKeys(draw(st.binary(min_size=size, max_size=size)), draw(st.binary(min_size=size, max_size=size)))
    command = SecuredCommand(
        draw(st.binary(max_size=60)),
        spi,
        0x10 | low,
        0x10 | check,
        draw(st.binary(min_size=3, max_size=3)),
        draw(st.integers(0, 2**40 - 1)),
    )
    return command, keys


@given(sealed(), st.sampled_from([4, 8]))
def test_what_is_sealed_opens(sealed, check_size):
    command, keys = sealed
    packet = encode_command(command, keys, check_size=check_size)
    assert decode_command(packet, keys).command == command
    assert read_head(packet).tar == command.tar
    assert Spi.parse(command.spi.encode()) == command.spi


@given(sealed(), st.sampled_from(OtaStatus), st.binary(max_size=40), st.booleans())
def test_what_is_answered_reads_back(sealed, status, data, signed):
    command, keys = sealed
    spi = replace(command.spi, por_integrity=command.spi.integrity)
    response = SecuredResponse(status, data, command.tar, command.counter, signed)
    packet = encode_response(response, keys, spi, command.kic, command.kid)
    read = decode_response(packet, keys, spi, command.kic, command.kid)
    assert read == replace(response, signed=signed and spi.por_integrity is Integrity.CC)


@given(sealed(), st.data())
def test_a_changed_bit_is_noticed_where_there_is_a_checksum(sealed, data):
    command, keys = sealed
    command = replace(command, spi=replace(command.spi, integrity=Integrity.CC))
    if command.kid & 0x0F not in CIPHERS or len(keys.kid) not in CIPHERS[command.kid & 0x0F].sizes:
        command = replace(command, kid=command.kic)
    packet = bytearray(encode_command(command, keys))
    at = data.draw(st.integers(0, 8 * len(packet) - 1))
    packet[at // 8] ^= 1 << at % 8
    try:
        opened = decode_command(bytes(packet), keys)
    except CodecError:
        return
    assert opened.command is None or opened.command.spi.integrity is not Integrity.CC


def test_impossible_packets_are_refused():
    with pytest.raises(ConfigError, match="algorithm 3 is none of 1 DES"):
        encode_command(SecuredCommand(b"", kic=0x13), AES)
    with pytest.raises(ConfigError, match="redundancy check 2 is none of"):
        encode_command(SecuredCommand(b"", Spi(Integrity.RC), kid=0x12), AES)
    with pytest.raises(ConfigError, match="signatures are not known"):
        encode_command(SecuredCommand(b"", Spi(Integrity.DS)), AES)
    with pytest.raises(ConfigError, match="checksum of 3 octets"):
        encode_command(SecuredCommand(b""), AES, check_size=3)
    with pytest.raises(ConfigError, match=r"SecuredCommand\.counter is 1099511627776"):
        encode_command(SecuredCommand(b"", counter=1 << 40), AES)
    with pytest.raises(ConfigError, match="do not fit one packet"):
        encode_command(SecuredCommand(bytes(1 << 16)), AES)
    with pytest.raises(ConfigError, match="a key of 16 octets; it needs 8"):
        encode_command(SecuredCommand(b"", kic=0x11), AES)


@pytest.mark.parametrize(
    ("packet", "says"),
    [
        ("", "16 octets or more, not 0"),
        ("0015", "16 octets"),
        ("0005" + "0d" * 12, "CHL 0"),
        ("000e0d" + "8001" + "00" * 11, "upper bits of each zero"),
        ("0e0d0601" + "00" * 12, "CHL 14"),
        ("000e150601" + "00" * 11, "ends within its header"),
    ],
)
def test_octets_that_are_no_packet(packet, says):
    with pytest.raises(CodecError, match=says):
        read_head(H(packet))


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"spi": Spi(Integrity.DS)}, OtaStatus.SECURITY_ERROR),
        ({"kic": 0x13}, OtaStatus.SECURITY_ERROR),
    ],
)
def test_what_nobody_can_open_is_a_security_error(change, status):
    packet = bytearray(encode_command(SecuredCommand(b"x" * 2), AES))
    packet[3:5] = change.get("spi", Spi()).encode()
    packet[5] = change.get("kic", 0x12)
    opened = decode_command(bytes(packet), AES)
    assert opened.status is status and opened.why


@given(sealed(), st.booleans())
def test_rows_of_an_explanation_tile_what_was_sealed(sealed, with_keys):
    command, keys = sealed
    packet = encode_command(command, keys)
    shown = explain_packet(packet, keys if with_keys else None)
    assert len(shown.data) == len(packet)
    assert shown.data == packet or (with_keys and command.spi.ciphered)
    if with_keys and command.spi.integrity is not Integrity.NONE:
        assert any("right" in row.meaning for row in shown.rows)
    wrong = explain_packet(packet, replace(keys, kid=bytes(len(keys.kid)), kic=bytes(len(keys.kic))))
    assert len(wrong.data) == len(packet)


@given(st.binary(max_size=60))
def test_any_octets_are_explained(octets):
    assert len(explain_packet(octets, AES).data) == len(octets)
