"""Queue mode: a server that talks to a client that sleeps, leaves, comes back, or never answers."""

from __future__ import annotations

from random import Random

import msgspec
import pytest

from dmkit.lwm2m.client import Client
from dmkit.lwm2m.coap import Message
from dmkit.lwm2m.queueing import QueueRules, QueueServer
from dmkit.lwm2m.store import STANDARD, Store
from dmkit.words.errors import ConfigError, LocalProtocolError

NAME = "urn:imei:1"


def client(name=NAME, queue=True, lifetime=300):
    store = Store.of(STANDARD, {"/1/0/0": 1, "/1/0/1": lifetime, "/3/0/0": "Example"})
    return Client(name, store, queue=queue)


def get(path="/3/0/0", token=b"a"):
    return Message.request("GET", path, token=token)


USUAL = QueueRules()


def registered(rules=USUAL, **more):
    step = QueueServer(rules=rules).handle(client(**more).register(1), 0.0)
    assert step.answer.code == "2.01" and step.sends == ()
    return step.server


def paths(step):
    return [message.uri_path for _, message in step.sends]


UPDATE = Message.request("POST", "/rd/1")


@pytest.mark.parametrize(("after", "goes"), [(0.0, True), (93.0, True), (93.1, False), (299.0, False)])
def test_a_request_goes_while_the_client_listens_and_is_held_else(after, goes):
    step = registered().send(NAME, get(), after)
    assert bool(step.sends) is goes
    assert goes or step.events == (f"{NAME}: GET /3/0/0 is held, the client sleeps",)


def test_a_client_that_never_sleeps_is_asked_at_once():
    step = registered(queue=False).send(NAME, get(), 250.0)
    assert paths(step) == ["/3/0/0"]


def test_what_is_held_goes_behind_the_answer_to_the_update_in_order_and_one_at_a_time():
    server = registered()
    for n, path in enumerate(("/3/0/0", "/3/0/1", "/3/0/2")):
        step = server.send(NAME, get(path, bytes([n])), 150.0 + n)
        server = step.server
        assert step.sends == ()
    step = server.handle(UPDATE, 200.0)
    assert step.answer.code == "2.04" and paths(step) == ["/3/0/0"]
    for n, following in enumerate((["/3/0/1"], ["/3/0/2"], [])):
        step = step.server.answered(NAME, get(token=bytes([n])).response("2.05", b"x"), 201.0 + n)
        assert paths(step) == following
    assert [(one.request.uri_path, answer.code) for one, answer in step.server.results] == [
        ("/3/0/0", "2.05"), ("/3/0/1", "2.05"), ("/3/0/2", "2.05")]  # fmt: skip


def test_an_update_while_a_request_is_under_way_sends_nothing_more():
    """Its answer may have been lost, so it comes again: it is answered, and nothing is sent twice."""
    step = registered().send(NAME, get(), 10.0)
    again = step.server.handle(UPDATE, 11.0)
    assert again.answer.code == "2.04" and again.sends == ()
    assert again.server.handle(UPDATE, 11.0).sends == ()
    assert again.server.send(NAME, get("/3/0/1"), 12.0).events == (
        f"{NAME}: GET /3/0/1 is held, another one is under way",
    )


def test_an_answer_keeps_the_client_awake():
    """93 seconds behind what it said last, not behind the update."""
    step = registered().send(NAME, get(), 90.0)
    step = step.server.answered(NAME, get().response("2.05"), 91.0)
    assert paths(step.server.send(NAME, get("/3/0/1"), 91.0 + 93.0)) == ["/3/0/1"]
    assert step.server.send(NAME, get("/3/0/1"), 91.0 + 93.5).sends == ()


def test_a_lifetime_that_runs_out_asleep_gives_up_what_is_held():
    server = registered().send(NAME, get(), 200.0).server
    later = server.passing(300.0)
    assert later.held == () and later.results[0][1] is None
    assert later.notes == (f"{NAME}: GET /3/0/0 is given up: its registration is over",)
    step = server.handle(UPDATE, 301.0)
    assert step.answer.code == "4.04" and step.sends == () and step.events == later.notes
    back = step.server.handle(client().register(1), 302.0)
    assert back.answer.code == "2.01" and back.sends == ()
    with pytest.raises(LocalProtocolError, match="not registered"):
        server.send(NAME, get(), 301.0)


def test_or_keeps_it_for_when_the_client_registers_again():
    server = registered(QueueRules(over="keep")).send(NAME, get(), 200.0).server
    step = server.handle(UPDATE, 301.0)
    assert step.answer.code == "4.04" and step.sends == () and step.server.held
    assert paths(step.server.handle(client().register(1), 302.0)) == ["/3/0/0"]


def test_a_lifetime_of_nothing_is_for_ever():
    server = registered(lifetime=0).send(NAME, get(), 10_000.0).server
    assert paths(server.handle(UPDATE, 1e9)) == ["/3/0/0"]


