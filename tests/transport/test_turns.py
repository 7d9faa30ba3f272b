"""Messages that arrive at once: one transaction for all, no answer before it, nobody pays for another."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace

import aiohttp
import pytest

import dmkit as dm
from dmkit.session.events import Refused, Step
from dmkit.transport.answering import Answering, ServerLimits
from dmkit.transport.database import open_database
from dmkit.transport.http import application, exchange, start
from dmkit.transport.store import JobSpec, StoredServer

WELCOME = (JobSpec("read", {"uris": ["./DevInfo/Man"]}), JobSpec("put", {"uri": "./APN/Name", "value": "internet"}))


def devices(many):
    made = []
    for number in range(many):
        device = dm.Device.example(codec=dm.WBXML)
        device.tree = device.tree.put("./DevInfo/DevId", dm.Node("chr", f"IMEI:{number}"))
        made.append(device)
    return made


def make(tmp_path, account):
    return StoredServer(tmp_path / "dm.sqlite", {"*": account}, welcome=WELCOME)


def statements(server, work):
    """What SQLite is asked while ``work`` runs."""
    found = []
    server._db.set_trace_callback(found.append)
    work()
    server._db.set_trace_callback(None)
    return found


def begin(server, many, at=0.0):
    """Sessions of ``many`` devices, challenged and proved; their packets of the next turn."""
    sessions = [device.connect() for device in devices(many)]
    packets = [session.start().reply for session in sessions]
    answers = [server.receive(packet, at).reply for packet in packets]
    return sessions, [session.receive(answer).reply for session, answer in zip(sessions, answers, strict=True)]


def test_one_transaction_for_all(tmp_path):
    server = make(tmp_path, dm.Device.example().accounts[0])
    _, packets = begin(server, 8)

    def turn():
        steps = [server.take(packet, 1.0) for packet in packets]
        assert all(step.reply is not None for step in steps)
        assert server.commit()

    asked = statements(server, turn)
    assert sum(text.startswith("BEGIN") for text in asked) == sum(text == "COMMIT" for text in asked) == 1
    server.close()


def test_a_message_writes_what_changed(tmp_path):
    """The row of a device is written when it said something new of itself, its nonces once a message."""
    device = dm.Device.example(codec=dm.WBXML)
    server = make(tmp_path, device.accounts[0])
    texts = []
    session = device.connect()
    step = session.start()
    while step.reply is not None:
        packet, answers = step.reply, []
        texts.append(statements(server, lambda: answers.append(server.receive(packet).reply)))  # noqa: B023
        step = session.receive(answers[0])
    tables = [[text.split()[4 if "REPLACE" in text else 2] for text in asked if "INTO" in text] for asked in texts]
    assert [table.count("device") for table in tables] == [0, 1, 0, 0, 0]
    assert all(table.count("nonce") <= 1 for table in tables)
    assert [table.count("message") for table in tables] == [1] * len(tables)
    server.close()


def test_a_turn_that_cannot_be_written_counts_for_nobody(tmp_path):
    server = make(tmp_path, dm.Device.example().accounts[0])
    sessions, packets = begin(server, 3)
    server._db.set_authorizer(lambda action, *_: sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_INSERT else 0)
    for packet in packets:
        assert server.take(packet).reply is not None
    assert not server.commit()
    server._db.set_authorizer(None)
    while packets[0] is not None:
        steps = [server.take(packet) for packet in packets]
        assert server.commit()
        packets = [s.receive(step.reply).reply for s, step in zip(sessions, steps, strict=True)]
    assert {(row["state"], row["tries"]) for row in server.job_rows()} == {("done", 1)}
    server.close()


def test_a_step_that_fails_costs_its_device_alone(tmp_path, monkeypatch):
    """What others said in the same turn is written; the device stands where it stood, and may say it again."""
    server = make(tmp_path, dm.Device.example().accounts[0])
    sessions, packets = begin(server, 3)
    write = StoredServer._write

    def fails(self, entry, *rest):
        if entry.device == "IMEI:1":
            raise ZeroDivisionError
        write(self, entry, *rest)

    steps = [server.take(packets[0], 1.0)]
    monkeypatch.setattr(StoredServer, "_write", fails)
    with pytest.raises(ZeroDivisionError):
        server.take(packets[1], 1.0)
    monkeypatch.undo()
    steps += [server.take(packets[1], 1.0), server.take(packets[2], 1.0)]
    assert server.commit()
    while packets[0] is not None:
        packets = [s.receive(step.reply).reply for s, step in zip(sessions, steps, strict=True)]
        if packets[0] is not None:
            steps = [server.receive(packet, 2.0) for packet in packets]
    rows = server.job_rows()
    server.close()
    assert {(row["state"], row["tries"]) for row in rows} == {("done", 1)}
    assert len(rows) == 6


def test_a_job_that_is_added_in_the_middle_of_a_turn(tmp_path):
    server = make(tmp_path, dm.Device.example().accounts[0])
    _, packets = begin(server, 2)
    first = server.take(packets[0], 1.0)
    number = server.add_job("IMEI:1", JobSpec("read", {"uris": ["./DevInfo/Mod"]}))
    second = server.take(packets[1], 1.0)
    assert server.commit()
    assert first.reply is not None
    assert second.reply is not None
    assert next(row["id"] for row in server.job_rows() if row["device"] == "IMEI:1") == number
    server.close()
    again = make(tmp_path, dm.Device.example().accounts[0])
    assert [row["id"] for row in again.job_rows()] == [1, 2, 3]
    again.close()


class _Loop:
    """Turns of an event loop by hand."""

    def __init__(self):
        self.calls = []

    def call_soon(self, call):
        self.calls.append(call)


@pytest.mark.parametrize("written", [True, False, ZeroDivisionError])
def test_answers_leave_after_the_commit(monkeypatch, written, caplog):
    loop, order, answers = _Loop(), [], []
    monkeypatch.setattr("asyncio.get_running_loop", lambda: loop)

    def commit():
        order.append("commit")
        if written is ZeroDivisionError:
            raise written
        return written

    def receive(packet, now):
        order.append(packet.body)
        reply = None if packet.body == b"C" else dm.Packet("", packet.body.lower(), "text/x")
        return Step("server", packet, reply, () if reply else (Refused("server", "full"),))

    answering = Answering(receive, commit=commit, limits=ServerLimits(), clock=lambda: 0.0)
    for body in (b"A", b"B", b"C"):
        answering.hand(dm.Packet("", body, ""), "peer", answers.append)
    assert (order, answers, len(loop.calls)) == ([b"A", b"B", b"C"], [], 1)
    loop.calls.pop()()
    assert order[-1] == "commit"
    assert [answer.status for answer in answers] == ([200, 200, 503] if written is True else [503] * 3)
    answering.hand(dm.Packet("", b"D", ""), "peer", answers.append)
    assert len(loop.calls) == 1


def test_many_devices_at_once_over_http(tmp_path):
    async def whole():
        server = make(tmp_path, dm.Device.example().accounts[0])
        commits = 0

        def commit():
            nonlocal commits
            commits += 1
            return server.commit()

        listening = await start(application(server.take, commit=commit))
        took = 0
        async with aiohttp.ClientSession() as http:

            async def one(device):
                nonlocal took
                device.accounts[0] = replace(device.accounts[0], address=listening.url)
                steps = await exchange(device.connect(), http)
                took += sum(step.party == "server" for step in steps)

            await asyncio.gather(*(one(device) for device in devices(20)))
        await listening.close()
        rows = server.job_rows()
        server.close()
        return rows, took, commits

    rows, took, commits = asyncio.run(whole())
    assert {row["state"] for row in rows} == {"done"}
    assert len(rows) == 40
    assert commits < took


def test_a_file_of_an_earlier_version_is_taken_over(tmp_path):
    """Its nonces, its devices and its jobs; open sessions end, and their jobs wait for the next."""
    file = tmp_path / "dm.sqlite"
    with sqlite3.connect(file) as db:
        db.executescript("""
            CREATE TABLE nonce (device TEXT PRIMARY KEY, client BLOB, server BLOB);
            CREATE TABLE device (device TEXT PRIMARY KEY, info BLOB NOT NULL);
            CREATE TABLE job (
              id INTEGER PRIMARY KEY, device TEXT NOT NULL, do TEXT NOT NULL, options BLOB NOT NULL,
              state TEXT NOT NULL DEFAULT 'queued', tries INTEGER NOT NULL DEFAULT 0, result BLOB, why TEXT);
            CREATE TABLE session (
              number INTEGER PRIMARY KEY AUTOINCREMENT, device TEXT NOT NULL, session_id TEXT NOT NULL,
              client BLOB, server BLOB, resp_uri TEXT);
            CREATE TABLE message (
              session INTEGER NOT NULL, n INTEGER NOT NULL, at REAL NOT NULL, packet BLOB NOT NULL,
              nonces BLOB NOT NULL, started BLOB NOT NULL, answer BLOB NOT NULL, PRIMARY KEY (session, n));
            INSERT INTO nonce VALUES ('IMEI:0', x'01', x'02');
            INSERT INTO device VALUES ('IMEI:0', '{"Man": "Acme"}');
            INSERT INTO job (device, do, options, state) VALUES ('IMEI:0', 'read', '{"uris": ["./A"]}', 'running');
            INSERT INTO session (device, session_id) VALUES ('IMEI:0', '1');
            PRAGMA user_version = 2;
        """)
    db.close()
    server = make(tmp_path, dm.Device.example().accounts[0])
    assert server.devices == {"IMEI:0": {"Man": "Acme"}}
    assert server.accounts["IMEI:0"].client.nonce == b"\x01"
    assert [row["state"] for row in server.job_rows()] == ["queued"]
    assert server.sessions == {}
    server.close()
    open_database(file, durable=False).close()
