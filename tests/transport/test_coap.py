"""LwM2M over real CoAP on loopback: register, manage, firmware by push and by pull, options that must be understood."""

from __future__ import annotations

import asyncio

import pytest

pytest.importorskip("aiocoap", reason="pip install 'dmkit[lwm2m]'")

from dmkit.lwm2m import firmware
from dmkit.lwm2m.client import Client
from dmkit.lwm2m.coap import Block, Message, decode, encode
from dmkit.lwm2m.path import Path
from dmkit.lwm2m.store import STANDARD, Store
from dmkit.transport.coap import CoapDevice, Management
from dmkit.transport.coap_bodies import get_all, put_all
from dmkit.transport.coap_endpoint import Endpoint, Silent

NAME = "urn:imei:493005100592800"
GOOD = b"2.1 " + bytes(4092)


def verify(data):
    return data[:3].decode() if data.startswith(b"2.") else None


def client():
    values = {
        "/1/0/0": 1,
        "/1/0/1": 300,
        "/1/0/6": True,
        "/1/0/7": "U",
        "/3/0/0": "Open Mobile Alliance",
        "/3/0/3": "1.0",
    }
    store = firmware.initial(Store.of(STANDARD, values))
    return Client(NAME, store, behaviours=firmware.behaviours(verify))


def together(work, **files):
    async def run():
        management, device = (
            Management({f"/{name}": body for name, body in files.items()}),
            CoapDevice(client(), verify),
        )
        uri = await management.start()
        try:
            registered = await device.start(uri)
            assert (registered.code, registered.location) == ("2.01", "/rd/1")
            result = await work(management, device, uri)
            left = await device.leave(uri)
            assert left.code == "2.02" and management.server.registrations == ()
            return result, device
        finally:
            await management.close()

    return asyncio.run(asyncio.wait_for(run(), 60))


def test_a_client_registers_and_is_read():
    async def work(management, device, uri):
        def job(registration):
            answer = yield Message.request("GET", "/3/0/0", accept=0)
            return registration.lifetime, answer.payload

        return await management.manage(NAME, job)

    assert together(work)[0] == (300.0, b"Open Mobile Alliance")


@pytest.mark.parametrize("body, middle, end", [(GOOD, (2, 0), (0, 1)), (b"junk" * 1024, (0, 6), (0, 6))])
def test_firmware_by_push_in_blocks(body, middle, end):
    """4,096 octets in four blocks: 2.31 three times, then 2.04; junk leaves State 0 and Result 6.  [lwm2m sheet §5]"""

    async def work(management, device, uri):
        codes = []

        def job(registration):
            for request in put_all("/5/0/0", body):
                codes.append((yield request).code)
            middle = firmware.state(device.client.store)
            answer = yield Message.request("POST", "/5/0/2")
            return middle, answer.code

        return codes, await management.manage(NAME, job)

    (codes, (found, code)), device = together(work)
    assert codes == ["2.31"] * 3 + ["2.04"] and found == middle
    assert firmware.state(device.client.store) == end and code == ("2.04" if end[1] == 1 else "4.05")
    assert device.client.store.values[Path(3, 0, 3)] == ("2.1" if end[1] == 1 else "1.0")


@pytest.mark.parametrize(
    "name, result",
    [("fw.bin", (2, 0)), ("junk.bin", (0, 6)), ("none.bin", (0, 4))],
)
def test_firmware_by_pull_in_blocks(name, result):
    async def work(management, device, uri):
        def write(registration):
            return (yield Message.request("PUT", "/5/0/1", f"{uri}/{name}".encode(), format=0)).code

        assert await management.manage(NAME, write) == "2.04"
        assert firmware.state(device.client.store) == (1, 0)
        assert await device.fetch() and not await device.fetch()
        return firmware.state(device.client.store)

    assert together(work, **{"fw.bin": GOOD, "junk.bin": b"junk" * 700})[0] == result


