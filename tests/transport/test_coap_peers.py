"""Independent implementations over loopback, where a user has them; each test says what is missing and skips.

``coap-client`` of libcoap is looked for on the path (Debian: libcoap3-bin), the clients of Eclipse wakaama and of Anjay
where DMKIT_WAKAAMA and DMKIT_ANJAY say; nothing of theirs is in this repository.
"""

from __future__ import annotations

import asyncio
import os
import shutil

import pytest

pytest.importorskip("aiocoap", reason="pip install 'dmkit[lwm2m]'")

from dmkit.lwm2m import firmware
from dmkit.lwm2m.client import Client
from dmkit.lwm2m.coap import Message
from dmkit.lwm2m.definitions import types_of
from dmkit.lwm2m.formats import FORMATS
from dmkit.lwm2m.path import Path
from dmkit.lwm2m.store import STANDARD, Store
from dmkit.transport.coap import CoapDevice, Management
from dmkit.transport.coap_endpoint import free_port

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


def managed(name, command, job):
    """What a job makes of a client in another process that registers as ``name``."""

    async def both():
        management = Management()
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
    answer = yield Message.request("PUT", "/1/0/1", b"600", format=0)
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


def test_anjay_is_managed():
    program = _peer("DMKIT_ANJAY")

    def command(port):
        return (
            program,
            "--endpoint-name",
            "anjay",
            "--server-uri",
            f"coap://127.0.0.1:{port}",
            "--security-mode",
            "nosec",
        )

    found = managed("anjay", command, read_everything)
    assert found["/3/0/0", 0][0] == b"Anjay" and found["write"] == "2.04" and found["nowhere"] == "4.04"
    assert {entry.path for entry in found["/3/0", 110][2]} >= {Path(3, 0, 0)}
