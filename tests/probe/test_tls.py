"""What a server shows before anything is secret, and one password for two devices; ways to a peer that are closed."""

from __future__ import annotations

import ssl
import sys
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.cli import main
from dmkit.probe.broken import BROKEN, probe_variant
from dmkit.probe.catalogue import chosen
from dmkit.probe.drive import probe_server, skipped
from dmkit.probe.own import peer_of, probe, server_for
from dmkit.probe.own_tls import first_flight, first_flight_of
from dmkit.probe.tls import (
    OFFERS,
    SUITES,
    FlightReader,
    certificates,
    client_hello,
    handshake,
    read_flight,
    server_hello,
)
from dmkit.probe.verdict import Verdict
from tests.steps import python_lines

CASES = chosen("server", ["X-03", "X-06", "X-07"])


def verdicts(results):
    return {result.case: result.verdict for result in results}


@pytest.mark.spec("X-06")
def test_own_server_passes_all_but_suites_that_nobody_takes_any_more():
    found = verdicts(probe("server", CASES))
    assert found.pop("server X-07 table") in (Verdict.PASS, Verdict.TOLERATED)
    assert len(found) >= 7 and set(found.values()) == {Verdict.PASS}


@pytest.mark.parametrize(
    ("flight", "failing"),
    [
        (first_flight, set()),
        (lambda hello: first_flight_of(0x003B), {"strong", "weak", "ssl2"}),
        (lambda hello: first_flight_of(0x0034), {"strong", "weak", "ssl2"}),
        (lambda hello: first_flight_of(0x0009), {"strong", "weak", "ssl2"}),
        (lambda hello: b"\x15\x03\x03\x00\x02\x02\x28", {"strong"}),
    ],
)
def test_a_suite_is_judged_by_its_key_and_a_refusal_of_everything_passes_nothing(flight, failing):
    cases = [case for case in CASES if case.row == "X-07"]
    found = {result.case.split()[-1]: result.verdict for result in probe("server", cases, handshake=flight)}
    assert {name for name, verdict in found.items() if verdict is Verdict.FAIL} == failing
    if flight(client_hello("usual", "", bytes(32)))[0] == 0x15:
        assert Verdict.PASS not in found.values()


def test_a_server_of_tls_1_3_only_is_tolerated_as_strong_and_fails_nothing():
    cases = [case for case in CASES if case.row in ("X-03", "X-07")]
    found = {
        r.case.split()[-1]: r for r in probe("server", cases, handshake=lambda hello: b"\x15\x03\x03\x00\x02\x02\x46")
    }
    assert found["strong"].verdict is Verdict.TOLERATED and "only TLS 1.3 is taken" in str(found["strong"])
    assert Verdict.FAIL not in {result.verdict for result in found.values()}
    assert Verdict.PASS not in {result.verdict for result in found.values()}


