"""Security designs as rules: every scheme holds a session with every nonce policy; each switch does what it says."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace

import msgspec
import pytest

import dmkit as dm
from dmkit.auth import DEFAULT_NONCE, SCHEMES, STRENGTH, basis_of, covered, strength
from dmkit.auth.mac import HEADER, parse_header
from dmkit.session.events import Authenticated, Refused
from dmkit.session.nonces import NONCES

JOB = dm.jobs.write("./APN/Name", "internet")


def talk(client, server=None, *, auth=None, tap=None, out_of_step=False):
    device = dm.Device.example(rules=client, auth=auth)
    served = dm.Server.example(device, rules=server or client)
    if out_of_step:
        served.accounts[device.address] = device.accounts[0].with_nonces(client=b"another")
    options = {} if tap is None else {"tap": tap}
    return dm.converse(device, served, job=JOB, **options), device


def written(device) -> bool:
    return device.tree.get("./APN/Name").value == "internet"


@pytest.mark.parametrize("nonce", sorted(NONCES))
@pytest.mark.parametrize("scheme", sorted(SCHEMES))
def test_every_scheme_holds_a_session_with_every_nonce_policy(scheme, nonce):
    rules = dm.Rules(auth=scheme, server_auth=scheme, nonce=nonce, client_schemes=("md5", "mac", "basic", scheme))
    transcript, device = talk(rules)
    assert written(device), transcript
    dm.session.assert_sound(transcript)
    second = dm.converse(device, dm.Server.example(device, rules=rules), job=dm.jobs.write("./APN/Name", "again"))
    assert device.tree.get("./APN/Name").value == "again", second


def test_every_design_says_where_it_comes_from():
    assert set(STRENGTH) == {"none", *SCHEMES}
    assert all(basis_of(scheme) for scheme in SCHEMES.values())
    assert all(policy.basis for policy in NONCES.values())
    assert all("PROPOSAL" in basis_of(s) for name, s in SCHEMES.items() if "sha256" in name)
    assert strength(None) == -1


def heads(transcript):
    return [packet.headers.get(HEADER) for packet in (entry.packet for entry in transcript)]


@pytest.mark.parametrize(
    ("scheme", "algorithm"),
    [
        ("mac", "MD5"),
        ("hmac-sha256", "SHA-256"),
        ("hmac-sha256-bound", "SHA-256-BOUND"),
        ("hmac-sha256-stretched", "SHA-256-STRETCHED"),
    ],
)
def test_the_header_names_the_algorithm(scheme, algorithm):
    transcript, _ = talk(dm.Rules(auth=scheme, server_auth=scheme))
    said = [parse_header(text, (algorithm,)) for text in heads(transcript) if text]
    assert said and all(said)


def test_a_message_carried_over_another_connection_does_not_verify():
    ours = dm.Rules(auth="hmac-sha256-bound", server_auth="hmac-sha256-bound", channel=b"certificate of dm.example")
    _, device = talk(ours)
    assert written(device)
    transcript, device = talk(ours, replace(ours, channel=b"certificate of the man in the middle"))
    assert not written(device), transcript
    unbound = replace(ours, auth="hmac-sha256", server_auth="hmac-sha256")
    _, device = talk(unbound, replace(unbound, channel=b"certificate of the man in the middle"))
    assert written(device)  # without binding nobody notices
    assert covered(SCHEMES["mac"], b"x", b"body") == b"body"


def test_a_stronger_proof_than_asked_for_is_taken_and_a_weaker_one_is_not():
    asks_md5 = dm.Rules(auth="md5")
    _, device = talk(replace(asks_md5, auth="hmac-sha256"), asks_md5)
    assert written(device)
    transcript, _ = talk(replace(asks_md5, auth="hmac-sha256"), asks_md5)
    taken = [e.scheme for e in transcript.events if isinstance(e, Authenticated) and e.by == "server"]
    assert set(taken) == {"hmac-sha256"}  # events name the proof that was taken
    transcript, device = talk(dm.Rules(auth="md5"), dm.Rules(auth="hmac-sha256"))
    assert not written(device), transcript


def weaker(packet, rng):
    """On the path: every challenge asks for basic."""
    body = packet.body.replace(b"syncml:auth-md5", b"syncml:auth-basic")
    return [msgspec.structs.replace(packet, body=body) if packet.to.startswith("IMEI") else packet]


@pytest.mark.parametrize(("downgrade", "spilled"), [("allow", True), ("sticky", False), ("floor", False)])
def test_who_may_talk_a_client_into_a_weaker_scheme(downgrade, spilled):
    rules = dm.Rules(auth="md5", downgrade=downgrade)
    transcript, _ = talk(rules, dm.Rules(auth="md5"), tap=weaker, out_of_step=True)
    password = SCHEMES["basic"].prove(dm.Credential("client", "clientpw"), b"", b"").encode()
    assert any(password in entry.packet.body for entry in transcript) is spilled


def test_the_floor_holds_for_what_is_sent_unasked_and_for_the_server():
    rules = dm.Rules(auth="md5", downgrade="floor")
    transcript, device = talk(rules, auth="basic")
    assert written(device)
    password = SCHEMES["basic"].prove(dm.Credential("client", "clientpw"), b"", b"").encode()
    assert not any(password in entry.packet.body for entry in transcript)
    served = dm.Rules(server_auth="mac", downgrade="floor")
    _, device = talk(dm.Rules(server_auth="md5"), served)
    assert written(device)  # md5 was asked for and mac given: stronger
    transcript, device = talk(dm.Rules(auth="md5", downgrade="floor"), dm.Rules(auth="basic"))
    refused = [e for entry in transcript for e in entry.events if isinstance(e, Refused)]
    assert written(device) or any("weaker" in e.why for e in refused)


def test_nonces_of_each_policy():
    def nonces(name):
        transcript, _ = talk(dm.Rules(auth="md5", nonce=name), out_of_step=True)
        return [
            status.chal.next_nonce
            for entry in transcript
            for status in entry.message.commands
            if isinstance(status, dm.Status) and status.chal is not None
        ]

    assert len(set(nonces("session"))) == len(nonces("session")) >= 2
    assert len(nonces("message")) > len(nonces("session"))
    assert set(nonces("clock")) == {b64encode(bytes(8)).decode()}  # the clock of a lesson stands still
    assert b64encode(DEFAULT_NONCE).decode() in nonces("fixed resync")


@pytest.mark.parametrize(("rule", "follows"), [("any", True), ("same host", False)])
def test_where_a_client_lets_itself_be_sent(rule, follows):
    rules = dm.Rules(redirect=rule)
    device = dm.Device.example(rules=rules)
    session = device.connect()
    server = dm.Server.example(device, rules=replace(rules, resp_uri="https://evil.example/dm"))
    server.enqueue(device.address, JOB)
    step = session.receive(server.receive(session.start().reply).reply)
    assert (step.reply.to == "https://evil.example/dm") is follows
    assert any(isinstance(e, Refused) and "leaves the host" in e.why for e in step.events) is not follows
    near = dm.Server.example(device, rules=replace(rules, resp_uri="https://dm.example.com/other"))
    near.enqueue(device.address, JOB)
    again = device.connect()
    assert again.receive(near.receive(again.start().reply).reply).reply.to == "https://dm.example.com/other"


def weaker_for_the_server(packet, rng):
    """On the path: the client's challenges to the server ask for basic."""
    body = packet.body.replace(b"syncml:auth-md5</Type><NextNonce", b"syncml:auth-basic</Type><NextNonce")
    return [packet if packet.to.startswith("IMEI") else msgspec.structs.replace(packet, body=body)]


@pytest.mark.parametrize(("downgrade", "spilled"), [("allow", True), ("floor", False)])
def test_who_may_talk_a_server_into_a_weaker_scheme(downgrade, spilled):
    device = dm.Device.example()
    server = dm.Server.example(device, rules=dm.Rules(downgrade=downgrade))
    server.accounts[device.address] = device.accounts[0].with_nonces(server=b"another")
    transcript = dm.converse(device, server, job=JOB, tap=weaker_for_the_server)
    own = device.accounts[0].server
    password = SCHEMES["basic"].prove(own, b"", b"").encode()
    assert any(password in entry.packet.body for entry in transcript) is spilled, transcript
    assert not written(device)
