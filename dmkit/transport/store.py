"""A server that survives: nonces, open sessions, jobs and their results in one SQLite file.

A session is a function of what it was given: its account, its rules, its jobs, its nonces and the packets that came.
So that is what is written before an answer leaves, all messages that arrived at once in one transaction; after a crash
the packets are played again and every open session, generators of jobs included, stands where it stood.  A client that
repeats a message gets the very answer that was lost.  A digest of each answer is kept: where playing gives another one,
because rules or secrets were changed in between, the session is dropped and its job waits for the next.

Names and secrets stay in the configuration; the file has nonces and packets.  Packets may hold secrets (a basic proof,
values of nodes), so it is created readable for its owner only.  One server at a time uses a file.
"""

from __future__ import annotations

import os
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from dmkit.auth import Account
from dmkit.server import jobs
from dmkit.server.server import ANY_DEVICE, Open, Server
from dmkit.server.state import ServerState
from dmkit.session.events import (
    AlertReceived,
    Ended,
    Event,
    JobDone,
    JobFailed,
    JobResumed,
    JobStarted,
    JobWaits,
    NonceStored,
    Repeated,
    Step,
)
from dmkit.session.rules import Rules
from dmkit.session.server import ServerSession
from dmkit.session.work import Job, QueuedJob
from dmkit.transport.answering import unwritten
from dmkit.transport.database import as_json, open_database
from dmkit.transport.journal import DEVICE, FORGET, JOB, JOB_STATE, MESSAGE, NONCE, QUEUE_AGAIN, SESSION, Journal
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
        self.drawn: list[bytes] = []
        self.messages = 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._recorded:
            return self._recorded.popleft()
        nonce = os.urandom(16)
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
        self._taken = self._lost = False
        self._latest = _Recorder()
        self._started: list[int] = []
        self._device_now: str | None = None
        self._entry_now: Open | None = None
        self._configured = dict(accounts)
        self._db = open_database(Path(file), durable=durable)
        self._journal = Journal(self._db)
        self._restore()

    def close(self) -> None:
        """Write what is not written yet, and close the file."""
        self.commit()
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
        number = self._insert_job(device, spec)
        self._flush()
        return number

    def _insert_job(self, device: str, spec: JobSpec) -> int:
        number = self._journal.next_job()
        self._journal.add(JOB, (number, device, spec.do, msgspec.json.encode(spec.options)))
        self.work.setdefault(device, deque()).append(QueuedJob(f"{spec.do}#{number}", spec.build()))
        return number

    def job_rows(self) -> list[dict[str, object]]:
        """Every job with its state and result."""
        self._flush()
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

    # -- a turn: many steps, one transaction

    def receive(self, packet: Packet, now: float = 0.0) -> Step:
        """As Server.receive; nothing is answered that is not written.  A file that cannot be written is a refusal.

        What fails for another reason costs the device concerned its step, and nobody else anything.
        """
        step = self.take(packet, now)
        return step if self.commit() else unwritten(packet)

    def take(self, packet: Packet, now: float = 0.0) -> Step:
        """As ``receive``, but the answer may not leave before ``commit`` has said True."""
        self._started, self._device_now, self._entry_now = [], None, None
        self._taken = True
        mark = self._journal.mark()
        try:
            step = super().receive(packet, now)
            if self._entry_now is not None and _changes(step):
                self._write(self._entry_now, packet, step.reply, now)
        except Exception:
            self._journal.back_to(mark)
            if self._device_now is not None:
                self._begin_again(self._device_now)
            raise
        del self.results[:-_KEPT], self.alerts[:-_KEPT]
        return step

    def commit(self) -> bool:
        """Write the steps taken since the last time; False when that cannot be, and none of them counts."""
        with suppress(sqlite3.Error):
            self._flush()
        lost, self._taken, self._lost = self._lost, False, False
        return not lost

    def _flush(self) -> None:
        try:
            self._journal.write()
        except sqlite3.Error:  # memory is ahead of the file: begin again from what is written
            self._lost = self._taken
            self._reload()
            raise

    def _begin_again(self, device: str) -> None:
        """The step of ``device`` failed: it stands as it stood before, and what others said remains said."""
        with suppress(sqlite3.Error):
            self._flush()
            self._reload(device)

    def _session(self, message: Message, packet: Packet) -> Open | None:
        self._device_now = message.header.source
        return super()._session(message, packet)

    def _speaking(self, entry: Open) -> None:
        self._entry_now = entry

    def _session_added(self, entry: Open, account: Account) -> None:
        self._recorders[entry] = self._latest
        session = entry.session
        entry.number = self._journal.next_session()
        row = (entry.number, entry.device, session.session_id, *_nonces(account), session.resp_uri)
        self._journal.add(SESSION, row)

    def _welcome(self, device: str, work: deque[QueuedJob]) -> None:
        for spec in self.welcome_specs:
            self._insert_job(device, spec)

    def _write(self, entry: Open, packet: Packet, reply: Packet | None, now: float) -> None:
        recorder = self._recorders[entry]
        recorder.messages += 1  # counted here: asking the file for the last one took a tenth of the step
        what = (packet.to, packet.body, packet.media_type, msgspec.json.encode(dict(packet.headers)))
        told = (_json(recorder.drawn), _json(self._started), _digest(reply))
        self._journal.add(MESSAGE, (entry.number, recorder.messages, now, *what, *told))
        recorder.drawn = []

    def _nonces_of(self, device: str) -> Iterator[bytes]:
        self._latest = _Recorder()
        return self._latest

    def _note(self, session: ServerSession, event: Event) -> None:
        super()._note(session, event)
        device, add = session.device, self._journal.add
        if event.__class__ is NonceStored:
            add(NONCE, (device, *_nonces(self.accounts[device])))
        elif event.__class__ is not AlertReceived:
            self._note_job(device, event)
        info = self.devices.get(device)
        if info is not None and self._written.get(device) is not info:
            if self._written.get(device) != info:
                add(DEVICE, (device, msgspec.json.encode(info)))
            self._written[device] = info

    def _note_job(self, device: str, event: Event) -> None:
        add = self._journal.add
        match event:
            case JobStarted(job=name) | JobResumed(job=name):
                self._started.append(_number(name))
                add(JOB_STATE, ("running", 1, None, None, _number(name)))
            case JobWaits(job=name):  # after a crash it begins anew: jobs that wait look first how things stand
                add(JOB_STATE, ("queued", -1, None, None, _number(name)))
            case JobDone(job=name, result=result):
                add(JOB_STATE, ("done", 0, msgspec.json.encode(as_json(result)), None, _number(name)))
            case JobFailed(job=name, why=why):
                again = any(work.name == name for work in self.work.get(device, ()))
                add(JOB_STATE, ("queued" if again else "failed", 0, None, why, _number(name)))

    def expire(self, now: float, idle: float) -> list[Step]:
        """As Server.expire, written down."""
        self._flush()
        try:
            steps = super().expire(now, idle)
        except Exception:
            self._reload()
            raise
        self._flush()
        return steps

    def _forget(self, entry: Open) -> None:
        super()._forget(entry)
        self._recorders.pop(entry, None)
        self._journal.add(FORGET, (entry.number,))

    # -- after a crash

    def _reload(self, device: str | None = None) -> None:
        """Forget what is in memory, of ``device`` or of all, and begin again from the file."""
        self._journal.back_to(0)
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
        self._restore(device)

    def _restore(self, only: str | None = None) -> None:
        """Take what the file has, of the device ``only`` or of all; and write what could not go on as it was."""
        self._journal.count()
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
        self._journal.write()
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
        for number, do, options, state in self._db.execute(
            f"SELECT id, do, options, state FROM job WHERE {wanted}{where[0]}", where[1]
        ).fetchall():
            try:
                works[number] = QueuedJob(f"{do}#{number}", JobSpec(do, msgspec.json.decode(options)).build())
            except ConfigError as error:
                if state != "done":
                    self._journal.add(JOB_STATE, ("failed", 0, None, str(error), number))
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
            "SELECT at, target, body, kind, headers, nonces, started, answer FROM message WHERE session = ? ORDER BY n",
            (number,),
        ).fetchall()
        nonces = [nonce for row in rows for nonce in msgspec.json.decode(row[5], type=list[bytes])]
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
        ran = any(msgspec.json.decode(row[6]) for row in rows)
        for at, target, body, kind, headers, _, started, answer in rows:
            packet = Packet(target, body, kind, msgspec.json.decode(headers, type=dict[str, str]))
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
            self._journal.add(QUEUE_AGAIN, (device,))

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


def _json(value: object) -> bytes:
    return msgspec.json.encode(value) if value else b"[]"


def _changes(step: Step) -> bool:
    """True when a session has changed by ``step``: only then is its packet worth being written."""
    kinds = set(map(type, step.events))
    return Repeated not in kinds and (step.reply is not None or Ended in kinds)


def _number(name: str) -> int:
    return int(name.rpartition("#")[2])


def _nonces(account: Account) -> tuple[bytes | None, bytes | None]:
    """The nonces in force: the client's and the server's, None where there is no credential."""
    client, server = account.client, account.server
    return (client.nonce if client is not None else None, server.nonce if server is not None else None)


def _digest(reply: Packet | None) -> bytes:
    return sha256(reply.body).digest() if reply is not None else b""
