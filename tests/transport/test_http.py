"""The HTTP binding on loopback: both sides, limits, TLS, and first messages of real clients."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

import dmkit as dm
from dmkit.errors import ConfigError
from dmkit.profiles import profile
from dmkit.session.events import Ended
from dmkit.session.oracle import assert_sound
from dmkit.transport.http import (
    HttpError,
    Limits,
    application,
    client_context,
    exchange,
    reserve,
    server_context,
    start,
)

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
@pytest.mark.parametrize("auth", ["basic", "md5", "mac"])
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
    [(code, text, _)] = asyncio.run(_ask(Limits(request=2000), [request]))
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
        _ask(Limits(retry_after=7), [("POST", body, {"Content-Type": XML_TYPE})], server)
    )
    assert (status, headers["Retry-After"]) == (503, "7")
    assert "try again later" in text


def test_a_busy_server_is_obeyed_and_given_up_in_the_end():
    device, server = pair()
    server.max_sessions = 0
    with pytest.raises(HttpError, match="busy"):
        asyncio.run(served(device, server, limits=Limits(retry_after=0), longest_wait=0.0))


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


def test_silent_sessions_end():
    device, server = pair()
    server.receive(device.connect().start().reply, now=100.0)
    assert server.expire(now=150.0, idle=60.0) == []
    [step] = server.expire(now=160.0, idle=60.0)
    assert any(isinstance(event, Ended) for event in step.events) or server.sessions == {}
    assert server.sessions == {}


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
            x509.CertificateBuilder().subject_name(subject).issuer_name(by).public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=2))
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
        secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                   serialization.NoEncryption())
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


@pytest.mark.spec("X-07")
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


@pytest.mark.parametrize(("folder", "kind"), [("wire-xml", XML_TYPE), ("wire-wbxml", "application/vnd.syncml+wbxml")])
def test_every_message_of_a_real_client_gets_a_sound_answer(corpus: Path, folder, kind):
    """Whatever message of a session comes first, the answer is a message or one sentence, never an error."""
    server = dm.Server({}, nonces=lambda device: dm.counted_nonces(device), rules=profile("lenient"))
    answers = 0
    for file in sorted((corpus / folder).iterdir()):
        step = server.receive(dm.Packet("", file.read_bytes(), kind), now=0.0)
        if step.reply is not None:
            answers += 1
            reply = dm.codec_for(step.reply.media_type, step.reply.body).decode(step.reply.body)
            assert reply.commands[0].is_header, file.name
        else:
            assert step.events, file.name
    assert answers > 50
