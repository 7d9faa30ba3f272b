"""DTLS under CoAP: handshakes of real peers against the one that is computed, and LwM2M through it, both ways.

openssl (on the path) does a handshake with itself; LwM2M needs the library DTLSSocket.  What is missing is said.
"""

from __future__ import annotations

import asyncio
import gc
import shutil
from importlib.util import find_spec

import pytest

from dmkit.lwm2m.handshake import DtlsFlights
from dmkit.transport.dtls_capture import Relay, RelayedDatagram, dtls_records, flights_of
from dmkit.words.errors import CodecError, ConfigError

NAME, KEY = "urn:imei:493005100592800", b"secretPSK"
OPENSSL = shutil.which("openssl")
TINYDTLS = find_spec("DTLSSocket") is not None and find_spec("aiocoap") is not None


def with_tinydtls(test):
    """Skipped where the library is not; what aiocoap leaves behind at the end of its sessions is no fault of ours."""
    quiet = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore:DTLS module")
    return quiet(pytest.mark.skipif(not TINYDTLS, reason="pip install DTLSSocket (and dmkit[lwm2m])")(test))


def seen_and_computed(datagrams, tag):
    """Kinds and octets of the records of a handshake, as seen and as computed from its parameters."""
    handshake = [(d.sender, r.kind, r.octets) for d in datagrams for r in dtls_records(d.octets) if r.kind not in
                 ("ApplicationData", "Alert")]  # fmt: skip
    flights = flights_of(datagrams, tag=tag)
    return handshake, [(m.sender, m.name, m.octets) for m in flights.messages]


def test_a_captured_handshake_of_tinydtls():
    """Octets of a run on the loopback, 30 November 2026: aiocoap 0.4.17 and DTLSSocket 0.2.3 on both sides."""
    random = "00" * 32
    hello = f"fefd{random}0010{'00' * 16}0006c0a8c0a400ff0100000400170000"
    answer = f"fefd{random}00c0a800000900170000ff01000100"
    captured = [
        ("device", "16feff00000000000000010050" + "010000440001000000000044" + hello),
        ("server", "16fefd0000000000000001003d" + "020000310001000000000031" + answer),
        ("device", "16fefd00000000000000030026" + "1000001a000200000000001a" + "0018" + NAME.encode().hex()),
    ]
    flights = flights_of([RelayedDatagram(sender, bytes.fromhex(octets)) for sender, octets in captured])
    assert flights == DtlsFlights() and (flights.up, flights.down) == (288, 210)
    assert flights.record(13) == 42 and flights.record(28) == 57, "a read of LwM2M and its answer"


@pytest.mark.parametrize("octets", ["16", "16fefd00", "ff" * 20, "16fefd0000000000000001ffff", "00" * 13])
def test_what_is_no_record(octets):
    with pytest.raises(CodecError):
        dtls_records(bytes.fromhex(octets))


def test_half_a_handshake_has_no_parameters():
    with pytest.raises(CodecError, match="ServerHelloDone was seen"):
        flights_of([RelayedDatagram("server", bytes.fromhex("16fefd0000000000000002000c0e0000000002000000000000"))])


@pytest.mark.parametrize(
    ("more", "up", "down", "messages"),
    [
        ({"identity": 25}, 1, 0, 0),
        ({"hint": 5}, 0, 13 + 12 + 2 + 5, 1),  # a ServerKeyExchange of its own
        ({"cookie": 17}, 1, 1, 0),
        ({"suites": 4}, 2 * 2, 0, 0),  # in both hellos
        ({"client_extensions": 10}, 2 * 4, 0, 0),
        ({"server_extensions": 12}, 0, 1, 0),
        ({"session": 32}, 0, 32, 0),
        ({"ticket": 16}, 0, 13 + 12 + 4 + 2 + 16, 1),  # a NewSessionTicket
        ({"nonce": 9}, 1, 1, 0),  # in each Finished
        ({"tag": 16}, 8, 8, 0),
    ],
)
def test_a_handshake_costs_what_its_parameters_say(more, up, down, messages):
    usual, other = DtlsFlights(), DtlsFlights(**more)
    assert (other.up - usual.up, other.down - usual.down) == (up, down)
    assert other.count("server") - usual.count("server") == messages
    assert len(other.messages) == other.count("server") + other.count("device")


async def of_openssl(cipher):
    """What passes when openssl talks to itself: a handshake, and 13 octets."""
    from dmkit.transport.coap_endpoint import free_port

    port, quiet = free_port(), {"stdin": -1, "stdout": -3, "stderr": -3}
    common = ("-dtls1_2", "-psk", KEY.hex(), "-cipher", cipher, "-quiet")
    server = await asyncio.create_subprocess_exec(
        OPENSSL, "s_server", *common, "-nocert", "-accept", f"127.0.0.1:{port}", **quiet
    )
    relay = Relay("127.0.0.1", port)
    near = await relay.open()
    client = None
    try:
        for _ in range(40):
            client = await asyncio.create_subprocess_exec(
                OPENSSL, "s_client", *common, "-psk_identity", NAME, "-connect", f"127.0.0.1:{near}", **quiet
            )
            client.stdin.write(bytes(13))
            for _ in range(50):
                await asyncio.sleep(0.02)
                if any(r.kind == "ApplicationData" for d in relay.seen for r in dtls_records(d.octets)):
                    return relay.seen
            client.kill()
            await client.wait()
            relay.seen.clear()
        return []
    finally:
        await relay.close()
        for process in (client, server):
            if process is not None and process.returncode is None:
                process.kill()
                await process.wait()


