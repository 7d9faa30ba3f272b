"""Attacks that a served dmkit has seen, each through real HTTP on loopback, with their siblings."""

from __future__ import annotations

import asyncio
import re

import aiohttp
import pytest
from msgspec.structs import replace as vary

import dmkit as dm
from dmkit.session.packages import number
from dmkit.transport.config import AccountConfig, LimitsConfig, ServeConfig
from dmkit.transport.http import Limits, application, start
from dmkit.transport.serve import make_server
from dmkit.transport.store import JobSpec, StoredServer

XML_TYPE = "application/vnd.syncml.dm+xml"
DEVICE = "IMEI:493005100592800"
INFO = dm.Replace((dm.Item(source="./DevInfo/Man", data="Acme"),))
BASIC = dm.Cred("Y2xpZW50OmNsaWVudHB3", dm.Meta(format="b64", type="syncml:auth-basic"))


class Client:
    """Somebody who writes messages by hand; ``at`` is where the next one goes."""

    def __init__(self, http, url, device=DEVICE, session_id="1"):
        self.http, self.at, self.base, self.device, self.session_id = http, url, url, device, session_id
        self.status, self.text, self.headers = 0, "", {}

    async def post(self, body, headers=None, to=None):
        headers = {"Content-Type": XML_TYPE, **(headers or {})}
        async with self.http.post(to or self.at, data=body, headers=headers) as response:
            self.status, self.text, self.headers = response.status, await response.text(), response.headers
        if self.status != 200:
            return None
        answer = dm.XML.decode(self.text.encode())
        self.at = answer.header.resp_uri or self.at
        return answer

    async def say(self, msg_id, *commands, cred=None, to=None, headers=None, meta=None):
        header = dm.Header(self.session_id, str(msg_id), self.base, self.device, cred=cred, meta=meta)
        return await self.post(dm.XML.encode(dm.Message(header, number(commands))), headers, to)


def run(play, *, auth="basic", server_auth="none", stored=None, devices=(DEVICE,), limits=None, most=None, **changes):
    """``play(client, server, http)`` against a server that was configured and listens."""
    accounts = tuple(
        AccountConfig(
            device=d, auth=auth, user="client", password="clientpw", server_auth=server_auth, server_password="srvpw"
        )
        for d in devices
    )

    async def whole():
        config = ServeConfig(accounts=accounts, database=stored, limits=most or LimitsConfig(), **changes)
        server = make_server(config)
        listening = await start(application(server.receive, limits=limits))
        inner = server.resp_uri
        server.resp_uri = lambda d, s: listening.url + "/" + inner(d, s).rpartition("/")[2]
        try:
            async with aiohttp.ClientSession() as http:
                return await play(Client(http, listening.url), server, http)
        finally:
            await listening.close()
            if isinstance(server, StoredServer):
                server.close()

    return asyncio.run(whole())


def add(server, device, job, **options):
    if isinstance(server, StoredServer):
        server.add_job(device, JobSpec(job, options))
    else:
        server.enqueue(device, JobSpec(job, options).build(), job)


def ok(ref, command):
    return dm.Status(dm.StatusCode(200), ref, command.cmd_id, command.verb.value)


HEADER_OK = dm.Status(dm.StatusCode(200), "1", "0", "SyncHdr")


# -- a session belongs to who began it --------------------------------------------------------------------------------


@pytest.mark.parametrize("stored", [None, "dm.sqlite"])
def test_a_stranger_who_knows_imei_and_session_id_gets_no_further(tmp_path, stored):
    async def play(client, server, http):
        add(server, DEVICE, "read", uris=["./DevInfo/Man"])
        add(server, DEVICE, "write", uri="./APN/Key", value="hunter2")
        first = await client.say(1, dm.Alert.of(1201), INFO, cred=BASIC)
        [get] = [c for c in first.commands if isinstance(c, dm.Get)]
        assert re.fullmatch(r".*/~[A-Za-z0-9_-]{22}", client.at)
        forged = dm.Results((dm.Item(source="./DevInfo/Man", data="forged"),), "1", get.cmd_id)
        stranger = Client(http, client.base)
        for to in (client.base, client.base + "?mode=Maintenance", client.base + "/~" + "x" * 22):
            answer = await stranger.say(2, HEADER_OK, ok("1", get), forged, to=to)
            assert answer is None or {int(c.code) for c in answer.commands} == {400}, to
            assert "hunter2" not in stranger.text
            await stranger.say(1, dm.Alert.of(1201), INFO, to=client.base)  # nor is the session ended
        real = dm.Results((dm.Item(source="./DevInfo/Man", data="Acme"),), "1", get.cmd_id)
        second = await client.say(2, HEADER_OK, ok("1", get), real)
        assert "hunter2" in client.text
        [write] = [c for c in second.commands if isinstance(c, dm.Replace)]
        await client.say(3, vary(HEADER_OK, msg_ref="2"), ok("2", write))
        return server.job_rows() if stored else server.results

    rows = run(play, stored=str(tmp_path / stored) if stored else None)
    if stored:
        assert [(row["state"], row["tries"]) for row in rows] == [("done", 1), ("done", 1)]
        assert rows[0]["result"] == {"./DevInfo/Man": "Acme"}
    else:
        assert [r.done for r in rows] == [True, True] and rows[0].result == {"./DevInfo/Man": "Acme"}


