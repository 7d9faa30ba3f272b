"""What one client asks costs the same however many others there are: counted in lines of Python, not in seconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import pytest

from dmkit.lwm2m.coap import Block, Message
from dmkit.lwm2m.queueing import QueueServer
from dmkit.lwm2m.rules import LwM2mRules
from dmkit.lwm2m.server import Server
from dmkit.transport.coap import Management
from tests.lwm2m.test_engines import phone
from tests.steps import python_lines


def register(at: int, lifetime: int = 300) -> Message:
    return Message.request("POST", "/rd", b"</3/0>", query=[f"ep=urn:{at}", "lwm2m=1.1", f"lt={lifetime}"])


def crowd(n: int) -> Server:
    server = Server()
    for at in range(n):
        server, answer = server.handle(register(at), float(at) / n)
        assert answer.code == "2.01"
    return server


REQUESTS = {
    "register": (register(-1), "2.01"),
    "register again": (register(3), "2.01"),
    "update": (Message.request("POST", "/rd/5", query=["lt=60"]), "2.04"),
    "leave": (Message.request("DELETE", "/rd/5"), "2.02"),
    "a stranger": (Message.request("POST", "/rd/none"), "4.04"),
}


@pytest.mark.parametrize("kind", REQUESTS)
def test_a_request_costs_no_look_at_other_registrations(kind: str) -> None:
    request, wanted = REQUESTS[kind]

    def lines(n: int) -> int:
        server, codes = crowd(n), []
        queue = replace(QueueServer(), server=server)
        found = python_lines(lambda: codes.append(server.handle(request, 2.0)[1].code))
        found += python_lines(lambda: codes.append(queue.handle(request, 2.0).answer.code))  # type: ignore[union-attr]
        assert codes == [wanted] * 2
        return found

    assert lines(1600) < 1.8 * lines(100)


def test_registrations_end_in_order_of_time_and_renewed_ones_later() -> None:
    server = crowd(100)
    for at in range(0, 100, 2):
        server, _ = server.handle(Message.request("POST", f"/rd/{at + 1}"), 200.0)
    server, ended = server.passing(300.49)
    assert [one.endpoint for one in ended] == [f"urn:{at}" for at in range(1, 50, 2)]
    later, ended = server.passing(500.0)
    assert len(later.registrations) == 0 and len(ended) == 75 and not later.ends and not later.by_location
    assert later.passing(9e9)[0] is later
    for_ever, _ = Server().handle(register(1, 0), 0.0)
    assert for_ever.alive(1e12) is for_ever and not for_ever.ends


def test_ends_of_renewed_registrations_do_not_heap_up() -> None:
    server, most = crowd(10), 0
    for at in range(1000):
        server, _ = server.handle(Message.request("POST", "/rd/1", query=[f"lt={10**9 - at}"]), 2.0 + at / 1000)
        most = max(most, len(server.ends))
    assert most < 100
    assert [one.endpoint for one in server.alive(400.0).registrations] == ["urn:0"]


def test_what_is_held_for_one_client_costs_no_look_at_what_is_held_for_others() -> None:
    def lines(n: int) -> int:
        queue = replace(QueueServer(), server=crowd(n))
        for at in range(n):
            for _ in range(2):  # one is under way, one is held
                queue = queue.send(f"urn:{at}", Message.request("GET", "/3/0/0", token=b"t"), 2.0).server
        ask: Callable[[], object] = lambda: queue.answered("urn:3", Message("ACK", "2.05", 1, b"t"), 3.0)  # noqa: E731
        answer = queue.answered("urn:3", Message("ACK", "2.05", 1, b"t"), 3.0)
        assert len(answer.server.results) == 1 and len(answer.sends) == 1
        return python_lines(ask) + python_lines(lambda: queue.send("urn:4", Message.request("GET", "/3/0/1"), 3.0))

    assert lines(1600) < 1.8 * lines(100)


# -- bodies that come in blocks, and never end  [RFC 7959 §2.5]


def begun(client, at, size=16):  # type: ignore[no-untyped-def]
    request = Message.request("PUT", "/5/0/0", bytes(size), format=42, block1=Block(0, True, size), token=b"t")
    client, response = client.handle(request, at)
    assert response.code == "2.31"
    return client


def next_of(client, at, number=1, size=16):  # type: ignore[no-untyped-def]
    block = Block(number, True, size)
    return client.handle(Message.request("PUT", "/5/0/0", bytes(size), format=42, block1=block, token=b"t"), at)


def test_bodies_that_never_end_are_forgotten_the_oldest_first() -> None:
    client = phone(rules=LwM2mRules(unfinished=4))
    for at in range(4):
        client = begun(client, at)
    client, response = next_of(client, 0)  # now 1 has rested longest
    assert response.code == "2.31"
    client = begun(client, 4)
    assert [piece.server for piece in client.pieces] == [2, 3, 0, 4]
    assert next_of(client, 1)[1].code == "4.08" and next_of(client, 0, 2)[1].code == "2.31"
    for at in range(1000):
        client = begun(client, at)
    assert len(client.pieces) == 4


def test_octets_of_all_bodies_together_have_an_end() -> None:
    client = phone(rules=LwM2mRules(unfinished_octets=200))
    for at in range(12):
        client = begun(client, at, 64)
    assert [piece.server for piece in client.pieces] == [9, 10, 11]
    client, response = next_of(client, 10, size=64)
    assert response.code == "2.31" and [piece.server for piece in client.pieces] == [11, 10]
    for number, wanted in ((2, "2.31"), (3, "4.13")):
        client, response = next_of(client, 10, number, size=64)
        assert response.code == wanted
    assert [piece.server for piece in client.pieces] == [10], "what was refused 4.13 changes nothing else"


# -- clients that register, whoever they are


def told(server, request, at=0.0):  # type: ignore[no-untyped-def]
    server, response = server.handle(request, at)
    return server, response.code


def test_no_more_clients_register_than_there_is_room_for() -> None:
    server = Server(most=3)
    for at, wanted in enumerate(["2.01", "2.01", "2.01", "5.03", "5.03"]):
        server, code = told(server, register(at))
        assert code == wanted
    assert [one.endpoint for one in server.registrations] == ["urn:0", "urn:1", "urn:2"]
    for request, wanted in ((register(1), "2.01"), (Message.request("POST", "/rd/1"), "2.04")):
        server, code = told(server, request)
        assert code == wanted, "who is registered goes on"
    assert told(server, register(9), 400.0)[1] == "2.01", "what ended makes room"


def test_octets_of_all_registrations_together_have_an_end() -> None:
    def links(path: str, octets: int, name: str = "") -> Message:
        query = [f"ep={name}"] if name else []
        return Message.request("POST", path, b"</3/0>;t=" + b"x" * (octets - 9), query=query)

    server, code = told(Server(room=250), links("/rd", 99, "a"))
    server, code = told(server, links("/rd", 99, "b"))
    assert code == "2.01" and server.octets == 200
    for request in (links("/rd", 50, "c"), links("/rd/1", 150), links("/rd", 150, "a")):
        assert told(server, request)[1] == "5.03"
    grown, code = told(server, links("/rd/1", 149))
    assert code == "2.04" and grown.octets == 250 and told(grown, links("/rd/1", 20))[0].octets == 121
    for request in (Message.request("DELETE", "/rd/1"), Message.request("DELETE", "/rd/2")):
        grown, code = told(grown, request)
    assert grown.octets == 0 and not grown.registrations and Server() == Server(octets=7)


def test_addresses_of_clients_that_left_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asyncio.get_running_loop", lambda: SimpleNamespace(time=lambda: 0.0))
    management = Management()
    for at in range(500):
        assert management._handle(register(at), object()).code == "2.01"
        assert management._handle(Message.request("DELETE", f"/rd/{at + 1}"), object()).code == "2.02"
    assert len(management.remotes) < 100
