"""The three schemes against the published and the independently computed vectors."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.auth import DEFAULT_NONCE, SCHEMES, Account, Credential, by_type, scheme_of
from dmkit.auth.basic import BASIC
from dmkit.auth.mac import MAC, RFC2104_MAC, MacHeader, parse_header, print_header
from dmkit.auth.md5 import MD5
from dmkit.words.errors import ConfigError

BRUCE = Credential("Bruce2", "OhBehave")
CLIENT = Credential("client", "clientpw")
COUNT = bytes(range(16))

BODY_A = (
    b"<SyncML xmlns='SYNCML:SYNCML1.2'><SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto><SessionID>1</SessionID>"
    b"<MsgID>1</MsgID><Target><LocURI>https://dm.example.com/dm</LocURI></Target><Source><LocURI>IMEI:493005100592800"
    b"</LocURI><LocName>client</LocName></Source></SyncHdr><SyncBody><Alert><CmdID>1</CmdID><Data>1201</Data></Alert>"
    b"<Final/></SyncBody></SyncML>"
)
BODY_B = bytes.fromhex(
    "02a4016a006d6c7103312e3200017203444d2f312e32000165033100015b0331"
    "00016e5703687474703a2f2f732f646d000101675703494d45493a3100015603"
    "750001014e5a000147036236340001530373796e636d6c3a617574682d6d6435"
    "00010100004f035a7a36456976523379656161454e63524e366c7041513d3d00"
    "01015a00014c03353030300001010100006b464b033100014f03313230310001"
    "01120101"
)


@pytest.mark.parametrize(("credential", "proof"), [(BRUCE, "QnJ1Y2UyOk9oQmVoYXZl"), (CLIENT, "Y2xpZW50OmNsaWVudHB3")])
def test_basic_vectors(credential, proof):
    assert BASIC.prove(credential, b"", b"") == proof
    assert BASIC.check(proof, credential, b"", b"")
    assert BASIC.check(proof, Credential(credential.name, digest=credential.ha1), b"", b"")


@pytest.mark.spec("X-02")
@pytest.mark.parametrize(
    ("credential", "nonce", "digest"),
    [
        (BRUCE, b"Nonce", "Zz6EivR3yeaaENcRN6lpAQ=="),
        (BRUCE, b"", "lEf25jyjHbCcTbj4p/1pUw=="),
        (BRUCE, DEFAULT_NONCE, "cnPI6nO9RgujiHU0y58kNA=="),
        (BRUCE, b"0x00000000", "/rEaWnNuFj+omqNv8Zls6w=="),
        (BRUCE, bytes.fromhex("2C6DE265086176628D1E"), "LAK2i25Fh0nxxGGaAzRRpg=="),
        (CLIENT, COUNT, "mD878YfUNcB3Okun/llJCg=="),
        (CLIENT, b"", "efUjskBP4OFOooonOXpOLw=="),
        (CLIENT, DEFAULT_NONCE, "d2OVcZMcowNEHiNhM3qtjQ=="),
    ],
)
def test_md5_vectors(credential, nonce, digest):
    assert MD5.prove(credential, nonce, b"") == digest
    assert MD5.check(digest, Credential(credential.name, digest=credential.ha1), nonce, b"ignored")


@pytest.mark.parametrize(
    ("credential", "ha1"), [(BRUCE, b"PtEdr8lBQ45IbT1bZIkrOQ=="), (CLIENT, b"/0oyi2fsH7kYKwE1H9petQ==")]
)
def test_stored_digest_is_base64_of_md5(credential, ha1):
    assert credential.ha1 == ha1


@pytest.mark.spec("X-04")
@pytest.mark.parametrize(("body", "mac"), [(BODY_A, "9FMkF9btupvVCuNxPPIZcA=="), (BODY_B, "JLBMlq7K3B1T0KTY3Eg15Q==")])
def test_mac_vectors(body, mac):
    assert MAC.prove(CLIENT, COUNT, body) == mac
    assert MAC.check(mac, CLIENT, COUNT, body)
    assert not MAC.check(mac, CLIENT, COUNT, body + b" ")


def test_mac_accepts_what_the_printed_example_looks_like():
    mac = MAC.prove(CLIENT, COUNT, BODY_A)
    hexed = __import__("base64").b64encode(__import__("base64").b64decode(mac).hex().encode()).decode()
    assert MAC.check(mac.rstrip("="), CLIENT, COUNT, BODY_A)
    assert MAC.check(hexed.rstrip("="), CLIENT, COUNT, BODY_A)


def test_the_rfc2104_rival_is_another_function():
    assert RFC2104_MAC.prove(CLIENT, COUNT, BODY_A) != MAC.prove(CLIENT, COUNT, BODY_A)
    assert RFC2104_MAC.check(RFC2104_MAC.prove(CLIENT, COUNT, BODY_A), CLIENT, COUNT, BODY_A)


def test_mac_header_reads_back():
    assert print_header("client", "9FMkF9btupvVCuNxPPIZcA==") == (
        'algorithm=MD5, username="client", mac=9FMkF9btupvVCuNxPPIZcA=='
    )
    assert parse_header(' MAC="abc=" ,USERNAME="x"') == MacHeader("x", "abc=")


@pytest.mark.parametrize(
    "text", ["", "mac=abc=", 'username="x"', 'username="x", mac=', 'algorithm=SHA, username="x", mac=a']
)
def test_incomplete_mac_header_is_none(text):
    assert parse_header(text) is None


names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)


@given(names, st.text(max_size=12).filter(lambda s: s.isprintable()))
def test_any_user_name_survives_the_header(name, secret):
    mac = MAC.prove(Credential(name, secret), b"n", b"b")
    assert parse_header(print_header(name, mac)) == MacHeader(name, mac)


@given(
    st.sampled_from(sorted(SCHEMES)),
    names.filter(lambda s: ":" not in s),
    st.text(max_size=9),
    st.binary(max_size=20),
    st.binary(max_size=9),
)
def test_a_proof_convinces_and_another_secret_does_not(name, user, secret, nonce, body):
    scheme = SCHEMES[name]
    proof = scheme.prove(Credential(user, secret), nonce, body)
    assert scheme.check(proof, Credential(user, secret), nonce, body)
    assert not scheme.check(proof, Credential(user, secret + "x"), nonce, body)
    if scheme.uses_nonce:
        assert not scheme.check(proof, Credential(user, secret), nonce + b"x", body)


@given(st.sampled_from(sorted(SCHEMES)), st.text(max_size=40))
def test_a_garbled_proof_is_refused_not_raised(name, proof):
    assert not SCHEMES[name].check(proof, CLIENT, COUNT, b"body")


def test_types_are_found_without_regard_to_case():
    assert by_type("SYNCML:AUTH-MAC") is MAC
    assert by_type("syncml:auth-X509") is None
    assert scheme_of("none") is None
    assert scheme_of(MD5) is MD5
    with pytest.raises(ConfigError, match=r"there are none, basic.*nearest: 'sha256'"):
        scheme_of("sha1")


def test_no_secret_in_a_printed_account():
    account = Account("srv", "http://s", Credential("u", "hunter2", nonce=b"nonce!"), Credential("s", "hunter3"))
    assert "hunter" not in repr(account) and "nonce!" not in repr(account)
    assert account.resynchronised().client.nonce == DEFAULT_NONCE


def test_md5_is_md5():
    inner = hashlib.md5(b"client:clientpw", usedforsecurity=False).digest()
    assert CLIENT.ha1 == __import__("base64").b64encode(inner)
