"""Usual requests answered without the HTTP library, all others by it: the same octets either way."""

from __future__ import annotations

import asyncio
import random
import re
from types import SimpleNamespace
from unittest.mock import Mock

import pytest

import dmkit as dm
from dmkit.session.events import Step
from dmkit.transport import connection
from dmkit.transport.answering import Answering
from dmkit.transport.http import ServerLimits, application, start
from dmkit.wire.compiled import paths

TOKEN = "~" + "x" * 22
BODY = dm.XML.encode(dm.Message(dm.words.Header("1", "1", "https://s", "IMEI:1"), (dm.Alert(1201, cmd_id="1"),)))
XML_TYPE = "application/vnd.syncml.dm+xml"


def request(first="POST /dm HTTP/1.1", body=BODY, length=None, **headers):
    given = {"Host": "dm.example:8080", "Content-Type": XML_TYPE, "Content-Length": str(len(body))}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{name}: {value}" for name, value in given.items() if value is not None]
    return "\r\n".join([first, *lines, "", ""]).encode("utf-8", "surrogateescape") + body


USUAL = [
    request(),
    request(Content_Type=None),
    request(Content_Type="application/vnd.syncml+wbxml; charset=utf-8"),
    request(Accept="*/*", User_Agent="a (b; c)", Connection="keep-alive"),
    request(x_syncml_hmac="algorithm=MD5, username=a, mac=b"),
    request(f"POST /dm/{TOKEN} HTTP/1.1"),
    request(Host="127.0.0.1:8443"),
    request(body=b""),
    request(body=b"\x00\xff no message"),
    request().replace(b"Content-Length", b"content-LENGTH"),
    request().replace(b"Content-Type: ", b"Content-Type:\t "),
]
OTHERS = [
    request("POST /dm?mode=1 HTTP/1.1"),
    request("POST /other HTTP/1.1"),
    request("POST /dm/short HTTP/1.1"),
    request("POST http://dm.example:8080/dm HTTP/1.1"),
    request("GET /dm HTTP/1.1", b""),
    request("PUT /dm HTTP/1.1"),
    request("POST /dm HTTP/1.0"),
    request(Host="DM.example"),
    request(Host="dm.example:80"),
    request(Host="[::1]:8080"),
    request(Host=None),
    request(Content_Type="text/html"),
    request(Content_Length="+5"),
    request(Content_Length="5,5"),
    request(Content_Length=None, Transfer_Encoding="chunked", body=b"2\r\nhi\r\n0\r\n\r\n"),
    request(Transfer_Encoding="chunked", body=b"2\r\nhi\r\n0\r\n\r\n"),
    request(Expect="100-continue"),
    request(Connection="close"),
    request(body=b"x" * (1 << 17)),
    request(X_A="\udcff"),
    request().replace(b"Host:", b"Host :"),
    request().replace(b"Host: ", b"X: 1\r\n folded\r\nHost: "),
    request().replace(b"\r\n", b"\n", 3),
    request().replace(b"Content-Type", b"Content-Length: 7\r\nContent-Type"),
    b"\x16\x03\x01 no HTTP at all\r\n\r\n",
]


async def response(reader, wait=3.0):
    """The next response, or what came of it until the server closed or said nothing more."""
    try:
        async with asyncio.timeout(wait):
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            return head + await reader.readexactly(int(length.group(1)) if length else 0)
    except asyncio.IncompleteReadError as end:
        return end.partial
    except TimeoutError:
        return b"nothing came"


