"""Independent implementations over loopback, where a user has them; each test says what is missing and skips.

``coap-client`` of libcoap is looked for on the path (Debian: libcoap3-bin), the clients of Eclipse wakaama and of Anjay
where DMKIT_WAKAAMA, DMKIT_WAKAAMA_DTLS and DMKIT_ANJAY say; DTLS needs the library DTLSSocket on our side.  Nothing of
theirs is in this repository.
"""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
from importlib.util import find_spec

import pytest

pytest.importorskip("aiocoap", reason="pip install 'dmkit[lwm2m]'")

from dmkit.lwm2m import firmware
from dmkit.lwm2m.client import Client
from dmkit.lwm2m.coap import Message, decode
from dmkit.lwm2m.definitions import types_of
from dmkit.lwm2m.formats import FORMATS
from dmkit.lwm2m.path import Path
from dmkit.lwm2m.store import STANDARD, Store
from dmkit.transport.coap import CoapDevice, Management
from dmkit.transport.coap_bodies import put_all
from dmkit.transport.coap_endpoint import free_port
from dmkit.transport.dtls_capture import Relay
from tests.lwm2m.test_coap import WAKAAMA_DISCOVER, WAKAAMA_LINKS

GOOD = b"2.1 " + bytes(4092)
TYPE_OF = types_of(STANDARD.values())
LIBCOAP = next(
    (found for name in ("", "-notls", "-openssl", "-gnutls") if (found := shutil.which(f"coap-client{name}"))), None
)


def verify(data):
    return data[:3].decode() if data.startswith(b"2.") else None


def phone():
    values = {
        "/1/0/0": 1,
        "/1/0/1": 300,
        "/1/0/7": "U",
        "/3/0/0": "Open Mobile Alliance",
        "/3/0/3": "1.0",
        "/3/0/9": 95,
    }
    store = firmware.initial(Store.of(STANDARD, values))
    return Client("urn:imei:1", store, behaviours=firmware.behaviours(verify))


async def run(*command):
    process = await asyncio.create_subprocess_exec(*command, stdout=-1, stderr=-1, stdin=asyncio.subprocess.DEVNULL)
    out, err = await asyncio.wait_for(process.communicate(), 30)
    return out.rstrip(b"\n"), err.decode().strip()


@pytest.fixture
def libcoap():
    if LIBCOAP is None:
        pytest.skip("no coap-client of libcoap on the path (Debian: libcoap3-bin)")

    def together(work):
        async def both():
            management, device = Management({"/fw.bin": GOOD}), CoapDevice(phone(), verify)
            uri = await management.start()
            await device.start(uri)
            try:
                return await work(management, device, uri)
            finally:
                await device.leave(uri)
                await management.close()

        return asyncio.run(asyncio.wait_for(both(), 120))

    return together


def test_libcoap_registers_and_fetches_by_blocks(libcoap):
    async def work(management, device, uri):
        said = await run(
            LIBCOAP, "-m", "post", "-t", "40", "-e", "</1/0>,</3/0>", f"{uri}/rd?ep=urn:x&lt=300&lwm2m=1.1&b=U"
        )
        found = management.server.find("urn:x")
        return (
            said,
            found.lifetime,
            [str(path) for path in found.instances],
            await run(LIBCOAP, "-m", "get", "-b", "256", f"{uri}/fw.bin"),
        )

    (_, error), lifetime, paths, (body, _) = libcoap(work)
    assert error == "" and lifetime == 300.0 and paths == ["/1/0", "/3/0"] and body == GOOD


