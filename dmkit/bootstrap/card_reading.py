"""Find and read the bootstrap objects of a card: a procedure that yields commands, for a UICC or a SIM.

The object directory is found by EF.DIR, or as a DF of a SIM; what cannot be read is said, and nothing is taken to be
gone for it.  [DMBOOT §5.3.5; LwM2M TS App G; sheets bootstrap §4, usim §7]

>>> from dmkit.card.card import Usim
>>> from dmkit.card.terminal import run
>>> run(Usim.example(b"a message"), read()).files
(CardFile(OMA DM Bootstrap, dm-bootstrap, 9 octets),)
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import field, replace
from typing import Final, TypeAlias

from dmkit.bootstrap.card_events import FileRead, NotRead
from dmkit.bootstrap.card_places import ROOT, SimFiles, UiccFiles, fids_of
from dmkit.bootstrap.rules import CardRules
from dmkit.card import terminal as t
from dmkit.card.apdu import CommandApdu, CommandRefused
from dmkit.card.codings import DIR, ICCID
from dmkit.card.files import AID_PKCS15, AID_WIM
from dmkit.card.memory import FilePath
from dmkit.card.pkcs15 import NAMES, DataObject, entries, listed_files
from dmkit.session.events import Event
from dmkit.words.counts import many
from dmkit.words.errors import CodecError
from dmkit.words.records import dataclass

__all__ = ["CardFile", "CardReading", "read"]


@dataclass(frozen=True, slots=True)
class CardFile:
    """A bootstrap object and what its file holds, without the filling; it begins at ``index``, and is ``length`` octets
    long where the directory says so."""

    label: str
    oid: str
    path: bytes
    data: bytes = field(repr=False)
    index: int = 0
    length: int | None = None

    @property
    def kind(self) -> str:
        """``dm-bootstrap`` and so on."""
        return NAMES.get(self.oid, self.oid)

    def __repr__(self) -> str:
        return f"CardFile({self.label}, {self.kind}, {many(len(self.data), 'octet')})"


@dataclass(frozen=True, slots=True)
class CardReading:
    """What was found on a card.  ``complete`` is false when something that may be there could not be read.

    ``iccid`` is empty when it could not be read.  ``refused`` are the references of PINs that were shown and wrong.
    """

    iccid: str
    files: tuple[CardFile, ...] = ()
    complete: bool = True
    events: tuple[Event, ...] = ()
    refused: frozenset[int] = frozenset()


_Talk: TypeAlias = Generator[bytes, bytes, CardReading]
_DATA_OBJECTS: Final = 0xA7
_PINS: Final = (*range(0x01, 0x09), 0x11)  # what a user may know; the others are the operator's


def read(
    pin: bytes | None = None, objects: Sequence[str] = CardRules().objects, refused: frozenset[int] = frozenset()
) -> _Talk:
    """Find and read every bootstrap object; ``pin`` is shown once when one is private.  Yields commands.

    On a UICC the directory is an application, selected on a logical channel of its own; on a SIM it is a DF.  Of
    several objects with one identifier the first that can be read counts.  ``refused`` are references of PINs that said
    no to ``pin`` before: to those it is not shown again.
    """
    asked = _Asked(pin, objects, refused)
    try:
        reading = yield from _read_uicc(asked)
    except t.FAILS as error:
        if not isinstance(error, CommandRefused) or error.sw != 0x6E00:
            return _unread("card", error)
        try:
            reading = yield from _read_sim(asked)
        except t.FAILS as second:
            return _unread("card", second)
    return reading


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is looked for, and with which PIN."""

    pin: bytes | None
    objects: Sequence[str]
    refused: frozenset[int]


def _unread(what: str, why: Exception, iccid: str = "", *before: Event) -> CardReading:
    return CardReading(iccid, complete=False, events=(*before, NotRead(what, str(why))))


def _read_uicc(asked: _Asked) -> _Talk:
    events: list[Event] = []
    who = ""
    try:
        who = yield from t.iccid()
    except t.FAILS as error:
        if isinstance(error, CommandRefused) and error.sw == 0x6E00:
            raise
        events.append(NotRead("ICCID", str(error)))
    try:
        aid, root, unread = yield from _application()
    except t.FAILS as error:
        return _unread("EF.DIR", error, who, *events)
    if aid is None:
        nothing = NotRead("PKCS#15", "EF.DIR names no such application")
        return CardReading(who, complete=not unread, events=(*events, *unread, nothing))
    try:
        channel = yield from _channel()
    except t.FAILS as error:
        return _unread("PKCS#15", error, who, *events)
    try:
        fcp = yield from t.select_aid(aid, channel)
        place = UiccFiles(channel, next((key for key, _ in fcp.pins if key in _PINS), 0x01), root)
        reading = yield from _read_objects(place, who, asked)
    except t.FAILS as error:
        reading = _unread("PKCS#15", error, who)
    with suppress(*t.FAILS):
        yield from t.close_channel(channel) if channel else t.select(())
    return replace(reading, events=(*events, *reading.events))


