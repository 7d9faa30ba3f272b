"""A server that survives: nonces, open sessions, jobs and their results in one SQLite file.

A session is a function of what it was given: its account, its rules, its jobs, its nonces and the packets that came.
So that is what is written, in one transaction, before an answer leaves; after a crash the packets are played again and
every open session, generators of jobs included, stands where it stood.  A client that repeats a message gets the very
answer that was lost.  A digest of each answer is kept: where playing gives another one, because rules or secrets were
changed in between, the session is dropped and its job waits for the next.

Names and secrets stay in the configuration; the file has nonces and packets.  Packets may hold secrets (a basic proof,
values of nodes), so it is created readable for its owner only.  One server at a time uses a file.
"""

from __future__ import annotations

import os
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from dmkit.auth import Account
from dmkit.server import jobs
from dmkit.server.server import ANY_DEVICE, Open, Server
from dmkit.server.state import ServerState
from dmkit.session.events import (
    Ended,
    Event,
    JobDone,
    JobFailed,
    JobResumed,
    JobStarted,
    JobWaits,
    NonceStored,
    Refused,
    Repeated,
    Step,
)
from dmkit.session.rules import Rules
from dmkit.session.server import ServerSession
from dmkit.session.states import SERVER
from dmkit.session.work import Job, QueuedJob
from dmkit.transport.database import as_json, open_database
from dmkit.wire.codec import codec_for
from dmkit.words.checked import checked
from dmkit.words.errors import CodecError, ConfigError, LocalProtocolError
from dmkit.words.model import Message, Packet
from dmkit.words.records import dataclass

__all__ = ["JobSpec", "StoredServer", "urandom_nonces"]

_KEPT: Final = 1000


@checked
@dataclass(frozen=True, slots=True)
class JobSpec:
    """A job that can be written down: its name in ``jobs.JOBS`` and its options."""

    do: str
    """A name of ``jobs.JOBS``."""
    options: Mapping[str, object]
    """Its arguments by name."""

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
        self.messages = 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._recorded:
            return self._recorded.popleft()
        nonce = next(self._fresh)
        self.drawn.append(nonce)
        return nonce


