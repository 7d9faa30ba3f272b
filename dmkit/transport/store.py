"""A server that survives: accounts, nonces, open sessions, jobs and their results in one SQLite file.

A session is a function of what it was given: its account, its rules, its jobs, its nonces and the packets that came.
So that is what is written, in one transaction, before an answer leaves; after a crash the packets are played again and
every open session, generators of jobs included, stands where it stood.  A client that repeats a message gets the very
answer that was lost.

The file holds credentials: it is created readable for its owner only.
"""

from __future__ import annotations

import os
import sqlite3
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, is_dataclass, replace
from pathlib import Path
from typing import Final

import msgspec

from dmkit import jobs
from dmkit.auth import Account
from dmkit.errors import ConfigError
from dmkit.model import Packet
from dmkit.outcome import Outcome
from dmkit.server import Server
from dmkit.session.events import Event, JobDone, JobFailed, JobStarted, NonceStored, Repeated, Step
from dmkit.session.rules import Rules
from dmkit.session.server import ServerSession
from dmkit.session.work import Work
from dmkit.wire.codec import codec_for

__all__ = ["JobSpec", "StoredServer", "urandom_nonces"]

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS account (device TEXT PRIMARY KEY, account BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS device (device TEXT PRIMARY KEY, info BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS job (
  id INTEGER PRIMARY KEY, device TEXT NOT NULL, do TEXT NOT NULL, options BLOB NOT NULL,
  state TEXT NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'failed')),
  tries INTEGER NOT NULL DEFAULT 0, result BLOB, why TEXT);
CREATE TABLE IF NOT EXISTS session (
  device TEXT PRIMARY KEY, session_id TEXT NOT NULL, account BLOB NOT NULL, resp_uri TEXT);
CREATE TABLE IF NOT EXISTS message (
  device TEXT NOT NULL, n INTEGER NOT NULL, at REAL NOT NULL, packet BLOB NOT NULL, nonces BLOB NOT NULL,
  started BLOB NOT NULL, PRIMARY KEY (device, n));
