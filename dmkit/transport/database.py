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

_VERSION: Final = 2
_FROM_1: Final = """
BEGIN IMMEDIATE;
UPDATE job SET state = 'queued' WHERE state = 'running';
DROP TABLE session;
DROP TABLE message;
COMMIT;
"""
_SCHEMA: Final = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS nonce (device TEXT PRIMARY KEY, client BLOB, server BLOB);
CREATE TABLE IF NOT EXISTS device (device TEXT PRIMARY KEY, info BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS job (
  id INTEGER PRIMARY KEY, device TEXT NOT NULL, do TEXT NOT NULL, options BLOB NOT NULL,
  state TEXT NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'failed')),
  tries INTEGER NOT NULL DEFAULT 0, result BLOB, why TEXT);
CREATE TABLE IF NOT EXISTS session (
  number INTEGER PRIMARY KEY AUTOINCREMENT, device TEXT NOT NULL, session_id TEXT NOT NULL,
  client BLOB, server BLOB, resp_uri TEXT);
CREATE TABLE IF NOT EXISTS message (
  session INTEGER NOT NULL, n INTEGER NOT NULL, at REAL NOT NULL, packet BLOB NOT NULL, nonces BLOB NOT NULL,
  started BLOB NOT NULL, answer BLOB NOT NULL, PRIMARY KEY (session, n));
CREATE INDEX IF NOT EXISTS session_of_device ON session (device);
CREATE INDEX IF NOT EXISTS job_of_device ON job (device);
PRAGMA user_version = {_VERSION};
COMMIT;
"""
# a session: its account is that of the configuration with the nonces it began with; message.answer is a digest


def open_database(file: Path, *, durable: bool) -> sqlite3.Connection:
    """The database in ``file``, held for ourselves until it is closed; ConfigError when that cannot be."""
    try:
        if not file.exists():
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        db = sqlite3.connect(file, isolation_level="IMMEDIATE", timeout=0)
    except (OSError, sqlite3.Error) as error:
        raise ConfigError(f"{file}: cannot be opened: {error}") from None
    try:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        [version], [tables] = (
            db.execute(query).fetchone() for query in ("PRAGMA user_version", "SELECT COUNT(*) FROM sqlite_master")
        )
        if version == 1:  # of dmkit 0.1.0: its open sessions end, their jobs wait for the next
            db.executescript(_FROM_1 + _SCHEMA)
        elif version != _VERSION and (version or tables):
            raise ConfigError(f"{file}: a database of another kind or version ({version}); ours is {_VERSION}")
        if not version:
            db.executescript(_SCHEMA)
    except sqlite3.Error as error:
        db.close()
        why = "another server uses it" if "locked" in str(error) else f"not usable as a database: {error}"
        raise ConfigError(f"{file}: {why}") from None
    except ConfigError:
        db.close()
        raise
    return db


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