def test_libcoap_manages_our_client(libcoap, tmp_path):
    image = tmp_path / "fw.bin"
    image.write_bytes(GOOD)

    async def work(management, device, uri):
        own, answers = device.endpoint.uri, {}

        async def ask(name, path, *options):
            answers[name] = await run(LIBCOAP, *options, own + path)

        await ask("text", "/3/0/0", "-m", "get")
        await ask("senml", "/3/0/9", "-m", "get", "-A", "110")
        await ask("discover", "/3", "-m", "get", "-A", "40")
        await ask("nowhere", "/9/0/1", "-m", "get")
        await ask("refused", "/3/0/0", "-m", "get", "-A", "9999")
        await ask("write", "/1/0/1", "-m", "put", "-t", "0", "-e", "600")
        await ask("read", "/1/0/1", "-m", "get")
        await ask("fetch", "/", "-m", "fetch", "-t", "110", "-A", "110", "-e", '[{"n":"/3/0/0"},{"n":"/3/0/9"}]')
        await ask("ipatch", "/", "-m", "ipatch", "-t", "110", "-e", '[{"n":"/1/0/1","v":77}]')
        await ask("read again", "/1/0/1", "-m", "get")
        await ask("push", "/5/0/0", "-m", "put", "-t", "42", "-b", "256", "-f", str(image))
        middle = firmware.state(device.client.store)
        await ask("update", "/5/0/2", "-m", "post")
        return answers, middle, firmware.state(device.client.store)

    answers, middle, end = libcoap(work)
    assert answers["text"] == (b"Open Mobile Alliance", "") and answers["senml"][0] == b'[{"bn":"/3/0/9","v":95}]'
    assert answers["discover"][0].startswith(b"</3>,</3/0>,</3/0/0>")
    assert (answers["nowhere"][1], answers["refused"][1]) == ("4.04", "4.06")
    assert answers["read"][0] == b"600" and answers["read again"][0] == b"77"
    assert answers["fetch"][0] == b'[{"bn":"/3/0/","n":"0","vs":"Open Mobile Alliance"},{"n":"9","v":95}]'
    assert (middle, end) == ((2, 0), (0, 1))


def _peer(variable):
    program = os.environ.get(variable, "")
    if not program or shutil.which(program) is None:
        pytest.skip(f"{variable} names no program of a client")
    return program


def managed(name, command, job, **more):
    """What a job makes of a client in another process that registers as ``name``; ``keys`` for DTLS."""

    async def both():
        management = Management({"/fw.bin": GOOD}, **more)
        uri = await management.start()
        process = await asyncio.create_subprocess_exec(
            *command(uri.rpartition(":")[2]),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=-3,
        )
        try:
            for _ in range(200):
                await asyncio.sleep(0.05)
                if management.server.find(name) is not None:
                    return await management.manage(name, job)
            raise AssertionError("the client did not register")
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()
            await management.close()

    return asyncio.run(asyncio.wait_for(both(), 60))


def read_everything(registration):
    """The device object in each format that has one: octets, and what we write of what they say."""
    found = {}
    for path, numbers in (("/3/0/0", (0, 11542, 110)), ("/3/0", (11542, 110))):
        for number in numbers:
            answer = yield Message.request("GET", path, accept=number)
            assert (answer.code, answer.format) == ("2.05", number)
            entries = FORMATS[number].read(answer.payload, Path.parse(path), TYPE_OF)
            found[path, number] = (answer.payload, FORMATS[number].write(entries, Path.parse(path), TYPE_OF), entries)
    account = next(path for path in registration.instances if path.object == 1)
    answer = yield Message.request("PUT", str(account / 1), b"600", format=0)
    found["write"] = answer.code
    answer = yield Message.request("GET", "/3", accept=40)
    found["discover"] = answer.code
    answer = yield Message.request("GET", "/3/0/99", accept=0)
    found["nowhere"] = answer.code
    return found


@pytest.mark.parametrize("form", [11542, 110])
def test_wakaama_says_what_we_write_octet_by_octet(form):
    program = _peer("DMKIT_WAKAAMA")

    def command(port):
        return (program, "-4", "-h", "127.0.0.1", "-p", port, "-l", str(free_port()), "-n", "wak", "-t", "300")

    found = managed("wak", command, read_everything)
    assert (found["write"], found["discover"], found["nowhere"]) == ("2.04", "2.05", "4.04")
    theirs, ours, _ = found["/3/0", form]
    assert theirs == ours and len(theirs) == {11542: 142, 110: 416}[form]
    assert [len(found["/3/0/0", number][0]) for number in (0, 11542, 110)] == [20, 23, 45]