"""


@dataclass(frozen=True, slots=True)
class JobSpec:
    """A job that can be written down: its name in ``jobs.JOBS`` and its options."""

    do: str
    options: Mapping[str, object]

    def build(self) -> jobs.Job:
        """The job; ConfigError when name or options are wrong."""
        return jobs.build(self.do, self.options)


def urandom_nonces(length: int = 16) -> Iterator[bytes]:
    """Nonces nobody can foretell, from the operating system."""
    while True:
        yield os.urandom(length)


class _Recorder:
    """Nonces of one session: those of the record first, then fresh ones; ``drawn`` is what is not yet written."""

    def __init__(self, recorded: Iterable[bytes] = ()) -> None:
        self._recorded = deque(recorded)
        self._fresh = urandom_nonces()
        self.drawn: list[bytes] = []

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._recorded:
            return self._recorded.popleft()
        nonce = next(self._fresh)
        self.drawn.append(nonce)
        return nonce


def _plain(result: object) -> object:
    """``result`` as JSON has it."""
    if isinstance(result, Outcome):
        return {"status": None if result.status is None else int(result.status), "text": result.text, "why": result.why}
    if isinstance(result, Mapping):
        return {str(key): _plain(value) for key, value in result.items()}
    if isinstance(result, list | tuple):
        return [_plain(value) for value in result]
    if is_dataclass(result) and not isinstance(result, type):
        return asdict(result)
    return result if isinstance(result, str | int | float | bool) or result is None else str(result)


class StoredServer(Server):
    """A Server whose every step is in ``file`` before its answer leaves.

    ``accounts`` of the configuration count for devices that the file does not know yet.  ``welcome`` are jobs for each
    device that connects for the first time.  ConfigError when the file is not a database of ours.
    """

    def __init__(
        self,
        file: str | Path,
        accounts: Mapping[str, Account],
        *,
        rules: Rules | None = None,
        welcome: Iterable[JobSpec] = (),
        attempts: int = 3,
        max_sessions: int = 10_000,
    ) -> None:
        super().__init__(accounts, nonces=self._nonces_of, rules=rules, attempts=attempts, max_sessions=max_sessions)
        self.welcome_specs = tuple(welcome)
        for spec in self.welcome_specs:
            spec.build()
        self._recorders: dict[str, _Recorder] = {}
        self._started: list[int] = []
        self._session_now: ServerSession | None = None
        self._db = _open(Path(file))
        self._configured = set(self.accounts)
        for device, blob in self._db.execute("SELECT device, account FROM account"):
            self.accounts[device] = msgspec.json.decode(blob, type=Account)
        for device, blob in self._db.execute("SELECT device, info FROM device"):
            self.devices[device] = msgspec.json.decode(blob, type=dict[str, str])
        self._restore()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    # -- jobs

    def add_job(self, device: str, spec: JobSpec) -> int:
        """Write a job down and let it run in the present or next session of ``device``; its number."""
        spec.build()
        with self._db:
            number = self._insert_job(device, spec)
        return number

    def _insert_job(self, device: str, spec: JobSpec) -> int:
        cursor = self._db.execute(
            "INSERT INTO job (device, do, options) VALUES (?, ?, ?)",
            (device, spec.do, msgspec.json.encode(spec.options)),
        )
        number = int(cursor.lastrowid or 0)
        self.work.setdefault(device, deque()).append(Work(f"{spec.do}#{number}", spec.build()))
        return number

    def job_rows(self) -> list[dict[str, object]]:
        """Every job with its state and result."""
        columns = ("id", "device", "do", "options", "state", "tries", "result", "why")
        rows = self._db.execute(f"SELECT {', '.join(columns)} FROM job ORDER BY id")
        decoded = {"options", "result"}
        return [
            {
                name: msgspec.json.decode(value) if name in decoded and value is not None else value
                for name, value in zip(columns, row, strict=True)
            }
            for row in rows
        ]

    # -- one step, one transaction

    def receive(self, packet: Packet, now: float = 0.0) -> Step:
        """As Server.receive; nothing is answered that is not written."""
        with self._db:
            self._started, self._session_now = [], None
            step = super().receive(packet, now)
            if self._session_now is not None and not any(isinstance(event, Repeated) for event in step.events):
                self._write(self._session_now, packet, now)
        return step

    def _speaking(self, session: ServerSession) -> None:
        self._session_now = session

    def _session_added(self, session: ServerSession, account: Account) -> None:
        device = session.device
        if device not in self.devices and not self.work.get(device):
            for spec in self.welcome_specs:
                self._insert_job(device, spec)
        self._db.execute("DELETE FROM message WHERE device = ?", (device,))
        self._db.execute(
            "INSERT OR REPLACE INTO session VALUES (?, ?, ?, ?)",
            (device, session.session_id, msgspec.json.encode(account), session.rules.resp_uri),
        )

    def _write(self, session: ServerSession, packet: Packet, now: float) -> None:
        device = session.device
        recorder = self._recorders[device]
        row = self._db.execute("SELECT COALESCE(MAX(n), 0) + 1 FROM message WHERE device = ?", (device,)).fetchone()
        encode = msgspec.json.encode
        record = {"to": packet.to, "body": packet.body, "kind": packet.media_type, "headers": dict(packet.headers)}
        self._db.execute(
            "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?)",
            (device, row[0], now, encode(record), encode(recorder.drawn), encode(self._started)),
        )
        recorder.drawn = []

    def _nonces_of(self, device: str) -> Iterator[bytes]:
        recorder = self._recorders[device] = _Recorder()
        return recorder

    def _note(self, session: ServerSession, event: Event) -> None:
        super()._note(session, event)
        device = session.device
        match event:
            case NonceStored():
                blob = msgspec.json.encode(self.accounts[device])
                self._db.execute("INSERT OR REPLACE INTO account VALUES (?, ?)", (device, blob))
            case JobStarted(job=name):
                self._started.append(_number(name))
                self._db.execute("UPDATE job SET state = 'running', tries = tries + 1 WHERE id = ?", (_number(name),))
            case JobDone(job=name, result=result):
                blob = msgspec.json.encode(_plain(result))
                self._db.execute("UPDATE job SET state = 'done', result = ? WHERE id = ?", (blob, _number(name)))
            case JobFailed(job=name, why=why):
                again = any(work.name == name for work in self.work.get(device, ()))
                state = "queued" if again else "failed"
                self._db.execute("UPDATE job SET state = ?, why = ? WHERE id = ?", (state, why, _number(name)))
        if device in self.devices:
            blob = msgspec.json.encode(self.devices[device])
            self._db.execute("INSERT OR REPLACE INTO device VALUES (?, ?)", (device, blob))

    def expire(self, now: float, idle: float) -> list[Step]:
        """As Server.expire, written down."""
        with self._db:
            return super().expire(now, idle)

    def _forget(self, device: str) -> None:
        super()._forget(device)
        if device not in self.devices:  # it never proved itself: no traces
            self.work.pop(device, None)
            self._db.execute("DELETE FROM job WHERE device = ? AND tries = 0 AND state = 'queued'", (device,))
        self._db.execute("DELETE FROM session WHERE device = ?", (device,))
        self._db.execute("DELETE FROM message WHERE device = ?", (device,))

    # -- after a crash

    def _restore(self) -> None:
        open_sessions = self._db.execute("SELECT device, session_id, account, resp_uri FROM session").fetchall()
        waiting: dict[str, list[tuple[int, str]]] = {}
        specs: dict[int, JobSpec] = {}
        for number, device, do, options, state in self._db.execute(
            "SELECT id, device, do, options, state FROM job ORDER BY id"
        ):
            specs[number] = JobSpec(do, msgspec.json.decode(options))
            if state in ("queued", "running"):
                waiting.setdefault(device, []).append((number, state))
        for device, session_id, account, resp_uri in open_sessions:
            self._replay(device, session_id, msgspec.json.decode(account, type=Account), resp_uri, specs)
        for device, numbers in waiting.items():
            running = self.sessions[device].desk.name if device in self.sessions else ""
            queue = self.work.setdefault(device, deque())
            for number, _ in numbers:
                name = f"{specs[number].do}#{number}"
                if name != running or not self.sessions[device].desk.busy:
                    queue.append(Work(name, specs[number].build()))

    def _replay(
        self, device: str, session_id: str, account: Account, resp_uri: str | None, specs: Mapping[int, JobSpec]
    ) -> None:
        """Play the packets of an open session again; it then stands where it stood."""
        rows = self._db.execute(
            "SELECT at, packet, nonces, started FROM message WHERE device = ? ORDER BY n", (device,)
        ).fetchall()
        nonces = [nonce for row in rows for nonce in msgspec.json.decode(row[2], type=list[bytes])]
        recorder = self._recorders[device] = _Recorder(nonces)
        queue = self.work.setdefault(device, deque())
        session = ServerSession(
            account,
            device,
            session_id=session_id,
            nonces=iter(recorder),
            rules=replace(self.rules, resp_uri=resp_uri),
            work=queue,
        )
        for at, blob, _, started in rows:
            record = msgspec.json.decode(blob, type=_Record)
            packet = Packet(record.to, record.body, record.kind, record.headers)
            for number in msgspec.json.decode(started, type=list[int]):
                queue.append(Work(f"{specs[number].do}#{number}", specs[number].build()))
            session.codec = codec_for(packet.media_type, packet.body)
            session.take(packet, session.codec.decode(packet.body, lenient=self.rules.lenient), at)
            self._last_heard[device] = at
        queue.clear()
        self.sessions[device] = session
        if session.desk.busy and session.desk.job is not None:
            self._running[device] = Work(session.desk.name, session.desk.job)


class _Record(msgspec.Struct):
    to: str
    body: bytes
    kind: str
    headers: dict[str, str]


def _number(name: str) -> int:
    return int(name.rpartition("#")[2])


def _open(file: Path) -> sqlite3.Connection:
    if not file.exists():
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    try:
        db = sqlite3.connect(file, isolation_level="IMMEDIATE")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.executescript(_SCHEMA)
    except sqlite3.Error as error:
        raise ConfigError(f"{file}: not usable as a database: {error}") from None
    return db
