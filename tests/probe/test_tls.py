"""What a server shows before anything is secret, and one password for two devices; ways to a peer that are closed."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.cli import main
from dmkit.probe.broken import BROKEN, probe_variant
from dmkit.probe.catalogue import chosen
from dmkit.probe.drive import skipped
from dmkit.probe.own import peer_of, probe
from dmkit.probe.own_tls import first_flight, first_flight_of
from dmkit.probe.tls import OFFERS, client_hello, key_bits, read_flight
from dmkit.probe.verdict import Verdict

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


def test_every_offer_is_a_hello_and_names_what_it_says():
    for offer, (_, suites, _) in OFFERS.items():
        hello = client_hello(offer, "dm.example.com", bytes(32))
        assert all(code.to_bytes(2, "big") in hello for code in suites)
    assert min(key_bits(name) for name in OFFERS["usual"][1].values()) >= 112
    assert max(key_bits(name) for name in OFFERS["weak"][1].values()) < 112


# -- ways to a peer that are closed


def run(capsys, *words):
    status = main(["probe", "client", "--listen", "127.0.0.1:0", "--timeout", "0.2", "--wait", "0.2", *words])
    return status, capsys.readouterr().err


@pytest.mark.parametrize(("code", "says"), [(0, ""), (3, "status 3 (1 times)")])
def test_a_deliver_that_hands_nothing_over_is_told_so(capsys, code, says):
    command = f"{sys.executable} -c 'raise SystemExit({code})' {{file}}"
    words = ["--deliver", command, "--server-password", "srvpw", "--case", "N-01 background"]
    status, err = run(capsys, *words)
    assert status == 2
    assert "the client called for no push in the one case; does --deliver hand them over" in err and says in err


def test_a_client_that_never_calls_is_told_so(capsys):
    status, err = run(capsys, "--trigger", f"{sys.executable} -c pass", "--case", "P-01 versions@xml,md5")
    assert status == 2 and "the client never called" in err


def test_a_server_that_is_not_there_is_told_so(capsys):
    words = ["probe", "server", "http://127.0.0.1:9/dm", "--timeout", "0.2", "--case", "server P-01 versions@xml,md5"]
    assert main(words) == 2
    assert "not one message of the server came" in capsys.readouterr().err