def test_wakaama_sends_the_sizes_of_the_sheet():
    """Register 204 and 13, Discover 164 of payload, Update with objects 166 and 8 octets.  [lwm2m sheet §4]

    What gives them: an endpoint name of 24 octets, and an instance with a number of two digits that was created.
    """
    program, name = _peer("DMKIT_WAKAAMA"), "urn:imei:493005100592800"

    def job(registration):
        listed = yield Message.request("GET", "/3", accept=40)
        made = yield Message.request("POST", "/31024", bytes.fromhex("030dc10114"), format=11542)
        return listed.payload.decode(), made.code, made.location

    async def both():
        management = Management()
        uri = await management.start()
        relay = Relay("127.0.0.1", int(uri.rpartition(":")[2]))
        where = ("-4", "-h", "127.0.0.1", "-p", str(await relay.open()), "-l", str(free_port()), "-n", name)
        process = await asyncio.create_subprocess_exec(program, *where, "-t", "300", stdin=-1, stdout=-3, stderr=-3)
        try:
            for _ in range(200):
                await asyncio.sleep(0.05)
                if management.server.find(name) is not None:
                    break
            found = await management.manage(name, job)
            for _ in range(200):
                await asyncio.sleep(0.05)
                said = [(decode(datagram.octets), len(datagram.octets)) for datagram in relay.seen]
                if any(message.uri_path.startswith("/rd/") for message, _ in said if message.method):
                    return found, said
            raise AssertionError("the client did not say that its objects have changed")
        finally:
            process.terminate()
            await process.wait()
            await management.close()
            await relay.close()

    (listed, code, _), said = asyncio.run(asyncio.wait_for(both(), 60))
    assert listed == WAKAAMA_DISCOVER and code == "2.01"
    posts = [(message, size) for message, size in said if message.uri_path.startswith("/rd")]
    up = {message.uri_path: (size, message.payload.decode()) for message, size in posts}
    assert up["/rd"] == (204, WAKAAMA_LINKS)
    size, links = up["/rd/1"]
    assert size == 166 and len(links) == len(WAKAAMA_LINKS) + 12 and links.startswith(WAKAAMA_LINKS[:120])


def anjay(*security):
    """The command that starts the Anjay demo client, from the port of a server."""
    program = _peer("DMKIT_ANJAY")
    scheme = "coaps" if "psk" in security else "coap"

    def command(port):
        where = ("--endpoint-name", "anjay", "--server-uri", f"{scheme}://127.0.0.1:{port}")
        return (program, *where, "--security-mode", *security)

    return command


def test_anjay_is_managed():
    found = managed("anjay", anjay("nosec"), read_everything)
    assert found["/3/0/0", 0][0] == b"Anjay" and found["write"] == "2.04" and found["nowhere"] == "4.04"
    assert {entry.path for entry in found["/3/0", 110][2]} >= {Path(3, 0, 0)}
    assert [len(found["/3/0/0", number][0]) for number in (0, 11542, 110)] == [5, 7, 30]


def push_junk(registration):
    """A package that is none, by blocks; then object 5's state and result."""
    codes = []
    for request in put_all("/5/0/0", bytes(4096)):
        answer = yield request
        codes.append((answer.code, answer.payload))
    said = []
    for number in (3, 5):
        answer = yield Message.request("GET", f"/5/0/{number}", accept=0)
        said.append(int(answer.payload))
    return [code for code, _ in codes], said


