"""eSIM profile packages: a row of DER elements; some carry files, some keys, some what an image has no place for.

``read_package`` takes the files of MF, TELECOM, USIM, OPT-USIM, GSM-ACCESS and of generic file management, and the PIN
and PUK codes.  The elements themselves are kept as octets, so that a package that nobody changed is written again as it
was.  A changed one, or a card of another source, is written anew; elements that are not taken apart (keys of
authentication, applications, ISIM, 5GS) go with it as they were, in their order.
[TCA Profile interoperability specification §8]

>>> from dmkit.card.card import Usim
>>> from dmkit.card.images.image import of_card
>>> package = write_package(of_card(Usim.example()))
>>> [one.name for one in elements(package)]
['header', 'mf', 'pukCodes', 'pinCodes', 'usim', 'pinCodes', 'telecom', 'opt-usim', 'gsm-access',
 'genericFileManagement', 'end']
>>> read_package(package).file("MF/ADF.USIM/EF.IMSI").content[0].hex()
'080910101032547698'
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from dmkit.card.card import MEDIA
from dmkit.card.images.image import CardImage, FileImage, below_of, directory_of, known, rows_of, template
from dmkit.card.images.saip_tables import ELEMENTS, NAMES, ElementKind, file_name
from dmkit.card.memory import CardKey
from dmkit.card.tlv import Tlv, oid, read, read_all, tlv
from dmkit.words.errors import CodecError

__all__ = ["ProfileElement", "elements", "read_package", "write_package"]

_KEPT: Final = "saip"
_IMPLIED: Final = '{"made by": "an element that is not taken apart"}'
_LINK: Final = 0xC7
_MOST: Final = 1 << 16
_ARR_AT_MF, _ARR_BELOW = 0x2F06, 0x6F06


@dataclass(frozen=True, slots=True)
class ProfileElement:
    """One element of a package: its number and its fields."""

    number: int
    octets: Tlv

    @property
    def name(self) -> str:
        """``usim`` and so on; ``element 40`` for one that is not in the table."""
        return NAMES.get(self.number, f"element {self.number}")


def elements(package: bytes) -> tuple[ProfileElement, ...]:
    """The elements of a package.  CodecError when it is none: the first is a header."""
    found, at = [], 0
    while at < len(package):
        one, at = read(package, at)
        found.append(ProfileElement(_number(one), one))
    if not found or found[0].number != 0:
        raise CodecError("a profile package begins with its header, tag A0")
    return tuple(found)


def _number(one: Tlv) -> int:
    """The number of a context tag.  CodecError for other tags."""
    octets = one.tag_octets
    if octets[0] & 0xC0 != 0x80:
        raise CodecError(f"tag {one.tag:02X}: fields of a profile package have tags 80 to BF")
    if octets[0] & 0x1F != 0x1F:
        return octets[0] & 0x1F
    number = 0
    for octet in octets[1:]:
        number = number << 7 | octet & 0x7F
    return number


def _tag(number: int, *, constructed: bool = True) -> int:
    first = 0xA0 if constructed else 0x80
    if number < 0x1F:
        return first | number
    high = [0x80 | number >> 7] if number > 0x7F else []
    return int.from_bytes(bytes([first | 0x1F, *high, number & 0x7F]), "big")


# -- reading


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
        elif one.number in _OTHERS:
            _OTHERS[one.number](one.octets, reading)
    files = reading.files
    path = ("MF", "EF.ICCID")
    if path in files and len(reading.iccid) == 10 and set((files[path].content or (b"",))[0]) <= {0xFF}:
        swapped = bytes(octet >> 4 | (octet & 15) << 4 for octet in reading.iccid)
        files[path] = replace(files[path], content=(swapped,))
    more = json.dumps({_KEPT: [one.octets.encode().hex() for one in found]})
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
        number = _number(field)
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
    if tags.get(_LINK, Tlv(0)).value:
        return FileImage(names, tlv(0x62, Tlv(0x82, described[:4]), *parts, tags[_LINK]).encode())
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
        raise CodecError(f"{'/'.join(names)}: a file of {max(size, written)} octets; {_MOST} are the most")
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
            reading.add(FileImage(names, template("directory", here[-1], None), None, _IMPLIED))
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


_OTHERS: Final = {0: _header, 1: _generic, 2: _pins, 3: _puks}


# -- writing


def write_package(image: CardImage) -> bytes:
    """The package of a card: the one that it came from when nothing was changed.

    CodecError when it has no number (EF.ICCID), or a directory lies in one that is not there.
    """
    kept = json.loads(image.more).get(_KEPT) if image.more else None
    if kept is not None:
        package = b"".join(map(bytes.fromhex, kept))
        if read_package(package).files == image.files:
            return package
    others = [one for one in elements(package) if one.number not in _TAKEN] if kept is not None else []
    return b"".join(one.encode() for one in _written(image, others))


_TAKEN: Final = {*_OTHERS, *ELEMENTS, 10}
_FIRST_OF_NAA: Final = {4, 5}


def _written(image: CardImage, others: Iterable[ProfileElement]) -> Iterator[Tlv]:
    number = {one.path: one for one in image.files}.get("MF/EF.ICCID")
    if number is None or number.content is None or len(number.content[0]) != 10:
        raise CodecError("a profile has a number: MF/EF.ICCID of ten octets")
    iccid = bytes(octet >> 4 | (octet & 15) << 4 for octet in number.content[0])
    kept = tuple(others)
    rest = [one for one in image.files if not (kept and one.more == _IMPLIED)]
    used, bodies, done = list[str](), list[tuple[int, tuple[Tlv, ...]]](), set[tuple[str, ...]]()
    for which in ELEMENTS:
        fields = tuple(_fields(image, ELEMENTS[which], done))
        if fields:
            used.append(ELEMENTS[which].oid)
            bodies.append((which, (Tlv(0x81, oid(ELEMENTS[which].oid).value), *fields)))
    local = {reference for reference in image.keys if reference > 0x80}
    puks = [
        (at, key) for at, key in enumerate((image.keys[reference] for reference in sorted(image.keys)), 1) if key.puk
    ]
    codes = {key.puk: at for at, key in puks}
    parts = dict(bodies)
    rest = [one for one in rest if one.names not in done and len(one.names) > 1 and one.structure]
    rest.sort(key=lambda one: len(one.names))
    listed: list[tuple[int, tuple[Tlv, ...]]] = []
    listed += [(16, parts[16])] if 16 in parts else []
    listed += [(3, (tlv(0xA1, *(_puk(at, key) for at, key in puks)),))] if puks else []
    for which, references in ((0, set(image.keys) - local), (19, local)):
        listed += [(19, parts[19])] if which == 19 and 19 in parts else []
        pins = [_pin(reference, image.keys[reference], codes) for reference in sorted(references)]
        listed += [(2, (tlv(0xA1, tlv(0xA0, *pins)),))] if pins else []
    listed += [(one.number, one.octets.parts[1:]) for one in kept if one.number in _FIRST_OF_NAA]
    listed += [(which, parts[which]) for which in ELEMENTS if which in parts and which not in (16, 19)]
    listed += [(one.number, one.octets.parts[1:]) for one in kept if one.number not in _FIRST_OF_NAA]
    managed = tuple(_managed(image, rest))
    listed += [(1, (tlv(0xA1, *managed),))] if managed else []
    services = tlv(0xA5, *([Tlv(0x81)] if 19 in parts else []), *([Tlv(0x82)] if 21 in parts else []))
    yield tlv(
        0xA0, Tlv(0x80, b"\x03"), Tlv(0x81, b"\x03"), Tlv(0x82, b"dmkit"), Tlv(0x83, iccid), services,
        tlv(0xA6, *map(oid, used)),
    )  # fmt: skip
    for at, (which, fields) in enumerate(listed, 1):
        yield tlv(_tag(which), _head(at), *fields)
    yield tlv(_tag(10), _head(len(listed) + 1))


def _head(number: int) -> Tlv:
    return tlv(0xA0, Tlv(0x80), Tlv(0x81, _integer(number)))


def _integer(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _fields(image: CardImage, kind: ElementKind, done: set[tuple[str, ...]]) -> Iterator[Tlv]:
    rows = [row.name for row in rows_of(kind.names[-1])]
    files = {one.names: one for one in image.files}
    for number, field in enumerate(kind.fields, 2):
        own = number == 2 and not field.startswith("ef")
        names = kind.names if own else (*kind.names, file_name(field, rows))
        one = files.get(names)
        if one is not None and (own or one.content is not None or one.part(_LINK)):
            done.add(names)
            fill = _fill(one)
            yield tlv(_tag(number), _parameters(one, 0xA1), *([Tlv(0x83, fill)] if fill else []))


def _parameters(one: FileImage, tag: int) -> Tlv:
    """The file parameters of a package, from the template that SELECT answers."""
    described = one.part(0x82) or b"\x41\x21"
    arr, record = one.rule
    size = (one.part(0x80) or b"").lstrip(b"\0")
    is_file = one.structure != "directory"
    aid, own, status = one.part(0x84), one.part(0xA5), one.part(0xC6)
    state, link = one.part(0x8A) or b"\x05", one.part(_LINK)
    shown = bytes(part.value[0] for part in read_all(status) if part.tag == 0x83 and part.value) if status else b""
    return tlv(
        tag, Tlv(0x82, described[:4]), Tlv(0x83, one.fid.to_bytes(2, "big")),
        *([Tlv(0x84, aid)] if aid else []), *([Tlv(0x8A, state)] if state != b"\x05" else []),
        *([Tlv(0x8B, arr.to_bytes(2, "big") + bytes([record]))] if arr else []),
        *([Tlv(0x80, size)] if is_file and size else []), *([Tlv(0xC6, shown)] if shown else []),
        *([Tlv(0x88, bytes([one.sfi << 3]) if one.sfi else b"")] if is_file else []),
        *([Tlv(0xA5, own)] if own and is_file else []), *([Tlv(_LINK, link)] if link else []),
    )  # fmt: skip


def _fill(one: FileImage) -> bytes:
    """All octets, without what the filling gives anyway where it is FF."""
    whole = b"".join(one.content or ())
    own = one.part(0xA5)
    return whole if own else whole.rstrip(b"\xff")


def _managed(image: CardImage, rest: Iterable[FileImage]) -> Iterator[Tlv]:
    fids = {one.names: one.fid for one in image.files if one.structure == "directory"}
    for one in rest:
        if one.structure != "directory" and one.content is None and not one.part(_LINK):
            continue
        above = [one.names[:size] for size in range(2, len(one.names))]
        if any(names not in fids for names in above):
            raise CodecError(f"{one.path}: a directory above it is not in the image")
        path = b"".join(fids[names].to_bytes(2, "big") for names in above)
        fill = _fill(one)
        yield tlv(0x30, Tlv(0x80, path), _parameters(one, 0x62), *([Tlv(0x81, fill)] if fill else []))


def _puk(number: int, key: CardKey) -> Tlv:
    return tlv(0x30, Tlv(0x80, _integer(number)), Tlv(0x81, key.puk), Tlv(0x82, _integer(0xA0 | key.puk_tries & 15)))


def _pin(reference: int, key: CardKey, codes: Mapping[bytes, int]) -> Tlv:
    puk = [Tlv(0x82, _integer(codes[key.puk]))] if key.puk in codes else []
    return tlv(
        0x30, Tlv(0x80, _integer(reference)), Tlv(0x81, key.value), *puk,
        Tlv(0x83, _integer(6 | key.enabled)), Tlv(0x84, _integer((key.most & 15) << 4 | key.tries & 15)),
    )  # fmt: skip
