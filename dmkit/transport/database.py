"""The SQLite file of a server that survives: its tables, how it is opened and held, results as JSON has them."""

from __future__ import annotations

import os
import sqlite3
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Final

from dmkit.words.errors import ConfigError
from dmkit.words.outcome import Outcome

__all__ = ["as_json", "open_database"]

_VERSION: Final = 3
_FROM_OLDER: Final = """
UPDATE job SET state = 'queued' WHERE state = 'running';
ALTER TABLE nonce RENAME TO old_nonce;
ALTER TABLE device RENAME TO old_device;
DROP TABLE session;
DROP TABLE message;
"""
_KEEP: Final = """
INSERT INTO nonce SELECT * FROM old_nonce;
INSERT INTO device SELECT * FROM old_device;
DROP TABLE old_nonce;
DROP TABLE old_device;
"""
_SCHEMA: Final = f"""
CREATE TABLE IF NOT EXISTS nonce (device TEXT PRIMARY KEY, client BLOB, server BLOB) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS device (device TEXT PRIMARY KEY, info BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS job (
  id INTEGER PRIMARY KEY, device TEXT NOT NULL, do TEXT NOT NULL, options BLOB NOT NULL,
  state TEXT NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'failed')),
  tries INTEGER NOT NULL DEFAULT 0, result BLOB, why TEXT);
CREATE TABLE IF NOT EXISTS session (
  number INTEGER PRIMARY KEY, device TEXT NOT NULL, session_id TEXT NOT NULL,
  client BLOB, server BLOB, resp_uri TEXT);
CREATE TABLE IF NOT EXISTS message (
  session INTEGER NOT NULL, n INTEGER NOT NULL, at REAL NOT NULL, target TEXT NOT NULL, body BLOB NOT NULL,
  kind TEXT NOT NULL, headers BLOB NOT NULL, nonces BLOB NOT NULL, started BLOB NOT NULL, answer BLOB NOT NULL,
  PRIMARY KEY (session, n)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS job_of_device ON job (device);
PRAGMA user_version = {_VERSION};
"""
# a session: its account is that of the configuration with the nonces it began with; message.answer is a digest


def open_database(file: Path | None, *, durable: bool) -> sqlite3.Connection:
    """The database in ``file``, held for ourselves until it is closed; None for one in memory.

    ConfigError when that cannot be.
    """
    try:
        if file is not None and not file.exists():
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        db = sqlite3.connect(file or ":memory:", isolation_level="IMMEDIATE", timeout=0)
    except (OSError, sqlite3.Error) as error:
        raise ConfigError(f"{file}: cannot be opened: {error}") from None
    try:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        [version], [tables] = (
            db.execute(query).fetchone() for query in ("PRAGMA user_version", "SELECT COUNT(*) FROM sqlite_master")
        )
        if version in (1, 2):  # of dmkit 0.1.0 and 0.2.0: open sessions end, their jobs wait for the next
            _at_once(db, _FROM_OLDER + _SCHEMA + _KEEP)
        elif version != _VERSION and (version or tables):
            raise ConfigError(f"{file}: a database of another kind or version ({version}); ours is {_VERSION}")
        if not version:
            _at_once(db, _SCHEMA)
    except sqlite3.Error as error:
        db.close()
        why = "another server uses it" if "locked" in str(error) else f"not usable as a database: {error}"
        raise ConfigError(f"{file}: {why}") from None
    except ConfigError:
        db.close()
        raise
    return db


def _at_once(db: sqlite3.Connection, script: str) -> None:
    """All statements of ``script``, or none."""
    db.executescript(f"BEGIN IMMEDIATE;\n{script}COMMIT;\n")


def as_json(result: object) -> object:
    """``result`` as JSON has it; octets become ``{"b64": ...}``."""
    if isinstance(result, Outcome):
        return {"status": None if result.status is None else int(result.status), "text": result.text, "why": result.why}
    if isinstance(result, Mapping):
        return {str(key): as_json(value) for key, value in result.items()}
    if isinstance(result, list | tuple):
        return [as_json(value) for value in result]
    if is_dataclass(result) and not isinstance(result, type):
        return asdict(result)
    if isinstance(result, bytes):
        return {"b64": b64encode(result).decode()}
    return result if isinstance(result, str | int | float | bool) or result is None else str(result)
