"""GBA: the derivation vectors, the run between device and bootstrapping server, and who gets which key."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace

import pytest

from dmkit.auth import SCHEMES
from dmkit.card.aka.aka import (
    AuthenticationCentre,
    MacFailure,
    Resync,
    Subscriber,
    UsimAuthenticator,
    Vector,
    build_autn,
)
from dmkit.card.aka.gba import UA, GbaKeys, GbaUsim, bsf_host, impi_of, mac_star, naf_id, naf_key, psk_identity
from dmkit.card.aka.gba_exchange import Bsf, GbaDevice, UbMessage, bootstrap, digest_response
from dmkit.card.aka.milenage import Milenage
from dmkit.card.aka.sqn import SqnWindow, sqn_of
from dmkit.words.errors import ConfigError, LocalProtocolError, RemoteProtocolError
from tests.card.aka.vectors import MILENAGE

H = bytes.fromhex
SET1 = MILENAGE[0]
FUNCTIONS = Milenage(H(SET1.k), H(SET1.opc))
RAND, AUTN = H(SET1.rand), H("55f328b43577b9b94a9ffac354dfafb3")
KS = H(SET1.f3 + SET1.f4)
IMSI = "001010123456789"
IMPI = "001010123456789@ims.mnc001.mcc001.3gppnetwork.org"
FQDN = "dm.operator.example"


@pytest.mark.parametrize(
    ("protocol", "ks_naf", "ks_int"),
    [
        (
            "0100000000",
            "0177303f7d8684c8f2c8739a16a272396ed3860a6f7f273ffc4593d89ded7113",
            "6fa47320350f549e6036aa1afbb21e2208bf6be013e596f4bf00b9afdec77ecd",
        ),
        (
            "0300000001",
            "219d1e4edf7e2cb7ceecbd0f5b6ceb2400ceeb75dabf3f95b3fa95d1bb6fb187",
            "7a664c8cc20524342654bc5a27af8812084df2a1f3e1985f59a320d640041dad",
        ),
        (
            "010001002f",
            "c1fdcbc06f9c9431c4dac4cfa1e9b79b38945d1ede995a4ee3984b41ae7db405",
            "40f05cd494e308e0b992479e9bfd3985939bae90feb5e86bce934f5cad1864a9",
        ),
    ],
)
def test_derivation_vectors(protocol, ks_naf, ks_int):
    naf = naf_id(FQDN, H(protocol))
    assert naf_key(KS, RAND, IMPI, naf).hex() == ks_naf
    assert naf_key(KS, RAND, IMPI, naf, "gba-u").hex() == ks_int


def test_names():
    keys = GbaKeys("I1U8vpY3qJ0hiuZNrke/NQ==@bsf.mnc001.mcc001.pub.3gppnetwork.org", IMPI, RAND, KS, 9.0)
    assert bsf_host(IMSI) == keys.b_tid.partition("@")[2]
    assert bsf_host("310410123456789", mnc_digits=3) == "bsf.mnc410.mcc310.pub.3gppnetwork.org"
    assert impi_of(IMSI) == IMPI
    assert psk_identity(keys.b_tid).startswith("3GPP-bootstrapping;I1U8")
    assert KS.hex() not in repr(keys) and keys.derive(FQDN).key.hex() not in repr(keys.derive(FQDN))
    with pytest.raises(ConfigError, match="IMSI 'x'"):
        impi_of("x")


def test_the_password_of_row_1_as_dm_credentials():
    key = GbaKeys("I1U8vpY3qJ0hiuZNrke/NQ==@bsf.mnc001.mcc001.pub.3gppnetwork.org", IMPI, RAND, KS, 9.0)
    mine = key.derive(FQDN, UA["pki portal"])
    assert mine.password == "AXcwP32GhMjyyHOaFqJyOW7Thgpvfyc//EWT2J3tcRM="
    assert SCHEMES["md5"].prove(mine.client(), b"0123456789abcdef", b"") == "EbHt+z0OkLfr2DlKOBBL0g=="
    assert mine.server("srv").secret not in (mine.password, mine.server("other").secret)


def test_digest_of_the_request_on_ub():
    nonce = b64encode(RAND + AUTN).decode()
    assert nonce == "I1U8vpY3qJ0hiuZNrke/NVXzKLQ1d7m5Sp/6w1Tfr7M="
    response = digest_response(IMPI, bsf_host(IMSI), H(SET1.f2), nonce, "0a4f113b")
    assert response == "9308616f2256be1c1493c9b59f63a2a3"


def parties(card_at: int = 0, **options):
    centre = AuthenticationCentre({IMSI: Subscriber(FUNCTIONS)}, iter([bytes([n]) * 16 for n in range(1, 9)]))
    window = SqnWindow.at(card_at) if card_at else SqnWindow()
    device = GbaDevice(IMPI, UsimAuthenticator(FUNCTIONS, window), iter([f"c{n}" for n in range(9)]))
    return device, Bsf(bsf_host(IMSI), centre, **options)


def test_a_run_gives_both_the_same_keys_and_a_lifetime():
    device, bsf = parties(lifetime=100.0)
    assert [m.line for m in bootstrap(device, bsf, now=5.0)] == ["GET /", "401 Unauthorized", "GET /", "200 OK"]
    assert device.keys.expires == 105.0
    ours, theirs = device.key(FQDN), bsf.key(device.keys.b_tid, FQDN, now=104.0)
    assert ours.key == theirs.key
    gone = bsf.key(device.keys.b_tid, FQDN, now=105.0)
    assert not gone and "bootstrap again" in gone.why
    assert not bsf.key("x@y", FQDN)


def test_keys_that_expired_are_forgotten_when_new_ones_are_made():
    device, bsf = parties(lifetime=100.0)
    for now, left in ((0.0, 1), (50.0, 2), (99.0, 3), (150.0, 2), (1000.0, 1)):
        bootstrap(device, bsf, now=now)
        assert len(bsf.known) == left and bsf.key(device.keys.b_tid, FQDN, now=now)


def test_a_card_out_of_step_is_brought_in_step_within_the_run():
    device, bsf = parties(card_at=sqn_of(50, 1))
    lines = [m.line for m in bootstrap(device, bsf)]
    assert lines == ["GET /", "401 Unauthorized"] * 2 + ["GET /", "200 OK"]


def test_a_foreign_service_gets_no_key():
    device, bsf = parties(services=frozenset({FQDN}))
    bootstrap(device, bsf)
    assert bsf.key(device.keys.b_tid, FQDN)
    assert "may not ask" in bsf.key(device.keys.b_tid, "evil.example").why


def test_an_impostor_on_either_side_gets_nowhere():
    device, bsf = parties()
    liar = replace(device, usim=UsimAuthenticator(Milenage(bytes(16), bytes(16))))
    with pytest.raises(RemoteProtocolError, match="not the home network's"):
        bootstrap(liar, bsf)
    with pytest.raises(RemoteProtocolError, match="did not prove"):
        device.receive(bsf.receive(device.start()))
        device.receive(UbMessage(200, {}, "<btid>x</btid>"))
    with pytest.raises(RemoteProtocolError, match="403 Forbidden"):
        bootstrap(replace(device, impi="9@ims"), bsf)
    with pytest.raises(LocalProtocolError, match="run the bootstrapping first"):
        device.key(FQDN)

    class Deaf:
        def run(self, rand, autn):
            return Vector(b"guess", b"", b"")

    with pytest.raises(RemoteProtocolError, match="no keys after 6"):
        bootstrap(replace(device, usim=Deaf()), bsf)
    assert not bsf.known


def test_a_forged_auts_is_refused():
    device, bsf = parties()

    class Forger:
        def run(self, rand, autn):
            return Resync(bytes(14))

    with pytest.raises(RemoteProtocolError, match="403"):
        bootstrap(replace(device, usim=Forger()), bsf)


@pytest.mark.parametrize("plain", [True, False])
def test_the_card_keeps_ks_to_itself(plain):
    card = GbaUsim(UsimAuthenticator(FUNCTIONS), plain_mac=plain)
    with pytest.raises(LocalProtocolError, match="comes first"):
        card.derive(b"x", IMPI)
    autn = build_autn(FUNCTIONS, RAND, sqn_of(1), b"\x80\0")
    sent = autn if plain else autn[:8] + mac_star(autn[8:], H(SET1.f4))
    answer = card.bootstrap(RAND, sent)
    assert isinstance(answer, Vector) and answer.ck == answer.ik == b"" and answer.res.hex() == SET1.f2
    naf = naf_id(FQDN, UA["dm"])
    assert card.derive(naf, IMPI).hex().startswith("c1fdcbc06f9c9431")
    assert card.derive_inside(naf, IMPI).hex().startswith("40f05cd494e308e0")
    assert KS.hex() not in repr(card)
    other = autn if not plain else autn[:8] + mac_star(autn[8:], H(SET1.f4))
    assert card.bootstrap(RAND, other) == MacFailure()
    assert isinstance(card.bootstrap(RAND, sent), Resync)


def test_a_run_inside_the_card_gives_the_terminal_no_ks():
    device, bsf = parties(in_card=frozenset({IMSI}))
    device.in_card = GbaUsim(device.usim)
    bootstrap(device, bsf)
    assert device.keys.ks == b""
    ours, theirs = device.key(FQDN), bsf.key(device.keys.b_tid, FQDN)
    assert ours == theirs
    inside = bsf.key(device.keys.b_tid, FQDN, label="gba-u")
    assert inside.key == device.in_card.derive_inside(naf_id(FQDN, UA["dm"]), IMPI) != ours.key
    plain, bsf = parties()
    bootstrap(plain, bsf)
    assert "not bootstrapped inside a card" in bsf.key(plain.keys.b_tid, FQDN, label="gba-u").why
    mixed, bsf = parties(in_card=frozenset({IMSI}))
    with pytest.raises(RemoteProtocolError, match="not the home network's"):
        bootstrap(mixed, bsf)  # MAC* is wrong for who does not know of it
