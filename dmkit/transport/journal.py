"""What a stored server is about to write: the rows of all messages of one turn, written in one transaction.

A row of a device stands once, however often it changed in the turn, and not at all where it is as it was.  Rows of a
message that failed are taken back before anything of it is written.

>>> import sqlite3
>>> from dmkit.transport.database import open_database
>>> journal = Journal(open_database(None, durable=False))
>>> journal.add(DEVICE, ("IMEI:1", b"{}"))
>>> mark = journal.mark()
>>> journal.add(DEVICE, ("IMEI:2", b"{}"))
>>> journal.back_to(mark)
>>> journal.write()
>>> journal.db.execute("SELECT device FROM device").fetchall()
[('IMEI:1',)]
"""

from __future__ import annotations

import sqlite3
from typing import Final, TypeAlias

__all__ = ["DEVICE", "FORGET", "JOB", "JOB_STATE", "MESSAGE", "NONCE", "QUEUE_AGAIN", "SESSION", "Journal"]

JOB: Final = "INSERT INTO job (id, device, do, options) VALUES (?, ?, ?, ?)"
JOB_STATE: Final = (
    "UPDATE job SET state = ?, tries = tries + ?, result = COALESCE(?, result), why = COALESCE(?, why) WHERE id = ?"
)
QUEUE_AGAIN: Final = "UPDATE job SET state = 'queued' WHERE device = ? AND state = 'running'"
SESSION: Final = "INSERT INTO session VALUES (?, ?, ?, ?, ?, ?)"
MESSAGE: Final = "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
NONCE: Final = "INSERT OR REPLACE INTO nonce VALUES (?, ?, ?)"
DEVICE: Final = "INSERT OR REPLACE INTO device VALUES (?, ?)"
FORGET: Final = "DELETE FROM session WHERE number = ?"
_FORGET_MESSAGES: Final = "DELETE FROM message WHERE session = ?"
_LATEST: Final = frozenset({NONCE, DEVICE})
_ORDER: Final = (JOB, JOB_STATE, QUEUE_AGAIN, SESSION, MESSAGE, NONCE, DEVICE, FORGET)

Row: TypeAlias = tuple[object, ...]


class Journal:
    """Rows in the order in which they came, for the database ``db``; sessions are numbered from ``sessions`` on."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self._rows: list[tuple[str, Row]] = []
        self.sessions = self.jobs = 0
        self.count()

    def count(self) -> None:
        """Take the last numbers of sessions and jobs from the file."""
        (self.sessions,) = self.db.execute("SELECT COALESCE(MAX(number), 0) FROM session").fetchone()
        (self.jobs,) = self.db.execute("SELECT COALESCE(MAX(id), 0) FROM job").fetchone()

    def next_session(self) -> int:
        """The number of a session that begins."""
        self.sessions += 1
        return self.sessions

    def next_job(self) -> int:
        """The number of a job that is added."""
        self.jobs += 1
        return self.jobs

    def add(self, statement: str, row: Row) -> None:
        """One more row."""
        self._rows.append((statement, row))

    def mark(self) -> int:
        """Where it stands."""
        return len(self._rows)

    def back_to(self, mark: int) -> None:
        """Leave out what came after ``mark``."""
        del self._rows[mark:]

    def write(self) -> None:
        """Write all in one transaction and be empty; sqlite3.Error, and nothing is written, when that cannot be."""
        if not self._rows:
            return
        rows, self._rows = self._rows, []
        by_statement: dict[str, list[Row]] = {}
        for statement, row in rows:
            by_statement.setdefault(statement, []).append(row)
        gone = {row[0] for row in by_statement.get(FORGET, ())}
        if gone:
            for statement in (SESSION, MESSAGE):  # begun and over within the turn
                kept = [row for row in by_statement.get(statement, ()) if row[0] not in gone]
                by_statement[statement] = kept
        with self.db:
            for statement in _ORDER:
                found = by_statement.get(statement)
                if not found:
                    continue
                if statement in _LATEST:
                    found = list({row[0]: row for row in found}.values())
                self._execute(statement, found)
                if statement is FORGET:
                    self._execute(_FORGET_MESSAGES, found)

    def _execute(self, statement: str, rows: list[Row]) -> None:
        if len(rows) == 1:
            self.db.execute(statement, rows[0])
        else:
            self.db.executemany(statement, rows)