def test_who_leaves_is_asked_nothing_more():
    server = registered().send(NAME, get(), 200.0).server
    step = server.handle(Message.request("DELETE", "/rd/1"), 210.0)
    assert step.answer.code == "2.02" and step.server.held == () and "given up" in step.events[0]


def test_who_registers_anew_is_asked_anew():
    """A restart: what was under way with the registration before is sent again behind the answer."""
    step = registered().send(NAME, get(), 10.0)
    step = step.server.send(NAME, get("/3/0/1"), 11.0)
    back = step.server.handle(client().register(1), 12.0)
    assert back.answer.location == "/rd/2" and paths(back) == ["/3/0/0"]
    assert back.server.held[0].tries == 2, "sent twice: whoever asks knows that it may be done twice"


def test_what_is_not_answered_is_held_again_and_at_last_given_up():
    """The client fell asleep over it; it goes again at the next updates, three times in all."""
    server, told = registered(lifetime=0), []
    step = server.send(NAME, get(), 10.0)
    for now in (200.0, 400.0, 600.0):
        step = step.server.handle(UPDATE, now)
        told += step.events
        if now < 600.0:
            assert paths(step) == ["/3/0/0"]
    assert step.sends == () and step.server.held == () and step.server.results[0][1] is None
    assert told[-1] == f"{NAME}: GET /3/0/0 is given up: not answered in 3 tries"
    assert told[0].endswith("is not answered and held again; it may be done twice")


def test_a_late_answer_is_an_answer_to_nothing():
    step = registered(lifetime=0).send(NAME, get(), 10.0)
    late = step.server.answered(NAME, get().response("2.05"), 200.0)
    assert late.server.results == () and late.events[-1] == f"{NAME}: an answer to nothing"
    other = step.server.answered(NAME, get(token=b"zz").response("2.05"), 11.0)
    assert other.server.results == () and other.server.held == step.server.held
    assert step.server.answered("urn:imei:2", get().response("2.05"), 11.0).events == (
        "urn:imei:2: an answer to nothing",
    )


@pytest.mark.parametrize("request_", [
    Message.request("POST", "/rd/7"), Message.request("POST", "/rd/1", query=["lt=x"]), Message.request("PUT", "/rd/1"),
    msgspec.structs.replace(UPDATE, payload=b"\xff"),
])  # fmt: skip
def test_what_is_refused_wakes_nobody(request_):
    server = registered().send(NAME, get(), 200.0).server
    step = server.handle(request_, 210.0)
    assert step.answer.code[0] == "4" and step.sends == () and len(step.server.held) == 1
    assert step.server.send(NAME, get("/3/0/1"), 211.0).sends == ()


def test_clients_do_not_wait_for_each_other():
    server = registered().handle(client("urn:imei:2").register(1), 100.0).server
    for name in (NAME, "urn:imei:2"):
        server = server.send(name, get(), 194.0).server
    step = server.handle(Message.request("POST", "/rd/2"), 195.0)
    assert step.sends == (("urn:imei:2", get()),) and {one.endpoint for one in step.server.held} == {NAME, "urn:imei:2"}


def test_too_much_is_held():
    server = registered(QueueRules(most=2))
    for n in range(2):
        server = server.send(NAME, get(token=bytes([n])), 150.0).server
    with pytest.raises(LocalProtocolError, match="2 requests are held"):
        server.send(NAME, get(), 151.0)
    with pytest.raises(ConfigError):
        QueueRules(over="lose")


def test_no_story_loses_or_doubles_a_request():
    """2,000 steps: each request is answered, given up or held still, is under way once, and goes in order."""
    chance = Random("queue")
    for story in range(40):
        server, now, wanted, sent = (
            registered(lifetime=chance.choice((0, 300)), queue=chance.random() < 0.8),
            0.0,
            [],
            [],
        )
        for turn in range(50):
            now += chance.choice((0.5, 5.0, 50.0, 120.0, 290.0))
            kind = chance.randrange(5)
            if kind < 2:
                try:
                    request = get(f"/3/0/{turn}", turn.to_bytes(2, "big"))
                    step = server.send(NAME, request, now)
                    wanted.append(request.token)
                except LocalProtocolError:
                    step = server.handle(client().register(1), now)
            elif kind == 2:
                step = server.handle(
                    Message.request("POST", server.server.find(NAME).location if server.server.find(NAME) else "/rd/0"),
                    now,
                )
            elif kind == 3:
                under = next((one for one in server.held if one.sent is not None), None)
                step = server.answered(NAME, (under.request if under else get()).response("2.05"), now)
            else:
                step = server.handle(client().register(1), now)
            server = step.server
            sent += [message.token for _, message in step.sends]
            assert sum(one.sent is not None for one in server.held) <= 1, "one is under way at a time"
            assert len(step.sends) <= 1
        left = [one.request.token for one in server.held]
        done = [one.request.token for one, _ in server.results]
        assert sorted(left + done) == sorted(wanted), story
        assert left == sorted(left), "in order"
        first = list(dict.fromkeys(sent))
        assert first == sorted(first), "the first time each goes in the order in which it was wanted"
