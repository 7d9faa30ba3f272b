"""The whole way over the air as one value: what travelled, what the card did, what the phone made of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

import dmkit as dm
from dmkit.card.ota.card import OtaCard
from dmkit.card.ota.packets import OtaKeys, OtaStatus, Spi
from dmkit.card.turn import Services
from dmkit.server.overair import OtaSender, rewrite_bootstrap
from tests.bootstrap.test_card import ONE, TWO, make_card, servers

KEYS = OtaKeys(bytes(range(16)), bytes(range(16, 32)))


@pytest.fixture
def phone():
    phone = dm.Device.blank(card=make_card(services=Services(ota=OtaCard({1: KEYS}))))
    phone.bootstrap()
    assert servers(phone) == ["one.example"]
    return phone


def rewrite(phone, sender=None, document=TWO):
    return rewrite_bootstrap(phone, document, sender or OtaSender(KEYS), file=0x6433, room=1200)


def test_from_the_server_to_a_session_with_the_new_account(phone):
    chain = rewrite(phone)
    assert servers(phone) == ["two.example"]
    assert chain.proof.status is OtaStatus.OK and chain.proof.signed
    assert [session.account.server_id for session in chain.sessions] == ["two.example"]
    said = [hop.what for hop in chain.hops]
    order = [
        "commands in a packet",
        "short message 1",
        "proof of receipt: OK, signed, 7 commands, SW 9000",
        "REFRESH",
        "two.example",
        "opens a session",
    ]
    places = [next(n for n, what in enumerate(said) if part in what) for part in order]
    assert places == sorted(places), chain
    assert chain.before is not chain.after and chain.after is phone.tree
    assert chain.messages == 11 and chain.octets > 1300


def test_the_trace_can_be_shown(phone):
    chain = rewrite(phone)
    bundle = chain._repr_mimebundle_()
    assert bundle["text/plain"] == repr(chain) and repr(chain).startswith(" 1 server -> air: 7 commands")
    assert bundle["text/html"].count("<tr>") == len(chain.hops) + 1 and "<caption>" in bundle["text/html"]
    assert set(chain.rows()[0]) == {"number", "who", "to", "what", "octets", "hex"}


def test_the_new_account_opens_a_session(phone):
    [session] = rewrite(phone).sessions
    server = dm.Server({phone.address: session.account}, nonces=lambda device: dm.device.counted_nonces(device))
    talk = dm.converse(session, server)
    assert talk.round_trips and talk[0].packet.to == session.account.address


def test_the_same_packet_again_is_refused_and_changes_nothing(phone):
    sender = OtaSender(KEYS)
    rewrite(phone, sender)
    tree, memory = phone.tree, phone.card.memory
    sender.counter = 0
    again = rewrite(phone, sender, ONE)
    assert again.proof.status is OtaStatus.COUNTER_LOW and not again.proof.signed
    assert "nobody vouches for it" in repr(again)
    assert phone.tree is tree and phone.card.memory is memory and again.sessions == ()


@pytest.mark.parametrize(("how", "told"), [("silent", None), ("plain", False), ("signed", True)])
def test_a_stranger_without_keys_gets_what_the_card_gives_to_strangers(how, told):
    phone = dm.Device.blank(card=make_card(services=Services(ota=OtaCard({1: KEYS}, bad_packets=how))))
    phone.bootstrap()
    before = phone.card.memory
    chain = rewrite(phone, OtaSender(replace(KEYS, kid=bytes(16)), Spi(ciphered=False)))
    assert phone.card.memory is before and servers(phone) == ["one.example"]
    answered = [hop for hop in chain.hops if hop.what.startswith("proof")]
    assert bool(answered) is (told is not None)
    if told:
        assert "not to be believed" in answered[0].what  # signed with the key that the stranger has not