def test_anjay_refuses_junk_as_our_device_does():
    """2.31 three times, then 2.04; State 0 and Result 6.  [lwm2m sheet §5, measured]"""
    codes, said = managed("anjay", anjay("nosec"), push_junk)
    assert codes[:3] == ["2.31"] * 3 and said[0] == 0 and said[1] in (5, 6)

    async def ours():
        device = phone()
        for request in put_all("/5/0/0", bytes(4096)):
            device, answer = device.handle(request, 1)
        return answer.code, firmware.state(device.store)

    assert asyncio.run(ours()) == ("2.04", (0, 6))


def test_anjay_takes_the_attributes_that_we_take():
    """A name alone takes its value away; values that are none and names that nobody knows are refused."""
    queries = (
        ["pmin=1", "pmax=10"],
        ["pmin"],
        ["pmax=x"],
        ["nonsense=1"],
        ["gt=10", "lt=5", "st=1"],
        ["gt=5", "lt=10"],
    )

    def job(registration):
        found = []
        for query in queries:
            answer = yield Message.request("PUT", "/3/0/13", query=query)
            found.append(answer.code)
        return found

    theirs = managed("anjay", anjay("nosec"), job)
    ours, device = [], phone()
    device = device.with_value(Path(3, 0, 13), 1_700_000_000)
    for query in queries:
        device, answer = device.handle(Message.request("PUT", "/3/0/13", query=query), 1)
        ours.append(answer.code)
    assert ours == ["2.04", "2.04", "4.00", "4.00", "2.04", "4.00"]
    assert [code[0] for code in theirs] == [code[0] for code in ours], "it says 4.02 where we say 4.00"


# -- through DTLS

KEY = b"secretPSK"


@pytest.fixture
def dtls():
    if find_spec("DTLSSocket") is None:
        pytest.skip("no DTLSSocket (pip install DTLSSocket)")


SECURED = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore:DTLS module")


@SECURED
def test_wakaama_is_managed_through_dtls(dtls):
    program = _peer("DMKIT_WAKAAMA_DTLS")

    def command(port):
        where = ("-4", "-h", "127.0.0.1", "-p", port, "-l", str(free_port()), "-n", "wak", "-t", "300")
        return (program, *where, "-i", "wak", "-s", KEY.hex())

    found = managed("wak", command, read_everything, keys={"wak": KEY})
    gc.collect()
    assert (found["write"], found["discover"], found["nowhere"]) == ("2.04", "2.05", "4.04")
    assert len(found["/3/0", 11542][0]) == 142


@SECURED
def test_anjay_is_managed_through_dtls(dtls):
    security = ("psk", "--identity-as-string", "anjay", "--key-as-string", KEY.decode())
    found = managed("anjay", anjay(*security), read_everything, keys={"anjay": KEY})
    gc.collect()
    assert found["/3/0/0", 0][0] == b"Anjay" and found["write"] == "2.04"


@SECURED
def test_libcoap_registers_through_dtls(dtls):
    program = next((p for n in ("openssl", "gnutls") if (p := shutil.which(f"coap-client-{n}"))), None)
    if program is None:
        pytest.skip("no coap-client of libcoap with DTLS on the path (Debian: libcoap3-bin)")

    async def work():
        management = Management({"/fw.bin": GOOD}, keys={"urn:x": KEY})
        uri = await management.start()
        secure = ("-u", "urn:x", "-k", KEY.decode())
        try:
            said = [
                await run(program, *secure, "-m", "post", "-t", "40", "-e", "</1/0>", f"{uri}/rd?ep={name}&lwm2m=1.1")
                for name in ("urn:x", "urn:y")
            ]
            fetched = await run(program, *secure, "-m", "get", "-b", "256", f"{uri}/fw.bin")
            return said, fetched, management.server
        finally:
            await management.close()

    said, (body, _), server = asyncio.run(asyncio.wait_for(work(), 90))
    gc.collect()
    assert server.find("urn:x") is not None and server.find("urn:y") is None and body == GOOD
    assert "4.03" in "".join(map(str, said[1]))
