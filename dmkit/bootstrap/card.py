"""Bootstrap from the card: what a phone does with it at power-on, when it is changed, and when a file in it changes.

``read`` is a procedure with the card (`dmkit.card.terminal`): find the object directory, the bootstrap objects, read
them.  ``apply`` takes what was read to a tree; accounts that came from a card and are no longer on it go.
[DMBOOT §5.3.5, §5.4.6; LwM2M TS App G; sheets bootstrap §4, usim §7]

>>> from dmkit.card.card import Usim
>>> from dmkit.card.terminal import run
>>> run(Usim.example(b"a message"), read()).files
(CardFile(OMA DM Bootstrap, dm-bootstrap, 9 octets),)
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Final, TypeAlias

from dmkit.bootstrap.procedure import forget, process
from dmkit.bootstrap.rules import BootstrapRules, CardRules
from dmkit.bootstrap.security import Ask, nobody
from dmkit.card import terminal as t
from dmkit.card.apdu import CommandApdu, CommandRefused, StatusWord
from dmkit.card.codings import DIR, ICCID
from dmkit.card.files import AID_PKCS15, AID_WIM, PKCS15
from dmkit.card.memory import CURRENT_ADF, FilePath
from dmkit.card.pkcs15 import NAMES, DataObject, entries, listed_files
from dmkit.session.events import Event
from dmkit.tree.tree import Tree
from dmkit.tree.uri import parse
from dmkit.words.errors import CodecError

__all__ = [
    "CardFile",
    "CardRead",
    "CardReading",
    "CardState",
    "CardTaken",
    "FileErased",
    "FileKept",
    "FileRead",
    "NotRead",
    "apply",
    "concerns",
    "read",
]  # fmt: skip


# -- events


class CardRead(Event, frozen=True):
    """There is a card, and this is its number; ``changed`` when another one was there before."""

    iccid: str
    changed: bool = False

    def __str__(self) -> str:
        return f"card {self.iccid or 'without a number'}{', another one than before' if self.changed else ''}"


class FileRead(Event, frozen=True):
    """A bootstrap object was found in the directory and its file was read."""

    label: str
    kind: str
    path: str
    octets: int

    def __str__(self) -> str:
        return f"{self.kind} found and read: {self.label!r}, {self.octets} octets in file {self.path}"


class NotRead(Event, frozen=True):
    """Something on the card could not be read."""

    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.what} not read: {self.why}"


class FileErased(Event, frozen=True):
    """A bootstrap object is in the directory and its file holds nothing: what it made before is withdrawn."""

    kind: str

    def __str__(self) -> str:
        return f"{self.kind} is erased"


class FileKept(Event, frozen=True):
    """A file says what it said last time; its accounts stay as they are."""

    kind: str

    def __str__(self) -> str:
        return f"{self.kind} says what it said last time"


# -- reading


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
        return f"CardFile({self.label}, {self.kind}, {len(self.data)} octets)"


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
_EF_DIR: Final = 0x2F00
_ROOT: Final[FilePath] = (0x3F00, PKCS15.fid)
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
        place = _Uicc(channel, next((key for key, _ in fcp.pins if key in _PINS), 0x01), root)
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
            root = _fids(path) if len(path) > 2 and len(path) % 2 == 0 and path[:2] == b"\x3f\x00" else _ROOT
        except t.FAILS as error:
            unread.append(NotRead(f"record {number} of EF.DIR", str(error)))
            continue
        if aid.startswith(known):
            found.append((bytes.fromhex(aid), root))
    first, root = next(iter(found), (None, _ROOT))
    return first, root, unread


@dataclass(frozen=True, slots=True)
class _Uicc:
    """How files are read within the selected application; ``pin`` is the key that it names, ``root`` its place.

    A path that begins at the MF and leads elsewhere is followed from there; where nothing is, within the application.
    """

    channel: int
    pin: int = 0x01
    root: FilePath = (0x3F00, PKCS15.fid)

    def read(self, path: bytes, begin: int = 0, length: int | None = None) -> t.ApduProcedure[bytes]:
        elsewhere, fids = _below(path, self.root)
        try:
            fcp = yield from t.select(fids, self.channel, application=not elsewhere)
        except CommandRefused as refused:
            if not elsewhere or refused.sw != 0x6A82:
                raise
            fcp = yield from t.select(fids[1:] or fids, self.channel, application=True)
        data = yield from t.read_file(fcp, self.channel, begin, length)
        return data

    def show(self, pin: bytes) -> t.ApduProcedure[str]:
        left = yield from t.verify(self.pin, pin, self.channel)
        return "" if left is None else f"the PIN is wrong, {left} tries are left"


class _Sim:
    """The same in class A0: directory by directory, from the one it is in, or from the MF when that is out of reach."""

    pin: Final = 0x01

    def __init__(self) -> None:
        self.deep = False

    def read(self, path: bytes, begin: int = 0, length: int | None = None) -> t.ApduProcedure[bytes]:
        elsewhere, below = _below(path, _ROOT)
        fids = below if elsewhere else (PKCS15.fid, *below)
        if self.deep or elsewhere:
            yield from self._send(CommandApdu(0xA0, 0xA4, data=b"\x3f\x00"))
        self.deep, data = elsewhere or len(fids) > 2, b""
        for fid in fids:
            reply = yield from self._send(CommandApdu(0xA0, 0xA4, data=fid.to_bytes(2, "big")))
            waiting = yield from self._send(CommandApdu(0xA0, 0xC0, le=reply[1] & 0xFF or 256))
            data = waiting[0]
            if len(data) >= 6 and data[4:6] != fid.to_bytes(2, "big"):
                raise CodecError(f"the card selected {data[4:6].hex().upper()} where {fid:04X} was asked for")
        if len(data) < 4:
            raise CodecError("the card does not say what it selected")
        wanted, octets = t.window(int.from_bytes(data[2:4], "big"), begin, length), b""
        while len(octets) < len(wanted):
            at, size = wanted[len(octets)], min(0xF0, len(wanted) - len(octets))
            piece, _ = yield from self._send(CommandApdu(0xA0, 0xB0, at >> 8, at & 0xFF, le=size))
            if len(piece) != size:
                raise CodecError(f"the card gave {len(piece)} octets of a file where {size} were asked for")
            octets += piece
        return octets

    def show(self, pin: bytes) -> t.ApduProcedure[str]:
        try:
            yield from self._send(CommandApdu(0xA0, 0x20, 0x00, 0x01, pin))
        except CommandRefused as refused:
            if refused.sw == 0x9808:  # it is switched off
                return ""
            if refused.sw in (0x9804, 0x9840):
                return f"the PIN is wrong: {refused}"
            raise
        return ""

    def _send(self, command: CommandApdu) -> t.ApduProcedure[tuple[bytes, int]]:
        answer = yield command.encode()
        sw = StatusWord(int.from_bytes(answer[-2:], "big") if len(answer) > 1 else 0x6F00)
        if not sw.is_ok:
            raise CommandRefused(sw)
        return answer[:-2], sw


def _read_sim(asked: _Asked) -> _Talk:
    events: list[Event] = []
    who = ""
    place = _Sim()
    try:
        yield from place._send(CommandApdu(0xA0, 0xA4, data=b"\x3f\x00"))
        yield from place._send(CommandApdu(0xA0, 0xA4, data=b"\x2f\xe2"))
        number, _ = yield from place._send(CommandApdu(0xA0, 0xB0, le=10))
        if len(number) != 10:
            raise CodecError(f"the card gave {len(number)} octets of a number of 10")
        who = ICCID.decode(number)
    except t.FAILS as error:
        events.append(NotRead("ICCID", str(error)))
    try:
        yield from place._send(CommandApdu(0xA0, 0xA4, data=b"\x3f\x00"))
        reading = yield from _read_objects(place, who, asked)
    except t.FAILS as error:
        reading = _unread("PKCS#15", error, who)
    return replace(reading, events=(*events, *reading.events))


def _fids(path: bytes) -> FilePath:
    """The file identifiers of a path.  CodecError when it is cut."""
    if len(path) % 2:
        raise CodecError(f"path {path.hex().upper()} ends within a file identifier")
    return tuple(int.from_bytes(path[at : at + 2], "big") for at in range(0, len(path), 2))


def _below(path: bytes, root: FilePath) -> tuple[bool, FilePath]:
    """Whether a path leads out of the application at ``root``, and the identifiers from the MF, or from there.

    >>> _below(bytes.fromhex("3F007F505F006431"), (0x3F00, 0x7F50)) == (False, (0x5F00, 0x6431))
    True
    >>> _below(bytes.fromhex("3F007F106431"), (0x3F00, 0x7F50)) == (True, (0x7F10, 0x6431))
    True
    """
    fids = _fids(path)
    if fids[:1] != (0x3F00,):
        return False, fids
    if len(fids) > len(root) and fids[: len(root)] == root:
        return False, fids[len(root) :]
    return True, fids[1:]


def _read_objects(place: _Uicc | _Sim, who: str, asked: _Asked) -> _Talk:
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


def _directories(place: _Uicc | _Sim) -> Generator[bytes, bytes, tuple[list[DataObject], list[Event]]]:
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


# -- what becomes of it


@dataclass(frozen=True, slots=True)
class CardState:
    """What a device remembers of the card: its number, and per object the digest of its data and what they made."""

    iccid: str = ""
    sources: tuple[tuple[str, bytes, tuple[str, ...]], ...] = ()

    @property
    def roots(self) -> tuple[str, ...]:
        """Everything in the tree that came from the card."""
        return tuple(uri for _, _, roots in self.sources for uri in roots)


@dataclass(frozen=True, slots=True)
class CardTaken:
    """What became of a reading: the new tree, what to remember, what happened, whose account is new or changed."""

    tree: Tree
    state: CardState
    events: tuple[Event, ...]
    servers: tuple[str, ...] = ()


def apply(
    tree: Tree,
    reading: CardReading | None,
    state: CardState = CardState(),
    *,
    rules: BootstrapRules | None = None,
    ask: Ask = nobody,
    now: float = 0.0,
) -> CardTaken:
    """Bring a tree in step with the card; None stands for no card.  ``state`` is what the last time returned.

    Where something could not be read, nothing is taken to be gone; another card is one with another number that was
    read.  A file that is erased takes what it made with it, one that holds no document does not.
    """
    bootstrap = rules or BootstrapRules()
    choice = bootstrap.card
    if not choice.enabled:
        return CardTaken(tree, state, ())
    found = reading or CardReading("")
    other = bool(state.iccid) and (reading is None or (bool(found.iccid) and found.iccid != state.iccid))
    events: list[Event] = [CardRead(found.iccid, other), *found.events] if reading is not None else []
    before = {oid: (digest, roots) for oid, digest, roots in state.sources}
    now_there: list[tuple[str, bytes, tuple[str, ...]]] = []
    servers: list[str] = []
    for file in found.files:
        if not file.data:
            events.append(FileErased(file.kind))
            continue
        old_digest, old_roots = before.get(file.oid, (b"", ()))
        digest = sha256(file.data).digest()
        standing = bool(old_roots) and all(tree.find(parse(uri).path) is not None for uri in old_roots)
        if digest == old_digest and not other and standing and choice.again == "changed":
            events.append(FileKept(file.kind))
            now_there.append((file.oid, digest, old_roots))
            continue
        result = process(tree, file.data, origin="card", ask=ask, rules=bootstrap, now=now)
        events += result.events
        if not result:  # what the card said before stays until it says something better
            if old_roots and not other:
                now_there.append((file.oid, old_digest, old_roots))
            continue
        theirs = tuple(uri for uri in result.roots if uri in state.roots or _is_new(tree, result.tree, uri))
        tree, servers = result.tree, [*servers, *result.servers]
        now_there.append((file.oid, digest, theirs))
    if not found.complete and not other:
        there = {oid for oid, _, _ in now_there} | {file.oid for file in found.files}
        now_there += [source for source in state.sources if source[0] not in there]
    tree, gone = _without(tree, state, now_there, choice)
    kept = () if choice.gone == "remove" else tuple(s for s in state.sources if s[0] not in {n[0] for n in now_there})
    iccid = found.iccid or (state.iccid if reading is not None else "")
    return CardTaken(tree, CardState(iccid, (*now_there, *kept)), (*events, *gone), tuple(dict.fromkeys(servers)))


def _is_new(before: Tree, after: Tree, uri: str) -> bool:
    """Whether the document made or changed the object: what stood there alike is not the card's."""
    path = parse(uri).path
    return before.find(path) is not after.find(path)


def _without(
    tree: Tree, state: CardState, now_there: Iterable[tuple[str, bytes, tuple[str, ...]]], rules: CardRules
) -> tuple[Tree, tuple[Event, ...]]:
    """The tree without what came from a card and is not there any more."""
    if rules.gone == "keep":
        return tree, ()
    there = {uri for _, _, roots in now_there for uri in roots}
    return forget(tree, [uri for uri in state.roots if uri not in there])


def concerns(paths: Iterable[FilePath]) -> bool:
    """Whether files that a REFRESH names may be of bootstrap: those below PKCS#15, those below the current application
    (7FFF), which may be that, and EF.DIR, which says where it is; none named means all.

    >>> concerns([(0x7F50, 0x6431)]), concerns([(0x7FFF, 0x6431)]), concerns([(0x2FE2,)]), concerns([])
    (True, True, False, True)
    """
    named = list(paths)
    return not named or any(path[:1] in ((PKCS15.fid,), (CURRENT_ADF,), (_EF_DIR,), ()) for path in named)