def test_who_does_not_follow_resp_uri_goes_on_by_proving_himself_each_time():
    async def play(client, server, http):
        add(server, DEVICE, "read", uris=["./DevInfo/Man"])
        first = await client.say(1, dm.Alert.of(1201), INFO, cred=BASIC)
        [get] = [c for c in first.commands if isinstance(c, dm.Get)]
        results = dm.Results((dm.Item(source="./DevInfo/Man", data="Acme"),), "1", get.cmd_id)
        await client.say(2, HEADER_OK, ok("1", get), results, cred=BASIC, to=client.base)
        assert server.results[0].result == {"./DevInfo/Man": "Acme"}

    run(play)


# -- a returning device starts anew -----------------------------------------------------------------------------------


@pytest.mark.parametrize("auth", ["basic", "none"])
@pytest.mark.parametrize("stored", [None, "dm.sqlite"])
def test_a_device_that_says_the_same_at_each_connection(tmp_path, stored, auth):
    cred = BASIC if auth == "basic" else None

    async def play(client, server, http):
        done = []
        for time in range(8):
            add(
                server,
                DEVICE,
                *(("read",) if time % 2 else ("execute",)),
                **({"uris": ["./DevInfo/Man"]} if time % 2 else {"uri": "./Wipe"}),
            )
            again = Client(http, client.base)
            answer = await again.say(1, dm.Alert.of(1201), INFO, cred=cred)
            assert again.status == 200, (time, again.text)
            [work] = [c for c in answer.commands if isinstance(c, dm.Get | dm.Exec)]
            done.append(work.verb.value)
            results = [dm.Results((dm.Item(source="./DevInfo/Man", data="Acme"),), "1", work.cmd_id)]
            await again.say(2, HEADER_OK, ok("1", work), *(results if time % 2 else ()))
        return done

    done = run(play, stored=str(tmp_path / stored) if stored else None, auth=auth)
    assert done == ["Exec", "Get"] * 4


def test_an_answer_that_was_lost_comes_again_and_a_job_is_not_begun_twice():
    async def play(client, server, http):
        add(server, DEVICE, "execute", uri="./Wipe")
        first = await client.say(1, dm.Alert.of(1201), INFO, cred=BASIC)
        text = client.text
        for _ in range(3):
            await client.say(1, dm.Alert.of(1201), INFO, cred=BASIC, to=client.base)
            assert client.text == text
        [command] = [c for c in first.commands if isinstance(c, dm.Exec)]
        await client.say(2, HEADER_OK, ok("1", command))
        assert [r.job for r in server.results] == ["execute"]

    run(play)


# -- nothing unauthenticated is dear ----------------------------------------------------------------------------------


async def raw(url, octets):
    port = int(url.rpartition(":")[2].partition("/")[0])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(octets)
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return answer


