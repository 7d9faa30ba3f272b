"""Attacks that a served dmkit has seen, each through real HTTP on loopback, with their siblings."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

import aiohttp
import pytest
from aiohttp import web
from msgspec.structs import replace as vary

import dmkit as dm
from dmkit.session.packages import number
from dmkit.transport.config import AccountConfig, LimitsConfig, ServeConfig
from dmkit.transport.http import ServerLimits, application, exchange, start
from dmkit.transport.serve import make_server
from dmkit.transport.store import JobSpec, StoredServer

XML_TYPE = "application/vnd.syncml.dm+xml"
DEVICE = "IMEI:493005100592800"
INFO = dm.Replace((dm.Item(source="./DevInfo/Man", data="Acme"),))
BASIC = dm.words.Cred("Y2xpZW50OmNsaWVudHB3", dm.words.Meta(format="b64", type="syncml:auth-basic"))


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
        header = dm.words.Header(self.session_id, str(msg_id), self.base, self.device, cred=cred, meta=meta)
        return await self.post(dm.XML.encode(dm.Message(header, number(commands))), headers, to)


def run(
    play,
    *,
    auth="basic",
    server_auth="none",
    stored=None,
    devices=(DEVICE,),
    limits=None,
    most=None,
    rules=None,
    **changes,
):
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
        server.rules = replace(server.rules, **(rules or {}))
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
        forged = dm.words.Results((dm.Item(source="./DevInfo/Man", data="forged"),), "1", get.cmd_id)
        stranger = Client(http, client.base)
        for to in (client.base, client.base + "?mode=Maintenance", client.base + "/~" + "x" * 22):
            answer = await stranger.say(2, HEADER_OK, ok("1", get), forged, to=to)
            assert answer is None or {int(c.code) for c in answer.commands} == {400}, to
            assert "hunter2" not in stranger.text
            await stranger.say(1, dm.Alert.of(1201), INFO, to=client.base)  # nor is the session ended
        real = dm.words.Results((dm.Item(source="./DevInfo/Man", data="Acme"),), "1", get.cmd_id)
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
        results = dm.words.Results((dm.Item(source="./DevInfo/Man", data="Acme"),), "1", get.cmd_id)
        await client.say(2, HEADER_OK, ok("1", get), results, cred=BASIC, to=client.base)
        assert server.results[0].result == {"./DevInfo/Man": "Acme"}

    run(play)


@pytest.mark.parametrize(("later", "taken"), [("at its RespURI", False), ("anywhere", True)])
def test_where_later_messages_without_a_proof_are_taken(later, taken):
    async def play(client, server, http):
        add(server, DEVICE, "read", uris=["./DevInfo/Man"])
        first = await client.say(1, dm.Alert.of(1201), INFO, cred=BASIC)
        [get] = [c for c in first.commands if isinstance(c, dm.Get)]
        results = dm.words.Results((dm.Item(source="./DevInfo/Man", data="Acme"),), "1", get.cmd_id)
        await client.say(2, HEADER_OK, ok("1", get), results, to=client.base)
        assert [r.result for r in server.results] == ([{"./DevInfo/Man": "Acme"}] if taken else [])

    run(play, rules={"later": later})


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
            results = [dm.words.Results((dm.Item(source="./DevInfo/Man", data="Acme"),), "1", work.cmd_id)]
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


# -- no proof to the unproven -----------------------------------------------------------------------------------------


def proofs(packet):
    """What an answer holds that proves its sender."""
    return [*([packet.header.cred] if packet is not None and packet.header.cred else [])]


@pytest.mark.parametrize("server_auth", ["basic", "md5", "mac"])
@pytest.mark.parametrize("auth", ["basic", "md5", "mac"])
def test_no_proof_to_the_unproven(auth, server_auth):
    """Whatever a stranger says first, in whose name, the answer proves nothing; a device that proves itself gets it."""
    wrong = dm.words.Cred("d3Jvbmc6d3Jvbmc=", dm.words.Meta(format="b64", type="syncml:auth-basic"))

    async def play(client, server, http):
        for device in (DEVICE, "IMEI:000"):
            for msg_id, cred, headers in (
                (1, None, None),
                (1, wrong, None),
                (1, None, {"x-syncml-hmac": 'username="client", mac=abcd'}),
                (2, None, None),
                (7, wrong, None),
            ):
                stranger = Client(http, client.base, device=device, session_id=f"{msg_id}{len(str(cred))}")
                answer = await stranger.say(msg_id, dm.Alert.of(1201), INFO, cred=cred, headers=headers)
                assert not proofs(answer) and "x-syncml-hmac" not in stranger.headers, stranger.text
                assert "srvpw" not in stranger.text and "c3J2cHc" not in stranger.text
                answer = await stranger.say(msg_id + 1, dm.Alert.of(1201), INFO, cred=wrong)
                assert not proofs(answer) and "x-syncml-hmac" not in stranger.headers

    run(play, auth=auth, server_auth=server_auth, profile="spec")


@pytest.mark.parametrize(("proves_to", "shown"), [("the proven", 0), ("anybody", 1)])
def test_whom_a_server_proves_itself_to(proves_to, shown):
    async def play(client, server, http):
        answer = await client.say(1, dm.Alert.of(1201), INFO)
        assert len(proofs(answer)) == shown

    run(play, server_auth="basic", profile="spec", rules={"proves_to": proves_to})


@pytest.mark.parametrize("server_auth", ["basic", "md5", "mac"])
@pytest.mark.parametrize("auth", ["basic", "md5", "mac"])
def test_who_proves_himself_gets_a_proof(auth, server_auth):
    async def play(client, server, http):
        device = dm.Device.example(rules=dm.Rules(auth=auth, server_auth=server_auth))
        account = device.accounts[0]
        device.accounts[0] = replace(
            account,
            address=client.base,
            client=replace(account.client, nonce=b"", scheme=auth),
            server=replace(account.server, name="dmkit"),
        )
        for value in ("a", "b", "c"):
            add(server, DEVICE, "put", uri="./APN/Name", value=value)
            steps = await exchange(device.connect(), http)
            assert device.tree.get("./APN/Name").value == value, dm.Transcript.of(steps)

    run(play, auth=auth, server_auth=server_auth, profile="spec")


def test_known_devices_are_not_told_apart_from_strangers():
    for auth in ("basic", "md5", "mac"):
        said = {}

        async def play(client, server, http, auth=auth, said=said):
            for device in (DEVICE, "IMEI:493005100592899"):
                stranger = Client(http, client.base, device=device)
                for msg_id in (1, 2, 3):
                    await stranger.say(msg_id, dm.Alert.of(1201), INFO)
                    text = re.sub(r"<NextNonce[^/]*/[^>]*>|~[A-Za-z0-9_-]+", "", stranger.text).replace(device, "D")
                    text = re.sub(r"<NextNonce.*?</NextNonce>", "", text)
                    said.setdefault(device, []).append((stranger.status, text))

        run(play, auth=auth, server_auth="md5")
        one, other = said.values()
        assert one == other


def test_a_recorded_message_of_one_device_is_not_another_s():
    async def play(client, server, http):
        device = dm.Device.example(rules=dm.Rules(server_auth="none"))
        device.accounts[0] = replace(device.accounts[0], address=client.base)
        recorded = []
        for _ in range(2):
            session = device.connect(session_id="1")
            recorded.append(session.start().reply)
            await exchange(device.connect(session_id="1"), http)
        for packet in recorded:
            for name in ("IMEI:2", "IMEI:3") if packet is recorded[-1] else (DEVICE, "IMEI:2"):
                body = packet.body.replace(DEVICE.encode(), name.encode())
                answer = await Client(http, client.base).post(body)
                assert int(answer.commands[0].code) in (401, 407), name

    run(play, auth="md5", devices=("*",))


def test_after_a_few_refusals_comes_an_error():
    async def play(client, server, http):
        codes = []
        for msg_id in range(1, 12):
            await client.say(msg_id, dm.Alert.of(1201), INFO)
            codes.append(client.status)
        assert codes[:2] == [200, 200] and set(codes[4:]) == {403}

    run(play, auth="md5")


# -- the MAC ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", ["spec", "lenient", "windows", "aosp"])
def test_a_mac_that_was_agreed_is_not_left_away(profile, capsys):
    from dmkit.server.peers import PROFILES
    from dmkit.session.rules import loosened
    from dmkit.transport.serve import _warnings

    loose = PROFILES[profile].mac_once
    assert loose is (profile == "aosp")
    assert any("MAC" in said for said in loosened(PROFILES[profile])) is loose
    events = []

    async def play(client, server, http):
        device = dm.Device.example(rules=dm.Rules(auth="mac", server_auth="none"))
        device.accounts[0] = replace(device.accounts[0], address=client.base)
        add(server, DEVICE, "read", uris=["./DevInfo/Man"])
        session = device.connect()
        step = session.start()
        heads = []
        while step.reply is not None and len(heads) < 6:
            packet = step.reply
            bare = len(heads) >= 2  # the first good proof is in message 2
            heads.append(bare)
            answered = server.receive(packet if not bare else vary(packet, headers={}), 0.0)
            events.extend(answered.events)
            if answered.reply is None:
                break
            step = session.receive(vary(answered.reply, to=""))
        done = [r.done for r in server.results]
        assert done == ([True] if loose else []), done
        config = ServeConfig(accounts=(AccountConfig(auth="mac", user="u"),), profile=profile)
        assert any("MAC" in said for said in _warnings(config, make_server(config))) is loose

    run(play, auth="mac", profile=profile)
    assert any(type(event).__name__ == "Loosened" for event in events) is loose


@pytest.mark.parametrize("lenient", [False, True])
def test_a_device_does_not_obey_a_command_whose_mac_was_stripped(lenient):
    rules = dm.Rules(auth="mac", server_auth="mac", lenient=lenient)
    device = dm.Device.example(rules=rules)
    server = dm.Server.example(device)
    server.enqueue(device.address, dm.jobs.put("./APN/Name", "first"))
    server.enqueue(device.address, dm.jobs.put("./APN/Name", "second"))
    session = device.connect()
    step, number_ = session.start(), 0
    while step.reply is not None and number_ < 8:
        answer = server.receive(step.reply).reply
        if answer is None:
            break
        number_ += 1
        if number_ > 1 and b"second" in answer.body:
            answer = vary(answer, body=answer.body.replace(b"second", b"forged"), headers={})
        step = session.receive(answer)
    assert device.tree.find(("APN", "Name")) is None or device.tree.get("./APN/Name").value != "forged"


# -- the device is bounded too ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [dm.Get.of("./DevInfo/Man"), dm.Alert.of(1222), dm.Alert.of(1101, "", "?")])
def test_a_server_without_end_is_left(more):
    device = dm.Device.example(rules=dm.Rules(auth="none", server_auth="none", messages=20))
    session = device.connect()
    step, sent = session.start(), 0
    while step.reply is not None:
        sent += 1
        assert sent <= 20
        header = dm.words.Header(session.session_id, str(sent), device.address, session.account.address)
        statuses = (dm.Status(dm.StatusCode(200), str(sent), "0", "SyncHdr"),)
        final = not (isinstance(more, dm.Alert) and more.code == 1222)
        body = dm.XML.encode(dm.Message(header, number((*statuses, more)), final))
        step = session.receive(dm.Packet("", body, XML_TYPE))
    assert sent == 20 and "more than 20 messages" in str(step.events[-1])


@pytest.mark.parametrize(
    ("redirect", "uri", "followed"),
    [
        ("any", "http://dm.example.com/dm", False),
        ("same host", "http://dm.example.com/dm", False),
        ("any", "ftp://dm.example.com/dm", False),
        ("any", "https://other.example/dm", True),
        ("same host", "https://other.example/dm", False),
        ("same host", "https://dm.example.com@other.example/dm", False),
        ("same host", "https://dm.example.com:444/dm", False),
        ("same host", "https://DM.EXAMPLE.com:443/x?y", True),
        ("same host", "https://[/", False),
        ("any", "https://dm.example.com:99999/", False),
    ],
)
def test_where_a_device_lets_itself_be_sent(redirect, uri, followed):
    device = dm.Device.example(rules=dm.Rules(auth="none", server_auth="none", redirect=redirect))
    session = device.connect()
    session.start()
    header = dm.words.Header(session.session_id, "1", device.address, session.account.address, resp_uri=uri)
    body = dm.XML.encode(
        dm.Message(header, number((dm.Status(dm.StatusCode(200), "1", "0", "SyncHdr"), dm.Get.of("./DevInfo/Man"))))
    )
    step = session.receive(dm.Packet("", body, XML_TYPE))
    assert step.reply is not None and (step.reply.to == uri) is followed


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
        body = dm.XML.encode(dm.Message(dm.words.Header("9", "1", "u", "IMEI:9"), number((dm.Alert.of(1201), INFO))))
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
        header = dm.words.Header("1", "1", client.base, DEVICE)
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

    run(play, limits=ServerLimits(half_open=4))


def test_a_request_that_does_not_come_whole_is_given_up():
    async def play(client, server, http):
        answer = await raw(client.base, b"POST /dm HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n<SyncML")
        assert b"200" not in answer

    run(play, limits=ServerLimits(arrival=0.05))


# -- the clock --------------------------------------------------------------------------------------------------------


def test_a_clock_that_is_put_back_keeps_no_session_open():
    device = dm.Device.example()
    server = dm.Server.example(device)
    server.receive(device.connect().start().reply, now=1_000_000.0)
    assert server.expire(now=100.0, idle=60.0) == []
    assert len(server.expire(now=161.0, idle=60.0)) == 1


@pytest.mark.parametrize(("status", "after"), [(429, "7"), (503, "3"), (429, None)])
@pytest.mark.parametrize("times", [1, 9])
def test_dmkit_session_and_a_server_that_is_busy(status, after, times, capsys, monkeypatch):
    """It waits as long as it is told, then goes on; in the end it names what it heard."""
    from dmkit.cli import main

    waited = []

    async def sleep(seconds):
        if seconds:  # the HTTP library sleeps for no time at all
            waited.append(seconds)

    async def whole():
        left = [times]
        server = make_server(ServeConfig(accounts=(AccountConfig(user="client", password="clientpw"),)))

        @web.middleware
        async def busy(request, handler):
            if left[0] > 0:
                left[0] -= 1
                return web.Response(status=status, text="later", headers={"Retry-After": after} if after else {})
            return await handler(request)

        app = application(server.receive)
        app.middlewares.append(busy)
        listening = await start(app)
        server.resp_uri = lambda d, s: listening.url
        try:
            return await asyncio.to_thread(main, ["session", listening.url, "--auth", "md5"])
        finally:
            await listening.close()

    monkeypatch.setattr("dmkit.transport.http.asyncio.sleep", sleep)
    code = asyncio.run(whole())
    said = capsys.readouterr()
    seconds = {"7": 7.0, "3": 3.0, None: 1.0}[after]
    assert waited and set(waited) == {seconds} and str(status) in said.err
    if times == 1:
        assert code == 0 and len(waited) == 1
    else:
        assert code == 2 and "busy and stays so" in said.err and len(waited) == 3


@pytest.mark.parametrize("server_auth", ["basic", "md5", "mac"])
def test_a_server_that_asks_nobody_for_a_proof_has_none_to_show(server_auth):
    from dmkit.transport.config import TlsConfig

    accounts = (AccountConfig(auth="none", server_auth=server_auth, server_password="x"),)
    for tls in (None, TlsConfig(certificate="c", key="k"), TlsConfig(certificate="c", key="k", client_ca="a")):
        with pytest.raises(dm.ConfigError, match="anybody would be shown the proof"):
            ServeConfig(accounts=accounts, tls=tls).rules()
    demanded = TlsConfig(certificate="c", key="k", client_ca="a", demand_client=True)
    assert ServeConfig(accounts=accounts, tls=demanded).rules().server_auth == server_auth


@pytest.mark.parametrize("proven", [True, False])
@pytest.mark.parametrize("many", [1, 150, 600])
def test_answers_to_many_commands_keep_within_the_limit_of_the_peer(many, proven):
    """A short message of many commands is answered by no long one, whoever sends it."""

    async def play(client, server, http):
        gets = [dm.Get.of("./A")] * many
        limit = dm.words.Meta(max_msg_size=2000)
        answer = await client.say(1, dm.Alert.of(1201), INFO, *gets, cred=BASIC if proven else None, meta=limit)
        sizes, told = [len(client.text)], 0
        for msg_id in range(2, 120):
            told += sum(c.cmd == "Get" for c in answer.commands if isinstance(c, dm.Status))
            if answer.final or not proven:
                break
            answer = await client.say(msg_id, HEADER_OK, dm.Alert.of(1222), cred=BASIC)
            sizes.append(len(client.text))
        assert max(sizes) <= 2000
        assert told == many if proven else told <= many

    run(play)


@pytest.mark.parametrize(("auth", "cred", "taken"), [("basic", BASIC, True), ("basic", None, False)])
@pytest.mark.parametrize("stored", [None, "dm.sqlite"])
def test_a_long_first_message_is_taken_from_who_proves_himself(tmp_path, stored, auth, cred, taken):
    async def play(client, server, http):
        report = dm.Item(
            source="./Log", meta=dm.words.Meta(type="Reversed-Domain-Name: a.log", format="chr"), data="x" * 90_000
        )
        answer = await client.say(1, dm.Alert.of(1201), INFO, dm.Alert(dm.words.AlertCode(1226), (report,)), cred=cred)
        assert (client.status == 200) is taken
        assert not taken or {int(c.code) for c in answer.commands if isinstance(c, dm.Status)} <= {200, 212}

    run(play, auth=auth, stored=stored and str(tmp_path / stored))
