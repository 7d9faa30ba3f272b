"""Journals of provisioning jobs in a SQLite file, for whichever server goes on or undoes.

>>> from tempfile import TemporaryDirectory
>>> with TemporaryDirectory() as folder, FileJournals(f"{folder}/journals.db") as journals:
...     journals["IMEI:1"] = b"{}"
...     list(journals), journals["IMEI:1"]
(['IMEI:1'], b'{}')
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, MutableMapping
from contextlib import closing
from pathlib import Path
from typing import Self

from dmkit.words.asked import asked
from dmkit.words.errors import ConfigError

__all__ = ["FileJournals", "read_journals"]


class FileJournals(MutableMapping[str, bytes]):
    """Device -> octets, each write on the disk before it returns; the file is readable for its owner only.

    Several servers may use one file: whoever writes last counts, and a job reads when it begins.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, FileJournals(f"{folder}/journals.db") as journals:
    ...     journals["IMEI:1"] = b"record"
    ...     dict(journals)
    {'IMEI:1': b'record'}
    """

    @asked
    def __init__(self, file: str | Path) -> None:
        self._file = Path(file)
        try:
            if not self._file.exists():
                os.close(os.open(self._file, os.O_CREAT | os.O_RDWR, 0o600))
            self._db = sqlite3.connect(self._file, isolation_level=None, timeout=5, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("CREATE TABLE IF NOT EXISTS journal (device TEXT PRIMARY KEY, record BLOB NOT NULL)")
        except (OSError, sqlite3.Error) as error:
            raise ConfigError(f"{file}: cannot be opened: {error}") from None

    def __getitem__(self, device: str) -> bytes:
        found = self._db.execute("SELECT record FROM journal WHERE device = ?", (device,)).fetchone()
        if found is None:
            raise KeyError(device)
        return bytes(found[0])

    def __setitem__(self, device: str, record: bytes) -> None:
        self._db.execute("INSERT OR REPLACE INTO journal VALUES (?, ?)", (device, record))

    def __delitem__(self, device: str) -> None:
        if not self._db.execute("DELETE FROM journal WHERE device = ?", (device,)).rowcount:
            raise KeyError(device)

    def __iter__(self) -> Iterator[str]:
        return iter([row[0] for row in self._db.execute("SELECT device FROM journal ORDER BY device")])

    def __len__(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM journal").fetchone()[0])

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@asked
def read_journals(file: str | Path) -> dict[str, bytes]:
    """All that a file of journals holds, device by device; nothing is written to it.  ConfigError when it is none.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with FileJournals(f"{folder}/journals.db") as journals:
    ...         journals["IMEI:1"] = b"record"
    ...     read_journals(f"{folder}/journals.db")
    {'IMEI:1': b'record'}
    """
    try:
        db = sqlite3.connect(f"{Path(file).resolve().as_uri()}?mode=ro", uri=True, timeout=5)
        with closing(db):
            return {str(device): bytes(record) for device, record in
                    db.execute("SELECT device, record FROM journal ORDER BY device")}  # fmt: skip
    except (sqlite3.Error, TypeError) as error:
        raise ConfigError(f"{file}: no file of journals: {error}") from None
