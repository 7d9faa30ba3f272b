"""What every WBXML document has in common: integers, header, string table, limits.

::

    version  publicid  [charset]  strtbl  body          charset is absent in version 1.0

>>> head = read_head(bytes.fromhex("02a4016a00") + b"m")
>>> head.vocabulary.title, head.start
('SyncML 1.2', 5)
>>> mb(4609).hex(), read_mb(b"\\xa4\\x01", 0)
('a401', (4609, 2))

[WBXML §5]
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec.structs import replace as changed

from dmkit.wire.elements import UNKNOWN, VOCABULARIES, Vocabulary, vocabulary_of
from dmkit.words.counts import many
from dmkit.words.deviations import Deviation, DeviationKind
from dmkit.words.errors import CodecError

__all__ = ["CHARSETS", "MAX_DEPTH", "MAX_SIZE", "DocumentHead", "Notes", "StringTable", "mb", "read_head", "read_mb"]

MAX_DEPTH: Final = 64
"""Deepest nesting of elements that is read or written."""

MAX_SIZE: Final = 8 * 1024 * 1024
"""Largest document in octets that is read unless the caller says otherwise."""

END, ENTITY, STR_I = 1, 2, 3
STR_T, OPAQUE = 0x83, 0xC3

# IANA MIBenum -> Python codec, single-octet and UTF-8 ones only: strings end at a NUL octet.
CHARSETS: Final = {0: "utf-8", 3: "utf-8", 106: "utf-8", 4: "latin-1"} | {
    number: f"iso8859-{number - 3}" for number in range(5, 13)
}
_UTF8: Final = frozenset({0, 3, 106})

_NAMES: Final = {0: "1.0", 1: "1.1", 2: "1.2", 3: "1.3"}


class Notes:
    """What a lenient reader met; a strict one raises at the first note.

    With ``octets`` opaque content of values stays octets, even where it could be text: whoever asks for that decides
    by the format of each value.
    """

    __slots__ = ("found", "lenient", "octets")

    def __init__(self, lenient: bool, octets: bool = False) -> None:
        self.lenient = lenient
        self.octets = octets
        self.found: list[Deviation] = []

    def add(self, kind: DeviationKind, reason: str, offset: int | None = None, where: str = "") -> None:
        """Write down a deviation, or raise CodecError when reading strictly."""
        if not self.lenient:
            raise CodecError(reason if offset is not None or not where else f"{reason}, at {where}", offset=offset)
        self.found.append(Deviation(kind, where or f"octet {offset}", reason))


class DocumentHead(msgspec.Struct, frozen=True):
    """A document's header: ``public_id`` as a number or as text, ``start`` the octet where the body begins.

    ``spent`` counts the octets that references into the string table have become: three octets may stand for
    thousands, so their sum is bounded as the document is.
    """

    version: int
    public_id: int | str
    charset: int
    table: bytes
    start: int
    vocabulary: Vocabulary
    spent: list[int] | None = None

    @property
    def encoding(self) -> str:
        """Name of the Python codec for strings."""
        return CHARSETS[self.charset]

    def string(self, index: int, offset: int, notes: Notes | None = None) -> bytes:
        """The string table entry at ``index``; it ends at NUL or, leniently, where the table ends."""
        if index >= len(self.table):
            raise CodecError(
                f"string table index {index} lies outside the table of {many(len(self.table), 'octet')}", offset=offset
            )
        end = self.table.find(0, index)
        if end < 0:
            end = len(self.table)
            if notes is not None:
                notes.add(DeviationKind.UNTERMINATED_TABLE, f"the string at table index {index} has no NUL", offset)
        if self.spent is not None:
            self.spent[0] += end - index
            if self.spent[0] > MAX_SIZE:
                raise CodecError(f"references into the string table become more than {MAX_SIZE} octets", offset=offset)
        return self.table[index:end]


def mb(number: int) -> bytes:
    """``number`` as mb_u_int32: groups of seven bits, the highest first.  [WBXML §5.1]

    >>> [mb(n).hex() for n in (0, 127, 128, 160)]
    ['00', '7f', '8100', '8120']
    """
    if number < 0x80:
        return bytes((number,))
    octets = [number & 0x7F]
    while number := number >> 7:
        octets.append(0x80 | number & 0x7F)
    return bytes(reversed(octets))


def read_mb(data: bytes, p: int) -> tuple[int, int]:
    """The mb_u_int32 at ``p`` and the offset after it; at most five octets and 32 bits."""
    number = 0
    for q in range(p, p + 5):
        if q >= len(data):
            raise CodecError("the document ends inside an integer", offset=q)
        octet = data[q]
        number = number << 7 | octet & 0x7F
        if octet < 0x80:
            if number > 0xFFFFFFFF:
                raise CodecError("an integer does not fit 32 bits", offset=p)
            return number, q + 1
    raise CodecError("an integer is longer than five octets", offset=p)


def read_head(data: bytes, notes: Notes | None = None, max_size: int = MAX_SIZE) -> DocumentHead:
    """The header of a WBXML document; CodecError says where it is wrong.

    Version 1.0 has no charset field, yet some peers write one: whichever reading puts a tag that a
    document can begin with at the start of the body is taken, the standard's first.
    """
    notes = Notes(False) if notes is None else notes
    if len(data) > max_size:
        raise CodecError(f"the document has {many(len(data), 'octet')}; at most {max_size} are read", offset=max_size)
    if not data:
        raise CodecError("the document is empty", offset=0)
    version = data[0]
    if version not in _NAMES:
        raise CodecError(f"octet {version:02X} is no WBXML version from 1.0 to 1.3", offset=0)
    number, p = read_mb(data, 1)
    index = -1
    if number == 0:
        at = p
        index, p = read_mb(data, p)
    else:
        at = 1
    if version:
        head = _rest(data, version, number, index, at, p, True, notes)
        if head.start >= len(data):
            raise CodecError("the document ends before its root element", offset=len(data))
        return head
    notes.add(DeviationKind.VERSION, "WBXML 1.0 is older than device management allows", 0)
    for charset in (False, True):
        trial = Notes(True)
        try:
            head = _rest(data, version, number, index, at, p, charset, trial)
        except CodecError:
            continue
        if _plausible(data, head):
            notes.found.extend(trial.found)
            if charset:
                notes.add(DeviationKind.CHARSET, "a WBXML 1.0 header has no charset field", p)
            return head
    raise CodecError("no reading of this WBXML 1.0 header leads to a root element", offset=p)


def _rest(
    data: bytes, version: int, number: int, index: int, at: int, p: int, charset: bool, notes: Notes
) -> DocumentHead:
    """Charset and string table, once version and public identifier are read."""
    mib = 106
    if charset:
        where = p
        mib, p = read_mb(data, p)
        if mib not in CHARSETS:
            raise CodecError(f"charset {mib} is not supported", offset=where)
        if mib not in _UTF8:
            notes.add(DeviationKind.CHARSET, f"text is in charset {mib}, not in UTF-8", where)
    where = p
    length, p = read_mb(data, p)
    if length > len(data) - p:
        raise CodecError(f"a string table of {many(length, 'octet')} does not fit the document", offset=where)
    table = data[p : p + length]
    head = DocumentHead(version, number, mib, table, p + length, UNKNOWN, [0])
    if number:
        return changed(head, vocabulary=vocabulary_of(number))
    fpi = head.string(index, at, notes).decode("latin-1")
    return changed(head, public_id=fpi, vocabulary=vocabulary_of(fpi))


def _plausible(data: bytes, head: DocumentHead) -> bool:
    """Whether the body begins with a tag that a known document begins with."""
    p, page = head.start, 0
    if data[p : p + 1] == b"\0":
        page, p = (data[p + 1] if p + 1 < len(data) else 0), p + 2
    if p >= len(data):
        return False
    known = (head.vocabulary,) if head.vocabulary.root else VOCABULARIES
    return any(v.token(page, v.root) == data[p] & 0x3F for v in known)


class StringTable:
    """A string table being written: each text once, found again in constant time."""

    __slots__ = ("_at", "octets")

    def __init__(self) -> None:
        self._at: dict[str, int] = {}
        self.octets = bytearray()

    def index(self, text: str) -> int:
        """Where ``text`` stands; it is added when new."""
        at = self._at.get(text)
        if at is None:
            at = self._at[text] = len(self.octets)
            self.octets += text.encode() + b"\0"
        return at

    def __contains__(self, text: str) -> bool:
        return text in self._at

    def head(self, version: int, public_id: int | str) -> bytes:
        """The header that goes before a body using this table: UTF-8, ``public_id`` as number or text."""
        name = mb(public_id) if isinstance(public_id, int) else b"\0" + mb(self.index(public_id))
        charset = b"\x6a" if version else b""
        return bytes((version,)) + name + charset + mb(len(self.octets)) + bytes(self.octets)
