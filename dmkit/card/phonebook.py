"""The phone book of a USIM: many files, of which EF.PBR says how they belong together, as people and their numbers.

A ``PhoneBook`` is a value: the octets of its files.  ``contact`` reads one entry, ``changes`` says what differs between
two books; `dmkit.card.book_writing` puts somebody in, `dmkit.card.book_talk` reads and writes through contacts.
[TS 31.102 §4.4.2, §5.3; UNSURE (memory): the sheet has DF.PHONEBOOK only]

>>> from dmkit.card.more_files import BOOK
>>> book = PhoneBook.empty(BOOK)
>>> book.size, book.contact(1) is None, [one.kind for one in book.sets[0] if one.way == 2]
(4, True, ['EMAIL', 'ANR', 'SNE'])
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from dmkit.card import alpha
from dmkit.card.book_codings import EXT, PBR, number_of
from dmkit.card.files import Directory
from dmkit.card.memory import CardMemory, FilePath
from dmkit.words.checked import checked
from dmkit.words.errors import CodecError, ConfigError

__all__ = ["CHANGES", "GLOBAL", "LOCAL", "PBR_FILE", "PUID", "SYNC", "BookFile", "Contact", "PhoneBook", "file_of"]

GLOBAL: Final[FilePath] = (0x7F10, 0x5F3A)
"""Where the book of the card is, below DF.TELECOM."""
LOCAL: Final[FilePath] = (0x5F3A,)
"""Where the book of a USIM is, below its application."""

PBR_FILE, SYNC, CHANGES, PUID = 0x4F30, 0x4F22, 0x4F23, 0x4F24
"""Identifiers of EF.PBR, and of the files that count: EF.PSC, EF.CC, EF.PUID; others are named in EF.PBR."""

_NONE: Final = (0x00, 0xFF)
Files: TypeAlias = Mapping[int, tuple[bytes, ...]]


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Somebody in the book.

    >>> Contact(name="Anna", number="+4917").others
    ()
    """

    name: str = ""
    """What it is called in the book."""
    number: str = ""
    """Digits, ``*`` and ``#``; ``+`` in front of an international one."""
    second: str = ""
    """A second name."""
    emails: tuple[str, ...] = ()
    """Addresses for mail."""
    others: tuple[tuple[str, str], ...] = ()
    """Further numbers: what each is called (``work``), and the number."""
    groups: tuple[str, ...] = ()
    """Names of groups that it is in."""
    hidden: bool = False
    """Shown only behind a code of the user's."""


@dataclass(frozen=True, slots=True)
class BookFile:
    """A file that EF.PBR names: its kind, how it goes with a name (1, 2 or 3), its identifier, its short one or 0."""

    kind: str
    way: int
    fid: int
    sfi: int


