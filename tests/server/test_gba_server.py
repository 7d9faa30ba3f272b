"""DM sessions with keys from GBA: nothing provisioned, keys that expire, services that cannot pose as others."""

from __future__ import annotations

from dataclasses import replace

import pytest

import dmkit as dm
from dmkit.card.aka.gba import UA, psk_identity
from dmkit.card.aka.sqn import SqnWindow, sqn_of
from dmkit.server.gba_server import account_of
from dmkit.session.events import Authenticated
from dmkit.transport.gba import converse_gba, example
from dmkit.wire.codec import XML
from dmkit.words.model import Header, Message, Packet

JOB = dm.jobs.write("./APN/Name", "internet")


def name(device):
    return device.tree.get("./APN/Name").value


@pytest.mark.spec("R-141")
@pytest.mark.parametrize("scheme", ["md5", "mac", "hmac-sha256"])
def test_a_session_with_no_provisioned_password(scheme):
    device, ue, bsf, server = example(rules=dm.Rules(auth=scheme, server_auth=scheme))
    assert device.accounts == [] and server.accounts == {}
    run = converse_gba(device, ue, bsf, server, job=JOB)
    assert run.well and name(device) == "internet"
    proved = {event.by for event in run.sessions[0].events if isinstance(event, Authenticated)}
    assert proved == {"client", "server"}  # both sides
    assert run.round_trips == 2 + run.sessions[0].round_trips
    assert server.asked == 1


def test_the_second_session_needs_no_bootstrapping():
    device, ue, bsf, server = example()
    converse_gba(device, ue, bsf, server)
    again = converse_gba(device, ue, bsf, server, job=JOB, now=50.0)
    assert again.well and len(again.parts) == 1 and server.asked == 1


def test_an_expired_key_is_refused_and_the_device_bootstraps_again():
    device, ue, bsf, server = example(lifetime=100.0)
    converse_gba(device, ue, bsf, server)
    first = ue.keys.b_tid
    run = converse_gba(device, ue, bsf, server, job=JOB, now=100.0)
    assert run.well and name(device) == "internet" and ue.keys.b_tid != first
    assert len(run.sessions) == 2 and "401" in run.sessions[0][1].summary
    assert "expired" in server.refused[0][1]
    assert run.round_trips > converse_gba(device, ue, bsf, server, now=101.0).round_trips


def test_a_card_out_of_step_costs_one_more_round_trip():
    plain = converse_gba(*example())
    device, ue, bsf, server = example()
    usim = device.card.services.authenticator
    usim.window = SqnWindow.at(sqn_of(9, 1))
    run = converse_gba(device, ue, bsf, server, job=JOB)
    assert run.well and len(run.parts[0]) == len(plain.parts[0]) + 2


def test_the_key_of_another_service_is_of_no_use():
    device, ue, bsf, server = example()
    converse_gba(device, ue, bsf, server)
    other = account_of(ue.key("evil.example"), server.server_id, server.address)
    device.accounts = [other]
    talk = dm.converse(device, server, job=JOB)
    assert name(device) != "internet" and "401" in talk[1].summary
    device.accounts = [account_of(ue.key(server.fqdn, UA["supl"]), server.server_id, server.address)]
    dm.converse(device, server, job=JOB)
    assert name(device) != "internet"


def test_a_name_that_is_no_b_tid_gets_no_key():
    device, _, _, server = example()
    device.accounts = [account_of(replace_name(server), server.server_id, server.address)]
    dm.converse(device, server, job=JOB)
    assert name(device) != "internet" and server.asked == 0
    assert server.refused[0][1] == "the device gave no B-TID as its name"


def replace_name(server):
    from dmkit.card.aka.gba import NafKey

    return NafKey("client", server.fqdn, bytes(32), 1.0)


def test_a_server_not_of_the_bootstrapping_server_gets_nothing():
    device, ue, bsf, server = example()
    bsf.services = frozenset({"other.example"})
    run = converse_gba(device, ue, bsf, server, job=JOB)
    assert not run.well and name(device) != "internet" and "may not ask" in server.refused[0][1]


def test_no_secret_is_stored_or_sent():
    device, ue, bsf, server = example()
    run = converse_gba(device, ue, bsf, server, job=JOB)
    key = ue.key(server.fqdn)
    for said in run.parts[0]:
        assert key.password not in str(said) and ue.keys.ks.hex() not in str(said)
    for line in run.sessions[0]:
        assert key.password.encode() not in line.packet.body
    assert psk_identity(key.b_tid).startswith("3GPP-bootstrapping;")
    assert replace(key, key=b"").password == ""


def test_what_strangers_ask_is_not_kept_without_end():
    _, _, bsf, server = example()
    server.max_results = 3
    for at in range(20):
        header = Header("1", "1", "https://naf", f"IMEI:{at}")
        server.receive(Packet("https://naf", XML.encode(Message(header)), XML.media_type))
    assert 3 <= len(server.refused) <= 6
    bsf.most_open = 4
    for _ in range(20):
        answer = bsf._challenge("a@b", next(iter(bsf.centre.subscribers)), 0.0)
        assert answer.status == 401
    assert len(bsf._open) == 4
