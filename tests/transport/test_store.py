"""A served server on SQLite: crashes lose nothing, repeat nothing and reuse no nonce."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

import dmkit as dm
from dmkit.session.events import Ended
from dmkit.transport.http import exchange, reserve
from dmkit.transport.store import JobSpec, StoredServer
from dmkit.words.errors import ConfigError, LocalProtocolError

WELCOME = (JobSpec("inventory", {}), JobSpec("put", {"uri": "./APN/Name", "value": "internet"}))


def make(path, device, **options):
    return StoredServer(path, {device.address: device.accounts[0]}, rules=device.rules, **options)


def test_a_crash_at_every_message_changes_nothing(tmp_path):
    """The server is thrown away after each message; the next one answers the repeated message in the same octets."""
    device = dm.Device.example(codec=dm.WBXML)
    session = device.connect()
    step = session.start()
    count = 0
    while step.reply is not None:
        server = make(tmp_path / "dm.sqlite", device, welcome=WELCOME)
        answer = server.receive(step.reply, float(count)).reply
        server.close()
        server = make(tmp_path / "dm.sqlite", device, welcome=WELCOME)
        assert server.receive(step.reply, float(count)).reply == answer
        server.close()
        step = session.receive(answer)
        count += 1
    server = make(tmp_path / "dm.sqlite", device)
    rows = server.job_rows()
    assert [(row["do"], row["state"], row["tries"]) for row in rows] == [("inventory", "done", 1), ("put", "done", 1)]
    assert rows[0]["result"]["./DevInfo/Man"] == "Acme"
    assert device.tree.get("./APN/Name").value == "internet"
    assert count >= 5


def test_a_finished_job_does_not_run_again(tmp_path):
    device = dm.Device.example()
    for _ in range(3):
        server = make(tmp_path / "dm.sqlite", device, welcome=(JobSpec("read", {"uris": ["./DevInfo/Man"]}),))
        dm.converse(device, server)
        assert [row["state"] for row in server.job_rows()] == ["done"]
        server.close()


def test_nonces_are_kept_over_a_restart(tmp_path):
    """Only the first session needs a challenge: nobody knows a first nonce."""
    device = dm.Device.example()
    for number in range(3):
        server = make(tmp_path / "dm.sqlite", device)
        server.add_job(device.address, JobSpec("read", {"uris": ["./DevInfo/Man"]}))
        talk = dm.converse(device, server)
        assert len(talk) == (4 if number else 6), number
        server.close()


def test_a_job_whose_session_broke_runs_again(tmp_path):
    device = dm.Device.example()
    server = make(tmp_path / "dm.sqlite", device)
    dm.converse(device, server)
    server.add_job(device.address, JobSpec("put", {"uri": "./APN/Name", "value": "internet"}))
    server.receive(device.connect(session_id="9").start().reply)
    server.expire(now=1000.0, idle=10.0)
    assert [row["state"] for row in server.job_rows()] == ["queued"]
    server.close()
    server = make(tmp_path / "dm.sqlite", device)
    dm.converse(device, server)
    assert [(row["state"], row["tries"]) for row in server.job_rows()] == [("done", 2)]


def test_strangers_leave_no_traces(tmp_path):
    device, stranger = dm.Device.example(), dm.Device.example()
    stranger.accounts[0] = replace(stranger.accounts[0], client=dm.Credential("client", "wrong", b"", "md5"))
    server = make(tmp_path / "dm.sqlite", device, welcome=WELCOME)
    dm.converse(stranger, server)
    server.expire(now=1000.0, idle=10.0)
    assert server.job_rows() == []
    server.close()


def test_the_file_is_for_its_owner_only(tmp_path):
    make(tmp_path / "dm.sqlite", dm.Device.example()).close()
    assert stat.S_IMODE(os.stat(tmp_path / "dm.sqlite").st_mode) == 0o600


def test_a_file_that_is_no_database_is_one_sentence(tmp_path):
    (tmp_path / "dm.sqlite").write_bytes(b"no database, surely" * 100)
    with pytest.raises(ConfigError, match="not usable as a database"):
        make(tmp_path / "dm.sqlite", dm.Device.example())


def half_way(path, rules, account, **options):
    """A device in the middle of a session with a server that is gone; the device's next packet."""
    device = dm.Device.example()
    server = StoredServer(path, {device.address: account}, rules=rules, welcome=WELCOME, **options)
    session = device.connect()
    answer = server.receive(session.start().reply, 0.0).reply
    packet = session.receive(answer).reply
    server.receive(packet, 1.0)
    assert [row["state"] for row in server.job_rows()] == ["running", "queued"]
    server.close()
    return device, packet


