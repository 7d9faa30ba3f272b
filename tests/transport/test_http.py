"""The HTTP binding on loopback: both sides, limits, TLS, and first messages of real clients."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
from dataclasses import replace
from pathlib import Path

import aiohttp
import aiohttp.web
import pytest

import dmkit as dm
from dmkit.server.peers import profile
from dmkit.session.events import Ended
from dmkit.session.oracle.check import assert_sound
from dmkit.transport.http import (
    HttpError,
    ServerLimits,
    application,
    client_context,
    exchange,
    reserve,
    server_context,
    start,
)
from dmkit.words.errors import ConfigError

XML_TYPE = "application/vnd.syncml.dm+xml"


def pair(codec=dm.XML, rules=None):
    device = dm.Device.example(codec=codec, rules=rules)
    return device, dm.Server.example(device)


async def served(device, server, *, context=None, client=None, limits=None, **talk):
    """One session of ``device`` with ``server`` over loopback; its steps."""
    listening = await start(application(server.receive, limits=limits), context=context)
    try:
        device.accounts[0] = replace(device.accounts[0], address=listening.url)
        async with aiohttp.ClientSession() as http:
            return await exchange(device.connect(), http, context=client, **talk)
    finally:
        await listening.close()


@pytest.mark.spec("P-02")
@pytest.mark.parametrize("codec", [dm.XML, dm.WBXML], ids=repr)
@pytest.mark.parametrize("auth", ["basic", "md5", "mac", "sha256", "hmac-sha256", "hmac-sha256-bound"])
def test_a_session_over_http(codec, auth):
    device, server = pair(codec, dm.Rules(auth=auth, server_auth=auth))
    server.enqueue(device.address, dm.jobs.put("./APN/Name", "internet"))
    talk = dm.Transcript.of(asyncio.run(served(device, server)))
    assert device.tree.get("./APN/Name").value == "internet"
    assert server.results[0].done
    assert [line.sender for line in talk] == ["client", "server"] * 3
    assert_sound(talk)


def test_the_resp_uri_is_honoured_and_its_query_kept_out_of_routing():
    device, server = pair()
    paths = []

    def receive(packet, now):
        paths.append(packet.to)
        return server.receive(packet, now)

    async def run():
        listening = await start(application(receive))
        server.resp_uri = lambda device, session: f"{listening.url}?s={session}&mode=Maintenance"
        device.accounts[0] = replace(device.accounts[0], address=listening.url)
        server.enqueue(device.address, dm.jobs.read("./DevInfo/Man"))
        async with aiohttp.ClientSession() as http:
            await exchange(device.connect(), http)
        await listening.close()

    asyncio.run(run())
    assert [path.partition("?")[2] for path in paths] == ["", "s=1&mode=Maintenance"]
    assert server.results[0].result == {"./DevInfo/Man": "Acme"}


@pytest.mark.spec("R-003")
def test_a_session_passes_a_relay_that_translates_addresses():
    """The device opens every connection, and nothing in a message has to agree with where it came from."""
    device, server = pair()
    seen = []

    async def run():
        listening = await start(application(server.receive))
        host, port = "127.0.0.1", int(listening.url.rpartition(":")[2].partition("/")[0])

        async def pump(reader, writer):
            while octets := await reader.read(4096):
                writer.write(octets)
                await writer.drain()
            writer.close()

        async def relayed(reader, writer):
            far_reader, far_writer = await asyncio.open_connection(host, port)
            seen.append((writer.get_extra_info("peername"), far_writer.get_extra_info("sockname")))
            await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))

        relay = await asyncio.start_server(relayed, host, 0)
        outside = relay.sockets[0].getsockname()[1]
        device.accounts[0] = replace(device.accounts[0], address=f"http://{host}:{outside}/dm")
        server.enqueue(device.address, dm.jobs.put("./APN/Name", "internet"))
        async with aiohttp.ClientSession(headers={"Connection": "close"}) as http:
            await exchange(device.connect(), http)
        relay.close()
        await listening.close()

    asyncio.run(run())
    assert device.tree.get("./APN/Name").value == "internet"
    assert len(seen) == 3 and all(inside != outside for inside, outside in seen), "a new connection for each message"


async def _ask(app_limits, requests, server=None):
    server = server or pair()[1]
    listening = await start(application(server.receive, limits=app_limits))
    answers = []
    async with aiohttp.ClientSession() as http:
        for method, body, headers in requests:
            async with http.request(method, listening.url, data=body, headers=headers) as response:
                answers.append((response.status, (await response.text(errors="replace")).strip(), response.headers))
    await listening.close()
    return answers


@pytest.mark.parametrize(
    ("method", "body", "kind", "status", "says"),
    [
        ("POST", b"rubbish", XML_TYPE, 400, "not a message"),
        ("POST", b"", XML_TYPE, 400, "not a message"),
        ("POST", b"\x02\xa4\x01\x6a\x00\x6d", "application/vnd.syncml.dm+wbxml", 400, "not a message"),
        ("POST", b"<a/>", "text/html", 415, "no media type of OMA DM"),
        ("POST", b"x" * 3000, XML_TYPE, 413, "at most 2000 octets"),
        ("GET", None, "", 200, "OMA Device Management"),
        ("PUT", b"", XML_TYPE, 405, "Method Not Allowed"),
    ],
)
def test_bad_requests_are_answered_cleanly(method, body, kind, status, says):
    request = (method, body, {"Content-Type": kind} if kind else {})
    [(code, text, _)] = asyncio.run(_ask(ServerLimits(request=2000), [request]))
    assert code == status
    assert says in text
    assert "\n" not in text


@pytest.mark.parametrize("kind", ["application/vnd.syncml+xml", "Application/VND.SyncML.DM+XML; charset=utf-8"])
def test_real_media_types_are_taken(kind):
    device, server = pair()
    body = device.connect().start().reply.body
    [(status, text, headers)] = asyncio.run(_ask(None, [("POST", body, {"Content-Type": kind})], server))
    assert status == 200
    assert text.startswith("<SyncML")
    assert headers["Content-Type"] == XML_TYPE


def test_too_many_sessions_are_told_to_come_back():
    device, server = pair()
    server.max_sessions = 0
    body = device.connect().start().reply.body
    [(status, text, headers)] = asyncio.run(
        _ask(ServerLimits(retry_after=7), [("POST", body, {"Content-Type": XML_TYPE})], server)
    )
    assert (status, headers["Retry-After"]) == (503, "7")
    assert "try again later" in text


def test_a_busy_server_is_obeyed_and_given_up_in_the_end():
    device, server = pair()
    server.max_sessions = 0
    with pytest.raises(HttpError, match="busy"):
        asyncio.run(served(device, server, limits=ServerLimits(retry_after=0), longest_wait=0.0))


def test_the_cap_on_messages_ends_a_session():
    device, server = pair()
    server.rules = replace(server.rules, messages=1)
    server.enqueue(device.address, dm.jobs.inventory())
    with pytest.raises(HttpError):
        asyncio.run(served(device, server, longest_wait=0.0))
    assert [work.name for work in server.work[device.address]] == ["inventory"], "it may begin again"


def test_nobody_there_is_one_sentence():
    device, _ = pair()
    with reserve("127.0.0.1") as sock:
        port = sock.getsockname()[1]
    device.accounts[0] = replace(device.accounts[0], address=f"http://127.0.0.1:{port}/dm")

    async def run():
        async with aiohttp.ClientSession() as http:
            await exchange(device.connect(), http)

    with pytest.raises(HttpError, match="no answer from"):
        asyncio.run(run())


@pytest.mark.spec("R-166")
def test_silent_sessions_end():
    device, server = pair()
    server.receive(device.connect().start().reply, now=100.0)
    assert server.expire(now=150.0, idle=60.0) == []
    [step] = server.expire(now=160.0, idle=60.0)
    assert any(isinstance(event, Ended) for event in step.events) or server.sessions == {}
    assert server.sessions == {}


def test_sessions_that_are_over_make_room():
    first, server = pair()
    server.max_sessions = 1
    dm.converse(first, server)
    assert len(server.sessions) == 1
    second = dm.Device.example()
    second.tree = second.tree.put("./DevInfo/DevId", dm.Node("chr", "IMEI:2"))
    assert server.receive(second.connect().start().reply).reply is not None
    assert list(server.sessions) == ["IMEI:2"]


def test_silent_sessions_are_looked_for_from_time_to_time(monkeypatch):
    calls = []
    naps = []

    async def nap(seconds):
        naps.append(seconds)
        if len(naps) == 3:
            await asyncio.Event().wait()

    def expire(now, idle):
        calls.append((now, idle))
        if len(calls) == 1:
            raise RuntimeError("once")

    async def run():
        app = application(lambda packet, now: None, limits=ServerLimits(idle=60.0), clock=lambda: 5.0, expire=expire)
        listening = await start(app)
        while len(calls) < 2:
            await asyncio.get_running_loop().run_in_executor(None, int)
        await listening.close()

    monkeypatch.setattr("dmkit.transport.http.asyncio.sleep", nap)
    asyncio.run(run())
    assert calls == [(5.0, 60.0)] * 2, "an error does not end it"
    assert naps[:3] == [6.0] * 3


@pytest.mark.spec("P-02")
def test_a_client_of_http_1_0_without_a_user_agent():
    device, server = pair(dm.WBXML)
    body = device.connect().start().reply.body
    head = f"POST /dm?mode=Maintenance&Platform=WoA HTTP/1.0\r\nContent-Length: {len(body)}\r\n"

    async def run():
        listening = await start(application(server.receive))
        port = int(listening.url.rpartition(":")[2].partition("/")[0])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head.encode() + b"Content-Type: application/vnd.syncml+wbxml\r\n\r\n" + body)
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        await listening.close()
        return answer

    head, _, answer = asyncio.run(run()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 200")
    assert f"Content-Length: {len(answer)}".encode() in head
    assert dm.WBXML.decode(answer).commands[0].is_header


def test_refusals_are_logged_without_what_was_sent(caplog):
    requests = [
        ("POST", b"<a>hunter2</a>", {"Content-Type": XML_TYPE}),
        ("POST", b"hunter2", {"Content-Type": "text/plain"}),
        ("POST", b"hunter2" * 99, {"Content-Type": XML_TYPE}),
    ]
    asyncio.run(_ask(ServerLimits(request=100), requests))
    said = [record.getMessage() for record in caplog.records if record.name == "dmkit.http"]
    assert [text.split()[0] for text in said] == ["400", "415", "413"]
    assert "hunter" not in "".join(said)


async def _against(handler, **talk):
    """A session with an HTTP server that answers by ``handler(request, how often)``."""
    device, _ = pair()
    asked = []

    async def post(request):
        asked.append(await request.read())
        return await handler(request, len(asked))

    app = aiohttp.web.Application()
    app.router.add_post("/dm", post)
    listening = await start(app)
    device.accounts[0] = replace(device.accounts[0], address=listening.url)
    try:
        async with aiohttp.ClientSession() as http:
            await exchange(device.connect(), http, **talk)
    finally:
        await listening.close()
        assert len(set(asked)) == 1, "the same octets each time"
    return asked


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"status": 302, "headers": {"Location": "http://127.0.0.1:9/dm"}}, "answered 302"),
        ({"status": 404}, "answered 404"),
        ({"text": "hello"}, "text/plain; charset=utf-8, which is no DM message"),
        ({"body": bytes((16 << 20) + 1)}, "more than 16777216 octets"),
    ],
)
def test_what_is_no_dm_server_is_said_in_one_sentence(answer, says):
    async def handler(request, number):
        return aiohttp.web.Response(**answer)

    with pytest.raises(HttpError, match=says):
        asyncio.run(_against(handler))


def test_a_connection_that_breaks_is_tried_again_and_given_up_in_the_end():
    seen = []

    async def handler(request, number):
        seen.append(number)
        response = aiohttp.web.StreamResponse(headers={"Content-Length": "100", "Content-Type": XML_TYPE})
        await response.prepare(request)
        await response.write(b"<SyncML")
        request.transport.close()
        return response

    with pytest.raises(HttpError, match="no answer from"):
        asyncio.run(_against(handler))
    assert seen == [1, 2, 3]


# -- TLS --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    """An authority, a server certificate for 127.0.0.1, a client certificate; PEM files by name."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    folder = tmp_path_factory.mktemp("pki")
    now = datetime.datetime.now(datetime.UTC)

    def make(name, issuer=None, ca=False):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        by, by_key = issuer or (subject, key)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(by)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=2))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by_key.public_key()), False)
        )
        if ca:
            usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
            builder = builder.add_extension(usage, critical=True)
        certificate = builder.sign(by_key, hashes.SHA256())
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (folder / f"{name}.pem").write_bytes(pem)
        (folder / f"{name}.key").write_bytes(secret)
        return subject, key

    authority = make("ca", ca=True)
    make("server", authority)
    make("client", authority)
    make("other", ca=True)
    return {path.name: str(path) for path in folder.iterdir()}


