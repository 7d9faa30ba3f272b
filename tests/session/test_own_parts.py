"""What a user brings: a scheme with a name of its own, behaviour for an alert code, a codec around another."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha1

import pytest

import dmkit as dm
from dmkit.words.codes import AuthType


@dataclass(frozen=True)
class Sha1:
    """A proof of one's own, under a type that no table has."""

    name: str = "sha1"
    type: str = "syncml:auth-sha1"
    uses_nonce: bool = True
    in_transport: bool = False

    def prove(self, credential, nonce, body):
        return sha1(credential.ha1 + nonce, usedforsecurity=False).hexdigest()

    def check(self, proof, credential, nonce, body):
        return proof == self.prove(credential, nonce, body)


@pytest.mark.parametrize("codec", [dm.XML, dm.WBXML], ids=str)
def test_a_scheme_bears_a_name_of_its_own(codec):
    rules = dm.Rules(auth=Sha1(), server_auth="md5")
    device = dm.Device.example(rules=rules, codec=codec)
    server = dm.Server.example(device)
    talk = dm.converse(device, server, job=dm.jobs.read("./DevInfo/Man"))
    assert server.results[0].result == {"./DevInfo/Man": "Acme"}
    types = {message.header.cred.meta.type for message in talk.messages if message.header.cred}
    assert "syncml:auth-sha1" in types


def test_types_that_no_table_has_are_kept():
    mine = AuthType("syncml:auth-sha1")
    assert (mine.value, mine.is_known) == ("syncml:auth-sha1", False)
    assert AuthType("SYNCML:AUTH-MD5") is AuthType.MD5 and AuthType.MD5.is_known
    with pytest.raises(ValueError, match="5 is not a valid AuthType"):
        AuthType(5)


@pytest.mark.parametrize("give", [dm.StatusCode.OK, dm.words.Outcome(dm.StatusCode.ACCEPTED)], ids=["code", "outcome"])
def test_an_alert_code_is_given_behaviour(give):
    heard = []

    def mine(alert):
        heard.append(alert.code)
        return give

    device = dm.Device.example()
    server = dm.Server.example(device, rules=dm.Rules(alerts={1999: mine}))
    talk = dm.converse(device, server, alerts=(dm.Alert.of(1999),))
    statuses = [c.code for m in talk.messages for c in m.commands if isinstance(c, dm.Status) and c.cmd == "Alert"]
    assert heard == [1999] and (give if isinstance(give, dm.StatusCode) else give.status) in statuses

    plain = dm.Server.example(device)
    again = dm.converse(device, plain, alerts=(dm.Alert.of(1999),))
    codes = [c.code for m in again.messages for c in m.commands if isinstance(c, dm.Status) and c.cmd == "Alert"]
    assert dm.StatusCode.NOT_SUPPORTED in codes


def test_a_device_gives_an_alert_code_behaviour_too():
    device = dm.Device.example(rules=dm.Rules(alerts={1777: lambda alert: dm.StatusCode.OK}))
    server = dm.Server.example(device, rules=dm.Rules())
    dm.converse(device, server, job=dm.jobs.send(dm.Alert.of(1777)))
    assert [outcome.status for outcome in server.results[0].result] == [200]


@pytest.mark.parametrize("codec", [dm.XML, dm.WBXML], ids=str)
def test_a_wrapped_codec_is_used_for_every_message(codec):
    class Counting:
        name, media_type, binary = codec.name, codec.media_type, codec.binary
        written = read = 0

        def encode(self, message):
            Counting.written += 1
            return codec.encode(message)

        def decode(self, data, *, lenient=False):
            Counting.read += 1
            return codec.decode(data, lenient=lenient)

    device = dm.Device.example(codec=Counting())
    talk = dm.converse(device, dm.Server.example(device), job=dm.jobs.read("./DevInfo/Man"))
    assert Counting.written == sum(line.sender == "client" for line in talk)
