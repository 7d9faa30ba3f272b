"""Places of schemes beside each other, words of DM 1.2, and names of algorithms, written off by hand."""

from __future__ import annotations

import hashlib
from types import SimpleNamespace

import pytest

from dmkit.auth import DM_1_2, SCHEMES, STRENGTH, channel
from dmkit.auth.content import _HASHES, C14N

WEAKEST_FIRST = "none, basic, md5, md5-apart sha256, mac mac-rfc2104 mac-apart, hmac-sha256, " \
    "hmac-sha256-stretched hmac-sha256-bound"  # fmt: skip
"""What stands between two commas may stand for one another."""
TYPES = {
    "basic": "syncml:auth-basic", "md5": "syncml:auth-md5", "mac": "syncml:auth-MAC",
    "mac-rfc2104": "syncml:auth-MAC",
}  # fmt: skip
"""[security sheet §3]"""


def test_strength():
    places = [group.split() for group in WEAKEST_FIRST.split(",")]
    assert {name: at for at, group in enumerate(places, -1) for name in group} == STRENGTH
    assert set(STRENGTH) == {"none", *SCHEMES}


def test_schemes_of_dm_1_2():
    assert frozenset(TYPES) == DM_1_2
    assert {name: SCHEMES[name].type for name in TYPES} == TYPES


@pytest.mark.parametrize(
    ("signed_with", "hashed_with"),
    [("md5", "sha256"), ("sha1", "sha256"), ("sha256", "sha256"), ("sha384", "sha384"), ("sha512", "sha512")],
)
def test_the_hash_of_a_channel(monkeypatch, signed_with, hashed_with):
    """The hash of the signature, SHA-256 in place of MD5 and SHA-1.  [RFC 5929 §4.1]"""
    read = SimpleNamespace(signature_hash_algorithm=SimpleNamespace(name=signed_with))
    monkeypatch.setattr(channel.x509, "load_der_x509_certificate", lambda octets: read)
    found = channel.server_end_point(b"a certificate")
    assert found == b"tls-server-end-point:" + hashlib.new(hashed_with, b"a certificate").digest()


def test_algorithms_of_signed_content():
    """[XML-DSIG §6.2, §6.4; RFC 6931 §2.3.2; Exclusive XML Canonicalization §3]"""
    w3 = "http://www.w3.org"
    assert {name: names for name, (_, *names) in _HASHES.items()} == {
        "sha1": [f"{w3}/2000/09/xmldsig#sha1", f"{w3}/2000/09/xmldsig#rsa-sha1"],
        "sha256": [f"{w3}/2001/04/xmlenc#sha256", f"{w3}/2001/04/xmldsig-more#rsa-sha256"],
    }
    assert f"{w3}/2001/10/xml-exc-c14n#" == C14N
