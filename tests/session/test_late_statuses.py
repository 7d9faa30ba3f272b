"""Statuses that come messages later are about what they name, and reports that were answered are not told again."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from dmkit.device.device import Device
from dmkit.server.server import Server
from dmkit.session.client_turn import ClientTurn
from dmkit.session.events import Learned
from dmkit.session.rules import Rules
from dmkit.transport.loop import converse
from dmkit.wire.codec import WBXML, XML, Codec
from dmkit.words.outcome import Later

SERVER = "com.mgmtsrv.manage"


def reporting(n: int, codec: Codec, size: int) -> Device:
    device = Device.example(rules=Rules(messages=1000, max_message=size), codec=codec)
    for at in range(n):
        device.report(Later(0.0, "urn:x", f"said {at}", correlator=str(at)), SERVER)
    return device


@pytest.mark.parametrize("codec", [XML, WBXML], ids=["xml", "wbxml"])
@pytest.mark.parametrize("size", [2000, 4000, 16384, 100_000])
@pytest.mark.parametrize("n", [1, 3, 40, 130])
def test_many_reports_are_told_once(n: int, size: int, codec: Codec) -> None:
    device = reporting(n, codec, size)
    server = Server.example(device)
    talk = converse(device, server)
    told = [alert.alert.correlator for _, alert in server.alerts if alert.alert.code == 1226]
    assert told == [str(at) for at in range(n)] and not device.agenda
    about = [event.outcome.command for event in talk.events if isinstance(event, Learned) and event.outcome.command]
    answered = [getattr(command, "correlator", None) for command in about]
    assert sorted(filter(None, answered), key=int) == told  # each Status is about the alert that it answers
    assert len(converse(device, server, now=60.0)) == 2


def test_a_snapshot_in_the_middle_remembers_what_was_said() -> None:
    device = reporting(40, XML, 3000)
    server = Server.example(device)
    session = device.connect()
    step = session.start(0.0)
    while step.reply is not None:
        if step.reply.to != device.address:
            step = server.receive(step.reply, 0.0)
            continue
        before, was = session.snapshot(), device.snapshot()
        step = session.receive(step.reply, 0.0)
        after, now = session.snapshot(), device.snapshot()
        device.restore(was)
        again = type(session).at(before, device)
        again._nonces = device.nonces
        assert again.receive(step.received, 0.0).reply == step.reply
        assert (again.snapshot(), device.snapshot()) == (after, now)
        session = again
    assert not device.agenda and session.snapshot().unanswered == ()


@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize("first", [True, False])
def test_a_turn_that_comes_to_nothing_has_said_nothing(n: int, first: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    device = reporting(n if first else 0, XML, 16384)
    session = device.connect()
    step = session.start(0.0) if not first else None
    answer = None if step is None or step.reply is None else Server.example(device).receive(step.reply, 0.0).reply
    for at in range(0 if first else n):
        device.report(Later(0.0, "urn:x", f"said {at}"), SERVER)
    before = session.snapshot()
    with monkeypatch.context() as broken:
        broken.setattr(ClientTurn, "_packet", lambda *given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            session.start(0.0) if answer is None else session.receive(answer, 0.0)
    after = session.snapshot()
    assert replace(after, nonces=before.nonces) == before and after.unanswered == (), "a nonce that was drawn is gone"
