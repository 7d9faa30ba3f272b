"""Signed packages: hash, signature, chain, validity and version stand before installation."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

import dmkit as dm
from dmkit.auth.signed import Trust, check, decode, encode, sign
from dmkit.words.codes import StatusCode
from dmkit.words.errors import CodecError, ConfigError
from dmkit.words.outcome import Outcome

DAY0 = datetime(2026, 1, 1, tzinfo=UTC)
NOW = DAY0.timestamp() + 86_400
CODE_SIGNING, TLS = ExtendedKeyUsageOID.CODE_SIGNING, ExtendedKeyUsageOID.SERVER_AUTH


def named(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certificate(subject, key, issuer, issuer_key, *, ca=False, use=None, days=30, path_length=None):
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(subject))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(DAY0)
        .not_valid_after(DAY0 + timedelta(days=days))
    )
    builder = builder.add_extension(x509.BasicConstraints(ca, path_length if ca else None), critical=True)
    if use is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
    algorithm = None if isinstance(issuer_key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(issuer_key, algorithm)


def raw(n):
    return ed25519.Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32)


ROOT_KEY, MIDDLE_KEY, MAKER_KEY = raw(1), raw(2), raw(3)
ROOT = certificate("Root", ROOT_KEY, "Root", ROOT_KEY, ca=True, days=3000)
MIDDLE = certificate("Middle", MIDDLE_KEY, "Root", ROOT_KEY, ca=True, days=300)
MAKER = certificate("Acme", MAKER_KEY, "Middle", MIDDLE_KEY, use=CODE_SIGNING)
CHAIN = [MAKER, MIDDLE]
TRUST = Trust((ROOT.public_bytes(Encoding.DER),), installed=3, now=NOW)
GOOD = sign(b"firmware", "fw", 4, MAKER_KEY, CHAIN)


def test_a_good_package_may_be_installed():
    checked = check(GOOD, TRUST)
    assert checked and (checked.content, checked.name, checked.version) == (b"firmware", "fw", 4)
    assert checked.signer == "CN=Acme"
    assert encode(decode(GOOD)) == GOOD


@pytest.mark.parametrize(
    "key", [rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())], ids=["RSA", "ECDSA"]
)
def test_other_kinds_of_keys(key):
    maker = certificate("Acme", key, "Root", ROOT_KEY, use=CODE_SIGNING)
    assert check(sign(b"x", "fw", 4, key, [maker]), TRUST)
    forged = decode(sign(b"x", "fw", 4, key, [maker]))
    assert check(encode(replace(forged, signature=bytes(len(forged.signature)))), TRUST).why == "the signature is wrong"


def packed(**change):
    return encode(replace(decode(GOOD), **change))


def chained(*chain, key=MAKER_KEY):
    return sign(b"firmware", "fw", 4, key, chain)


OTHER = certificate("Root", raw(9), "Root", raw(9), ca=True)
LEAF_CA = certificate("Middle", MIDDLE_KEY, "Root", ROOT_KEY)


@pytest.mark.spec("R-034")
@pytest.mark.parametrize(
    ("octets", "trust", "says"),
    [
        (packed(content=b"firmwarf"), TRUST, "not the one that the header speaks of"),
        (packed(signature=bytes(64)), TRUST, "signature is wrong"),
        (packed(signature=b""), TRUST, "not signed"),
        (packed(chain=()), TRUST, "not signed"),
        (sign(b"firmware", "fw", 3, MAKER_KEY, CHAIN), TRUST, "version 3 is not above 3"),
        (GOOD, replace(TRUST, roots=()), "nobody vouches for CN=Middle"),
        (GOOD, replace(TRUST, roots=(OTHER.public_bytes(Encoding.DER),)), "nobody vouches for CN=Middle"),
        (GOOD, replace(TRUST, now=NOW + 40 * 86_400), "CN=Acme is not valid at this time"),
        (GOOD, replace(TRUST, now=NOW - 9 * 86_400), "CN=Acme is not valid at this time"),
        (chained(MAKER), TRUST, "nobody vouches for CN=Acme"),
        (chained(certificate("Acme", MAKER_KEY, "Middle", MIDDLE_KEY, use=TLS), MIDDLE), TRUST, "not for code signing"),
        (chained(certificate("Acme", MAKER_KEY, "Middle", MIDDLE_KEY), MIDDLE), TRUST, "not for code signing"),
        (chained(MAKER, LEAF_CA), TRUST, "CN=Middle may not issue"),
        (
            chained(certificate("Evil", raw(8), "Acme", MAKER_KEY, use=CODE_SIGNING), *CHAIN, key=raw(8)),
            TRUST,
            "CN=Acme may not issue",
        ),
        (packed(chain=(b"no certificate",)), TRUST, "cannot be read"),
        (packed(header=b"{}"), TRUST, "the header is none"),
        (GOOD[:9], TRUST, "ends within its header"),
        (b"DMPK\x01", TRUST, "1 part before the content"),
    ],
)
def test_what_is_refused_says_why(octets, trust, says):
    checked = check(octets, trust)
    assert not checked and says in checked.why and checked.content == b""


def test_a_chain_may_be_no_longer_than_its_authority_allows():
    short = certificate("Short", ROOT_KEY, "Short", ROOT_KEY, ca=True, path_length=0)
    middle = certificate("Middle", MIDDLE_KEY, "Short", ROOT_KEY, ca=True)
    octets = sign(b"x", "fw", 4, MAKER_KEY, [MAKER, middle])
    assert "CN=Short may not issue" in check(octets, replace(TRUST, roots=(short.public_bytes(Encoding.DER),))).why


@pytest.mark.parametrize(
    ("demand", "octets", "taken"),
    [
        ("any", b"anything", True),
        ("any", packed(content=b"changed!"), True),
        ("hash", packed(content=b"changed!"), False),
        ("hash", sign(b"unsigned", "fw", 1, None), True),
        ("signed", sign(b"unsigned", "fw", 9, None), False),
        ("hash", b"anything", False),
    ],
)
def test_how_strict_a_device_is(demand, octets, taken):
    assert bool(check(octets, replace(TRUST, demand=demand))) is taken


@pytest.mark.spec("R-034")
def test_a_device_installs_nothing_that_does_not_check():
    installed = []

    def update(tree, call):
        checked = check(tree.get("./FW/Package").value, TRUST)
        if checked:
            installed.append(checked.content)
        return tree, Outcome(StatusCode.OK if checked else StatusCode.COMMAND_FAILED, why=checked.why)

    for octets, status, left in ((GOOD, 200, [b"firmware"]), (packed(content=b"malware!"), 500, [])):
        device = dm.Device.example()
        device.tree = dm.Tree.of(dict(device.tree.walk()) | {"./FW/Package": b"", "./FW/Update": ""})
        device.handlers["./FW/Update"] = update
        installed.clear()
        server = dm.Server.example(device)
        dm.converse(device, server, job=dm.jobs.send(dm.Replace.of("./FW/Package", octets), dm.Exec.of("./FW/Update")))
        assert [o.status for o in server.results[-1].result] == [200, status]
        assert installed == left


bits = st.tuples(st.just("flip"), st.integers(0, len(GOOD) - 1), st.integers(0, 7))
gaps = st.tuples(st.just("cut"), st.integers(0, len(GOOD) - 1), st.integers(1, 30))


@pytest.mark.slow
@settings(max_examples=max(2000, settings.default.max_examples))
@given(st.lists(bits | gaps, min_size=1, max_size=3))
def test_mutated_packages_are_never_installed_and_raise_nothing(changes):
    octets = bytearray(GOOD)
    for what, at, how in changes:
        if at >= len(octets):
            continue
        if what == "flip":
            octets[at] ^= 1 << how
        else:
            del octets[at : at + how]
    checked = check(bytes(octets), TRUST)
    assert not checked or (checked.content == b"firmware" and checked.version == 4)


def test_a_certificate_that_the_library_only_warns_of_cannot_be_read():
    """Serial numbers of zero and below are no certificate; the warning stays inside."""
    der = MAKER.public_bytes(Encoding.DER)
    at = der.index(b"\x02\x01\x07")  # the serial number 7
    for serial in (b"\x00", b"\x80", b"\xff"):
        changed = der[: at + 2] + serial + der[at + 3 :]
        checked = check(packed(chain=(changed, MIDDLE.public_bytes(Encoding.DER))), TRUST)
        assert not checked and "cannot be read" in checked.why and "serial" in checked.why


def test_impossible_packages():
    with pytest.raises(ConfigError, match="64 KiB"):
        encode(replace(decode(GOOD), signature=bytes(1 << 16)))
    with pytest.raises(CodecError, match="begins with DMPK"):
        decode(b"")
