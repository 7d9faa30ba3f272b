"""A server manages what is on the card, through the device; the card has the last word."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace

import pytest

import dmkit as dm
from dmkit.card.memory import Stored
from dmkit.card.pkcs15 import DM_BOOTSTRAP, DataObject, encode_dodf
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
    assert "8900101000000000019" in repr([line.message for line in talk])
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


@pytest.mark.parametrize(
    ("index", "length", "document", "code", "content"),
    [
        (4, None, b"new", 200, b"head" + b"new" + b"\xff" * 13),
        (4, 6, b"sixsix", 200, b"head" + b"sixsix" + b"trailer..."),
        (4, 6, b"five5", 420, b"head" + b"oldold" + b"trailer..."),
        (4, 6, b"seven77", 420, b"head" + b"oldold" + b"trailer..."),
        (0, 4, b"tail", 200, b"tail" + b"oldold" + b"trailer..."),
        (4, None, bytes(17), 420, b"head" + b"oldold" + b"trailer..."),
    ],
)
def test_a_document_that_is_a_part_of_its_file_leaves_the_rest_alone(index, length, document, code, content):
    whole = DataObject("Operator", DM_BOOTSTRAP, b"\x64\x31", data=b"headoldoldtrailer...")
    card = dm.Usim.example(objects=[whole])
    directory = encode_dodf([replace(whole, index=index, length=length)])
    row = replace(card.memory.files[(0x7F50, 0x6430)].row, size=len(directory))
    files = {**card.memory.files, (0x7F50, 0x6430): Stored(row, (directory,))}
    card.state = card.state.with_memory(replace(card.memory, files=files))
    device, server = world(card=card)
    talk = dm.converse(device, server, job=dm.jobs.execute("./Card/Write", b64encode(document).decode()))
    assert [status.code for status in said(talk, "Exec")] == [code]
    assert device.card.memory.files[PLACE].content[0] == content
