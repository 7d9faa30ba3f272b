"""A server manages what is on the card, through the device; the card has the last word."""

from __future__ import annotations

from base64 import b64encode

import pytest

import dmkit as dm
from dmkit.device.card_nodes import offer_card
from tests.bootstrap.documents import DOCUMENT_C

PLACE = (0x7F50, 0x6431)


def world(key=b"ADMINKEY", card=None):
    device = dm.Device.example()
    device.card = card or dm.Usim.example(b"old")
    offer_card(device, key)
    return device, dm.Server.example(device)


def said(talk, verb):
    return [c for line in talk for c in line.message.commands if c.verb.value == "Status" and c.cmd == verb]


@pytest.mark.spec("R-142")
def test_a_server_reads_and_rewrites_the_bootstrap_file_on_the_card():
    device, server = world()
    talk = dm.converse(device, server, job=dm.jobs.read("./Card/ICCID", "./Card/Bootstrap"))
    assert "8988211000000430010" in repr([line.message for line in talk])
    document = b64encode(DOCUMENT_C).decode()
    talk = dm.converse(device, server, job=dm.jobs.execute("./Card/Write", document))
    assert [status.code for status in said(talk, "Exec")] == [200]
    assert device.card.memory.files[PLACE].content[0] == DOCUMENT_C.ljust(1024, b"\xff")
    device.bootstrap()
    assert "com.mgmtsrv" in [account.server_id for account in device.accounts], "taken at the next power-on"


@pytest.mark.parametrize(
    "key, data, code",
    [
        (None, b"x", 425),
        (b"WRONGKEY", b"x", 425),
        (b"ADMINKEY", bytes(2000), 420),
        (b"ADMINKEY", b"", 400),
    ],
)
def test_the_card_has_the_last_word(key, data, code):
    device, server = world(key)
    before = device.card.memory.files
    talk = dm.converse(device, server, job=dm.jobs.execute("./Card/Write", b64encode(data).decode()))
    assert [status.code for status in said(talk, "Exec")] == [code]
    assert device.card.memory.files == before and set(device.card.state.session.channels) == {0}


def test_without_a_card_or_a_file_there_is_nothing_to_write():
    for card in (None, dm.Usim.example()):
        device, server = world(card=card)
        device.card = card
        talk = dm.converse(device, server, job=dm.jobs.execute("./Card/Write", "eA=="))
        assert [status.code for status in said(talk, "Exec")] == [404]
