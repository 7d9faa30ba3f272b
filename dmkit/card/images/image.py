"""A card as a list of files: what a dump, a script or a profile package says, whether dmkit knows the files or not.

Files are known by their names, as pySim writes them (``MF/ADF.USIM/EF.IMSI``); their sizes, structures and access
rules stand in the template that SELECT answers, which is kept as it is.  ``of_card`` makes an image, ``to_card`` a
software card of one; ``differences`` compares two.

>>> from dmkit.card.card import Usim
>>> image = of_card(Usim.example())
>>> image.file("MF/ADF.USIM/EF.IMSI")
FileImage(MF/ADF.USIM/EF.IMSI, transparent, 9 octets)
>>> differences(image, of_card(Usim.example(imsi="001010123456780")))[0].path
'MF/DF.GSM/EF.IMSI'
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from dmkit.card.card import MEDIA, Usim
from dmkit.card.files import AID_USIM, DIRECTORIES, MF, PKCS15, Directory, Ef
from dmkit.card.listing import content_text
from dmkit.card.memory import CardKey, CardMemory, FilePath, Stored
from dmkit.card.more_files import AID_ISIM, MORE, MORE_FILES, PLACES
from dmkit.card.pins import padded
from dmkit.card.pkcs15 import directory
from dmkit.card.select import describe
from dmkit.card.tlv import Tlv, read, tlv
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError

__all__ = [
    "CardDifference", "CardImage", "FileImage", "below_of", "differences", "directory_of", "known", "left_out",
    "of_card", "rows_of", "template", "to_card",
]  # fmt: skip

_STRUCTURES: Final = {0x01: "transparent", 0x02: "linear", 0x06: "cyclic", 0x39: "ber-tlv"}
_CODES: Final = {"transparent": 0x41, "linear": 0x42, "cyclic": 0x46, "ber-tlv": 0x79}
_SIM_STRUCTURES: Final = {0: "transparent", 1: "linear", 3: "cyclic"}
_FIRST_ADF: Final = 0x7FE0
_ROWS: Final = {**DIRECTORIES, PKCS15.name: directory(()), **{one.name: one for one in MORE}}


@dataclass(frozen=True, slots=True)
class FileImage:
    """A file or directory: ``names`` from the MF on, the template ``fcp`` (62, or what a SIM answers), its octets.

    ``content`` is one piece of a transparent file, a piece a record, a piece a data object of a BER-TLV file; None when
    it was not read.  ``more`` is what else the source said, as JSON text.
    """

    names: tuple[str, ...]
    fcp: bytes = b""
    content: tuple[bytes, ...] | None = None
    more: str = ""

    @property
    def path(self) -> str:
        """``MF/ADF.USIM/EF.IMSI``."""
        return "/".join(self.names)

    def part(self, tag: int) -> bytes | None:
        """The value of a data object of the template; None when it has none, or is none."""
        try:
            whole, _ = read(self.fcp)
            one = whole.first(tag) if whole.tag in (0x62, 0x6F) else None
        except CodecError:
            return None
        return None if one is None else one.value

    @property
    def _sim(self) -> bytes:
        return self.fcp if len(self.fcp) >= 14 and self.fcp[0] not in (0x62, 0x6F) else b""

    @property
    def structure(self) -> str:
        """``transparent``, ``linear``, ``cyclic``, ``ber-tlv``; ``directory``; empty when the template does not say."""
        if self._sim:
            return _SIM_STRUCTURES.get(self._sim[13], "") if self._sim[6] == 0x04 else "directory"
        described = self.part(0x82) or b""
        if not described:
            return ""
        if described[0] & 0x3F == 0x38:
            return "directory"
        return "ber-tlv" if described[0] & 0x3F == 0x39 else _STRUCTURES.get(described[0] & 0x07, "")

    @property
    def fid(self) -> int:
        """The identifier; 0 when the template does not say."""
        value = self._sim[4:6] or self.part(0x83) or b""
        return int.from_bytes(value, "big") if len(value) == 2 else 0

    @property
    def sfi(self) -> int:
        """The short identifier, 0 for none."""
        value = self.part(0x88)
        if value is None:
            return 0 if self._sim else self.fid & 0x1F
        return value[0] >> 3 if value else 0

    @property
    def rule(self) -> tuple[int, int]:
        """EF.ARR and its record that govern the file; zeros when the template does not say."""
        value = self.part(0x8B) or b""
        return (int.from_bytes(value[:2], "big"), value[2]) if len(value) == 3 else (0, 0)

    def __repr__(self) -> str:
        if self.content is None:
            return f"FileImage({self.path}, {self.structure or 'unknown structure'})"
        size = sum(map(len, self.content))
        return f"FileImage({self.path}, {self.structure}, {many(size, 'octet')})"


@dataclass(frozen=True, slots=True)
class CardImage:
    """All files of a card; ``keys`` where the source has them; ``more`` is what else it said, as JSON text."""

    files: tuple[FileImage, ...]
    name: str = ""
    atr: bytes = b""
    keys: Mapping[int, CardKey] = field(default_factory=dict)
    more: str = ""

    def file(self, path: str) -> FileImage:
        """The file at a path such as ``MF/EF.DIR``.  KeyError when there is none."""
        return {one.path: one for one in self.files}[path]

    def __repr__(self) -> str:
        full = sum(one.content is not None for one in self.files)
        return f"CardImage({self.name or 'a card'}, {many(len(self.files), 'file')}, {full} with content)"


@asked
def known(path: str) -> Ef | None:
    """The row of a file that dmkit knows, by its directory and name; None for others.

    >>> known("MF/ADF.USIM/EF.IMSI").sfi, known("MF/ADF.USIM/EF.OWN")
    (7, None)
    """
    names = path.split("/")
    return next((row for row in rows_of(names[-2] if len(names) > 1 else "") if row.name == names[-1]), None)


@asked
def rows_of(directory: str) -> tuple[Ef, ...]:
    """The rows of the files that dmkit knows in a directory.

    >>> [row.name for row in rows_of("DF.PKCS15")]
    ['EF.ODF', 'EF.TokenInfo', 'EF.AODF', 'EF.DODF']
    """
    own = _ROWS[directory].files if directory in _ROWS else ()
    return own + MORE_FILES.get(directory, ())


@asked
def directory_of(name: str) -> Directory | None:
    """The directory of that name, where a table has it.

    >>> directory_of("DF.5GS").fid == 0x5FC0
    True
    """
    return _ROWS.get(name)


@asked
def below_of(name: str) -> tuple[Directory, ...]:
    """The directories that dmkit knows in another.

    >>> [one.name for one in below_of("ADF.USIM")]
    ['DF.GSM-ACCESS', 'DF.5GS', 'DF.HNB', 'DF.SAIP', 'DF.PHONEBOOK']
    """
    own = _ROWS[name].below if name in _ROWS else ()
    return own + PLACES.get(name, ())


@asked
def template(structure: str, fid: int, content: tuple[bytes, ...] | None, *more: Tlv) -> bytes:
    """A template for a file of which only that much is known.

    >>> template("linear", 0x6F3C, (b"ab", b"cd")).hex()
    '62128205422100020283026f3c8a010580020004'
    """
    if structure == "directory":
        return tlv(0x62, Tlv(0x82, b"\x78\x21"), Tlv(0x83, fid.to_bytes(2, "big")), Tlv(0x8A, b"\x05"), *more).encode()
    pieces = content or ()
    records = structure in ("linear", "cyclic")
    shape = len(pieces[0] if pieces else b"").to_bytes(2, "big") + bytes([len(pieces) & 0xFF]) if records else b""
    size = sum(map(len, pieces))
    return tlv(
        0x62, Tlv(0x82, bytes([_CODES[structure], 0x21]) + shape), Tlv(0x83, fid.to_bytes(2, "big")),
        Tlv(0x8A, b"\x05"), Tlv(0x80, size.to_bytes(max(2, (size.bit_length() + 7) // 8), "big")), *more,
    ).encode()  # fmt: skip


# -- from and to a software card


@asked
def of_card(card: Usim) -> CardImage:
    """The image of a software card: every file, whoever may read it; values of keys are part of it.

    >>> from dmkit.card.card import Usim
    >>> of_card(Usim.example(medium="wim"))
    CardImage(wireless identity module, 11 files, 9 with content)
    """
    return CardImage(tuple(_images(card.memory, ())), card.medium.title, card.atr, card.memory.keys)


def _images(memory: CardMemory, here: FilePath) -> Iterator[FileImage]:
    names = tuple(memory.name(here[:size]) for size in range(len(here) + 1))
    yield FileImage(names, describe(memory, here))
    for path, stored in memory.files.items():
        if path[:-1] == here:
            yield FileImage((*names, stored.row.name), describe(memory, path), stored.content)
    for path in memory.directories:
        if path and path[:-1] == here:
            yield from _images(memory, path)


def left_out(image: CardImage) -> tuple[tuple[str, str], ...]:
    """Path and reason of each file that a software card cannot have."""
    return tuple((one.path, why) for one in image.files if (why := _why_not(one)))


def _why_not(one: FileImage) -> str:
    if one.structure == "directory" or len(one.names) == 1:
        return ""
    if one.part(0xC7):
        return "it is a link to another file"
    if one.content is None:
        return "its content was not read"
    if one.structure not in _CODES:
        return "its template does not say of which structure it is"
    if one.structure == "ber-tlv":
        return "the software card has no files of data objects"
    if not one.fid and known(one.path) is None:
        return "its identifier is not known"
    sizes = set(map(len, one.content))
    if one.structure != "transparent" and (len(sizes) != 1 or sizes == {0} or len(one.content) > 254):
        return "its records are not 1 to 254 of one length"
    return "" if one.structure != "transparent" or len(one.content) == 1 else "a transparent file is one piece"


@asked
def to_card(image: CardImage, *, keys: Mapping[int, CardKey] | None = None) -> Usim:
    """A software card with the files of an image, but those of ``left_out``.

    Dumps have no values of keys: then PIN1 is 1234, switched off, and ADM1 ADMINKEY, unless ``keys`` says others.
    CodecError when two files would have one place.

    >>> from dmkit.card.card import Usim
    >>> card = to_card(of_card(Usim.example(imsi="001010123456780")))
    >>> card.value("EF.IMSI")
    '001010123456780'
    """
    top = next((one for one in image.files if len(one.names) == 1), None)
    root = MF if top is None else replace(MF, arr=top.rule, special=top.part(0xA5) or b"")
    directories: dict[FilePath, Directory] = {(): root}
    places: dict[tuple[str, ...], FilePath] = {(MF.name,): ()}
    for one in image.files:
        if one.structure == "directory" and len(one.names) > 1:
            _place(one.names, one, places, directories)
    files: dict[FilePath, Stored] = {}
    for one in image.files:
        if one.structure == "directory" or len(one.names) < 2 or _why_not(one):
            continue
        here = _place(one.names[:-1], None, places, directories)
        row = _row(one)
        if (path := (*here, row.fid)) in files or path in directories:
            raise CodecError(f"{one.path}: there is another file {row.fid:04X} in its directory")
        files[path] = Stored(row, one.content or (), (one.part(0x8A) or b"\x05") not in (b"\x04", b"\x06"))
    given = keys or image.keys or {0x01: CardKey(padded("1234"), puk=b"12345678", enabled=False),
                                   0x0A: CardKey(b"ADMINKEY", tries=10, most=10)}  # fmt: skip
    is_sim = not any(one.part(0x82) for one in image.files)
    title = next((kind for kind, medium in MEDIA.items() if medium.title == image.name), "sim" if is_sim else "usim")
    return Usim(CardMemory(directories, files, given), medium=title)


def _place(
    names: tuple[str, ...],
    one: FileImage | None,
    places: dict[tuple[str, ...], FilePath],
    directories: dict[FilePath, Directory],
) -> FilePath:
    """Where a directory is, made when it is not there yet."""
    if names in places:
        return places[names]
    above = _place(names[:-1], None, places, directories) if len(names) > 1 else ()
    row, aid = directory_of(names[-1]), (one.part(0x84) or b"") if one is not None else b""
    stated = one.fid if one is not None else 0
    fid = stated if stated and (not aid or stated not in (0x7FFF, 0)) else row.fid if row is not None else 0
    while not fid or (*above, fid) in directories:  # an application may have no identifier
        fid = fid + 1 if fid else _FIRST_ADF
    path = (*above, fid)
    if not aid and row is not None and row.aid in (AID_USIM, AID_ISIM):
        aid = row.aid
    arr, special = (one.rule, one.part(0xA5) or b"") if one is not None else ((0, 0), b"")
    label = row.label if row is not None else ""
    directories[path] = Directory(fid, names[-1], (), aid, label, arr=arr, special=special)
    places[names] = path
    return path


def _row(one: FileImage) -> Ef:
    """The row of a file: what is known of it, with the sizes and rules that it has on this card."""
    pieces, row = one.content or (), known(one.path)
    fid = one.fid or (row.fid if row is not None else 0)
    size, records = (len(pieces[0]), 0) if one.structure == "transparent" else (len(pieces[0]), len(pieces))
    base = row if row is not None else Ef(fid, one.names[-1], size)
    return replace(
        base, fid=fid, size=size, records=records, structure=one.structure, sfi=one.sfi, arr=one.rule, start=None,
        special=one.part(0xA5) or b"",
    )  # fmt: skip


# -- what differs


@dataclass(frozen=True, slots=True)
class CardDifference:
    """One file that is not the same in two images: what each says, empty where it is not there."""

    path: str
    left: str
    right: str

    def __str__(self) -> str:
        return f"{self.path}\n  - {self.left or '(not there)'}\n  + {self.right or '(not there)'}"


def differences(left: CardImage, right: CardImage) -> tuple[CardDifference, ...]:
    """What differs, in the order of the files: a row a file, or a row a record."""
    ours, theirs = ({one.path: one for one in image.files} for image in (left, right))
    found: list[CardDifference] = []
    for path in dict.fromkeys([*ours, *theirs]):
        one, other = ours.get(path), theirs.get(path)
        if one is not None and other is not None and _alike(one, other):
            found += _pieces(one, other)
        else:
            found.append(CardDifference(path, _summary(one), _summary(other)))
    return tuple(found)


def _alike(one: FileImage, other: FileImage) -> bool:
    return one.structure == other.structure and (one.content is None) == (other.content is None)


def _summary(one: FileImage | None) -> str:
    if one is None:
        return ""
    size = (
        ""
        if one.content is None
        else f", {len(one.content)} x {many(len(one.content[0]) if one.content else 0, 'octet')}"
    )
    return f"{one.structure or 'unknown'}{size}"


def _pieces(one: FileImage, other: FileImage) -> Iterator[CardDifference]:
    first, second = one.content or (), other.content or ()
    for at in range(max(len(first), len(second))):
        a, b = (pieces[at] if at < len(pieces) else None for pieces in (first, second))
        if a != b:
            where = one.path if one.structure == "transparent" else f"{one.path} record {at + 1}"
            yield CardDifference(where, _shown(one, a), _shown(other, b))


def _shown(one: FileImage, octets: bytes | None) -> str:
    if octets is None:
        return ""
    row = known(one.path)
    text = content_text(Stored(row, (octets,)), octets) if row is not None else octets.hex()
    return f"{text} ({octets.hex()})" if text != octets.hex() and len(octets) <= 40 else text
