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
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, TypeAlias

from dmkit.bootstrap.procedure import forget, process
from dmkit.bootstrap.rules import BootstrapRules, CardRules
from dmkit.bootstrap.security import Ask, nobody
from dmkit.card import terminal as t
from dmkit.card.apdu import Command, Refused, StatusWord
from dmkit.card.codings import ICCID
from dmkit.card.files import AID_PKCS15, AID_WIM, PKCS15
from dmkit.card.memory import Path
from dmkit.card.pkcs15 import NAMES, DataObject, decode_dodf, decode_odf
from dmkit.session.events import Event
from dmkit.tree.tree import Tree
from dmkit.tree.uri import parse
from dmkit.words.errors import CodecError

__all__ = ["CardFile", "CardRead", "CardState", "CardTaken", "FileKept", "FileRead", "NotRead", "Reading",
           "apply", "concerns", "read"]  # fmt: skip


# -- events


@dataclass(frozen=True, slots=True)
class CardRead(Event):
    """There is a card, and this is its number; ``changed`` when another one was there before."""

    iccid: str
    changed: bool = False

    def __str__(self) -> str:
        return f"card {self.iccid or 'without a number'}{', another one than before' if self.changed else ''}"


@dataclass(frozen=True, slots=True)
class FileRead(Event):
    """A bootstrap object was found in the directory and its file was read."""

    label: str
    kind: str
    path: str
    octets: int

    def __str__(self) -> str:
        return f"{self.kind} found and read: {self.label!r}, {self.octets} octets in file {self.path}"


@dataclass(frozen=True, slots=True)
class NotRead(Event):
    """Something on the card could not be read."""

    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.what} not read: {self.why}"


@dataclass(frozen=True, slots=True)
class FileKept(Event):
    """A file says what it said last time; its accounts stay as they are."""

    kind: str

    def __str__(self) -> str:
        return f"{self.kind} says what it said last time"


# -- reading


