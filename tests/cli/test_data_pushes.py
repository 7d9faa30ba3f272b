"""Examples in data/bootstrap and data/messages: what the library writes, and what a phone takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from dmkit.bootstrap import cp
from dmkit.cli import main
from dmkit.device.device import Device
from dmkit.lab.studies import provisioning
from dmkit.transport.push import bootstrap_push, deliver, provision
from tests.cli.test_push import TRIGGER

DATA = Path(__file__).resolve().parents[2] / "data"
USUAL = "account and access point"


def octets(name):
    return (DATA / "bootstrap" / name).read_bytes()


def lines(name):
    return [bytes.fromhex(line) for line in (DATA / "messages" / name).read_text().split()]


def test_documents_are_what_the_library_writes():
    documents = provisioning.documents()
    assert octets("operator.wbxml") == documents[USUAL, "CP"]
    assert octets("operator-dm.wbxml") == documents[USUAL, "DM"]
    assert octets("operator.xml") == cp.to_xml(cp.read(documents[USUAL, "CP"]))
    assert octets("everything.xml") == cp.to_xml(cp.read(documents["everything", "CP"]))


@pytest.mark.parametrize("name", ["operator.xml", "operator.wbxml", "operator-dm.wbxml", "everything.xml"])
def test_a_phone_takes_each_document(name):
    phone = Device.blank()
    assert phone.bootstrap(octets(name)), name
    [account] = phone.accounts
    assert (account.server_id, account.address) == ("com.mgmtsrv", "https://dm.example/")
    assert (account.client.nonce, account.server.nonce) == (bytes(range(16)), bytes(range(16, 32)))


def test_messages_are_what_the_library_writes(capsys):
    push = bootstrap_push(octets("operator.wbxml"), network_id=provisioning.IMSI)
    assert tuple(lines("provision.hex")) == provision(push, reference=7)
    assert deliver(Device.blank(imsi=provisioning.IMSI), lines("provision.hex")).session is not None
    for form, name in (("sms", "wake.hex"), ("obex", "wake-obex.hex")):
        assert main([*TRIGGER, "--form", form]) == 0
        assert capsys.readouterr().out == (DATA / "messages" / name).read_text()
