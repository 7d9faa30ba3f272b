"""A phone book through the contacts of a card: every file that EF.PBR names, and back only what differs.

>>> from dataclasses import replace
>>> from dmkit.card.book_writing import with_contact
>>> from dmkit.card.card import Usim
>>> from dmkit.card.files import MF, TELECOM
>>> from dmkit.card.memory import CardMemory
>>> from dmkit.card.more_files import BOOK
>>> from dmkit.card.phonebook import Contact
>>> from dmkit.card.terminal import run
>>> card = Usim(CardMemory.of(replace(MF, below=(replace(TELECOM, below=(BOOK,)),)), {}))
>>> card.state = card.state.with_session(verified=frozenset({1}))
"""

from __future__ import annotations

from dmkit.card.apdu import CommandRefused
from dmkit.card.memory import FilePath
from dmkit.card.phonebook import CHANGES, GLOBAL, PBR_FILE, PUID, SYNC, PhoneBook
from dmkit.card.terminal import ApduProcedure, read_file, read_records, select, write_file, write_record

__all__ = ["read_book", "write_book"]


def read_book(place: FilePath = GLOBAL, *, application: bool = False, channel: int = 0) -> ApduProcedure[PhoneBook]:
    """Read EF.PBR and the files that it names; with ``application``, ``place`` is below the current one (LOCAL).

    CommandRefused when there is no book, or a PIN is wanted; CodecError when it is none.
    """
    fcp = yield from select((*place, PBR_FILE), channel, application=application)
    files = {PBR_FILE: (yield from read_records(fcp, channel))}
    for one in (one for files_of in PhoneBook.of(files).sets for one in files_of):
        if one.fid not in files:
            fcp = yield from select((*place, one.fid), channel, application=application)
            files[one.fid] = yield from read_records(fcp, channel)
    for fid in (SYNC, CHANGES, PUID):
        try:
            fcp = yield from select((*place, fid), channel, application=application)
            files[fid] = ((yield from read_file(fcp, channel)),)
        except CommandRefused as refused:
            if refused.sw != 0x6A82:
                raise
    return PhoneBook.of(files)


def write_book(
    book: PhoneBook, before: PhoneBook, place: FilePath = GLOBAL, *, application: bool = False, channel: int = 0
) -> ApduProcedure[int]:
    """Write what differs from ``before``; how many records that was.  The name comes last: cut off, it is not there."""
    written, at = 0, -1
    for fid, record, octets in book.changes(before):
        if fid != at:
            fcp = yield from select((*place, fid), channel, application=application)
            at = fid
        if fcp.records:
            yield from write_record(record, octets, channel)
        else:
            yield from write_file(octets, fcp, channel)
        written += 1
    return written
