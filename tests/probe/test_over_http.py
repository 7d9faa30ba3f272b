"""Cases over real sockets on this machine, in both directions."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace

import aiohttp
import pytest
from aiohttp import web

from dmkit.probe.catalogue import chosen
from dmkit.probe.listening import probe_client
from dmkit.probe.over_http import Pace, probe_server
from dmkit.probe.own import device_for, peer_of, server_for
from dmkit.probe.verdict import Verdict
from dmkit.session.events import Step
from dmkit.transport.http import HttpError, application, exchange, start
from dmkit.words.errors import ConfigError
from dmkit.words.model import Packet

PACE = Pace(answer=5.0, case=20.0, client=5.0, rate=1000)
SERVER_CASES = [
    "P-05 answered@xml,md5,1",
    "P-08 next-message@wbxml,md5",
    "X-01 wrong-secret@xml,md5",
    "P-02 truncated@xml",
]
CLIENT_CASES = ["P-05 answered@xml,md5,1", "P-11 silent@xml,md5", "P-12 aborted@xml,md5", "P-22 add@xml,md5"]


async def collect(results):
    return [result async for result in results]


def served(receive, cases, **known):
    """The results of ``cases`` against what answers by ``receive``."""

    async def run():
        listening = await start(application(receive), path="/dm")
        try:
            peer = replace(peer_of("server", **known), address=listening.url)
            return await collect(probe_server(peer, cases, PACE))
        finally:
            await listening.close()

    return asyncio.run(run())


def test_a_served_server_passes():
    cases = chosen("server", ids=SERVER_CASES)
    server = server_for(cases[0], peer_of("server"))
    results = served(server.receive, cases)
    assert [result.verdict for result in results] == [Verdict.PASS] * len(cases), [str(r) for r in results]
    assert all(len(result.talk) for result in results)


def test_one_device_for_all_cases_keeps_its_nonces():
    cases = chosen("server", ids=SERVER_CASES)
    server = server_for(cases[0], peer_of("server"))
    results = served(server.receive, cases, device_id="IMEI:004999010640000")
    assert {result.verdict for result in results} == {Verdict.PASS}, [str(r) for r in results]


def test_a_server_whose_answers_come_in_pieces_passes():
    """What had come at once was taken for the whole; half a message is none, and the peer was blamed for it."""
    cases = chosen("server", ids=SERVER_CASES)
    own = server_for(cases[0], peer_of("server"))

    async def slowly(request):
        packet = Packet("", await request.read(), request.content_type, dict(request.headers))
        reply = own.receive(packet).reply
        if reply is None:
            return web.Response(status=400)
        answer = web.StreamResponse(headers={"Content-Type": reply.media_type, **reply.headers})
        await answer.prepare(request)
        for at in range(0, len(reply.body), 200):
            await answer.write(reply.body[at : at + 200])
            await asyncio.sleep(0.005)
        return answer

    async def run():
        app = web.Application()
        app.router.add_post("/dm", slowly)
        listening = await start(app, path="/dm")
        try:
            peer = replace(peer_of("server"), address=listening.url)
            return await collect(probe_server(peer, cases, PACE))
        finally:
            await listening.close()

    results = asyncio.run(run())
    assert [result.verdict for result in results] == [Verdict.PASS] * len(cases), [str(r) for r in results]


def test_who_refuses_everything_and_who_is_not_there_are_inconclusive():
    cases = chosen("server", ids=SERVER_CASES)

    def refuses(packet: Packet, now: float) -> Step:
        return Step("server", packet, None)

    assert {result.verdict for result in served(refuses, cases)} == {Verdict.INCONCLUSIVE}
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        peer = replace(peer_of("server"), address=f"http://127.0.0.1:{unused.getsockname()[1]}/dm")
        results = asyncio.run(collect(probe_server(peer, cases, PACE)))
    assert {(result.verdict, result.evidence) for result in results} == {(Verdict.INCONCLUSIVE, 0)}


def test_only_the_address_that_was_given_is_called():
    """A RespURI elsewhere is not followed, nor is a redirect."""
    [case] = chosen("server", ids=["P-05 later@xml,md5,1"])
    elsewhere = server_for(case, peer_of("server"))
    elsewhere.rules = replace(elsewhere.rules, resp_uri="http://127.0.0.1:9/elsewhere")
    heard = []

    def receive(packet: Packet, now: float) -> Step:
        heard.append(packet.to)
        return elsewhere.receive(packet, now)

    [result] = served(receive, [case])
    assert result.verdict is Verdict.PASS, result
    assert len(heard) >= 3
    assert all("elsewhere" not in to for to in heard)


def test_a_device_that_calls_passes():
    cases = list(chosen("client", ids=CLIENT_CASES))
    peer = peer_of("client")
    urls = []

    async def calls(left):
        while left:
            while not urls:
                await asyncio.sleep(0.01)
            case = left.pop(0)
            session = device_for(case, replace(peer, address=urls[0]))(0.0)
            async with aiohttp.ClientSession() as http:
                try:
                    await exchange(session, http, timeout=5.0, patience=0)
                except HttpError as error:
                    assert error.status == 429

    async def run():
        task = asyncio.create_task(calls(list(cases)))
        found = await collect(probe_client(peer, cases, PACE, told=urls.append))
        await task
        return found

    results = asyncio.run(run())
    assert [result.verdict for result in results] == [Verdict.PASS] * len(cases), [str(r) for r in results]


def test_a_client_that_cannot_be_started_is_one_sentence():
    cases = list(chosen("client", ids=CLIENT_CASES[:2]))
    pace = Pace(answer=5.0, case=10.0, client=10.0)
    with pytest.raises(ConfigError, match="'no-such-command' cannot be started"):
        asyncio.run(
            collect(probe_client(peer_of("client"), cases, pace, trigger=lambda case, url: ["no-such-command"]))
        )


def test_nobody_who_calls_is_inconclusive():
    cases = list(chosen("client", ids=CLIENT_CASES[:2]))
    pace = Pace(answer=0.05, case=1.0, client=0.05)
    results = asyncio.run(collect(probe_client(peer_of("client"), cases, pace)))
    assert {(result.verdict, result.evidence) for result in results} == {(Verdict.INCONCLUSIVE, 0)}