@pytest.mark.parametrize(
    "option, code",
    [
        ((65001, b"x"), "4.02"),
        ((9, b"x"), "4.02"),
        ((1, b"e"), "4.12"),
        ((5, b""), "4.12"),
        ((17, b"\x27\x10"), "4.06"),
    ],
)
def test_what_must_be_understood_is_answered_by_us(option, code):
    """A library below passes over such options; the engines see them.  [lwm2m sheet §2, issue]"""

    async def work(management, device, uri):
        def job(registration):
            asked = Message.request("GET", "/3/0/0")
            options = tuple(sorted((*asked.options, option), key=lambda each: each[0]))
            return (yield Message(asked.type, asked.code, 0, b"", options)).code

        return await management.manage(NAME, job)

    assert together(work)[0] == code


def test_a_server_refuses_what_it_must_understand_too():
    async def work(management, device, uri):
        asked = Message.request("POST", "/rd", query=["ep=x"])
        options = (*asked.options, (65001, b"x"))
        return (await device.endpoint.ask(Message(asked.type, asked.code, 0, b"", options), uri)).code

    assert together(work)[0] == "4.02"


def test_a_value_is_observed_until_nobody_wants_it():
    async def work(management, device, uri):
        heard, told = [], []
        device.client = device.client.with_value(Path(3, 0, 9), 95)
        charges = iter((80, 60, 40))
        watching = management.watch(NAME, "/3/0/9", accept=0)
        async for message in watching:
            heard.append(message)
            charge = next(charges, None)
            if charge is None:
                break
            told.append(device.tell(0.0))  # nothing has changed
            device.client = device.client.with_value(Path(3, 0, 9), charge)
            told.append(device.tell(0.0))
        await watching.aclose()
        for n in range(200):  # the next notification is answered by a reset, which ends it
            device.client = device.client.with_value(Path(3, 0, 9), 1 + n % 2)
            device.tell(0.0)
            await asyncio.sleep(0.005)
            if not device.client.observations:
                break
        return [m.payload for m in heard], [m.observe for m in heard], told, device.client.observations

    payloads, numbers, told, left = together(work)[0]
    assert payloads == [b"95", b"80", b"60", b"40"] and told == [0, 1] * 3
    assert numbers == [0, 1, 2, 3] and left == ()


def observed_by(device):
    """Two raw observers at addresses of their own, with one token: battery and name."""
    loop = asyncio.get_running_loop()

    class Peer(asyncio.DatagramProtocol):
        def __init__(self):
            self.heard = asyncio.Queue()

        def datagram_received(self, data, addr):
            self.heard.put_nowait(decode(data))

    async def ask(path, observe, mid, peer=None):
        if peer is None:
            transport, protocol = await loop.create_datagram_endpoint(
                Peer, remote_addr=("127.0.0.1", device.endpoint.port)
            )
            peer = transport, protocol
        request = Message.request("GET", path, accept=0, observe=observe, mid=mid, token=b"T", confirmable=False)
        peer[0].sendto(encode(request))
        return peer, await asyncio.wait_for(peer[1].heard.get(), 20)

    return ask


@pytest.mark.parametrize("paths", [("/3/0/9", "/3/0/9"), ("/3/0/9", "/3/0/3")], ids=["one value", "two values"])
def test_two_who_observe_with_one_token_are_two(paths):
    """A token is of one pair of ends; who cancels, cancels his own.  [RFC 7252 §5.3.1, RFC 7641 §3.6]"""

    def change(device, n):
        for path, value in (("/3/0/9", 90 - n), ("/3/0/3", f"3.{n}")):
            device.client = device.client.with_value(Path.parse(path), value)

    async def work(management, device, uri):
        change(device, 0)
        ask, peers = observed_by(device), []
        for path in paths:
            peer, first = await ask(path, 0, 1)
            assert (first.code, first.token, first.observe) == ("2.05", b"T", 0)
            peers.append(peer)
        assert len(device.client.observations) == len(device.observers) == len(device.endpoint.site.watching) == 2
        change(device, 1)
        assert device.tell(0.0) == 2
        heard = [await asyncio.wait_for(peer[1].heard.get(), 20) for peer in peers]
        assert [(m.token, m.observe) for m in heard] == [(b"T", 1)] * 2
        assert [m.payload for m in heard] == [{"/3/0/9": b"89", "/3/0/3": b"3.1"}[path] for path in paths]

        _, answer = await ask(paths[1], 1, 2, peers[1])
        assert (answer.code, answer.token, answer.observe) == ("2.05", b"T", None)
        [left] = device.client.observations
        assert str(left.path) == paths[0] and len(device.observers) == len(device.endpoint.site.watching) == 1
        change(device, 2)
        assert device.tell(0.0) == 1
        assert (await asyncio.wait_for(peers[0][1].heard.get(), 20)).payload == b"88"
        for peer in peers:
            peer[0].close()

    together(work)