@dataclass(frozen=True, slots=True)
class CardFile:
    """A bootstrap object and what its file holds, without the filling."""

    label: str
    oid: str
    path: bytes
    data: bytes = field(repr=False)

    @property
    def kind(self) -> str:
        """``dm-bootstrap`` and so on."""
        return NAMES.get(self.oid, self.oid)

    def __repr__(self) -> str:
        return f"CardFile({self.label}, {self.kind}, {len(self.data)} octets)"


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found on a card.  ``complete`` is false when something that may be there could not be read."""

    iccid: str
    files: tuple[CardFile, ...] = ()
    complete: bool = True
    events: tuple[Event, ...] = ()


_Talk: TypeAlias = Generator[bytes, bytes, Reading]
_DATA_OBJECTS: Final = 0xA7
_PINS: Final = (*range(0x01, 0x09), 0x11)  # what a user may know; the others are the operator's


def read(pin: bytes | None = None, objects: Sequence[str] = CardRules().objects) -> _Talk:
    """Find and read every bootstrap object; ``pin`` is shown when one is private.  Yields commands.

    On a UICC the directory is an application, selected on a logical channel of its own; on a SIM it is a DF.  Of
    several objects with one identifier the first counts.
    """
    try:
        reading = yield from _read_uicc(pin, objects)
    except Refused as refused:
        if refused.sw != 0x6E00:
            return _unread("card", refused)
        try:
            reading = yield from _read_sim(pin, objects)
        except (Refused, CodecError) as second:
            return _unread("card", second)
    except CodecError as error:
        return _unread("card", error)
    return reading


def _unread(what: str, why: Refused | CodecError, iccid: str = "") -> Reading:
    return Reading(iccid, complete=False, events=(NotRead(what, str(why)),))


def _read_uicc(pin: bytes | None, objects: Sequence[str]) -> _Talk:
    who = yield from t.iccid()
    listed = yield from t.applications()
    known = {AID_PKCS15.hex(), AID_WIM.hex()}
    aid = next((bytes.fromhex(one["aid"]) for one in listed if one.get("aid") in known), None)
    if aid is None:
        return Reading(who, events=(NotRead("PKCS#15", "EF.DIR names no such application"),))
    channel = yield from t.open_channel()
    try:
        fcp = yield from t.select_aid(aid, channel)
        place = _Uicc(channel, next((key for key, _ in fcp.pins if key in _PINS), 0x01))
        reading = yield from _read_objects(place, who, pin, objects)
    except (Refused, CodecError) as error:
        reading = _unread("PKCS#15", error, who)
    with suppress(Refused):
        yield from t.close_channel(channel)
    return reading


@dataclass(frozen=True, slots=True)
class _Uicc:
    """How files are read within the selected application; ``pin`` is the key that it names."""

    channel: int
    pin: int = 0x01

    def read(self, path: bytes) -> t.Talk[bytes]:
        fcp = yield from t.select(_below(path), self.channel, application=True)
        data = yield from t.read_file(fcp, self.channel)
        return data

    def show(self, pin: bytes) -> t.Talk[str]:
        left = yield from t.verify(self.pin, pin, self.channel)
        return "" if left is None else f"the PIN is wrong, {left} tries are left"


class _Sim:
    """The same in class A0: directory by directory."""

    def read(self, path: bytes) -> t.Talk[bytes]:
        data = b""
        for fid in (PKCS15.fid, *_below(path)):
            reply = yield from self._send(Command(0xA0, 0xA4, data=fid.to_bytes(2, "big")))
            waiting = yield from self._send(Command(0xA0, 0xC0, le=reply[1] & 0xFF or 256))
            data = waiting[0]
        if len(data) < 4:
            raise Refused(0x6F00)
        size, octets = int.from_bytes(data[2:4], "big"), b""
        while len(octets) < size:
            at, wanted = len(octets), min(0xF0, size - len(octets))
            piece, _ = yield from self._send(Command(0xA0, 0xB0, at >> 8, at & 0xFF, le=wanted))
            if not piece:
                raise Refused(0x6F00)
            octets += piece
        return octets

    def show(self, pin: bytes) -> t.Talk[str]:
        answer = yield Command(0xA0, 0x20, 0x00, 0x01, pin).encode()
        shown = answer[-2:] in (b"\x90\x00", b"\x98\x08")  # 9808: it is switched off
        return "" if shown else "the PIN is wrong"

    def _send(self, command: Command) -> t.Talk[tuple[bytes, int]]:
        answer = yield command.encode()
        sw = StatusWord(int.from_bytes(answer[-2:], "big"))
        if not sw.is_ok:
            raise Refused(sw)
        return answer[:-2], sw


def _read_sim(pin: bytes | None, objects: Sequence[str]) -> _Talk:
    yield Command(0xA0, 0xA4, data=b"\x3f\x00").encode()
    found = yield Command(0xA0, 0xA4, data=b"\x2f\xe2").encode()
    who = ""
    if found[:1] == b"\x9f":
        answer = yield Command(0xA0, 0xB0, le=10).encode()
        who = ICCID.decode(answer[:-2])
    yield Command(0xA0, 0xA4, data=b"\x3f\x00").encode()
    return (yield from _read_objects(_Sim(), who, pin, objects))


def _below(path: bytes) -> Path:
    """File identifiers of a path within the application: an absolute one loses its beginning."""
    fids = [int.from_bytes(path[at : at + 2], "big") for at in range(0, len(path), 2)]
    if fids[:1] == [0x3F00]:
        fids = fids[2:] if len(fids) > 2 else fids[1:]
    return tuple(fids)


def _read_objects(place: _Uicc | _Sim, who: str, pin: bytes | None, objects: Sequence[str]) -> _Talk:
    odf = decode_odf((yield from place.read(b"\x50\x31")))
    entries: list[DataObject] = []
    for tag, path in odf:
        if tag == _DATA_OBJECTS:
            entries += decode_dodf((yield from place.read(path)))
    wanted: dict[str, DataObject] = {}
    for entry in entries:
        if entry.oid in objects:
            wanted.setdefault(entry.oid, entry)
    files: list[CardFile] = []
    events: list[Event] = []
    for entry in wanted.values():
        kind = NAMES.get(entry.oid, entry.oid)
        try:
            if entry.private and pin is not None:
                why = yield from place.show(pin)
                if why:
                    events.append(NotRead(kind, why))
                    continue
            data = (yield from place.read(entry.path)).rstrip(b"\xff")
        except (Refused, CodecError) as error:
            events.append(NotRead(kind, str(error)))
            continue
        files.append(CardFile(entry.label, entry.oid, entry.path, data))
        events.append(FileRead(entry.label, kind, entry.path.hex().upper(), len(data)))
    return Reading(who, tuple(files), len(files) == len(wanted), tuple(events))


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
    reading: Reading | None,
    state: CardState = CardState(),
    *,
    rules: BootstrapRules | None = None,
    ask: Ask = nobody,
    now: float = 0.0,
) -> CardTaken:
    """Bring a tree in step with the card; None stands for no card.  ``state`` is what the last time returned.

    Where something could not be read, nothing is taken to be gone.
    """
    bootstrap = rules or BootstrapRules()
    choice = bootstrap.card
    if not choice.enabled:
        return CardTaken(tree, state, ())
    found = reading or Reading("")
    other = bool(state.iccid) and found.iccid != state.iccid
    events: list[Event] = [CardRead(found.iccid, other), *found.events] if reading is not None else []
    before = {oid: (digest, roots) for oid, digest, roots in state.sources}
    now_there: list[tuple[str, bytes, tuple[str, ...]]] = []
    servers: list[str] = []
    for file in found.files:
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
        there = {oid for oid, _, _ in now_there}
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


def concerns(paths: Iterable[Path]) -> bool:
    """Whether files that a REFRESH names may be of bootstrap: those below PKCS#15; none named means all.

    >>> concerns([(0x7F50, 0x6431)]), concerns([(0x2FE2,)]), concerns([])
    (True, False, True)
    """
    named = list(paths)
    return not named or any(path[:1] == (PKCS15.fid,) for path in named)
