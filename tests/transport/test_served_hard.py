"""A served dmkit under load that is killed again and again, and under octets that are no message."""

from __future__ import annotations

import asyncio
import random
import signal
import sqlite3
import subprocess
import sys

import aiohttp
import pytest

import dmkit as dm
from dmkit.device.phone import example_tree
from dmkit.session.events import Ended
from dmkit.transport.config import AccountConfig, ServeConfig
from dmkit.transport.http import reserve
from dmkit.transport.redact import Redactor
from dmkit.transport.serve import make_server
from dmkit.transport.store import urandom_nonces
from dmkit.transport.trace import parse_log_line, write_log_line
from dmkit.wire.codec import WBXML, XML

CONFIG = """
port = {port}
server-id = "dmkit"
database = "{database}"
[[accounts]]
auth = "md5"
user = "client"
password = "clientpw"
server-auth = "md5"
server-password = "srvpw"
[[jobs]]
do = "execute"
uri = "./Vendor/Acme/Count"
[[jobs]]
do = "put"
uri = "./APN/Name"
value = "internet"
[limits]
half-open = 0
"""


class World:
    """Devices that speak at once with a server process that is killed after every ``each`` answers."""

    def __init__(self, config, port, kills, each):
        self.config, self.url = config, f"http://127.0.0.1:{port}/dm"
        self.left, self.each = kills, each
        self.killed = self.answers = 0
        self.ran = {}
        self.process = None
        self.lock = asyncio.Lock()

    async def start(self):
        command = (sys.executable, "-m", "dmkit", "serve", str(self.config))
        self.process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert b"serving" in await self.process.stdout.readline()

    async def kill(self):
        async with self.lock:
            self.process.send_signal(signal.SIGKILL)
            await self.process.wait()
            self.process._transport.close()
            self.killed += 1
            await self.start()

    async def post(self, http, packet):
        """The answer, however often the server dies over it."""
        while True:
            async with self.lock:
                pass
            try:
                headers = {"Content-Type": packet.media_type}
                async with http.post(packet.to, data=packet.body, headers=headers) as response:
                    body = await response.read()
                    assert response.status == 200, body
            except aiohttp.ClientError:
                continue
            self.answers += 1
            if self.left and self.answers % self.each == 0:
                self.left -= 1
                await self.kill()
                if self.answers % 2:  # this answer is lost with it: the device says the same again
                    continue
            return dm.Packet("", body, response.headers["Content-Type"])

    def device(self, number):
        name = f"IMEI:{number:015d}"
        account = dm.Account("dmkit", self.url, dm.Credential("client", "clientpw", b"", "md5"),
                             dm.Credential("dmkit", "srvpw"))  # fmt: skip
        device = dm.Device(example_tree(), account, codec=dm.WBXML, nonces=urandom_nonces())
        device.tree = device.tree.put("./DevInfo/DevId", dm.Node("chr", name))
        device.tree = device.tree.put("./Vendor/Acme/Count", dm.Node("int", "0"))
        self.ran[name] = 0

        def count(tree, call):
            if call.verb is not dm.Verb.EXEC:
                return tree, dm.words.Outcome(None)
            self.ran[name] += 1
            return tree, dm.words.Outcome(dm.StatusCode.OK)

        device.handlers["./Vendor/Acme/Count"] = count
        return device

    async def live(self, http, number):
        device = self.device(number)
        for _ in range(2):
            session = device.connect()
            step = session.start()
            while step.reply is not None:
                step = session.receive(await self.post(http, step.reply))
            assert any(isinstance(event, Ended) and event.well for event in step.events), step.events
        assert device.tree.get("./APN/Name").value == "internet"


@pytest.mark.parametrize(("kills", "devices"), [(3, 4), pytest.param(20, 25, marks=pytest.mark.nightly)])
def test_killed_under_load_it_loses_nothing_and_repeats_nothing(tmp_path, kills, devices):
    with reserve("127.0.0.1") as sock:
        port = sock.getsockname()[1]
    config = tmp_path / "server.toml"
    config.write_text(CONFIG.format(port=port, database=tmp_path / "dm.sqlite"))

    async def run():
        world = World(config, port, kills, each=5)
        await world.start()
        try:
            async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as http:
                await asyncio.gather(*(world.live(http, number) for number in range(devices)))
        finally:
            world.process.send_signal(signal.SIGTERM)
            await world.process.wait()
        return world

    world = asyncio.run(run())
    assert world.killed == kills
    assert set(world.ran.values()) == {1}, "each Exec ran once"
    with sqlite3.connect(tmp_path / "dm.sqlite") as db:
        rows = db.execute("SELECT state, tries, COUNT(*) FROM job GROUP BY state, tries").fetchall()
    db.close()
    assert rows == [("done", 1, 2 * devices)]


# -- octets that are no message -------------------------------------------------------------------------------------


def seeds():
    device = dm.Device.example(rules=dm.Rules(auth="none", server_auth="none"))
    server = dm.Server.example(device)
    jobs = dm.jobs
    for job in (jobs.inventory(), jobs.put("./APN/Name", "x"), jobs.ask("Go on?"), jobs.send(
        dm.Atomic.of(dm.Add.of("./A", b"\x00\xff"), dm.Sequence.of(dm.Delete.of("./A"))))):  # fmt: skip
        server.enqueue(device.address, job)
    packets = [line.packet for line in dm.converse(device, server)]
    bodies = [XML.encode(XML.decode(packet.body)) for packet in packets]
    return [*bodies, *(WBXML.encode(XML.decode(body)) for body in bodies)]


def mutant(rng, bodies):
    """A body with octets changed, cut, doubled, or joined with another."""
    octets = bytearray(rng.choice(bodies))
    for _ in range(rng.randint(1, 6)):
        at, much = rng.randrange(len(octets) + 1), rng.choice((1, 1, 2, 8, 60))
        match rng.randrange(5):
            case 0 if octets:
                octets[min(at, len(octets) - 1)] = rng.randrange(256)
            case 1:
                del octets[at : at + much]
            case 2:
                octets[at:at] = octets[at : at + much]
            case 3:
                octets[at:at] = rng.randbytes(much)
            case _:
                other = rng.choice(bodies)
                octets[at:] = other[rng.randrange(len(other)) :]
    return bytes(octets)


@pytest.mark.parametrize("many", [600, pytest.param(50_000, marks=pytest.mark.nightly)])
def test_mutants_raise_only_codec_errors(many):
    """In the codecs; the server, its log and a device that get them raise nothing at all."""
    rng, bodies = random.Random(many), seeds()
    kinds = (XML.media_type, WBXML.media_type, "", "application/vnd.syncml+xml; charset=utf-16")
    account = AccountConfig(auth="basic", user="u", password="p", server_auth="none")
    server = make_server(ServeConfig(accounts=(account,)))
    redactor = Redactor()
    for number in range(many):
        body = mutant(rng, bodies)
        for codec in (XML, WBXML):
            for lenient in (False, True):
                try:
                    codec.decode(body, lenient=lenient)
                except dm.CodecError:
                    continue
        packet = dm.Packet("https://s/dm", body, rng.choice(kinds))
        server.receive(packet, float(number))
        parse_log_line(write_log_line(0.0, "1", "client", packet, (), redactor))
        if number % 20 == 0:
            device = dm.Device.example(rules=dm.Rules(auth="none", server_auth="none", lenient=bool(number % 40)))
            session = device.connect(session_id="1")
            session.start()
            session.receive(dm.Packet("", body, packet.media_type))
    assert server.work == {} or set(server.work) <= {"IMEI:493005100592800"}