class StoredServer(Server):
    """A Server whose every step is in ``file`` before its answer leaves.

    ``accounts`` say who there is and with what secrets; the file adds the nonces in force.  ``welcome`` are jobs for
    each device that connects for the first time.  With ``durable`` each step waits for the disk, so that a power cut
    loses nothing; without, what the process has written survives the process, not the machine.  ConfigError when the
    file is not a database of ours or another server uses it.
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
        durable: bool = False,
        resp_uri: Callable[[str, str], str] | None = None,
    ) -> None:
        super().__init__(
            accounts,
            nonces=self._nonces_of,
            rules=rules,
            attempts=attempts,
            max_sessions=max_sessions,
            resp_uri=resp_uri,
        )
        self.welcome_specs = tuple(welcome)
        for spec in self.welcome_specs:
            spec.build()
        self._recorders: dict[Open, _Recorder] = {}
        self._written: dict[str, dict[str, str]] = {}
        self._latest = _Recorder()
        self._started: list[int] = []
        self._device_now: str | None = None
        self._entry_now: Open | None = None
        self._configured = dict(accounts)
        self._db = open_database(Path(file), durable=durable)
        with self._db:
            self._restore()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def restore(self, value: ServerState) -> None:
        """Not here: what is written is what was.  LocalProtocolError."""
        raise LocalProtocolError("a stored server does not go back: what it knows is what stands in its file")

    # -- jobs

    def enqueue(self, device: str, job: Job, name: str | None = None) -> None:
        """Not here: a job that is to survive has a name.  LocalProtocolError."""
        raise LocalProtocolError("a stored server takes jobs by name: add_job(device, JobSpec(name, options))")

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
        self.work.setdefault(device, deque()).append(QueuedJob(f"{spec.do}#{number}", spec.build()))
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
        """As Server.receive; nothing is answered that is not written.  A file that cannot be written is a refusal.

        What fails for another reason costs the device concerned its step, and nobody else anything.
        """
        self._started, self._device_now, self._entry_now = [], None, None
        try:
            with self._db:
                step = super().receive(packet, now)
                if self._entry_now is not None and _changes(step):
                    self._write(self._entry_now, packet, step.reply, now)
        except sqlite3.Error:  # memory is ahead of the file: begin again from what is written
            self._reload()
            return Step(SERVER, packet, None, (Refused(SERVER, "the database cannot be written now"),))
        except Exception:
            if self._device_now is not None:
                self._reload(self._device_now)
            raise
        del self.results[:-_KEPT], self.alerts[:-_KEPT]
        return step

    def _session(self, message: Message, packet: Packet) -> Open | None:
        self._device_now = message.header.source
        return super()._session(message, packet)

    def _speaking(self, entry: Open) -> None:
        self._entry_now = entry

    def _session_added(self, entry: Open, account: Account) -> None:
        self._recorders[entry] = self._latest
        session = entry.session
        cursor = self._db.execute(
            "INSERT INTO session (device, session_id, client, server, resp_uri) VALUES (?, ?, ?, ?, ?)",
            (entry.device, session.session_id, *_nonces(account), session.resp_uri),
        )
        entry.number = int(cursor.lastrowid or 0)

    def _welcome(self, device: str, work: deque[QueuedJob]) -> None:
        for spec in self.welcome_specs:
            self._insert_job(device, spec)

    def _write(self, entry: Open, packet: Packet, reply: Packet | None, now: float) -> None:
        recorder = self._recorders[entry]
        recorder.messages += 1  # counted here: asking the file for the last one took a tenth of the step
        encode = msgspec.json.encode
        record = {"to": packet.to, "body": packet.body, "kind": packet.media_type, "headers": dict(packet.headers)}
        self._db.execute(
            "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                entry.number,
                recorder.messages,
                now,
                encode(record),
                encode(recorder.drawn),
                encode(self._started),
                _digest(reply),
            ),
        )
        recorder.drawn = []

    def _nonces_of(self, device: str) -> Iterator[bytes]:
        self._latest = _Recorder()
        return self._latest

    def _note(self, session: ServerSession, event: Event) -> None:
        super()._note(session, event)
        device = session.device
        match event:
            case NonceStored():
                row = (device, *_nonces(self.accounts[device]))
                self._db.execute("INSERT OR REPLACE INTO nonce VALUES (?, ?, ?)", row)
            case JobStarted(job=name):
                self._started.append(_number(name))
                self._db.execute("UPDATE job SET state = 'running', tries = tries + 1 WHERE id = ?", (_number(name),))
            case JobResumed(job=name):
                self._started.append(_number(name))
                self._db.execute("UPDATE job SET state = 'running', tries = tries + 1 WHERE id = ?", (_number(name),))
            case JobWaits(job=name):  # after a crash it begins anew: jobs that wait look first how things stand
                self._db.execute("UPDATE job SET state = 'queued', tries = tries - 1 WHERE id = ?", (_number(name),))
            case JobDone(job=name, result=result):
                blob = msgspec.json.encode(as_json(result))
                self._db.execute("UPDATE job SET state = 'done', result = ? WHERE id = ?", (blob, _number(name)))
            case JobFailed(job=name, why=why):
                again = any(work.name == name for work in self.work.get(device, ()))
                state = "queued" if again else "failed"
                self._db.execute("UPDATE job SET state = ?, why = ? WHERE id = ?", (state, why, _number(name)))
        info = self.devices.get(device)
        if info is not None and self._written.get(device) is not info:  # each change of it is a dict of its own
            self._written[device] = info
            self._db.execute("INSERT OR REPLACE INTO device VALUES (?, ?)", (device, msgspec.json.encode(info)))

    def expire(self, now: float, idle: float) -> list[Step]:
        """As Server.expire, written down."""
        try:
            with self._db:
                return super().expire(now, idle)
        except Exception:
            self._reload()
            raise

    def _forget(self, entry: Open) -> None:
        super()._forget(entry)
        self._recorders.pop(entry, None)
        self._db.execute("DELETE FROM session WHERE number = ?", (entry.number,))
        self._db.execute("DELETE FROM message WHERE session = ?", (entry.number,))

    # -- after a crash

    def _reload(self, device: str | None = None) -> None:
        """Forget what is in memory, of ``device`` or of all, and begin again from the file."""
        self._db.rollback()
        if device is None:
            tables = (
                self.work,
                self.waiting,
                self.devices,
                self._written,
                self._open,
                self._beside,
                self._running,
                self._tries,
                self._over,
                self._unproven,
                self._recorders,
            )
            for table in tables:
                table.clear()
            self.accounts = dict(self._configured)
            self._many = 0
        else:
            for entry in [e for e in (self._open.pop(device, None), *self._beside.pop(device, ())) if e is not None]:
                self._many -= 1
                for entries in (self._over, self._unproven, self._recorders):
                    entries.pop(entry, None)
            for names in (self.work, self.waiting, self.devices, self._running, self.accounts, self._written):
                names.pop(device, None)
            self._tries = {key: tries for key, tries in self._tries.items() if key[0] != device}
            if device in self._configured:
                self.accounts[device] = self._configured[device]
        with self._db:
            self._restore(device)

    def _restore(self, only: str | None = None) -> None:
        """Take what the file has, of the device ``only`` or of all."""
        where = ("", ()) if only is None else (" WHERE device = ?", (only,))
        for device, client, server in self._db.execute(f"SELECT device, client, server FROM nonce{where[0]}", where[1]):
            account = self._configured.get(device) or self._configured.get(ANY_DEVICE)
            if account is not None:
                self.accounts[device] = account.with_nonces(client, server)
        for device, blob in self._db.execute(f"SELECT device, info FROM device{where[0]}", where[1]):
            self.devices[device] = msgspec.json.decode(blob, type=dict[str, str])
            self._written[device] = self.devices[device]
        works = self._works(only)
        query = f"SELECT number, device, session_id, client, server, resp_uri FROM session{where[0]} ORDER BY number"
        for number, device, session_id, client, server, resp_uri in self._db.execute(query, where[1]).fetchall():
            account = (self.accounts.get(device) or self.accounts.get(ANY_DEVICE) or self._stranger()).with_nonces(
                client, server
            )
            self._replay(number, device, session_id, account, resp_uri, works)
        query = "SELECT id, device, state, tries FROM job WHERE state IN ('queued', 'running')"
        query += " ORDER BY id" if only is None else " AND device = ? ORDER BY id"
        for number, device, state, tries in self._db.execute(query, where[1]).fetchall():
            work = works[number]
            self._tries[device, work.name] = tries - (state == "running")
            entry = self._open.get(device)
            queue = entry.session.jobs if entry is not None else None
            if queue is None or not queue.busy or queue.name != work.name:
                self.work.setdefault(device, deque()).append(work)

    def _works(self, only: str | None) -> dict[int, QueuedJob]:
        """The jobs that open sessions and waiting devices may need; what cannot be built any more has failed."""
        works = {}
        wanted = "(state IN ('queued', 'running') OR device IN (SELECT device FROM session))"
        where = ("", ()) if only is None else (" AND device = ?", (only,))
        for number, do, options in self._db.execute(
            f"SELECT id, do, options FROM job WHERE {wanted}{where[0]}", where[1]
        ).fetchall():
            try:
                works[number] = QueuedJob(f"{do}#{number}", JobSpec(do, msgspec.json.decode(options)).build())
            except ConfigError as error:
                why = ("failed", str(error), number)
                self._db.execute("UPDATE job SET state = ?, why = ? WHERE id = ? AND state != 'done'", why)
        return works

    def _replay(
        self,
        number: int,
        device: str,
        session_id: str,
        account: Account,
        resp_uri: str | None,
        works: Mapping[int, QueuedJob],
    ) -> None:
        """Play the packets of an open session again; it then stands where it stood, or, where it cannot, has ended."""
        rows = self._db.execute(
            "SELECT at, packet, nonces, started, answer FROM message WHERE session = ? ORDER BY n", (number,)
        ).fetchall()
        nonces = [nonce for row in rows for nonce in msgspec.json.decode(row[2], type=list[bytes])]
        recorder = _Recorder(nonces)
        recorder.messages = len(rows)
        queue: deque[QueuedJob] = deque()
        rules = self.rules
        session = ServerSession(
            account,
            device,
            session_id=session_id,
            nonces=iter(recorder),
            rules=rules,
            work=queue,
            resp_uri=resp_uri,
        )
        entry = Open(session, number=number)
        self._recorders[entry] = recorder
        ran = any(msgspec.json.decode(row[3]) for row in rows)
        for at, blob, _, started, answer in rows:
            record = msgspec.json.decode(blob, type=_Record)
            packet = Packet(record.to, record.body, record.kind, record.headers)
            numbers = msgspec.json.decode(started, type=list[int])
            try:
                queue.extend(works[job] for job in numbers)
                codec = codec_for(packet.media_type, packet.body)
                step = session.take(packet, codec.decode(packet.body, lenient=rules.lenient), at, codec=codec)
            except (CodecError, KeyError):  # stricter rules, or a job that is no more
                break
            if _digest(step.reply) != answer or recorder.drawn:
                break
            entry.last_contact = at
        else:
            self._put_back(entry)
            return
        self._place(entry)
        self._forget(entry)
        if ran:
            self._db.execute("UPDATE job SET state = 'queued' WHERE device = ? AND state = 'running'", (device,))

    def _put_back(self, entry: Open) -> None:
        """``entry`` stands where it stood."""
        device, jobs_now = entry.device, entry.session.jobs
        self._place(entry)
        if entry.proven:
            held = self._open.get(device)
            if held is not None and held is not entry:
                self._beside[device] = [held if other is entry else other for other in self._beside.get(device, ())]
                self._open[device] = entry
            self._unproven.pop(entry, None)
            entry.session.join(self.work.setdefault(device, deque()), self.waiting.setdefault(device, []))
            if jobs_now.busy and jobs_now.job is not None:
                self._running[device] = QueuedJob(jobs_now.name, jobs_now.job)
        self._sorted(entry)


def _changes(step: Step) -> bool:
    """True when a session has changed by ``step``: only then is its packet worth being written."""
    if any(isinstance(event, Repeated) for event in step.events):
        return False
    return step.reply is not None or any(isinstance(event, Ended) for event in step.events)


class _Record(msgspec.Struct):
    to: str
    body: bytes
    kind: str
    headers: dict[str, str]


def _number(name: str) -> int:
    return int(name.rpartition("#")[2])


def _nonces(account: Account) -> tuple[bytes | None, bytes | None]:
    """The nonces in force: the client's and the server's, None where there is no credential."""
    client, server = account.client, account.server
    return (client.nonce if client is not None else None, server.nonce if server is not None else None)


def _digest(reply: Packet | None) -> bytes:
    return sha256(reply.body).digest() if reply is not None else b""