@pytest.mark.skipif(OPENSSL is None, reason="no openssl on the path")
@pytest.mark.parametrize(
    ("cipher", "tag"), [("PSK-AES128-CCM8", 8), ("PSK-AES128-CCM", 16), ("PSK-AES128-GCM-SHA256", 16)]
)
def test_a_handshake_of_openssl_is_the_one_that_is_computed(cipher, tag):
    seen = asyncio.run(asyncio.wait_for(of_openssl(cipher), 60))
    if not seen:
        pytest.skip(f"this openssl makes no DTLS 1.2 session with {cipher}")
    handshake, computed = seen_and_computed(seen, tag)
    assert handshake == computed
    [said] = [r for d in seen for r in dtls_records(d.octets) if r.kind == "ApplicationData"]
    assert said.octets == flights_of(seen, tag=tag).record(13) == 13 + 13 + 8 + tag


# -- LwM2M through it


def secured(work, *, key=KEY, name=NAME):
    """A management with keys, a relay, a device; what ``work`` makes of them, and what passed."""
    from dmkit.transport.coap import CoapDevice, Management
    from dmkit.transport.coap_endpoint import PreSharedKey
    from tests.transport.test_coap import GOOD, client, verify

    async def run():
        management = Management({"/fw.bin": GOOD}, keys={NAME: KEY, "urn:other": b"another"})
        uri = await management.start()
        relay = Relay("127.0.0.1", int(uri.rsplit(":", 1)[1]))
        near = f"coaps://127.0.0.1:{await relay.open()}"
        device = CoapDevice(client(), verify, key=PreSharedKey(name, key))
        try:
            registered = await device.start(near)
            result = await work(management, device, near, registered)
            if device.client.locations:
                assert (await device.leave(near)).code == "2.02"
            return result, relay.seen
        finally:
            await management.close()
            await relay.close()

    found = asyncio.run(asyncio.wait_for(run(), 60))
    gc.collect()
    return found


@with_tinydtls
def test_a_device_registers_and_is_managed_through_dtls():
    from dmkit.lwm2m import firmware
    from dmkit.lwm2m.coap import Message
    from dmkit.transport.coap_bodies import put_all
    from tests.transport.test_coap import GOOD

    def job(registration):
        read = yield Message.request("GET", "/3/0/0", accept=0)
        for request in put_all("/5/0/0", GOOD):
            answer = yield request
        answer = yield Message.request("POST", "/5/0/2")
        return read.payload, answer.code

    async def work(management, device, near, registered):
        assert (registered.code, registered.location) == ("2.01", "/rd/1")
        return await management.manage(NAME, job), firmware.state(device.client.store)

    (found, state), seen = secured(work)
    assert found == (b"Open Mobile Alliance", "2.04") and state == (0, 1)
    handshake, computed = seen_and_computed(seen, 8)
    assert handshake == computed == [(m.sender, m.name, m.octets) for m in DtlsFlights().messages]
    read = [r.octets for d in seen for r in dtls_records(d.octets) if r.kind == "ApplicationData"][2:4]
    assert read == [DtlsFlights().record(13), DtlsFlights().record(28)], "the 41 octets of the sheet, protected"
    assert not any(b"Open Mobile" in d.octets for d in seen)


@with_tinydtls
def test_a_package_is_fetched_through_dtls():
    from dmkit.lwm2m import firmware
    from dmkit.lwm2m.coap import Message

    async def work(management, device, near, registered):
        def job(registration):
            answer = yield Message.request("PUT", "/5/0/1", f"{near}/fw.bin".encode(), format=0)
            return answer.code

        assert await management.manage(NAME, job) == "2.04" and await device.fetch()
        return firmware.state(device.client.store)

    assert secured(work)[0] == (2, 0)


@with_tinydtls
def test_who_has_a_key_of_its_own_is_nobody_else():
    async def work(management, device, near, registered):
        return registered.code, management.server.registrations

    (code, registrations), _ = secured(work, key=b"another", name="urn:other")
    assert code == "4.03" and registrations == ()


def test_without_the_library_one_sentence_says_which(monkeypatch):
    pytest.importorskip("aiocoap", reason="pip install 'dmkit[lwm2m]'")
    from dmkit.transport import coap_endpoint

    monkeypatch.setattr(coap_endpoint, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="pip install DTLSSocket"):
        asyncio.run(coap_endpoint.Endpoint.open(print, keys=[coap_endpoint.PreSharedKey(NAME, KEY)]))
