"""What a card holds, as values: files and keys that survive power-off, and what a session with a terminal adds.

A command gives a new State or none; the old one stays as it was.  So a refused command changes nothing, and a log can
keep every state it went through.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Annotated, Final, TypeAlias

from dmkit.card import access
from dmkit.card.apdu import CommandRefused
from dmkit.card.files import ARR_MF, ARR_USIM, MF, Directory, Ef
from dmkit.words.asked import asked
from dmkit.words.checked import checked
from dmkit.words.ranges import Range
from dmkit.words.records import dataclass

__all__ = ["CardKey", "CardMemory", "CardSession", "FilePath", "LogicalChannel", "Stored", "UsimState", "path_text"]

FilePath: TypeAlias = tuple[int, ...]
"""File identifiers below the MF; ``()`` is the MF."""

CURRENT_ADF: Final = 0x7FFF


@asked
def path_text(path: FilePath) -> str:
    """``3F00/7F50/5031``."""
    return "/".join(f"{fid:04X}" for fid in (MF.fid, *path))


@checked
@dataclass(frozen=True, slots=True)
class CardKey:
    """A PIN or another key that is shown to the card; ``tries`` and ``puk_tries`` are what is left."""

    value: bytes
    """The octets that must be shown, eight for a PIN."""
    tries: Annotated[int, Range("number", 0, 15, whole=True)] = 3
    most: Annotated[int, Range("number", 0, 15, whole=True)] = 3
    """Tries after a right one."""
    puk: bytes = b""
    """What unblocks it; empty: nothing does."""
    puk_tries: Annotated[int, Range("number", 0, 15, whole=True)] = 10
    enabled: bool = True
    """False: the PIN is not asked for."""

    def __repr__(self) -> str:
        state = "blocked" if not self.tries else "on" if self.enabled else "off"
        return f"Key({state}, {self.tries} of {self.most} tries left)"


@dataclass(frozen=True, slots=True)
class Stored:
    """A file on the card: its row, and its octets, one piece when transparent, else a piece per record."""

    row: Ef
    content: tuple[bytes, ...]
    active: bool = True

    @property
    def is_transparent(self) -> bool:
        """One piece of octets, no records."""
        return self.row.structure == "transparent"


@dataclass(frozen=True, slots=True)
class CardMemory:
    """What survives power-off: directories, files, keys by reference."""

    directories: Mapping[FilePath, Directory]
    files: Mapping[FilePath, Stored]
    keys: Mapping[int, CardKey]

    @classmethod
    def of(
        cls, root: Directory, keys: Mapping[int, CardKey], values: Mapping[FilePath, object] | None = None
    ) -> CardMemory:
        """A new card with the files of ``root``; ``values`` says what files say other than their rows do."""
        directories: dict[FilePath, Directory] = {}
        files: dict[FilePath, Stored] = {}
        _lay_out(root, (), values or {}, directories, files)
        return cls(directories, files, dict(keys))

    def with_content(self, path: FilePath, content: tuple[bytes, ...]) -> CardMemory:
        """The same with other octets in one file."""
        return replace(self, files={**self.files, path: replace(self.files[path], content=content)})

    def with_key(self, reference: int, key: CardKey) -> CardMemory:
        """The same with another state of one key."""
        return replace(self, keys={**self.keys, reference: key})

    def name(self, path: FilePath) -> str:
        """What the file or directory is called; its identifier when it is not there."""
        if path in self.files:
            return self.files[path].row.name
        if path in self.directories:
            return self.directories[path].name
        return f"{path[-1]:04X}" if path else MF.name

    def rule_of(self, path: FilePath) -> bytes:
        """The record of EF.ARR that governs the file: the one of its application, else that of the MF."""
        row = self.files[path].row
        usual = (path[0], ARR_USIM) if path and (path[0], ARR_USIM) in self.files else (ARR_MF,)
        arr = _nearest(self.files, path[:-1], row.arr[0]) if row.arr[0] else usual
        stored, number = self.files.get(arr), row.rule
        return stored.content[number - 1] if stored is not None and number <= len(stored.content) else b""

    def decode(self, path: FilePath) -> object:
        """What the file says: what its coding reads, of a file with records a list of it (None for an empty record)."""
        stored = self.files[path]
        read = stored.row.coding.decode
        if stored.is_transparent:
            return read(stored.content[0])
        return [None if piece == b"\xff" * len(piece) else read(piece) for piece in stored.content]


def _nearest(files: Mapping[FilePath, Stored], here: FilePath, fid: int) -> FilePath:
    """EF.ARR in the directory, or in one above it.  [TS 102 221 §9.2.7]"""
    ups = ((*here[:size], fid) for size in range(len(here), -1, -1))
    return next((path for path in ups if path in files), (fid,))


def _lay_out(
    here: Directory,
    path: FilePath,
    values: Mapping[FilePath, object],
    directories: dict[FilePath, Directory],
    files: dict[FilePath, Stored],
) -> None:
    directories[path] = here
    for row in here.files:
        place = (*path, row.fid)
        files[place] = Stored(row, row.content(values.get(place)))
    for below in here.below:
        _lay_out(below, (*path, below.fid), values, directories, files)


@dataclass(frozen=True, slots=True)
class LogicalChannel:
    """A logical channel: the directory and file it is at, its application, its current record (0: none)."""

    directory: FilePath = ()
    file: FilePath | None = None
    application: FilePath | None = None
    record: int = 0


@dataclass(frozen=True, slots=True)
class CardSession:
    """What power-off or a reset ends: open channels, keys that were shown, what waits for GET RESPONSE or FETCH."""

    channels: Mapping[int, LogicalChannel] = field(default_factory=lambda: {0: LogicalChannel()})
    verified: frozenset[int] = frozenset()
    pending: bytes = b""
    waiting: tuple[bytes, ...] = ()
    fetched: bytes = b""
    profile: bytes = b""
    parts: tuple[tuple[int, int, int, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class UsimState:
    """All of a card at one moment."""

    memory: CardMemory
    session: CardSession = field(default_factory=CardSession)

    def verified(self, key: int) -> bool:
        """Whether a condition that names ``key`` is met: it was shown, or it is a PIN that is switched off."""
        known = self.memory.keys.get(key)
        return known is not None and (key in self.session.verified or not known.enabled)

    def may(self, path: FilePath, mode: int | str) -> bool:
        """Whether the file's access rule lets ``mode`` be done now."""
        return access.may(self.memory.rule_of(path), mode, self.verified)

    def demand(self, path: FilePath, mode: int | str) -> None:
        """Refused with 6982 when the access rule does not let ``mode`` be done."""
        if not self.may(path, mode):
            raise CommandRefused(0x6982)

    def with_channel(self, number: int, channel: LogicalChannel) -> UsimState:
        """The same with one channel elsewhere."""
        return self.with_session(channels={**self.session.channels, number: channel})

    def with_session(self, **changes: object) -> UsimState:
        """The same with other fields of the session."""
        return replace(self, session=replace(self.session, **changes))  # type: ignore[arg-type]

    def with_memory(self, memory: CardMemory) -> UsimState:
        """The same with another memory."""
        return replace(self, memory=memory)