@pytest.mark.parametrize(
    "line",
    [
        b"x-syncml-hmac: \xff",
        b'x-syncml-hmac: algorithm=MD5, username="\xff", mac=abcd',
        b'x-syncml-hmac: algorithm=\xff, username="client", mac=abcd',
        b"Content-Type: application/vnd.syncml.dm+xml; charset=\xff",
        b"Content-Type: \xff/\xfe",
        b"Host: \xff",
        b"X-Other: \xff",
    ],
)
@pytest.mark.parametrize("stored", [None, "dm.sqlite"])
def test_octets_that_are_no_text_in_a_header(tmp_path, caplog, line, stored):
    async def play(client, server, http):
        await client.say(1, dm.Alert.of(1201), INFO, cred=BASIC)
        before = server.sessions[DEVICE]
        body = dm.XML.encode(dm.Message(dm.Header("9", "1", "u", "IMEI:9"), number((dm.Alert.of(1201), INFO))))
        kind = b"" if line.startswith(b"Content-Type") else b"Content-Type: application/vnd.syncml.dm+xml\r\n"
        host = b"" if line.startswith(b"Host") else b"Host: x\r\n"
        head = b"POST /dm HTTP/1.1\r\nConnection: close\r\n" + host + kind + line
        answer = await raw(client.base, head + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        assert answer.split()[1] in (b"200", b"400", b"415"), answer[:200]
        assert server.sessions[DEVICE] is before, "nobody else's session is touched"

    run(play, stored=str(tmp_path / stored) if stored else None)
    assert "Traceback" not in caplog.text and not [r for r in caplog.records if r.exc_info]


@pytest.mark.parametrize("where", [b"X-Long: " + b"x" * 20000, b"x-syncml-hmac: " + b"x" * 9000, b"X: y\r\n" * 300])
def test_headers_without_end_are_one_sentence(caplog, where):
    async def play(client, server, http):
        answer = await raw(client.base, b"POST /dm HTTP/1.1\r\nHost: x\r\n" + where + b"\r\n\r\n")
        assert answer.split()[1] in (b"400", b"431")

    run(play)
    assert not [r for r in caplog.records if r.exc_info]
    assert all("\n" not in r.getMessage() for r in caplog.records)


@pytest.mark.parametrize("field", ["session_id", "msg_id", "device"])
def test_names_without_end_are_refused(field):
    async def play(client, server, http):
        header = dm.Header("1", "1", client.base, DEVICE)
        long = {"session_id": "session_id", "msg_id": "msg_id", "device": "source"}[field]
        body = dm.XML.encode(dm.Message(vary(header, **{long: "9" * 900_000}), number((dm.Alert.of(1201),))))
        await client.post(body)
        assert client.status == 400 and "at most" in client.text
        assert server.sessions == {} and server.work == {}

    run(play)


@pytest.mark.parametrize("stored", [None, "dm.sqlite"])
def test_invented_devices_leave_nothing(tmp_path, stored):
    async def play(client, server, http):
        for number_ in range(40):
            stranger = Client(http, client.base, device=f"IMEI:{number_}")
            await stranger.say(1, dm.Alert.of(1201), INFO)
        assert len(server.sessions) <= 10 and server.work == {} and server.waiting == {} and server.devices == {}
        for number_ in range(40):  # and many of one device
            again = Client(http, client.base, session_id=str(number_))
            await again.say(1, dm.Alert.of(1201), INFO)
        assert sum(map(len, server._beside.values())) <= 3
        if stored:
            for table in ("session", "message"):
                [(many,)] = server._db.execute(f"SELECT COUNT(*) FROM {table}").fetchall()
                assert many <= 10, table
            assert len(server._recorders) <= 10
            assert server.job_rows() == []
        server.expire(1e12, 1.0)
        assert server.sessions == {}

    run(
        play,
        stored=str(tmp_path / stored) if stored else None,
        devices=(DEVICE, "*"),
        jobs=({"do": "read", "uris": ["./DevInfo"]},),
        most=LimitsConfig(sessions=10),
    )


def test_connections_that_say_nothing_are_limited():
    async def play(client, server, http):
        port = int(client.base.rpartition(":")[2].partition("/")[0])
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(4)]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await asyncio.wait_for(reader.read(), 5) == b"", "one too many"
        writer.close()
        for _, other in idle:
            other.close()
            await other.wait_closed()
        await asyncio.sleep(0)
        await client.say(1, dm.Alert.of(1201), INFO, cred=BASIC)
        assert client.status == 200

    run(play, limits=Limits(half_open=4))


def test_a_request_that_does_not_come_whole_is_given_up():
    async def play(client, server, http):
        answer = await raw(client.base, b"POST /dm HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n<SyncML")
        assert b"200" not in answer

    run(play, limits=Limits(arrival=0.05))


# -- the clock --------------------------------------------------------------------------------------------------------


def test_a_clock_that_is_put_back_keeps_no_session_open():
    device = dm.Device.example()
    server = dm.Server.example(device)
    server.receive(device.connect().start().reply, now=1_000_000.0)
    assert server.expire(now=100.0, idle=60.0) == []
    assert len(server.expire(now=161.0, idle=60.0)) == 1
