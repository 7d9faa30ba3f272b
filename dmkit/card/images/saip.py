"""An eSIM profile package read: some elements carry files, some keys, some what an image has no place for.

``read_package`` takes the files of MF, TELECOM, USIM, OPT-USIM, GSM-ACCESS and of generic file management, and the PIN
and PUK codes.  The elements themselves are kept as octets (``saip_writing`` says what for).
[TCA Profile interoperability specification §8]

>>> from dmkit.card.card import Usim
>>> from dmkit.card.images.image import of_card
>>> from dmkit.card.images.saip_writing import write_package
>>> read_package(write_package(of_card(Usim.example()))).file("MF/ADF.USIM/EF.IMSI").content[0].hex()
'080910101032547698'
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from dmkit.card.card import MEDIA
from dmkit.card.images.image import CardImage, FileImage, below_of, directory_of, known, rows_of, template
from dmkit.card.images.saip_elements import IMPLIED, KEPT, LINK, element_number, elements
from dmkit.card.images.saip_tables import ELEMENTS, ElementKind, file_name
from dmkit.card.memory import CardKey
from dmkit.card.tlv import Tlv, tlv
from dmkit.words.counts import many
from dmkit.words.errors import CodecError

__all__ = ["READ", "read_package"]

_MOST: Final = 1 << 16
_ARR_AT_MF, _ARR_BELOW = 0x2F06, 0x6F06


class _Reading:
    """What the elements before have made: files by names, names by path of identifiers, PUKs by reference."""

    def __init__(self) -> None:
        self.files: dict[tuple[str, ...], FileImage] = {}
        self.places: dict[tuple[int, ...], tuple[str, ...]] = {(): ("MF",)}
        self.keys: dict[int, CardKey] = {}
        self.puks: dict[int, tuple[bytes, int]] = {}
        self.iccid = b""

    def directory(self, names: tuple[str, ...], fid: int) -> None:
        above = next((path for path, at in self.places.items() if at == names[:-1]), ())
        self.places[(*above, fid)] = names

    def add(self, one: FileImage) -> None:
        self.files[one.names] = one
        if one.structure == "directory" and len(one.names) > 1:
            self.directory(one.names, one.fid)


def read_package(package: bytes) -> CardImage:
    """The card that a profile package makes.  CodecError when it is none."""
    found, reading = elements(package), _Reading()
    for one in found:
        if one.number in ELEMENTS:
            _files(one.octets, ELEMENTS[one.number], reading)
        elif one.number in READ:
            READ[one.number](one.octets, reading)
    files = reading.files
    path = ("MF", "EF.ICCID")
    if path in files and len(reading.iccid) == 10 and set((files[path].content or (b"",))[0]) <= {0xFF}:
        swapped = bytes(octet >> 4 | (octet & 15) << 4 for octet in reading.iccid)
        files[path] = replace(files[path], content=(swapped,))
    more = json.dumps({KEPT: [one.octets.encode().hex() for one in found]})
    return CardImage(tuple(_in_order(files)), MEDIA["usim"].title, MEDIA["usim"].atr, reading.keys, more)


def _in_order(files: Mapping[tuple[str, ...], FileImage]) -> Iterator[FileImage]:
    """Directories before what is in them, as they came."""
    return iter(sorted(files.values(), key=lambda one: len(one.names)))


def _header(whole: Tlv, reading: _Reading) -> None:
    number = whole.first(0x83)
    reading.iccid = number.value if number is not None else b""


def _files(whole: Tlv, kind: ElementKind, reading: _Reading) -> None:
    rows = [row.name for row in rows_of(kind.names[-1])]
    for field in whole.parts:
        number = element_number(field)
        if not 2 <= number < len(kind.fields) + 2:
            continue
        name = kind.fields[number - 2]
        is_own = number == 2 and not name.startswith("ef")
        names = kind.names if is_own else (*kind.names, file_name(name, rows))
        items = list(_items(field))
        if any(item.tag == 0x80 for item in items):  # doNotCreate
            continue
        fcp = next((item for item in items if item.tag == 0xA1), Tlv(0xA1))
        fills = [(item.tag == 0x82, item.value) for item in items if item.tag in (0x82, 0x83)]
        reading.add(_made(names, fcp, fills, from_template=True))


def _items(field: Tlv) -> tuple[Tlv, ...]:
    return field.parts if field.is_constructed else ()


def _made(names: tuple[str, ...], fcp: Tlv, fills: Iterable[tuple[bool, bytes]], *, from_template: bool) -> FileImage:
    """A file: the template of SELECT that its parameters amount to, and its content."""
    tags = {part.tag: part for part in reversed(fcp.parts)}
    row, is_file = known("/".join(names)), names[-1].startswith("EF")
    described = tags[0x82].value if 0x82 in tags else b""
    if not described:
        code = {"linear": 0x42, "cyclic": 0x46}.get(row.structure, 0x41) if row is not None else 0x41
        described = bytes([code, 0x21]) + (row.size.to_bytes(2, "big") if row is not None and row.records else b"")
        described = described if is_file else b"\x78\x21"
    is_file = described[0] & 0x3F != 0x38
    fid = tags[0x83].value if 0x83 in tags else _fid(names, row.fid if row is not None else 0)
    rule = tags[0x8B].value if 0x8B in tags else b""
    if len(rule) == 1:
        arr = _ARR_AT_MF if len(names) <= 2 or (not is_file and len(names) <= 3) else _ARR_BELOW
        rule = arr.to_bytes(2, "big") + rule
    parts = [
        Tlv(0x83, fid),
        *([tags[0x84]] if 0x84 in tags else []),
        *([tags[0xA5]] if 0xA5 in tags else []),
    ]
    parts += [Tlv(0x8A, tags[0x8A].value if 0x8A in tags else b"\x05"), *([Tlv(0x8B, rule)] if rule else [])]
    if not is_file:
        shown = [_pin_status(tags[0xC6].value)] if 0xC6 in tags else []
        return FileImage(names, tlv(0x62, Tlv(0x82, described[:2]), *parts, *shown).encode())
    if tags.get(LINK, Tlv(0)).value:
        return FileImage(names, tlv(0x62, Tlv(0x82, described[:4]), *parts, tags[LINK]).encode())
    content = _content(tags, described, fills, row.size if row is not None and not row.records else 0, names)
    records = len(described) >= 4 and described[0] & 0x07 in (2, 6) and described[0] & 0x3F != 0x39
    shape = described[:4] + bytes([len(content) & 0xFF]) if records else described[:2]
    size = sum(map(len, content))
    parts += [Tlv(0x80, size.to_bytes(max(2, (size.bit_length() + 7) // 8), "big"))]
    if 0x88 in tags:
        parts += [tags[0x88]]
    elif from_template:
        parts += [Tlv(0x88, bytes([row.sfi << 3]) if row is not None and row.sfi else b"")]
    return FileImage(names, tlv(0x62, Tlv(0x82, shape), *parts).encode(), content)


def _fid(names: tuple[str, ...], fid: int) -> bytes:
    directory = directory_of(names[-1])
    return (fid or (directory.fid if directory is not None else 0)).to_bytes(2, "big")


def _pin_status(value: bytes) -> Tlv:
    """Key references one after the other, as packages have them, or data objects.

    >>> _pin_status(bytes.fromhex("01810a"))
    <C6 90016083010183018183010a>
    """
    if value[:1] == b"\x90":
        return Tlv(0xC6, value)
    bits = sum(0x80 >> at for at, key in enumerate(value[:8]) if key != 0x01)
    keys = [Tlv(0x83, bytes([key])) for key in value[:8]]
    return tlv(0xC6, Tlv(0x90, bytes([bits & 0x7F])), *keys)


def _content(
    tags: Mapping[int, Tlv],
    described: bytes,
    fills: Iterable[tuple[bool, bytes]],
    usual: int,
    names: tuple[str, ...],
) -> tuple[bytes, ...]:
    """The octets: a pattern, and pieces at offsets, each counted from where the one before ended."""
    pieces = list(fills)
    size = int.from_bytes(tags[0x80].value, "big") if 0x80 in tags else 0
    written = sum(int.from_bytes(value, "big") if skip else len(value) for skip, value in pieces)
    size = size or max(usual, written)
    if max(size, written) > _MOST:
        raise CodecError(f"{'/'.join(names)}: a file of {many(max(size, written), 'octet')}; {_MOST} are the most")
    records = described[0] & 0x07 in (2, 6) and described[0] & 0x3F != 0x39
    record = int.from_bytes(described[2:4], "big") if records else size
    if records and not record:
        raise CodecError(f"{'/'.join(names)}: a file with records says how long they are")
    own = tags[0xA5].parts if 0xA5 in tags else ()
    pattern = {part.tag: part.value for part in own}
    whole = _filled(pattern, record) * (max(size, written) // record if record else 0)
    octets, at = bytearray(whole.ljust(written if not records else 0, b"\xff")), 0
    for skip, value in pieces:
        if skip:
            at += int.from_bytes(value, "big")
            continue
        if at + len(value) > len(octets):
            raise CodecError(f"{'/'.join(names)}: octets up to {at + len(value)}, the file has {len(octets)}")
        octets[at : at + len(value)] = value
        at += len(value)
    if not records:
        return (bytes(octets),)
    return tuple(bytes(octets[at : at + record]) for at in range(0, len(octets), record))


def _filled(pattern: Mapping[int, bytes], size: int) -> bytes:
    """A record, or a file, of a pattern: C1 goes on with its last octet, C2 is repeated.  [TS 102 222 §6.3.2.2.2]

    >>> _filled({0xC1: b"\\0\\xff"}, 4).hex(), _filled({0xC2: b"ab"}, 5), _filled({}, 2).hex()
    ('00ffffff', b'ababa', 'ffff')
    """
    if pattern.get(0xC2):
        return (pattern[0xC2] * (size // len(pattern[0xC2]) + 1))[:size]
    begin = pattern.get(0xC1) or b"\xff"
    return begin[:size].ljust(size, begin[-1:])


def _generic(whole: Tlv, reading: _Reading) -> None:
    """Generic file management: a path, then files that are made there."""
    commands = whole.first(0xA1)
    for command in commands.parts if commands is not None else ():
        here: tuple[str, ...] = ("MF",)
        waiting: tuple[tuple[str, ...], Tlv] | None = None
        fills: list[tuple[bool, bytes]] = []
        for item in (*command.parts, Tlv(0x62)):
            if item.tag in (0x02, 0x82, 0x81):
                fills.append((item.tag != 0x81, item.value))
                continue
            if waiting is not None:
                reading.add(_made(*waiting, fills, from_template=False))
                waiting, fills = None, []
            if item.tag == 0x80:
                here = _at(item.value, reading)
            elif item.tag == 0x62 and item.value:
                names = (*here, _named(here, item))
                waiting = (names, item)
                if names[-1].startswith("DF"):
                    reading.directory(names, _fid_in(item))
                    here = names


def _at(path: bytes, reading: _Reading) -> tuple[str, ...]:
    fids = tuple(int.from_bytes(path[at : at + 2], "big") for at in range(0, len(path), 2))
    fids = fids[1:] if fids[:1] == (0x3F00,) else fids
    for size in range(len(fids) + 1):  # a directory may be made by an element that is not taken apart
        if (here := fids[:size]) not in reading.places:
            above = reading.places[here[:-1]]
            names = (*above, _directory_name(above, here[-1]))
            reading.add(FileImage(names, template("directory", here[-1], None), None, IMPLIED))
            reading.places[here] = names
    return reading.places[fids]


def _fid_in(fcp: Tlv) -> int:
    value = fcp.first(0x83)
    if value is None or len(value.value) != 2:
        raise CodecError("a file that file management makes has an identifier of two octets, tag 83")
    return int.from_bytes(value.value, "big")


def _named(here: tuple[str, ...], fcp: Tlv) -> str:
    fid, described = _fid_in(fcp), fcp.first(0x82)
    if described is not None and described.value[:1] and described.value[0] & 0x3F == 0x38:
        return _directory_name(here, fid)
    return next((row.name for row in rows_of(here[-1]) if row.fid == fid), f"EF.{fid:04X}")


def _directory_name(above: tuple[str, ...], fid: int) -> str:
    return next((one.name for one in below_of(above[-1]) if one.fid == fid), f"DF.{fid:04X}")


def _pins(whole: Tlv, reading: _Reading) -> None:
    codes = whole.first(0xA1)
    configured = codes.first(0xA0) if codes is not None and codes.is_constructed else None
    for one in configured.parts if configured is not None else ():
        fields = {part.tag: part.value for part in one.parts}
        reference, value = int.from_bytes(fields.get(0x80, b""), "big"), fields.get(0x81, b"")
        if not 0 < reference < 256 or len(value) != 8:
            raise CodecError("a PIN has a reference of one octet and a value of eight")
        tries = int.from_bytes(fields.get(0x84, b"\x33"), "big") & 0xFF
        puk, puk_tries = reading.puks.get(int.from_bytes(fields.get(0x82, b""), "big"), (b"", 10))
        on = bool(int.from_bytes(fields.get(0x83, b"\x07"), "big") & 1)
        reading.keys[reference] = CardKey(value, tries & 15, tries >> 4, puk, puk_tries, on)


def _puks(whole: Tlv, reading: _Reading) -> None:
    codes = whole.first(0xA1)
    for one in codes.parts if codes is not None else ():
        fields = {part.tag: part.value for part in one.parts}
        tries = int.from_bytes(fields.get(0x82, b"\xaa"), "big") & 15
        reading.puks[int.from_bytes(fields.get(0x80, b""), "big")] = (fields.get(0x81, b""), tries)


READ: Final = {0: _header, 1: _generic, 2: _pins, 3: _puks}
"""Number of an element that is no application or file system -> what reads it."""
