"""Suites of TLS by their registered numbers, written off by hand.  [DMSEC §5.5.1.1; IANA TLS cipher suites]"""

from __future__ import annotations

from dmkit.probe.pipe import OPERATIONS
from dmkit.probe.rules_tls import _STRONG, PROTOCOL_VERSION
from dmkit.probe.tls import OFFERS, SUITES

NAMED = {0x000A: ("RSA_WITH_3DES_EDE_CBC_SHA", 112), 0x0005: ("RSA_WITH_RC4_128_SHA", 128),
         0x002F: ("RSA_WITH_AES_128_CBC_SHA", 128)}  # fmt: skip
USUAL = {
    0xC02F: ("ECDHE_RSA_WITH_AES_128_GCM_SHA256", 128), 0xC030: ("ECDHE_RSA_WITH_AES_256_GCM_SHA384", 256),
    0xC02B: ("ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", 128), 0xC02C: ("ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", 256),
    0xCCA8: ("ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", 256),
    0xCCA9: ("ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", 256), 0xC013: ("ECDHE_RSA_WITH_AES_128_CBC_SHA", 128),
    0xC014: ("ECDHE_RSA_WITH_AES_256_CBC_SHA", 256), 0x009C: ("RSA_WITH_AES_128_GCM_SHA256", 128),
    0x0035: ("RSA_WITH_AES_256_CBC_SHA", 256),
}  # fmt: skip
WEAK = {
    0x0001: ("RSA_WITH_NULL_MD5", 0), 0x0002: ("RSA_WITH_NULL_SHA", 0), 0x003B: ("RSA_WITH_NULL_SHA256", 0),
    0x0003: ("RSA_EXPORT_WITH_RC4_40_MD5", 40), 0x0008: ("RSA_EXPORT_WITH_DES40_CBC_SHA", 40),
    0x0009: ("RSA_WITH_DES_CBC_SHA", 56), 0x0034: ("DH_anon_WITH_AES_128_CBC_SHA", 0),
    0xC018: ("ECDH_anon_WITH_AES_128_CBC_SHA", 0),
}  # fmt: skip
"""No secrecy, or a key that is too short; an anonymous one counts as none, for there is nobody at its other end."""


def test_suites():
    assert {code: (suite.name, suite.bits) for code, suite in SUITES.items()} == USUAL | NAMED | WEAK
    assert {name: set(offer.suites) for name, offer in OFFERS.items()} == {
        "usual": {*USUAL, *NAMED}, "table": {*NAMED}, "weak": {*WEAK}, "ssl2": set()}  # fmt: skip
    assert {name: offer.version for name, offer in OFFERS.items()} == {
        "usual": 0x0303, "table": 0x0303, "weak": 0x0303, "ssl2": 0x0002}  # fmt: skip


def test_what_counts_as_strong():
    """The weakest of the three that DM names has 112 bits; alert 70 is protocol_version.  [RFC 5246 §7.2]"""
    assert min(bits for _, bits in NAMED.values()) == _STRONG and PROTOCOL_VERSION == 70


def test_requests_of_a_pipe():
    assert set(OPERATIONS) == {b"n", b"d", b"e"} and OPERATIONS[b"d"].startswith("WBXML to")
