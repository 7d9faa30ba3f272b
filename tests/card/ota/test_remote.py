"""Over the air into the card: short messages, ENVELOPE, a rewritten file, REFRESH, proof of receipt."""

from __future__ import annotations

from random import Random

import pytest

from dmkit.card.card import Usim
from dmkit.card.files import AID_PKCS15
from dmkit.card.ota.card import OtaCard
from dmkit.card.ota.packets import OtaKeys, OtaStatus, SecuredCommand, decode_response, encode_command
from dmkit.card.ota.remote import envelope
from dmkit.card.ota.script import compact, update_file
from dmkit.card.ota.sms import deliver
from dmkit.card.toolkit import FILES_CHANGED, read_refresh
from dmkit.card.turn import Services

KEYS = OtaKeys(bytes(range(16)), bytes(range(16, 32)))


def make_card():
    return Usim.example(b"old bootstrap", services=Services(ota=OtaCard({1: KEYS})))


def command(content, counter=1):
    return SecuredCommand(compact(update_file([0x6431], content, aid=AID_PKCS15)), counter=counter)


def carry(card, packet, reference=1):
    """What a terminal does with short messages for the card; the last answer."""
    answer = b""
    for unit in deliver(packet, sender="49170", reference=reference):
        data = envelope(unit)
        answer = card.transmit(b"\x80\xc2\0\0" + bytes([len(data)]) + data)
    if answer[0] == 0x61:
        answer = card.transmit(b"\0\xc0\0\0" + answer[1:])
    return answer


def stored(card):
    return card.memory.files[(0x7F50, 0x6431)].content


@pytest.mark.parametrize("size", [40, 600])
def test_a_packet_rewrites_the_file_and_the_card_says_so(size):
    card, new = make_card(), bytes(n % 251 for n in range(size))
    sent = command(new)
    answer = carry(card, encode_command(sent, KEYS))
    response, sw = answer[:-2], answer[-2:]
    assert sw[0] == 0x91  # a command waits
    told = decode_response(response, KEYS, sent.spi, sent.kic, sent.kid)
    assert told.status is OtaStatus.OK and told.signed and told.data[1:3] == b"\x90\x00"
    assert told.data[0] == 2 + -(-size // 250)
    assert stored(card)[0][:size] == new
    fetched = card.transmit(b"\x80\x12\0\0" + sw[1:])
    mode, files = read_refresh(fetched[:-2])
    assert mode == FILES_CHANGED and files[0][-1] == 0x6431


def test_a_replayed_packet_changes_nothing_and_gets_its_status():
    card, sent = make_card(), command(b"new")
    packet = encode_command(sent, KEYS)
    carry(card, packet)
    card.reset()
    before = card.memory
    answer = carry(card, packet)
    assert answer[-2:] == b"\x90\x00" and card.memory is before
    assert decode_response(answer[:-2], KEYS, sent.spi, sent.kic, sent.kid).status is OtaStatus.COUNTER_LOW


def test_mutated_short_messages_never_change_the_card():
    rng, card = Random(102225), make_card()
    before = card.memory
    units = deliver(encode_command(command(bytes(200)), KEYS), sender="49170")
    for _ in range(3000):
        for unit in units:
            octets = bytearray(unit)
            for _ in range(rng.randrange(1, 4)):
                octets[rng.randrange(12, len(octets))] ^= 1 << rng.randrange(8)
            data = envelope(bytes(octets))
            card.transmit(b"\x80\xc2\0\0" + bytes([len(data)]) + data)
        if rng.randrange(10) == 0:
            card.reset()
        assert card.memory.files == before.files