@dataclass(frozen=True, slots=True)
class PhoneBook:
    """The files of a book by identifier, each a piece a record; ``sets`` are what the records of EF.PBR name."""

    files: Files
    sets: tuple[tuple[BookFile, ...], ...] = field(default=())

    @classmethod
    def of(cls, files: Files) -> PhoneBook:
        """The book of these files.  CodecError when EF.PBR cannot be read, or names a set without names of people."""
        if PBR_FILE not in files:
            raise CodecError("there is no EF.PBR (4F30), which names the files of a phone book")
        sets = tuple(_set(record) for record in files[PBR_FILE] if record.strip(b"\xff"))
        return cls(dict(files), sets)

    @classmethod
    def empty(cls, directory: Directory) -> PhoneBook:
        """A new book with the files of a directory."""
        return cls.of({row.fid: row.content() for row in directory.files})

    @classmethod
    def of_card(cls, memory: CardMemory, place: FilePath = GLOBAL) -> PhoneBook:
        """The book of a software card, past its contacts.  CodecError when there is none."""
        return cls.of({path[-1]: stored.content for path, stored in memory.files.items() if path[:-1] == place})

    # -- reading

    @property
    def size(self) -> int:
        """How many people there is room for."""
        return sum(len(self.files.get(file_of(files, "ADN").fid, ())) for files in self.sets)

    @property
    def contacts(self) -> dict[int, Contact]:
        """Everybody, by number."""
        found = ((number, self.contact(number)) for number in range(1, self.size + 1))
        return {number: one for number, one in found if one is not None}

    def contact(self, number: int) -> Contact | None:
        """Who stands under a number, from 1; None when nobody does.  ConfigError for a number that is not there."""
        files, at = self.place(number)
        adn = self.rows(files, "ADN")[at]
        if not adn.strip(b"\xff"):
            return None
        emails = tuple(text for one, row in self.mine(files, at, "EMAIL") if (text := _text(one, row)))
        second = next((text for one, row in self.mine(files, at, "SNE") if (text := _text(one, row))), "")
        others = tuple(
            (self.named(files, "AAS", row[0]), number_of(row[1:13], self.more(files, row[14])))
            for _, row in self.mine(files, at, "ANR") if len(row) >= 15 and row[1:].strip(b"\xff")
        )  # fmt: skip
        groups = tuple(
            self.named(files, "GAS", one) for _, row in self.mine(files, at, "GRP") for one in row if one not in _NONE
        )
        hidden = any(row[1:2] not in (b"", b"\0", b"\xff") for _, row in self.mine(files, at, "PBC"))
        return Contact(name=alpha.decode(adn[:-14]), number=number_of(adn[-14:-2], self.more(files, adn[-1])),
                       second=second, emails=emails, others=others, groups=groups, hidden=hidden)  # fmt: skip

    def place(self, number: int) -> tuple[tuple[BookFile, ...], int]:
        """The set that a number is in, and its record there from 0.  ConfigError for a number that is not there."""
        at = number - 1
        for files in self.sets:
            count = len(self.rows(files, "ADN"))
            if 0 <= at < count:
                return files, at
            at -= count
        raise ConfigError(f"number {number} of a phone book; there are 1 to {self.size}")

    def rows(self, files: tuple[BookFile, ...], kind: str) -> tuple[bytes, ...]:
        """The records of the first file of a kind; none when the set has no such file."""
        return self.files.get(file_of(files, kind).fid, ())

    def linked(self, files: tuple[BookFile, ...], at: int, one: BookFile) -> int | None:
        """The record, from 0, of a file that goes with record ``at``; None where none does."""
        if one.way == 1:
            return at if at < len(self.files.get(one.fid, ())) else None
        index = [other for other in files if other.way == 2].index(one)
        row = (self.rows(files, "IAP")[at : at + 1] or (b"",))[0]
        number = row[index] if index < len(row) else 0xFF
        return None if number in _NONE or number > len(self.files.get(one.fid, ())) else number - 1

    def mine(self, files: tuple[BookFile, ...], at: int, kind: str) -> Iterator[tuple[BookFile, bytes]]:
        """The records of files of a kind that go with record ``at``."""
        for one in files:
            if one.kind == kind and one.way in (1, 2):
                record = self.linked(files, at, one)
                if record is not None:
                    yield one, self.files[one.fid][record]

    def named(self, files: tuple[BookFile, ...], kind: str, number: int) -> str:
        """What a record of a file with names says; empty for a number that is none."""
        rows = self.rows(files, kind)
        return alpha.decode(rows[number - 1]) if number not in _NONE and number <= len(rows) else ""

    def chain(self, files: tuple[BookFile, ...], number: int) -> list[int]:
        """The records of EF.EXT1 that follow from one, each once."""
        rows, found = self.rows(files, "EXT1"), list[int]()
        while number not in _NONE and number <= len(rows) and number not in found:
            found.append(number)
            number = rows[number - 1][-1]
        return found

    def more(self, files: tuple[BookFile, ...], number: int) -> str:
        """The digits in the extensions that begin at a record."""
        rows = self.rows(files, "EXT1")
        return "".join(EXT.decode(rows[one - 1]).get("digits", "") for one in self.chain(files, number)
                       if len(rows[one - 1]) == 13)  # fmt: skip

    def changes(self, before: PhoneBook) -> Iterator[tuple[int, int, bytes]]:
        """Identifier, record from 1, octets: what differs from ``before``, the record of the name last."""
        first = {one.fid for files in self.sets for one in files if one.kind != "ADN"}
        for fid in sorted(self.files, key=lambda fid: (fid not in first, fid)):
            for at, (new, old) in enumerate(zip(self.files[fid], before.files[fid], strict=True), 1):
                if new != old:
                    yield fid, at, new


def _set(record: bytes) -> tuple[BookFile, ...]:
    found = tuple(
        BookFile(kind, way, int(octets[:4], 16), int(octets[4:] or "0", 16))
        for way, files in PBR.decode(record) for kind, octets in files
    )  # fmt: skip
    if not any(one.kind == "ADN" for one in found):
        raise CodecError(f"a record of EF.PBR names no file with names: {record.hex()}")
    return found


def file_of(files: tuple[BookFile, ...], kind: str) -> BookFile:
    """The first file of a kind in a set; one of way 0 when it has none."""
    return next((one for one in files if one.kind == kind), BookFile(kind, 0, 0, 0))


def _text(one: BookFile, row: bytes) -> str:
    return alpha.decode(row[:-2] if one.way == 2 else row)