@pytest.mark.parametrize("silent", [lambda hello: b"", lambda hello: b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_who_shows_no_handshake_passes_nothing(silent):
    cases = [case for case in CASES if case.row != "X-06"]
    found = verdicts(probe("server", cases, handshake=silent))
    assert not {Verdict.PASS, Verdict.TOLERATED} & set(found.values())


def test_one_password_is_noticed_by_its_digest_alone():
    cases = chosen("server", ["X-06"])
    found = list(probe_variant(BROKEN["server has one password"], cases))
    assert {result.verdict for result in found} == {Verdict.FAIL}
    assert all("one password for both" in result.why and result.quote for result in found)


def test_the_other_device_counts_too_so_that_each_case_has_a_new_one():
    peer, cases = peer_of("server", other_device="IMEI:7{n:04}"), chosen("server", ["X-06"])
    found = list(probe_server(peer, cases, lambda case: server_for(case, peer)))
    assert len(found) > 1
    for number, result in enumerate(found, 1):  # one account for any device, so one password
        assert result.verdict is Verdict.FAIL and f"the proof towards IMEI:7{number:04} is" in result.why


def test_what_is_not_known_of_a_peer_is_asked_for():
    peer = peer_of("server")
    [asks] = chosen("server", ids=["X-03 asks"])
    [passwords, *_] = chosen("server", ["X-06"])
    assert skipped(asks, peer) is None
    assert "https" in skipped(asks, replace(peer, address="http://127.0.0.1/dm")).why
    assert "--other-device" in skipped(passwords, replace(peer, other_device="")).why


@given(st.binary(max_size=200))
def test_any_octets_are_read(octets):
    shown = read_flight(octets)
    assert shown.octets == len(octets) and str(shown)


def offered(hello):
    """Codes of the suites in a ClientHello behind a record of 5 octets, a head of 4, version, random, no session."""
    many = int.from_bytes(hello[44:46], "big")
    return [int.from_bytes(hello[at : at + 2], "big") for at in range(46, 46 + many, 2)]


@given(st.binary(max_size=60) | st.just(first_flight(client_hello("usual", "", bytes(32)))), st.integers(1, 9))
def test_a_flight_is_the_same_in_whatever_pieces(octets, size):
    reader, shown = FlightReader(), read_flight(b"")
    for at in range(0, len(octets), size):
        shown = reader.more(octets[at : at + size])
    assert shown == read_flight(octets)


@pytest.mark.parametrize("piece", [b"\x16\x03\x03\x00\x01\x0b", b"\x15\x03\x03\x00\x01\x00", b"HTTP "])
def test_a_server_that_trickles_costs_no_more_than_its_octets(piece):
    def drip(count):
        reader = FlightReader()
        for octet in piece * count:
            reader.more(bytes((octet,)))

    assert python_lines(lambda: drip(400)) <= 2.1 * python_lines(lambda: drip(200))


@pytest.mark.parametrize("offer", ["usual", "table", "weak"])
def test_a_hello_offers_its_suites_in_their_order_and_the_signal(offer):
    assert OFFERS[offer].suites
    assert offered(client_hello(offer, "dm.example.com", bytes(32))) == [*OFFERS[offer].suites, 0x00FF]


def test_a_hello_of_ssl_2_is_a_record_of_its_own():
    hello = client_hello("ssl2", "dm.example.com", bytes(range(32)))
    assert len(hello) - 2 == int.from_bytes(hello[:2], "big") & 0x7FFF and hello[:1] == b"\x80"
    assert hello[2:5] == b"\1\0\2" and hello[-16:] == bytes(range(16))


@pytest.mark.parametrize("code", SUITES)
def test_a_suite_has_the_bits_that_openssl_gives_it(code):
    suite = SUITES[code]
    assert (suite.bits < 112) == (suite.kind == "weak")
    ciphers = {cipher["id"] & 0xFFFF: cipher for cipher in _every_cipher()}
    if code in ciphers:  # this library still has it
        theirs = ciphers[code]
        bits = 0 if theirs["auth"] == "auth-null" else theirs["strength_bits"]
        assert suite.bits == bits
        assert suite.name.startswith("ECDHE_") == (theirs["kea"] == "kx-ecdhe" and bits > 0)


@cache
def _every_cipher():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    return context.get_ciphers()


@pytest.mark.parametrize("sizes", [(), (0,), (5, 700), (1, 1, 1)])
def test_certificates_are_counted_and_a_flight_in_two_records_is_one(sizes):
    messages = (2, server_hello(0xC02F)), (11, certificates(*map(bytes, sizes))), (14, b"")
    shown = read_flight(handshake(*messages[:1]) + handshake(*messages[1:]))
    assert (shown.suite, shown.key_bits) == ("ECDHE_RSA_WITH_AES_128_GCM_SHA256", 128)
    assert (shown.certificates, shown.asks, shown.complete) == (len(sizes), False, True)
    for cut in range(len(handshake(*messages))):
        assert not read_flight(handshake(*messages)[:cut]).complete


# -- ways to a peer that are closed


def run(capsys, *words):
    status = main(["probe", "client", "--listen", "127.0.0.1:0", "--timeout", "0.2", "--wait", "0.2", *words])
    return status, capsys.readouterr().err


@pytest.mark.parametrize(("code", "says"), [(0, ""), (3, "status 3 (1 time)")])
def test_a_deliver_that_hands_nothing_over_is_told_so(capsys, code, says):
    command = f"{sys.executable} -c 'raise SystemExit({code})' {{file}}"
    words = ["--deliver", command, "--server-password", "srvpw", "--case", "N-01 background"]
    status, err = run(capsys, *words)
    assert status == 2
    assert "the client called for no push in the one case; does --deliver hand them over" in err and says in err


def test_a_client_that_never_calls_is_told_so(capsys):
    status, err = run(capsys, "--trigger", f"{sys.executable} -c pass", "--case", "P-01 versions@xml,md5")
    assert status == 2 and "no session of the client came" in err


def test_a_server_that_is_not_there_is_told_so(capsys):
    words = ["probe", "server", "http://127.0.0.1:9/dm", "--timeout", "0.2", "--case", "server P-01 versions@xml,md5"]
    assert main(words) == 2
    assert "not one message of the server came" in capsys.readouterr().err
