"""Turns that few sessions have: an object lost twice, no end of messages, silence, a piece that is refused."""

from __future__ import annotations

from dataclasses import replace as but

from msgspec.structs import replace as vary

import dmkit as dm
from dmkit.session.events import Discarded, JobFailed
from dmkit.session.packages import number
from tests.server.test_interop import PROFILES, Peer, ok, status

AGAIN = vary(dm.Alert.of(1225), items=(dm.Item(target="./A"),))


def a_large_object(size: int = 20) -> tuple[Peer, dict[str, str]]:
    peer = Peer(dm.Replace.of("./A", "x" * size), rules=but(PROFILES["aosp"], chunk=10))
    return peer, peer.begin()


def test_an_object_that_the_device_lost_twice_is_given_up():
    peer, ids = a_large_object()
    for turn in (1, 2):
        answer = peer.say(
            ok(), AGAIN, status(str(turn), ids["Replace"], "Replace", 213), dm.Alert.of(1222), final=False
        )
        pieces = [c for c in answer.commands if isinstance(c, dm.Replace)]
        if turn == 1:
            assert pieces[0].items[0].data == "x" * 10, "from its first piece"
            ids = {"Replace": pieces[0].cmd_id}
        else:
            assert not pieces
    peer.say(ok())
    [outcome] = peer.result
    assert not outcome.ok and "lost it twice" in str(outcome)


def test_a_device_without_end_is_left_and_the_job_says_so():
    peer = Peer(dm.Get.of("./A"), rules=but(PROFILES["lenient"], messages=3))
    peer.begin()
    answers = [peer.say(ok(), dm.Alert.of(1222), final=False) for _ in range(4)]
    assert answers[-1] is None and sum(answer is not None for answer in answers) == 2
    assert any("more than 3 messages" in str(event) for event in peer.events)
    assert [event.job for event in peer.events if isinstance(event, JobFailed)] == ["wish"]


def test_a_device_that_falls_silent_ends_its_session_and_its_job():
    peer = Peer(dm.Get.of("./A"))
    peer.begin()
    assert peer.server.expire(10.0, 60.0) == []
    [step] = peer.server.expire(100.0, 60.0)
    assert step.reply is None and "fell silent" in str(step.events)
    assert [event.job for event in step.events if isinstance(event, JobFailed)] == ["wish"]
    assert peer.server.expire(1000.0, 60.0) == []


class ServerByHand:
    """Says to a device what a test wants; ``answer`` is the last message that it gave."""

    def __init__(self, *, value: str = "", **rules: object) -> None:
        self.device = dm.Device.example(rules=dm.Rules(auth="none", server_auth="none", **rules))
        if value:
            self.device.tree = self.device.tree.apply(dm.Add.of("./Large", value), by="srv")[0]
        self.session = self.device.connect()
        self.number, self.events = 0, []
        self.answer = self.read(self.session.start())

    def read(self, step):
        self.events += step.events
        return None if step.reply is None else dm.XML.decode(step.reply.body)

    def say(self, *commands, session_id: str = "", limit: int | None = None):
        self.number += 1
        meta = None if limit is None else dm.words.Meta(max_msg_size=limit)
        header = dm.words.Header(session_id or self.session.session_id, str(self.number), self.device.address,
                                 self.session.account.address, meta=meta)  # fmt: skip
        head = dm.Status(dm.StatusCode(200), str(self.number), "0", "SyncHdr")
        body = dm.XML.encode(dm.Message(header, number((head, *commands)), True))
        self.answer = self.read(self.session.receive(dm.Packet("", body, dm.XML.media_type)))
        return self.answer


def test_a_piece_that_the_server_refuses_is_the_last_one():
    server = ServerByHand(value="y" * 3000)
    answer = server.say(dm.Get.of("./Large"), limit=1500)
    [results] = [c for c in answer.commands if isinstance(c, dm.words.Results)]
    assert results.items[0].more_data
    refused = dm.Status(dm.StatusCode(500), answer.header.msg_id, results.cmd_id, "Results")
    server.say(refused, limit=1500)
    assert any(isinstance(event, Discarded) and "answered a piece with" in event.why for event in server.events)
    assert server.answer is None or not any(isinstance(c, dm.words.Results) for c in server.answer.commands)


def test_a_message_of_another_session_is_passed_over():
    server = ServerByHand()
    state = server.session.state
    assert server.say(dm.Delete.of("./DevInfo"), session_id="7777") is None
    assert server.session.state is state and "./DevInfo/Man" in server.device.tree
    assert any("7777" in str(event) for event in server.events)
