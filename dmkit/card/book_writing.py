"""Somebody into a phone book: which records of which files say it, and which become free.

>>> from dmkit.card.more_files import BOOK
>>> book = with_contact(PhoneBook.empty(BOOK), 1, Contact(name="Anna", number="+4917", emails=("anna@example.org",)))
>>> book.contacts[1].emails, [f"{fid:04X} {record}" for fid, record, _ in book.changes(PhoneBook.empty(BOOK))]
(('anna@example.org',), ['4F21 1', '4F25 1', '4F50 1', '4F23 1', '4F24 1', '4F3A 1'])
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from dmkit.card import alpha
from dmkit.card.book_codings import EXT, extended
from dmkit.card.phonebook import CHANGES, PUID, BookFile, Contact, PhoneBook, file_of
from dmkit.words.counts import many
from dmkit.words.errors import CodecError, ConfigError

__all__ = ["with_contact"]

_NONE: Final = (0x00, 0xFF)


def with_contact(book: PhoneBook, number: int, contact: Contact | None) -> PhoneBook:
    """The book with somebody else under a number, or nobody.  ConfigError for what it has no room or no file for."""
    files, at = book.place(number)
    draft = _Draft(book, files, at)
    draft.clear()
    if contact is not None:
        draft.write(contact)
    draft.count(contact is not None)
    return replace(book, files=draft.files)


class _Draft:
    """The files of a book while one of its people is written."""

    def __init__(self, book: PhoneBook, files: tuple[BookFile, ...], at: int) -> None:
        self.book, self.set, self.at = book, files, at
        self.files: dict[int, tuple[bytes, ...]] = dict(book.files)

    def _now(self) -> PhoneBook:
        return replace(self.book, files=self.files)

    def _put(self, fid: int, record: int, octets: bytes) -> None:
        rows = list(self.files[fid])
        rows[record] = octets
        self.files[fid] = tuple(rows)

    def clear(self) -> None:
        """Whoever stood there, and what belongs to them alone."""
        book = self._now()
        chains = [row[-1] for row in (book.rows(self.set, "ADN")[self.at],)]
        chains += [row[14] for _, row in book.mine(self.set, self.at, "ANR") if len(row) >= 15]
        for number in (one for first in chains for one in book.chain(self.set, first)):
            self._put(file_of(self.set, "EXT1").fid, number - 1, b"\0" + b"\xff" * 12)
        for one in self.set:
            record = book.linked(self.set, self.at, one) if one.way in (1, 2) else None
            if record is not None and one.kind not in ("IAP", "UID"):
                filling = b"\0" if one.kind in ("PBC", "GRP") else b"\xff"
                self._put(one.fid, record, filling * len(self.files[one.fid][record]))
        index = file_of(self.set, "IAP")
        if index.way:
            self._put(index.fid, self.at, b"\xff" * len(self.files[index.fid][self.at]))

    def write(self, contact: Contact) -> None:
        """The name, the number, and all else that there are files for."""
        adn = file_of(self.set, "ADN")
        size = len(self.files[adn.fid][self.at]) - 14
        head, rest = self._number(contact.number)
        self._put(adn.fid, self.at, _filled(contact.name, size, "name") + head + bytes([0xFF, self._extension(rest)]))
        self._texts("SNE", (contact.second,) if contact.second else (), "second name")
        self._texts("EMAIL", contact.emails, "address")
        for (label, number), one in zip(contact.others, self._room("ANR", len(contact.others)), strict=False):
            octets, rest = self._number(number)
            row = bytes([self._label("AAS", label)]) + octets + bytes([0xFF, self._extension(rest)])
            self._link(one, row)
        if contact.groups:
            [one] = self._room("GRP", 1)
            numbers = bytes(self._label("GAS", group) for group in contact.groups)
            width = len(self.files[one.fid][self.at])
            if len(numbers) > width:
                raise ConfigError(f"{many(len(numbers), 'group')}; an entry of this book is in {width} at most")
            self._put(one.fid, self.at, numbers.ljust(width, b"\0"))
        if contact.hidden:
            [one] = self._room("PBC", 1)
            self._put(one.fid, self.at, b"\0\x01")

    def _number(self, text: str) -> tuple[bytes, str]:
        try:
            return extended(text)
        except CodecError as error:
            raise ConfigError(f"number {text!r}: {error.reason}") from None

    def _room(self, kind: str, wanted: int) -> list[BookFile]:
        files = [one for one in self.set if one.kind == kind and one.way in (1, 2)]
        if wanted > len(files):
            raise ConfigError(f"{wanted} of EF.{kind} for one entry; this book has {len(files)}")
        return files[:wanted]

    def _texts(self, kind: str, texts: tuple[str, ...], what: str) -> None:
        for text, one in zip(texts, self._room(kind, len(texts)), strict=True):
            width = len(self.files[one.fid][0]) - (2 if one.way == 2 else 0)
            self._link(one, _filled(text, width, what))

    def _link(self, one: BookFile, octets: bytes) -> None:
        """A record of a file: the entry's own, or a free one that EF.IAP names, and that names the entry."""
        if one.way == 1:
            self._put(one.fid, self.at, octets.ljust(len(self.files[one.fid][self.at]), b"\xff"))
            return
        free = next((n for n, row in enumerate(self.files[one.fid]) if not row.strip(b"\xff")), None)
        if free is None:
            raise ConfigError(f"all {many(len(self.files[one.fid]), 'record')} of EF.{one.kind} are in use")
        self._put(one.fid, free, octets + bytes([file_of(self.set, "ADN").sfi or 0xFF, self.at + 1]))
        index, column = file_of(self.set, "IAP"), [other for other in self.set if other.way == 2].index(one)
        row = bytearray(self.files[index.fid][self.at])
        row[column] = free + 1
        self._put(index.fid, self.at, bytes(row))

    def _extension(self, rest: str) -> int:
        """The first record of EF.EXT1 with the digits that are left; FF where none are."""
        if not rest:
            return 0xFF
        one = file_of(self.set, "EXT1")
        following = self._extension(rest[20:])
        free = next((n for n, row in enumerate(self.files.get(one.fid, ())) if row[0] in _NONE), None)
        if free is None:
            raise ConfigError("a number of more than 20 digits, and no record of EF.EXT1 is free")
        self._put(one.fid, free, EXT.encode({"digits": rest[:20], "next": following}))
        return free + 1

    def _label(self, kind: str, text: str) -> int:
        """The number of the record that says ``text``, written into a free one when there is none; 0 for no text."""
        if not text:
            return 0
        one = file_of(self.set, kind)
        rows = self.files.get(one.fid, ())
        for at, row in enumerate(rows):
            if alpha.decode(row) == text:
                return at + 1
        free = next((at for at, row in enumerate(rows) if not row.strip(b"\xff")), None)
        if free is None:
            raise ConfigError(f"{text!r} has no place: all {many(len(rows), 'record')} of EF.{kind} are in use")
        self._put(one.fid, free, _filled(text, len(rows[free]), "label"))
        return free + 1

    def count(self, there: bool) -> None:
        """EF.UID has a new number for a new entry, EF.CC counts the change.  [TS 31.102 §4.4.2.12]"""
        one = file_of(self.set, "UID")
        if one.way == 1:
            last = int.from_bytes(self.files.get(PUID, (b"\0\0",))[0], "big")
            known = self.files[one.fid][self.at].strip(b"\0\xff")
            if there and not known:
                last += 1
                self._put(one.fid, self.at, last.to_bytes(2, "big"))
                self._put(PUID, 0, last.to_bytes(2, "big"))
            elif not there:
                self._put(one.fid, self.at, b"\0\0")
        if CHANGES in self.files:
            changed = int.from_bytes(self.files[CHANGES][0], "big") + 1
            self._put(CHANGES, 0, (changed & 0xFFFF).to_bytes(2, "big"))


def _filled(text: str, size: int, what: str) -> bytes:
    try:
        octets = alpha.encode(text)
    except CodecError as error:
        raise ConfigError(f"{what}: {error.reason}") from None
    if len(octets) > size:
        raise ConfigError(f"the {what} {text!r} takes {many(len(octets), 'octet')}; there is room for {size}")
    return octets.ljust(size, b"\xff")