def test_what_is_not_registered_is_not_observed():
    async def work(management, device, uri):
        with pytest.raises(Silent, match="not registered"):
            management.watch("urn:nobody", "/3/0/9")
        with pytest.raises(Silent):
            async for message in management.watch(NAME, "/3/0/0", seconds=0.05):
                assert message.payload == b"Open Mobile Alliance"

    together(work)


def test_nobody_there_is_one_sentence():
    async def run():
        endpoint = await Endpoint.open(lambda request, remote: request.response("5.01"))
        try:
            await endpoint.ask(Message.request("GET", "/"), "coap://127.0.0.1:9", seconds=0.2)
        finally:
            await endpoint.close()

    with pytest.raises(Silent, match="CON GET /: "):
        asyncio.run(run())


def test_a_client_that_is_not_registered():
    with pytest.raises(Silent, match="urn:x: not registered"):
        asyncio.run(Management().manage("urn:x", lambda registration: iter(())))


# -- the states of object 5


@pytest.mark.parametrize(
    "resource, argument, before, after, code",
    [
        (1, "coap://a/b", (0, 0), (1, 0), ""),
        (1, "https://a/b", (0, 6), (1, 0), ""),
        (1, "ftp://a/b", (0, 0), (0, 7), ""),
        (1, "nothing", (0, 0), (0, 7), ""),
        (1, "", (2, 0), (0, 0), ""),
        (2, "", (0, 0), (0, 0), "4.05"),
        (2, "", (1, 0), (1, 0), "4.05"),
        (10, "", (1, 0), (0, 10), ""),
        (10, "", (0, 0), (0, 0), "4.05"),
    ],
)
def test_states_of_firmware_update(resource, argument, before, after, code):
    store = client().store.put_all([(Path(5, 0, 3), before[0]), (Path(5, 0, 5), before[1])])
    store, said = firmware.behaviours(verify)[5, resource](store, Path(5, 0, resource), argument)
    assert (firmware.state(store), said) == (after, code)


class Saying:
    """An endpoint whose peer gives these blocks: option, payload; the last of them again and again."""

    def __init__(self, *blocks):
        self.blocks, self.asked = list(blocks), 0

    async def ask(self, request, to):
        self.asked += 1
        assert self.asked < 99, "asked without end"
        option, payload = self.blocks.pop(0) if len(self.blocks) > 1 else self.blocks[0]
        return Message("ACK", "2.05", options=((23, option),) if option is not None else (), payload=payload)


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        ([(None, b"x" * 3000)], b"x" * 3000),
        ([(Block(0, True, 16).octets, bytes(16)), (Block(1, False, 16).octets, b"end")], bytes(16) + b"end"),
        ([(Block(0, True, 64).octets, bytes(64)), (Block(2, False, 32).octets, b"")], bytes(64)),
        ([(Block(0, True, 64).octets, b"")], None),  # nothing, and more of it for ever
        ([(Block(0, True, 16).octets, bytes(16)), (Block(1, True, 16).octets, b"")], None),
        ([(Block(0, True, 64).octets, bytes(63))], None),
        ([(Block(0, False, 64).octets, bytes(65))], None),
        ([(Block(1, False, 64).octets, bytes(64))], None),
        ([(b"\7", bytes(64))], None),  # a size that is reserved
        ([(bytes(4), bytes(16))], None),
        ([(None, b"x" * 4001)], None),  # more than is wanted
    ],
)
def test_blocks_that_a_server_gives(blocks, expected):
    peer = Saying(*blocks)
    assert asyncio.run(get_all(peer, "coap://127.0.0.1/fw.bin", most=4000)) == expected