@pytest.mark.parametrize("change", ["rules", "secret"])
def test_a_session_that_cannot_go_on_as_it_was_ends_cleanly(tmp_path, change):
    """Rules or secrets changed while the server was down: its job waits for the next session."""
    account = dm.Device.example().accounts[0]
    device, _ = half_way(tmp_path / "dm.sqlite", dm.Rules(), account)
    rules = dm.Rules(max_message=3000) if change == "rules" else dm.Rules()
    if change == "secret":
        account = replace(account, server=replace(account.server, secret="other"))
        device.accounts[0] = account
    server = StoredServer(tmp_path / "dm.sqlite", {device.address: account}, rules=rules)
    assert server.sessions == {}
    assert [row["state"] for row in server.job_rows()] == ["queued", "queued"]
    dm.converse(device, server)
    assert [(row["state"], row["tries"]) for row in server.job_rows()] == [("done", 2), ("done", 1)]
    server.close()


def test_secrets_come_from_the_configuration_and_nonces_from_the_file(tmp_path):
    device = dm.Device.example()
    server = make(tmp_path / "dm.sqlite", device)
    dm.converse(device, server)
    server.close()
    old = device.accounts[0]
    new = replace(old, client=replace(old.client, secret="changed"))
    server = StoredServer(tmp_path / "dm.sqlite", {device.address: new})
    assert server.accounts[device.address].client.secret == "changed"
    assert server.accounts[device.address].client.nonce == old.client.nonce != b""
    server.close()
    assert old.client.secret.encode() not in (tmp_path / "dm.sqlite").read_bytes()


def test_a_file_that_cannot_be_written_refuses_and_forgets_nothing(tmp_path):
    device = dm.Device.example()
    server = make(tmp_path / "dm.sqlite", device, welcome=WELCOME)
    session = device.connect()
    first = server.receive(session.start().reply).reply
    packet = session.receive(first).reply
    server._db.set_authorizer(lambda action, *_: sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_INSERT else 0)
    step = server.receive(packet)
    assert step.reply is None
    assert "cannot be written" in step.events[0].why
    server._db.set_authorizer(None)
    while packet is not None:
        packet = session.receive(server.receive(packet).reply).reply
    assert [(row["state"], row["tries"]) for row in server.job_rows()] == [("done", 1), ("done", 1)]
    server.close()


def test_one_server_at_a_time(tmp_path):
    device = dm.Device.example()
    server = make(tmp_path / "dm.sqlite", device)
    with pytest.raises(ConfigError, match="another server uses it"):
        make(tmp_path / "dm.sqlite", device)
    server.close()


def test_jobs_without_a_name_are_refused(tmp_path):
    device = dm.Device.example()
    server = make(tmp_path / "dm.sqlite", device, durable=True)
    with pytest.raises(LocalProtocolError, match="add_job"):
        dm.converse(device, server, job=dm.jobs.read("./DevInfo/Man"))
    server.close()


def test_attempts_are_counted_over_restarts(tmp_path):
    device = dm.Device.example()
    for number in range(4):
        server = make(tmp_path / "dm.sqlite", device)
        if number == 0:
            server.add_job(device.address, WELCOME[1])
        session = device.connect(session_id=f"{number}0")
        step = session.start()
        while server.job_rows()[0]["state"] == "queued":
            step = session.receive(server.receive(step.reply).reply)
        server.expire(now=1000.0, idle=10.0)
        rows = [(row["state"], row["tries"]) for row in server.job_rows()]
        server.close()
    assert rows == [("failed", 3)]


@pytest.mark.parametrize(("devices", "seed"), [(1, None), (2, None), (1, 1), (1, 2), (4, 1), (4, 2)])
def test_killed_before_every_statement(tmp_path, devices, seed):
    """Real processes, real kill -9, at every SQL statement, packet and answer of two sessions of each device.

    Packets of several devices are taken in one turn: one transaction, and no answer before it.
    """
    driver = [sys.executable, str(Path(__file__).with_name("crash_driver.py")), str(tmp_path), str(devices)]
    done = subprocess.run([*driver, *([str(seed)] if seed else [])], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout)["deaths"] >= (60 if seed is None else 3)