@pytest.mark.spec("X-07", "X-01")
def test_a_session_over_tls_with_the_server_checked(pki):
    device, server = pair(rules=dm.Rules(auth="basic", server_auth="none"))
    context = server_context(pki["server.pem"], pki["server.key"])
    talk = dm.Transcript.of(asyncio.run(served(device, server, context=context, client=client_context(pki["ca.pem"]))))
    assert talk.packages() == [1, 2]


@pytest.mark.spec("X-07", "R-001")
def test_a_server_of_another_authority_is_not_trusted(pki):
    device, server = pair()
    context = server_context(pki["server.pem"], pki["server.key"])
    with pytest.raises(HttpError, match="not to be trusted"):
        asyncio.run(served(device, server, context=context, client=client_context(pki["other.pem"])))


@pytest.mark.spec("X-03")
def test_both_sides_by_certificate(pki):
    device, server = pair(rules=dm.Rules(auth="none", server_auth="none"))
    context = server_context(pki["server.pem"], pki["server.key"], client_ca=pki["ca.pem"], demand_client=True)
    mine = client_context(pki["ca.pem"], certificate=pki["client.pem"], key=pki["client.key"])
    talk = dm.Transcript.of(asyncio.run(served(device, server, context=context, client=mine)))
    assert len(talk) == 2


