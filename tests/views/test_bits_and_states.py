"""The bits of package 0 and the states of a session as pictures: what is drawn is what the tables say."""

import re
from urllib.parse import unquote

import pytest

import dmkit as dm
from dmkit import notify
from dmkit.auth import Credential
from dmkit.session.states import TRANSITIONS
from dmkit.views.bitview import notification_bits
from dmkit.views.stateview import state_chart
from dmkit.words.errors import CodecError, ConfigError


def svg_of(look):
    return unquote(re.search(r'data:image/svg\+xml,([^"]*)"', look.html)[1])


@pytest.mark.parametrize("session", [1, 0x1234, 0xFFFF])
@pytest.mark.parametrize("version", [11, 1023])
def test_every_bit_is_drawn_once_and_tells_its_field(session, version):
    trigger = notify.Trigger("srv.example", session, version=version, future=2**27 - 1)
    octets = notify.encode(trigger, Credential("srv.example", "pw"), b"nonce")
    look = notification_bits(octets)
    drawn = re.findall(r'text-anchor="middle">([01])</text>', svg_of(look))
    assert len(drawn) == sum(field.bits for field in notify.FIELDS) == 64
    assert f"version     10  {version:010b}" in look.text and f"{session:X} hex" in look.text
    for field in notify.FIELDS:
        assert f"{field.name}: " in svg_of(look)


def test_of_a_short_message_the_bits_are_those_of_what_it_carries():
    device = dm.Device.example()
    [message] = dm.transport.wake(dm.Server.example(device), device.address, session=0x1234)
    assert "1234 hex" in notification_bits(message).text


@pytest.mark.parametrize("octets", [b"", b"x" * 9, bytes(23)])
def test_what_is_no_notification_is_refused_in_a_sentence(octets):
    with pytest.raises(CodecError) as told:
        notification_bits(octets)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("role", ["client", "server"])
def test_every_state_and_move_of_a_role_is_drawn(role):
    drawn = re.sub(r"<[^>]+>", " ", svg_of(state_chart(TRANSITIONS, role)))
    for state, moves in TRANSITIONS[role].items():
        assert re.search(rf"\b{state.value}\b", drawn)
        for move in moves:
            assert state.is_over or move.value in drawn


def test_a_role_that_is_none_is_refused():
    with pytest.raises(ConfigError, match="nearest: 'client'"):
        state_chart(TRANSITIONS, "clint")
