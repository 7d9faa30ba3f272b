"""A session goes on where its last step came to: asked for its value or not, and after a step that raised."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

import dmkit as dm
from dmkit.session.server import ServerSession
from dmkit.session.side import Side

JOBS: dict[str, Callable[[], dm.session.work.Job]] = {
    "put": lambda: dm.jobs.put("./APN/Name", "internet"),
    "read": lambda: dm.jobs.read("./DevInfo/Man", "./DevDetail/FwV"),
    "a large object": lambda: dm.jobs.write("./APN/Name", "x" * 4000),
}
RULES = {
    "md5": dm.Rules(),
    "mac": dm.Rules(auth="mac", server_auth="mac"),
    "in pieces": dm.Rules(max_message=1500, sequences=False),
}


def walk(name: str, rules: str, look: bool) -> list[tuple[object, object]]:
    """Each step of a session, with the values at its end where somebody looks after every step."""
    device = dm.Device.example(rules=RULES[rules])
    server = dm.Server.example(device)
    server.enqueue(device.address, JOBS[name]())
    client = device.connect()
    steps = []
    step = client.start()
    while step is not None:
        ends = [client, *server.sessions.values()]
        steps.append((step.reply, tuple(map(str, step.events))))
        if look:
            assert not any(isinstance(end.snapshot(), Side) for end in ends)
            steps_at = [end.snapshot() for end in ends]
            assert [end.snapshot() for end in ends] == steps_at
        packet = step.reply
        if packet is None:
            break
        step = (client if packet.to == client.address else server).receive(packet)
    return [*steps, (client.snapshot(), server.snapshot())]


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("name", JOBS)
def test_whoever_looks_at_each_step_sees_the_same_session(name: str, rules: str) -> None:
    *looked, last = walk(name, rules, True)
    *unseen, end = walk(name, rules, False)
    assert looked == unseen and len(looked) >= 4
    assert last[0] == end[0]


class Breaks(Exception):
    pass


@pytest.mark.parametrize("name", JOBS)
@pytest.mark.parametrize("look", [True, False])
def test_a_step_that_raises_on_the_device_is_no_step(name: str, look: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    device = dm.Device.example()
    server = dm.Server.example(device)
    server.enqueue(device.address, JOBS[name]())
    client = device.connect()
    first = client.start().reply
    assert first is not None
    packet = server.receive(first).reply
    assert packet is not None
    before = client.snapshot() if look else None

    def breaks(*_: object) -> None:
        raise Breaks

    with monkeypatch.context() as patched, pytest.raises(Breaks):
        patched.setattr(device, "execute", breaks)
        client.receive(packet)
    if before is not None:  # nonces that were drawn are not given out again
        assert replace(client.snapshot(), nonces=before.nonces) == before
    again = client.receive(packet).reply
    assert again is not None
    assert server.receive(again).reply is not None


def test_a_step_that_raises_on_the_server_is_no_step(monkeypatch: pytest.MonkeyPatch) -> None:
    device = dm.Device.example()
    account = device.accounts[0]
    work = [dm.session.work.QueuedJob("put", dm.jobs.put("./APN/Name", "internet"))]
    server = ServerSession(account, device.address, session_id="1", nonces=iter([b"n"] * 9), work=work)
    client = device.connect()
    first = client.start().reply
    assert first is not None
    second = server.receive(first).reply
    assert second is not None
    third = client.receive(second).reply
    assert third is not None
    at = server.codec

    class Broken(type(at)):  # type: ignore[misc]
        def encode(self, message: dm.Message) -> bytes:
            raise Breaks

    before = ServerSession.at(server.snapshot())
    broken = Broken()
    with pytest.raises(Breaks):
        server.take(third, at.decode(third.body), codec=broken)
    assert server.snapshot().msg_id == before.snapshot().msg_id
    assert server.snapshot().batch == before.snapshot().batch
    assert server.snapshot().codec is at
    assert server.receive(third).reply is not None