CONFIG = """
port = {port}
server-id = "com.mgmtsrv.manage"
database = "{database}"
[[accounts]]
device = "*"
user = "client"
password = "clientpw"
server-user = "com.mgmtsrv.manage"
server-password = "srvpw"
[[jobs]]
do = "inventory"
[[jobs]]
do = "execute"
uri = "./Vendor/Acme/Count"
[[jobs]]
do = "put"
uri = "./APN/Name"
value = "internet"
"""


async def _lives(config, device, seeds):
    """Sessions of ``device`` while its server is killed and started again; how often it was killed."""
    rng = random.Random(seeds)
    process = None
    kills = 0

    async def up():
        nonlocal process
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "dmkit", "serve", str(config), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        line = await process.stdout.readline()
        assert b"serving" in line, line + await process.stdout.read()

    async def killer(request_count):
        nonlocal kills
        process.send_signal(signal.SIGKILL)
        await process.wait()
        process._transport.close()
        kills += 1
        await up()

    await up()
    try:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as http:
            for _ in range(3):
                session = device.connect()
                step = session.start()
                while step.reply is not None:
                    moment = rng.choice(["before", "after", "none"])
                    headers = {"Content-Type": step.reply.media_type}
                    if moment == "before":
                        await killer(0)
                    async with http.post(step.reply.to, data=step.reply.body, headers=headers) as response:
                        assert response.status == 200, await response.text()
                        body = await response.read()
                        kind = response.headers["Content-Type"]
                    if moment == "after":  # the answer is lost with the server; the device sends again
                        await killer(0)
                        again = session.expire()
                        async with http.post(again.reply.to, data=again.reply.body, headers=headers) as response:
                            assert await response.read() == body
                    step = session.receive(dm.Packet("", body, kind))
                assert any(isinstance(e, Ended) and e.well for e in step.events)
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()
    return kills


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_any_moment_and_restarted(tmp_path, seed):
    """kill -9 before and after answers: every job once, every nonce once, every session to its end."""
    with reserve("127.0.0.1") as sock:
        port = sock.getsockname()[1]
    config = tmp_path / "server.toml"
    config.write_text(CONFIG.format(port=port, database=tmp_path / "dm.sqlite"))
    runs = []
    device = dm.Device.example()
    device.tree = device.tree.put("./Vendor/Acme/Count", dm.Node("int", "0"))

    def count(tree, call):
        runs.append(call.now)
        return tree, dm.words.Outcome(dm.StatusCode.OK)

    device.handlers["./Vendor/Acme/Count"] = count_once(count)
    device.accounts[0] = replace(device.accounts[0], address=f"http://127.0.0.1:{port}/dm")
    kills = asyncio.run(_lives(config, device, seed))
    assert kills >= 3
    assert len(runs) == 1, "the Exec ran once"
    assert device.tree.get("./APN/Name").value == "internet"
    with sqlite3.connect(tmp_path / "dm.sqlite") as db:
        assert [row[0] for row in db.execute("SELECT state FROM job ORDER BY id")] == ["done"] * 3
        drawn = [n for (text,) in db.execute("SELECT nonces FROM message") for n in json.loads(text)]
    db.close()
    assert len(drawn) == len(set(drawn))


def count_once(handler):
    """A handler for Exec that leaves Get alone."""

    def handle(tree, call):
        return handler(tree, call) if call.verb is dm.Verb.EXEC else (tree, dm.words.Outcome(None))

    return handle


def test_a_session_over_http_on_the_store(tmp_path):
    from dmkit.transport.http import application, start

    device = dm.Device.example(codec=dm.WBXML)

    async def run():
        server = make(tmp_path / "dm.sqlite", device, welcome=WELCOME)
        listening = await start(application(server.receive))
        device.accounts[0] = replace(device.accounts[0], address=listening.url)
        async with aiohttp.ClientSession() as http:
            await exchange(device.connect(), http)
        await listening.close()
        rows = server.job_rows()
        server.close()
        return rows

    assert [row["state"] for row in asyncio.run(run())] == ["done", "done"]