@pytest.mark.spec("X-03")
def test_a_client_without_certificate_is_sent_away_when_one_is_demanded(pki):
    device, server = pair()
    context = server_context(pki["server.pem"], pki["server.key"], client_ca=pki["ca.pem"], demand_client=True)
    with pytest.raises(HttpError):
        asyncio.run(served(device, server, context=context, client=client_context(pki["ca.pem"])))


def test_missing_certificate_files_are_one_sentence():
    with pytest.raises(ConfigError, match=r"TLS: cannot use nowhere\.pem"):
        server_context("nowhere.pem", "nowhere.key")


# -- first messages of real clients -----------------------------------------------------------------------------------


async def _post_all(server, files, kind):
    listening = await start(application(server.receive))
    answers = []
    async with aiohttp.ClientSession() as http:
        for file in files:
            async with http.post(listening.url, data=file.read_bytes(), headers={"Content-Type": kind}) as response:
                answers.append((response.status, await response.read(), response.headers))
    await listening.close()
    return answers


@pytest.mark.parametrize(("folder", "kind"), [("wire-xml", XML_TYPE), ("wire-wbxml", "application/vnd.syncml+wbxml")])
def test_every_message_of_a_real_client_gets_a_sound_answer(corpus: Path, folder, kind):
    """Whatever message of a session comes first, the answer is a message or one sentence, never an error."""
    account = dm.Device.example().accounts[0]
    server = dm.Server({"*": account}, nonces=lambda device: dm.device.counted_nonces(device), rules=profile("lenient"))
    answers = 0
    files = sorted((corpus / folder).iterdir())
    for file, (status, body, headers) in zip(files, asyncio.run(_post_all(server, files, kind)), strict=True):
        assert status in (200, 400, 403), (file.name, body)  # 403: the session was refused before
        if status == 200:
            answers += 1
            assert headers["Content-Type"].startswith("application/vnd.syncml.dm+"), file.name
            assert dm.wire.codec_for(headers["Content-Type"], body).decode(body).commands[0].is_header, file.name
        else:
            assert body.startswith((b"not a message: ", b"this session was refused; ")), file.name
    assert answers > 50