async def said(octets, *, quick, pieces=1, wait=1.0):
    """What a server answers to ``octets``, and what its ``receive`` was given."""
    packets = []

    def receive(packet, now):
        packets.append(packet)
        reply = dm.Packet("", b"answer", XML_TYPE, {"x-syncml-hmac": "mac"})
        return Step("server", packet, reply if packet.body.startswith(b"<?xml") else None)

    app = application(receive, limits=ServerLimits(request=1 << 16))
    with paths(fast=quick):
        listening = await start(app)
    host, port = listening.url.split("/")[2].split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    for n in range(pieces):
        writer.write(octets[n * len(octets) // pieces : (n + 1) * len(octets) // pieces])
        await writer.drain()
        await asyncio.sleep(0)
    answer = await response(reader, wait)
    writer.close()
    await listening.close()
    return answer, packets


def plain(answer):
    """An answer without what differs by day and server; names of headers in one case, in one order."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    lines = [line.lower() for line in lines if not line.lower().startswith((b"date", b"server", b"connection"))]
    return first, sorted(lines), re.sub(rb"0x[0-9a-f]+", b"", body)


@pytest.fixture
def taken(monkeypatch):
    """How many packets were read without the library."""
    count = []
    read = connection.Lane.read

    def counted(self, data, scheme):
        found = read(self, data, scheme)
        if found is not None and found[0] is not None:
            count.append(found[0])
        return found

    monkeypatch.setattr(connection.Lane, "read", counted)
    return count


@pytest.mark.parametrize("pieces", [1, 2, 7])
@pytest.mark.parametrize("octets", USUAL)
def test_a_usual_request_is_answered_as_the_library_does(octets, pieces, taken):
    ours, theirs = (asyncio.run(said(octets, quick=quick, pieces=pieces)) for quick in (True, False))
    assert ours[1] == theirs[1]
    assert len(ours[1]) == 1
    assert plain(ours[0]) == plain(theirs[0])
    if pieces == 1:
        assert len(taken) == 1


@pytest.mark.parametrize("octets", OTHERS)
def test_any_other_is_answered_by_the_library(octets, taken, caplog):
    ours, theirs = (asyncio.run(said(octets, quick=quick)) for quick in (True, False))
    assert taken == []
    assert ours[1] == theirs[1]
    assert plain(ours[0]) == plain(theirs[0])


def test_mutants_are_answered_as_the_library_does(caplog):
    """Octets changed, cut, doubled: whatever is read here is what the library would have read."""
    rng = random.Random(1)

    async def whole():
        lane = connection.Lane(
            "/dm", Answering(None, limits=ServerLimits(request=1 << 16), clock=lambda: 0.0), token="~"
        )
        compared = 0
        for _ in range(3000):
            octets = bytearray(rng.choice(USUAL + OTHERS))
            for _ in range(rng.randint(1, 3)):
                at = rng.randrange(min(len(octets), 220))
                match rng.randrange(3):
                    case 0:
                        octets[at] = rng.choice((9, 10, 13, 32, 58, 0, 127, 255, rng.randrange(256)))
                    case 1:
                        del octets[at : at + rng.choice((1, 2, 9))]
                    case _:
                        octets[at:at] = octets[at : at + rng.choice((1, 2, 30))]
            found = lane.read(bytes(octets), "http")
            if found is None or found[0] is None or compared == 60:
                continue
            compared += 1
            answer, packets = await said(bytes(octets), quick=False)
            assert packets == [found[0]], (bytes(octets), answer)
        return compared

    assert asyncio.run(whole()) >= 40


def new_lane():
    return connection.Lane("/dm", Answering(None, limits=ServerLimits(), clock=lambda: 0.0), token="~")


@pytest.mark.parametrize("octets", USUAL)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_head_that_came_before_is_read_as_the_first_time(octets, scheme):
    lane = new_lane()
    for body in (b"", b"<", b"0" * 50, b"\r\n\r\n"):
        head = octets.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        whole = re.sub(rb"(?i)(content-length: ?)\d+", rb"\g<1>%d" % len(body), head) + body
        first, again = lane.read(whole, scheme), lane.read(whole, scheme)
        assert first == again == new_lane().read(whole, scheme)
        assert first[0].body == body and first[0].to.startswith(f"{scheme}://")


def test_heads_are_kept_for_the_address_of_all_devices_only_and_not_without_bound():
    lane = new_lane()
    for number in range(2000):
        assert lane.read(request(User_Agent=f"phone {number}"), "http")[0].body == BODY
    assert 0 < len(lane._heads) <= 512
    kept = set(lane._heads)
    for other in (request(x_syncml_hmac="algorithm=MD5, username=a, mac=b"), request(f"POST /dm/{TOKEN} HTTP/1.1"),
                  request(User_Agent="x" * 1100)):  # fmt: skip
        assert lane.read(other, "http")[0].body == BODY
    assert set(lane._heads) == kept


def test_requests_that_follow_each_other_on_one_connection():
    """Usual ones, then one with a query, then usual ones again: each is answered, in order."""

    async def whole():
        listening = await start(application(lambda packet, now: Step("server", packet, packet)))
        host, port = listening.url.split("/")[2].split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        heard = []
        for body, first in ((b"1", "/dm"), (b"22", "/dm"), (b"333", "/dm?x=1"), (b"4444", "/dm")):
            writer.write(request(f"POST {first} HTTP/1.1", body))
            heard.append((await response(reader)).partition(b"\r\n\r\n")[2])
        writer.close()
        await listening.close()
        return heard

    assert asyncio.run(whole()) == [b"1", b"22", b"333", b"4444"]


def test_who_sends_ahead_is_answered_in_order():
    """Pipelined requests, while the first waits for its commit and when they come in one piece."""

    async def whole(pieces):
        commits = []
        listening = await start(
            application(lambda p, now: Step("server", p, p), commit=lambda: commits.append(1) or True)
        )
        host, port = listening.url.split("/")[2].split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        for octets in pieces:
            writer.write(octets)
            await asyncio.sleep(0)
        answers = [await response(reader) for _ in range(3)]
        writer.close()
        await listening.close()
        return [answer[-5:] for answer in answers]

    all_three = [request(body=b"body%d" % n) for n in range(3)]
    for pieces in (
        all_three,
        [b"".join(all_three)],
        [all_three[0] + all_three[1][:40], all_three[1][40:] + all_three[2]],
    ):
        assert asyncio.run(whole(pieces)) == [b"body0", b"body1", b"body2"]


@pytest.mark.parametrize("quick", [True, False])
def test_a_program_that_fails_is_an_error_and_no_silence(quick, caplog):
    async def whole():
        def receive(packet, now):
            raise ZeroDivisionError

        with paths(fast=quick):
            listening = await start(application(receive))
        host, port = listening.url.split("/")[2].split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(request())
        answer = await response(reader)
        writer.close()
        await listening.close()
        return answer

    assert asyncio.run(whole()).startswith(b"HTTP/1.1 500 ")
    assert "ZeroDivisionError" in caplog.text


def test_a_connection_on_which_nothing_is_said_is_closed(monkeypatch):
    monkeypatch.setattr(connection, "IDLE", 0.0)
    monkeypatch.setattr(connection, "max", lambda over, least: over, raising=False)

    async def whole():
        with paths(fast=True):
            listening = await start(application(lambda p, now: Step("server", p, p)))
        host, port = listening.url.split("/")[2].split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(request(body=b"body"))
        answer = await asyncio.wait_for(reader.read(), 3)
        writer.close()
        await listening.close()
        return answer

    assert asyncio.run(whole()).endswith(b"body")


def test_a_request_in_pieces_is_half_open_until_it_is_whole():
    async def whole():
        app = application(lambda p, now: Step("server", p, p), limits=ServerLimits(half_open=1, arrival=30.0))
        with paths(fast=True):
            listening = await start(app)
        host, port = listening.url.split("/")[2].split(":")
        octets = request(body=b"body")
        first = await asyncio.open_connection(host, int(port))
        first[1].write(octets[:-2])
        await asyncio.sleep(0.01)
        second = await asyncio.open_connection(host, int(port))
        try:
            refused = await asyncio.wait_for(second[0].read(), 3)
        except ConnectionResetError:  # the same thing, said by the system
            refused = b""
        first[1].write(octets[-2:])
        await first[0].readuntil(b"body")
        third = await asyncio.open_connection(host, int(port))
        third[1].write(octets)
        await third[0].readuntil(b"body")
        for _, writer in (first, second, third):
            writer.close()
        await listening.close()
        return refused

    assert asyncio.run(whole()) == b""


def test_an_application_with_a_middleware_has_every_request_go_through_it():
    from aiohttp import web

    async def whole():
        seen = []

        @web.middleware
        async def note(incoming, handler):
            seen.append(incoming.path)
            return await handler(incoming)

        app = application(lambda p, now: Step("server", p, p))
        app.middlewares.append(note)
        listening = await start(app)
        host, port = listening.url.split("/")[2].split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(request(body=b"body"))
        await reader.readuntil(b"body")
        writer.close()
        await listening.close()
        return seen

    assert asyncio.run(whole()) == ["/dm"]


@pytest.mark.parametrize("cut", [60, 150, -40, -1])
@pytest.mark.parametrize("length", [None, "99999999"])
def test_a_peer_that_goes_away_is_one_sentence_in_the_log(cut, length, caplog):
    """In the middle of the head, of the body, of a body that is longer than any that is taken."""

    async def whole():
        listening = await start(application(lambda p, now: Step("server", p, p)))
        host, port = listening.url.split("/")[2].split(":")
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(request(Content_Length=length or str(len(BODY)))[:cut])
        await writer.drain()
        await asyncio.sleep(0.01)
        writer.transport.abort()
        await asyncio.sleep(0.01)
        assert (await said(request(), quick=True))[0].startswith(b"HTTP/1.1 ")
        await listening.close()

    asyncio.run(whole())
    assert "Traceback" not in caplog.text
    assert all(record.exc_info is None for record in caplog.records)


def test_a_request_in_many_small_pieces_is_looked_at_twice():
    """Each look takes the head apart, and each octet that is put behind others as a copy costs their number."""
    looks, packets = [], []

    class Counted:
        answering = SimpleNamespace(hand=lambda packet, peer, then: packets.append(packet))

        def read(self, data, scheme):
            looks.append(len(data))
            return lane.read(data, scheme)

    lane = new_lane()
    limits = SimpleNamespace(full=lambda peer: False, connections=set(), enters=lambda *_: None, leaves=lambda *_: None)
    served = connection.ServedConnection(limits, Counted(), asyncio.Protocol)
    transport = Mock(spec=asyncio.Transport)
    transport.get_extra_info.return_value = None
    served.connection_made(transport)
    body = bytes(range(256)) * 8
    head = b"POST /dm HTTP/1.1\r\nHost: s\r\nContent-Type: application/vnd.syncml.dm+xml\r\nContent-Length: %d\r\n\r\n"
    served.data_received(head % len(body))
    for at in range(len(body)):
        served.data_received(body[at : at + 1])
    assert [packet.body for packet in packets] == [body] and len(looks) == 2
    assert isinstance(served.held, bytes) and not served.held
    served._answer(None)