_NO_CHANNELS: Final = frozenset({0x6881, 0x6D00})


def _channel() -> t.ApduProcedure[int]:
    """A channel of its own; the basic one of a card that has no others, which is at the MF again afterwards."""
    try:
        channel = yield from t.open_channel()
    except CommandRefused as refused:
        if refused.sw not in _NO_CHANNELS:
            raise
        return 0
    return channel


def _application() -> Generator[bytes, bytes, tuple[bytes | None, FilePath, list[Event]]]:
    """Name and path of the application with the directory, None when no record that can be read has one; and the
    others."""
    known, found, unread = (AID_PKCS15.hex(), AID_WIM.hex()), list[tuple[bytes, FilePath]](), list[Event]()
    fcp = yield from t.select((0x2F00,))
    if not fcp.records:
        raise CodecError("EF.DIR is a file with records, this one has none")
    for number in range(1, fcp.records + 1):
        try:
            row = yield from t.read_record(fcp, number)
            listed = DIR.decode(row) if row.strip(b"\xff") else {}
            aid, path = listed.get("aid", ""), bytes.fromhex(listed.get("path", ""))
            root = fids_of(path) if len(path) > 2 and len(path) % 2 == 0 and path[:2] == b"\x3f\x00" else ROOT
        except t.FAILS as error:
            unread.append(NotRead(f"record {number} of EF.DIR", str(error)))
            continue
        if aid.startswith(known):
            found.append((bytes.fromhex(aid), root))
    first, root = next(iter(found), (None, ROOT))
    return first, root, unread


def _read_sim(asked: _Asked) -> _Talk:
    events: list[Event] = []
    who = ""
    place = SimFiles()
    try:
        yield from place.send(CommandApdu(0xA0, 0xA4, data=b"\x3f\x00"))
        yield from place.send(CommandApdu(0xA0, 0xA4, data=b"\x2f\xe2"))
        number, _ = yield from place.send(CommandApdu(0xA0, 0xB0, le=10))
        if len(number) != 10:
            raise CodecError(f"the card gave {many(len(number), 'octet')} of a number of 10")
        who = ICCID.decode(number)
    except t.FAILS as error:
        events.append(NotRead("ICCID", str(error)))
    try:
        yield from place.send(CommandApdu(0xA0, 0xA4, data=b"\x3f\x00"))
        reading = yield from _read_objects(place, who, asked)
    except t.FAILS as error:
        reading = _unread("PKCS#15", error, who)
    return replace(reading, events=(*events, *reading.events))


def _read_objects(place: UiccFiles | SimFiles, who: str, asked: _Asked) -> _Talk:
    found, events = yield from _directories(place)
    whole = not events
    refused, shown, files = asked.refused, False, list[CardFile]()
    for oid in (oid for oid in dict.fromkeys(one.oid for one in found) if oid in asked.objects):
        kind, chosen, missed = NAMES.get(oid, oid), None, False
        for entry in (one for one in found if one.oid == oid):
            why = ""
            try:
                if entry.private and asked.pin is not None and not shown:
                    if place.pin in refused:
                        why = "the PIN was refused before, and is not shown again unasked"
                    else:
                        why = yield from place.show(asked.pin)
                        refused |= {place.pin} if why else set()
                    shown = not why
                if not why:
                    data = yield from place.read(entry.path, entry.index, entry.length)
            except t.FAILS as error:
                why = str(error)
            if why:
                events.append(NotRead(kind, why))
                missed = True
                continue
            cut = entry.length is None or not data.strip(b"\xff")  # a length is exact, else FF behind is filling
            data = data.rstrip(b"\xff") if cut else data
            chosen = CardFile(entry.label, oid, entry.path, data, entry.index, entry.length)
            if chosen.data:
                break
        if chosen is not None and (chosen.data or not missed):
            files.append(chosen)
            events.append(FileRead(chosen.label, kind, chosen.path.hex().upper(), len(chosen.data)))
        else:
            whole = False
    return CardReading(who, tuple(files), whole, tuple(events), refused - asked.refused)


def _directories(place: UiccFiles | SimFiles) -> Generator[bytes, bytes, tuple[list[DataObject], list[Event]]]:
    """What the directories of data objects list, in the order of EF(ODF); and what in them cannot be read."""
    found, events = list[DataObject](), list[Event]()
    listed, wrong = listed_files((yield from place.read(b"\x50\x31")))
    events += [NotRead("an entry of EF(ODF)", why) for why in wrong]
    for where in (where for tag, where in listed if tag == _DATA_OBJECTS):
        name = f"EF(DODF) {where.path.hex().upper()}"
        try:
            objects, wrong = entries((yield from place.read(where.path, where.index, where.length)))
        except t.FAILS as error:
            events.append(NotRead(name, str(error)))
            continue
        found += objects
        events += [NotRead(f"an entry of {name}", why) for why in wrong]
    return found, events
